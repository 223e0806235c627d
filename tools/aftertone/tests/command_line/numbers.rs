use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Days, Language, LanguageCode, Retention, Transcription};
use local::development::{MASKED_NUMBER, OWNER_PHONE};
use phone::PhoneNumber;

use crate::world::{SPARE, World, aftertone, run};

const ADD: [&str; 7] = ["number", "add", SPARE, "--email", "kim@example.com", "--target", "+1 212 555 0142"];

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_added_shown_listed_edited_and_removed() {
    let world = World::new().await;
    let flags = ["--name", "Kim", "--language", "zh-CN", "--time-zone", "Asia/Shanghai", "--ring", "25"];
    let shown = world.run(&[&ADD[..], &flags].concat()).await.ok();
    assert!(shown.contains("+1 415-555-0101 is in service for kim@example.com."), "{shown}");

    let number = PhoneNumber::parse(SPARE).unwrap();
    let settings = world.stack.ledger.settings(&number).await.unwrap().settings;
    assert_eq!(settings.owner.name.as_deref(), Some("Kim"));
    assert_eq!((settings.owner.language, settings.speech.language), (Language::Chinese, Language::Chinese));
    assert_eq!(settings.owner.time_zone.iana_name(), Some("Asia/Shanghai"));
    assert_eq!(settings.forwarding.ring_time.as_seconds(), 25);

    let list = world.run(&["number", "list"]).await.ok();
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(list.contains("+1 415-555-0101  Kim     kim@example.com"), "{list}");
    let json = world.run(&["number", "list", "--json"]).await.json();
    assert_eq!(json[1]["number"], SPARE);
    assert_eq!(json[1]["forwarding"]["targets"][0], "+12125550142");

    let edited = world.run(&["number", "edit", SPARE, "--ring", "30", "--name", "", "--yes"]).await.ok();
    assert!(edited.contains("forwarding.ring_seconds  25 -> 30"), "{edited}");
    assert!(edited.contains("Kim -> (none)"), "{edited}");
    let settings = world.stack.ledger.settings(&number).await.unwrap().settings;
    assert_eq!((settings.owner.name, settings.forwarding.ring_time.as_seconds()), (None, 30));

    world.run(&["number", "remove", SPARE]).await.refused("say --yes");
    world.run(&["number", "remove", SPARE, "--yes"]).await.ok();
    world.run(&["number", "show", SPARE]).await.refused("is not in service here");
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_words_and_what_is_kept_are_set_by_flags() {
    let world = World::new().await;
    let flags = [
        "--second-email",
        "lee@example.com",
        "--missed-call-mail",
        "on",
        "--transcription",
        "amazon",
        "--spoken-language",
        "en-US",
        "--spoken-language",
        "es-US",
        "--audio-days",
        "30",
        "--transcript-days",
        "60",
        "--call-days",
        "0",
    ];
    world.run(&[&ADD[..], &flags].concat()).await.ok();
    let number = PhoneNumber::parse(SPARE).unwrap();
    let settings = world.stack.ledger.settings(&number).await.unwrap().settings;
    assert_eq!(settings.owner.second_email.as_ref().unwrap().reveal(), "lee@example.com");
    assert!(settings.owner.missed_call_mail);
    assert_eq!(settings.voicemail.transcription, Transcription::Amazon);
    let languages: Vec<_> = settings.voicemail.languages.iter().map(LanguageCode::as_str).collect();
    assert_eq!(languages, ["en-US", "es-US"]);
    let days = |days: i64| Days::new(days).ok();
    assert_eq!(settings.retention, Retention { audio: days(30), transcript: days(60), calls: None });

    let clear = ["number", "edit", SPARE, "--second-email", "", "--spoken-language", "", "--yes"];
    let edited = world.run(&clear).await.ok();
    assert!(
        edited.contains("lee@example.com -> (none)") && edited.contains("en-US, es-US -> (none)"),
        "{edited}"
    );
    let settings = world.stack.ledger.settings(&number).await.unwrap().settings;
    assert_eq!((settings.owner.second_email, settings.voicemail.languages.len()), (None, 0));
    world.run(&["number", "edit", SPARE, "--audio-days", "99999"]).await.refused("1 to 36500, not 99999");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_can_be_edited_and_given_back_as_a_file() {
    let world = World::new().await;
    let shown = world.run(&["number", "show", "(415) 555-0100", "--region", "us"]).await.ok();
    assert!(shown.starts_with("# +1 415-555-0100\n"), "{shown}");
    let same = world.run_with(&["number", "edit", MASKED_NUMBER, "--file", "-"], &shown).await.ok();
    assert!(same.contains("is so already"), "{same}");

    let other = shown.replace("ring_seconds: 20", "ring_seconds: 33");
    std::fs::write(world.folder().join("olivia.yaml"), other).unwrap();
    let edit = ["number", "edit", MASKED_NUMBER, "--file", "olivia.yaml"];
    world.run(&edit).await.refused("nothing was changed");
    let dry = world.run(&[&edit[..], &["--dry-run"]].concat()).await.ok();
    assert!(dry.contains("20 -> 33"), "{dry}");
    let json = world.run(&[&edit[..], &["--yes", "--json"]].concat()).await.json();
    assert_eq!(json["changes"][0]["setting"], "forwarding.ring_seconds");
    assert_eq!(json["written"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_refused_with_what_would_be_right() {
    let world = World::new().await;
    world.run(&["number", "add", "415 555 0101"]).await.refused("give the country with --region");
    world.run(&["number", "add", SPARE]).await.refused("Give --email");
    let nonsense = ["--time-zone", "Mars/Base", "--ring", "3", "--language", "tlh"];
    let wrong = world.run(&[&ADD[..], &nonsense].concat()).await;
    for why in ["owner.time_zone: there is no time zone", "not 3", "owner.language: no prompts"] {
        assert!(wrong.complaint.contains(why), "{}", wrong.complaint);
    }
    wrong.refused("nothing was written");
    world
        .run(&[&ADD[..3], &["--email", "nobody", "--target", OWNER_PHONE]].concat())
        .await
        .refused("not an e-mail");
    world.run(&[&ADD[..], &["--file", "missing.yaml"]].concat()).await.refused("missing.yaml can't be read");
    std::fs::write(world.folder().join("wrong.yaml"), "owner: {mail: a@b.c}").unwrap();
    world.run(&[&ADD[..], &["--file", "wrong.yaml"]].concat()).await.refused("wrong.yaml has no settings");
    world.run(&["number", "edit", MASKED_NUMBER]).await.refused("nothing to change was given");
    world.run(&["number", "edit", SPARE, "--ring", "9"]).await.refused("is not in service here");
    world
        .run(&["number", "add", MASKED_NUMBER, "--email", "a@b.co", "--target", OWNER_PHONE])
        .await
        .refused("is in service already");
    assert_eq!(world.stack.ledger.numbers().await.unwrap().rows.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_cant_be_read_is_listed_and_the_others_work() {
    let world = World::new().await;
    world.run(&ADD).await.ok();
    let update = world.stack.database.backstage_client().update_item().table_name("aftertone-numbers");
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = update.key("number", text(SPARE)).key("item", text("settings"));
    let update =
        update.update_expression("SET forwarding = :it").expression_attribute_values(":it", text("?"));
    update.send().await.unwrap();

    let list = world.run(&["number", "list"]).await.ok();
    assert!(list.contains("olivia@aftertone.example") && list.contains("(can't be read)"), "{list}");
    assert!(list.contains("+1 415-555-0101 can't be read: the attribute forwarding"), "{list}");
    assert!(list.contains("mend the attribute in the table"), "{list}");
    let json = world.run(&["number", "list", "--json"]).await.json();
    assert_eq!((&json[0]["number"], &json[1]["number"]), (&MASKED_NUMBER.into(), &SPARE.into()));
    assert!(json[1]["unreadable"].as_str().unwrap().contains("forwarding"), "{json}");
    world.run(&["number", "edit", MASKED_NUMBER, "--ring", "29", "--yes"]).await;
    let listed = world.run(&["mailbox", "list"]).await;
    assert!(listed.shown.contains("kim@example.com") && listed.complaint.contains(SPARE), "{listed:?}");
    world.run(&["mailbox", "remove", MASKED_NUMBER]).await.refused("can't be read, and may lead to");
    let told = world.run(&["doctor", "--json"]).await;
    assert!(told.shown.contains("+1 415-555-0101 can't be read"), "{}", told.shown);
    assert!(world.voicemail().await.heard_beep(), "a number that can be read is served");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_may_ring_itself_or_another_masked_number() {
    let world = World::new().await;
    let target = ["--email", "kim@example.com", "--target"];
    world.run(&[&ADD[..3], &target, &[SPARE]].concat()).await.refused("would ring itself");
    world.run(&[&ADD[..3], &target, &[MASKED_NUMBER]].concat()).await.refused("is a masked number itself");
    world
        .run(&["number", "edit", MASKED_NUMBER, "--target", MASKED_NUMBER, "--yes"])
        .await
        .refused("would ring itself");
    world
        .run(&["number", "add", OWNER_PHONE, "--email", "a@b.co", "--target", "+12125550142"])
        .await
        .refused("would become a masked number");
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_and_help_need_no_system() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(aftertone().args(["completions", shell]), "").await.ok();
        assert!(script.contains("voicemails") && script.contains("dry-run"), "{shell}");
    }
    let help = run(aftertone().arg("--help"), "").await.ok();
    for command in ["number", "wire", "doctor", "voicemails", "calls", "secret", "key"] {
        assert!(help.contains(command), "{help}");
    }
    let missing = run(aftertone().args(["--local=nowhere", "number", "list"]), "").await;
    missing.refused("start the system with `cargo run -- serve --data nowhere`");
    run(aftertone().args(["number", "list"]), "").await.refused("no AWS region is set");
    let nonsense = run(aftertone().args(["voicemails", "show", "RE1"]), "").await;
    assert_eq!(nonsense.code, 2);
    nonsense.refused("expected RE and 32 hexadecimal digits");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_told_how_to() {
    let mut command = aftertone();
    command.env("AWS_REGION", "us-east-1").env("HOME", "/nowhere");
    let run = run(command.args(["number", "list"]), "").await;
    assert_eq!(run.complaint.lines().count(), 1, "{}", run.complaint);
    run.refused("there are no AWS credentials: sign in");
}

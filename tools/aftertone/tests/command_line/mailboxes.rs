use aws_sdk_dynamodb::types::AttributeValue;
use domain::{RecordingReport, Reported};
use jiff::{SignedDuration, Timestamp};
use local::development::{MASKED_NUMBER, OWNER_EMAIL};
use local::front::Reach;
use phone::{AccountSid, CallSid, PhoneNumber, RecordingSid};

use crate::world::{SPARE, World};

const ADD: [&str; 5] = ["number", "add", SPARE, "--target", "+1 212 555 0142"];
const KIM: [&str; 5] = ["mailbox", "add", "kim", "--email", "kim@example.com"];

impl World {
    /// A voicemail that can't be mailed: SES is away.
    async fn voicemail_without_mail(&self) {
        self.stack.mailbox.front().set(Reach::Refused).await.unwrap();
        self.voicemail().await;
    }

    /// Whatever led to another mailbox, or to none, has done so for a day more.
    async fn a_day_passes(&self) {
        let client = self.stack.database.backstage_client();
        let scan =
            client.scan().table_name("aftertone-numbers").filter_expression("begins_with(#item, :former)");
        let scan = scan.expression_attribute_names("#item", "item");
        let former = AttributeValue::S("former#".to_owned());
        let rows = scan.expression_attribute_values(":former", former).send().await.unwrap();
        for row in rows.items() {
            let (number, item) = (row["number"].clone(), row["item"].clone());
            let until: Timestamp = item.as_s().unwrap().strip_prefix("former#").unwrap().parse().unwrap();
            let earlier = until - SignedDuration::from_hours(24);
            let mut row = row.clone();
            row.insert("item".to_owned(), AttributeValue::S(format!("former#{earlier:.3}")));
            let delete = client.delete_item().table_name("aftertone-numbers");
            delete.key("number", number).key("item", item).send().await.unwrap();
            client.put_item().table_name("aftertone-numbers").set_item(Some(row)).send().await.unwrap();
        }
    }

    /// SES is back, and what stood still is tried again.
    async fn went_to(&self) -> Vec<String> {
        self.stack.mailbox.front().set(Reach::Open).await.unwrap();
        self.run(&["retry", "--all"]).await.ok();
        self.stack.clock.settled().await;
        self.stack.mailbox.messages().into_iter().flat_map(|mail| mail.recipients).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_given_away_leaves_its_voicemails_behind() {
    let world = World::new().await;
    world.voicemail_without_mail().await;
    let added = world.run(&KIM).await.ok();
    assert!(added.contains("kim is a mailbox for kim@example.com."), "{added}");
    let moved = world.run(&["number", "edit", MASKED_NUMBER, "--mailbox", "kim", "--yes"]).await.ok();
    for told in [
        "+14155550100 -> kim",
        "olivia@aftertone.example -> kim@example.com",
        "Not delivered yet, and still for the mailbox +14155550100: 1 voicemail.",
    ] {
        assert!(moved.contains(told), "{told}: {moved}");
    }
    let shown = world.run(&["mailbox", "show", MASKED_NUMBER]).await.ok();
    assert!(
        shown.starts_with("# +14155550100: no number leads to it\n# not delivered yet: 1 voicemail\n"),
        "{shown}"
    );
    world
        .run(&["mailbox", "remove", MASKED_NUMBER, "--yes", "--force"])
        .await
        .refused("are not delivered yet");
    assert_eq!(world.went_to().await, [OWNER_EMAIL]);
    let told = world.run(&["calls", "list", "--json"]).await.json();
    let call = told[0]["call_sid"].as_str().unwrap();
    let told = world.run(&["calls", "show", call]).await.ok();
    assert!(told.contains("delivered"), "{told}");
    let number = PhoneNumber::parse(MASKED_NUMBER).unwrap();
    let now = world.stack.ledger.settings(&number).await.unwrap().settings;
    assert_eq!((now.mailbox.reveal(), now.owner.email.reveal()), ("kim", "kim@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_number_leaves_its_mailbox_until_it_is_of_no_use() {
    let world = World::new().await;
    world.voicemail_without_mail().await;
    let removed = world.run(&["number", "remove", MASKED_NUMBER, "--yes"]).await.ok();
    assert!(removed.contains("still for the mailbox +14155550100: 1 voicemail."), "{removed}");
    assert!(removed.contains("mailbox remove +14155550100`"), "{removed}");
    assert_eq!(world.went_to().await, [OWNER_EMAIL]);

    // Whoever has the number next gets a mailbox of another name.
    let add = ["number", "add", MASKED_NUMBER, "--email", "kim@example.com", "--target", "+12125550142"];
    let added = world.run(&add).await.ok();
    assert!(added.contains("Its mailbox is +14155550100-2: +14155550100 is an earlier owner's."), "{added}");
    world.run(&["mailbox", "remove", "+14155550100-2", "--yes"]).await.refused("+1 415-555-0100 lead to");
    world.a_day_passes().await;
    world.run(&["mailbox", "remove", MASKED_NUMBER, "--yes"]).await.ok();
    let list = world.run(&["mailbox", "list"]).await.ok();
    assert!(list.lines().count() == 2 && list.contains("+14155550100-2"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_removed_mailbox_got_is_never_the_next_owners() {
    const BOB: &str = "bob@example.com";
    let world = World::new().await;
    let story = world.voicemail().await;
    let sid = story.recording().unwrap().sid.to_string();
    world.run(&["number", "remove", MASKED_NUMBER, "--yes"]).await.ok();
    world.a_day_passes().await;
    world.run(&["mailbox", "remove", MASKED_NUMBER, "--yes"]).await.ok();

    let add = ["number", "add", MASKED_NUMBER, "--email", BOB, "--target", "+12125550142"];
    let added = world.run(&add).await.ok();
    let resent = world.run(&["voicemails", "resend", &sid, "--by", "ada"]).await;
    world.stack.clock.settled().await;
    let recipients: Vec<String> =
        world.stack.mailbox.messages().into_iter().flat_map(|mail| mail.recipients).collect();
    assert_eq!(recipients, [OWNER_EMAIL]);
    let told = "Its mailbox is +14155550100-2: +14155550100 was an earlier owner's";
    assert!(added.contains(told), "{added}");
    resent.refused("its mailbox +14155550100 was removed");
    let listed = world.run(&["mailbox", "list"]).await.ok();
    assert!(listed.lines().count() == 2 && listed.contains("+14155550100-2"), "{listed}");

    let gone = "the mailbox +14155550100 was removed, and its name is not given out again";
    world.run(&["mailbox", "add", MASKED_NUMBER, "--email", BOB]).await.refused(gone);
    world.run(&["mailbox", "show", MASKED_NUMBER]).await.refused(gone);
    world.run(&["number", "edit", MASKED_NUMBER, "--mailbox", MASKED_NUMBER, "--yes"]).await.refused(gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_stays_while_a_message_may_be_its() {
    let world = World::new().await;
    // Twilio does not say who called whom.
    let report = RecordingReport {
        recording_sid: RecordingSid::parse(&format!("RE{:032x}", 9)).unwrap(),
        call_sid: CallSid::parse(&format!("CA{:032x}", 9)).unwrap(),
        account_sid: AccountSid::parse(local::development::ACCOUNT_SID).unwrap(),
        reported: Reported::Left { parties: None, duration_seconds: 5 },
        at: world.stack.clock.now(),
        left_for: None,
        conversation: None,
    };
    world.stack.ledger.voicemail_reported(&report).await.unwrap();
    world.stack.clock.settled().await;
    world.run(&["number", "remove", MASKED_NUMBER, "--yes"]).await.ok();
    world.a_day_passes().await;
    let remove = ["mailbox", "remove", MASKED_NUMBER, "--yes", "--force"];
    world
        .run(&remove)
        .await
        .refused("of 1 voicemail it is not known yet whose it is, and it may be +14155550100's");
    // It can't be of one to which no number ever led.
    world.run(&KIM).await.ok();
    world.run(&["mailbox", "remove", "kim", "--yes"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_stays_for_a_day_after_its_last_number() {
    let world = World::new().await;
    world.run(&KIM).await.ok();
    world.run(&["number", "edit", MASKED_NUMBER, "--mailbox", "kim", "--yes"]).await.ok();
    let remove = ["mailbox", "remove", MASKED_NUMBER, "--yes", "--force"];
    world.run(&remove).await.refused("it can be removed from ");
    world.a_day_passes().await;
    world.run(&remove).await.ok();
    world.run(&["number", "remove", MASKED_NUMBER, "--yes"]).await.ok();
    world.run(&["mailbox", "remove", "kim", "--yes"]).await.refused("it can be removed from ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_the_time_zone_is_finished_by_the_next_one() {
    for edit in [["mailbox", "edit"], ["number", "edit"]] {
        let world = World::new().await;
        let edit = [&edit[..], &[MASKED_NUMBER, "--time-zone", "Asia/Tokyo", "--yes"]].concat();
        world.run(&edit).await.ok();
        // As it is when the first one dies before it has told the number.
        let update = world.stack.database.backstage_client().update_item().table_name("aftertone-numbers");
        let update = update.key("number", AttributeValue::S(MASKED_NUMBER.to_owned()));
        let update = update.key("item", AttributeValue::S("settings".to_owned()));
        let update = update
            .update_expression("SET #plan.time_zone = :zone")
            .expression_attribute_names("#plan", "plan");
        let zone = AttributeValue::S("America/New_York".to_owned());
        update.expression_attribute_values(":zone", zone).send().await.unwrap();
        let dry = world.run(&[&edit[..], &["--dry-run"]].concat()).await.ok();
        assert!(dry.contains("is so already"), "{dry}");
        let again = world.run(&edit).await.ok();
        assert!(
            again.contains("A number that leads to it had not heard of the time zone; now it has."),
            "{again}"
        );
        let number = PhoneNumber::parse(MASKED_NUMBER).unwrap();
        let heard = world.stack.ledger.number(&number, Timestamp::now()).await.unwrap();
        assert_eq!(heard.settings.time_zone.iana_name(), Some("Asia/Tokyo"));
        let last = world.run(&edit).await.ok();
        assert!(last.trim_end().ends_with("is so already"), "{last}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_shared_shown_and_edited() {
    let world = World::new().await;
    let share = [&ADD[..], &["--mailbox", MASKED_NUMBER]].concat();
    world
        .run(&[&share[..], &["--email", "kim@example.com"]].concat())
        .await
        .refused("mailbox edit +14155550100");
    let added = world.run(&share).await.ok();
    assert!(added.contains(&format!("is in service for {OWNER_EMAIL}.")), "{added}");
    assert!(added.contains("It leads to the mailbox +14155550100."), "{added}");
    let shown = world.run(&["number", "show", SPARE]).await.ok();
    assert!(shown.contains("# its mailbox is also that of +1 415-555-0100\n"), "{shown}");
    assert!(
        shown.contains("mailbox: +14155550100") || shown.contains("mailbox: \"+14155550100\""),
        "{shown}"
    );

    let edited = world.run(&["number", "edit", SPARE, "--email", "kim@example.com", "--yes"]).await.ok();
    assert!(edited.contains("The mailbox is also that of +1 415-555-0100."), "{edited}");
    let other = world.run(&["number", "show", MASKED_NUMBER, "--json"]).await.json();
    assert_eq!(
        (&other["owner"]["email"], &other["mailbox"]),
        (&"kim@example.com".into(), &MASKED_NUMBER.into())
    );
    let edited = world.run(&["mailbox", "edit", MASKED_NUMBER, "--audio-days", "30", "--yes"]).await.ok();
    assert!(edited.contains("retention.audio_days  0 -> 30"), "{edited}");
    let list = world.run(&["mailbox", "list"]).await.ok();
    assert!(list.contains("+1 415-555-0100, +1 415-555-0101"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_not_there_or_wrong_is_refused() {
    let world = World::new().await;
    world.run(&[&ADD[..], &["--mailbox", "kim"]].concat()).await.refused("mailbox add kim --email ADDRESS");
    world
        .run(&["number", "edit", MASKED_NUMBER, "--mailbox", "kim", "--yes"])
        .await
        .refused("no mailbox kim");
    world
        .run(&["mailbox", "add", "Kim Lee", "--email", "a@b.co"])
        .await
        .refused("a mailbox's name must have");
    world.run(&["mailbox", "add", "kim"]).await.refused("Give --email");
    world.run(&KIM).await.ok();
    world.run(&KIM).await.refused("there is a mailbox kim already");
    world.run(&["mailbox", "edit", "kim"]).await.refused("nothing to change was given");
    world.run(&["mailbox", "edit", "kim", "--audio-days", "30", "--yes"]).await.ok();
    world.run(&["mailbox", "remove", "kim", "--yes"]).await.refused("say --force");
    world.run(&["mailbox", "remove", "kim", "--yes", "--force"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_without_a_time_zone_has_that_of_its_area() {
    let world = World::new().await;
    let added = world.run(&[&ADD[..], &["--email", "kim@example.com"]].concat()).await.ok();
    let told =
        ["Time zone America/Los_Angeles, guessed from the area;", "edit +14155550101 --time-zone ZONE`."];
    assert!(
        told.iter().all(|told| added.contains(told)) && added.contains("Its mailbox is +14155550101."),
        "{added}"
    );
    let settings = world.stack.ledger.settings(&PhoneNumber::parse(SPARE).unwrap()).await.unwrap().settings;
    assert_eq!(settings.owner.time_zone.iana_name(), Some("America/Los_Angeles"));
    world.run(&["number", "remove", SPARE, "--yes"]).await.ok();
    world.a_day_passes().await;
    world.run(&["mailbox", "remove", SPARE, "--yes"]).await.ok();
    let zone = ["--email", "kim@example.com", "--time-zone", "Asia/Tokyo"];
    let added = world.run(&[&ADD[..], &zone].concat()).await.ok();
    assert!(!added.contains("Time zone"), "{added}");
    // An area with two zones: nobody guesses.
    let add = ["number", "add", "+18505550142", "--target", "+12125550142", "--email", "kim@example.com"];
    let added = world.run(&add).await.ok();
    assert!(added.contains("Time zone UTC, for the area does not tell"), "{added}");
}

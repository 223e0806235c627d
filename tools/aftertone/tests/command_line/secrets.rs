use local::development::{ACCOUNT_SID, AUTH_TOKEN};

use crate::world::World;

const NEXT: &str = "development-token-next-0123456789";

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_never_leaves_a_call_unanswered() {
    let world = World::new().await;
    world.stack.exchange.set_secondary_token(NEXT);
    let rotated = world.run_with(&["secret", "rotate"], NEXT).await.ok();
    assert!(rotated.contains("Both tokens"), "{rotated}");
    assert!(world.voicemail().await.heard_beep(), "signed with the old token");
    world.run(&["secret", "promote"]).await.refused("Twilio still takes the old token");

    world.stack.exchange.promote_secondary_token();
    assert!(world.voicemail().await.heard_beep(), "signed with the new token");
    let promoted = world.run(&["secret", "promote"]).await.ok();
    assert!(promoted.contains("Only the new token"), "{promoted}");
    assert!(world.voicemail().await.heard_beep(), "signed with the new token, which is the only one");
    let kept = std::fs::read_to_string(world.folder().join("twilio-secret.json")).unwrap();
    assert!(kept.contains(NEXT) && !kept.contains(AUTH_TOKEN));
    world.run(&["secret", "promote"]).await.refused("no rotation is under way");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_twilio_does_not_take_is_not_written() {
    let world = World::new().await;
    let file = world.folder().join("twilio-secret.json");
    let before = std::fs::read_to_string(&file).unwrap();
    let set = ["secret", "set", "--account", ACCOUNT_SID];
    world.run_with(&set, "wrong-token\n").await.refused("Twilio does not take this token");
    world.run_with(&["secret", "rotate"], "wrong-token\n").await.refused("Twilio does not take this token");
    world.run_with(&set, "\n").await.refused("nothing was given");
    world.run_with(&set, "a b\n").await.refused("blanks");
    world.run_with(&["secret", "rotate"], AUTH_TOKEN).await.refused("in the secret already");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);

    std::fs::remove_file(&file).unwrap();
    world.run(&["secret", "show"]).await.refused("there is no Twilio secret");
    world.run_with(&set, &format!("{AUTH_TOKEN}\n")).await.ok();
    assert!(world.voicemail().await.heard_beep());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cant_be_read_is_not_written_over() {
    let world = World::new().await;
    let file = world.folder().join("twilio-secret.json");
    let set = ["secret", "set", "--account", ACCOUNT_SID];
    let token = format!("{AUTH_TOKEN}\n");
    for text in ["REPLACE ME", "{}", r#"{"accounts":[{"sid":"AC1","auth_tokens":["hush-hush"]},]}"#] {
        std::fs::write(&file, text).unwrap();
        world.run(&["secret", "show"]).await.refused(" secret set --account AC... --anew`");
        let refused = world.run_with(&set, &token).await;
        assert!(!refused.complaint.contains("hush-hush"), "{}", refused.complaint);
        assert!(refused.complaint.contains("twilio-secret.json"), "{}", refused.complaint);
        refused.refused("nothing was written: ");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
    world.run_with(&[&set[..], &["--anew"]].concat(), &token).await.ok();
    assert!(world.voicemail().await.heard_beep());
    // What holds nothing is no obstacle.
    std::fs::write(&file, " \n").unwrap();
    world.run_with(&set, &token).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_account_of_the_secret_is_named_and_the_others_work() {
    let world = World::new().await;
    let file = world.folder().join("twilio-secret.json");
    let good = std::fs::read_to_string(&file).unwrap();
    let bad = r#"{"accounts":[{"sid":"AC00000000000000000000000000000009","auth_tokens":"hush-hush"},"#;
    std::fs::write(&file, good.replace(r#"{"accounts":["#, bad)).unwrap();
    assert!(world.voicemail().await.heard_beep());
    let shown = world.run(&["secret", "show"]).await.ok();
    assert!(
        shown.contains("one token") && shown.contains("account 1 of the Twilio secret is not"),
        "{shown}"
    );
    let doctor = world.run(&["doctor", "--json"]).await;
    assert!(doctor.shown.contains("account 1 of the Twilio secret is not"), "{}", doctor.shown);
    assert!(!format!("{shown}{}", doctor.shown).contains("hush-hush"));
    let set = ["secret", "set", "--account", ACCOUNT_SID];
    world.run_with(&set, &format!("{AUTH_TOKEN}\n")).await.ok();
    assert!(std::fs::read_to_string(&file).unwrap().contains("hush-hush"), "what can't be read is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_ever_shown() {
    let world = World::new().await;
    let set = ["secret", "set", "--account", ACCOUNT_SID, "--unchecked"];
    let key = ["--api-key", "SK00000000000000000000000000000007"];
    let runs = [
        world.run(&["secret", "show"]).await,
        world.run_with(&set, "hush-hush-token").await,
        world.run_with(&[&set[..], &key].concat(), "hush-hush-token\nhush-hush-key\n").await,
        world.run(&["secret", "show", "--json"]).await,
        world.run(&["doctor"]).await,
        world.run(&["doctor", "--json"]).await,
    ];
    for run in runs {
        let all = format!("{}{}", run.shown, run.complaint);
        assert!(!all.contains("hush-hush") && !all.contains(AUTH_TOKEN), "{all}");
    }
    let shown = world.run(&["secret", "show"]).await.ok();
    assert!(shown.contains("one token, API key SK00000000000000000000000000000007"), "{shown}");
}

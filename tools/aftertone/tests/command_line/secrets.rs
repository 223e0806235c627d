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

    std::fs::write(&file, "REPLACE ME").unwrap();
    world.run(&["secret", "show"]).await.refused(" secret set --account AC...`");
    world.run_with(&set, &format!("{AUTH_TOKEN}\n")).await.ok();
    std::fs::remove_file(&file).unwrap();
    world.run(&["secret", "show"]).await.refused("there is no Twilio secret");
    world.run_with(&set, &format!("{AUTH_TOKEN}\n")).await.ok();
    assert!(world.voicemail().await.heard_beep());
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

use exchange::{Method, NumberUrls};
use local::development::{MASKED_NUMBER, OWNER_PHONE};

use crate::world::{SPARE, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_wired_number_leads_here_with_retries_and_takes_calls() {
    let world = World::new().await;
    world.stack.exchange.wire(MASKED_NUMBER, NumberUrls::voice("https://demo.twilio.com/welcome/voice/"));
    let before = world.stack.exchange.urls_of(MASKED_NUMBER);
    let dry = world.run(&["wire", MASKED_NUMBER, "--dry-run"]).await.ok();
    assert!(dry.contains("- https://demo.twilio.com/welcome/voice/"), "{dry}");
    assert!(dry.contains("nothing was changed"), "{dry}");
    assert_eq!(world.stack.exchange.urls_of(MASKED_NUMBER), before);

    let shown = world.run(&["wire", "+1 415 555 0100"]).await.ok();
    assert!(shown.contains("done: calls to it come here now"), "{shown}");
    let urls = world.stack.exchange.urls_of(MASKED_NUMBER).unwrap();
    let voice = format!("{}/webhook/voice#", world.stack.gateway.endpoint());
    assert!(urls.voice_url.starts_with(&voice) && urls.voice_url.contains("rc=2"), "{urls:?}");
    assert!(urls.status_callback.unwrap().contains("/webhook/status#"));

    let story = world.voicemail().await;
    assert!(story.heard_beep() && story.errors().is_empty(), "{story}");
    let again = world.run(&["wire", "--all", "--json"]).await.json();
    assert_eq!((&again[0]["number"], &again[0]["written"]), (&MASKED_NUMBER.into(), &false.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_local_system_wired_is_wired_right() {
    let world = World::new().await;
    let wired = world.run(&["wire", MASKED_NUMBER]).await.ok();
    assert!(wired.contains("leads here already"), "{wired}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_elsewhere_is_overwritten_only_by_force() {
    let world = World::new().await;
    let foreign = NumberUrls {
        voice_application_sid: Some("AP1".to_owned()),
        trunk_sid: Some("TK1".to_owned()),
        ..NumberUrls::voice("https://crm.example.org/voice")
    };
    world.stack.exchange.wire(MASKED_NUMBER, foreign.clone());
    let refused = world.run(&["wire", MASKED_NUMBER]).await;
    for why in ["https://crm.example.org/voice", "the TwiML app AP1", "the SIP trunk TK1"] {
        assert!(refused.complaint.contains(why), "{}", refused.complaint);
    }
    refused.refused("--force");
    assert_eq!(world.stack.exchange.urls_of(MASKED_NUMBER), Some(foreign));
    assert_eq!(world.run(&["wire", "--all"]).await.code, 1);

    world.run(&["wire", MASKED_NUMBER, "--force"]).await.ok();
    let urls = world.stack.exchange.urls_of(MASKED_NUMBER).unwrap();
    assert_eq!((urls.voice_application_sid, urls.trunk_sid), (None, None));
    assert!(world.voicemail().await.heard_beep());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_asks_with_get_is_noticed_and_set_right() {
    let world = World::new().await;
    let urls = world.stack.exchange.urls_of(MASKED_NUMBER).unwrap();
    let with_get = NumberUrls {
        voice_method: Method::Get,
        voice_fallback_method: Method::Get,
        status_callback_method: Method::Get,
        ..urls.clone()
    };
    world.stack.exchange.wire(MASKED_NUMBER, with_get);
    let story = world.voicemail().await;
    assert!(story.rang(OWNER_PHONE) && story.heard_beep(), "our webhooks take it: {story}");
    let examined = world.run(&["doctor"]).await;
    let what = "asks its fallback with GET, which is not taken there";
    assert!(examined.shown.contains(what), "{}", examined.shown);
    assert_eq!(examined.code, 1);

    world.run(&["wire", MASKED_NUMBER]).await.ok();
    assert_eq!(world.stack.exchange.urls_of(MASKED_NUMBER), Some(urls));
    assert!(world.voicemail().await.rang(OWNER_PHONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_cannot_be_wired_is_told_why() {
    let world = World::new().await;
    world.run(&["wire"]).await.refused("--all");
    world.run(&["wire", SPARE]).await.refused(" number add +14155550101`");
    let add = ["number", "add", "+14155550109", "--email", "a@b.co", "--target", "+12125550142"];
    world.run(&add).await.ok();
    world.run(&["wire", "+14155550109"]).await.refused("has no number +1 415-555-0109: buy it at Twilio");
    let secret = world.folder().join("twilio-secret.json");
    let wrong = std::fs::read_to_string(&secret).unwrap().replace("development-token", "another-token");
    std::fs::write(&secret, wrong).unwrap();
    world.run(&["wire", MASKED_NUMBER]).await.refused("refuses the login");
    std::fs::write(&secret, "{}").unwrap();
    world.run(&["wire", MASKED_NUMBER]).await.refused(" secret set --account AC...`");
}

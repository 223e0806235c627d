//! What happens at one and the same instant, or where something was left out.

use std::time::Duration;

use exchange::{Cue, Deed, NumberUrls, Outgoing, Phone, WebhookKind};

use crate::people::sid;
use crate::stage::{OTHER, OURS, OWNER, Stage, caller, only, values};

#[tokio::test]
async fn an_end_is_told_though_the_last_action_is_slow() {
    let stage = Stage::new().await;
    stage.server.takes("/leg");
    stage
        .exchange
        .plug(OWNER, Phone::answers_after(2).on(Cue::hears_beep().after(3), Deed::HangsUp).stays_silent());
    stage.server.twiml("/after", "<Say>Thanks.</Say>");
    stage.exchange.set_delivery(|webhook: &Outgoing| match webhook.kind {
        WebhookKind::RecordAction => vec![Duration::from_secs(1)],
        _ => vec![Duration::ZERO],
    });
    let document = format!("<Response><Record action=\"{}\"/></Response>", stage.server.url("/after"));
    let story = stage
        .play(|stage| async move {
            let url = stage.server.url("/leg");
            stage.dial_out(OWNER, &[("Twiml", &document), ("StatusCallback", &url)]).await
        })
        .await;
    assert_eq!(only(&story, WebhookKind::LegStatus).param("CallStatus"), Some("completed"));
}

#[tokio::test]
async fn a_number_that_leads_nowhere_fails_and_is_told_to_nobody() {
    let stage = Stage::saying(&format!("<Dial action=\"/after\">{OTHER}</Dial>")).await;
    stage.server.twiml("/after", "<Say>After.</Say>");
    stage.exchange.wire(OTHER, NumberUrls::default());
    let story = stage.call(caller()).await;
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some("failed"));
    assert!(!story.heard_application_error());
    let inner = stage.exchange.stories().remove(1);
    assert_eq!((inner.status().as_str(), inner.was_answered()), ("failed", false));
}

#[tokio::test]
async fn any_of_several_keys_may_finish_a_message() {
    let stage = Stage::saying("<Record action=\"/after\" finishOnKey=\"#\"/>").await;
    stage.server.twiml("/after", "<Say>Thanks.</Say>");
    let story = stage
        .call(caller().stays_silent().on(Cue::hears_beep().after(2), Deed::presses("1#")).hangs_up_after(60))
        .await;
    assert_eq!(only(&story, WebhookKind::RecordAction).param("Digits"), Some("#"));
}

#[tokio::test]
async fn words_that_are_not_asked_for_give_no_more_time() {
    let stage = Stage::saying("<Gather timeout=\"5\" input=\"dtmf\"/><Say>Nothing came.</Say>").await;
    let story = stage.call(caller().on(Cue::hears_silence().after(4), Deed::says("What?"))).await;
    let heard =
        story.entries().into_iter().find(|entry| matches!(&entry.what, exchange::What::HearsWords { .. }));
    assert_eq!(heard.map(|entry| entry.at.duration_since(story.started()).as_secs()), Some(5));
}

#[tokio::test]
async fn a_message_can_be_looked_up_while_it_is_left() {
    let stage = Stage::saying("<Record action=\"/after\" timeout=\"30\"/>").await;
    stage.server.twiml("/after", "<Say>Thanks.</Say>");
    stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller().stays_silent().hangs_up_after(20), OURS);
            stage.wait(10).await;
            let recording = stage.exchange.recordings().remove(0);
            let path = format!("/Recordings/{}.json", recording.sid);
            assert_eq!(stage.get(&path).await.json()["status"], "in-progress");
            call.finished().await;
            stage.wait(5).await;
            assert_eq!(stage.get(&path).await.json()["status"], "completed");
        })
        .await;
}

#[tokio::test]
async fn who_hangs_up_a_telephone_that_rings_is_busy() {
    let stage = Stage::saying(&format!("<Dial action=\"/after\">{OWNER}</Dial>")).await;
    stage.server.twiml("/after", "<Say>After.</Say>");
    stage.exchange.plug(OWNER, Phone::never_answers().on(Cue::begins().after(4), Deed::HangsUp));
    let story = stage.call(caller()).await;
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some("busy"));
    assert!(story.caller_heard("After."));
}

#[tokio::test]
async fn both_legs_of_a_talk_that_are_led_elsewhere_live_on() {
    let stage = Stage::saying(&format!("<Dial action=\"/after\">{OWNER}</Dial>")).await;
    stage.server.twiml("/after", "<Say>After.</Say>");
    stage.server.twiml("/parent", "<Say>Parent.</Say><Pause length=\"20\"/>");
    stage.server.twiml("/child", "<Say>Child.</Say><Pause length=\"20\"/>");
    stage.exchange.plug(OWNER, Phone::answers_after(2));
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(10).await;
            let child = call.story().legs()[1].call_sid.clone();
            stage.change(sid(&call).as_str(), &[("Url", &stage.server.url("/parent"))]).await;
            stage.clock.sleep(Duration::from_millis(50)).await;
            stage.change(child.as_str(), &[("Url", &stage.server.url("/child"))]).await;
            call.finished().await
        })
        .await;
    assert!(story.caller_heard("Parent.") && story.callee_heard("Child."), "{story}");
    assert_eq!(values(&story.webhooks_of(WebhookKind::DialAction), "DialCallDuration"), ["-"]);
}

#[tokio::test]
async fn who_decides_how_webhooks_travel_may_ask_about_rooms() {
    let stage = Stage::new().await;
    stage.server.takes("/room");
    let exchange = stage.exchange.clone();
    stage.exchange.set_delivery(move |_: &Outgoing| {
        // All but one is lost as long as there is a room.
        if exchange.rooms().is_empty() { vec![Duration::ZERO] } else { vec![] }
    });
    let document = "<Dial><Conference statusCallback=\"/room\" statusCallbackEvent=\"join leave\">desk</Conference></Dial>";
    stage
        .play(|stage| async move {
            let one = stage.dials_in("ann", document);
            stage.wait(2).await;
            stage.exchange.clear_delivery();
            one.does(Deed::HangsUp);
        })
        .await;
    assert_eq!(stage.told(), ["participant-join", "participant-leave"]);
    assert_eq!(stage.server.received_at("/room").len(), 1);
}

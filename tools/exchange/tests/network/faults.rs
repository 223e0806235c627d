//! What the network does to webhooks (lost, doubled, late, sent again), for each kind that live calls have.

use std::time::Duration;

use exchange::{Deed, NumberUrls, Outgoing, WebhookKind};

use crate::people::sid;
use crate::stage::{OURS, Stage, caller, reply};

const ROOM: &str = "statusCallback=\"/room\" statusCallbackEvent=\"start end join leave\"";

async fn stage() -> Stage {
    let stage = Stage::new().await;
    for path in ["/room", "/leg", "/amd"] {
        stage.server.takes(path);
    }
    stage.server.twiml("/after", "<Say>After.</Say>");
    stage.server.twiml("/fallback", "<Say>Something else.</Say>");
    let urls = NumberUrls::voice(stage.server.url("/voice")).with_fallback(stage.server.url("/fallback"));
    stage.exchange.wire(OURS, urls.with_status_callback(stage.server.url("/status")));
    stage
}

/// Only webhooks of this kind travel so.
fn only_kind(stage: &Stage, kind: WebhookKind, delays: Vec<Duration>) {
    stage.exchange.set_delivery(
        move |webhook: &Outgoing| {
            if webhook.kind == kind { delays.clone() } else { vec![Duration::ZERO] }
        },
    );
}

#[tokio::test]
async fn events_of_a_room_are_lost_doubled_and_late_like_any() {
    for (delays, arrivals) in [(vec![], 0), (vec![Duration::ZERO; 2], 12), (vec![Duration::from_secs(40)], 6)]
    {
        let stage = stage().await;
        only_kind(&stage, WebhookKind::Conference, delays);
        let document = format!("<Dial><Conference {ROOM}>desk</Conference></Dial>");
        stage
            .play(|stage| async move {
                let one = stage.dials_in("ann", &document);
                let other = stage.dials_in("bobby", &document);
                stage.wait(5).await;
                one.does(Deed::HangsUp);
                stage.wait(5).await;
                other.does(Deed::HangsUp);
            })
            .await;
        // Two come, it begins, both go, it ends: whatever becomes of the telling.
        assert_eq!(stage.exchange.rooms()[0].events.len(), 6);
        assert_eq!(stage.server.received_at("/room").len(), arrivals);
    }
}

#[tokio::test]
async fn an_event_of_a_room_is_sent_again_bit_by_bit() {
    let stage = stage().await;
    let document = format!("<Dial><Conference {ROOM}>desk</Conference></Dial>");
    stage
        .play(|stage| async move {
            let one = stage.dials_in("ann", &document);
            stage.wait(5).await;
            one.does(Deed::HangsUp);
        })
        .await;
    let first = stage.sent(WebhookKind::Conference).remove(0);
    stage.exchange.resend(&first).await;
    let received = stage.server.received_at("/room");
    let (before, again) = (&received[0], received.last().unwrap());
    assert_eq!((&before.body, before.signed), (&again.body, again.signed));
    assert!(again.signed);
}

#[tokio::test]
async fn documents_of_live_calls_that_are_lost_lead_to_the_fallback() {
    let wait = "<Enqueue action=\"/after\" waitUrl=\"/wait\">line</Enqueue>";
    for (kind, verbs, heard) in [
        (
            WebhookKind::EnqueueAction,
            "<Enqueue action=\"/after\" waitUrl=\"/leave\">line</Enqueue>",
            "Something else.",
        ),
        // Who can't be entertained while waiting leaves with an error, and goes on.
        (WebhookKind::QueueWait, wait, "After."),
        (
            WebhookKind::RoomWait,
            "<Dial action=\"/after\"><Conference waitUrl=\"/wait\">desk</Conference></Dial>",
            "After.",
        ),
    ] {
        let stage = stage().await;
        stage.server.twiml("/leave", "<Leave/>");
        stage.server.twiml("/wait", "<Pause length=\"5\"/>");
        stage.server.twiml("/voice", verbs);
        only_kind(&stage, kind, vec![]);
        let story = stage.call(caller().hangs_up_after(60)).await;
        assert!(story.caller_heard(heard), "{kind}: {story}");
        assert!(!story.heard_application_error(), "{kind}: {story}");
    }
}

#[tokio::test]
async fn a_live_update_that_is_lost_leads_to_the_fallback() {
    let stage = stage().await;
    stage.server.twiml("/voice", "<Pause length=\"1\"/><Say>Hello.</Say><Pause length=\"300\"/>");
    stage.server.twiml("/elsewhere", "<Say>Elsewhere.</Say>");
    only_kind(&stage, WebhookKind::LiveUpdate, vec![]);
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(10).await;
            let url = stage.server.url("/elsewhere");
            stage.change(sid(&call).as_str(), &[("Url", &url)]).await;
            call.finished().await
        })
        .await;
    assert!(story.caller_heard("Something else.") && !story.caller_heard("Elsewhere."), "{story}");
}

#[tokio::test]
async fn cookies_come_back_from_their_leg_and_from_no_callback() {
    let stage = stage().await;
    stage.server.on("/voice", |_| {
        let mut answer = reply(200, "text/xml", "<Response><Redirect>/next</Redirect></Response>");
        answer.headers_mut().insert("set-cookie", "basket=7; Path=/".parse().unwrap());
        answer
    });
    stage.server.twiml("/next", "<Say>Hello.</Say>");
    stage.call(caller()).await;
    let cookie_at = |path: &str| {
        let request = stage.server.received_at(path).remove(0);
        request.headers.get("cookie").cloned()
    };
    assert_eq!(cookie_at("/next").as_deref(), Some("basket=7"));
    assert_eq!(cookie_at("/status"), None);
    stage.call(caller()).await;
    let second = stage.server.received_at("/voice").pop().unwrap();
    assert_eq!(second.headers.get("cookie"), None, "another call is another visitor");
}

#[tokio::test]
async fn an_announcement_that_fails_after_the_end_is_told_nobody() {
    let stage = stage().await;
    only_kind(&stage, WebhookKind::Announcement, vec![]);
    let document = format!("<Dial><Conference {ROOM}>desk</Conference></Dial>");
    stage
        .play(|stage| async move {
            let one = stage.dials_in("ann", &document);
            let other = stage.dials_in("bobby", &document);
            stage.wait(2).await;
            let room = format!("{}.json", stage.room());
            stage.post(&room, &[("AnnounceUrl", &stage.server.url("/said"))]).await;
            stage.wait(2).await;
            one.does(Deed::HangsUp);
            other.does(Deed::HangsUp);
        })
        .await;
    let events = &stage.exchange.rooms()[0].events;
    assert_eq!(events.last().map(|event| event.name), Some("conference-end"));
    assert_eq!(stage.told().last().map(String::as_str), Some("conference-end"));
}

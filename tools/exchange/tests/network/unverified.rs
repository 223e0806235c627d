//! What nobody has seen of Twilio for sure, played both ways.

use exchange::{AfterChildMoved, Deed, Phone, Unverified, WebhookKind};
use serde_json::Value;

use crate::people::sid;
use crate::stage::{OURS, OWNER, Stage, caller, only};

/// A stage where one thing is the other way.
async fn stage(other: impl FnOnce(&mut Unverified)) -> Stage {
    let stage = Stage::with(|config| other(&mut config.unverified)).await;
    stage.server.twiml("/after", "<Say>After.</Say>");
    stage
}

#[tokio::test]
async fn a_queue_in_which_nobody_comes_is_told_in_either_way() {
    let verbs = "<Dial action=\"/after\" timeout=\"10\"><Queue>line</Queue></Dial>";
    for (status, is_there) in
        [("no-answer", true), ("completed", true), ("failed", false), ("canceled", false)]
    {
        let stage = stage(|unverified| {
            if is_there {
                unverified.queue_timeout = status;
            } else {
                unverified.missing_queue = status;
            }
        })
        .await;
        stage.server.twiml("/voice", verbs);
        if is_there {
            assert_eq!(stage.post("/Queues.json", &[("FriendlyName", "line")]).await.status, 201);
        }
        let story = stage.call(caller()).await;
        assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some(status));
        assert!(story.caller_heard("After."));
    }
}

#[tokio::test]
async fn a_conference_that_is_over_is_told_in_either_way() {
    for status in ["completed", "answered"] {
        let stage = stage(|unverified| unverified.after_conference = status).await;
        let verbs = "<Dial action=\"/after\" hangupOnStar=\"true\"><Conference>desk</Conference></Dial>";
        stage.server.twiml("/voice", verbs);
        let story = stage
            .play(|stage| async move {
                let call = stage.exchange.start_call(caller(), OURS);
                let other = stage.dials_in("ann", "<Dial><Conference>desk</Conference></Dial>");
                stage.wait(5).await;
                call.does(Deed::presses("*"));
                stage.wait(5).await;
                other.does(Deed::HangsUp);
                call.finished().await
            })
            .await;
        assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some(status));
    }
}

#[tokio::test]
async fn what_is_heard_on_hold_repeats_or_ends_in_silence() {
    for (repeats, requests) in [(false, 1), (true, 5)] {
        let stage = stage(|unverified| unverified.hold_document_repeats = repeats).await;
        stage.server.twiml("/hold", "<Pause length=\"10\"/>");
        stage
            .play(|stage| async move {
                let document = "<Dial><Conference>desk</Conference></Dial>";
                let (one, other) = (stage.dials_in("ann", document), stage.dials_in("bobby", document));
                stage.wait(1).await;
                let url = stage.server.url("/hold");
                stage.change_participant(&sid(&one), &[("Hold", "true"), ("HoldUrl", &url)]).await;
                stage.wait(45).await;
                one.does(Deed::HangsUp);
                other.does(Deed::HangsUp);
            })
            .await;
        assert_eq!(stage.server.received_at("/hold").len(), requests);
    }
}

#[tokio::test]
async fn whom_a_room_calls_is_listed_and_called_off_or_not() {
    for (listed, status) in [(0, "in-progress"), (1, "canceled")] {
        let stage = stage(|unverified| {
            unverified.lists_whom_it_calls = listed == 1;
            unverified.conference_calls_off = listed == 1;
        })
        .await;
        stage.exchange.plug(OWNER, Phone::answers_after(20).talks_for(5));
        stage
            .play(|stage| async move {
                let ann = stage.dials_in("ann", "<Dial><Conference>desk</Conference></Dial>");
                stage.wait(1).await;
                let path = format!("{}/Participants.json", stage.room());
                let added = stage.post(&path, &[("From", OURS), ("To", OWNER)]).await.json();
                let added = added["call_sid"].as_str().unwrap().to_owned();
                stage.wait(5).await;
                let people = stage.get(&path).await.json()["participants"].as_array().unwrap().clone();
                let is_added = |one: &&Value| one["call_sid"].as_str() == Some(&added);
                assert_eq!(people.iter().filter(is_added).count(), listed);
                ann.does(Deed::HangsUp);
                stage.wait(60).await;
                assert_eq!(stage.shown(&added).await["status"], status);
            })
            .await;
    }
}

#[tokio::test]
async fn empty_input_is_told_with_empty_digits_or_with_none() {
    for (tells, digits) in [(true, Some("")), (false, None)] {
        let stage = stage(|unverified| unverified.tells_empty_digits = tells).await;
        stage.server.twiml("/voice", "<Gather action=\"/after\" actionOnEmptyResult=\"true\"/>");
        let story = stage.call(caller()).await;
        assert_eq!(only(&story, WebhookKind::GatherAction).param("Digits"), digits);
    }
}

#[tokio::test]
async fn two_channels_stand_in_either_order() {
    for others_first in [false, true] {
        let stage = stage(|unverified| unverified.others_channel_first = others_first).await;
        stage.server.twiml("/voice", &format!("<Dial record=\"record-from-answer-dual\">{OWNER}</Dial>"));
        stage.exchange.plug(OWNER, Phone::answers_after(2).greets("Olivia speaking.").talks_for(20));
        let story = stage.call(caller()).await;
        let (first, second) = story.recording().unwrap().channels.unwrap();
        let olivia = if others_first { first } else { second };
        assert_eq!(olivia.words(), "Olivia speaking.");
    }
}

#[tokio::test]
async fn a_caller_whose_child_is_led_away_goes_on_in_each_way() {
    use AfterChildMoved::{AsksAction, AsksActionLate, Ends};
    for (way, actions, silence) in [(AsksAction, 1, 0), (AsksActionLate, 1, 5), (Ends, 0, 0)] {
        let stage = stage(|unverified| unverified.after_child_moved = way).await;
        stage.server.twiml("/voice", &format!("<Dial action=\"/after\">{OWNER}</Dial>"));
        stage.server.twiml("/elsewhere", "<Pause length=\"20\"/>");
        stage.exchange.plug(OWNER, Phone::answers_after(2));
        let story = stage
            .play(|stage| async move {
                let call = stage.exchange.start_call(caller(), OURS);
                stage.wait(10).await;
                let child = call.story().legs()[1].call_sid.clone();
                let url = stage.server.url("/elsewhere");
                stage.change(child.as_str(), &[("Url", &url)]).await;
                call.finished().await
            })
            .await;
        assert_eq!(story.webhooks_of(WebhookKind::DialAction).len(), actions, "{way:?} {story}");
        assert_eq!(story.caller_heard("After."), actions == 1, "{way:?} {story}");
        assert!(story.legs()[0].longest_silence().as_secs() >= silence, "{way:?} {story}");
    }
}

#[tokio::test]
async fn whom_rest_leads_elsewhere_needs_no_late_action() {
    let stage = stage(|unverified| unverified.after_child_moved = AfterChildMoved::AsksActionLate).await;
    stage.server.twiml("/voice", &format!("<Dial action=\"/after\">{OWNER}</Dial>"));
    stage.server.twiml("/elsewhere", "<Say>Elsewhere.</Say>");
    stage.exchange.plug(OWNER, Phone::answers_after(2));
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(10).await;
            let url = stage.server.url("/elsewhere");
            let child = call.story().legs()[1].call_sid.clone();
            stage.change(child.as_str(), &[("Url", &url)]).await;
            stage.wait(1).await;
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &url)]).await;
            call.finished().await
        })
        .await;
    assert!(story.caller_heard("Elsewhere.") && story.callee_heard("Elsewhere."), "{story}");
    assert!(story.webhooks_of(WebhookKind::DialAction).is_empty(), "{story}");
}

//! Ways to hand a running call over: into a room, onto hold, to somebody else.

use exchange::{Cue, Deed, Party, Phone, Story, WebhookKind, What};

use crate::stage::{CALLER, OTHER, OURS, OWNER, Stage, caller, holds_together, only, values};

fn child(story: &Story) -> String {
    story.legs()[1].call_sid.as_str().to_owned()
}

/// A stage in whose calls the caller is connected with the owner after two seconds.
async fn stage_of_a_talk(owner: Phone) -> Stage {
    let number = format!("<Number statusCallback=\"/leg\">{OWNER}</Number>");
    let stage = Stage::saying(&format!("<Dial action=\"/dialled\">{number}</Dial>")).await;
    stage.exchange.plug(OWNER, owner);
    stage
}

fn hears(story: &Story, party: &Party, words: &str) -> bool {
    story.entries().iter().any(|entry| {
        entry.party == *party
            && matches!(&entry.what, What::HearsSomebody { words: said, .. } if said == words)
    })
}

#[tokio::test]
async fn two_who_talk_go_on_in_a_room_that_the_child_enters_first() {
    let stage = stage_of_a_talk(Phone::answers_after(2)).await;
    let room = "<Dial><Conference endConferenceOnExit=\"true\">desk</Conference></Dial>";
    stage.server.twiml("/dialled", room);
    stage.server.twiml("/room", room);
    let story = stage
        .play(|stage| async move {
            let person = caller()
                .on(Cue::begins().after(15), Deed::says("still there"))
                .on(Cue::begins().after(20), Deed::HangsUp);
            let call = stage.exchange.start_call(person, OURS);
            stage.wait(10).await;
            stage.change(&child(call.story()), &[("Url", &stage.server.url("/room"))]).await;
            stage.wait(2).await;
            let rooms = stage.exchange.rooms();
            assert_eq!((rooms.len(), rooms[0].participants.len()), (1, 2));
            call.finished().await
        })
        .await;
    let action = only(&story, WebhookKind::DialAction);
    assert_eq!((action.param("DialCallStatus"), action.param("DialCallDuration")), (Some("completed"), None));
    assert!(hears(&story, &Party::Callee(OWNER.into()), "still there"), "{story}");
    let leg = only(&story, WebhookKind::LegStatus);
    assert_eq!(leg.param("CallDuration"), Some("18"), "the room's end is the child's: {story}");
    assert_eq!(only(&story, WebhookKind::CallStatus).param("CallDuration"), Some("20"));
    assert_eq!(stage.exchange.rooms()[0].status, "completed");
}

#[tokio::test]
async fn who_led_the_parent_away_first_has_lost_the_child() {
    let stage = stage_of_a_talk(Phone::answers_after(2)).await;
    stage.server.twiml("/dialled", "<Dial><Conference>desk</Conference></Dial>");
    stage.server.twiml("/room", "<Dial><Conference>desk</Conference></Dial>");
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller().hangs_up_after(20), OURS);
            stage.wait(10).await;
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/room"))]).await;
            stage.wait(2).await;
            assert_eq!(stage.exchange.rooms()[0].participants, [sid]);
            let late = stage.change(&child(call.story()), &[("Url", &stage.server.url("/room"))]).await;
            assert_eq!(late.refusal(), (400, 21220));
            call.finished().await
        })
        .await;
    assert_eq!(only(&story, WebhookKind::LegStatus).param("CallStatus"), Some("completed"));
}

#[tokio::test]
async fn a_child_waits_in_a_queue_and_is_taken_out_again() {
    let stage = stage_of_a_talk(Phone::answers_after(2)).await;
    stage.server.twiml("/dialled", "<Say>On hold.</Say><Pause length=\"600\"/>");
    stage.server.twiml("/hold", "<Enqueue action=\"/dequeued\" waitUrl=\"/music\">held</Enqueue>");
    stage.server.twiml("/music", "<Say>Please wait.</Say>");
    stage.server.twiml("/resume", "<Dial action=\"/after\"><Queue>held</Queue></Dial>");
    stage.server.twiml("/after", "<Say>It is over.</Say>");
    stage.server.twiml("/dequeued", "<Hangup/>");
    let story = stage
        .play(|stage| async move {
            let person = caller().on(Cue::begins().after(30), Deed::says("back again"));
            let call = stage.exchange.start_call(person, OURS);
            stage.wait(10).await;
            stage.change(&child(call.story()), &[("Url", &stage.server.url("/hold"))]).await;
            stage.wait(5).await;
            assert_eq!(stage.exchange.queues()[0].waiting.len(), 1);
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/resume"))]).await;
            stage.wait(20).await;
            let owner = call.story().legs()[1].call_sid.clone();
            assert!(stage.exchange.does(&owner, Deed::HangsUp));
            call.finished().await
        })
        .await;
    assert!(story.callee_heard("Please wait.") && story.caller_heard("On hold."), "{story}");
    assert!(hears(&story, &Party::Callee(OWNER.into()), "back again"), "{story}");
    assert!(story.caller_heard("It is over."));
    assert_eq!(story.webhooks_of(WebhookKind::DialAction).len(), 2);
    assert_eq!(only(&story, WebhookKind::LegStatus).param("CallStatus"), Some("completed"));
    assert!(stage.exchange.queues()[0].waiting.is_empty());
}

#[tokio::test]
async fn a_child_that_lives_by_itself_may_dial_somebody_else() {
    let stage = stage_of_a_talk(Phone::answers_after(2)).await;
    stage.server.twiml("/dialled", "<Say>Goodbye.</Say>");
    stage.server.twiml("/onward", &format!("<Dial action=\"/after\"><Number>{OTHER}</Number></Dial>"));
    stage.server.twiml("/after", "<Hangup/>");
    stage.exchange.plug(OTHER, Phone::answers_after(3).greets("another one").talks_for(15));
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(10).await;
            stage.change(&child(call.story()), &[("Url", &stage.server.url("/onward"))]).await;
            call.finished().await
        })
        .await;
    assert!(story.caller_heard("Goodbye.") && hears(&story, &Party::Callee(OWNER.into()), "another one"));
    let legs = story.legs();
    assert_eq!(legs[2].parent.as_ref(), Some(&legs[1].call_sid), "{story}");
    assert_eq!(legs[2].from.reveal(), CALLER);
    let actions = story.webhooks_of(WebhookKind::DialAction);
    assert_eq!(values(&actions, "DialCallDuration"), ["-", "15"]);
    assert_eq!(actions[1].call_sid, legs[1].call_sid);
}

#[tokio::test]
async fn who_hangs_up_before_the_verdict_is_asked_for_nothing() {
    let stage = Stage::new().await;
    stage.server.twiml("/outbound", "<Say>This is a call.</Say>");
    let owner = Phone::answers_after(2).is_a_machine(9).on(Cue::answered().after(1), Deed::HangsUp);
    stage.exchange.plug(OWNER, owner);
    let story = stage
        .play(|stage| async move {
            let (url, leg) = (stage.server.url("/outbound"), stage.server.url("/leg"));
            let fields =
                [("Url", &*url), ("StatusCallback", &*leg), ("MachineDetection", "DetectMessageEnd")];
            stage.dial_out(OWNER, &fields).await
        })
        .await;
    holds_together(&story);
    assert!(story.webhooks_of(WebhookKind::Voice).is_empty());
    let end = only(&story, WebhookKind::LegStatus);
    assert_eq!((end.param("CallStatus"), end.param("CallDuration")), (Some("completed"), Some("1")));
    assert_eq!(end.param("AnsweredBy"), None);
}

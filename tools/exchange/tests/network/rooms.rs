//! Rules of `<Conference>`: when it begins and ends, what is heard meanwhile, and what is told.

use exchange::{Deed, Phone, SentWebhook, WebhookKind};

use crate::people::{ear, sid};
use crate::stage::{ACCOUNT, CALLER, OURS, OWNER, Stage, caller, only, reply, values};

/// All events, told to `/room`.
const TOLD: &str = "statusCallback=\"/room\" statusCallbackEvent=\"start end join leave mute hold modify \
                    speaker announcement\"";

/// Joins the room `desk`; what comes after it is said.
fn joins(attributes: &str) -> String {
    format!("<Dial action=\"/after\"><Conference {attributes}>desk</Conference></Dial><Say>Next.</Say>")
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.server.takes("/room");
    stage.server.twiml("/after", "<Say>After.</Say>");
    stage
}

/// The names of a webhook's parameters, without those that every event has.
fn fields(event: &SentWebhook) -> String {
    let always =
        ["AccountSid", "ConferenceSid", "FriendlyName", "SequenceNumber", "StatusCallbackEvent", "Timestamp"];
    for name in always {
        assert!(event.param(name).is_some(), "{name}");
    }
    let mut names: Vec<&str> = event.params.iter().map(|(name, _)| &**name).collect();
    names.retain(|name| !always.contains(name));
    names.sort_unstable();
    names.join(" ")
}

#[tokio::test]
async fn a_room_begins_with_two_of_whom_one_may_begin_it() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let ann = stage.dials_in("ann", &joins("startConferenceOnEnter=\"false\""));
            stage.wait(5).await;
            let bob = stage.dials_in("bobby", &joins("startConferenceOnEnter=\"false\""));
            stage.wait(1).await;
            let listed = stage.get("/Conferences.json").await.json();
            assert_eq!(listed["conferences"], serde_json::json!([]), "only those in progress");
            let listed = stage.get("/Conferences.json?Status=init").await.json();
            assert_eq!(listed["conferences"][0]["friendly_name"], "desk");
            stage.wait(4).await;
            let cid = stage.dials_in("cid", &joins(""));
            stage.wait(1).await;
            let listed = stage.get("/Conferences.json?FriendlyName=desk").await.json();
            assert_eq!(listed["conferences"][0]["status"], "in-progress");
            stage.wait(9).await;
            for call in [&ann, &bob, &cid] {
                call.does(Deed::HangsUp);
                stage.wait(5).await;
            }
            let (a, b, c) = (sid(&ann), sid(&bob), sid(&cid));
            let names = [(&a, "ann"), (&b, "bob"), (&c, "cid")];
            assert_eq!(ear(&stage, &a, &names), ["0-10 music", "10-20 bob cid"]);
            assert_eq!(ear(&stage, &b, &names), ["0-5 music", "5-15 ann cid", "15-20 cid"]);
            assert_eq!(ear(&stage, &c, &names), ["0-10 ann bob", "10-15 bob", "15-20 silence"]);
            let events: Vec<&str> = stage.exchange.rooms()[0].events.iter().map(|event| event.name).collect();
            let (join, leave) = ("participant-join", "participant-leave");
            assert_eq!(events, [join, join, join, "conference-start", leave, leave, leave, "conference-end"]);
        })
        .await;
}

#[tokio::test]
async fn a_wait_document_runs_out_unless_it_redirects() {
    for (verbs, ear_has, asked) in [
        ("<Say>one two three four five</Say>", vec!["0-2 one two three four five", "2-9 silence"], 1),
        ("<Say>one two three four five</Say><Redirect/>", vec!["0-9 one two three four five"], 5),
    ] {
        let stage = stage().await;
        stage.server.twiml("/wait", verbs);
        stage.server.twiml("/voice", &joins("waitUrl=\"/wait\""));
        let story = stage.call(caller().hangs_up_after(9)).await;
        assert_eq!(ear(&stage, story.call_sid(), &[]), ear_has);
        let waits = story.webhooks_of(WebhookKind::RoomWait);
        assert_eq!((waits.len(), waits[0].method), (asked, exchange::Method::Post), "{story}");
        assert_eq!(waits[0].param("From"), Some(CALLER));
    }
}

#[tokio::test]
async fn an_empty_wait_url_is_silence_and_none_is_music() {
    for (attribute, heard) in [("waitUrl=\"\"", "0-9 silence"), ("", "0-9 music")] {
        let stage = Stage::saying(&joins(attribute)).await;
        stage.server.twiml("/after", "");
        let story = stage.call(caller().hangs_up_after(9)).await;
        assert_eq!(ear(&stage, story.call_sid(), &[]), [heard]);
        assert!(story.webhooks_of(WebhookKind::RoomWait).is_empty());
    }
}

#[tokio::test]
async fn a_wait_document_may_not_steer_the_call() {
    let stage = stage().await;
    let verbs = "<Hangup/><Record/><Gather/><Dial>+12125550199</Dial><Say>Please wait.</Say>";
    stage.server.twiml("/wait", verbs);
    stage.server.twiml("/voice", &joins("waitUrl=\"/wait\" waitMethod=\"GET\""));
    let story = stage.call(caller().hangs_up_after(9)).await;
    let codes: Vec<u32> = story.errors().iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [13238; 4], "{story}");
    assert!(story.caller_heard("Please wait."));
    assert_eq!(only(&story, WebhookKind::RoomWait).method, exchange::Method::Get);
}

#[tokio::test]
async fn without_its_wait_document_nobody_gets_in() {
    let stage = stage().await;
    stage.server.twiml("/voice", &joins(&format!("waitUrl=\"/nowhere\" {TOLD}")));
    let story = stage.call(caller()).await;
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some("failed"));
    assert!(story.caller_heard("After."), "{story}");
    assert_eq!(story.errors()[0].code, 11200);
    assert!(stage.told().is_empty() && stage.exchange.rooms().is_empty());
}

#[tokio::test]
async fn each_event_has_its_fields_and_its_number() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let ends = format!("endConferenceOnExit=\"true\" participantLabel=\"host\" {TOLD}");
            let ann = stage.dials_in("ann", &joins(&ends));
            let a = sid(&ann);
            let bob = stage.dials_in("bobby", &joins("muted=\"true\""));
            let b = sid(&bob);
            stage.wait(10).await;
            ann.does(Deed::says("Hello."));
            stage.wait(10).await;
            ann.does(Deed::HangsUp);
            stage.wait(10).await;
            let told = stage.sent(WebhookKind::Conference);
            assert_eq!(
                stage.told(),
                [
                    "participant-join",
                    "participant-join",
                    "conference-start",
                    "participant-speech-start",
                    "participant-speech-stop",
                    "participant-leave",
                    "participant-leave",
                    "conference-end",
                ]
            );
            assert_eq!(values(&told, "SequenceNumber"), ["1", "2", "3", "4", "5", "6", "7", "8"]);
            let of_one = "CallSid Coaching EndConferenceOnExit Hold Muted";
            let joined = format!("{of_one} ParticipantLabel StartConferenceOnEnter");
            let left = format!(
                "{of_one} ParticipantCallStatus ParticipantLabel ReasonParticipantLeft StartConferenceOnEnter"
            );
            assert_eq!(fields(&told[0]), joined);
            assert_eq!(fields(&told[1]), format!("{of_one} StartConferenceOnEnter"));
            assert_eq!(fields(&told[2]), "");
            assert_eq!((fields(&told[3]), fields(&told[4])), (joined.clone(), joined));
            assert_eq!(fields(&told[5]), left);
            assert_eq!(
                fields(&told[7]),
                "CallSidEndingConference ParticipantLabelEndingConference Reason ReasonConferenceEnded"
            );
            assert_eq!(
                values(&told[5..7], "ReasonParticipantLeft"),
                ["participant_hung_up", "moderator_ended_conference"]
            );
            assert_eq!(values(&told[5..7], "ParticipantCallStatus"), ["completed", "in-progress"]);
            assert_eq!(values(&told[..2], "Muted"), ["false", "true"]);
            assert_eq!(values(&told[..2], "EndConferenceOnExit"), ["true", "false"]);
            assert_eq!(values(&told[5..7], "CallSid"), [a.as_str(), b.as_str()]);
            let end = &told[7];
            assert_eq!(end.param("CallSidEndingConference"), Some(a.as_str()));
            assert_eq!(end.param("ParticipantLabelEndingConference"), Some("host"));
            let reason = "participant-with-end-conference-on-exit-left";
            assert_eq!(end.param("ReasonConferenceEnded"), Some(reason));
            assert_eq!(end.param("AccountSid"), Some(ACCOUNT));
            assert_eq!(end.param("Timestamp"), Some("Fri, 20 Nov 2026 09:00:20 +0000"));
            let action = only(bob.story(), WebhookKind::DialAction);
            assert_eq!(action.param("DialCallStatus"), Some("completed"));
            assert_eq!((action.param("DialCallSid"), action.param("DialCallDuration")), (None, None));
            assert!(bob.story().caller_heard("After."));
        })
        .await;
    assert!(stage.server.received().iter().all(|request| request.signed));
}

#[tokio::test]
async fn the_last_who_leaves_ends_it_and_the_next_begins_anew() {
    let stage = stage().await;
    stage.server.twiml("/voice", &joins(&format!("{TOLD} statusCallbackMethod=\"GET\"")));
    for _ in 0..2 {
        stage.call(caller().hangs_up_after(9)).await;
    }
    let told = stage.sent(WebhookKind::Conference);
    let (join, leave, end) = ("participant-join", "participant-leave", "conference-end");
    assert_eq!(stage.told(), [join, leave, end, join, leave, end]);
    assert_eq!(values(&told, "SequenceNumber"), ["1", "2", "3", "1", "2", "3"]);
    assert_eq!(told[2].param("ReasonConferenceEnded"), Some("last-participant-left"));
    assert_eq!(told[2].method, exchange::Method::Get);
    assert_ne!(told[0].param("ConferenceSid"), told[3].param("ConferenceSid"));
    let listed = stage.get("/Conferences.json?Status=completed").await.json();
    assert_eq!(listed["conferences"].as_array().unwrap().len(), 2);
    assert_eq!(listed["conferences"][0]["reason_conference_ended"], "last-participant-left");
}

#[tokio::test]
async fn only_the_first_ones_settings_count() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let first = "statusCallback=\"/room\" statusCallbackEvent=\"join leave\"";
            let ann = stage.dials_in("ann", &joins(first));
            stage.wait(1).await;
            let other = "statusCallback=\"/other\" statusCallbackEvent=\"start end\"";
            let bob = stage.dials_in("bobby", &joins(other));
            stage.wait(1).await;
            ann.does(Deed::HangsUp);
            stage.wait(1).await;
            bob.does(Deed::HangsUp);
            stage.wait(1).await;
        })
        .await;
    let (join, leave) = ("participant-join", "participant-leave");
    assert_eq!(stage.told(), [join, join, leave, leave]);
    assert!(stage.server.received_at("/other").is_empty());
    assert_eq!(stage.server.received_at("/room").len(), 4);
}

#[tokio::test]
async fn without_a_list_of_events_none_is_told() {
    let stage = stage().await;
    stage.server.twiml("/voice", &joins("statusCallback=\"/room\""));
    stage.call(caller().hangs_up_after(9)).await;
    assert!(stage.told().is_empty());
    assert_eq!(stage.exchange.rooms()[0].events.len(), 3);
}

#[tokio::test]
async fn rest_ends_a_room_once_and_its_people_go_on() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let ann = stage.dials_in("ann", &joins(TOLD));
            let bob = stage.dials_in("bobby", &joins(""));
            stage.wait(10).await;
            let room = stage.room();
            let path = format!("{room}.json");
            let ended = stage.post(&path, &[("Status", "completed")]).await;
            assert_eq!((ended.status, &ended.json()["status"]), (200, &"completed".into()));
            stage.wait(1).await;
            assert_eq!(stage.post(&path, &[("Status", "completed")]).await.refusal(), (400, 20001));
            let people = stage.get(&format!("{room}/Participants.json")).await.json();
            assert_eq!(people["participants"], serde_json::json!([]));
            let shown = stage.get(&path).await.json();
            assert_eq!(shown["reason_conference_ended"], "conference-ended-via-api");
            assert_eq!(shown["call_sid_ending_conference"], serde_json::Value::Null);
            for call in [&ann, &bob] {
                let action = only(call.story(), WebhookKind::DialAction);
                assert_eq!(action.param("DialCallStatus"), Some("completed"));
                assert!(call.story().caller_heard("After."));
            }
        })
        .await;
    let told = stage.sent(WebhookKind::Conference);
    let left = values(&told[3..5], "ReasonParticipantLeft");
    assert_eq!(left, ["conference_ended_via_api"; 2]);
    let end = told.last().unwrap();
    assert_eq!(end.param("StatusCallbackEvent"), Some("conference-end"));
    assert_eq!(end.param("ReasonConferenceEnded"), Some("conference-ended-via-api"));
    assert_eq!(end.param("CallSidEndingConference"), None);
}

#[tokio::test]
async fn a_label_that_is_none_or_anothers_adds_nobody() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let bad = "participantLabel=\"CA00000000000000000000000000000001\"";
            let ann = stage.dials_in("ann", &joins(bad));
            stage.wait(5).await;
            assert_eq!(ann.story().errors()[0].code, 16023);
            assert!(stage.exchange.rooms().is_empty(), "nobody has ever been in it");
            let bob = stage.dials_in("bobby", &joins("participantLabel=\"agent\""));
            let cid = stage.dials_in("cid", &joins("participantLabel=\"agent\""));
            stage.wait(5).await;
            assert_eq!(cid.story().errors()[0].code, 16025);
            for call in [&ann, &cid] {
                assert!(call.story().caller_heard("Next."), "{}", call.story());
                assert!(call.story().webhooks_of(WebhookKind::DialAction).is_empty());
            }
            bob.does(Deed::HangsUp);
        })
        .await;
}

#[tokio::test]
async fn a_full_room_lets_nobody_in() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let few = joins("maxParticipants=\"2\"");
            let inside = [stage.dials_in("ann", &few), stage.dials_in("bobby", &few)];
            let cid = stage.dials_in("cid", &few);
            stage.wait(5).await;
            assert_eq!(cid.story().errors()[0].code, 16020);
            assert_eq!(only(cid.story(), WebhookKind::DialAction).param("DialCallStatus"), Some("failed"));
            for call in inside {
                call.does(Deed::HangsUp);
            }
        })
        .await;
}

#[tokio::test]
async fn who_coaches_somebody_absent_goes_on_with_the_action() {
    let stage = stage().await;
    stage.server.twiml("/voice", &joins("coach=\"CA00000000000000000000000000000009\""));
    let story = stage.call(caller()).await;
    assert_eq!(story.errors()[0].code, 13240);
    assert_eq!(only(&story, WebhookKind::DialAction).param("DialCallStatus"), Some("failed"));
    assert!(story.caller_heard("After.") && stage.exchange.rooms().is_empty());
}

#[tokio::test]
async fn a_recording_of_a_room_belongs_to_no_call() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let records = "record=\"record-from-start\" recordingStatusCallback=\"/recorded\" \
                           recordingStatusCallbackEvent=\"in-progress completed\"";
            let ann = stage.dials_in("ann", &joins(records));
            stage.wait(10).await;
            assert!(stage.exchange.recordings().is_empty(), "it begins with the conversation");
            let bob = stage.dials_in("bobby", &joins(""));
            stage.wait(2).await;
            ann.does(Deed::says("one two three four five"));
            stage.wait(2).await;
            bob.does(Deed::says("six seven eight nine ten"));
            stage.wait(4).await;
            let list = format!("{}/Recordings.json", stage.room());
            let shown = stage.get(&list).await.json();
            assert_eq!(shown["recordings"][0]["status"], "in-progress");
            assert_eq!(shown["recordings"][0]["source"], "Conference");
            ann.does(Deed::HangsUp);
            stage.wait(1).await;
            bob.does(Deed::HangsUp);
        })
        .await;
    let told = stage.sent(WebhookKind::RecordingStatus);
    assert_eq!(values(&told, "RecordingStatus"), ["in-progress", "completed"]);
    let done = &told[1];
    for (name, value) in [("RecordingSource", "Conference"), ("RecordingChannels", "1")] {
        assert_eq!(done.param(name), Some(value));
    }
    for absent in ["CallSid", "RecordingTrack", "From"] {
        assert_eq!(done.param(absent), None, "{absent}");
    }
    let room = &stage.exchange.rooms()[0];
    assert_eq!(done.param("ConferenceSid"), Some(&*room.conference_sid));
    let words = stage.exchange.recordings()[0].speech.words().to_owned();
    assert!(words.contains("five") && words.contains("ten"), "{words}");
}

#[tokio::test]
async fn a_star_hangs_up_only_where_it_is_told_to() {
    for (attribute, told) in [("hangupOnStar=\"true\"", 4), ("", 20)] {
        let verbs = format!("<Dial action=\"/after\" {attribute}><Conference>desk</Conference></Dial>");
        let stage = stage().await;
        stage
            .play(move |stage| async move {
                let ann = stage.dials_in("ann", &verbs);
                let bob = stage.dials_in("bobby", &joins(""));
                stage.wait(4).await;
                ann.does(Deed::presses("12*"));
                stage.wait(16).await;
                bob.does(Deed::HangsUp);
                stage.wait(1).await;
                ann.does(Deed::HangsUp);
                stage.wait(1).await;
                let (a, b) = (sid(&ann), sid(&bob));
                let talked = ear(&stage, &b, &[(&a, "ann")]);
                assert_eq!(talked[0], format!("0-{told} ann"));
            })
            .await;
    }
}

#[tokio::test]
async fn who_is_led_elsewhere_leaves_the_room() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let ann = stage.dials_in("ann", &joins(TOLD));
            let bob = stage.dials_in("bobby", &joins(""));
            stage.wait(10).await;
            let url = stage.server.url("/elsewhere");
            stage.server.twiml("/elsewhere", "<Say>Elsewhere.</Say><Pause length=\"20\"/>");
            assert_eq!(stage.update(&sid(&bob), &[("Url", &url)]).await, 200);
            stage.wait(10).await;
            assert!(bob.story().caller_heard("Elsewhere.") && !bob.story().caller_heard("After."));
            assert_eq!(only(bob.story(), WebhookKind::DialAction).param("DialCallStatus"), Some("completed"));
            let left = stage.sent(WebhookKind::Conference).pop().unwrap();
            assert_eq!(left.param("ReasonParticipantLeft"), Some("participant_updated_via_api"));
            assert_eq!(left.param("ParticipantCallStatus"), Some("in-progress"));
            assert_eq!(ear(&stage, &sid(&ann), &[(&sid(&bob), "bob")]), ["0-10 bob", "10-20 silence"]);
            ann.does(Deed::HangsUp);
        })
        .await;
}

#[tokio::test]
async fn two_legs_move_into_a_room_the_dialled_one_first() {
    let stage = Stage::saying(&format!("<Dial action=\"/dialled\"><Number>{OWNER}</Number></Dial>")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(2));
    stage.server.takes("/room");
    stage.server.twiml("/dialled", &joins(TOLD));
    stage.server.on("/after", |_| reply(200, "text/xml", "<Response/>"));
    stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller().hangs_up_after(40), OURS);
            stage.wait(10).await;
            let parent = sid(&call);
            let legs = stage.get(&format!("/Calls.json?ParentCallSid={parent}")).await.json();
            let child = legs["calls"][0]["sid"].as_str().unwrap().to_owned();
            let child = phone::CallSid::parse(&child).unwrap();
            let twiml = "<Response><Dial><Conference endConferenceOnExit=\"true\">desk</Conference></Dial></Response>";
            assert_eq!(stage.update(&child, &[("Twiml", twiml)]).await, 200);
            stage.wait(20).await;
            let action = only(call.story(), WebhookKind::DialAction);
            assert_eq!(action.param("DialCallStatus"), Some("completed"));
            assert_eq!(action.param("DialCallSid"), Some(child.as_str()));
            assert_eq!(action.param("DialCallDuration"), None, "it was led away");
            let names = [(&parent, "caller"), (&child, "owner")];
            let heard = ear(&stage, &parent, &names);
            assert_eq!(heard[0], "0-2 ringing");
            assert_eq!(heard[1], "2-10 owner");
            assert!(heard.last().unwrap().ends_with("owner"), "{heard:?}");
            stage.wait(20).await;
        })
        .await;
    let (join, leave) = ("participant-join", "participant-leave");
    assert_eq!(stage.told(), [join, join, "conference-start", leave, leave, "conference-end"]);
}

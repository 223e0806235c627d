//! Rules of those who are in a conference, as REST adds, changes and removes them.

use exchange::{CallHandle, Deed, Phone, WebhookKind};
use phone::CallSid;
use serde_json::{Value, json};

use crate::people::{ear, sid};
use crate::stage::{OTHER, OURS, OWNER, Stage, only, values};

const TOLD: &str = "statusCallback=\"/room\" statusCallbackEvent=\"start end join leave mute hold modify \
                    announcement\"";

fn joins(attributes: &str) -> String {
    format!("<Dial action=\"/after\"><Conference {attributes}>desk</Conference></Dial>")
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.server.takes("/room");
    stage.server.twiml("/after", "<Say>After.</Say>");
    stage.exchange.plug(OWNER, Phone::answers_after(3));
    stage.exchange.plug(OTHER, Phone::never_answers());
    stage
}

/// Three people in the room, and their identifiers.
fn three(stage: &Stage, of_the_third: &str) -> ([CallHandle; 3], [CallSid; 3]) {
    let calls = [
        stage.dials_in("ann", &joins(TOLD)),
        stage.dials_in("bobby", &joins("participantLabel=\"the agent\"")),
        stage.dials_in("cid", &joins(of_the_third)),
    ];
    let sids = [sid(&calls[0]), sid(&calls[1]), sid(&calls[2])];
    (calls, sids)
}

fn all_hang_up(calls: &[CallHandle]) {
    for call in calls {
        call.does(Deed::HangsUp);
    }
}

/// Calls somebody into the room, by its name.
async fn add(stage: &Stage, to: &str, form: &[(&str, &str)]) -> Value {
    let mut all = vec![("From", OURS), ("To", to)];
    all.extend(form);
    let added = stage.post("/Conferences/desk/Participants.json", &all).await;
    assert_eq!(added.status, 201, "{:?}", added.body);
    added.json()
}

#[tokio::test]
async fn who_is_muted_hears_all_and_is_heard_by_none() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let (calls, [a, b, c]) = three(&stage, "");
            stage.wait(10).await;
            let muted = stage.change_participant(&b, &[("Muted", "true")]).await.json();
            assert_eq!((&muted["muted"], &muted["hold"]), (&json!(true), &json!(false)));
            stage.wait(10).await;
            // Whatever is not true is false.
            assert_eq!(stage.change_participant(&b, &[("Muted", "perhaps")]).await.json()["muted"], false);
            stage.wait(10).await;
            all_hang_up(&calls);
            let names = [(&a, "ann"), (&b, "bob"), (&c, "cid")];
            assert_eq!(ear(&stage, &a, &names), ["0-10 bob cid", "10-20 cid", "20-30 bob cid"]);
            assert_eq!(ear(&stage, &b, &names), ["0-30 ann cid"]);
        })
        .await;
    assert_eq!(stage.told()[4..6], ["participant-mute", "participant-unmute"]);
    assert_eq!(values(&stage.sent(WebhookKind::Conference)[4..6], "Muted"), ["true", "false"]);
}

#[tokio::test]
async fn hold_parts_from_all_and_is_no_matter_of_mute() {
    let stage = stage().await;
    stage.server.twiml("/hold", "<Say>one two three four five</Say><Hangup/>");
    stage
        .play(|stage| async move {
            let (calls, [a, b, c]) = three(&stage, "");
            stage.wait(10).await;
            let url = stage.server.url("/hold");
            let held = stage.change_participant(&b, &[("Hold", "true"), ("HoldUrl", &url)]).await.json();
            assert_eq!((&held["muted"], &held["hold"]), (&json!(false), &json!(true)));
            stage.wait(10).await;
            stage.change_participant(&b, &[("Muted", "true")]).await;
            stage.change_participant(&c, &[("Hold", "true")]).await;
            let path = format!("{}/Participants.json?Hold=true", stage.room());
            let listed = stage.get(&path).await.json();
            assert_eq!(listed["participants"].as_array().unwrap().len(), 2);
            stage.wait(10).await;
            stage.change_participant(&b, &[("Hold", "false")]).await;
            stage.change_participant(&c, &[("Hold", "false")]).await;
            stage.wait(10).await;
            all_hang_up(&calls);
            let names = [(&a, "ann"), (&b, "bob"), (&c, "cid")];
            assert_eq!(ear(&stage, &a, &names), ["0-10 bob cid", "10-20 cid", "20-30 silence", "30-40 cid"]);
            let said = "10-12 one two three four five";
            assert_eq!(ear(&stage, &b, &names), ["0-10 ann cid", said, "12-30 silence", "30-40 ann cid"]);
            assert_eq!(ear(&stage, &c, &names), ["0-10 ann bob", "10-20 ann", "20-30 music", "30-40 ann"]);
        })
        .await;
    let asked = stage.sent(WebhookKind::Hold);
    assert_eq!((asked.len(), asked[0].method), (1, exchange::Method::Get));
    let (hold, unhold) = ("participant-hold", "participant-unhold");
    assert_eq!(stage.told()[4..9], [hold, "participant-mute", hold, unhold, unhold]);
}

#[tokio::test]
async fn a_coach_is_heard_by_one_until_barging_in() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let (calls, [a, b, c]) = three(&stage, "");
            stage.wait(10).await;
            let coach = [("Coaching", "true"), ("CallSidToCoach", b.as_str())];
            let coaching = stage.change_participant(&c, &coach).await.json();
            assert_eq!(
                (&coaching["coaching"], &coaching["call_sid_to_coach"]),
                (&json!(true), &json!(b.as_str()))
            );
            stage.wait(10).await;
            stage.change_participant(&c, &[("CallSidToCoach", a.as_str())]).await;
            stage.wait(10).await;
            stage.change_participant(&c, &[("Coaching", "false")]).await;
            stage.wait(10).await;
            let absent = [("Coaching", "true"), ("CallSidToCoach", "CA00000000000000000000000000000009")];
            assert_eq!(stage.change_participant(&c, &absent).await.refusal(), (400, 16028));
            stage.change_participant(&b, &[("Hold", "true")]).await;
            assert_eq!(stage.change_participant(&c, &coach).await.refusal(), (400, 16027));
            all_hang_up(&calls);
            let names = [(&a, "ann"), (&b, "bob"), (&c, "cid")];
            assert_eq!(ear(&stage, &a, &names), ["0-10 bob cid", "10-20 bob", "20-40 bob cid"]);
            assert_eq!(ear(&stage, &b, &names), ["0-20 ann cid", "20-30 ann", "30-40 ann cid"]);
            assert_eq!(ear(&stage, &c, &names), ["0-40 ann bob"]);
        })
        .await;
    let told = stage.sent(WebhookKind::Conference);
    assert_eq!(stage.told()[4..7], ["participant-modify"; 3]);
    assert_eq!(values(&told[4..7], "Coaching"), ["true", "true", "false"]);
    assert!(told[4].param("CallSidToCoach").is_some() && told[6].param("CallSidToCoach").is_none());
}

#[tokio::test]
async fn an_announcement_is_for_one_or_for_all() {
    let stage = stage().await;
    stage.server.twiml("/announce", "<Say>one two three four five</Say>");
    stage
        .play(|stage| async move {
            let (calls, [a, b, c]) = three(&stage, "");
            let url = stage.server.url("/announce");
            stage.wait(10).await;
            stage.change_participant(&b, &[("AnnounceUrl", &url)]).await;
            stage.wait(10).await;
            let room = format!("{}.json", stage.room());
            assert_eq!(
                stage.post(&room, &[("AnnounceUrl", &url), ("AnnounceMethod", "GET")]).await.status,
                200
            );
            stage.wait(10).await;
            let missing = stage.server.url("/missing");
            stage.post(&room, &[("AnnounceUrl", &missing)]).await;
            stage.wait(10).await;
            all_hang_up(&calls);
            let names = [(&a, "ann"), (&b, "bob"), (&c, "cid")];
            let words = "one two three four five";
            let all = format!("20-22 {words}");
            assert_eq!(
                ear(&stage, &a, &names),
                ["0-10 bob cid", "10-12 cid", "12-20 bob cid", &all, "22-40 bob cid"]
            );
            let only_hers = format!("10-12 {words}");
            assert_eq!(
                ear(&stage, &b, &names),
                ["0-10 ann cid", &only_hers, "12-20 ann cid", &all, "22-40 ann cid"]
            );
            let told = stage.sent(WebhookKind::Conference);
            assert_eq!(stage.told()[4..7], ["announcement-end", "announcement-end", "announcement-fail"]);
            assert_eq!(values(&told[4..7], "CallSid"), [b.as_str(), "-", "-"]);
            assert_eq!(values(&told[4..7], "AnnounceUrl"), [&*url, &*url, &*missing]);
            assert!(told[6].param("ReasonAnnouncementFailed").is_some());
        })
        .await;
    let asked = stage.sent(WebhookKind::Announcement);
    assert_eq!(asked.len(), 3);
    assert_eq!((asked[0].method, asked[1].method), (exchange::Method::Post, exchange::Method::Get));
}

#[tokio::test]
async fn who_is_removed_goes_on_with_the_action() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let (calls, [_, b, c]) = three(&stage, "endConferenceOnExit=\"true\"");
            stage.wait(10).await;
            let room = stage.room();
            let path = format!("{room}/Participants/the%20agent.json");
            assert_eq!(stage.get(&path).await.json()["call_sid"], b.as_str());
            assert_eq!(stage.delete(&path).await.status, 204);
            stage.wait(5).await;
            assert_eq!(stage.delete(&path).await.status, 404);
            assert!(calls[1].story().caller_heard("After."));
            assert_eq!(
                only(calls[1].story(), WebhookKind::DialAction).param("DialCallStatus"),
                Some("completed")
            );
            assert_eq!(stage.delete(&format!("{room}/Participants/{c}.json")).await.status, 204);
            stage.wait(5).await;
            assert!(calls[0].story().caller_heard("After."), "the room has ended");
        })
        .await;
    let told = stage.sent(WebhookKind::Conference);
    let (leave, end) = ("participant-leave", "conference-end");
    assert_eq!(stage.told()[4..], [leave, leave, leave, end]);
    let by_api = "participant_updated_via_api";
    assert_eq!(values(&told[4..7], "ReasonParticipantLeft"), [by_api, by_api, "moderator_ended_conference"]);
    assert_eq!(values(&told[4..7], "ParticipantCallStatus"), ["in-progress"; 3]);
    let reason = "participant-with-end-conference-on-exit-kicked";
    assert_eq!(told[7].param("ReasonConferenceEnded"), Some(reason));
}

#[tokio::test]
async fn whether_a_room_ends_with_somebody_can_be_changed() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let (calls, [_, _, c]) = three(&stage, "endConferenceOnExit=\"true\"");
            stage.wait(10).await;
            let changed = stage.change_participant(&c, &[("EndConferenceOnExit", "false")]).await.json();
            assert_eq!(changed["end_conference_on_exit"], false);
            stage.change_participant(&c, &[("EndConferenceOnExit", "false"), ("BeepOnExit", "true")]).await;
            stage.change_participant(&c, &[("BeepOnExit", "false")]).await;
            calls[2].does(Deed::HangsUp);
            stage.wait(10).await;
            assert_eq!(stage.exchange.rooms()[0].participants.len(), 2);
            all_hang_up(&calls[..2]);
        })
        .await;
    assert_eq!(stage.told()[4..6], ["participant-modify"; 2]);
    assert_eq!(stage.told()[6], "participant-leave");
}

#[tokio::test]
async fn somebody_is_called_into_a_room_by_name() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let ann = stage.dials_in("ann", &joins(TOLD));
            stage.wait(10).await;
            let added = add(&stage, OWNER, &[("Label", "agent"), ("EndConferenceOnExit", "true")]).await;
            assert_eq!((&added["label"], &added["status"]), (&json!("agent"), &json!("queued")));
            assert_eq!(
                (&added["hold"], &added["coaching"], &added["muted"]),
                (&json!(false), &json!(false), &json!(false))
            );
            assert_eq!(added["end_conference_on_exit"], true);
            assert!(added["queue_time"].is_string() && added["uri"].is_string());
            let room = stage.room();
            assert_eq!(room, format!("/Conferences/{}", added["conference_sid"].as_str().unwrap()));
            stage.wait(1).await;
            let listed = stage.get(&format!("{room}/Participants.json")).await.json();
            assert_eq!(listed["participants"].as_array().unwrap().len(), 1, "nobody before they answer");
            stage.wait(9).await;
            let agent = stage.get(&format!("{room}/Participants/agent.json")).await.json();
            assert_eq!((&agent["status"], &agent["queue_time"]), (&json!("connected"), &Value::Null));
            let agent = CallSid::parse(added["call_sid"].as_str().unwrap()).unwrap();
            assert_eq!(ear(&stage, &agent, &[(&sid(&ann), "ann")]), ["0-3 ringing", "3-10 ann"]);
            assert_eq!(stage.update(&agent, &[("Status", "completed")]).await, 200);
            stage.wait(5).await;
            assert!(ann.story().caller_heard("After."));
        })
        .await;
    let (join, leave) = ("participant-join", "participant-leave");
    assert_eq!(stage.told(), [join, join, "conference-start", leave, leave, "conference-end"]);
    let told = stage.sent(WebhookKind::Conference);
    assert_eq!(told[3].param("ReasonParticipantLeft"), Some("participant_updated_via_api"));
    assert_eq!(told[3].param("ParticipantLabel"), Some("agent"));
}

#[tokio::test]
async fn somebody_called_into_a_new_room_makes_it() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let room = stage.server.url("/room");
            let form = [("ConferenceStatusCallback", &*room), ("StartConferenceOnEnter", "true")];
            let added = add(&stage, OWNER, &form).await;
            assert_eq!(stage.exchange.rooms()[0].conference_sid, added["conference_sid"]);
            stage.wait(10).await;
            let ann = stage.dials_in("ann", &joins("statusCallback=\"/other\" statusCallbackEvent=\"join\""));
            stage.wait(10).await;
            assert_eq!(stage.exchange.rooms().len(), 1);
            ann.does(Deed::HangsUp);
            stage.wait(1).await;
            let agent = CallSid::parse(added["call_sid"].as_str().unwrap()).unwrap();
            stage.update(&agent, &[("Status", "completed")]).await;
        })
        .await;
    assert_eq!(stage.told(), ["conference-start", "conference-end"], "what is told unless asked otherwise");
}

#[tokio::test]
async fn a_first_one_by_rest_without_a_callback_silences_the_room() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            add(&stage, OWNER, &[("EndConferenceOnExit", "true")]).await;
            stage.wait(1).await;
            // While the agent's telephone rings the caller is there already.
            let ann = stage.dials_in("ann", &joins(TOLD));
            stage.wait(10).await;
            ann.does(Deed::HangsUp);
            stage.wait(1).await;
            let agent = stage.exchange.rooms()[0].participants[0].clone();
            stage.update(&agent, &[("Status", "completed")]).await;
        })
        .await;
    assert!(stage.told().is_empty());
    assert_eq!(stage.exchange.rooms()[0].status, "completed");
}

#[tokio::test]
async fn an_agent_who_never_answers_leaves_without_having_come() {
    for (to, status) in [(OTHER, "no-answer"), ("+12125550197", "failed")] {
        let stage = stage().await;
        stage.server.takes("/agent");
        stage
            .play(move |stage| async move {
                let ann = stage.dials_in("ann", &joins(TOLD));
                stage.wait(1).await;
                let agent = stage.server.url("/agent");
                let form = [("Timeout", "20"), ("Label", "agent"), ("StatusCallback", &agent)];
                let added = add(&stage, to, &form).await;
                stage.wait(40).await;
                let told = stage.sent(WebhookKind::Conference);
                assert_eq!(stage.told(), ["participant-join", "participant-leave"]);
                let left = &told[1];
                assert_eq!(left.param("CallSid"), added["call_sid"].as_str());
                assert_eq!(left.param("ParticipantCallStatus"), Some(status));
                assert_eq!(left.param("ReasonParticipantLeft"), Some("participant_add_failed"));
                assert_eq!(left.param("ParticipantLabel"), Some("agent"));
                let ended = stage.sent(WebhookKind::LegStatus);
                assert_eq!(values(&ended, "CallStatus"), [status]);
                ann.does(Deed::HangsUp);
            })
            .await;
    }
}

#[tokio::test]
async fn a_room_for_somebody_who_never_answers_ends() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let room = stage.server.url("/room");
            let form =
                [("ConferenceStatusCallback", &*room), ("ConferenceStatusCallbackEvent", "leave end join")];
            add(&stage, OTHER, &form).await;
        })
        .await;
    assert_eq!(stage.told(), ["participant-leave", "conference-end"]);
    assert_eq!(stage.exchange.rooms()[0].status, "completed");
}

#[tokio::test]
async fn rest_refuses_labels_rooms_and_names_that_do_not_do() {
    let stage = stage().await;
    stage
        .play(|stage| async move {
            let (calls, [_, b, _]) = three(&stage, "");
            stage.wait(10).await;
            let room = stage.room();
            let people = format!("{room}/Participants.json");
            let called = "CA00000000000000000000000000000009";
            for (label, code) in [(called, 16024), ("a/b", 16024), ("a%2Fb", 16024), ("the agent", 16026)] {
                let form = [("From", OURS), ("To", OWNER), ("Label", label)];
                assert_eq!(stage.post(&people, &form).await.refusal(), (400, code), "{label}");
            }
            assert_eq!(stage.get("/Conferences/desk/Participants.json").await.refusal(), (405, 20004));
            let of_name = format!("/Conferences/desk/Participants/{b}.json");
            assert_eq!(stage.post(&of_name, &[("Muted", "true")]).await.refusal(), (405, 20004));
            let stranger = format!("{room}/Participants/{called}.json");
            assert_eq!(stage.post(&stranger, &[("Muted", "true")]).await.refusal(), (404, 20404));
            all_hang_up(&calls);
            stage.wait(1).await;
            let form = [("From", OURS), ("To", OWNER)];
            assert_eq!(stage.post(&people, &form).await.refusal(), (404, 20404), "it is over");
            let unknown = "/Conferences/CF00000000000000000000000000000009/Participants.json";
            assert_eq!(stage.post(unknown, &form).await.refusal(), (404, 20404));
            assert_eq!(stage.exchange.stories().len(), 3, "nobody was called");
        })
        .await;
}

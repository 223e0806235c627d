//! What programs have recorded, with whose consent, whatever Twilio does with it.

use exchange::{Cue, Deed, Phone, Recording, RecordingStatus, RestFault, RestRequest, Times, WebhookKind};
use serde_json::{Value, json};
use std::time::Duration;

use crate::control_kept::is_kept;
use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

const TOLD: &str = "This call is recorded.";

async fn pair_in(world: &World, one: Phone, another: Phone) -> String {
    world.exchange().plug(OWNER_PHONE, one);
    world.exchange().plug(ANOTHER_PHONE, another);
    let program = Program::of(world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE]);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    let still = world.still_after(seconds(8)).await;
    assert_eq!(program.state(&call, 1).await, "seated");
    drop(still);
    call
}

async fn pair() -> (World, String) {
    let world = World::new().await;
    let call = pair_in(&world, Phone::answers_after(2), Phone::answers_after(2)).await;
    (world, call)
}

fn record(more: &Value) -> Value {
    let mut body = json!({ "type": "record", "consent": "none" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn events(program: &Program<'_>, call: &str, kind: &str) -> Vec<Value> {
    let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
    let events = events["events"].as_array().unwrap().clone().into_iter();
    events.filter(|event| event["type"] == kind).map(|event| event["data"].clone()).collect()
}

/// What Twilio has recorded; each in the log with its end, and nothing behind the end of the call.
async fn all_is_told(world: &World, program: &Program<'_>, call: &str) -> Vec<Recording> {
    let kept = world.exchange().recordings();
    let log = program.log(call).await;
    assert_eq!(log.last().map(String::as_str), Some("call.ended"), "{log:?}");
    for recording in &kept {
        let mut told = Vec::new();
        for kind in ["recording.started", "recording.stopped", "recording.ready", "recording.lost"] {
            let of_it = events(program, call, kind).await.into_iter();
            told.extend(of_it.filter(|data| data["recording_sid"] == recording.sid.as_str()).map(|_| kind));
        }
        let end = match recording.status {
            RecordingStatus::Completed => "recording.ready",
            _ => "recording.lost",
        };
        assert_eq!(told, ["recording.started", "recording.stopped", end], "{recording:?}");
        is_kept(world, program, call, recording).await;
    }
    for story in world.exchange().stories() {
        assert!(story.errors().is_empty(), "{story}");
    }
    kept
}

async fn ends(world: &World, program: &Program<'_>, call: &str) -> Vec<Recording> {
    program.wants(call, json!({ "type": "end" })).await;
    world.stack.clock.settled().await;
    all_is_told(world, program, call).await
}

#[tokio::test]
async fn each_leg_is_recorded_until_it_is_stopped() {
    let (world, call) = pair().await;
    let program = Program::of(&world);
    let record = program.wants(&call, record(&json!({ "operation_context": "proof" }))).await;
    let still = world.still_after(seconds(5)).await;
    assert_eq!(program.action(&call, &record).await["state"], "running");
    let listed = program.gets(&format!("calls/{call}/recordings")).await;
    assert_eq!(listed["recordings"].as_array().unwrap().len(), 2, "{listed}");
    drop(still);
    for (kind, told) in [("pause_recording", "paused"), ("resume_recording", "recording")] {
        let changed = program.wants(&call, json!({ "type": kind, "action": record })).await;
        let still = world.still_after(seconds(3)).await;
        assert_eq!(program.action(&call, &changed).await["state"], "succeeded", "{kind}");
        let listed = program.gets(&format!("calls/{call}/recordings")).await;
        assert_eq!(listed["recordings"][1]["state"], told, "{listed}");
        drop(still);
    }
    let stop = program.wants(&call, json!({ "type": "stop_recording", "action": record })).await;
    let still = world.still_after(seconds(8)).await;
    for action in [&record, &stop] {
        assert_eq!(program.action(&call, action).await["state"], "succeeded", "{action}");
    }
    let ready = events(&program, &call, "recording.ready").await;
    assert_eq!(ready.len(), 2, "{:?}", program.log(&call).await);
    assert!(ready.iter().all(|it| it["operation_context"] == "proof"), "{ready:?}");
    drop(still);
    let kept = ends(&world, &program, &call).await;
    assert!(kept.iter().all(|it| it.track == "inbound" && it.channels.is_none()), "{kept:?}");
}

#[tokio::test]
async fn in_one_recording_there_is_everybody_who_talks() {
    let world = World::new().await;
    let says = |words: &str| {
        let later = Cue::hears("Please speak").after(1);
        Phone::answers_after(2).on(later, Deed::says(words))
    };
    let call = pair_in(&world, says("The code is seven."), says("Thank you.")).await;
    let program = Program::of(&world);
    let all = record(&json!({ "mixed": true, "participants": ["p2"], "channels": "dual" }));
    program.wants(&call, all).await;
    let still = world.still_after(seconds(30)).await;
    drop(still);
    let kept = ends(&world, &program, &call).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].track == "both" && kept[0].channels.is_some(), "{kept:?}");
}

#[tokio::test]
async fn a_call_that_is_recorded_ends_when_all_is_ready() {
    let (world, call) = pair().await;
    let program = Program::of(&world);
    let record = program.wants(&call, record(&json!({}))).await;
    let still = world.still_after(seconds(5)).await;
    drop(still);
    ends(&world, &program, &call).await;
    assert_eq!(program.action(&call, &record).await["state"], "succeeded");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_up() {
    for fault in
        [RestFault::CutShort, RestFault::ServerError, RestFault::TooManyRequests { retry_after: None }]
    {
        let (world, call) = pair().await;
        let program = Program::of(&world);
        // Nor is it told that it has begun.
        world.exchange().set_delivery(|outgoing| {
            let is_lost = outgoing.kind == WebhookKind::RecordingStatus;
            if is_lost { Vec::new() } else { vec![Duration::from_millis(1)] }
        });
        world.exchange().rest_faults(RestRequest::CallRecording, fault.clone(), Times::Next(1));
        let record = program.wants(&call, record(&json!({ "participants": ["p1"] }))).await;
        let still = world.still_after(seconds(15)).await;
        let log = program.log(&call).await;
        assert_eq!(program.action(&call, &record).await["state"], "running", "{fault:?}: {log:?}");
        drop(still);
        let kept = ends(&world, &program, &call).await;
        assert_eq!(kept.len(), 1, "{fault:?}: {kept:?}");
    }
}

#[tokio::test]
async fn what_is_told_late_or_twice_is_told_once() {
    for delays in [vec![0, 0], vec![20]] {
        let (world, call) = pair().await;
        let program = Program::of(&world);
        world.exchange().set_delivery(move |outgoing| {
            let is_of_recording = outgoing.kind == WebhookKind::RecordingStatus;
            let delays = if is_of_recording { delays.clone() } else { vec![0] };
            delays.into_iter().map(Duration::from_secs).collect()
        });
        program.wants(&call, record(&json!({}))).await;
        let still = world.still_after(seconds(5)).await;
        drop(still);
        assert_eq!(ends(&world, &program, &call).await.len(), 2);
    }
}

#[tokio::test]
async fn a_recording_that_does_not_come_along_begins_anew() {
    for survives in [true, false] {
        let world = World::with(|it| it.unverified.recordings_survive_moves = survives, |_| {}).await;
        let call = pair_in(&world, Phone::answers_after(2), Phone::answers_after(2)).await;
        let program = Program::of(&world);
        let record = program.wants(&call, record(&json!({ "participants": ["p1"] }))).await;
        let still = world.still_after(seconds(4)).await;
        drop(still);
        program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
        let still = world.still_after(seconds(8)).await;
        assert_eq!(program.action(&call, &record).await["state"], "running");
        let listed = program.gets(&format!("calls/{call}/recordings")).await;
        let listed = listed["recordings"].as_array().unwrap().clone();
        assert_eq!(listed.len(), if survives { 1 } else { 2 }, "{listed:?}");
        assert_eq!(listed.last().unwrap()["state"], "recording", "{listed:?}");
        drop(still);
        ends(&world, &program, &call).await;
    }
}

#[tokio::test]
async fn those_who_are_recorded_are_told_before() {
    let (world, call) = pair().await;
    let program = Program::of(&world);
    let announced = json!({ "consent": "announce", "announcement": { "text": TOLD, "language": "en-GB" } });
    program.wants(&call, record(&announced)).await;
    let still = world.still_after(seconds(12)).await;
    let consents = events(&program, &call, "recording.consent").await;
    assert_eq!(consents.len(), 2, "{:?}", program.log(&call).await);
    for consent in consents {
        assert_eq!((&consent["answer"], &consent["words"]), (&json!("announced"), &json!(TOLD)));
        assert_eq!(consent["language"], "en-GB");
        assert!(consent["call_sid"].as_str().unwrap().starts_with("CA"));
    }
    assert_eq!(events(&program, &call, "recording.started").await.len(), 2);
    for participant in 1..=2 {
        assert_eq!(program.state(&call, participant).await, "seated");
    }
    drop(still);
    ends(&world, &program, &call).await;
    for story in world.exchange().stories() {
        assert!(story.to_string().contains(TOLD), "{story}");
    }
}

#[tokio::test]
async fn who_refuses_is_not_recorded_and_talks_on() {
    let presses = |key: &str| Phone::answers_after(2).on(Cue::hears("recorded").after(3), Deed::presses(key));
    let asks = |more: Value| {
        let said = json!({ "text": "This call is recorded. To agree press one." });
        let mut asks = record(&json!({ "consent": "ask", "announcement": said }));
        asks.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asks
    };
    for (mixed, state, recordings) in [(false, "running", 1), (true, "failed", 0)] {
        let world = World::new().await;
        let call = pair_in(&world, presses("1"), presses("2")).await;
        let program = Program::of(&world);
        let record = program.wants(&call, asks(json!({ "mixed": mixed }))).await;
        let still = world.still_after(seconds(20)).await;
        let action = program.action(&call, &record).await;
        assert_eq!(action["state"], state, "{action} {:?}", program.log(&call).await);
        if mixed {
            assert_eq!(action["problem"]["code"], "consent_refused");
        }
        let answers: Vec<Value> = events(&program, &call, "recording.consent").await;
        let mut answers: Vec<&str> = answers.iter().map(|it| it["answer"].as_str().unwrap()).collect();
        answers.sort_unstable();
        assert_eq!(answers, ["given", "refused"]);
        assert_eq!(program.state(&call, 2).await, "seated");
        drop(still);
        assert_eq!(ends(&world, &program, &call).await.len(), recordings);
    }
}

#[tokio::test]
async fn what_twilio_does_not_keep_is_told_as_lost() {
    let world = World::deleting_silence(|_| {}).await;
    let call = pair_in(&world, Phone::answers_after(2), Phone::answers_after(2)).await;
    let program = Program::of(&world);
    program.wants(&call, record(&json!({ "participants": ["p1"] }))).await;
    let still = world.still_after(seconds(4)).await;
    drop(still);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn a_second_recording_and_nonsense_are_refused() {
    let (world, call) = pair().await;
    let program = Program::of(&world);
    let path = format!("calls/{call}/actions");
    let first = program.wants(&call, record(&json!({ "participants": ["p1"] }))).await;
    let (status, problem) = program.posts(&path, record(&json!({}))).await;
    assert_eq!((status, &problem["code"]), (409, &json!("already_recorded")), "{problem}");
    assert_eq!(problem["blocking_action"], json!(first));
    let said = || json!({ "text": TOLD });
    let cases = [
        (json!({ "type": "record" }), "`consent`"),
        (record(&json!({ "channels": "dual" })), "`channels`"),
        (record(&json!({ "mixed": true, "participants": ["p1", "p2"] })), "`participants`"),
        (record(&json!({ "announcement": said() })), "`announcement`"),
        (record(&json!({ "consent": "announce" })), "`announcement`"),
        (record(&json!({ "consent": "announce", "announcement": said(), "speech": "en-US" })), "`speech`"),
        (record(&json!({ "consent": "ask", "announcement": said(), "agree": {} })), "`agree`"),
        (
            record(&json!({ "consent": "ask", "announcement": said(), "agree": { "phrases": ["yes"] } })),
            "`speech`",
        ),
        (
            record(&json!({ "consent": "ask", "announcement": said(), "timeout_seconds": 0 })),
            "`timeout_seconds`",
        ),
    ];
    for (body, expected) in cases {
        let (status, problem) = program.posts(&path, body.clone()).await;
        assert_eq!(status, 400, "{body}: {problem}");
        assert!(problem["cause"].as_str().unwrap().contains(expected), "{body}: {problem}");
    }
    let (status, problem) = program.posts(&path, json!({ "type": "stop_recording", "action": "a1" })).await;
    assert_eq!((status, &problem["code"]), (404, &json!("action_not_found")), "{problem}");
    ends(&world, &program, &call).await;
}

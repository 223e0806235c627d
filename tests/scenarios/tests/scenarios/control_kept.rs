//! What is recorded of conversations is kept as messages are, and one call is one handle from its first leg to that.

use std::time::Duration;

use domain::{Days, Instruction, Mail, NotMailed, Retention};
use exchange::{Cue, Deed, Phone, Recording, RecordingStatus, RestFault, RestRequest, Times, WebhookKind};
use phone::RecordingSid;
use serde_json::{Value, json};

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

/// Whoever is asked before a call is handed over.
const EXPERT: &str = "+12125550188";

/// Whoever gets the call at last.
const SHOP: &str = "+12125550166";

const DAY: u64 = 24 * 3600;

/// A customer, p1, and an agent, p2, who talk.
async fn talking(world: &World) -> String {
    for (to, after) in [(OWNER_PHONE, 2), (ANOTHER_PHONE, 3), (EXPERT, 3), (SHOP, 4)] {
        world.exchange().plug(to, Phone::answers_after(after));
    }
    let program = Program::of(world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE]);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    let still = world.still_after(seconds(8)).await;
    assert_eq!(program.state(&call, 1).await, "seated");
    drop(still);
    call
}

/// A customer of whom six seconds are recorded, before the call ends.
async fn recorded(world: &World) -> (String, Recording) {
    let call = talking(world).await;
    let program = Program::of(world);
    let record = json!({ "type": "record", "consent": "none", "participants": ["p1"] });
    program.wants(&call, record).await;
    let still = world.still_after(seconds(6)).await;
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    let [recording] = &world.exchange().recordings()[..] else { panic!("one recording") };
    (call, recording.clone())
}

/// It is in the ledger as it is at Twilio, nobody was mailed, and nothing is left to do.
pub(crate) async fn is_kept(world: &World, program: &Program<'_>, call: &str, recording: &Recording) {
    let row = world.stack.ledger.voicemail(&recording.sid).await.unwrap();
    let leg = row.conversation.clone().unwrap();
    assert!(leg.starts_with(&format!("{call}/p")), "{leg}");
    assert_eq!((row.open, &row.trouble, &row.mail), (false, &None, &Mail::Unsent), "{row:?}");
    assert_eq!(world.stack.mailbox.messages().len(), 0);
    let kept = program.gets(&format!("calls/{call}/recordings/{}", recording.sid)).await;
    if matches!(recording.status, RecordingStatus::Absent { .. }) {
        assert_eq!((&kept["kept"], &kept["link"]), (&json!("lost"), &Value::Null), "{kept}");
        return;
    }
    assert_eq!(row.not_mailed(), Some(NotMailed::Conversation));
    let bytes = row.audio.as_ref().unwrap().size;
    assert_eq!((&kept["kept"], &kept["bytes"]), (&json!("stored"), &json!(bytes)), "{kept}");
    assert_eq!(row.parties.unwrap().number.reveal(), MASKED_NUMBER);
}

async fn row(world: &World, sid: &RecordingSid) -> domain::Voicemail {
    world.stack.ledger.voicemail(sid).await.unwrap()
}

#[tokio::test]
async fn a_link_opens_what_was_recorded_of_a_conversation() {
    let world = World::new().await;
    let (call, recording) = recorded(&world).await;
    let program = Program::of(&world);
    is_kept(&world, &program, &call, &recording).await;
    let kept = program.gets(&format!("calls/{call}/recordings/{}", recording.sid)).await;
    let link = kept["link"].as_str().unwrap();
    let page = world.get(link).await;
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(page.status == 200 && text.contains("Recorded conversation with"), "{text}");
    let saved = world.get(&format!("{link}?download=1")).await;
    let sound = world.get(saved.location.as_deref().unwrap()).await;
    assert_eq!(sound.body, recording.speech.to_wav());
    for unknown in ["RE00000000000000000000000000000000", "nonsense"] {
        let path = format!("calls/{call}/recordings/{unknown}");
        let got = program.sends(hyper::Method::GET, &path, None, None).await;
        assert_eq!(got.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn what_no_webhook_and_no_look_tells_of_is_found() {
    let world = World::new().await;
    let call = talking(&world).await;
    let program = Program::of(&world);
    let record = json!({ "type": "record", "consent": "none", "participants": ["p1"] });
    program.wants(&call, record).await;
    let still = world.still_after(seconds(6)).await;
    world.exchange().set_delivery(|outgoing| {
        let is_lost = outgoing.kind == WebhookKind::RecordingStatus;
        if is_lost { Vec::new() } else { vec![Duration::from_millis(1)] }
    });
    world.exchange().rest_faults(RestRequest::CallRecording, RestFault::ServerError, Times::UntilCleared);
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.advance(seconds(2 * 3600)).await;
    let log = program.log(&call).await;
    assert!(log.contains(&"recording.lost".to_owned()) && log.contains(&"call.ended".to_owned()), "{log:?}");
    world.exchange().clear_rest_faults();
    world.stack.reconcile().await.unwrap();
    world.stack.clock.settled().await;
    let [recording] = &world.exchange().recordings()[..] else { panic!("one recording") };
    is_kept(&world, &program, &call, recording).await;
}

#[tokio::test]
async fn what_is_deleted_at_twilio_once_it_is_stored_is_ready() {
    let world = World::with_number(|number| number.voicemail.purge_at_twilio = true).await;
    // It is stored and gone before the log hears that it was ready.
    world.exchange().set_delivery(|outgoing| {
        let is_late = outgoing.kind == WebhookKind::RecordingStatus;
        vec![Duration::from_secs(if is_late { 90 } else { 0 })]
    });
    let (call, recording) = recorded(&world).await;
    assert_eq!(recording.status, RecordingStatus::Deleted);
    let program = Program::of(&world);
    let log = program.log(&call).await;
    assert!(log.contains(&"recording.ready".to_owned()), "{log:?}");
    is_kept(&world, &program, &call, &recording).await;
}

#[tokio::test]
async fn a_conversation_follows_the_numbers_retention_and_holds() {
    let world = World::with_number(|number| {
        number.retention = Retention { audio: Days::new(30).ok(), ..Retention::default() };
    })
    .await;
    let (call, recording) = recorded(&world).await;
    let instruction =
        Instruction { by: "ada".to_owned(), why: "case 7".to_owned(), at: world.stack.clock.now() };
    world.stack.ledger.hold_voicemail(&recording.sid, &instruction).await.unwrap();
    let clean = async || {
        let _busy = world.stack.clock.busy();
        retention::handle(&world.stack.retention, retention::Request::default()).await.unwrap();
    };
    world.stack.clock.advance(seconds(29 * DAY)).await;
    let program = Program::of(&world);
    let kept = program.gets(&format!("calls/{call}/recordings/{}", recording.sid)).await;
    let link = kept["link"].as_str().unwrap().to_owned();
    world.stack.clock.advance(seconds(2 * DAY)).await;
    clean().await;
    assert!(row(&world, &recording.sid).await.audio.is_some(), "it is held");
    world.stack.ledger.release_voicemail(&recording.sid, &instruction).await.unwrap();
    clean().await;
    assert!(row(&world, &recording.sid).await.audio.is_none());
    assert_eq!(world.get(&link).await.status, 410);
}

#[tokio::test]
async fn a_calls_log_follows_the_numbers_retention_and_holds() {
    let world = World::with_number(|number| {
        number.retention = Retention { calls: Days::new(40).ok(), ..Retention::default() };
    })
    .await;
    let (call, recording) = recorded(&world).await;
    let program = Program::of(&world);
    program.asked.set(100);
    let other = program.creates(json!({ "from": MASKED_NUMBER, "to": SHOP })).await;
    let still = world.still_after(seconds(8)).await;
    program.wants(&other, json!({ "type": "end" })).await;
    drop(still);
    let instruction =
        Instruction { by: "ada".to_owned(), why: "case 7".to_owned(), at: world.stack.clock.now() };
    world.stack.ledger.hold_voicemail(&recording.sid, &instruction).await.unwrap();
    let status = async |call: &str| {
        program.sends(hyper::Method::GET, &format!("calls/{call}/events"), None, None).await.status
    };
    let mut before = 0;
    for day in [10, 20, 39, 41, 49] {
        world.stack.clock.advance(seconds((day - before) * DAY)).await;
        before = day;
        let _busy = world.stack.clock.busy();
        retention::handle(&world.stack.retention, retention::Request::default()).await.unwrap();
        let expected = if day <= 40 { 200 } else { 404 };
        assert_eq!((status(&call).await, status(&other).await), (200, expected), "day {day}");
    }
    let rows = world.rows("live-calls").await;
    assert!(rows.iter().all(|row| row.contains(&call)) && !rows.is_empty(), "{rows:?}");
    world.stack.ledger.release_voicemail(&recording.sid, &instruction).await.unwrap();
    world.stack.clock.advance(seconds(8 * DAY)).await;
    let busy = world.stack.clock.busy();
    retention::handle(&world.stack.retention, retention::Request::default()).await.unwrap();
    drop(busy);
    assert_eq!(world.rows("live-calls").await, Vec::<String>::new());
}

/// From the first leg to the last recording one name and one log, whatever Twilio does with recordings on the way.
#[tokio::test]
async fn one_handle_holds_from_the_first_leg_to_the_recording() {
    for survives in [true, false] {
        let world = World::with(|it| it.unverified.recordings_survive_moves = survives, |_| {}).await;
        let program = Program::of(&world);
        let to = json!({ "from": MASKED_NUMBER, "to": OWNER_PHONE, "operation_context": "order 12" });
        for (to, after) in [(OWNER_PHONE, 2), (ANOTHER_PHONE, 3), (EXPERT, 3), (SHOP, 4)] {
            let phone = Phone::answers_after(after);
            // The agent has handed over, and hangs up.
            let hangs_up = (Cue::answered().after(32), Deed::HangsUp);
            let agent = phone.clone().on(hangs_up.0, hangs_up.1);
            world.exchange().plug(to, if to == ANOTHER_PHONE { agent } else { phone });
        }
        let call = program.creates(to).await;
        let wants = async |after: u64, body: Value| {
            let still = world.still_after(seconds(after)).await;
            let action = program.wants(&call, body).await;
            drop(still);
            action
        };
        let said = json!({ "text": "This call is recorded.", "language": "en-US" });
        let record =
            json!({ "type": "record", "participants": ["p1"], "consent": "announce", "announcement": said });
        let mut actions = vec![wants(5, record).await];
        actions.push(wants(6, json!({ "type": "add", "to": ANOTHER_PHONE })).await);
        actions.push(wants(8, json!({ "type": "hold", "participant": "p1" })).await);
        actions.push(wants(6, json!({ "type": "resume", "participant": "p1" })).await);
        let consult = json!({ "type": "consult", "participant": "p2", "to": EXPERT });
        actions.push(wants(6, consult).await);
        // By now p2 has hung up: p1 and p3 talk.
        let transfer = json!({ "type": "transfer", "participant": "p1", "to": SHOP });
        actions.push(wants(30, transfer).await);
        let still = world.still_after(seconds(12)).await;
        assert_eq!(program.state(&call, 4).await, "seated");
        actions.push(program.wants(&call, json!({ "type": "end" })).await);
        drop(still);
        world.stack.clock.settled().await;
        for action in &actions {
            let ended = program.action(&call, action).await;
            assert_eq!(ended["state"], "succeeded", "{ended}");
        }
        let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
        let told: Vec<String> = events["events"].as_array().unwrap().iter().map(told).collect();
        let is_of_recording = |it: &&str| it.starts_with("recording.") && !it.contains("consent");
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        let (of_recordings, others): (Vec<&str>, Vec<&str>) =
            told.iter().partition(|it| !survives && is_of_recording(it));
        // Two of Twilio's webhooks may overtake each other: what is about one thing is in order.
        for about in
            ["call.", " p1", " p2", " p3", " p4", " a1", " a2", " a3", " a4", " a5", " a6", " a7", " a8"]
        {
            let is_about = |it: &&str| it.contains(about);
            let expected = HAPPENS.lines().filter(|it| survives || !is_of_recording(it)).filter(is_about);
            let told: Vec<&str> = others.iter().copied().filter(is_about).collect();
            assert_eq!(told, expected.collect::<Vec<_>>(), "survives: {survives}\n{}", others.join("\n"));
        }
        if !survives {
            let times = |what: &str| of_recordings.iter().filter(|it| it.starts_with(what)).count();
            let counted =
                ["requested", "started", "stopped", "ready"].map(|it| times(&format!("recording.{it}")));
            let all = world.exchange().recordings().len();
            assert!(all > 4 && counted == [all; 4], "{all}: {of_recordings:?}");
        }
        let recordings = world.exchange().recordings();
        for recording in &recordings {
            is_kept(&world, &program, &call, recording).await;
            let row = row(&world, &recording.sid).await;
            assert_eq!(row.conversation, Some(format!("{call}/p1")));
        }
        // From when the customer was told to the end, but for what it takes to begin anew.
        let recorded: u64 = recordings.iter().map(|it| it.duration).sum();
        assert!(recorded >= 60, "{recorded} s: {recordings:?}");
        for story in world.exchange().stories() {
            assert!(story.errors().is_empty(), "{story}");
            assert!(story.legs()[0].longest_silence() <= seconds(2), "{story}");
        }
    }
}

/// An event in a few words.
fn told(event: &Value) -> String {
    let data = &event["data"];
    let mut text = event["type"].as_str().unwrap().to_owned();
    for name in ["participant_id", "action_id", "place", "cause"] {
        if let Some(value) = data[name].as_str() {
            text = format!("{text} {value}");
        }
    }
    text
}

/// What happens in the call, in its order.
const HAPPENS: &str = "\
call.created
action.queued a1
participant.planned p1 a1
action.started a1
participant.dialing p1 a1
participant.ringing p1 a1
participant.answered p1 a1
call.connected
action.succeeded a1
participant.moved p1 booth
action.queued a2
participant.moved p1 booth
recording.consent p1 a2
participant.played p1 a2
participant.moved p1 booth
recording.requested p1 a2
recording.started p1 a2
action.started a2
action.queued a3
participant.planned p2 a3
action.started a3
participant.dialing p2 a3
participant.ringing p2 a3
participant.answered p2 a3
action.succeeded a3
participant.moved p2 seat
participant.moved p1 seat
action.queued p1 a4
participant.moved p1 hold
action.succeeded a4
participant.moved p2 booth
action.queued p1 a5
participant.moved p1 seat
action.succeeded a5
participant.moved p2 seat
action.queued p2 a6
participant.planned p3 a6
action.started a6
participant.dialing p3 a6
participant.ringing p3 a6
participant.moved p1 hold
participant.moved p2 booth
participant.answered p3 a6
action.succeeded a6
participant.moved p3 seat
participant.moved p2 seat
participant.left p2 a3 hung_up
participant.moved p1 seat
action.queued p1 a7
participant.planned p4 a7
action.started a7
participant.dialing p4 a7
participant.ringing p4 a7
participant.answered p4 a7
action.succeeded a7
participant.moved p4 seat
participant.left p3 a6 transferred
action.queued a8
participant.left p1 a1 ended
recording.stopped p1 a2
action.succeeded a2
participant.left p4 a7 ended
action.succeeded a8
recording.ready p1 a2
call.ended ended";

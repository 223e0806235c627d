//! Each operation of the control API: it comes true, the other side fails it, we do, and it is called off.
//!
//! What is written down is who heard what in which order; of things that happen at the same moment each has an order of its
//! own. How long anybody was in silence is looked at besides.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use exchange::{Cue, Deed, Phone, RestFault, RestRequest, Socket, Times};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

/// Whoever is called beside the two who talk.
const EXPERT: &str = "+12125550188";

/// A web socket that takes what is said.
const EAR: &str = "wss://ear.example.com/calls";

/// How an operation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It comes true.
    ComesTrue,
    /// Whoever it is about hangs up at that moment, or is busy.
    TheOtherSideFails,
    /// Twilio's REST API fails for two minutes.
    WeFail,
    /// It is called off at once.
    IsCalledOff,
}

const WAYS: [Way; 4] = [Way::ComesTrue, Way::TheOtherSideFails, Way::WeFail, Way::IsCalledOff];

/// An operation, and what was wanted before.
struct Operation {
    before: Vec<Value>,
    wanted: Value,
    /// Who may fail it by hanging up.
    fails: &'static str,
}

fn of(wanted: Value) -> Operation {
    Operation { before: Vec::new(), wanted, fails: OWNER_PHONE }
}

fn after(before: Value, wanted: Value) -> Operation {
    Operation { before: vec![before], wanted, fails: OWNER_PHONE }
}

fn calls(kind: &str) -> Value {
    json!({ "type": kind, "participant": "p2", "to": EXPERT, "ring_seconds": 10 })
}

fn streams() -> Value {
    json!({ "type": "stream", "participant": "p1", "url": EAR })
}

/// Plays it in every way; what came of each.
async fn played(operation: Operation) -> String {
    let mut all = String::new();
    for way in WAYS {
        writeln!(all, "== {way:?}\n{}", Box::pin(one_way(&operation, way)).await).unwrap();
    }
    all
}

async fn one_way(operation: &Operation, way: Way) -> String {
    let world = World::new().await;
    let fails = way == Way::TheOtherSideFails;
    for (to, rings) in [(OWNER_PHONE, 2), (ANOTHER_PHONE, 2), (EXPERT, 3)] {
        let phone = Phone::answers_after(rings).on(Cue::hears("press one").after(2), Deed::presses("1"));
        let is_busy = fails && operation.fails == EXPERT && to == EXPERT;
        let phone = if is_busy { Phone::busy() } else { phone };
        world.exchange().plug(to, phone);
    }
    world.exchange().publish_socket(EAR, Socket::Listens);
    let program = Program::of(&world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE]);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    let mut text = String::new();
    let mut still = world.still_after(seconds(8)).await;
    for before in &operation.before {
        program.wants(&call, before.clone()).await;
        drop(still);
        still = world.still_after(seconds(8)).await;
    }
    if way == Way::WeFail {
        world.exchange().rest_faults(RestRequest::Any, RestFault::ServerError, Times::Next(40));
    }
    let (status, answer) = program.posts(&format!("calls/{call}/actions"), operation.wanted.clone()).await;
    let shown = |status: u16, answer: &Value| match answer["code"].as_str() {
        Some(code) => format!("{status} {code}"),
        None => format!("{status} {}", answer["action"]["state"].as_str().unwrap_or_default()),
    };
    writeln!(text, "{} -> {}", operation.wanted["type"].as_str().unwrap(), shown(status, &answer)).unwrap();
    if fails && operation.fails != EXPERT {
        let leg = world.leg_to(operation.fails);
        world.exchange().does(leg.call_sid(), Deed::HangsUp);
    }
    if way == Way::IsCalledOff
        && let Some(action) = answer["action"]["id"].as_str()
    {
        let path = format!("calls/{call}/actions/{action}/cancel");
        let (status, answer) = program.posts(&path, Value::Null).await;
        writeln!(text, "cancel -> {}", shown(status, &answer)).unwrap();
    }
    drop(still);
    let still = world.still_after(seconds(if way == Way::WeFail { 120 } else { 40 })).await;
    program.posts(&format!("calls/{call}/actions"), json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
    let mut threads: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in events["events"].as_array().unwrap() {
        let (about, what) = told(event);
        let thread = threads.entry(about).or_default();
        // Whoever is led to where they are is told to be there once more.
        if thread.last() != Some(&what) {
            thread.push(what);
        }
    }
    for (about, what) in threads {
        writeln!(text, "{about}: {}", what.join(", ")).unwrap();
    }
    for story in world.exchange().stories() {
        assert!(story.errors().is_empty(), "{way:?} {story}");
        let is_muted = operation.wanted["type"].as_str().unwrap().contains("mute");
        let most = match way {
            // Where REST is away nobody leads whoever is left alone out of the room.
            Way::WeFail => 150,
            // Whoever is asked may think.
            _ if operation.wanted["type"] == "recognize" => 8,
            _ => 2,
        };
        assert!(is_muted || story.legs()[0].longest_silence() <= seconds(most), "{way:?} {story}");
    }
    text
}

/// What an event is about, and what happened, in a few words.
fn told(event: &Value) -> (String, String) {
    let data = &event["data"];
    let (kind, what) = event["type"].as_str().unwrap().split_once('.').unwrap();
    let about = match kind {
        "participant" => data["participant_id"].as_str().unwrap_or_default().to_owned(),
        "action" => data["action_id"].as_str().unwrap_or_default().to_owned(),
        kind => kind.to_owned(),
    };
    let more = ["place", "cause", "answer", "choice"].into_iter().find_map(|name| data[name].as_str());
    let more = data["problem"]["code"].as_str().or(more).map(str::to_owned);
    let kind = data["command"]["type"].as_str().map(str::to_owned);
    (about, kind.or(more).map_or_else(|| what.to_owned(), |more| format!("{what} ({more})")))
}

/// Somebody else is called.
fn of_expert(wanted: Value) -> Operation {
    Operation { fails: EXPERT, ..of(wanted) }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident: $operation:expr;)+) => {
        $(
            $(#[$doc])*
            #[tokio::test]
            async fn $name() {
                assert_snapshot!(stringify!($name), played($operation).await);
            }
        )+
    };
}

operations! {
    hold: of(json!({ "type": "hold", "participant": "p1" }));
    resume: after(json!({ "type": "hold", "participant": "p1" }), json!({ "type": "resume", "participant": "p1" }));
    mute: of(json!({ "type": "mute", "participant": "p1" }));
    unmute: after(json!({ "type": "mute", "participant": "p1" }), json!({ "type": "unmute", "participant": "p1" }));
    remove: of(json!({ "type": "remove", "participant": "p1" }));
    add: of_expert(json!({ "type": "add", "to": EXPERT, "ring_seconds": 10 }));
    consult: of_expert(calls("consult"));
    complete: after(calls("consult"), json!({ "type": "complete", "action": "a2" }));
    take_back: after(calls("consult"), json!({ "type": "take_back", "action": "a2" }));
    transfer: of_expert(calls("transfer"));
    role: after(
        json!({ "type": "add", "to": EXPERT, "role": "listen" }),
        json!({ "type": "role", "participant": "p3", "role": "coach", "coaches": "p1" })
    );
    play: of(json!({ "type": "play", "text": "One minute is left.", "participants": ["p1"] }));
    recognize: of(json!({
        "type": "recognize", "participant": "p1", "prompt": { "text": "Please press one." },
        "choices": [{ "label": "one", "key": "1" }],
    }));
    send_keys: of(json!({ "type": "send_keys", "participant": "p1", "keys": "12#" }));
    cancel_media: after(
        json!({ "type": "play", "text": "You are very welcome here.", "participants": ["p1"], "loop": 0 }),
        json!({ "type": "cancel_media", "participant": "p1" })
    );
    record: of(json!({ "type": "record", "participants": ["p1"], "consent": "none" }));
    pause_recording: after(
        json!({ "type": "record", "participants": ["p1"], "consent": "none" }),
        json!({ "type": "pause_recording", "action": "a2" })
    );
    resume_recording: Operation {
        before: vec![
            json!({ "type": "record", "participants": ["p1"], "consent": "none" }),
            json!({ "type": "pause_recording", "action": "a2" }),
        ],
        ..of(json!({ "type": "resume_recording", "action": "a2" }))
    };
    stop_recording: after(
        json!({ "type": "record", "participants": ["p1"], "consent": "none" }),
        json!({ "type": "stop_recording", "action": "a2" })
    );
    stream: of(streams());
    stop_stream: after(streams(), json!({ "type": "stop_stream", "action": "a2" }));
    transcribe: of(json!({ "type": "transcribe", "language": "en-US" }));
    update_transcription: after(
        json!({ "type": "transcribe", "language": "en-US" }),
        json!({ "type": "update_transcription", "action": "a2", "language": "en-GB" })
    );
    stop_transcription: after(
        json!({ "type": "transcribe", "language": "en-US" }),
        json!({ "type": "stop_transcription", "action": "a2" })
    );
    end: of(json!({ "type": "end" }));
}

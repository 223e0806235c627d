//! Each key with each number and each operation: what it may not do, and what is not there for it.

use std::collections::BTreeSet;

use domain::{ApiKey, KeyNumbers, Scope};
use exchange::Phone;
use hyper::Method;
use phone::PhoneNumber;
use serde_json::{Value, json};

use crate::control::key;
use crate::program::Program;
use crate::shop::{ANA, BEN, FRIEND, MONDAY, by_file, caller};
use crate::world::{MASKED_NUMBER, World, seconds};

/// Programs first; whoever answers keeps the caller.
const OFFERED: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: ana@example.com }
calls:
  - do: [control, { ring: ana, for: 20s }, voicemail]
";

const ANOTHER_NUMBER: &str = "+14155550199";

/// Something that a key may want.
struct Operation {
    method: Method,
    /// Below the call, or below the API.
    path: &'static str,
    of_call: bool,
    body: Option<Value>,
    scope: Scope,
}

/// A body for each kind of action that there is: of a kind that is new here the description has one more.
fn actions() -> Vec<Value> {
    let of = |kind: &str| json!({ "type": kind, "participant": "p1" });
    let of_action = |kind: &str| json!({ "type": kind, "action": "a1" });
    let calls = |kind: &str| json!({ "type": kind, "participant": "p1", "to": BEN });
    let alone = |kind: &str| json!({ "type": kind });
    vec![
        of("hold"),
        of("resume"),
        of("mute"),
        of("unmute"),
        of("remove"),
        json!({ "type": "add", "to": BEN }),
        calls("consult"),
        calls("transfer"),
        json!({ "type": "move", "participant": "p1", "to_call": format!("CL{}", "0".repeat(32)) }),
        of_action("complete"),
        of_action("take_back"),
        of_action("cancel"),
        json!({ "type": "role", "participant": "p1", "role": "listen" }),
        json!({ "type": "play", "text": "Hello." }),
        json!({ "type": "recognize", "participant": "p1", "max_keys": 1 }),
        of("listen_keys"),
        json!({ "type": "send_keys", "participant": "p1", "keys": "1" }),
        alone("cancel_media"),
        json!({ "type": "record", "consent": "none" }),
        of_action("pause_recording"),
        of_action("resume_recording"),
        of_action("stop_recording"),
        json!({ "type": "stream", "participant": "p1", "url": "wss://ear.example.com/" }),
        of_action("stop_stream"),
        json!({ "type": "transcribe", "language": "en-US" }),
        json!({ "type": "update_transcription", "action": "a1", "language": "en-GB" }),
        of_action("stop_transcription"),
        alone("end"),
        alone("answer"),
        alone("reject"),
        json!({ "type": "redirect", "to": BEN }),
        alone("release"),
    ]
}

fn operations() -> Vec<Operation> {
    let reads = |path| Operation { method: Method::GET, path, of_call: true, body: None, scope: Scope::Read };
    let posts = |path, body: Value| Operation {
        method: Method::POST,
        path,
        of_call: true,
        body: Some(body),
        scope: Scope::Control,
    };
    let mut all = vec![
        reads(""),
        reads("/actions"),
        reads("/actions/a1"),
        reads("/events"),
        reads("/recordings"),
        reads("/recordings/RE00112233445566778899aabbccddeeff"),
        reads("/deliveries"),
        posts("/actions/a1/cancel", Value::Null),
        posts("/deliveries/redeliver", json!({})),
        Operation { of_call: false, ..reads("calls") },
        Operation {
            of_call: false,
            scope: Scope::Create,
            ..posts("calls", json!({ "from": MASKED_NUMBER, "to": BEN }))
        },
    ];
    all.extend(actions().into_iter().map(|body| posts("/actions", body)));
    all
}

/// A call that the owner's key made, and one that came in and is offered.
async fn two_calls(world: &World) -> [String; 2] {
    world.exchange().plug(ANA, Phone::answers_after(2));
    let owner = Program::of(world);
    let made = owner.creates(json!({ "from": MASKED_NUMBER, "to": ANA })).await;
    let still = world.still_after(seconds(4)).await;
    drop(still);
    let calling = world.exchange().start_call(caller(FRIEND), MASKED_NUMBER);
    let still = world.still_after(seconds(1)).await;
    let seen = owner.gets("calls?state=incoming").await;
    let came_in = seen["calls"][0]["id"].as_str().unwrap().to_owned();
    owner.wants(&came_in, json!({ "type": "answer" })).await;
    drop(still);
    let still = world.still_after(seconds(2)).await;
    drop(still);
    drop(calling);
    [made, came_in]
}

#[test]
fn the_matrix_has_every_kind_of_action() {
    let description = calls::openapi();
    let schemas = description["components"]["schemas"].as_object().unwrap();
    let kinds = schemas.iter().filter(|(name, _)| name.ends_with("ActionRequest"));
    let described: BTreeSet<&str> =
        kinds.filter_map(|(_, schema)| schema["properties"]["type"]["const"].as_str()).collect();
    let played: BTreeSet<String> =
        actions().iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(played.iter().map(String::as_str).collect::<BTreeSet<_>>(), described);
}

#[tokio::test]
async fn a_key_gets_what_its_scopes_and_numbers_let_it_have() {
    let world = by_file(OFFERED, MONDAY).await;
    let [made, came_in] = two_calls(&world).await;
    let still = world.stack.clock.busy();
    let another = KeyNumbers::Only([PhoneNumber::parse(ANOTHER_NUMBER).unwrap()].into());
    let scopes: [&[Scope]; 4] =
        [&[Scope::Read], &[Scope::Control], &[Scope::Create], &[Scope::Read, Scope::Control, Scope::Create]];
    let mut before = Vec::new();
    let owner = Program::of(&world);
    for call in [&made, &came_in] {
        before.push(owner.log(call).await);
    }
    // All of them first: keys are read again once in a while only.
    let mut keys = Vec::new();
    for scopes in scopes {
        for numbers in [KeyNumbers::All, another.clone()] {
            let has_number = numbers == KeyNumbers::All;
            let change = |key: &mut ApiKey| {
                key.scopes = scopes.iter().copied().collect();
                key.numbers = numbers;
                key.calls_per_minute = 0;
            };
            let id = u8::try_from(11 + keys.len()).unwrap();
            keys.push((scopes, has_number, key(&world, [id; 4], change).await));
        }
    }
    for (id, (scopes, has_number, key)) in keys.into_iter().enumerate() {
        let program = Program { key, ..Program::of(&world) };
        for (nth, operation) in operations().into_iter().enumerate() {
            for (call, is_visible) in [(&made, false), (&came_in, has_number)] {
                let path = if operation.of_call {
                    format!("calls/{call}{}", operation.path)
                } else {
                    operation.path.to_owned()
                };
                // What would come true is left to whoever may.
                let may = scopes.contains(&operation.scope);
                if may && is_visible && operation.method == Method::POST && operation.of_call {
                    continue;
                }
                let body = operation.body.as_ref().filter(|body| !body.is_null());
                let once = format!("{id}-{nth}-{call}");
                let got = program.sends(operation.method.clone(), &path, body, Some(&once)).await;
                let answer: Value = serde_json::from_slice(&got.body).unwrap();
                let code = answer["code"].as_str().unwrap_or_default();
                let what = format!(
                    "{scopes:?}, its number: {has_number}: {} {path} {body:?}: {answer}",
                    operation.method
                );
                match (may, operation.of_call, is_visible) {
                    (false, ..) => assert_eq!((got.status, code), (403, "forbidden"), "{what}"),
                    (true, true, false) => {
                        assert_eq!((got.status, code), (404, "call_not_found"), "{what}");
                    }
                    (true, true, true) => assert!([200, 404].contains(&got.status), "{what}"),
                    (true, false, _) if operation.scope == Scope::Create => {
                        let expected = if has_number { 429 } else { 403 };
                        assert_eq!(got.status, expected, "{what}");
                    }
                    (true, false, _) => {
                        let seen = answer["calls"].as_array().unwrap();
                        let ids: Vec<&str> = seen.iter().map(|it| it["id"].as_str().unwrap()).collect();
                        let expected: Vec<&str> = if has_number { vec![&came_in] } else { vec![] };
                        assert_eq!(ids, expected, "{what}");
                    }
                }
                // Whoever may not see it learns nothing of it.
                let text = answer.to_string();
                let tells = [ANA, FRIEND].iter().any(|number| text.contains(number));
                assert!(is_visible || !operation.of_call || !tells, "{what}");
            }
        }
    }
    // Nothing of it came to the calls.
    for (call, before) in [&made, &came_in].into_iter().zip(before) {
        assert_eq!(owner.log(call).await, before);
    }
    owner.asked.set(500);
    for call in [&made, &came_in] {
        owner.wants(call, json!({ "type": "end" })).await;
    }
    drop(still);
    world.stack.clock.settled().await;
}

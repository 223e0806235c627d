//! Programs steer calls, over HTTP.

use api::KeyText;
use domain::{ApiKey, ApiKeyId, ApiKeyName, KeyNumbers, Scope};
use exchange::{Phone, RestFault, RestRequest, Times, WebhookKind};
use hyper::{Method, Request};
use local::development;
use phone::PhoneNumber;
use serde_json::{Value, json};

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, STRANGER, World, seconds};

pub(crate) async fn world(one: Phone, another: Phone) -> World {
    let world = World::new().await;
    world.exchange().plug(OWNER_PHONE, one);
    world.exchange().plug(ANOTHER_PHONE, another);
    world
}

pub(crate) fn to_one() -> Value {
    json!({ "from": MASKED_NUMBER, "to": OWNER_PHONE, "operation_context": "order 7" })
}

pub(crate) fn to_two() -> Value {
    json!({ "from": MASKED_NUMBER, "to": [OWNER_PHONE, ANOTHER_PHONE] })
}

#[tokio::test]
async fn a_program_calls_somebody_and_says_something() {
    let world = world(Phone::answers_after(4), Phone::never_answers()).await;
    let program = Program::of(&world);
    let mut body = to_one();
    body["twiml"] = json!("<Response><Say>Your table is ready.</Say></Response>");
    let call = program.creates(body).await;
    world.stack.clock.settled().await;
    assert_eq!(
        program.log(&call).await,
        [
            "call.created",
            "action.queued",
            "participant.planned",
            "action.started",
            "participant.dialing",
            "participant.ringing",
            "participant.answered",
            "call.connected",
            "action.succeeded",
            "participant.moved",
            "participant.left",
            "call.ended",
        ]
    );
    let story = world.leg_to(OWNER_PHONE);
    assert!(story.errors().is_empty(), "{story}");
    assert!(story.to_string().contains("Your table is ready."), "{story}");
    assert_eq!(story.from().reveal(), MASKED_NUMBER);
    let seen = program.gets(&format!("calls/{call}")).await;
    assert_eq!((&seen["state"], &seen["cause"]), (&json!("ended"), &json!("hung_up")));
    assert_eq!(seen["operation_context"], "order 7");
    let action = program.action(&call, "a1").await;
    assert_eq!((&action["state"], &action["evidence"]), (&json!("succeeded"), &json!("status_callback")));
    assert_eq!(program.gets("calls").await, json!({ "calls": [] }));
}

#[tokio::test]
async fn a_call_that_nobody_takes_says_why() {
    let phones = [
        (Phone::busy(), "busy"),
        (Phone::never_answers(), "no_answer"),
        (Phone::unreachable(), "unreachable"),
    ];
    for (phone, code) in phones {
        let world = world(phone, Phone::never_answers()).await;
        let program = Program::of(&world);
        let call = program.creates(to_one()).await;
        world.stack.clock.settled().await;
        let action = program.action(&call, "a1").await;
        assert_eq!((&action["state"], &action["problem"]["code"]), (&json!("failed"), &json!(code)));
        assert_eq!(program.gets(&format!("calls/{call}")).await["state"], "ended");
    }
}

#[tokio::test]
async fn what_twilio_refuses_is_told_with_its_code() {
    let world = world(Phone::answers_after(2), Phone::never_answers()).await;
    world.exchange().rest_faults(RestRequest::CreateCall, RestFault::Refused(13_225), Times::Next(1));
    let program = Program::of(&world);
    let call = program.creates(to_one()).await;
    world.stack.clock.settled().await;
    let problem = program.action(&call, "a1").await["problem"].clone();
    assert_eq!((&problem["code"], &problem["provider_code"]), (&json!("provider_refused"), &json!(13_225)));
}

#[tokio::test]
async fn of_several_the_first_gets_the_call() {
    let world = world(Phone::answers_after(9), Phone::answers_after(3)).await;
    let program = Program::of(&world);
    let mut body = to_two();
    body["who"] = json!("first_wins");
    let call = program.creates(body).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(world.leg_to(OWNER_PHONE).status(), "canceled");
    assert_eq!(program.state(&call, 2).await, "booth");
    assert_eq!(program.state(&call, 1).await, "left");
    drop(still);
    program.wants(&call, json!({ "type": "end" })).await;
    world.stack.clock.settled().await;
    assert_eq!(program.gets(&format!("calls/{call}")).await["cause"], "ended");
}

#[tokio::test]
async fn two_talk_one_is_held_and_resumed_and_all_of_it_ends() {
    let world = world(Phone::answers_after(2), Phone::answers_after(3)).await;
    let program = Program::of(&world);
    let call = program.creates(to_two()).await;
    let still = world.still_after(seconds(8)).await;
    assert_eq!(
        (program.state(&call, 1).await, program.state(&call, 2).await),
        ("seated".into(), "seated".into())
    );
    let hold = program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
    drop(still);
    let still = world.still_after(seconds(12)).await;
    assert_eq!(
        (program.state(&call, 1).await, program.state(&call, 2).await),
        ("held".into(), "booth".into())
    );
    assert_eq!(program.action(&call, &hold).await["state"], "succeeded");
    let resume = program.wants(&call, json!({ "type": "resume", "participant": "p1" })).await;
    drop(still);
    let still = world.still_after(seconds(5)).await;
    assert_eq!(program.action(&call, &resume).await["state"], "succeeded");
    assert_eq!(
        (program.state(&call, 1).await, program.state(&call, 2).await),
        ("seated".into(), "seated".into())
    );
    let mute = program.wants(&call, json!({ "type": "mute", "participant": "p2" })).await;
    drop(still);
    let still = world.still_after(seconds(3)).await;
    assert_eq!(program.action(&call, &mute).await["state"], "succeeded");
    let end = program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    assert_eq!(program.action(&call, &end).await["state"], "succeeded");
    for to in [OWNER_PHONE, ANOTHER_PHONE] {
        let story = world.leg_to(to);
        assert!(story.ended().is_some() && story.errors().is_empty(), "{story}");
    }
    assert_eq!(program.log(&call).await.last().unwrap(), "call.ended");
}

#[tokio::test]
async fn somebody_is_added_and_the_last_is_let_go() {
    let phone = Phone::answers_after(2);
    let world = world(phone, Phone::answers_after(3)).await;
    let program = Program::of(&world);
    let call = program.creates(to_one()).await;
    let still = world.still_after(seconds(5)).await;
    let add = program.wants(&call, json!({ "type": "add", "to": ANOTHER_PHONE })).await;
    drop(still);
    let still = world.still_after(seconds(7)).await;
    assert_eq!(program.action(&call, &add).await["state"], "succeeded");
    assert_eq!(
        (program.state(&call, 1).await, program.state(&call, 2).await),
        ("seated".into(), "seated".into())
    );
    let remove = program.wants(&call, json!({ "type": "remove", "participant": "p2" })).await;
    drop(still);
    world.stack.clock.settled().await;
    assert_eq!(program.action(&call, &remove).await["state"], "succeeded");
    let seen = program.gets(&format!("calls/{call}")).await;
    assert_eq!(seen["participants"][0]["cause"], "alone");
    assert_eq!(seen["state"], "ended");
}

#[tokio::test]
async fn a_request_that_comes_again_changes_nothing() {
    let world = world(Phone::never_answers(), Phone::never_answers()).await;
    let program = Program::of(&world);
    let body = to_one();
    let first = program.sends(Method::POST, "calls", Some(&body), Some("k1")).await;
    let again = program.sends(Method::POST, "calls", Some(&body), Some("k1")).await;
    assert_eq!((first.status, first.body.clone()), (again.status, again.body.clone()));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = program.sends(Method::POST, "calls", Some(&to_two()), Some("k1")).await;
    assert_eq!(other.status, 422);
    let none = program.sends(Method::POST, "calls", Some(&body), None).await;
    assert_eq!(none.status, 400);
    world.stack.clock.settled().await;
    assert_eq!(world.exchange().stories().len(), 1);
}

#[tokio::test]
async fn whom_a_key_may_not_call_is_not_called() {
    let world = world(Phone::never_answers(), Phone::never_answers()).await;
    let program = Program::of(&world);
    let cases = [
        (json!({ "from": STRANGER, "to": OWNER_PHONE }), 400, "invalid_request"),
        (json!({ "from": MASKED_NUMBER, "to": "+4930901820" }), 403, "forbidden"),
        (json!({ "from": MASKED_NUMBER, "to": "911" }), 400, "invalid_request"),
        (json!({ "from": MASKED_NUMBER, "to": "+1911" }), 400, "invalid_request"),
        (json!({ "from": MASKED_NUMBER, "to": "+19005550100" }), 403, "forbidden"),
        (json!({ "from": MASKED_NUMBER }), 400, "invalid_request"),
    ];
    for (body, status, code) in cases {
        let (got, problem) = program.posts("calls", body.clone()).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{body}: {problem}");
        assert!(problem["cure"].as_str().is_some_and(|cure| !cure.is_empty()), "{problem}");
    }
    let stranger = Program { key: format!("{}x", program.key), ..Program::of(&world) };
    assert_eq!(stranger.sends(Method::GET, "calls", None, None).await.status, 401);
    let none = program.sends(Method::GET, &format!("calls/CL{}", "0".repeat(32)), None, None).await;
    assert_eq!(none.status, 404);
    world.stack.clock.settled().await;
    assert!(world.exchange().stories().is_empty());
}

/// A key of its own.
pub(crate) async fn key(world: &World, id: [u8; 4], change: impl FnOnce(&mut ApiKey)) -> String {
    let text = KeyText::of(ApiKeyId::of(id), [id[0]; 32]);
    let (mut key, _) = development::api_key(world.stack.clock.now()).unwrap();
    key.id = text.id().clone();
    key.name = ApiKeyName::parse(&format!("key-{}", id[0])).unwrap();
    key.secret = text.hash();
    change(&mut key);
    world.stack.ledger.add_api_key(&key).await.unwrap();
    text.reveal()
}

#[tokio::test]
async fn a_key_does_what_it_may_and_sees_its_own_calls_only() {
    let world = world(Phone::answers_after(2), Phone::answers_after(2)).await;
    let number = PhoneNumber::parse("+14155550199").unwrap();
    let all = [Scope::Read, Scope::Control, Scope::Create];
    let keys = [
        ("reads", key(&world, [1; 4], |key| key.scopes = [Scope::Read].into()).await),
        ("controls", key(&world, [2; 4], |key| key.scopes = [Scope::Control].into()).await),
        ("creates", key(&world, [3; 4], |key| key.scopes = [Scope::Create].into()).await),
        ("other number", key(&world, [4; 4], |key| key.numbers = KeyNumbers::Only([number].into())).await),
        ("other key", key(&world, [5; 4], |key| key.scopes = all.into()).await),
    ];
    let owner = Program::of(&world);
    let call = owner.creates(to_one()).await;
    let still = world.still_after(seconds(5)).await;
    let hold = json!({ "type": "hold", "participant": "p1" });
    let requests = [
        (Method::GET, "calls".to_owned(), None, [200, 403, 403, 200, 200]),
        (Method::GET, format!("calls/{call}"), None, [404, 403, 403, 404, 404]),
        (Method::GET, format!("calls/{call}/events"), None, [404, 403, 403, 404, 404]),
        (Method::GET, format!("calls/{call}/actions"), None, [404, 403, 403, 404, 404]),
        (Method::GET, format!("calls/{call}/deliveries"), None, [404, 403, 403, 404, 404]),
        (Method::POST, format!("calls/{call}/deliveries/redeliver"), None, [403, 404, 403, 404, 404]),
        (Method::GET, format!("calls/{call}/actions/a1"), None, [404, 403, 403, 404, 404]),
        (Method::POST, format!("calls/{call}/actions"), Some(hold), [403, 404, 403, 404, 404]),
        (Method::POST, format!("calls/{call}/actions/a1/cancel"), None, [403, 404, 403, 404, 404]),
        (Method::POST, "calls".to_owned(), Some(to_one()), [403, 403, 201, 403, 201]),
    ];
    for (place, (method, path, body, expected)) in requests.iter().enumerate() {
        for ((name, key), expected) in keys.iter().zip(expected) {
            let program = Program { key: key.clone(), ..Program::of(&world) };
            let once = format!("{place}-{name}").replace(' ', "-");
            let got = program.sends(method.clone(), path, body.as_ref(), Some(&once)).await;
            assert_eq!(got.status, *expected, "{name}: {method} {path}: {:?}", got.body);
            if path == "calls" && *method == Method::GET && got.status == 200 {
                assert_eq!(got.body, r#"{"calls":[]}"#);
            }
        }
    }
    // Nothing of it came to the call.
    assert_eq!(owner.log(&call).await.iter().filter(|event| *event == "action.queued").count(), 1);
    drop(still);
    world.stack.clock.settled().await;
}

#[tokio::test]
async fn a_key_that_has_used_up_its_calls_makes_no_more() {
    let world = world(Phone::never_answers(), Phone::never_answers()).await;
    let key = key(&world, [6; 4], |key| key.calls_per_minute = 2).await;
    let program = Program { key, ..Program::of(&world) };
    for _ in 0..2 {
        program.creates(to_one()).await;
    }
    let got = program.sends(Method::POST, "calls", Some(&to_one()), Some("third")).await;
    assert_eq!(got.status, 429, "{:?}", got.body);
    assert!(!got.header("retry-after").is_empty());
    world.stack.clock.settled().await;
    assert_eq!(world.exchange().stories().len(), 2);
}

#[tokio::test]
async fn the_minutes_of_a_call_are_counted_once_it_is_over() {
    let world = world(Phone::answers_after(2), Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let call = program.creates(to_two()).await;
    let still = world.still_after(seconds(100)).await;
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    let now = world.stack.clock.now();
    let (key, _) = development::api_key(now).unwrap();
    assert_eq!(world.stack.ledger.api_key_usage(&key.id, now).await.unwrap().minutes, 4);
}

#[tokio::test]
async fn an_answer_of_twilios_that_is_lost_calls_nobody_twice() {
    for fault in [RestFault::CutShort, RestFault::Reset, RestFault::ServerError] {
        let world = world(Phone::answers_after(20), Phone::never_answers()).await;
        world.exchange().rest_faults(RestRequest::CreateCall, fault.clone(), Times::Next(1));
        let program = Program::of(&world);
        let call = program.creates(to_one()).await;
        let still = world.still_after(seconds(45)).await;
        assert_eq!(program.state(&call, 1).await, "booth", "{fault:?} {:?}", program.log(&call).await);
        assert_eq!(world.exchange().stories().len(), 1, "{fault:?}");
        program.wants(&call, json!({ "type": "end" })).await;
        drop(still);
        world.stack.clock.settled().await;
        assert_eq!(program.log(&call).await.last().unwrap(), "call.ended");
    }
}

#[tokio::test]
async fn a_request_that_comes_twice_at_once_gets_one_answer() {
    let world = world(Phone::answers_after(2), Phone::never_answers()).await;
    let program = Program::of(&world);
    let call = program.creates(to_one()).await;
    let still = world.still_after(seconds(5)).await;
    let (path, body) = (format!("calls/{call}/actions"), json!({ "type": "hold", "participant": "p1" }));
    let sends = || program.sends(Method::POST, &path, Some(&body), Some("h1"));
    let (one, other) = tokio::join!(sends(), sends());
    assert_eq!((one.status, &one.body), (202, &other.body), "{:?} {:?}", one.body, other.body);
    assert_eq!(other.status, 202);
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    let log = program.log(&call).await;
    assert_eq!(log.iter().filter(|it| *it == "action.queued").count(), 3, "{log:?}");
}

#[tokio::test]
async fn somebody_of_whom_no_webhook_answers_is_asked_for_again() {
    let world = world(Phone::answers_after(2), Phone::never_answers()).await;
    world.exchange().set_delivery(|outgoing| {
        if outgoing.kind == WebhookKind::Voice { Vec::new() } else { vec![seconds(0)] }
    });
    let program = Program::of(&world);
    let call = program.creates(to_one()).await;
    let still = world.still_after(seconds(30)).await;
    assert_eq!(program.state(&call, 1).await, "booth");
    assert!(!world.leg_to(OWNER_PHONE).heard_application_error());
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
}

#[tokio::test]
async fn a_leg_that_is_not_found_is_not_taken_from_another_call() {
    let world = world(Phone::answers_after(8), Phone::never_answers()).await;
    // The first is not placed, and nobody knows.
    world.exchange().rest_faults(RestRequest::CreateCall, RestFault::Reset, Times::Next(1));
    let program = Program::of(&world);
    let calls = [program.creates(to_one()).await, program.creates(to_one()).await];
    let still = world.still_after(seconds(30)).await;
    let mut legs = Vec::new();
    for call in &calls {
        let seen = program.gets(&format!("calls/{call}")).await;
        legs.push(seen["participants"][0]["provider"]["call_sid"].clone());
    }
    assert_ne!(legs[0], legs[1]);
    assert_eq!(world.exchange().stories().len(), 2);
    for call in &calls {
        program.wants(call, json!({ "type": "end" })).await;
    }
    drop(still);
    world.stack.clock.settled().await;
}

#[tokio::test]
async fn the_description_is_there_without_a_key() {
    let world = world(Phone::never_answers(), Phone::never_answers()).await;
    let url = format!("{}/v1/openapi.json", world.stack.gateway.endpoint());
    let got = world.request(Request::get(url).body(http_body_util::Full::default()).unwrap()).await;
    assert_eq!((got.status, got.header("content-type")), (200, "application/json"));
    let described: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!((&described["openapi"], &described), (&json!("3.1.0"), &calls::openapi()));
    let program = Program::of(&world);
    let other = program.sends(Method::POST, "openapi.json", Some(&json!({})), Some("k")).await;
    assert_eq!(other.status, 404);
}

#[tokio::test]
async fn a_method_that_is_not_taken_is_told_those_that_are() {
    let world = world(Phone::never_answers(), Phone::never_answers()).await;
    let program = Program::of(&world);
    let call = format!("calls/CL{}", "0".repeat(32));
    for (path, allowed) in [
        ("calls".to_owned(), "GET, POST"),
        (call.clone(), "GET"),
        (format!("{call}/actions"), "GET, POST"),
        (format!("{call}/actions/a1"), "GET"),
        (format!("{call}/events"), "GET"),
    ] {
        let got = program.sends(Method::DELETE, &path, None, Some("k")).await;
        assert_eq!((got.status, got.header("allow")), (405, allowed), "{path}");
    }
    let got = program.sends(Method::GET, &format!("{call}/actions/a1/cancel"), None, None).await;
    assert_eq!((got.status, got.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn a_limit_of_events_that_is_none_is_refused() {
    let world = world(Phone::never_answers(), Phone::never_answers()).await;
    let program = Program::of(&world);
    let call = program.creates(to_one()).await;
    for (limit, status) in [("0", 400), ("1", 200), ("1000", 200), ("1001", 400), ("-1", 400), ("x", 400)] {
        let path = format!("calls/{call}/events?limit={limit}");
        assert_eq!(program.sends(Method::GET, &path, None, None).await.status, status, "{limit}");
    }
    world.stack.clock.settled().await;
}

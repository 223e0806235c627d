//! The sound of participants at a program's web socket, whatever Twilio does with it.

use std::time::Duration;

use exchange::{Cue, Deed, Phone, RestFault, RestRequest, Socket, SocketStory, Times, WebhookKind};
use serde_json::{Value, json};

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

const EAR: &str = "wss://media.example/ear";

async fn pair_in(world: &World) -> String {
    let says = Cue::talks().after(6);
    world.exchange().publish_socket(EAR, Socket::Listens);
    world.exchange().plug(OWNER_PHONE, Phone::answers_after(2).on(says, Deed::says("Good morning.")));
    world.exchange().plug(ANOTHER_PHONE, Phone::answers_after(2));
    let program = Program::of(world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE]);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(program.state(&call, 1).await, "seated");
    drop(still);
    call
}

async fn pair() -> (World, String) {
    let world = World::new().await;
    let call = pair_in(&world).await;
    (world, call)
}

fn stream(more: &Value) -> Value {
    let mut body = json!({ "type": "stream", "participant": "p1", "url": EAR });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// What the log has of streams and of the action, in its order.
async fn told(program: &Program<'_>, call: &str, action: &str) -> Vec<String> {
    let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
    let events = events["events"].as_array().unwrap().clone().into_iter();
    let of_it = events.filter(|event| event["data"]["action_id"] == action);
    of_it
        .map(|event| {
            let why = event["data"]["why"].as_str().map(|why| format!(" {why}")).unwrap_or_default();
            format!("{}{why}", event["type"].as_str().unwrap())
        })
        .collect()
}

async fn ends(world: &World, program: &Program<'_>, call: &str) {
    program.wants(call, json!({ "type": "end" })).await;
    world.stack.clock.settled().await;
    let log = program.log(call).await;
    assert_eq!(log.last().map(String::as_str), Some("call.ended"), "{log:?}");
    for ear in world.exchange().sockets() {
        assert!(ear.is_over(), "{:?}", ear.messages.last());
    }
}

fn ears(world: &World) -> Vec<SocketStory> {
    world.exchange().sockets()
}

#[tokio::test]
async fn a_leg_is_streamed_until_that_is_stopped() {
    let (world, call) = pair().await;
    let program = Program::of(&world);
    let more = json!({ "tracks": "both", "parameters": { "order": "7" }, "operation_context": "ear" });
    let stream = program.wants(&call, stream(&more)).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(program.action(&call, &stream).await["state"], "running");
    drop(still);
    let stop = program.wants(&call, json!({ "type": "stop_stream", "action": stream })).await;
    let still = world.still_after(seconds(2)).await;
    for action in [&stream, &stop] {
        assert_eq!(program.action(&call, action).await["state"], "succeeded", "{action}");
    }
    let expected = [
        "action.queued",
        "stream.requested",
        "stream.started",
        "action.started",
        "stream.stopped stopped",
        "action.succeeded",
    ];
    assert_eq!(told(&program, &call, &stream).await, expected);
    drop(still);
    let [ear] = &ears(&world)[..] else { panic!("one connection") };
    let begin = &ear.messages[1]["start"];
    let parameters = json!({ "order": "7", "call_id": call, "participant_id": "p1", "action_id": stream });
    assert_eq!(begin["customParameters"], parameters);
    assert_eq!(begin["tracks"], json!(["inbound", "outbound"]));
    let payloads = ear.messages.iter().filter(|it| it["media"]["track"] == "inbound");
    let loud = payloads.filter(|it| it["media"]["payload"] != "/".repeat(213) + "w==").count();
    assert!(loud > 20, "they said something: {loud} of {}", ear.media);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_participant() {
    let (world, call) = pair().await;
    let program = Program::of(&world);
    let stream = program.wants(&call, stream(&json!({}))).await;
    let still = world.still_after(seconds(4)).await;
    drop(still);
    program.wants(&call, json!({ "type": "remove", "participant": "p1" })).await;
    world.stack.clock.settled().await;
    let told = told(&program, &call, &stream).await;
    assert_eq!(told[told.len() - 2..], ["stream.stopped left", "action.succeeded"], "{told:?}");
    assert_eq!(program.log(&call).await.last().map(String::as_str), Some("call.ended"));
}

#[tokio::test]
async fn what_the_other_end_does_is_told_as_it_is() {
    let cases = [
        (Socket::Refuses(403), "failed", json!("provider_refused"), json!(31920)),
        (Socket::BreaksAfter(seconds(3)), "failed", json!("provider_refused"), json!(31921)),
        (Socket::ClosesAfter(seconds(3)), "succeeded", Value::Null, Value::Null),
        // Of this Twilio says nothing.
        (Socket::Nobody, "failed", json!("no_evidence"), Value::Null),
    ];
    for (socket, state, code, provider_code) in cases {
        let (world, call) = pair().await;
        world.exchange().publish_socket(EAR, socket);
        let program = Program::of(&world);
        let stream = program.wants(&call, stream(&json!({}))).await;
        let still = world.still_after(seconds(20)).await;
        let action = program.action(&call, &stream).await;
        let log = told(&program, &call, &stream).await;
        assert_eq!(action["state"], state, "{socket:?}: {action} {log:?}");
        assert_eq!(action["problem"]["code"], code, "{socket:?}: {action}");
        assert_eq!(action["problem"]["provider_code"], provider_code, "{socket:?}: {action}");
        let end = if state == "failed" { "stream.failed" } else { "stream.stopped closed" };
        assert_eq!(log.iter().filter(|it| *it == end).count(), 1, "{socket:?}: {log:?}");
        for participant in 1..=2 {
            assert_eq!(program.state(&call, participant).await, "seated");
        }
        drop(still);
        ends(&world, &program, &call).await;
    }
}

#[tokio::test]
async fn a_stream_comes_along_or_begins_anew() {
    for survives in [true, false] {
        let world = World::with(|it| it.unverified.streams_survive_moves = survives, |_| {}).await;
        let call = pair_in(&world).await;
        let program = Program::of(&world);
        let stream = program.wants(&call, stream(&json!({}))).await;
        let still = world.still_after(seconds(4)).await;
        drop(still);
        for kind in ["hold", "resume"] {
            program.wants(&call, json!({ "type": kind, "participant": "p1" })).await;
            let still = world.still_after(seconds(8)).await;
            assert_eq!(program.action(&call, &stream).await["state"], "running");
            drop(still);
        }
        let connected = ears(&world).len();
        assert_eq!(connected, if survives { 1 } else { 3 }, "{:?}", told(&program, &call, &stream).await);
        assert!(!ears(&world).last().unwrap().is_over());
        ends(&world, &program, &call).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_begins_no_second_stream() {
    let cases = [
        (true, RestFault::CutShort),
        (false, RestFault::CutShort),
        (true, RestFault::Reset),
        (true, RestFault::ServerError),
        (true, RestFault::TooManyRequests { retry_after: None }),
    ];
    for (unique, fault) in cases {
        for is_told in [true, false] {
            let world = World::with(|it| it.unverified.names_are_unique = unique, |_| {}).await;
            let call = pair_in(&world).await;
            let program = Program::of(&world);
            world.exchange().set_delivery(move |outgoing| {
                let is_lost = outgoing.kind == WebhookKind::Stream && outgoing.nth == 1 && !is_told;
                if is_lost { Vec::new() } else { vec![Duration::from_millis(1)] }
            });
            world.exchange().rest_faults(RestRequest::Stream, fault.clone(), Times::Next(1));
            let stream = program.wants(&call, stream(&json!({}))).await;
            let still = world.still_after(seconds(25)).await;
            let log = told(&program, &call, &stream).await;
            let going_on = ears(&world).iter().filter(|ear| !ear.is_over()).count();
            let state = program.action(&call, &stream).await["state"].clone();
            // Where neither the answer nor the callback comes, a stream that Twilio took is given up.
            let expected = usize::from(state == "running");
            assert_eq!(going_on, expected, "{fault:?} {is_told}: {log:?}");
            assert!(state == "running" || !is_told, "{fault:?} {is_told}: {log:?}");
            drop(still);
            ends(&world, &program, &call).await;
        }
    }
}

#[tokio::test]
async fn what_is_told_late_or_twice_counts_once() {
    for delays in [vec![0, 0], vec![8]] {
        let (world, call) = pair().await;
        let program = Program::of(&world);
        world.exchange().set_delivery(move |outgoing| {
            let delays = if outgoing.kind == WebhookKind::Stream { delays.clone() } else { vec![0] };
            delays.into_iter().map(Duration::from_secs).collect()
        });
        let stream = program.wants(&call, stream(&json!({}))).await;
        let still = world.still_after(seconds(12)).await;
        assert_eq!(program.action(&call, &stream).await["state"], "running");
        drop(still);
        program.wants(&call, json!({ "type": "stop_stream", "action": stream })).await;
        let still = world.still_after(seconds(12)).await;
        let log = told(&program, &call, &stream).await;
        for event in ["stream.started", "stream.stopped stopped", "action.succeeded"] {
            assert_eq!(log.iter().filter(|it| *it == event).count(), 1, "{log:?}");
        }
        drop(still);
        ends(&world, &program, &call).await;
    }
}

#[tokio::test]
async fn no_secret_that_is_asked_for_goes_out() {
    const SECRET: &str = "four nine two nine";
    let world = World::new().await;
    world.exchange().publish_socket(EAR, Socket::Listens);
    let says = Cue::hears("card").after(3);
    world.exchange().plug(OWNER_PHONE, Phone::answers_after(2).on(says, Deed::says(SECRET)));
    let program = Program::of(&world);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": OWNER_PHONE })).await;
    let still = world.still_after(seconds(4)).await;
    drop(still);
    let stream = program.wants(&call, stream(&json!({}))).await;
    let still = world.still_after(seconds(3)).await;
    drop(still);
    let asks = json!({
        "type": "recognize", "participant": "p1", "prompt": { "text": "Your card, please." },
        "speech": "en-US", "sensitive": true,
    });
    let asked = program.wants(&call, asks).await;
    let still = world.still_after(seconds(20)).await;
    assert_eq!(program.action(&call, &asked).await["state"], "succeeded");
    let log = told(&program, &call, &stream).await;
    assert!(log.contains(&"stream.stopped sensitive".to_owned()), "{log:?}");
    assert_eq!(log.last().map(String::as_str), Some("stream.started"), "{log:?}");
    drop(still);
    let ears = ears(&world);
    assert_eq!(ears.len(), 2, "{log:?}");
    let silence = "/".repeat(213) + "w==";
    for ear in &ears {
        let loud =
            ear.messages.iter().filter(|it| it["event"] == "media" && it["media"]["payload"] != silence);
        assert_eq!(loud.count(), 0, "{:?}", ear.messages.last());
    }
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn what_can_not_be_streamed_is_refused_with_what_is_near() {
    let (world, call) = pair().await;
    let program = Program::of(&world);
    let path = format!("calls/{call}/actions");
    let first = program.wants(&call, stream(&json!({}))).await;
    let room = json!({ "type": "stream", "url": EAR });
    let cases = [
        (room, 409, "not_possible", "for each `participant`"),
        (stream(&json!({ "bidirectional": true })), 409, "not_possible", "<Connect><Stream>"),
        (stream(&json!({})), 409, "already_running", "streamed already"),
        (stream(&json!({ "participant": "p9" })), 404, "participant_not_found", "no such participant"),
        (stream(&json!({ "url": "https://media.example" })), 400, "invalid_request", "wss://"),
        (stream(&json!({ "url": "wss://10.0.0.1" })), 400, "invalid_request", "not a public address"),
        (stream(&json!({ "tracks": "all" })), 400, "invalid_request", "unknown variant `all`"),
        (json!({ "type": "stop_stream", "action": "a1" }), 404, "action_not_found", "not any more"),
        (json!({ "type": "stop_transcription", "action": first }), 404, "action_not_found", "not any more"),
    ];
    for (body, status, code, cause) in cases {
        let (got, problem) = program.posts(&path, body.clone()).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{body}: {problem}");
        assert!(problem["cause"].as_str().unwrap().contains(cause), "{body}: {problem}");
    }
    // Another's goes beside it.
    program.wants(&call, stream(&json!({ "participant": "p2" }))).await;
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn a_stream_is_stopped_before_it_has_begun() {
    let (world, call) = pair().await;
    world.exchange().publish_socket(EAR, Socket::Nobody);
    let program = Program::of(&world);
    let stream = program.wants(&call, stream(&json!({}))).await;
    let still = world.still_after(seconds(2)).await;
    drop(still);
    program.wants(&call, json!({ "type": "stop_stream", "action": stream })).await;
    let still = world.still_after(seconds(4)).await;
    assert_eq!(program.action(&call, &stream).await["state"], "canceled");
    drop(still);
    ends(&world, &program, &call).await;
}

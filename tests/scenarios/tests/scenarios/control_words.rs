//! What participants say, told to a program while they say it.

use std::time::Duration;

use exchange::{Cue, Deed, Phone, RestFault, RestRequest, Times, WebhookKind};
use serde_json::{Value, json};

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

/// Somebody who says something each so many seconds, once they talk.
fn speaker(all: &[(u64, &str)]) -> Phone {
    all.iter().fold(Phone::answers_after(2), |phone, (after, words)| {
        phone.on(Cue::talks().after(*after), Deed::says(words))
    })
}

async fn pair_in(world: &World, one: Phone, another: Phone) -> String {
    world.exchange().plug(OWNER_PHONE, one);
    world.exchange().plug(ANOTHER_PHONE, another);
    let program = Program::of(world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE]);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(program.state(&call, 1).await, "seated");
    drop(still);
    call
}

fn transcribe(more: &Value) -> Value {
    let mut body = json!({ "type": "transcribe", "language": "en-US" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn events(program: &Program<'_>, call: &str) -> Vec<Value> {
    let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
    events["events"].as_array().unwrap().clone()
}

/// The words of the log, each with who said them.
async fn words(program: &Program<'_>, call: &str) -> Vec<(String, String)> {
    let events = events(program, call).await.into_iter().filter(|it| it["type"] == "transcription.words");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    events.map(|it| (text(&it["data"]["participant_id"]), text(&it["data"]["text"]))).collect()
}

/// What the log has of one's transcription, in its order.
async fn told(program: &Program<'_>, call: &str, participant: &str) -> Vec<String> {
    let is_it = |it: &Value| {
        let is_of = it["type"].as_str().unwrap().starts_with("transcription.");
        is_of && it["data"]["participant_id"] == participant
    };
    let shown = |it: Value| {
        let said = it["data"]["why"].as_str().or(it["data"]["text"].as_str()).unwrap_or_default().to_owned();
        format!("{} {said}", it["type"].as_str().unwrap().trim_start_matches("transcription."))
            .trim()
            .to_owned()
    };
    events(program, call).await.into_iter().filter(is_it).map(shown).collect()
}

async fn ends(world: &World, program: &Program<'_>, call: &str) {
    program.wants(call, json!({ "type": "end" })).await;
    world.stack.clock.settled().await;
    let log = program.log(call).await;
    assert_eq!(log.last().map(String::as_str), Some("call.ended"), "{log:?}");
}

#[tokio::test]
async fn what_each_says_is_told_under_their_name() {
    let world = World::new().await;
    let one = speaker(&[(6, "Good morning."), (12, "How are you?")]);
    let call = pair_in(&world, one, speaker(&[(9, "Hello there.")])).await;
    let program = Program::of(&world);
    let hints = json!({ "hints": ["morning"], "operation_context": "notes" });
    let transcribe = program.wants(&call, transcribe(&hints)).await;
    let still = world.still_after(seconds(14)).await;
    assert_eq!(program.action(&call, &transcribe).await["state"], "running");
    let pairs = [("p1", "Good morning."), ("p2", "Hello there."), ("p1", "How are you?")];
    let expected: Vec<_> = pairs.iter().map(|(who, text)| ((*who).to_owned(), (*text).to_owned())).collect();
    assert_eq!(words(&program, &call).await, expected);
    let all = events(&program, &call).await;
    let data = &all.iter().find(|it| it["type"] == "transcription.words").unwrap()["data"];
    assert_eq!((&data["final"], &data["language"]), (&json!(true), &json!("en-US")));
    assert_eq!((&data["confidence"], &data["operation_context"]), (&json!(0.9), &json!("notes")));
    drop(still);
    let stop = program.wants(&call, json!({ "type": "stop_transcription", "action": transcribe })).await;
    let still = world.still_after(seconds(3)).await;
    for action in [&transcribe, &stop] {
        assert_eq!(program.action(&call, action).await["state"], "succeeded", "{action}");
    }
    let expected = ["requested", "started", "words Good morning.", "words How are you?", "stopped stopped"];
    assert_eq!(told(&program, &call, "p1").await, expected);
    drop(still);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn words_that_are_not_final_are_told_if_they_are_wanted() {
    let world = World::new().await;
    let call = pair_in(&world, speaker(&[(6, "Good morning to you all.")]), Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let more = json!({ "participants": ["p1"], "partials": true, "engine": "deepgram" });
    program.wants(&call, transcribe(&more)).await;
    let still = world.still_after(seconds(8)).await;
    let events = events(&program, &call).await.into_iter();
    let told: Vec<Value> = events.filter(|it| it["type"] == "transcription.words").collect();
    let finals: Vec<&Value> = told.iter().map(|it| &it["data"]["final"]).collect();
    assert_eq!(finals, [&json!(false), &json!(true)], "{told:?}");
    assert_eq!(told[0]["data"].get("confidence"), None);
    drop(still);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn words_come_in_their_order_whatever_their_way() {
    let all: Vec<(u64, String)> = (0..8).map(|number| (5 + number, format!("Number {number}."))).collect();
    let script: Vec<(u64, &str)> = all.iter().map(|(after, words)| (*after, words.as_str())).collect();
    // One late by a little, some twice; one that comes never, or after all.
    for (lost, late) in [(None, 0), (Some(4), 0), (Some(4), 9)] {
        let world = World::new().await;
        let call = pair_in(&world, speaker(&script), Phone::answers_after(2)).await;
        let program = Program::of(&world);
        world.exchange().set_delivery(move |outgoing| {
            if outgoing.kind != WebhookKind::LiveTranscription {
                return vec![Duration::ZERO];
            }
            let number: u64 = outgoing.param("SequenceId").unwrap().parse().unwrap();
            match number {
                number if Some(number) == lost && late == 0 => Vec::new(),
                number if Some(number) == lost => vec![seconds(late)],
                3 | 7 => vec![Duration::from_millis(1300)],
                5 => vec![Duration::ZERO, Duration::ZERO],
                _ => vec![Duration::ZERO],
            }
        });
        program.wants(&call, transcribe(&json!({ "participants": ["p1"] }))).await;
        let still = world.still_after(seconds(20)).await;
        let words: Vec<String> = words(&program, &call).await.into_iter().map(|(_, text)| text).collect();
        // The first that is counted is the beginning.
        let missing = lost.map(|number| format!("Number {}.", number - 2));
        let mut expected: Vec<String> = all.iter().map(|(_, words)| words.clone()).collect();
        if let Some(missing) = missing {
            expected.retain(|words| *words != missing);
            if late > 0 {
                expected.push(missing);
            }
        }
        if late > 0 {
            let marked = events(&program, &call).await;
            assert_eq!(marked.iter().filter(|it| it["data"]["out_of_order"] == true).count(), 1);
            let mut words = words;
            words.sort();
            expected.sort();
            assert_eq!(words, expected);
        } else {
            assert_eq!(words, expected, "{lost:?}");
        }
        drop(still);
        ends(&world, &program, &call).await;
    }
}

#[tokio::test]
async fn the_last_words_are_told_before_the_call_ends() {
    let world = World::new().await;
    let leaves = speaker(&[(6, "Then good-bye.")]).on(Cue::talks().after_millis(7_000), Deed::HangsUp);
    let call = pair_in(&world, leaves, Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let transcribe = program.wants(&call, transcribe(&json!({}))).await;
    world.stack.clock.settled().await;
    let log = told(&program, &call, "p1").await;
    assert_eq!(log[log.len() - 2..], ["words Then good-bye.", "stopped left"], "{log:?}");
    assert_eq!(program.action(&call, &transcribe).await["state"], "succeeded");
    assert_eq!(program.log(&call).await.last().map(String::as_str), Some("call.ended"));
}

#[tokio::test]
async fn the_end_of_a_transcription_may_be_lost() {
    let world = World::new().await;
    let call = pair_in(&world, Phone::answers_after(2), Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let transcribe = program.wants(&call, transcribe(&json!({}))).await;
    let still = world.still_after(seconds(4)).await;
    world.exchange().set_delivery(|outgoing| {
        let is_lost = outgoing.kind == WebhookKind::LiveTranscription;
        if is_lost { Vec::new() } else { vec![Duration::ZERO] }
    });
    drop(still);
    program.wants(&call, json!({ "type": "stop_transcription", "action": transcribe })).await;
    let still = world.still_after(seconds(12)).await;
    assert_eq!(program.action(&call, &transcribe).await["state"], "succeeded");
    drop(still);
    let again = program.wants(&call, json!({ "type": "transcribe", "language": "en-US" })).await;
    let still = world.still_after(seconds(4)).await;
    assert_eq!(program.action(&call, &again).await["state"], "running");
    drop(still);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn who_is_on_hold_is_not_transcribed() {
    for survives in [true, false] {
        let world = World::with(|it| it.unverified.transcriptions_survive_moves = survives, |_| {}).await;
        let one = speaker(&[(5, "Good morning."), (14, "What a song."), (25, "Here again.")]);
        let call = pair_in(&world, one, Phone::answers_after(2)).await;
        let program = Program::of(&world);
        let transcribe = program.wants(&call, transcribe(&json!({}))).await;
        let still = world.still_after(seconds(5)).await;
        drop(still);
        program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
        let still = world.still_after(seconds(10)).await;
        assert_eq!(program.action(&call, &transcribe).await["state"], "running");
        drop(still);
        program.wants(&call, json!({ "type": "resume", "participant": "p1" })).await;
        let still = world.still_after(seconds(12)).await;
        let log = told(&program, &call, "p1").await;
        let words: Vec<&String> = log.iter().filter(|it| it.starts_with("words")).collect();
        assert_eq!(words, ["words Good morning.", "words Here again."], "{survives}: {log:?}");
        let stops = log.iter().filter(|it| it.starts_with("stopped")).count();
        assert_eq!(log.iter().filter(|it| *it == "started").count(), stops + 1, "{survives}: {log:?}");
        drop(still);
        ends(&world, &program, &call).await;
    }
}

#[tokio::test]
async fn another_language_begins_anew_under_the_same_action() {
    let world = World::new().await;
    let one = speaker(&[(5, "Good morning."), (14, "Guten Morgen.")]);
    let call = pair_in(&world, one, Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let transcribe = program.wants(&call, transcribe(&json!({ "participants": ["p1"] }))).await;
    let still = world.still_after(seconds(5)).await;
    drop(still);
    let update = json!({ "type": "update_transcription", "action": transcribe, "language": "de-DE" });
    let changed = program.wants(&call, update.clone()).await;
    let still = world.still_after(seconds(10)).await;
    assert_eq!(program.action(&call, &changed).await["state"], "succeeded");
    assert_eq!(program.action(&call, &transcribe).await["state"], "running");
    let expected = [
        "requested",
        "started",
        "words Good morning.",
        "stopped updated",
        "requested",
        "started",
        "words Guten Morgen.",
    ];
    assert_eq!(told(&program, &call, "p1").await, expected);
    let last = events(&program, &call).await.into_iter().rfind(|it| it["type"] == "transcription.words");
    assert_eq!(last.unwrap()["data"]["language"], "de-DE");
    drop(still);
    let so = program.wants(&call, update).await;
    let still = world.still_after(seconds(1)).await;
    assert_eq!(program.action(&call, &so).await["evidence"], "already_so");
    drop(still);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn a_secret_that_is_asked_for_is_nowhere() {
    const SECRET: &str = "Four nine two nine.";
    let world = World::new().await;
    let says = Cue::hears("card").after(3);
    let phone = Phone::answers_after(2)
        .on(says, Deed::says(SECRET))
        .on(Cue::hears("card").after(25), Deed::says("That was it."));
    world.exchange().plug(OWNER_PHONE, phone);
    let program = Program::of(&world);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": OWNER_PHONE })).await;
    let still = world.still_after(seconds(4)).await;
    drop(still);
    // Whatever is late is told of the one that was stopped for it.
    world.exchange().set_delivery(|outgoing| {
        let is_words = outgoing.kind == WebhookKind::LiveTranscription;
        vec![if is_words { Duration::from_secs(4) } else { Duration::ZERO }]
    });
    program.wants(&call, transcribe(&json!({}))).await;
    let still = world.still_after(seconds(6)).await;
    drop(still);
    let asks = json!({
        "type": "recognize", "participant": "p1", "prompt": { "text": "Your card, please." },
        "speech": "en-US", "sensitive": true,
    });
    let asked = program.wants(&call, asks).await;
    let still = world.still_after(seconds(40)).await;
    assert_eq!(program.action(&call, &asked).await["state"], "succeeded");
    let log = told(&program, &call, "p1").await;
    assert!(log.contains(&"stopped sensitive".to_owned()), "{log:?}");
    assert!(log.contains(&"words That was it.".to_owned()), "{log:?}");
    drop(still);
    ends(&world, &program, &call).await;
    for table in world.everything_stored().await {
        for row in table {
            assert!(!row.contains(SECRET) && !row.contains("Four nine"), "{row}");
        }
    }
}

#[tokio::test]
async fn a_secret_is_nowhere_though_twilio_can_not_be_stopped() {
    const SECRET: &str = "Four nine two nine.";
    let world = World::new().await;
    let says = Cue::hears("card").after(3);
    world.exchange().plug(OWNER_PHONE, Phone::answers_after(2).on(says, Deed::says(SECRET)));
    let program = Program::of(&world);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": OWNER_PHONE })).await;
    let still = world.still_after(seconds(4)).await;
    drop(still);
    program.wants(&call, transcribe(&json!({}))).await;
    let still = world.still_after(seconds(4)).await;
    world.exchange().rest_faults(RestRequest::LiveTranscription, RestFault::ServerError, Times::Next(12));
    drop(still);
    let asks = json!({
        "type": "recognize", "participant": "p1", "prompt": { "text": "Your card, please." },
        "speech": "en-US", "sensitive": true,
    });
    program.wants(&call, asks).await;
    let still = world.still_after(seconds(30)).await;
    drop(still);
    ends(&world, &program, &call).await;
    assert!(world.exchange().webhooks().iter().any(|it| it.body.contains("nine")), "Twilio has heard it");
    for table in world.everything_stored().await {
        for row in table {
            assert!(!row.contains("Four nine"), "{row}");
        }
    }
}

#[tokio::test]
async fn a_transcription_fails_as_its_recogniser_does() {
    let world = World::new().await;
    let call = pair_in(&world, Phone::answers_after(2), Phone::answers_after(2)).await;
    let program = Program::of(&world);
    world.exchange().recognisers_give_up(Some(seconds(3)));
    let transcribe = program.wants(&call, transcribe(&json!({ "participants": ["p1"] }))).await;
    let still = world.still_after(seconds(8)).await;
    let log = told(&program, &call, "p1").await;
    assert_eq!(log, ["requested", "started", "failed"]);
    let action = program.action(&call, &transcribe).await;
    assert_eq!(
        (&action["state"], &action["problem"]["code"]),
        (&json!("failed"), &json!("provider_refused"))
    );
    drop(still);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_begins_no_second_transcription() {
    for fault in
        [RestFault::CutShort, RestFault::ServerError, RestFault::TooManyRequests { retry_after: None }]
    {
        for is_told in [true, false] {
            let world = World::new().await;
            let one = speaker(&[(16, "Good morning.")]);
            let call = pair_in(&world, one, Phone::answers_after(2)).await;
            let program = Program::of(&world);
            world.exchange().set_delivery(move |outgoing| {
                let is_lost =
                    outgoing.kind == WebhookKind::LiveTranscription && outgoing.nth == 1 && !is_told;
                if is_lost { Vec::new() } else { vec![Duration::from_millis(1)] }
            });
            world.exchange().rest_faults(RestRequest::LiveTranscription, fault.clone(), Times::Next(1));
            program.wants(&call, transcribe(&json!({ "participants": ["p1"] }))).await;
            let still = world.still_after(seconds(18)).await;
            let words = words(&program, &call).await;
            let log = told(&program, &call, "p1").await;
            assert_eq!(
                words,
                [("p1".to_owned(), "Good morning.".to_owned())],
                "{fault:?} {is_told}: {log:?}"
            );
            drop(still);
            ends(&world, &program, &call).await;
        }
    }
}

#[tokio::test]
async fn who_comes_later_is_transcribed_as_well() {
    let world = World::new().await;
    let one = speaker(&[(18, "Hello you.")]);
    world.exchange().plug(OWNER_PHONE, Phone::answers_after(2));
    world.exchange().plug(ANOTHER_PHONE, one);
    let program = Program::of(&world);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": OWNER_PHONE })).await;
    let still = world.still_after(seconds(4)).await;
    drop(still);
    let transcribe = program.wants(&call, transcribe(&json!({}))).await;
    program.wants(&call, json!({ "type": "add", "to": ANOTHER_PHONE })).await;
    let still = world.still_after(seconds(30)).await;
    assert_eq!(words(&program, &call).await, [("p2".to_owned(), "Hello you.".to_owned())]);
    drop(still);
    let path = format!("calls/{call}/actions");
    let second = json!({ "type": "transcribe", "language": "en-US", "participants": ["p1"] });
    let (status, problem) = program.posts(&path, second).await;
    assert_eq!((status, &problem["code"]), (409, &json!("already_running")), "{problem}");
    assert_eq!(problem["blocking_action"], json!(transcribe));
    for (body, expected) in [
        (json!({ "type": "transcribe" }), "`language`"),
        (json!({ "type": "transcribe", "language": "English, please" }), "`language`"),
        (json!({ "type": "transcribe", "language": "en-US", "hints": ["a,b"] }), "`hints`"),
        (
            json!({ "type": "transcribe", "language": "en-US", "engine": "parrot" }),
            "unknown variant `parrot`",
        ),
        (json!({ "type": "transcribe", "language": "en-US", "participants": ["p1", "p1"] }), "stands twice"),
    ] {
        let (status, problem) = program.posts(&path, body.clone()).await;
        assert_eq!(status, 400, "{body}: {problem}");
        assert!(problem["cause"].as_str().unwrap().contains(expected), "{body}: {problem}");
    }
    ends(&world, &program, &call).await;
}

//! Programs are told what happens in their calls, whatever becomes of them, of messages and of answers.

use exchange::Phone;
use local::faults::Faults;
use serde_json::{Value, json};

use crate::control::{key, to_one, to_two, world};
use crate::ear::{Ear, Heard, Manner};
use crate::logs;
use crate::program::Program;
use crate::world::{ANOTHER_PHONE, World, seconds};

/// A call in which somebody picks up, is held, resumed and gone: its name.
async fn plays(program: &Program<'_>, ear: &Ear) -> String {
    let mut body = to_one();
    body["callback"] = json!(ear.url());
    goes_through(program, body).await
}

async fn goes_through(program: &Program<'_>, body: Value) -> String {
    let call = program.creates(body).await;
    for (after, wants) in [
        (8, json!({ "type": "hold", "participant": "p1" })),
        (6, json!({ "type": "resume", "participant": "p1" })),
        (6, json!({ "type": "end" })),
    ] {
        let still = program.world.still_after(seconds(after)).await;
        program.wants(&call, wants).await;
        drop(still);
    }
    call
}

async fn answering() -> World {
    world(Phone::answers_after(2), Phone::answers_after(2)).await
}

/// So many minutes go by, at each of which the schedule comes.
async fn minutes_pass(world: &World, minutes: u64) {
    for _ in 0..minutes {
        world.stack.clock.advance(seconds(60)).await;
        world.stack.look_at_live_calls().await.unwrap();
        world.stack.tell_programs().await.unwrap();
    }
}

/// The whole log, as it is told.
async fn log(program: &Program<'_>, call: &str) -> Vec<Value> {
    let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
    events["events"].as_array().unwrap().clone()
}

/// What was told, without what is said beside it.
fn events(heard: &[Heard]) -> Vec<Value> {
    let bare = |heard: &Heard| {
        let mut event = heard.event.clone();
        let data = event["data"].as_object_mut().unwrap();
        data.remove("late");
        data.remove("gap");
        event
    };
    heard.iter().map(bare).collect()
}

fn seqs(heard: &[Heard]) -> Vec<u64> {
    heard.iter().map(Heard::seq).collect()
}

/// How the deliveries of a call are.
async fn deliveries(program: &Program<'_>, call: &str) -> Vec<Value> {
    let got = program.gets(&format!("calls/{call}/deliveries")).await;
    got["deliveries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_program_is_told_at_once_what_the_log_says() {
    let world = answering().await;
    let (program, ear) = (Program::of(&world), Ear::of(&world).await);
    let call = plays(&program, &ear).await;
    world.stack.clock.settled().await;
    let log = log(&program, &call).await;
    assert_eq!(log.last().unwrap()["type"], "call.ended");
    assert_eq!(events(&ear.heard()), log);
    for heard in ear.heard() {
        let happened = heard.event["time"].as_str().unwrap().parse().unwrap();
        assert!(heard.at.duration_since(happened).as_secs() <= 1 && !heard.is_late(), "{heard:?}");
    }
    let [delivery] = &deliveries(&program, &call).await[..] else { panic!("one is told") };
    assert_eq!((&delivery["state"], &delivery["told_up_to"]), (&json!("told"), &json!(log.len())));
    assert!(!delivery.to_string().contains("hush"), "{delivery}");
    logs::check(&["hush-hush".to_owned()]);
}

#[tokio::test]
async fn an_endpoint_is_the_keys_the_calls_or_the_actions() {
    let world = answering().await;
    let [of_key, of_call, of_action] = [Ear::of(&world).await, Ear::of(&world).await, Ear::of(&world).await];
    let url = of_key.url();
    let text =
        key(&world, [7; 4], |key| key.callback = Some(domain::CallbackUrl::parse(&url).unwrap())).await;
    // Its callbacks are signed by a secret of its own, which nobody has made: so nothing of it is told.
    let unsigned = Program { key: text, ..Program::of(&world) };
    let call = unsigned.creates(to_one()).await;
    let still = world.still_after(seconds(5)).await;
    let [delivery] = &deliveries(&unsigned, &call).await[..] else { panic!("the key's is told") };
    assert_eq!((&delivery["state"], &delivery["tells"]), (&json!("trying"), &json!("call")));
    unsigned.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    assert!(of_key.heard().is_empty());

    let program = Program::of(&world);
    let mut body = to_one();
    body["callback"] = json!(of_call.url());
    let call = program.creates(body).await;
    let still = world.still_after(seconds(5)).await;
    let add = json!({ "type": "add", "to": ANOTHER_PHONE, "callback": of_action.url() });
    let action = program.wants(&call, add).await;
    drop(still);
    let still = world.still_after(seconds(8)).await;
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    let log = log(&program, &call).await;
    let (its_own, others): (Vec<_>, Vec<_>) =
        log.into_iter().partition(|event| event["data"]["action_id"] == action);
    assert_eq!(events(&of_action.heard()), its_own);
    assert_eq!(events(&of_call.heard()), others);
    assert!(its_own.len() > 3, "{its_own:?}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_once() {
    let world = answering().await;
    let program = Program::of(&world);
    for (url, cause) in [
        ("http://example.com/calls", "https://"),
        ("https://10.0.0.1/calls", "public"),
        ("https://169.254.169.254/latest/meta-data", "public"),
        ("https://ana:word@example.com/", "password"),
        ("calls", "URL"),
    ] {
        let mut body = to_one();
        body["callback"] = json!(url);
        let (status, problem) = program.posts("calls", body).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_request")), "{url}");
        let told = problem["cause"].as_str().unwrap();
        assert!(told.starts_with("`callback`: ") && told.contains(cause), "{url}: {told}");
        assert!(!problem["cure"].as_str().unwrap().is_empty());
    }
    world.stack.clock.settled().await;
    assert!(world.exchange().stories().is_empty());
}

#[tokio::test]
async fn an_event_whose_answer_is_lost_comes_again_the_same() {
    let world = answering().await;
    let (program, ear) = (Program::of(&world), Ear::of(&world).await);
    // It takes each of the first ones, and nobody hears of it.
    ear.answers(Manner::TakesAfter(seconds(12)));
    let call = plays(&program, &ear).await;
    world.stack.clock.advance(seconds(20)).await;
    ear.answers(Manner::Takes);
    world.stack.clock.settled().await;
    assert!(ear.heard().len() > ear.taken().len(), "some come twice");
    assert!(seqs(&ear.heard()).is_sorted(), "{:?}", seqs(&ear.heard()));
    assert_eq!(events(&ear.taken()), log(&program, &call).await);
}

#[tokio::test]
async fn an_answer_that_is_slow_but_in_time_is_one() {
    let world = answering().await;
    let (program, ear) = (Program::of(&world), Ear::of(&world).await);
    ear.answers(Manner::TakesAfter(seconds(9)));
    let call = plays(&program, &ear).await;
    minutes_pass(&world, 5).await;
    // One after the other, each once; what came too late to steer by says so.
    assert_eq!(events(&ear.heard()), log(&program, &call).await);
    let (first, last) = (ear.heard()[0].clone(), ear.heard().pop().unwrap());
    assert!(!first.is_late() && last.is_late(), "{first:?} {last:?}");
}

#[tokio::test]
async fn what_fails_is_told_again_and_nothing_overtakes_it() {
    let world = answering().await;
    let (program, ear) = (Program::of(&world), Ear::of(&world).await);
    ear.answers(Manner::Says(500));
    let call = plays(&program, &ear).await;
    let tries = seqs(&ear.heard());
    // At once, after 1, 3 and 10 s; the next one is half a minute later.
    assert_eq!(tries, [1; 4], "{tries:?}");
    ear.answers(Manner::Takes);
    world.stack.clock.settled().await;
    assert_eq!(events(&ear.taken()), log(&program, &call).await);
    assert!(seqs(&ear.heard()).is_sorted());
}

#[tokio::test]
async fn a_program_that_was_down_for_an_hour_is_told_it_all_late() {
    let world = answering().await;
    let (program, ear) = (Program::of(&world), Ear::of(&world).await);
    ear.goes_down().await;
    let call = plays(&program, &ear).await;
    minutes_pass(&world, 60).await;
    assert!(ear.heard().is_empty());
    let [delivery] = &deliveries(&program, &call).await[..] else { panic!("one is told") };
    assert_eq!((&delivery["state"], &delivery["told_up_to"]), (&json!("trying"), &json!(0)));
    assert!(delivery["attempts"].as_u64().unwrap() >= 6, "{delivery}");
    ear.is_up_again().await;
    // It is tried again two hours after the last time.
    minutes_pass(&world, 150).await;
    assert_eq!(events(&ear.heard()), log(&program, &call).await);
    assert!(ear.heard().iter().all(Heard::is_late));
    logs::check(&["hush-hush".to_owned()]);
}

#[tokio::test]
async fn what_is_not_taken_for_a_day_is_a_dead_letter_and_told_anew() {
    let world = answering().await;
    let (program, ear) = (Program::of(&world), Ear::of(&world).await);
    ear.goes_down().await;
    let call = plays(&program, &ear).await;
    for _ in 0..25 * 6 {
        world.stack.clock.advance(seconds(600)).await;
        world.stack.tell_programs().await.unwrap();
    }
    ear.is_up_again().await;
    minutes_pass(&world, 2).await;
    assert!(ear.heard().is_empty(), "it is given up");
    let log = log(&program, &call).await;
    let [delivery] = &deliveries(&program, &call).await[..] else { panic!("one is told") };
    assert_eq!(delivery["dead_letters"], json!([{ "from": 1, "to": log.len() }]));
    assert_eq!(delivery["state"], "told");

    let path = format!("calls/{call}/deliveries/redeliver");
    let (status, answer) = program.posts(&path, json!({})).await;
    assert_eq!(status, 202, "{answer}");
    assert_eq!(answer["deliveries"][0]["dead_letters"], json!([]));
    world.stack.clock.settled().await;
    assert_eq!(events(&ear.heard()), log);
    assert!(ear.heard().iter().all(|heard| heard.is_late() && heard.event["data"]["gap"].is_null()));
    // From somewhere in the middle, whatever was taken.
    let (status, _) = program.posts(&path, json!({ "after": 3 })).await;
    assert_eq!(status, 202);
    world.stack.clock.settled().await;
    assert_eq!(events(&ear.heard()), [&log[..], &log[3..]].concat());
}

#[tokio::test]
async fn a_program_that_says_gone_is_told_no_more_until_it_asks() {
    let world = answering().await;
    let (program, ear) = (Program::of(&world), Ear::of(&world).await);
    ear.answers(Manner::Says(410));
    let call = plays(&program, &ear).await;
    ear.answers(Manner::Takes);
    minutes_pass(&world, 10).await;
    assert_eq!(seqs(&ear.heard()), [1]);
    let [delivery] = &deliveries(&program, &call).await[..] else { panic!("one is told") };
    assert_eq!(delivery["state"], "disabled");
    let (status, _) = program.posts(&format!("calls/{call}/deliveries/redeliver"), json!({})).await;
    assert_eq!(status, 202);
    world.stack.clock.settled().await;
    assert_eq!(events(&ear.taken()), log(&program, &call).await);
}

#[tokio::test]
async fn another_key_neither_sees_nor_repeats_what_is_told() {
    let world = answering().await;
    let (program, ear) = (Program::of(&world), Ear::of(&world).await);
    let call = plays(&program, &ear).await;
    world.stack.clock.settled().await;
    let before = ear.heard().len();
    let stranger = Program { key: key(&world, [8; 4], |_| {}).await, ..Program::of(&world) };
    let path = format!("calls/{call}/deliveries");
    assert_eq!(stranger.sends(hyper::Method::GET, &path, None, None).await.status, 404);
    let (status, _) = stranger.posts(&format!("{path}/redeliver"), json!({})).await;
    assert_eq!(status, 404);
    world.stack.clock.settled().await;
    assert_eq!(ear.heard().len(), before);
}

/// What may get lost between who writes the log and who tells it.
#[tokio::test]
async fn whichever_way_is_lost_a_program_is_told_everything() {
    for (wake_ups_are_lost, live_pipe_is_broken) in [(true, false), (false, true), (true, true)] {
        let world = answering().await;
        let (program, ear) = (Program::of(&world), Ear::of(&world).await);
        world.stack.break_by(&Faults { wake_ups_are_lost, live_pipe_is_broken, ..Faults::default() });
        let mut body = to_two();
        body["callback"] = json!(ear.url());
        let call = program.creates(body).await;
        minutes_pass(&world, 3).await;
        // Then it is the schedule that finds it, after five minutes at the latest.
        let both_are_lost = wake_ups_are_lost && live_pipe_is_broken;
        assert_eq!(ear.heard().is_empty(), both_are_lost, "{:?}", seqs(&ear.heard()));
        program.wants(&call, json!({ "type": "end" })).await;
        minutes_pass(&world, 12).await;
        let log = log(&program, &call).await;
        assert_eq!(log.last().unwrap()["type"], "call.ended", "{log:?}");
        assert_eq!(events(&ear.heard()), log, "{wake_ups_are_lost} {live_pipe_is_broken}");
    }
}

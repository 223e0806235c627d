//! Each key that somebody presses is told to a program, for as long as it wants.

use exchange::{Cue, Deed, Phone};
use serde_json::{Value, json};

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

async fn called(world: &World, phones: &[(&str, Phone)]) -> String {
    for (number, phone) in phones {
        world.exchange().plug(*number, phone.clone());
    }
    let program = Program::of(world);
    let to: Vec<&str> = phones.iter().map(|(number, _)| *number).collect();
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    drop(world.still_after(seconds(7)).await);
    call
}

/// The keys that were told, each with its number.
async fn keys(program: &Program<'_>, call: &str) -> Vec<(u64, Option<String>)> {
    program.log(call).await;
    let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
    let key = |event: &Value| {
        let data = &event["data"];
        let is_key = event["type"] == "participant.key";
        is_key.then(|| (data["sequence"].as_u64().unwrap(), data["key"].as_str().map(str::to_owned)))
    };
    events["events"].as_array().unwrap().iter().filter_map(key).collect()
}

fn pressed(keys: &[(u64, Option<String>)]) -> String {
    assert!(keys.iter().zip(1..).all(|((sequence, _), expected)| *sequence == expected), "{keys:?}");
    keys.iter().filter_map(|(_, key)| key.as_deref()).collect()
}

async fn ends(world: &World, program: &Program<'_>, call: &str) {
    program.wants(call, json!({ "type": "end" })).await;
    world.stack.clock.settled().await;
    for story in world.exchange().stories() {
        assert!(story.errors().is_empty(), "{story}");
        assert!(story.legs()[0].longest_silence() <= seconds(2), "{story}");
    }
}

#[tokio::test]
async fn keys_of_one_who_is_alone_are_told_as_they_come() {
    for (sensitive, tells_empty) in [(false, false), (false, true), (true, false)] {
        let world = World::with(|it| it.unverified.tells_empty_digits = tells_empty, |_| {}).await;
        let types = Phone::answers_after(2)
            .on(Cue::answered().after(12), Deed::presses("12#"))
            .on(Cue::answered().after(30), Deed::presses("4"));
        let call = called(&world, &[(OWNER_PHONE, types)]).await;
        let program = Program::of(&world);
        let listens = json!({ "type": "listen_keys", "participant": "p1", "sensitive": sensitive });
        let action = program.wants(&call, listens).await;
        let still = world.still_after(seconds(35)).await;
        assert_eq!(program.action(&call, &action).await["state"], "running");
        let told = keys(&program, &call).await;
        assert_eq!((told.len(), &*pressed(&told)), (4, if sensitive { "" } else { "12#4" }));
        let path = format!("calls/{call}/actions/{action}/cancel");
        let (status, answer) = program.posts(&path, Value::Null).await;
        assert_eq!(status, 202, "{answer}");
        drop(still);
        let still = world.still_after(seconds(2)).await;
        assert_eq!(program.action(&call, &action).await["state"], "canceled");
        drop(still);
        ends(&world, &program, &call).await;
        let stored = world.everything_stored().await;
        let is_stored = |it: &String| it.replace('\\', "").contains(r##""key":"#""##);
        assert_eq!(stored.iter().flatten().any(is_stored), !sensitive);
    }
}

#[tokio::test]
async fn in_a_seat_keys_are_heard_by_the_others_alone() {
    let types = Phone::answers_after(2)
        .on(Cue::answered().after(18), Deed::presses("5"))
        .on(Cue::answered().after(34), Deed::presses("6"));
    let world = World::new().await;
    let call = called(&world, &[(OWNER_PHONE, types), (ANOTHER_PHONE, Phone::answers_after(2))]).await;
    let program = Program::of(&world);
    let path = format!("calls/{call}/actions");
    let (status, problem) = program.posts(&path, json!({ "type": "listen_keys", "participant": "p1" })).await;
    assert_eq!((status, &problem["code"]), (409, &json!("in_a_seat")), "{problem}");
    let listens = json!({ "type": "listen_keys", "participant": "p1", "leave_seat": true });
    let action = program.wants(&call, listens).await;
    let still = world.still_after(seconds(4)).await;
    assert_eq!(
        (program.state(&call, 1).await, program.state(&call, 2).await),
        ("booth".into(), "booth".into())
    );
    drop(still);
    let still = world.still_after(seconds(12)).await;
    assert_eq!(pressed(&keys(&program, &call).await), "5");
    program.wants(&call, json!({ "type": "cancel", "action": action })).await;
    drop(still);
    let still = world.still_after(seconds(15)).await;
    assert_eq!(
        (program.state(&call, 1).await, program.state(&call, 2).await),
        ("seated".into(), "seated".into())
    );
    assert_eq!(pressed(&keys(&program, &call).await), "5", "what is pressed in a seat is told to nobody");
    drop(still);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn on_hold_keys_are_told_and_it_ends_with_the_leg() {
    let types = Phone::answers_after(2)
        .on(Cue::answered().after(22), Deed::presses("0"))
        .on(Cue::answered().after(40), Deed::HangsUp);
    let world = World::new().await;
    let call = called(&world, &[(OWNER_PHONE, types), (ANOTHER_PHONE, Phone::answers_after(2))]).await;
    let program = Program::of(&world);
    let twiml = "<Response><Say>Press zero if you do not want to wait.</Say></Response>";
    program.wants(&call, json!({ "type": "hold", "participant": "p1", "twiml": twiml })).await;
    let still = world.still_after(seconds(3)).await;
    let action = program.wants(&call, json!({ "type": "listen_keys", "participant": "p1" })).await;
    drop(still);
    let still = world.still_after(seconds(16)).await;
    assert_eq!(program.state(&call, 1).await, "held");
    assert_eq!(pressed(&keys(&program, &call).await), "0");
    drop(still);
    let still = world.still_after(seconds(30)).await;
    assert_eq!(program.action(&call, &action).await["state"], "succeeded");
    drop(still);
    world.stack.clock.settled().await;
    let story = world.leg_to(OWNER_PHONE);
    assert!(story.to_string().contains("Press zero"), "{story}");
}

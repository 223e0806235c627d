//! Calls for which people are rung until one of them has the caller, and in which a program wants something then.

use std::time::Duration;

use domain::DialOutcome;
use exchange::{Caller, Cue, Deed, Phone, Story};
use serde_json::json;

use crate::program::{Program, Still};
use crate::shop::{ANA, BEN, FRIEND, MONDAY, by_file};
use crate::world::{MASKED_NUMBER, World, seconds};

/// Ana and Ben ring together, and then a message is taken.
const TOGETHER: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: ana@example.com }
  ben: { phone: +12125550177 }
calls:
  - do: [{ ring: [ana, ben], for: 40s }, voicemail]
";

/// One telephone, whose owner presses a key before they have the caller.
const ONE: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: ana@example.com }
calls:
  - do: [{ ring: ana, for: 40s }, voicemail]
";

/// Picks up after two seconds, and takes the call five seconds later.
fn takes() -> Phone {
    Phone::answers_after(2).on(Cue::answered().after(5), Deed::presses("1"))
}

/// A world in which Ana takes the caller some ten seconds after the call came in.
async fn world(file: &str) -> World {
    let world = by_file(file, MONDAY).await;
    world.exchange().plug(ANA, takes());
    world
}

/// A call in which a program does something after so many milliseconds; what came of it.
async fn played<T>(
    world: &World,
    caller: Caller,
    millis: u64,
    program: impl AsyncFnOnce(&Program<'_>, &mut Still<'_>, String) -> T,
) -> (Story, T) {
    let call = world.exchange().start_call(caller, MASKED_NUMBER);
    let mut still = Still::after(world, Duration::from_millis(millis)).await;
    let id = format!("CL{}", &call.story().call_sid().as_str()[2..]);
    let did = program(&Program::of(world), &mut still, id).await;
    drop(still);
    let story = call.finished().await;
    world.stack.clock.settled().await;
    (story, did)
}

async fn states(program: &Program<'_>, call: &str) -> Vec<String> {
    let seen = program.gets(&format!("calls/{call}")).await;
    let participants = seen["participants"].as_array().unwrap().clone();
    participants.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
}

/// Nobody heard an error, or nothing for long; and the call was a conversation, in which no message was left.
async fn is_well(world: &World, story: &Story, call: &str) {
    assert!(story.errors().is_empty(), "{story}");
    assert!(!story.heard_beep() && story.recording().is_none(), "{story}");
    assert!(story.legs()[0].longest_silence() <= seconds(2), "{story}");
    let known = world.stack.ledger.call(story.call_sid()).await.unwrap();
    assert_eq!(known.dial_outcome, Some(DialOutcome::Conversation), "{story}");
    assert!(world.stack.mailbox.messages().is_empty(), "nobody has missed it");
    let seen = Program::of(world).gets(&format!("calls/{call}")).await;
    assert_eq!(seen["state"], "ended", "{seen}");
}

#[tokio::test]
async fn a_caller_for_whom_people_are_hunted_is_held_and_resumed() {
    // Whoever is asked for a key by a single telephone has pressed it when they are there for a minute.
    for (file, after) in [(TOGETHER, 20_000), (ONE, 70_000)] {
        let world = world(file).await;
        let caller = Caller::new(FRIEND).hangs_up_after(150);
        let (story, call) = played(&world, caller, after, async |program, still, call| {
            let seen = program.gets(&format!("calls/{call}")).await;
            assert_eq!((&seen["state"], &seen["steered"]), (&json!("active"), &json!(false)), "{seen}");
            assert_eq!(states(program, &call).await, ["bridged", "bridged"]);
            let hold = program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
            still.passes(4).await;
            assert_eq!(states(program, &call).await, ["held", "booth"]);
            assert_eq!(program.action(&call, &hold).await["state"], "succeeded");
            program.wants(&call, json!({ "type": "resume", "participant": "p1" })).await;
            still.passes(20).await;
            assert_eq!(states(program, &call).await, ["seated", "seated"]);
            call
        })
        .await;
        is_well(&world, &story, &call).await;
    }
}

#[tokio::test]
async fn nothing_is_done_to_who_is_asked_whether_they_take_the_call() {
    for file in [TOGETHER, ONE] {
        let world = world(file).await;
        let caller = Caller::new(FRIEND).hangs_up_after(60);
        let (story, call) = played(&world, caller, 5_000, async |program, _, call| {
            let (status, problem) =
                program.posts(&format!("calls/{call}/actions"), json!({ "type": "end" })).await;
            assert_eq!((status, &problem["code"]), (409, &json!("not_connected")), "{problem}");
            assert_eq!(program.gets(&format!("calls/{call}")).await["state"], "incoming");
            call
        })
        .await;
        is_well(&world, &story, &call).await;
        assert!(!story.heard_beep(), "{story}");
    }
}

#[tokio::test]
async fn whoever_hangs_up_while_a_hunted_call_is_promoted_ends_it() {
    for millis in [0, 120, 160, 300] {
        for ana_hangs_up in [true, false] {
            let world = by_file(TOGETHER, MONDAY).await;
            let leaves = |after: u64| Cue::begins().after_millis(after + millis);
            let (ana, caller) = (takes(), Caller::new(FRIEND));
            let (ana, caller) = if ana_hangs_up {
                // She is rung after the caller has heard a sentence.
                (ana.on(leaves(17_200), Deed::HangsUp), caller)
            } else {
                (ana, caller.on(leaves(20_000), Deed::HangsUp))
            };
            world.exchange().plug(ANA, ana);
            let (story, call) = played(&world, caller, 20_100, async |program, _, call| {
                let body = json!({ "type": "unmute", "participant": "p2" });
                let (status, _) = program.posts(&format!("calls/{call}/actions"), body).await;
                assert!(status == 202 || status == 409, "{status}");
                call
            })
            .await;
            is_well(&world, &story, &call).await;
            assert!(world.legs_to(BEN).iter().all(|leg| !leg.was_answered()));
        }
    }
}

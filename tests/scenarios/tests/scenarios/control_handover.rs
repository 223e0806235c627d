//! Calls that programs hand over, and supervisors in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use exchange::{Hearing, Phone, Story};
use local::faults::Faults;
use serde_json::json;

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

/// Whoever is asked before a call is handed over.
const EXPERT: &str = "+12125550188";

/// A customer, p1, and an agent, p2, who talk.
async fn talking(expert: Phone) -> (World, String) {
    let world = World::new().await;
    world.exchange().plug(OWNER_PHONE, Phone::answers_after(2));
    world.exchange().plug(ANOTHER_PHONE, Phone::answers_after(3));
    world.exchange().plug(EXPERT, expert);
    let program = Program::of(&world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE]);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    let still = world.still_after(seconds(8)).await;
    assert_eq!(program.state(&call, 1).await, "seated");
    drop(still);
    (world, call)
}

fn talked(one: &Story, other: &Story) -> bool {
    let heard = one.legs()[0].heard.clone();
    heard.iter().any(|it| matches!(&it.what, Hearing::People(with) if with.contains(other.call_sid())))
}

async fn states(program: &Program<'_>, call: &str) -> Vec<String> {
    let mut states = Vec::new();
    for participant in 1..=3 {
        states.push(program.state(call, participant).await);
    }
    states
}

/// What they heard is as it is to be: no error, no silence.
fn is_well(world: &World) {
    for story in world.exchange().stories() {
        assert!(story.errors().is_empty(), "{story}");
        assert!(story.legs()[0].longest_silence() <= seconds(2), "{story}");
    }
}

#[tokio::test]
async fn a_call_is_handed_over_after_a_word_in_private() {
    let (world, call) = talking(Phone::answers_after(3)).await;
    let program = Program::of(&world);
    let consult = json!({ "type": "consult", "participant": "p2", "to": EXPERT });
    let consult = program.wants(&call, consult).await;
    let still = world.still_after(seconds(8)).await;
    assert_eq!(states(&program, &call).await, ["held", "seated", "seated"]);
    assert_eq!(program.action(&call, &consult).await["state"], "succeeded");
    let complete = program.wants(&call, json!({ "type": "complete", "action": consult })).await;
    drop(still);
    let still = world.still_after(seconds(4)).await;
    assert_eq!(states(&program, &call).await, ["seated", "left", "seated"]);
    assert_eq!(program.action(&call, &complete).await["state"], "succeeded");
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    let [customer, agent, expert] = [OWNER_PHONE, ANOTHER_PHONE, EXPERT].map(|to| world.leg_to(to));
    assert!(talked(&agent, &expert) && talked(&customer, &expert), "{customer}{agent}{expert}");
    is_well(&world);
}

#[tokio::test]
async fn a_call_is_taken_back_from_whom_was_consulted() {
    let (world, call) = talking(Phone::answers_after(3)).await;
    let program = Program::of(&world);
    let consult = json!({ "type": "consult", "participant": "p2", "to": EXPERT });
    let consult = program.wants(&call, consult).await;
    let still = world.still_after(seconds(8)).await;
    let back = program.wants(&call, json!({ "type": "take_back", "action": consult })).await;
    drop(still);
    let still = world.still_after(seconds(4)).await;
    assert_eq!(states(&program, &call).await, ["seated", "seated", "left"]);
    assert_eq!(program.action(&call, &back).await["state"], "succeeded");
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    assert!(!talked(&world.leg_to(OWNER_PHONE), &world.leg_to(EXPERT)));
    is_well(&world);
}

#[tokio::test]
async fn whoever_is_not_reached_leaves_the_two_together() {
    for (expert, code) in [(Phone::busy(), "busy"), (Phone::never_answers(), "no_answer")] {
        for kind in ["consult", "transfer"] {
            let (world, call) = talking(expert.clone()).await;
            let program = Program::of(&world);
            let wanted = json!({ "type": kind, "participant": "p2", "to": EXPERT, "ring_seconds": 10 });
            let action = program.wants(&call, wanted).await;
            let still = world.still_after(seconds(25)).await;
            let ended = program.action(&call, &action).await;
            assert_eq!((&ended["state"], &ended["problem"]["code"]), (&json!("failed"), &json!(code)));
            assert_eq!(states(&program, &call).await, ["seated", "seated", "left"]);
            program.wants(&call, json!({ "type": "end" })).await;
            drop(still);
            world.stack.clock.settled().await;
            is_well(&world);
        }
    }
}

#[tokio::test]
async fn a_pair_becomes_another_once_somebody_picks_up() {
    let (world, call) = talking(Phone::answers_after(5)).await;
    let program = Program::of(&world);
    let transfer = json!({ "type": "transfer", "participant": "p1", "to": EXPERT });
    let transfer = program.wants(&call, transfer).await;
    let still = world.still_after(seconds(4)).await;
    assert_eq!(states(&program, &call).await, ["seated", "seated", "ringing"]);
    drop(still);
    let still = world.still_after(seconds(6)).await;
    assert_eq!(states(&program, &call).await, ["seated", "left", "seated"]);
    assert_eq!(program.action(&call, &transfer).await["state"], "succeeded");
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    assert!(talked(&world.leg_to(OWNER_PHONE), &world.leg_to(EXPERT)));
    is_well(&world);
}

#[tokio::test]
async fn a_supervisor_listens_coaches_and_barges_in() {
    let (world, call) = talking(Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let add = json!({ "type": "add", "to": EXPERT, "role": "listen" });
    program.wants(&call, add).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(states(&program, &call).await, ["seated", "seated", "seated"]);
    // Who of the two hears the supervisor at this moment.
    let hear_supervisor = || {
        let supervisor = world.leg_to(EXPERT);
        let hears = |to: &&str| {
            let last = world.leg_to(to).legs()[0].heard.last().map(|it| it.what.clone());
            matches!(last, Some(Hearing::People(with)) if with.contains(supervisor.call_sid()))
        };
        [OWNER_PHONE, ANOTHER_PHONE].into_iter().filter(hears).count()
    };
    assert_eq!(hear_supervisor(), 0, "nobody hears who listens");
    let coach = json!({ "type": "role", "participant": "p3", "role": "coach", "coaches": "p2" });
    let coach = program.wants(&call, coach).await;
    drop(still);
    let still = world.still_after(seconds(3)).await;
    assert_eq!(program.action(&call, &coach).await["state"], "succeeded");
    assert_eq!(hear_supervisor(), 1, "the agent alone hears a coach");
    let barge = json!({ "type": "role", "participant": "p3", "role": "talk" });
    let barge = program.wants(&call, barge).await;
    drop(still);
    let still = world.still_after(seconds(3)).await;
    assert_eq!(program.action(&call, &barge).await["state"], "succeeded");
    assert_eq!(hear_supervisor(), 2);
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    is_well(&world);
}

/// What docs/cost.md counts of a call with hold and transfer, so that it stays true.
#[tokio::test]
async fn a_held_and_transferred_call_asks_as_much_as_is_priced() {
    let world = World::new().await;
    for (to, after) in [(OWNER_PHONE, 2), (ANOTHER_PHONE, 3), (EXPERT, 3)] {
        world.exchange().plug(to, Phone::answers_after(after));
    }
    world.stack.break_by(&Faults::default());
    let webhooks = Arc::new(AtomicUsize::new(0));
    let count = webhooks.clone();
    world.exchange().set_delivery(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        vec![Duration::ZERO]
    });
    let program = Program::of(&world);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": OWNER_PHONE })).await;
    let steps = [
        (5, json!({ "type": "add", "to": ANOTHER_PHONE })),
        (8, json!({ "type": "hold", "participant": "p1" })),
        (30, json!({ "type": "resume", "participant": "p1" })),
        (8, json!({ "type": "transfer", "participant": "p1", "to": EXPERT })),
        (60, json!({ "type": "end" })),
    ];
    for (after, body) in steps {
        let still = world.still_after(seconds(after)).await;
        program.wants(&call, body).await;
        drop(still);
    }
    world.stack.clock.settled().await;
    let operations = world.stack.database_operations();
    let writes = operations
        .iter()
        .filter(|it| it.contains("Write") || it.starts_with("Put") || it.starts_with("Update"));
    let rows = world.rows("live-calls").await;
    let counted = [
        ("webhooks", webhooks.load(Ordering::Relaxed), 50),
        ("reads", operations.len() - writes.clone().count(), 90),
        ("writes", writes.count(), 60),
        ("requests of the worker", usize::try_from(world.stack.act_requests()).unwrap(), 400),
        ("its messages", usize::try_from(world.stack.live_wakeups.deliveries()).unwrap(), 120),
        ("rows", rows.len(), 60),
        ("bytes of them", rows.iter().map(String::len).max().unwrap_or_default(), 20_000),
    ];
    for (what, count, at_most) in counted {
        assert!(count <= at_most, "{what}: {count}");
    }
    is_well(&world);
}

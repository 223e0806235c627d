//! Participants who leave a call for another: transferred out of a group, or moved.

use exchange::{Hearing, Phone, RestFault, RestRequest, Story, Times};
use serde_json::{Value, json};

use crate::program::Program;
use crate::shop::{BEN, FRIEND, MONDAY, by_file, caller};
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

/// Who is in the group beside a customer and an agent.
const COLLEAGUE: &str = "+12125550187";

/// To whom somebody is transferred.
const EXPERT: &str = "+12125550188";

/// Programs first, and nobody else.
const OFFERED: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: ana@example.com }
calls:
  - do: [control, voicemail: ana]
";

/// A customer, p1, an agent, p2, and a colleague, p3, who talk.
async fn talking_in(world: &World, expert: Phone) -> String {
    for (phone, after) in [(OWNER_PHONE, 2), (ANOTHER_PHONE, 2), (COLLEAGUE, 2)] {
        world.exchange().plug(phone, Phone::answers_after(after));
    }
    world.exchange().plug(EXPERT, expert);
    let program = Program::of(world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE, COLLEAGUE]);
    let call =
        program.creates(json!({ "from": MASKED_NUMBER, "to": to, "operation_context": "order 7" })).await;
    let still = world.still_after(seconds(9)).await;
    assert_eq!(states(&program, &call).await, ["seated", "seated", "seated"]);
    drop(still);
    call
}

async fn talking(expert: Phone) -> (World, String) {
    let world = World::new().await;
    let call = talking_in(&world, expert).await;
    (world, call)
}

/// The same program, after it made the first call.
fn another(world: &World) -> Program<'_> {
    let program = Program::of(world);
    program.asked.set(1);
    program
}

async fn states(program: &Program<'_>, call: &str) -> Vec<String> {
    let call = program.gets(&format!("calls/{call}")).await;
    let all = call["participants"].as_array().unwrap();
    all.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
}

/// What happened from an event on: its type, whom it is about, and why or where.
async fn told(program: &Program<'_>, call: &str, after: u64) -> Vec<String> {
    program.log(call).await;
    let events = program.gets(&format!("calls/{call}/events?limit=1000&after={after}")).await;
    let text = |event: &Value| {
        let data = &event["data"];
        let names = ["participant_id", "action_id", "cause", "place"];
        let said = names.iter().filter_map(|name| data[name].as_str()).collect::<Vec<_>>().join(" ");
        let code = data["problem"]["code"].as_str().unwrap_or_default();
        format!("{} {said} {code}", event["type"].as_str().unwrap()).trim_end().to_owned()
    };
    events["events"].as_array().unwrap().iter().map(text).collect()
}

async fn last(program: &Program<'_>, call: &str) -> u64 {
    program.gets(&format!("calls/{call}")).await["seq"].as_u64().unwrap()
}

/// The new call of a transfer, as its action names it.
async fn new_call(program: &Program<'_>, call: &str, action: &str) -> String {
    program.action(call, action).await["command"]["to_call"].as_str().unwrap().to_owned()
}

/// Who hears this one now.
fn heard_by(world: &World, one: &str) -> Vec<&'static str> {
    let sid = world.leg_to(one).call_sid().clone();
    let hears = |to: &&str| {
        let last = world.leg_to(to).legs()[0].heard.last().map(|it| it.what.clone());
        matches!(last, Some(Hearing::People(with)) if with.contains(&sid))
    };
    let all = [OWNER_PHONE, ANOTHER_PHONE, COLLEAGUE];
    all.into_iter().filter(|to| *to != one).filter(hears).collect()
}

fn is_well(world: &World) {
    for story in world.exchange().stories() {
        assert!(story.errors().is_empty(), "{story}");
        assert!(story.legs()[0].longest_silence() <= seconds(2), "{story}");
    }
}

async fn ended(program: &Program<'_>, call: &str, cause: &str) {
    let call = program.gets(&format!("calls/{call}")).await;
    assert_eq!((&call["state"], &call["cause"]), (&json!("ended"), &json!(cause)), "{call}");
}

#[tokio::test]
async fn one_of_a_group_goes_over_once_somebody_picks_up() {
    for (after_conference, survives) in [("completed", true), ("answered", false)] {
        let world = World::with(
            |it| {
                it.unverified.after_conference = after_conference;
                it.unverified.recordings_survive_moves = survives;
            },
            |_| {},
        )
        .await;
        let call = talking_in(&world, Phone::answers_after(4)).await;
        let program = Program::of(&world);
        let before = last(&program, &call).await;
        let transfer =
            json!({ "type": "transfer", "participant": "p1", "to": EXPERT, "operation_context": "t" });
        let transfer = program.wants(&call, transfer).await;
        let new = new_call(&program, &call, &transfer).await;
        let still = world.still_after(seconds(3)).await;
        assert_eq!(states(&program, &call).await, ["seated", "seated", "seated"], "they talk on");
        assert_eq!(states(&program, &new).await, ["ringing"]);
        drop(still);
        let still = world.still_after(seconds(6)).await;
        assert_eq!(states(&program, &call).await, ["left", "seated", "seated"]);
        assert_eq!(states(&program, &new).await, ["seated", "seated"]);
        assert_eq!(heard_by(&world, EXPERT), [OWNER_PHONE]);
        assert_eq!(heard_by(&world, ANOTHER_PHONE), [COLLEAGUE]);
        let seen = program.gets(&format!("calls/{new}")).await;
        assert_eq!((&seen["from_call"], &seen["operation_context"]), (&json!(call), &json!("t")), "{seen}");
        assert_eq!(seen["participants"][1]["from_participant"], "p1", "{seen}");
        let seen = program.gets(&format!("calls/{call}")).await;
        assert_eq!(seen["participants"][0]["to_call"], json!(new), "{seen}");
        program.wants(&call, json!({ "type": "end" })).await;
        drop(still);
        let still = world.still_after(seconds(3)).await;
        assert_eq!(states(&program, &new).await, ["seated", "seated"], "the new call goes on by itself");
        drop(still);
        let still = world.still_after(seconds(1)).await;
        world.leg_to(OWNER_PHONE);
        program.wants(&new, json!({ "type": "end" })).await;
        drop(still);
        world.stack.clock.settled().await;
        let expected = [
            "action.queued p1 a2",
            "participant.left p1 a2 transferred",
            "action.succeeded a2",
            "action.queued a3",
        ];
        let log = told(&program, &call, before).await;
        assert_eq!(log[..expected.len()], expected, "{log:#?}");
        let expected = [
            "call.created",
            "action.queued a1",
            "participant.planned p1 a1",
            "action.started a1",
            "participant.dialing p1 a1",
            "participant.ringing p1 a1",
            "participant.answered p1 a1",
            "call.connected",
            "action.succeeded a1",
        ];
        let log = told(&program, &new, 0).await;
        assert_eq!(log[..expected.len()], expected, "{log:#?}");
        let rest = |what: &str| log[expected.len()..].iter().filter(|it| *it == what).count();
        for what in ["participant.joined p2", "participant.moved p1 seat", "participant.moved p2 seat"] {
            assert_eq!(rest(what), 1, "{what}: {log:#?}");
        }
        ended(&program, &call, "ended").await;
        ended(&program, &new, "ended").await;
        is_well(&world);
    }
}

#[tokio::test]
async fn a_group_stays_together_if_nobody_picks_up() {
    for (expert, code) in [(Phone::busy(), "busy"), (Phone::never_answers(), "no_answer")] {
        let (world, call) = talking(expert).await;
        let program = Program::of(&world);
        let wanted = json!({ "type": "transfer", "participant": "p2", "to": EXPERT, "ring_seconds": 10 });
        let action = program.wants(&call, wanted).await;
        let new = new_call(&program, &call, &action).await;
        let still = world.still_after(seconds(25)).await;
        let failed = program.action(&call, &action).await;
        assert_eq!((&failed["state"], &failed["problem"]["code"]), (&json!("failed"), &json!(code)));
        assert_eq!(states(&program, &call).await, ["seated", "seated", "seated"]);
        ended(&program, &new, code).await;
        program.wants(&call, json!({ "type": "end" })).await;
        drop(still);
        world.stack.clock.settled().await;
        is_well(&world);
    }
}

#[tokio::test]
async fn a_transfer_out_of_a_group_is_called_off() {
    let (world, call) = talking(Phone::never_answers()).await;
    let program = Program::of(&world);
    let wanted = json!({ "type": "transfer", "participant": "p2", "to": EXPERT });
    let action = program.wants(&call, wanted).await;
    let new = new_call(&program, &call, &action).await;
    let still = world.still_after(seconds(5)).await;
    let cancel = program.wants(&call, json!({ "type": "cancel", "action": action })).await;
    drop(still);
    let still = world.still_after(seconds(5)).await;
    assert_eq!(program.action(&call, &action).await["state"], "canceled");
    assert_eq!(program.action(&call, &cancel).await["state"], "succeeded");
    assert_eq!(states(&program, &call).await, ["seated", "seated", "seated"]);
    ended(&program, &new, "ended").await;
    assert!(world.leg_to(EXPERT).ended().is_some());
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    is_well(&world);
}

#[tokio::test]
async fn whoever_hangs_up_while_it_rings_leaves_nobody_ringing() {
    let (world, call) = talking(Phone::never_answers()).await;
    let program = Program::of(&world);
    let wanted = json!({ "type": "transfer", "participant": "p1", "to": EXPERT, "ring_seconds": 60 });
    let action = program.wants(&call, wanted).await;
    let new = new_call(&program, &call, &action).await;
    let still = world.still_after(seconds(5)).await;
    program.wants(&call, json!({ "type": "remove", "participant": "p1" })).await;
    drop(still);
    let still = world.still_after(seconds(6)).await;
    let failed = program.action(&call, &action).await;
    assert_eq!(
        (&failed["state"], &failed["problem"]["code"]),
        (&json!("failed"), &json!("participant_left"))
    );
    assert_eq!(states(&program, &call).await, ["left", "seated", "seated"]);
    ended(&program, &new, "ended").await;
    assert!(world.leg_to(EXPERT).ended().is_some());
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    is_well(&world);
}

#[tokio::test]
async fn a_leg_that_twilio_does_not_lead_at_once_comes_over_later() {
    let (world, call) = talking(Phone::answers_after(3)).await;
    let program = Program::of(&world);
    world.exchange().rest_faults(RestRequest::ChangeCall, RestFault::ServerError, Times::Next(2));
    let wanted = json!({ "type": "transfer", "participant": "p1", "to": EXPERT });
    let action = program.wants(&call, wanted).await;
    let new = new_call(&program, &call, &action).await;
    let still = world.still_after(seconds(15)).await;
    assert_eq!(program.action(&call, &action).await["state"], "succeeded");
    assert_eq!(states(&program, &new).await, ["seated", "seated"]);
    for call in [&call, &new] {
        program.wants(call, json!({ "type": "end" })).await;
    }
    drop(still);
    world.stack.clock.settled().await;
    is_well(&world);
}

#[tokio::test]
async fn one_is_moved_into_another_call_and_back() {
    let (world, call) = talking(Phone::answers_after(2)).await;
    let program = another(&world);
    let other = program.creates(json!({ "from": MASKED_NUMBER, "to": EXPERT })).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(states(&program, &other).await, ["booth"]);
    let there = json!({ "type": "move", "participant": "p2", "to_call": other });
    let there = program.wants(&call, there).await;
    drop(still);
    let still = world.still_after(seconds(4)).await;
    assert_eq!(program.action(&call, &there).await["state"], "succeeded");
    assert_eq!(states(&program, &call).await, ["seated", "left", "seated"]);
    assert_eq!(states(&program, &other).await, ["seated", "seated"]);
    assert_eq!(heard_by(&world, EXPERT), [ANOTHER_PHONE]);
    let back = json!({ "type": "move", "participant": "p2", "to_call": call });
    let back = program.wants(&other, back).await;
    drop(still);
    let still = world.still_after(seconds(4)).await;
    assert_eq!(program.action(&other, &back).await["state"], "succeeded");
    assert_eq!(states(&program, &call).await, ["seated", "left", "seated", "seated"]);
    assert_eq!(heard_by(&world, ANOTHER_PHONE), [OWNER_PHONE, COLLEAGUE]);
    // Of the pair the other one is let go, as if they had been left.
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    ended(&program, &other, "alone").await;
    ended(&program, &call, "ended").await;
    is_well(&world);
}

#[tokio::test]
async fn nobody_is_moved_where_nothing_is() {
    let (world, call) = talking(Phone::never_answers()).await;
    let program = another(&world);
    let path = format!("calls/{call}/actions");
    let dialing = program.creates(json!({ "from": MASKED_NUMBER, "to": EXPERT, "ring_seconds": 30 })).await;
    let nothing = format!("CL{}", "0".repeat(32));
    for (to, status, code) in
        [(&nothing, 404, "call_not_found"), (&call, 400, "invalid_request"), (&dialing, 409, "not_connected")]
    {
        let moves = json!({ "type": "move", "participant": "p1", "to_call": to });
        let (got, problem) = program.posts(&path, moves).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{problem}");
    }
    let still = world.still_after(seconds(1)).await;
    program.wants(&dialing, json!({ "type": "end" })).await;
    drop(still);
    let still = world.still_after(seconds(5)).await;
    let moves = json!({ "type": "move", "participant": "p1", "to_call": dialing });
    let (got, problem) = program.posts(&path, moves).await;
    assert_eq!((got, &problem["code"]), (409, &json!("call_ended")), "{problem}");
    assert_eq!(states(&program, &call).await, ["seated", "seated", "seated"]);
    program.wants(&call, json!({ "type": "end" })).await;
    drop(still);
    world.stack.clock.settled().await;
    is_well(&world);
}

/// The caller's leg was never dialled by us: its end is reported where the call came in.
#[tokio::test]
async fn a_caller_is_moved_and_their_end_is_known_where_they_are() {
    let world = by_file(OFFERED, MONDAY).await;
    world.exchange().plug(BEN, Phone::answers_after(2));
    let program = Program::of(&world);
    let calling = world.exchange().call(caller(FRIEND).hangs_up_after(30), MASKED_NUMBER);
    let steering = async {
        let other = program.creates(json!({ "from": MASKED_NUMBER, "to": BEN })).await;
        let still = world.still_after(seconds(1)).await;
        let seen = program.gets("calls?state=incoming").await;
        let call = seen["calls"][0]["id"].as_str().unwrap().to_owned();
        program.wants(&call, json!({ "type": "answer" })).await;
        drop(still);
        let still = world.still_after(seconds(7)).await;
        let moves = json!({ "type": "move", "participant": "p1", "to_call": other });
        let action = program.wants(&call, moves).await;
        drop(still);
        let still = world.still_after(seconds(5)).await;
        assert_eq!(program.action(&call, &action).await["state"], "succeeded");
        assert_eq!(states(&program, &other).await, ["seated", "seated"]);
        ended(&program, &call, "moved").await;
        drop(still);
        other
    };
    let (story, other): (Story, String) = tokio::join!(calling, steering);
    world.stack.clock.settled().await;
    assert!(story.errors().is_empty(), "{story}");
    let log = told(&program, &other, 0).await;
    assert!(log.contains(&"participant.left p2 hung_up".to_owned()), "{log:#?}");
    ended(&program, &other, "alone").await;
    is_well(&world);
}

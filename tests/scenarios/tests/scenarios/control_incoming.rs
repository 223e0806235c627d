//! Calls that come in, and are offered to programs before the phone file goes on.

use std::time::Duration;

use exchange::{Phone, Story, WebhookKind};
use local::front::Reach;
use serde_json::{Value, json};

use crate::program::{Program, Still};
use crate::shop::{ANA, BEN, FRIEND, MONDAY, by_file, caller, presses_after};
use crate::world::{MASKED_NUMBER, World, seconds};

/// Programs first, then Ana, then a message.
const OFFERED: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: ana@example.com }
calls:
  - do: [control, { ring: ana, for: 20s }, voicemail]
";

/// The same behind a sentence.
const SAID_FIRST: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: ana@example.com }
calls:
  - do: [{ say: One moment please. }, control, reject]
";

/// Somebody calls; after so many milliseconds a program that looks sees the call, and does something.
async fn played<T>(
    world: &World,
    after_millis: u64,
    program: impl AsyncFnOnce(&Program<'_>, String) -> T,
) -> (Story, T) {
    let calling = world.exchange().call(caller(FRIEND), MASKED_NUMBER);
    let deciding = async {
        let still = world.still_after(Duration::from_millis(after_millis)).await;
        let looks = Program::of(world);
        let seen = looks.gets("calls?state=incoming").await;
        let id = seen["calls"][0]["id"].as_str().unwrap_or_default().to_owned();
        let did = program(&looks, id).await;
        drop(still);
        did
    };
    let (story, did) = tokio::join!(calling, deciding);
    world.stack.clock.settled().await;
    (story, did)
}

fn never_in_silence(story: &Story) {
    assert!(story.legs()[0].longest_silence() <= seconds(2), "{story}");
}

async fn ends_as(world: &World, call: &str, cause: &str) -> Value {
    let seen = Program::of(world).gets(&format!("calls/{call}")).await;
    assert_eq!((&seen["state"], &seen["cause"]), (&json!("ended"), &json!(cause)), "{seen}");
    seen
}

#[tokio::test]
async fn a_program_answers_and_adds_somebody() {
    let world = by_file(OFFERED, MONDAY).await;
    world.exchange().plug(BEN, Phone::answers_after(3).talks_for(20));
    let calling = world.exchange().call(caller(FRIEND).hangs_up_after(60), MASKED_NUMBER);
    let program = Program::of(&world);
    let steering = async {
        let still = world.still_after(seconds(1)).await;
        let seen = program.gets("calls?state=incoming").await;
        let call = seen["calls"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(seen["calls"][0]["participants"][0]["number"], FRIEND, "{seen}");
        let answer = program.wants(&call, json!({ "type": "answer" })).await;
        drop(still);
        let still = world.still_after(seconds(2)).await;
        assert_eq!(program.action(&call, &answer).await["state"], "succeeded");
        assert_eq!(program.state(&call, 1).await, "booth");
        let add = program.wants(&call, json!({ "type": "add", "to": BEN })).await;
        drop(still);
        let still = world.still_after(seconds(8)).await;
        assert_eq!(program.action(&call, &add).await["state"], "succeeded");
        assert_eq!(program.state(&call, 1).await, "seated");
        drop(still);
        call
    };
    let (story, call) = tokio::join!(calling, steering);
    world.stack.clock.settled().await;
    assert!(story.errors().is_empty(), "{story}");
    assert!(!story.rang(ANA) && story.recording().is_none(), "{story}");
    ends_as(&world, &call, "alone").await;
    let known = world.stack.ledger.call(story.call_sid()).await.unwrap();
    assert_eq!(known.dial_outcome, Some(domain::DialOutcome::Conversation));
    assert!(world.stack.mailbox.messages().is_empty(), "nobody has missed it");
}

#[tokio::test]
async fn a_program_rejects_and_nothing_is_paid() {
    for (reason, status) in [("busy", "busy"), ("rejected", "no-answer")] {
        let world = by_file(OFFERED, MONDAY).await;
        let (story, (call, action)) = played(&world, 1000, async |program, call| {
            let action = program.wants(&call, json!({ "type": "reject", "reason": reason })).await;
            (call, action)
        })
        .await;
        assert_eq!((story.status().as_str(), story.was_answered()), (status, false), "{story}");
        assert!(story.errors().is_empty(), "{story}");
        let action = Program::of(&world).action(&call, &action).await;
        assert_eq!(action["state"], "succeeded", "{action}");
        ends_as(&world, &call, "rejected").await;
        assert!(world.stack.mailbox.messages().is_empty(), "a program did not want it");
    }
}

#[tokio::test]
async fn a_call_rings_on_and_can_be_answered_but_not_rejected() {
    let world = by_file(OFFERED, MONDAY).await;
    let (story, call) = played(&world, 5_000, async |program, call| {
        let path = format!("calls/{call}/actions");
        let (status, problem) = program.posts(&path, json!({ "type": "reject" })).await;
        assert_eq!((status, &problem["code"]), (409, &json!("too_late_to_reject")), "{problem}");
        let twiml = "<Response><Say>Here is a program.</Say><Hangup/></Response>";
        program.wants(&call, json!({ "type": "answer", "twiml": twiml })).await;
        call
    })
    .await;
    assert!(story.caller_heard("Here is a program."), "{story}");
    assert!(story.errors().is_empty() && !story.rang(ANA), "{story}");
    ends_as(&world, &call, "hung_up").await;
}

#[tokio::test]
async fn without_a_decision_the_plan_goes_on() {
    let world = by_file(OFFERED, MONDAY).await;
    world.exchange().plug(ANA, presses_after(2, "1", 6_000));
    let (story, call) = played(&world, 11_500, async |program, call| {
        assert_eq!(call, "", "the offer is over");
        let seen = program.gets("calls").await;
        assert_eq!(seen, json!({ "calls": [] }));
    })
    .await;
    let () = call;
    assert!(story.talked_with().is_some(), "{story}");
    assert!(story.errors().is_empty(), "{story}");
    never_in_silence(&story);
    let id = format!("CL{}", &story.call_sid().as_str()[2..]);
    ends_as(&world, &id, "released").await;
    let log = Program::of(&world).log(&id).await;
    assert_eq!(log[4..], ["call.rings_on", "participant.left", "call.ended"]);
}

#[tokio::test]
async fn a_program_puts_a_call_through() {
    let world = by_file(OFFERED, MONDAY).await;
    world.exchange().plug(BEN, Phone::answers_after(3).talks_for(20));
    let (story, (call, action)) = played(&world, 1_000, async |program, call| {
        let redirect = json!({ "type": "redirect", "to": BEN, "ring_seconds": 15 });
        let action = program.wants(&call, redirect).await;
        (call, action)
    })
    .await;
    assert!(story.talked_with().is_some() && !story.rang(ANA), "{story}");
    assert!(story.errors().is_empty(), "{story}");
    let action = Program::of(&world).action(&call, &action).await;
    assert_eq!(action["state"], "succeeded", "{action}");
    ends_as(&world, &call, "redirected").await;
}

#[tokio::test]
async fn whoever_is_put_through_in_vain_comes_to_the_plan() {
    let world = by_file(OFFERED, MONDAY).await;
    world.exchange().plug(BEN, Phone::busy());
    world.exchange().plug(ANA, presses_after(2, "1", 6_000));
    let (story, (call, action)) = played(&world, 1_000, async |program, call| {
        let action = program.wants(&call, json!({ "type": "redirect", "to": BEN })).await;
        (call, action)
    })
    .await;
    assert!(story.rang(ANA) && story.talked_with().is_some(), "{story}");
    let action = Program::of(&world).action(&call, &action).await;
    assert_eq!(
        (&action["state"], &action["problem"]["code"]),
        (&json!("failed"), &json!("busy")),
        "{action}"
    );
    ends_as(&world, &call, "released").await;
}

#[tokio::test]
async fn a_program_that_dies_leaves_the_plan_in_charge() {
    let world = by_file(OFFERED, MONDAY).await;
    let (story, call) = played(&world, 1_000, async |program, call| {
        program.wants(&call, json!({ "type": "answer" })).await;
        call
    })
    .await;
    assert!(story.rang(ANA) && story.heard_beep(), "{story}");
    assert!(story.recording().is_some() && story.errors().is_empty(), "{story}");
    never_in_silence(&story);
    ends_as(&world, &call, "released").await;
}

#[tokio::test]
async fn a_caller_who_is_forgotten_on_hold_goes_on_by_the_plan() {
    // A document that never ends asks nothing: nobody but the worker comes upon it.
    let endless = "<Response><Say loop=\"0\">You are next in line.</Say></Response>";
    for (hold, waits) in [
        (json!({ "type": "hold", "participant": "p1" }), 300),
        (json!({ "type": "hold", "participant": "p1", "twiml": endless, "alone_seconds": 420 }), 420),
    ] {
        let world = by_file(OFFERED, MONDAY).await;
        let calling = world.exchange().call(caller(FRIEND), MASKED_NUMBER);
        let program = Program::of(&world);
        let steering = async {
            let mut still = Still::after(&world, seconds(1)).await;
            let seen = program.gets("calls?state=incoming").await;
            let call = seen["calls"][0]["id"].as_str().unwrap().to_owned();
            program.wants(&call, json!({ "type": "answer" })).await;
            still.passes(4).await;
            program.wants(&call, hold).await;
            call
        };
        let (story, call) = tokio::join!(calling, steering);
        world.stack.clock.settled().await;
        assert!(story.rang(ANA) && story.recording().is_some(), "{story}");
        assert!(story.errors().is_empty(), "{story}");
        never_in_silence(&story);
        let reminded = program.log(&call).await.iter().filter(|it| *it == "participant.still_held").count();
        assert_eq!(reminded, 3, "after a minute, three and five");
        let seen = ends_as(&world, &call, "released").await;
        let at = |name: &str| seen[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let had = at("ended_at").duration_since(at("created_at")).as_secs();
        assert!((waits..waits + 12).contains(&had), "{had} s: {story}");
    }
}

#[tokio::test]
async fn a_program_gives_a_caller_back() {
    let world = by_file(OFFERED, MONDAY).await;
    let calling = world.exchange().call(caller(FRIEND), MASKED_NUMBER);
    let program = Program::of(&world);
    let steering = async {
        let still = world.still_after(seconds(1)).await;
        let seen = program.gets("calls?state=incoming").await;
        let call = seen["calls"][0]["id"].as_str().unwrap().to_owned();
        program.wants(&call, json!({ "type": "answer" })).await;
        drop(still);
        let still = world.still_after(seconds(6)).await;
        let release = program.wants(&call, json!({ "type": "release" })).await;
        drop(still);
        (call, release)
    };
    let (story, (call, release)) = tokio::join!(calling, steering);
    world.stack.clock.settled().await;
    assert!(story.rang(ANA) && story.recording().is_some(), "{story}");
    assert_eq!(program.action(&call, &release).await["state"], "succeeded");
    ends_as(&world, &call, "released").await;
}

#[tokio::test]
async fn a_caller_who_heard_something_is_not_rejected() {
    let world = by_file(SAID_FIRST, MONDAY).await;
    let (story, ()) = played(&world, 1_000, async |program, call| {
        let path = format!("calls/{call}/actions");
        let (status, problem) = program.posts(&path, json!({ "type": "reject" })).await;
        assert_eq!((status, &problem["code"]), (409, &json!("too_late_to_reject")), "{problem}");
    })
    .await;
    assert!(story.caller_heard("One moment please.") && story.was_answered(), "{story}");
    assert!(story.errors().is_empty(), "{story}");
    never_in_silence(&story);
}

#[tokio::test]
async fn a_caller_who_hangs_up_ends_the_offer() {
    let world = by_file(OFFERED, MONDAY).await;
    let story = world.exchange().call(caller(FRIEND).hangs_up_after(3), MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    assert!(story.errors().is_empty() && !story.rang(ANA), "{story}");
    let id = format!("CL{}", &story.call_sid().as_str()[2..]);
    ends_as(&world, &id, "hung_up").await;
}

/// Twilio gives the first try up just as the call is offered, and asks once more.
async fn asked_twice() -> World {
    let world = by_file(OFFERED, MONDAY).await;
    world.exchange().set_delivery(|outgoing| {
        let is_first = outgoing.kind == WebhookKind::Voice && outgoing.attempt == 0;
        vec![Duration::from_millis(if is_first { 5_900 } else { 1 })]
    });
    world
}

#[tokio::test]
async fn a_decision_counts_though_the_first_answer_is_lost() {
    let reject = json!({ "type": "reject" });
    let answer = json!({ "type": "answer", "twiml": "<Response><Say>Hello.</Say><Hangup/></Response>" });
    for (wanted, status) in [(reject, "busy"), (answer, "completed")] {
        let world = asked_twice().await;
        let (story, (call, action)) = played(&world, 5_950, async |program, call| {
            let action = program.wants(&call, wanted.clone()).await;
            (call, action)
        })
        .await;
        assert_eq!(story.status(), status, "{story}");
        let action = Program::of(&world).action(&call, &action).await;
        assert_eq!(action["state"], "succeeded", "{action}");
    }
}

#[tokio::test]
async fn a_second_answer_that_rings_on_leaves_no_rejecting() {
    let world = asked_twice().await;
    let (story, ()) = played(&world, 6_100, async |program, call| {
        let path = format!("calls/{call}/actions");
        let (status, problem) = program.posts(&path, json!({ "type": "reject" })).await;
        assert_eq!((status, &problem["code"]), (409, &json!("too_late_to_reject")), "{problem}");
    })
    .await;
    assert!(story.recording().is_some() && story.errors().is_empty(), "{story}");
}

#[tokio::test]
async fn a_caller_who_is_offered_comes_to_the_beep_without_tables() {
    for text in [OFFERED, SAID_FIRST] {
        let world = by_file(text, MONDAY).await;
        let during = |outgoing: &exchange::Outgoing| outgoing.url.contains("/webhook/wait?");
        world.outage(|stack| stack.database.front(), Reach::Refused, during);
        let story = world.exchange().call(caller(FRIEND), MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        assert!(story.recording().is_some() && story.heard_beep(), "{story}");
        assert!(!story.heard_application_error(), "{story}");
        never_in_silence(&story);
    }
}

//! Programs that ask as much as they can do not keep a caller waiting.

use std::time::Duration;

use exchange::{Phone, Story};
use hyper::Method;
use serde_json::json;

use crate::program::Program;
use crate::shop::{ANA, BEN, FRIEND, MONDAY, by_file, caller, presses_after};
use crate::world::{MASKED_NUMBER, World, seconds};

const FILE: &str = "\
number: +14155550100
time_zone: America/Los_Angeles
people:
  ana: { phone: +12125550142, email: ana@example.com }
  ben: { phone: +12125550177, email: ben@example.com }
calls:
  - do: [{ ring: [ana, ben], for: 20s }, voicemail]
";

/// How many calls programs steer meanwhile, and how often something is asked for each, all at the same moment.
const CALLS: u32 = 8;
const TIMES: u32 = 14;

fn telephone(nth: u32) -> String {
    format!("+1212555{:04}", 3000 + nth)
}

/// When Ana's telephone rang, and when the two talked, after the caller's beginning.
fn moments(world: &World, story: &Story) -> [Duration; 2] {
    let ana = world.leg_to(ANA);
    let since = |at: jiff::Timestamp| Duration::try_from(at.duration_since(story.started())).unwrap();
    let heard = story.legs()[0].heard.clone();
    let talks = heard.iter().find(|it| matches!(it.what, exchange::Hearing::People(_))).unwrap();
    [since(ana.started()), since(talks.from)]
}

async fn called(world: &World) -> Story {
    world.exchange().plug(BEN, Phone::never_answers());
    world.exchange().plug(ANA, presses_after(3, "1", 6_000).talks_for(10));
    let story = world.exchange().call(caller(FRIEND), MASKED_NUMBER).await;
    assert!(story.errors().is_empty() && story.legs()[0].longest_silence() <= seconds(2), "{story}");
    story
}

#[tokio::test]
async fn a_flood_of_requests_does_not_keep_a_caller_waiting() {
    let quiet = by_file(FILE, MONDAY).await;
    let expected = moments(&quiet, &called(&quiet).await);
    quiet.stack.clock.settled().await;

    let world = by_file(FILE, MONDAY).await;
    let program = Program::of(&world);
    let mut calls = Vec::new();
    for nth in 0..CALLS {
        world.exchange().plug(telephone(nth), Phone::answers_after(1));
        calls.push(program.creates(json!({ "from": MASKED_NUMBER, "to": telephone(nth) })).await);
    }
    let still = world.still_after(seconds(30)).await;
    for call in &calls {
        assert_eq!(program.state(call, 1).await, "booth");
    }
    drop(still);
    let flood = async {
        // From before the caller rings until they talk.
        for round in 0..TIMES {
            for (nth, call) in calls.iter().enumerate() {
                let kind = if round % 2 == 0 { "hold" } else { "resume" };
                let wanted = json!({ "type": kind, "participant": "p1" });
                let once = format!("flood-{round}-{nth}");
                let path = format!("calls/{call}/actions");
                let got = program.sends(Method::POST, &path, Some(&wanted), Some(&once)).await;
                assert!([202, 409].contains(&got.status), "{:?}", got.body);
                program.gets("calls").await;
            }
            world.stack.clock.sleep(Duration::from_millis(500)).await;
        }
    };
    let (story, ()) = tokio::join!(called(&world), flood);
    let met = moments(&world, &story);
    for (met, expected) in met.into_iter().zip(expected) {
        assert!(met <= expected + Duration::from_secs(1), "{met:?}, and without it {expected:?}\n{story}");
    }
    for call in &calls {
        program.wants(call, json!({ "type": "end" })).await;
    }
    world.stack.clock.settled().await;
}

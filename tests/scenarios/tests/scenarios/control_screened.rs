//! Whoever picks up hears something first, and proves that a person is there.

use exchange::{Cue, Deed, Hearing, Phone, Story};
use serde_json::{Value, json};

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

/// Who is called beside two who talk.
const EXPERT: &str = "+12125550188";

/// What only whoever picks up hears.
const WHISPER: &str = "Kim wants to talk to you. Press one to take the call.";

/// A customer, p1, and an agent, p2, who talk.
async fn talking_in(world: &World, expert: Phone) -> String {
    world.exchange().plug(OWNER_PHONE, Phone::answers_after(2));
    world.exchange().plug(ANOTHER_PHONE, Phone::answers_after(2));
    world.exchange().plug(EXPERT, expert);
    let program = Program::of(world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE]);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    let still = world.still_after(seconds(8)).await;
    assert_eq!(program.state(&call, 1).await, "seated");
    drop(still);
    call
}

async fn talking(expert: Phone) -> (World, String) {
    let world = World::new().await;
    let call = talking_in(&world, expert).await;
    (world, call)
}

fn screened(kind: &str) -> Value {
    let whisper = json!({ "text": WHISPER, "language": "en-US" });
    let accept = json!({ "key": "1", "phrases": ["yes"], "speech": "en-US" });
    let mut action = json!({ "type": kind, "to": EXPERT, "whisper": whisper, "accept": accept });
    if kind != "add" {
        action["participant"] = json!("p1");
    }
    action
}

/// Somebody who presses a key while it is said what it does.
fn presses(key: &str) -> Phone {
    Phone::answers_after(2).on(Cue::hears("Press one").after(3), Deed::presses(key))
}

/// What happened to the third, and to the action, from where it was wanted on.
async fn told(program: &Program<'_>, call: &str, action: &str) -> Vec<String> {
    program.log(call).await;
    let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
    let text = |event: &Value| {
        let data = &event["data"];
        let is_its = data["participant_id"] == "p3" || data["action_id"] == json!(action);
        let why =
            ["cause", "place", "evidence"].iter().find_map(|name| data[name].as_str()).unwrap_or_default();
        is_its.then(|| format!("{} {why}", event["type"].as_str().unwrap()).trim_end().to_owned())
    };
    events["events"].as_array().unwrap().iter().filter_map(text).collect()
}

fn heard(story: &Story, words: &str) -> bool {
    story.legs()[0].heard.iter().any(|it| format!("{:?}", it.what).contains(words))
}

/// For how long somebody who is asked may think, in seconds.
const THINKS: u64 = 6;

/// For how long a mailbox greets, and hears nothing meanwhile, in seconds.
const GREETS: u64 = 7;

async fn ends(world: &World, program: &Program<'_>, calls: &[&str]) {
    ends_after(world, program, calls, THINKS).await;
}

/// The same where the third heard nothing for so long.
async fn ends_after(world: &World, program: &Program<'_>, calls: &[&str], of_expert: u64) {
    for call in calls {
        program.wants(call, json!({ "type": "end" })).await;
    }
    world.stack.clock.settled().await;
    for phone in [OWNER_PHONE, ANOTHER_PHONE, EXPERT] {
        let story = world.leg_to(phone);
        assert!(story.errors().is_empty(), "{story}");
        let most = if phone == EXPERT { of_expert } else { 2 };
        assert!(story.legs()[0].longest_silence() <= seconds(most), "{story}");
        assert_eq!(heard(&story, "Kim"), phone == EXPERT, "{story}");
    }
}

#[tokio::test]
async fn a_key_or_a_word_proves_that_a_person_is_there() {
    let says = Phone::answers_after(2).on(Cue::hears("Press one").after(3), Deed::says("Yes, please."));
    for expert in [presses("1"), says] {
        let (world, call) = talking(expert).await;
        let program = Program::of(&world);
        let add = program.wants(&call, screened("add")).await;
        let still = world.still_after(seconds(4)).await;
        assert_eq!(program.state(&call, 3).await, "ringing", "that it was picked up proves nothing");
        drop(still);
        let still = world.still_after(seconds(8)).await;
        assert_eq!(program.action(&call, &add).await["state"], "succeeded");
        assert_eq!(program.state(&call, 3).await, "seated");
        drop(still);
        let expected = [
            "action.queued",
            "participant.planned",
            "action.started",
            "participant.dialing",
            "participant.ringing",
            "participant.screened",
            "participant.answered proof",
            "action.succeeded proof",
            "participant.moved seat",
        ];
        assert_eq!(told(&program, &call, &add).await, expected);
        ends(&world, &program, &[&call]).await;
    }
}

#[tokio::test]
async fn a_mailbox_that_picks_up_joins_nobody() {
    for tells_empty_digits in [false, true] {
        for kind in ["add", "consult", "transfer"] {
            let world = World::with(|it| it.unverified.tells_empty_digits = tells_empty_digits, |_| {}).await;
            let greets = "Hi, you have reached Ben. Say yes or leave your message after the tone, please.";
            let call = talking_in(&world, Phone::answers_after(2).greets(greets)).await;
            let program = Program::of(&world);
            let action = program.wants(&call, screened(kind)).await;
            let still = world.still_after(seconds(30)).await;
            let failed = program.action(&call, &action).await;
            assert_eq!(
                (&failed["state"], &failed["problem"]["code"]),
                (&json!("failed"), &json!("machine_answered")),
                "{kind}"
            );
            for participant in 1..=2 {
                assert_eq!(program.state(&call, participant).await, "seated", "{kind}");
            }
            drop(still);
            let last = told(&program, &call, &action).await;
            let expected = [
                "participant.unproved machine_answered",
                "participant.left machine_answered",
                "action.failed",
            ];
            assert_eq!(last[last.len() - 3..], expected);
            ends_after(&world, &program, &[&call], GREETS).await;
            let heard = world.leg_to(EXPERT).legs()[0].heard.clone();
            assert!(!heard.iter().any(|it| matches!(it.what, Hearing::People(_))), "{heard:?}");
        }
    }
}

#[tokio::test]
async fn who_presses_another_key_does_not_want_the_call() {
    let expert = Phone::answers_after(2)
        .on(Cue::hears("Press one").after(2), Deed::presses("7"))
        .on(Cue::hears("Press one").after(12), Deed::presses("8"));
    let (world, call) = talking(expert).await;
    let program = Program::of(&world);
    let action = program.wants(&call, screened("transfer")).await;
    let still = world.still_after(seconds(30)).await;
    let failed = program.action(&call, &action).await;
    assert_eq!(failed["state"], "failed", "{failed}");
    assert_eq!(
        (program.state(&call, 1).await, program.state(&call, 3).await),
        ("seated".into(), "left".into())
    );
    drop(still);
    ends(&world, &program, &[&call]).await;
}

#[tokio::test]
async fn a_whisper_alone_is_heard_out_by_whoever_picks_up() {
    let (world, call) = talking(Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let mut add = screened("add");
    add.as_object_mut().unwrap().remove("accept");
    let add = program.wants(&call, add).await;
    let still = world.still_after(seconds(12)).await;
    assert_eq!(program.action(&call, &add).await["state"], "succeeded");
    assert_eq!(program.state(&call, 3).await, "seated");
    drop(still);
    ends(&world, &program, &[&call]).await;
}

#[tokio::test]
async fn whoever_is_asked_is_called_off() {
    let (world, call) = talking(Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let add = program.wants(&call, screened("add")).await;
    let still = world.still_after(seconds(5)).await;
    let cancel = program.wants(&call, json!({ "type": "cancel", "action": add })).await;
    drop(still);
    let still = world.still_after(seconds(4)).await;
    assert_eq!(program.action(&call, &add).await["state"], "canceled");
    assert_eq!(program.action(&call, &cancel).await["state"], "succeeded");
    assert!(world.leg_to(EXPERT).ended().is_some());
    drop(still);
    ends(&world, &program, &[&call]).await;
}

#[tokio::test]
async fn out_of_a_group_one_goes_over_once_a_person_is_there() {
    let (world, call) = talking(presses("1")).await;
    let program = Program::of(&world);
    world.exchange().plug("+12125550187", Phone::answers_after(2));
    program.wants(&call, json!({ "type": "add", "to": "+12125550187" })).await;
    let still = world.still_after(seconds(6)).await;
    let action = program.wants(&call, screened("transfer")).await;
    let to = program.action(&call, &action).await["command"]["to_call"].as_str().unwrap().to_owned();
    drop(still);
    let still = world.still_after(seconds(4)).await;
    assert_eq!(program.state(&call, 1).await, "seated", "they stay until somebody is there");
    drop(still);
    let still = world.still_after(seconds(8)).await;
    assert_eq!(program.action(&call, &action).await["state"], "succeeded");
    assert_eq!(
        (program.state(&call, 1).await, program.state(&to, 2).await),
        ("left".into(), "seated".into())
    );
    drop(still);
    ends(&world, &program, &[&call, &to]).await;
}

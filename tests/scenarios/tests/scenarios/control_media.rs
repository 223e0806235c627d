//! What programs play to participants, and ask of them.

use exchange::{Cue, Deed, Phone};
use serde_json::{Value, json};

use crate::program::Program;
use crate::world::{ANOTHER_PHONE, MASKED_NUMBER, OWNER_PHONE, World, seconds};

async fn called(phone: Phone) -> (World, String) {
    let world = World::new().await;
    world.exchange().plug(OWNER_PHONE, phone);
    let program = Program::of(&world);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": OWNER_PHONE })).await;
    let still = world.still_after(seconds(4)).await;
    assert_eq!(program.state(&call, 1).await, "booth");
    drop(still);
    (world, call)
}

async fn pair() -> (World, String) {
    let world = World::new().await;
    world.exchange().plug(OWNER_PHONE, Phone::answers_after(2));
    world.exchange().plug(ANOTHER_PHONE, Phone::answers_after(2));
    let program = Program::of(&world);
    let to = json!([OWNER_PHONE, ANOTHER_PHONE]);
    let call = program.creates(json!({ "from": MASKED_NUMBER, "to": to })).await;
    let still = world.still_after(seconds(8)).await;
    assert_eq!(program.state(&call, 1).await, "seated");
    drop(still);
    (world, call)
}

/// What was recognised, as the log has it.
async fn recognized(program: &Program<'_>, call: &str) -> Option<Value> {
    let events = program.gets(&format!("calls/{call}/events?limit=1000")).await;
    let mut events = events["events"].as_array().unwrap().clone().into_iter();
    events.find(|event| event["type"] == "participant.recognized").map(|event| event["data"].clone())
}

async fn ends(world: &World, program: &Program<'_>, call: &str) {
    program.wants(call, json!({ "type": "end" })).await;
    world.stack.clock.settled().await;
    for story in world.exchange().stories() {
        assert!(story.errors().is_empty(), "{story}");
        assert!(story.legs()[0].longest_silence() <= seconds(6), "{story}");
    }
}

#[tokio::test]
async fn words_are_said_to_one_and_then_it_is_as_before() {
    let (world, call) = called(Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let play = json!({ "type": "play", "participants": ["p1"], "text": "Your order has left." });
    let play = program.wants(&call, play).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(program.action(&call, &play).await["state"], "succeeded");
    assert_eq!(program.state(&call, 1).await, "booth");
    drop(still);
    let ssml =
        "<speak>It comes <break time=\"300ms\"/> at <say-as interpret-as=\"time\">9:00am</say-as>.</speak>";
    let play = program.wants(&call, json!({ "type": "play", "ssml": ssml, "language": "en-GB" })).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(program.action(&call, &play).await["state"], "succeeded");
    drop(still);
    ends(&world, &program, &call).await;
    let story = world.leg_to(OWNER_PHONE);
    assert!(story.to_string().contains("Your order has left."), "{story}");
    assert!(story.to_string().contains("en-GB"), "{story}");
}

#[tokio::test]
async fn all_hear_it_and_talk_again_afterwards() {
    let (world, call) = pair().await;
    let program = Program::of(&world);
    let play = program.wants(&call, json!({ "type": "play", "text": "One minute is left." })).await;
    let still = world.still_after(seconds(8)).await;
    assert_eq!(program.action(&call, &play).await["state"], "succeeded");
    for participant in 1..=2 {
        assert_eq!(program.state(&call, participant).await, "seated");
    }
    drop(still);
    ends(&world, &program, &call).await;
    for to in [OWNER_PHONE, ANOTHER_PHONE] {
        let story = world.leg_to(to);
        assert!(story.to_string().contains("One minute is left."), "{story}");
    }
}

#[tokio::test]
async fn what_goes_on_for_ever_is_called_off() {
    let (world, call) = called(Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let forever = json!({ "type": "play", "text": "Please hold the line.", "loop": 0 });
    let play = program.wants(&call, forever.clone()).await;
    let still = world.still_after(seconds(30)).await;
    assert_eq!(program.action(&call, &play).await["state"], "queued");
    let path = format!("calls/{call}/actions");
    let (status, problem) = program.posts(&path, forever).await;
    assert_eq!((status, &problem["code"]), (409, &json!("action_in_the_way")), "{problem}");
    assert_eq!(problem["blocking_action"], json!(play));
    let (status, _) = program.posts(&format!("calls/{call}/actions/{play}/cancel"), Value::Null).await;
    assert_eq!(status, 202);
    drop(still);
    let still = world.still_after(seconds(3)).await;
    assert_eq!(program.action(&call, &play).await["state"], "canceled");
    drop(still);
    ends(&world, &program, &call).await;
}

#[tokio::test]
async fn a_key_chooses_and_a_word_does() {
    let presses = |key: &str| Phone::answers_after(2).on(Cue::hears("sales").after(4), Deed::presses(key));
    let says =
        Phone::answers_after(2).on(Cue::hears("sales").after(4), Deed::says("the sales department please"));
    let asks = json!({
        "type": "recognize", "participant": "p1",
        "prompt": { "text": "For sales press one, or say sales." },
        "speech": "en-US",
        "choices": [
            { "label": "sales", "key": "1", "phrases": ["sales"] },
            { "label": "service", "key": "2", "phrases": ["service"] },
        ],
    });
    for (phone, expected) in [(presses("1"), "sales"), (presses("2"), "service"), (says, "sales")] {
        let (world, call) = called(phone).await;
        let program = Program::of(&world);
        let asked = program.wants(&call, asks.clone()).await;
        let still = world.still_after(seconds(25)).await;
        assert_eq!(
            program.action(&call, &asked).await["state"],
            "succeeded",
            "{}",
            world.leg_to(OWNER_PHONE)
        );
        let heard = recognized(&program, &call).await.unwrap();
        assert_eq!(heard["choice"], expected, "{heard}");
        drop(still);
        ends(&world, &program, &call).await;
    }
}

#[tokio::test]
async fn silence_and_a_wrong_key_are_told_as_such() {
    let cases = [
        (Phone::answers_after(2), "no_input"),
        (Phone::answers_after(2).on(Cue::hears("Press one").after(3), Deed::presses("7")), "no_match"),
    ];
    for (phone, code) in cases {
        let (world, call) = called(phone).await;
        let program = Program::of(&world);
        let asks = json!({
            "type": "recognize", "participant": "p1", "prompt": { "text": "Press one." },
            "choices": [{ "label": "one", "key": "1" }], "timeout_seconds": 4,
        });
        let asked = program.wants(&call, asks).await;
        let still = world.still_after(seconds(20)).await;
        let ended = program.action(&call, &asked).await;
        assert_eq!((&ended["state"], &ended["problem"]["code"]), (&json!("failed"), &json!(code)), "{ended}");
        assert_eq!(program.state(&call, 1).await, "booth");
        drop(still);
        ends(&world, &program, &call).await;
    }
}

#[tokio::test]
async fn a_secret_is_nowhere() {
    const SECRET: &str = "4929123";
    let phone = Phone::answers_after(2).on(Cue::hears("card").after(3), Deed::presses(SECRET));
    let (world, call) = called(phone).await;
    let program = Program::of(&world);
    let asks = json!({
        "type": "recognize", "participant": "p1", "prompt": { "text": "Your card, please." },
        "max_keys": 7, "sensitive": true,
    });
    let asked = program.wants(&call, asks).await;
    let still = world.still_after(seconds(20)).await;
    assert_eq!(program.action(&call, &asked).await["state"], "succeeded");
    let heard = recognized(&program, &call).await.unwrap();
    assert_eq!((&heard["sensitive"], heard.get("keys")), (&json!(true), None), "{heard}");
    drop(still);
    ends(&world, &program, &call).await;
    for table in world.everything_stored().await {
        for row in table {
            assert!(!row.contains(SECRET), "{row}");
        }
    }
}

#[tokio::test]
async fn keys_are_pressed_for_a_participant() {
    let (world, call) = called(Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let keys = json!({ "type": "send_keys", "participant": "p1", "keys": "1w23#" });
    let sent = program.wants(&call, keys).await;
    let still = world.still_after(seconds(6)).await;
    assert_eq!(program.action(&call, &sent).await["state"], "succeeded");
    drop(still);
    ends(&world, &program, &call).await;
    let story = world.leg_to(OWNER_PHONE);
    assert!(story.to_string().contains("1w23#"), "{story}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_cure() {
    let (world, call) = called(Phone::answers_after(2)).await;
    let program = Program::of(&world);
    let cases = [
        (json!({ "type": "play" }), "`text`, `ssml`, `file`"),
        (
            json!({ "type": "play", "text": "a", "file": "https://a.example/b.mp3" }),
            "one of them is expected",
        ),
        (json!({ "type": "play", "file": "http://a.example/b.mp3" }), "`file`"),
        (json!({ "type": "play", "ssml": "<speak>broken" }), "`ssml`"),
        (json!({ "type": "play", "text": "a", "loop": 1001 }), "`loop`"),
        (json!({ "type": "play", "text": "a", "participants": ["p1", "p1"] }), "stands twice"),
        (json!({ "type": "recognize", "participant": "p1" }), "`max_keys`, `speech`"),
        (json!({ "type": "recognize", "participant": "p1", "max_keys": 65 }), "`max_keys`"),
        (
            json!({ "type": "recognize", "participant": "p1", "max_keys": 1, "timeout_seconds": 0 }),
            "`timeout_seconds`",
        ),
        (
            json!({ "type": "recognize", "participant": "p1", "choices": [{ "label": "a", "phrases": ["a"] }] }),
            "`speech`",
        ),
        (json!({ "type": "send_keys", "participant": "p1", "keys": "x" }), "`send_digits`"),
        (json!({ "type": "role", "participant": "p1", "role": "coach" }), "`coaches`"),
        (json!({ "type": "role", "participant": "p1", "role": "talk", "coaches": "p1" }), "`coaches`"),
    ];
    for (body, expected) in cases {
        let (status, problem) = program.posts(&format!("calls/{call}/actions"), body.clone()).await;
        assert_eq!(status, 400, "{body}: {problem}");
        assert!(problem["cause"].as_str().unwrap().contains(expected), "{body}: {problem}");
    }
    ends(&world, &program, &call).await;
}

//! Calls that are forwarded, until a program wants something of them.

use domain::{DialOutcome, KeyNumbers};
use exchange::{
    AfterChildMoved, Caller, Cue, Deed, Hearing, Phone, RestFault, RestRequest, Speech, Story, Times,
    WebhookKind,
};
use hyper::Method;
use phone::PhoneNumber;
use serde_json::{Value, json};

use crate::control::key;
use crate::program::{Program, Still};
use crate::world::{MASKED_NUMBER, OWNER_PHONE, STRANGER, Told, World, seconds};

/// To whom calls are handed over.
const EXPERT: &str = "+12125550188";

fn id(story: &Story) -> String {
    format!("CL{}", &story.call_sid().as_str()[2..])
}

/// A call of a stranger's that the owner takes after two seconds; ten seconds after it began a program does something.
async fn played<T>(
    world: &World,
    caller: Caller,
    program: impl AsyncFnOnce(&Program<'_>, &mut Still<'_>, String) -> T,
) -> (Told, T) {
    let call = world.exchange().start_call(caller, MASKED_NUMBER);
    let mut still = Still::after(world, seconds(10)).await;
    let did = program(&Program::of(world), &mut still, id(call.story())).await;
    drop(still);
    let story = call.finished().await;
    world.stack.clock.settled().await;
    (world.told(story).await, did)
}

/// A world whose owner picks up, and talks for as long as the other one does.
async fn world() -> World {
    let world = World::new().await;
    world.plug(Phone::answers_after(2).talks_until_caller_hangs_up());
    world.exchange().plug(EXPERT, Phone::answers_after(3).talks_for(20));
    world
}

fn caller() -> Caller {
    Caller::new(STRANGER).hangs_up_after(60)
}

/// Nobody heard an error, or nothing for long; and it counts as a conversation.
fn is_well(told: &Told) {
    let story = &told.story;
    assert!(story.errors().is_empty(), "{story}");
    for leg in story.legs() {
        assert!(leg.longest_silence() <= seconds(2), "{story}");
    }
    told.forwarded(DialOutcome::Conversation);
    assert!(!story.heard_beep() && told.mails.is_empty(), "{story}");
}

async fn states(program: &Program<'_>, call: &str) -> Vec<String> {
    let seen = program.gets(&format!("calls/{call}")).await;
    let participants = seen["participants"].as_array().unwrap().clone();
    participants.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
}

async fn ended(world: &World, call: &str) -> Value {
    let seen = Program::of(world).gets(&format!("calls/{call}")).await;
    assert_eq!(seen["state"], "ended", "{seen}");
    seen
}

#[tokio::test]
async fn a_forwarded_call_is_there_without_a_log() {
    let world = world().await;
    let (told, ()) = played(&world, caller(), async |program, _, call| {
        let seen = program.gets(&format!("calls/{call}")).await;
        assert_eq!(
            (&seen["state"], &seen["steered"], &seen["seq"]),
            (&json!("active"), &json!(false), &json!(0))
        );
        let [stranger, owner] = &seen["participants"].as_array().unwrap()[..] else { panic!("{seen}") };
        assert_eq!((&stranger["number"], &stranger["state"]), (&json!(STRANGER), &json!("bridged")));
        assert_eq!((&owner["kind"], &owner["state"]), (&json!("owner"), &json!("bridged")));
        assert!(!seen.to_string().contains(&OWNER_PHONE[1..]), "the owner's number is a secret: {seen}");
        let encoded = MASKED_NUMBER.replace('+', "%2B");
        let listed = program.gets(&format!("calls?number={encoded}")).await;
        assert_eq!(listed["calls"], json!([seen]));
        assert_eq!(program.gets("calls").await["calls"], json!([]), "only where its number is asked for");
        assert_eq!(program.gets(&format!("calls?number={encoded}&state=incoming")).await["calls"], json!([]));
        assert_eq!(program.log(&call).await, Vec::<String>::new());
        for what in ["actions", "recordings", "deliveries"] {
            assert_eq!(program.gets(&format!("calls/{call}/{what}")).await[what], json!([]));
        }
    })
    .await;
    is_well(&told);
    assert_eq!(ended(&world, &id(&told.story)).await["cause"], "hung_up");
    let listed =
        Program::of(&world).gets(&format!("calls?number={}", MASKED_NUMBER.replace('+', "%2B"))).await;
    assert_eq!(listed["calls"], json!([]));
}

#[tokio::test]
async fn a_forwarded_call_is_held_resumed_and_ended() {
    for way in [AfterChildMoved::AsksAction, AfterChildMoved::AsksActionLate] {
        let world = World::with(|options| options.unverified.after_child_moved = way, |_| {}).await;
        world.plug(Phone::answers_after(2).talks_until_caller_hangs_up());
        let (told, call) = played(&world, caller(), async |program, still, call| {
            let may = program.gets(&format!("calls/{call}/capabilities")).await;
            let hold = &may["participants"][0]["actions"][0];
            assert_eq!(*hold, json!({ "type": "hold", "allowed": true, "leaves_seat": true }), "{may}");
            let hold = program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
            still.passes(4).await;
            assert_eq!(states(program, &call).await, ["held", "booth"], "{way:?}");
            assert_eq!(program.action(&call, &hold).await["state"], "succeeded");
            let resume = program.wants(&call, json!({ "type": "resume", "participant": "p1" })).await;
            still.passes(4).await;
            assert_eq!(states(program, &call).await, ["seated", "seated"]);
            assert_eq!(program.action(&call, &resume).await["state"], "succeeded");
            program.wants(&call, json!({ "type": "end" })).await;
            call
        })
        .await;
        is_well(&told);
        assert_eq!(ended(&world, &call).await["cause"], "ended");
        let log = Program::of(&world).log(&call).await;
        assert_eq!((log[0].as_str(), log.last().unwrap().as_str()), ("call.created", "call.ended"));
    }
}

#[tokio::test]
async fn a_caller_on_hold_whom_the_owner_leaves_leaves_a_message() {
    for by_command in [false, true] {
        let world = World::new().await;
        world.plug(Phone::answers_after(2).on(Cue::answered().after(20), Deed::HangsUp));
        let caller = Caller::new(STRANGER).leaves(Speech::english_sample());
        let (told, call) = played(&world, caller, async |program, still, call| {
            program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
            still.passes(30).await;
            assert_eq!(states(program, &call).await, ["held", "left"]);
            if by_command {
                let release = program.wants(&call, json!({ "type": "release" })).await;
                still.passes(4).await;
                assert_eq!(program.action(&call, &release).await["state"], "succeeded");
            }
            call
        })
        .await;
        let story = &told.story;
        assert!(story.errors().is_empty() && story.heard_beep(), "{story}");
        assert!(story.legs()[0].longest_silence() <= seconds(2), "{story}");
        assert_eq!(told.mails.len(), 1, "the owner gets the message: {story}");
        assert!(told.mails[0].says(Speech::english_sample().words()), "{:?}", told.mails[0].text);
        assert_eq!(ended(&world, &call).await["cause"], "released");
        let lasted = story.ended().unwrap().duration_since(story.started()).as_secs();
        assert_eq!(lasted > 310, !by_command, "{lasted} s: {story}");
    }
}

#[tokio::test]
async fn a_forwarded_call_is_handed_over_to_somebody_else() {
    let world = world().await;
    let (told, call) = played(&world, Caller::new(STRANGER), async |program, still, call| {
        let transfer = json!({ "type": "transfer", "participant": "p1", "to": EXPERT });
        let transfer = program.wants(&call, transfer).await;
        still.passes(2).await;
        assert_eq!(states(program, &call).await, ["seated", "seated", "ringing"]);
        still.passes(4).await;
        assert_eq!(states(program, &call).await, ["seated", "left", "seated"]);
        assert_eq!(program.action(&call, &transfer).await["state"], "succeeded");
        call
    })
    .await;
    is_well(&told);
    assert_eq!(ended(&world, &call).await["cause"], "alone");
    assert!(world.leg_to(EXPERT).legs()[0].heard.iter().any(|it| matches!(it.what, Hearing::People(_))));
}

#[tokio::test]
async fn a_forwarded_call_is_recorded_and_muted() {
    let world = world().await;
    let (told, call) = played(&world, caller(), async |program, still, call| {
        let record = json!({ "type": "record", "consent": "none" });
        let record = program.wants(&call, record).await;
        let mute = program.wants(&call, json!({ "type": "mute", "participant": "p2" })).await;
        still.passes(2).await;
        assert_eq!(program.action(&call, &mute).await["state"], "succeeded");
        program.wants(&call, json!({ "type": "unmute", "participant": "p2" })).await;
        still.passes(4).await;
        program.wants(&call, json!({ "type": "stop_recording", "action": record })).await;
        still.passes(4).await;
        assert_eq!(program.action(&call, &record).await["state"], "succeeded");
        call
    })
    .await;
    is_well(&told);
    ended(&world, &call).await;
    let recordings = Program::of(&world).gets(&format!("calls/{call}/recordings")).await;
    let recordings = recordings["recordings"].as_array().unwrap().clone();
    let of = |participant: &str| {
        recordings.iter().any(|it| it["participant"] == participant && it["state"] == "ready")
    };
    assert!(of("p1") && of("p2"), "{recordings:?}");
}

#[tokio::test]
async fn nobody_is_lost_who_hangs_up_while_a_call_is_promoted() {
    // The way takes some 150 ms: before, in the middle of it, and after.
    for millis in [0, 56, 90, 200, 700] {
        for owner_hangs_up in [true, false] {
            let world = world().await;
            let leaves = std::time::Duration::from_millis(10_000 + millis);
            let person = Caller::new(STRANGER);
            let person = if owner_hangs_up {
                let owner =
                    Phone::answers_after(2).on(Cue::begins().after_millis(10_000 + millis), Deed::HangsUp);
                world.plug(owner);
                person
            } else {
                person
                    .on(Cue::begins().after_millis(u64::try_from(leaves.as_millis()).unwrap()), Deed::HangsUp)
            };
            let (told, call) = played(&world, person, async |program, _, call| {
                let body = json!({ "type": "add", "to": EXPERT });
                let (status, _) = program.posts(&format!("calls/{call}/actions"), body).await;
                assert!(status == 202 || status == 409, "{status}");
                call
            })
            .await;
            is_well(&told);
            ended(&world, &call).await;
            assert_eq!(world.stack.mailbox.messages().len(), 0, "an answered call is not missed");
        }
    }
}

#[tokio::test]
async fn a_call_goes_on_as_it_was_where_twilio_can_not_be_asked() {
    for fault in [RestFault::ServerError, RestFault::Reset, RestFault::TooManyRequests { retry_after: None }]
    {
        let world = world().await;
        world.exchange().rest_faults(RestRequest::Calls, fault.clone(), Times::Next(1));
        let (told, ()) = played(&world, caller(), async |program, still, call| {
            let path = format!("calls/{call}/actions");
            let body = json!({ "type": "hold", "participant": "p1" });
            let got = program.sends(Method::POST, &path, Some(&body), Some("once")).await;
            assert_eq!(got.status, 503);
            assert_eq!(program.gets(&format!("calls/{call}")).await["steered"], false);
            let got = program.sends(Method::POST, &path, Some(&body), Some("once")).await;
            assert_eq!(got.status, 202, "the same request, once more");
            let got = program.sends(Method::POST, &path, Some(&body), Some("once")).await;
            assert_eq!((got.status, got.header("idempotent-replayed")), (202, "true"));
            still.passes(3).await;
            assert_eq!(states(program, &call).await, ["held", "booth"]);
        })
        .await;
        is_well(&told);
    }
}

#[tokio::test]
async fn two_talk_on_where_twilio_does_not_lead_them() {
    for (fault, times) in [
        (RestFault::ServerError, Times::Next(3)),
        (RestFault::CutShort, Times::Next(2)),
        (RestFault::ServerError, Times::UntilCleared),
    ] {
        let world = world().await;
        world.exchange().rest_faults(RestRequest::ChangeCall, fault, times);
        let (told, (call, hold)) =
            played(&world, Caller::new(STRANGER).hangs_up_after(80), async |program, _, call| {
                let hold = program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
                (call, hold)
            })
            .await;
        is_well(&told);
        ended(&world, &call).await;
        let action = Program::of(&world).action(&call, &hold).await;
        if times == Times::UntilCleared {
            assert_eq!(
                (&action["state"], &action["problem"]["code"]),
                (&json!("failed"), &json!("no_evidence"))
            );
            assert!(told.story.talked_with().is_some());
        } else {
            assert_eq!(action["state"], "succeeded", "{action}");
        }
    }
}

#[tokio::test]
async fn a_caller_whom_twilio_lets_go_ends_the_call() {
    let world =
        World::with(|options| options.unverified.after_child_moved = AfterChildMoved::Ends, |_| {}).await;
    world.plug(Phone::answers_after(2).talks_until_caller_hangs_up());
    let (told, (call, hold)) = played(&world, caller(), async |program, _, call| {
        let hold = program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
        (call, hold)
    })
    .await;
    assert!(told.story.errors().is_empty(), "{}", told.story);
    told.no_voicemail();
    assert_eq!(ended(&world, &call).await["cause"], "hung_up");
    assert_eq!(Program::of(&world).action(&call, &hold).await["problem"]["code"], "participant_left");
}

#[tokio::test]
async fn nothing_is_done_before_somebody_picks_up() {
    let world = world().await;
    world.plug(Phone::answers_after(15).talks_until_caller_hangs_up());
    let (told, call) = played(&world, caller(), async |program, _, call| {
        assert_eq!(states(program, &call).await, ["ringing", "ringing"]);
        let path = format!("calls/{call}/actions");
        for body in [
            json!({ "type": "hold", "participant": "p1" }),
            json!({ "type": "reject" }),
            json!({ "type": "end" }),
        ] {
            let (status, problem) = program.posts(&path, body).await;
            assert_eq!((status, &problem["code"]), (409, &json!("not_connected")), "{problem}");
        }
        call
    })
    .await;
    is_well(&told);
    let (path, end) = (format!("calls/{call}/actions"), json!({ "type": "end" }));
    let got = Program::of(&world).sends(Method::POST, &path, Some(&end), Some("after-the-end")).await;
    let problem: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!((got.status, &problem["code"]), (409, &json!("call_ended")), "{problem}");
}

#[tokio::test]
async fn a_forwarded_call_is_not_there_for_keys_of_other_numbers() {
    let world = world().await;
    let number = PhoneNumber::parse("+14155550101").unwrap();
    let text = key(&world, [4; 4], |key| key.numbers = KeyNumbers::Only([number].into())).await;
    let (told, ()) = played(&world, caller(), async |program, _, call| {
        let other = Program { key: text, ..Program::of(program.world) };
        let path = format!("calls/{call}");
        assert_eq!(other.sends(Method::GET, &path, None, None).await.status, 404);
        let (status, problem) = other.posts(&format!("{path}/actions"), json!({ "type": "end" })).await;
        assert_eq!((status, &problem["code"]), (404, &json!("call_not_found")), "{problem}");
        let query = format!("calls?number={}", MASKED_NUMBER.replace('+', "%2B"));
        assert_eq!(other.sends(Method::GET, &query, None, None).await.status, 403);
    })
    .await;
    is_well(&told);
}

#[tokio::test]
async fn what_twilio_tells_of_a_promoted_call_may_come_late_or_twice() {
    for kind in
        [WebhookKind::DialAction, WebhookKind::LiveUpdate, WebhookKind::LegStatus, WebhookKind::CallStatus]
    {
        for delays in [vec![1, 1], vec![900], vec![1, 4_000]] {
            let world = world().await;
            world.exchange().set_delivery(move |outgoing| {
                let delays = if outgoing.kind == kind { delays.clone() } else { vec![1] };
                delays.into_iter().map(std::time::Duration::from_millis).collect()
            });
            let (told, call) = played(&world, caller(), async |program, still, call| {
                program.wants(&call, json!({ "type": "hold", "participant": "p1" })).await;
                still.passes(6).await;
                assert_eq!(states(program, &call).await, ["held", "booth"], "{kind:?}");
                call
            })
            .await;
            is_well(&told);
            ended(&world, &call).await;
        }
    }
}

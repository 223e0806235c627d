//! Who is rung for the shop, in which order, and what they do about it.

use domain::{DialOutcome, LegId, LegState, NotReached};
use exchange::{Cue, Deed, Hearing, Phone, Story};
use local::front::Reach;

use crate::shop::*;
use crate::world::{MASKED_NUMBER, Told, World, seconds};

const KEYS: &str = "Press 1 to talk";
const TAKEN: &str = "Somebody else has taken the call.";
const STILL_TRYING: &str = "We are still trying";

/// A VIP calls at night: Ana and Ben are rung together.
async fn vip_calls(ana: Phone, ben: Phone) -> (World, Told) {
    let world = shop(MONDAY_NIGHT).await;
    world.exchange().plug(ANA, ana);
    world.exchange().plug(BEN, ben);
    let told = world.call(caller(VIP)).await;
    (world, told)
}

async fn state_of(world: &World, story: &Story, leg: &str) -> LegState {
    world.live(story).await.legs[&LegId::parse(leg).unwrap()].state
}

/// How long after the caller's leg another one ended, in milliseconds.
fn late(leg: &Story, of_caller: &Story) -> i128 {
    leg.ended().unwrap().duration_since(of_caller.ended().unwrap()).as_millis()
}

#[tokio::test]
async fn people_are_rung_in_order_and_a_machine_is_passed_over() {
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    world.exchange().plug(BEN, carriers_voicemail(5));
    world.exchange().plug(FRONT, takes_after(6));
    let told = world.call(caller(FRIEND).presses("2")).await;
    let story = &told.story;
    told.forwarded(DialOutcome::Conversation);
    assert_eq!(world.live(story).await.winner, LegId::parse("1-front"), "{}", world.everything());
    assert_eq!(state_of(&world, story, "0-ben").await, LegState::NotAPerson);
    let [ben, ana, front] = [BEN, ANA, FRONT].map(|telephone| world.leg_to(telephone));
    assert!(ben.ended().unwrap() <= ana.started() && ben.ended().unwrap() <= front.started());
    assert_eq!(ana.status(), "canceled");
    assert!(ben.callee_heard("Tiene una llamada"), "Ben is spoken to in Spanish\n{ben}");
    assert!(story.caller_heard(STILL_TRYING), "{story}");
    told.no_voicemail();
}

#[tokio::test]
async fn where_nobody_is_reached_the_caller_comes_to_the_beep() {
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    let told = world.call(caller(FRIEND).presses("2")).await;
    told.not_reached(NotReached::NoAnswer);
    assert_eq!(told.only_mail().to, "ben@hollis.example");
    let beep = first(&told.story, |entry| entry.what == exchange::What::HearsBeep).unwrap();
    let parked = heard_at(&told.story, "Please hold").unwrap();
    assert!(beep - parked < 100_000, "{}", told.story);
}

/// The sounds that a parked caller hears, which no silence of more than two seconds interrupts.
fn waits_by(told: &Told, sound: &str) {
    let leg = &told.story.legs()[0];
    let is_it = |what: &Hearing| matches!(what, Hearing::Sound(url) if url.ends_with(sound));
    let parked = leg.heard.iter().position(|heard| is_it(&heard.what));
    let parked = parked.unwrap_or_else(|| panic!("{sound} is not heard\n{}", told.story));
    let left = leg.heard.iter().rposition(|heard| is_it(&heard.what)).unwrap();
    for heard in &leg.heard[parked..=left] {
        let lasted = heard.until.duration_since(heard.from).as_millis();
        assert!(heard.what != Hearing::Silence || lasted <= 2000, "{lasted} ms\n{}", told.story);
        assert!(!matches!(heard.what, Hearing::Sound(_)) || is_it(&heard.what), "{}", told.story);
    }
    assert!(leg.longest_silence() <= seconds(7), "who is asked may think for six seconds\n{}", told.story);
}

fn with_music() -> String {
    format!("ringing: {{ wait: music }}\n{SHOP}")
}

#[tokio::test]
async fn a_parked_caller_is_never_left_in_silence() {
    for (text, sound) in [(SHOP.to_owned(), "/wait/ringing.wav"), (with_music(), "/wait/music.wav")] {
        let world = by_file(&text, MONDAY).await;
        world.knows(FRIEND).await;
        let told = world.call(caller(FRIEND).presses("2")).await;
        told.not_reached(NotReached::NoAnswer);
        waits_by(&told, sound);
        assert!(told.story.caller_heard(STILL_TRYING), "{}", told.story);
    }
}

#[tokio::test]
async fn music_goes_on_while_nothing_can_be_read() {
    for reach in [Reach::Refused, Reach::Silent] {
        let world = by_file(&with_music(), MONDAY).await;
        world.knows(FRIEND).await;
        // From being parked to the end.
        world.outage(|stack| stack.database.front(), reach, |it| it.url.contains("/wait?"));
        let story = world.exchange().call(caller(FRIEND).presses("2"), MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        let heard = &story.legs()[0].heard;
        let pieces = |sound: &str| {
            heard.iter().filter(|it| matches!(&it.what, Hearing::Sound(url) if url.ends_with(sound))).count()
        };
        assert!(pieces("/wait/music.wav") >= 3, "{story}");
        assert_eq!(pieces("/wait/ringing.wav"), 0, "{story}");
        assert!(story.heard_beep() && !story.heard_application_error(), "{story}");
    }
}

#[tokio::test]
async fn both_sounds_are_given_to_whoever_fetches_them() {
    let world = World::new().await;
    for sound in ["ringing.wav", "music.wav"] {
        let got = world.get(&format!("{}/webhook/wait/{sound}", world.stack.gateway.endpoint())).await;
        assert_eq!((got.status, got.header("content-type"), got.body.len()), (200, "audio/x-wav", 56_058));
        assert_eq!(&got.body[..4], b"RIFF");
    }
}

#[tokio::test]
async fn a_robot_that_speaks_first_does_not_lose_its_owner() {
    let robot = Phone::answers_after(4)
        .talks_for(20)
        .greets("The person you are calling is using a screening service. Please say your name.")
        .on(Cue::answered().after(6), Deed::says("Please stay on the line while I try to connect you."))
        .on(Cue::answered().after(15), Deed::presses("1"));
    let (world, told) = vip_calls(robot, Phone::never_answers()).await;
    told.forwarded(DialOutcome::Conversation);
    assert_eq!(world.live(&told.story).await.winner, LegId::parse("0-ana"));
    assert_eq!(told.story.talked_with(), Some(ANA.into()), "{}", world.everything());
}

#[tokio::test]
async fn who_hears_it_half_way_hears_it_from_the_beginning() {
    let (world, told) = vip_calls(Phone::answers_after(4), Phone::never_answers()).await;
    let ana = world.leg_to(ANA);
    assert!(ana.to_string().matches(KEYS).count() >= 2, "{ana}");
    assert!((24..40).contains(&ana.duration().as_secs()), "{ana}");
    assert_eq!(state_of(&world, &told.story, "0-ana").await, LegState::NotAPerson, "{}", world.everything());
    told.not_reached(NotReached::Declined);
}

#[tokio::test]
async fn of_two_who_press_one_at_once_the_other_is_told() {
    for millis in [500, 3000, 12_000] {
        let (world, told) =
            vip_calls(presses_after(5, "1", millis), presses_after(4, "1", millis + 1000)).await;
        told.forwarded(DialOutcome::Conversation);
        let live = world.live(&told.story).await;
        let winner = live.winner.clone().unwrap();
        let (won, lost) = if winner.as_str() == "0-ana" { (ANA, BEN) } else { (BEN, ANA) };
        assert_eq!(told.story.talked_with(), Some(won.into()));
        assert!(!world.leg_to(won).callee_heard(TAKEN), "{}", world.everything());
        let taken = if lost == BEN {
            "Otra persona ha atendido la llamada. Adiós."
        } else {
            "Somebody else has taken the call. Goodbye."
        };
        assert!(world.leg_to(lost).callee_heard(taken), "{}", world.everything());
    }
}

#[tokio::test]
async fn who_is_about_to_press_is_told_as_well() {
    // Ben has picked up, and listens.
    let (world, told) = vip_calls(presses_after(5, "1", 2000), Phone::answers_after(5).talks_for(30)).await;
    told.forwarded(DialOutcome::Conversation);
    let ben = world.leg_to(BEN);
    assert!(ben.callee_heard("Otra persona ha atendido la llamada. Adiós."), "{}", world.everything());
    assert!(ben.duration() < seconds(16), "{ben}");
    // They were a person, as far as anybody knows.
    assert_ne!(state_of(&world, &told.story, "0-ben").await, LegState::NotAPerson);
}

#[tokio::test]
async fn who_wants_a_message_sends_all_of_it_to_voicemail() {
    let (world, told) = vip_calls(presses_after(5, "2", 3000), Phone::never_answers()).await;
    assert!(told.story.heard_beep() && told.story.talked_with().is_none(), "{}", told.story);
    told.not_reached(NotReached::Declined);
    assert_eq!(state_of(&world, &told.story, "0-ana").await, LegState::ToVoicemail);
    let ana = world.leg_to(ANA);
    assert!(ana.callee_heard("The caller is leaving a message. Goodbye."), "{ana}");
    assert_eq!(world.leg_to(BEN).status(), "canceled");
    let ben = world.leg_to(BEN).ended().unwrap().duration_since(ana.started()).as_millis();
    assert!(ben < 12_000, "{ben} ms\n{}", world.everything());
    assert_eq!(told.only_mail().to, "ana@hollis.example");
}

#[tokio::test]
async fn nine_pressed_twice_blocks_the_caller() {
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    let ana = Phone::answers_after(3)
        .on(Cue::hears(CALL_FROM).after(1), Deed::presses("9"))
        .on(Cue::hears("Press 9 again").after(1), Deed::presses("9"));
    world.exchange().plug(ANA, ana);
    let told = world.call(caller(FRIEND).presses("1")).await;
    assert!(world.leg_to(ANA).callee_heard("This caller is blocked. Goodbye."), "{}", world.everything());
    assert_eq!(state_of(&world, &told.story, "0-ana").await, LegState::Declined);
    // A blocked caller comes to nobody, but is not cut off.
    assert_eq!(told.story.talked_with(), None);

    world.stack.clock.advance(seconds(60)).await;
    let told = world.call(caller(FRIEND).presses("1")).await;
    assert!(told.story.heard_busy() && !told.story.was_answered(), "{}", told.story);
    assert_eq!(world.legs_to(ANA).len(), 1);
}

#[tokio::test]
async fn nine_pressed_once_blocks_nobody() {
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    world
        .exchange()
        .plug(ANA, presses_after(3, "9", 2000).on(Cue::hears("Press 9 again"), Deed::presses("1")));
    world.call(caller(FRIEND).presses("1")).await.forwarded(DialOutcome::Conversation);
    assert!(world.call(caller(FRIEND).presses("1")).await.story.was_answered());
}

#[tokio::test]
async fn nobody_of_the_lists_or_of_the_people_is_blocked() {
    for from in [VIP, FRONT] {
        let world = shop(MONDAY_NIGHT).await;
        world.knows(from).await;
        let [masked, blocked] = [MASKED_NUMBER, from].map(number);
        world.stack.ledger.block_caller(&masked, &blocked).await.unwrap();
        let told = world.call(caller(from)).await;
        assert!(told.story.was_answered() && !told.story.heard_busy(), "{}", told.story);
    }
}

#[tokio::test]
async fn who_hangs_up_while_people_ring_ends_every_leg() {
    let world = shop(MONDAY_NIGHT).await;
    world.exchange().plug(BEN, Phone::answers_after(6).talks_for(60));
    let told = world.call(caller(VIP).hangs_up_after(10)).await;
    told.forwarded(DialOutcome::CallerGone);
    let [ana, ben] = [ANA, BEN].map(|telephone| world.leg_to(telephone));
    assert_eq!(ana.status(), "canceled");
    assert!(late(&ana, &told.story) < 2000, "{}", world.everything());
    // Who listens is told.
    assert!(ben.callee_heard("La persona que llamaba ha colgado. Adiós."), "{ben}");
    assert!(late(&ben, &told.story) < 6000, "{}", world.everything());
    told.no_voicemail();
}

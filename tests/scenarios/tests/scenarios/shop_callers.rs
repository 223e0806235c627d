//! Who calls the shop, when, and what they choose.

use domain::{DialOutcome, Language, NotReached};
use exchange::{Caller, Cue, Deed, Phone, Speech};

use crate::shop::*;
use crate::world::{MASKED_NUMBER, Told, World, seconds};

const ORDERS: &str = "Orders, 1.";
const CLOSED: &str = "We are closed. We open";

/// A friend, who is known, at a menu in the shop's hours.
async fn at_the_menu(prepare: impl FnOnce(&World), caller: Caller) -> (World, Told) {
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    prepare(&world);
    let told = world.call(caller).await;
    (world, told)
}

fn times_heard(told: &Told, words: &str) -> usize {
    told.story.words_heard_by_caller().matches(words).count()
}

#[tokio::test]
async fn at_night_a_vip_rings_both_and_one_takes_the_call() {
    let world = shop(MONDAY_NIGHT).await;
    world.exchange().plug(BEN, takes_after(8));
    // A VIP is not kept with questions: nothing is said before it rings, so no language is asked.
    let told = world.call(caller(VIP)).await;
    assert_eq!((world.legs_to(ANA).len(), world.legs_to(BEN).len()), (1, 1), "{}", world.everything());
    assert!(!told.story.caller_heard("For English"), "{}", told.story);
    told.forwarded(DialOutcome::Conversation);
    told.no_voicemail();
}

#[tokio::test]
async fn who_calls_first_says_a_name_that_is_heard_by_who_rings() {
    let world = shop(MONDAY).await;
    world.exchange().plug(ANA, takes_after(4));
    let friend = caller(FRIEND).presses("1").says("Kim about the fence").presses("1");
    let told = world.call(friend).await;
    let story = &told.story;
    for words in
        ["For English, press 1.", "Para español, pulse 2.", "Hollis Garden Center.", "Please say your name"]
    {
        assert!(story.caller_heard(words), "{words}\n{story}");
    }
    told.forwarded(DialOutcome::Conversation);
    for telephone in [ANA, FRONT] {
        assert_eq!(world.legs_to(telephone).len(), 1, "{}", world.everything());
    }
    assert!(
        world.leg_to(ANA).callee_heard("You have a call from Kim about the fence"),
        "{}",
        world.everything()
    );
    assert_eq!(world.live(story).await.said.as_deref(), Some("Kim about the fence"));

    // Taken once is known: neither name nor language is asked again.
    let told = world.call(caller(FRIEND).presses("1")).await;
    assert!(!told.story.caller_heard("Please say your name"), "{}", told.story);
    assert!(!told.story.caller_heard("For English"), "{}", told.story);
}

#[tokio::test]
async fn who_says_no_name_is_asked_for_a_message() {
    let world = shop(MONDAY).await;
    let told = world.call(caller(FRIEND).presses("1").ignores_a_prompt()).await;
    assert!(told.story.heard_beep() && world.legs_to(ANA).is_empty(), "{}", told.story);
    assert_eq!(told.only_mail().to, "ana@hollis.example");
}

#[tokio::test]
async fn on_half_a_holiday_it_is_closed_after_noon() {
    let world = shop(HALF_DAY).await;
    world.knows(FRIEND).await;
    let told = world.call(caller(FRIEND)).await;
    let story = &told.story;
    assert!(story.caller_heard(CLOSED) && story.caller_heard("Emergency, 1"), "{story}");
    assert!(!story.caller_heard("Hollis Garden Center.") && story.heard_beep(), "{story}");
    assert!(world.legs_to(ANA).is_empty() && world.legs_to(BEN).is_empty(), "{}", world.everything());
    assert_eq!(told.only_mail().to, "ana@hollis.example");
}

#[tokio::test]
async fn an_open_shop_is_one_until_noon() {
    let world = shop("2026-12-24T11:59:00-08:00").await;
    world.knows(FRIEND).await;
    let told = world.call(caller(FRIEND).presses("1")).await;
    assert!(told.story.caller_heard("Hollis Garden Center."), "{}", told.story);
    assert_eq!(world.legs_to(ANA).len(), 1, "{}", world.everything());
}

#[tokio::test]
async fn a_menu_takes_a_key_or_a_word() {
    for choice in [
        caller(FRIEND).presses("1"),
        caller(FRIEND).says("orders"),
        caller(FRIEND).says("I have orders, please."),
    ] {
        let (world, told) = at_the_menu(|world| world.exchange().plug(FRONT, takes_after(3)), choice).await;
        assert_eq!((world.legs_to(ANA).len(), world.legs_to(FRONT).len()), (1, 1), "{}", world.everything());
        assert_eq!(times_heard(&told, ORDERS), 1, "{}", told.story);
        told.forwarded(DialOutcome::Conversation);
    }
}

#[tokio::test]
async fn a_menu_that_hears_no_choice_twice_goes_on_otherwise() {
    for (choice, says) in [
        (caller(FRIEND).says("pizza").says("two pizzas"), "That is not one of the choices."),
        (caller(FRIEND).presses("7").presses("8"), "That is not one of the choices."),
        (caller(FRIEND), "I didn't hear anything."),
    ] {
        let (world, told) = at_the_menu(|_| {}, choice).await;
        assert_eq!((times_heard(&told, ORDERS), times_heard(&told, says)), (2, 1), "{}", told.story);
        // One telephone is rung by a plain dial.
        assert!(told.story.rang(FRONT) && world.legs_to(ANA).is_empty(), "{}", told.story);
        told.not_reached(NotReached::NoAnswer);
        assert_eq!(told.only_mail().to, "ana@hollis.example");
    }
}

#[tokio::test]
async fn silence_and_mistakes_are_counted_apart() {
    let (_, told) = at_the_menu(|_| {}, caller(FRIEND).says("pizza").ignores_a_prompt().presses("1")).await;
    assert_eq!(times_heard(&told, ORDERS), 3, "{}", told.story);
    assert!(!told.story.rang(FRONT), "{}", told.story);
}

#[tokio::test]
async fn a_word_that_is_not_sure_is_asked_again() {
    for (answer, rings) in [
        (caller(FRIEND).says("orders").presses("1"), true),
        (caller(FRIEND).says("orders").says("yes"), true),
        (caller(FRIEND).says("orders").says("no").says("pizza"), false),
    ] {
        let (world, told) = at_the_menu(|world| world.exchange().set_confidence(30), answer).await;
        assert!(told.story.caller_heard("Did you say orders?"), "{}", told.story);
        assert_eq!(world.legs_to(ANA).len(), usize::from(rings), "{}", world.everything());
    }
}

#[tokio::test]
async fn a_language_is_asked_once_and_remembered() {
    let world = shop(MONDAY).await;
    let told = world.call(caller(FRIEND).presses("2").says("Kim por la valla").presses("1")).await;
    assert!(
        told.story.caller_heard("Jardinería Hollis.") && told.story.caller_heard("Pedidos, 1."),
        "{}",
        told.story
    );
    let [masked, friend] = [MASKED_NUMBER, FRIEND].map(number);
    let known = world.stack.ledger.known_caller(&masked, &friend, world.stack.clock.now()).await.unwrap();
    assert_eq!((known.called_before, known.language), (true, Some(Language::Spanish)));

    let told = world.call(caller(FRIEND).presses("3").presses("1")).await;
    assert!(!told.story.caller_heard("For English"), "{}", told.story);
    assert!(told.story.caller_heard("Jardinería Hollis."), "{}", told.story);
}

#[tokio::test]
async fn who_chooses_no_language_hears_the_first_and_is_asked_again() {
    let world = shop(MONDAY_NIGHT).await;
    for _ in 0..2 {
        let told = world.call(caller(FRIEND)).await;
        assert_eq!(times_heard(&told, "For English"), 2, "{}", told.story);
        assert!(told.story.caller_heard(CLOSED) && told.story.heard_beep(), "{}", told.story);
    }
}

#[tokio::test]
async fn a_message_goes_to_whose_mailbox_it_is_in_the_callers_words() {
    let spoken = |words: &str| Speech::tone(seconds(5), words);
    for (language, thanks) in [("1", "Thank you"), ("2", "Gracias")] {
        let world = shop(MONDAY).await;
        let friend = Caller::new(FRIEND).presses(language).says("Kim").presses("3").presses("1");
        let told = world.call(friend.leaves(spoken("About the garden.")).then_presses('#')).await;
        assert!(told.story.heard_beep() && told.story.caller_heard(thanks), "{}", told.story);
        assert_eq!(told.only_mail().to, "ben@hollis.example", "{}", told.story);
        assert!(world.legs_to(BEN).is_empty());
    }
    let world = shop(MONDAY_NIGHT).await;
    let told = world.call(Caller::new(FRIEND).presses("2").leaves(spoken("Hola.")).then_presses('#')).await;
    assert!(told.story.caller_heard("Gracias"), "{}", told.story);
    assert_eq!(told.only_mail().to, "ana@hollis.example");
}

#[tokio::test]
async fn a_blocked_caller_is_rejected_unanswered() {
    for from in ["anonymous", "+19005550100"] {
        let world = shop(MONDAY).await;
        let told = world.call(caller(from)).await;
        assert!(!told.story.was_answered() && told.story.heard_busy(), "{}", told.story);
        told.no_voicemail();
    }
}

const PLAIN: &str = r#"
number: "+14155550100"
time_zone: America/Los_Angeles
people:
  ana: { phone: "+12125550142", email: ana@hollis.example }
limit: { calls_per_month: 1 }
calls:
  - { do: [{ ring: ana }, { voicemail: ana }] }
"#;

#[tokio::test]
async fn one_person_is_rung_plainly_and_screened() {
    let world = by_file(PLAIN, MONDAY).await;
    world.exchange().plug(ANA, takes_after(5));
    let told = world.call(caller(FRIEND)).await;
    assert!(told.story.rang(ANA) && told.story.callee_heard(CALL_FROM), "{}", told.story);
    assert_eq!(told.story.talked_with(), Some(ANA.into()), "{}", told.story);
    told.forwarded(DialOutcome::Conversation);
    told.no_voicemail();
    assert!(world.rows("live-calls").await.is_empty(), "a plain call is no live one");
}

#[tokio::test]
async fn one_persons_machine_gets_no_caller() {
    for phone in [carriers_voicemail(5), presses_after(5, "2", 3000), Phone::answers_after(5)] {
        let world = by_file(PLAIN, MONDAY).await;
        world.exchange().plug(ANA, phone);
        let told = world.call(caller(FRIEND)).await;
        assert_eq!(told.story.talked_with(), None, "{}", told.story);
        told.not_reached(NotReached::Declined);
        assert!(told.story.heard_beep(), "{}", told.story);
        assert_eq!(told.only_mail().to, "ana@hollis.example");
    }
}

#[tokio::test]
async fn beyond_the_months_limit_nobody_is_rung() {
    let world = by_file(PLAIN, MONDAY).await;
    world.exchange().plug(ANA, takes_after(5));
    assert!(world.call(caller(FRIEND)).await.story.rang(ANA));
    let told = world.call(caller(FRIEND)).await;
    assert!(!told.story.rang(ANA) && told.story.heard_beep(), "{}", told.story);
}

#[tokio::test]
async fn several_are_counted_by_the_limit_too() {
    let world =
        by_file(&SHOP.replace("calls:\n", "limit: { calls_per_month: 1 }\ncalls:\n"), MONDAY_NIGHT).await;
    world.exchange().plug(ANA, takes_after(5));
    world.call(caller(VIP)).await.forwarded(DialOutcome::Conversation);
    let told = world.call(caller(VIP)).await;
    assert_eq!(world.legs_to(ANA).len(), 1, "{}", world.everything());
    assert!(told.story.heard_beep(), "{}", told.story);
}

#[tokio::test]
async fn an_edit_during_a_call_changes_nothing_for_it() {
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    let friend = caller(FRIEND).on(Cue::hears("Orders, 1.").after(2), Deed::presses("1"));
    let calling = world.exchange().start_call(friend, MASKED_NUMBER);
    let still = world.still_after(seconds(2)).await;
    let edited = SHOP.replace(
        "1: { words: [orders, pedidos], do: [{ ring: [ana, front] }",
        "1: { words: [orders, pedidos], do: [{ ring: [ben] }",
    );
    assert_ne!(edited, SHOP);
    world.write_file(&edited).await;
    drop(still);
    let story = calling.finished().await;
    world.stack.clock.settled().await;
    assert_eq!((world.legs_to(ANA).len(), world.legs_to(FRONT).len()), (1, 1), "{}", world.everything());
    assert!(!story.rang(BEN), "{}", world.everything());
    // The next call goes by the new one.
    let told = world.call(caller(FRIEND).presses("1")).await;
    assert!(told.story.rang(BEN), "{}", told.story);
}

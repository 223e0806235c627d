//! Callers of whom nobody is told: their messages are kept.

use domain::{Disposition, Instead, Instruction, Mail, NotMailed, ResendTo, WhyNotForwarded};
use exchange::{Caller, Outgoing, WebhookKind};
use local::front::Reach;

use crate::shop::*;
use crate::world::{GREETING, MASKED_NUMBER, Told, World, seconds};

/// In the list.
const LISTED: &str = "+19005550100";

const FILE: &str = r#"
number: "+14155550100"
time_zone: America/Los_Angeles
people:
  ana: { phone: "+12125550142", email: ana@hollis.example, missed_call_mail: yes }
lists:
  blocked: ["+1900*"]
blocked: silent
calls:
  - { from: blocked, do: silent }
  - { do: [{ ring: ana }, { voicemail: ana }] }
"#;

/// A friend is blocked by somebody who was rung, or at the command line.
async fn world() -> World {
    let world = by_file(FILE, MONDAY).await;
    let [masked, friend] = [MASKED_NUMBER, FRIEND].map(number);
    world.stack.ledger.block_caller(&masked, &friend).await.unwrap();
    world
}

/// The message is safe, nothing is left to do for it, and nobody was told.
fn kept(world: &World, told: &Told) {
    let story = &told.story;
    assert!(story.caller_heard(GREETING) && story.heard_beep() && !story.rang(ANA), "{story}");
    let voicemail = told.voicemail();
    let bytes = story.recording().unwrap().speech.to_wav().len() as u64;
    assert_eq!(voicemail.audio.as_ref().map(|audio| (audio.size, audio.released)), Some((bytes, true)));
    assert_eq!(voicemail.not_mailed(), Some(NotMailed::Silent));
    assert_eq!((&voicemail.mail, voicemail.open, &voicemail.trouble), (&Mail::Unsent, false, &None));
    assert!(told.mails.is_empty(), "{:#?}", told.mails);
    assert!(world.stack.events.published().is_empty(), "other programs are not told, either");
}

#[tokio::test]
async fn a_blocked_callers_message_is_kept_and_nobody_is_told() {
    for from in [LISTED, FRIEND] {
        let world = world().await;
        let told = world.call(caller(from).then_presses('#')).await;
        kept(&world, &told);
        let silent = Disposition::Instead(Instead::Voicemail, WhyNotForwarded::Silent);
        assert_eq!(told.call().disposition, Some(silent));
        assert!(told.story.caller_heard("Thank you."), "{}", told.story);
        // Nothing comes of it later, either.
        for _ in 0..8 {
            world.stack.clock.advance(seconds(900)).await;
            world.stack.reconcile().await.unwrap();
            world.stack.clock.settled().await;
        }
        kept(&world, &world.told(told.story).await);
    }
}

#[tokio::test]
async fn who_is_not_blocked_is_told_of_as_ever() {
    let world = world().await;
    let told = world.call(caller(VIP)).await;
    assert!(told.story.rang(ANA), "{}", told.story);
    assert_eq!(told.only_mail().to, "ana@hollis.example");
}

#[tokio::test]
async fn a_blocked_caller_who_leaves_nothing_is_no_missed_call() {
    for from in [LISTED, FRIEND] {
        let world = world().await;
        for blocked in [Caller::new(from).hangs_up_during_greeting_after(1), Caller::new(from).stays_silent()]
        {
            let told = world.call(blocked).await;
            assert!(told.mails.is_empty(), "{}", told.story);
            assert!(world.stack.ledger.missed_call(told.story.call_sid()).await.is_err());
        }
    }
}

#[tokio::test]
async fn what_is_kept_in_silence_is_mailed_when_asked_for() {
    let world = world().await;
    let told = world.call(caller(LISTED)).await;
    kept(&world, &told);
    let instruction =
        Instruction { by: "ana".to_owned(), why: "a mistake".to_owned(), at: world.stack.clock.now() };
    let sid = &told.voicemail().recording_sid;
    world.stack.ledger.resend(sid, &ResendTo::First, &instruction).await.unwrap();
    world.stack.clock.settled().await;
    let told = world.told(told.story).await;
    let mail = told.only_mail();
    assert_eq!((mail.to.as_str(), mail.sounds.len()), ("ana@hollis.example", 1));
    assert_eq!(told.voicemail().mail, Mail::Unsent, "its own mail is none");
}

#[tokio::test]
async fn a_silent_message_of_which_no_webhook_tells_stays_silent() {
    let world = world().await;
    let lost = |it: &Outgoing| matches!(it.kind, WebhookKind::RecordAction | WebhookKind::RecordingStatus);
    world.exchange().set_delivery(move |it| if lost(it) { Vec::new() } else { vec![seconds(0)] });
    let story = world.exchange().call(caller(LISTED), MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    world.exchange().clear_delivery();
    world.stack.clock.advance(seconds(900)).await;
    assert_eq!(world.stack.reconcile().await.unwrap().added, 1);
    world.stack.clock.settled().await;
    kept(&world, &world.told(story).await);
}

#[tokio::test]
async fn without_the_database_who_is_blocked_is_kept_in_silence() {
    let world = world().await;
    kept(&world, &world.call(caller(FRIEND)).await);
    for reach in [Reach::Refused, Reach::Silent] {
        world.stack.clock.advance(seconds(60)).await;
        world.outage(|stack| stack.database.front(), reach, |it| it.kind == WebhookKind::Voice);
        let story = world.exchange().call(caller(FRIEND), MASKED_NUMBER).await;
        world.stack.clock.settled().await;
        kept(&world, &world.told(story).await);
    }
}

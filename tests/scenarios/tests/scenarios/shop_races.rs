//! What happens to the shop's calls within the second in which something else happens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::{DialOutcome, LegId, LegState};
use exchange::clock::Clock;
use exchange::{Cue, Deed, Outgoing, Phone, WebhookKind};
use jiff::Timestamp;
use local::stack::Options;

use crate::shop::*;
use crate::world::{MASKED_NUMBER, Told, World, seconds};

const GONE: &str = "The caller has hung up. Goodbye.";

/// A person's webhook that comes after so long; all others at once.
fn is_answer_of_leg(outgoing: &Outgoing) -> bool {
    outgoing.kind == WebhookKind::GatherAction && outgoing.url.contains("/leg/answers")
}

async fn night(
    ana: Phone,
    late: impl Fn(&Outgoing) -> Option<Duration> + Send + Sync + 'static,
) -> (World, Told) {
    let world = shop(MONDAY_NIGHT).await;
    world.exchange().plug(ANA, ana);
    world.exchange().set_delivery(move |outgoing| vec![late(outgoing).unwrap_or(Duration::from_millis(1))]);
    let told = world.call(caller(VIP)).await;
    (world, told)
}

#[tokio::test]
async fn a_winner_who_hangs_up_at_once_leaves_the_caller_to_others() {
    // The key is under way for a second, in which they hang up.
    for late in [200, 1000, 2500] {
        let ana = presses_after(5, "1", 3000).on(Cue::answered().after_millis(3100), Deed::HangsUp);
        let (world, told) =
            night(ana, move |outgoing| is_answer_of_leg(outgoing).then(|| Duration::from_millis(late))).await;
        assert!(told.story.heard_beep() && told.story.talked_with().is_none(), "{}", world.everything());
        let beep = first(&told.story, |entry| entry.what == exchange::What::HearsBeep).unwrap();
        assert!(beep < 100_000, "{}", world.everything());
        assert_eq!(told.only_mail().to, "ana@hollis.example");
    }
}

#[tokio::test]
async fn a_winner_whose_caller_has_just_gone_hears_so_at_once() {
    let mut told_so = 0;
    // The key is under way for so long, and the caller hangs up then.
    for (hangs_up, late) in (10_600..11_400).step_by(100).flat_map(|at| [(at, 1), (at, 400)]) {
        let world = shop(MONDAY_NIGHT).await;
        // The caller is parked after three seconds, and Ana presses eight seconds later.
        world.exchange().plug(ANA, presses_after(5, "1", 3000));
        world.exchange().set_delivery(move |outgoing| {
            let late = if is_answer_of_leg(outgoing) { late } else { 1 };
            vec![Duration::from_millis(late)]
        });
        let vip = caller(VIP).on(Cue::begins().after_millis(hangs_up), Deed::HangsUp);
        let told = world.call(vip).await;
        let ana = world.leg_to(ANA);
        let pressed = first(&ana, |entry| matches!(entry.what, exchange::What::Presses(_)));
        // Who has not pressed yet is hung up on.
        if let Some(pressed) = pressed.filter(|_| told.story.talked_with().is_none()) {
            told_so += 1;
            let heard = heard_at(&ana, GONE).unwrap_or_else(|| panic!("{hangs_up}\n{}", world.everything()));
            assert!(heard - pressed <= 2000, "{}", world.everything());
        }
        assert!(ana.duration() < seconds(20), "{}", world.everything());
    }
    assert!(told_so >= 2, "{told_so} were told");
}

#[tokio::test]
async fn who_is_lost_after_a_talk_rings_nobody_else() {
    // Ben talks to the caller and hangs up; that he is gone is known before it is known that they were joined.
    let world = shop(MONDAY).await;
    world.knows(FRIEND).await;
    world.exchange().plug(BEN, takes_after(5));
    world.exchange().set_delivery(|outgoing| {
        let late = matches!(outgoing.kind, WebhookKind::EnqueueAction | WebhookKind::CallStatus);
        vec![if late { Duration::from_secs(2) } else { Duration::from_millis(1) }]
    });
    let told = world.call(caller(FRIEND).presses("2")).await;
    assert_eq!(told.story.talked_with(), Some(BEN.into()), "{}", world.everything());
    for telephone in [ANA, FRONT] {
        assert!(world.legs_to(telephone).is_empty(), "{}", world.everything());
    }
    told.forwarded(DialOutcome::Conversation);
    let live = world.live(&told.story).await;
    assert_eq!(live.winner, LegId::parse("0-ben"), "{live:?}");
    assert_eq!(live.legs[&LegId::parse("0-ben").unwrap()].state, LegState::Left);
    told.no_voicemail();
}

#[tokio::test]
async fn who_is_faster_than_the_words_to_the_caller_gets_the_caller() {
    // The caller hears a long sentence before being parked; Ana takes the call meanwhile.
    let long = "The shop is closed, but somebody is on call this week, and we ring all of them for you. \
                This may take a while, and we thank you very much for your patience with all of us.";
    let file = SHOP.replace(
        "{ from: vip, do: [{ ring: [ana, ben], for: 40s }",
        &format!("{{ from: vip, do: [{{ say: {{ en: \"{long}\" }} }}, {{ ring: [ana, ben], for: 40s }}"),
    );
    assert_ne!(file, SHOP);
    let world = by_file(&file, MONDAY_NIGHT).await;
    world.knows(VIP).await;
    world.exchange().plug(ANA, presses_after(1, "1", 1500));
    let told = world.call(caller(VIP)).await;
    assert_eq!(told.story.talked_with(), Some(ANA.into()), "{}", world.everything());
    assert!(!world.leg_to(ANA).callee_heard(GONE), "{}", world.everything());
    told.forwarded(DialOutcome::Conversation);
}

#[tokio::test]
async fn who_presses_after_the_step_is_not_told_that_it_is_taken() {
    // Ana picks up late in the step, and presses when the caller already leaves a message.
    let world = shop(MONDAY_NIGHT).await;
    world.exchange().plug(ANA, presses_after(38, "1", 16_000));
    let told = world.call(caller(VIP)).await;
    let ana = world.leg_to(ANA);
    assert!(!ana.callee_heard("Somebody else has taken"), "{}", world.everything());
    assert_eq!(told.story.heard_beep(), told.story.talked_with().is_none(), "{}", world.everything());
}

#[tokio::test]
async fn a_caller_who_hears_no_document_any_more_is_led_to_the_beep() {
    // Twilio may keep a caller in a queue whose documents can't be had: nobody knows.
    let at: Timestamp = MONDAY_NIGHT.parse().unwrap();
    let set = |options: &mut Options| {
        options.clock = Clock::starting_at(at);
        options.unverified.queue_outlasts_its_document = true;
    };
    let world = World::with(set, |_| {}).await;
    world.write_file(SHOP).await;
    let waits = AtomicUsize::new(0);
    world.exchange().set_delivery(move |outgoing| {
        let is_lost = outgoing.kind == WebhookKind::QueueWait && waits.fetch_add(1, Ordering::Relaxed) >= 2;
        if is_lost { Vec::new() } else { vec![Duration::from_millis(1)] }
    });
    let story = world.exchange().call(caller(VIP), MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    let beep = first(&story, |entry| entry.what == exchange::What::HearsBeep);
    assert!(beep.is_some_and(|at| at < 100_000), "{}", world.everything());
}

//! Webhooks that come twice, late, and in any order.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Mail, NotReached, Voicemail};
use exchange::{Outgoing, WebhookKind};

use crate::world::{Told, World, seconds, stranger};

/// What the ledger has in the end, without when: that may differ.
fn facts(told: &Told) -> String {
    let call = told.call();
    let Voicemail { parties, destination, recording, transcript, audio, purged_at, trouble, open, .. } =
        told.voicemail();
    let legs: Vec<&str> = call.legs.iter().map(|leg| leg.status.as_str()).collect();
    format!(
        "{:?}",
        (
            (&call.number, &call.caller, call.disposition, call.dial_outcome, &call.status, legs),
            (parties, destination, recording, transcript, audio.as_ref().map(|audio| audio.size)),
            (purged_at, trouble, open),
        )
    )
}

/// A simple generator of numbers that look random (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The webhooks of a call that becomes a voicemail, in the order in which they are sent.
const IN_ORDER: [(WebhookKind, usize); 9] = [
    (WebhookKind::Voice, 1),
    (WebhookKind::LegStatus, 1),
    (WebhookKind::LegStatus, 2),
    (WebhookKind::LegStatus, 3),
    (WebhookKind::DialAction, 1),
    (WebhookKind::RecordAction, 1),
    (WebhookKind::CallStatus, 1),
    (WebhookKind::RecordingStatus, 1),
    (WebhookKind::Transcription, 1),
];

/// Each webhook comes twice, with delays that put `order` into effect. Those that steer the call
/// come in time, or there would be no call, and once more later.
fn delivery(
    order: &[(WebhookKind, usize)],
    step: Duration,
) -> impl Fn(&Outgoing) -> Vec<Duration> + Send + Sync + 'static {
    let places: BTreeMap<(WebhookKind, usize), u32> = order.iter().copied().zip(0..).collect();
    move |outgoing| {
        let place = places[&(outgoing.kind, outgoing.nth)];
        let (first, again) = (step * place, step * (9 - place) / 2);
        if outgoing.kind.drives_the_call() { vec![Duration::ZERO, first] } else { vec![first, again] }
    }
}

async fn call_in_order(order: &[(WebhookKind, usize)], step: Duration) -> Told {
    let world = World::new().await;
    world.exchange().set_delivery(delivery(order, step));
    let told = world.no_answer().await;
    let webhooks = told.story.webhooks();
    assert_eq!(webhooks.len(), 2 * IN_ORDER.len(), "{}", told.story);
    told
}

/// One voicemail and one mail, or a second one with the words if they came after the first.
fn delivered_once(told: &Told, expected: &str) {
    assert_eq!(facts(told), expected, "{}", told.story);
    let (mail, later) = told.mails.split_first().unwrap_or_else(|| panic!("no mail\n{}", told.story));
    told.delivered(mail);
    let words = told.story.recording().unwrap().speech.words().to_owned();
    if told.words_in_first_mail() {
        assert!(mail.says(&words) && later.is_empty(), "{} mails too many\n{}", later.len(), told.story);
        assert_eq!(told.voicemail().words_mail, Mail::Unsent);
    } else {
        let [later] = later else { panic!("{} mails with words\n{}", later.len(), told.story) };
        assert!(!mail.says(&words) && later.says(&words) && later.thread == mail.thread);
    }
}

#[tokio::test]
async fn every_webhook_may_come_twice_and_every_message_too() {
    let world = World::new().await;
    world.exchange().set_delivery(|_| vec![Duration::ZERO; 2]);
    world.stack.wakeups.duplicate_every_message(true);
    let told = world.no_answer().await;
    assert_eq!(told.story.webhooks().len(), 2 * IN_ORDER.len());
    told.not_reached(NotReached::NoAnswer);
    told.one_voicemail();
    assert_eq!(told.call().legs.len(), 1);
    assert_eq!(world.rows("voicemails").await.len(), 1);
    assert_eq!(world.rows("calls").await.len(), 1);
    let number = local::development::number().unwrap().number;
    assert_eq!(world.stack.ledger.usage(&number, "2026-11").await.unwrap(), 1);
}

#[tokio::test]
async fn webhooks_may_come_in_reverse_order() {
    let expected = facts(&World::new().await.no_answer().await);
    let mut reverse = IN_ORDER;
    reverse.reverse();
    for step in [seconds(3), seconds(40)] {
        delivered_once(&call_in_order(&reverse, step).await, &expected);
    }
}

/// Plays calls whose webhooks come in orders that `seed` decides; answers in how many of them the
/// words came after the mail.
async fn shuffled(seed: u64, steps: [u64; 20]) -> usize {
    let expected = facts(&World::new().await.no_answer().await);
    let mut dice = Dice(seed);
    let mut late_words = 0;
    for step in steps {
        let mut order = IN_ORDER;
        dice.shuffle(&mut order);
        let told = call_in_order(&order, seconds(step)).await;
        delivered_once(&told, &expected);
        late_words += usize::from(!told.words_in_first_mail());
    }
    late_words
}

#[tokio::test]
async fn webhooks_may_come_in_any_order_within_seconds() {
    let steps = [1, 2, 5, 9].repeat(5).try_into().unwrap();
    assert_eq!(shuffled(20_261_120, steps).await, 0);
}

#[tokio::test]
async fn webhooks_may_come_in_any_order_within_minutes() {
    let late_words = shuffled(20_261_121, [40; 20]).await;
    assert!((1..20).contains(&late_words), "{late_words} of 20: both ways are to be seen");
}

#[tokio::test]
async fn any_one_report_may_be_lost() {
    use WebhookKind::{CallStatus, LegStatus, RecordingStatus};
    for lost in [LegStatus, CallStatus, RecordingStatus] {
        let world = World::new().await;
        world.exchange().set_delivery(
            move |it| {
                if it.kind == lost { Vec::new() } else { vec![Duration::ZERO] }
            },
        );
        let told = world.call(stranger()).await;
        told.one_voicemail();
    }
}

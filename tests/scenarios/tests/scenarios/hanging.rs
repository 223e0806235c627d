//! Something gives no answer, and who waits for it gives up in time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Mail, NotReached};
use exchange::{Entry, Party, Story, WebhookKind, What};
use local::faults::{Faults, How, Outage, Service, When};

use crate::world::{GREETING, MASKED_NUMBER, OWNER_PHONE, Told, World, seconds, stranger};

/// How long a webhook may take, in seconds.
const AT_MOST: f64 = 4.5;

fn away(service: Service, how: How, after_seconds: u32, length: u32) -> Faults {
    let when = When::Span { after_seconds, seconds: length };
    Faults { outages: vec![Outage { service, how, when }], ..Faults::default() }
}

/// How long the caller waited for the answer to a webhook, in seconds.
fn waited(story: &Story, kind: WebhookKind) -> f64 {
    let [webhook] = &story.webhooks_of(kind)[..] else { panic!("not one {kind}\n{story}") };
    assert_eq!(webhook.attempts.len(), 1, "Twilio did not have to ask again\n{story}");
    let entries = story.entries();
    let next = entries.iter().find(|Entry { at, party, what, .. }| {
        *at >= webhook.at && *party == Party::Caller && matches!(what, What::HearsWords { .. })
    });
    let next = next.unwrap_or_else(|| panic!("silence after {kind}\n{story}"));
    next.at.duration_since(webhook.at).as_secs_f64()
}

/// A stranger calls while DynamoDB gives webhooks no answer in these seconds.
async fn call_while_hanging(how: How, after_seconds: u32, length: u32) -> (World, Told) {
    let world = World::new().await;
    world.stack.break_by(&away(Service::DynamoDb, how, after_seconds, length));
    let story = world.exchange().call(stranger().then_presses('#'), MASKED_NUMBER).await;
    world.stack.clock.settled().await;
    world.stack.reconcile().await.unwrap();
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    (world, told)
}

#[tokio::test]
async fn a_slow_machine_is_no_silent_service() {
    let world = World::new().await;
    let slowness = tokio::spawn(async {
        loop {
            std::thread::sleep(Duration::from_millis(300));
            tokio::task::yield_now().await;
        }
    });
    let numbers = world.stack.store.numbers().await;
    slowness.abort();
    assert_eq!(numbers.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_caller_hears_the_greeting_though_dynamodb_hangs() {
    for how in [How::TimeOut, How::Slow] {
        let (_world, told) = call_while_hanging(how, 0, 4).await;
        let story = &told.story;
        assert!(story.caller_heard(GREETING) && !story.rang(OWNER_PHONE), "{story}");
        let waited = waited(story, WebhookKind::Voice);
        // The SDK's own time-outs, by the clock of the call.
        assert!((1.0..=AT_MOST).contains(&waited), "{waited} s\n{story}");
        told.one_voicemail();
    }
}

#[tokio::test]
async fn a_caller_is_not_left_in_silence_after_the_ringing_either() {
    // It hangs when the owner has not answered, and not before.
    let (_world, told) = call_while_hanging(How::TimeOut, 20, 20).await;
    let story = &told.story;
    assert!(story.rang(OWNER_PHONE) && story.caller_heard(GREETING), "{story}");
    let waited = waited(story, WebhookKind::DialAction);
    assert!((1.0..=AT_MOST).contains(&waited), "{waited} s\n{story}");
    told.one_voicemail();
}

#[tokio::test]
async fn a_warm_call_without_a_limit_takes_one_write_and_no_read() {
    let world = World::new().await;
    let number = local::development::number().unwrap().number;
    // As a call half a minute before leaves it.
    world.stack.store.number(&number, world.stack.clock.now()).await.unwrap();
    world.stack.break_by(&Faults::default());
    let operations = Arc::new(Mutex::new(Vec::new()));
    let (stack, seen) = (Arc::downgrade(&world.stack), operations.clone());
    world.exchange().set_delivery(move |outgoing| {
        let mut seen = seen.lock().unwrap();
        if outgoing.kind != WebhookKind::Voice && seen.is_empty() {
            seen.extend(stack.upgrade().unwrap().database_operations());
        }
        vec![std::time::Duration::ZERO]
    });
    let told = world.no_answer().await;
    told.not_reached(NotReached::NoAnswer);
    assert_eq!(*operations.lock().unwrap(), ["UpdateItem"], "{}", told.story);
    // The month is counted all the same, once the call is over.
    assert_eq!(world.stack.ledger.usage(&number, "2026-11").await.unwrap(), 1);
}

#[tokio::test]
async fn a_step_that_hangs_is_broken_off_and_its_batch_goes_on_later() {
    let world = World::new().await;
    // S3 gives no answer for ten minutes: one attempt takes 20 s, and three are more than a step may take.
    world.stack.break_by(&away(Service::S3, How::TimeOut, 0, 600));
    let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
    let ended = story.ended().unwrap();
    let recording = story.recording().unwrap().sid;
    // The recording is ready two seconds after the end, and the step may take 40.
    world.stack.clock.advance_to(ended.checked_add(seconds(50)).unwrap()).await;
    let still = world.stack.clock.busy();
    let row = world.stack.ledger.voicemail(&recording).await.unwrap();
    let trouble = row.trouble.unwrap_or_else(|| panic!("no trouble yet\n{story}"));
    assert!(trouble.last_error.contains("the step took too long"), "{trouble:?}");
    drop(still);
    world.stack.clock.settled().await;
    let told = world.told(story).await;
    assert!(matches!(told.voicemail().mail, Mail::Sent { .. }));
    told.one_voicemail();
}

//! What entries of lists decide is counted, behind the answer.

use std::time::Duration;

use domain::Hits;
use exchange::WebhookKind;

use crate::shop::*;
use crate::world::{MASKED_NUMBER, World, seconds};

/// In the list `blocked`.
const LISTED: &str = "+19005550100";

async fn hits(world: &World) -> Vec<(String, u32)> {
    let hits = world.stack.ledger.hits(&number(MASKED_NUMBER)).await.unwrap();
    hits.into_iter().map(|Hits { entry, calls, .. }| (entry.to_string(), calls)).collect()
}

fn told(hits: &[(&str, u32)]) -> Vec<(String, u32)> {
    hits.iter().map(|(entry, calls)| ((*entry).to_owned(), *calls)).collect()
}

#[tokio::test]
async fn each_call_counts_at_the_entry_that_decided_it() {
    let world = shop(MONDAY_NIGHT).await;
    let begun = world.stack.clock.now();
    // Refused, taken by a person, nobody there, and in no list.
    world.exchange().plug(ANA, takes_after(4));
    for from in [LISTED, "anonymous", LISTED, VIP, "+13127770001", FRIEND] {
        world.stack.clock.advance(seconds(60)).await;
        world.call(caller(from)).await;
    }
    let expected =
        [("blocked#+1900*", 2), ("blocked#anonymous", 1), ("vip#+13125550142", 1), ("vip#+1312777*", 1)];
    assert_eq!(hits(&world).await, told(&expected));
    let last = &world.stack.ledger.hits(&number(MASKED_NUMBER)).await.unwrap()[0].last_at;
    assert!(last.duration_since(begun).as_secs() >= 180, "the later of the two");
}

#[tokio::test]
async fn who_is_blocked_by_a_key_counts_as_well() {
    let world = shop(MONDAY).await;
    let [masked, friend] = [MASKED_NUMBER, FRIEND].map(number);
    world.stack.ledger.block_caller(&masked, &friend).await.unwrap();
    for _ in 0..2 {
        assert!(world.call(caller(FRIEND)).await.story.heard_busy());
    }
    assert_eq!(hits(&world).await, told(&[("#+15035550111", 2)]));
}

#[tokio::test]
async fn a_call_whose_webhooks_all_come_twice_counts_once() {
    for from in [LISTED, VIP] {
        let world = shop(MONDAY_NIGHT).await;
        world.exchange().plug(ANA, takes_after(4));
        world.exchange().set_delivery(|_| vec![Duration::from_millis(1), Duration::from_millis(400)]);
        world.call(caller(from)).await;
        assert_eq!(hits(&world).await.iter().map(|(_, calls)| *calls).collect::<Vec<_>>(), [1], "{from}");
    }
}

#[tokio::test]
async fn an_end_that_nobody_tells_does_not_count() {
    let world = shop(MONDAY_NIGHT).await;
    world.exchange().set_delivery(|it| {
        if it.kind == WebhookKind::CallStatus { Vec::new() } else { vec![Duration::from_millis(1)] }
    });
    world.call(caller(LISTED)).await;
    assert!(hits(&world).await.is_empty());
    let call = world.rows("calls").await;
    assert!(call[0].contains("hit_uncounted"), "{call:?}");
}

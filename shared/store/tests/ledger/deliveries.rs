use jiff::Timestamp;
use live::telling::{Answer, Delivery, Tells};
use live::{CallId, Event, Happened, Source};
use store::{DeliveryPart, StoreError, Written};
use tokio::task::JoinSet;

use crate::place::{Ledger, at, text};

const URL: &str = "https://example.com/calls?secret=1";

fn call(last: u8) -> CallId {
    CallId::of_outgoing([last; 16])
}

fn delivery(url: &str) -> Delivery {
    Delivery::new(url.to_owned(), "crm".to_owned(), Tells::Call, 0, at(0))
}

fn event(seq: u64) -> Event {
    let (action, participant, operation_context) = (None, None, None);
    let happened = Happened::Connected;
    Event { seq, at: at(0), source: Source::Clock, action, participant, operation_context, happened }
}

async fn begun(ledger: &Ledger) -> Delivery {
    let delivery = delivery(URL);
    ledger.store.begin_delivery(&call(1), &delivery).await.unwrap();
    delivery
}

async fn due(ledger: &Ledger, by: Timestamp) -> Vec<CallId> {
    let mut all = Vec::new();
    for part in DeliveryPart::all() {
        all.extend(ledger.store.deliveries_due(part, by).await.unwrap());
    }
    all
}

#[tokio::test]
async fn a_delivery_begins_once_under_the_hash_of_its_address() {
    let ledger = Ledger::new().await;
    let mut delivery = begun(&ledger).await;
    assert_eq!(ledger.store.delivery(&call(1), URL).await.unwrap(), delivery);
    delivery.claim(7, at(1));
    assert_eq!(ledger.store.delivery_goes_on(&call(1), &delivery).await.unwrap(), Written::Applied);
    // Another action names it: it stays as far as it is.
    begun(&ledger).await;
    assert_eq!(ledger.store.delivery(&call(1), URL).await.unwrap(), delivery);

    // sha256sum of the address.
    let get = ledger.client.get_item().table_name(&ledger.tables.live_calls);
    let get = get.key("call_id", text(call(1).as_str())).key("item", text("delivery#e824f7cc35430afb"));
    let row = get.send().await.unwrap().item.unwrap();
    assert!(!row.contains_key("expires"), "expiry asks for no hold");
    assert_eq!(row["due_shard"].as_s().unwrap(), "n1");

    let none = ledger.store.delivery(&call(1), "https://example.com").await.unwrap_err();
    assert!(matches!(none, StoreError::NotFound(_)), "{none}");
}

#[tokio::test]
async fn a_calls_deliveries_are_its_own() {
    let ledger = Ledger::new().await;
    assert_eq!(ledger.store.deliveries(&call(1)).await.unwrap(), []);
    let mut all: Vec<Delivery> = (0..3).map(|n| delivery(&format!("{URL}{n}"))).collect();
    for delivery in &all {
        ledger.store.begin_delivery(&call(1), delivery).await.unwrap();
    }
    ledger.store.begin_delivery(&call(2), &all[0]).await.unwrap();
    let mut read = ledger.store.deliveries(&call(1)).await.unwrap();
    read.sort_by(|a, b| a.url.cmp(&b.url));
    all.sort_by(|a, b| a.url.cmp(&b.url));
    assert_eq!(read, all);
}

#[tokio::test]
async fn of_many_who_claim_a_delivery_one_gets_it() {
    let ledger = Ledger::new().await;
    let delivery = begun(&ledger).await;
    let mut claims = JoinSet::new();
    for by in 1..=12 {
        let (store, mut then) = (ledger.store.clone(), delivery.clone());
        then.claim(by, at(1));
        claims.spawn(async move { store.delivery_goes_on(&call(1), &then).await.unwrap() });
    }
    let claimed = claims.join_all().await;
    assert_eq!(claimed.iter().filter(|it| **it == Written::Applied).count(), 1);
    assert_eq!(claimed.iter().filter(|it| **it == Written::Conflict).count(), 11);
}

#[tokio::test]
async fn a_claim_whose_answer_got_lost_is_still_a_claim() {
    let ledger = Ledger::new().await;
    let mut mine = begun(&ledger).await;
    mine.claim(7, at(1));
    let (mut others, mut late) = (mine.clone(), mine.clone());
    others.claimed_by = 8;
    for _ in 0..2 {
        assert_eq!(ledger.store.delivery_goes_on(&call(1), &mine).await.unwrap(), Written::Applied);
        assert_eq!(ledger.store.delivery_goes_on(&call(1), &others).await.unwrap(), Written::Conflict);
    }
    // Somebody has taken over meanwhile.
    let mut taken_over = mine.clone();
    taken_over.claim(8, at(30));
    assert_eq!(ledger.store.delivery_goes_on(&call(1), &taken_over).await.unwrap(), Written::Applied);
    late.answered(&event(1), Answer::Taken, 0, at(31));
    late.release(at(31));
    assert_eq!(ledger.store.delivery_goes_on(&call(1), &late).await.unwrap(), Written::Conflict);
    assert_eq!(ledger.store.delivery(&call(1), URL).await.unwrap(), taken_over);
}

#[tokio::test]
async fn a_delivery_that_never_began_does_not_go_on() {
    let ledger = Ledger::new().await;
    let mut delivery = delivery(URL);
    delivery.claim(7, at(1));
    assert_eq!(ledger.store.delivery_goes_on(&call(1), &delivery).await.unwrap(), Written::Conflict);
    assert_eq!(ledger.store.deliveries(&call(1)).await.unwrap(), []);
}

#[tokio::test]
async fn a_delivery_is_found_once_it_is_due() {
    let ledger = Ledger::new().await;
    let mut first = begun(&ledger).await;
    for (last, url) in [(1, "https://example.org/"), (2, URL)] {
        ledger.store.begin_delivery(&call(last), &delivery(url)).await.unwrap();
    }
    assert_eq!(due(&ledger, at(299)).await, []);
    // Once each, however many endpoints it has.
    assert_eq!(due(&ledger, at(300)).await, [call(1), call(2)]);

    first.claim(7, at(1));
    first.answered(&event(1), Answer::NotTaken { retry_after: None }, 0, at(1));
    first.release(at(1));
    // Two changes, one write: whoever saw the first can't have seen this.
    first.revision = 1;
    assert_eq!(ledger.store.delivery_goes_on(&call(1), &first).await.unwrap(), Written::Applied);
    assert_eq!(due(&ledger, at(2)).await, [call(1)]);
    first.claim(7, at(2));
    first.answered(&event(1), Answer::Gone, 0, at(2));
    assert_eq!(ledger.store.delivery_goes_on(&call(1), &first).await.unwrap(), Written::Applied);
    first.release(at(2));
    assert_eq!(ledger.store.delivery_goes_on(&call(1), &first).await.unwrap(), Written::Applied);
    assert_eq!(first.due, None);
    assert_eq!(due(&ledger, at(299)).await, []);
    // What else is due in the index is nobody's to be told.
    let calls = store::DuePart::all();
    for part in calls {
        assert_eq!(ledger.store.due_page(part, at(9_999)).await.unwrap(), []);
    }
}

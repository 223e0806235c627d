use domain::{
    ApiKey, ApiKeyId, ApiKeyName, CallbackUrl, Country, FormerSecret, KeyNumbers, Once, OnceId, Scope,
    SecretHash,
};
use jiff::{SignedDuration, Timestamp};
use store::{StoreError, Taken, Usage, Written};
use tokio::task::JoinSet;

use crate::place::{Ledger, Row, at, masked, text};

fn id(number: u8) -> ApiKeyId {
    ApiKeyId::of([number; 4])
}

fn named(number: u8, name: &str) -> ApiKey {
    ApiKey {
        id: id(number),
        name: ApiKeyName::parse(name).unwrap(),
        scopes: [Scope::Read, Scope::Create].into(),
        numbers: KeyNumbers::Only([masked()].into()),
        countries: Some([Country::parse("US").unwrap()].into()),
        calls_per_minute: 10,
        minutes_per_day: 100,
        callback: Some(CallbackUrl::parse("https://example.com/calls").unwrap()),
        created_by: "olivia".to_owned(),
        created_at: at(0),
        secret: SecretHash([number; 32]),
        former: Some(FormerSecret { secret: SecretHash([9; 32]), until: at(60) }),
    }
}

async fn keys(ledger: &Ledger) -> Vec<ApiKey> {
    let keys = ledger.store.api_keys().await.unwrap();
    assert!(keys.unreadable.is_empty(), "{keys:?}");
    keys.rows
}

async fn row(ledger: &Ledger, key: &str, item: &str) -> Row {
    let get = ledger.client.get_item().table_name(&ledger.tables.access);
    get.key("key", text(key)).key("item", text(item)).send().await.unwrap().item.unwrap_or_default()
}

#[tokio::test]
async fn a_key_is_read_as_it_was_written() {
    let ledger = Ledger::new().await;
    let full = named(1, "crm");
    let bare = ApiKey {
        scopes: [].into(),
        numbers: KeyNumbers::All,
        countries: None,
        callback: None,
        former: None,
        ..named(2, "bare")
    };
    let none =
        ApiKey { numbers: KeyNumbers::Only([].into()), countries: Some([].into()), ..named(3, "none") };
    for key in [&full, &bare, &none] {
        assert_eq!(ledger.store.add_api_key(key).await.unwrap(), Written::Applied);
    }
    assert_eq!(keys(&ledger).await, [full, bare, none]);
}

#[tokio::test]
async fn of_two_keys_of_the_same_name_one_is_added() {
    let ledger = Ledger::new().await;
    let mut adding = JoinSet::new();
    for number in 0..8 {
        let store = ledger.store.clone();
        adding.spawn(async move { store.add_api_key(&named(number, "crm")).await });
    }
    let added = adding.join_all().await;
    let applied = added.iter().filter(|added| matches!(added, Ok(Written::Applied))).count();
    assert_eq!((applied, keys(&ledger).await.len()), (1, 1), "{added:?}");
}

#[tokio::test]
async fn a_removed_key_opens_nothing_and_its_name_is_free() {
    let ledger = Ledger::new().await;
    let key = named(1, "crm");
    ledger.store.add_api_key(&key).await.unwrap();
    assert_eq!(ledger.store.remove_api_key(&key).await.unwrap(), Written::Applied);
    assert_eq!(ledger.store.remove_api_key(&key).await.unwrap(), Written::NotApplicable);
    assert!(keys(&ledger).await.is_empty());
    let next = named(2, "crm");
    assert_eq!(ledger.store.add_api_key(&next).await.unwrap(), Written::Applied);
    // Whoever has seen the first removes nothing of the second.
    assert_eq!(ledger.store.remove_api_key(&key).await.unwrap(), Written::NotApplicable);
    assert_eq!(ledger.store.add_api_key(&named(3, "crm")).await.unwrap(), Written::Conflict);
}

#[tokio::test]
async fn of_two_rotations_at_once_one_is_written() {
    let ledger = Ledger::new().await;
    let key = ApiKey { former: None, ..named(1, "crm") };
    ledger.store.add_api_key(&key).await.unwrap();
    let rotated =
        |secret| key.clone().rotated(SecretHash([secret; 32]), SignedDuration::from_hours(24), at(0));
    assert_eq!(ledger.store.rotate_api_key(&key, &rotated(7)).await.unwrap(), Written::Applied);
    assert_eq!(ledger.store.rotate_api_key(&key, &rotated(8)).await.unwrap(), Written::Conflict);
    assert_eq!(keys(&ledger).await, [rotated(7)]);
    let at_once = rotated(7).rotated(SecretHash([6; 32]), SignedDuration::ZERO, at(5));
    assert_eq!(ledger.store.rotate_api_key(&rotated(7), &at_once).await.unwrap(), Written::Applied);
    assert_eq!(keys(&ledger).await, [at_once]);
    let gone = named(2, "gone");
    assert_eq!(ledger.store.rotate_api_key(&gone, &gone).await.unwrap(), Written::NotApplicable);
}

#[tokio::test]
async fn a_key_that_cant_be_read_keeps_no_other_out() {
    let ledger = Ledger::new().await;
    for number in 1..=3 {
        ledger.store.add_api_key(&named(number, &format!("k{number}"))).await.unwrap();
    }
    let spoil = |item: String, attribute: &str, value| {
        let update = ledger.client.update_item().table_name(&ledger.tables.access);
        let update = update.key("key", text("keys")).key("item", text(&item));
        let update = update.update_expression("SET #it = :it").expression_attribute_names("#it", attribute);
        update.expression_attribute_values(":it", value).send()
    };
    spoil(format!("key#{}", id(1)), "numbers", text("every")).await.unwrap();
    spoil(format!("key#{}", id(2)), "secret_hash", text("hush")).await.unwrap();
    let read = ledger.store.api_keys().await.unwrap();
    assert_eq!(read.rows, [named(3, "k3")]);
    let unreadable: Vec<&str> = read.unreadable.iter().map(|it| &*it.key).collect();
    assert_eq!(unreadable, ["key#01010101", "key#02020202"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_calls_at_once_a_key_for_ten_makes_exactly_ten() {
    let ledger = Ledger::new().await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let store = ledger.store.clone();
        calls.spawn(async move { store.take_call(&named(1, "crm"), at(61)).await.unwrap() });
    }
    let taken = calls.join_all().await;
    let count = |wanted: Taken| taken.iter().filter(|taken| **taken == wanted).count();
    assert_eq!((count(Taken::Taken), count(Taken::UsedUp { until: minute(at(61), 1) })), (10, 40));
    let id = named(1, "crm").id;
    let usage = |at| ledger.store.api_key_usage(&id, at);
    assert_eq!(usage(at(61)).await.unwrap(), Usage { calls: 10, minutes: 0 });
    // The next minute, and another key.
    assert_eq!(usage(minute(at(61), 1)).await.unwrap(), Usage::default());
    assert_eq!(ledger.store.take_call(&named(1, "crm"), minute(at(61), 1)).await.unwrap(), Taken::Taken);
    assert_eq!(ledger.store.take_call(&named(2, "other"), at(61)).await.unwrap(), Taken::Taken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_calls_at_once_a_day_has_no_more_minutes() {
    let ledger = Ledger::new().await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let store = ledger.store.clone();
        calls.spawn(async move { store.take_minutes(&named(1, "crm"), 15, at(0)).await.unwrap() });
    }
    let taken = calls.join_all().await;
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::Taken).count(), 6);
    assert_eq!(ledger.store.take_minutes(&named(1, "crm"), 10, at(0)).await.unwrap(), Taken::Taken);
    let usage = ledger.store.api_key_usage(&id(1), at(0)).await.unwrap();
    assert_eq!(usage, Usage { calls: 0, minutes: 100 });
    let day = 24 * 3_600;
    let until = Timestamp::from_second((at(0).as_second() / day + 1) * day).unwrap();
    for minutes in [1, 101] {
        let taken = ledger.store.take_minutes(&named(1, "crm"), minutes, at(0)).await.unwrap();
        assert_eq!(taken, Taken::UsedUp { until }, "{minutes}");
    }
}

#[tokio::test]
async fn a_key_with_a_limit_of_none_makes_no_call() {
    let ledger = Ledger::new().await;
    let key = ApiKey { calls_per_minute: 0, minutes_per_day: 0, ..named(1, "crm") };
    assert_eq!(ledger.store.take_call(&key, at(0)).await.unwrap(), Taken::UsedUp { until: minute(at(0), 1) });
    assert!(matches!(ledger.store.take_minutes(&key, 1, at(0)).await.unwrap(), Taken::UsedUp { .. }));
}

#[tokio::test]
async fn what_a_key_used_is_gone_after_three_days() {
    let ledger = Ledger::new().await;
    ledger.store.take_call(&named(1, "crm"), at(0)).await.unwrap();
    let minute = at(0).strftime("minute#%Y-%m-%dT%H:%M").to_string();
    let row = row(&ledger, "usage#01010101", &minute).await;
    let expires = at(0).as_second() + 3 * 24 * 3_600;
    assert_eq!(row["expires"].as_n().unwrap(), &expires.to_string());
}

fn once(number: u8, body: &str) -> Once {
    let id = OnceId { api_key: id(1), hash: [number; 32] };
    Once { id, digest: [number; 32], status: 201, body: body.to_owned() }
}

#[tokio::test]
async fn a_request_that_comes_again_has_one_answer_for_two_days() {
    let ledger = Ledger::new().await;
    let first = once(1, r#"{"id":"a1"}"#);
    let read = |at| ledger.store.once(&first.id, at);
    assert_eq!(read(at(0)).await.unwrap(), None);
    assert_eq!(ledger.store.keep_once(&first, at(0)).await.unwrap(), Written::Applied);
    let another = once(1, r#"{"id":"a2"}"#);
    assert_eq!(ledger.store.keep_once(&another, at(5)).await.unwrap(), Written::Conflict);
    let two_days = 48 * 3_600;
    assert_eq!(read(at(two_days - 1)).await.unwrap().as_ref(), Some(&first));
    // Also while DynamoDB has not deleted it yet.
    assert_eq!(read(at(two_days)).await.unwrap(), None);
    assert_eq!(ledger.store.keep_once(&another, at(two_days)).await.unwrap(), Written::Applied);
    assert_eq!(read(at(two_days)).await.unwrap(), Some(another));
    // The same Idempotency-Key of another program is another request.
    let theirs = OnceId { api_key: id(2), hash: first.id.hash };
    assert_eq!(ledger.store.once(&theirs, at(0)).await.unwrap(), None);
}

#[tokio::test]
async fn a_database_that_is_gone_lets_nobody_in_and_forbids_nobody() {
    let mut ledger = Ledger::new().await;
    ledger.goes_down().await;
    let store = &ledger.store;
    assert!(matches!(store.api_keys().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.take_call(&named(1, "crm"), at(0)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.once(&once(1, "{}").id, at(0)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.keep_once(&once(1, "{}"), at(0)).await, Err(StoreError::Unavailable(_))));
}

fn minute(at: Timestamp, later: i64) -> Timestamp {
    Timestamp::from_second((at.as_second() / 60 + later) * 60).unwrap()
}

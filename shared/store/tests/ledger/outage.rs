use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use domain::CallBegins;
use store::{Store, StoreError, Tables, schema};

use crate::place::{Ledger, at, call_sid, client, forwarded, masked, parties, recording_sid, settings};

#[tokio::test]
async fn settings_that_were_read_once_are_known_through_an_outage() {
    let mut ledger = Ledger::new().await;
    ledger.store.put_number(&settings()).await.unwrap();
    ledger.store.number(&masked(), at(0)).await.unwrap();
    ledger.goes_down().await;

    assert_eq!(ledger.store.number(&masked(), at(29)).await.unwrap().settings, settings().for_calls());
    let unavailable = ledger.store.number(&masked(), at(30)).await;
    assert!(matches!(unavailable, Err(StoreError::Unavailable(_))), "{unavailable:?}");
    assert_eq!(ledger.store.number_last_known(&masked()).unwrap().settings, settings().for_calls());
}

#[tokio::test]
async fn a_database_that_is_gone_is_unavailable_and_never_empty() {
    let mut ledger = Ledger::new().await;
    ledger.goes_down().await;
    let store = &ledger.store;
    let call = CallBegins {
        call_sid: call_sid(1),
        parties: parties(),
        decision: forwarded(),
        month: "2026-11".to_owned(),
        calls_per_month: Some(10),
        passed_over: Vec::new(),
        in_list: None,
        at: at(0),
    };
    assert!(matches!(store.number(&masked(), at(0)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.put_number(&settings()).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.usage(&masked(), "2026-11").await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.begin_call(&call).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.call(&call_sid(1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.voicemail(&recording_sid(1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.voicemails_of(&masked()).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.purged(&recording_sid(1), at(0)).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_database_that_says_nothing_is_given_up_within_two_seconds() {
    // It takes connections, for the system does, and never reads from one.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let store = Store::new(client(silent.local_addr().unwrap()), Tables::with_prefix("test"));
    let started = Instant::now();
    let unavailable = store.number(&masked(), at(0)).await;
    assert!(matches!(unavailable, Err(StoreError::Unavailable(_))), "{unavailable:?}");
    assert!(started.elapsed() < Duration::from_millis(2_500), "{:?}", started.elapsed());
}

#[tokio::test]
async fn making_the_tables_again_leaves_them_as_they_are() {
    let ledger = Ledger::new().await;
    ledger.store.put_number(&settings()).await.unwrap();
    schema::create_tables(&ledger.client, &ledger.tables).await.unwrap();
    assert_eq!(ledger.store.number(&masked(), at(0)).await.unwrap().settings, settings().for_calls());
}

#[tokio::test]
async fn tables_that_are_not_there_are_an_outage_and_no_empty_ledger() {
    let ledger = Ledger::new().await;
    let store = Store::new(ledger.client.clone(), Tables::with_prefix("no-such"));
    assert!(matches!(store.number(&masked(), at(0)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.voicemail(&recording_sid(1)).await, Err(StoreError::Unavailable(_))));
}

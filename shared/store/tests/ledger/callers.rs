//! What a number knows of its callers, and for how long.

use domain::Language;
use store::{KnownCaller, Written};

use crate::place::{Ledger, at, masked, number, settings};

const YEAR: i64 = 365 * 24 * 60 * 60;

#[tokio::test]
async fn a_caller_is_remembered_for_a_year_after_the_last_call() {
    let ledger = Ledger::new().await;
    let known = async |second| ledger.store.known_caller(&masked(), &number(7), at(second)).await.unwrap();
    let expires = async || {
        let row = ledger.row_of(&masked(), &format!("caller#{}", number(7).reveal())).await;
        row["expires"].as_n().unwrap().parse::<i64>().unwrap() - at(0).as_second()
    };
    assert_eq!(known(0).await, KnownCaller::default());
    ledger.store.caller_hears(&masked(), &number(7), Language::Spanish, at(5)).await.unwrap();
    assert_eq!(expires().await, YEAR + 5);
    ledger.store.caller_called(&masked(), &number(7), at(60)).await.unwrap();
    assert_eq!(expires().await, YEAR + 60);
    let spanish = Some(Language::Spanish);
    assert_eq!(known(YEAR + 59).await, KnownCaller { called_before: true, language: spanish });
    // A row may outlive its time by days.
    assert_eq!(known(YEAR + 60).await, KnownCaller { called_before: false, language: spanish });
    assert_eq!(
        ledger.store.known_caller(&masked(), &number(8), at(0)).await.unwrap(),
        KnownCaller::default()
    );
}

#[tokio::test]
async fn a_caller_is_blocked_once_and_only_by_a_number_there_is() {
    let ledger = Ledger::new().await;
    let blocked =
        async || ledger.another_store().number(&masked(), at(1)).await.unwrap().settings.blocked.clone();
    assert_eq!(ledger.store.block_caller(&masked(), &number(7)).await.unwrap(), Written::NotApplicable);
    ledger.store.add_settings(&settings(), at(0)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(ledger.store.block_caller(&masked(), &number(7)).await.unwrap(), Written::Applied);
        assert_eq!(blocked().await, [number(7)].into());
    }
    assert_eq!(ledger.store.unblock_caller(&masked(), &number(8)).await.unwrap(), Written::NotApplicable);
    assert_eq!(ledger.store.unblock_caller(&masked(), &number(7)).await.unwrap(), Written::Applied);
    assert!(blocked().await.is_empty());
}

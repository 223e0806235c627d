//! How often an entry of a list decided a call.

use domain::{
    CallBegins, CallStatusReport, Decision, DialOutcome, DialReport, Disposition, Hits, InList, Treatment,
};
use store::Begun;

use crate::place::{Ledger, at, call_sid, masked, number, parties};

const YEAR: i64 = 365 * 24 * 60 * 60;

fn vip() -> InList {
    InList { list: Some("vip".to_owned()), who: "+1312777*".to_owned() }
}

fn begins(call: u32, entry: Option<InList>, second: i64) -> CallBegins {
    CallBegins {
        call_sid: call_sid(call),
        parties: parties(),
        decision: Decision { disposition: Disposition::Forward, treatment: Treatment::HangUp },
        month: "2026-11".to_owned(),
        calls_per_month: None,
        passed_over: Vec::new(),
        in_list: entry,
        at: at(second),
    }
}

async fn told(ledger: &Ledger, call: u32, status: &str, sequence: u32) {
    let report = CallStatusReport {
        call_sid: call_sid(call),
        parent_call_sid: None,
        status: status.to_owned(),
        sequence,
        duration_seconds: None,
        sip_response_code: None,
        at: at(90),
    };
    ledger.store.call_status(&report).await.unwrap();
}

async fn hits(ledger: &Ledger) -> Vec<(String, u32, i64)> {
    let hits = ledger.store.hits(&masked()).await.unwrap();
    let told = |Hits { entry, calls, last_at }: Hits| {
        (entry.to_string(), calls, last_at.as_second() - at(0).as_second())
    };
    hits.into_iter().map(told).collect()
}

#[tokio::test]
async fn a_call_counts_once_at_its_entry_and_when_it_is_over() {
    let ledger = Ledger::new().await;
    for _ in 0..2 {
        ledger.store.begin_call(&begins(1, Some(vip()), 5)).await.unwrap();
    }
    assert_eq!(ledger.store.call(&call_sid(1)).await.unwrap().in_list, Some(vip()));
    told(&ledger, 1, "in-progress", 1).await;
    assert!(hits(&ledger).await.is_empty(), "nobody waits for it to be counted");
    // However often, and in whatever way, its end is told.
    let (parties, outcome) = (parties(), DialOutcome::Conversation);
    let report =
        DialReport { call_sid: call_sid(1), parties, outcome, duration_seconds: Some(9), at: at(80) };
    for _ in 0..2 {
        told(&ledger, 1, "completed", 2).await;
        ledger.store.dial_ended(&report).await.unwrap();
    }
    let entry = vip().to_string();
    assert_eq!(hits(&ledger).await, [(entry.clone(), 1, 5)]);
    assert_eq!(ledger.store.usage(&masked(), "2026-11").await.unwrap(), 1, "and once in its month");
    // It is forgotten a year after its last call.
    let row = ledger.row_of(&masked(), &format!("hits#{entry}")).await;
    let expires: i64 = row["expires"].as_n().unwrap().parse().unwrap();
    assert_eq!(expires - at(0).as_second(), YEAR + 5);
}

#[tokio::test]
async fn the_last_call_is_the_last_that_came_in() {
    let ledger = Ledger::new().await;
    for (call, second) in [(1, 10), (2, 20), (3, 30)] {
        ledger.store.begin_call(&begins(call, Some(vip()), second)).await.unwrap();
    }
    for (call, expected) in [(2, (1, 20)), (1, (2, 20)), (3, (3, 30))] {
        told(&ledger, call, "completed", 2).await;
        assert_eq!(hits(&ledger).await, [(vip().to_string(), expected.0, expected.1)]);
    }
}

#[tokio::test]
async fn a_call_whose_end_was_told_first_counts_as_it_begins() {
    let ledger = Ledger::new().await;
    told(&ledger, 1, "busy", 2).await;
    assert_eq!(ledger.store.begin_call(&begins(1, Some(vip()), 5)).await.unwrap(), Begun::New);
    assert_eq!(hits(&ledger).await, [(vip().to_string(), 1, 5)]);
}

#[tokio::test]
async fn a_call_that_no_entry_decided_counts_nowhere() {
    let ledger = Ledger::new().await;
    ledger.store.begin_call(&begins(1, None, 5)).await.unwrap();
    told(&ledger, 1, "completed", 2).await;
    assert!(hits(&ledger).await.is_empty());
    // Entries stand apart, also those beside the lists.
    for (call, entry) in (2..).zip([vip(), InList { list: None, who: number(7).reveal().to_owned() }]) {
        ledger.store.begin_call(&begins(call, Some(entry), 6)).await.unwrap();
        told(&ledger, call, "completed", 2).await;
    }
    assert_eq!(hits(&ledger).await.iter().map(|(_, calls, _)| *calls).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn of_fifty_calls_at_once_an_entry_counts_fifty() {
    let ledger = Ledger::new().await;
    let mut all = tokio::task::JoinSet::new();
    for call in 1..=50 {
        ledger.store.begin_call(&begins(call, Some(vip()), call.into())).await.unwrap();
        let store = ledger.another_store();
        all.spawn(async move {
            let report = CallStatusReport {
                call_sid: call_sid(call),
                parent_call_sid: None,
                status: "completed".to_owned(),
                sequence: 2,
                duration_seconds: None,
                sip_response_code: None,
                at: at(90),
            };
            // Twilio sends again what fails.
            while store.call_status(&report).await.is_err() {}
        });
    }
    all.join_all().await;
    assert_eq!(hits(&ledger).await, [(vip().to_string(), 50, 50)]);
}

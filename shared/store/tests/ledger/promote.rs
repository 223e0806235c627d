//! Calls that were forwarded, and that programs steer from some moment on.

use domain::{ApiKeyId, CallBegins, CallStatusReport, DialOutcome, DialReport, Once, OnceId, Treatment};
use live::{Address, Plain, Rung, Steered};
use store::{Committed, ControlledCall, StoreError};

use crate::place::{Ledger, account_sid, at, call_sid, forwarded, masked, parties};

fn begins() -> CallBegins {
    CallBegins {
        call_sid: call_sid(1),
        parties: parties(),
        decision: forwarded(),
        month: "2026-11".to_owned(),
        calls_per_month: None,
        passed_over: Vec::new(),
        in_list: None,
        at: at(0),
    }
}

fn promoted() -> (ControlledCall, Vec<live::Event>) {
    let plain = Plain {
        call_sid: call_sid(1),
        number: masked(),
        caller: Address::Withheld,
        begun_at: at(0),
        owner: Rung::Talks(call_sid(101)),
    };
    let (call, events) = plain.promoted(at(20));
    let call = ControlledCall {
        steered: Steered::new(call, at(20)),
        account_sid: account_sid(),
        base_url: "https://example.com/webhook".to_owned(),
        key: "0a1b2c3d".to_owned(),
        callback: None,
        plan: None,
        is_told: false,
        revision: 0,
    };
    (call, events)
}

fn once(hash: u8) -> Once {
    let id = OnceId { api_key: ApiKeyId::of([7; 4]), hash: [hash; 32] };
    Once { id, digest: [1; 32], status: 202, body: "{}".to_owned() }
}

fn steered() -> Treatment {
    Treatment::Steered { booth: "b.CL.p1.1.0".to_owned() }
}

async fn promote(ledger: &Ledger, key: u8) -> Committed {
    let (call, events) = promoted();
    let of = (&call, &call_sid(1));
    ledger.store.promote(of, (&steered(), None), &events, &once(key), None, at(20)).await.unwrap()
}

fn ended(outcome: DialOutcome) -> DialReport {
    DialReport { call_sid: call_sid(1), parties: parties(), outcome, duration_seconds: None, at: at(30) }
}

fn status(status: &str) -> CallStatusReport {
    CallStatusReport {
        call_sid: call_sid(1),
        parent_call_sid: None,
        status: status.to_owned(),
        sequence: 3,
        duration_seconds: Some(30),
        sip_response_code: None,
        at: at(30),
    }
}

#[tokio::test]
async fn whoever_answers_a_promoted_caller_reads_where_they_are() {
    let ledger = Ledger::new().await;
    ledger.store.begin_call(&begins()).await.unwrap();
    assert_eq!(promote(&ledger, 3).await, Committed::Yes);
    let (_, treatment) = ledger.store.dial_ended(&ended(DialOutcome::Conversation)).await.unwrap();
    assert_eq!(treatment, Some(steered()));
    let (_, treatment) = ledger.store.call_status(&status("completed")).await.unwrap();
    assert_eq!(treatment, Some(steered()));
    let (call, events) = promoted();
    let id = call.steered.call.id.clone();
    assert_eq!(ledger.store.controlled_call(&id).await.unwrap(), call);
    assert_eq!(ledger.store.events_after(&id, 0, 50).await.unwrap(), events);
}

#[tokio::test]
async fn a_call_is_promoted_once_and_not_once_it_is_over() {
    let ledger = Ledger::new().await;
    assert_eq!(promote(&ledger, 1).await, Committed::Raced, "nobody has called");
    ledger.store.begin_call(&begins()).await.unwrap();
    ledger.store.dial_ended(&ended(DialOutcome::Conversation)).await.unwrap();
    assert_eq!(promote(&ledger, 2).await, Committed::Raced, "its caller was answered");

    let ledger = Ledger::new().await;
    ledger.store.begin_call(&begins()).await.unwrap();
    ledger.store.call_status(&status("completed")).await.unwrap();
    assert_eq!(promote(&ledger, 2).await, Committed::Raced, "its caller is gone");
    let (call, _) = promoted();
    let none = ledger.store.controlled_call(&call.steered.call.id).await;
    assert!(matches!(none, Err(StoreError::NotFound(_))), "all of it, or nothing");

    let ledger = Ledger::new().await;
    ledger.store.begin_call(&begins()).await.unwrap();
    assert_eq!(promote(&ledger, 3).await, Committed::Yes);
    assert_eq!(promote(&ledger, 3).await, Committed::Repeated);
    assert_eq!(promote(&ledger, 4).await, Committed::Raced);
}

#[tokio::test]
async fn a_forwarded_call_is_found_by_its_number_while_it_is_new() {
    let ledger = Ledger::new().await;
    ledger.store.begin_call(&begins()).await.unwrap();
    let found = ledger.store.calls_since(&masked(), at(-10), 100).await.unwrap();
    assert_eq!(found, [call_sid(1)]);
    assert_eq!(ledger.store.calls_since(&masked(), at(10), 100).await.unwrap(), []);
    let read = ledger.store.call_with_treatment(&call_sid(1)).await.unwrap();
    assert_eq!((read.ended_at, read.treatment), (None, Some(forwarded().treatment)));
    ledger.store.call_status(&status("completed")).await.unwrap();
    let read = ledger.store.call_with_treatment(&call_sid(1)).await.unwrap();
    assert_eq!(read.ended_at, Some(at(30)));
}

use domain::{
    CallBegins, CallStatusReport, Decision, DialOutcome, DialReport, Disposition, Instead, Leg, NotReached,
    Parties, Spoken, Treatment, WhyNotForwarded,
};
use phone::Caller;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::{Begun, StoreError, Written};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::place::{Ledger, at, call_sid, masked, parties, text};

const VOICEMAIL: Disposition = Disposition::Instead(Instead::Voicemail, WhyNotForwarded::ForwardingOff);

/// What a caller gets for that: something else for each.
fn decided(disposition: Disposition) -> Decision {
    let text = format!("this is {}", disposition.name());
    let words = Spoken::Words { text, voice: "Polly.Joanna-Neural".to_owned(), language: None };
    Decision { disposition, treatment: Treatment::Say { words } }
}

fn repeated(disposition: Disposition) -> Begun {
    let Decision { disposition, treatment } = decided(disposition);
    Begun::Repeated(disposition, Some(Box::new(treatment)))
}

fn begins(call: u32, limit: Option<u32>) -> CallBegins {
    CallBegins {
        call_sid: call_sid(call),
        parties: parties(),
        decision: decided(Disposition::Forward),
        month: "2026-11".to_owned(),
        calls_per_month: limit,
        passed_over: Vec::new(),
        in_list: None,
        at: at(0),
    }
}

fn status(leg: u32, parent: Option<u32>, status: &str, sequence: u32) -> CallStatusReport {
    CallStatusReport {
        call_sid: call_sid(leg),
        parent_call_sid: parent.map(call_sid),
        status: status.to_owned(),
        sequence,
        duration_seconds: None,
        sip_response_code: None,
        at: at(0),
    }
}

fn dial_ended(call: u32, outcome: DialOutcome) -> DialReport {
    DialReport {
        call_sid: call_sid(call),
        parties: parties(),
        outcome,
        duration_seconds: Some(61),
        at: at(70),
    }
}

async fn usage(ledger: &Ledger) -> u32 {
    ledger.store.usage(&masked(), "2026-11").await.unwrap()
}

#[tokio::test]
async fn a_forwarded_call_counts_once_however_often_it_is_told() {
    let ledger = Ledger::new().await;
    assert_eq!(ledger.store.begin_call(&begins(1, Some(10))).await.unwrap(), Begun::New);
    for _ in 0..2 {
        let again = ledger.store.begin_call(&begins(1, Some(10))).await.unwrap();
        assert_eq!(again, repeated(Disposition::Forward));
    }
    assert_eq!(usage(&ledger).await, 1);

    let call = ledger.store.call(&call_sid(1)).await.unwrap();
    assert_eq!(call.number, Some(masked()));
    assert_eq!(call.caller, Some(parties().caller));
    assert_eq!(call.caller_name, parties().caller_name);
    assert_eq!(call.begun_at, Some(at(0)));
    assert_eq!(call.disposition, Some(Disposition::Forward));
    let row = ledger.call_row(&call_sid(1)).await;
    assert_eq!(row["seen_at"], text("2026-11-20T12:00:00.000Z"));
    // DynamoDB's expiry would delete it whatever holds it.
    assert!(!row.contains_key("expires_at"));
}

#[tokio::test]
async fn every_decision_is_told_again_and_only_forwarding_counts() {
    let ledger = Ledger::new().await;
    let mut call = 0;
    for instead in [Instead::Voicemail, Instead::Message, Instead::Reject] {
        for why in [WhyNotForwarded::ForwardingOff, WhyNotForwarded::PlanUsedUp, WhyNotForwarded::NoTarget] {
            call += 1;
            let decision = Disposition::Instead(instead, why);
            // A limit does not matter: nothing is forwarded.
            let begins = CallBegins { decision: decided(decision), ..begins(call, Some(0)) };
            assert_eq!(ledger.store.begin_call(&begins).await.unwrap(), Begun::New);
            assert_eq!(ledger.store.begin_call(&begins).await.unwrap(), repeated(decision));
        }
    }
    assert_eq!(usage(&ledger).await, 0);
}

#[tokio::test]
async fn a_repeated_call_keeps_its_first_decision() {
    let ledger = Ledger::new().await;
    let voicemail = CallBegins { decision: decided(VOICEMAIL), ..begins(1, None) };
    ledger.store.begin_call(&voicemail).await.unwrap();
    assert_eq!(ledger.store.begin_call(&begins(1, None)).await.unwrap(), repeated(VOICEMAIL));
    assert_eq!(usage(&ledger).await, 0);

    ledger.store.begin_call(&begins(2, None)).await.unwrap();
    let voicemail = CallBegins { decision: decided(VOICEMAIL), ..begins(2, None) };
    assert_eq!(ledger.store.begin_call(&voicemail).await.unwrap(), repeated(Disposition::Forward));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_calls_at_once_a_plan_of_ten_forwards_exactly_ten() {
    let ledger = Ledger::new().await;
    let mut calls = JoinSet::new();
    for call in 0..50 {
        let store = ledger.store.clone();
        calls.spawn(async move { store.begin_call(&begins(call, Some(10))).await.unwrap() });
    }
    let begun = calls.join_all().await;
    let count = |wanted: Begun| begun.iter().filter(|begun| **begun == wanted).count();
    assert_eq!((count(Begun::New), count(Begun::PlanUsedUp)), (10, 40));
    assert_eq!(usage(&ledger).await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_told_ten_times_at_once_counts_once() {
    let ledger = Ledger::new().await;
    let mut calls = JoinSet::new();
    for _ in 0..10 {
        let store = ledger.store.clone();
        calls.spawn(async move { store.begin_call(&begins(1, Some(10))).await.unwrap() });
    }
    let begun = calls.join_all().await;
    let count = |wanted: Begun| begun.iter().filter(|begun| **begun == wanted).count();
    assert_eq!((count(Begun::New), count(repeated(Disposition::Forward))), (1, 9));
    assert_eq!(usage(&ledger).await, 1);
}

#[tokio::test]
async fn a_call_over_the_limit_may_begin_in_another_way() {
    let ledger = Ledger::new().await;
    ledger.store.begin_call(&begins(1, Some(1))).await.unwrap();
    assert_eq!(ledger.store.begin_call(&begins(2, Some(1))).await.unwrap(), Begun::PlanUsedUp);
    assert!(matches!(ledger.store.call(&call_sid(2)).await, Err(StoreError::NotFound("call"))));
    let voicemail = CallBegins { decision: decided(VOICEMAIL), ..begins(2, Some(1)) };
    assert_eq!(ledger.store.begin_call(&voicemail).await.unwrap(), Begun::New);
    // The call that used it up is known all the same.
    let again = ledger.store.begin_call(&begins(1, Some(1))).await.unwrap();
    assert_eq!(again, repeated(Disposition::Forward));
    assert_eq!(usage(&ledger).await, 1);
}

#[tokio::test]
async fn a_plan_of_no_calls_forwards_none_and_one_without_a_limit_all() {
    let ledger = Ledger::new().await;
    assert_eq!(ledger.store.begin_call(&begins(1, Some(0))).await.unwrap(), Begun::PlanUsedUp);
    assert_eq!(usage(&ledger).await, 0);
    for call in 1..=12 {
        assert_eq!(ledger.store.begin_call(&begins(call, None)).await.unwrap(), Begun::New);
        ledger.store.call_status(&status(call, None, "completed", 1)).await.unwrap();
    }
    assert_eq!(usage(&ledger).await, 12);
    // The limit that comes later counts what went before.
    assert_eq!(ledger.store.begin_call(&begins(13, Some(12))).await.unwrap(), Begun::PlanUsedUp);
    assert_eq!(ledger.store.begin_call(&begins(13, Some(13))).await.unwrap(), Begun::New);
}

#[tokio::test]
async fn a_call_without_a_limit_counts_once_when_it_is_over() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    assert_eq!(store.begin_call(&begins(1, None)).await.unwrap(), Begun::New);
    store.call_status(&status(1, None, "in-progress", 1)).await.unwrap();
    store.call_status(&status(101, Some(1), "completed", 3)).await.unwrap();
    let not_reached = DialOutcome::NotReached(NotReached::Busy);
    store.dial_ended(&dial_ended(1, not_reached)).await.unwrap();
    assert_eq!(usage(&ledger).await, 0, "the caller waits for the greeting");
    for _ in 0..2 {
        store.call_status(&status(1, None, "completed", 2)).await.unwrap();
        assert_eq!(store.begin_call(&begins(1, None)).await.unwrap(), repeated(Disposition::Forward));
        assert_eq!(usage(&ledger).await, 1);
    }
    assert!(!ledger.call_row(&call_sid(1)).await.contains_key("uncounted_month"));

    // In the month in which it began, although it ended in the next one; and what is not forwarded, never.
    store.begin_call(&CallBegins { month: "2026-10".to_owned(), ..begins(2, None) }).await.unwrap();
    store.dial_ended(&dial_ended(2, DialOutcome::Conversation)).await.unwrap();
    assert_eq!(store.usage(&masked(), "2026-10").await.unwrap(), 1);
    store.begin_call(&CallBegins { decision: decided(VOICEMAIL), ..begins(3, None) }).await.unwrap();
    store.call_status(&status(3, None, "completed", 1)).await.unwrap();
    assert_eq!(usage(&ledger).await, 1);
}

#[tokio::test]
async fn a_call_whose_end_is_told_before_its_begin_counts_once() {
    for ends in [true, false] {
        let ledger = Ledger::new().await;
        if ends {
            ledger.store.call_status(&status(1, None, "completed", 1)).await.unwrap();
        } else {
            ledger.store.dial_ended(&dial_ended(1, DialOutcome::CallerGone)).await.unwrap();
        }
        assert_eq!(ledger.store.begin_call(&begins(1, None)).await.unwrap(), Begun::New);
        ledger.store.call_status(&status(1, None, "completed", 1)).await.unwrap();
        assert_eq!(usage(&ledger).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_told_in_many_ways_at_once_counts_once() {
    let ledger = Ledger::new().await;
    ledger.store.begin_call(&begins(1, None)).await.unwrap();
    let mut reports = JoinSet::new();
    for n in 0..10 {
        let store = ledger.store.clone();
        reports.spawn(async move {
            if n % 2 == 0 {
                store.call_status(&status(1, None, "completed", 1)).await.unwrap();
            } else {
                store.dial_ended(&dial_ended(1, DialOutcome::Conversation)).await.unwrap();
            }
        });
    }
    reports.join_all().await;
    assert_eq!(usage(&ledger).await, 1);
}

#[tokio::test]
async fn each_month_and_each_number_counts_by_itself() {
    let ledger = Ledger::new().await;
    let begin = async |call, month: &str, number| {
        let parties = Parties { number, ..parties() };
        let call = CallBegins { month: month.to_owned(), parties, ..begins(call, Some(1)) };
        ledger.store.begin_call(&call).await.unwrap()
    };
    assert_eq!(begin(1, "2026-11", masked()).await, Begun::New);
    assert_eq!(begin(2, "2026-12", masked()).await, Begun::New);
    assert_eq!(begin(3, "2026-11", crate::place::number(9)).await, Begun::New);
    assert_eq!(begin(4, "2026-11", masked()).await, Begun::PlanUsedUp);
    assert_eq!(usage(&ledger).await, 1);
    assert_eq!(ledger.store.usage(&masked(), "2026-12").await.unwrap(), 1);
    assert_eq!(ledger.store.usage(&masked(), "2027-01").await.unwrap(), 0);
}

#[tokio::test]
async fn a_report_that_overtakes_the_call_makes_no_repetition() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    store.call_status(&status(1, None, "ringing", 0)).await.unwrap();
    store.call_status(&status(101, Some(1), "initiated", 0)).await.unwrap();
    store.dial_ended(&dial_ended(1, DialOutcome::Conversation)).await.unwrap();
    assert_eq!(store.begin_call(&begins(1, Some(10))).await.unwrap(), Begun::New);
    assert_eq!(usage(&ledger).await, 1);
    let call = store.call(&call_sid(1)).await.unwrap();
    assert_eq!(call.disposition, Some(Disposition::Forward));
    assert_eq!(call.dial_outcome, Some(DialOutcome::Conversation));
    assert_eq!(call.status.as_deref(), Some("ringing"));
    assert_eq!(call.legs.len(), 1);
}

#[tokio::test]
async fn a_call_that_no_webhook_told_of_is_not_found() {
    let ledger = Ledger::new().await;
    assert!(matches!(ledger.store.call(&call_sid(1)).await, Err(StoreError::NotFound("call"))));
}

#[tokio::test]
async fn a_dial_outcome_stays_unless_the_caller_went_on() {
    let ledger = Ledger::new().await;
    let outcomes = [
        DialOutcome::Conversation,
        DialOutcome::CallerGone,
        DialOutcome::NotReached(NotReached::NoAnswer),
        DialOutcome::NotReached(NotReached::Busy),
        DialOutcome::NotReached(NotReached::Failed),
        DialOutcome::NotReached(NotReached::Canceled),
        DialOutcome::NotReached(NotReached::Declined),
    ];
    for (call, outcome) in (1..).zip(outcomes) {
        ledger.store.begin_call(&begins(call, Some(100))).await.unwrap();
        let report = dial_ended(call, outcome);
        let begun = Some(decided(Disposition::Forward).treatment);
        assert_eq!(ledger.store.dial_ended(&report).await.unwrap(), (Written::Applied, begun.clone()));
        let row = ledger.call_row(&call_sid(call)).await;
        let later = DialReport { at: at(100), ..dial_ended(call, DialOutcome::CallerGone) };
        let again = ledger.store.dial_ended(&report).await.unwrap();
        assert_eq!(again, (Written::AlreadyApplied, begun.clone()));
        assert_eq!(ledger.call_row(&call_sid(call)).await, row);
        let read = ledger.store.call(&call_sid(call)).await.unwrap();
        assert_eq!((read.dial_outcome, read.dial_duration_seconds), (Some(outcome), Some(61)));
        // Whom nobody took goes on, and may hang up while others ring.
        let goes_on = matches!(outcome, DialOutcome::NotReached(_));
        let written = if goes_on { Written::Applied } else { Written::AlreadyApplied };
        assert_eq!(ledger.store.dial_ended(&later).await.unwrap(), (written, begun));
        let last = ledger.store.call(&call_sid(call)).await.unwrap().dial_outcome;
        assert_eq!(last, Some(if goes_on { DialOutcome::CallerGone } else { outcome }));
    }
}

#[tokio::test]
async fn every_kind_of_caller_is_read_back() {
    let ledger = Ledger::new().await;
    for (call, from) in (1..).zip(["+16465550199", "anonymous", "client:alice", "sip:a@example.com", "044 1"])
    {
        let parties = Parties { caller: Caller::parse(from), caller_name: None, ..parties() };
        ledger.store.begin_call(&CallBegins { parties, ..begins(call, None) }).await.unwrap();
        let call = ledger.store.call(&call_sid(call)).await.unwrap();
        assert_eq!((call.caller, call.caller_name), (Some(Caller::parse(from)), None));
    }
}

#[tokio::test]
async fn a_state_never_goes_backwards() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    for parent in [None, Some(2)] {
        let report = |name, sequence| status(1, parent, name, sequence);
        assert_eq!(store.call_status(&report("in-progress", 2)).await.unwrap().0, Written::Applied);
        assert_eq!(store.call_status(&report("ringing", 1)).await.unwrap().0, Written::AlreadyApplied);
        assert_eq!(store.call_status(&report("in-progress", 2)).await.unwrap().0, Written::AlreadyApplied);
        assert_eq!(store.call_status(&report("completed", 3)).await.unwrap().0, Written::Applied);
        assert_eq!(store.call_status(&report("initiated", 0)).await.unwrap().0, Written::AlreadyApplied);
    }
    assert_eq!(store.call(&call_sid(1)).await.unwrap().status.as_deref(), Some("completed"));
    let status = "completed".to_owned();
    let leg = Leg { call_sid: call_sid(1), status, sequence: 3, person: None, why: None };
    assert_eq!(store.call(&call_sid(2)).await.unwrap().legs, [leg]);
}

#[test]
fn in_any_order_of_reports_a_call_ends_the_same() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let ledger = runtime.block_on(Ledger::new());
    // What a report has that a later one has not, must not stay.
    let details = |report, duration_seconds, sip_response_code| CallStatusReport {
        duration_seconds,
        sip_response_code,
        ..report
    };
    // The calls and their legs get fresh numbers in each round.
    let reports = vec![
        (0, None, details(status(0, None, "ringing", 0), Some(1), Some(180))),
        (0, None, details(status(0, None, "in-progress", 1), None, None)),
        (0, None, details(status(0, None, "completed", 2), None, None)),
        (1, Some(0), status(0, None, "initiated", 0)),
        (1, Some(0), details(status(0, None, "ringing", 1), Some(1), Some(180))),
        (1, Some(0), details(status(0, None, "no-answer", 2), None, Some(487))),
        (2, Some(0), status(0, None, "ringing", 1)),
        (2, Some(0), details(status(0, None, "completed", 3), Some(30), None)),
    ];
    let doubled: Vec<_> = reports.iter().chain(&reports).cloned().collect();
    let round = std::cell::Cell::new(0);
    let tell = |order: Vec<(u32, Option<u32>, CallStatusReport)>| {
        let base = round.replace(round.get() + 16);
        runtime.block_on(async {
            for (leg, parent, report) in order {
                let call_sid = call_sid(base + leg);
                let parent_call_sid = parent.map(|parent| crate::place::call_sid(base + parent));
                let report = CallStatusReport { call_sid, parent_call_sid, ..report };
                ledger.store.call_status(&report).await.unwrap();
            }
            let row = ledger.call_row(&call_sid(base)).await;
            // Of the names of attributes, only the leg's number counts.
            let mut row: Vec<_> = row
                .into_iter()
                .filter(|(name, _)| name != "call_sid")
                .map(|(name, value)| match name.strip_prefix("leg_CA") {
                    Some(leg) => (format!("leg {}", u32::from_str_radix(leg, 16).unwrap() - base), value),
                    None => (name, value),
                })
                .collect();
            row.sort_by(|a, b| a.0.cmp(&b.0));
            row
        })
    };
    let expected = tell(reports.clone());
    let config = Config { failure_persistence: None, ..Config::with_cases(16) };
    TestRunner::new(config)
        .run(&Just(doubled).prop_shuffle(), |order| {
            prop_assert_eq!(&tell(order), &expected);
            Ok(())
        })
        .unwrap();
}

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use domain::{
    CallBegins, CallStatusReport, Happening, MailboxId, Parties, RecordingReport, Reported, Transcript,
    TranscriptReport,
};
use phone::PhoneNumber;
use store::{Listed, Store, StoreError, Tables, Written, schema};

use crate::place::{
    Ledger, Row, account_sid, at, call_sid, forwarded, mailbox, masked, number, parties, recording_sid,
    settings, text,
};

#[tokio::test]
async fn every_number_is_listed_once_and_in_order() {
    let ledger = Ledger::new().await;
    assert_eq!(ledger.store.numbers().await.unwrap().rows, []);
    for last in [3, 1, 2] {
        let mut other = settings();
        other.number = number(last);
        other.mailbox = MailboxId::of_number(&other.number);
        assert_eq!(ledger.store.add_settings(&other, at(0)).await.unwrap(), Written::Applied);
    }
    begin(&ledger, 1, 0).await;
    let listed: Vec<PhoneNumber> =
        ledger.store.numbers().await.unwrap().rows.into_iter().map(|settings| settings.number).collect();
    assert_eq!(listed, [number(1), number(2), number(3)]);
}

#[tokio::test]
async fn a_number_that_is_there_is_not_added_again() {
    let ledger = Ledger::new().await;
    assert_eq!(ledger.store.add_settings(&settings(), at(0)).await.unwrap(), Written::Applied);
    let mut other = settings();
    other.owner.name = Some("Mallory".to_owned());
    assert_eq!(ledger.store.add_settings(&other, at(0)).await.unwrap(), Written::Conflict);
    assert_eq!(ledger.store.settings(&masked()).await.unwrap().settings, settings());
}

#[tokio::test]
async fn of_two_edits_at_once_none_is_lost() {
    let ledger = Ledger::new().await;
    ledger.store.put_number(&settings()).await.unwrap();
    let (one, other) =
        (ledger.store.settings(&masked()).await.unwrap(), ledger.store.settings(&masked()).await.unwrap());
    let mut first = one.settings.clone();
    first.owner.name = Some("Olivia".to_owned());
    assert_eq!(ledger.store.replace_settings(&one, &first).await.unwrap(), Written::Applied);
    let mut second = other.settings.clone();
    second.forwarding.on = false;
    assert_eq!(ledger.store.replace_settings(&other, &second).await.unwrap(), Written::Conflict);
    assert_eq!(ledger.store.remove_settings(&other, at(1)).await.unwrap(), Written::Conflict);
    let now = ledger.store.settings(&masked()).await.unwrap();
    assert_eq!(now.settings, first);
    assert_eq!(ledger.store.remove_settings(&now, at(2)).await.unwrap(), Written::Applied);
    assert!(matches!(ledger.store.settings(&masked()).await, Err(StoreError::NotFound("number"))));
    assert_eq!(ledger.store.replace_settings(&now, &first).await.unwrap(), Written::Conflict, "it is gone");
}

#[tokio::test]
async fn targets_that_are_masked_numbers_are_found() {
    let ledger = Ledger::new().await;
    ledger.store.put_number(&settings()).await.unwrap();
    let found = ledger.store.masked_numbers_among(&[number(1), masked()]).await.unwrap();
    assert_eq!(found, [masked()]);
}

async fn begin(ledger: &Ledger, call: u32, seconds: i64) {
    let begins = CallBegins {
        call_sid: call_sid(call),
        parties: parties(),
        decision: forwarded(),
        month: "2026-11".to_owned(),
        calls_per_month: None,
        passed_over: Vec::new(),
        in_list: None,
        at: at(seconds),
    };
    ledger.store.begin_call(&begins).await.unwrap();
}

async fn left(ledger: &Ledger, recording: u32, seconds: i64) {
    let report = RecordingReport {
        left_for: None,
        conversation: None,
        recording_sid: recording_sid(recording),
        call_sid: call_sid(recording),
        account_sid: account_sid(),
        reported: Reported::Left { parties: Some(parties()), duration_seconds: 5 },
        at: at(seconds),
    };
    ledger.store.voicemail_reported(&report).await.unwrap();
}

#[tokio::test]
async fn lists_are_newest_first_and_narrowed_by_number_and_time() {
    let ledger = Ledger::new().await;
    for n in 1..=3u32 {
        begin(&ledger, n, i64::from(n) * 100).await;
        left(&ledger, n, i64::from(n) * 100).await;
    }
    let all = Listed::default();
    let calls = |listed: Vec<domain::Call>| listed.into_iter().map(|call| call.call_sid).collect::<Vec<_>>();
    let newest_first = [call_sid(3), call_sid(2), call_sid(1)];
    assert_eq!(calls(ledger.store.list_calls(&all).await.unwrap().rows), newest_first);
    let late = Listed { since: Some(at(200)), number: Some(masked()) };
    assert_eq!(calls(ledger.store.list_calls(&late).await.unwrap().rows), newest_first[..2]);
    let voicemails = ledger.store.list_voicemails(&late).await.unwrap().rows;
    assert_eq!(voicemails.len(), 2);
    assert_eq!(voicemails[0].recording_sid, recording_sid(3));
    let others = Listed { number: Some(number(1)), since: None };
    assert_eq!(ledger.store.list_calls(&others).await.unwrap().rows, []);
    assert_eq!(ledger.store.list_voicemails(&others).await.unwrap().rows, []);
    assert_eq!(ledger.store.list_voicemails_of_call(&call_sid(2)).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn more_rows_than_a_page_are_all_listed() {
    let ledger = Ledger::new().await;
    // A page is 1 MB.
    for n in 0..8 {
        let words = TranscriptReport {
            recording_sid: recording_sid(n),
            call_sid: call_sid(n),
            account_sid: account_sid(),
            transcript: Transcript::words(domain::Engine::Twilio, "w".repeat(300_000)),
            at: at(0),
        };
        ledger.store.transcript(&words).await.unwrap();
    }
    assert_eq!(ledger.store.list_voicemails(&Listed::default()).await.unwrap().rows.len(), 8);
    assert_eq!(ledger.store.list_open_voicemails().await.unwrap().rows.len(), 8);
}

#[tokio::test]
async fn what_happened_is_told_in_order_with_its_times() {
    let ledger = Ledger::new().await;
    begin(&ledger, 1, 0).await;
    let status = |sid, parent, seconds| CallStatusReport {
        call_sid: call_sid(sid),
        parent_call_sid: parent,
        status: "completed".to_owned(),
        sequence: 1,
        duration_seconds: None,
        sip_response_code: None,
        at: at(seconds),
    };
    ledger.store.call_status(&status(1, None, 30)).await.unwrap();
    ledger.store.call_status(&status(2, Some(call_sid(1)), 20)).await.unwrap();
    let moments = ledger.store.call_timeline(&call_sid(1)).await.unwrap();
    let told: Vec<_> = moments.iter().map(|it| (it.at, it.what.name(), it.leg.clone())).collect();
    assert_eq!(
        told,
        [(at(0), "begun", None), (at(20), "completed", Some(call_sid(2))), (at(30), "status", None)]
    );
    left(&ledger, 1, 40).await;
    let moments = ledger.store.timeline(&recording_sid(1)).await.unwrap();
    let told: Vec<_> = moments.iter().map(|it| it.what.name()).collect();
    assert_eq!(told, ["recorded", "left"]);
    assert!(matches!(ledger.store.call_timeline(&call_sid(9)).await, Err(StoreError::NotFound("call"))));
}

#[tokio::test]
async fn waking_ends_a_wait_and_leaves_what_is_done_alone() {
    let ledger = Ledger::new().await;
    left(&ledger, 1, 0).await;
    let sid = recording_sid(1);
    ledger.store.step_failed(&sid, "SES says no", at(900)).await.unwrap();
    let before = ledger.store.voicemail(&sid).await.unwrap();
    assert_eq!(ledger.store.retry(&before, at(10)).await.unwrap(), Written::Applied);
    let woken = ledger.store.voicemail(&sid).await.unwrap();
    assert!(woken.revision > before.revision, "a change is what wakes the worker");
    let trouble = woken.trouble.clone().unwrap();
    assert_eq!((trouble.next_attempt_at, trouble.last_error.as_str()), (at(10), "SES says no"));

    ledger.store.close(&woken).await.unwrap();
    assert_eq!(ledger.store.retry(&woken, at(20)).await.unwrap(), Written::NotApplicable);
    let row = ledger.voicemail_row(&sid).await;
    assert_eq!(row.get("woken_at"), Some(&text("2026-11-20T12:00:10.000Z")));
    assert!(!row.contains_key("open"));
    assert!(matches!(row.get("revision"), Some(AttributeValue::N(_))));
}

#[tokio::test]
async fn missed_calls_are_listed_apart_and_woken_while_they_are_open() {
    let ledger = Ledger::new().await;
    left(&ledger, 1, 0).await;
    assert_eq!(ledger.store.list_missed_calls(&Listed::default()).await.unwrap().rows, []);
    for (call, seconds) in [(1, 100), (2, 200), (3, 300)] {
        ledger.store.call_missed(&call_sid(call), &parties(), &mailbox(), at(seconds)).await.unwrap();
    }
    let sids = |rows: Vec<domain::MissedCall>| -> Vec<_> { rows.into_iter().map(|it| it.call_sid).collect() };
    let late = Listed { since: Some(at(200)), number: Some(masked()) };
    let listed = ledger.store.list_missed_calls(&late).await.unwrap().rows;
    assert_eq!(sids(listed), [call_sid(3), call_sid(2)]);
    assert_eq!(ledger.store.list_voicemails(&Listed::default()).await.unwrap().rows.len(), 1);

    let sid = call_sid(2);
    ledger.store.step_failed(&sid, "SES says no", at(900)).await.unwrap();
    let before = ledger.store.missed_call(&sid).await.unwrap();
    assert_eq!(ledger.store.retry_missed_call(&before, at(10)).await.unwrap(), Written::Applied);
    let woken = ledger.store.missed_call(&sid).await.unwrap();
    assert!(woken.revision > before.revision, "a change is what wakes the worker");
    assert_eq!(woken.trouble.as_ref().unwrap().next_attempt_at, at(10));
    let told: Vec<_> = ledger.store.timeline(&sid).await.unwrap().into_iter().map(|it| it.what).collect();
    assert_eq!(told, [Happening::Woken, Happening::NextAttempt, Happening::Missed]);
    ledger.store.close_missed_call(&woken).await.unwrap();
    assert_eq!(ledger.store.retry_missed_call(&woken, at(20)).await.unwrap(), Written::NotApplicable);
    let open = ledger.store.list_open_missed_calls().await.unwrap().rows;
    assert_eq!(sids(open), [call_sid(3), call_sid(1)]);
}

#[tokio::test]
async fn the_last_calls_of_a_number_are_found_by_its_index() {
    let ledger = Ledger::new().await;
    for nth in 1..=5 {
        let call = CallBegins {
            call_sid: call_sid(nth),
            parties: Parties { number: if nth == 3 { number(9) } else { masked() }, ..parties() },
            decision: forwarded(),
            month: "2026-11".to_owned(),
            calls_per_month: None,
            passed_over: Vec::new(),
            in_list: None,
            at: at(nth.into()),
        };
        ledger.store.begin_call(&call).await.unwrap();
    }
    let calls = ledger.store.last_calls(&masked(), 3).await.unwrap().rows;
    let told: Vec<_> = calls.iter().map(|call| (call.call_sid.clone(), call.begun_at)).collect();
    assert_eq!(told, [5, 4, 2].map(|nth| (call_sid(nth), Some(at(nth.into())))));
    assert_eq!(calls[0].caller, Some(parties().caller));
}

#[tokio::test]
async fn calls_of_an_earlier_release_are_in_the_index_that_comes() {
    let ledger = Ledger::new().await;
    let table = "old-calls";
    let call_sid_alone = AttributeDefinition::builder().attribute_name("call_sid");
    let key = KeySchemaElement::builder().attribute_name("call_sid").key_type(KeyType::Hash).build();
    let create = ledger.client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    let create =
        create.attribute_definitions(call_sid_alone.attribute_type(ScalarAttributeType::S).build().unwrap());
    create.key_schema(key.unwrap()).send().await.unwrap();
    let row = Row::from([
        ("call_sid".to_owned(), text(call_sid(1).as_str())),
        ("number".to_owned(), text(masked().reveal())),
        ("caller".to_owned(), text("+16465550199")),
        ("begun_at".to_owned(), text("2026-11-20T12:00:01.000Z")),
    ]);
    ledger.client.put_item().table_name(table).set_item(Some(row)).send().await.unwrap();

    let tables = Tables { calls: table.to_owned(), ..ledger.tables.clone() };
    for _ in 0..2 {
        schema::create_tables(&ledger.client, &tables).await.unwrap();
        let calls =
            Store::new(ledger.client.clone(), tables.clone()).last_calls(&masked(), 10).await.unwrap();
        assert_eq!(calls.rows.iter().map(|call| call.begun_at).collect::<Vec<_>>(), [Some(at(1))]);
    }
}

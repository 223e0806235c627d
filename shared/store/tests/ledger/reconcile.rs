use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Absence, Audio, Instruction, LedgerRow, Mail, MailKind, Recorded, RecordingReport, Reported};
use phone::RecordingSid;
use store::{Listed, Listing, Marks, OpenPart, Store, StoreError, Unreadable, Written};

use crate::place::{Ledger, account_sid, at, call_sid, mailbox, parties, recording_sid, text};

async fn report(ledger: &Ledger, recording: u32, reported: Reported, seconds: i64) -> Written {
    let report = RecordingReport {
        left_for: None,
        conversation: None,
        recording_sid: recording_sid(recording),
        call_sid: call_sid(1),
        account_sid: account_sid(),
        reported,
        at: at(seconds),
    };
    ledger.store.voicemail_reported(&report).await.unwrap()
}

fn found(duration_seconds: u32) -> Reported {
    Reported::Found { parties: parties(), duration_seconds }
}

/// All rows that are not done, part by part.
async fn open(store: &Store) -> Vec<Result<LedgerRow, Unreadable>> {
    let mut all = Vec::new();
    for part in OpenPart::all() {
        let mut next = None;
        loop {
            let page = store.open_page(part, next).await.unwrap();
            all.extend(page.rows);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
    }
    all
}

#[tokio::test]
async fn a_voicemail_found_is_the_same_as_one_reported() {
    let ledger = Ledger::new().await;
    assert_eq!(report(&ledger, 1, found(5), 10).await, Written::Applied);
    let voicemail = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(voicemail.parties, Some(parties()));
    assert_eq!(voicemail.recording, Recorded::Ready { duration_seconds: 5 });
    assert_eq!(voicemail.recorded_at, at(10));
    assert!(voicemail.open);
    // Whichever of the two comes second changes nothing.
    assert_eq!(
        report(&ledger, 1, Reported::Ready { duration_seconds: 9 }, 20).await,
        Written::AlreadyApplied
    );
    assert_eq!(report(&ledger, 2, Reported::Ready { duration_seconds: 9 }, 20).await, Written::Applied);
    assert_eq!(report(&ledger, 2, found(5), 30).await, Written::AlreadyApplied);
}

fn keys(rows: &[Result<LedgerRow, Unreadable>]) -> Vec<String> {
    let key = |row: &Result<LedgerRow, Unreadable>| match row {
        Ok(LedgerRow::Voicemail(row)) => row.recording_sid.to_string(),
        Ok(LedgerRow::MissedCall(row)) => row.call_sid.to_string(),
        Err(unreadable) => format!("unreadable {}", unreadable.key),
    };
    let mut keys: Vec<String> = rows.iter().map(key).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn what_is_not_done_is_listed_in_whatever_part_it_stands() {
    let ledger = Ledger::new().await;
    // One of each last digit, and so of each part.
    for n in 0..16 {
        report(&ledger, n, found(5), i64::from(n)).await;
        ledger.store.call_missed(&call_sid(n), &parties(), &mailbox(), at(i64::from(n))).await.unwrap();
    }
    let done = ledger.store.voicemail(&recording_sid(3)).await.unwrap();
    ledger.store.close(&done).await.unwrap();
    let done = ledger.store.missed_call(&call_sid(5)).await.unwrap();
    ledger.store.close_missed_call(&done).await.unwrap();
    let mut expected: Vec<String> = (0..16)
        .filter(|n| *n != 3)
        .map(|n| recording_sid(n).to_string())
        .chain((0..16).filter(|n| *n != 5).map(|n| call_sid(n).to_string()))
        .collect();
    expected.sort();
    assert_eq!(keys(&open(&ledger.store).await), expected);
    let mut values = Vec::new();
    for n in 6..14 {
        values.push(ledger.voicemail_row(&recording_sid(n)).await["open"].as_s().unwrap().clone());
    }
    values.sort();
    assert_eq!(values, ["y0", "y1", "y2", "y3", "y4", "y5", "y6", "y7"]);
}

#[tokio::test]
async fn rows_of_before_there_were_parts_are_listed_and_closed() {
    let ledger = Ledger::new().await;
    report(&ledger, 1, found(5), 0).await;
    ledger.store.call_missed(&call_sid(1), &parties(), &mailbox(), at(0)).await.unwrap();
    for key in [recording_sid(1).to_string(), call_sid(1).to_string()] {
        ledger.spoil(&key, "open", text("y")).await;
    }
    assert_eq!(open(&ledger.store).await.len(), 2);
    let voicemail = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(ledger.store.close(&voicemail).await.unwrap(), Written::Applied);
    let missed_call = ledger.store.missed_call(&call_sid(1)).await.unwrap();
    assert_eq!(ledger.store.close_missed_call(&missed_call).await.unwrap(), Written::Applied);
    assert!(open(&ledger.store).await.is_empty());
}

#[tokio::test]
async fn a_row_that_cant_be_read_keeps_no_other_from_being_seen() {
    let ledger = Ledger::new().await;
    for n in 1..=4 {
        report(&ledger, n, found(5), i64::from(n)).await;
        ledger.store.call_missed(&call_sid(n), &parties(), &mailbox(), at(i64::from(n))).await.unwrap();
    }
    // Spoiled; of an engine of a later release; of a later release that says so.
    ledger.spoil(recording_sid(1).as_str(), "call_sid", text("?")).await;
    ledger.spoil(recording_sid(2).as_str(), "engine", text("telepathy")).await;
    ledger.spoil(recording_sid(3).as_str(), "schema", AttributeValue::N("2".to_owned())).await;
    ledger.spoil(call_sid(1).as_str(), "not_missed", text("dreamt")).await;
    let rows = open(&ledger.store).await;
    let [one, two, three, four] = [1, 2, 3, 4].map(|n| recording_sid(n).to_string());
    let unreadable = [one, two, three].map(|key| format!("unreadable {key}"));
    let mut expected = vec![four.clone(), format!("unreadable {}", call_sid(1))];
    expected.extend(unreadable);
    expected.extend((2..=4).map(|n| call_sid(n).to_string()));
    expected.sort();
    assert_eq!(keys(&rows), expected);
    let newer = rows.iter().filter_map(|row| row.as_ref().err());
    let newer: Vec<_> = newer.filter(|it| matches!(it.error, StoreError::Newer { schema: 2, .. })).collect();
    assert_eq!((newer.len(), newer[0].since), (1, Some(at(3))));

    let store = &ledger.store;
    let voicemails = store.list_voicemails(&Listed::default()).await.unwrap();
    assert_eq!((voicemails.rows.len(), voicemails.unreadable.len()), (1, 3));
    let voicemails = store.list_open_voicemails().await.unwrap();
    assert_eq!((voicemails.rows.len(), voicemails.unreadable.len()), (1, 3));
    let missed_calls = store.list_open_missed_calls().await.unwrap();
    assert_eq!((missed_calls.rows.len(), missed_calls.unreadable.len()), (3, 1));
    let missed_calls = store.list_missed_calls(&Listed::default()).await.unwrap();
    assert_eq!((missed_calls.rows.len(), missed_calls.unreadable.len()), (3, 1));
}

#[tokio::test]
async fn a_list_of_more_than_a_page_is_complete() {
    let ledger = Ledger::new().await;
    // DynamoDB ends a page after a megabyte; all of these stand in one part.
    for recording in 1..=30 {
        report(&ledger, recording * 16, found(5), i64::from(recording)).await;
        let words = "word ".repeat(10_000);
        ledger.store.step_failed(&recording_sid(recording * 16), &words, at(1)).await.unwrap();
    }
    let mut has_more = false;
    for part in OpenPart::all() {
        has_more |= ledger.store.open_page(part, None).await.unwrap().next.is_some();
    }
    assert!(has_more, "the case is no case");
    assert_eq!(open(&ledger.store).await.len(), 30);
}

#[tokio::test]
async fn a_voicemail_is_woken_once_as_it_was_seen() {
    let ledger = Ledger::new().await;
    report(&ledger, 1, found(5), 0).await;
    let seen = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(ledger.store.wake(&recording_sid(1), seen.revision, at(600)).await.unwrap(), Written::Applied);
    assert_eq!(
        ledger.store.wake(&recording_sid(1), seen.revision, at(600)).await.unwrap(),
        Written::Conflict
    );
    let woken = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!((woken.woken_at, woken.revision), (Some(at(600)), seen.revision + 1));
    assert!(ledger.store.close(&woken).await.unwrap() == Written::Applied);
    let closed = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(
        ledger.store.wake(&recording_sid(1), closed.revision, at(700)).await.unwrap(),
        Written::Conflict
    );
}

fn audio() -> Audio {
    Audio { key: "a".to_owned(), size: 1, content_type: "audio/x-wav".to_owned(), released: false }
}

#[tokio::test]
async fn a_sound_is_gone_once_and_not_when_it_is_stored() {
    let ledger = Ledger::new().await;
    report(&ledger, 1, found(5), 0).await;
    assert_eq!(ledger.store.gone(&recording_sid(1), at(5)).await.unwrap(), Written::Applied);
    assert_eq!(ledger.store.gone(&recording_sid(1), at(6)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(ledger.store.voicemail(&recording_sid(1)).await.unwrap().recording, Recorded::Gone);

    report(&ledger, 2, found(5), 0).await;
    ledger.store.archived(&recording_sid(2), &audio(), at(5)).await.unwrap();
    assert_eq!(ledger.store.gone(&recording_sid(2), at(6)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(ledger.store.gone(&recording_sid(3), at(6)).await.unwrap(), Written::NotApplicable);
}

#[tokio::test]
async fn a_report_that_a_sound_is_there_takes_back_that_it_is_gone() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let unknown = Absence { since: at(1), unknown_since: Some(at(2)), asks: 3 };
    let ready = Reported::Ready { duration_seconds: 5 };
    for (recording, is_gone) in [(1, false), (2, true)] {
        let sid = recording_sid(recording);
        report(&ledger, recording, ready.clone(), 0).await;
        store.sound_missing(&sid, &unknown, "archive: 404", at(900)).await.unwrap();
        let missing = store.voicemail(&sid).await.unwrap();
        assert_eq!(missing.absence, Some(unknown));
        assert_eq!(missing.trouble.as_ref().unwrap().next_attempt_at, at(900));
        if is_gone {
            store.gone(&sid, at(10)).await.unwrap();
            let gone = store.voicemail(&sid).await.unwrap();
            assert_eq!(store.close(&gone).await.unwrap(), Written::Applied);
        }
        // The very report that came before, over again, or another one.
        assert_eq!(report(&ledger, recording, ready.clone(), 20).await, Written::Applied);
        let found = store.voicemail(&sid).await.unwrap();
        assert_eq!(found.recording, Recorded::Ready { duration_seconds: 5 });
        assert_eq!((found.absence, found.trouble.is_none(), found.open), (None, true, true));
        assert_eq!(found.found_again_at, Some(at(20)));
        assert_eq!(report(&ledger, recording, ready.clone(), 21).await, Written::AlreadyApplied);
    }
}

#[tokio::test]
async fn what_is_stored_or_to_be_deleted_is_not_found_again() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let instruction = Instruction { by: "ada".to_owned(), why: "asked".to_owned(), at: at(7) };
    for (recording, is_stored) in [(1, true), (2, false)] {
        let sid = recording_sid(recording);
        report(&ledger, recording, found(5), 0).await;
        if is_stored {
            store.archived(&sid, &audio(), at(5)).await.unwrap();
        } else {
            store.gone(&sid, at(6)).await.unwrap();
            store.ask_deletion(&sid, &instruction).await.unwrap();
        }
        let row = ledger.voicemail_row(&sid).await;
        assert_eq!(report(&ledger, recording, found(5), 9).await, Written::AlreadyApplied);
        assert_eq!(ledger.voicemail_row(&sid).await, row);
    }
}

#[tokio::test]
async fn a_sound_that_is_stored_after_all_has_its_mail_before_it() {
    let ledger = Ledger::new().await;
    let (store, sid) = (&ledger.store, recording_sid(1));
    report(&ledger, 1, found(5), 0).await;
    store.gone(&sid, at(5)).await.unwrap();
    store.claim_mail(&sid, MailKind::Voicemail, at(6), at(66)).await.unwrap();
    store.mail_sent(&sid, MailKind::Voicemail, "0100", true, at(7)).await.unwrap();
    let gone = store.voicemail(&sid).await.unwrap();
    store.close(&gone).await.unwrap();
    report(&ledger, 1, found(5), 8).await;
    // Not if the mail is another one by now.
    assert_eq!(
        store.archived_after_all(&sid, &audio(), at(6), at(9)).await.unwrap(),
        Written::AlreadyApplied
    );
    assert_eq!(store.archived_after_all(&sid, &audio(), at(7), at(9)).await.unwrap(), Written::Applied);
    assert_eq!(
        store.archived_after_all(&sid, &audio(), at(7), at(9)).await.unwrap(),
        Written::AlreadyApplied
    );
    let stored = store.voicemail(&sid).await.unwrap();
    assert_eq!((stored.mail, stored.told_gone_at, stored.open), (Mail::Unsent, Some(at(7)), true));
    assert_eq!(stored.audio, Some(audio()));
    // A fetch that succeeds is sign enough.
    report(&ledger, 2, found(5), 0).await;
    store.gone(&recording_sid(2), at(5)).await.unwrap();
    store.archived(&recording_sid(2), &audio(), at(6)).await.unwrap();
    assert_eq!(
        store.voicemail(&recording_sid(2)).await.unwrap().recording,
        Recorded::Ready { duration_seconds: 5 }
    );
}

#[tokio::test]
async fn the_mark_of_how_far_the_list_was_read_never_goes_back() {
    let ledger = Ledger::new().await;
    let (store, account) = (&ledger.store, account_sid());
    assert_eq!(store.marks(&account).await.unwrap(), Marks::default());
    for (until, seconds, known) in [(100, 110, 100), (50, 120, 100), (200, 210, 200)] {
        store.compared(&account, at(until), at(seconds)).await.unwrap();
        let marks = store.marks(&account).await.unwrap();
        assert_eq!((marks.until, marks.compared_at), (Some(at(known)), Some(at(seconds))));
    }
}

#[tokio::test]
async fn a_comparison_is_remembered_until_it_ends() {
    let ledger = Ledger::new().await;
    let (store, account) = (&ledger.store, account_sid());
    store.compared(&account, at(100), at(100)).await.unwrap();
    for hold in [Some(at(150)), None] {
        let listing = Listing { since: at(90), begun_at: at(200), down_to: at(170), hold };
        store.listing_goes_on(&account, &listing).await.unwrap();
        let marks = store.marks(&account).await.unwrap();
        assert_eq!((marks.until, marks.listing), (Some(at(100)), Some(listing)));
    }
    store.compared(&account, at(150), at(210)).await.unwrap();
    let marks = store.marks(&account).await.unwrap();
    assert_eq!((marks.until, marks.listing), (Some(at(150)), None));
}

#[tokio::test]
async fn recordings_of_others_are_remembered_in_bounds() {
    let ledger = Ledger::new().await;
    let (store, account) = (&ledger.store, account_sid());
    assert!(store.foreign_recordings(&account).await.unwrap().is_empty());
    for count in [3, 5_000, 0] {
        let sids: HashSet<RecordingSid> = (0..count).map(recording_sid).collect();
        store.remember_foreign(&account, &sids).await.unwrap();
        let known = store.foreign_recordings(&account).await.unwrap();
        assert!(known.is_subset(&sids) && known.len() == sids.len().min(4_000), "{}", known.len());
    }
}

//! What reads many rows reads those of the last release.

use std::collections::BTreeSet;

use domain::Mail;
use local::development;
use local::place::Folders;
use local::stack::{Options, Stack};
use phone::PhoneNumber;
use retention::Request;
use store::Listed;
use upgrade::bench::put;
use upgrade::rows::{Item, Kept, kept, renamed};

/// The ledger's rows, each under a key of its own.
fn ledger() -> Vec<Item> {
    let rows = kept("voicemails").into_iter().enumerate().map(|(nth, Kept { row, .. })| {
        let kind = if row.contains_key("missed_at") { "CA" } else { "RE" };
        renamed(&row, &format!("{kind}{nth:032x}"), &format!("CA{:032x}", nth + 100_000))
    });
    rows.collect()
}

/// A system over the rows, long after they were written, in which nobody is woken.
async fn stack() -> Stack {
    let start = "2026-11-21T15:00:00Z".parse().unwrap();
    let stack = Stack::start(Options::at(start, Folders::temporary().unwrap())).await.unwrap();
    stack.wakeups.pause();
    let client = stack.database.backstage_client();
    for row in ledger() {
        put(&client, "voicemails", &row).await;
    }
    for Kept { row, .. } in kept("calls").iter().chain(&kept("numbers")) {
        let table = if row.contains_key("call_sid") { "calls" } else { "numbers" };
        put(&client, table, row).await;
    }
    stack
}

#[tokio::test]
async fn lists_have_every_row_of_the_last_release() {
    let (stack, rows) = (stack().await, ledger());
    let ledger = &stack.ledger;
    let count = |has: &[&str]| rows.iter().filter(|row| has.iter().all(|it| row.contains_key(*it))).count();
    let all = Listed::default();
    assert_eq!(ledger.list_voicemails(&all).await.unwrap().rows.len(), count(&["recorded_at"]));
    assert_eq!(ledger.list_open_voicemails().await.unwrap().rows.len(), count(&["recorded_at", "open"]));
    assert_eq!(ledger.list_missed_calls(&all).await.unwrap().rows.len(), count(&["missed_at"]));
    assert_eq!(ledger.list_open_missed_calls().await.unwrap().rows.len(), count(&["missed_at", "open"]));
    let number = PhoneNumber::parse(development::MASKED_NUMBER).unwrap();
    let of_number = ledger.voicemails_of(&number).await.unwrap();
    assert_eq!(of_number.len(), 100, "as many as a page has");
    let calls = ledger.list_calls(&all).await.unwrap().rows;
    assert!(!calls.is_empty());
    let began = |call: &&domain::Call| call.begun_at.is_some() && call.number.as_ref() == Some(&number);
    let last = ledger.last_calls(&number, 1_000).await.unwrap().rows;
    assert!(!last.is_empty());
    assert_eq!(last.len(), calls.iter().filter(began).count(), "a call that began is not in the index");
    let numbers = ledger.numbers().await.unwrap();
    assert!(numbers.rows.len() >= 2 && numbers.unreadable.is_empty(), "{numbers:#?}");
}

#[tokio::test]
async fn retention_sees_to_every_row_of_the_last_release() {
    let stack = stack().await;
    let mut rows = 0;
    loop {
        let _busy = stack.clock.busy();
        let report = retention::handle(&stack.retention, Request::default()).await.unwrap();
        assert_eq!(report.failed, 0, "{report:?}");
        rows += report.rows;
        if report.finished {
            break;
        }
    }
    // A sweep that was cut short goes on where it was; the next one sees all.
    let _busy = stack.clock.busy();
    let report = retention::handle(&stack.retention, Request::default()).await.unwrap();
    assert_eq!((report.failed, report.finished), (0, true));
    assert!(rows + report.rows > ledger().len(), "{rows} and {}", report.rows);
}

#[tokio::test]
async fn sounds_that_the_last_release_delivered_are_tagged() {
    let stack = stack().await;
    let s3 = stack.bucket.backstage_client();
    let audio_key = |row: &Item| row.get("audio_key").and_then(|key| key.as_s().ok()).cloned();
    let stored: BTreeSet<String> = ledger().iter().filter_map(audio_key).collect();
    for key in &stored {
        let put = s3.put_object().bucket(stack.bucket.name()).key(key);
        put.body(b"RIFF".to_vec().into()).send().await.unwrap();
    }
    assert_eq!(stack.bucket.tagged("delivered", "yes"), Vec::<String>::new());
    {
        let _busy = stack.clock.busy();
        while !retention::handle(&stack.retention, Request::default()).await.unwrap().finished {}
        // The next one sees all.
        retention::handle(&stack.retention, Request::default()).await.unwrap();
    }
    let rows = stack.ledger.list_voicemails(&Listed::default()).await.unwrap().rows;
    let (mut delivered, mut others) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let Some(audio) = row.audio else { continue };
        let is_delivered = !row.open && matches!(row.mail, Mail::Sent { .. });
        assert_eq!(audio.released, is_delivered, "{}", row.recording_sid);
        if is_delivered {
            delivered.insert(audio.key)
        } else {
            others.insert(audio.key)
        };
    }
    assert!(!delivered.is_empty() && !others.is_empty(), "there are some of both");
    let tagged: BTreeSet<String> = stack.bucket.tagged("delivered", "yes").into_iter().collect();
    assert!(delivered.is_subset(&tagged), "{delivered:#?} {tagged:#?}");
    assert!(others.difference(&delivered).all(|key| !tagged.contains(key)), "{tagged:#?}");
}

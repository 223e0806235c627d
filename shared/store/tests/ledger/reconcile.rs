use jiff::Timestamp;
use phone::RecordingSid;
use store::{RecordingReport, Reported, Sound, Store, Voicemail, Written};

use crate::place::{Ledger, account_sid, at, call_sid, parties, recording_sid};

async fn report(ledger: &Ledger, recording: u32, reported: Reported, seconds: i64) -> Written {
    let report = RecordingReport {
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

async fn open(store: &Store) -> Vec<Voicemail> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let page = store.open_voicemails(next).await.unwrap();
        all.extend(page.voicemails);
        next = page.next;
        if next.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn a_voicemail_that_was_found_is_the_same_as_one_that_was_reported() {
    let ledger = Ledger::new().await;
    assert_eq!(report(&ledger, 1, found(5), 10).await, Written::New);
    let voicemail = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(voicemail.parties, Some(parties()));
    assert_eq!(voicemail.sound, Sound::Ready { duration_seconds: 5 });
    assert_eq!(voicemail.recorded_at, at(10));
    assert!(voicemail.open);
    // Whichever of the two comes second changes nothing.
    assert_eq!(report(&ledger, 1, Reported::Ready { duration_seconds: 9 }, 20).await, Written::Repeated);
    assert_eq!(report(&ledger, 2, Reported::Ready { duration_seconds: 9 }, 20).await, Written::New);
    assert_eq!(report(&ledger, 2, found(5), 30).await, Written::Repeated);
}

#[tokio::test]
async fn all_voicemails_that_are_not_done_are_listed_oldest_first() {
    let ledger = Ledger::new().await;
    for (recording, seconds) in [(1, 300), (2, 100), (3, 200)] {
        report(&ledger, recording, found(5), seconds).await;
    }
    let done = ledger.store.voicemail(&recording_sid(3)).await.unwrap();
    ledger.store.close(&done).await.unwrap();
    let listed: Vec<RecordingSid> =
        open(&ledger.store).await.into_iter().map(|row| row.recording_sid).collect();
    assert_eq!(listed, [recording_sid(2), recording_sid(1)]);
}

#[tokio::test]
async fn a_list_of_more_than_a_page_is_complete() {
    let ledger = Ledger::new().await;
    // DynamoDB ends a page after a megabyte.
    for recording in 1..=30 {
        report(&ledger, recording, found(5), i64::from(recording)).await;
        let words = "word ".repeat(10_000);
        ledger.store.step_failed(&recording_sid(recording), &words, at(1)).await.unwrap();
    }
    assert!(ledger.store.open_voicemails(None).await.unwrap().next.is_some(), "the case is no case");
    assert_eq!(open(&ledger.store).await.len(), 30);
}

#[tokio::test]
async fn a_voicemail_is_woken_once_as_it_was_seen() {
    let ledger = Ledger::new().await;
    report(&ledger, 1, found(5), 0).await;
    let seen = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(ledger.store.wake(&seen, at(600)).await.unwrap(), Written::New);
    assert_eq!(ledger.store.wake(&seen, at(600)).await.unwrap(), Written::Repeated);
    let woken = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!((woken.woken_at, woken.revision), (Some(at(600)), seen.revision + 1));
    assert!(ledger.store.close(&woken).await.unwrap() == Written::New);
    let closed = ledger.store.voicemail(&recording_sid(1)).await.unwrap();
    assert_eq!(ledger.store.wake(&closed, at(700)).await.unwrap(), Written::Repeated);
}

#[tokio::test]
async fn a_sound_that_is_gone_is_gone_for_good_but_not_once_it_is_stored() {
    let ledger = Ledger::new().await;
    report(&ledger, 1, found(5), 0).await;
    assert_eq!(ledger.store.gone(&recording_sid(1), at(5)).await.unwrap(), Written::New);
    assert_eq!(ledger.store.gone(&recording_sid(1), at(6)).await.unwrap(), Written::Repeated);
    assert_eq!(ledger.store.voicemail(&recording_sid(1)).await.unwrap().sound, Sound::Gone);

    report(&ledger, 2, found(5), 0).await;
    let audio = store::Audio { key: "a".to_owned(), size: 1, content_type: "audio/x-wav".to_owned() };
    ledger.store.archived(&recording_sid(2), &audio, at(5)).await.unwrap();
    assert_eq!(ledger.store.gone(&recording_sid(2), at(6)).await.unwrap(), Written::Repeated);
    assert_eq!(ledger.store.gone(&recording_sid(3), at(6)).await.unwrap(), Written::Repeated);
}

#[tokio::test]
async fn the_mark_of_how_far_the_list_was_read_never_goes_back() {
    let ledger = Ledger::new().await;
    let (store, account) = (&ledger.store, account_sid());
    let until = async || -> Option<Timestamp> { store.reconciled_until(&account).await.unwrap() };
    assert_eq!(until().await, None);
    assert_eq!(store.reconciled(&account, at(100)).await.unwrap(), Written::New);
    assert_eq!(store.reconciled(&account, at(50)).await.unwrap(), Written::Repeated);
    assert_eq!(until().await, Some(at(100)));
    assert_eq!(store.reconciled(&account, at(200)).await.unwrap(), Written::New);
    assert_eq!(until().await, Some(at(200)));
}

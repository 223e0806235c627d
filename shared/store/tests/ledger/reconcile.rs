use jiff::Timestamp;
use phone::RecordingSid;
use store::{
    Absence, Audio, Mail, MailKind, Order, RecordingReport, Reported, Sound, Store, Voicemail, Written,
};

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

fn audio() -> Audio {
    Audio { key: "a".to_owned(), size: 1, content_type: "audio/x-wav".to_owned(), released: false }
}

#[tokio::test]
async fn a_sound_is_gone_once_and_not_when_it_is_stored() {
    let ledger = Ledger::new().await;
    report(&ledger, 1, found(5), 0).await;
    assert_eq!(ledger.store.gone(&recording_sid(1), at(5)).await.unwrap(), Written::New);
    assert_eq!(ledger.store.gone(&recording_sid(1), at(6)).await.unwrap(), Written::Repeated);
    assert_eq!(ledger.store.voicemail(&recording_sid(1)).await.unwrap().sound, Sound::Gone);

    report(&ledger, 2, found(5), 0).await;
    ledger.store.archived(&recording_sid(2), &audio(), at(5)).await.unwrap();
    assert_eq!(ledger.store.gone(&recording_sid(2), at(6)).await.unwrap(), Written::Repeated);
    assert_eq!(ledger.store.gone(&recording_sid(3), at(6)).await.unwrap(), Written::Repeated);
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
            assert_eq!(store.close(&gone).await.unwrap(), Written::New);
        }
        // The very report that came before, over again, or another one.
        assert_eq!(report(&ledger, recording, ready.clone(), 20).await, Written::New);
        let found = store.voicemail(&sid).await.unwrap();
        assert_eq!(found.sound, Sound::Ready { duration_seconds: 5 });
        assert_eq!((found.absence, found.trouble.is_none(), found.open), (None, true, true));
        assert_eq!(found.found_again_at, Some(at(20)));
        assert_eq!(report(&ledger, recording, ready.clone(), 21).await, Written::Repeated);
    }
}

#[tokio::test]
async fn what_is_stored_or_to_be_deleted_is_not_found_again() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    let order = Order { by: "ada".to_owned(), why: "asked".to_owned(), at: at(7) };
    for (recording, is_stored) in [(1, true), (2, false)] {
        let sid = recording_sid(recording);
        report(&ledger, recording, found(5), 0).await;
        if is_stored {
            store.archived(&sid, &audio(), at(5)).await.unwrap();
        } else {
            store.gone(&sid, at(6)).await.unwrap();
            store.ask_deletion(&sid, &order).await.unwrap();
        }
        let row = ledger.voicemail_row(&sid).await;
        assert_eq!(report(&ledger, recording, found(5), 9).await, Written::Repeated);
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
    assert_eq!(store.archived_after_all(&sid, &audio(), at(6), at(9)).await.unwrap(), Written::Repeated);
    assert_eq!(store.archived_after_all(&sid, &audio(), at(7), at(9)).await.unwrap(), Written::New);
    assert_eq!(store.archived_after_all(&sid, &audio(), at(7), at(9)).await.unwrap(), Written::Repeated);
    let stored = store.voicemail(&sid).await.unwrap();
    assert_eq!((stored.mail, stored.told_gone_at, stored.open), (Mail::Unsent, Some(at(7)), true));
    assert_eq!(stored.audio, Some(audio()));
    // A fetch that succeeds is sign enough.
    report(&ledger, 2, found(5), 0).await;
    store.gone(&recording_sid(2), at(5)).await.unwrap();
    store.archived(&recording_sid(2), &audio(), at(6)).await.unwrap();
    assert_eq!(store.voicemail(&recording_sid(2)).await.unwrap().sound, Sound::Ready { duration_seconds: 5 });
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

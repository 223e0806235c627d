use domain::{Act, Instruction, LedgerRow, Part, Receipt, Voicemail};
use store::{Deletion, StoreError, Sweep, Written};

use crate::place::{Ledger, at, call_sid, forwarded, mailbox, masked, number, parties, recording_sid};
use crate::voicemails::{left, ready, tell, words};

fn instruction(why: &str, seconds: i64) -> Instruction {
    Instruction { by: "ada".to_owned(), why: why.to_owned(), at: at(seconds) }
}

async fn row(ledger: &Ledger) -> Voicemail {
    ledger.store.voicemail(&recording_sid(1)).await.unwrap()
}

async fn told() -> Ledger {
    let ledger = Ledger::new().await;
    tell(&ledger, 1, left(5), 0).await;
    tell(&ledger, 1, words(), 9).await;
    ledger
}

#[tokio::test]
async fn a_held_voicemail_is_not_deleted_until_it_is_released() {
    let ledger = told().await;
    let (store, sid) = (&ledger.store, recording_sid(1));
    assert_eq!(store.hold_voicemail(&sid, &instruction("case 7", 10)).await.unwrap(), Written::Applied);
    assert_eq!(
        store.hold_voicemail(&sid, &instruction("case 8", 11)).await.unwrap(),
        Written::AlreadyApplied
    );
    assert_eq!(row(&ledger).await.keeping.hold, Some(instruction("case 7", 10)));
    assert_eq!(store.begin_deletion(&row(&ledger).await, at(12)).await.unwrap(), Deletion::Held);
    assert_eq!(store.ask_deletion(&sid, &instruction("GDPR", 13)).await.unwrap(), Written::Held);
    assert_eq!(row(&ledger).await.keeping.deletion_begun_at, None);

    assert_eq!(store.release_voicemail(&sid, &instruction("closed", 20)).await.unwrap(), Written::Applied);
    assert_eq!(
        store.release_voicemail(&sid, &instruction("closed", 21)).await.unwrap(),
        Written::NotApplicable
    );
    assert_eq!(store.begin_deletion(&row(&ledger).await, at(22)).await.unwrap(), Deletion::Go);
    assert_eq!(row(&ledger).await.keeping.deletion_begun_at, Some(at(22)));
    let receipts = [(Act::Held, instruction("case 7", 10)), (Act::Released, instruction("closed", 20))];
    assert_eq!(
        row(&ledger).await.keeping.receipts,
        receipts.map(|(act, instruction)| Receipt { act, instruction })
    );

    let unknown = store.hold_voicemail(&recording_sid(9), &instruction("case 9", 1)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound("voicemail"))));
    assert!(ledger.voicemail_row(&recording_sid(9)).await.is_empty());
}

#[tokio::test]
async fn a_hold_after_a_deletion_has_begun_stops_what_is_left() {
    let ledger = told().await;
    assert_eq!(ledger.store.begin_deletion(&row(&ledger).await, at(1)).await.unwrap(), Deletion::Go);
    ledger.store.hold_voicemail(&recording_sid(1), &instruction("case 7", 2)).await.unwrap();
    let keeping = row(&ledger).await.keeping;
    assert!(keeping.hold.is_some() && keeping.deletion_begun_at == Some(at(1)), "it can be seen");
    assert_eq!(ledger.store.begin_deletion(&row(&ledger).await, at(3)).await.unwrap(), Deletion::Held);
}

#[tokio::test]
async fn a_hold_on_a_number_holds_all_that_is_its_and_nothing_else() {
    let ledger = told().await;
    let store = &ledger.store;
    assert_eq!(store.number_hold(&masked()).await.unwrap(), (None, Vec::new()));
    assert_eq!(store.hold_number(&number(5), &instruction("other", 1)).await.unwrap(), Written::Applied);
    assert_eq!(store.begin_deletion(&row(&ledger).await, at(2)).await.unwrap(), Deletion::Go);

    assert_eq!(store.hold_number(&masked(), &instruction("case 7", 3)).await.unwrap(), Written::Applied);
    assert_eq!(
        store.hold_number(&masked(), &instruction("case 8", 4)).await.unwrap(),
        Written::AlreadyApplied
    );
    let (hold, receipts) = store.number_hold(&masked()).await.unwrap();
    assert_eq!((hold, receipts.len()), (Some(instruction("case 7", 3)), 1));
    assert_eq!(store.begin_deletion(&row(&ledger).await, at(5)).await.unwrap(), Deletion::Held);
    assert_eq!(store.release_number(&masked(), &instruction("closed", 6)).await.unwrap(), Written::Applied);
    assert_eq!(
        store.release_number(&masked(), &instruction("closed", 7)).await.unwrap(),
        Written::NotApplicable
    );
    assert_eq!(store.begin_deletion(&row(&ledger).await, at(8)).await.unwrap(), Deletion::Go);
    let (hold, receipts) = store.number_hold(&masked()).await.unwrap();
    assert_eq!((hold, receipts.len()), (None, 2));
    // The settings are none of the hold's business, nor the other way round.
    assert!(matches!(store.number(&masked(), at(9)).await, Err(StoreError::NotFound("number"))));
}

#[tokio::test]
async fn each_part_is_deleted_once_and_nothing_brings_it_back() {
    let ledger = told().await;
    let (store, sid) = (&ledger.store, recording_sid(1));
    let parts = [Part::TwilioCopy, Part::Audio, Part::Transcript, Part::Parties];
    for (second, part) in (100..).zip(parts) {
        let first = instruction("kept for 30 days", second);
        assert_eq!(store.deleted(&sid, part, &first).await.unwrap(), Written::Applied, "{part:?}");
        assert_eq!(
            store.deleted(&sid, part, &instruction("again", 999)).await.unwrap(),
            Written::AlreadyApplied
        );
    }
    let kept = row(&ledger).await;
    assert_eq!((kept.parties.clone(), kept.transcript.clone()), (None, None));
    assert!(kept.open, "the worker is to tell of it");
    store.close(&kept).await.unwrap();
    let acts: Vec<Act> = kept.keeping.receipts.iter().map(|receipt| receipt.act).collect();
    assert_eq!(acts, parts.map(Act::Deleted));
    assert_eq!(kept.keeping.parties_deleted_at, Some(at(103)));
    let text = format!("{:?}", ledger.voicemail_row(&sid).await);
    for gone in [masked().reveal(), &parties().caller.reveal(), "DOE JOHN", "call me back"] {
        assert!(!text.contains(gone), "{gone} is left: {text}");
    }
    assert_eq!(tell(&ledger, 1, words(), 200).await, Written::NotApplicable);
    assert_eq!(tell(&ledger, 1, left(5), 200).await, Written::NotApplicable);
    assert!(!row(&ledger).await.open);
    assert!(store.voicemails_of(&masked()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_comes_after_a_deletion_is_not_taken_in() {
    let audio = domain::Audio {
        key: format!("voicemails/{}/1.wav", masked().reveal()),
        size: 80_044,
        content_type: "audio/x-wav".to_owned(),
        released: false,
    };
    let destination = domain::Destination {
        parties: parties(),
        engines: domain::Engines::Twilio,
        purge_at_twilio: true,
        not_mailed: None,
    };
    // It is asked for; nothing of it is done, or all.
    for is_done in [false, true] {
        let ledger = Ledger::new().await;
        let (store, sid) = (&ledger.store, recording_sid(1));
        tell(&ledger, 1, ready(5), 0).await;
        store.mail_sent(&sid, domain::MailKind::Voicemail, "1", false, at(1)).await.unwrap();
        assert_eq!(store.ask_deletion(&sid, &instruction("case 7", 2)).await.unwrap(), Written::Applied);
        for part in [Part::Audio, Part::Transcript, Part::Parties].into_iter().filter(|_| is_done) {
            assert_eq!(store.deleted(&sid, part, &instruction("case 7", 3)).await.unwrap(), Written::Applied);
        }
        let repeated = Written::NotApplicable;
        assert_eq!(store.archived(&sid, &audio, at(4)).await.unwrap(), repeated);
        assert_eq!(store.archived_after_all(&sid, &audio, at(1), at(4)).await.unwrap(), repeated);
        assert_eq!(store.identified(&sid, &destination, &mailbox()).await.unwrap(), repeated);
        assert_eq!(tell(&ledger, 1, words(), 4).await, repeated, "done: {is_done}");
        if is_done {
            assert_eq!(tell(&ledger, 1, left(5), 4).await, repeated);
        }
        let text = format!("{:?}", ledger.voicemail_row(&sid).await);
        for gone in [masked().reveal(), &parties().caller.reveal(), "call me back"] {
            assert!(!text.contains(gone), "{gone} is taken in: {text}");
        }
    }
}

#[tokio::test]
async fn a_sound_that_a_release_stored_after_the_deletion_goes() {
    let ledger = told().await;
    let (store, sid) = (&ledger.store, recording_sid(1));
    for part in [Part::Audio, Part::Parties] {
        store.deleted(&sid, part, &instruction("case 7", 3)).await.unwrap();
    }
    let value = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    ledger.spoil(sid.as_str(), "audio_key", value("voicemails/1.wav")).await;
    ledger.spoil(sid.as_str(), "audio_type", value("audio/x-wav")).await;
    ledger
        .spoil(sid.as_str(), "audio_size", aws_sdk_dynamodb::types::AttributeValue::N("1".to_owned()))
        .await;
    assert_eq!(store.deleted(&sid, Part::Audio, &instruction("late", 9)).await.unwrap(), Written::Applied);
    assert_eq!(
        store.deleted(&sid, Part::Audio, &instruction("late", 10)).await.unwrap(),
        Written::AlreadyApplied
    );
    assert_eq!(row(&ledger).await.audio, None);
}

#[tokio::test]
async fn the_row_of_a_call_goes_with_a_receipt_unless_held() {
    let ledger = told().await;
    let store = &ledger.store;
    let begins = domain::CallBegins {
        call_sid: call_sid(1),
        parties: parties(),
        decision: forwarded(),
        month: "2026-11".to_owned(),
        calls_per_month: None,
        passed_over: Vec::new(),
        in_list: None,
        at: at(0),
    };
    store.begin_call(&begins).await.unwrap();
    let delete = async || {
        let call = store.call(&call_sid(1)).await.unwrap();
        store.delete_call(&call, "kept for 180 days", at(50)).await.unwrap()
    };
    store.hold_voicemail(&recording_sid(1), &instruction("case 7", 1)).await.unwrap();
    assert!(store.call(&call_sid(1)).await.unwrap().held);
    assert_eq!(delete().await, Deletion::Held);
    store.release_voicemail(&recording_sid(1), &instruction("closed", 2)).await.unwrap();
    store.hold_number(&masked(), &instruction("case 8", 3)).await.unwrap();
    assert_eq!(delete().await, Deletion::Held);
    assert_eq!(store.deleted_rows(&masked(), at(50)).await.unwrap(), (0, 0));
    store.release_number(&masked(), &instruction("closed", 4)).await.unwrap();
    let call = store.call(&call_sid(1)).await.unwrap();
    assert_eq!(delete().await, Deletion::Go);
    assert!(matches!(store.call(&call_sid(1)).await, Err(StoreError::NotFound("call"))));
    // Twice counts once.
    assert_eq!(store.delete_call(&call, "again", at(51)).await.unwrap(), Deletion::Held);
    assert_eq!(store.deleted_rows(&masked(), at(50)).await.unwrap(), (1, 0));
}

#[tokio::test]
async fn every_row_is_seen_page_by_page_and_the_place_is_remembered() {
    let ledger = Ledger::new().await;
    let store = &ledger.store;
    for recording in 1..=120 {
        tell(&ledger, recording, left(5), 0).await;
    }
    store.call_missed(&call_sid(7), &parties(), &mailbox(), at(0)).await.unwrap();
    let (mut seen, mut missed, mut after) = (0, 0, None);
    loop {
        let page = store.ledger_page(after.as_deref()).await.unwrap();
        assert!(page.rows.len() <= 100);
        for row in page.rows {
            match row.unwrap() {
                LedgerRow::Voicemail(_) => seen += 1,
                LedgerRow::MissedCall(row) => missed += usize::from(row.call_sid == call_sid(7)),
            }
        }
        after = page.last;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen, missed), (120, 1));

    assert_eq!(store.sweep().await.unwrap(), Sweep::Ledger(None));
    for sweep in [Sweep::Ledger(Some("RE1".to_owned())), Sweep::Calls(None), Sweep::Ledger(None)] {
        store.swept(&sweep).await.unwrap();
        assert_eq!(ledger.another_store().sweep().await.unwrap(), sweep);
    }
}

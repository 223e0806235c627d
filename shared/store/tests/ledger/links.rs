use domain::Links;
use store::{StoreError, Written};

use crate::place::{Ledger, at, recording_sid};
use crate::voicemails::{left, tell};

#[tokio::test]
async fn links_are_called_back_as_often_as_it_is_asked_for() {
    let ledger = Ledger::new().await;
    tell(&ledger, 1, left(5), 0).await;
    for epoch in 1..=2 {
        ledger.store.revoke_links(&recording_sid(1)).await.unwrap();
        let links = ledger.store.voicemail(&recording_sid(1)).await.unwrap().links;
        assert_eq!(links, Links { epoch, heard_at: None });
    }
    let unknown = ledger.store.revoke_links(&recording_sid(2)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound("voicemail"))));
    assert!(ledger.voicemail_row(&recording_sid(2)).await.is_empty());
}

#[tokio::test]
async fn a_voicemail_is_first_heard_once() {
    let ledger = Ledger::new().await;
    tell(&ledger, 1, left(5), 0).await;
    assert_eq!(ledger.store.heard(&recording_sid(1), at(60)).await.unwrap(), Written::Applied);
    assert_eq!(ledger.store.heard(&recording_sid(1), at(90)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(ledger.store.voicemail(&recording_sid(1)).await.unwrap().links.heard_at, Some(at(60)));
    assert_eq!(ledger.store.heard(&recording_sid(2), at(60)).await.unwrap(), Written::NotApplicable);
    assert!(ledger.voicemail_row(&recording_sid(2)).await.is_empty(), "nothing is made by listening");
}

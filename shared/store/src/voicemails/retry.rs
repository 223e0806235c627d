//! Waking a row by hand.

use jiff::Timestamp;

use crate::change::Change;
use domain::{Entry, MissedCall, Trouble, Voicemail};

use crate::error::StoreError;
use crate::{Store, Written};

impl Store {
    /// Makes the worker look at a voicemail again, now: the change itself is what wakes it, and a
    /// wait after a failure is over. [`Written::NotApplicable`] if there is nothing left to do.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn retry(&self, voicemail: &Voicemail, now: Timestamp) -> Result<Written, StoreError> {
        self.retry_entry((&voicemail.recording_sid).into(), voicemail.trouble.as_ref(), now).await
    }

    /// Likewise for a missed call.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn retry_missed_call(
        &self,
        missed_call: &MissedCall,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        self.retry_entry((&missed_call.call_sid).into(), missed_call.trouble.as_ref(), now).await
    }

    async fn retry_entry(
        &self,
        entry: Entry<'_>,
        trouble: Option<&Trouble>,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("woken_at", now)
            .when("attribute_exists(#open)")
            .refused(|_| Written::NotApplicable);
        let change = match trouble {
            Some(_) => change.set("next_attempt_at", now),
            None => change,
        };
        self.change_entry(entry, change).await
    }
}

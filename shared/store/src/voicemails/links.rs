//! The links to a voicemail, and whether somebody has listened to it.

use domain::Links;
use jiff::Timestamp;
use phone::RecordingSid;

use crate::change::Change;
use crate::error::StoreError;
use crate::row::Row;
use crate::{Store, Written};

pub(crate) fn read(row: Row<'_>) -> Result<Links, StoreError> {
    Ok(Links { epoch: row.number("link_epoch")?.unwrap_or(0), heard_at: row.time("heard_at")? })
}

impl Store {
    /// Withdraws every link to a voicemail that is out. Those of later mails work.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such voicemail.
    pub async fn revoke_links(&self, recording_sid: &RecordingSid) -> Result<(), StoreError> {
        let change = Change::new().add("link_epoch", 1).when("attribute_exists(#recorded_at)");
        match self.change_voicemail(recording_sid, change).await? {
            Written::Applied => Ok(()),
            _ => Err(StoreError::NotFound("voicemail")),
        }
    }

    /// Records that the sound was played. The first time counts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn heard(&self, recording_sid: &RecordingSid, at: Timestamp) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("heard_at", at)
            .when("attribute_exists(#recorded_at) AND attribute_not_exists(#heard_at)");
        self.change_voicemail(recording_sid, change).await
    }
}

//! The rows of the ledger: voicemails, and calls that were missed.

use phone::{CallSid, RecordingSid};

use crate::Item;
use crate::change::IntoAttribute;

/// A row of the ledger, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A voicemail.
    Voicemail(&'a RecordingSid),
    /// A missed call.
    MissedCall(&'a CallSid),
}

impl<'a> Entry<'a> {
    /// The SID that is the row's key.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Voicemail(recording_sid) => recording_sid.as_str(),
            Self::MissedCall(call_sid) => call_sid.as_str(),
        }
    }

    /// What the row surely has, if it is there.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Voicemail(_) => "recorded_at",
            Self::MissedCall(_) => "missed_at",
        }
    }

    pub(crate) fn key(self) -> Item {
        Item::from([("recording_sid".to_owned(), self.as_str().into_attribute())])
    }
}

impl<'a> From<&'a RecordingSid> for Entry<'a> {
    fn from(recording_sid: &'a RecordingSid) -> Self {
        Self::Voicemail(recording_sid)
    }
}

impl<'a> From<&'a CallSid> for Entry<'a> {
    fn from(call_sid: &'a CallSid) -> Self {
        Self::MissedCall(call_sid)
    }
}

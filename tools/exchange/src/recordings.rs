//! What `<Record>` leaves behind: the sound, and its resource in the REST API.

use std::time::Duration;

use jiff::Timestamp;
use phone::{AccountSid, CallSid, RecordingSid};

use crate::Speech;

/// A recording.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recording {
    /// Its identifier.
    pub sid: RecordingSid,
    /// Whose number was called.
    pub account_sid: AccountSid,
    /// The call that was recorded.
    pub call_sid: CallSid,
    /// `RecordingUrl`: without extension it serves WAV.
    pub url: String,
    /// The sound, and the words in it.
    pub speech: Speech,
    /// `RecordingDuration`, in whole seconds.
    pub duration: u64,
    /// When recording began.
    pub started: Timestamp,
    /// Its state.
    pub status: RecordingStatus,
}

/// The state of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingStatus {
    /// Ended, but not yet to be had.
    Processing,
    /// To be had.
    Completed,
    /// There is none: too short (16101) or silent (16102).
    Absent {
        /// Why, as Twilio's error code.
        error_code: u32,
    },
    /// Twilio could not keep it.
    Failed,
    /// Deleted through the REST API.
    Deleted,
}

impl RecordingStatus {
    /// The status in Twilio's words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Absent { .. } => "absent",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }
}

/// A length in whole seconds, to the nearest.
pub(crate) fn whole_seconds(length: Duration) -> u64 {
    (length + Duration::from_millis(500)).as_secs()
}

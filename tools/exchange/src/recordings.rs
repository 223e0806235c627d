//! What is recorded: the sound, and its resource in the REST API.

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
    /// The call that was recorded; of a conference, the one that it began with.
    pub call_sid: CallSid,
    /// `RecordingUrl`: without extension it serves WAV.
    pub url: String,
    /// The conference that was recorded, if one was.
    pub conference_sid: Option<String>,
    /// The sound, and the words in it; of two channels both together.
    pub speech: Speech,
    /// The two channels, if it has two: who is at the leg, and the others.
    pub channels: Option<(Speech, Speech)>,
    /// `RecordingSource`: who began it, in Twilio's words.
    pub source: &'static str,
    /// `both`, `inbound` or `outbound`.
    pub track: String,
    /// `RecordingDuration`, in whole seconds.
    pub duration: u64,
    /// When recording began.
    pub started: Timestamp,
    /// Its state.
    pub status: RecordingStatus,
}

impl Recording {
    /// Whether it is a message whose caller still speaks.
    pub(crate) fn is_being_left(&self) -> bool {
        self.source == "RecordVerb" && self.status == RecordingStatus::InProgress
    }
}

/// The state of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingStatus {
    /// It goes on.
    InProgress,
    /// It goes on, and nothing is recorded at present.
    Paused,
    /// Ended by the REST API; so only who ends it is told.
    Stopped,
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
            Self::InProgress => "in-progress",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
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

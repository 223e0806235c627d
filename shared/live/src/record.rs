//! What is recorded of a call, and who has agreed to it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use phone::RecordingSid;
use serde::{Deserialize, Serialize};

use crate::ids::{ActionId, ParticipantId};

/// A recording of a participant's leg, from when Twilio is asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The action for which it is made.
    pub action: ActionId,
    /// Whose leg.
    pub participant: ParticipantId,
    /// What Twilio calls it, once it has begun.
    #[serde(with = "crate::written::recording_sid::some")]
    pub sid: Option<RecordingSid>,
    /// How far it is.
    pub state: RecordingState,
    /// What the program calls the action: its events come after the action has ended, too.
    pub operation_context: Option<String>,
    /// When Twilio was to be asked for it.
    pub requested_at: Timestamp,
    /// When it began, as far as we knew then.
    pub started_at: Option<Timestamp>,
    /// When it ended, as far as we knew then.
    pub stopped_at: Option<Timestamp>,
    /// When its leg last came somewhere else while it went on.
    pub moved_at: Option<Timestamp>,
    /// How long it is, in seconds.
    pub duration_seconds: Option<u32>,
}

/// How far a recording is. Only forwards, but for pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Twilio is asked for it.
    Requested,
    /// It goes on.
    Recording,
    /// It goes on, and hears nothing.
    Paused,
    /// It has ended, and is not ready.
    Stopped,
    /// It can be fetched.
    Ready,
    /// There is none.
    Lost,
}

/// Why there is no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhyLost {
    /// It was called off before Twilio was asked.
    Canceled,
    /// Twilio refused to begin.
    Refused,
    /// Twilio has kept nothing: it was too short, or silent.
    Absent,
    /// Twilio could not keep it.
    Failed,
    /// Nothing proves what became of it.
    Unknown,
}

/// How what is heard on a leg stands in its recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// All in one.
    #[default]
    Mono,
    /// The participant in one, all others in the other.
    Dual,
}

/// What somebody did who was told, or asked, that they are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Consented {
    /// They have heard it to its end, and stayed.
    Announced,
    /// They agreed.
    Given,
    /// They pressed or said something else.
    Refused,
    /// They pressed and said nothing, which is no consent.
    Silent,
}

impl Consented {
    /// Whether they may be recorded.
    pub fn allows(self) -> bool {
        matches!(self, Self::Announced | Self::Given)
    }
}

/// How it stands with what a program wants to have recorded.
#[expect(clippy::struct_excessive_bools, reason = "each is about something else")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// Whether one leg is recorded for all.
    pub mixed: bool,
    /// Whose legs; of a mixed one, whose first.
    pub legs: Vec<ParticipantId>,
    /// Who has not been told, or has not answered.
    pub unheard: BTreeSet<ParticipantId>,
    /// Whether all who were to be told then have been.
    pub begun: bool,
    /// Who has been told, or agrees.
    pub agreed: BTreeSet<ParticipantId>,
    /// Who does not agree.
    pub refused: BTreeSet<ParticipantId>,
    /// Whom Twilio refuses to record.
    pub barred: BTreeSet<ParticipantId>,
    /// Its error code for that.
    pub provider_code: Option<u32>,
    /// Whether nothing is to be heard for a while.
    pub paused: bool,
    /// Whether it is to end.
    pub stops: bool,
    /// Since when it is as it is.
    pub since: Timestamp,
}

impl Recording {
    /// Whether its leg is recorded, or Twilio may be about to.
    pub fn is_live(&self) -> bool {
        matches!(self.state, RecordingState::Requested | RecordingState::Recording | RecordingState::Paused)
    }

    /// Whether it goes on at Twilio, as far as is known.
    pub fn goes_on(&self) -> bool {
        matches!(self.state, RecordingState::Recording | RecordingState::Paused)
    }

    /// Whether nothing more will be heard of it.
    pub fn is_settled(&self) -> bool {
        matches!(self.state, RecordingState::Ready | RecordingState::Lost)
    }
}

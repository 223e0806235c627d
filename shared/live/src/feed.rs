//! What goes out of a leg while its call goes on: its sound, to a web socket, and its words.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::ids::{ActionId, ParticipantId};
use crate::problem::Problem;

/// What of a leg goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    /// Its sound.
    Stream,
    /// Its words.
    Transcription,
}

impl FeedKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Stream, Self::Transcription];
}

/// A stream or a transcription of a participant's leg, from when Twilio is asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// Which.
    pub of: FeedOf,
    /// What Twilio calls it, once it has begun.
    pub sid: Option<String>,
    /// How far it is.
    pub state: FeedState,
    /// Of words, the language in which they are understood.
    pub language: Option<String>,
    /// Whether a secret was asked for while it went on: nothing of it is told any more.
    pub muffled: bool,
    /// When Twilio was to be asked for it.
    pub requested_at: Timestamp,
    /// When it began, as far as we knew then.
    pub started_at: Option<Timestamp>,
    /// When its leg last came somewhere else while it went on.
    pub moved_at: Option<Timestamp>,
}

/// A feed among all of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FeedOf {
    /// What goes out.
    pub kind: FeedKind,
    /// Of whom.
    pub participant: ParticipantId,
    /// For what.
    pub action: ActionId,
    /// How often it has begun for that: 1 is the first.
    pub number: u32,
}

impl FeedOf {
    /// What it is called at Twilio: another name for each.
    pub fn name(&self) -> String {
        let Self { kind, participant, action, number } = self;
        let kind = match kind {
            FeedKind::Stream => "stream",
            FeedKind::Transcription => "words",
        };
        format!("{action}-{participant}-{kind}-{number}")
    }
}

/// How far a feed is. Only forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedState {
    /// Twilio is asked for it.
    Requested,
    /// It goes on.
    Running,
    /// It has ended.
    Stopped,
    /// It never began, or broke.
    Failed,
}

/// Why a feed has ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhyStopped {
    /// An action stopped it.
    Stopped,
    /// The participant is on hold: it begins anew when they are back.
    Held,
    /// The participant is asked for a secret: it begins anew when that is over.
    Sensitive,
    /// It goes on in another language.
    Updated,
    /// Their leg has ended, or is the program's no more.
    Left,
    /// The web socket was closed at its other end.
    Closed,
    /// Twilio ended it where the leg came somewhere else: it begins anew.
    Moved,
    /// Nobody knows whether it had begun: it begins anew.
    Unknown,
}

/// How it stands with what a program wants to go out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedWish {
    /// What goes out.
    pub kind: FeedKind,
    /// Of whom; of everybody, also of who comes later, where nobody is named.
    pub legs: Vec<ParticipantId>,
    /// Of words, the language.
    pub language: Option<String>,
    /// Of whom it can't be had.
    pub barred: BTreeSet<ParticipantId>,
    /// Why not.
    pub problem: Option<Problem>,
    /// Whether it is to end.
    pub stops: bool,
    /// Whether its other end has closed it.
    pub closed: bool,
}

impl FeedWish {
    /// Whether it is about a leg.
    pub(crate) fn has(&self, id: ParticipantId) -> bool {
        self.legs.is_empty() || self.legs.contains(&id)
    }
}

/// Which directions of a leg are streamed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tracks {
    /// What the participant says.
    #[default]
    Inbound,
    /// What they hear.
    Outbound,
    /// Both, one beside the other.
    Both,
}

/// Who understands words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Google's recogniser.
    #[default]
    Google,
    /// Deepgram's.
    Deepgram,
}

/// What is heard of a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fed {
    /// It has begun.
    Began {
        /// What Twilio calls it.
        sid: String,
        /// What proves it.
        evidence: Evidence,
    },
    /// It has ended.
    Ended {
        /// When.
        at: Timestamp,
        /// What proves it.
        evidence: Evidence,
    },
    /// Twilio did not begin it, or it broke.
    Failed {
        /// Twilio's error code.
        code: Option<u32>,
    },
    /// Nothing proved in time that it had begun, and it was ended in case it had.
    Unproved {
        /// Whether Twilio had said that it would begin.
        was_taken: bool,
    },
    /// Something was said.
    Said(Said),
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Said {
    /// The words.
    pub text: String,
    /// How sure the recogniser is, from 0 to 1, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Whether they stay so; else more, or other words, come for the same.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// In which language they were understood.
    pub language: String,
    /// Whether they come after others that were said later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_order: bool,
}

impl Feed {
    /// Whether it goes on, or Twilio may be about to begin it.
    pub fn is_live(&self) -> bool {
        matches!(self.state, FeedState::Requested | FeedState::Running)
    }
}

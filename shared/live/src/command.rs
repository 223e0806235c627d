//! What a program may want.

use phone::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::ids::{ActionId, ParticipantId};

/// What a program wants of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Somebody is called, and the call begins.
    Create(Create),
    /// Somebody else is called, and joins whoever talks.
    Add(Add),
    /// A participant's leg ends.
    Remove {
        /// Whose.
        participant: ParticipantId,
    },
    /// A participant is not heard any more.
    Mute {
        /// Who.
        participant: ParticipantId,
    },
    /// A participant is heard again.
    Unmute {
        /// Who.
        participant: ParticipantId,
    },
    /// A participant waits: they hear nobody, and nobody hears them.
    Hold {
        /// Who.
        participant: ParticipantId,
        /// What they hear meanwhile; music, without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<Document>,
    },
    /// A participant who waits is back among the others.
    Resume {
        /// Who.
        participant: ParticipantId,
    },
    /// An action is called off that has not ended.
    Cancel {
        /// Which.
        action: ActionId,
    },
    /// It ends for everybody.
    End,
    /// An incoming call is picked up.
    Answer {
        /// What the caller hears first; music, without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<Document>,
    },
    /// An incoming call is refused, and costs nothing.
    Reject {
        /// What the caller hears of it.
        #[serde(default)]
        reason: Refusal,
    },
    /// An incoming call is put through to a telephone, and is not steered any more from then on.
    Redirect {
        /// Which.
        #[serde(with = "crate::written::number")]
        to: PhoneNumber,
        /// For how long it rings, in seconds.
        ring_seconds: u16,
    },
    /// An incoming call goes on as its number's phone file says.
    Release,
}

/// What the caller of a refused call hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The tone of a busy line.
    #[default]
    Busy,
    /// That the number can't be reached.
    Rejected,
}

/// Whom to call first, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Create {
    /// Whom: at least one.
    pub to: Vec<Address>,
    /// Who of several gets the call.
    pub who: Who,
    /// How.
    #[serde(flatten)]
    pub ring: Ring,
    /// How long the call may last at most, in seconds.
    pub limit_seconds: u32,
    /// What the first who picks up hears; without, they wait for what the program wants next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}

/// Whom to call beside those who are there, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Add {
    /// Whom.
    pub to: Address,
    /// How.
    #[serde(flatten)]
    pub ring: Ring,
}

/// How somebody is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// For how long it rings, in seconds.
    pub ring_seconds: u16,
    /// What is done about answering machines.
    pub machine: Machine,
    /// Keys that are pressed once somebody has picked up: `0-9*#`, and `w` for half a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_digits: Option<String>,
}

/// Who of several gets a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Everybody who picks up.
    #[default]
    All,
    /// The first who picks up; the others are called off.
    FirstWins,
}

/// What is done about answering machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Machine {
    /// Nothing: whoever picks up is taken for a person.
    #[default]
    Ignore,
    /// It is told who picked up, as soon as that is known; meanwhile the call goes on.
    Tell,
    /// Whoever picks up hears nothing before it is known. A machine ends the leg; where nobody can tell, it is taken
    /// for a person.
    HangUp,
    /// The same, and a machine is talked to after its beep.
    WaitForBeep,
}

/// A document in Twilio's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// Itself.
    Twiml(String),
    /// Where Twilio gets it, https.
    Url(String),
}

impl Command {
    /// The participant that it is about, who has to be there.
    pub fn participant(&self) -> Option<ParticipantId> {
        match self {
            Self::Remove { participant }
            | Self::Mute { participant }
            | Self::Unmute { participant }
            | Self::Hold { participant, .. }
            | Self::Resume { participant } => Some(*participant),
            Self::Create(_)
            | Self::Add(_)
            | Self::Cancel { .. }
            | Self::End
            | Self::Answer { .. }
            | Self::Reject { .. }
            | Self::Redirect { .. }
            | Self::Release => None,
        }
    }

    /// Whether it decides what becomes of a call that comes in.
    pub fn is_decision(&self) -> bool {
        matches!(self, Self::Answer { .. } | Self::Reject { .. } | Self::Redirect { .. })
    }

    /// For how long it rings, in seconds, if it does.
    pub fn ring_seconds(&self) -> Option<u16> {
        match self {
            Self::Redirect { ring_seconds, .. } => Some(*ring_seconds),
            command => command.ring().map(|ring| ring.ring_seconds),
        }
    }

    /// How it calls somebody, if it does.
    pub fn ring(&self) -> Option<&Ring> {
        match self {
            Self::Create(create) => Some(&create.ring),
            Self::Add(add) => Some(&add.ring),
            _ => None,
        }
    }
}

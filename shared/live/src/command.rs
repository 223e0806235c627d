//! What a program may want.

use std::collections::BTreeMap;

use phone::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::feed::{Engine, Tracks};
use crate::ids::{ActionId, CallId, ParticipantId};
use crate::record::Channels;

/// What a program wants of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
        /// For how long a caller waits with whom nobody else is left, in seconds: then the number's phone file goes on,
        /// or a message is taken.
        #[serde(default = "held_alone_seconds")]
        alone_seconds: u16,
    },
    /// A participant who waits is back among the others.
    Resume {
        /// Who.
        participant: ParticipantId,
    },
    /// Somebody else is called and talked to before the call is handed over to them. All others wait meanwhile.
    Consult {
        /// Who talks to them.
        participant: ParticipantId,
        /// Whom, and how.
        #[serde(flatten)]
        add: Add,
    },
    /// Whoever consulted somebody leaves, and that one talks to those who waited.
    Complete {
        /// The action by which they were consulted.
        action: ActionId,
    },
    /// Whoever was consulted leaves, and those who waited are back.
    TakeBack {
        /// The action by which they were consulted.
        action: ActionId,
    },
    /// Somebody else is called. As soon as they pick up they talk to the participant: of a pair the other one leaves, of
    /// a group all others talk on, and the participant goes over into a new call.
    Transfer {
        /// Who is transferred.
        participant: ParticipantId,
        /// The new call, if it is out of a group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_call: Option<CallId>,
        /// To whom, and how.
        #[serde(flatten)]
        add: Add,
    },
    /// A participant goes over into another call.
    Move {
        /// Who.
        participant: ParticipantId,
        /// Which.
        to_call: CallId,
    },
    /// A participant takes part in another way.
    Role {
        /// Who.
        participant: ParticipantId,
        /// How.
        #[serde(flatten)]
        role: Role,
    },
    /// Something is played to participants, who hear nobody meanwhile.
    Play {
        /// To whom: all who were there, where none was named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        participants: Vec<ParticipantId>,
        /// What.
        document: Document,
        /// What becomes of what they hear already.
        #[serde(default)]
        when_busy: WhenBusy,
    },
    /// A participant is asked for keys or words.
    Recognize {
        /// Who.
        participant: ParticipantId,
        /// What they hear before, if anything: speech alone, which they may interrupt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<Document>,
        /// What is listened for.
        #[serde(flatten)]
        listens: Listens,
        /// What becomes of what they hear already.
        #[serde(default)]
        when_busy: WhenBusy,
    },
    /// Each key that a participant presses is told, until it is called off or they have left.
    ListenKeys {
        /// Whose.
        participant: ParticipantId,
        /// Whether they leave their seat for it. Without, keys are heard only while they are alone or on hold.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        leave_seat: bool,
        /// Whether the keys are a secret: then it is told to nobody which they are, and stored nowhere.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        sensitive: bool,
    },
    /// Keys are pressed for a participant to hear.
    SendKeys {
        /// Who.
        participant: ParticipantId,
        /// Which: `0-9*#`, and `w` for half a second.
        keys: String,
        /// What becomes of what they hear already.
        #[serde(default)]
        when_busy: WhenBusy,
    },
    /// All that is played to a participant, or asked of them, is over.
    CancelMedia {
        /// To whom: all, where none was named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<ParticipantId>,
    },
    /// Participants are recorded, until it is stopped or they have left.
    Record {
        /// Whom: all who talked, where nobody was named. Of one for all, whose leg is recorded first.
        participants: Vec<ParticipantId>,
        /// Whether one leg is recorded in both directions, and so everybody who talks.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        mixed: bool,
        /// How what is heard stands in it.
        #[serde(default)]
        channels: Channels,
        /// What those are told, or asked, who are recorded.
        consent: Consent,
    },
    /// Nothing is recorded for a while.
    PauseRecording {
        /// The action by which it is.
        action: ActionId,
    },
    /// It is recorded again.
    ResumeRecording {
        /// The action by which it is.
        action: ActionId,
    },
    /// It is recorded no more.
    StopRecording {
        /// The action by which it is.
        action: ActionId,
    },
    /// The sound of a participant's leg goes to a web socket, until it is stopped or they have left.
    Stream {
        /// Whose.
        participant: ParticipantId,
        /// The web socket's address.
        url: String,
        /// Which directions.
        #[serde(default)]
        tracks: Tracks,
        /// What the web socket is told first.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        parameters: BTreeMap<String, String>,
    },
    /// It goes there no more.
    StopStream {
        /// The action by which it does.
        action: ActionId,
    },
    /// What participants say is told while they say it, until it is stopped or they have left.
    Transcribe {
        /// Who: all, also who comes later, where nobody is named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        participants: Vec<ParticipantId>,
        /// In which language they are understood.
        language: String,
        /// Words that are likely.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hints: Vec<String>,
        /// Whether words are told before they are final.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        partials: bool,
        /// Who understands them.
        #[serde(default)]
        engine: Engine,
    },
    /// They are understood in another language.
    UpdateTranscription {
        /// The action by which they are.
        action: ActionId,
        /// Which.
        language: String,
    },
    /// It is told no more.
    StopTranscription {
        /// The action by which it is.
        action: ActionId,
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
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::Number"))]
        to: PhoneNumber,
        /// For how long it rings, in seconds.
        ring_seconds: u16,
    },
    /// An incoming call goes on as its number's phone file says.
    Release,
}

/// What those are told, or asked, who are recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Consent {
    /// Nothing: the program has seen to it.
    None,
    /// They are told before it begins.
    Announce(Announcement),
    /// They are asked, and recorded only if they agree.
    Ask {
        /// With which words.
        #[serde(flatten)]
        said: Announcement,
        /// What is listened for: the only choice is to agree.
        listens: Listens,
    },
}

/// What is said to those who are recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Announcement {
    /// As Twilio says it.
    pub document: Document,
    /// The words; of a file, its address.
    pub words: String,
    /// In which language.
    pub language: String,
}

/// How somebody takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "WrittenRole"))]
#[serde(from = "WrittenRole", into = "WrittenRole")]
pub enum Role {
    /// They hear all, and all hear them.
    #[default]
    Talk,
    /// They hear all, and nobody hears them.
    Listen,
    /// They hear all, and one hears them.
    Coach {
        /// Who.
        coaches: ParticipantId,
    },
}

/// How somebody takes part, in a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Role"))]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    /// They hear all, and all hear them.
    #[default]
    Talk,
    /// They hear all, and nobody hears them.
    Listen,
    /// They hear all, and one hears them.
    Coach,
}

/// A role beside what else is said of somebody.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct WrittenRole {
    /// How they take part.
    #[serde(default)]
    role: RoleName,
    /// Who alone hears them, of a coach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coaches: Option<ParticipantId>,
}

impl From<Role> for WrittenRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Talk => Self { role: RoleName::Talk, coaches: None },
            Role::Listen => Self { role: RoleName::Listen, coaches: None },
            Role::Coach { coaches } => Self { role: RoleName::Coach, coaches: Some(coaches) },
        }
    }
}

impl From<WrittenRole> for Role {
    fn from(written: WrittenRole) -> Self {
        match (written.role, written.coaches) {
            (RoleName::Coach, Some(coaches)) => Self::Coach { coaches },
            // A coach whom nobody hears.
            (RoleName::Listen | RoleName::Coach, _) => Self::Listen,
            (RoleName::Talk, _) => Self::Talk,
        }
    }
}

/// What becomes of what a participant hears already when something else is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenBusy {
    /// The new one is refused.
    #[default]
    Reject,
    /// The new one comes after it.
    Queue,
    /// It is called off.
    Interrupt,
}

/// What is listened for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Listens {
    /// Keys, at most so many; none are listened for at 0.
    pub max_keys: u8,
    /// The key that ends them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_key: Option<char>,
    /// In which language speech is understood; without, none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Words that are likely.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// What may be chosen. What fits none of it is `no_match`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// For how long nothing may come, in seconds.
    pub timeout_seconds: u8,
    /// Whether what comes is a secret: then it is told to nobody, and stored nowhere, but whether it came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// What may be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// What it is called in the result.
    pub label: String,
    /// The key for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "char"))]
    pub key: Option<char>,
    /// What may be said for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<String>,
}

/// What the caller of a refused call hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Add {
    /// Whom.
    pub to: Address,
    /// How.
    #[serde(flatten)]
    pub ring: Ring,
    /// How they take part.
    #[serde(flatten)]
    pub role: Role,
}

/// How somebody is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ring {
    /// For how long it rings, in seconds.
    pub ring_seconds: u16,
    /// What is done about answering machines.
    pub machine: Machine,
    /// Keys that are pressed once somebody has picked up: `0-9*#`, and `w` for half a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_digits: Option<String>,
    /// What they hear before they join, and how they prove that they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<Screen>,
}

/// What whoever picks up hears before they join, and how they prove that they are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Screen {
    /// What they hear, and nobody else: speech or a sound.
    pub whisper: Document,
    /// What proves that a person is there: the only choice. Without, it is enough that it was played to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<Listens>,
}

/// Who of several gets a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// Itself.
    Twiml(String),
    /// Where Twilio gets it, https.
    Url(String),
}

/// What `alone_seconds` is where nobody says it.
pub const HELD_ALONE_SECONDS: u16 = 300;

fn held_alone_seconds() -> u16 {
    HELD_ALONE_SECONDS
}

impl Command {
    /// The participant that it is about, who has to be there.
    pub fn participant(&self) -> Option<ParticipantId> {
        match self {
            Self::Remove { participant }
            | Self::Mute { participant }
            | Self::Unmute { participant }
            | Self::Hold { participant, .. }
            | Self::Resume { participant }
            | Self::Consult { participant, .. }
            | Self::Transfer { participant, .. }
            | Self::Move { participant, .. }
            | Self::Role { participant, .. }
            | Self::Recognize { participant, .. }
            | Self::ListenKeys { participant, .. }
            | Self::SendKeys { participant, .. } => Some(*participant),
            Self::Play { participants, .. } => match participants[..] {
                [only] => Some(only),
                _ => None,
            },
            Self::Create(_)
            | Self::Add(_)
            | Self::Cancel { .. }
            | Self::End
            | Self::Answer { .. }
            | Self::Reject { .. }
            | Self::Redirect { .. }
            | Self::Complete { .. }
            | Self::TakeBack { .. }
            | Self::CancelMedia { .. }
            | Self::Record { .. }
            | Self::PauseRecording { .. }
            | Self::ResumeRecording { .. }
            | Self::StopRecording { .. }
            | Self::Stream { .. }
            | Self::StopStream { .. }
            | Self::Transcribe { .. }
            | Self::UpdateTranscription { .. }
            | Self::StopTranscription { .. }
            | Self::Release => None,
        }
    }

    /// Whether what it wants goes on beside the call, and keeps nobody there.
    pub fn goes_on_beside(&self) -> bool {
        matches!(
            self,
            Self::Record { .. } | Self::Stream { .. } | Self::Transcribe { .. } | Self::ListenKeys { .. }
        )
    }

    /// Whether it decides what becomes of a call that comes in.
    pub fn is_decision(&self) -> bool {
        matches!(self, Self::Answer { .. } | Self::Reject { .. } | Self::Redirect { .. })
    }

    /// Whom it calls beside those who are there, if it does.
    pub fn adds(&self) -> Option<&Add> {
        match self {
            Self::Add(add) | Self::Consult { add, .. } | Self::Transfer { add, .. } => Some(add),
            _ => None,
        }
    }

    /// Whether it plays something to participants, or asks them, who hear nobody meanwhile; and what becomes then of
    /// what they hear already.
    pub fn media(&self) -> Option<WhenBusy> {
        match self {
            Self::Play { when_busy, .. }
            | Self::Recognize { when_busy, .. }
            | Self::SendKeys { when_busy, .. } => Some(*when_busy),
            // It is said when what they hear is over.
            Self::Record { consent: Consent::Announce(_) | Consent::Ask { .. }, .. } => Some(WhenBusy::Queue),
            _ => None,
        }
    }

    /// To whom it plays something.
    pub fn audience(&self) -> &[ParticipantId] {
        match self {
            Self::Play { participants, .. } => participants,
            Self::Recognize { participant, .. } | Self::SendKeys { participant, .. } => {
                std::slice::from_ref(participant)
            }
            _ => &[],
        }
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
            Self::Add(add) | Self::Consult { add, .. } | Self::Transfer { add, .. } => Some(&add.ring),
            _ => None,
        }
    }
}

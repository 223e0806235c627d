//! What happened in a call: an entry of its log.

use jiff::Timestamp;
use phone::{CallSid, PhoneNumber, RecordingSid};
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::call::{AnsweredBy, Cause, Direction, Place};
use crate::command::Command;
use crate::evidence::Evidence;
use crate::feed::{Said, WhyStopped};
use crate::going_over::{Destination, Origin};
use crate::ids::{ActionId, ParticipantId};
use crate::problem::Problem;
use crate::record::{Consented, WhyLost};

/// An entry of a call's log. The first has number 1, and none is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    pub seq: u64,
    /// When we knew.
    pub at: Timestamp,
    /// From whom.
    pub source: Source,
    /// The action that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
    /// The participant that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantId>,
    /// What the program calls the action, or the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub happened: Happened,
}

/// From whom something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A program asked for it.
    Api,
    /// Twilio called a webhook.
    Webhook,
    /// Twilio answered a request, or was looked up.
    Rest,
    /// Time went by.
    Clock,
}

/// What somebody pressed or said, who was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Heard {
    /// Keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
    /// Words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech: Option<String>,
    /// How sure the recogniser is, from 0 to 1, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// What was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// Whether something came that is a secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data")]
pub enum Happened {
    /// A call began.
    #[serde(rename = "call.created")]
    Created {
        /// The number of ours.
        #[serde(with = "crate::written::number")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::Number"))]
        number: PhoneNumber,
        /// Who began it.
        direction: Direction,
        /// Out of which call it came, of one to which somebody is transferred.
        #[serde(flatten)]
        from: Option<Origin>,
    },
    /// The first participant is there.
    #[serde(rename = "call.connected")]
    Connected,
    /// Nobody has decided about an incoming call for so long that it can't be rejected any more.
    #[serde(rename = "call.rings_on")]
    RingsOn,
    /// It is over: the last of its own events.
    #[serde(rename = "call.ended")]
    Ended {
        /// Why.
        cause: Cause,
    },
    /// Somebody is to be called.
    #[serde(rename = "participant.planned")]
    Planned {
        /// Whom.
        address: Address,
    },
    /// Twilio has the call to them.
    #[serde(rename = "participant.dialing")]
    Dialing {
        /// Twilio's name for the leg.
        #[serde(with = "crate::written::call_sid")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::CallSid"))]
        call_sid: CallSid,
    },
    /// It rings there.
    #[serde(rename = "participant.ringing")]
    Ringing,
    /// They picked up.
    #[serde(rename = "participant.answered")]
    Answered {
        /// Who did, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answered_by: Option<AnsweredBy>,
        /// What proves it.
        evidence: Evidence,
    },
    /// Something has picked up, and hears what is for whoever picks up alone, or is asked whether a person is there. It
    /// is not known to have answered.
    #[serde(rename = "participant.screened")]
    Screened,
    /// Nothing proved that a person is there: their leg ends.
    #[serde(rename = "participant.unproved")]
    Unproved {
        /// Why they leave.
        cause: Cause,
    },
    /// Somebody who was in another call is in this one now.
    #[serde(rename = "participant.joined")]
    Joined {
        /// Whom, or what.
        address: Address,
        /// Twilio's name for the leg, which stays the same.
        #[serde(with = "crate::written::call_sid")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::CallSid"))]
        call_sid: CallSid,
        /// Who picked up, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answered_by: Option<AnsweredBy>,
        /// Where they come from.
        #[serde(flatten)]
        from: Origin,
    },
    /// It is known now who picked up.
    #[serde(rename = "participant.detected")]
    Detected {
        /// Who.
        answered_by: AnsweredBy,
    },
    /// They are somewhere else now.
    #[serde(rename = "participant.moved")]
    Moved {
        /// Where.
        place: Place,
        /// By which version of what they are to hear.
        version: u32,
    },
    /// They are on hold, and have been for long: nobody is to forget them.
    #[serde(rename = "participant.still_held")]
    StillHeld {
        /// For how long, in seconds.
        seconds: u32,
    },
    /// What was played to them, or asked of them, is over.
    #[serde(rename = "participant.played")]
    Played,
    /// They pressed keys, or said something.
    #[serde(rename = "participant.recognized")]
    Recognized {
        /// What it was.
        #[serde(flatten)]
        heard: Heard,
    },
    /// They pressed a key.
    #[serde(rename = "participant.key")]
    Key {
        /// Which of theirs it is, from 1.
        sequence: u32,
        /// Which key, if that is no secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<char>,
        /// In which round of what they hear.
        round: u16,
    },
    /// They are not heard any more.
    #[serde(rename = "participant.muted")]
    Muted,
    /// They are heard again.
    #[serde(rename = "participant.unmuted")]
    Unmuted,
    /// They are not in the call any more, or never were.
    #[serde(rename = "participant.left")]
    Left {
        /// Why.
        cause: Cause,
        /// What proves it.
        evidence: Evidence,
        /// Twilio's error code, where it refused to call them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_code: Option<u32>,
        /// Into which call they went, if they did.
        #[serde(flatten)]
        to: Option<Destination>,
    },
    /// They were told, or asked, that they are recorded.
    #[serde(rename = "recording.consent")]
    RecordingConsent {
        /// Twilio's name for their leg.
        #[serde(with = "crate::written::call_sid")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::CallSid"))]
        call_sid: CallSid,
        /// What they did.
        answer: Consented,
        /// The words that they heard; of a file, its address.
        words: String,
        /// In which language.
        language: String,
        /// The keys that they pressed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keys: Option<String>,
        /// What they said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        speech: Option<String>,
    },
    /// Twilio is asked to record their leg.
    #[serde(rename = "recording.requested")]
    RecordingRequested,
    /// Their leg is recorded.
    #[serde(rename = "recording.started")]
    RecordingStarted {
        /// Twilio's name for the recording.
        #[serde(with = "crate::written::recording_sid")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::RecordingSid"))]
        recording_sid: RecordingSid,
        /// What proves it.
        evidence: Evidence,
    },
    /// Nothing is recorded for a while.
    #[serde(rename = "recording.paused")]
    RecordingPaused {
        /// Twilio's name for the recording.
        #[serde(with = "crate::written::recording_sid")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::RecordingSid"))]
        recording_sid: RecordingSid,
    },
    /// It is recorded again.
    #[serde(rename = "recording.resumed")]
    RecordingResumed {
        /// Twilio's name for the recording.
        #[serde(with = "crate::written::recording_sid")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::RecordingSid"))]
        recording_sid: RecordingSid,
    },
    /// The recording has ended.
    #[serde(rename = "recording.stopped")]
    RecordingStopped {
        /// Twilio's name for the recording.
        #[serde(with = "crate::written::recording_sid")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::RecordingSid"))]
        recording_sid: RecordingSid,
        /// What proves it.
        evidence: Evidence,
    },
    /// The recording can be fetched.
    #[serde(rename = "recording.ready")]
    RecordingReady {
        /// Twilio's name for the recording.
        #[serde(with = "crate::written::recording_sid")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::RecordingSid"))]
        recording_sid: RecordingSid,
        /// How long it is, in seconds.
        duration_seconds: u32,
    },
    /// There is no recording.
    #[serde(rename = "recording.lost")]
    RecordingLost {
        /// Twilio's name for it, if it has begun.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "crate::written::recording_sid::some"
        )]
        #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::schema::RecordingSid>"))]
        recording_sid: Option<RecordingSid>,
        /// Why.
        why: WhyLost,
        /// Twilio's error code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_code: Option<u32>,
    },
    /// Twilio is asked to stream their leg.
    #[serde(rename = "stream.requested")]
    StreamRequested,
    /// The web socket was reached: their leg is streamed.
    #[serde(rename = "stream.started")]
    StreamStarted {
        /// Twilio's name for the stream.
        stream_sid: String,
        /// What proves it.
        evidence: Evidence,
    },
    /// The stream has ended.
    #[serde(rename = "stream.stopped")]
    StreamStopped {
        /// Twilio's name for the stream, if it had begun.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stream_sid: Option<String>,
        /// Why.
        why: WhyStopped,
        /// What proves it.
        evidence: Evidence,
    },
    /// There is no stream, or it broke off.
    #[serde(rename = "stream.failed")]
    StreamFailed {
        /// Twilio's name for the stream, if it had begun.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stream_sid: Option<String>,
        /// Why.
        problem: Problem,
    },
    /// Twilio is asked to transcribe their leg.
    #[serde(rename = "transcription.requested")]
    TranscriptionRequested {
        /// In which language they are to be understood.
        language: String,
    },
    /// What they say is transcribed.
    #[serde(rename = "transcription.started")]
    TranscriptionStarted {
        /// Twilio's name for the transcription.
        transcription_sid: String,
        /// In which language they are understood.
        language: String,
        /// What proves it.
        evidence: Evidence,
    },
    /// They said something.
    #[serde(rename = "transcription.words")]
    Words {
        /// What.
        #[serde(flatten)]
        said: Said,
    },
    /// The transcription has ended, or waits.
    #[serde(rename = "transcription.stopped")]
    TranscriptionStopped {
        /// Twilio's name for the transcription, if it had begun.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transcription_sid: Option<String>,
        /// Why.
        why: WhyStopped,
        /// What proves it.
        evidence: Evidence,
    },
    /// There is no transcription, or it broke off.
    #[serde(rename = "transcription.failed")]
    TranscriptionFailed {
        /// Twilio's name for the transcription, if it had begun.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transcription_sid: Option<String>,
        /// Why.
        problem: Problem,
    },
    /// A command was accepted.
    #[serde(rename = "action.queued")]
    Queued {
        /// What is to be done.
        command: Command,
        /// Where its events are told, if not where the call's are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callback: Option<String>,
    },
    /// It is being done.
    #[serde(rename = "action.started")]
    Started,
    /// It is done.
    #[serde(rename = "action.succeeded")]
    Succeeded {
        /// What proves it.
        evidence: Evidence,
    },
    /// It is not done.
    #[serde(rename = "action.failed")]
    Failed {
        /// Why not.
        problem: Problem,
    },
    /// It was called off before it was done.
    #[serde(rename = "action.canceled")]
    Canceled,
}

impl Happened {
    /// Whether an action ends by it.
    pub fn ends_action(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Failed { .. } | Self::Canceled)
    }

    /// Whether it happened to an action.
    pub fn is_of_action(&self) -> bool {
        self.ends_action() || matches!(self, Self::Queued { .. } | Self::Started)
    }

    /// Whether it happened to a participant.
    pub fn is_of_participant(&self) -> bool {
        let of_call =
            matches!(self, Self::Created { .. } | Self::Connected | Self::RingsOn | Self::Ended { .. });
        !of_call && !self.is_of_action()
    }
}

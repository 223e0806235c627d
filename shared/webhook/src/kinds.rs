//! The webhooks as types. Sources: Twilio's "TwiML: Voice request", "Dial", "Record" and "Call
//! status callback" pages, and captured requests.

use callflow::Message;
use domain::{DialStatus, Language, Parties};
use phone::{AccountSid, CallSid, Caller, PhoneNumber, RecordingSid};

pub use crate::fed::{FedTold, SaidTold};
use crate::parameters::{Missing, Parameters};

/// What a webhook needs of what Twilio sends.
pub trait Input: Sized + Send + Sync {
    /// Reads it from the parameters.
    ///
    /// # Errors
    /// [`Missing`] names a parameter that it can't do without.
    fn read(parameters: &Parameters) -> Result<Self, Missing>;
}

/// Who calls whom: in every webhook of a call that Twilio steers by our answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallParties {
    /// The caller's leg.
    pub call_sid: CallSid,
    /// Who calls.
    pub from: Caller,
    /// The number that was called; none if it is no number in E.164, and so none of ours.
    pub to: Option<PhoneNumber>,
    /// The caller's name, where the carrier knows it.
    pub caller_name: Option<String>,
    /// What is most likely spoken where the called number belongs.
    pub likely_language: Language,
}

impl CallParties {
    /// Who called whom, if the number that was called may be one of ours.
    pub fn known(&self) -> Option<Parties> {
        Some(Parties {
            number: self.to.clone()?,
            caller: self.from.clone(),
            caller_name: self.caller_name.clone(),
        })
    }
}

/// A call comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceCall {
    /// Who calls whom.
    pub parties: CallParties,
    /// In which account.
    pub account_sid: AccountSid,
    /// With which a leg may show the caller's number.
    pub call_token: Option<String>,
    /// Whether the caller's carrier vouches for the number in full; where nothing is told, it may.
    pub unverified: bool,
}

/// A caller was asked something: `<Gather action>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Who called whom.
    pub parties: CallParties,
    /// What they pressed or said.
    pub reply: Reply,
}

/// What somebody pressed or said, who was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// `Digits`, if there are any.
    pub digits: Option<String>,
    /// `SpeechResult`, if there is one.
    pub speech: Option<String>,
    /// How sure the recogniser is, from 0 to 1.
    pub confidence: Option<f64>,
}

/// A caller waits in a queue, or does no more: `<Enqueue waitUrl>`, `<Enqueue action>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Who called whom.
    pub parties: CallParties,
    /// `QueueResult`, in Twilio's words: none while the caller waits.
    pub result: Option<String>,
    /// Whether the caller's own leg still goes on.
    pub caller_is_there: bool,
}

/// What is told of, or asked for, a leg that we placed or dialled.
#[derive(Clone, Debug, PartialEq)]
pub struct LegCall {
    /// In which account.
    pub account_sid: AccountSid,
    /// The leg.
    pub call_sid: CallSid,
    /// The caller's leg, where Twilio dialled this one for it.
    pub parent_call_sid: Option<CallSid>,
    /// `CallStatus`, in Twilio's words.
    pub status: String,
    /// What the person pressed or said.
    pub reply: Reply,
    /// Whether the person was joined with the caller, once that is over.
    pub has_talked: bool,
    /// `AnsweredBy`, in Twilio's words, where it was to find out who picked up.
    pub answered_by: Option<String>,
    /// What is told of a recording of the leg.
    pub recording: Option<RecordingTold>,
    /// What is told of what goes out of the leg.
    pub fed: Option<FedTold>,
}

/// What is told of a recording that goes on beside a leg: `RecordingStatusCallback`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingTold {
    /// The recording.
    pub recording_sid: RecordingSid,
    /// `RecordingStatus`, in Twilio's words.
    pub status: String,
    /// In seconds; 0 where Twilio does not say it.
    pub duration_seconds: u32,
    /// Why there is no sound, if there is none.
    pub error_code: Option<u32>,
}

/// The forwarded leg has ended: `<Dial action>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialEnded {
    /// Who called whom.
    pub parties: CallParties,
    /// `DialCallStatus`.
    pub status: DialStatus,
    /// `DialBridged`, where Twilio says it.
    pub bridged: Option<bool>,
    /// How long the two talked, in seconds.
    pub duration_seconds: Option<u32>,
    /// Whether the caller's own leg still goes on.
    pub caller_is_there: bool,
}

/// What Twilio tells of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingNotice {
    /// The account that holds it.
    pub account_sid: AccountSid,
    /// The caller's leg.
    pub call_sid: CallSid,
    /// The recording.
    pub recording_sid: RecordingSid,
    /// What is told.
    pub event: RecordingEvent,
}

/// In which of its ways Twilio tells of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingEvent {
    /// `<Record action>`: the caller has ended the message, and the call goes on by our answer.
    Ended {
        /// Who called whom.
        parties: CallParties,
        /// What was recorded.
        message: Message,
    },
    /// `recordingStatusCallback`: the sound is ready.
    Completed {
        /// In seconds.
        duration_seconds: u32,
    },
    /// `recordingStatusCallback`: there is no sound.
    Absent {
        /// 16101 too short, 16102 silent.
        error_code: Option<u32>,
    },
    /// `recordingStatusCallback`: Twilio could not keep the sound.
    Failed {
        /// Twilio's error code.
        error_code: Option<u32>,
    },
    /// A state on the way to one of these.
    Underway,
}

/// The words of a recording: `transcribeCallback`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcribed {
    /// The account that holds the recording.
    pub account_sid: AccountSid,
    /// The caller's leg.
    pub call_sid: CallSid,
    /// The recording.
    pub recording_sid: RecordingSid,
    /// The words; none if Twilio could not make any.
    pub words: Option<String>,
}

/// A leg changed its state: `statusCallback`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallStatus {
    /// The leg.
    pub call_sid: CallSid,
    /// The caller's leg, if this is a forwarded one.
    pub parent_call_sid: Option<CallSid>,
    /// Who called whom, if this is the caller's leg.
    pub parties: Option<CallParties>,
    /// `CallStatus`, in Twilio's words.
    pub status: String,
    /// The order in which the reports of a leg were sent.
    pub sequence: u32,
    /// Of the whole leg, in seconds, once it is over.
    pub duration_seconds: Option<u32>,
    /// Why it failed, in SIP's numbers.
    pub sip_response_code: Option<u32>,
}

impl CallStatus {
    /// Whether the leg is over.
    pub fn is_over(&self) -> bool {
        ENDS.contains(&self.status.as_str())
    }
}

/// The states in which a leg is over.
const ENDS: [&str; 5] = ["completed", "canceled", "failed", "busy", "no-answer"];

impl Input for CallParties {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        Ok(Self {
            call_sid: parameters.parsed("CallSid", CallSid::parse)?,
            from: Caller::parse(parameters.required("From")?),
            to: PhoneNumber::parse(parameters.required("To")?).ok(),
            caller_name: parameters.non_empty("CallerName").map(str::to_owned),
            likely_language: Language::of_country(parameters.get("ToCountry").unwrap_or_default()),
        })
    }
}

impl Input for VoiceCall {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        let verdict = parameters.non_empty("StirVerstat");
        Ok(Self {
            parties: CallParties::read(parameters)?,
            account_sid: parameters.parsed("AccountSid", AccountSid::parse)?,
            call_token: parameters.non_empty("CallToken").map(str::to_owned),
            unverified: verdict.is_some_and(|verdict| !verdict.starts_with("TN-Validation-Passed-A")),
        })
    }
}

impl Input for Asked {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        Ok(Self { parties: CallParties::read(parameters)?, reply: reply(parameters) })
    }
}

impl Input for Queued {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        Ok(Self {
            parties: CallParties::read(parameters)?,
            result: parameters.non_empty("QueueResult").map(str::to_owned),
            caller_is_there: caller_is_there(parameters),
        })
    }
}

impl Input for LegCall {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        let recording = told_of_recording(parameters);
        // These reports have none: who picked up, how a recording goes, and what goes out.
        let of_its_own = ["AnsweredBy", "RecordingStatus", "StreamEvent", "TranscriptionEvent"];
        Ok(Self {
            account_sid: parameters.parsed("AccountSid", AccountSid::parse)?,
            call_sid: parameters.parsed("CallSid", CallSid::parse)?,
            parent_call_sid: parameters.non_empty("ParentCallSid").and_then(|sid| CallSid::parse(sid).ok()),
            status: match of_its_own.iter().find_map(|name| parameters.non_empty(name)) {
                Some(_) => parameters.get("CallStatus").unwrap_or_default().to_owned(),
                None => parameters.required("CallStatus")?.to_owned(),
            },
            reply: reply(parameters),
            // What Twilio says of a queue that nobody is in is not documented.
            has_talked: bridged(parameters).unwrap_or_else(|| {
                matches!(parameters.get("DialCallStatus"), Some("completed" | "answered"))
            }),
            answered_by: parameters.non_empty("AnsweredBy").map(str::to_owned),
            recording,
            fed: FedTold::read(parameters),
        })
    }
}

fn told_of_recording(parameters: &Parameters) -> Option<RecordingTold> {
    let number = |name| parameters.get(name).and_then(|text| text.parse::<u32>().ok());
    Some(RecordingTold {
        recording_sid: RecordingSid::parse(parameters.non_empty("RecordingSid")?).ok()?,
        status: parameters.non_empty("RecordingStatus")?.to_owned(),
        duration_seconds: number("RecordingDuration").unwrap_or(0),
        error_code: number("ErrorCode").filter(|code| *code > 0),
    })
}

fn reply(parameters: &Parameters) -> Reply {
    let confidence = parameters.get("Confidence").and_then(|confidence| confidence.parse::<f64>().ok());
    Reply {
        digits: parameters.non_empty("Digits").map(str::to_owned),
        speech: parameters.non_empty("SpeechResult").map(str::to_owned),
        confidence: confidence.filter(|confidence| (0.0..=1.0).contains(confidence)),
    }
}

fn bridged(parameters: &Parameters) -> Option<bool> {
    match parameters.get("DialBridged") {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    }
}

fn caller_is_there(parameters: &Parameters) -> bool {
    !parameters.get("CallStatus").is_some_and(|status| ENDS.contains(&status))
}

impl Input for DialEnded {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        let status = match parameters.required("DialCallStatus")? {
            "completed" => DialStatus::Completed,
            "answered" => DialStatus::Answered,
            "no-answer" => DialStatus::NoAnswer,
            "busy" => DialStatus::Busy,
            "failed" => DialStatus::Failed,
            "canceled" => DialStatus::Canceled,
            _ => DialStatus::Other,
        };
        Ok(Self {
            parties: CallParties::read(parameters)?,
            status,
            bridged: bridged(parameters),
            duration_seconds: parameters.number("DialCallDuration"),
            caller_is_there: caller_is_there(parameters),
        })
    }
}

impl Input for RecordingNotice {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        let error_code = parameters.number("ErrorCode").filter(|code| *code != 0);
        let event = match parameters.get("RecordingStatus") {
            // Only the answer that steers the call comes without a status of its own.
            None => RecordingEvent::Ended {
                parties: CallParties::read(parameters)?,
                message: Message {
                    duration_seconds: recorded_seconds(parameters),
                    caller_hung_up: parameters.get("Digits") == Some("hangup"),
                },
            },
            Some("completed") => RecordingEvent::Completed { duration_seconds: recorded_seconds(parameters) },
            Some("absent") => RecordingEvent::Absent { error_code },
            Some("failed") => RecordingEvent::Failed { error_code },
            Some(_) => RecordingEvent::Underway,
        };
        Ok(Self {
            account_sid: parameters.parsed("AccountSid", AccountSid::parse)?,
            call_sid: parameters.parsed("CallSid", CallSid::parse)?,
            recording_sid: recording_sid(parameters)?,
            event,
        })
    }
}

impl Input for Transcribed {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        let completed = parameters.required("TranscriptionStatus")? == "completed";
        let words = parameters.get("TranscriptionText").unwrap_or_default().trim();
        Ok(Self {
            account_sid: parameters.parsed("AccountSid", AccountSid::parse)?,
            call_sid: parameters.parsed("CallSid", CallSid::parse)?,
            recording_sid: recording_sid(parameters)?,
            words: completed.then(|| words.to_owned()),
        })
    }
}

impl Input for CallStatus {
    fn read(parameters: &Parameters) -> Result<Self, Missing> {
        let parent_call_sid = match parameters.non_empty("ParentCallSid") {
            Some(sid) => Some(CallSid::parse(sid).map_err(|_| Missing::Malformed("ParentCallSid"))?),
            None => None,
        };
        let status = parameters.required("CallStatus")?.to_owned();
        // A number's own callback reports the end alone, and may come without a sequence.
        let sequence = parameters.number("SequenceNumber").unwrap_or(match status.as_str() {
            "queued" | "initiated" | "ringing" => 0,
            "in-progress" => 1,
            _ => 1_000,
        });
        let parties = match parent_call_sid {
            None => CallParties::read(parameters).ok(),
            Some(_) => None,
        };
        Ok(Self {
            call_sid: parameters.parsed("CallSid", CallSid::parse)?,
            parent_call_sid,
            parties,
            status,
            sequence,
            duration_seconds: parameters.number("CallDuration"),
            sip_response_code: parameters.number("SipResponseCode"),
        })
    }
}

/// A recording whose length is not told is no empty one: better a voicemail too many than one lost.
fn recorded_seconds(parameters: &Parameters) -> u32 {
    parameters.number("RecordingDuration").unwrap_or(1)
}

/// Not every webhook names the recording by itself, but each has the recording's address.
fn recording_sid(parameters: &Parameters) -> Result<RecordingSid, Missing> {
    if parameters.non_empty("RecordingSid").is_some() {
        return parameters.parsed("RecordingSid", RecordingSid::parse);
    }
    let url = parameters.non_empty("RecordingUrl").ok_or(Missing::Absent("RecordingSid"))?;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    RecordingSid::parse(last.split('.').next().unwrap_or_default())
        .map_err(|_| Missing::Malformed("RecordingUrl"))
}

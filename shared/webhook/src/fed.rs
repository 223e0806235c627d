//! What Twilio tells of a stream or a transcription that goes on beside a leg.

use jiff::Timestamp;

use crate::parameters::Parameters;

/// What is told: `StreamEvent`, `TranscriptionEvent`.
#[derive(Clone, Debug, PartialEq)]
pub struct FedTold {
    /// Twilio's name for it.
    pub sid: String,
    /// What happened, in Twilio's words without their beginning: `started`, `content`, `stopped`, `error`.
    pub event: String,
    /// When, if Twilio says it.
    pub at: Option<Timestamp>,
    /// Its place in the order in which Twilio tells of it, from 1; of a stream none is told.
    pub number: Option<u64>,
    /// Twilio's error code.
    pub error_code: Option<u32>,
    /// What somebody said.
    pub said: Option<SaidTold>,
}

/// What somebody said: `TranscriptionData`.
#[derive(Clone, Debug, PartialEq)]
pub struct SaidTold {
    /// The words.
    pub text: String,
    /// How sure the recogniser is, from 0 to 1.
    pub confidence: Option<f64>,
    /// Whether they stay so.
    pub is_final: bool,
    /// In which language they were understood.
    pub language: String,
}

impl FedTold {
    /// None of what tells of something else.
    pub(crate) fn read(parameters: &Parameters) -> Option<Self> {
        let stream = || Some((parameters.non_empty("StreamSid")?, parameters.non_empty("StreamEvent")?));
        let words =
            || Some((parameters.non_empty("TranscriptionSid")?, parameters.non_empty("TranscriptionEvent")?));
        let (sid, event) = stream().or_else(words)?;
        let is_sid = |prefix: &str| {
            sid.strip_prefix(prefix)
                .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|it| it.is_ascii_hexdigit()))
        };
        let (_, event) = event.split_once('-')?;
        let code = parameters.non_empty("StreamError").or(parameters.non_empty("ErrorCode"));
        (is_sid("MZ") || is_sid("GT")).then(|| Self {
            sid: sid.to_owned(),
            event: event.to_owned(),
            at: parameters.get("Timestamp").and_then(|text| text.parse().ok()),
            number: parameters.get("SequenceId").and_then(|text| text.parse().ok()).filter(|it| *it > 0),
            error_code: code.and_then(first_number),
            said: said(parameters),
        })
    }
}

fn said(parameters: &Parameters) -> Option<SaidTold> {
    let data: serde_json::Value = serde_json::from_str(parameters.non_empty("TranscriptionData")?).ok()?;
    let confidence = data["confidence"].as_f64().filter(|it| (0.0..=1.0).contains(it));
    Some(SaidTold {
        text: data["transcript"].as_str()?.trim().to_owned(),
        confidence,
        // Of what is not final Twilio says so.
        is_final: parameters.get("Final") != Some("false"),
        language: parameters.get("LanguageCode").unwrap_or_default().to_owned(),
    })
}

/// A code may stand before words.
fn first_number(text: &str) -> Option<u32> {
    text.split(|it: char| !it.is_ascii_digit()).find_map(|digits| digits.parse().ok())
}

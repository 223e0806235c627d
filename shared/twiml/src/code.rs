//! The codes of Twilio's "Error and Warning Dictionary" for what a document gets wrong.

use crate::problem::{Path, Problem};

/// "Schema validation warning".
const SCHEMA: u32 = 12_200;

pub(crate) fn of(path: &Path, problem: &Problem) -> u32 {
    let mut elements = path.elements.iter().rev().map(|step| step.name.as_str());
    let element = elements.next().unwrap_or_default();
    let parent = elements.next().unwrap_or_default();
    match problem {
        Problem::Element { .. } => match element {
            "Dial" => 13_215,
            "Gather" => 13_320,
            _ => SCHEMA,
        },
        Problem::Value(_) => match &path.attribute {
            Some(attribute) => value(parent, element, attribute),
            None => SCHEMA,
        },
        _ => SCHEMA,
    }
}

/// The code for an attribute's value, by the element and, where it matters, its parent.
fn value(parent: &str, element: &str, attribute: &str) -> u32 {
    match (parent, element, attribute) {
        (_, "Dial", "method") => 13_210,
        (_, "Dial", "timeout") => 13_212,
        (_, "Dial", "hangupOnStar") => 13_213,
        (_, "Dial", "timeLimit") => 13_216,
        (_, "Dial", "record") => 13_217,
        (_, "Dial", "sequential") => 13_218,
        (_, "Dial", "answerOnBridge") => 13_219,
        (_, "Dial", "ringTone") => 13_220,
        (_, "Number", "method") => 13_221,
        (_, "Number", "sendDigits") => 13_222,
        (_, "Conference", "muted") => 13_230,
        (_, "Conference", "endConferenceOnExit") => 13_231,
        (_, "Conference", "startConferenceOnEnter") => 13_232,
        (_, "Conference", "waitMethod") => 13_234,
        (_, "Conference", "beep") => 13_235,
        (_, "Conference", "trim") => 13_239,
        ("Dial", "Sip", "method") => 13_241,
        (_, "Gather", "finishOnKey") => 13_310,
        (_, "Gather", "method") => 13_312,
        (_, "Gather", "timeout") => 13_313,
        (_, "Gather", "numDigits") => 13_314,
        ("Gather", "Say", "loop") => 13_322,
        (_, "Gather", "input") => 13_326,
        (_, "Gather", "speechTimeout") => 13_327,
        (_, "Gather", "maxSpeechTime") => 13_328,
        (_, "Gather", "partialResultCallbackMethod") => 13_329,
        (_, "Gather", "bargeIn") => 13_332,
        (_, "Gather", "profanityFilter") => 13_333,
        (_, "Gather", "actionOnEmptyResult") => 13_338,
        (_, "Play", "loop") => 13_410,
        (_, "Play", "digits") => 13_430,
        (_, "Say", "loop") => 13_510,
        (_, "Record", "method") => 13_610,
        (_, "Record", "timeout") => 13_611,
        (_, "Record", "maxLength") => 13_612,
        (_, "Record", "finishOnKey") => 13_613,
        (_, "Record", "transcribe") => 13_614,
        (_, "Record", "playBeep") => 13_616,
        (_, "Record" | "Dial" | "Recording", "recordingStatusCallbackEvent") => 13_621,
        (_, "Dial", "recordingTrack") => 13_622,
        (_, "Record", "trim") => 13_699,
        (_, "Redirect", "method") => 13_710,
        _ => SCHEMA,
    }
}

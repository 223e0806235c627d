//! Why a command was not carried out, in a closed set of codes, each with a cure.

use serde::{Deserialize, Serialize};

use crate::ids::ActionId;

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[error("{}: {cause}", code.name())]
pub struct Problem {
    /// What kind it is of.
    pub code: Code,
    /// What is so, in a sentence.
    pub cause: String,
    /// The action that is in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocking_action: Option<ActionId>,
    /// Twilio's own error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_code: Option<u32>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal, $status:literal, $retryable:literal, $cure:literal;)+) => {
        /// What kind of problem it is. The names are a promise to programs: none is renamed or taken away.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$doc])* $code,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// As programs read it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// The HTTP status of an answer that says it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$code => $status),+ }
            }

            /// Whether the same command may succeed later.
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$code => $retryable),+ }
            }

            /// What to do about it.
            pub const fn cure(self) -> &'static str {
                match self { $(Self::$code => $cure),+ }
            }
        }
    };
}

codes! {
    /// The request can't be read, or asks for what makes no sense.
    InvalidRequest = "invalid_request", 400, false, "Mend what `cause` names, and send it with a new Idempotency-Key.";
    /// Nothing proves who asks.
    Unauthorized = "unauthorized", 401, false, "Send `Authorization: Bearer` and a key that `aftertone key list` has.";
    /// The key may not do that.
    Forbidden = "forbidden", 403, false, "Take another key, or have this one replaced: `aftertone key add`.";
    /// Nothing has this address.
    NotFound = "not_found", 404, false, "Check the path.";
    /// Nothing can be asked in this way.
    MethodNotAllowed = "method_not_allowed", 405, false, "Take one of the methods that `Allow` names.";
    /// The body is too long.
    TooLarge = "too_large", 413, false, "Send 64 KB at most.";
    /// The body is no JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, false, "Send JSON, with `Content-Type: application/json`.";
    /// Nothing would tell the request from the same once more.
    IdempotencyKeyMissing = "idempotency_key_missing", 400, false,
        "Send `Idempotency-Key`, another for each thing that is wanted and the same whenever it is tried again.";
    /// The Idempotency-Key is that of another request.
    IdempotencyKeyReused = "idempotency_key_reused", 422, false, "Send another Idempotency-Key with another request.";
    /// The key has used what it may.
    RateLimited = "rate_limited", 429, true, "Wait as long as `Retry-After` says.";
    /// Something behind the API does not answer. Nothing is known to have been done.
    Unavailable = "unavailable", 503, true, "Send the same again, with the same Idempotency-Key, after `Retry-After`.";
    /// There is no such call, or it is another key's.
    CallNotFound = "call_not_found", 404, false, "Look for the call with GET /v1/calls.";
    /// There is no such participant in the call.
    ParticipantNotFound = "participant_not_found", 404, false, "GET /v1/calls/{id} has the participants.";
    /// There is no such action of the call.
    ActionNotFound = "action_not_found", 404, false, "GET /v1/calls/{id}/actions has the actions.";
    /// There is no such recording of the call.
    RecordingNotFound = "recording_not_found", 404, false, "GET /v1/calls/{id}/recordings has the recordings.";
    /// The call is over, or ends.
    CallEnded = "call_ended", 409, false, "Create another call.";
    /// The participant is not in the call any more.
    ParticipantLeft = "participant_left", 409, false, "Add them again.";
    /// The participant has not picked up.
    NotConnected = "not_connected", 409, true, "Wait for participant.answered.";
    /// The participant talks to nobody: there is nothing to be muted in.
    NeedsSeat = "needs_seat", 409, true, "Add somebody, or wait for participant.moved to the seat.";
    /// The participant talks to others, who alone hear what they press.
    InASeat = "in_a_seat", 409, true, "Hold the participant first, or send it with `leave_seat`.";
    /// Another action does something to the same participant.
    ActionInTheWay = "action_in_the_way", 409, true, "Wait for the end of the blocking action, or cancel it.";
    /// Somebody has decided already what becomes of an incoming call.
    AlreadyDecided = "already_decided", 409, false, "GET /v1/calls/{id} says what was decided.";
    /// An incoming call can't be rejected any more.
    TooLateToReject = "too_late_to_reject", 409, false, "Answer it and end it, redirect it, or let its phone file go on.";
    /// It is not said who of several is to leave.
    NotAPair = "not_a_pair", 409, true, "Send it again with a new Idempotency-Key: somebody joined at that moment.";
    /// A leg is recorded once at a time.
    AlreadyRecorded = "already_recorded", 409, true, "Stop the recording of the blocking action first.";
    /// Nothing is recorded at the moment by that action.
    NotRecording = "not_recording", 409, true, "Wait for recording.started.";
    /// Nobody who was to be recorded agrees.
    ConsentRefused = "consent_refused", 409, false, "Go on without; `recording.consent` says who was asked what.";
    /// Nothing came where somebody was asked.
    NoInput = "no_input", 409, true, "Ask again.";
    /// What came is none of the choices.
    NoMatch = "no_match", 409, true, "Ask again; `participant.recognized` says what came.";
    /// Somebody else is in the call.
    NotAlone = "not_alone", 409, true, "Remove the others first.";
    /// The action has ended, or can't be called off any more.
    NotCancelable = "not_cancelable", 409, false, "End the call, or remove the participant.";
    /// It goes on already by another action.
    AlreadyRunning = "already_running", 409, true, "Stop the blocking action first.";
    /// Twilio has no way to do that.
    NotPossible = "not_possible", 409, false, "Take what `cause` names instead.";
    /// There may be no more participants.
    CallFull = "call_full", 409, true, "Remove somebody first.";
    /// It was busy.
    Busy = "busy", 409, true, "Try again later.";
    /// Nobody picked up.
    NoAnswer = "no_answer", 409, true, "Try again later, or let it ring longer.";
    /// A machine picked up, and a person was wanted.
    MachineAnswered = "machine_answered", 409, true, "Try again later, or leave a message with `wait_for_beep`.";
    /// The call could not be routed.
    Unreachable = "unreachable", 409, false, "Check the number.";
    /// Twilio refused it; its code is beside.
    ProviderRefused = "provider_refused", 422, false, "Look the provider's code up in Twilio's error dictionary.";
    /// Nothing proves that it was done, and nothing that it was not.
    NoEvidence = "no_evidence", 504, true, "Look at the call before trying again: it may have been done.";
}

impl Problem {
    /// One of a kind, and what is so.
    pub fn new(code: Code, cause: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), blocking_action: None, provider_code: None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_code_is_written_as_it_is_named() {
        let mut names = HashSet::new();
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
            assert!(names.insert(code.name()));
            assert!(code.cure().ends_with('.'), "{}", code.name());
            assert!((400..600).contains(&code.status()));
        }
    }
}

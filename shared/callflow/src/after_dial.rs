//! The forwarded leg has ended.

use twiml::voice::Response;

use crate::answers::{hang_up, take_message};
use crate::callbacks::Callbacks;
use crate::settings::CallSettings;

/// `DialCallStatus`. Source: Twilio's "TwiML: Dial" page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStatus {
    /// The called party answered, and that leg is over.
    Completed,
    /// Only where a conference is dialled.
    Answered,
    /// It rang for the whole time.
    NoAnswer,
    /// A busy signal, or the call was declined.
    Busy,
    /// It could not be routed.
    Failed,
    /// Ended over Twilio's API before it was answered, or because the caller hung up.
    Canceled,
    /// Something that Twilio did not send when this was written.
    Other,
}

/// What became of the forwarded leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialOutcome {
    /// Caller and owner talked.
    Conversation,
    /// The caller is still there, the owner was not reached.
    NotReached(NotReached),
    /// The caller hung up before anybody answered: a missed call.
    CallerGone,
}

/// Why the owner was not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReached {
    /// Nobody answered in time.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The call could not be routed.
    Failed,
    /// The leg was ended over the API.
    Canceled,
    /// Somebody picked up, but the caller was never put through.
    Declined,
}

/// Reads what became of the forwarded leg.
///
/// `bridged` is `DialBridged`: whether the two were put through to each other; `caller_is_there`
/// is whether the caller's own leg still goes on. Whatever is not surely a conversation, and not
/// surely over, ends at the beep.
pub fn dial_outcome(status: DialStatus, bridged: Option<bool>, caller_is_there: bool) -> DialOutcome {
    let why = match (status, bridged) {
        // Who was put through has talked, whatever the leg ended with.
        (_, Some(true)) | (DialStatus::Completed | DialStatus::Answered, None) => {
            return DialOutcome::Conversation;
        }
        _ if !caller_is_there => return DialOutcome::CallerGone,
        (DialStatus::Completed | DialStatus::Answered, Some(false)) => NotReached::Declined,
        (DialStatus::NoAnswer, _) => NotReached::NoAnswer,
        (DialStatus::Busy, _) => NotReached::Busy,
        (DialStatus::Failed | DialStatus::Other, _) => NotReached::Failed,
        (DialStatus::Canceled, _) => NotReached::Canceled,
    };
    DialOutcome::NotReached(why)
}

/// What the caller gets after the forwarded leg.
pub fn after_dial(settings: &CallSettings, outcome: DialOutcome, callbacks: &Callbacks) -> Response {
    match outcome {
        DialOutcome::NotReached(_) => take_message(&settings.speech, &settings.voicemail, callbacks),
        // Nobody is left to hear anything.
        DialOutcome::Conversation | DialOutcome::CallerGone => hang_up(),
    }
}

#[cfg(test)]
mod tests;

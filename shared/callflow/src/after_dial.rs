//! The forwarded leg has ended.

use domain::{DialOutcome, DialStatus, NotReached, TakeMessage, Treatment};

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

/// What the caller gets after the forwarded leg; `otherwise` is for one who reached nobody.
pub fn after_dial(outcome: DialOutcome, otherwise: TakeMessage) -> Treatment {
    match outcome {
        DialOutcome::NotReached(_) => Treatment::TakeMessage(otherwise),
        // Nobody is left to hear anything.
        DialOutcome::Conversation | DialOutcome::CallerGone => Treatment::HangUp,
    }
}

#[cfg(test)]
mod tests;

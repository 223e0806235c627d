//! No function of ours answers: what a number's fallback URL gives a caller.
//!
//! Twilio asks there with the form of the webhook that failed, whichever that was, and so the form
//! tells how far the call is. What decides must not be a function either: the [`RULES`] are written
//! into the template, for API Gateway to read, and [`without_functions`] reads them here.

/// What a caller gets from the fallback URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutFunctions {
    /// A greeting and a beep.
    TakeMessage,
    /// The message was recorded: thanks, and the end.
    Thanks,
    /// The conversation is over.
    HangUp,
}

/// What a form may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It has this field.
    Has(&'static str),
    /// This field has this value.
    Is(&'static str, &'static str),
    /// This field has not this value, or is not there.
    IsNot(&'static str, &'static str),
}

use Says::{Has, Is, IsNot};

/// Who gets something else than a greeting: the first of these of which one line is true as a whole.
///
/// Of a forwarded leg they say what [`dial_outcome`](crate::dial_outcome) does. A caller who is gone
/// hears nothing of the answer, whatever it is.
pub const RULES: [(WithoutFunctions, &[&[Says]]); 2] = [
    (
        WithoutFunctions::Thanks,
        &[&[Has("RecordingSid")], &[Has("RecordingUrl")], &[Has("RecordingDuration")]],
    ),
    (
        WithoutFunctions::HangUp,
        &[
            &[Is("DialBridged", "true")],
            &[Is("QueueResult", "bridged")],
            &[Is("QueueResult", "redirected-from-bridged")],
            &[Is("DialCallStatus", "completed"), IsNot("DialBridged", "false")],
            &[Is("DialCallStatus", "answered"), IsNot("DialBridged", "false")],
        ],
    ),
];

/// What the caller gets, by the form as it comes over the wire.
pub fn without_functions(form: &str) -> WithoutFunctions {
    // In a form, names and values have no `&` and no `=` of their own.
    let form = format!("&{form}&");
    let is_said = |says: &Says| match *says {
        Has(field) => form.contains(&format!("&{field}=")),
        Is(field, value) => form.contains(&format!("&{field}={value}&")),
        IsNot(field, value) => !form.contains(&format!("&{field}={value}&")),
    };
    let applies = |lines: &[&[Says]]| lines.iter().any(|line| line.iter().all(is_said));
    let rule = RULES.iter().find(|(_, lines)| applies(lines));
    rule.map_or(WithoutFunctions::TakeMessage, |(answer, _)| *answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial_outcome;
    use domain::{DialOutcome, DialStatus};

    #[test]
    fn a_caller_is_asked_for_a_message_unless_there_is_one() {
        for form in ["", "CallSid=CA1&CallStatus=ringing", "RecordingSide=1&xRecordingSid=RE1"] {
            assert_eq!(without_functions(form), WithoutFunctions::TakeMessage, "{form}");
        }
        for field in ["RecordingSid=RE1", "RecordingUrl=https%3A%2F%2Fx", "RecordingDuration=3"] {
            for form in [field.to_owned(), format!("CallSid=CA1&{field}&Digits=%23")] {
                assert_eq!(without_functions(&form), WithoutFunctions::Thanks, "{form}");
            }
        }
    }

    #[test]
    fn a_forwarded_leg_without_functions_ends_as_with_them() {
        let statuses = [
            (DialStatus::Completed, "completed"),
            (DialStatus::Answered, "answered"),
            (DialStatus::NoAnswer, "no-answer"),
            (DialStatus::Busy, "busy"),
            (DialStatus::Failed, "failed"),
            (DialStatus::Canceled, "canceled"),
            (DialStatus::Other, "something-new"),
        ];
        for (status, word) in statuses {
            for bridged in [None, Some(true), Some(false)] {
                let told = bridged.map_or_else(String::new, |bridged| format!("&DialBridged={bridged}"));
                let form = format!("CallStatus=in-progress&DialCallStatus={word}{told}&ErrorCode=11200");
                let expected = match dial_outcome(status, bridged, true) {
                    DialOutcome::Conversation => WithoutFunctions::HangUp,
                    DialOutcome::NotReached(_) | DialOutcome::CallerGone => WithoutFunctions::TakeMessage,
                };
                assert_eq!(without_functions(&form), expected, "{form}");
            }
        }
    }

    #[test]
    fn what_a_caller_is_called_decides_nothing() {
        let form = "CallerName=%26DialBridged%3Dtrue&ErrorUrl=https%3A%2F%2Fx%2F%3F%26RecordingSid%3DRE1";
        assert_eq!(without_functions(form), WithoutFunctions::TakeMessage);
    }
}

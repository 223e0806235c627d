//! The caller has spoken, or not.

use domain::{Prompt, Speech, Treatment};

use crate::spoken::spoken;

/// What `<Record>` ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// `RecordingDuration`.
    pub duration_seconds: u32,
    /// Whether the caller ended the message by hanging up: `Digits=hangup`.
    pub caller_hung_up: bool,
}

impl Message {
    /// Nothing was said. This is no voicemail.
    pub fn is_empty(self) -> bool {
        self.duration_seconds == 0
    }
}

/// What the caller gets after the recording.
pub fn after_record(speech: &Speech, message: Message) -> Treatment {
    let prompt = match message {
        Message { caller_hung_up: true, .. } => return Treatment::HangUp,
        message if message.is_empty() => Prompt::NothingHeard,
        _ => Prompt::Thanks,
    };
    Treatment::Say { words: spoken(prompt, speech) }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::answer;
    use crate::fixtures::{any_speech, callbacks, check, xml};
    use domain::Language;

    fn after(duration_seconds: u32, caller_hung_up: bool) -> String {
        let message = Message { duration_seconds, caller_hung_up };
        xml(&answer(&after_record(&Speech::in_language(Language::English), message), &callbacks()))
    }

    #[test]
    fn a_caller_who_left_a_message_is_thanked() {
        assert_snapshot!(after(1, false), @r#"
        <Response>
          <Say voice="Polly.Joanna-Neural" language="en-US">Thank you. Your message has been recorded. Goodbye.</Say>
          <Hangup/>
        </Response>
        "#);
    }

    #[test]
    fn a_caller_who_said_nothing_is_told_so() {
        assert_snapshot!(after(0, false), @r#"
        <Response>
          <Say voice="Polly.Joanna-Neural" language="en-US">We didn't hear a message. Goodbye.</Say>
          <Hangup/>
        </Response>
        "#);
    }

    #[test]
    fn for_a_caller_who_hung_up_there_is_nothing_left_to_say() {
        for duration_seconds in [0, 1, 180] {
            assert_eq!(after(duration_seconds, true), "<Response>\n  <Hangup/>\n</Response>\n");
        }
    }

    #[test]
    fn a_message_without_length_is_no_voicemail() {
        assert!(Message { duration_seconds: 0, caller_hung_up: true }.is_empty());
        assert!(!Message { duration_seconds: 1, caller_hung_up: true }.is_empty());
    }

    proptest! {
        #[test]
        fn whatever_the_owner_decided_the_answer_is_sound(
            speech in any_speech(),
            duration_seconds: u32,
            caller_hung_up: bool,
        ) {
            check(&answer(&after_record(&speech, Message { duration_seconds, caller_hung_up }), &callbacks()))?;
        }
    }
}

//! The caller has spoken, or not.

use twiml::voice::Response;

use crate::answers::{hang_up, speak};
use crate::prompts::Prompt;
use crate::settings::Speech;

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
pub fn after_record(speech: &Speech, message: Message) -> Response {
    let prompt = match message {
        Message { caller_hung_up: true, .. } => return hang_up(),
        message if message.is_empty() => Prompt::NothingHeard,
        _ => Prompt::Thanks,
    };
    speak(Response::new(), prompt, speech).hangup()
}

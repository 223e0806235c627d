//! What a caller gives: keys and speech to Gather, a message to Record.

use serde::{Deserialize, Serialize};

use super::{Pause, Play, Say};
use crate::element::element;
use crate::values::{
    FinishKey, FinishKeys, GatherInput, GatherTimeout, List, MaxLength, MaxSpeechTime, Method, NumDigits,
    RecordTimeout, RecordingEvent, SpeechTimeout, Text, Trim,
};

element! {
    /// Collects keys or speech, and speaks or plays the while (Twilio's page "TwiML Voice:
    /// Gather").
    Gather {
        /// What is listened to; keys if absent.
        input: List<GatherInput> = "@input",
        /// Where the input is sent and the call goes on; the current document's URL if absent.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
        /// How long the next key or the first word may take; 5 seconds if absent.
        timeout: GatherTimeout = "@timeout",
        /// The silence that ends speech.
        speech_timeout: SpeechTimeout = "@speechTimeout",
        /// How long the caller may speak.
        max_speech_time: MaxSpeechTime = "@maxSpeechTime",
        /// Whether swear words are masked in what was said; yes if absent.
        profanity_filter: bool = "@profanityFilter",
        /// The key that ends the input, or none; `#` if absent.
        finish_on_key: FinishKey = "@finishOnKey",
        /// How many keys end the input.
        num_digits: NumDigits = "@numDigits",
        /// Where speech is sent while it is being recognised.
        partial_result_callback: Text = "@partialResultCallback",
        /// How `partialResultCallback` is asked for.
        partial_result_callback_method: Method = "@partialResultCallbackMethod",
        /// The language of the speech, such as `en-US`.
        language: Text = "@language",
        /// Words that are likely, separated by commas.
        hints: Text = "@hints",
        /// Whether a key or speech stops what is being said; yes if absent.
        barge_in: bool = "@bargeIn",
        /// Whether Twilio keeps more for its debugger.
        debug: bool = "@debug",
        /// Whether `action` is asked for even without any input; no if absent.
        action_on_empty_result: bool = "@actionOnEmptyResult",
        /// The recogniser's model, such as `phone_call`.
        speech_model: Text = "@speechModel",
        /// Whether the model's better variant is used.
        enhanced: bool = "@enhanced",
    } with {
        /// What is said and played the while.
        prompts: Vec<SpeechVerb> = "$value",
    }
}

/// A verb that a caller hears, as it may stand within Gather and Prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpeechVerb {
    /// Speaks a text.
    Say(Say),
    /// Plays a sound file.
    Play(Play),
    /// Waits.
    Pause(Pause),
}

impl SpeechVerb {
    /// The Say, if it is one.
    pub fn as_say(&self) -> Option<&Say> {
        if let Self::Say(say) = self { Some(say) } else { None }
    }
}

/// Appending Say, Play and Pause to an element that holds them.
macro_rules! holds_speech_verbs {
    ($name:ident) => {
        impl $name {
            /// Then speaks a text.
            pub fn say(mut self, say: Say) -> Self {
                self.prompts.push(SpeechVerb::Say(say));
                self
            }

            /// Then plays a sound file.
            pub fn play(mut self, play: Play) -> Self {
                self.prompts.push(SpeechVerb::Play(play));
                self
            }

            /// Then waits.
            pub fn pause(mut self, pause: Pause) -> Self {
                self.prompts.push(SpeechVerb::Pause(pause));
                self
            }
        }
    };
}
pub(super) use holds_speech_verbs;

holds_speech_verbs!(Gather);

impl Gather {
    /// Collects keys with Twilio's defaults.
    pub fn new() -> Self {
        Self::default()
    }
}

element! {
    /// Records what the caller says (Twilio's page "TwiML Voice: Record").
    Record {
        /// Where the call goes on once the recording ended; the current document's URL if absent.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
        /// The silence that ends the recording; 5 seconds if absent, 0 for never.
        timeout: RecordTimeout = "@timeout",
        /// The keys that end the recording; any key if absent.
        finish_on_key: FinishKeys = "@finishOnKey",
        /// How long the recording may get; an hour if absent.
        max_length: MaxLength = "@maxLength",
        /// Whether a beep tells the caller to begin; yes if absent.
        play_beep: bool = "@playBeep",
        /// Whether silence at both ends is cut off; yes if absent.
        trim: Trim = "@trim",
        /// Where Twilio tells that the recording is there, or that there is none.
        recording_status_callback: Text = "@recordingStatusCallback",
        /// How `recordingStatusCallback` is asked for.
        recording_status_callback_method: Method = "@recordingStatusCallbackMethod",
        /// What `recordingStatusCallback` is told; `completed` if absent.
        recording_status_callback_event: List<RecordingEvent> = "@recordingStatusCallbackEvent",
        /// The recording configuration to use, by its identifier.
        recording_configuration_id: Text = "@recordingConfigurationId",
        /// Whether the recording is transcribed; no if absent.
        transcribe: bool = "@transcribe",
        /// Where the transcription is sent.
        transcribe_callback: Text = "@transcribeCallback",
    }
}

impl Record {
    /// Records with Twilio's defaults.
    pub fn new() -> Self {
        Self::default()
    }
}

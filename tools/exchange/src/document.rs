//! A TwiML document as the network acts on it: what is left out is filled in with Twilio's
//! defaults.

use std::time::Duration;

use crate::Address;
use crate::webhooks::Method;

/// What to do, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    pub(crate) verbs: Vec<Verb>,
}

#[derive(Clone, Debug)]
pub(crate) enum Verb {
    Prompt(Prompt),
    Gather(Gather),
    Dial(Dial),
    Record(Record),
    Redirect { url: String, method: Method },
    Reject { busy: bool },
    Hangup,
    NotSimulated(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) enum Prompt {
    Say {
        text: String,
        voice: Option<String>,
        language: Option<String>,
        /// 0 is for ever.
        repeat: u32,
    },
    Play {
        url: String,
        keys: Option<String>,
        /// 0 is for ever.
        repeat: u32,
    },
    /// A sound that is there already.
    Sound {
        url: String,
        length: Duration,
    },
    Pause(Duration),
}

#[derive(Clone, Debug)]
pub(crate) struct Gather {
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
    pub(crate) timeout: Duration,
    pub(crate) num_digits: Option<usize>,
    pub(crate) finish_on_key: Option<char>,
    pub(crate) action_on_empty_result: bool,
    pub(crate) takes_keys: bool,
    pub(crate) takes_speech: bool,
    pub(crate) prompts: Vec<Prompt>,
    /// What it asks for that is not simulated.
    pub(crate) not_simulated: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Dial {
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
    pub(crate) timeout: Duration,
    pub(crate) time_limit: Duration,
    pub(crate) caller_id: Option<Address>,
    pub(crate) answer_on_bridge: bool,
    pub(crate) hangup_on_star: bool,
    pub(crate) sequential: bool,
    pub(crate) targets: Vec<Target>,
    /// What it asks for that is not simulated.
    pub(crate) not_simulated: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: Address,
    /// Keys that are pressed as soon as somebody picks up.
    pub(crate) keys: Option<String>,
    pub(crate) whisper: Option<(String, Method)>,
    pub(crate) status: Option<LegCallback>,
}

#[derive(Clone, Debug)]
pub(crate) struct LegCallback {
    pub(crate) url: String,
    pub(crate) method: Method,
    pub(crate) events: Vec<LegEvent>,
}

/// What a leg's status callback can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegEvent {
    Initiated,
    Ringing,
    Answered,
    Completed,
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) action: Option<String>,
    pub(crate) method: Method,
    /// `None` waits for ever.
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_length: Duration,
    pub(crate) finish_on_key: String,
    pub(crate) play_beep: bool,
    pub(crate) trim: bool,
    pub(crate) status: Option<RecordingCallback>,
    pub(crate) transcribe: bool,
    pub(crate) transcribe_callback: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct RecordingCallback {
    pub(crate) url: String,
    pub(crate) method: Method,
    pub(crate) in_progress: bool,
    pub(crate) completed: bool,
    pub(crate) absent: bool,
}

impl Document {
    /// Whether a message is recorded after what it says.
    pub(crate) fn records(&self) -> bool {
        self.verbs.iter().any(|verb| matches!(verb, Verb::Record(_)))
    }
}

pub(crate) mod read;

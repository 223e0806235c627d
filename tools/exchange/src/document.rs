//! A TwiML document as the network acts on it: what is left out is filled in with Twilio's
//! defaults.

use std::time::Duration;

use crate::Address;
use crate::web;
use crate::webhooks::{Answer, Method, WebhookFailure};

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
    /// Reads an answer as Twilio would.
    pub(crate) fn from_answer(answer: &Answer) -> Result<Self, WebhookFailure> {
        if !(200..300).contains(&answer.status) {
            return Err(WebhookFailure::new(11200, format!("{} answered {}", answer.url, answer.status)));
        }
        let content_type = answer.content_type.as_deref().unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match &*media_type {
            "text/xml" | "application/xml" | "text/html" => Self::from_text(&answer.body),
            "text/plain" => {
                Ok(Self::from_text(&answer.body).unwrap_or_else(|_| Self::speaking(answer.body.trim())))
            }
            other if other.starts_with("audio/") => {
                let prompt = Prompt::Sound { url: answer.url.clone(), length: web::playing_time(answer)? };
                Ok(Self { verbs: vec![Verb::Prompt(prompt), Verb::Hangup] })
            }
            "" => Err(WebhookFailure::new(12300, "the answer has no content type")),
            other => Err(WebhookFailure::new(12300, format!("the content type {other} is no TwiML"))),
        }
    }

    fn from_text(text: &str) -> Result<Self, WebhookFailure> {
        read::document(text)
    }

    fn speaking(text: &str) -> Self {
        Self {
            verbs: vec![Verb::Prompt(Prompt::Say {
                text: text.into(),
                voice: None,
                language: None,
                repeat: 1,
            })],
        }
    }

    /// Whether a message is recorded after what it says.
    pub(crate) fn records(&self) -> bool {
        self.verbs.iter().any(|verb| matches!(verb, Verb::Record(_)))
    }
}

mod read;

//! TwiML for calls: the Response, its verbs and their nouns.

mod conference;
mod connect;
mod conversation_relay;
mod detached;
mod dial;
mod endpoint;
mod input;
mod pay;
mod queue;
mod routing;
mod speech;

use serde::{Deserialize, Serialize};

pub use conference::Conference;
pub use connect::{
    AiSession, Autopilot, Connect, ConnectNoun, Conversation, ConversationRelaySession, Room, VirtualAgent,
    VirtualAgentPart,
};
pub use conversation_relay::{Assistant, ConversationRelay, Language, RelayPart};
pub use detached::{
    Config, Recording, Siprec, Start, StartNoun, Stop, StopNoun, Stream, Transcription, TranscriptionPart,
};
pub use dial::{Dial, Noun, Nouns};
pub use endpoint::{
    Application, ApplicationSid, Client, Header, Headers, Identity, Number, Sim, Sip, SipUri, WhatsApp,
};
pub use input::{Gather, Record, SpeechVerb};
pub use pay::{Pay, PayPart, Prompt};
pub use queue::{Enqueue, Queue, Task};
pub use routing::{Echo, Hangup, Leave, Redirect, Refer, ReferSip, Reject, Sms};
pub use speech::{Pause, Play, Say};

use crate::document::{self, RootElement};
use crate::element::element;
use crate::error::{Excess, ReadError, WriteError};
use crate::values::Text;

/// A TwiML document for a call: what Twilio does, verb after verb.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The verbs in their order.
    #[serde(rename = "$value", default)]
    pub verbs: Vec<Verb>,
}

/// The Verb enum, and a method that appends each verb.
macro_rules! verbs {
    ($( $(#[$doc:meta])* $verb:ident $( $method:ident )?, )*) => {
        /// What Twilio does next in a call.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Verb {
            $( $(#[$doc])* $verb($verb), )*
        }

        impl Response {
            /// A document without verbs: Twilio hangs up.
            pub fn new() -> Self {
                Self::default()
            }

            /// Appends any verb.
            pub fn then(mut self, verb: impl Into<Verb>) -> Self {
                self.verbs.push(verb.into());
                self
            }

            $( $(
                #[doc = concat!("Appends a [`", stringify!($verb), "`].")]
                pub fn $method(self, verb: $verb) -> Self {
                    self.then(verb)
                }
            )? )*

            /// Ends the call.
            pub fn hangup(self) -> Self {
                self.then(Hangup::new())
            }

            /// Leaves the queue in which the caller waits.
            pub fn leave(self) -> Self {
                self.then(Leave::new())
            }

            /// Plays back to the caller what they say, for tests.
            pub fn echo(self) -> Self {
                self.then(Echo::new())
            }
        }

        $(
            impl From<$verb> for Verb {
                fn from(verb: $verb) -> Self {
                    Self::$verb(verb)
                }
            }
        )*
    };
}

verbs! {
    /// Speaks a text.
    Say say,
    /// Plays a sound file.
    Play play,
    /// Waits.
    Pause pause,
    /// Calls someone else.
    Dial dial,
    /// Records what the caller says.
    Record record,
    /// Collects keys or speech.
    Gather gather,
    /// Goes on with another document.
    Redirect redirect,
    /// Declines the call.
    Reject reject,
    /// Ends the call.
    Hangup,
    /// Puts the caller into a queue.
    Enqueue enqueue,
    /// Leaves the queue in which the caller waits.
    Leave,
    /// Connects with who waits first in a queue.
    Queue queue,
    /// Hands the call to something else.
    Connect connect,
    /// Begins something beside the call.
    Start start,
    /// Ends something beside the call.
    Stop stop,
    /// Takes a payment.
    Pay pay,
    /// Speaks one's own words for a step of a payment.
    Prompt prompt,
    /// Hands a SIP call over.
    Refer refer,
    /// Sends a text message. Deprecated by Twilio.
    Sms sms,
    /// Plays back to the caller what they say.
    Echo,
}

impl RootElement for Response {
    fn excess(&self) -> Option<Excess> {
        let mut says = Vec::new();
        for verb in &self.verbs {
            match verb {
                Verb::Say(say) => says.push(say),
                Verb::Gather(gather) => says.extend(says_of(&gather.prompts)),
                Verb::Prompt(prompt) => says.extend(says_of(&prompt.prompts)),
                Verb::Pay(pay) => says.extend(
                    pay.parts
                        .iter()
                        .flat_map(|part| match part {
                            PayPart::Prompt(prompt) => prompt.prompts.as_slice(),
                            PayPart::Parameter(_) => &[],
                        })
                        .filter_map(SpeechVerb::as_say),
                ),
                _ => {}
            }
        }
        says.into_iter().find_map(Say::excess)
    }
}

fn says_of(prompts: &[SpeechVerb]) -> impl Iterator<Item = &Say> {
    prompts.iter().filter_map(SpeechVerb::as_say)
}

impl Response {
    /// What of it is said or played, in its order: what may stand in a [`Gather`].
    pub fn into_speech(self) -> Vec<SpeechVerb> {
        let speech = |verb| match verb {
            Verb::Say(say) => Some(SpeechVerb::Say(say)),
            Verb::Play(play) => Some(SpeechVerb::Play(play)),
            Verb::Pause(pause) => Some(SpeechVerb::Pause(pause)),
            _ => None,
        };
        self.verbs.into_iter().filter_map(speech).collect()
    }

    /// Writes the document, without line breaks, as Twilio takes it.
    ///
    /// Fails if it is larger than [`crate::MAX_BYTES`], if a Say speaks more than
    /// [`Say::MAX_CHARACTERS`] characters or if speech marks stand deeper than
    /// [`crate::MAX_DEPTH`].
    pub fn to_xml(&self) -> Result<String, WriteError> {
        document::write(self)
    }

    /// Writes the document with line breaks and indents, for people to read. Twilio takes it,
    /// too; what is spoken stays as it is.
    pub fn to_xml_pretty(&self) -> Result<String, WriteError> {
        document::write_pretty(self)
    }

    /// Reads a document, and takes nothing but what Twilio documents.
    pub fn from_xml(xml: &str) -> Result<Self, ReadError> {
        document::read(xml)
    }
}

element! {
    /// Something that another side is told: a name and its value.
    Parameter {
        /// The name.
        name: Text = "@name",
        /// The value.
        value: Text = "@value",
    }
}

impl Parameter {
    /// Tells that `name` is `value`.
    pub fn new(name: impl Into<Text>, value: impl Into<Text>) -> Self {
        Self::default().name(name).value(value)
    }
}

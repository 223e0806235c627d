//! TwiML for messages: the answer to a text message.
//!
//! ```
//! use twiml::messaging::{Message, Response};
//!
//! let xml = Response::new().message(Message::new("We call you back.")).to_xml()?;
//! assert!(xml.ends_with("<Response><Message>We call you back.</Message></Response>"));
//! # Ok::<(), twiml::WriteError>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::document::{self, RootElement};
use crate::element::element;
use crate::error::{Excess, ReadError, WriteError};
use crate::values::{Method, Text, Trimmed};

/// A TwiML document for a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The verbs in their order.
    #[serde(rename = "$value", default)]
    pub verbs: Vec<Verb>,
}

/// What Twilio does upon a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// Answers with a message.
    Message(Message),
    /// Goes on with another document.
    Redirect(Redirect),
}

impl Response {
    /// A document without verbs: no answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers with a message.
    pub fn message(mut self, message: Message) -> Self {
        self.verbs.push(Verb::Message(message));
        self
    }

    /// Goes on with another document.
    pub fn redirect(mut self, redirect: Redirect) -> Self {
        self.verbs.push(Verb::Redirect(redirect));
        self
    }

    /// Writes the document, without line breaks, as Twilio takes it. Fails if it is larger than
    /// [`crate::MAX_BYTES`].
    pub fn to_xml(&self) -> Result<String, WriteError> {
        document::write(self)
    }

    /// Writes the document with line breaks and indents, for people to read.
    pub fn to_xml_pretty(&self) -> Result<String, WriteError> {
        document::write_pretty(self)
    }

    /// Reads a document, and takes nothing but what Twilio documents.
    pub fn from_xml(xml: &str) -> Result<Self, ReadError> {
        document::read(xml)
    }
}

impl RootElement for Response {
    fn excess(&self) -> Option<Excess> {
        None
    }
}

element! {
    /// A message (Twilio's page "TwiML Messaging: Message").
    Message {
        /// To whom; who wrote if absent.
        to: Text = "@to",
        /// From whom; whom they wrote to if absent.
        from: Text = "@from",
        /// Where Twilio tells whether the message went out, and asks how to go on.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
        /// Where Twilio tells of each step.
        status_callback: Text = "@statusCallback",
    } with {
        /// The text, if it stands straight in the element.
        text: Trimmed = "$text",
        /// The text, if it stands in an element of its own.
        body: Option<Body> = "Body",
        /// Pictures and other media.
        media: Vec<Media> = "Media",
    }
}

impl Message {
    /// A message of text.
    pub fn new(text: impl Into<Trimmed>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The text in an element of its own, as it must be beside media. White space at its ends
    /// stays.
    pub fn body(mut self, text: impl Into<Text>) -> Self {
        self.body = Some(Body { text: text.into() });
        self
    }

    /// Adds a picture or another medium by its URL; the text moves into an element of its own.
    pub fn media(mut self, url: impl Into<Trimmed>) -> Self {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self = self.body(text.as_str());
        }
        self.media.push(Media { url: url.into() });
        self
    }
}

element! {
    /// The text of a message.
    Body {} with {
        /// The text.
        text: Text = "$text",
    }
}

element! {
    /// A picture or another medium.
    Media {} with {
        /// Where it is.
        url: Trimmed = "$text",
    }
}

element! {
    /// Goes on with another document.
    Redirect {
        /// How the document is asked for.
        method: Method = "@method",
    } with {
        /// The other document's URL.
        url: Trimmed = "$text",
    }
}

impl Redirect {
    /// Goes on with the document at a URL.
    pub fn new(url: impl Into<Trimmed>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
}

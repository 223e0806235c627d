//! TwiML as Rust types: what Twilio is told to do with a call or a message.
//!
//! All of TwiML for [`voice`] and [`messaging`] is here, with the speech marks of [`ssml`]. The
//! same types are written and read, through serde and quick-xml.
//!
//! ```
//! use twiml::values::{CallEvent, DialTimeout, MaxLength, Method};
//! use twiml::voice::{Dial, Number, Record, Response, Say, Verb};
//!
//! let response = Response::new()
//!     .say(Say::new("One moment, please.").voice("Polly.Joanna-Neural").language("en-US"))
//!     .dial(
//!         Dial::new()
//!             .timeout(DialTimeout::seconds(20)?)
//!             .action("/voice/outcome")
//!             .method(Method::Post)
//!             .answer_on_bridge(true)
//!             .number(
//!                 Number::new("+15550100")
//!                     .status_callback("/status")
//!                     .status_callback_event([CallEvent::Answered, CallEvent::Completed]),
//!             ),
//!     )
//!     .record(Record::new().max_length(MaxLength::seconds(120)?).finish_on_key("#"))
//!     .hangup();
//!
//! let xml = response.to_xml()?;
//! assert!(xml.starts_with(r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say "#));
//! assert_eq!(Response::from_xml(&xml)?, response);
//!
//! // Reading goes through the public fields.
//! for verb in &response.verbs {
//!     if let Verb::Dial(dial) = verb {
//!         assert_eq!(dial.timeout.map(DialTimeout::get), Some(20));
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds of every value
//!
//! * It is written as a document that Twilio accepts: well-formed whatever the texts hold, with
//!   no attribute that Twilio does not know, and no number outside its documented range.
//! * What is written is read back equal.
//!
//! Three things see to it. Values that are limited have a type of their own in [`values`] that
//! can't be built otherwise. Texts are cleaned when they are built: a
//! [`Text`](values::Text) drops the characters that XML can't hold, a
//! [`Trimmed`](values::Trimmed) also the white space around a number or an address. And what
//! only a whole document shows (its size, the length of a
//! [`Say`](voice::Say::MAX_CHARACTERS), the depth of speech marks) is checked when it is written
//! and read.
//!
//! # Reading
//!
//! `from_xml` takes what Twilio documents and nothing else. A [`ReadError`] names what is wrong
//! and where, and [`ReadError::code`] is the code that Twilio's debugger would show. Unlike the
//! debugger, which only warns of many of these, reading always fails.
//!
//! # Layout
//!
//! | module | what is in it |
//! |---|---|
//! | [`voice`] | the Response for calls, its verbs and nouns |
//! | [`messaging`] | the Response for messages |
//! | [`ssml`] | speech marks within a Say |
//! | [`values`] | texts, numbers, words and lists for attributes |
//! | `element` | how an element becomes a struct |
//! | `document` | writing and reading a whole document |
//! | `well_formed` | the strict look at a document before it is read |
//! | `pretty` | line breaks for people |
//! | `error`, `code` | what can be wrong, and Twilio's code for it |
//!
//! Fax is left out: Twilio ended it.

mod code;
mod document;
mod element;
mod error;
pub mod messaging;
mod place;
mod pretty;
mod problem;
pub mod ssml;
pub mod values;
pub mod voice;
mod well_formed;

pub use error::{Excess, Position, ReadError, WriteError};
pub use problem::{Path, Problem, Step};

/// The largest document that Twilio takes, in bytes (64 kB; Twilio's error 11750).
pub const MAX_BYTES: usize = 65_536;

/// How deep speech marks may stand within each other. Twilio documents no limit; this one keeps
/// writing and reading from exhausting the stack.
pub const MAX_DEPTH: usize = 32;

/// How many characters one Say speaks at most. Source: Twilio's "TwiML: Say" page.
const MAX_SAY_CHARACTERS: usize = 4_096;

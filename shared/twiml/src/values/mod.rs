//! The values that stand in attributes and between tags: texts, whole numbers with their
//! documented ranges, fixed words, key presses and lists.
//!
//! Each is checked or cleaned once, where it is built, so a value that exists is one that
//! Twilio accepts.

pub(crate) mod form;
mod keys;
mod list;
mod number;
mod text;
mod word;

pub use form::ValueError;
pub use keys::{FinishKey, FinishKeys, PlayDigits, SendDigits};
pub use list::List;
pub use number::*;
pub use text::{CallReason, ClientIdentity, ParticipantLabel, QueueName, Text, Trimmed};
pub(crate) use text::{XML_SPACE, is_xml_char};
pub use word::*;

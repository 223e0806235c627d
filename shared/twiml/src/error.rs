//! What can be wrong with a document.

use crate::code;
use crate::problem::{Path, Problem};
use crate::{MAX_BYTES, MAX_DEPTH};
use std::fmt;

/// Why a document can't be written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Larger than Twilio takes.
    #[error("a TwiML document has at most {MAX_BYTES} bytes, not {bytes}")]
    TooLarge {
        /// The document's size.
        bytes: usize,
    },
    /// More within one element than Twilio takes.
    #[error(transparent)]
    Excess(#[from] Excess),
    /// The serializer gave up; nothing that can be built with this crate makes it.
    #[error("the document could not be serialized")]
    Serialize(#[from] quick_xml::se::SeError),
}

/// More within one element than Twilio takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Excess {
    /// Too much text in one Say.
    #[error("a Say speaks at most {} characters, not {characters}", crate::MAX_SAY_CHARACTERS)]
    Say {
        /// How many characters it is to speak.
        characters: usize,
    },
    /// Speech marks within each other too deep.
    #[error("speech marks stand at most {MAX_DEPTH} deep within each other")]
    Depth,
}

/// Why a document can't be read, or rather: why Twilio would complain of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Nothing there.
    #[error("the document is empty")]
    Empty,
    /// Larger than Twilio takes.
    #[error("a TwiML document has at most {MAX_BYTES} bytes, not {bytes}")]
    TooLarge {
        /// The document's size.
        bytes: usize,
    },
    /// Not well-formed XML.
    #[error("not XML, {place}: {reason}")]
    NotXml {
        /// What is wrong.
        reason: String,
        /// Where.
        place: Position,
    },
    /// Not XML 1.0.
    #[error("the XML version is 1.0, not {version:?}")]
    Version {
        /// The version it says it is.
        version: String,
    },
    /// The outermost element is another one.
    #[error("the root element is Response, not {found:?}")]
    Root {
        /// The outermost element.
        found: String,
    },
    /// XML, but not TwiML.
    #[error("{path}: {problem}")]
    Schema {
        /// Where.
        path: Path,
        /// What is wrong.
        problem: Problem,
    },
    /// More within one element than Twilio takes.
    #[error(transparent)]
    Excess(#[from] Excess),
}

impl ReadError {
    /// The code under which Twilio's debugger shows this (its page "Error and Warning
    /// Dictionary").
    ///
    /// Where the dictionary has none of its own for an attribute it is 12200, the schema
    /// warning.
    pub fn code(&self) -> u32 {
        match self {
            Self::Empty => 11_770,
            Self::TooLarge { .. } => 11_750,
            Self::NotXml { .. } => 12_100,
            Self::Version { .. } => 12_101,
            Self::Root { .. } => 12_102,
            Self::Schema { path, problem } => code::of(path, problem),
            Self::Excess(Excess::Say { .. }) => 13_521,
            Self::Excess(Excess::Depth) => 12_200,
        }
    }
}

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
}

impl Position {
    /// Where in `document` the byte at `offset` is.
    pub(crate) fn of(document: &str, offset: usize) -> Self {
        let mut end = offset.min(document.len());
        while !document.is_char_boundary(end) {
            end -= 1;
        }
        let (before, _) = document.split_at(end);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

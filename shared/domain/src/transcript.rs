//! The words of a voicemail, and the way to them.

use jiff::Timestamp;

use crate::transcription::{Engine, LanguageCode};

/// What an engine made of the sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Whose work it is.
    pub engine: Engine,
    /// What came of it.
    pub result: Result<TranscriptText, TranscriptionFailure>,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptText {
    /// The words; may be empty.
    pub words: String,
    /// The language, where the engine says so.
    pub language: Option<LanguageCode>,
    /// How sure the engine is, 0 to 100, where it says so.
    pub confidence_percent: Option<u8>,
}

/// Why an engine heard nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TranscriptionFailure {
    /// It failed.
    Failed,
    /// It does not know the language.
    UnsupportedLanguage,
    /// It had no time for a whole day.
    NoTime,
    /// It refuses to be asked at all: it is not permitted, say.
    Refused,
}

/// What Amazon was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscriptionJob {
    /// It did not begin, for it was busy or away.
    Refused {
        /// How often, from 1.
        attempts: u32,
        /// In words for the operator.
        last_error: String,
        /// Not before then again.
        next_attempt_at: Timestamp,
    },
    /// It has begun.
    Started {
        /// When.
        at: Timestamp,
        /// Whether Amazon has just said that it is still at it. That is never on the row.
        is_running: bool,
    },
}

impl Transcript {
    /// Words of which no more is known.
    pub fn words(engine: Engine, words: impl Into<String>) -> Self {
        let heard = TranscriptText { words: words.into(), language: None, confidence_percent: None };
        Self { engine, result: Ok(heard) }
    }

    /// The engine failed.
    pub fn failed(engine: Engine) -> Self {
        Self { engine, result: Err(TranscriptionFailure::Failed) }
    }
}

/// What is known of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TranscriptStatus<'a> {
    /// These.
    Known(&'a str),
    /// They may still come.
    Awaited,
    /// There will be none.
    None(NoTranscript),
}

/// Why there are no words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTranscript {
    /// The owner wants none, or no engine understands the language.
    Off,
    /// The message is too short for the engine.
    TooShort,
    /// The message is too long for the engine.
    TooLong,
    /// The engine failed.
    Failed,
    /// No engine understands the language.
    UnsupportedLanguage,
    /// The engine heard no word in it.
    NothingRecognised,
}

//! What a caller hears: Say, Play, Pause.

use crate::element::element;
use crate::error::Excess;
use crate::ssml::{Mixed, Speech};
use crate::values::{LoopCount, PauseLength, PlayDigits, Text, Trimmed};
use crate::{MAX_DEPTH, MAX_SAY_CHARACTERS};

element! {
    /// Speaks a text.
    ///
    /// A document with more than [`Say::MAX_CHARACTERS`] in one Say is neither written nor read.
    Say {
        /// The voice, such as `Polly.Joanna-Neural` or `Google.en-US-Neural2-C`; the account's
        /// default if absent.
        voice: Text = "@voice",
        /// How often it is said; 0 goes on for as long as the call.
        loop_count: LoopCount = "@loop",
        /// The language, such as `en-US`.
        language: Text = "@language",
    } with {
        /// The words, and the marks between them.
        content: Mixed<Speech> = "$value",
    }
}

impl Say {
    /// The most characters that one Say may speak (Twilio's page "TwiML Voice: Say").
    pub const MAX_CHARACTERS: usize = MAX_SAY_CHARACTERS;

    /// Speaks these words.
    pub fn new(text: impl Into<Text>) -> Self {
        Self { content: Mixed::from(text.into()), ..Self::default() }
    }

    /// Puts words or a speech mark at the end.
    pub fn then(mut self, piece: impl Into<Speech>) -> Self {
        self.content.push(piece);
        self
    }

    /// The words alone, without marks.
    pub fn text(&self) -> String {
        self.content.to_string()
    }

    /// What of it is more than a document may hold.
    pub(crate) fn excess(&self) -> Option<Excess> {
        // The depth first: counting the words goes as deep as the marks do.
        let depth = self.content.depth();
        if depth > MAX_DEPTH {
            return Some(Excess::Depth);
        }
        let characters = self.text().chars().count();
        (characters > Self::MAX_CHARACTERS).then_some(Excess::Say { characters })
    }
}

element! {
    /// Plays a sound file, or presses keys.
    Play {
        /// How often it is played; 0 goes on for as long as the call.
        loop_count: LoopCount = "@loop",
        /// Keys to press, instead of or before the sound.
        digits: PlayDigits = "@digits",
    } with {
        /// Where the sound file is; empty if keys are pressed only.
        url: Trimmed = "$text",
    }
}

impl Play {
    /// Plays the sound file at a URL.
    pub fn new(url: impl Into<Trimmed>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Presses keys.
    pub fn keys(digits: impl Into<PlayDigits>) -> Self {
        Self::default().digits(digits)
    }
}

element! {
    /// Waits in silence. As the first verb it also delays the answer to the call.
    Pause {
        /// How long; 1 second if absent.
        length: PauseLength = "@length",
    }
}

impl Pause {
    /// Waits for 1 second.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits this long.
    pub fn of(length: PauseLength) -> Self {
        Self::default().length(length)
    }
}

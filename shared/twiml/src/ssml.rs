//! Speech marks (SSML) within a Say: pauses, stress, pronunciation.
//!
//! What may stand in what is Twilio's own set (its page "Text-to-Speech: SSML"): a sentence
//! holds no paragraph, a word no sentence. Each place has its own enum, so a document that
//! Twilio would warn of can't be built.
//!
//! ```
//! use twiml::ssml::{Break, Emphasis, SayAs};
//! use twiml::values::{BreakStrength, EmphasisLevel, InterpretAs};
//! use twiml::voice::{Response, Say};
//!
//! let say = Say::new("Your code is ")
//!     .then(SayAs::new("1234").interpret_as(InterpretAs::Digits))
//!     .then(Break::new().strength(BreakStrength::Strong))
//!     .then("Keep it ")
//!     .then(Emphasis::new("secret").level(EmphasisLevel::Strong))
//!     .then(".");
//! # assert_eq!(say.content.to_string(), "Your code is 1234Keep it secret.");
//! # Response::new().say(say).to_xml()?;
//! # Ok::<(), twiml::WriteError>(())
//! ```

use std::fmt;
use std::ops::Deref;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize};

use crate::element::{Content, element};
use crate::values::{BreakStrength, DateFormat, EmphasisLevel, InterpretAs, PhonemeAlphabet, Text};

/// Text with marks in it.
///
/// Neighbouring texts are one text and empty ones are left out, so that what is written is read
/// back equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mixed<N>(Vec<N>);

impl<N> Default for Mixed<N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<N> Deref for Mixed<N> {
    type Target = [N];

    fn deref(&self) -> &[N] {
        &self.0
    }
}

impl<N: Piece> Mixed<N> {
    /// Puts a text or a mark at the end.
    pub fn push(&mut self, piece: impl Into<N>) {
        let piece = piece.into();
        if let Some(text) = piece.as_text() {
            if text.is_empty() {
                return;
            }
            if let Some(last) = self.0.last_mut().and_then(N::as_text_mut) {
                last.append(text);
                return;
            }
        }
        self.0.push(piece);
    }

    /// How many marks stand within each other at the deepest place.
    pub(crate) fn depth(&self) -> usize {
        self.0.iter().map(N::depth).max().unwrap_or(0)
    }
}

impl<N: Piece> FromIterator<N> for Mixed<N> {
    fn from_iter<I: IntoIterator<Item = N>>(pieces: I) -> Self {
        let mut mixed = Self::default();
        for piece in pieces {
            mixed.push(piece);
        }
        mixed
    }
}

impl<N: Piece> From<Text> for Mixed<N> {
    fn from(text: Text) -> Self {
        let mut mixed = Self::default();
        mixed.push(text);
        mixed
    }
}

/// The words alone, without marks.
impl<N: Piece> fmt::Display for Mixed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| piece.words(f))
    }
}

impl<N: Serialize> Content for Mixed<N> {
    fn write<S: SerializeStruct>(&self, key: &'static str, element: &mut S) -> Result<(), S::Error> {
        self.0.write(key, element)
    }
}

impl<'de, N: Piece + Deserialize<'de>> Deserialize<'de> for Mixed<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<N>::deserialize(deserializer).map(Self::from_iter)
    }
}

/// A text or a mark at a place where both may stand. Implemented by this module's enums only.
pub trait Piece: From<Text> + sealed::Sealed {
    /// The text, if it is one.
    fn as_text(&self) -> Option<&Text>;
    /// The text to be changed, if it is one.
    #[doc(hidden)]
    fn as_text_mut(&mut self) -> Option<&mut Text>;
    /// How deep marks stand in it: 0 for a text.
    #[doc(hidden)]
    fn depth(&self) -> usize;
    /// Writes the words alone.
    #[doc(hidden)]
    fn words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

mod sealed {
    pub trait Sealed {}
}

/// Defines what may stand at a place: text, and the listed marks.
macro_rules! pieces {
    ($( $(#[$doc:meta])* $name:ident { $( $mark:ident = $tag:literal, )* } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            /// Words to be spoken.
            #[serde(rename = "$text")]
            Text(Text),
            $(
                #[doc = concat!("The mark `", $tag, "`.")]
                #[serde(rename = $tag)]
                $mark($mark),
            )*
        }

        impl sealed::Sealed for $name {}

        impl Piece for $name {
            fn as_text(&self) -> Option<&Text> {
                if let Self::Text(text) = self { Some(text) } else { None }
            }

            fn as_text_mut(&mut self) -> Option<&mut Text> {
                if let Self::Text(text) = self { Some(text) } else { None }
            }

            fn depth(&self) -> usize {
                match self {
                    Self::Text(_) => 0,
                    $( Self::$mark(mark) => 1 + mark.inner_depth(), )*
                }
            }

            fn words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Text(text) => f.write_str(text),
                    $( Self::$mark(mark) => mark.words(f), )*
                }
            }
        }

        impl From<Text> for $name {
            fn from(text: Text) -> Self {
                Self::Text(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::Text(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::Text(text.into())
            }
        }

        $(
            impl From<$mark> for $name {
                fn from(mark: $mark) -> Self {
                    Self::$mark(mark)
                }
            }
        )*
    )* };
}

pieces! {
    /// What may stand in a Say, in `lang` and in `prosody`.
    Speech {
        Break = "break", Emphasis = "emphasis", Lang = "lang", Paragraph = "p",
        Phoneme = "phoneme", Prosody = "prosody", Sentence = "s", SayAs = "say-as",
        Substitute = "sub", Word = "w",
    }
    /// What may stand in a paragraph.
    InParagraph {
        Break = "break", Emphasis = "emphasis", Lang = "lang", Phoneme = "phoneme",
        Prosody = "prosody", Sentence = "s", SayAs = "say-as", Substitute = "sub", Word = "w",
    }
    /// What may stand in a sentence and in `emphasis`.
    InSentence {
        Break = "break", Emphasis = "emphasis", Lang = "lang", Phoneme = "phoneme",
        Prosody = "prosody", SayAs = "say-as", Substitute = "sub", Word = "w",
    }
    /// What may stand in a word.
    InWord {
        Break = "break", Emphasis = "emphasis", Phoneme = "phoneme", Prosody = "prosody",
        SayAs = "say-as", Substitute = "sub",
    }
}

/// What a text asks of the marks in it.
trait Mark {
    /// How many marks stand within each other in it at the deepest place.
    fn inner_depth(&self) -> usize {
        0
    }

    /// Writes the words alone.
    fn words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// Constructor and building for a mark that holds text and other marks.
macro_rules! holds_marks {
    ($( $mark:ident: $piece:ident, )*) => { $(
        impl $mark {
            /// The mark around a text.
            pub fn new(text: impl Into<Text>) -> Self {
                Self { content: Mixed::from(text.into()), ..Self::default() }
            }

            /// Puts a text or a mark at the end.
            pub fn then(mut self, piece: impl Into<$piece>) -> Self {
                self.content.push(piece);
                self
            }

        }

        impl Mark for $mark {
            fn inner_depth(&self) -> usize {
                self.content.depth()
            }

            fn words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.content, f)
            }
        }
    )* };
}

holds_marks! {
    Emphasis: InSentence,
    Lang: Speech,
    Paragraph: InParagraph,
    Prosody: Speech,
    Sentence: InSentence,
    Word: InWord,
}

/// Constructor for a mark that holds text alone.
macro_rules! holds_text {
    ($( $mark:ident, )*) => { $(
        impl $mark {
            /// The mark around a text.
            pub fn new(text: impl Into<Text>) -> Self {
                Self { text: text.into(), ..Self::default() }
            }

        }

        impl Mark for $mark {
            fn words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }
    )* };
}

holds_text! { Phoneme, SayAs, Substitute, }

element! {
    /// `break`: a pause.
    Break {
        /// How strong the pause is.
        strength: BreakStrength = "@strength",
        /// How long the pause is, with its unit: `500ms`, `2s`.
        time: Text = "@time",
    }
}

impl Break {
    /// A pause of medium strength.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Mark for Break {
    fn words(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

element! {
    /// `emphasis`: words under stress.
    Emphasis {
        /// How strong the stress is.
        level: EmphasisLevel = "@level",
    } with {
        /// The words.
        content: Mixed<InSentence> = "$value",
    }
}

element! {
    /// `lang`: words in another language.
    Lang {
        /// The language, such as `fr-FR`.
        language: Text = "@xml:lang",
    } with {
        /// The words.
        content: Mixed<Speech> = "$value",
    }
}

element! {
    /// `p`: a paragraph.
    Paragraph {} with {
        /// The words.
        content: Mixed<InParagraph> = "$value",
    }
}

element! {
    /// `phoneme`: words with their pronunciation.
    Phoneme {
        /// The alphabet of the pronunciation.
        alphabet: PhonemeAlphabet = "@alphabet",
        /// The pronunciation.
        ph: Text = "@ph",
    } with {
        /// The words.
        text: Text = "$text",
    }
}

element! {
    /// `prosody`: words louder or softer, faster or slower, higher or lower.
    Prosody {
        /// The loudness: `silent`, `x-soft` … `x-loud`, or a change such as `+6dB`.
        volume: Text = "@volume",
        /// The speed: `x-slow` … `x-fast`, or a share such as `85%`.
        rate: Text = "@rate",
        /// The pitch: `x-low` … `x-high`, or a change such as `+10%`.
        pitch: Text = "@pitch",
    } with {
        /// The words.
        content: Mixed<Speech> = "$value",
    }
}

element! {
    /// `s`: a sentence.
    Sentence {} with {
        /// The words.
        content: Mixed<InSentence> = "$value",
    }
}

element! {
    /// `say-as`: what a piece of text is, so that it is read out rightly.
    SayAs {
        /// What the text is.
        interpret_as: InterpretAs = "@interpret-as",
        /// The order of a date's parts.
        format: DateFormat = "@format",
    } with {
        /// The words.
        text: Text = "$text",
    }
}

element! {
    /// `sub`: words that are spoken as other words.
    Substitute {
        /// What is spoken instead.
        alias: Text = "@alias",
    } with {
        /// The words as written.
        text: Text = "$text",
    }
}

element! {
    /// `w`: a word in its role, for words that are spelled alike and spoken differently.
    Word {
        /// The role: `amazon:VB` for a verb, `amazon:VBD` for a past tense, and so on.
        role: Text = "@role",
    } with {
        /// The word.
        content: Mixed<InWord> = "$value",
    }
}

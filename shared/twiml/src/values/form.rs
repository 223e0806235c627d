//! Values by their text forms, and what they can't be.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Visitor};

/// Why a value can't stand where it was to stand. The text says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// A number outside its range.
    #[error("{what} is {}, not {given}", range(min, (*max < u32::MAX).then_some(max), unit))]
    Range {
        /// What the number stands for.
        what: &'static str,
        /// The unit it is counted in.
        unit: &'static str,
        /// The smallest that is allowed.
        min: u32,
        /// The greatest that is allowed.
        max: u32,
        /// What was given.
        given: u32,
    },
    /// Not a whole number, or one too great to count.
    #[error("{what} is a whole number of {unit}, not {given:?}")]
    Number {
        /// What the number stands for.
        what: &'static str,
        /// The unit it is counted in.
        unit: &'static str,
        /// What was given.
        given: String,
    },
    /// A word that is none of the allowed ones.
    #[error("{what} is one of {allowed:?}, not {given:?}")]
    Word {
        /// What the word stands for.
        what: &'static str,
        /// All words that are allowed.
        allowed: &'static [&'static str],
        /// What was given.
        given: String,
    },
    /// A text that is too short or too long.
    #[error("{what} has {}, not {given}", range(min, (*max < usize::MAX).then_some(max), "characters"))]
    Length {
        /// What the text stands for.
        what: &'static str,
        /// The fewest characters that are allowed.
        min: usize,
        /// The most characters that are allowed.
        max: usize,
        /// How many were given.
        given: usize,
    },
    /// A character that is none of the allowed ones.
    #[error("{what}: only {allowed:?} may stand there, not {given:?}")]
    Character {
        /// What the text stands for.
        what: &'static str,
        /// All characters that are allowed.
        allowed: &'static str,
        /// The first one that is not.
        given: char,
    },
    /// A list without items, which Twilio has no meaning for; leave the attribute out.
    #[error("a list holds at least one item; leave the attribute out instead")]
    EmptyList,
    /// More nouns in one Dial than Twilio calls at once.
    #[error("a Dial holds at most {max} nouns, not {given}")]
    Nouns {
        /// The most that are allowed.
        max: usize,
        /// How many were given.
        given: usize,
    },
    /// A bare number beside other nouns.
    #[error("a number written straight into a Dial stands alone; write it as a Number noun")]
    BareNumberBesideNouns,
}

/// A range in words; without its end if there is none.
fn range(min: impl Display, max: Option<impl Display>, unit: &str) -> String {
    match max {
        Some(max) => format!("{min} to {max} {unit}"),
        None => format!("at least {min} {unit}"),
    }
}

/// Reads a value from its text form.
pub(crate) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    struct TextForm<T>(PhantomData<T>);

    impl<T: FromStr<Err: Display>> Visitor<'_> for TextForm<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(TextForm(PhantomData))
}

/// Serde through the type's own text form: `FromStr` reads it, `AsRef<str>` writes it.
macro_rules! text_form {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::values::form::parsed(deserializer)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use text_form;

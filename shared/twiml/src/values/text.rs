//! Texts that always fit into an XML 1.0 document.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Deref;
use std::str::FromStr;

use super::form::{ValueError, text_form};

/// Whether XML 1.0 lets the character stand in a document (its production `Char`).
pub(crate) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// What XML calls white space.
pub(crate) const XML_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Any text, white space included, that can stand in a document.
///
/// Characters that XML 1.0 can't hold in any form (most control characters, U+FFFE and
/// U+FFFF) are dropped when the text is built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(String);

impl Text {
    /// The text as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left of the text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts another text behind this one.
    pub(crate) fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }
}

impl From<String> for Text {
    fn from(mut text: String) -> Self {
        text.retain(is_xml_char);
        Self(text)
    }
}

/// Text between tags that names something (a number, an address, a queue) and around which
/// white space means nothing: it is trimmed when built. Otherwise like [`Text`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Trimmed(String);

impl Trimmed {
    /// The text as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left of the text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Trimmed {
    fn from(text: String) -> Self {
        let Text(text) = Text::from(text);
        let trimmed = text.trim_matches(XML_SPACE);
        if trimmed.len() == text.len() { Self(text) } else { Self(trimmed.to_owned()) }
    }
}

/// What both kinds of text can do: they come from any string and compare with one.
macro_rules! any_text {
    ($type:ident) => {
        text_form!($type);

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                Self::from(text.to_owned())
            }
        }

        impl From<&String> for $type {
            fn from(text: &String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<Cow<'_, str>> for $type {
            fn from(text: Cow<'_, str>) -> Self {
                Self::from(text.into_owned())
            }
        }

        impl From<$type> for String {
            fn from(text: $type) -> Self {
                text.0
            }
        }

        impl FromStr for $type {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(Self::from(text))
            }
        }

        impl Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

any_text!(Text);
any_text!(Trimmed);

/// A name of limited length: cleaned and trimmed like [`Trimmed`], never empty.
macro_rules! limited_text {
    ($( $(#[$doc:meta])* $name:ident: $what:literal, $max:literal; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(Trimmed);

        impl $name {
            /// The most characters it may have.
            pub const MAX_CHARACTERS: usize = $max;

            /// The text as a string slice.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        text_form!($name);

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                let text = Trimmed::from(text);
                let given = text.chars().count();
                if (1..=Self::MAX_CHARACTERS).contains(&given) {
                    Ok(Self(text))
                } else {
                    Err(ValueError::Length {
                        what: $what,
                        min: 1,
                        max: Self::MAX_CHARACTERS,
                        given,
                    })
                }
            }
        }

        impl TryFrom<&str> for $name {
            type Error = ValueError;

            fn try_from(text: &str) -> Result<Self, ValueError> {
                text.parse()
            }
        }
    )* };
}

limited_text! {
    /// The name under which a Voice SDK client registered: 1 to 256 characters (Twilio's page
    /// "TwiML Voice: Client").
    ClientIdentity: "a client identity", 256;
    /// A name for one participant, unique in its conference: 1 to 128 characters (Twilio's page
    /// "TwiML Voice: Conference").
    ParticipantLabel: "a participant label", 128;
    /// The name of a call queue: 1 to 64 characters (Twilio's page "TwiML Voice: Enqueue").
    QueueName: "a queue name", 64;
    /// Why the call is made, shown on the called phone: 1 to 50 characters (Twilio's page
    /// "TwiML Voice: Dial", Branded Calls).
    CallReason: "a call reason", 50;
}

//! Keys of a telephone: what ends an input, and what Twilio presses itself.

use std::str::FromStr;

use super::form::{ValueError, text_form};

/// What a caller can press.
const KEYS: &str = "0123456789*#";

/// The keys that end a recording; none of them if empty. All twelve if the attribute is absent
/// (Twilio's page "TwiML Voice: Record").
///
/// From a string comes what it holds of `0-9`, `*` and `#`; the rest is dropped. `parse` is
/// strict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinishKeys(String);

impl FinishKeys {
    /// The keys as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether pressing `key` ends the recording.
    pub fn contains(&self, key: char) -> bool {
        self.0.contains(key)
    }
}

impl From<&str> for FinishKeys {
    fn from(keys: &str) -> Self {
        Self(keys.chars().filter(|&key| KEYS.contains(key)).collect())
    }
}

impl FromStr for FinishKeys {
    type Err = ValueError;

    fn from_str(keys: &str) -> Result<Self, ValueError> {
        only("the key that ends a recording", KEYS, keys)?;
        Ok(Self(keys.to_owned()))
    }
}

/// The one key that ends a Gather, or none; `#` if the attribute is absent (Twilio's page
/// "TwiML Voice: Gather").
///
/// From a string comes the first of `0-9`, `*` and `#` that it holds; the rest is dropped.
/// `parse` is strict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinishKey(String);

impl FinishKey {
    /// The key, or an empty string for none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for FinishKey {
    fn from(keys: &str) -> Self {
        Self(keys.chars().find(|&key| KEYS.contains(key)).map(String::from).unwrap_or_default())
    }
}

impl FromStr for FinishKey {
    type Err = ValueError;

    fn from_str(key: &str) -> Result<Self, ValueError> {
        let what = "the key that ends a Gather";
        only(what, KEYS, key)?;
        // Each allowed key is one byte.
        if key.len() > 1 {
            return Err(ValueError::Length { what, min: 0, max: 1, given: key.len() });
        }
        Ok(Self(key.to_owned()))
    }
}

/// Keys that Twilio presses on the called side once it answers: 1 to 32 of `0-9`, `A-D`, `*`
/// and `#`, with `w` for a pause of half a second and `W` for one of a second (Twilio's page
/// "TwiML Voice: Number").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendDigits(String);

impl SendDigits {
    /// The most keys that one call may send.
    pub const MAX_CHARACTERS: usize = 32;

    /// The keys as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SendDigits {
    type Err = ValueError;

    fn from_str(digits: &str) -> Result<Self, ValueError> {
        let what = "the keys to send";
        only(what, "0123456789ABCDwW*#", digits)?;
        if (1..=Self::MAX_CHARACTERS).contains(&digits.len()) {
            Ok(Self(digits.to_owned()))
        } else {
            let max = Self::MAX_CHARACTERS;
            Err(ValueError::Length { what, min: 1, max, given: digits.len() })
        }
    }
}

/// Keys that Twilio plays to the caller: at least one of `0-9`, `*` and `#`, with `w` for a
/// pause of half a second and `W` for one of a second (Twilio's page "TwiML Voice: Play").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayDigits(String);

impl PlayDigits {
    /// The keys as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlayDigits {
    type Err = ValueError;

    fn from_str(digits: &str) -> Result<Self, ValueError> {
        let what = "the keys to play";
        only(what, "0123456789wW*#", digits)?;
        if digits.is_empty() {
            return Err(ValueError::Length { what, min: 1, max: usize::MAX, given: 0 });
        }
        Ok(Self(digits.to_owned()))
    }
}

text_form!(FinishKeys);
text_form!(FinishKey);
text_form!(SendDigits);
text_form!(PlayDigits);

fn only(what: &'static str, allowed: &'static str, text: &str) -> Result<(), ValueError> {
    match text.chars().find(|&character| !allowed.contains(character)) {
        Some(given) => Err(ValueError::Character { what, allowed, given }),
        None => Ok(()),
    }
}

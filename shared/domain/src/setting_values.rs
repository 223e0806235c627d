//! How each type of setting is written.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use jiff::tz::TimeZone;
use phone::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::email::EmailAddress;
use crate::form::SettingValue;
use crate::invalid::InvalidSetting;
use crate::language::Language;
use crate::mailbox::MailboxId;
use crate::prompt::{AudioUrl, Prompt, PromptText, Wording};
use crate::retention::Days;
use crate::settings::{CallerId, FinishKey, Instead, MessageLength, RingTime};
use crate::transcription::{LanguageCode, Transcription};

/// Words, or a sound.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum PromptForm {
    /// Words to speak.
    Text(String),
    /// The address of a sound.
    Audio(String),
}

/// A number, or `unlimited`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Limit {
    /// So many.
    Calls(u32),
    /// `unlimited`, or what people take for it.
    Word(String),
}

/// What is written as it is.
macro_rules! plain {
    ($($Value:ty),+) => { $(
        impl SettingValue for $Value {
            type Form = Self;

            fn written(&self) -> Option<Self> {
                Some(self.clone())
            }

            fn read(form: Self) -> Result<Self, String> {
                Ok(form)
            }
        }
    )+ };
}

/// What is written as a text or a number: how, and how that is read.
macro_rules! written_as {
    ($Form:ty: $($Value:ty = $write:expr, $read:expr;)+) => { $(
        impl SettingValue for $Value {
            type Form = $Form;

            fn written(&self) -> Option<$Form> {
                Some(($write)(self).into())
            }

            fn read(form: $Form) -> Result<Self, String> {
                ($read)(&form).map_err(|error| error.to_string())
            }
        }
    )+ };
}

plain!(bool, String);

written_as! {
    String:
    EmailAddress = Self::reveal, Self::parse;
    PhoneNumber = Self::reveal, Self::parse;
    MailboxId = Self::reveal, Self::parse;
    LanguageCode = Self::as_str, Self::parse;
    Language = |it: &Self| it.tag(), Self::from_str;
    TimeZone = |it: &Self| it.iana_name().unwrap_or("UTC").to_owned(), time_zone;
    CallerId = |it: &Self| it.name(), |text: &str| named(&Self::ALL, Self::name, text);
    Instead = |it: &Self| it.name(), |text: &str| named(&Self::ALL, Self::name, text);
    Transcription = |it: &Self| it.name(), |text: &str| named(&Self::ALL, Self::name, text);
    Prompt = |it: &Self| it.name(), |text: &str| named(&Self::ALL, Self::name, text);
    // That no key ends a message is a decision.
    Option<FinishKey> = |it: &Self| it.map(|key| key.as_char().to_string()).unwrap_or_default(), finish_key;
}

written_as! {
    i64:
    RingTime = |it: &Self| it.as_seconds(), |seconds: &i64| Self::seconds(*seconds);
    MessageLength = |it: &Self| it.as_seconds(), |seconds: &i64| Self::seconds(*seconds);
    // So is for ever.
    Option<Days> = |it: &Self| it.map_or(0, Days::get), |number: &i64| days(*number);
}

/// Without a limit that is said, so that it can be said again in place of one.
impl SettingValue for Option<u32> {
    type Form = Limit;

    fn written(&self) -> Option<Limit> {
        Some(self.map_or_else(|| Limit::Word(UNLIMITED.to_owned()), Limit::Calls))
    }

    fn read(form: Limit) -> Result<Self, String> {
        match form {
            Limit::Calls(calls) => Ok(Some(calls)),
            Limit::Word(word) if word == UNLIMITED => Ok(None),
            Limit::Word(word) => Err(format!("{word:?} is neither a number of calls nor {UNLIMITED:?}")),
        }
    }
}

const UNLIMITED: &str = "unlimited";

impl<T: SettingValue> SettingValue for Option<T> {
    type Form = T::Form;

    fn written(&self) -> Option<T::Form> {
        self.as_ref()?.written()
    }

    fn read(form: T::Form) -> Result<Self, String> {
        T::read(form).map(Some)
    }
}

impl<T: SettingValue> SettingValue for Vec<T> {
    type Form = Vec<T::Form>;

    fn written(&self) -> Option<Vec<T::Form>> {
        self.iter().map(T::written).collect()
    }

    fn read(form: Vec<T::Form>) -> Result<Self, String> {
        form.into_iter().map(T::read).collect()
    }
}

impl SettingValue for BTreeMap<Prompt, Wording> {
    type Form = BTreeMap<String, PromptForm>;

    fn written(&self) -> Option<Self::Form> {
        let prompts = self.iter().map(|(prompt, wording)| Some((prompt.written()?, wording.written()?)));
        prompts.collect::<Option<Self::Form>>().filter(|prompts| !prompts.is_empty())
    }

    fn read(form: Self::Form) -> Result<Self, String> {
        form.into_iter().map(|(name, wording)| Ok((Prompt::read(name)?, Wording::read(wording)?))).collect()
    }
}

impl SettingValue for Wording {
    type Form = PromptForm;

    fn written(&self) -> Option<PromptForm> {
        Some(match self {
            Self::Text(text) => PromptForm::Text(text.as_str().to_owned()),
            Self::Audio(url) => PromptForm::Audio(url.as_str().to_owned()),
        })
    }

    fn read(form: PromptForm) -> Result<Self, String> {
        let wording = match form {
            PromptForm::Text(text) => PromptText::new(&text).map(Self::Text),
            PromptForm::Audio(url) => AudioUrl::new(&url).map(Self::Audio),
        };
        wording.map_err(|error| error.to_string())
    }
}

fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, String> {
    let known = || all.iter().map(|it| name(*it)).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|it| name(**it) == text);
    found.copied().ok_or_else(|| format!("{text:?} is none of {}", known()))
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("there is no time zone {name:?}: name one like Europe/Berlin"))
}

fn finish_key(text: &str) -> Result<Option<FinishKey>, InvalidSetting> {
    let mut keys = text.chars();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => FinishKey::new(key).map(Some),
        _ => Err(InvalidSetting::FinishKey),
    }
}

fn days(days: i64) -> Result<Option<Days>, InvalidSetting> {
    if days == 0 { Ok(None) } else { Days::new(days).map(Some) }
}

#[cfg(test)]
mod tests;

//! Values of a form, one by one.

use std::fmt::Display;

use domain::{Days, FinishKey, InvalidSetting, LanguageCode};
use phone::PhoneNumber;

use crate::reading;

/// As many telephones as Twilio rings at once.
const MOST_TARGETS: usize = 10;

/// Collects what is wrong, so that all of it is told at once.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) wrong: Vec<String>,
}

impl Sheet {
    pub(super) fn wrong(&mut self, place: &str, why: impl Display) {
        self.wrong.push(format!("{place}: {why}"));
    }

    pub(super) fn read<T>(&mut self, place: &str, value: Result<T, impl Display>, put: impl FnOnce(T)) {
        match value {
            Ok(value) => put(value),
            Err(why) => self.wrong(place, why),
        }
    }

    pub(super) fn set<V, T, E: Display>(
        &mut self,
        place: &str,
        value: Option<V>,
        target: &mut T,
        read: impl FnOnce(V) -> Result<T, E>,
    ) {
        if let Some(value) = value {
            self.read(place, read(value), |value| *target = value);
        }
    }
}

pub(super) fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

/// Zero is a decision: for ever.
pub(super) fn read_days(days: i64) -> Result<Option<Days>, InvalidSetting> {
    if days == 0 { Ok(None) } else { Days::new(days).map(Some) }
}

pub(super) fn shown_days(days: Option<Days>) -> i64 {
    days.map_or(0, |days| days.get().into())
}

/// An empty text among them clears: it is what a flag can say.
pub(super) fn languages(texts: &[String]) -> Result<Vec<LanguageCode>, String> {
    let mut languages: Vec<LanguageCode> = Vec::new();
    for text in texts.iter().filter(|text| !text.trim().is_empty()) {
        let language = LanguageCode::parse(text.trim()).map_err(|error| format!("{text:?}: {error}"))?;
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    Ok(languages)
}

pub(super) fn targets(texts: &[String], region: Option<&str>) -> Result<Vec<PhoneNumber>, String> {
    let mut targets: Vec<PhoneNumber> = Vec::new();
    for text in texts {
        let target = reading::number(text, region)?;
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.len() > MOST_TARGETS {
        return Err(InvalidSetting::TooManyTargets(targets.len()).to_string());
    }
    Ok(targets)
}

pub(super) fn finish_key(text: &str) -> Result<Option<FinishKey>, String> {
    let mut keys = text.chars();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => FinishKey::new(key).map(Some).map_err(|error| error.to_string()),
        _ => Err(InvalidSetting::FinishKey.to_string()),
    }
}

//! What is listened for, as a program writes it.

use std::collections::BTreeSet;

use live::{Listens, Problem};

use crate::invalid::invalid;

/// How long somebody may say nothing, where nothing is said, in seconds.
pub(crate) const LISTENS_SECONDS: u8 = 5;

/// How many keys are taken at once.
pub(crate) const MOST_KEYS: u8 = 64;

/// How much may be chosen from, and how many words be likely.
pub(crate) const MOST_CHOICES: usize = 50;
pub(crate) const MOST_HINTS: usize = 500;

/// What is listened for, if it makes sense. Choices say by themselves whether keys or words are.
pub(crate) fn listens(mut it: Listens, says_keys: bool) -> Result<Listens, Problem> {
    let is_key = |key: char| key.is_ascii_digit() || key == '*' || key == '#';
    if it.choices.iter().any(|choice| choice.key.is_some()) && !says_keys {
        it.max_keys = 1;
    }
    let has_phrases = it.choices.iter().any(|choice| !choice.phrases.is_empty());
    if has_phrases && it.language.is_none() {
        return Err(invalid("`speech`: the language of the phrases is expected, as `en-US`"));
    }
    if it.max_keys == 0 && it.language.is_none() {
        return Err(invalid("`max_keys`, `speech`: one of them says what is listened for"));
    }
    if it.max_keys > MOST_KEYS {
        return Err(invalid(format!("`max_keys`: {MOST_KEYS} at most")));
    }
    if it.stop_key.is_some_and(|key| !is_key(key))
        || it.choices.iter().any(|it| it.key.is_some_and(|key| !is_key(key)))
    {
        return Err(invalid("`stop_key`, `key`: one of 0-9, * and # is expected"));
    }
    if !(1..=60).contains(&it.timeout_seconds) {
        return Err(invalid("`timeout_seconds`: 1 to 60 are expected"));
    }
    if it.choices.len() > MOST_CHOICES || it.hints.len() > MOST_HINTS {
        return Err(invalid(format!("`choices`, `hints`: {MOST_CHOICES} and {MOST_HINTS} at most")));
    }
    let labels: BTreeSet<&str> = it.choices.iter().map(|choice| choice.label.as_str()).collect();
    if labels.len() < it.choices.len() {
        return Err(invalid("`choices`: two have the same label"));
    }
    if it.hints.iter().any(|hint| hint.contains(',') || hint.chars().count() > 100) {
        return Err(invalid("`hints`: each of up to 100 characters, without a comma"));
    }
    if it.hints.is_empty() {
        it.hints = it.choices.iter().flat_map(|choice| choice.phrases.clone()).collect();
    }
    Ok(it)
}

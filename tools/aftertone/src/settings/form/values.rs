//! What people write in their own way, and a form over another.

use std::collections::BTreeMap;

use domain::{InvalidSetting, LanguageCode, Prompt, PromptForm, SettingValue, Wording};
use phone::PhoneNumber;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::reading;

/// As many telephones as Twilio rings at once.
const MOST_TARGETS: usize = 10;

/// What is written `there` with what is `said` in its place, setting by setting and prompt by prompt. An
/// empty text clears what a `new` one has not.
pub(super) fn overlaid<F: Serialize + DeserializeOwned>(there: &F, said: &F, new: &F) -> Result<F, String> {
    let value = |form| serde_json::to_value(form);
    let overlaid = || serde_json::from_value(over(value(there)?, value(said)?, &value(new)?, 3));
    overlaid().map_err(|error: serde_json::Error| error.to_string())
}

/// `deep`: a section, a setting in it, a prompt.
fn over(there: Value, said: Value, new: &Value, deep: u8) -> Value {
    let said = match said {
        Value::Object(said) if deep > 0 => said,
        said => return said,
    };
    let mut over_there = if let Value::Object(there) = there { there } else { Map::new() };
    for (name, said) in said {
        let (there, new) = (over_there.remove(&name).unwrap_or_default(), &new[&name]);
        if !(new.is_null() && is_empty(&said)) {
            over_there.insert(name, over(there, said, new, deep - 1));
        }
    }
    Value::Object(over_there)
}

fn is_empty(said: &Value) -> bool {
    match said {
        Value::String(text) => text.trim().is_empty(),
        Value::Object(prompt) => !prompt.is_empty() && prompt.values().all(|text| text == ""),
        _ => false,
    }
}

/// What people write in their own way, as it is written ever after.
pub(super) fn checked<T: SettingValue>(
    place: &str,
    said: Option<T::Form>,
    wrong: &mut Vec<String>,
    read: impl FnOnce(T::Form) -> Result<T, String>,
) -> Option<T::Form> {
    read(said?).map_err(|why| wrong.push(format!("{place}: {why}"))).ok()?.written()
}

/// Those that can be spoken or played, and those that are cleared.
pub(super) fn prompts(
    said: BTreeMap<String, PromptForm>,
    wrong: &mut Vec<String>,
) -> BTreeMap<String, PromptForm> {
    let mut can_be = |(name, wording): &(String, PromptForm)| {
        let is_cleared =
            matches!(wording, PromptForm::Text(text) | PromptForm::Audio(text) if text.is_empty());
        let told = match (Prompt::read(name.clone()), Wording::read(wording.clone())) {
            (Err(why), _) => format!("speech.prompts: {why}"),
            (Ok(_), Err(why)) if !is_cleared => format!("speech.prompts.{name}: {why}"),
            _ => return true,
        };
        wrong.push(told);
        false
    };
    said.into_iter().filter(|it| can_be(it)).collect()
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

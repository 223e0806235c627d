//! What those are told, or asked, who are recorded, as a program writes it.

use live::{Announcement, Choice, Consent, Listens, Problem};
use serde::Deserialize;

use crate::documents::{SaidBody, said_document};
use crate::invalid::invalid;
use crate::listens::{LISTENS_SECONDS, listens};

/// What those are told, or asked, who are recorded.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ConsentKind"))]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConsentBody {
    /// Nothing: the program has seen to it.
    None,
    /// They are told before it begins.
    Announce,
    /// They are asked, and recorded only if they agree.
    Ask,
}

/// How somebody agrees.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Agree"))]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreeBody {
    /// By this key.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9*#]$")))]
    key: Option<char>,
    /// By one of these.
    #[serde(default)]
    phrases: Vec<String>,
}

/// How somebody answers who is asked whether they may be recorded.
pub(crate) struct Agreement {
    pub(crate) agree: Option<AgreeBody>,
    pub(crate) speech: Option<String>,
    pub(crate) timeout_seconds: Option<u8>,
}

/// What those are told, or asked, who are recorded.
pub(crate) fn consent(
    kind: ConsentBody,
    announcement: Option<SaidBody>,
    answer: Agreement,
) -> Result<Consent, Problem> {
    let Agreement { agree, speech, timeout_seconds } = answer;
    let is_asked = agree.is_some() || speech.is_some() || timeout_seconds.is_some();
    if is_asked && !matches!(kind, ConsentBody::Ask) {
        let cause = "`agree`, `speech`, `timeout_seconds`: nobody is asked, unless `consent` is `ask`";
        return Err(invalid(cause));
    }
    let said = match (kind, announcement) {
        (ConsentBody::None, None) => return Ok(Consent::None),
        (ConsentBody::None, Some(_)) => {
            return Err(invalid("`announcement`: nobody hears it where `consent` is `none`"));
        }
        (_, None) => return Err(invalid("`announcement`: what those hear who are recorded is expected")),
        (_, Some(said)) => announced(said)?,
    };
    if matches!(kind, ConsentBody::Announce) {
        return Ok(Consent::Announce(said));
    }
    let AgreeBody { key, phrases } = agree.unwrap_or(AgreeBody { key: Some('1'), phrases: Vec::new() });
    if key.is_none() && phrases.is_empty() {
        return Err(invalid("`agree`: a `key`, `phrases` or both are expected"));
    }
    let agrees = Choice { label: "agrees".to_owned(), key, phrases };
    let heard = Listens {
        max_keys: 0,
        stop_key: None,
        language: speech,
        hints: Vec::new(),
        choices: vec![agrees],
        timeout_seconds: timeout_seconds.unwrap_or(LISTENS_SECONDS),
        sensitive: false,
    };
    Ok(Consent::Ask { said, listens: listens(heard, false)? })
}

/// What is said is kept with the consent: its words and their language, or where the sound is.
fn announced(said: SaidBody) -> Result<Announcement, Problem> {
    let words = said.text.as_ref().or(said.ssml.as_ref()).or(said.file.as_ref()).cloned();
    // As Twilio says words of which nothing is said; of a sound nobody knows.
    let unsaid = if said.file.is_some() { "und" } else { "en-US" };
    let language = said.language.clone().unwrap_or_else(|| unsaid.to_owned());
    let document = said_document(said, None)?;
    Ok(Announcement { document, words: words.unwrap_or_default(), language })
}

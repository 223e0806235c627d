//! What somebody is to hear, as a program writes it: a document of Twilio's, speech or a sound.

use live::{Document, Problem};
use serde::Deserialize;
use twiml::values::LoopCount;
use twiml::voice::{Play, Response, Say, SpeechVerb};

use crate::invalid::invalid;

/// How long Twilio takes a document that it is given, in characters.
pub(crate) const TWIML_CHARACTERS: usize = 4000;

/// How long an address may be where Twilio gets one, in bytes.
pub(crate) const URL_BYTES: usize = 4000;

/// What is said or played: one of them.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Said"))]
#[serde(deny_unknown_fields)]
pub(crate) struct SaidBody {
    /// Words.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = Say::MAX_CHARACTERS)))]
    pub(crate) text: Option<String>,
    /// Words with speech marks.
    #[serde(default)]
    pub(crate) ssml: Option<String>,
    /// The address of a sound.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = URL_BYTES), extend("pattern" = "^https://")))]
    pub(crate) file: Option<String>,
    /// Of the words, as `en-US`.
    #[serde(default)]
    pub(crate) language: Option<String>,
    /// As Twilio calls it.
    #[serde(default)]
    pub(crate) voice: Option<String>,
}

/// A document of the program's own, if there is one.
pub(crate) fn document(twiml: Option<String>, url: Option<String>) -> Result<Option<Document>, Problem> {
    match (twiml, url) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(invalid("`twiml`, `twiml_url`: only one of them makes sense")),
        (None, Some(url)) => {
            let is_url =
                url.starts_with("https://") && url.len() <= URL_BYTES && !url.contains(char::is_whitespace);
            if is_url {
                Ok(Some(Document::Url(url)))
            } else {
                Err(invalid("`twiml_url`: an https:// address is expected"))
            }
        }
        (Some(text), None) => {
            if text.chars().count() > TWIML_CHARACTERS {
                return Err(invalid(format!("`twiml`: more than {TWIML_CHARACTERS} characters")));
            }
            Response::from_xml(&text).map_err(|error| invalid(format!("`twiml`: {error}")))?;
            Ok(Some(Document::Twiml(text)))
        }
    }
}

/// Speech or a sound, as a document. `times` is how often; 0 goes on until it is called off.
pub(crate) fn said_document(said: SaidBody, times: Option<u16>) -> Result<Document, Problem> {
    let SaidBody { text, ssml, file, language, voice } = said;
    let times = LoopCount::times(u32::from(times.unwrap_or(1)))
        .map_err(|_| invalid("`loop`: 0 to 1000 are expected"))?;
    let response = match (text, ssml, file) {
        (Some(text), None, None) => {
            let length = text.chars().count();
            if length == 0 || length > Say::MAX_CHARACTERS {
                return Err(invalid(format!("`text`: 1 to {} characters are expected", Say::MAX_CHARACTERS)));
            }
            Response::new().say(spoken(Say::new(text), language, voice).loop_count(times))
        }
        (None, Some(ssml), None) => {
            let inner = ssml.trim();
            // What has a beginning and no end stays, and is refused for that.
            let inner =
                inner.strip_prefix("<speak>").and_then(|it| it.strip_suffix("</speak>")).unwrap_or(inner);
            let parsed = Response::from_xml(&format!("<Response><Say>{inner}</Say></Response>"));
            let parsed = parsed.map_err(|error| invalid(format!("`ssml`: {error}")))?;
            match parsed.into_speech().as_slice() {
                [SpeechVerb::Say(say)] => {
                    Response::new().say(spoken(say.clone(), language, voice).loop_count(times))
                }
                _ => return Err(invalid("`ssml`: speech marks are expected, and words between them")),
            }
        }
        (None, None, Some(url)) => {
            if language.is_some() || voice.is_some() {
                return Err(invalid("`language`, `voice`: a file has its own"));
            }
            let Some(Document::Url(url)) = document(None, Some(url))
                .map_err(|_| invalid("`file`: an https:// address of a sound is expected"))?
            else {
                return Err(invalid("`file`: an https:// address of a sound is expected"));
            };
            Response::new().play(Play::new(url).loop_count(times))
        }
        _ => return Err(invalid("`text`, `ssml`, `file`: one of them is expected")),
    };
    let xml = response.to_xml().map_err(|error| invalid(format!("what is to be said: {error}")))?;
    Ok(Document::Twiml(xml))
}

fn spoken(say: Say, language: Option<String>, voice: Option<String>) -> Say {
    let say = match language {
        Some(language) => say.language(language),
        None => say,
    };
    match voice {
        Some(voice) => say.voice(voice),
        None => say,
    }
}

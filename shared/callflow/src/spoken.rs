//! What callers hear.

use domain::{Prompt, Speech, Spoken, TakeMessage, VoicemailSettings, Wording};

/// A prompt: the number's own, or the built-in one.
pub(crate) fn spoken(prompt: Prompt, speech: &Speech) -> Spoken {
    let Speech { language, voice, prompts } = speech;
    let in_voice = |text: &str, voice: &str, language: Option<&str>| Spoken::Words {
        text: text.to_owned(),
        voice: voice.to_owned(),
        language: language.map(str::to_owned),
    };
    match (prompts.get(&prompt), voice) {
        (Some(Wording::Audio(url)), _) => Spoken::Audio(url.as_str().to_owned()),
        // Another voice brings its own language code.
        (Some(Wording::Text(text)), Some(voice)) => in_voice(text.as_str(), voice, None),
        (None, Some(voice)) => in_voice(texts::prompt(prompt, *language), voice, None),
        (Some(Wording::Text(text)), None) => {
            let (voice, code) = texts::voice(*language);
            in_voice(text.as_str(), voice, Some(code))
        }
        (None, None) => Spoken::BuiltIn { prompt, language: *language },
    }
}

/// A greeting and a beep, as a number's owner wants them.
pub fn take_message(speech: &Speech, voicemail: &VoicemailSettings) -> TakeMessage {
    TakeMessage {
        first: Vec::new(),
        person: None,
        language: None,
        greeting: spoken(Prompt::Greeting, speech),
        nothing_heard: spoken(Prompt::NothingHeard, speech),
        max_seconds: voicemail.max_length.as_seconds().into(),
        finish_key: voicemail.finish_key.map(domain::FinishKey::as_char),
        beep: voicemail.beep,
        silent: false,
        transcribed_by_twilio: voicemail.engines(speech.language).twilio(),
    }
}

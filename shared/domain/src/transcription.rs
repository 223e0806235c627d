//! Who makes words of the sound.

use std::fmt;

use crate::invalid::InvalidSetting;
use crate::language::Language;

/// How words are made of the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transcription {
    /// By Twilio what it can, by Amazon the rest.
    Auto,
    /// By Twilio: American English, messages longer than 2 s and shorter than 120 s.
    Twilio,
    /// By Amazon Transcribe: the languages of the number.
    Amazon,
    /// Not at all.
    Off,
}

/// One that makes words of the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Twilio's own, asked for in `<Record>`.
    Twilio,
    /// Amazon Transcribe, asked once the sound is stored.
    Amazon,
}

impl Engine {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Twilio => "Twilio",
            Self::Amazon => "Amazon Transcribe",
        }
    }
}

/// Those that make words of a number's messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engines {
    /// Nobody does.
    Off,
    /// Twilio, and nobody where it can't.
    Twilio,
    /// Amazon, of one of these languages.
    Amazon(SpokenLanguages),
    /// Twilio what it can, Amazon the rest.
    Both(SpokenLanguages),
}

/// The languages that callers may speak: one, or several of which one is to be recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenLanguages {
    first: LanguageCode,
    others: Vec<LanguageCode>,
}

/// A language and where it is spoken, as speech engines name it: `en-US`, `zh-CN`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LanguageCode(Box<str>);

impl LanguageCode {
    /// # Errors
    /// [`InvalidSetting::LanguageCode`] for what is not two or three small letters, a hyphen and
    /// two capitals. Whether an engine knows it, only the engine tells.
    pub fn parse(text: &str) -> Result<Self, InvalidSetting> {
        let plausible = text.split_once('-').is_some_and(|(language, region)| {
            (2..=3).contains(&language.len())
                && language.bytes().all(|byte| byte.is_ascii_lowercase())
                && region.len() == 2
                && region.bytes().all(|byte| byte.is_ascii_uppercase())
        });
        if plausible { Ok(Self(text.into())) } else { Err(InvalidSetting::LanguageCode) }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What callers most likely speak who hear prompts in `language`.
    pub fn of(language: Language) -> Self {
        Self(
            match language {
                Language::English => AMERICAN,
                Language::Chinese => "zh-CN",
                Language::Spanish => "es-ES",
                Language::French => "fr-FR",
                Language::German => "de-DE",
                Language::Japanese => "ja-JP",
                Language::BrazilianPortuguese => "pt-BR",
            }
            .into(),
        )
    }
}

/// What Twilio understands.
const AMERICAN: &str = "en-US";

impl fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SpokenLanguages {
    /// None if there is not even one. What is named twice counts once.
    pub fn of(languages: impl IntoIterator<Item = LanguageCode>) -> Option<Self> {
        let mut languages = languages.into_iter();
        let first = languages.next()?;
        let mut others = Vec::new();
        for language in languages {
            if language != first && !others.contains(&language) {
                others.push(language);
            }
        }
        Some(Self { first, others })
    }

    /// The only one, if there is just one.
    pub fn only(&self) -> Option<&LanguageCode> {
        self.others.is_empty().then_some(&self.first)
    }

    /// All of them; at least one.
    pub fn iter(&self) -> impl Iterator<Item = &LanguageCode> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Transcription {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Twilio, Self::Amazon, Self::Off];

    /// The name by which settings know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Twilio => "twilio",
            Self::Amazon => "amazon",
            Self::Off => "off",
        }
    }

    /// The engines for callers who hear prompts in `language` and may speak `languages`; none of
    /// these means the language of the prompts.
    pub fn engines(self, language: Language, languages: &[LanguageCode]) -> Engines {
        let spoken = SpokenLanguages::of(languages.iter().cloned())
            .unwrap_or_else(|| SpokenLanguages { first: LanguageCode::of(language), others: Vec::new() });
        match self {
            Self::Off => Engines::Off,
            Self::Twilio => Engines::Twilio,
            Self::Auto if spoken.only().is_some_and(|only| only.as_str() == AMERICAN) => {
                Engines::Both(spoken)
            }
            Self::Auto | Self::Amazon => Engines::Amazon(spoken),
        }
    }
}

impl Engines {
    /// The same of a sound that Twilio makes no words of, since it was not recorded by `<Record>`.
    #[must_use]
    pub fn without_twilio(self) -> Self {
        match self {
            Self::Off | Self::Twilio => Self::Off,
            Self::Amazon(languages) | Self::Both(languages) => Self::Amazon(languages),
        }
    }

    /// Whether Twilio is asked.
    pub fn twilio(&self) -> bool {
        matches!(self, Self::Twilio | Self::Both(_))
    }

    /// What Amazon is to listen for, if it is asked.
    pub fn amazon(&self) -> Option<&SpokenLanguages> {
        match self {
            Self::Amazon(languages) | Self::Both(languages) => Some(languages),
            Self::Off | Self::Twilio => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(texts: &[&str]) -> Vec<LanguageCode> {
        texts.iter().map(|text| LanguageCode::parse(text).unwrap()).collect()
    }

    #[test]
    fn of_what_twilio_did_not_record_only_amazon_makes_words() {
        let american = SpokenLanguages::of(codes(&["en-US"])).unwrap();
        for (engines, expected) in [
            (Engines::Off, Engines::Off),
            (Engines::Twilio, Engines::Off),
            (Engines::Amazon(american.clone()), Engines::Amazon(american.clone())),
            (Engines::Both(american.clone()), Engines::Amazon(american)),
        ] {
            assert_eq!(engines.without_twilio(), expected);
        }
    }

    #[test]
    fn twilio_is_asked_for_american_english_and_amazon_for_the_rest() {
        let spoken = |texts: &[&str]| SpokenLanguages::of(codes(texts)).unwrap();
        let american = spoken(&["en-US"]);
        let cases = [
            (Transcription::Auto, Language::English, &[][..], Engines::Both(american.clone())),
            (Transcription::Auto, Language::Chinese, &[], Engines::Amazon(spoken(&["zh-CN"]))),
            (Transcription::Auto, Language::Chinese, &["en-US"], Engines::Both(american.clone())),
            (Transcription::Auto, Language::English, &["en-GB"], Engines::Amazon(spoken(&["en-GB"]))),
            (
                Transcription::Auto,
                Language::English,
                &["en-US", "es-US", "en-US"],
                Engines::Amazon(spoken(&["en-US", "es-US"])),
            ),
            (Transcription::Amazon, Language::English, &[], Engines::Amazon(american)),
            (Transcription::Twilio, Language::Chinese, &["de-DE"], Engines::Twilio),
            (Transcription::Off, Language::English, &["en-US"], Engines::Off),
        ];
        for (transcription, language, languages, engines) in cases {
            let codes = codes(languages);
            assert_eq!(transcription.engines(language, &codes), engines, "{transcription:?} {languages:?}");
        }
    }

    #[test]
    fn a_language_is_written_as_engines_write_it() {
        for text in ["en-US", "cmn-CN"] {
            assert_eq!(LanguageCode::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "en", "EN-us", "en_US", "english-US", "en-USA", "en-US,de-DE", "en-us"] {
            assert!(LanguageCode::parse(text).is_err(), "{text}");
        }
        for language in Language::ALL {
            assert!(LanguageCode::parse(LanguageCode::of(language).as_str()).is_ok());
        }
    }

    #[test]
    fn a_log_shows_a_language_as_it_is_written() {
        let code = LanguageCode::of(Language::Chinese);
        assert_eq!((code.to_string(), format!("{code:?}")), ("zh-CN".to_owned(), "zh-CN".to_owned()));
    }

    #[test]
    fn spoken_languages_are_all_listened_for_and_each_once() {
        let spoken = SpokenLanguages::of(codes(&["de-DE", "fr-FR", "de-DE", "it-IT", "fr-FR"])).unwrap();
        let heard: Vec<LanguageCode> = spoken.iter().cloned().collect();
        assert_eq!(heard, codes(&["de-DE", "fr-FR", "it-IT"]));
        assert_eq!(spoken.only(), None);
        let one = SpokenLanguages::of(codes(&["de-DE", "de-DE"])).unwrap();
        assert_eq!(one.only(), Some(&codes(&["de-DE"])[0]));
        assert_eq!(SpokenLanguages::of([]), None);
    }

    #[test]
    fn an_engine_is_asked_where_it_is_one_of_those_that_there_are() {
        let german = SpokenLanguages::of(codes(&["de-DE"])).unwrap();
        let cases = [
            (Engines::Off, false, None),
            (Engines::Twilio, true, None),
            (Engines::Amazon(german.clone()), false, Some(&german)),
            (Engines::Both(german.clone()), true, Some(&german)),
        ];
        for (engines, twilio, amazon) in cases {
            assert_eq!((engines.twilio(), engines.amazon()), (twilio, amazon), "{engines:?}");
        }
    }

    #[test]
    fn engines_and_the_choice_of_them_are_called_by_name() {
        assert_eq!(Transcription::ALL.map(Transcription::name), ["auto", "twilio", "amazon", "off"]);
        assert_eq!([Engine::Twilio, Engine::Amazon].map(Engine::name), ["Twilio", "Amazon Transcribe"]);
    }
}

//! The languages that prompts, mails and pages are written in.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A language that prompts and mails are built in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// `en`
    English,
    /// `zh-CN`: Mandarin, simplified characters.
    Chinese,
    /// `es`
    Spanish,
    /// `fr`
    French,
    /// `de`
    German,
    /// `ja`
    Japanese,
    /// `pt-BR`
    BrazilianPortuguese,
}

/// The text names no language that is built in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no prompts for the language {0:?}: choose en, zh-CN, es, fr, de, ja or pt-BR")]
pub struct UnknownLanguage(String);

impl Language {
    /// Every language that is built in.
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::Chinese,
        Self::Spanish,
        Self::French,
        Self::German,
        Self::Japanese,
        Self::BrazilianPortuguese,
    ];

    /// The tag by which settings name it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::German => "de",
            Self::Japanese => "ja",
            Self::BrazilianPortuguese => "pt-BR",
        }
    }

    /// What is most likely spoken where a number belongs, when nothing else is known of it.
    ///
    /// `country` is an ISO 3166 code, as Twilio's `ToCountry` has it.
    pub fn of_country(country: &str) -> Self {
        match country {
            "CN" => Self::Chinese,
            "ES" | "MX" | "AR" | "BO" | "CL" | "CO" | "CR" | "CU" | "DO" | "EC" | "GT" | "HN" | "NI"
            | "PA" | "PE" | "PR" | "PY" | "SV" | "UY" | "VE" => Self::Spanish,
            "FR" | "MC" => Self::French,
            "DE" | "AT" | "LI" => Self::German,
            "JP" => Self::Japanese,
            "BR" | "PT" => Self::BrazilianPortuguese,
            _ => Self::English,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// Takes the tags of [`Language::tag`], and the longer ones that people write (`en-GB`, `zh`, `pt`).
impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let lower = text.trim().replace('_', "-").to_ascii_lowercase();
        match lower.split('-').next().unwrap_or_default() {
            "en" => Ok(Self::English),
            "zh" | "cmn" => Ok(Self::Chinese),
            "es" => Ok(Self::Spanish),
            "fr" => Ok(Self::French),
            "de" => Ok(Self::German),
            "ja" => Ok(Self::Japanese),
            "pt" => Ok(Self::BrazilianPortuguese),
            _ => Err(UnknownLanguage(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_its_tag_and_by_what_people_write() {
        for language in Language::ALL {
            assert_eq!(language.tag().parse(), Ok(language));
        }
        for (text, language) in
            [("en_GB", Language::English), ("ZH", Language::Chinese), ("pt", Language::BrazilianPortuguese)]
        {
            assert_eq!(text.parse(), Ok(language));
        }
        assert_eq!(
            "tlh".parse::<Language>().unwrap_err().to_string(),
            "no prompts for the language \"tlh\": choose en, zh-CN, es, fr, de, ja or pt-BR"
        );
    }

    #[test]
    fn a_new_number_speaks_what_is_spoken_where_it_belongs() {
        let spoken = [
            (Language::Chinese, "CN"),
            (Language::Spanish, "ES MX AR BO CL CO CR CU DO EC GT HN NI PA PE PR PY SV UY VE"),
            (Language::French, "FR MC"),
            (Language::German, "DE AT LI"),
            (Language::Japanese, "JP"),
            (Language::BrazilianPortuguese, "BR PT"),
            // Of countries with several languages, and of others, English is the best guess.
            (Language::English, "US GB CA CH BE NO de"),
        ];
        for (language, countries) in spoken {
            for country in countries.split(' ') {
                assert_eq!(Language::of_country(country), language, "{country}");
            }
        }
        assert_eq!(Language::of_country(""), Language::English);
    }

    #[test]
    fn a_language_is_shown_by_its_tag() {
        let shown = Language::ALL.map(|language| language.to_string());
        assert_eq!(shown, ["en", "zh-CN", "es", "fr", "de", "ja", "pt-BR"]);
    }
}

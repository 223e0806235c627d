//! Numbers and times as their readers write them.
//!
//! Only for what people read. Programs get E.164 and RFC 3339: headers, `tel:` links, rows, events.

use domain::{Language, Voicemail};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use phone::PhoneNumber;
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat};

/// Who reads.
#[derive(Clone, Copy, Debug)]
pub struct Locale<'a> {
    pub language: Language,
    /// Where its times are those of the clock on the wall.
    pub time_zone: &'a TimeZone,
    /// A number of the reader's own: its country is the one whose numbers need no country code.
    pub home: Option<&'a PhoneNumber>,
}

impl Locale<'_> {
    /// `(415) 555-0100` at home, `+49 30 901820` elsewhere. What has too few or too many digits for
    /// its country, or is read otherwise than it stands, stays as it is.
    pub fn number(&self, number: &PhoneNumber) -> String {
        let as_it_is = number.reveal();
        // Its tables are unpacked with the first number, and not when a function starts.
        let Ok(parsed) = PHONE_NUMBER_UTIL.parse(as_it_is, None) else { return as_it_is.to_owned() };
        let length = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&parsed);
        if !matches!(length, Ok(NumberLengthType::IsPossible))
            || parsed.format_as(PhoneNumberFormat::E164) != as_it_is
        {
            return as_it_is.to_owned();
        }
        let home = self.home.and_then(|home| PHONE_NUMBER_UTIL.parse(home.reveal(), None).ok());
        // Who shares a country code dials each other as at home: the United States and Canada.
        let is_at_home = home.is_some_and(|home| home.country_code == parsed.country_code);
        let format = if is_at_home { PhoneNumberFormat::National } else { PhoneNumberFormat::International };
        parsed.format_as(format).into_owned()
    }

    /// `Nov 20, 2026, 10:01 AM EST`, `20.11.2026, 16:01 MEZ`.
    pub fn time(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.time_zone.clone());
        let clock = match self.language {
            Language::English if self.is_american() => ", %-I:%M %p",
            Language::English | Language::French | Language::German | Language::BrazilianPortuguese => {
                ", %H:%M"
            }
            Language::Spanish => ", %-H:%M",
            Language::Chinese => " %H:%M",
            Language::Japanese => " %-H:%M",
        };
        format!("{}{} {}", self.day(&at), at.strftime(clock), self.zone(&at))
    }

    /// `Nov 20, 2026`, `20.11.2026`.
    pub fn date(&self, at: Timestamp) -> String {
        self.day(&at.to_zoned(self.time_zone.clone()))
    }

    /// In the order and the words of CLDR's formats of medium length; Brazil's short one with the
    /// whole year, and the characters for year, month and day in Chinese and Japanese.
    /// Source: CLDR 46, `dateFormatLength` and `monthWidth`.
    fn day(&self, at: &Zoned) -> String {
        let pattern = match self.language {
            Language::English if self.is_american() => "%b %-d, %Y",
            Language::English => "%-d %b %Y",
            Language::Chinese | Language::Japanese => "%Y年%-m月%-d日",
            Language::German => "%d.%m.%Y",
            Language::BrazilianPortuguese => "%d/%m/%Y",
            Language::Spanish => return named_day(at, &SPANISH_MONTHS),
            Language::French => return named_day(at, &FRENCH_MONTHS),
        };
        at.strftime(pattern).to_string()
    }

    /// The name of the zone where its readers know it by that, else how far it is from UTC.
    fn zone(&self, at: &Zoned) -> String {
        let name = at.strftime("%Z").to_string();
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphabetic());
        match (self.language, name.as_str()) {
            (Language::German, "CET") => "MEZ".to_owned(),
            (Language::German, "CEST") => "MESZ".to_owned(),
            (Language::French | Language::Spanish, "CET" | "CEST")
            | (Language::Japanese, "JST")
            | (_, "UTC" | "GMT") => name,
            (Language::English, _) if is_name => name,
            _ => from_utc(at.offset().seconds()),
        }
    }

    /// Whether months come first, and the clock has twelve hours.
    fn is_american(&self) -> bool {
        self.home.is_some_and(|home| home.reveal().starts_with("+1"))
    }
}

/// `20 nov. 2026`.
fn named_day(at: &Zoned, months: &[&str; 12]) -> String {
    let month = usize::try_from(at.month() - 1).ok().and_then(|month| months.get(month));
    format!("{} {} {}", at.day(), month.unwrap_or(&""), at.year())
}

/// `UTC+5:45`, `UTC-3`.
fn from_utc(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

const SPANISH_MONTHS: [&str; 12] =
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"];

const FRENCH_MONTHS: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];

/// The name under which a sound is saved, by the owner's clock.
pub fn file_name(voicemail: &Voicemail, time_zone: &TimeZone) -> String {
    let recorded_at = voicemail.recorded_at.to_zoned(time_zone.clone());
    let what = if voicemail.conversation.is_some() { "conversation" } else { "voicemail" };
    format!("{what}-{}.wav", recorded_at.strftime("%Y-%m-%d-%H%M%S"))
}

#[cfg(test)]
mod tests;

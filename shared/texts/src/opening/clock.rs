//! A time of day, as it is said.

use domain::Language;
use jiff::civil::Time;

use super::numbers::words;

/// With whatever stands before it: "at nine", "um neun Uhr".
pub(super) fn said(language: Language, time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    match language {
        Language::English => english(hour, minute),
        Language::Chinese => chinese(hour, minute),
        Language::Spanish => spanish(hour, minute),
        Language::French => french(hour, minute),
        Language::German => german(hour, minute),
        Language::Japanese => japanese(hour, minute),
        Language::BrazilianPortuguese => portuguese(hour, minute),
    }
}

/// The hour on a clock of twelve.
fn of_twelve(hour: i8) -> i8 {
    if hour % 12 == 0 { 12 } else { hour % 12 }
}

fn english(hour: i8, minute: i8) -> String {
    if (hour, minute) == (12, 0) {
        return "at noon".to_owned();
    }
    let number = |number| words(Language::English, number);
    let half = match hour {
        0..=6 => " a.m.",
        7..=11 => "",
        _ => " p.m.",
    };
    let minutes = match minute {
        0 => String::new(),
        1..=9 => format!(" oh {}", number(minute)),
        _ => format!(" {}", number(minute)),
    };
    format!("at {}{minutes}{half}", number(of_twelve(hour)))
}

fn spanish(hour: i8, minute: i8) -> String {
    if (hour, minute) == (0, 0) {
        return "a las cero horas".to_owned();
    }
    let at = match of_twelve(hour) {
        1 => "a la una".to_owned(),
        hour => format!("a las {}", words(Language::Spanish, hour)),
    };
    let minutes = match minute {
        0 => String::new(),
        15 => " y cuarto".to_owned(),
        30 => " y media".to_owned(),
        _ => format!(" y {}", words(Language::Spanish, minute)),
    };
    let part = match hour {
        1..=5 => " de la madrugada",
        6 => " de la mañana",
        7..=11 => "",
        12 => " del mediodía",
        13..=19 => " de la tarde",
        _ => " de la noche",
    };
    format!("{at}{minutes}{part}")
}

fn portuguese(hour: i8, minute: i8) -> String {
    let language = Language::BrazilianPortuguese;
    // Half an hour is one of a clock of twelve; "zero hora e meia" is not said.
    let minutes = match (hour, minute) {
        (_, 0) => String::new(),
        (1.., 30) => " e meia".to_owned(),
        _ => format!(" e {}", words(language, minute)),
    };
    let at = match (hour, of_twelve(hour)) {
        (0, _) => "à zero hora".to_owned(),
        (12, _) => "ao meio-dia".to_owned(),
        (_, 1) => "à uma".to_owned(),
        (_, 2) => "às duas".to_owned(),
        (_, hour) => format!("às {}", words(language, hour)),
    };
    let part = match hour {
        0 | 7..=12 => "",
        1..=5 => " da madrugada",
        6 => " da manhã",
        13..=17 => " da tarde",
        _ => " da noite",
    };
    format!("{at}{minutes}{part}")
}

fn french(hour: i8, minute: i8) -> String {
    let at = match hour {
        12 => "à midi".to_owned(),
        0 => "à zéro heure".to_owned(),
        1 => "à une heure".to_owned(),
        _ => format!("à {} heures", words(Language::French, hour)),
    };
    if minute == 0 { at } else { format!("{at} {}", words(Language::French, minute)) }
}

fn german(hour: i8, minute: i8) -> String {
    let number = |number| words(Language::German, number);
    let at = if hour == 1 { "um ein Uhr".to_owned() } else { format!("um {} Uhr", number(hour)) };
    if minute == 0 { at } else { format!("{at} {}", number(minute)) }
}

fn japanese(hour: i8, minute: i8) -> String {
    if (hour, minute) == (12, 0) {
        return "正午".to_owned();
    }
    let half = if hour < 12 { "午前" } else { "午後" };
    // Half past noon is 0:30 of the afternoon.
    let minutes = if minute == 0 { String::new() } else { format!("{minute}分") };
    format!("{half}{}時{minutes}", hour % 12)
}

fn chinese(hour: i8, minute: i8) -> String {
    let number = |number| words(Language::Chinese, number);
    let part = match hour {
        0..=5 => "凌晨",
        6..=8 => "早上",
        9..=11 => "上午",
        12 => "中午",
        13..=17 => "下午",
        _ => "晚上",
    };
    let of_clock = match (hour, of_twelve(hour)) {
        (0, _) => number(0),
        // Two of something that is counted.
        (_, 2) => "两".to_owned(),
        (_, hour) => number(hour),
    };
    let minutes = match minute {
        0 => String::new(),
        30 => "半".to_owned(),
        1..=9 => format!("零{}分", number(minute)),
        _ => format!("{}分", number(minute)),
    };
    format!("{part}{of_clock}点{minutes}")
}

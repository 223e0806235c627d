//! When somebody opens, as it is said on the telephone: tomorrow at nine.
//!
//! Everything that a voice might read wrongly is written in words: hours and minutes in Western languages and in
//! Chinese, where two o'clock is another two. A Japanese voice reads digits with the right sounds.

use domain::Language;
use jiff::Zoned;
use jiff::civil::{Date, Time, Weekday};

mod clock;
mod numbers;

/// A day as somebody speaks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    Today,
    Tomorrow,
    /// One of the six days from now on of which there is no second.
    Week {
        weekday: Weekday,
        is_next_week: bool,
    },
    Date {
        date: Date,
        has_year: bool,
    },
}

impl Day {
    /// From which day on a date could be that of this year as well: it gets its year.
    const YEAR: i32 = 300;

    fn new(now: Date, date: Date) -> Self {
        let days = now.until(date).map_or(i32::MAX, |it| it.get_days());
        match days {
            0 => Self::Today,
            1 => Self::Tomorrow,
            2..=6 => {
                let weekday = date.weekday();
                // A week begins with its Monday.
                let is_next_week = weekday.to_monday_zero_offset() < now.weekday().to_monday_zero_offset();
                Self::Week { weekday, is_next_week }
            }
            _ => Self::Date { date, has_year: !(0..Self::YEAR).contains(&days) },
        }
    }
}

/// The sentence: "We open tomorrow at nine."
pub fn we_open(language: Language, now: &Zoned, opens: &Zoned) -> String {
    let opening = opening(language, now, opens);
    match language {
        Language::English => format!("We open {opening}."),
        Language::Chinese => format!("我们将于{opening}开始营业。"),
        Language::Spanish | Language::BrazilianPortuguese => format!("Abrimos {opening}."),
        Language::French => format!("Nous ouvrons {opening}."),
        Language::German => format!("Wir öffnen {opening}."),
        Language::Japanese => format!("営業開始は、{opening}です。"),
    }
}

/// Day and time, as they follow "we open": "today at five p.m.", "tomorrow at nine", "on Monday at nine thirty", "on
/// December 28 at nine".
///
/// The day is told by the clock on the wall where it opens; seconds are not told. From seven to noon it is the
/// morning without saying so.
pub fn opening(language: Language, now: &Zoned, opens: &Zoned) -> String {
    let now = now.with_time_zone(opens.time_zone().clone());
    let day = Day::new(now.date(), opens.date());
    let time = opens.time();
    // Tomorrow's midnight could be understood as the one with which it ends.
    if day == Day::Tomorrow && (time.hour(), time.minute()) == (0, 0) {
        match language {
            Language::English => return "tonight at midnight".to_owned(),
            Language::Spanish => return "esta noche a las doce".to_owned(),
            Language::French => return "cette nuit à minuit".to_owned(),
            Language::German => return "heute um Mitternacht".to_owned(),
            Language::BrazilianPortuguese => return "hoje à meia-noite".to_owned(),
            // There zero o'clock is always the day's first.
            Language::Chinese | Language::Japanese => {}
        }
    }
    let said = said_day(language, day);
    let clock = clock::said(language, Time::constant(time.hour(), time.minute(), 0, 0));
    match language {
        Language::Chinese => format!("{said}{clock}"),
        Language::Japanese => format!("{said}の{clock}"),
        Language::English if matches!(day, Day::Date { has_year: true, .. }) => format!("{said}, {clock}"),
        _ => format!("{said} {clock}"),
    }
}

fn said_day(language: Language, day: Day) -> String {
    match day {
        Day::Today => today(language).to_owned(),
        Day::Tomorrow => tomorrow(language).to_owned(),
        Day::Week { weekday, is_next_week } => on_weekday(language, weekday, is_next_week),
        Day::Date { date, has_year } => on_date(language, date, has_year),
    }
}

fn today(language: Language) -> &'static str {
    match language {
        Language::English => "today",
        Language::Chinese => "今天",
        Language::Spanish => "hoy",
        Language::French => "aujourd'hui",
        Language::German => "heute",
        Language::Japanese => "本日",
        Language::BrazilianPortuguese => "hoje",
    }
}

fn tomorrow(language: Language) -> &'static str {
    match language {
        Language::English => "tomorrow",
        Language::Chinese => "明天",
        Language::Spanish => "mañana",
        Language::French => "demain",
        Language::German => "morgen",
        Language::Japanese => "明日",
        Language::BrazilianPortuguese => "amanhã",
    }
}

/// Monday first.
fn weekdays(language: Language) -> [&'static str; 7] {
    match language {
        Language::English => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        Language::Chinese => ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
        Language::Spanish => ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
        Language::French => ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        Language::German => ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        Language::Japanese => ["月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日"],
        Language::BrazilianPortuguese => [
            "na segunda-feira",
            "na terça-feira",
            "na quarta-feira",
            "na quinta-feira",
            "na sexta-feira",
            "no sábado",
            "no domingo",
        ],
    }
}

fn on_weekday(language: Language, weekday: Weekday, is_next_week: bool) -> String {
    let name = nth(&weekdays(language), weekday.to_monday_zero_offset());
    match language {
        Language::English => format!("on {name}"),
        Language::Spanish => format!("el {name}"),
        Language::German => format!("am {name}"),
        // Without its week it would be a day of this one.
        Language::Chinese if is_next_week => format!("下{name}"),
        Language::Chinese => format!("本{name}"),
        // With an article it would be every Monday in French.
        Language::French | Language::Japanese | Language::BrazilianPortuguese => name.to_owned(),
    }
}

/// January first.
fn months(language: Language) -> [&'static str; 12] {
    match language {
        Language::Spanish => [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
        Language::French => [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        Language::German => [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
        Language::BrazilianPortuguese => [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ],
        // Chinese and Japanese count months.
        Language::English | Language::Chinese | Language::Japanese => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    }
}

fn on_date(language: Language, date: Date, has_year: bool) -> String {
    let month = nth(&months(language), date.month() - 1);
    let day = date.day();
    let year = |before: &str, after: &str| {
        if has_year { format!("{before}{}{after}", date.year()) } else { String::new() }
    };
    match language {
        Language::English => format!("on {month} {day}{}", year(", ", "")),
        Language::Spanish => format!("el {day} de {month}{}", year(" de ", "")),
        Language::French if day == 1 => format!("le premier {month}{}", year(" ", "")),
        Language::French => format!("le {day} {month}{}", year(" ", "")),
        Language::German => format!("am {day}. {month}{}", year(" ", "")),
        Language::BrazilianPortuguese if day == 1 => {
            format!("no dia primeiro de {month}{}", year(" de ", ""))
        }
        Language::BrazilianPortuguese => format!("no dia {day} de {month}{}", year(" de ", "")),
        Language::Chinese | Language::Japanese => {
            format!("{}{}月{day}日", year("", "年"), date.month())
        }
    }
}

/// A name of several, by its number.
fn nth<'a>(names: &[&'a str], number: i8) -> &'a str {
    usize::try_from(number).ok().and_then(|number| names.get(number)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;

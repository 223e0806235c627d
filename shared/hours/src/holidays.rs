//! Public holidays of a country, by rule.
//!
//! The rules are those in force since 2024, of every year: what a law will change, or a single day that is given
//! once, is not known here and gets a date line. A holiday that is observed on another day is a holiday on both, its
//! own and the observed one, as `holidays` 0.109 of `PyPI` has it, whose years 2024 to 2033 are a test.
//!
//! | table | source | observed |
//! |---|---|---|
//! | `us` | 5 U.S.C. § 6103(a) | Saturday's on Friday, § 6103(b); Sunday's on Monday, E.O. 11582 |
//! | `gb` | Banking and Financial Dealings Act 1971, Schedule 1; New Year's and May Day by proclamation; Good Friday and Christmas Day at common law | on the next day that is none |
//! | `de` | the 16 states' laws, as far as all agree; Unity Day: Einigungsvertrag, Art. 2 (2) | never |
//! | `fr` | Code du travail, L3133-1 | never |

use jiff::civil::{Date, Weekday};

/// A country whose public holidays are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolidayTable {
    /// The federal holidays of the United States.
    UnitedStates,
    /// The bank holidays of England.
    England,
    /// The holidays that all of Germany has.
    Germany,
    /// The holidays of metropolitan France.
    France,
}

impl HolidayTable {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::UnitedStates, Self::England, Self::Germany, Self::France];

    /// The last year of which it is compared with other people's: later ones are by today's law, and nobody has
    /// looked.
    pub const LAST_YEAR: i16 = 2033;

    /// By which lines name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnitedStates => "us",
            Self::England => "gb",
            Self::Germany => "de",
            Self::France => "fr",
        }
    }

    /// The table of that name, in small letters or large ones.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name().eq_ignore_ascii_case(name))
    }

    /// Whether a day is a holiday, or the one on which a holiday is observed.
    pub fn has(self, date: Date) -> bool {
        match self {
            Self::UnitedStates => is_american(date) || is_observed_in_america(date),
            Self::England => is_english(date),
            Self::Germany => is_german(date),
            Self::France => is_french(date),
        }
    }
}

const GOOD_FRIDAY: i16 = -2;
const EASTER_MONDAY: i16 = 1;
const ASCENSION: i16 = 39;
const WHIT_MONDAY: i16 = 50;

fn is_american(date: Date) -> bool {
    match date.month() {
        1 => date.day() == 1 || is_nth(date, 3, Weekday::Monday),
        2 => is_nth(date, 3, Weekday::Monday),
        5 => is_last(date, Weekday::Monday),
        6 => date.day() == 19,
        7 => date.day() == 4,
        9 => is_nth(date, 1, Weekday::Monday),
        10 => is_nth(date, 2, Weekday::Monday),
        11 => date.day() == 11 || is_nth(date, 4, Weekday::Thursday),
        12 => date.day() == 25,
        _ => false,
    }
}

/// A Friday or Monday beside a holiday at the weekend; those of a fixed day of the week never are.
fn is_observed_in_america(date: Date) -> bool {
    let beside = match date.weekday() {
        Weekday::Friday => date.tomorrow(),
        Weekday::Monday => date.yesterday(),
        _ => return false,
    };
    beside.is_ok_and(is_american)
}

fn is_english(date: Date) -> bool {
    let weekday = date.weekday();
    match (date.month(), date.day()) {
        (1, 1) | (12, 25 | 26) => true,
        // After a New Year's Day at the weekend.
        (1, 2 | 3) => weekday == Weekday::Monday,
        // Christmas Day was a Saturday or Sunday: two or one day before.
        (12, 27) => matches!(weekday, Weekday::Monday | Weekday::Tuesday),
        // Boxing Day was.
        (12, 28) => matches!(weekday, Weekday::Monday | Weekday::Tuesday),
        (5, _) => is_nth(date, 1, Weekday::Monday) || is_last(date, Weekday::Monday),
        (8, _) => is_last(date, Weekday::Monday),
        (3 | 4, _) => is_of_easter(date, &[GOOD_FRIDAY, EASTER_MONDAY]),
        _ => false,
    }
}

fn is_german(date: Date) -> bool {
    matches!((date.month(), date.day()), (1 | 5, 1) | (10, 3) | (12, 25 | 26))
        || is_of_easter(date, &[GOOD_FRIDAY, EASTER_MONDAY, ASCENSION, WHIT_MONDAY])
}

fn is_french(date: Date) -> bool {
    matches!((date.month(), date.day()), (1 | 5 | 11, 1) | (5, 8) | (7, 14) | (8, 15) | (11, 11) | (12, 25))
        || is_of_easter(date, &[EASTER_MONDAY, ASCENSION, WHIT_MONDAY])
}

fn is_nth(date: Date, nth: i8, weekday: Weekday) -> bool {
    date.weekday() == weekday && (date.day() - 1) / 7 + 1 == nth
}

fn is_last(date: Date, weekday: Weekday) -> bool {
    date.weekday() == weekday && date.day() + 7 > date.days_in_month()
}

/// Whether it is one of these days after Easter Sunday.
fn is_of_easter(date: Date, days: &[i16]) -> bool {
    // Easter Sunday is from March 22 to April 25, and what depends on it is over in the middle of June.
    let Some(easter) = (3..=6).contains(&date.month()).then(|| easter(date.year())).flatten() else {
        return false;
    };
    days.contains(&(date.day_of_year() - easter.day_of_year()))
}

/// Easter Sunday of the Gregorian calendar.
///
/// Source: "Anonymous Gregorian algorithm", Nature 13 (1876) 487; J. Meeus, Astronomical Algorithms, chapter 8.
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let (century, of_century) = (year.div_euclid(100), year.rem_euclid(100));
    let golden = year.rem_euclid(19);
    let moon = (century + 8).div_euclid(25);
    let moon = (century - moon + 1).div_euclid(3);
    let epact = (19 * golden + century - century.div_euclid(4) - moon + 15).rem_euclid(30);
    let sunday =
        (32 + 2 * century.rem_euclid(4) + 2 * (of_century / 4) - epact - of_century % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * sunday) / 451;
    let day = epact + sunday - 7 * late + 114;
    let (month, day) = (i8::try_from(day / 31).ok()?, i8::try_from(day % 31 + 1).ok()?);
    Date::new(i16::try_from(year).ok()?, month, day).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Source: US Naval Observatory, "The Date of Easter".
    #[test]
    fn easter_is_where_the_tables_have_it() {
        for (year, month, day) in
            [(1961, 4, 2), (2000, 4, 23), (2008, 3, 23), (2011, 4, 24), (2026, 4, 5), (2038, 4, 25)]
        {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
        assert!((-9999..=9999).all(|year| easter(year).is_some_and(|it| it.weekday() == Weekday::Sunday)));
    }

    #[test]
    fn a_day_is_a_holiday_where_it_falls_and_where_it_is_observed() {
        use HolidayTable::{England, UnitedStates};
        for (table, holiday, is_one) in [
            // Independence Day 2026 is a Saturday.
            (UnitedStates, date(2026, 7, 3), true),
            (UnitedStates, date(2026, 7, 4), true),
            (UnitedStates, date(2026, 7, 6), false),
            // New Year's Day 2028 is a Saturday, in the year after.
            (UnitedStates, date(2027, 12, 31), true),
            // Christmas 2027 is Saturday and Sunday.
            (England, date(2027, 12, 27), true),
            (England, date(2027, 12, 28), true),
            (England, date(2027, 12, 29), false),
        ] {
            assert_eq!(table.has(holiday), is_one, "{table:?} {holiday}");
        }
    }
}

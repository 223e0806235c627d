//! A line's key: which days it is about.

use std::ops::Range;

use jiff::civil::{Date, Weekday};

use crate::fault::What;
use crate::suggest::nearest;

pub(crate) const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

const HOLIDAYS: &str = "holidays";

/// Days that a key names, each with its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The day's place in [`WEEK`].
    Week(Vec<(usize, Range<usize>)>),
    /// First and last.
    Dates(Vec<(Date, Date, Range<usize>)>),
    Holidays,
}

pub(crate) type Faults = Vec<(Range<usize>, What)>;

enum Item {
    Week(Vec<usize>),
    Dates(Date, Date),
    Holidays,
}

/// Reads a key; faults come with their bytes. What is read in spite of faults is what was understood.
pub(crate) fn read(text: &str) -> (Option<Key>, Faults) {
    let mut faults = Faults::new();
    let (mut week, mut dates, mut holidays) = (Vec::new(), Vec::new(), false);
    for (item, range) in items(text) {
        match read_item(item, &range, &mut faults) {
            Some(Item::Week(days)) => week.extend(days.into_iter().map(|day| (day, range.clone()))),
            Some(Item::Dates(first, last)) => dates.push((first, last, range)),
            Some(Item::Holidays) => holidays = true,
            None => {}
        }
    }
    let kinds = usize::from(!week.is_empty()) + usize::from(!dates.is_empty()) + usize::from(holidays);
    if kinds > 1 {
        faults.push((0..text.len(), What::MixedKey));
        return (None, faults);
    }
    let key = match (week.is_empty(), dates.is_empty(), holidays) {
        (false, ..) => Some(Key::Week(week)),
        (_, false, _) => Some(Key::Dates(dates)),
        (.., true) => Some(Key::Holidays),
        _ => None,
    };
    (key, faults)
}

fn read_item(item: &str, range: &Range<usize>, faults: &mut Faults) -> Option<Item> {
    if item.is_empty() {
        faults.push((range.clone(), What::NoDay));
        return None;
    }
    if item.eq_ignore_ascii_case(HOLIDAYS) {
        return Some(Item::Holidays);
    }
    if item.starts_with(|letter: char| letter.is_ascii_digit()) {
        let at = item.find("..");
        let (first, last) = at.map_or((item, None), |at| (&item[..at], Some((&item[at + 2..], at + 2))));
        let first = read_date(first, range.start, faults);
        let last = last.map_or(first, |(last, at)| read_date(last, range.start + at, faults));
        let (first, last) = (first?, last?);
        if last < first {
            faults.push((range.clone(), What::RangeReversed { first, last }));
            return None;
        }
        return Some(Item::Dates(first, last));
    }
    let Some(at) = item.find('-') else {
        return Some(Item::Week(vec![read_weekday(item, range.start, faults)?]));
    };
    let first = read_weekday(&item[..at], range.start, faults);
    let last = read_weekday(&item[at + 1..], range.start + at + 1, faults);
    let (first, last) = (first?, last?);
    // `fri-mon` goes over the end of the week.
    let days = (last + 7 - first) % 7;
    Some(Item::Week((first..=first + days).map(|day| day % 7).collect()))
}

fn read_weekday(text: &str, at: usize, faults: &mut Faults) -> Option<usize> {
    let (text, range) = trimmed(text, at);
    let found = WEEK.iter().position(|(name, _)| name.eq_ignore_ascii_case(text));
    if found.is_none() {
        let names = WEEK.iter().map(|(name, _)| *name).chain([HOLIDAYS]);
        let what = if text.is_empty() {
            What::NoDay
        } else {
            What::UnknownDay { text: shown(text), suggestion: nearest(text, names) }
        };
        faults.push((range, what));
    }
    found
}

fn read_date(text: &str, at: usize, faults: &mut Faults) -> Option<Date> {
    let (text, range) = trimmed(text, at);
    let parts: Vec<&str> = text.split('-').collect();
    let is_digits = |part: &str, count| part.len() == count && part.bytes().all(|it| it.is_ascii_digit());
    let [year, month, day] = parts[..] else {
        faults.push((range, What::DateForm { text: shown(text) }));
        return None;
    };
    if !(is_digits(year, 4) && is_digits(month, 2) && is_digits(day, 2)) {
        faults.push((range, What::DateForm { text: shown(text) }));
        return None;
    }
    let date = match (year.parse(), month.parse(), day.parse()) {
        (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day).ok(),
        _ => None,
    };
    if date.is_none() {
        faults.push((range, What::NoSuchDate { text: shown(text) }));
    }
    date
}

/// What stands between commas, without the space around it, and its bytes.
pub(crate) fn items(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut at = 0;
    let items = text.split(',').map(|item| {
        let start = at;
        at += item.len() + 1;
        trimmed(item, start)
    });
    items.collect()
}

/// A text without the space around it, and its bytes, where it began at `at`.
pub(crate) fn trimmed(text: &str, at: usize) -> (&str, Range<usize>) {
    let start = at + (text.len() - text.trim_start().len());
    let text = text.trim();
    (text, start..start + text.len())
}

/// As much of a text as is told again.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

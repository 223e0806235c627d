//! A line's value: from when to when, or which holidays.

use std::ops::Range;

use crate::fault::What;
use crate::holidays::HolidayTable;
use crate::key::{Faults, items, shown, trimmed};
use crate::span::{DAY, Span};
use crate::suggest::nearest;

/// Reads hours: none of them is `closed`.
pub(crate) fn hours(text: &str) -> (Vec<Span>, Faults) {
    let mut faults = Faults::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut is_closed = false;
    let items = items(text);
    for (item, range) in &items {
        if item.eq_ignore_ascii_case("closed") {
            is_closed = true;
            continue;
        }
        let Some(span) = span(item, range, &mut faults) else { continue };
        if let Some(other) = spans.iter().find(|other| other.overlaps(span)) {
            let overlap = What::Overlap { one: other.to_string(), other: span.to_string() };
            faults.push((range.clone(), overlap));
            continue;
        }
        spans.push(span);
    }
    if is_closed && items.len() > 1 {
        faults.push((0..text.len(), What::ClosedAndHours));
    }
    spans.sort_unstable();
    (spans, faults)
}

fn span(item: &str, range: &Range<usize>, faults: &mut Faults) -> Option<Span> {
    if item.is_empty() {
        faults.push((range.clone(), What::NoHours));
        return None;
    }
    let form = || What::SpanForm { text: shown(item) };
    let Some(at) = item.find('-') else {
        faults.push((range.clone(), form()));
        return None;
    };
    let (from, to) = (trimmed(&item[..at], range.start), trimmed(&item[at + 1..], range.start + at + 1));
    let (Some(from_clock), Some(to_clock)) = (clock(from.0), clock(to.0)) else {
        faults.push((range.clone(), form()));
        return None;
    };
    // A day ends with 24:00, and none begins with it.
    let start = time(from_clock, DAY - 1);
    let end = time(to_clock, DAY);
    for (time, (text, range)) in [(start, from), (end, to)] {
        if time.is_none() {
            faults.push((range, What::NoSuchTime { text: shown(text) }));
        }
    }
    let (start, end) = (start?, end?);
    if start == end {
        faults.push((range.clone(), What::EmptySpan { text: shown(item) }));
        return None;
    }
    let end = if end < start { end + DAY } else { end };
    let span = Span::new(start, end);
    if span.is_none() {
        faults.push((range.clone(), What::EndBeforeStart { text: shown(item) }));
    }
    span
}

/// Hour and minute as they are written, whether or not a clock shows them.
fn clock(text: &str) -> Option<(u16, u16)> {
    let (hour, minute) = text.split_once(':')?;
    let is_digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    let is_clock = (1..=2).contains(&hour.len()) && minute.len() == 2 && is_digits(hour) && is_digits(minute);
    if !is_clock {
        return None;
    }
    Some((hour.parse().ok()?, minute.parse().ok()?))
}

fn time((hour, minute): (u16, u16), last: u16) -> Option<u16> {
    let time = hour * 60 + minute;
    (minute < 60 && time <= last).then_some(time)
}

/// What people call a country.
const NAMES: [(&str, &str); 12] = [
    ("usa", "us"),
    ("united states", "us"),
    ("america", "us"),
    ("uk", "gb"),
    ("en", "gb"),
    ("england", "gb"),
    ("great britain", "gb"),
    ("united kingdom", "gb"),
    ("germany", "de"),
    ("deutschland", "de"),
    ("france", "fr"),
    ("ger", "de"),
];

/// Reads names of holiday tables.
pub(crate) fn tables(text: &str) -> (Vec<HolidayTable>, Faults) {
    let mut faults = Faults::new();
    let mut tables = Vec::new();
    for (item, range) in items(text) {
        match HolidayTable::named(item) {
            Some(table) if tables.contains(&table) => {
                faults.push((range, What::TableTwice { table: table.name() }));
            }
            Some(table) => tables.push(table),
            None => {
                let called = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(item));
                let names = HolidayTable::ALL.map(HolidayTable::name);
                let suggestion = called.map(|(_, table)| *table).or_else(|| nearest(item, names));
                faults.push((range, What::UnknownTable { text: shown(item), suggestion }));
            }
        }
    }
    (tables, faults)
}

//! A schedule from its lines.

use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::fault::{Fault, Part, What};
use crate::key::{self, Faults, Key, WEEK};
use crate::schedule::{DateLine, Schedule};
use crate::value;

impl Schedule {
    /// Reads keys and values:
    ///
    /// | key | about |
    /// |---|---|
    /// | `mon`, `mon-fri`, `sat,sun`, `fri-mon` | days of the week |
    /// | `2026-12-24`, `2027-08-02..2027-08-13` | dates, which override the week; one alone also a range |
    /// | `holidays` | public holidays, on which it is closed: `us`, `gb`, `de`, `fr`, or several |
    ///
    /// Hours are `closed`, or spans in 24 hours with a comma between two: `09:00-12:30, 13:30-18:00`. A span
    /// ends before its end is reached, at the latest with `24:00`; one past midnight belongs to the day it starts:
    /// `22:00-02:00`. A day that no line is about is closed.
    ///
    /// # Errors
    /// Every fault of every line, in their order.
    pub fn read<'a>(
        zone: TimeZone,
        lines: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<Fault>> {
        let mut reading = Reading::new(zone);
        for (line, (key, value)) in lines.into_iter().enumerate() {
            reading.line(line, key, value);
        }
        reading.faults.sort_by_key(|fault| (fault.line, fault.part, fault.range.start));
        if reading.faults.is_empty() { Ok(reading.schedule) } else { Err(reading.faults) }
    }
}

struct Reading {
    schedule: Schedule,
    faults: Vec<Fault>,
    /// Which line has which day of the week.
    week: [Option<usize>; 7],
    /// Which line has which dates.
    dates: Vec<(Date, Date, usize)>,
    holidays: Option<usize>,
}

impl Reading {
    fn new(zone: TimeZone) -> Self {
        Self {
            schedule: Schedule::closed(zone),
            faults: Vec::new(),
            week: [None; 7],
            dates: Vec::new(),
            holidays: None,
        }
    }

    fn line(&mut self, line: usize, key: &str, value: &str) {
        let (days, faults) = key::read(key);
        self.take(line, Part::Key, faults);
        if let Some(Key::Holidays) = days {
            let (tables, faults) = value::tables(value);
            self.take(line, Part::Value, faults);
            if let Some(first) = self.holidays.replace(line) {
                self.twice(line, 0..key.len(), "holidays".to_owned(), first);
            }
            self.schedule.holidays.extend(tables);
            return;
        }
        let (spans, faults) = value::hours(value);
        self.take(line, Part::Value, faults);
        match days {
            Some(Key::Week(days)) => {
                for (day, range) in days {
                    if let Some(first) = self.week[day].replace(line) {
                        self.twice(line, range, WEEK[day].0.to_owned(), first);
                    }
                    self.schedule.week[day].clone_from(&spans);
                }
            }
            Some(Key::Dates(dates)) => {
                for (first, last, range) in dates {
                    self.date(line, first, last, range);
                    self.schedule.dates.push(DateLine { first, last, spans: spans.clone() });
                }
            }
            Some(Key::Holidays) | None => {}
        }
    }

    /// A date alone may stand in a range, of which it is an exception; else no two may have a day in common.
    fn date(&mut self, line: usize, first: Date, last: Date, range: Range<usize>) {
        let is_one = |first, last| first == last;
        let other = self
            .dates
            .iter()
            .find(|(from, to, _)| is_one(*from, *to) == is_one(first, last) && *from <= last && first <= *to);
        if let Some((from, _, other)) = other.copied() {
            self.twice(line, range, from.max(first).to_string(), other);
        }
        self.dates.push((first, last, line));
    }

    fn twice(&mut self, line: usize, range: Range<usize>, day: String, first: usize) {
        self.faults.push(Fault { line, part: Part::Key, range, what: What::DayTwice { day, line: first } });
    }

    fn take(&mut self, line: usize, part: Part, faults: Faults) {
        let faults = faults.into_iter().map(|(range, what)| Fault { line, part, range, what });
        self.faults.extend(faults);
    }
}

//! Days and times that are closed, from an `.ics` text.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::wall::{Interval, shown};

mod event;
mod fault;
mod lines;
mod yearly;

pub use fault::{CalendarFault, CalendarWhat};

use event::{Event, Moment};
use yearly::Yearly;

/// When events are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calendar {
    /// First and last: sorted, and none touching another.
    days: Vec<(Date, Date)>,
    /// On the schedule's wall: sorted, and none touching another.
    times: Vec<Interval>,
    yearly: Vec<Yearly>,
}

impl Calendar {
    /// Takes in what a text says, or nothing of it.
    pub(crate) fn add(&mut self, ics: &str, zone: &TimeZone) -> Result<(), Vec<CalendarFault>> {
        let events = event::read(ics, zone)?;
        for Event { start, end, rule } in events {
            match (rule, start, end) {
                (Some(rule), start, end) => self.yearly.push(Yearly::new(start, &end, rule)),
                (None, Moment::Day(first), Moment::Day(end)) => {
                    self.days.push((first, end.yesterday().unwrap_or(first)));
                }
                (None, start, end) => self.times.extend(times(&start, &end, zone)),
            }
        }
        merge(&mut self.days, |end, next| end.tomorrow().is_ok_and(|end| end >= next));
        merge(&mut self.times, |end, next| end >= next);
        Ok(())
    }

    /// The last day of its last event; none if there is none, or one that comes each year.
    pub(crate) fn last_day(&self) -> Option<Date> {
        if !self.yearly.is_empty() {
            return None;
        }
        let days = self.days.iter().map(|(_, last)| *last);
        // What ends at midnight has nothing of the day that begins.
        let moment = SignedDuration::from_nanos(1);
        let times = self.times.iter().map(|(_, end)| end.checked_sub(moment).unwrap_or(*end).date());
        days.chain(times).max()
    }

    /// Whether a day is one of an event's that has no times.
    pub(crate) fn has_day(&self, date: Date) -> bool {
        let next = self.days.partition_point(|(first, _)| *first <= date);
        let is_one =
            next.checked_sub(1).and_then(|at| self.days.get(at)).is_some_and(|(_, last)| date <= *last);
        is_one || self.yearly.iter().any(|yearly| yearly.has_day(date))
    }

    /// What events with times have in common with an interval on the wall of a zone.
    pub(crate) fn times(&self, within: Interval, zone: &TimeZone) -> Vec<Interval> {
        let (from, to) = within;
        let first = self.times.partition_point(|(_, end)| *end <= from);
        let once = self.times.iter().skip(first).take_while(|(start, _)| *start < to).copied();
        // No two walls are as far apart as that.
        let days = SignedDuration::from_hours(48);
        let early = from.checked_sub(days).unwrap_or(DateTime::MIN);
        let late = to.checked_add(days).unwrap_or(DateTime::MAX);
        let again = self.yearly.iter().flat_map(|it| it.around(from.date()));
        let again = again.filter(|(start, end)| start.on_its_wall() < late && early < end.on_its_wall());
        let again = again.flat_map(|(start, end)| times(&start, &end, zone));
        once.chain(again.filter(|(start, end)| *start < to && from < *end)).collect()
    }
}

/// When an event is, on the wall of a zone.
fn times(start: &Moment, end: &Moment, zone: &TimeZone) -> Vec<Interval> {
    match (start, end) {
        (Moment::Wall(start), Moment::Wall(end)) => vec![(*start, *end)],
        // Who names the zone in which it is means what the wall shows, as who names none.
        (Moment::InZone(start, one), Moment::InZone(end, other)) if one == zone && other == zone => {
            vec![(*start, *end)]
        }
        (start, end) => match (start.instant(zone), end.instant(zone)) {
            (Some(start), Some(end)) => shown(zone, start, end),
            _ => Vec::new(),
        },
    }
}

/// Sorts, and makes one of those that touch.
fn merge<T: Ord + Copy>(spans: &mut Vec<(T, T)>, touches: impl Fn(T, T) -> bool) {
    spans.sort_unstable();
    let mut merged: Vec<(T, T)> = Vec::with_capacity(spans.len());
    for (start, end) in spans.drain(..) {
        match merged.last_mut() {
            Some(last) if touches(last.1, start) => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    *spans = merged;
}

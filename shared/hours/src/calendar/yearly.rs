//! What comes again each year.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use super::event::{Moment, Rule};

/// An event that comes each year, or each second, third ... year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Yearly {
    start: Moment,
    length: SignedDuration,
    rule: Rule,
}

impl Yearly {
    pub(crate) fn new(start: Moment, end: &Moment, rule: Rule) -> Self {
        let end = match (&start, end) {
            (Moment::InZone(_, zone), Moment::InZone(at, other)) if zone != other => {
                other.to_timestamp(*at).map_or(*at, |at| zone.to_datetime(at))
            }
            _ => end.on_its_wall(),
        };
        let length = end.duration_since(start.on_its_wall());
        Self { start, length, rule }
    }

    /// Whether it is of whole days, and a day is one of them.
    pub(crate) fn has_day(&self, date: Date) -> bool {
        let Moment::Day(_) = self.start else { return false };
        let at = date.to_datetime(Time::midnight());
        self.starts_around(date)
            .any(|start| start <= at && start.checked_add(self.length).is_ok_and(|end| at < end))
    }

    /// From when to when it is around a date, if it has times.
    pub(crate) fn around(&self, date: Date) -> impl Iterator<Item = (Moment, Moment)> {
        let has_times = !matches!(self.start, Moment::Day(_));
        let starts = self.starts_around(date).filter(move |_| has_times);
        starts.filter_map(|start| {
            let end = start.checked_add(self.length).ok()?;
            Some((self.start.moved(start), self.start.moved(end)))
        })
    }

    /// Its starts from two years before a date's to one after, on its own wall: it lasts a year at most.
    fn starts_around(&self, date: Date) -> impl Iterator<Item = DateTime> {
        let first = self.start.on_its_wall();
        (date.year().saturating_sub(2)..=date.year().saturating_add(1)).filter_map(move |year| {
            let since = year.checked_sub(first.year())?;
            if since < 0 || since % self.rule.interval != 0 {
                return None;
            }
            // February 29 is skipped where there is none: RFC 5545, 3.3.10.
            let start = Date::new(year, first.month(), first.day()).ok()?.to_datetime(first.time());
            self.rule.last.is_none_or(|last| start <= last).then_some(start)
        })
    }
}

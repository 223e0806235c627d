//! What is known of somebody's hours, and which of it wins.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::calendar::{Calendar, CalendarFault};
use crate::holidays::HolidayTable;
use crate::span::Span;
use crate::wall::{Interval, interval, without};

/// When somebody is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub(crate) zone: TimeZone,
    /// By day, Monday first.
    pub(crate) week: [Vec<Span>; 7],
    pub(crate) dates: Vec<DateLine>,
    pub(crate) holidays: Vec<HolidayTable>,
    calendar: Calendar,
    pub(crate) closed_until: Option<Timestamp>,
}

/// Dates that override the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DateLine {
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) spans: Vec<Span>,
}

impl Schedule {
    /// One that is never open.
    pub fn closed(zone: TimeZone) -> Self {
        Self {
            zone,
            week: Default::default(),
            dates: Vec::new(),
            holidays: Vec::new(),
            calendar: Calendar::default(),
            closed_until: None,
        }
    }

    /// Where its clock hangs.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Closed before this instant, whatever else is said; from it on as if nothing had been.
    #[must_use]
    pub fn closed_until(self, until: Timestamp) -> Self {
        Self { closed_until: Some(until), ..self }
    }

    /// Closed on the days of a calendar, and during its events, as an `.ics` text has them. What it had of other
    /// calendars stays.
    ///
    /// An event is closed time whatever it is called, and also if it is marked as free: calendars of holidays mark
    /// theirs so. One that is cancelled is none. A time without a zone is one of the schedule's clock.
    ///
    /// Source: RFC 5545. Of the rules by which events come again only `FREQ=YEARLY` is known, with `INTERVAL`,
    /// `COUNT` and `UNTIL`.
    ///
    /// # Errors
    /// Every event that can't be read, or not in full: a calendar is never known in part.
    pub fn with_calendar(mut self, ics: &str) -> Result<Self, Vec<CalendarFault>> {
        self.calendar.add(ics, &self.zone)?;
        Ok(self)
    }

    /// The last day that a line about dates names.
    pub fn last_date(&self) -> Option<Date> {
        self.dates.iter().map(|line| line.last).max()
    }

    /// The last day that its calendars name; none if they name none, or some for ever.
    pub fn last_day_of_calendar(&self) -> Option<Date> {
        self.calendar.last_day()
    }

    /// Whether its calendars close it at that instant, as far as no line about a date says otherwise.
    pub fn is_in_calendar(&self, at: Timestamp) -> bool {
        let wall = self.zone.to_offset(at).to_datetime(at);
        let Ok(next) = wall.checked_add(jiff::SignedDuration::from_nanos(1)) else { return false };
        let times = || self.calendar.times((wall, next), &self.zone);
        self.calendar.has_day(wall.date()) || times().iter().any(|(from, to)| *from <= wall && wall < *to)
    }

    /// When it is open on the wall's clock by what starts on a day: the rule of what wins, but for
    /// [`Self::closed_until`], which is about instants.
    pub(crate) fn hours_of(&self, date: Date) -> Vec<Interval> {
        let on_wall = |spans: &[Span]| spans.iter().map(|span| interval(date, *span)).collect::<Vec<_>>();
        if let Some(line) = self.date_line(date) {
            return on_wall(&line.spans);
        }
        if self.holidays.iter().any(|table| table.has(date)) || self.calendar.has_day(date) {
            return Vec::new();
        }
        let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        let hours = self.week.get(day).map(|spans| on_wall(spans)).unwrap_or_default();
        match (hours.first(), hours.iter().map(|(_, end)| *end).max()) {
            (Some((start, _)), Some(end)) => {
                let cuts = self.calendar.times((*start, end), &self.zone);
                without(hours, &cuts)
            }
            _ => hours,
        }
    }

    /// The line about a date: that about it alone, else that about a range in which it is.
    fn date_line(&self, date: Date) -> Option<&DateLine> {
        let lines = self.dates.iter().filter(|line| line.first <= date && date <= line.last);
        lines.min_by_key(|line| line.first != line.last)
    }

    /// Whether it is open when the clock on the wall shows this.
    pub(crate) fn is_open_on_wall(&self, at: DateTime) -> bool {
        let is_within = |date| self.hours_of(date).iter().any(|(start, end)| *start <= at && at < *end);
        is_within(at.date()) || at.date().yesterday().is_ok_and(is_within)
    }
}

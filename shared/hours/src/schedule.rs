//! What is known of somebody's hours.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::holidays::HolidayTable;
use crate::span::Span;

/// When somebody is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub(crate) zone: TimeZone,
    /// By day, Monday first.
    pub(crate) week: [Vec<Span>; 7],
    pub(crate) dates: Vec<DateLine>,
    pub(crate) holidays: Vec<HolidayTable>,
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
        Self { zone, week: Default::default(), dates: Vec::new(), holidays: Vec::new(), closed_until: None }
    }

    /// Where its clock hangs.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

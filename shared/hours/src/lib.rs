//! When somebody is open: a week, the days that override it, and answers for any instant.
//!
//! [`Schedule::read`] takes it from lines, as `mon-fri` and `09:00-12:30, 13:30-18:00`, and tells every
//! [`Fault`] of them at once, each with its place, cause and cure.
//!
//! ## Which of it wins
//!
//! 1. [`Schedule::closed_until`]: until that instant it is closed, whatever else is said.
//! 2. A line about a date: the hours of that day are the line's, and no other's. One about a single date wins over
//!    one about a range.
//! 3. A holiday, or a day of a calendar: closed. An event of a calendar that has times closes for those times.
//! 4. The week.
//!
//! The rule stands in [`Schedule`]'s file once, and is asked for the day on which a span *starts*: what goes past
//! midnight is over when it says, even where the next day is closed. Who opens on New Year's Eve from 22:00 to 02:00
//! doesn't throw guests out at midnight because the first of January is a holiday. Who does want to close then says
//! so of the day it starts: `2026-12-31` and `22:00-24:00`.
//!
//! ## The clock on the wall
//!
//! It is open exactly when the clock on the wall in its zone shows a time within a span. An hour that is shown twice
//! counts twice, and one that is never shown is not missed. So `02:00-03:00` lasts two hours in the autumn night in
//! which clocks go back over it, and none in the spring night in which they skip it.
//!
//! ## Layout
//! - [`Schedule`]: what is known, and which of it wins; answers: open at an instant, and when that changes.
//! - [`Span`]: from when to when on a day.
//! - [`Fault`]: what is wrong with a line, and what to write.
//! - [`CalendarFault`]: the same for a text as `.ics` files have it.
//! - [`HolidayTable`]: a country's public holidays, by rule.

mod answer;
mod calendar;
mod fault;
mod holidays;
mod key;
mod read;
mod schedule;
mod span;
mod suggest;
mod value;
mod wall;
mod zone;

pub use answer::LOOK_AHEAD;
pub use calendar::{CalendarFault, CalendarWhat};
pub use fault::{Fault, Part, What};
pub use holidays::HolidayTable;
pub use schedule::Schedule;
pub use span::Span;
pub use zone::{UnknownZone, zone};

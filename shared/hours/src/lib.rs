//! When somebody is open: a week, the days that override it, and answers for any instant.
//!
//! [`Schedule::read`] takes it from lines, as `mon-fri` and `09:00-12:30, 13:30-18:00`, and tells every
//! [`Fault`] of them at once, each with its place, cause and cure.
//!
//! ## Layout
//! - [`Schedule`]: what is known, and which of it wins.
//! - [`Span`]: from when to when on a day.
//! - [`Fault`]: what is wrong with a line, and what to write.
//! - [`HolidayTable`]: a country's public holidays, by rule.

mod fault;
mod holidays;
mod key;
mod read;
mod schedule;
mod span;
mod suggest;
mod value;
mod zone;

pub use fault::{Fault, Part, What};
pub use holidays::HolidayTable;
pub use schedule::Schedule;
pub use span::Span;
pub use zone::{UnknownZone, zone};

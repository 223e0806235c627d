//! When somebody is open, by tables, against a slow evaluator, and against the holidays of `PyPI`.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod agreement;
mod answers;
mod calendar;
mod faults;
mod holidays;
mod naive;
mod wins;

use hours::{Fault, Schedule, zone};
use jiff::Timestamp;

/// A schedule of lines like `mon-fri = 09:00-18:00`.
fn read(zone_name: &str, lines: &[&str]) -> Result<Schedule, Vec<Fault>> {
    let lines = lines.iter().map(|line| line.split_once(" = ").unwrap());
    Schedule::read(zone(zone_name).unwrap(), lines)
}

/// The instant at which the clock on the wall shows this, the first one of two.
fn on_wall(schedule: &Schedule, at: &str) -> Timestamp {
    let at: jiff::civil::DateTime = at.parse().unwrap();
    schedule.zone().to_timestamp(at).unwrap()
}

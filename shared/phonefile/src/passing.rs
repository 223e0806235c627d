//! What only time makes of a file: what is over, and what nobody knows yet.

use hours::HolidayTable;
use jiff::civil::DateTime;

use crate::model::{Hours, HoursLine, Until};
use crate::place::Place;
use crate::reader::Reader;

/// Notes that something is over, or else what it does until then.
pub(crate) fn until(reader: &mut Reader, until: Until, what: &str, does: &str) {
    let Some(now) = reader.now else { return };
    let end = shown(until.at);
    if now < until.at {
        reader.warning(until.place, format!("{does} until {end}"), "");
    } else {
        reader.warning(until.place, format!("{what}: {end} is over"), "take it out");
    }
}

/// As it is written.
pub(crate) fn shown(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Notes hours whose dates are all over, and those whose calendar is.
pub(crate) fn hours(reader: &mut Reader, hours: &Hours) {
    let Some(today) = reader.now.map(DateTime::date) else { return };
    let Hours { name, schedule, lines, calendar, .. } = hours;
    let is_date = |line: &&HoursLine| line.days.starts_with(|first: char| first.is_ascii_digit());
    if let (Some(last), Some(line)) = (schedule.last_date(), lines.iter().rfind(is_date))
        && last < today
    {
        let cause = format!("hours.{name}: all its dates are over, the last was {last}");
        reader.warning(line.place, cause, "write the next ones, or take them out");
    }
    if let (Some(last), Some(calendar)) = (schedule.last_day_of_calendar(), calendar)
        && last < today
    {
        let cause = format!("hours.{name}: its calendar is over, the last day was {last}");
        reader.warning(calendar.place, cause, "put the next one in its place, or take it out");
    }
}

/// Notes tables of holidays that end.
pub(crate) fn holidays(reader: &mut Reader, place: Place, tables: &str) {
    let last = HolidayTable::LAST_YEAR;
    if reader.now.is_none_or(|now| now.year() < last) {
        return;
    }
    for table in tables.split(',').filter_map(|name| HolidayTable::named(name.trim())) {
        let cause = format!("the table `{}` ends with {last}", table.name());
        reader.warning(
            place,
            cause,
            "Later holidays are those of today's law. Write a line where it has changed",
        );
    }
}

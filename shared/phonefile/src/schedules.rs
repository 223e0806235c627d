//! Reads `hours`.

use hours::{Fault, Part, Schedule, What as Wrong};
use jiff::tz::TimeZone;

use crate::model::{Calendar, Hours, HoursLine, Until};
use crate::passing;
use crate::place::Place;
use crate::reader::{Entry, Reader, short};
use crate::yaml::{Node, What};

/// A line longer than a year's Sundays is a mistake.
const LONGEST: usize = 2000;

/// How many faults of a calendar are told.
const FAULTS: usize = 50;

pub(crate) fn schedules(
    reader: &mut Reader,
    node: Option<&Node>,
    zone: &TimeZone,
    closed_until: Option<Until>,
) -> Vec<Hours> {
    let mut all = Vec::new();
    for entry in reader.named(node, "hours") {
        let what = format!("hours.{}", entry.name);
        if matches!(entry.name, "not" | "closed") {
            let cause = format!("{what}: `{}` is a word of its own", entry.name);
            reader.error(entry.place, cause, "give the hours another name");
        }
        if let Some(hours) = hours(reader, &entry, &what, zone, closed_until) {
            passing::hours(reader, &hours);
            all.push(hours);
        }
    }
    if let (Some(until), None) = (closed_until, node) {
        let cause = "closed_until closes nothing, for there are no `hours`";
        reader.warning(until.place, cause, "`off` is for all calls");
    }
    all
}

/// A half of a line: what it says, and where.
type Half = (String, Place);

fn hours(
    reader: &mut Reader,
    entry: &Entry,
    what: &str,
    zone: &TimeZone,
    closed_until: Option<Until>,
) -> Option<Hours> {
    let Entry { place, name, value } = *entry;
    if matches!(value.what, What::Nothing) {
        reader.error(place, format!("{what} has no lines"), "add one like `mon-fri: 09:00-18:00`");
        return None;
    }
    let mut lines: Vec<(Half, Half)> = Vec::new();
    let mut calendar = None;
    for Entry { place, name, value } in reader.entries(value, what) {
        if name == "calendar" {
            calendar = Some((place, value));
        } else if let Some(text) = line(reader, name, value, what) {
            if name.len().max(text.len()) > LONGEST {
                let cause = format!("{what}: a line of more than {LONGEST} characters");
                reader.error(place, cause, "give each day a line of its own");
                continue;
            }
            if name.eq_ignore_ascii_case("holidays") {
                passing::holidays(reader, place, &text);
            }
            lines.push(((name.to_owned(), place), (text, value.place)));
        }
    }
    let calendar = match calendar {
        Some((place, node)) => with_text(reader, place, node, what, zone).map(Some),
        None => Some(None),
    };
    let halves = lines.iter().map(|((key, _), (value, _))| (&**key, &**value));
    let schedule = match Schedule::read(zone.clone(), halves) {
        Ok(schedule) => schedule,
        Err(faults) => {
            tell(reader, faults, &lines);
            return None;
        }
    };
    let calendar = calendar?;
    let schedule = complete(schedule, calendar.as_ref(), closed_until)?;
    let lines =
        lines.into_iter().map(|((days, place), (hours, _))| HoursLine { days, hours, place }).collect();
    Some(Hours { name: name.to_owned(), place, schedule, lines, calendar })
}

/// What lines don't say.
pub(crate) fn complete(
    schedule: Schedule,
    calendar: Option<&Calendar>,
    closed_until: Option<Until>,
) -> Option<Schedule> {
    let schedule = match calendar {
        Some(calendar) => schedule.with_calendar(&calendar.text).ok()?,
        None => schedule,
    };
    let until = closed_until.and_then(|until| until.at.to_zoned(schedule.zone().clone()).ok());
    Some(match until {
        Some(until) => schedule.closed_until(until.timestamp()),
        None => schedule,
    })
}

/// The hours of a line.
fn line(reader: &mut Reader, name: &str, value: &Node, what: &str) -> Option<String> {
    match &value.what {
        What::Text(text) => Some(text.clone()),
        What::Nothing => Some(String::new()),
        What::List(items) if items.iter().all(|item| matches!(item.what, What::Text(_))) => {
            let texts = items.iter().filter_map(|item| match &item.what {
                What::Text(text) => Some(&**text),
                _ => None,
            });
            Some(texts.collect::<Vec<_>>().join(", "))
        }
        What::List(_) | What::Map(_) => {
            let cause = format!("{what}.{name} is {}", value.kind());
            reader.error(value.place, cause, "write hours like `09:00-12:30, 13:30-18:00`, or `closed`");
            None
        }
    }
}

/// A calendar stands in the file with its text: what is stored of a number refers to no other file.
fn with_text(
    reader: &mut Reader,
    place: Place,
    node: &Node,
    what: &str,
    zone: &TimeZone,
) -> Option<Calendar> {
    let text = reader.text(node, &format!("{what}.calendar"))?;
    if !text.contains('\n') && !text.starts_with("BEGIN:") {
        let cause = format!("{what}.calendar: {:?} is not the text of a calendar", short(text));
        let cure = "write `calendar: |`, and below it, indented, all lines of the .ics file";
        reader.error(node.place, cause, cure);
        return None;
    }
    let Err(faults) = Schedule::closed(zone.clone()).with_calendar(text) else {
        return Some(Calendar { place, text: text.to_owned() });
    };
    for fault in faults.into_iter().take(FAULTS) {
        let place = reader.source.line_of(node.place, text, fault.line);
        reader.error(place, format!("{what}.calendar: {}", fault.what.cause()), fault.what.cure());
    }
    None
}

fn tell(reader: &mut Reader, faults: Vec<Fault>, lines: &[(Half, Half)]) {
    for fault in faults {
        let Some((key, value)) = lines.get(fault.line) else { continue };
        let (text, whole) = if fault.part == Part::Key { key } else { value };
        let (range, cause) = match &fault.what {
            Wrong::Overlap { one, other } => (0..fault.range.end, format!("{one} and {other} overlap")),
            wrong => (fault.range.clone(), wrong.cause()),
        };
        let place = reader.source.part(*whole, text, range);
        let cure = match &fault.what {
            Wrong::DayTwice { line, .. } => lines.get(*line).map_or_else(String::new, |(first, _)| {
                format!("line {} has them already. Take one of them out", first.1.line)
            }),
            wrong => wrong.cure(),
        };
        reader.error(place, format!("{}: {cause}", key.0), cure);
    }
}

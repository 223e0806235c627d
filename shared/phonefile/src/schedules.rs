//! Reads `hours`.

use hours::{Part, Schedule, What as Wrong};
use jiff::tz::TimeZone;

use crate::model::{Hours, HoursLine};
use crate::place::Place;
use crate::reader::{Entry, Reader};
use crate::yaml::{Node, What};

/// A line longer than a year's Sundays is a mistake.
const LONGEST: usize = 2000;

pub(crate) fn schedules(reader: &mut Reader, node: Option<&Node>, zone: &TimeZone) -> Vec<Hours> {
    let mut all = Vec::new();
    for entry in reader.named(node, "hours") {
        let what = format!("hours.{}", entry.name);
        if matches!(entry.name, "not" | "closed") {
            let cause = format!("{what}: `{}` is a word of its own", entry.name);
            reader.error(entry.place, cause, "give the hours another name");
        }
        all.extend(schedule(reader, &entry, &what, zone));
    }
    all
}

/// A half of a line: what it says, and where.
type Half = (String, Place);

fn schedule(reader: &mut Reader, entry: &Entry, what: &str, zone: &TimeZone) -> Option<Hours> {
    let Entry { place, name, value } = *entry;
    if matches!(value.what, What::Nothing) {
        reader.error(place, format!("{what} has no lines"), "add one like `mon-fri: 09:00-18:00`");
        return None;
    }
    let mut lines: Vec<(Half, Half)> = Vec::new();
    for Entry { place, name, value } in reader.entries(value, what) {
        let text = match &value.what {
            What::Text(text) => text.clone(),
            What::Nothing => String::new(),
            What::List(items) if items.iter().all(|item| matches!(item.what, What::Text(_))) => {
                let texts = items.iter().filter_map(|item| match &item.what {
                    What::Text(text) => Some(&**text),
                    _ => None,
                });
                texts.collect::<Vec<_>>().join(", ")
            }
            What::List(_) | What::Map(_) => {
                let cause = format!("{what}.{name} is {}", value.kind());
                reader.error(value.place, cause, "write hours like `09:00-12:30, 13:30-18:00`, or `closed`");
                continue;
            }
        };
        if name.len().max(text.len()) > LONGEST {
            let cause = format!("{what}: a line of more than {LONGEST} characters");
            reader.error(place, cause, "give each day a line of its own");
            continue;
        }
        lines.push(((name.to_owned(), place), (text, value.place)));
    }
    let halves = lines.iter().map(|((key, _), (value, _))| (&**key, &**value));
    match Schedule::read(zone.clone(), halves) {
        Ok(schedule) => {
            let lines = lines
                .into_iter()
                .map(|((days, place), (hours, _))| HoursLine { days, hours, place })
                .collect();
            Some(Hours { name: name.to_owned(), place, schedule, lines })
        }
        Err(faults) => {
            for fault in faults {
                let Some((key, value)) = lines.get(fault.line) else { continue };
                let (text, whole) = if fault.part == Part::Key { key } else { value };
                let (range, cause) = match &fault.what {
                    Wrong::Overlap { one, other } => {
                        (0..fault.range.end, format!("{one} and {other} overlap"))
                    }
                    wrong => (fault.range.clone(), wrong.cause()),
                };
                let place = reader.source.part(*whole, text, range);
                let cure = match &fault.what {
                    Wrong::DayTwice { line, .. } => {
                        lines.get(*line).map_or_else(String::new, |(first, _)| {
                            format!("line {} has them already. Take one of them out", first.1.line)
                        })
                    }
                    wrong => wrong.cure(),
                };
                reader.error(place, format!("{}: {cause}", key.0), cure);
            }
            None
        }
    }
}

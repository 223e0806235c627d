//! Reads when something is over: `closed_until`, `away_until`, and other times.

use jiff::civil::DateTime;

use crate::model::Until;
use crate::passing;
use crate::reader::{Fields, Reader, short};
use crate::yaml::Node;

/// `does` is what it does until then.
pub(crate) fn until(
    reader: &mut Reader,
    fields: &Fields,
    name: &str,
    what: &str,
    does: &str,
) -> Option<Until> {
    let node = fields.get(name)?;
    let until = Until { place: node.place, at: time(reader, node, what)? };
    passing::until(reader, until, what, does);
    Some(until)
}

/// `2026-12-24 23:00`
pub(crate) fn time(reader: &mut Reader, node: &Node, what: &str) -> Option<DateTime> {
    let text = reader.text(node, what)?;
    let parsed = wall_time(text);
    if parsed.is_none() {
        let cause = format!("{what}: {:?} is no time", short(text));
        reader.error(node.place, cause, "write date and time, like 2026-12-24 23:00");
    }
    parsed
}

/// What the clock on the wall shows, as files have it: `2026-12-24 23:00`.
pub fn wall_time(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once([' ', 'T'])?;
    if date.len() != 10 || time.len() != 5 {
        return None;
    }
    let at: DateTime = format!("{date}T{time}:00").parse().ok()?;
    // At the end of time some zones have days that others don't.
    (1..9999).contains(&at.year()).then_some(at)
}

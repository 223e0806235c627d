//! Plays what a file expects, and tells what comes otherwise.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::fault::{Fault, Weight};
use crate::model::{Expectation, PhoneFile};
use crate::way::{Way, way};

/// A fault for each thing that comes otherwise than a file expects. What stands for a while (`off`, `closed_until`,
/// `away_until`) is set aside: who closes for an afternoon need not expect anything else.
pub fn unmet(file: &PhoneFile) -> Vec<Fault> {
    let file = &*lasting(file);
    let played = file.expect.iter().map(|expected| (expected, way(file, &expected.call)));
    played.flat_map(|(expected, way)| otherwise(expected, &way)).collect()
}

/// The same, of what is expected in a span of time, as the file stands: with what stands for a while.
pub fn unmet_between(file: &PhoneFile, from: Timestamp, to: Timestamp) -> Vec<Fault> {
    let is_within = |expected: &&Expectation| (from..to).contains(&expected.call.at.timestamp());
    let played = file.expect.iter().filter(is_within).map(|it| (it, way(file, &it.call)));
    played.flat_map(|(expected, way)| otherwise(expected, &way)).collect()
}

fn lasting(file: &PhoneFile) -> Cow<'_, PhoneFile> {
    let is_away = file.people.iter().any(|person| person.away_until.is_some());
    if file.off.is_none() && file.closed_until.is_none() && !is_away {
        return Cow::Borrowed(file);
    }
    let mut file = PhoneFile { off: None, closed_until: None, ..file.clone() };
    for person in &mut file.people {
        person.away_until = None;
    }
    for hours in &mut file.hours {
        hours.schedule = hours.schedule.clone().closed_until(Timestamp::MIN);
    }
    Cow::Owned(file)
}

fn otherwise(expected: &Expectation, way: &Way) -> Vec<Fault> {
    let at = &expected.call.at;
    let mut told = Vec::new();
    let mut tell = |what: String| {
        let cause = format!("expect: on {} at {} {what}", at.date(), at.strftime("%H:%M"));
        let cure = match &way.rule {
            Some(reason) if reason.why.starts_with("hours.") => reason.why.clone(),
            Some(reason) => format!("line {} fits, for {}", reason.place.line, reason.why),
            None => "no line of `calls` fits".to_owned(),
        };
        told.push(Fault { weight: Weight::Error, place: expected.place, cause, cure });
    };
    if let Some(hears) = &expected.hears {
        each(hears, &way.hears(), "the caller hears", "no prompt", &mut tell);
    }
    if let Some(menus) = &expected.menu {
        each(menus, &way.menus(), "the caller comes to", "no menu", &mut tell);
    }
    if let Some(rings) = &expected.rings {
        let rings: Vec<&str> = rings.iter().map(|it| &**it).collect();
        same(&rings, &way.rings(), |comes, expected| format!("{comes} rings, not {expected}"), &mut tell);
    }
    if let Some(forwards) = &expected.forwards {
        let forwards: Vec<&str> = forwards.iter().map(phone::PhoneNumber::reveal).collect();
        let words =
            |comes: &str, expected: &str| format!("the call is forwarded to {comes}, not to {expected}");
        same(&forwards, &way.forwards(), words, &mut tell);
    }
    if let Some(expected) = &expected.voicemail
        && way.voicemail() != Some(expected)
    {
        match way.voicemail() {
            Some(name) => tell(format!("a message is taken for `{name}`, not for `{expected}`")),
            None => tell(format!("no message is taken for `{expected}`")),
        }
    }
    match (expected.silent, way.is_silent()) {
        (Some(true), false) => tell("no message is kept in silence".to_owned()),
        (Some(false), true) => tell("a message is kept in silence".to_owned()),
        _ => {}
    }
    match (expected.rejects, way.rejects()) {
        (Some(true), false) => tell("the call is not refused".to_owned()),
        (Some(false), true) => tell("the call is refused".to_owned()),
        _ => {}
    }
    told
}

/// All that is expected comes; more may.
fn each(expected: &[String], comes: &[&str], verb: &str, none: &str, tell: &mut impl FnMut(String)) {
    for name in expected.iter().filter(|name| !comes.contains(&&***name)) {
        tell(format!("{verb} {}, not `{name}`", listed(comes, none)));
    }
}

/// What is expected comes, and no more.
fn same(
    expected: &[&str],
    comes: &[&str],
    words: impl Fn(&str, &str) -> String,
    tell: &mut impl FnMut(String),
) {
    let (mut one, mut other) = (expected.to_vec(), comes.to_vec());
    one.sort_unstable();
    one.dedup();
    other.sort_unstable();
    if one != other {
        tell(words(&listed(comes, "nobody"), &listed(expected, "nobody")));
    }
}

fn listed(names: &[&str], none: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}

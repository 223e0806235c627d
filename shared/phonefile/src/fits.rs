//! Whether a rule fits a call, and why.

use jiff::Timestamp;
use jiff::civil::DateTime;

use hours::Schedule;

use crate::model::{Call, Hours, List, PhoneFile, Rule, Term, Who};
use crate::unreached::shown;

/// Whether a rule fits.
pub(crate) struct Fit {
    pub(crate) fits: bool,
    /// The end of a sentence.
    pub(crate) why: String,
}

/// A condition alone: the first term that fits, or else why the last does not.
pub(crate) fn fits(file: &PhoneFile, rule: &Rule, call: &Call) -> Fit {
    let mut reasons = Vec::new();
    let from = any(&rule.from, |who| is_from(file, who, call));
    let when = any(&rule.when, |name| is_open(file, name, call.at));
    let to = rule.to.is_empty() || rule.to.contains(&file.number);
    for condition in [when, from].into_iter().flatten() {
        if !condition.fits {
            return condition;
        }
        reasons.push(condition.why);
    }
    if !to {
        return Fit { fits: false, why: "another number was called".to_owned() };
    }
    let why = if reasons.is_empty() { "it is for every call".to_owned() } else { reasons.join(", and ") };
    Fit { fits: true, why }
}

/// None is no condition.
fn any<T>(terms: &[Term<T>], holds: impl Fn(&T) -> (bool, String)) -> Option<Fit> {
    let mut last = None;
    for term in terms {
        let (holds, why) = holds(&term.what);
        let fits = holds != term.not;
        last = Some(Fit { fits, why });
        if fits {
            break;
        }
    }
    last
}

fn is_from(file: &PhoneFile, who: &Who, call: &Call) -> (bool, String) {
    let holds = match who {
        Who::Listed(name) => {
            let list = file.lists.iter().find(|list| list.name == *name);
            list.is_some_and(|list| is_in(list, call))
        }
        Who::FirstTime => !call.known && !file.lists.iter().any(|list| is_in(list, call)),
        who => is_caller(who, call),
    };
    let is = if holds { "is" } else { "is not" };
    let why = match who {
        Who::Listed(name) => format!("the caller {is} in `{name}`"),
        Who::FirstTime if holds => "the caller calls for the first time".to_owned(),
        Who::FirstTime => "the caller is known".to_owned(),
        Who::Anonymous if holds => "the caller shows no number".to_owned(),
        Who::Anonymous => "the caller shows a number".to_owned(),
        Who::Unverified => format!("the caller's number {is} unverified"),
        Who::Number(_) | Who::Prefix(_) => format!("the caller {is} {}", shown(who)),
    };
    (holds, why)
}

fn is_in(list: &List, call: &Call) -> bool {
    let is_over = |until: Option<jiff::civil::Date>| until.is_some_and(|until| until < call.at.date());
    list.entries.iter().any(|entry| !is_over(entry.until) && is_caller(&entry.who, call))
}

fn is_caller(who: &Who, call: &Call) -> bool {
    match (who, &call.from) {
        (Who::Number(number), Some(from)) => number == from,
        (Who::Prefix(prefix), Some(from)) => from.reveal().starts_with(prefix.as_str()),
        (Who::Anonymous, from) => from.is_none(),
        (Who::Unverified, _) => call.unverified,
        _ => false,
    }
}

/// `hours.shop (line 16) is open until 12:30`
fn is_open(file: &PhoneFile, name: &str, at: DateTime) -> (bool, String) {
    let Some(hours) = file.hours.iter().find(|hours| hours.name == name) else {
        return (false, format!("there are no hours `{name}`"));
    };
    let Some(instant) = instant(&hours.schedule, at) else {
        return (false, format!("hours.{name} can't tell of that day"));
    };
    let is_open = hours.schedule.is_open(instant);
    let line = deciding(hours, at).map_or_else(String::new, |line| format!(" (line {line})"));
    let state = if is_open { "open" } else { "closed" };
    let until = hours.schedule.next_change(instant).map_or_else(String::new, |change| {
        let change = change.to_zoned(hours.schedule.zone().clone()).datetime();
        let days = if change.date() == at.date() { "" } else { "%Y-%m-%d " };
        format!(" until {}", change.strftime(&format!("{days}%H:%M")))
    });
    (is_open, format!("hours.{name}{line} is {state}{until}"))
}

fn instant(schedule: &Schedule, at: DateTime) -> Option<Timestamp> {
    at.to_zoned(schedule.zone().clone()).ok().map(|zoned| zoned.timestamp())
}

/// The line that says it for a day: that of the date alone, of a range of dates, the holidays, or of the week.
fn deciding(hours: &Hours, at: DateTime) -> Option<usize> {
    let noon = at.date().at(12, 0, 0, 0);
    let zone = hours.schedule.zone();
    let is_open_on = |lines: &[(&str, &str)]| {
        let schedule = Schedule::read(zone.clone(), lines.iter().copied()).ok()?;
        Some(schedule.is_open(instant(&schedule, noon)?))
    };
    let rank = |days: &str| match (days.starts_with(|it: char| it.is_ascii_digit()), days.contains("..")) {
        (true, false) => 3,
        (true, true) => 2,
        _ if days == "holidays" => 1,
        _ => 0,
    };
    let names_it = |days: &str, hours: &str| {
        if days == "holidays" {
            return is_open_on(&[("mon-sun", "00:00-24:00"), (days, hours)]) == Some(false);
        }
        is_open_on(&[(days, "00:00-24:00")]) == Some(true)
    };
    let lines = hours.lines.iter().filter(|line| names_it(&line.days, &line.hours));
    lines.max_by_key(|line| rank(&line.days)).map(|line| line.place.line)
}

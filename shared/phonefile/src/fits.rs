//! Whether a rule fits a call, and why.

use domain::InList;
use hours::Schedule;
use jiff::{Timestamp, Zoned};
use phone::PhoneNumber;

use crate::model::{Call, Entry, Hours, List, PhoneFile, Rule, Term, Who};
use crate::unreached::shown;

/// Whether a rule fits.
pub(crate) fn fits(file: &PhoneFile, rule: &Rule, call: &Call) -> bool {
    let from = |term: &Term<Who>| is_from(file, &term.what, call) != term.not;
    let when = |term: &Term<String>| is_open(file, &term.what, &call.at) != term.not;
    (rule.from.is_empty() || rule.from.iter().any(from))
        && (rule.when.is_empty() || rule.when.iter().any(when))
        && (rule.to.is_empty() || rule.to.contains(&file.number))
}

/// The entry of a list by which a rule fits: of its conditions on who calls, the first that holds decides.
pub(crate) fn in_list(file: &PhoneFile, rule: &Rule, call: &Call) -> Option<InList> {
    let (term, _) = decisive(&rule.from, |who| is_from(file, who, call)).filter(|(_, fits)| *fits)?;
    let Term { not: false, what: Who::Listed(name) } = term else { return None };
    let list = file.lists.iter().find(|list| list.name == *name)?;
    let entry = entry_for(list, call)?;
    Some(InList { list: Some(name.clone()), who: entry.who.clone().into() })
}

/// Why nobody may block a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spared {
    /// It is the telephone of this person of the file.
    Telephone(String),
    /// It stands in `vip`.
    Vip,
}

/// Why nobody may block the caller, if nobody may.
pub fn spared(file: &PhoneFile, caller: &PhoneNumber, now: Timestamp) -> Option<Spared> {
    if let Some(person) = file.people.iter().find(|person| person.phone.as_ref() == Some(caller)) {
        return Some(Spared::Telephone(person.id.clone()));
    }
    let call = Call {
        from: Some(caller.clone()),
        at: now.to_zoned(file.time_zone.clone()),
        known: true,
        unverified: false,
        presses: Vec::new(),
        says: Vec::new(),
    };
    is_from(file, &Who::Listed("vip".to_owned()), &call).then_some(Spared::Vip)
}

/// Why it fits, or else why it does not: the end of a sentence, like "`shop` is open until 12:30".
///
/// Of each condition it is the first term that fits, or else the last.
pub(crate) fn why(file: &PhoneFile, rule: &Rule, call: &Call) -> String {
    let from = decisive(&rule.from, |who| is_from(file, who, call));
    let when = decisive(&rule.when, |name| is_open(file, name, &call.at));
    let when = when.map(|(term, fits)| (hours_sentence(file, &term.what, &call.at), fits));
    let from = from.map(|(term, fits)| (caller_sentence(file, &term.what, call), fits));
    let mut reasons = Vec::new();
    for (why, fits) in [when, from].into_iter().flatten() {
        if !fits {
            return why;
        }
        reasons.push(why);
    }
    if !rule.to.is_empty() && !rule.to.contains(&file.number) {
        return "another number was called".to_owned();
    }
    if reasons.is_empty() { "it is for every call".to_owned() } else { reasons.join(", and ") }
}

/// None is no condition.
fn decisive<T>(terms: &[Term<T>], holds: impl Fn(&T) -> bool) -> Option<(&Term<T>, bool)> {
    let fits = |term: &&Term<T>| holds(&term.what) != term.not;
    match terms.iter().find(fits) {
        Some(term) => Some((term, true)),
        None => terms.last().map(|term| (term, false)),
    }
}

fn is_from(file: &PhoneFile, who: &Who, call: &Call) -> bool {
    match who {
        Who::Listed(name) => {
            let list = file.lists.iter().find(|list| list.name == *name);
            list.is_some_and(|list| is_in(list, call))
        }
        Who::FirstTime => !call.known && !file.lists.iter().any(|list| is_in(list, call)),
        who => is_caller(who, call),
    }
}

fn caller_sentence(file: &PhoneFile, who: &Who, call: &Call) -> String {
    let holds = is_from(file, who, call);
    let is = if holds { "is" } else { "is not" };
    match who {
        Who::Listed(name) => format!("the caller {is} in `{name}`"),
        Who::FirstTime if holds => "the caller calls for the first time".to_owned(),
        Who::FirstTime => "the caller is known".to_owned(),
        Who::Anonymous if holds => "the caller shows no number".to_owned(),
        Who::Anonymous => "the caller shows a number".to_owned(),
        Who::Unverified => format!("the caller's number {is} unverified"),
        Who::Number(_) | Who::Prefix(_) => format!("the caller {is} {}", shown(who)),
    }
}

fn is_in(list: &List, call: &Call) -> bool {
    entry_for(list, call).is_some()
}

/// The first entry of a list that is about a call.
fn entry_for<'a>(list: &'a List, call: &Call) -> Option<&'a Entry> {
    let today = call.at.date();
    let counts = |until: Option<jiff::civil::Date>| until.is_none_or(|until| today <= until);
    list.entries.iter().find(|entry| is_caller(&entry.who, call) && counts(entry.until))
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

fn is_open(file: &PhoneFile, name: &str, at: &Zoned) -> bool {
    let hours = file.hours.iter().find(|hours| hours.name == name);
    hours.is_some_and(|hours| hours.schedule.is_open(at.timestamp()))
}

/// `hours.shop (line 16) is open until 12:30`
fn hours_sentence(file: &PhoneFile, name: &str, at: &Zoned) -> String {
    let Some(hours) = file.hours.iter().find(|hours| hours.name == name) else {
        return format!("there are no hours `{name}`");
    };
    let shut = file.closed_until.filter(|until| at.datetime() < until.at).map(|until| until.place.line);
    let line =
        shut.or_else(|| deciding(hours, at)).map_or_else(String::new, |line| format!(" (line {line})"));
    let state = if hours.schedule.is_open(at.timestamp()) { "open" } else { "closed" };
    let until = hours.schedule.next_change(at.timestamp()).map_or_else(String::new, |change| {
        let change = change.to_zoned(hours.schedule.zone().clone());
        let days = if change.date() == at.date() { "" } else { "%Y-%m-%d " };
        format!(" until {}", change.strftime(&format!("{days}%H:%M")))
    });
    format!("hours.{name}{line} is {state}{until}")
}

/// The line that says it for a day: that of the date alone, of a range of dates, the holidays, the calendar, or of the
/// week.
fn deciding(hours: &Hours, at: &Zoned) -> Option<usize> {
    let zone = hours.schedule.zone();
    let noon = at.date().at(12, 0, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
    let is_open_on = |lines: &[(&str, &str)]| {
        Some(Schedule::read(zone.clone(), lines.iter().copied()).ok()?.is_open(noon))
    };
    let is_holidays = |days: &str| days.trim().eq_ignore_ascii_case("holidays");
    let rank = |days: &str| match (days.starts_with(|it: char| it.is_ascii_digit()), days.contains("..")) {
        (true, false) => 3,
        (true, true) => 2,
        _ if is_holidays(days) => 1,
        _ => 0,
    };
    let names_it = |days: &str, hours: &str| {
        if is_holidays(days) {
            return is_open_on(&[("mon-sun", "00:00-24:00"), (days, hours)]) == Some(false);
        }
        is_open_on(&[(days, "00:00-24:00")]) == Some(true)
    };
    let lines = hours.lines.iter().filter(|line| names_it(&line.days, &line.hours));
    let (rank, line) = lines
        .map(|line| (rank(&line.days), line.place.line))
        .max_by_key(|(rank, _)| *rank)
        .map_or((0, None), |(rank, line)| (rank, Some(line)));
    let calendar = hours.calendar.as_ref().filter(|_| rank == 0);
    let calendar = calendar.filter(|_| hours.schedule.is_in_calendar(at.timestamp()));
    calendar.map(|calendar| calendar.place.line).or(line)
}

//! What a number's phone file leaves out, or will not do as its owner thinks.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use phone::PhoneNumber;
use phonefile::model::{Action, PhoneFile, Plan, Rung};
use phonefile::{Fault, Weight};

use crate::doctor::check::{Check, Health};
use crate::doctor::facts::FileFacts;
use crate::reading::international;

/// How far is looked ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(14 * 24);

const ABOUT: &str = "phone file";

/// `masked` are all numbers in service.
pub(super) fn judge(
    number: &PhoneNumber,
    facts: &FileFacts,
    masked: &[&PhoneNumber],
    now: Timestamp,
) -> Vec<Check> {
    let (shown, plain, version) = (international(number), number.reveal(), facts.version);
    let edit = format!(
        "write it out with `aftertone number show {plain} --file`, and give it back with `aftertone number edit {plain} --file FILE`"
    );
    let mut checks = Vec::new();
    match &facts.stored {
        Err(why) => checks.push(Check::bad(
            ABOUT,
            format!("{shown}: calls can't go by version {version} of its phone file: {why}"),
            format!("if a later release wrote it, deploy that one again; else {edit}"),
        )),
        Ok(file) => {
            checks.extend(reach(file, masked, &shown, &edit));
            checks.extend(together(file, &shown));
        }
    }
    match &facts.text {
        Err(why) => {
            checks.push(Check::unknown(
                ABOUT,
                format!("{shown}: the text of its phone file is not known: {why}"),
            ));
        }
        Ok(text) => checks.extend(ahead(text, now, &shown, &edit)),
    }
    if checks.iter().all(|check| check.health == Health::Good) {
        checks.insert(0, Check::good(ABOUT, format!("{shown} goes by version {version} of its phone file")));
    }
    checks
}

/// Who can't be reached.
fn reach(file: &PhoneFile, masked: &[&PhoneNumber], shown: &str, edit: &str) -> Vec<Check> {
    let rung = file.telephones();
    let mut checks = Vec::new();
    if rung.is_empty() && file.off.is_none() {
        checks.push(Check::warning(
            ABOUT,
            format!("{shown}: its phone file rings nobody: no call comes through to a person"),
            format!("add a `ring` to a plan: {edit}"),
        ));
    }
    for person in &file.people {
        let id = &person.id;
        match &person.phone {
            Some(phone) if masked.contains(&phone) || *phone == file.number => checks.push(Check::bad(
                ABOUT,
                format!(
                    "{shown}: `{id}` never rings: their telephone {} is a masked number, which is left out so that no \
                     call goes round in circles",
                    international(phone)
                ),
                format!("name their own telephone: {edit}"),
            )),
            Some(phone) if person.email.is_none() && !rung.contains(&phone) => checks.push(Check::warning(
                ABOUT,
                format!("{shown}: `{id}` can't be reached: no plan rings them, and they have no e-mail address"),
                format!("ring them, give them an address, or take them out: {edit}"),
            )),
            None if person.email.is_none() => checks.push(Check::warning(
                ABOUT,
                format!("{shown}: `{id}` can't be reached: they have neither telephone nor e-mail address"),
                format!("give them one, or take them out: {edit}"),
            )),
            _ => {}
        }
    }
    checks
}

/// Twilio places a call a second, unless an account has more.
fn together(file: &PhoneFile, shown: &str) -> Option<Check> {
    let groups = plans(file).into_iter().flat_map(rings);
    let (late, people) = groups.map(|people| (late(people), people.len())).max()?;
    if late.is_zero() {
        return None;
    }
    Some(Check::note(
        ABOUT,
        format!(
            "{shown} rings {people} telephones together: at Twilio's usual one call a second the last begins to ring \
             {} s late",
            late.as_secs()
        ),
        "where that matters, let some ring `after` others, or ask Twilio for more calls a second",
    ))
}

fn plans(file: &PhoneFile) -> Vec<&Plan> {
    let menus = file
        .menus
        .iter()
        .flat_map(|menu| menu.options.iter().map(|option| &option.plan).chain(menu.otherwise.as_ref()));
    let rules = file.calls.iter().map(|rule| &rule.plan).chain(&file.off);
    rules.chain(file.plans.iter().map(|named| &named.plan)).chain(menus).collect()
}

fn rings(plan: &Plan) -> impl Iterator<Item = &[Rung]> {
    plan.iter().filter_map(|step| match &step.action {
        Action::Ring { people, .. } => Some(&people[..]),
        _ => None,
    })
}

/// How much later than it should the latest of these begins to ring, if one is placed a second.
fn late(people: &[Rung]) -> Duration {
    let mut due: Vec<Duration> = people.iter().map(|rung| rung.after).collect();
    due.sort();
    let (mut free, mut latest) = (Duration::ZERO, Duration::ZERO);
    for after in due {
        let placed = after.max(free);
        latest = latest.max(placed.saturating_sub(after));
        free = placed.saturating_add(Duration::from_secs(1));
    }
    latest
}

/// What the next days make of it.
fn ahead(text: &str, now: Timestamp, shown: &str, edit: &str) -> Vec<Check> {
    let then = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    let told = |fault: &Fault| format!("{shown}: line {}: {}", fault.place.line, fault.sentence());
    let checked = match phonefile::read_at(text, then) {
        Ok(checked) => checked,
        Err(faults) => {
            let errors: Vec<&Fault> = faults.iter().filter(|fault| fault.weight == Weight::Error).collect();
            let first = errors.first().map_or_else(String::new, |fault| told(fault));
            return vec![Check::warning(
                ABOUT,
                format!(
                    "{first} ({} in all). This release does not take the text any more; calls go on by what is stored",
                    errors.len()
                ),
                format!("mend it before its next edit: {edit}"),
            )];
        }
    };
    let mut checks = Vec::new();
    // What is away or closed for a while, its owner knows.
    let people = checked.file.people.iter().filter_map(|person| person.away_until);
    let for_a_while: BTreeSet<usize> =
        people.chain(checked.file.closed_until).map(|until| until.place.from).collect();
    let lasting = phonefile::read(text).map(|checked| checked.warnings).unwrap_or_default();
    for fault in &checked.warnings {
        if !lasting.contains(fault) && !for_a_while.contains(&fault.place.from) {
            checks.push(Check::warning(ABOUT, format!("{}, by {}", told(fault), day(then)), edit));
        }
    }
    for fault in phonefile::unmet_between(&checked.file, now, then) {
        checks.push(Check::warning(
            ABOUT,
            format!("{shown}: line {}: {}, as it stands now ({})", fault.place.line, fault.cause, fault.cure),
            format!("take out what stands for a while, or write what you expect anew: {edit}"),
        ));
    }
    checks
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests;

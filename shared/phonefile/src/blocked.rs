//! Who can't be blocked: people of the file, and VIPs.

use crate::lists::covers;
use crate::model::{Action, List, Person, Rule, Who};
use crate::reader::Reader;
use crate::unreached::shown;

/// The list of callers who always get through.
const VIP: &str = "vip";

/// The list of callers who never do.
const BLOCKED: &str = "blocked";

/// Notes who is blocked and must not be.
pub(crate) fn blocked(reader: &mut Reader, lists: &[List], people: &[Person], rules: &[Rule]) {
    let vip = lists.iter().find(|list| list.name == VIP);
    let refusing: Vec<(&Rule, &str)> =
        rules.iter().filter_map(|rule| Some((rule, refused(&rule.plan.first()?.action)?))).collect();
    let blocked = |list: &List| {
        let names = |rule: &Rule| {
            let is_it = |who: &Who| matches!(who, Who::Listed(name) if *name == list.name);
            rule.from.iter().any(|term| !term.not && is_it(&term.what))
        };
        let of_rule = refusing.iter().find(|(rule, _)| names(rule)).map(|(_, what)| *what);
        of_rule.or((list.name == BLOCKED).then_some(REFUSED))
    };
    for (list, what) in lists.iter().filter_map(|list| Some((list, blocked(list)?))) {
        if list.name == VIP {
            let cause = format!("lists.{VIP} is {what}, and VIPs can't be blocked");
            reader.error(list.place, cause, "give the list another name");
            continue;
        }
        for entry in &list.entries {
            let whole = entry.place;
            check(reader, &entry.who, people, vip, |reader, whom| {
                let cause = format!("lists.{}: \"{}\" blocks {whom}", list.name, shown(&entry.who));
                reader.error(whole, cause, "leave it out, or write a longer prefix");
            });
        }
    }
    for (rule, what) in refusing {
        for term in rule.from.iter().filter(|it| !it.not) {
            check(reader, &term.what, people, vip, |reader, whom| {
                let cause = format!("\"{}\" is {what} here, and is {whom}", shown(&term.what));
                reader.error(rule.place, cause, "leave it out of `from`");
            });
        }
    }
}

const REFUSED: &str = "refused";

/// What becomes of callers of whom nobody hears.
fn refused(action: &Action) -> Option<&'static str> {
    match action {
        Action::Reject => Some(REFUSED),
        Action::Silent => Some("kept in silence"),
        _ => None,
    }
}

fn check(
    reader: &mut Reader,
    who: &Who,
    people: &[Person],
    vip: Option<&List>,
    mut tell: impl FnMut(&mut Reader, &str),
) {
    if !matches!(who, Who::Number(_) | Who::Prefix(_)) {
        return;
    }
    let blocks = |person: &&Person| {
        person.phone.as_ref().is_some_and(|phone| covers(who, &Who::Number(phone.clone())))
    };
    if let Some(person) = people.iter().find(blocks) {
        tell(reader, &format!("the telephone of `{}`", person.id));
    }
    // Each with each would take long of thousands: a prefix is compared with all, a number is looked for.
    if let Some(entry) = vip.and_then(|vip| vip.entries.iter().find(|entry| covers(who, &entry.who))) {
        tell(reader, &format!("\"{}\", a VIP of line {}", shown(&entry.who), entry.place.line));
    }
}

//! Rules that an earlier one leaves nothing to, and names that nothing mentions.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use crate::lists::covers;
use crate::model::{Action, List, Menu, NamedPlan, Plan, Rule, Term, Who};
use crate::reader::Reader;

/// Notes rules that no call comes to.
pub(crate) fn rules(reader: &mut Reader, rules: &[Rule], lists: &[List]) {
    let lists = Lists::of(lists);
    for (at, rule) in rules.iter().enumerate() {
        let earlier = &rules[..at];
        if let Some(swallows) = earlier.iter().find(|it| it.swallows(rule, &lists)) {
            let cause = format!("never reached: line {} takes {}", swallows.place.line, swallows.takes());
            let cure = match (swallows.from.is_empty(), swallows.when.is_empty()) {
                (true, false) => "Is `from` missing there?",
                (true, true) => "Is `from` or `when` missing there? Else put it last",
                (false, _) => "Put this line before it, or leave it out",
            };
            reader.error(rule.place, cause, cure);
        } else if let Some((one, other)) = complement(earlier, rule, &lists) {
            let (one, other) = (one.place.line, other.place.line);
            let cause = format!("never reached: lines {one} and {other} take every call between them");
            reader.error(rule.place, cause, "Leave this out, or one of them");
        }
    }
}

/// Two rules that are each for what the other is not for.
fn complement<'a>(earlier: &'a [Rule], rule: &Rule, lists: &Lists) -> Option<(&'a Rule, &'a Rule)> {
    let pairs =
        earlier.iter().enumerate().flat_map(|(at, one)| earlier[..at].iter().map(move |it| (it, one)));
    let mut pairs = pairs.filter(|(one, other)| one.to.is_empty() && other.to.is_empty());
    pairs.find(|(one, other)| {
        let when = is_opposite(&one.when, &other.when);
        let from = is_opposite(&one.from, &other.from);
        (when && from_covers(&one.from, &rule.from, lists) && from_covers(&other.from, &rule.from, lists))
            || (from && when_covers(&one.when, &rule.when) && when_covers(&other.when, &rule.when))
    })
}

fn is_opposite<T: PartialEq>(one: &[Term<T>], other: &[Term<T>]) -> bool {
    one.iter().any(|one| other.iter().any(|other| one.what == other.what && one.not != other.not))
}

impl Rule {
    fn swallows(&self, later: &Rule, lists: &Lists) -> bool {
        let to =
            self.to.is_empty() || (!later.to.is_empty() && later.to.iter().all(|it| self.to.contains(it)));
        // There is one number to a file: whoever names it says nothing.
        let to = to || !self.to.is_empty();
        to && when_covers(&self.when, &later.when) && from_covers(&self.from, &later.from, lists)
    }

    /// Which calls, in words.
    fn takes(&self) -> String {
        let word = |not: bool, name: &str| if not { format!("not `{name}`") } else { format!("`{name}`") };
        let mut takes = "every call".to_owned();
        if !self.from.is_empty() {
            let from: Vec<String> = self.from.iter().map(|it| word(it.not, &shown(&it.what))).collect();
            let _ = write!(takes, " from {}", from.join(", "));
        }
        if !self.when.is_empty() {
            let when: Vec<String> = self.when.iter().map(|it| word(it.not, &it.what)).collect();
            let _ = write!(takes, " in {}", when.join(", "));
        }
        takes
    }
}

/// As a rule names it.
pub(crate) fn shown(who: &Who) -> String {
    match who {
        Who::Number(number) => number.reveal().to_owned(),
        Who::Prefix(prefix) => format!("{prefix}*"),
        Who::Anonymous => "anonymous".to_owned(),
        Who::Unverified => "unverified".to_owned(),
        Who::FirstTime => "first-time".to_owned(),
        Who::Listed(name) => name.clone(),
    }
}

fn when_covers(earlier: &[Term<String>], later: &[Term<String>]) -> bool {
    is_everything(earlier) || (!later.is_empty() && later.iter().all(|it| earlier.contains(it)))
}

fn from_covers(earlier: &[Term<Who>], later: &[Term<Who>], lists: &Lists) -> bool {
    let covered = |later: &Term<Who>| {
        earlier.iter().any(|earlier| match (earlier.not, later.not) {
            (false, false) => lists.covers(&earlier.what, &later.what),
            // Who is not in the larger is not in the smaller.
            (true, true) => lists.covers(&later.what, &earlier.what),
            // Who calls for the first time stands in no list.
            (true, false) => later.what == Who::FirstTime && matches!(earlier.what, Who::Listed(_)),
            (false, true) => false,
        })
    };
    is_everything(earlier) || (!later.is_empty() && later.iter().all(covered))
}

fn is_everything<T: PartialEq>(terms: &[Term<T>]) -> bool {
    terms.is_empty() || is_opposite(terms, terms)
}

/// Who is in which list for ever.
struct Lists<'a> {
    by_name: HashMap<&'a str, (&'a List, Members<'a>)>,
}

/// Those of a list who stay in it.
struct Members<'a> {
    all: HashSet<&'a Who>,
    prefixes: HashSet<&'a str>,
}

impl<'a> Lists<'a> {
    fn of(lists: &'a [List]) -> Self {
        let by_name = lists.iter().map(|list| {
            let all: HashSet<&Who> =
                list.entries.iter().filter(|it| it.until.is_none()).map(|it| &it.who).collect();
            let prefixes = all.iter().filter_map(|who| match who {
                Who::Prefix(prefix) => Some(&**prefix),
                _ => None,
            });
            let prefixes = prefixes.collect();
            (&*list.name, (list, Members { all, prefixes }))
        });
        Self { by_name: by_name.collect() }
    }

    fn covers(&self, that: &Who, this: &Who) -> bool {
        if that == this {
            return true;
        }
        match (that, this) {
            (Who::Listed(that), Who::Listed(this)) => {
                let (Some((_, that)), Some((this, _))) =
                    (self.by_name.get(&**that), self.by_name.get(&**this))
                else {
                    return false;
                };
                !this.entries.is_empty() && this.entries.iter().all(|entry| that.has(&entry.who))
            }
            (Who::Listed(that), this) => {
                self.by_name.get(&**that).is_some_and(|(_, members)| members.has(this))
            }
            (that, Who::Listed(this)) => self.by_name.get(&**this).is_some_and(|(list, _)| {
                !list.entries.is_empty() && list.entries.iter().all(|entry| covers(that, &entry.who))
            }),
            (that, this) => covers(that, this),
        }
    }
}

impl Members<'_> {
    fn has(&self, who: &Who) -> bool {
        let digits = match who {
            Who::Number(number) => number.reveal(),
            Who::Prefix(prefix) => prefix,
            _ => return self.all.contains(who),
        };
        self.all.contains(who)
            || (2..=digits.len()).any(|end| digits.get(..end).is_some_and(|it| self.prefixes.contains(it)))
    }
}

/// Notes plans and menus that no rule leads to.
pub(crate) fn unused(reader: &mut Reader, plans: &[NamedPlan], menus: &[Menu], roots: &[&Plan]) {
    let by_plan: HashMap<&str, &NamedPlan> = plans.iter().map(|it| (&*it.name, it)).collect();
    let by_menu: HashMap<&str, &Menu> = menus.iter().map(|it| (&*it.name, it)).collect();
    let (mut seen_plans, mut seen_menus): (HashSet<&str>, HashSet<&str>) = (HashSet::new(), HashSet::new());
    let mut next: Vec<&Plan> = roots.to_vec();
    while let Some(plan) = next.pop() {
        for step in plan {
            match &step.action {
                Action::Plan(name) if seen_plans.insert(name) => {
                    next.extend(by_plan.get(&**name).map(|it| &it.plan));
                }
                Action::Menu(name) if seen_menus.insert(name) => {
                    let menu = by_menu.get(&**name);
                    next.extend(menu.into_iter().flat_map(|it| it.options.iter().map(|it| &it.plan)));
                    next.extend(menu.and_then(|it| it.otherwise.as_ref()));
                }
                _ => {}
            }
        }
    }
    for plan in plans.iter().filter(|it| !seen_plans.contains(&*it.name)) {
        reader.warning(plan.place, format!("no rule leads to plan {}", plan.name), UNUSED);
    }
    for menu in menus.iter().filter(|it| !seen_menus.contains(&*it.name)) {
        reader.warning(menu.place, format!("no rule leads to menu {}", menu.name), UNUSED);
    }
}

const UNUSED: &str = "Name it in `calls`, or leave it out";

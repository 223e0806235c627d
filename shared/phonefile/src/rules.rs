//! Reads `calls`.

use phone::PhoneNumber;

use crate::keys::RULE;
use crate::lists;
use crate::model::{Person, Rule, Term, Who};
use crate::near;
use crate::place::Place;
use crate::plan::plan;
use crate::reader::{Reader, short};
use crate::yaml::{Node, What};

pub(crate) fn calls(reader: &mut Reader, node: Option<&Node>, people: &[Person]) -> Vec<Rule> {
    let Some(node) = node else { return Vec::new() };
    let mut items = node.items();
    reader.at_most(&mut items, "calls", |node| node.place);
    items.into_iter().filter_map(|item| rule(reader, item, people)).collect()
}

/// How many terms a condition may have: more belong in a list.
const TERMS: usize = 50;

fn rule(reader: &mut Reader, node: &Node, people: &[Person]) -> Option<Rule> {
    let place = reader.source.with_dash(node.place);
    if !matches!(node.what, What::Map(_)) {
        let cause = format!("{} is no rule", node.kind());
        reader.error(place, cause, "write one like `- { from: vip, do: voicemail }`");
        return None;
    }
    let fields = reader.fields(node, &RULE, "a rule");
    let mut is_whole = true;
    let (mut from, mut when, mut to): (Vec<Term<Who>>, Vec<Term<String>>, Vec<PhoneNumber>) =
        (Vec::new(), Vec::new(), Vec::new());
    for item in fields.get("from").map(Node::items).unwrap_or_default() {
        let term = term(reader, item, "from")
            .and_then(|(not, place, text)| Some(Term { not, what: lists::from(reader, place, text)? }));
        is_whole &= term.is_some();
        from.extend(term);
    }
    for item in fields.get("when").map(Node::items).unwrap_or_default() {
        let term = term(reader, item, "when")
            .and_then(|(not, place, text)| Some(Term { not, what: hours_named(reader, place, text)? }));
        is_whole &= term.is_some();
        when.extend(term);
    }
    for item in fields.get("to").map(Node::items).unwrap_or_default() {
        let number = reader.number(item, "to");
        if let (Some(number), Some(home)) = (&number, &reader.home)
            && number != home
        {
            let cause = format!("to: {} is not the number of this file", number.reveal());
            reader.error(item.place, cause, "each number has a file of its own. Leave the rule out");
            is_whole = false;
        }
        is_whole &= number.is_some();
        to.extend(number);
    }
    for name in ["from", "when", "to"] {
        if let Some(node) = fields.get(name)
            && matches!(node.what, What::Nothing | What::List(_))
            && node.items().is_empty()
        {
            reader.error(
                node.place,
                format!("`{name}` says nothing, so the rule is for no call"),
                "leave it out",
            );
            is_whole = false;
        }
        if let Some(item) = fields.get(name).and_then(|node| node.items().get(TERMS).copied()) {
            let cause = format!("`{name}` names more than {TERMS}");
            reader.error(item.place, cause, "put them in a list");
            return None;
        }
    }
    let plan = fields.get("do").map(|node| plan(reader, node, people, "do"));
    // One that is half read would be taken for one that swallows more.
    Some(Rule { place, from, when, to, plan: plan? }).filter(|_| is_whole)
}

/// A word, or `not` and a word.
fn term<'n>(reader: &mut Reader, node: &'n Node, what: &str) -> Option<(bool, Place, &'n str)> {
    let text = reader.text(node, what)?;
    Some(match text.strip_prefix("not ") {
        Some(rest) => {
            let at = text.len() - rest.trim_start().len();
            (true, reader.source.part(node.place, text, at..text.len()), rest.trim())
        }
        None => (false, node.place, text),
    })
}

fn hours_named(reader: &mut Reader, place: Place, name: &str) -> Option<String> {
    if reader.knows("hours", name) {
        return Some(name.to_owned());
    }
    let known = reader.names("hours").to_vec();
    let cure = near::cure(name, known.iter().map(|it| &**it), "add them under `hours:`");
    reader.error(place, format!("`{}` are no hours", short(name)), cure);
    None
}

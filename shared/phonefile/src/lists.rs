//! Reads `lists`, and what else names callers.

use phone::PhoneNumber;

use crate::keys::ENTRY;
use crate::model::{Entry, List, Who};
use crate::near;
use crate::numbers::bare;
use crate::place::Place;
use crate::reader::{self, Reader, short};
use crate::yaml::{Node, What};

/// What names callers besides lists.
pub(crate) const WORDS: [&str; 3] = ["anonymous", "unverified", "first-time"];

/// How many callers a list may have.
const MOST: usize = 5000;

pub(crate) fn lists(reader: &mut Reader, node: Option<&Node>) -> Vec<List> {
    let entries = reader.named(node, "lists");
    entries.into_iter().map(|entry| list(reader, &entry)).collect()
}

fn list(reader: &mut Reader, entry: &reader::Entry) -> List {
    let reader::Entry { place, name, value } = *entry;
    let what = format!("lists.{name}");
    if WORDS.contains(&name) || name == "not" {
        let cause = format!("{what}: rules know `{name}` already");
        reader.error(place, cause, "give the list another name");
    }
    let mut items = value.items();
    if let Some(item) = items.get(MOST) {
        let cause = format!("{what} has {} entries", items.len());
        reader.error(item.place, cause, format!("{MOST} is the most. Prefixes like \"+1900*\" take fewer"));
        items.truncate(MOST);
    }
    let mut all: Vec<Entry> = Vec::new();
    let mut seen = std::collections::HashMap::new();
    for item in items {
        let Some(entry) = caller(reader, item, &what) else { continue };
        if let Some(line) = seen.get(&entry.who) {
            let cause = format!("{what}: line {line} has this caller already");
            reader.warning(entry.place, cause, "leave one of them out");
        } else {
            seen.insert(entry.who.clone(), entry.place.line);
        }
        all.push(entry);
    }
    List { name: name.to_owned(), place, entries: all }
}

fn caller(reader: &mut Reader, node: &Node, what: &str) -> Option<Entry> {
    if let What::Text(text) = &node.what {
        let who = who(reader, node.place, text, what)?;
        return Some(Entry { place: node.place, who, note: None, until: None });
    }
    if !matches!(node.what, What::Map(_)) {
        let kind = node.kind();
        reader.error(node.place, format!("{what}: {kind} is no caller"), "write a number");
        return None;
    }
    let fields = reader.fields(node, &ENTRY, what);
    let why = fields.get("note").and_then(|note| reader.text(note, &format!("{what}, note")));
    let until = fields.get("until").and_then(|until| reader.date(until, &format!("{what}, until")));
    let written = fields.get("who")?;
    let text = reader.text(written, &format!("{what}, who"))?;
    let who = who(reader, written.place, text, what)?;
    Some(Entry { place: written.place, who, note: why.map(str::to_owned), until })
}

/// A number, a prefix, or who shows none.
fn who(reader: &mut Reader, place: Place, text: &str, what: &str) -> Option<Who> {
    match text {
        "anonymous" => return Some(Who::Anonymous),
        "unverified" => return Some(Who::Unverified),
        "first-time" => {
            let cure = "write `from: first-time` in the rule";
            reader.error(place, format!("{what}: nobody is in a list who calls for the first time"), cure);
            return None;
        }
        _ => {}
    }
    if let Some(prefix) = text.strip_suffix('*') {
        return prefix_of(reader, place, prefix, what);
    }
    let is_number = text.starts_with(['+', '(']) || text.bytes().any(|byte| byte.is_ascii_digit());
    if is_number {
        // Who calls from such a number may well be listed.
        if let Ok(number) = PhoneNumber::parse(&bare(text)) {
            return Some(Who::Number(number));
        }
        return reader.number_in(place, text, what).map(Who::Number);
    }
    let words = ["anonymous", "unverified"];
    let cure = match near::nearest(text, words) {
        Some(word) => format!("Did you mean `{word}`?"),
        None => "write a number, a prefix like \"+1900*\", `anonymous` or `unverified`".to_owned(),
    };
    reader.error(place, format!("{what}: {:?} is no caller", short(text)), cure);
    None
}

fn prefix_of(reader: &mut Reader, place: Place, prefix: &str, what: &str) -> Option<Who> {
    let prefix = bare(prefix);
    let digits = prefix.strip_prefix('+').unwrap_or(&prefix);
    let is_digits = digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if prefix.starts_with('+') && is_digits && !digits.starts_with('0') && !digits.is_empty() {
        return Some(Who::Prefix(prefix));
    }
    let written = format!("{prefix}*");
    let cure = if is_digits && !digits.is_empty() && !digits.starts_with('0') {
        format!("begin with + and the country, as in \"+{digits}*\"")
    } else {
        "begin with + and the country, as in \"+1900*\"".to_owned()
    };
    reader.error(place, format!("{what}: {:?} is no prefix", short(&written)), cure);
    None
}

/// Who a rule is about: a list, a caller, or who calls for the first time.
pub(crate) fn from(reader: &mut Reader, place: Place, text: &str) -> Option<Who> {
    match text {
        "first-time" => return Some(Who::FirstTime),
        "anonymous" => return Some(Who::Anonymous),
        "unverified" => return Some(Who::Unverified),
        _ if text.starts_with(['+', '(']) || text.starts_with(|first: char| first.is_ascii_digit()) => {
            return who(reader, place, text, "from");
        }
        _ if reader.knows("lists", text) => return Some(Who::Listed(text.to_owned())),
        _ => {}
    }
    let lists: Vec<String> = reader.names("lists").to_vec();
    let known = lists.iter().map(|it| &**it).chain(WORDS);
    let cure = near::cure(text, known, "");
    reader.error(place, format!("`{}` is no list", short(text)), cure);
    None
}

/// Whether a caller of this kind is one of that.
pub(crate) fn covers(that: &Who, this: &Who) -> bool {
    match (that, this) {
        (Who::Prefix(that), Who::Prefix(this)) => this.starts_with(that.as_str()),
        (Who::Prefix(that), Who::Number(this)) => this.reveal().starts_with(that.as_str()),
        _ => that == this,
    }
}

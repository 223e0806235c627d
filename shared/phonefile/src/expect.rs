//! Reads `expect`.

use jiff::tz::TimeZone;
use phone::PhoneNumber;

use crate::keys::EXPECTATION;
use crate::model::{Call, Expectation};
use crate::near;
use crate::reader::{Fields, Reader, short};
use crate::until::time;
use crate::yaml::{Node, What};

/// What an expectation may be about.
const OUTCOMES: [&str; 7] = ["hears", "menu", "rings", "forwards", "voicemail", "silent", "rejects"];

pub(crate) fn expectations(reader: &mut Reader, node: Option<&Node>, zone: &TimeZone) -> Vec<Expectation> {
    let Some(node) = node else { return Vec::new() };
    let mut items = node.items();
    reader.at_most(&mut items, "expect", |node| node.place);
    items.into_iter().filter_map(|item| expectation(reader, item, zone)).collect()
}

fn expectation(reader: &mut Reader, node: &Node, zone: &TimeZone) -> Option<Expectation> {
    let place = reader.source.with_dash(node.place);
    if !matches!(node.what, What::Map(_)) {
        let cause = format!("{} expects nothing", node.kind());
        reader.error(place, cause, "write one like `- { at: 2026-12-24 12:00, hears: closed }`");
        return None;
    }
    let before = reader.count();
    let fields = reader.fields(node, &EXPECTATION, "expect");
    if OUTCOMES.iter().all(|name| fields.get(name).is_none()) && reader.count() == before {
        let cause = "expect: nothing is expected of this call";
        reader.error(
            place,
            cause,
            "add `rings`, `hears`, `menu`, `voicemail`, `forwards`, `silent` or `rejects`",
        );
    }
    let call = call(reader, &fields, zone);
    let hears = many(reader, &fields, "hears", prompt);
    let menu = many(reader, &fields, "menu", |reader, node| reader.name(node, "menus", "menu"));
    let rings = many(reader, &fields, "rings", |reader, node| reader.name(node, "people", "person"));
    let forwards = many(reader, &fields, "forwards", |reader, node| reader.number(node, "expect, forwards"));
    let voicemail = fields.get("voicemail").and_then(|node| reader.name(node, "people", "person"));
    let silent = fields.get("silent").and_then(|node| reader.flag(node, "expect, silent"));
    let rejects = fields.get("rejects").and_then(|node| reader.flag(node, "expect, rejects"));
    // One that is half read expects something else.
    (reader.count() == before).then_some(())?;
    Some(Expectation { place, call: call?, hears, menu, rings, forwards, voicemail, silent, rejects })
}

fn many<T>(
    reader: &mut Reader,
    fields: &Fields,
    name: &str,
    mut read: impl FnMut(&mut Reader, &Node) -> Option<T>,
) -> Option<Vec<T>> {
    let node = fields.get(name)?;
    Some(node.items().into_iter().filter_map(|item| read(reader, item)).collect())
}

fn prompt(reader: &mut Reader, node: &Node) -> Option<String> {
    let name = reader.text(node, "expect, hears")?;
    if domain::Prompt::named(name).is_some() || reader.knows("prompts", name) {
        return Some(name.to_owned());
    }
    let own = reader.names("prompts").to_vec();
    let names = own.iter().map(|it| &**it).chain(domain::Prompt::ALL.map(domain::Prompt::name));
    let cure = near::cure(name, names, "");
    reader.error(node.place, format!("`{}` is no prompt", short(name)), cure);
    None
}

/// Who calls where nothing is said: a number that is set aside for examples, so that nobody has it, and nobody lists it.
pub fn unknown_caller() -> Option<PhoneNumber> {
    PhoneNumber::parse("+12025550100").ok()
}

fn call(reader: &mut Reader, fields: &Fields, zone: &TimeZone) -> Option<Call> {
    let from = match fields.get("from") {
        Some(node) if matches!(&node.what, What::Text(text) if text == "anonymous") => None,
        Some(node) => Some(reader.number(node, "expect, from")?),
        None => unknown_caller(),
    };
    let at = time(reader, fields.get("at")?, "expect")?.to_zoned(zone.clone()).ok()?;
    let mut flag = |name| fields.get(name).and_then(|node| reader.flag(node, &format!("expect, {name}")));
    let (known, unverified) = (flag("known").unwrap_or(false), flag("unverified").unwrap_or(false));
    let mut presses = Vec::new();
    for node in fields.get("presses").map(Node::items).unwrap_or_default() {
        let text = reader.text(node, "expect, presses")?;
        for key in text.chars().filter(|key| !key.is_whitespace()).take(50) {
            if key.is_ascii_digit() {
                presses.push(key);
            } else {
                let cause = format!("expect: {key:?} is no key of a menu");
                reader.error(node.place, cause, "write keys of 0 to 9, one for each menu: `[2, 1]`");
                return None;
            }
        }
    }
    let says = many(reader, fields, "says", |reader, node| {
        reader.text(node, "expect, says").map(|text| text.trim().to_lowercase())
    });
    Some(Call { from, at, known, unverified, presses, says: says.unwrap_or_default() })
}

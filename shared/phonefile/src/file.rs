//! Reads a file: its sections, and what they have to do with each other.

use domain::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::fault::{Fault, Weight};
use crate::keys::FILE;
use crate::model::{Person, PhoneFile, Plan};
use crate::near;
use crate::people;
use crate::place::{Place, Source};
use crate::played::unmet;
use crate::reader::{Fields, NAMED, Reader};
use crate::until::until;
use crate::yaml::{self, Node, Tree, What};
use crate::{blocked, circles, expect, lists, menus, plan, rules, schedules, spoken, unreached, upkeep};

/// The longest file that is read, in bytes: thousands of blocked numbers.
const LONGEST: usize = 256 * 1024;

/// A file that can be taken, and what is perhaps not meant so.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The file.
    pub file: PhoneFile,
    /// Warnings only, in the order of the file.
    pub warnings: Vec<Fault>,
}

/// Reads a file, as its bytes or its text.
///
/// # Errors
/// Every fault, in the order of the file; warnings are among them.
pub fn read(text: impl AsRef<[u8]>) -> Result<Checked, Vec<Fault>> {
    read_bytes(text.as_ref(), None)
}

/// The same, with warnings of what is over by now, and of what goes on for a while.
///
/// # Errors
/// As [`read`].
pub fn read_at(text: impl AsRef<[u8]>, now: Timestamp) -> Result<Checked, Vec<Fault>> {
    read_bytes(text.as_ref(), Some(now))
}

fn read_bytes(bytes: &[u8], now: Option<Timestamp>) -> Result<Checked, Vec<Fault>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            let place = Source::new(before).place(before.len()..before.len());
            return Err(alone(place, "this is no text in UTF-8", "save the file as UTF-8"));
        }
    };
    let source = Source::new(text);
    if text.len() > LONGEST {
        let cause = format!("the file has {} bytes", text.len());
        return Err(alone(source.place(LONGEST..LONGEST), &cause, "262144 are the most"));
    }
    let Tree { root, faults, broken } = yaml::parse(&source);
    let mut reader = Reader::new(&source, faults);
    let file = whole(&mut reader, &root, &broken, now);
    let faults = reader.into_faults();
    match file {
        Some(file) if faults.iter().all(|fault| fault.weight == Weight::Warning) => {
            // Of a file that does not hold together nobody knows what it does.
            let unmet = unmet(&file);
            if unmet.is_empty() {
                return Ok(Checked { file, warnings: faults });
            }
            let mut faults = [faults, unmet].concat();
            faults.sort_by_key(|fault| fault.place.from);
            Err(faults)
        }
        // What is not read has a fault: this would be one of ours.
        None if faults.is_empty() => Err(alone(Place::default(), "the file can't be read", "")),
        _ => Err(faults),
    }
}

fn alone(place: Place, cause: &str, cure: &str) -> Vec<Fault> {
    vec![Fault { weight: Weight::Error, place, cause: cause.to_owned(), cure: cure.to_owned() }]
}

/// All names first, for what is said in one section may stand in a later one.
fn learn(reader: &mut Reader, root: &Node, fields: &Fields, broken: &[String]) {
    // `plan:` was meant for `plans:`, and what it names is not missing as well.
    let map: &[(Node, Node)] = if let What::Map(map) = &root.what { map } else { &[] };
    let written = map.iter().filter_map(|(key, _)| match &key.what {
        What::Text(name) if !FILE.names().any(|it| it == name) => near::nearest(name, FILE.names()),
        _ => None,
    });
    let meant: Vec<&str> = written.take(NAMED.len()).collect();
    for section in NAMED {
        let is_broken = broken.iter().any(|name| name == section) || meant.contains(&section);
        reader.learn(section, fields.get(section), is_broken);
    }
}

fn whole(reader: &mut Reader, root: &Node, broken: &[String], now: Option<Timestamp>) -> Option<PhoneFile> {
    let fields = reader.fields(root, &FILE, "the file");
    learn(reader, root, &fields, broken);
    if let Some(node) = fields.get("number") {
        reader.home = reader.number(node, "number");
    }
    let time_zone = fields.get("time_zone").and_then(|node| time_zone(reader, node));
    let zone = time_zone.clone().unwrap_or(TimeZone::UTC);
    reader.now = now.map(|now| zone.to_datetime(now));
    if let Some(node) = fields.get("languages") {
        languages(reader, node);
    }
    let voices = upkeep::voices(reader, fields.get("voices"));
    let people = people::people(reader, fields.get("people"));
    if let (true, Some(place)) = (people.is_empty(), fields.place("people"))
        && !reader.is_broken("people")
    {
        reader.error(place, "there is nobody in `people`", "add somebody, like `ana: { email: … }`");
    }
    let mailbox = people::mailbox(reader, fields.get("mailbox"), &people, root.place);
    let lists = lists::lists(reader, fields.get("lists"));
    let blocked = upkeep::blocked(reader, fields.get("blocked"));
    let closed_until = until(reader, &fields, "closed_until", "closed_until", "all hours are closed");
    let hours = schedules::schedules(reader, fields.get("hours"), &zone, closed_until);
    let prompts = spoken::prompts(reader, fields.get("prompts"));
    let menus = menus::menus(reader, fields.get("menus"), &people);
    let plans = plan::plans(reader, fields.get("plans"), &people);
    let off = fields.get("off").map(|node| plan::plan(reader, node, &people, "off"));
    if let Some(place) = fields.place("off") {
        let cure = "Nobody rings while it stands here";
        reader.warning(place, "all calls go the way of `off`", cure);
    }
    let calls = rules::calls(reader, fields.get("calls"), &people);
    let ringing = upkeep::ringing(reader, fields.get("ringing"));
    let messages = upkeep::messages(reader, fields.get("messages"));
    let keep = upkeep::keep(reader, fields.get("keep"));
    let limit = upkeep::limit(reader, fields.get("limit"), &people);
    let expect = expect::expectations(reader, fields.get("expect"), &zone);

    same_telephones(reader, &people);
    blocked::blocked(reader, &lists, &people, &calls);
    unreached::rules(reader, &calls, &lists);
    let of_rules = calls.iter().map(|rule| (rule.place, &rule.plan));
    let of_off = off.iter().zip(fields.place("off")).map(|(plan, place)| (place, plan));
    let roots: Vec<(Place, &Plan)> = of_rules.chain(of_off).collect();
    if circles::circles(reader, &plans, &menus) {
        circles::depths(reader, &plans, &menus, &roots);
    }
    // What an unreadable rule leads to is not known.
    let is_broken = broken.iter().any(|name| name == "calls");
    if !is_broken && fields.get("calls").is_none_or(|node| !reader.has_faults_at(node.place)) {
        let of_limit = limit.iter().map(|limit| &limit.then);
        let roots: Vec<&Plan> = roots.iter().map(|(_, plan)| *plan).chain(of_limit).collect();
        unreached::unused(reader, &plans, &menus, &roots);
    }
    Some(PhoneFile {
        number: reader.home.clone()?,
        mailbox: mailbox?,
        time_zone: time_zone?,
        languages: reader.languages.clone(),
        closed_until,
        voices,
        people,
        lists,
        blocked,
        hours,
        prompts,
        menus,
        plans,
        off,
        calls,
        ringing,
        messages,
        keep,
        limit,
        expect,
    })
}

fn time_zone(reader: &mut Reader, node: &Node) -> Option<TimeZone> {
    let text = reader.text(node, "time_zone")?;
    match hours::zone(text) {
        Ok(zone) => Some(zone),
        Err(error) => {
            let sentence = error.to_string();
            let (cause, cure) = sentence.split_once(": ").unwrap_or((&sentence, ""));
            reader.error(node.place, format!("time_zone: {cause}"), cure);
            None
        }
    }
}

fn languages(reader: &mut Reader, node: &Node) {
    let mut all: Vec<Language> = Vec::new();
    for item in node.items() {
        let Some(tag) = reader.text(item, "languages") else { continue };
        let Some(language) = reader.language(item.place, tag) else { continue };
        if all.contains(&language) {
            reader.error(item.place, format!("languages: `{tag}` stands twice"), "leave one of them out");
        } else {
            all.push(language);
        }
    }
    if all.is_empty() {
        if !reader.has_faults_at(node.place) {
            reader.error(node.place, "languages: there is none", "write one, like `[en]`");
        }
    } else {
        reader.languages = all;
    }
}

/// Two people with one telephone would ring it twice at once.
fn same_telephones(reader: &mut Reader, people: &[Person]) {
    for (at, person) in people.iter().enumerate() {
        let same = |other: &&Person| person.phone.is_some() && other.phone == person.phone;
        if let Some(other) = people[..at].iter().find(same) {
            let (one, line) = (&other.id, other.place.line);
            let cause = format!("people.{} has the telephone of `{one}` in line {line}", person.id);
            reader.warning(person.place, cause, "together they ring it once");
        }
    }
}

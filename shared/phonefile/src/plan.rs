//! Reads plans: lists of actions.

use std::time::Duration;

use domain::{ApiKeyId, RingTime};

use crate::keys::{RUNG, STEP};
use crate::model::{Action, NamedPlan, Person, Plan, Program, Rung, Step};
use crate::near;
use crate::people::mailbox_named;
use crate::place::Place;
use crate::reader::{Entry, Fields, Reader, short};
use crate::spoken;
use crate::yaml::{Node, What};

/// What an action begins with; the other keys say more of it.
const ACTIONS: [&str; 9] =
    ["say", "ask-name", "ring", "menu", "forward", "control", "voicemail", "silent", "reject"];

/// Actions of one word.
const ALONE: [&str; 5] = ["ask-name", "control", "voicemail", "silent", "reject"];

/// The longest address of a program, in bytes.
const MOST_OF_URL: usize = 2048;

/// How many actions a plan may have.
const MOST: usize = 50;

/// How long telephones ring of which no plan says it: four or five rings, and before most carriers' voicemail.
const RING_SECONDS: i64 = 25;

pub(crate) fn plans(reader: &mut Reader, node: Option<&Node>, people: &[Person]) -> Vec<NamedPlan> {
    let mut all = Vec::new();
    for Entry { place, name, value } in reader.named(node, "plans") {
        if ACTIONS.contains(&name) || name == "desk" {
            let cause = format!("plans.{name}: `{name}` is an action");
            reader.error(place, cause, "give the plan another name");
        }
        let plan = plan(reader, value, people, &format!("plans.{name}"));
        all.push(NamedPlan { name: name.to_owned(), place, plan });
    }
    all
}

/// An action, a list of them, or a plan's name. What can't be read of it is left out.
pub(crate) fn plan(reader: &mut Reader, node: &Node, people: &[Person], what: &str) -> Plan {
    let mut items = node.items();
    if items.is_empty() {
        reader.error(node.place, format!("{what} does nothing"), "write an action, like `voicemail`");
    }
    if let Some(item) = items.get(MOST) {
        let cause = format!("{what} has {} actions", items.len());
        reader.error(item.place, cause, format!("{MOST} is the most"));
        items.truncate(MOST);
    }
    let mut plan: Plan = Vec::new();
    for item in items {
        if let Some(action) = action(reader, item, people, what) {
            plan.push(Step { place: item.place, action });
        }
    }
    let ends = plan.iter().enumerate().find_map(|(at, step)| Some((at, taking_all(&step.action)?)));
    if let Some((end, word)) = ends
        && let Some(next) = plan.get(end + 1)
    {
        let (line, place) = (plan[end].place.line, next.place);
        let cause = format!("never reached: `{word}` in line {line} takes every call");
        reader.error(place, cause, "put it last, or leave this out");
    }
    plan
}

/// The word of an action that takes every call.
fn taking_all(action: &Action) -> Option<&'static str> {
    match action {
        Action::Voicemail(_) => Some("voicemail"),
        Action::Silent => Some("silent"),
        Action::Reject => Some("reject"),
        _ => None,
    }
}

fn action(reader: &mut Reader, node: &Node, people: &[Person], what: &str) -> Option<Action> {
    match &node.what {
        What::Text(word) => return word_alone(reader, node.place, word),
        What::Map(_) => {}
        What::Nothing | What::List(_) => {
            let cause = format!("{what}: {} is no action", node.kind());
            reader.error(node.place, cause, "write one like `ring: ana`, each after a dash");
            return None;
        }
    }
    let fields = reader.fields(node, &STEP, what);
    let mut actions: Vec<&str> = fields.names().filter(|name| ACTIONS.contains(name)).collect();
    actions.sort_by_key(|name| fields.place(name).map(|place| place.from));
    let Some((&first, others)) = actions.split_first() else {
        if let Some(place) = fields.place("for") {
            reader.error(place, "`for` says how long, and nothing rings", "add `ring: …` beside it");
        }
        return None;
    };
    for other in others {
        let place = fields.place(other).unwrap_or(node.place);
        let cause = format!("`{first}` and `{other}` are two actions");
        reader.error(place, cause, "give each a dash, or brackets, of its own");
    }
    if !matches!(first, "ring" | "forward")
        && let Some(place) = fields.place("for")
    {
        let cause = format!("`for` says how long something rings, and `{first}` does not ring");
        reader.error(place, cause, "leave it out");
    }
    if first != "control"
        && let Some(place) = fields.place("key")
    {
        let cause = format!("`key` says who signs what `control` tells, and `{first}` tells nothing");
        reader.error(place, cause, "leave it out");
    }
    of_fields(reader, first, &fields, people)
}

/// `voicemail`, `silent`, `reject`, or the name of a plan.
fn word_alone(reader: &mut Reader, place: Place, word: &str) -> Option<Action> {
    match word {
        "ask-name" => return Some(Action::AskName),
        "control" => return Some(Action::Control(None)),
        "voicemail" => return Some(Action::Voicemail(None)),
        "silent" => return Some(Action::Silent),
        "reject" => return Some(Action::Reject),
        _ if reader.knows("plans", word) => return Some(Action::Plan(word.to_owned())),
        _ if ACTIONS.contains(&word) => {
            let cause = format!("`{word}` needs to know what");
            reader.error(place, cause, format!("write `{word}: …`"));
            return None;
        }
        "desk" => {
            reader.later(place, "`desk`");
            return None;
        }
        _ => {}
    }
    let plans = reader.names("plans").to_vec();
    let known = plans.iter().map(|it| &**it).chain(ALONE);
    let cure = near::cure(word, known, "");
    reader.error(place, format!("`{}` is no plan", short(word)), cure);
    None
}

fn of_fields(reader: &mut Reader, first: &str, fields: &Fields, people: &[Person]) -> Option<Action> {
    let node = fields.get(first)?;
    let is_nothing = matches!(node.what, What::Nothing);
    match first {
        "say" => spoken::speech(reader, node, "say").map(Action::Say),
        "ring" => {
            let time = ring_time(reader, fields.get("for"))?;
            let people = ring(reader, node, people, time);
            (!people.is_empty()).then_some(Action::Ring { people, time })
        }
        "forward" => {
            let time = ring_time(reader, fields.get("for"))?;
            let to = reader.target(node, "forward")?;
            if let Some(person) = people.iter().find(|person| person.phone.as_ref() == Some(&to)) {
                let cause = format!("forward: this is the telephone of `{}`", person.id);
                reader.warning(node.place, cause, format!("write `ring: {}`", person.id));
            }
            Some(Action::Forward { to, time })
        }
        "control" => control(reader, node, fields.get("key")),
        "menu" => reader.name(node, "menus", "menu").map(Action::Menu),
        "voicemail" if is_nothing => Some(Action::Voicemail(None)),
        "voicemail" => mailbox_named(reader, node, people).map(|name| Action::Voicemail(Some(name))),
        "ask-name" | "silent" | "reject" => {
            if !is_nothing {
                let cause = format!("`{first}` takes nothing behind its colon");
                reader.error(node.place, cause, format!("write `{first}` alone"));
            }
            Some(match first {
                "reject" => Action::Reject,
                "silent" => Action::Silent,
                _ => Action::AskName,
            })
        }
        _ => None,
    }
}

/// An offer to programs, and which of them is told.
fn control(reader: &mut Reader, node: &Node, key: Option<&Node>) -> Option<Action> {
    let told = match &node.what {
        What::Nothing => None,
        What::Text(url) => Some(url),
        What::Map(_) | What::List(_) => {
            let cause = format!("control: {} is no address", node.kind());
            reader.error(node.place, cause, "write `control: https://…`, or `control` alone");
            return None;
        }
    };
    let Some(url) = told else {
        if let Some(key) = key {
            let cause = "`key` says who signs what a program is told, and no program is";
            reader.error(key.place, cause, "leave it out, or write `control: https://…`");
        }
        return Some(Action::Control(None));
    };
    let is_local =
        ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|it| url.starts_with(it));
    let is_url = (url.starts_with("https://") || is_local)
        && url.len() <= MOST_OF_URL
        && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if !is_url {
        let cause = format!("control: {:?} is no address", short(url));
        reader.error(node.place, cause, "write one that begins with `https://`, or `control` alone");
        return None;
    }
    if is_local {
        let cause = "control: only a stack on this machine tells a program on this machine";
        reader.warning(node.place, cause, "write an https address before you deploy");
    }
    let Some(key) = key else {
        let cause = "control: nothing says whose secret signs what is told there";
        reader.error(node.place, cause, "add `key: …` with an id of `aftertone key list`");
        return None;
    };
    let What::Text(id) = &key.what else {
        let cause = format!("key: {} is no id of a key", key.kind());
        reader.error(key.place, cause, "write one of `aftertone key list`");
        return None;
    };
    let Ok(id) = ApiKeyId::parse(id) else {
        let cause = format!("key: {:?} is no id of a key", short(id));
        reader.error(key.place, cause, "write one of `aftertone key list`, 8 hexadecimal digits");
        return None;
    };
    Some(Action::Control(Some(Program { url: url.clone(), key: id.to_string() })))
}

fn ring_time(reader: &mut Reader, node: Option<&Node>) -> Option<RingTime> {
    let Some(node) = node else { return RingTime::seconds(RING_SECONDS).ok() };
    let time = reader.duration(node, "for", 5..601)?;
    RingTime::seconds(i64::try_from(time.as_secs()).ok()?).ok()
}

/// Twilio rings ten at once.
const AT_ONCE: usize = 10;

fn ring(reader: &mut Reader, node: &Node, people: &[Person], time: RingTime) -> Vec<Rung> {
    let mut all: Vec<Rung> = Vec::new();
    let items = node.items();
    if items.is_empty() {
        reader.error(node.place, "ring: nobody rings", "name somebody, like `ring: ana`");
    }
    if let Some(item) = items.get(AT_ONCE) {
        let cause = format!("ring: {} people can't ring at once", items.len());
        reader.error(item.place, cause, "10 is the most. Let others ring in a next action");
    }
    for item in items.into_iter().take(AT_ONCE) {
        let Some((rung, place)) = rung(reader, item, time) else { continue };
        if all.iter().any(|other| other.person == rung.person) {
            let cause = format!("ring: `{}` stands twice", rung.person);
            reader.error(place, cause, "a telephone rings once at a time. Leave one out");
            continue;
        }
        if let Some(person) = people.iter().find(|person| person.id == rung.person)
            && person.phone.is_none()
            && !reader.has_faults_from(person.place)
        {
            let line = person.place.line;
            let cause = format!("ring: `{}` has no telephone", rung.person);
            reader.error(place, cause, format!("add `phone` in line {line}, or ring somebody else"));
            continue;
        }
        all.push(rung);
    }
    all
}

fn rung(reader: &mut Reader, node: &Node, time: RingTime) -> Option<(Rung, Place)> {
    if !matches!(node.what, What::Map(_)) {
        let person = reader.name(node, "people", "person")?;
        return Some((Rung { person, after: Duration::ZERO }, node.place));
    }
    let fields = reader.fields(node, &RUNG, "ring");
    let who = fields.get("person")?;
    let person = reader.name(who, "people", "person")?;
    let Some(node) = fields.get("after") else {
        return Some((Rung { person, after: Duration::ZERO }, who.place));
    };
    let after = reader.duration(node, "after", 0..601)?;
    if after.as_secs() >= u64::from(time.as_seconds()) {
        let cause = format!("ring: `{person}` never rings, for it ends after {} s", time.as_seconds());
        reader.error(node.place, cause, "ring longer with `for`, or begin earlier");
        return None;
    }
    Some((Rung { person, after }, who.place))
}

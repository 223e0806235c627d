//! Reads pieces of a file, and notes what is wrong with them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;

use domain::Language;
use jiff::civil::{Date, DateTime};
use phone::PhoneNumber;

use crate::fault::{Fault, Weight};
use crate::keys::{Key, LANGUAGES, Table};
use crate::near;
use crate::place::{Place, Source};
use crate::yaml::{Node, What};

/// The sections whose things have names.
pub(crate) const NAMED: [&str; 6] = ["people", "lists", "hours", "prompts", "menus", "plans"];

/// The longest sentence about a fault, in characters.
const SENTENCE: usize = 500;

/// How many names that are not known are told of one map.
const STRAYS: usize = 50;

/// How many things a section may have: far more than anybody needs, few enough to compare each with each.
const MOST: usize = 200;

/// The names in a section. What is broken may have others, too.
#[derive(Debug, Default)]
pub(crate) struct Names {
    all: Vec<String>,
    index: HashSet<String>,
    is_broken: bool,
}

/// A file that is being read.
pub(crate) struct Reader<'a> {
    pub(crate) source: &'a Source<'a>,
    /// The number of the file, once it is read.
    pub(crate) home: Option<PhoneNumber>,
    /// What the clock on its wall shows, if that is known.
    pub(crate) now: Option<DateTime>,
    /// Its languages, the usual one first.
    pub(crate) languages: Vec<Language>,
    faults: Vec<Fault>,
    names: BTreeMap<&'static str, Names>,
}

/// The values of a map under the names that a table has.
pub(crate) struct Fields<'n>(BTreeMap<&'static str, (Place, &'n Node)>);

/// An entry of a map.
pub(crate) struct Entry<'n> {
    pub(crate) place: Place,
    pub(crate) name: &'n str,
    pub(crate) value: &'n Node,
}

impl<'n> Fields<'n> {
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        self.0.get(name).map(|(_, node)| *node)
    }

    /// Where the name stands, not the value.
    pub(crate) fn place(&self, name: &str) -> Option<Place> {
        self.0.get(name).map(|(place, _)| *place)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a Source<'a>, faults: Vec<Fault>) -> Self {
        let languages = vec![Language::English];
        Self { source, home: None, now: None, languages, faults, names: BTreeMap::new() }
    }

    /// In the order of the file.
    pub(crate) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults;
        for Fault { cause, cure, .. } in &mut faults {
            // What was written stands in them, and may be long, or steer a terminal.
            *cause = printable(cause, SENTENCE);
            *cure = printable(cure, SENTENCE);
        }
        faults.sort_by_key(|fault| (fault.place.from, fault.weight));
        faults.dedup();
        faults
    }

    pub(crate) fn error(&mut self, place: Place, cause: impl Into<String>, cure: impl Into<String>) {
        self.faults.push(Fault { weight: Weight::Error, place, cause: cause.into(), cure: cure.into() });
    }

    pub(crate) fn warning(&mut self, place: Place, cause: impl Into<String>, cure: impl Into<String>) {
        self.faults.push(Fault { weight: Weight::Warning, place, cause: cause.into(), cure: cure.into() });
    }

    pub(crate) fn later(&mut self, place: Place, what: &str) {
        let cure = "It is read, and does nothing yet";
        self.warning(place, format!("{what} comes with a later release"), cure);
    }

    /// Learns the names of a section before anything that mentions them is read.
    pub(crate) fn learn(&mut self, section: &'static str, node: Option<&Node>, is_broken: bool) {
        let mut known = Names { is_broken, ..Names::default() };
        for (key, _) in node.map(map_of).into_iter().flatten() {
            if let What::Text(name) = &key.what {
                if known.all.len() < MOST {
                    known.all.push(name.clone());
                }
                known.index.insert(name.clone());
            }
        }
        self.names.insert(section, known);
    }

    pub(crate) fn names(&self, section: &str) -> &[String] {
        self.names.get(section).map_or(&[], |known| &known.all)
    }

    /// Whether a name may stand in the section.
    pub(crate) fn knows(&self, section: &str, name: &str) -> bool {
        self.names.get(section).is_some_and(|known| known.is_broken || known.index.contains(name))
    }

    /// How many errors were found.
    pub(crate) fn count(&self) -> usize {
        self.faults.iter().filter(|fault| fault.weight == Weight::Error).count()
    }

    /// Whether a name stands in the section, as far as it could be read.
    pub(crate) fn knows_surely(&self, section: &str, name: &str) -> bool {
        self.names.get(section).is_some_and(|known| known.index.contains(name))
    }

    /// Whether an error was found within a place.
    pub(crate) fn has_faults_at(&self, place: Place) -> bool {
        let within = |fault: &Fault| (place.from..=place.to).contains(&fault.place.from);
        self.faults.iter().any(|fault| fault.weight == Weight::Error && within(fault))
    }

    /// Whether an error was found in the line where a thing begins.
    pub(crate) fn has_faults_from(&self, place: Place) -> bool {
        self.faults.iter().any(|fault| fault.weight == Weight::Error && fault.place.line == place.line)
    }

    /// Whether a part of the section could not be read.
    pub(crate) fn is_broken(&self, section: &str) -> bool {
        self.names.get(section).is_some_and(|known| known.is_broken)
    }

    /// The entries of a map whose keys are the owner's. Each of them once.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Vec<Entry<'n>> {
        if matches!(node.what, What::Nothing) {
            return Vec::new();
        }
        if !matches!(node.what, What::Map(_)) {
            let kind = node.kind();
            self.error(node.place, format!("{what} is {kind}"), "write `name: …` lines, indented below it");
            return Vec::new();
        }
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines: HashMap<&str, usize> = HashMap::new();
        for (key, value) in map_of(node) {
            let What::Text(name) = &key.what else {
                self.error(key.place, format!("{} can be no name", key.kind()), "write a word and a colon");
                continue;
            };
            if let Some(line) = lines.get(&**name) {
                let cure = format!("line {line} has it already. Leave one of them out");
                self.error(key.place, format!("`{name}` stands twice in {what}"), cure);
                continue;
            }
            lines.insert(name, key.place.line);
            entries.push(Entry { place: key.place, name, value });
        }
        entries
    }

    /// The same, for things to which other parts of the file refer.
    pub(crate) fn named<'n>(&mut self, node: Option<&'n Node>, section: &'static str) -> Vec<Entry<'n>> {
        let Some(node) = node else { return Vec::new() };
        let mut entries = self.entries(node, section);
        for Entry { place, name, .. } in &entries {
            if !is_name(name) {
                let cure = "a name has 1 to 40 small letters, digits and hyphens, and begins with a letter";
                self.error(*place, format!("{section}: {name:?} is no name"), cure);
            }
        }
        self.at_most(&mut entries, section, |entry| entry.place);
        entries
    }

    /// Cuts off what is too much.
    pub(crate) fn at_most<T>(&mut self, things: &mut Vec<T>, what: &str, place: fn(&T) -> Place) {
        if let Some(thing) = things.get(MOST) {
            let cause = format!("{what} has {} entries", things.len());
            self.error(place(thing), cause, format!("{MOST} is the most"));
            things.truncate(MOST);
        }
    }

    /// The values under a table's names. What the table does not have is a fault, or what needs it is missing.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, table: &'static Table, what: &str) -> Fields<'n> {
        let mut fields = BTreeMap::new();
        // A misspelled name is not missing as well.
        let (mut meant, mut strays): (Vec<&str>, usize) = (Vec::new(), 0);
        for Entry { place, name, value } in self.entries(node, what) {
            match table.keys.iter().find(|key| key.name == name) {
                Some(key) if key.is_later() => self.later(place, &format!("`{name}`")),
                Some(key) => {
                    fields.insert(key.name, (place, value));
                }
                None if strays < STRAYS => {
                    strays += 1;
                    meant.extend(near::nearest(name, table.names()));
                    let cure = near::cure(name, table.names(), "Leave it out");
                    self.error(place, format!("{what}: there is no `{}`", short(name)), cure);
                }
                None => {}
            }
        }
        if matches!(node.what, What::Map(_) | What::Nothing) {
            for Key { name, .. } in table.keys.iter().filter(|key| key.is_needed()) {
                if !fields.contains_key(name) && !meant.contains(name) {
                    self.error(node.place, format!("{what} has no `{name}`"), format!("add `{name}:`"));
                }
            }
        }
        Fields(fields)
    }

    pub(crate) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        if let What::Text(text) = &node.what {
            return Some(text);
        }
        let kind = node.kind();
        self.error(node.place, format!("{what} is {kind}"), "write a word or a text");
        None
    }

    /// A name that stands in a section.
    pub(crate) fn name(&mut self, node: &Node, section: &'static str, is: &str) -> Option<String> {
        let name = self.text(node, is)?;
        if self.knows(section, name) {
            return Some(name.to_owned());
        }
        let names = self.names(section).iter().map(|it| &**it);
        let cure = near::cure(name, names, &format!("add it under `{section}:`"));
        self.error(node.place, format!("`{}` is no {is}", short(name)), cure);
        None
    }

    pub(crate) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match self.text(node, what)? {
            "yes" | "true" | "on" | "Yes" | "True" => Some(true),
            "no" | "false" | "off" | "No" | "False" => Some(false),
            other => {
                let cause = format!("{what}: {:?} is neither `yes` nor `no`", short(other));
                self.error(node.place, cause, "write one of them");
                None
            }
        }
    }

    pub(crate) fn choice(&mut self, node: &Node, what: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            let cure = near::cure(text, words.iter().copied(), "");
            self.error(node.place, format!("{what} can't be `{}`", short(text)), cure);
        }
        found
    }

    /// `40s`, `5m`, `1h`.
    pub(crate) fn duration(&mut self, node: &Node, what: &str, seconds: Range<u64>) -> Option<Duration> {
        let text = self.text(node, what)?;
        let Some(duration) = duration(text) else {
            let cure = if text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() < 6 {
                format!("write `{text}s` for seconds, `{text}m` for minutes")
            } else {
                "write a number and s, m or h, like `40s` or `5m`".to_owned()
            };
            self.error(node.place, format!("{what}: {:?} is no time", short(text)), cure);
            return None;
        };
        if seconds.contains(&duration.as_secs()) {
            return Some(duration);
        }
        let (least, most) = (shown_seconds(seconds.start), shown_seconds(seconds.end - 1));
        self.error(node.place, format!("{what} can't be {text}"), format!("{least} to {most} can be"));
        None
    }

    /// `2027-01-31`.
    pub(crate) fn date(&mut self, node: &Node, what: &str) -> Option<Date> {
        let text = self.text(node, what)?;
        let date = if text.len() == 10 { text.parse().ok() } else { None };
        if date.is_none() {
            let cause = format!("{what}: {:?} is no date", short(text));
            self.error(node.place, cause, "write year, month and day, like 2027-01-31");
        }
        date
    }

    pub(crate) fn language(&mut self, place: Place, text: &str) -> Option<Language> {
        let found = Language::ALL.into_iter().find(|language| language.tag() == text);
        if found.is_none() {
            // `en-GB` is a language that is read elsewhere, and another name for `en`.
            let meant = text.parse::<Language>().map(Language::tag);
            let cure = match meant {
                Ok(tag) => format!("Did you mean `{tag}`?"),
                Err(_) => near::cure(text, LANGUAGES, ""),
            };
            self.error(place, format!("there are no prompts in the language `{}`", short(text)), cure);
        }
        found
    }
}

fn map_of(node: &Node) -> &[(Node, Node)] {
    if let What::Map(map) = &node.what { map } else { &[] }
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let is_number = !number.is_empty() && number.len() <= 6 && number.bytes().all(|it| it.is_ascii_digit());
    let number: u64 = if is_number { number.parse().ok()? } else { return None };
    Some(Duration::from_secs(number * seconds))
}

/// `40s`, `5m`, as it would be written.
pub(crate) fn shown_seconds(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// What names things: also what a text is not.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Of what somebody wrote, as much as a sentence takes.
pub(crate) fn short(text: &str) -> String {
    printable(text, 60)
}

fn printable(text: &str, most: usize) -> String {
    let line = |most: usize| text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(most);
    if text.chars().nth(most).is_none() {
        line(most).collect()
    } else {
        line(most - 1).chain(['…']).collect()
    }
}

//! The stored form of a file: what functions read instead of YAML.
//!
//! [`compile`] leaves out what calls have no use for: `expect`, and where entries of lists stand. The entries are
//! apart from the rest, for there may be thousands. A key that this release does not know says nothing to it; one
//! that is missing is as if the owner had not written it. [`FORM`] grows when that is not enough.

use std::collections::HashMap;

use domain::SettingValue;
use hours::Schedule;
use jiff::civil::Date;
use phone::PhoneNumber;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::{Entry, List, PhoneFile, Who};
use crate::place::Place;
use crate::schedules::complete;
use crate::written::text;

/// Which form is written; earlier ones are read as well.
const FORM: u32 = 1;

/// A file in its stored form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// All but the entries of lists, as JSON.
    pub rules: String,
    /// The name of each list and its entries, as JSON.
    pub lists: Vec<(String, String)>,
}

/// Why a stored form can't be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// A later release wrote it.
    #[error("the phone file is stored in the form {0}, which only a later release reads: deploy that one")]
    Newer(u32),
    /// It is not as any release writes it. What stands there may be a number, and is not told.
    #[error("the stored phone file is malformed at {part}, character {character}: write the file once more")]
    Malformed {
        /// `rules`, or the name of a list.
        part: String,
        /// Where, from 1.
        character: usize,
    },
    /// Hours that no longer mean anything.
    #[error("the stored hours of {0} can't be read: write the file once more")]
    Hours(String),
}

#[derive(Serialize, Deserialize)]
struct Rules<F> {
    v: u32,
    file: F,
}

#[derive(Deserialize)]
struct Form {
    v: u32,
}

/// An entry alone is its caller.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum EntryForm {
    Caller(Who),
    Entry {
        who: Who,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(default, with = "text", skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
    },
}

/// The stored form of a file that was checked.
pub fn compile(file: &PhoneFile) -> Compiled {
    let entries = |list: &List| list.entries.iter().map(EntryForm::of).collect::<Vec<_>>();
    Compiled {
        rules: json(&Rules { v: FORM, file }),
        lists: file.lists.iter().map(|list| (list.name.clone(), json(&entries(list)))).collect(),
    }
}

impl PhoneFile {
    /// Reads what [`compile`] has written, of this release or an earlier one. A list of which nothing is stored is
    /// empty, and one that the rules don't name says nothing.
    ///
    /// # Errors
    /// Why it can't be read.
    pub fn load<'a>(
        rules: &str,
        lists: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Unreadable> {
        let Form { v } = read(rules, "rules")?;
        if v > FORM {
            return Err(Unreadable::Newer(v));
        }
        let Rules { mut file, .. } = read::<Rules<Self>>(rules, "rules")?;
        let lists: HashMap<&str, &str> = lists.into_iter().collect();
        for list in &mut file.lists {
            let Some(entries) = lists.get(&*list.name) else { continue };
            let entries: Vec<EntryForm> = read(entries, &list.name)?;
            list.entries = entries.into_iter().map(EntryForm::entry).collect();
        }
        for hours in &mut file.hours {
            let lines = hours.lines.iter().map(|line| (&*line.days, &*line.hours));
            let schedule = Schedule::read(file.time_zone.clone(), lines).ok();
            let schedule = schedule.and_then(|it| complete(it, hours.calendar.as_ref(), file.closed_until));
            hours.schedule = schedule.ok_or_else(|| Unreadable::Hours(hours.name.clone()))?;
        }
        Ok(file)
    }
}

impl EntryForm {
    fn of(entry: &Entry) -> Self {
        let Entry { place: _, who, note, until } = entry;
        if note.is_none() && until.is_none() {
            return Self::Caller(who.clone());
        }
        Self::Entry { who: who.clone(), note: note.clone(), until: *until }
    }

    fn entry(self) -> Entry {
        let place = Place::default();
        match self {
            Self::Caller(who) => Entry { place, who, note: None, until: None },
            Self::Entry { who, note, until } => Entry { place, who, note, until },
        }
    }
}

/// Who calls, as owners write it; a list is told from the other words.
impl From<Who> for String {
    fn from(who: Who) -> Self {
        match who {
            Who::Number(number) => number.reveal().to_owned(),
            Who::Prefix(prefix) => format!("{prefix}*"),
            Who::Anonymous => "anonymous".to_owned(),
            Who::Unverified => "unverified".to_owned(),
            Who::FirstTime => "first-time".to_owned(),
            Who::Listed(name) => format!("{LIST}{name}"),
        }
    }
}

impl TryFrom<String> for Who {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match &*text {
            "anonymous" => Ok(Self::Anonymous),
            "unverified" => Ok(Self::Unverified),
            "first-time" => Ok(Self::FirstTime),
            text => match (text.strip_prefix(LIST), text.strip_suffix('*')) {
                (Some(name), _) => Ok(Self::Listed(name.to_owned())),
                (None, Some(prefix)) => Ok(Self::Prefix(prefix.to_owned())),
                (None, None) => <PhoneNumber as SettingValue>::read(text.to_owned()).map(Self::Number),
            },
        }
    }
}

const LIST: &str = "list:";

fn json(value: &impl Serialize) -> String {
    // Texts, numbers and lists under names that are texts: there is always a JSON of them.
    serde_json::to_string(value).unwrap_or_default()
}

fn read<'de, T: Deserialize<'de>>(text: &'de str, part: &str) -> Result<T, Unreadable> {
    serde_json::from_str(text)
        .map_err(|error| Unreadable::Malformed { part: part.to_owned(), character: error.column() })
}

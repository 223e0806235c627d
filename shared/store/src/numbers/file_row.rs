//! A version of a phone file as rows.
//!
//! | `item` | holds |
//! |---|---|
//! | `file#00000007` | `text`, byte for byte as it was written; `at` and `by` |
//! | `rules#00000007` | `compiled`: the stored form of what the text says, without the entries of lists |
//! | `rules#00000007#list#NAME` | `entries` of a list |

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use phone::PhoneNumber;
use phonefile::{PhoneFile, Unreadable};

use crate::Item;
use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::numbers::number::key;
use crate::row::Row;

/// What `item` begins with in a row of the history.
pub(crate) const HISTORY: &str = "file#";

/// What it begins with in rows of what calls follow.
pub(crate) const RULES: &str = "rules#";

const LIST: &str = "#list#";

/// A version of a number's phone file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// From 1; of an edit that died a version may be missing.
    pub version: u32,
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

pub(crate) fn history_key(number: &PhoneNumber, version: u32) -> Item {
    key(number, format!("{HISTORY}{version:08}").into_attribute())
}

/// Begins the names of all rows of what calls follow.
pub(crate) fn rules_item(version: u32) -> String {
    format!("{RULES}{version:08}")
}

pub(crate) fn history(number: &PhoneNumber, version: &FileVersion, text: &str) -> Item {
    let mut row = history_key(number, version.version);
    row.insert("text".to_owned(), text.into_attribute());
    row.insert("at".to_owned(), version.at.into_attribute());
    row.insert("by".to_owned(), version.by.as_str().into_attribute());
    row
}

pub(crate) fn rules(number: &PhoneNumber, version: u32, compiled: &str) -> Item {
    let mut row = key(number, rules_item(version).into_attribute());
    row.insert("compiled".to_owned(), compiled.into_attribute());
    row
}

pub(crate) fn list(number: &PhoneNumber, version: u32, name: &str, entries: &str) -> Item {
    let mut row = key(number, format!("{}{LIST}{name}", rules_item(version)).into_attribute());
    row.insert("entries".to_owned(), entries.into_attribute());
    row
}

pub(crate) fn read_history(item: &Item) -> Result<FileVersion, StoreError> {
    let row = Row::new("phone file", item);
    let version = row.parsed("item", |name| name.strip_prefix(HISTORY)?.parse().ok())?;
    Ok(FileVersion {
        version: row.required("item", version)?,
        at: row.required("at", row.time("at")?)?,
        by: row.required("by", row.text("by")?)?.to_owned(),
    })
}

/// The version to which a row of what calls follow belongs.
pub(crate) fn version_of_rules(item: &Item) -> Option<u32> {
    let name = item.get("item").map(AttributeValue::as_s)?.ok()?;
    name.strip_prefix(RULES)?.split('#').next()?.parse().ok()
}

/// The file of the rows of a version.
pub(crate) fn read_rules(items: &[Item]) -> Result<PhoneFile, StoreError> {
    let (mut compiled, mut lists) = (None, Vec::new());
    for item in items {
        let row = Row::new("phone file", item);
        let name = row.required("item", row.text("item")?)?;
        match name.split_once(LIST) {
            None => compiled = row.text("compiled")?,
            Some((_, list)) => lists.push((list, row.required("entries", row.text("entries")?)?)),
        }
    }
    let compiled = compiled.ok_or(StoreError::NotFound("phone file"))?;
    PhoneFile::load(compiled, lists).map_err(|why| match why {
        Unreadable::Newer(schema) => StoreError::Newer { row: "phone file", schema },
        _ => StoreError::Malformed { row: "phone file", attribute: "compiled" },
    })
}

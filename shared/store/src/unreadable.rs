//! Rows that can't be read: spoiled, or written by a later release.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::Item;
use crate::error::StoreError;

/// A row that this release can't read. It stays as it is.
#[derive(Debug)]
pub struct Unreadable {
    /// Its key: the SID of a recording or a call, the number, or which item it is.
    pub key: String,
    /// What can't be read.
    pub error: StoreError,
    /// Since when it is there, where that can be read.
    pub since: Option<Timestamp>,
}

/// The rows of a list, and those that can't be read.
#[derive(Debug)]
pub struct Rows<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// The others.
    pub unreadable: Vec<Unreadable>,
}

impl Unreadable {
    pub(crate) fn of(item: &Item, error: StoreError) -> Self {
        let text = |name: &str| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
        let key = ["recording_sid", "call_sid", "number", "item"].into_iter().find_map(text);
        let since = ["recorded_at", "missed_at", "begun_at", "seen_at"].into_iter().find_map(text);
        Self {
            key: key.cloned().unwrap_or_default(),
            error,
            since: since.and_then(|since| since.parse().ok()),
        }
    }
}

impl<R> Rows<R> {
    pub(crate) fn read(items: &[Item], read: impl Fn(&Item) -> Result<R, StoreError>) -> Self {
        items.iter().map(|item| read(item).map_err(|error| Unreadable::of(item, error))).collect()
    }
}

impl<R> FromIterator<Result<R, Unreadable>> for Rows<R> {
    fn from_iter<I: IntoIterator<Item = Result<R, Unreadable>>>(rows: I) -> Self {
        let mut all = Self { rows: Vec::new(), unreadable: Vec::new() };
        for row in rows {
            match row {
                Ok(row) => all.rows.push(row),
                Err(unreadable) => all.unreadable.push(unreadable),
            }
        }
        all
    }
}

//! The table Access: the keys of programs, what they used, and what they were answered.

mod key_row;
pub(crate) mod keys;
pub(crate) mod once;
pub(crate) mod usage;

use crate::Item;
use crate::change::IntoAttribute as _;

/// The key of a row.
fn key(key: &str, item: &str) -> Item {
    [("key", key), ("item", item)].map(|(name, value)| (name.to_owned(), value.into_attribute())).into()
}

//! The key of a row of the ledger, what such a row surely has, and under what it stands open.

use domain::Entry;

use crate::Item;
use crate::change::IntoAttribute;
use crate::shards;

/// What the row surely has, if it is there.
pub(crate) fn mark(entry: Entry<'_>) -> &'static str {
    match entry {
        Entry::Voicemail(_) => "recorded_at",
        Entry::MissedCall(_) => "missed_at",
    }
}

pub(crate) fn key(entry: Entry<'_>) -> Item {
    Item::from([("recording_sid".to_owned(), entry.as_str().into_attribute())])
}

/// The values of `open`, each a partition of the sparse indexes. Rows of before there were several
/// have the first one.
pub(crate) const OPEN: [&str; 9] = ["y", "y0", "y1", "y2", "y3", "y4", "y5", "y6", "y7"];

/// The value of `open` in this entry's row: by the last digit of its SID, which Twilio draws.
pub(crate) fn open_value(entry: Entry<'_>) -> &'static str {
    let [_, new @ ..] = OPEN;
    shards::of(entry.as_str(), new)
}

/// Nothing of it is deleted, or is to be: what comes may be taken in.
pub(crate) const IS_KEPT: &str = "attribute_not_exists(#deletion_asked) AND attribute_not_exists(#audio_deleted_at) \
     AND attribute_not_exists(#parties_deleted_at)";

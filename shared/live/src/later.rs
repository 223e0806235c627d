//! A time after another.

use jiff::{SignedDuration, Timestamp};

/// So much later; at the end of all time at the latest.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

//! How often an entry of a list decided a call, and when it last did: a row for each entry that ever did.
//!
//! It is counted once the call is over, so that no caller waits for it: the call's row says by which entry it was
//! decided, and whether that is still to be counted.

use domain::{Hits, InList};
use jiff::{SignedDuration, Timestamp};
use phone::PhoneNumber;

use crate::change::{Change, IntoAttribute as _};
use crate::error::StoreError;
use crate::numbers::number::key;
use crate::row::Row;
use crate::{Item, Store};

/// What `item` begins with in such a row.
const HITS: &str = "hits#";

/// An entry that decided nothing for longer counts from the beginning.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(crate) fn hits_key(number: &PhoneNumber, entry: &InList) -> Item {
    key(number, format!("{HITS}{entry}").into_attribute())
}

/// One more call, which is the last one so far.
pub(crate) fn one_more(at: Timestamp) -> Change {
    let expires = at.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX).as_second();
    Change::new()
        .add("calls", 1)
        .set("last_at", at)
        .set("expires", expires)
        .when("attribute_not_exists(#last_at) OR #last_at <= :last_at")
}

/// One more, of which the end is told after that of a later one.
pub(crate) fn one_more_before() -> Change {
    Change::new().add("calls", 1)
}

impl Store {
    /// How often the entries of a number's lists decided calls; those that never did are not among them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hits(&self, number: &PhoneNumber) -> Result<Vec<Hits>, StoreError> {
        let rows = self.rows_of(number, HITS).await?;
        rows.iter().map(read).collect()
    }
}

fn read(item: &Item) -> Result<Hits, StoreError> {
    let row = Row::new("hits", item);
    let entry = row.parsed("item", |text| text.strip_prefix(HITS)?.parse().ok())?;
    Ok(Hits {
        entry: row.required("item", entry)?,
        calls: row.number("calls")?.unwrap_or(0),
        last_at: row.required("last_at", row.time("last_at")?)?,
    })
}

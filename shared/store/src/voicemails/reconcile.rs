//! What the search for the forgotten needs: the rows that are not done, and a way to wake them.

use jiff::Timestamp;

use crate::change::{Change, IntoAttribute as _};
use domain::{Entry, LedgerRow};

use crate::error::StoreError;
use crate::schema;
use crate::unreadable::Unreadable;
use crate::voicemails::entry::OPEN;
use crate::voicemails::missed_calls;
use crate::voicemails::voicemail;
use crate::voicemails::voicemail::changed_since;
use crate::{Item, Store, Written};

/// A part of the rows that are not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPart {
    index: &'static str,
    open: &'static str,
}

/// A page of the rows that are not done.
#[derive(Debug)]
pub struct OpenPage {
    /// Oldest first. A row that can't be read does not keep the others from being seen.
    pub rows: Vec<Result<LedgerRow, Unreadable>>,
    /// Where to go on; none after the last page.
    pub next: Option<Next>,
}

/// Where a list goes on.
#[derive(Debug)]
pub struct Next(Item);

/// How many rows a page has: what they are read into is many times what they are.
const PAGE: i32 = 100;

impl OpenPart {
    /// Those of the voicemails.
    pub fn voicemails() -> impl Iterator<Item = Self> {
        OPEN.into_iter().map(|open| Self { index: schema::OPEN, open })
    }

    /// Those of the missed calls.
    pub fn missed_calls() -> impl Iterator<Item = Self> {
        OPEN.into_iter().map(|open| Self { index: schema::OPEN_CALLS, open })
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::voicemails().chain(Self::missed_calls())
    }

    fn read(self, item: &Item) -> Result<LedgerRow, Unreadable> {
        let row = if self.index == schema::OPEN_CALLS {
            missed_calls::read(item).map(|row| LedgerRow::MissedCall(Box::new(row)))
        } else {
            voicemail::read(item).map(|row| LedgerRow::Voicemail(Box::new(row)))
        };
        row.map_err(|error| Unreadable::of(item, error))
    }
}

impl Store {
    /// The rows of a part that are not done, page by page. The list is a moment behind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_page(&self, part: OpenPart, from: Option<Next>) -> Result<OpenPage, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.voicemails)
            .index_name(part.index)
            .key_condition_expression("#open = :open")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":open", part.open.into_attribute())
            .limit(PAGE)
            .set_exclusive_start_key(from.map(|next| next.0))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(OpenPage {
            rows: answer.items().iter().map(|item| part.read(item)).collect(),
            next: answer.last_evaluated_key.map(Next),
        })
    }

    /// Records that the worker is woken for a row, which by itself wakes it as any change does. Not
    /// if the row has changed since it was seen, for that has woken the worker already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn wake(
        &self,
        entry: impl Into<Entry<'_>>,
        seen: u32,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("woken_at", at)
            .when("attribute_exists(#open) AND #revision = :seen")
            .value("seen", seen)
            .refused(changed_since);
        self.change_entry(entry.into(), change).await
    }
}

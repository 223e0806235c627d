//! When somebody has to look after a live call, whatever became of the messages that were to wake somebody.

use domain::LiveCall;
use jiff::Timestamp;
use phone::CallSid;

use crate::change::{Change, IntoAttribute as _};
use crate::error::StoreError;
use crate::live_calls::row::{DUE_SHARDS, key};
use crate::row::Row;
use crate::{Store, Written, schema};

/// How many calls are listed at once: those that are left come with the next look.
const PAGE: i32 = 100;

/// A part of the live calls that are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuePart(&'static str);

impl DuePart {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        DUE_SHARDS.into_iter().map(Self)
    }
}

impl Store {
    /// The live calls of a part that were due by then, the longest due first; 100 at most. The list is a moment
    /// behind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn due_page(&self, part: DuePart, by: Timestamp) -> Result<Vec<CallSid>, StoreError> {
        self.due_in(part.0, by, |text| CallSid::parse(text).ok()).await
    }

    /// The names of the calls in a partition of the index that were due by then.
    pub(crate) async fn due_in<T>(
        &self,
        shard: &'static str,
        by: Timestamp,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.live_calls)
            .index_name(schema::DUE)
            .key_condition_expression("#due_shard = :due_shard AND #due <= :due")
            .expression_attribute_names("#due_shard", "due_shard")
            .expression_attribute_names("#due", "due")
            .expression_attribute_values(":due_shard", shard.into_attribute())
            .expression_attribute_values(":due", by.into_attribute())
            .limit(PAGE)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let name = |item| Row::new("live call", item).parsed("call_id", &read);
        answer.items().iter().filter_map(|item| name(item).transpose()).collect()
    }

    /// Records when the next thing is to be done about a call, as it was seen. Only who got
    /// [`Written::Applied`] has changed that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn due_at(&self, seen: &LiveCall, due: Timestamp) -> Result<Written, StoreError> {
        let change = Change::new().set("due", due).value("seen", seen.revision).when(
            "#revision = :seen AND attribute_not_exists(#summed_up_at) \
             AND (attribute_not_exists(#due) OR #due <> :due)",
        );
        change.apply(&self.client, &self.tables.live_calls, key(&seen.call_sid)).await
    }
}

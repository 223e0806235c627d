//! A call that programs steer begins, changes, and is read.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::Once;
use jiff::Timestamp;
use live::{CallId, Event};

use crate::change::{Change, IntoAttribute as _, MAX_ATTEMPTS, backoff_with_jitter};
use crate::controlled::row::{
    ControlledCall, DUE_SHARDS, call_key, event_item, read, read_event, write, write_event,
};
use crate::deliveries::delivery::begun;
use crate::error::StoreError;
use crate::{Store, Written};

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is so now.
    Yes,
    /// Somebody else was faster: what was decided by the row before is to be decided anew.
    Raced,
    /// The same request has been carried out: nothing is changed.
    Repeated,
}

/// A call as it has become.
#[derive(Clone, Copy, Debug)]
pub struct ControlledChange<'a> {
    /// The call. Its first revision is 0; every other one follows the one that was seen.
    pub call: &'a ControlledCall,
    /// What its log gets.
    pub events: &'a [Event],
    /// When somebody has to look at it again.
    pub due: Option<Timestamp>,
}

/// A part of the calls that are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlledPart(&'static str);

impl ControlledPart {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        DUE_SHARDS.into_iter().map(Self)
    }
}

impl Store {
    /// Puts down a call as it has become, with what that adds to its log: all of it, or nothing. Its first revision is
    /// 0; every other one follows the one that was seen. `due` is when somebody has to look at it again. Who is to be
    /// told of it, is told from then on. `once` is what
    /// the request is answered for which it changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Conflict`] if writers kept colliding.
    pub async fn commit_controlled(
        &self,
        call: &ControlledCall,
        events: &[Event],
        once: Option<&Once>,
        due: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        self.commit_together(&[ControlledChange { call, events, due }], once, now).await
    }

    /// The same of several calls at once: all of it, or nothing.
    ///
    /// # Errors
    /// As [`Self::commit_controlled`].
    pub async fn commit_together(
        &self,
        changes: &[ControlledChange<'_>],
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        self.commit_with(Vec::new(), changes, once, now).await
    }

    /// The same, with more writes, which have to be possible as well.
    pub(crate) async fn commit_with(
        &self,
        more: Vec<TransactWriteItem>,
        changes: &[ControlledChange<'_>],
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        let mut writes = Vec::new();
        for change in changes {
            writes.extend(self.writes(change, now)?);
        }
        writes.extend(more);
        if let Some(once) = once {
            writes.push(TransactWriteItem::builder().put(self.once_put(once, now)?).build());
        }
        self.transact(writes, once.is_some()).await
    }

    fn writes(
        &self,
        ControlledChange { call, events, due }: &ControlledChange<'_>,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let id = &call.steered.call.id;
        let put = Put::builder().table_name(&self.tables.live_calls).set_item(Some(write(call, *due, now)));
        let put = if call.revision == 0 {
            put.condition_expression("attribute_not_exists(#call_id)")
                .expression_attribute_names("#call_id", "call_id")
        } else {
            put.condition_expression("#revision = :seen")
                .expression_attribute_names("#revision", "revision")
                .expression_attribute_values(":seen", (call.revision - 1).into_attribute())
        };
        let build = |error: aws_sdk_dynamodb::error::BuildError| StoreError::Unavailable(error.into());
        let mut writes = vec![TransactWriteItem::builder().put(put.build().map_err(build)?).build()];
        for event in *events {
            let put = Put::builder()
                .table_name(&self.tables.live_calls)
                .set_item(Some(write_event(id, event)))
                .build()
                .map_err(build)?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        for delivery in begun(call, events, now) {
            let begins = self.delivery_begins(id, &delivery)?;
            writes.push(TransactWriteItem::builder().update(begins).build());
        }
        Ok(writes)
    }

    /// Writes all, or nothing. The last one may be what the request is answered for which it is done.
    async fn transact(
        &self,
        writes: Vec<TransactWriteItem>,
        is_for_once: bool,
    ) -> Result<Committed, StoreError> {
        for attempt in 1..=MAX_ATTEMPTS {
            let sent =
                self.client.transact_write_items().set_transact_items(Some(writes.clone())).send().await;
            let Err(error) = sent else { return Ok(Committed::Yes) };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            else {
                return Err(StoreError::unavailable(error));
            };
            let codes: Vec<&str> = canceled
                .cancellation_reasons()
                .iter()
                .map(|reason| reason.code().unwrap_or_default())
                .collect();
            let refused = |code: &&str| *code == "ConditionalCheckFailed";
            if is_for_once && codes.last().is_some_and(refused) {
                return Ok(Committed::Repeated);
            }
            if codes.iter().any(refused) {
                return Ok(Committed::Raced);
            }
            if !codes.contains(&"TransactionConflict") {
                return Err(StoreError::unavailable(error));
            }
            backoff_with_jitter(attempt).await;
        }
        Err(StoreError::Conflict)
    }

    /// A call, as it is at this moment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if none is of this name.
    pub async fn controlled_call(&self, id: &CallId) -> Result<ControlledCall, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.live_calls)
            .set_key(Some(call_key(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let item = answer.item.ok_or(StoreError::NotFound("controlled call"))?;
        read(&item)
    }

    /// Records until when a call is left alone, as it was seen. Only who got [`Written::Applied`] has changed that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn controlled_rests(
        &self,
        seen: &ControlledCall,
        until: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new().set("rests_until", until).value("seen", seen.revision).when(
            "#revision = :seen AND (attribute_not_exists(#rests_until) OR #rests_until <> :rests_until)",
        );
        change.apply(&self.client, &self.tables.live_calls, call_key(&seen.steered.call.id)).await
    }

    /// The events of a call after the one of that number, in their order; so many at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn events_after(&self, id: &CallId, seq: u64, limit: u16) -> Result<Vec<Event>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.live_calls)
            .key_condition_expression("#call_id = :call_id AND #item BETWEEN :first AND :last")
            .expression_attribute_names("#call_id", "call_id")
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":call_id", id.as_str().into_attribute())
            .expression_attribute_values(":first", event_item(seq.saturating_add(1)).into_attribute())
            .expression_attribute_values(":last", event_item(9_999_999_999).into_attribute())
            .limit(i32::from(limit.max(1)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        answer.items().iter().map(read_event).collect()
    }

    /// The calls of a part that were due by then, the longest due first; 100 at most. The list is a moment behind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn controlled_due(
        &self,
        part: ControlledPart,
        by: Timestamp,
    ) -> Result<Vec<CallId>, StoreError> {
        self.due_in(part.0, by, |text| text.parse().ok()).await
    }
}

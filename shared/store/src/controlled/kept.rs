//! How long calls that programs steered are kept once they are over, and their deletion.
//!
//! DynamoDB's own expiry asks for no condition, and could not be held back. So a call that is over stands in the index
//! by when its time is to be looked at again, and is deleted with its log once it is over.

use aws_sdk_dynamodb::types::{Delete, DeleteRequest, WriteRequest};
use jiff::Timestamp;
use live::CallId;

use crate::change::{Change, IntoAttribute as _, MAX_ATTEMPTS, backoff_with_jitter};
use crate::controlled::row::{ControlledCall, KEPT_SHARDS, call_key};
use crate::error::StoreError;
use crate::voicemails::keeping::{Deletion, updating};
use crate::{Item, Store, Written};

/// How many rows DynamoDB deletes at once.
const AT_ONCE: usize = 25;

/// A part of the calls that are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptPart(&'static str);

impl KeptPart {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        KEPT_SHARDS.into_iter().map(Self)
    }
}

impl Store {
    /// The calls of a part that are over and whose time was to be looked at by then, the longest due first; 100 at
    /// most. The list is a moment behind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn controlled_kept(&self, part: KeptPart, by: Timestamp) -> Result<Vec<CallId>, StoreError> {
        self.due_in(part.0, by, |text| text.parse().ok()).await
    }

    /// Records when the time of a call that is over is looked at again, as the call was seen.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn controlled_kept_until(
        &self,
        seen: &ControlledCall,
        until: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new().set("due", until).value("seen", seen.revision).when("#revision = :seen");
        change.apply(&self.client, &self.tables.live_calls, call_key(&seen.steered.call.id)).await
    }

    /// Deletes a call that is over, with its log and with who was told of it, unless its number is held. The call's own
    /// row goes last: whoever dies before that does it again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_controlled(
        &self,
        seen: &ControlledCall,
        why: &str,
        at: Timestamp,
    ) -> Result<Deletion, StoreError> {
        let call = &seen.steered.call;
        let begins = Change::new().set("deletion_begun_at", at).when("attribute_exists(#call_id)");
        let begins = begins.in_transaction(&self.tables.live_calls, call_key(&call.id))?;
        if self.unless_held(Some(&call.number), vec![updating(begins)]).await? == Deletion::Held {
            return Ok(Deletion::Held);
        }
        loop {
            let keys = self.rows_beside(&call.id).await?;
            if keys.is_empty() {
                break;
            }
            for keys in keys.chunks(AT_ONCE) {
                self.delete_keys(keys).await?;
            }
        }
        let delete = Delete::builder()
            .table_name(&self.tables.live_calls)
            .set_key(Some(call_key(&call.id)))
            .condition_expression("attribute_exists(#call_id)")
            .expression_attribute_names("#call_id", "call_id");
        self.delete_row(delete, Some(&call.number), "steered_calls", why, at).await
    }

    /// The keys of a call's rows but its own; a page of them.
    async fn rows_beside(&self, id: &CallId) -> Result<Vec<Item>, StoreError> {
        let own = call_key(id);
        let answer = self
            .client
            .query()
            .table_name(&self.tables.live_calls)
            .key_condition_expression("#call_id = :call_id")
            .projection_expression("#call_id, #item")
            .expression_attribute_names("#call_id", "call_id")
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":call_id", id.as_str().into_attribute())
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(answer.items.unwrap_or_default().into_iter().filter(|key| *key != own).collect())
    }

    async fn delete_keys(&self, keys: &[Item]) -> Result<(), StoreError> {
        let delete = |key: &Item| -> Result<WriteRequest, StoreError> {
            let request = DeleteRequest::builder().set_key(Some(key.clone())).build();
            let request = request.map_err(|error| StoreError::Unavailable(error.into()))?;
            Ok(WriteRequest::builder().delete_request(request).build())
        };
        let table = &self.tables.live_calls;
        let mut left = keys.iter().map(delete).collect::<Result<Vec<_>, _>>()?;
        for attempt in 1..=MAX_ATTEMPTS {
            let sent = self.client.batch_write_item().request_items(table, left).send().await;
            let mut unprocessed =
                sent.map_err(StoreError::unavailable)?.unprocessed_items.unwrap_or_default();
            left = unprocessed.remove(table).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            backoff_with_jitter(attempt).await;
        }
        Err(StoreError::Conflict)
    }
}

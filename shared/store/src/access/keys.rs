//! The keys of programs.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::ApiKey;

use crate::access::key_row::{KEYS, PREFIX, hash, key_of, key_of_name, read, write};
use crate::change::{Change, IntoAttribute as _};
use crate::error::StoreError;
use crate::unreadable::Rows;
use crate::{Item, Store, Written};

impl Store {
    /// Every key, by id. There are few.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn api_keys(&self) -> Result<Rows<ApiKey>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.access)
            .key_condition_expression("#key = :keys AND begins_with(#item, :prefix)")
            .expression_attribute_names("#key", "key")
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":keys", KEYS.into_attribute())
            .expression_attribute_values(":prefix", PREFIX.into_attribute())
            // A key that was removed opens nothing.
            .consistent_read(true);
        let (mut items, mut last) = (Vec::new(), None);
        loop {
            let answer = query.clone().set_exclusive_start_key(last).send().await;
            let answer = answer.map_err(StoreError::unavailable)?;
            items.extend(answer.items.unwrap_or_default());
            last = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if last.is_none() {
                return Ok(Rows::read(&items, read));
            }
        }
    }

    /// Puts a new key in: [`Written::Conflict`] where its name, or its id, is taken.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_api_key(&self, api_key: &ApiKey) -> Result<Written, StoreError> {
        let mut name = key_of_name(&api_key.name);
        name.insert("id".to_owned(), api_key.id.as_str().into_attribute());
        let put = |item: Item| {
            let put = Put::builder()
                .table_name(&self.tables.access)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", "key")
                .build();
            put.map(|put| TransactWriteItem::builder().put(put).build())
        };
        let puts = [put(name), put(write(api_key))].into_iter().collect::<Result<Vec<_>, _>>();
        self.both(puts.map_err(|error| StoreError::Unavailable(error.into()))?).await
    }

    /// Replaces the secret of a key by that of `rotated`, if it is still the one that was seen.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rotate_api_key(&self, seen: &ApiKey, rotated: &ApiKey) -> Result<Written, StoreError> {
        let former = rotated.former.as_ref();
        let change = Change::new()
            .set("secret_hash", hash(&rotated.secret))
            .set_or_remove("former_hash", former.map(|former| hash(&former.secret)))
            .set_or_remove("former_until", former.map(|former| former.until))
            .when("#secret_hash = :seen")
            .value("seen", hash(&seen.secret))
            .refused(|row| if row.is_empty() { Written::NotApplicable } else { Written::Conflict });
        change.apply(&self.client, &self.tables.access, key_of(&seen.id)).await
    }

    /// Removes a key and its name: [`Written::NotApplicable`] where it is not there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove_api_key(&self, api_key: &ApiKey) -> Result<Written, StoreError> {
        let delete = |key: Item, condition: &str| {
            Delete::builder()
                .table_name(&self.tables.access)
                .set_key(Some(key))
                .condition_expression(condition)
                .expression_attribute_names("#key", "key")
        };
        // Should the name stand for another key, that one keeps it.
        let name = delete(key_of_name(&api_key.name), "attribute_not_exists(#key) OR #id = :id")
            .expression_attribute_names("#id", "id")
            .expression_attribute_values(":id", api_key.id.as_str().into_attribute());
        let it = delete(key_of(&api_key.id), "attribute_exists(#key)");
        let deletes = [name.build(), it.build()].into_iter().collect::<Result<Vec<_>, _>>();
        let deletes = deletes.map_err(|error| StoreError::Unavailable(error.into()))?;
        let deletes = deletes.into_iter().map(|delete| TransactWriteItem::builder().delete(delete).build());
        let written = self.both(deletes.collect()).await?;
        Ok(if written == Written::Conflict { Written::NotApplicable } else { written })
    }

    /// Writes both or neither.
    async fn both(&self, writes: Vec<TransactWriteItem>) -> Result<Written, StoreError> {
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        let Err(error) = sent else { return Ok(Written::Applied) };
        let reasons = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                canceled.cancellation_reasons()
            }
            _ => &[],
        };
        let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
        if codes.contains(&"ConditionalCheckFailed") {
            Ok(Written::Conflict)
        } else if codes.contains(&"TransactionConflict") {
            // A person can ask again.
            Err(StoreError::Conflict)
        } else {
            Err(StoreError::unavailable(error))
        }
    }
}

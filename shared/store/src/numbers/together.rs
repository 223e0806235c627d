//! Rows of the table Numbers that are written together, or not at all.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use crate::change::{IntoAttribute as _, MAX_ATTEMPTS, backoff_with_jitter};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::row::Row;
use crate::{Item, Store, Written};

/// The attribute that grows with every change of a number's row, or a mailbox's.
const REVISION: &str = "revision";

impl Store {
    /// In place of the row that was seen, if nobody else has changed it since.
    pub(crate) fn put_over(&self, seen: &Item, mut row: Item) -> Result<TransactWriteItem, StoreError> {
        let revision = Row::new("settings", seen).number::<u32>(REVISION)?.unwrap_or(0);
        row.insert(REVISION.to_owned(), revision.saturating_add(1).into_attribute());
        self.put(row, unchanged(seen))
    }

    pub(crate) fn put(&self, row: Item, when: Filter) -> Result<TransactWriteItem, StoreError> {
        let Filter { expression, names, values } = when;
        let put = Put::builder()
            .table_name(&self.tables.numbers)
            .set_item(Some(row))
            .set_condition_expression((!expression.is_empty()).then_some(expression))
            .set_expression_attribute_names((!names.is_empty()).then_some(names))
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .build()
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(crate) fn delete(&self, key: Item, when: Filter) -> Result<TransactWriteItem, StoreError> {
        let Filter { expression, names, values } = when;
        let delete = Delete::builder()
            .table_name(&self.tables.numbers)
            .set_key(Some(key))
            .condition_expression(expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .build()
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// All or nothing: [`Written::Conflict`] if a condition does not hold. Another transaction that is
    /// writing one of the rows is waited for.
    pub(crate) async fn write_together(&self, writes: Vec<TransactWriteItem>) -> Result<Written, StoreError> {
        for attempt in 1..=MAX_ATTEMPTS {
            let write = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let Err(error) = write.send().await else { return Ok(Written::Applied) };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            else {
                return Err(StoreError::unavailable(error));
            };
            let codes: Vec<&str> =
                canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
            if codes.contains(&"ConditionalCheckFailed") {
                return Ok(Written::Conflict);
            }
            if !codes.contains(&"TransactionConflict") {
                return Err(StoreError::unavailable(error));
            }
            backoff_with_jitter(attempt).await;
        }
        Err(StoreError::Conflict)
    }
}

/// No row is there yet.
pub(crate) fn absent() -> Filter {
    Filter::default().and("attribute_not_exists(#number)").named("number")
}

/// Every attribute is as it was seen, and none has come that says that it was written since.
pub(crate) fn unchanged(seen: &Item) -> Filter {
    let mut attributes: Vec<(&String, &AttributeValue)> = seen.iter().collect();
    attributes.sort_by_key(|(name, _)| *name);
    let first = if seen.contains_key(REVISION) {
        Filter::default()
    } else {
        Filter::default().and("attribute_not_exists(#revision)").named(REVISION)
    };
    attributes.into_iter().fold(first, |filter, (name, value)| {
        filter.and(&format!("#{name} = :{name}")).value(name, value.clone())
    })
}

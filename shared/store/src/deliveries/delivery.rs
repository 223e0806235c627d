//! Telling begins, is claimed, gets on, is looked for.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use jiff::Timestamp;
use live::telling::{Delivery, Tells};
use live::{CallId, Event, Happened};

use crate::change::{Change, IntoAttribute as _, MAX_ATTEMPTS, backoff_with_jitter};
use crate::controlled::row::ControlledCall;
use crate::deliveries::row::{DUE_SHARDS, PREFIX, attributes, key, read};
use crate::error::StoreError;
use crate::row::Row;
use crate::{Store, Written, schema};

/// How many rows are listed at once: those that are left come with the next look.
const PAGE: i32 = 100;

/// A part of the deliveries that are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryPart(&'static str);

impl DeliveryPart {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        DUE_SHARDS.into_iter().map(Self)
    }
}

/// Who is told of a call from a change on: of its beginning, where its program hears of all; then where its actions
/// say.
pub(crate) fn begun(call: &ControlledCall, events: &[Event], now: Timestamp) -> Vec<Delivery> {
    let of_call = call.callback.as_ref().filter(|_| call.revision == 0);
    let delivery =
        |url: &String, tells, cursor| Delivery::new(url.clone(), call.key.clone(), tells, cursor, now);
    let mut begun: Vec<Delivery> = of_call.map(|url| delivery(url, Tells::Call, 0)).into_iter().collect();
    for event in events {
        if let Happened::Queued { callback: Some(url), .. } = &event.happened
            && call.callback.as_ref() != Some(url)
            && !begun.iter().any(|it| it.url == *url)
        {
            begun.push(delivery(url, Tells::Actions, event.seq.saturating_sub(1)));
        }
    }
    begun
}

impl Store {
    /// What puts down that an endpoint is told of a call, in the transaction in which that is decided. Where it is
    /// told already, that stays as it is: an endpoint that an action names may have been named before.
    pub(crate) fn delivery_begins(&self, call: &CallId, delivery: &Delivery) -> Result<Update, StoreError> {
        let attributes = attributes(call, delivery);
        let begins = attributes
            .into_iter()
            .fold(Change::new(), |change, (name, value)| change.set_if_absent(&name, Some(value)));
        begins.in_transaction(&self.tables.live_calls, key(call, &delivery.url))
    }

    /// The same, by itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_delivery(&self, call: &CallId, delivery: &Delivery) -> Result<(), StoreError> {
        let begins = TransactWriteItem::builder().update(self.delivery_begins(call, delivery)?).build();
        let sent = self.client.transact_write_items().transact_items(begins).send().await;
        sent.map(drop).map_err(StoreError::unavailable)
    }

    /// Who is told of a call, and how far, at this moment.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn deliveries(&self, call: &CallId) -> Result<Vec<Delivery>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.tables.live_calls)
            .key_condition_expression("#call_id = :call_id AND begins_with(#item, :prefix)")
            .expression_attribute_names("#call_id", "call_id")
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":call_id", call.as_str().into_attribute())
            .expression_attribute_values(":prefix", PREFIX.into_attribute())
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut deliveries = Vec::new();
        while let Some(item) = pages.next().await {
            deliveries.push(read(&item.map_err(StoreError::unavailable)?)?);
        }
        Ok(deliveries)
    }

    /// How far one endpoint is told of a call, at this moment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not told at all.
    pub async fn delivery(&self, call: &CallId, url: &str) -> Result<Delivery, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.live_calls)
            .set_key(Some(key(call, url)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        read(&answer.item.ok_or(StoreError::NotFound("delivery"))?)
    }

    /// Puts down how far it is now, if nobody has since the one whose revision comes before. Of several who claim
    /// it only one gets [`Written::Applied`]; the others, and whoever's claim another has taken over,
    /// [`Written::Conflict`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delivery_goes_on(&self, call: &CallId, then: &Delivery) -> Result<Written, StoreError> {
        let item = key(call, &then.url).into_iter().chain(attributes(call, then)).collect();
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.live_calls)
            .set_item(Some(item))
            .condition_expression("#revision = :seen")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":seen", then.revision.saturating_sub(1).into_attribute())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for attempt in 1..=MAX_ATTEMPTS {
            let Err(error) = put.clone().send().await else { return Ok(Written::Applied) };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    // The answer to an earlier attempt may have got lost.
                    let known = failed.item().map(read).transpose()?;
                    let is_written = known
                        .is_some_and(|it| it.revision == then.revision && it.claimed_by == then.claimed_by);
                    return Ok(if is_written { Written::Applied } else { Written::Conflict });
                }
                Some(PutItemError::TransactionConflictException(_)) => backoff_with_jitter(attempt).await,
                _ => return Err(StoreError::unavailable(error)),
            }
        }
        Err(StoreError::Conflict)
    }

    /// The calls of a part of which somebody was to be told by then, the longest due first. The list is a moment
    /// behind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn deliveries_due(&self, part: DeliveryPart, by: Timestamp) -> Result<Vec<CallId>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.live_calls)
            .index_name(schema::DUE)
            .key_condition_expression("#due_shard = :due_shard AND #due <= :due")
            .expression_attribute_names("#due_shard", "due_shard")
            .expression_attribute_names("#due", "due")
            .expression_attribute_values(":due_shard", part.0.into_attribute())
            .expression_attribute_values(":due", by.into_attribute())
            .limit(PAGE)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let call = |item| Row::new("delivery", item).parsed("call_id", |text| text.parse().ok());
        let mut calls = Vec::new();
        for item in answer.items() {
            // Several endpoints of one call may be due.
            if let Some(call) = call(item)?.filter(|call| !calls.contains(call)) {
                calls.push(call);
            }
        }
        Ok(calls)
    }
}

//! What requests were answered, so that one that comes again changes nothing.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::{Once, OnceId};
use jiff::{SignedDuration, Timestamp};

use crate::access::key;
use crate::change::{IntoAttribute as _, MAX_ATTEMPTS, backoff_with_jitter};
use crate::error::StoreError;
use crate::row::Row;
use crate::{Item, Store, Written};

/// How long a request that comes again is known.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);

impl Store {
    /// What a request was answered, if it was carried out in the last two days.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn once(&self, id: &OnceId, now: Timestamp) -> Result<Option<Once>, StoreError> {
        let get = self.client.get_item().table_name(&self.tables.access).set_key(Some(once_key(id)));
        let answer = get.consistent_read(true).send().await.map_err(StoreError::unavailable)?;
        let Some(item) = answer.item else { return Ok(None) };
        let row = Row::new("answer", &item);
        // DynamoDB takes days to delete what has expired.
        let expires: i64 = row.required("expires", row.number("expires")?)?;
        if expires <= now.as_second() {
            return Ok(None);
        }
        let digest = row.read("digest", |value| value.as_b().ok()?.as_ref().try_into().ok())?;
        Ok(Some(Once {
            id: id.clone(),
            digest: row.required("digest", digest)?,
            status: row.required("status", row.number("status")?)?,
            body: row.required("body", row.text("body")?)?.to_owned(),
        }))
    }

    /// Keeps what a request was answered that changed nothing else: [`Written::Conflict`] where it has an answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn keep_once(&self, once: &Once, now: Timestamp) -> Result<Written, StoreError> {
        let put = TransactWriteItem::builder().put(self.once_put(once, now)?).build();
        for attempt in 1..=MAX_ATTEMPTS {
            let sent = self.client.transact_write_items().transact_items(put.clone()).send().await;
            let Err(error) = sent else { return Ok(Written::Applied) };
            let code = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                    canceled.cancellation_reasons().first().and_then(|reason| reason.code())
                }
                _ => None,
            };
            match code {
                Some("ConditionalCheckFailed") => return Ok(Written::Conflict),
                Some("TransactionConflict") => backoff_with_jitter(attempt).await,
                _ => return Err(StoreError::unavailable(error)),
            }
        }
        Err(StoreError::Conflict)
    }

    /// The same, as a part of the transaction that carries the request out.
    pub(crate) fn once_put(&self, once: &Once, now: Timestamp) -> Result<Put, StoreError> {
        let expires = now.saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
        let attributes = [
            ("digest", AttributeValue::B(Blob::new(once.digest))),
            ("status", u32::from(once.status).into_attribute()),
            ("body", once.body.as_str().into_attribute()),
            ("expires", expires.as_second().into_attribute()),
        ];
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
        Put::builder()
            .table_name(&self.tables.access)
            .set_item(Some(once_key(&once.id).into_iter().chain(attributes).collect()))
            .condition_expression("attribute_not_exists(#key) OR #expires <= :now")
            .expression_attribute_names("#key", "key")
            .expression_attribute_names("#expires", "expires")
            .expression_attribute_values(":now", now.as_second().into_attribute())
            .build()
            .map_err(|error| StoreError::Unavailable(error.into()))
    }
}

fn once_key(id: &OnceId) -> Item {
    let hash = id.hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    key(&format!("once#{}#{hash}", id.api_key), "answer")
}

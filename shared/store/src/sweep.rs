//! Every row, page by page, for what has to look at all of them; and the deletion of whole rows.
//!
//! Rows of calls carry no expiry by which DynamoDB would delete them: that asks for no condition,
//! and could not be held back. They are deleted one by one instead, each in a transaction with the
//! look at the holds, and with the count that is their receipt.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use domain::{Call, LedgerRow, MissedCall};
use jiff::Timestamp;
use phone::PhoneNumber;

use crate::calls::call;
use crate::change::{Change, IntoAttribute};
use crate::error::StoreError;
use crate::voicemails::keeping::{Deletion, updating};
use crate::voicemails::missed_calls;
use crate::voicemails::voicemail;
use crate::{Item, Store};

/// Rows in a page.
const PAGE: i32 = 100;

/// Some rows, and the key of the last one if there may be more. A row that can't be read does not
/// keep the others from being seen.
#[derive(Debug)]
pub struct Page<R> {
    /// The rows.
    pub rows: Vec<Result<R, StoreError>>,
    /// Where to go on.
    pub last: Option<String>,
}

/// How far a sweep over both tables got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// In the ledger, after this key; from the beginning without one.
    Ledger(Option<String>),
    /// In the calls.
    Calls(Option<String>),
}

impl Store {
    /// A page of the ledger.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ledger_page(&self, after: Option<&str>) -> Result<Page<LedgerRow>, StoreError> {
        let read = |item: &Item| {
            if item.contains_key("missed_at") {
                missed_calls::read(item).map(|row| LedgerRow::MissedCall(Box::new(row)))
            } else {
                voicemail::read(item).map(|row| LedgerRow::Voicemail(Box::new(row)))
            }
        };
        self.page(&self.tables.voicemails, "recording_sid", after, read).await
    }

    /// A page of the calls.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn calls_page(&self, after: Option<&str>) -> Result<Page<Call>, StoreError> {
        self.page(&self.tables.calls, "call_sid", after, call::read).await
    }

    async fn page<R>(
        &self,
        table: &str,
        key: &str,
        after: Option<&str>,
        read: impl Fn(&Item) -> Result<R, StoreError>,
    ) -> Result<Page<R>, StoreError> {
        let start = after.map(|after| Item::from([(key.to_owned(), after.into_attribute())]));
        let answer = self
            .client
            .scan()
            .table_name(table)
            .limit(PAGE)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let last = answer.last_evaluated_key().and_then(|last| last.get(key)?.as_s().ok().cloned());
        Ok(Page { rows: answer.items().iter().map(read).collect(), last })
    }

    /// Deletes the row of a call, unless it, or its number, is held.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_call(&self, call: &Call, why: &str, at: Timestamp) -> Result<Deletion, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.tables.calls)
            .key("call_sid", call.call_sid.as_str().into_attribute())
            .condition_expression("attribute_exists(#call_sid) AND attribute_not_exists(#holds)")
            .expression_attribute_names("#call_sid", "call_sid")
            .expression_attribute_names("#holds", "holds");
        self.delete_row(delete, call.number.as_ref(), "calls", why, at).await
    }

    /// Deletes the row of a missed call, unless its number is held.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_missed_call(
        &self,
        missed_call: &MissedCall,
        why: &str,
        at: Timestamp,
    ) -> Result<Deletion, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.tables.voicemails)
            .key("recording_sid", missed_call.call_sid.as_str().into_attribute())
            .condition_expression("attribute_exists(#missed_at)")
            .expression_attribute_names("#missed_at", "missed_at");
        self.delete_row(delete, Some(&missed_call.parties.number), "missed_calls", why, at).await
    }

    pub(crate) async fn delete_row(
        &self,
        delete: aws_sdk_dynamodb::types::builders::DeleteBuilder,
        number: Option<&PhoneNumber>,
        counted: &str,
        why: &str,
        at: Timestamp,
    ) -> Result<Deletion, StoreError> {
        let delete = delete.build().map_err(|error| StoreError::Unavailable(error.into()))?;
        let receipt = Change::new().add(counted, 1).set("why", why).set("at", at);
        let receipt = receipt.in_transaction(&self.tables.numbers, receipt_key(number, at))?;
        let items = vec![TransactWriteItem::builder().delete(delete).build(), updating(receipt)];
        self.unless_held(number, items).await
    }

    /// How many rows of calls and of missed calls of a number were deleted on a day (UTC).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn deleted_rows(&self, number: &PhoneNumber, day: Timestamp) -> Result<(u32, u32), StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.numbers)
            .set_key(Some(receipt_key(Some(number), day)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let item = answer.item.unwrap_or_default();
        let row = crate::row::Row::new("receipt", &item);
        Ok((row.number("calls")?.unwrap_or(0), row.number("missed_calls")?.unwrap_or(0)))
    }

    /// How far the sweep got that did not come to its end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sweep(&self) -> Result<Sweep, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.numbers)
            .set_key(Some(sweep_key()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let item = answer.item.unwrap_or_default();
        let row = crate::row::Row::new("sweep", &item);
        let after = row.text("after")?.map(str::to_owned);
        Ok(if row.text("table")? == Some("calls") { Sweep::Calls(after) } else { Sweep::Ledger(after) })
    }

    /// Writes down how far a sweep got.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn swept(&self, sweep: &Sweep) -> Result<(), StoreError> {
        let (table, after) = match sweep {
            Sweep::Ledger(after) => ("ledger", after),
            Sweep::Calls(after) => ("calls", after),
        };
        let change = Change::new().set("table", table).set_or_remove("after", after.as_deref());
        change.apply(&self.client, &self.tables.numbers, sweep_key()).await?;
        Ok(())
    }
}

/// Beside the numbers, where nothing reads it as one.
fn sweep_key() -> Item {
    key("retention", "sweep".to_owned())
}

fn receipt_key(number: Option<&PhoneNumber>, at: Timestamp) -> Item {
    key(number.map_or("unknown", PhoneNumber::reveal), format!("deleted#{}", at.strftime("%Y-%m-%d")))
}

fn key(number: &str, item: String) -> Item {
    Item::from([("number".to_owned(), number.into_attribute()), ("item".to_owned(), AttributeValue::S(item))])
}

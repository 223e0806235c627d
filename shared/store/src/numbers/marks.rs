//! How far Twilio's recordings are known, account by account.
//!
//! The rows stand among the numbers, where nothing listens to changes, under what is none.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use phone::{AccountSid, RecordingSid};

use crate::change::Change;
use crate::error::StoreError;
use crate::row::Row;
use crate::{Item, Store};

/// How many recordings of others are remembered: about 150 KB.
const MOST_FOREIGN: usize = 4_000;

/// How far an account's recordings are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Up to when all of them are known to be in the ledger.
    pub until: Option<Timestamp>,
    /// When they were last compared, to the end.
    pub compared_at: Option<Timestamp>,
    /// A comparison that did not come to its end.
    pub listing: Option<Listing>,
}

/// A comparison with Twilio's list, which has the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// It goes back so far.
    pub since: Timestamp,
    /// When it began.
    pub begun_at: Timestamp,
    /// All that is younger is compared.
    pub down_to: Timestamp,
    /// The oldest recording that could not be brought in yet.
    pub hold: Option<Timestamp>,
}

impl Store {
    /// How far an account's recordings are known.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn marks(&self, account: &AccountSid) -> Result<Marks, StoreError> {
        let Some(item) = self.mark_row(key("account", account)).await? else { return Ok(Marks::default()) };
        let row = Row::new("marker", &item);
        let times = (row.time("listing_since")?, row.time("listing_begun_at")?, row.time("listing_down_to")?);
        let listing = match times {
            (Some(since), Some(begun_at), Some(down_to)) => {
                Some(Listing { since, begun_at, down_to, hold: row.time("listing_hold")? })
            }
            _ => None,
        };
        let until = row.time("reconciled_until")?;
        // Rows of before there were two marks have one.
        Ok(Marks { until, compared_at: row.time("compared_at")?.or(until), listing })
    }

    /// Writes down how far a comparison got.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn listing_goes_on(&self, account: &AccountSid, listing: &Listing) -> Result<(), StoreError> {
        let change = Change::new()
            .set("listing_since", listing.since)
            .set("listing_begun_at", listing.begun_at)
            .set("listing_down_to", listing.down_to)
            .set_or_remove("listing_hold", listing.hold);
        self.change_mark(key("account", account), change).await
    }

    /// Ends a comparison: all is known `until` then. That mark never goes back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn compared(
        &self,
        account: &AccountSid,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let forward = Change::new()
            .set("reconciled_until", until)
            .when("attribute_not_exists(#reconciled_until) OR #reconciled_until < :reconciled_until");
        self.change_mark(key("account", account), forward).await?;
        let ended = Change::new()
            .set("compared_at", at)
            .remove("listing_since")
            .remove("listing_begun_at")
            .remove("listing_down_to")
            .remove("listing_hold");
        self.change_mark(key("account", account), ended).await
    }

    /// Recordings in Twilio's list that are known to be none of ours.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn foreign_recordings(
        &self,
        account: &AccountSid,
    ) -> Result<HashSet<RecordingSid>, StoreError> {
        let item = self.mark_row(key("foreign", account)).await?.unwrap_or_default();
        let sids = item.get("recordings").and_then(|value| value.as_ss().ok());
        Ok(sids.into_iter().flatten().filter_map(|sid| RecordingSid::parse(sid).ok()).collect())
    }

    /// Remembers them, and no others; 4,000 at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remember_foreign(
        &self,
        account: &AccountSid,
        recordings: &HashSet<RecordingSid>,
    ) -> Result<(), StoreError> {
        let sids: Vec<String> = recordings.iter().take(MOST_FOREIGN).map(ToString::to_string).collect();
        let sids = (!sids.is_empty()).then_some(AttributeValue::Ss(sids));
        self.change_mark(key("foreign", account), Change::new().set_or_remove("recordings", sids)).await
    }

    async fn mark_row(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.numbers)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(answer.item)
    }

    async fn change_mark(&self, key: Item, change: Change) -> Result<(), StoreError> {
        change.apply(&self.client, &self.tables.numbers, key).await.map(|_| ())
    }
}

fn key(what: &str, account: &AccountSid) -> Item {
    let key = [("number", "reconcile".to_owned()), ("item", format!("{what}#{account}"))];
    key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).into()
}

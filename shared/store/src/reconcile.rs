//! What the search for the forgotten needs: the voicemails that are not done, a way to wake them,
//! and how far Twilio's list was read.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use phone::AccountSid;

use crate::change::{Change, IntoAttribute as _};
use crate::error::StoreError;
use crate::row::Row;
use crate::voicemails::{self, OPEN, Voicemail};
use crate::{Item, Store, Written};

/// A page of the voicemails that are not done.
#[derive(Debug)]
pub struct OpenVoicemails {
    /// Oldest first.
    pub voicemails: Vec<Voicemail>,
    /// Where to go on; none after the last page.
    pub next: Option<Next>,
}

/// Where a list goes on.
#[derive(Debug)]
pub struct Next(Item);

/// How many rows a page has: what they are read into is many times what they are.
const PAGE: i32 = 100;

impl Store {
    /// The voicemails that are not done, oldest first, page by page. The list is a moment behind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_voicemails(&self, from: Option<Next>) -> Result<OpenVoicemails, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.voicemails)
            .index_name(crate::schema::OPEN)
            .key_condition_expression("#open = :open")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":open", OPEN.into_attribute())
            .limit(PAGE)
            .set_exclusive_start_key(from.map(|next| next.0))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(OpenVoicemails {
            voicemails: answer.items().iter().map(voicemails::read).collect::<Result<_, _>>()?,
            next: answer.last_evaluated_key.map(Next),
        })
    }

    /// Wakes the worker for a voicemail: writing that it was woken does. Not if the row has
    /// changed since `voicemail` was read, for that has woken the worker already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn wake(&self, voicemail: &Voicemail, at: Timestamp) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("woken_at", at)
            .when("attribute_exists(#open) AND #revision = :seen")
            .value("seen", voicemail.revision);
        self.change_voicemail(&voicemail.recording_sid, change).await
    }

    /// Up to when an account's recordings are known to be in the ledger; none before the first time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn reconciled_until(&self, account: &AccountSid) -> Result<Option<Timestamp>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.numbers)
            .set_key(Some(marker(account)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        answer.item.map_or(Ok(None), |item| Row::new("marker", &item).time("reconciled_until"))
    }

    /// Moves that mark; never back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn reconciled(&self, account: &AccountSid, until: Timestamp) -> Result<Written, StoreError> {
        Change::new()
            .set("reconciled_until", until)
            .when("attribute_not_exists(#reconciled_until) OR #reconciled_until < :reconciled_until")
            .apply(&self.client, &self.tables.numbers, marker(account))
            .await
    }
}

/// It stands among the numbers, where nothing listens to changes, under what is none.
fn marker(account: &AccountSid) -> Item {
    let key = [("number", "reconcile".to_owned()), ("item", format!("account#{account}"))];
    key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).into()
}

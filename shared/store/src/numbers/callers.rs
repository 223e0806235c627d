//! What a number knows of its callers: whether they called before, what they chose to hear, and who is blocked.

use domain::Language;
use jiff::{SignedDuration, Timestamp};
use phone::PhoneNumber;

use crate::change::{Change, IntoAttribute as _};
use crate::error::StoreError;
use crate::numbers::number::{key, settings_key};
use crate::row::Row;
use crate::{Item, Store, Written};

/// Who did not call for longer is forgotten, and calls for the first time again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(365 * 24);

/// As many callers a number's row has room for; each is read with every call.
const MOST_BLOCKED: u32 = 1_000;

/// A caller, as a number knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownCaller {
    /// Whether they called in the last year.
    pub called_before: bool,
    /// What they chose to hear.
    pub language: Option<Language>,
}

impl Store {
    /// What a number knows of a caller.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn known_caller(
        &self,
        number: &PhoneNumber,
        caller: &PhoneNumber,
        now: Timestamp,
    ) -> Result<KnownCaller, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.numbers)
            .set_key(Some(caller_key(number, caller)))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let Some(item) = answer.item else { return Ok(KnownCaller::default()) };
        let row = Row::new("caller", &item);
        let called_at = row.time("called_at")?;
        Ok(KnownCaller {
            called_before: called_at.is_some_and(|at| now.duration_since(at) < REMEMBERED),
            language: row.parsed("language", |tag| tag.parse().ok())?,
        })
    }

    /// Remembers that a caller called.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn caller_called(
        &self,
        number: &PhoneNumber,
        caller: &PhoneNumber,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.change_caller(number, caller, at, Change::new().set("called_at", at)).await
    }

    /// Remembers what a caller chose to hear.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn caller_hears(
        &self,
        number: &PhoneNumber,
        caller: &PhoneNumber,
        language: Language,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.change_caller(number, caller, at, Change::new().set("language", language.tag())).await
    }

    /// Blocks a caller of a number from now on: [`Written::NotApplicable`] where there is no room, or no number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn block_caller(
        &self,
        number: &PhoneNumber,
        caller: &PhoneNumber,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .add_to_set("blocked", caller.reveal())
            .when("attribute_exists(#number) AND (attribute_not_exists(#blocked) OR size(#blocked) < :most)")
            .value("most", MOST_BLOCKED);
        let written = change.apply(&self.client, &self.tables.numbers, settings_key(number)).await?;
        self.known_numbers.forget(number);
        Ok(written)
    }

    /// Blocks a caller no more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn unblock_caller(
        &self,
        number: &PhoneNumber,
        caller: &PhoneNumber,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .delete_from_set("blocked", caller.reveal())
            .when("contains(#blocked, :caller)")
            .value("caller", caller);
        let written = change.apply(&self.client, &self.tables.numbers, settings_key(number)).await?;
        self.known_numbers.forget(number);
        Ok(if written == Written::Applied { written } else { Written::NotApplicable })
    }

    async fn change_caller(
        &self,
        number: &PhoneNumber,
        caller: &PhoneNumber,
        at: Timestamp,
        change: Change,
    ) -> Result<(), StoreError> {
        let expires = at.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX).as_second();
        let change = change.set("expires", expires);
        change.apply(&self.client, &self.tables.numbers, caller_key(number, caller)).await.map(drop)
    }
}

fn caller_key(number: &PhoneNumber, caller: &PhoneNumber) -> Item {
    key(number, format!("caller#{}", caller.reveal()).into_attribute())
}

//! Settings, kept in memory for 30 s.

use std::collections::HashSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use domain::{Mailbox, Number, NumberSettings};
use jiff::Timestamp;
use phone::PhoneNumber;
use phonefile::PhoneFile;

use crate::change::{IntoAttribute, MAX_ATTEMPTS, backoff_with_jitter};
use crate::error::StoreError;
use crate::numbers::settings_row::{self, SETTINGS};
use crate::{Item, Store};

/// As many rows as DynamoDB reads at once.
const BATCH: usize = 100;

impl Store {
    /// The settings of a masked number, not older than 30 s.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if nobody owns the number.
    pub async fn number(&self, number: &PhoneNumber, now: Timestamp) -> Result<Arc<Number>, StoreError> {
        if let Some(known) = self.known_numbers.fresh(number, now) {
            return Ok(known);
        }
        match self.read_number(number).await {
            Ok(read) => Ok(self.known_numbers.keep(number.clone(), now, read)),
            Err(error) => {
                if matches!(error, StoreError::NotFound(_)) {
                    self.known_numbers.forget(number);
                }
                Err(error)
            }
        }
    }

    /// The settings as they were last read, however long ago: better than a guess while DynamoDB
    /// can't be reached.
    pub fn number_last_known(&self, number: &PhoneNumber) -> Option<Arc<Number>> {
        self.known_numbers.last(number)
    }

    /// Which telephones of a number's phone file are masked numbers themselves, not older than 30 s. The settings name
    /// the first of them, and [`Store::number`] has looked at those.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn masked_telephones(
        &self,
        number: &Number,
        (version, file): (u32, &PhoneFile),
        now: Timestamp,
    ) -> Result<Arc<HashSet<PhoneNumber>>, StoreError> {
        let Number { settings, masked_targets } = number;
        let telephones = file.telephones();
        if telephones.iter().all(|telephone| settings.forwarding.targets.contains(telephone)) {
            return Ok(Arc::new(masked_targets.clone()));
        }
        let key = (settings.number.clone(), version);
        if let Some(known) = self.known_masked.fresh(&key, now) {
            return Ok(known);
        }
        let telephones: Vec<PhoneNumber> = telephones.into_iter().cloned().collect();
        Ok(self.known_masked.keep(key, now, self.masked_among(&telephones).await?))
    }

    /// Writes a number's settings and its mailbox, whether they are new or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put_number(&self, settings: &NumberSettings) -> Result<(), StoreError> {
        let mailbox: Mailbox = settings.for_mailbox();
        for row in [settings_row::write_mailbox(&mailbox)?, settings_row::write(&settings.for_calls())?] {
            let put = self.client.put_item().table_name(&self.tables.numbers).set_item(Some(row));
            put.send().await.map_err(StoreError::unavailable)?;
        }
        self.known_mailboxes.forget(&mailbox.id);
        self.known_numbers.forget(&settings.number);
        Ok(())
    }

    /// The forwarded calls of a month (`2026-11`).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn usage(&self, number: &PhoneNumber, month: &str) -> Result<u32, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.numbers)
            .set_key(Some(usage_key(number, month)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let item = answer.item.unwrap_or_default();
        Ok(crate::row::Row::new("usage", &item).number("calls")?.unwrap_or(0))
    }

    async fn read_number(&self, number: &PhoneNumber) -> Result<Number, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.numbers)
            .set_key(Some(settings_key(number)))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let settings = settings_row::read(&answer.item.ok_or(StoreError::NotFound("number"))?)?;
        let masked_targets = self.masked_among(&settings.forwarding.targets).await?;
        Ok(Number { settings, masked_targets })
    }

    /// Which of these are masked numbers themselves.
    pub(crate) async fn masked_among(
        &self,
        targets: &[PhoneNumber],
    ) -> Result<HashSet<PhoneNumber>, StoreError> {
        let distinct: HashSet<&PhoneNumber> = targets.iter().collect();
        let distinct: Vec<&PhoneNumber> = distinct.into_iter().collect();
        let mut masked = HashSet::new();
        for some in distinct.chunks(BATCH) {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(some.iter().copied().map(settings_key).collect()))
                .projection_expression("#number")
                .expression_attribute_names("#number", "number")
                .build()
                .map_err(|error| StoreError::Unavailable(error.into()))?;
            for item in self.batch(keys).await? {
                let number = item.get("number").and_then(|number| number.as_s().ok());
                masked.extend(number.and_then(|number| PhoneNumber::parse(number).ok()));
            }
        }
        Ok(masked)
    }

    /// The rows of these keys. Under load DynamoDB answers a part of them and leaves the rest: to
    /// take those for missing would let a call go round in circles.
    async fn batch(&self, keys: KeysAndAttributes) -> Result<Vec<Item>, StoreError> {
        let table = &self.tables.numbers;
        let (mut left, mut found) = (keys, Vec::new());
        for attempt in 1..=MAX_ATTEMPTS {
            let answer = self
                .client
                .batch_get_item()
                .request_items(table, left)
                .send()
                .await
                .map_err(StoreError::unavailable)?;
            found.extend(answer.responses.unwrap_or_default().remove(table).unwrap_or_default());
            match answer.unprocessed_keys.unwrap_or_default().remove(table) {
                None => return Ok(found),
                Some(unprocessed) => left = unprocessed,
            }
            backoff_with_jitter(attempt).await;
        }
        Err(StoreError::Unavailable("a batch was never answered in full".into()))
    }
}

pub(crate) fn settings_key(number: &PhoneNumber) -> Item {
    key(number, SETTINGS.into_attribute())
}

pub(crate) fn usage_key(number: &PhoneNumber, month: &str) -> Item {
    key(number, format!("usage#{month}").into_attribute())
}

pub(crate) fn key(number: &PhoneNumber, item: AttributeValue) -> Item {
    Item::from([("number".to_owned(), number.into_attribute()), ("item".to_owned(), item)])
}

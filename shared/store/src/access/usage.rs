//! What a key has used: the people it called in a minute, and the minutes of a day.

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use domain::{ApiKey, ApiKeyId};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::access::key;
use crate::change::Change;
use crate::error::StoreError;
use crate::row::Row;
use crate::{Item, Store, Written};

/// How long it is known what was used.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Whether there was something left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// There was, and it is counted.
    Taken,
    /// There was not. Nothing was counted.
    UsedUp {
        /// When there is again.
        until: Timestamp,
    },
}

/// What a key has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// People called in this minute.
    pub calls: u32,
    /// Minutes of this day, in UTC.
    pub minutes: u32,
}

impl Store {
    /// Counts one more person whom a key calls in this minute, if it may: of many at once as many as may be.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_call(&self, api_key: &ApiKey, now: Timestamp) -> Result<Taken, StoreError> {
        let until = start_of(Span::Minute, now, 1);
        if api_key.calls_per_minute == 0 {
            return Ok(Taken::UsedUp { until });
        }
        let (key, change) = one_more_call(api_key, now);
        self.take(key, change, until).await
    }

    /// Counts minutes of this day, if so many are left.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_minutes(
        &self,
        api_key: &ApiKey,
        minutes: u32,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let until = start_of(Span::Day, now, 1);
        match more_minutes(api_key, minutes, now) {
            Some((key, change)) => self.take(key, change, until).await,
            None => Ok(Taken::UsedUp { until }),
        }
    }

    /// Counts minutes of this day that were used already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_minutes(&self, id: &ApiKeyId, minutes: u32, now: Timestamp) -> Result<(), StoreError> {
        let change = Change::new().add("minutes", minutes.into()).set("expires", expires(now));
        change.apply(&self.client, &self.tables.access, usage_key(id, Span::Day, now)).await?;
        Ok(())
    }

    /// What a key has used in this minute and on this day.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn api_key_usage(&self, id: &ApiKeyId, now: Timestamp) -> Result<Usage, StoreError> {
        let table = &self.tables.access;
        let keys = [Span::Minute, Span::Day].map(|span| usage_key(id, span, now));
        let keys = KeysAndAttributes::builder().set_keys(Some(keys.into())).consistent_read(true).build();
        let keys = keys.map_err(|error| StoreError::Unavailable(error.into()))?;
        let answer = self.client.batch_get_item().request_items(table, keys).send().await;
        let answer = answer.map_err(StoreError::unavailable)?;
        if answer.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
            return Err(StoreError::Unavailable("not both rows were read".into()));
        }
        let mut usage = Usage::default();
        for item in answer.responses.unwrap_or_default().remove(table).unwrap_or_default() {
            let row = Row::new("usage", &item);
            usage.calls = row.number("calls")?.unwrap_or(usage.calls);
            usage.minutes = row.number("minutes")?.unwrap_or(usage.minutes);
        }
        Ok(usage)
    }

    async fn take(&self, key: Item, change: Change, until: Timestamp) -> Result<Taken, StoreError> {
        let written = change.refused(|_| Written::NotApplicable);
        match written.apply(&self.client, &self.tables.access, key).await? {
            Written::Applied => Ok(Taken::Taken),
            _ => Ok(Taken::UsedUp { until }),
        }
    }
}

/// The row and the change that count one more person, of at least one who may be called.
pub(crate) fn one_more_call(api_key: &ApiKey, now: Timestamp) -> (Item, Change) {
    let change = Change::new()
        .add("calls", 1)
        .set("expires", expires(now))
        .when("attribute_not_exists(#calls) OR #calls < :limit")
        .value("limit", api_key.calls_per_minute);
    (usage_key(&api_key.id, Span::Minute, now), change)
}

/// The row and the change that count minutes; none where a whole day has not so many.
pub(crate) fn more_minutes(api_key: &ApiKey, minutes: u32, now: Timestamp) -> Option<(Item, Change)> {
    let left = api_key.minutes_per_day.checked_sub(minutes)?;
    let change = Change::new()
        .add("minutes", minutes.into())
        .set("expires", expires(now))
        .when("attribute_not_exists(#minutes) OR #minutes <= :left")
        .value("left", left);
    Some((usage_key(&api_key.id, Span::Day, now), change))
}

#[derive(Clone, Copy)]
enum Span {
    Minute,
    Day,
}

fn usage_key(id: &ApiKeyId, span: Span, now: Timestamp) -> Item {
    let (name, format) = match span {
        Span::Minute => ("minute", "%Y-%m-%dT%H:%M"),
        Span::Day => ("day", "%Y-%m-%d"),
    };
    let at = now.to_zoned(TimeZone::UTC).strftime(format).to_string();
    key(&format!("usage#{id}"), &format!("{name}#{at}"))
}

/// When the span begins that is `later` after this one.
fn start_of(span: Span, now: Timestamp, later: i64) -> Timestamp {
    let seconds = match span {
        Span::Minute => 60,
        Span::Day => 24 * 3_600,
    };
    let start = now.as_second().div_euclid(seconds).saturating_add(later).saturating_mul(seconds);
    Timestamp::from_second(start).unwrap_or(Timestamp::MAX)
}

fn expires(now: Timestamp) -> AttributeValue {
    let expires = now.saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
    AttributeValue::N(expires.as_second().to_string())
}

//! What an operator needs, and no webhook: lists, and the times on a row.

use crate::calls::call;
use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::row::Row;
use crate::schema::BY_NUMBER;
use crate::unreadable::{Rows, Unreadable};
use crate::voicemails::missed_calls;
use crate::voicemails::reconcile::OpenPart;
use crate::voicemails::voicemail;
use crate::{Item, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Call, Entry, Happening, LedgerRow, MissedCall, TimelineEvent, Voicemail};
use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};

/// Which rows a list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Only those of this masked number.
    pub number: Option<PhoneNumber>,
    /// Only those since then.
    pub since: Option<Timestamp>,
}

impl Store {
    /// The client, for whoever looks at the tables themselves.
    pub fn client(&self) -> &aws_sdk_dynamodb::Client {
        &self.client
    }

    /// Calls, newest first. Reads the whole table: for a person, not for a webhook.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_calls(&self, listed: &Listed) -> Result<Rows<Call>, StoreError> {
        let filter = listed.filter("begun_at");
        let mut calls = Rows::read(&self.scan(&self.tables.calls, filter).await?, call::read);
        calls.rows.sort_by(|a, b| (b.begun_at, &b.call_sid).cmp(&(a.begun_at, &a.call_sid)));
        Ok(calls)
    }

    /// The last calls that began to a number, the newest first: who called, and when.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn last_calls(&self, number: &PhoneNumber, most: i32) -> Result<Rows<Call>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.calls)
            .index_name(BY_NUMBER)
            .key_condition_expression("#number = :number")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":number", number.into_attribute())
            .scan_index_forward(false)
            .limit(most)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(Rows::read(answer.items(), call::read))
    }

    /// Voicemails, newest first. Reads the whole table: for a person, not for a webhook.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_voicemails(&self, listed: &Listed) -> Result<Rows<Voicemail>, StoreError> {
        self.scan_voicemails(listed.filter("recorded_at")).await
    }

    /// The voicemails of a call, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_voicemails_of_call(&self, call: &CallSid) -> Result<Rows<Voicemail>, StoreError> {
        let filter =
            Filter::default().and("#call_sid = :call_sid").value("call_sid", call.as_str().into_attribute());
        self.scan_voicemails(filter).await
    }

    async fn scan_voicemails(&self, filter: Filter) -> Result<Rows<Voicemail>, StoreError> {
        // Calls that were missed stand in the same table.
        let rows = self
            .scan(&self.tables.voicemails, filter.and("attribute_exists(#recorded_at)").named("recorded_at"))
            .await?;
        let mut voicemails = Rows::read(&rows, voicemail::read);
        newest_first(&mut voicemails.rows);
        Ok(voicemails)
    }

    /// The voicemails that are not done, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_open_voicemails(&self) -> Result<Rows<Voicemail>, StoreError> {
        let rows = self.list_open(OpenPart::voicemails()).await?.into_iter();
        let of_voicemails = rows.filter_map(|row| match row {
            Ok(LedgerRow::Voicemail(voicemail)) => Some(Ok(*voicemail)),
            Ok(LedgerRow::MissedCall(_)) => None,
            Err(unreadable) => Some(Err(unreadable)),
        });
        let mut voicemails: Rows<Voicemail> = of_voicemails.collect();
        newest_first(&mut voicemails.rows);
        Ok(voicemails)
    }

    async fn list_open(
        &self,
        parts: impl Iterator<Item = OpenPart>,
    ) -> Result<Vec<Result<LedgerRow, Unreadable>>, StoreError> {
        let mut rows = Vec::new();
        for part in parts {
            let mut next = None;
            loop {
                let page = self.open_page(part, next).await?;
                rows.extend(page.rows);
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
        }
        Ok(rows)
    }

    /// The calls that may have been missed, newest first. Reads the whole table.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_missed_calls(&self, listed: &Listed) -> Result<Rows<MissedCall>, StoreError> {
        let filter = listed.filter("missed_at").and("attribute_exists(#missed_at)").named("missed_at");
        let mut calls = Rows::read(&self.scan(&self.tables.voicemails, filter).await?, missed_calls::read);
        latest_first(&mut calls.rows);
        Ok(calls)
    }

    /// Those of them that are not done, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_open_missed_calls(&self) -> Result<Rows<MissedCall>, StoreError> {
        let rows = self.list_open(OpenPart::missed_calls()).await?.into_iter();
        let of_calls = rows.filter_map(|row| match row {
            Ok(LedgerRow::MissedCall(call)) => Some(Ok(*call)),
            Ok(LedgerRow::Voicemail(_)) => None,
            Err(unreadable) => Some(Err(unreadable)),
        });
        let mut calls: Rows<MissedCall> = of_calls.collect();
        latest_first(&mut calls.rows);
        Ok(calls)
    }

    /// What happened in a call, in the order of time.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no webhook has told of it.
    pub async fn call_timeline(&self, call: &CallSid) -> Result<Vec<TimelineEvent>, StoreError> {
        let key = ("call_sid".to_owned(), call.as_str().into_attribute());
        self.moments(&self.tables.calls, key, "call").await
    }

    /// What happened to a voicemail, or to the mail about a missed call, in the order of time.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such row.
    pub async fn timeline(&self, entry: impl Into<Entry<'_>>) -> Result<Vec<TimelineEvent>, StoreError> {
        let key = ("recording_sid".to_owned(), entry.into().as_str().into_attribute());
        self.moments(&self.tables.voicemails, key, "ledger").await
    }

    async fn moments(
        &self,
        table: &str,
        key: (String, AttributeValue),
        what: &'static str,
    ) -> Result<Vec<TimelineEvent>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(table)
            .set_key(Some(Item::from([key])))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(timeline(Row::new(what, &answer.item.ok_or(StoreError::NotFound(what))?)))
    }

    pub(crate) async fn scan(&self, table: &str, filter: Filter) -> Result<Vec<Item>, StoreError> {
        let Filter { expression, names, values } = filter;
        let scan = self.client.scan().table_name(table);
        let scan = if expression.is_empty() {
            scan
        } else {
            scan.filter_expression(expression)
                .set_expression_attribute_names(Some(names))
                .set_expression_attribute_values((!values.is_empty()).then_some(values))
        };
        let (mut rows, mut from) = (Vec::new(), None);
        loop {
            let page =
                scan.clone().set_exclusive_start_key(from).send().await.map_err(StoreError::unavailable)?;
            rows.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }
}

impl Listed {
    /// A row whose time is not known yet is new.
    fn filter(&self, time: &str) -> Filter {
        let mut filter = Filter::default();
        if let Some(number) = &self.number {
            filter = filter.and("#number = :number").value("number", number.into_attribute());
        }
        if let Some(since) = self.since {
            filter = filter
                .and(&format!("(attribute_not_exists(#{time}) OR #{time} >= :{time})"))
                .value(time, since.into_attribute());
        }
        filter
    }
}

fn newest_first(voicemails: &mut [Voicemail]) {
    voicemails.sort_by(|a, b| (b.recorded_at, &b.recording_sid).cmp(&(a.recorded_at, &a.recording_sid)));
}

fn latest_first(calls: &mut [MissedCall]) {
    calls.sort_by(|a, b| (b.missed_at, &b.call_sid).cmp(&(a.missed_at, &a.call_sid)));
}

/// A time is an attribute that is named after what happened then.
fn timeline(row: Row<'_>) -> Vec<TimelineEvent> {
    let mut events = Vec::new();
    for (name, value) in row.entries() {
        let time = |value: &AttributeValue| value.as_s().ok()?.parse().ok();
        if let Some(leg) = name.strip_prefix("leg_").and_then(|sid| CallSid::parse(sid).ok()) {
            let of = |part: &str| value.as_m().ok()?.get(part);
            let state = of("status").and_then(|status| status.as_s().ok()).cloned().unwrap_or_default();
            if let Some(at) = of("at").and_then(time) {
                events.push(TimelineEvent { at, what: Happening::Leg(state), leg: Some(leg) });
            }
        } else if let Some(what) = name.strip_suffix("_at").filter(|what| *what != "seen")
            && let Some(at) = time(value)
        {
            events.push(TimelineEvent { at, what: Happening::named(what), leg: None });
        }
    }
    events.sort();
    events
}

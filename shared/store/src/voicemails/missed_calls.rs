//! Calls that were missed: nobody took them, and no message was left.
//!
//! They stand in the ledger beside the voicemails, under the SID of the call, so that what wakes
//! the worker for the one wakes it for the other. Having no `recorded_at` they stand in none of
//! the voicemails' indexes, whose lists don't see them; those that are not done have an index of
//! their own.

use domain::{Address, MailKind, MailboxId, MissedCall, NotMissed, Parties, Voicemail};
use jiff::{SignedDuration, Timestamp};
use phone::{CallSid, PhoneNumber};

use crate::change::{Change, IntoAttribute};
use crate::error::StoreError;
use crate::row::Row;
use crate::schema::BY_NUMBER;
use crate::voicemails::entry;
use crate::voicemails::mails;
use crate::voicemails::voicemail::{self, PUBLISHED};
use crate::{Item, Store, Written};

/// A call longer than this is none that left a message only now.
const LONGEST_CALL: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// Puts a call in the ledger that is over and, as far as is known, was missed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn call_missed(
        &self,
        call_sid: &CallSid,
        parties: &Parties,
        mailbox: &MailboxId,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("missed_at", at)
            .set("number", &parties.number)
            .set("caller", &parties.caller)
            .set_some("caller_name", parties.caller_name.as_deref())
            .set("mailbox", mailbox.reveal())
            .set("open", entry::open_value(call_sid.into()))
            .when("attribute_not_exists(#missed_at)");
        self.change_entry(call_sid.into(), change).await
    }

    /// One missed call, as it is at this moment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no such call was missed.
    pub async fn missed_call(&self, call_sid: &CallSid) -> Result<MissedCall, StoreError> {
        read(&self.entry_row(call_sid.into()).await?.ok_or(StoreError::NotFound("missed call"))?)
    }

    /// Records that a call was not missed after all, unless its mail is being sent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn call_not_missed(&self, call_sid: &CallSid, why: NotMissed) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("not_missed", why.name())
            .remove("open")
            .when("attribute_exists(#missed_at) AND attribute_not_exists(#not_missed)");
        self.change_entry(call_sid.into(), change).await
    }

    /// Takes the row off the list of those that are not done, unless it has changed since it was
    /// read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn close_missed_call(&self, missed_call: &MissedCall) -> Result<Written, StoreError> {
        self.close_entry((&missed_call.call_sid).into(), missed_call.revision).await
    }

    /// The voicemails that were left in a call to `number` that was over at `over_at`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn voicemails_of_call(
        &self,
        number: &PhoneNumber,
        call_sid: &CallSid,
        over_at: Timestamp,
    ) -> Result<Vec<Voicemail>, StoreError> {
        let since = over_at.checked_sub(LONGEST_CALL).unwrap_or(Timestamp::MIN);
        let mut pages = self
            .client
            .query()
            .table_name(&self.tables.voicemails)
            .index_name(BY_NUMBER)
            .key_condition_expression("#number = :number AND #recorded_at >= :since")
            .filter_expression("#call_sid = :call_sid")
            .expression_attribute_names("#number", "number")
            .expression_attribute_names("#recorded_at", "recorded_at")
            .expression_attribute_names("#call_sid", "call_sid")
            .expression_attribute_values(":number", number.into_attribute())
            .expression_attribute_values(":since", since.into_attribute())
            .expression_attribute_values(":call_sid", call_sid.as_str().into_attribute())
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page.map_err(StoreError::unavailable)?.items() {
                found.push(voicemail::read(item)?);
            }
        }
        Ok(found)
    }
}

pub(crate) fn read(item: &Item) -> Result<MissedCall, StoreError> {
    let row = Row::new("missed call", item);
    row.understood()?;
    let call_sid = row.parsed("recording_sid", |text| CallSid::parse(text).ok())?;
    Ok(MissedCall {
        call_sid: row.required("recording_sid", call_sid)?,
        parties: Parties {
            number: row.required("number", row.phone_number("number")?)?,
            caller: row.required("caller", row.caller("caller")?)?,
            caller_name: row.text("caller_name")?.map(str::to_owned),
        },
        mailbox: voicemail::read_pin(row)?,
        missed_at: row.required("missed_at", row.time("missed_at")?)?,
        not_missed: row
            .parsed("not_missed", |name| NotMissed::ALL.into_iter().find(|why| why.name() == name))?,
        mail: mails::read_mail(row, MailKind::MissedCall)?,
        second_mail: mails::read_mail(row, MailKind::Second)?,
        second_mail_wanted: row.flag("second_mail_wanted")?.unwrap_or(false),
        first_address: mails::read_reports(row, Address::First)?,
        second_address: mails::read_reports(row, Address::Second)?,
        trouble: voicemail::read_trouble(row)?,
        published: row.texts(PUBLISHED)?,
        woken_at: row.time("woken_at")?,
        open: row.text("open")?.is_some(),
        revision: row.number("revision")?.unwrap_or(0),
    })
}

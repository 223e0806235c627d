//! A mail over again: because a person asks for it, or because the server took it only without its
//! sound. The order stands on the row, and the worker carries it out like any other mail.

use callflow::EmailAddress;
use phone::RecordingSid;

use crate::change::Change;
use crate::entry::Entry;
use crate::error::StoreError;
use crate::keeping::{Act, Order, read_order, with_receipt, write_order};
use crate::mail_events::{Address, MailReports};
use crate::row::Row;
use crate::voicemails::{self, Mail, MailKind};
use crate::{Store, Written};

/// The last order to send the mail about a voicemail over again, and how far it got.
#[derive(Clone, Debug, PartialEq)]
pub struct Resend {
    /// Which it is, from 1: what SES tells of the mail of an earlier one counts no more.
    pub number: u32,
    /// Who wants it, and why.
    pub order: Order,
    /// Where it goes.
    pub to: ResendTo,
    /// Whether the sound may be attached; the link is in it in any case.
    pub with_sound: bool,
    /// The mail.
    pub mail: Mail,
    /// What became of it.
    pub reports: MailReports,
}

/// Where a mail goes that is sent over again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResendTo {
    /// The owner's first address.
    First,
    /// The owner's second one.
    Second,
    /// This one.
    Named(EmailAddress),
}

impl ResendTo {
    /// As the row has it. No address is without an `@`.
    fn text(&self) -> &str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Named(email) => email.reveal(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "first" => Some(Self::First),
            "second" => Some(Self::Second),
            email => EmailAddress::parse(email).ok().map(Self::Named),
        }
    }
}

impl Resend {
    pub(crate) fn read(row: Row<'_>) -> Result<Option<Self>, StoreError> {
        let (number, order) = (row.number("resend_number")?, row.read("resend", read_order)?);
        // Who called is deleted, and with it where the mail went.
        let (Some(number), Some(order), Some(to)) =
            (number, order, row.parsed("resend_to", ResendTo::parse)?)
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            number,
            order,
            to,
            with_sound: row.flag("resend_with_sound")?.unwrap_or(false),
            mail: voicemails::read_mail(row, MailKind::Resend(number))?,
            reports: MailReports::read(row, Address::Again)?,
        }))
    }
}

/// Adds the order to a change.
pub(crate) fn write(
    change: Change,
    entry: Entry<'_>,
    to: &ResendTo,
    with_sound: bool,
    order: &Order,
) -> Change {
    // What is known of the mail of the last order is not known of this one.
    let forgotten =
        ["resend_claimed_until", "resend_tries", "resend_sent_at", "resend_message_id", "resend_with_words"];
    let change = forgotten.into_iter().fold(Address::Again.forget(change), Change::remove);
    let change = change
        .set("resend", write_order(order))
        .set("resend_to", to.text())
        .set("resend_with_sound", with_sound)
        .add("resend_number", 1)
        .set("open", voicemails::open_value(entry));
    with_receipt(change, Act::Resent, order)
}

impl Store {
    /// Orders the mail about a voicemail to be sent over again; the change itself wakes the worker.
    /// [`Written::Repeated`]: it was never sent, or its sound is deleted or is to be.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn resend(
        &self,
        recording_sid: &RecordingSid,
        to: &ResendTo,
        order: &Order,
    ) -> Result<Written, StoreError> {
        let change = write(Change::new(), recording_sid.into(), to, true, order).when(format!(
            "attribute_exists(#recorded_at) AND attribute_exists(#mail_sent_at) AND {}",
            voicemails::IS_KEPT
        ));
        self.change_voicemail(recording_sid, change).await
    }
}

//! A mail over again: because a person asks for it, or because the server took it only without its
//! sound. The instruction stands on the row, and the worker carries it out like any other mail.

use domain::{Act, Address, EmailAddress, Entry, Instruction, MailKind, Resend, ResendTo};
use phone::RecordingSid;

use crate::change::Change;
use crate::error::StoreError;
use crate::row::Row;
use crate::voicemails::entry;
use crate::voicemails::mails;
use crate::voicemails::receipts::{read_instruction, with_receipt, write_instruction};
use crate::{Store, Written};

/// As the row has it. No address is without an `@`.
fn text(to: &ResendTo) -> &str {
    match to {
        ResendTo::First => "first",
        ResendTo::Second => "second",
        ResendTo::Named(email) => email.reveal(),
    }
}

fn parse(text: &str) -> Option<ResendTo> {
    match text {
        "first" => Some(ResendTo::First),
        "second" => Some(ResendTo::Second),
        email => EmailAddress::parse(email).ok().map(ResendTo::Named),
    }
}

pub(crate) fn read(row: Row<'_>) -> Result<Option<Resend>, StoreError> {
    let (number, instruction) = (row.number("resend_number")?, row.read("resend", read_instruction)?);
    // Who called is deleted, and with it where the mail went.
    let (Some(number), Some(instruction), Some(to)) = (number, instruction, row.parsed("resend_to", parse)?)
    else {
        return Ok(None);
    };
    Ok(Some(Resend {
        number,
        instruction,
        to,
        with_sound: row.flag("resend_with_sound")?.unwrap_or(false),
        mail: mails::read_mail(row, MailKind::Resend(number))?,
        reports: mails::read_reports(row, Address::Again)?,
    }))
}

/// Adds the instruction to a change.
pub(crate) fn write(
    change: Change,
    entry: Entry<'_>,
    to: &ResendTo,
    with_sound: bool,
    instruction: &Instruction,
) -> Change {
    // What is known of the mail of the last instruction is not known of this one.
    let forgotten =
        ["resend_claimed_until", "resend_tries", "resend_sent_at", "resend_message_id", "resend_with_words"];
    let change = forgotten.into_iter().fold(mails::forget_reports(change, Address::Again), Change::remove);
    let change = change
        .set("resend", write_instruction(instruction))
        .set("resend_to", text(to))
        .set("resend_with_sound", with_sound)
        .add("resend_number", 1)
        .set("open", entry::open_value(entry));
    with_receipt(change, Act::Resent, instruction)
}

impl Store {
    /// Orders the mail about a voicemail to be sent over again; the change itself wakes the worker.
    /// What was kept in silence is sent after all. [`Written::NotApplicable`]: its own mail is still to be sent, or its
    /// sound is deleted or is to be.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn resend(
        &self,
        recording_sid: &RecordingSid,
        to: &ResendTo,
        instruction: &Instruction,
    ) -> Result<Written, StoreError> {
        let change = write(Change::new(), recording_sid.into(), to, true, instruction).when(format!(
            "attribute_exists(#recorded_at) AND (attribute_exists(#mail_sent_at) OR attribute_exists(#not_mailed)) AND {}",
            entry::IS_KEPT
        ));
        let change = change.refused(|_| Written::NotApplicable);
        self.change_voicemail(recording_sid, change).await
    }
}

//! What became of mails after SES had taken them.
//!
//! SES tells it once or twice, late, and in any order; each kind of event counts once for each of
//! the owner's addresses.

use crate::change::Change;
use crate::error::StoreError;
use crate::voicemails::entry;
use crate::voicemails::entry::open_value;
use crate::voicemails::mails::{of_this_resend, report_attributes};
use crate::voicemails::resend;
use crate::{Store, Written};
use domain::{Address, AfterBounce, Entry, Instruction, MailEvent, MailKind};
use jiff::Timestamp;

fn after_bounce(change: Change, entry: Entry<'_>, then: &AfterBounce, at: Timestamp) -> Change {
    match then {
        // The worker is to tell of it.
        AfterBounce::Nothing if matches!(entry, Entry::Voicemail(_)) => change.set("open", open_value(entry)),
        AfterBounce::Nothing => change,
        AfterBounce::Second => change.set("second_mail_wanted", true).set("open", open_value(entry)),
        AfterBounce::WithoutSound(to) => {
            let why = "came back for its sound".to_owned();
            resend::write(change, entry, to, false, &Instruction { by: "mail-events".to_owned(), why, at })
        }
    }
}

impl Store {
    /// Records what SES tells of a mail, which is of this kind where that is known, to one of the
    /// owner's addresses. [`Written::Conflict`] where it is to go [without its sound](AfterBounce::WithoutSound)
    /// while it is to be sent over again: that is not overwritten, and it is to be decided anew.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mail_event(
        &self,
        entry: Entry<'_>,
        address: Address,
        kind: Option<MailKind>,
        event: &MailEvent,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let attributes = report_attributes(address);
        let mut change = Change::new();
        let once = match event {
            MailEvent::Delivered => attributes.delivered,
            MailEvent::Delayed => attributes.delayed,
            MailEvent::SoftBounce { reason, then } => {
                change =
                    after_bounce(change.set(attributes.soft_bounce_reason, reason.as_str()), entry, then, at);
                attributes.soft_bounced
            }
            MailEvent::HardBounce { reason, then } => {
                change = after_bounce(change.set(attributes.bounce_reason, reason.as_str()), entry, then, at);
                attributes.bounced
            }
            MailEvent::Complaint => attributes.complained,
        };
        let mark = entry::mark(entry);
        let mut change = change.set(once, at);
        let mut condition = format!("attribute_exists(#{mark}) AND attribute_not_exists(#{once})");
        if let MailEvent::SoftBounce { then, .. } | MailEvent::HardBounce { then, .. } = event
            && matches!(then, AfterBounce::WithoutSound(_))
        {
            condition.push_str(" AND attribute_not_exists(#resend_number)");
            change = change.refused(|row| match (row.is_empty(), row.contains_key("resend_number")) {
                (true, _) => Written::NotApplicable,
                (_, true) => Written::Conflict,
                _ => Written::AlreadyApplied,
            });
        }
        let change = of_this_resend(change, kind, condition);
        self.change_entry(entry, change).await
    }

    /// Gives up a mail to the second address: there is none any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn no_second_mail(&self, entry: impl Into<Entry<'_>>) -> Result<Written, StoreError> {
        let entry = entry.into();
        let change = Change::new().remove("second_mail_wanted").when(format!(
            "attribute_exists(#{}) AND attribute_exists(#second_mail_wanted)",
            entry::mark(entry)
        ));
        self.change_entry(entry, change).await
    }
}

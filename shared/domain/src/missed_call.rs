//! A call that nobody took, and in which no message was left.

use std::collections::BTreeSet;

use jiff::Timestamp;
use phone::CallSid;

use crate::call::Parties;
use crate::mail::{Mail, MailKind, MailReports};
use crate::mailbox::MailboxId;
use crate::voicemail::Trouble;

/// A call that may have been missed, as the ledger has it.
#[derive(Clone, Debug, PartialEq)]
pub struct MissedCall {
    /// The caller's leg, and the row's key.
    pub call_sid: CallSid,
    /// Who called whom.
    pub parties: Parties,
    /// For whom it is; none of a row of the time before there were mailboxes.
    pub mailbox: Option<MailboxId>,
    /// When the call was over.
    pub missed_at: Timestamp,
    /// Why it was not missed after all.
    pub not_missed: Option<NotMissed>,
    /// The mail.
    pub mail: Mail,
    /// The mail over again, to the owner's second address.
    pub second_mail: Mail,
    /// Whether there is to be such a mail.
    pub second_mail_wanted: bool,
    /// What became of the mails to the owner's first address.
    pub first_address: MailReports,
    /// What became of the mails to the second one.
    pub second_address: MailReports,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// The events about it that are out, by their types.
    pub published: BTreeSet<String>,
    /// When it was last found standing still, and woken.
    pub woken_at: Option<Timestamp>,
    /// Whether there is something left to do.
    pub open: bool,
    /// Grows with every change.
    pub revision: u32,
}

/// Why a call was not missed after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMissed {
    /// The two have talked.
    Answered,
    /// There is a voicemail.
    MessageLeft,
    /// The owner wants no mail about it (any more).
    NotWanted,
}

impl MissedCall {
    /// How far one of its mails got.
    pub fn mail(&self, kind: MailKind) -> &Mail {
        if kind == MailKind::Second { &self.second_mail } else { &self.mail }
    }
}

impl NotMissed {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Answered, Self::MessageLeft, Self::NotWanted];

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::MessageLeft => "message-left",
            Self::NotWanted => "not-wanted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn the_mail_to_the_second_address_has_a_state_of_its_own() {
        let call = MissedCall { second_mail: fixtures::sent(false), ..fixtures::missed_call() };
        assert_eq!(call.mail(MailKind::Second), &fixtures::sent(false));
        assert_eq!(call.mail(MailKind::MissedCall), &Mail::Unsent);
    }

    #[test]
    fn why_a_call_was_not_missed_is_said_in_a_word() {
        assert_eq!(NotMissed::ALL.map(NotMissed::name), ["answered", "message-left", "not-wanted"]);
    }
}

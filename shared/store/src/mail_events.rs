//! What became of mails after SES had taken them.
//!
//! SES tells it once or twice, late, and in any order; each kind of news counts once for each of
//! the owner's addresses.

use jiff::Timestamp;

use crate::change::Change;
use crate::entry::Entry;
use crate::error::StoreError;
use crate::keeping::Order;
use crate::resend::{self, ResendTo};
use crate::row::Row;
use crate::voicemails::{MailKind, open_value};
use crate::{Store, Written};

/// Which of an owner's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The one that mails go to.
    First,
    /// The one for mails that the first one does not take.
    Second,
    /// Wherever the mail went that was sent over again last.
    Again,
}

/// What SES tells of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailNews {
    /// The owner's mail server has it.
    Delivered,
    /// It does not take it now; SES goes on trying.
    Delayed,
    /// It did not take it in the end, or something answered for it; another mail may get through.
    SoftBounce {
        /// In SES's and the server's words, without addresses.
        reason: String,
        /// What is to be done about it.
        then: AfterBounce,
    },
    /// It never will.
    HardBounce {
        /// In SES's and the server's words, without addresses.
        reason: String,
        /// What is to be done about it.
        then: AfterBounce,
    },
    /// The owner called it spam.
    Complaint,
}

/// What is to be done about a mail that came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AfterBounce {
    /// Nothing by itself.
    #[default]
    Nothing,
    /// It goes to the owner's second address.
    Second,
    /// It goes there once more, without the sound.
    WithoutSound(ResendTo),
}

/// What is known of the mails to one address. Times are those of the first news of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailReports {
    /// See [`MailNews::Delivered`].
    pub delivered_at: Option<Timestamp>,
    /// See [`MailNews::Delayed`].
    pub delayed_at: Option<Timestamp>,
    /// See [`MailNews::SoftBounce`].
    pub soft_bounced_at: Option<Timestamp>,
    /// Why, in SES's and the server's words; releases before this one did not keep it.
    pub soft_bounce_reason: Option<String>,
    /// See [`MailNews::HardBounce`].
    pub bounced: Option<Bounce>,
    /// See [`MailNews::Complaint`].
    pub complained_at: Option<Timestamp>,
}

/// An address takes no mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// When the mail came back.
    pub at: Timestamp,
    /// Why, in SES's and the server's words.
    pub reason: String,
}

struct Attributes {
    delivered: &'static str,
    delayed: &'static str,
    soft_bounced: &'static str,
    soft_bounce_reason: &'static str,
    bounced: &'static str,
    bounce_reason: &'static str,
    complained: &'static str,
}

impl Address {
    fn attributes(self) -> Attributes {
        match self {
            Self::First => Attributes {
                delivered: "mail_delivered_at",
                delayed: "mail_delayed_at",
                soft_bounced: "mail_soft_bounced_at",
                soft_bounce_reason: "mail_soft_bounce_reason",
                bounced: "mail_bounced_at",
                bounce_reason: "mail_bounce_reason",
                complained: "mail_complained_at",
            },
            Self::Second => Attributes {
                delivered: "second_mail_delivered_at",
                delayed: "second_mail_delayed_at",
                soft_bounced: "second_mail_soft_bounced_at",
                soft_bounce_reason: "second_mail_soft_bounce_reason",
                bounced: "second_mail_bounced_at",
                bounce_reason: "second_mail_bounce_reason",
                complained: "second_mail_complained_at",
            },
            Self::Again => Attributes {
                delivered: "resend_delivered_at",
                delayed: "resend_delayed_at",
                soft_bounced: "resend_soft_bounced_at",
                soft_bounce_reason: "resend_soft_bounce_reason",
                bounced: "resend_bounced_at",
                bounce_reason: "resend_bounce_reason",
                complained: "resend_complained_at",
            },
        }
    }
}

impl Address {
    /// Adds to a change that nothing is known of the mails to it.
    pub(crate) fn forget(self, change: Change) -> Change {
        let Attributes {
            delivered,
            delayed,
            soft_bounced,
            soft_bounce_reason,
            bounced,
            bounce_reason,
            complained,
        } = self.attributes();
        [delivered, delayed, soft_bounced, soft_bounce_reason, bounced, bounce_reason, complained]
            .into_iter()
            .fold(change, Change::remove)
    }
}

impl MailReports {
    pub(crate) fn read(row: Row<'_>, address: Address) -> Result<Self, StoreError> {
        let attributes = address.attributes();
        Ok(Self {
            delivered_at: row.time(attributes.delivered)?,
            delayed_at: row.time(attributes.delayed)?,
            soft_bounced_at: row.time(attributes.soft_bounced)?,
            soft_bounce_reason: row.text(attributes.soft_bounce_reason)?.map(str::to_owned),
            bounced: match row.time(attributes.bounced)? {
                None => None,
                Some(at) => Some(Bounce {
                    at,
                    reason: row.text(attributes.bounce_reason)?.unwrap_or_default().to_owned(),
                }),
            },
            complained_at: row.time(attributes.complained)?,
        })
    }
}

fn after_bounce(change: Change, entry: Entry<'_>, then: &AfterBounce, at: Timestamp) -> Change {
    match then {
        // The worker is to tell of it.
        AfterBounce::Nothing if matches!(entry, Entry::Voicemail(_)) => change.set("open", open_value(entry)),
        AfterBounce::Nothing => change,
        AfterBounce::Second => change.set("second_mail_wanted", true).set("open", open_value(entry)),
        AfterBounce::WithoutSound(to) => {
            let why = "came back for its sound".to_owned();
            resend::write(change, entry, to, false, &Order { by: "mail-events".to_owned(), why, at })
        }
    }
}

/// Adds to a condition that a mail that was sent over again is that of the last order.
pub(crate) fn of_this_order(change: Change, kind: Option<MailKind>, condition: String) -> Change {
    match kind {
        Some(MailKind::Resend(number)) => {
            change.when(format!("{condition} AND #resend_number = :this")).value("this", number)
        }
        _ => change.when(condition),
    }
}

impl Store {
    /// Records what SES tells of a mail, which is of this kind where that is known, to one of the
    /// owner's addresses. [`Written::Repeated`] also where there is no such entry (any more), and
    /// where it is to go [without its sound](AfterBounce::WithoutSound) while an order to send it
    /// over again is there: that one is not overwritten, and it is to be decided anew.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mail_news(
        &self,
        entry: Entry<'_>,
        address: Address,
        kind: Option<MailKind>,
        news: &MailNews,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let attributes = address.attributes();
        let mut change = Change::new();
        let once = match news {
            MailNews::Delivered => attributes.delivered,
            MailNews::Delayed => attributes.delayed,
            MailNews::SoftBounce { reason, then } => {
                change =
                    after_bounce(change.set(attributes.soft_bounce_reason, reason.as_str()), entry, then, at);
                attributes.soft_bounced
            }
            MailNews::HardBounce { reason, then } => {
                change = after_bounce(change.set(attributes.bounce_reason, reason.as_str()), entry, then, at);
                attributes.bounced
            }
            MailNews::Complaint => attributes.complained,
        };
        let mark = entry.mark();
        let change = change.set(once, at);
        let mut condition = format!("attribute_exists(#{mark}) AND attribute_not_exists(#{once})");
        if let MailNews::SoftBounce { then, .. } | MailNews::HardBounce { then, .. } = news
            && matches!(then, AfterBounce::WithoutSound(_))
        {
            condition.push_str(" AND attribute_not_exists(#resend_number)");
        }
        let change = of_this_order(change, kind, condition);
        self.change_entry(entry, change).await
    }

    /// Gives up a mail to the second address: there is none any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn no_second_mail(&self, entry: impl Into<Entry<'_>>) -> Result<Written, StoreError> {
        let entry = entry.into();
        let change = Change::new()
            .remove("second_mail_wanted")
            .when(format!("attribute_exists(#{}) AND attribute_exists(#second_mail_wanted)", entry.mark()));
        self.change_entry(entry, change).await
    }
}

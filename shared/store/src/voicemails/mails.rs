//! Mails, and what became of them, as they stand in a row.

use domain::{Address, Bounce, Mail, MailKind, MailReports};

use crate::change::Change;
use crate::error::StoreError;
use crate::row::Row;

/// The attributes of a mail.
pub(crate) struct MailAttributes {
    pub(crate) claimed_until: &'static str,
    pub(crate) tries: &'static str,
    pub(crate) sent_at: &'static str,
    pub(crate) message_id: &'static str,
    pub(crate) with_words: &'static str,
}

pub(crate) fn mail_attributes(kind: MailKind) -> MailAttributes {
    match kind {
        // A row is a voicemail's or a missed call's, never both.
        MailKind::Voicemail | MailKind::MissedCall => MailAttributes {
            claimed_until: "mail_claimed_until",
            tries: "mail_tries",
            sent_at: "mail_sent_at",
            message_id: "mail_message_id",
            with_words: "mail_with_words",
        },
        MailKind::Transcript => MailAttributes {
            claimed_until: "words_mail_claimed_until",
            tries: "words_mail_tries",
            sent_at: "words_mail_sent_at",
            message_id: "words_mail_message_id",
            with_words: "words_mail_with_words",
        },
        MailKind::Second => MailAttributes {
            claimed_until: "second_mail_claimed_until",
            tries: "second_mail_tries",
            sent_at: "second_mail_sent_at",
            message_id: "second_mail_message_id",
            with_words: "second_mail_with_words",
        },
        MailKind::Resend(_) => MailAttributes {
            claimed_until: "resend_claimed_until",
            tries: "resend_tries",
            sent_at: "resend_sent_at",
            message_id: "resend_message_id",
            with_words: "resend_with_words",
        },
    }
}

pub(crate) fn read_mail(row: Row<'_>, kind: MailKind) -> Result<Mail, StoreError> {
    let MailAttributes { claimed_until, tries, sent_at, message_id, with_words } = mail_attributes(kind);
    if let Some(at) = row.time(sent_at)? {
        return Ok(Mail::Sent {
            at,
            message_id: row.text(message_id)?.unwrap_or_default().to_owned(),
            with_words: row.flag(with_words)?.unwrap_or(false),
        });
    }
    // Before claims were counted there was one after the other.
    let tries = row.number(tries)?.unwrap_or(1);
    Ok(row.time(claimed_until)?.map_or(Mail::Unsent, |until| Mail::Claimed { until, tries }))
}

pub(crate) struct ReportAttributes {
    pub(crate) delivered: &'static str,
    pub(crate) delayed: &'static str,
    pub(crate) soft_bounced: &'static str,
    pub(crate) soft_bounce_reason: &'static str,
    pub(crate) bounced: &'static str,
    pub(crate) bounce_reason: &'static str,
    pub(crate) complained: &'static str,
}

pub(crate) fn report_attributes(address: Address) -> ReportAttributes {
    match address {
        Address::First => ReportAttributes {
            delivered: "mail_delivered_at",
            delayed: "mail_delayed_at",
            soft_bounced: "mail_soft_bounced_at",
            soft_bounce_reason: "mail_soft_bounce_reason",
            bounced: "mail_bounced_at",
            bounce_reason: "mail_bounce_reason",
            complained: "mail_complained_at",
        },
        Address::Second => ReportAttributes {
            delivered: "second_mail_delivered_at",
            delayed: "second_mail_delayed_at",
            soft_bounced: "second_mail_soft_bounced_at",
            soft_bounce_reason: "second_mail_soft_bounce_reason",
            bounced: "second_mail_bounced_at",
            bounce_reason: "second_mail_bounce_reason",
            complained: "second_mail_complained_at",
        },
        Address::Again => ReportAttributes {
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

/// Adds to a change that nothing is known of the mails to an address.
pub(crate) fn forget_reports(change: Change, address: Address) -> Change {
    let ReportAttributes {
        delivered,
        delayed,
        soft_bounced,
        soft_bounce_reason,
        bounced,
        bounce_reason,
        complained,
    } = report_attributes(address);
    [delivered, delayed, soft_bounced, soft_bounce_reason, bounced, bounce_reason, complained]
        .into_iter()
        .fold(change, Change::remove)
}

pub(crate) fn read_reports(row: Row<'_>, address: Address) -> Result<MailReports, StoreError> {
    let attributes = report_attributes(address);
    Ok(MailReports {
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

/// Adds to a condition that a mail that was sent over again is the last such one.
pub(crate) fn of_this_resend(change: Change, kind: Option<MailKind>, condition: String) -> Change {
    match kind {
        Some(MailKind::Resend(number)) => {
            change.when(format!("{condition} AND #resend_number = :this")).value("this", number)
        }
        _ => change.when(condition),
    }
}

//! What became of a mail.

use domain::{Bounce, EmailAddress, Mail, MailReports};
use serde_json::{Value, json};

use crate::show::{self, BAD, WARN, field};

/// An address has not taken its mail.
pub(crate) fn is_refused(reports: &MailReports) -> bool {
    reports.bounced.is_some() || (reports.soft_bounced_at.is_some() && reports.delivered_at.is_none())
}

/// A mail was sent and did not come back.
pub(crate) fn took_it(mail: &Mail, reports: &MailReports) -> bool {
    matches!(mail, Mail::Sent { .. }) && !is_refused(reports)
}

/// What became of a mail to one of the owner's addresses, if anything is known. The row does not
/// say which address that was; the settings say which it is now.
pub(crate) fn show_reports(name: &str, mail: &Mail, reports: &MailReports, now: Option<&EmailAddress>) {
    let address = now.map_or_else(String::new, |email| format!(" (the address is {} now)", email.reveal()));
    let sent = match mail {
        Mail::Unsent => return,
        Mail::Claimed { .. } => "is being sent".to_owned(),
        Mail::Sent { at, .. } => format!("sent {}", show::time(*at)),
    };
    let mut told = vec![sent];
    let times = [
        ("delayed", reports.delayed_at),
        ("put off by the server", reports.soft_bounced_at),
        ("delivered", reports.delivered_at),
        ("called spam", reports.complained_at),
    ];
    told.extend(times.into_iter().filter_map(|(what, at)| Some(format!("{what} {}", show::time(at?)))));
    field(name, format!("{}{address}", told.join(", ")));
    if let (Some(at), Some(reason)) = (reports.soft_bounced_at, &reports.soft_bounce_reason) {
        show::line(format!("  {WARN}{:<10}{WARN:#}{}: {reason}", "came back", show::time(at)));
    }
    if let Some(Bounce { at, reason }) = &reports.bounced {
        show::line(format!("  {BAD}{:<10}{BAD:#}{}: {reason}", "bounced", show::time(*at)));
    }
}

pub(crate) fn mail_json(mail: &Mail) -> Value {
    match mail {
        Mail::Unsent => json!({ "state": "unsent" }),
        Mail::Claimed { until, .. } => json!({ "state": "claimed", "until": show::instant(*until) }),
        Mail::Sent { at, message_id, with_words } => {
            json!({ "state": "sent", "at": show::instant(*at), "message_id": message_id, "with_words": with_words })
        }
    }
}

pub(crate) fn reports_json(reports: &MailReports) -> Value {
    json!({
        "delivered_at": reports.delivered_at.map(show::instant),
        "delayed_at": reports.delayed_at.map(show::instant),
        "soft_bounced_at": reports.soft_bounced_at.map(show::instant),
        "soft_bounce_reason": reports.soft_bounce_reason.as_deref(),
        "bounced_at": reports.bounced.as_ref().map(|bounce| show::instant(bounce.at)),
        "bounce_reason": reports.bounced.as_ref().map(|bounce| bounce.reason.as_str()),
        "complained_at": reports.complained_at.map(show::instant),
    })
}

//! Facts from the ledger.

use domain::{Address, Mail, MailReports, MailboxId, ResendTo, Trouble};
use jiff::{SignedDuration, Timestamp};
use lifecycle::silence::Silence;
use phone::PhoneNumber;
use store::{Listed, Unreadable};

use crate::deployment::Deployment;
use crate::doctor::facts::{Fact, MailFate, MailOutcome, OpenRow, TroubleFact};
use crate::failures::chain;
use crate::lookup::owners::KnownOwners;

/// How far back mails are looked at.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is not done, and what of it can't be read: the keys of those rows, and why.
pub(super) async fn open(deployment: &Deployment) -> (Fact<Vec<OpenRow>>, Vec<(String, String)>) {
    let mut unreadable = Vec::new();
    let rows = read_open(deployment, &mut unreadable).await;
    (rows, unreadable)
}

async fn read_open(deployment: &Deployment, unreadable: &mut Vec<(String, String)>) -> Fact<Vec<OpenRow>> {
    let voicemails = deployment.store.list_open_voicemails().await.map_err(|error| chain(&error))?;
    let missed_calls = deployment.store.list_open_missed_calls().await.map_err(|error| chain(&error))?;
    let of_both = voicemails.unreadable.iter().chain(&missed_calls.unreadable);
    unreadable.extend(of_both.map(told));
    let trouble = |trouble: Option<Trouble>| {
        trouble.map(|it| TroubleFact { attempts: it.attempts, last_error: it.last_error })
    };
    let voicemails = voicemails.rows.into_iter().map(|it| OpenRow {
        sid: it.recording_sid.to_string(),
        since: it.recorded_at,
        mailed: matches!(it.mail, Mail::Sent { .. }),
        trouble: trouble(it.trouble),
    });
    let missed_calls = missed_calls.rows.into_iter().map(|it| OpenRow {
        sid: it.call_sid.to_string(),
        since: it.missed_at,
        mailed: matches!(it.mail, Mail::Sent { .. }),
        trouble: trouble(it.trouble),
    });
    Ok(voicemails.chain(missed_calls).collect())
}

/// A row's key, and why it can't be read.
pub(super) fn told(row: &Unreadable) -> (String, String) {
    (row.key.clone(), row.error.to_string())
}

/// What became of the mails of the last days; and when the last one was sent, if SES has told
/// nothing of it for long.
pub(super) async fn mails(deployment: &Deployment) -> (Fact<Vec<MailFate>>, Option<Timestamp>) {
    let mut silence = Silence::default();
    let fates = mail_fates(deployment, &mut silence).await;
    (fates, silence.silent_since())
}

async fn mail_fates(deployment: &Deployment, silence: &mut Silence) -> Fact<Vec<MailFate>> {
    let now = Timestamp::now();
    let listed = Listed { number: None, since: Timestamp::now().checked_sub(RECENT).ok() };
    let voicemails = deployment.store.list_voicemails(&listed).await.map_err(|error| chain(&error))?;
    let missed_calls = deployment.store.list_missed_calls(&listed).await.map_err(|error| chain(&error))?;
    let mut fates = Vec::new();
    let mut owners = KnownOwners::default();
    let mut add = |(mailbox, number): (&MailboxId, &PhoneNumber), address: Address, reports: &MailReports| {
        let fate =
            |at, outcome| MailFate { mailbox: mailbox.clone(), number: number.clone(), address, at, outcome };
        fates.extend(reports.delivered_at.map(|at| fate(at, MailOutcome::Delivered)));
        let bounced = reports.bounced.clone();
        fates.extend(bounced.map(|it| fate(it.at, MailOutcome::Bounced { reason: it.reason })));
        // What came back although it was delivered is an automatic answer, most often.
        let soft = reports.soft_bounced_at.filter(|_| reports.delivered_at.is_none());
        let soft = soft.zip(reports.soft_bounce_reason.clone());
        fates.extend(soft.map(|(at, reason)| fate(at, MailOutcome::Bounced { reason })));
    };
    for row in &voicemails.rows {
        silence.of(row, now);
        if let Some(parties) = &row.parties {
            let mailbox =
                owners.mailbox(deployment, row.mailbox.as_ref(), &parties.number, row.recorded_at).await;
            let mailbox = mailbox.map_err(|error| chain(&error))?;
            let whose = (&mailbox, &parties.number);
            add(whose, Address::First, &row.first_address);
            add(whose, Address::Second, &row.second_address);
            match row.resend.as_ref().map(|resend| (&resend.to, &resend.reports)) {
                Some((ResendTo::First, reports)) => add(whose, Address::First, reports),
                Some((ResendTo::Second, reports)) => add(whose, Address::Second, reports),
                Some((ResendTo::Named(_), _)) | None => {}
            }
        }
    }
    for row in &missed_calls.rows {
        if let Mail::Sent { at, .. } = row.mail {
            silence.mail(at, &[&row.first_address, &row.second_address], now);
        }
        let number = &row.parties.number;
        let mailbox = owners.mailbox(deployment, row.mailbox.as_ref(), number, row.missed_at).await;
        let mailbox = mailbox.map_err(|error| chain(&error))?;
        add((&mailbox, number), Address::First, &row.first_address);
        add((&mailbox, number), Address::Second, &row.second_address);
    }
    Ok(fates)
}

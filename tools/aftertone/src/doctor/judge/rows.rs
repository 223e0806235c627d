//! What the ledger tells.

use domain::{Address, Mailbox, MailboxId};
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use phone::{AccountSid, PhoneNumber};

use crate::doctor::check::Check;
use crate::doctor::facts::{Fact, Facts, MailFate, MailOutcome, OpenRow, StackFacts};
use crate::reading::international;
use crate::show;

/// What is not delivered by then needs somebody.
const UNDELIVERED: SignedDuration = SignedDuration::from_mins(15);

/// The search for the forgotten runs every 15 minutes: this is four runs that failed.
const UNRECONCILED: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn judge(facts: &Facts, stack: &StackFacts) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(stack.reconciled.iter().map(|(account, until)| reconciled(account, until, facts.now)));
    match (&stack.mail_fates, &stack.mailboxes) {
        (Err(why), _) | (_, Err(why)) => {
            checks.push(Check::unknown("bounces", format!("mails can't be looked at: {why}")));
        }
        (Ok(fates), Ok(mailboxes)) => checks.extend(bounces(fates, mailboxes)),
    }
    checks.extend(stack.mails_unheard.map(|sent_at| {
        Check::bad(
            "mail",
            format!("SES has told nothing of the mail that was sent {} ago, nor of a later one", show::age(sent_at, facts.now)),
            "see in SNS's console whether the topic of SES's events has its subscription (the function `mail-events`), and \
             in SES's whether the configuration set publishes to it; deploy again with `sam deploy`",
        )
    }));
    match &stack.open {
        Err(why) => checks.push(Check::unknown("voicemails", format!("they can't be read: {why}"))),
        Ok(open) => checks.extend(undelivered(open, facts.now)),
    }
    checks.extend(unreadable(&stack.unreadable));
    checks
}

fn unreadable(rows: &[(String, String)]) -> Option<Check> {
    let (key, why) = rows.first()?;
    Some(Check::bad(
        "rows",
        format!("{} rows that are not done can't be read, like {key}: {why}", rows.len()),
        "nothing is lost of them: they wait. If a later release wrote them, deploy that one again; else mend the \
         attribute in the table",
    ))
}

fn reconciled(account: &AccountSid, until: &Fact<Option<Timestamp>>, now: Timestamp) -> Check {
    match until {
        Err(why) => Check::unknown("reconcile", format!("how far {account} is compared is not known: {why}")),
        Ok(None) => Check::warning(
            "reconcile",
            format!("the recordings of {account} were never compared with the ledger"),
            "that is done every 15 minutes: if this is still so then, see the log of the function `reconcile` in CloudWatch",
        ),
        Ok(Some(until)) if now.duration_since(*until) > UNRECONCILED => Check::bad(
            "reconcile",
            format!(
                "the recordings of {account} were last compared with the ledger {} ago: a voicemail that no webhook \
                 told of is not found",
                show::age(*until, now)
            ),
            "see the log of the function `reconcile` in CloudWatch, and whether its schedule is on; the next good run \
             finds what is missing",
        ),
        Ok(Some(_)) => {
            Check::good("reconcile", format!("the recordings of {account} are compared with the ledger"))
        }
    }
}

/// Addresses whose last word is that they take no mail. Each is blamed once; one of a mailbox that was
/// removed is nobody's any more.
fn bounces(fates: &[MailFate], mailboxes: &[(Mailbox, Vec<PhoneNumber>)]) -> Vec<Check> {
    let mut addresses: BTreeMap<(&MailboxId, bool), Vec<&MailFate>> = BTreeMap::new();
    for fate in fates {
        addresses.entry((&fate.mailbox, fate.address == Address::Second)).or_default().push(fate);
    }
    let mut checks = Vec::new();
    for (&(id, is_second), fates) in &addresses {
        let Some((Mailbox { owner, .. }, leading)) = mailboxes.iter().find(|(it, _)| it.id == *id) else {
            continue;
        };
        let bounced = fates.iter().filter_map(|it| match &it.outcome {
            MailOutcome::Bounced { reason } => Some((it.at, reason, &it.number)),
            MailOutcome::Delivered => None,
        });
        let delivered = fates.iter().filter(|it| it.outcome == MailOutcome::Delivered).map(|it| it.at).max();
        let since: Vec<_> =
            bounced.filter(|(at, ..)| delivered.is_none_or(|delivered| *at > delivered)).collect();
        let Some((at, reason, number)) = since.iter().max_by_key(|(at, ..)| *at) else { continue };
        let (which, flag, now) = if is_second {
            ("second", "--second-email", owner.second_email.as_ref())
        } else {
            ("first", "--email", Some(&owner.email))
        };
        let (whose, edit) = match leading.first() {
            Some(first) => {
                let leading: Vec<String> = leading.iter().map(international).collect();
                (leading.join(", "), format!("number edit {}", first.reveal()))
            }
            None => (format!("the mailbox {}", id.reveal()), format!("mailbox edit {}", id.reveal())),
        };
        let address = now.map_or_else(String::new, |email| format!(" ({email} now)"));
        let times = match since.len() {
            1 => "a mail".to_owned(),
            count => format!("{count} mails"),
        };
        let told = format!(
            "{times} to the {which} address of {}{address} came back, last {}: {reason}",
            whose,
            show::time(*at)
        );
        let cure = format!(
            "correct it with `aftertone {edit} {flag} ADDRESS`; what came back is in `aftertone voicemails list \
             --number {}`",
            number.reveal()
        );
        let second_takes_them = !is_second
            && addresses.get(&(id, true)).is_some_and(|fates| {
                fates.iter().max_by_key(|it| it.at).is_some_and(|it| it.outcome == MailOutcome::Delivered)
            });
        checks.push(if second_takes_them {
            Check::warning("bounces", format!("{told}; the second address takes them"), cure)
        } else {
            Check::bad("bounces", told, cure)
        });
    }
    if checks.is_empty() {
        checks.push(Check::good("bounces", "no address refuses its mails"));
    }
    checks
}

fn undelivered(open: &[OpenRow], now: Timestamp) -> Vec<Check> {
    let is_late = |it: &OpenRow| !it.mailed && now.duration_since(it.since) > UNDELIVERED;
    let (late, young): (Vec<&OpenRow>, Vec<&OpenRow>) = open.iter().partition(|it| is_late(it));
    let mut checks = vec![match late.iter().min_by_key(|it| it.since) {
        None if open.is_empty() => Check::good("voicemails", "all are delivered"),
        None => Check::good("voicemails", format!("{} are under way", open.len())),
        Some(oldest) => {
            let why = oldest
                .trouble
                .as_ref()
                .map_or_else(String::new, |trouble| format!(", because: {}", trouble.last_error));
            Check::bad(
                "voicemails",
                format!(
                    "{} are not delivered; the oldest ({}) for {}{why}",
                    late.len(),
                    oldest.sid,
                    show::age(oldest.since, now)
                ),
                "mend the cause, then `aftertone retry --all`",
            )
        }
    }];
    let troubled = young.iter().filter_map(|it| Some((it, it.trouble.as_ref()?)));
    let troubled: Vec<_> = troubled.collect();
    if let Some((row, trouble)) = troubled.iter().max_by_key(|(_, trouble)| trouble.attempts) {
        checks.push(Check::warning(
            "trouble",
            format!(
                "{} failed at their last step and are tried again, most often {} ({} times): {}",
                troubled.len(),
                row.sid,
                trouble.attempts,
                trouble.last_error
            ),
            "mend the cause; `aftertone retry --all` then saves the wait",
        ));
    }
    checks
}

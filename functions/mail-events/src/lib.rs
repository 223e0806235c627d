//! What becomes of a mail after SES has taken it: events of SES, by way of a topic.
//!
//! SES publishes them for the configuration set that mails are sent with: sent, delivered, delayed,
//! bounced, called spam. Each is written on the row of the voicemail, or missed call, that the mail
//! was about. Whatever is told of a mail proves that SES took it, even if its answer got lost; a mail that the owner's address will never take is sent to the second one, by the
//! worker, which the changed row wakes. SES may tell the same twice: only the first time counts.

use domain::{Address, AfterBounce, Entry, Mail, MailEvent, MailReports, ResendTo};
use jiff::Timestamp;
use lifecycle::{Bounced, Cause, after_bounce};
use runtime::telemetry::{self, Metric};
use runtime::{Failure, count};
use serde::Deserialize;
use store::{Store, StoreError, Written};

mod ses_event;

pub use ses_event::{SesEvent, Subject, Taken, Unreadable, read};

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
}

/// What a topic calls a function with.
#[derive(Clone, Debug, Deserialize)]
pub struct TopicEvent {
    /// One, as a rule.
    #[serde(rename = "Records")]
    pub records: Vec<TopicRecord>,
}

/// A message of a topic.
#[derive(Clone, Debug, Deserialize)]
pub struct TopicRecord {
    /// The message.
    #[serde(rename = "Sns")]
    pub notification: Notification,
}

/// The message itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Notification {
    /// The event of SES, as JSON.
    #[serde(rename = "Message")]
    pub message: String,
}

/// Writes the events into the ledger.
///
/// # Errors
/// When the store fails; Lambda then tries again.
pub async fn handle(deps: &Deps, event: TopicEvent) -> Result<(), Failure> {
    let mut failure = None;
    for record in event.records {
        let (outcome, error) = match read(&record.notification.message) {
            Ok(Some(event)) => match record_event(deps, event).await {
                Ok(outcome) => (outcome, None),
                Err(error) => ("failed", Some(error)),
            },
            // Not about a mail of ours, or of a kind that says nothing of its fate.
            Ok(None) => ("ignored", None),
            // To be called again with it would not help.
            Err(unreadable) => {
                log("unreadable", Some(&Failure::from(unreadable)));
                continue;
            }
        };
        log(outcome, error.as_ref());
        failure = failure.or(error);
    }
    failure.map_or(Ok(()), Err)
}

fn log(outcome: &'static str, error: Option<&Failure>) {
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "mail-events",
        outcome,
        error = error.map(ToString::to_string),
    );
    match outcome {
        "hard-bounce" | "soft-bounce" => count!(Metric::Bounced, bounce = outcome),
        "complaint" => count!(Metric::Complained),
        _ if error.is_some() => count!(Metric::Failed, function = "mail-events"),
        _ => {}
    }
}

async fn record_event(deps: &Deps, event: SesEvent) -> Result<&'static str, Failure> {
    let SesEvent { subject, address, taken, event, cause, at } = event;
    let entry = subject.entry();
    let (kind, had_sound) = taken.as_ref().map_or((None, false), |it| (Some(it.kind), it.with_sound));
    // Before anything else: whoever lost SES's answer may be about to send the mail once more.
    let proof = match taken {
        Some(Taken { kind, message_id, with_words, at, .. }) => {
            deps.store.mail_proved(entry, kind, &message_id, with_words, at).await?
        }
        None => Written::AlreadyApplied,
    };
    let Some(mut event) = event else {
        return Ok(if proof == Written::Applied { "proved" } else { "repeated" });
    };
    let decided = async |cause| -> Result<AfterBounce, Failure> {
        let bounced = bounced(deps, entry, address, at).await?;
        Ok(bounced.map_or(AfterBounce::Nothing, |it| after_bounce(&Bounced { cause, kind, had_sound, ..it })))
    };
    if let (Some(then), Some(cause)) = (then(&mut event), cause) {
        *then = decided(cause).await?;
    }
    let mut written = deps.store.mail_event(entry, address, kind, &event, at).await?;
    if matches!(written, Written::AlreadyApplied | Written::Conflict)
        && let (Some(then @ AfterBounce::WithoutSound(_)), Some(cause)) = (then(&mut event), cause)
    {
        // It was told before; or a person ordered it to be sent over again since the row was read.
        let anew = decided(cause).await?;
        if *then != anew {
            *then = anew;
            written = deps.store.mail_event(entry, address, kind, &event, at).await?;
        }
    }
    let (outcome, is_the_end) = match &event {
        MailEvent::Delivered => ("delivered", false),
        MailEvent::Delayed => ("delayed", false),
        MailEvent::SoftBounce { then, .. } => ("soft-bounce", *then == AfterBounce::Nothing),
        MailEvent::HardBounce { then, .. } => ("hard-bounce", *then == AfterBounce::Nothing),
        MailEvent::Complaint => ("complaint", false),
    };
    match written {
        Written::Applied => {
            // An automatic answer is the end of nothing.
            if is_the_end && cause != Some(Cause::Unclear) {
                count!(Metric::MailFailed, entry = entry.as_str());
            }
            Ok(outcome)
        }
        Written::NotApplicable => Ok("unknown"),
        _ => Ok("repeated"),
    }
}

/// What is to be done about a mail that came back.
fn then(event: &mut MailEvent) -> Option<&mut AfterBounce> {
    match event {
        MailEvent::HardBounce { then, .. } | MailEvent::SoftBounce { then, .. } => Some(then),
        MailEvent::Delivered | MailEvent::Delayed | MailEvent::Complaint => None,
    }
}

/// What is known of the entry of a mail that came back; none if there is nothing any more.
async fn bounced(
    deps: &Deps,
    entry: Entry<'_>,
    address: Address,
    now: Timestamp,
) -> Result<Option<Bounced>, Failure> {
    let mut bounced = Bounced {
        cause: Cause::Soft,
        kind: None,
        address,
        had_sound: false,
        delivered: false,
        to_first_again: false,
        resent: false,
        second_is_free: false,
    };
    let row = match entry {
        Entry::Voicemail(recording_sid) => deps.store.voicemail(recording_sid).await.map(|row| {
            bounced.to_first_again = row.resend.as_ref().is_some_and(|it| it.to == ResendTo::First);
            bounced.resent = row.resend.is_some();
            let again = row.resend.as_ref().map(|it| it.reports.clone()).unwrap_or_default();
            let reports = [row.first_address, row.second_address, again];
            let whose = row.parties.map(|parties| (row.mailbox, parties.number, row.recorded_at));
            (whose, row.second_mail_wanted, row.second_mail, reports)
        }),
        Entry::MissedCall(call_sid) => deps.store.missed_call(call_sid).await.map(|row| {
            let reports = [row.first_address, row.second_address, MailReports::default()];
            let whose = Some((row.mailbox, row.parties.number, row.missed_at));
            (whose, row.second_mail_wanted, row.second_mail, reports)
        }),
    };
    let (whose, wanted, second_mail, [first, second, again]) = match row {
        Ok(row) => row,
        Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let reports = match address {
        Address::First => first,
        Address::Second => second,
        Address::Again => again,
    };
    bounced.delivered = reports.delivered_at.is_some();
    let is_free = !wanted && second_mail == Mail::Unsent;
    let Some((pinned, number, recorded_at)) = whose.filter(|_| is_free) else { return Ok(Some(bounced)) };
    match deps.store.mailbox_for(pinned.as_ref(), &number, recorded_at, now).await {
        Ok(mailbox) => {
            let owner = &mailbox.owner;
            bounced.second_is_free = owner.second_email.as_ref().is_some_and(|second| *second != owner.email);
            Ok(Some(bounced))
        }
        // The mailbox is gone.
        Err(StoreError::NotFound(_)) => Ok(Some(bounced)),
        Err(error) => Err(error.into()),
    }
}

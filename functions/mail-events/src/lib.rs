//! What becomes of a mail after SES has taken it: events of SES, by way of a topic.
//!
//! SES publishes them for the configuration set that mails are sent with: sent, delivered, delayed,
//! bounced, called spam. Each is written on the row of the voicemail, or missed call, that the mail
//! was about. Whatever is told of a mail proves that SES took it, even if its answer got lost; a mail that the owner's address will never take is sent to the second one, by the
//! worker, which the changed row wakes. SES may tell the same twice: only the first time counts.

use jiff::Timestamp;
use serde::Deserialize;
use store::{Address, Entry, MailNews, Store, StoreError, Written};
use webhook::telemetry::{self, Outcome};
use webhook::{Failure, count};

mod news;

pub use news::{News, Subject, Taken, Unreadable, read};

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
            Ok(Some(news)) => match record_news(deps, news).await {
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
        "hard-bounce" => count!(Outcome::Bounced),
        "complaint" => count!(Outcome::Complained),
        _ if error.is_some() => count!(Outcome::Failed, function = "mail-events"),
        _ => {}
    }
}

async fn record_news(deps: &Deps, news: News) -> Result<&'static str, Failure> {
    let News { subject, address, taken, news, at } = news;
    let entry = subject.entry();
    // Before anything else: whoever lost SES's answer may be about to send the mail once more.
    let proof = match taken {
        Some(Taken { kind, message_id, with_words, at }) => {
            deps.store.mail_sent(entry, kind, &message_id, with_words, at).await?
        }
        None => Written::Repeated,
    };
    let Some(mut news) = news else {
        return Ok(if proof == Written::New { "proved" } else { "repeated" });
    };
    if let MailNews::HardBounce { send_to_second, .. } = &mut news {
        *send_to_second = address == Address::First && has_second_address(deps, entry, at).await?;
    }
    let outcome = match news {
        MailNews::Delivered => "delivered",
        MailNews::Delayed => "delayed",
        MailNews::SoftBounce => "soft-bounce",
        MailNews::HardBounce { .. } => "hard-bounce",
        MailNews::Complaint => "complaint",
    };
    match deps.store.mail_news(entry, address, &news, at).await? {
        Written::New => Ok(outcome),
        Written::Repeated => Ok("repeated"),
    }
}

async fn has_second_address(deps: &Deps, entry: Entry<'_>, now: Timestamp) -> Result<bool, Failure> {
    let subject = match entry {
        Entry::Voicemail(recording_sid) => deps
            .store
            .voicemail(recording_sid)
            .await
            .map(|row| row.parties.map(|parties| (row.mailbox, parties.number, row.recorded_at))),
        Entry::MissedCall(call_sid) => {
            let row = deps.store.missed_call(call_sid).await;
            row.map(|row| Some((row.mailbox, row.parties.number, row.missed_at)))
        }
    };
    let mailbox = match subject {
        Ok(Some((pinned, number, at))) => deps.store.mailbox_for(pinned.as_ref(), &number, at, now).await,
        Ok(None) => return Ok(false),
        Err(error) => Err(error),
    };
    match mailbox {
        Ok(mailbox) => {
            let owner = &mailbox.owner;
            Ok(owner.second_email.as_ref().is_some_and(|second| *second != owner.email))
        }
        // The row, or the mailbox, is gone.
        Err(StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

//! A mail is claimed, sent, recorded.

use std::time::Duration;

use domain::{Entry, Mail};
use jiff::Timestamp;
use lifecycle::claim_ends;
use runtime::telemetry::{self, Metric};
use runtime::{Failure, count};
use store::Written;

use crate::mail::{self, Composed, SendError};
use crate::pace;
use crate::worker::{Worker, may_send};

/// How often the record of a sent mail is tried: without it the mail would go out once more.
const RECORD_TRIES: u64 = 4;

/// When a mail was sent that was as far as this `before`; none if another worker was faster, or
/// somebody does not want it to be sent any more.
pub(crate) async fn claim_and_send(
    worker: &Worker,
    entry: Entry<'_>,
    before: &Mail,
    mail: Composed,
    ends_at: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let kind = mail.tags.kind;
    worker.pace.turn(&worker.clock).await;
    // Not the time from before the sound was fetched: the claim must cover the sending.
    let claimed_at = worker.clock.now();
    if !may_send(claimed_at, ends_at) {
        return Err("too little time is left to send a mail".into());
    }
    let claimed_until = claim_ends(before, claimed_at);
    if worker.store.claim_mail(entry, kind, claimed_at, claimed_until).await? != Written::Applied {
        // The row will say so.
        return Ok(None);
    }
    let with_words = mail.with_words;
    let sent = mail::send(&worker.ses, &worker.sender, mail).await;
    let answer = match &sent {
        Ok(_) => pace::SesReply::Taken,
        Err(SendError::Throttled(_)) => pace::SesReply::TooFast,
        Err(_) => pace::SesReply::Other,
    };
    worker.pace.sent(worker.clock.now(), answer);
    let message_id = match sent {
        Ok(message_id) => message_id,
        Err(refused @ (SendError::Refused(_) | SendError::Throttled(_) | SendError::Unreached(_))) => {
            if let Err(error) = worker.store.release_mail(entry, kind, claimed_until, before).await {
                // The claim ends by itself; what SES said is what counts.
                tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a claim can't be given back");
            }
            return Err(refused.into());
        }
        // It may be under way: the claim stands, unless an event of SES tells before its end.
        Err(unknown @ SendError::Unknown(_)) => {
            count!(Metric::MailUnknown, entry = entry.as_str());
            return Err(unknown.into());
        }
    };
    let sent_at = worker.clock.now();
    for attempt in 1..=RECORD_TRIES {
        match worker.store.mail_sent(entry, kind, &message_id, with_words, sent_at).await {
            Ok(_) => break,
            Err(error) if attempt == RECORD_TRIES => return Err(error.into()),
            Err(_) => worker.clock.sleep(Duration::from_millis(300 * attempt)).await,
        }
    }
    Ok(Some(sent_at))
}

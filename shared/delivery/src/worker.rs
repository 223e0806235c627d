//! What the steps of delivery work with, and for how long they may work on one row.

use std::time::Duration;

use aws::{Bucket, Topic};
use domain::{Destination, Voicemail};
use jiff::{SignedDuration, Timestamp};
use lifecycle::{SENDING_TAKES, TimeBox};
use link::LinkKey;
use runtime::{Clock, Failure};
use store::Store;
use twilio::{Accounts, Login};

use crate::mail::Sender;
use crate::pace::Pace;

/// How long one recording may take: a message of hours can be stored in it. What takes longer is
/// broken off and tried again.
pub const RECORDING_LIMIT: Duration = Duration::from_secs(40);

/// What the worker works with.
#[derive(Debug)]
pub struct Worker {
    /// The ledger.
    pub store: Store,
    /// Where the sound is kept.
    pub bucket: Bucket,
    /// What sends mails.
    pub ses: aws_sdk_ses::Client,
    /// How mails are sent.
    pub sender: Sender,
    /// How fast.
    pub pace: Pace,
    /// What signs links.
    pub link_key: LinkKey,
    /// Twilio's API.
    pub rest: twilio::Rest,
    /// As whom to call it.
    pub accounts: Accounts,
    /// What makes words of the sound.
    pub transcribe: aws_sdk_transcribe::Client,
    /// Where other programs are told what happened, if there are any.
    pub events: Option<Topic>,
    /// How many jobs may run there for this worker to begin one more: see [`jobs_to_see`](crate::jobs_to_see).
    pub transcribe_concurrency: u32,
    /// How long a mail waits for its words.
    pub time_box: TimeBox,
    /// What time it is.
    pub clock: Clock,
}

/// As whom to ask Twilio for this voicemail's recording.
pub(crate) async fn login(worker: &Worker, voicemail: &Voicemail) -> Result<Login, Failure> {
    let secret = worker.accounts.get().await?;
    let account = secret.account(&voicemail.account_sid).ok_or("the account is none of ours")?;
    Ok(account.login.clone())
}

pub(crate) fn destination(voicemail: &Voicemail) -> Result<&Destination, Failure> {
    voicemail.destination.as_ref().ok_or_else(|| "the voicemail has no destination yet".into())
}

/// When the work on one row is broken off that begins now.
pub(crate) fn ends_at(worker: &Worker) -> Timestamp {
    let limit = SignedDuration::try_from(RECORDING_LIMIT).unwrap_or(SignedDuration::MAX);
    worker.clock.now().checked_add(limit).unwrap_or(Timestamp::MAX)
}

/// Whether there is time enough until then to send a mail and to record it.
pub(crate) fn may_send(now: Timestamp, ends_at: Timestamp) -> bool {
    SignedDuration::try_from(SENDING_TAKES).is_ok_and(|takes| ends_at.duration_since(now) >= takes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mail_is_claimed_with_less_time_left_than_ses_may_take() {
        let now = Timestamp::UNIX_EPOCH;
        for (seconds, may) in [(-1, false), (0, false), (24, false), (25, true), (40, true)] {
            assert_eq!(may_send(now, now + SignedDuration::from_secs(seconds)), may, "{seconds} s are left");
        }
    }
}

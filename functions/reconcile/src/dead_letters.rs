//! Takes letters out of the dead-letter queue whose rows are done. Those that stay ring an alarm:
//! without this it would go on for two weeks, and the next incident would ring nobody.

use std::fmt;

use aws_sdk_sqs::types::Message;
use delivery::wake_up::{call_sids, recording_sids};
use jiff::Timestamp;
use runtime::{Clock, Failure};
use store::{Store, StoreError};

/// How many letters a run leaves where they are before it looks at no more.
const MOST_KEPT: usize = 200;

/// As many messages as SQS gives at once.
const BATCH: i32 = 10;

/// For how long a letter is out of sight, in seconds: longer than it takes to look at all of them.
const OUT_OF_SIGHT: i32 = 120;

/// The dead-letter queue.
#[derive(Clone)]
pub struct DeadLetters {
    sqs: aws_sdk_sqs::Client,
    queue_url: String,
}

impl DeadLetters {
    /// By its address.
    pub fn of_queue(sqs: aws_sdk_sqs::Client, queue_url: String) -> Self {
        Self { sqs, queue_url }
    }

    /// Takes away those that are done, until then at the latest, and says how many.
    ///
    /// # Errors
    /// When the queue or the ledger fails. What could be taken away is gone all the same.
    pub(crate) async fn clear(&self, store: &Store, clock: &Clock, until: Timestamp) -> Result<u64, Failure> {
        let (mut dropped, mut kept) = (0, vec![]);
        let looked = self.look(store, clock, until, &mut dropped, &mut kept).await;
        // Back in sight at once: the alarm is to see them.
        let shown = self.show(kept).await;
        looked.and(shown).map(|()| dropped)
    }

    async fn look(
        &self,
        store: &Store,
        clock: &Clock,
        until: Timestamp,
        dropped: &mut u64,
        kept: &mut Vec<Message>,
    ) -> Result<(), Failure> {
        let mut result = Ok(());
        while kept.len() < MOST_KEPT && clock.now() < until {
            let request = self.sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(BATCH);
            // Waiting asks all of the queue's servers, and not a few.
            let letters =
                request.visibility_timeout(OUT_OF_SIGHT).wait_time_seconds(1).send().await?.messages;
            let letters = letters.unwrap_or_default();
            if letters.is_empty() {
                break;
            }
            for letter in letters {
                match is_done(store, letter.body.as_deref().unwrap_or_default()).await {
                    Ok(true) => {
                        let request = self.sqs.delete_message().queue_url(&self.queue_url);
                        request.set_receipt_handle(letter.receipt_handle).send().await?;
                        *dropped += 1;
                    }
                    Ok(false) => kept.push(letter),
                    // The others are not to suffer for it.
                    Err(error) => {
                        kept.push(letter);
                        result = Err(error.into());
                    }
                }
            }
        }
        result
    }

    async fn show(&self, letters: Vec<Message>) -> Result<(), Failure> {
        for letter in letters {
            let request = self.sqs.change_message_visibility().queue_url(&self.queue_url);
            request.set_receipt_handle(letter.receipt_handle).visibility_timeout(0).send().await?;
        }
        Ok(())
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").finish_non_exhaustive()
    }
}

/// Whether everything that a letter is about is done, or gone. One that names nothing is for a person.
///
/// # Errors
/// When the ledger can't be read.
pub async fn is_done(store: &Store, letter: &str) -> Result<bool, StoreError> {
    let (recording_sids, call_sids) = (recording_sids(letter), call_sids(letter));
    for recording_sid in &recording_sids {
        match store.voicemail(recording_sid).await {
            Ok(voicemail) if voicemail.open => return Ok(false),
            Ok(_) | Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    for call_sid in &call_sids {
        match store.missed_call(call_sid).await {
            Ok(missed_call) if missed_call.open => return Ok(false),
            Ok(_) | Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(!recording_sids.is_empty() || !call_sids.is_empty())
}

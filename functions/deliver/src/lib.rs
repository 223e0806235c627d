//! Takes a voicemail as far as it can go: queue.
//!
//! A message is only a wake-up: of it counts which recording it is about, and nothing else. It may
//! come twice, late, or never. What is to be done stands in the ledger; [`delivery`] does it, step after
//! step, until there is nothing to do or something to wait for.

use std::time::Instant;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use delivery::wake_up::{call_sids, is_of_job, recording_sids};
use delivery::{Progress, ToldBy, Worker, missed_call, voicemail};
use domain::Entry;
use jiff::{SignedDuration, Timestamp};
use runtime::count;
use runtime::telemetry::{self, Metric};

mod configuration;

pub use configuration::Configuration;

/// How often a message is received until the longest of these waits is over, and a little more.
const WATCHES: u32 = 4;

/// After this, no other message of a batch is begun: those left come back by themselves. With
/// [`RECORDING_LIMIT`](delivery::RECORDING_LIMIT) it stays below the function's own limit of a minute, at which the whole
/// batch would fail.
const BATCH_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// Works off a batch of messages; those that are to come back are named.
pub async fn handle(worker: &Worker, event: SqsEvent) -> SqsBatchResponse {
    let started = worker.clock.now();
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        if !may_begin(started, worker.clock.now()) || !settled(worker, &message).await {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// Whether there is time for one more message of a batch that was begun then.
fn may_begin(started: Timestamp, now: Timestamp) -> bool {
    now.duration_since(started) <= BATCH_LIMIT
}

/// Whether the queue may forget a message.
async fn settled(worker: &Worker, message: &SqsMessage) -> bool {
    let body = message.body.as_deref().unwrap_or_default();
    let (recording_sids, call_sids) = (recording_sids(body), call_sids(body));
    let entries = recording_sids.iter().map(Entry::from).chain(call_sids.iter().map(Entry::from));
    let entries: Vec<Entry<'_>> = entries.collect();
    if entries.is_empty() {
        // It will end among the dead letters, where a person can look at it.
        tracing::error!(target: telemetry::WEBHOOK, message_id = message.message_id.as_deref(), "a message names no recording and no call");
        return false;
    }
    let told_by = if is_of_job(body) { ToldBy::Amazon } else { ToldBy::Others };
    let mut settled = true;
    for entry in entries {
        let started = Instant::now();
        let progress = match entry {
            Entry::Voicemail(recording_sid) => voicemail::advance(worker, recording_sid, told_by).await,
            Entry::MissedCall(call_sid) => missed_call::advance(worker, call_sid).await,
        };
        let (outcome, error) = match &progress {
            Progress::Done => ("done", None),
            Progress::Waiting => ("waiting", None),
            Progress::Early => ("early", None),
            Progress::Late => ("late", None),
            Progress::Busy { .. } => ("busy", None),
            Progress::Again(error) => ("again", error.as_ref()),
        };
        tracing::event!(
            target: telemetry::WEBHOOK,
            tracing::Level::INFO,
            function = "deliver",
            outcome,
            duration_ms = started.elapsed().as_secs_f64() * 1000.0,
            recording_sid = matches!(entry, Entry::Voicemail(_)).then_some(entry.as_str()),
            call_sid = matches!(entry, Entry::MissedCall(_)).then_some(entry.as_str()),
            error = error.map(ToString::to_string),
        );
        if error.is_some() {
            count!(Metric::Failed, function = "deliver", entry = entry.as_str());
        }
        settled &= match progress {
            Progress::Done | Progress::Waiting => true,
            // To record a failure changes the row, and that sends a message of its own. It finds
            // the row not due yet; the message that failed is still there, and comes back.
            Progress::Again(None) => receive_count(message) <= 1,
            // To record that Amazon had no time sends a message of its own, which takes over from
            // the one that asked; so a single one goes round. Others may come back, but no more often
            // than that wait takes, and none ends among the dead letters.
            Progress::Busy { asked } => asked || receive_count(message) > WATCHES,
            Progress::Early | Progress::Late | Progress::Again(Some(_)) => false,
        };
    }
    settled
}

fn receive_count(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use delivery::RECORDING_LIMIT;

    use super::*;

    #[test]
    fn no_message_is_begun_that_may_outlast_the_function() {
        let now = Timestamp::UNIX_EPOCH;
        for (seconds, may) in [(-1, true), (0, true), (15, true), (16, false), (600, false)] {
            assert_eq!(may_begin(now, now + SignedDuration::from_secs(seconds)), may, "after {seconds} s");
        }
        let template: serde_json::Value =
            serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
        let timeout = &template["Resources"]["DeliverFunction"]["Properties"]["Timeout"];
        let timeout = SignedDuration::from_secs(timeout.as_i64().unwrap());
        let longest = BATCH_LIMIT + SignedDuration::try_from(RECORDING_LIMIT).unwrap();
        assert!(longest < timeout, "{longest:?} of {timeout:?}");
    }
}

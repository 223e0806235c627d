//! How far the work on one row came, and what becomes of a failure.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use domain::{Entry, Trouble};
use jiff::{SignedDuration, Timestamp};
use lifecycle::{Step, Wait};
use runtime::{Alarm, Failure, before, telemetry};
use store::{StoreError, Written};

use crate::mail::kind_name;
use crate::worker::Worker;

/// How long to wait after a failure: each time twice as long, and never longer than the queue holds
/// a message back, so that a message that comes back is never too early.
const FIRST_RETRY: i64 = 10;
const LONGEST_RETRY: i64 = 60;

/// For how long the queue holds a message back that is to come again: its visibility timeout. What
/// waits longer is left to the search for the forgotten, so that waiting makes no dead letters.
const HELD_BACK: SignedDuration = SignedDuration::from_secs(90);

/// A claim that stands longer is not waited for by a message, for each receive brings it nearer to
/// the dead letters: the search wakes it, too.
const LONGEST_WATCH: SignedDuration = SignedDuration::from_mins(5);

/// How far the clocks of a queue and a function may be apart.
const NEARLY: SignedDuration = SignedDuration::from_secs(5);

/// A row has about six steps. More than this is a fault, not work.
pub(crate) const STEPS: usize = 16;

/// How far a voicemail got.
#[derive(Debug)]
pub enum Progress {
    /// Nothing is left to do.
    Done,
    /// Something else will wake it: a webhook, or the message at the end of the time box.
    Waiting,
    /// The end of a wait is seconds away.
    Early,
    /// Too little time is left to send a mail: the next one begins with all of it.
    Late,
    /// Amazon had no time, when it was asked now or before.
    Busy {
        /// Whether it was now.
        asked: bool,
    },
    /// A step failed, now or before: to be tried again.
    Again(Option<Failure>),
}

/// What becomes of a message whose row waits for so long: whether it comes back, or leaves the row to
/// another one, or to the search. Who has just `tried` a step and put it off has nobody else's message
/// to rely on; who has `asked` Amazon has.
pub(crate) fn waits(wait: Wait, left: SignedDuration, tried: bool, asked: bool) -> Progress {
    match wait {
        Wait::Retry if left > HELD_BACK => Progress::Waiting,
        Wait::Retry if tried => Progress::Early,
        Wait::Amazon | Wait::Claim if left > LONGEST_WATCH => Progress::Waiting,
        Wait::Amazon => Progress::Busy { asked },
        Wait::Retry | Wait::Claim => Progress::Again(None),
        // The message at the end of the time box is the last to come by itself: if a clock that
        // is a little off made it early, it has to come back.
        Wait::Recording | Wait::Transcript | Wait::Message if left <= NEARLY => Progress::Early,
        Wait::Recording | Wait::Transcript | Wait::Message => Progress::Waiting,
    }
}

/// Bounds a step in time, and turns a panic into a failure: the other messages of the batch are
/// not to suffer for it.
pub(crate) async fn guarded(
    mut step: Pin<Box<impl Future<Output = Result<(), Failure>>>>,
    limit: &mut Alarm,
) -> Result<(), Failure> {
    let caught = poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| step.as_mut().poll(context))) {
            Ok(poll) => poll,
            // It is not polled again.
            Err(_) => Poll::Ready(Err("the step panicked".into())),
        }
    });
    before(limit, caught).await.unwrap_or_else(|| Err("the step took too long".into()))
}

/// Writes the failure on the row, so that it can be seen there.
pub(crate) async fn failed(
    worker: &Worker,
    entry: Entry<'_>,
    trouble: Option<&Trouble>,
    step: Step,
    failure: Failure,
) -> Progress {
    let attempts = trouble.map_or(0, |trouble| trouble.attempts);
    let wait = (FIRST_RETRY << attempts.min(8)).min(LONGEST_RETRY);
    let next = worker.clock.now().checked_add(SignedDuration::from_secs(wait)).unwrap_or(Timestamp::MAX);
    let what = format!("{}: {failure}", step_name(step));
    let recorded = match step {
        Step::Send(kind) => worker.store.mail_failed(entry, kind, &what, next).await,
        _ => worker.store.step_failed(entry, &what, next).await,
    };
    again(recorded, failure)
}

/// What a failure comes to, whether or not it was `recorded` on the row.
pub(crate) fn again(recorded: Result<Written, StoreError>, failure: Failure) -> Progress {
    if let Err(error) = recorded {
        // The queue's own patience takes the place of the row's.
        tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a failure can't be recorded");
    }
    Progress::Again(Some(failure))
}

pub(crate) fn step_name(step: Step) -> &'static str {
    match step {
        Step::Identify => "identify",
        Step::Archive => "archive",
        Step::Transcribe(_) => "transcribe",
        Step::Send(kind) => kind_name(kind),
        Step::Purge => "purge",
        Step::Release => "release",
        Step::Close => "close",
        Step::Wait { .. } | Step::Done => "wait",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_watches_short_waits_and_leaves_long_ones() {
        for (wait, tried, asked, watched, until, then) in [
            (Wait::Retry, false, false, "Again(None)", 90, "Waiting"),
            (Wait::Retry, true, false, "Early", 90, "Waiting"),
            (Wait::Claim, false, false, "Again(None)", 300, "Waiting"),
            (Wait::Amazon, true, false, "Busy { asked: false }", 300, "Waiting"),
            (Wait::Amazon, true, true, "Busy { asked: true }", 300, "Waiting"),
            (Wait::Recording, false, false, "Early", 5, "Waiting"),
            (Wait::Transcript, true, true, "Early", 5, "Waiting"),
            (Wait::Message, false, false, "Early", 5, "Waiting"),
        ] {
            let progress = |seconds| {
                let left = SignedDuration::from_secs(seconds);
                format!("{:?}", waits(wait, left, tried, asked))
            };
            let found = [0, until, until + 1, 3600].map(progress);
            assert_eq!(found, [watched, watched, then, then], "{wait:?} {tried} {asked}");
        }
    }
}

//! Finds what webhooks never told us: schedule, every 15 minutes.
//!
//! - Wakes those that stand still: whose wake-up got lost, or ended among the dead letters. The
//!   wake-ups go to the worker's queue directly, as the table's own way may be what is broken.
//! - Reports how old the oldest voicemail is that its owner has not got.
//! - Takes the dead letters away whose rows are done.
//! - Lists Twilio's recordings since the last good run and adds those voicemails to the ledger
//!   that no webhook brought.
//!
//! Every write is conditional, so that two runs at once, or one after the other, change nothing
//! more than one. How far a run got is written down page by page: what it leaves over, because it
//! fails or its time is up, the next one goes on with.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use lifecycle::TimeBox;
use runtime::telemetry::{self, Metric};
use runtime::{Alarm, Clock, Failure, before, count};
use serde::Serialize;
use store::Store;
use twilio::{Accounts, Rest};

mod configuration;
mod dead_letters;
mod list;
mod wake;
mod waker;

pub use configuration::Configuration;
pub use dead_letters::{DeadLetters, is_done};
pub use waker::Waker;

/// How long a run takes, where it is not told otherwise: a minute less than the function may.
pub const TIME_LIMIT: SignedDuration = SignedDuration::from_secs(240);

/// How much longer than that one request that hangs may keep it.
const GRACE: Duration = Duration::from_secs(30);

/// What the search works with.
#[derive(Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// Twilio's API.
    pub rest: Rest,
    /// Whose recordings to list.
    pub accounts: Accounts,
    /// What wakes the worker.
    pub waker: Waker,
    /// Where wake-ups end that failed too often. None: there is no such queue.
    pub dead_letters: Option<DeadLetters>,
    /// How long a mail waits for its words.
    pub time_box: TimeBox,
    /// What time it is.
    pub clock: Clock,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Recordings that Twilio listed.
    pub listed: u64,
    /// Voicemails of which a webhook was missing, and which were added or completed.
    pub added: u64,
    /// Voicemails and missed calls that stood still, and were woken.
    pub woken: u64,
    /// Those of them that nothing was meant to keep waiting: their wake-ups got lost.
    pub forgotten: u64,
    /// Whether SES has told nothing of the last mail for long, nor of a later one: it seems that nobody
    /// listens to it.
    pub ses_is_silent: bool,
    /// Dead letters that were taken away, as their rows are done.
    pub buried: u64,
    /// Voicemails and missed calls whose owner has not got them.
    pub undelivered: u64,
    /// Rows that this release can't read. They count as not delivered.
    pub unreadable: u64,
    /// Parts of the list of what is not done that could not be read to the end.
    pub unseen: u64,
    /// The age of the oldest of those that are not delivered, in seconds; 0 if there is none.
    pub oldest_undelivered_seconds: u64,
}

/// Looks for all that was forgotten, until then at the latest.
///
/// # Errors
/// When Twilio or the ledger failed, or the time was up. What could be done is done all the same.
pub async fn handle(deps: &Deps, until: Timestamp) -> Result<Summary, Failure> {
    let started = Instant::now();
    let mut summary = Summary::default();
    let limit = Duration::try_from(until.duration_since(deps.clock.now())).unwrap_or_default() + GRACE;
    let mut cut_off = deps.clock.alarm(limit);
    // First what is known already; and neither is to wait for the other's health.
    let woken = within(&mut cut_off, wake::wake_all(deps, &mut summary, until)).await;
    // Always, where it is known: that nothing is undelivered is no guess. Where it is not, nobody
    // is told a number, and the alarm takes an hour without one for what it is.
    if summary.unseen == 0 || summary.undelivered > 0 {
        telemetry::oldest_undelivered(summary.oldest_undelivered_seconds, summary.undelivered);
    }
    let buried = within(&mut cut_off, Box::pin(bury(deps, &mut summary, until))).await;
    let listed = within(&mut cut_off, Box::pin(list::list_all(deps, &mut summary, until))).await;
    let error =
        [&woken, &buried, &listed].into_iter().find_map(|done| done.as_ref().err()).map(ToString::to_string);
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "reconcile",
        outcome = if error.is_some() { "failed" } else { "searched" },
        listed = summary.listed,
        added = summary.added,
        woken = summary.woken,
        buried = summary.buried,
        unreadable = summary.unreadable,
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
        error,
    );
    if error.is_some() {
        count!(Metric::Failed, function = "reconcile");
    }
    if summary.forgotten > 0 {
        count!(Metric::Woken, woken = summary.forgotten);
    }
    if summary.ses_is_silent {
        count!(Metric::Woken, looked_for = "news of mails");
    }
    woken.and(buried).and(listed).map(|()| summary)
}

/// Takes the dead letters away whose rows are done.
async fn bury(deps: &Deps, summary: &mut Summary, until: Timestamp) -> Result<(), Failure> {
    if let Some(dead_letters) = &deps.dead_letters {
        summary.buried = dead_letters.clear(&deps.store, &deps.clock, until).await?;
    }
    Ok(())
}

/// What hangs for all its own limits is cut off, so that the run can still tell of it.
async fn within(cut_off: &mut Alarm, work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    before(cut_off, work).await.unwrap_or_else(|| Err("the run was cut off".into()))
}

//! Tells programs what happens in a call: queue, and schedule.
//!
//! Whoever writes a call's log sends a message, and each program that is told of the call is told
//! [what is next](live::telling) for it, event by event, each by itself. A message is only a wake-up. It may come
//! twice, late, or never: then the schedule, once a minute, finds who is to be told.

use std::time::Instant;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use jiff::Timestamp;
use live::CallId;
use runtime::telemetry::{self, Metric};
use runtime::{Failure, count};

mod configuration;
mod deps;
mod event;
mod sweep;
mod tell;
mod wake_up;

pub use configuration::Configuration;
pub use deps::Deps;
pub use event::Event;
pub use sweep::Summary;
pub use tell::Progress;
pub use wake_up::Later;

/// Tells of the calls of a batch of messages, all at once; the messages that are to come back are named.
pub async fn handle(deps: &Deps, event: SqsEvent) -> SqsBatchResponse {
    let settled = join_all(event.records.iter().map(|message| Box::pin(settled(deps, message)))).await;
    let mut response = SqsBatchResponse::default();
    for (message, settled) in event.records.into_iter().zip(settled) {
        if !settled {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// Whether the queue may forget a message.
async fn settled(deps: &Deps, message: &SqsMessage) -> bool {
    let calls = wake_up::call_ids(message.body.as_deref().unwrap_or_default());
    if calls.is_empty() {
        tracing::error!(target: telemetry::WEBHOOK, message_id = message.message_id.as_deref(), "a message names no call");
    }
    let told = join_all(calls.iter().map(|call| Box::pin(told(deps, call)))).await;
    told.into_iter().all(|told| told)
}

async fn told(deps: &Deps, call: &CallId) -> bool {
    let started = Instant::now();
    let progress = tell::tell(deps, call).await;
    let outcome = match &progress {
        Ok(Progress::NobodyListens) => "nobody-listens",
        Ok(Progress::Told) => "told",
        Ok(Progress::Elsewhere) => "elsewhere",
        Ok(Progress::Waiting) => "waiting",
        Ok(Progress::GoesOn) => "goes-on",
        Err(_) => "again",
    };
    let error = progress.as_ref().err().map(Failure::to_string);
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "notify",
        outcome,
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
        call_id = call.as_str(),
        error,
    );
    if progress.is_err() {
        count!(Metric::Failed, function = "notify", call_id = call.as_str());
    }
    progress.is_ok()
}

/// Tells everybody who is to be told by now, as the schedule asks for; what was not begun by `until` is left.
///
/// # Errors
/// When the store or the queue failed. Who could be told is told all the same.
pub async fn look_at_all(deps: &Deps, until: Timestamp) -> Result<Summary, Failure> {
    let started = Instant::now();
    let (summary, result) = sweep::sweep(deps, until).await;
    let error = result.as_ref().err().map(Failure::to_string);
    if summary.due > 0 || error.is_some() {
        tracing::event!(
            target: telemetry::WEBHOOK,
            tracing::Level::INFO,
            function = "notify",
            outcome = if error.is_some() { "failed" } else { "looked" },
            due = summary.due,
            failed = summary.failed,
            left = summary.left,
            duration_ms = started.elapsed().as_secs_f64() * 1000.0,
            error,
        );
    }
    if result.is_err() {
        count!(Metric::Failed, function = "notify");
    }
    result.map(|()| summary)
}

//! Does at Twilio what a live call wants: queue, and schedule.
//!
//! A webhook writes what is to be: who is to ring, and that a call is over. This worker looks at the row, does
//! [what is next](lifecycle::live), writes down what came of it, and looks again: legs are placed, and ended once
//! nobody wants them any more. A message is only a wake-up. It may come twice, late, or never: then the schedule,
//! once a minute, finds what is due.

use std::time::Instant;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use jiff::Timestamp;
use runtime::telemetry::{self, Metric};
use runtime::{Failure, count};

mod call;
mod configuration;
mod controlled;
mod deps;
mod event;
mod fed;
mod leg;
mod put_down;
mod recorded;
mod sweep;
mod wake_up;

pub use call::Progress;
pub use configuration::Configuration;
pub use deps::Deps;
pub use event::Event;
pub use sweep::Summary;
pub use wake_up::Later;

use wake_up::Named;

/// Works off a batch of messages, all at once; those that are to come back are named.
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
    let calls = wake_up::calls(message.body.as_deref().unwrap_or_default());
    if calls.is_empty() {
        tracing::error!(target: telemetry::WEBHOOK, message_id = message.message_id.as_deref(), "a message names no call");
    }
    let mut settled = true;
    for call in calls {
        settled &= worked_off(deps, &call).await;
    }
    settled
}

async fn worked_off(deps: &Deps, call: &Named) -> bool {
    let started = Instant::now();
    let progress = match call {
        Named::Incoming(call_sid) => call::work_off(deps, call_sid).await,
        Named::Outgoing(id) => controlled::work_off(deps, id).await,
    };
    let outcome = match &progress {
        Ok(Progress::NotLive) => "not-live",
        Ok(Progress::Done) => "done",
        Ok(Progress::Waiting) => "waiting",
        Ok(Progress::GoesOn) => "goes-on",
        Err(_) => "again",
    };
    let error = progress.as_ref().err().map(Failure::to_string);
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "act",
        outcome,
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
        call_sid = call.as_str(),
        error,
    );
    if progress.is_err() {
        count!(Metric::Failed, function = "act", call_sid = call.as_str());
    }
    progress.is_ok()
}

/// Looks at all calls that are due, until then at the latest, as the schedule asks for.
///
/// # Errors
/// When the store or a secret failed. What could be done is done all the same.
pub async fn look_at_all(deps: &Deps, until: Timestamp) -> Result<Summary, Failure> {
    let started = Instant::now();
    let (summary, result) = sweep::sweep(deps, until).await;
    let error = result.as_ref().err().map(Failure::to_string);
    if summary.due > 0 || error.is_some() {
        tracing::event!(
            target: telemetry::WEBHOOK,
            tracing::Level::INFO,
            function = "act",
            outcome = if error.is_some() { "failed" } else { "looked" },
            due = summary.due,
            failed = summary.failed,
            left = summary.left,
            duration_ms = started.elapsed().as_secs_f64() * 1000.0,
            error,
        );
    }
    if result.is_err() {
        count!(Metric::Failed, function = "act");
    }
    result.map(|()| summary)
}

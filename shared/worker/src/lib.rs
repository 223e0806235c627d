//! A function that works off what is due about calls: a queue wakes it, and a schedule, once a minute, is the net below.
//!
//! A message only names calls. It may come twice, late, or never: what is to be done stands in the tables, and whoever is
//! woken looks there.

use std::time::Instant;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use runtime::telemetry::{self, Metric};
use runtime::{Clock, Failure, count};

mod event;
mod later;
mod named;

pub use event::Event;
pub use later::Later;

/// What has been due for less than this has a message under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(5);

/// How many calls are looked at at once by the schedule.
const AT_ONCE: usize = 8;

/// How long a look at all calls begins with further ones. Each may take as long as a message, within the minute.
const LOOK_TAKES: SignedDuration = SignedDuration::from_secs(20);

/// What a worker does.
pub trait Worker: Sync {
    /// What the function is called.
    const NAME: &'static str;

    /// A call, as messages name it.
    type Call: PartialEq + Send + Sync;

    /// What came of a look at a call.
    type Progress: Send;

    /// The call of that name; none, if none of the worker's is called so.
    fn named(name: &str) -> Option<Self::Call>;

    /// What the call is called.
    fn name(call: &Self::Call) -> &str;

    /// What the log says of it.
    fn outcome(progress: &Self::Progress) -> &'static str;

    /// Does what is due about a call. Whatever fails is tried again.
    fn work_off(&self, call: &Self::Call) -> impl Future<Output = Result<Self::Progress, Failure>> + Send;

    /// The calls about which something is due by then: those that could be read, and what could not.
    fn due(&self, by: Timestamp) -> impl Future<Output = (Vec<Self::Call>, Result<(), Failure>)> + Send;

    /// What time it is.
    fn clock(&self) -> &Clock;
}

/// What a look at all that is due came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Calls about which something was due.
    pub due: usize,
    /// Those of which something failed.
    pub failed: usize,
    /// Those there was no time for.
    pub left: usize,
}

/// Serves the Lambda function until it is ended.
///
/// # Errors
/// What its runtime says.
pub async fn serve<W: Worker>(worker: &W) -> Result<(), Failure> {
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        match event.payload {
            Event::Messages(messages) => Ok(serde_json::to_value(handle(worker, messages).boxed().await)?),
            Event::Schedule(_) => {
                let until = worker.clock().now().checked_add(LOOK_TAKES)?;
                // What failed is in the log and in the metrics; the next look comes by itself.
                let looked = look_at_all(worker, until).boxed().await;
                looked.map(|_| serde_json::Value::Null).map_err(|it| lambda_http::Error::from(it.to_string()))
            }
        }
    }));
    served.await.map_err(Failure::from)
}

/// Works off the calls of a batch of messages, all at once; the messages that are to come back are named.
pub async fn handle<W: Worker>(worker: &W, event: SqsEvent) -> SqsBatchResponse {
    let settled = join_all(event.records.iter().map(|message| settled(worker, message))).await;
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
async fn settled<W: Worker>(worker: &W, message: &SqsMessage) -> bool {
    let calls = named::calls(message.body.as_deref().unwrap_or_default(), W::named);
    if calls.is_empty() {
        tracing::error!(target: telemetry::WEBHOOK, message_id = message.message_id.as_deref(), "a message names no call");
    }
    let settled = join_all(calls.iter().map(|call| worked_off(worker, call))).await;
    settled.into_iter().all(|settled| settled)
}

async fn worked_off<W: Worker>(worker: &W, call: &W::Call) -> bool {
    let started = Instant::now();
    let progress = worker.work_off(call).boxed().await;
    let error = progress.as_ref().err().map(Failure::to_string);
    // As the webhooks' logs call it, so that one search finds both.
    let name = W::name(call);
    let (call_sid, steered) = if name.starts_with("CA") { (Some(name), None) } else { (None, Some(name)) };
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = W::NAME,
        outcome = progress.as_ref().map_or("again", W::outcome),
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
        call_sid,
        call_id = steered,
        error,
    );
    if progress.is_err() {
        count!(Metric::Failed, function = W::NAME, call_sid, call_id = steered);
    }
    progress.is_ok()
}

/// Looks at all calls that are due, as the schedule asks for; what was not begun by `until` is left.
///
/// # Errors
/// When the tables, a secret or the queue failed. What could be done is done all the same.
pub async fn look_at_all<W: Worker>(worker: &W, until: Timestamp) -> Result<Summary, Failure> {
    let started = Instant::now();
    let (summary, result) = looked_at(worker, until).await;
    let error = result.as_ref().err().map(Failure::to_string);
    if summary.due > 0 || error.is_some() {
        tracing::event!(
            target: telemetry::WEBHOOK,
            tracing::Level::INFO,
            function = W::NAME,
            outcome = if error.is_some() { "failed" } else { "looked" },
            due = summary.due,
            failed = summary.failed,
            left = summary.left,
            duration_ms = started.elapsed().as_secs_f64() * 1000.0,
            error,
        );
    }
    if result.is_err() {
        count!(Metric::Failed, function = W::NAME);
    }
    result.map(|()| summary)
}

async fn looked_at<W: Worker>(worker: &W, until: Timestamp) -> (Summary, Result<(), Failure>) {
    let by = worker.clock().now().checked_sub(UNDER_WAY).unwrap_or(Timestamp::MIN);
    let (due, mut result) = worker.due(by).await;
    let mut summary = Summary { due: due.len(), ..Summary::default() };
    let looks = due.into_iter().map(|call| in_time(worker, call, until));
    let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
    while let Some(progress) = looks.next().await {
        match progress {
            Some(Ok(_)) => {}
            Some(Err(failure)) => {
                summary.failed += 1;
                result = Err(failure);
            }
            None => summary.left += 1,
        }
    }
    (summary, result)
}

/// Not begun once the time is up.
async fn in_time<W: Worker>(
    worker: &W,
    call: W::Call,
    until: Timestamp,
) -> Option<Result<W::Progress, Failure>> {
    if worker.clock().now() >= until {
        return None;
    }
    Some(worker.work_off(&call).boxed().await)
}

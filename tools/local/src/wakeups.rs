//! The way from a changed row to the worker.
//!
//! ```text
//! voicemails table -> stream -> pipe -> topic -> queue Deliver         (at once)           -> worker
//!                                            \-> queue DeliverDeadline (after the time box) -> worker
//! live calls table -> stream -> pipe          -> queue Deliver                              -> worker of live calls
//!                            \-> pipe          -> queue Deliver                              -> who tells programs
//! ```
//! The stream is the embedded database's own. The rest is played here by AWS's rules: the pipe
//! passes stream records on as they are, filtered; every record goes to the first queue and
//! those of new rows also to the second; the worker gets batches, may fail single messages, and
//! gets those again after the visibility timeout, until they are dead letters.
//!
//! All times go by a [`Clock`]. In virtual time the stream is read and the worker is called
//! whenever nobody else is busy, before time moves; time moves to the instant when a message is
//! due. Nothing is written down: after a restart the stream is read from its beginning, which
//! wakes everything once more.

use std::{
    collections::HashSet,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use exchange::clock::{BoxFuture, Clock};
use jiff::Timestamp;
use s3s::crypto::{Checksum, Md5};
use serde_json::{Value, json};

pub use queue::Depth;
use queue::{Message, Queue, Rules};
use stream::{REGION, Reader};

mod queue;
mod stream;

/// The largest message that the topic takes, in bytes.
pub const LARGEST_MESSAGE: usize = 256 * 1024;

/// The account in ARNs.
const ACCOUNT: &str = "000000000000";

/// What the worker answers: which messages failed, or that all did.
pub type BatchOutcome = anyhow::Result<SqsBatchResponse>;

/// Whether the pipe passes a stream record on.
pub type Filter = Arc<dyn Fn(&Value) -> bool + Send + Sync>;

type Worker = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, BatchOutcome> + Send + Sync>;

/// The two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueName {
    /// Messages are delivered at once.
    Deliver,
    /// Messages are delivered after the time box; only new rows make some.
    DeliverDeadline,
}

impl QueueName {
    const ALL: [Self; 2] = [Self::Deliver, Self::DeliverDeadline];

    /// The queue's name as its ARN has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deliver => "Deliver",
            Self::DeliverDeadline => "DeliverDeadline",
        }
    }
}

/// How the way is built.
#[derive(Clone)]
pub struct Settings {
    /// The table whose stream is read.
    pub table: String,
    /// How long messages wait on the second queue; none where there is none.
    pub time_box: Option<Duration>,
    /// How long a message that a worker got stays away from others: 60 seconds unless changed.
    pub visibility: Duration,
    /// After how many deliveries a message is a dead letter: 8 unless changed.
    pub most_receives: u32,
    /// How long the worker may take for a batch before it is cut off, which fails the whole
    /// batch: 30 seconds unless changed.
    pub worker_timeout: Duration,
    /// How many batches are worked on at the same time: 1 unless changed.
    pub workers: usize,
    /// The most messages in a batch, 1 to 10: 10 unless changed.
    pub batch_size: usize,
    /// What the pipe passes on: everything but removed rows unless changed.
    pub filter: Filter,
}

impl Settings {
    /// The usual way from `table`.
    pub fn new(table: impl Into<String>, time_box: Duration) -> Self {
        Self { time_box: Some(time_box), ..Self::at_once(table) }
    }

    /// The same with one queue.
    pub fn at_once(table: impl Into<String>) -> Self {
        Self {
            table: table.into(),
            time_box: None,
            visibility: Duration::from_mins(1),
            most_receives: 8,
            worker_timeout: Duration::from_secs(30),
            workers: 1,
            batch_size: 10,
            filter: Arc::new(|record| record["eventName"] != "REMOVE"),
        }
    }
}

/// A message that failed too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The queue it comes from and is put back on.
    pub queue: QueueName,
    /// The stream record, as JSON.
    pub body: String,
    /// How often it was delivered.
    pub receives: u32,
}

/// The queue that is delivered at once, from outside.
#[derive(Clone)]
pub struct Entrance(Weak<Inner>);

/// The way from rows to the worker. Clones are the same one; it ends when the last is dropped.
#[derive(Clone)]
pub struct WakeUps {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    settings: Settings,
    worker: Worker,
    reader: tokio::sync::Mutex<Reader>,
    state: Mutex<State>,
}

#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
struct State {
    /// In the order of [`QueueName::ALL`].
    queues: [Queue; 2],
    /// Batches that are being worked on.
    working: usize,
    deliveries: u64,
    cut_off: u64,
    oversized: usize,
    is_paused: bool,
    duplicates: bool,
    stream_failed: bool,
    is_pipe_broken: bool,
}

impl WakeUps {
    /// Reads the stream of the table in `settings` through `streams` and calls `worker` with
    /// what comes of it.
    ///
    /// Must be called within a tokio runtime.
    pub fn start<Work, Working>(
        clock: &Clock,
        streams: aws_sdk_dynamodbstreams::Client,
        settings: Settings,
        worker: Work,
    ) -> Self
    where
        Work: Fn(SqsEvent) -> Working + Send + Sync + 'static,
        Working: Future<Output = BatchOutcome> + Send + 'static,
    {
        let rules = Rules { visibility: settings.visibility, most_receives: settings.most_receives };
        let inner = Arc::new(Inner {
            clock: clock.clone(),
            reader: tokio::sync::Mutex::new(Reader::new(streams, settings.table.clone())),
            settings,
            worker: Arc::new(move |event| Box::pin(worker(event))),
            state: Mutex::new(State {
                queues: QueueName::ALL.map(|name| Queue::new(name.as_str(), rules)),
                working: 0,
                deliveries: 0,
                cut_off: 0,
                oversized: 0,
                is_paused: false,
                duplicates: false,
                stream_failed: false,
                is_pipe_broken: false,
            }),
        });
        let weak = Arc::downgrade(&inner);
        clock.on_idle(move || {
            let inner = weak.upgrade();
            Box::pin(async move {
                match inner {
                    Some(inner) => inner.turn().await,
                    None => false,
                }
            })
        });
        // A clock runs from the first task on.
        inner.stir();
        Self { inner }
    }

    /// How many messages a queue holds.
    pub fn depth(&self, queue: QueueName) -> Depth {
        self.inner.state().queue(queue).depth(self.inner.clock.now())
    }

    /// How often the worker was called.
    pub fn deliveries(&self) -> u64 {
        self.inner.state().deliveries
    }

    /// How many batches took the worker longer than it may.
    pub fn cut_off(&self) -> u64 {
        self.inner.state().cut_off
    }

    /// How many stream records were too large for the topic, see [`LARGEST_MESSAGE`], so that
    /// nobody was woken: a record holds the row twice, before and after the change.
    pub fn oversized(&self) -> usize {
        self.inner.state().oversized
    }

    /// The messages that failed too often, of both queues.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        let mut state = self.inner.state();
        let mut letters = Vec::new();
        for queue in QueueName::ALL {
            letters.extend(state.queue(queue).dead().iter().map(|message| DeadLetter {
                queue,
                body: message.body.clone(),
                receives: message.receives,
            }));
        }
        letters
    }

    /// Puts the dead letters back on their queues, to be delivered as if they were new; answers
    /// how many there were.
    pub fn redrive(&self) -> usize {
        let now = self.inner.clock.now();
        let count = {
            let mut state = self.inner.state();
            QueueName::ALL.into_iter().map(|queue| state.queue(queue).redrive(now)).sum()
        };
        self.inner.stir();
        count
    }

    /// Puts a message on the queue that is delivered at once, as an event's rule does.
    pub fn send(&self, body: &str) {
        let now = self.inner.clock.now();
        self.inner.state().queue(QueueName::Deliver).send(body, 1, now, Duration::ZERO);
        self.inner.stir();
    }

    /// What puts messages on that queue, also for later, and does not keep it.
    pub fn entrance(&self) -> Entrance {
        Entrance(Arc::downgrade(&self.inner))
    }

    /// Whether changes of rows wake nobody from now on: what the stream tells meanwhile is lost.
    pub fn break_the_pipe(&self, broken: bool) {
        self.inner.state().is_pipe_broken = broken;
    }

    /// The worker is down: messages gather until [`WakeUps::resume`]. Batches that are being
    /// worked on are finished.
    pub fn pause(&self) {
        self.inner.state().is_paused = true;
    }

    /// The worker is up again.
    pub fn resume(&self) {
        self.inner.state().is_paused = false;
        self.inner.stir();
    }

    /// Whether each record that comes from now on makes two messages on a queue instead of one.
    /// The two are never in the same batch.
    pub fn duplicate_every_message(&self, duplicates: bool) {
        self.inner.state().duplicates = duplicates;
    }
}

impl Entrance {
    /// Puts a message on the queue, if it is still there, to be delivered after `delay`.
    pub fn send(&self, body: &str, delay: Duration) {
        let Some(inner) = self.0.upgrade() else { return };
        let now = inner.clock.now();
        let due = inner.state().queue(QueueName::Deliver).send(body, 1, now, delay);
        if delay.is_zero() {
            inner.stir();
        } else {
            inner.wake_at(due);
        }
    }
}

impl State {
    fn queue(&mut self, name: QueueName) -> &mut Queue {
        &mut self.queues[name as usize]
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change to it is complete in itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the clock look for work even though nobody did anything on it.
    fn stir(&self) {
        drop(self.clock.spawn(async {}));
    }

    /// Rests on the clock until `due`, so that time stops there and somebody looks for work.
    fn wake_at(&self, due: Timestamp) {
        let clock = self.clock.clone();
        drop(self.clock.spawn(async move { clock.sleep_until(due).await }));
    }

    /// Brings over what is new and starts what can be started; answers whether there was any.
    async fn turn(self: &Arc<Self>) -> bool {
        let moved = self.bring_over().await;
        let started = self.start_workers();
        moved || started
    }

    /// The pipe and the topic: from the stream to the queues.
    async fn bring_over(&self) -> bool {
        let records = match self.reader.lock().await.read().await {
            Ok(records) => {
                self.state().stream_failed = false;
                records
            }
            Err(error) => {
                // Told once, not ten times a second.
                if !std::mem::replace(&mut self.state().stream_failed, true) {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the stream cannot be read");
                }
                return false;
            }
        };
        let now = self.clock.now();
        let any = !records.is_empty();
        for record in records {
            if self.state().is_pipe_broken || !(self.settings.filter)(&record) {
                continue;
            }
            let body = record.to_string();
            let mut state = self.state();
            if body.len() > LARGEST_MESSAGE {
                tracing::error!(size_bytes = body.len(), "a stream record is too large for the topic");
                state.oversized += 1;
                continue;
            }
            let copies = if state.duplicates { 2 } else { 1 };
            state.queue(QueueName::Deliver).send(&body, copies, now, Duration::ZERO);
            if record["eventName"] == "INSERT"
                && let Some(time_box) = self.settings.time_box
            {
                let queue = state.queue(QueueName::DeliverDeadline);
                let due = queue.send(&body, copies, now, time_box);
                drop(state);
                self.wake_at(due);
            }
        }
        any
    }

    fn start_workers(self: &Arc<Self>) -> bool {
        let mut started = false;
        while let Some((queue, messages)) = self.receive() {
            started = true;
            let working = Working { inner: Arc::downgrade(self) };
            let inner = self.clone();
            drop(self.clock.spawn(async move {
                inner.deliver(queue, messages).await;
                // Counted as working for as long as the next batch is looked for.
                let _working = working;
                while let Some((queue, messages)) = inner.receive_next() {
                    inner.deliver(queue, messages).await;
                }
            }));
        }
        started
    }

    /// A batch for one more worker, who is counted as working from now on.
    fn receive(&self) -> Option<(QueueName, Vec<Message>)> {
        let mut state = self.state();
        if state.working >= self.settings.workers {
            return None;
        }
        let batch = self.take(&mut state)?;
        state.working += 1;
        Some(batch)
    }

    /// A batch for a worker who is counted already.
    fn receive_next(&self) -> Option<(QueueName, Vec<Message>)> {
        let mut state = self.state();
        self.take(&mut state)
    }

    fn take(&self, state: &mut State) -> Option<(QueueName, Vec<Message>)> {
        if state.is_paused {
            return None;
        }
        let now = self.clock.now();
        let most = self.settings.batch_size.clamp(1, 10);
        QueueName::ALL.into_iter().find_map(|queue| {
            let messages = state.queue(queue).receive(most, now);
            (!messages.is_empty()).then_some((queue, messages))
        })
    }

    /// Gives a batch to the worker and deletes what it did.
    async fn deliver(&self, queue: QueueName, messages: Vec<Message>) {
        let ids: HashSet<&str> = messages.iter().map(|message| message.id.as_str()).collect();
        let failed = match self.work(queue, &messages).await {
            Ok(response) => failures(&response, &ids),
            Err(error) => {
                tracing::warn!(
                    error = error.as_ref() as &dyn std::error::Error,
                    queue = queue.as_str(),
                    "a batch failed"
                );
                None
            }
        };
        // Without a list of failures all have failed.
        let failed = failed.unwrap_or_else(|| ids.clone());
        let done = ids.difference(&failed).copied().collect();
        let mut state = self.state();
        state.queue(queue).delete(&done);
        let due: HashSet<Timestamp> =
            failed.iter().filter_map(|id| state.queue(queue).due_again(id)).collect();
        drop(state);
        for due in due {
            self.wake_at(due);
        }
    }

    async fn work(&self, queue: QueueName, messages: &[Message]) -> BatchOutcome {
        self.state().deliveries += 1;
        let event = event(queue, messages)?;
        let worker = self.worker.clone();
        // Called within the task, too: a panic there is the task's, not ours.
        let mut work = self.clock.spawn(async move { worker(event).await });
        let limit = self.settings.worker_timeout;
        let Some(outcome) = self.clock.wait_at_most(self.clock.for_real_work(limit), &mut work).await else {
            work.abort();
            self.state().cut_off += 1;
            anyhow::bail!("the worker took longer than {limit:?}");
        };
        outcome?
    }
}

/// Counts down when a worker has no more to do, or panics.
struct Working {
    inner: Weak<Inner>,
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.state().working -= 1;
        }
    }
}

/// The messages that the worker says it failed; `None`, for all, when it names one that it did
/// not get, as Lambda has it.
fn failures<'ids>(response: &SqsBatchResponse, ids: &HashSet<&'ids str>) -> Option<HashSet<&'ids str>> {
    let failures = response.batch_item_failures.iter();
    failures.map(|failure| ids.get(failure.item_identifier.as_str()).copied()).collect()
}

/// The event as Lambda gets it, read as the runtime reads it.
fn event(queue: QueueName, messages: &[Message]) -> serde_json::Result<SqsEvent> {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            let first_received_at = message.first_received_at.unwrap_or(message.sent_at);
            json!({
                "messageId": message.id,
                "receiptHandle": format!("{}#{}", message.id, message.receives),
                "body": message.body,
                "md5OfBody": md5(&message.body),
                "attributes": {
                    "ApproximateReceiveCount": message.receives.to_string(),
                    "SentTimestamp": message.sent_at.as_millisecond().to_string(),
                    "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
                    "ApproximateFirstReceiveTimestamp": first_received_at.as_millisecond().to_string(),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", queue.as_str()),
                "awsRegion": REGION,
            })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records }))
}

/// In hexadecimal digits.
fn md5(text: &str) -> String {
    Md5::checksum(text.as_bytes()).iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests;

//! Wakes the worker directly: what stands still may do so because the table's own way is broken.

use std::fmt;
use std::pin::Pin;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use runtime::Failure;

/// As many messages as SQS takes at once.
const BATCH: usize = 10;

type Sent<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;
type Sender = dyn Fn(Vec<String>) -> Sent<'static> + Send + Sync;

/// Puts wake-ups into the worker's queue.
pub struct Waker {
    send: Option<Box<Sender>>,
}

impl Waker {
    /// By the worker's queue.
    pub fn of_queue(sqs: aws_sdk_sqs::Client, queue_url: String) -> Self {
        Self::new(move |bodies| {
            let (sqs, queue_url) = (sqs.clone(), queue_url.clone());
            async move { send(&sqs, &queue_url, bodies).await }
        })
    }

    /// By any other way that takes messages' bodies.
    pub fn new<F>(send: impl Fn(Vec<String>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self { send: Some(Box::new(move |bodies| Box::pin(send(bodies)))) }
    }

    /// There is no queue: that a row is written wakes the worker.
    pub fn by_row_alone() -> Self {
        Self { send: None }
    }

    /// Wakes the worker for the rows with these keys.
    ///
    /// # Errors
    /// What the queue says; some may be woken all the same.
    pub async fn wake(&self, keys: &[String]) -> Result<(), Failure> {
        let Some(send) = &self.send else { return Ok(()) };
        let mut result = Ok(());
        for keys in keys.chunks(BATCH) {
            let answer = send(keys.iter().map(|key| body(key)).collect()).await;
            result = result.and(answer);
        }
        result
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waker").field("has_queue", &self.send.is_some()).finish()
    }
}

/// What the worker reads, of a voicemail or a missed call: both are named by their rows' key.
fn body(key: &str) -> String {
    serde_json::json!({ "recording_sid": key }).to_string()
}

async fn send(sqs: &aws_sdk_sqs::Client, queue_url: &str, bodies: Vec<String>) -> Result<(), Failure> {
    let entries = bodies.into_iter().enumerate().map(|(number, body)| {
        SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body).build()
    });
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    let answer = sqs.send_message_batch().queue_url(queue_url).set_entries(Some(entries)).send().await?;
    match answer.failed.first() {
        None => Ok(()),
        Some(failed) => Err(format!("the queue does not take a wake-up: {}", failed.code).into()),
    }
}

//! Wakes the worker that rings people, and the one that tells programs.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use live::CallId;
use phone::CallSid;
use runtime::{Clock, Failure};

/// How long a caller's answer waits for the queue to take a wake-up. The table's stream brings what it does not.
const TAKES_AT_MOST: Duration = Duration::from_millis(200);

type Sent = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// Puts wake-ups into a worker's queue. Clones share it.
#[derive(Clone)]
pub struct Waker {
    send: Arc<dyn Fn(String) -> Sent + Send + Sync>,
    clock: Clock,
}

impl Waker {
    /// By whatever takes the bodies of messages.
    pub fn new<F>(clock: Clock, send: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self { send: Arc::new(move |body| Box::pin(send(body))), clock }
    }

    /// Wakes the worker for a call. If that fails, something else will.
    pub async fn wake(&self, call_sid: &CallSid) {
        self.send(body(call_sid.as_str())).await;
    }

    /// The same, for a call that programs steer.
    pub async fn wake_for(&self, call: &CallId) {
        self.send(body(call.as_str())).await;
    }

    async fn send(&self, body: String) {
        let sent = (self.send)(body);
        match self.clock.within(TAKES_AT_MOST, sent).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::warn!(error = %error, "the worker is not woken"),
            None => tracing::warn!("the worker is not woken in time"),
        }
    }
}

/// What the worker reads.
fn body(call: &str) -> String {
    format!("{{\"call_id\":\"{call}\"}}")
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

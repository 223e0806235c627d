//! How a worker wakes itself later.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use aws::{LONGEST_DELAY, Queue};
use jiff::SignedDuration;
use runtime::Failure;

type Sent = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// Puts wake-ups for later into the worker's own queue.
pub struct Later(Box<dyn Fn(String, Duration) -> Sent + Send + Sync>);

impl Later {
    /// By the worker's queue.
    pub fn of_queue(queue: Queue) -> Self {
        Self::new(move |body, delay| {
            let queue = queue.clone();
            async move { Ok(queue.send(&body, delay).await?) }
        })
    }

    /// By any other way that takes a message's body, and for how long it is held back.
    pub fn new<F>(send: impl Fn(String, Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self(Box::new(move |body, delay| Box::pin(send(body, delay))))
    }

    /// Wakes the worker for a call at once.
    ///
    /// # Errors
    /// What the queue says.
    pub async fn wake_now(&self, call: &str) -> Result<(), Failure> {
        self.wake(call, Duration::ZERO).await
    }

    async fn wake(&self, call: &str, delay: Duration) -> Result<(), Failure> {
        (self.0)(serde_json::json!({ "call_id": call }).to_string(), delay).await
    }

    /// Wakes the worker for a call after so long, in whole seconds and not before. What is later than a queue holds one
    /// back, the schedule finds.
    ///
    /// # Errors
    /// What the queue says.
    pub async fn wake_in(&self, call: &str, wait: SignedDuration) -> Result<(), Failure> {
        let wait = Duration::try_from(wait).unwrap_or_default();
        let delay = Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        if delay <= LONGEST_DELAY { self.wake(call, delay).await } else { Ok(()) }
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}

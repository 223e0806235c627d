//! What a wake-up is about, and how one is sent for later.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use aws::{LONGEST_DELAY, Queue};
use jiff::Timestamp;
use live::CallId;
use phone::CallSid;
use runtime::Failure;
use serde_json::Value;

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

    /// Wakes the worker for a call after `delay`.
    ///
    /// # Errors
    /// What the queue says.
    pub async fn wake(&self, call: &str, delay: Duration) -> Result<(), Failure> {
        (self.0)(serde_json::json!({ "call_id": call }).to_string(), delay).await
    }

    /// Wakes the worker for a call at that time. What is later than a queue holds one back, the schedule finds.
    ///
    /// # Errors
    /// What the queue says.
    pub(crate) async fn wake_at(&self, call: &str, at: Timestamp, now: Timestamp) -> Result<(), Failure> {
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        // In whole seconds, and not before.
        let delay = Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        if delay <= LONGEST_DELAY { self.wake(call, delay).await } else { Ok(()) }
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}

/// A call that a message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// One that came in, and goes by its phone file.
    Incoming(CallSid),
    /// One that a program has made.
    Outgoing(CallId),
}

impl Named {
    fn read(key: &str) -> Option<Self> {
        match CallSid::parse(key) {
            Ok(call_sid) => Some(Self::Incoming(call_sid)),
            Err(_) => key.parse().ok().map(Self::Outgoing),
        }
    }

    /// As it is written.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Incoming(call_sid) => call_sid.as_str(),
            Self::Outgoing(id) => id.as_str(),
        }
    }
}

/// The calls that a message names: `{"call_id": "CA…"}`, or a record of the table's stream as the pipe passes it on.
pub(crate) fn calls(body: &str) -> Vec<Named> {
    serde_json::from_str(body).map(|message: Value| named_in(&message)).unwrap_or_default()
}

fn named_in(message: &Value) -> Vec<Named> {
    if let Some(records) = message.as_array() {
        return records.iter().flat_map(named_in).collect();
    }
    let of_stream = || message.pointer("/dynamodb/Keys/call_id/S");
    let key = message.get("call_id").or_else(of_stream).and_then(Value::as_str);
    key.and_then(Named::read).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "CA00000000000000000000000000000001";

    #[test]
    fn a_call_is_named_in_every_form_of_a_message() {
        let keys = format!(r#"{{"call_id":{{"S":"{SID}"}},"item":{{"S":"call"}}}}"#);
        let record = format!(r#"{{"eventName":"MODIFY","dynamodb":{{"Keys":{keys}}}}}"#);
        for form in [format!(r#"{{"call_id":"{SID}"}}"#), format!("[{record}]"), record] {
            assert_eq!(calls(&form), [Named::Incoming(CallSid::parse(SID).unwrap())], "{form}");
        }
        let made = format!("CL{}", "0".repeat(32));
        let named = calls(&format!(r#"{{"call_id":"{made}"}}"#));
        assert_eq!(named, [Named::Outgoing(made.parse().unwrap())]);
        for body in ["", "{}", "[]", "null", r#"{"call_id":"x"}"#, r#"{"call_id":1}"#] {
            assert!(calls(body).is_empty(), "{body}");
        }
    }
}

//! What a wake-up is about, and how one is sent for later.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use aws::Queue;
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
    pub async fn wake(&self, call_sid: &CallSid, delay: Duration) -> Result<(), Failure> {
        (self.0)(serde_json::json!({ "call_id": call_sid.as_str() }).to_string(), delay).await
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}

/// The calls that a message names: `{"call_id": "CA…"}`, or a record of the table's stream as the pipe passes it on.
pub(crate) fn call_sids(body: &str) -> Vec<CallSid> {
    serde_json::from_str(body).map(|message: Value| named_in(&message)).unwrap_or_default()
}

fn named_in(message: &Value) -> Vec<CallSid> {
    if let Some(records) = message.as_array() {
        return records.iter().flat_map(named_in).collect();
    }
    let of_stream = || message.pointer("/dynamodb/Keys/call_id/S");
    let key = message.get("call_id").or_else(of_stream).and_then(Value::as_str);
    key.and_then(|key| CallSid::parse(key).ok()).into_iter().collect()
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
            assert_eq!(call_sids(&form), [CallSid::parse(SID).unwrap()], "{form}");
        }
        for body in ["", "{}", "[]", "null", r#"{"call_id":"x"}"#, r#"{"call_id":1}"#] {
            assert!(call_sids(body).is_empty(), "{body}");
        }
    }
}

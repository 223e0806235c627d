//! What a wake-up is about, and how one is sent for later.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use aws::Queue;
use live::CallId;
use runtime::Failure;
use serde_json::Value;

type Sent = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// Puts wake-ups for later into the function's own queue.
pub struct Later(Box<dyn Fn(String, Duration) -> Sent + Send + Sync>);

impl Later {
    /// By the function's queue.
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

    /// Has a call looked at after `delay`.
    ///
    /// # Errors
    /// What the queue says.
    pub async fn wake(&self, call: &CallId, delay: Duration) -> Result<(), Failure> {
        (self.0)(serde_json::json!({ "call_id": call.as_str() }).to_string(), delay).await
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}

/// The calls that a message names: `{"call_id": "CL…"}`, or records of the table's stream as the pipe passes them on.
/// Each once: what happens in a call mostly happens together.
pub(crate) fn call_ids(body: &str) -> Vec<CallId> {
    let mut named = Vec::new();
    if let Ok(message) = serde_json::from_str::<Value>(body) {
        add_named_in(&message, &mut named);
    }
    named
}

fn add_named_in(message: &Value, named: &mut Vec<CallId>) {
    if let Some(records) = message.as_array() {
        for record in records {
            add_named_in(record, named);
        }
        return;
    }
    let of_stream = || message.pointer("/dynamodb/Keys/call_id/S");
    let key = message.get("call_id").or_else(of_stream).and_then(Value::as_str);
    if let Some(call) = key.and_then(|key| key.parse().ok())
        && !named.contains(&call)
    {
        named.push(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "CL00000000000000000000000000000001";

    #[test]
    fn a_call_is_named_in_every_form_of_a_message() {
        let keys = format!(r#"{{"call_id":{{"S":"{ID}"}},"item":{{"S":"event#0000000007"}}}}"#);
        let record = format!(r#"{{"eventName":"INSERT","dynamodb":{{"Keys":{keys}}}}}"#);
        let twice = format!("[{record},{record}]");
        for form in [format!(r#"{{"call_id":"{ID}"}}"#), format!("[{record}]"), twice, record] {
            assert_eq!(call_ids(&form), [ID.parse().unwrap()], "{form}");
        }
        for body in ["", "{}", "[]", "null", r#"{"call_id":"x"}"#, r#"{"call_id":1}"#] {
            assert!(call_ids(body).is_empty(), "{body}");
        }
    }
}

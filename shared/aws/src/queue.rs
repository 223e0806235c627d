//! SQS, as far as one queue needs it: to send.
//!
//! Not through an SDK, for one request with one answer, which stands on a call's path.

use std::fmt::Write as _;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use http::StatusCode;
use thiserror::Error;

use crate::dns_suffix;
use crate::http_client::Pool;
use crate::post::Post;

const TAKES_AT_MOST: Duration = Duration::from_secs(5);

/// The longest that SQS holds a message back.
pub const LONGEST_DELAY: Duration = Duration::from_mins(15);

/// As SQS has been spoken to since 2023.
const HEADERS: [(&str, &str); 2] =
    [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.SendMessage")];

/// One queue, and who sends to it. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Queue {
    post: Post,
    url: String,
    uri: String,
}

/// SQS did not take a message, or its answer got lost.
#[derive(Debug, Error)]
pub enum QueueFailure {
    /// SQS answered that it will not.
    #[error("SQS answers {status}")]
    Refused {
        /// Of HTTP.
        status: StatusCode,
    },
    /// No answer: the message may be there.
    #[error("SQS does not answer")]
    Unanswered(#[source] BoxError),
}

impl Queue {
    pub(crate) fn new(
        http: Pool,
        url: &str,
        region: &str,
        endpoint: Option<&str>,
        credentials: &Credentials,
    ) -> Self {
        let endpoint = endpoint
            .map_or_else(|| format!("https://sqs.{region}.{}", dns_suffix(region)), ToOwned::to_owned);
        Self {
            post: Post::new(http, "sqs", region, credentials),
            url: url.to_owned(),
            uri: format!("{}/", endpoint.trim_end_matches('/')),
        }
    }

    /// The same queue, with something between it and the network: a test's faults, say.
    pub fn through(self, between: impl FnOnce(SharedHttpConnector) -> SharedHttpConnector) -> Self {
        Self { post: self.post.through(between), ..self }
    }

    /// The same queue, waiting by another clock.
    pub fn sleeping_by(self, sleep: SharedAsyncSleep) -> Self {
        Self { post: self.post.sleeping_by(sleep), ..self }
    }

    /// Sends a message once, to be received after `delay`: whole seconds, and [`LONGEST_DELAY`] at most.
    ///
    /// # Errors
    /// [`QueueFailure`].
    pub async fn send(&self, message: &str, delay: Duration) -> Result<(), QueueFailure> {
        let body = body(&self.url, message, delay);
        let sent = self.post.send(&self.uri, &HEADERS, body, TAKES_AT_MOST).await;
        let status = sent.map_err(QueueFailure::Unanswered)?;
        if status.is_success() { Ok(()) } else { Err(QueueFailure::Refused { status }) }
    }
}

fn body(url: &str, message: &str, delay: Duration) -> String {
    let seconds = delay.min(LONGEST_DELAY).as_secs();
    format!(
        "{{\"QueueUrl\":{},\"MessageBody\":{},\"DelaySeconds\":{seconds}}}",
        in_quotes(url),
        in_quotes(message)
    )
}

/// As JSON has texts.
fn in_quotes(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter < ' ' => drop(write!(quoted, "\\u{:04x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::http::HeaderMap;
    use serde_json::{Value, json};

    use super::*;
    use crate::test_server;

    const URL: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/act";

    #[tokio::test]
    async fn a_message_is_sent_whole_once_and_signed() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        let router = Router::new().fallback(async move |headers: HeaderMap, body: String| {
            noted.lock().unwrap().push((headers, serde_json::from_str::<Value>(&body).unwrap()));
            "{}"
        });
        let queue = test_server::serve(router).await.queue(URL);
        let message = "{\"call_id\":\"CA1\"}\n\u{1}\\ ü 李";
        for (delay, seconds) in [(0, 0), (1_900, 1), (900_000, 900), (10_000_000, 900)] {
            queue.send(message, Duration::from_millis(delay)).await.unwrap();
            let (headers, body) = asked.lock().unwrap().pop().unwrap();
            assert_eq!(body, json!({"QueueUrl": URL, "MessageBody": message, "DelaySeconds": seconds}));
            for (name, value) in HEADERS {
                assert_eq!(headers[name], value);
            }
            let signature = headers["authorization"].to_str().unwrap();
            assert!(signature.contains("/us-east-1/sqs/aws4_request"), "{signature}");
        }
    }

    #[tokio::test]
    async fn what_sqs_does_not_take_is_told() {
        let (aws, asked) = test_server::answering(|_| StatusCode::FORBIDDEN).await;
        let failed = aws.queue(URL).send("{}", Duration::ZERO).await;
        assert!(matches!(failed, Err(QueueFailure::Refused { status: StatusCode::FORBIDDEN })), "{failed:?}");
        assert_eq!(test_server::count(&asked), 1);
    }
}

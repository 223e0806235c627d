//! SNS, as far as one topic needs it: to publish.
//!
//! Not through an SDK, for one request with one answer.

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

const FORM: &str = "application/x-www-form-urlencoded";

/// One topic, and who publishes to it. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Topic {
    post: Post,
    arn: String,
    uri: String,
}

/// SNS did not take a message, or its answer got lost.
#[derive(Debug, Error)]
pub enum TopicFailure {
    /// SNS answered that it will not.
    #[error("SNS answers {status}")]
    Refused {
        /// Of HTTP.
        status: StatusCode,
    },
    /// No answer: the message may be out.
    #[error("SNS does not answer")]
    Unanswered(#[source] BoxError),
}

impl Topic {
    pub(crate) fn new(
        http: Pool,
        arn: &str,
        region: &str,
        endpoint: Option<&str>,
        credentials: &Credentials,
    ) -> Self {
        let endpoint = endpoint
            .map_or_else(|| format!("https://sns.{region}.{}", dns_suffix(region)), ToOwned::to_owned);
        Self {
            post: Post::new(http, "sns", region, credentials),
            arn: arn.to_owned(),
            uri: format!("{}/", endpoint.trim_end_matches('/')),
        }
    }

    /// The same topic, with something between it and the network: a test's faults, say.
    pub fn through(self, between: impl FnOnce(SharedHttpConnector) -> SharedHttpConnector) -> Self {
        Self { post: self.post.through(between), ..self }
    }

    /// The same topic, waiting by another clock.
    pub fn sleeping_by(self, sleep: SharedAsyncSleep) -> Self {
        Self { post: self.post.sleeping_by(sleep), ..self }
    }

    /// Publishes a message once. Its `kind` is an attribute, by which subscriptions can filter.
    ///
    /// # Errors
    /// [`TopicFailure`].
    pub async fn publish(&self, kind: &str, message: &str) -> Result<(), TopicFailure> {
        let body = form(&[
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("TopicArn", &self.arn),
            ("Message", message),
            ("MessageAttributes.entry.1.Name", "type"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", kind),
        ]);
        let sent = self.post.send(&self.uri, &[("content-type", FORM)], body, TAKES_AT_MOST).await;
        let status = sent.map_err(TopicFailure::Unanswered)?;
        if status.is_success() { Ok(()) } else { Err(TopicFailure::Refused { status }) }
    }
}

/// A form's body: everything but letters, digits and `-._~` by its bytes.
fn form(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        if !body.is_empty() {
            body.push('&');
        }
        body.push_str(name);
        body.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                body.push(char::from(byte));
            } else {
                let _ = write!(body, "%{byte:02X}");
            }
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_message_says_a_form_has_it_whole() {
        let message = "{\"words\":\"100 % & more = ü 李\"}\n+";
        let body = form(&[("Message", message), ("b", "2")]);
        let read: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        assert_eq!(read, [("Message".into(), message.into()), ("b".into(), "2".into())]);
    }
}

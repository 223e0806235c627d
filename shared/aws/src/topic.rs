//! SNS, as far as one topic needs it: to publish.
//!
//! Not through an SDK, for one request with one answer.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use thiserror::Error;

use crate::dns_suffix;
use crate::http_client::Pool;

const TAKES_AT_MOST: Duration = Duration::from_secs(5);

const FORM: &str = "application/x-www-form-urlencoded";

/// One topic, and who publishes to it. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Topic {
    http: SharedHttpConnector,
    arn: String,
    region: String,
    endpoint: String,
    credentials: Credentials,
    sleep: SharedAsyncSleep,
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
            http: SharedHttpConnector::new(http),
            arn: arn.to_owned(),
            region: region.to_owned(),
            endpoint,
            credentials: credentials.clone(),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
        }
    }

    /// The same topic, with something between it and the network: a test's faults, say.
    pub fn through(self, between: impl FnOnce(SharedHttpConnector) -> SharedHttpConnector) -> Self {
        Self { http: between(self.http), ..self }
    }

    /// The same topic, waiting by another clock.
    pub fn sleeping_by(self, sleep: SharedAsyncSleep) -> Self {
        Self { sleep, ..self }
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
        let request = self.signed(body).map_err(TopicFailure::Unanswered)?;
        let exchange = async {
            let response = self.http.call(request).await?;
            let status = StatusCode::from_u16(response.status().as_u16())?;
            // To its end, so that the connection can be used again.
            response.into_body().collect().await?;
            Ok::<_, BoxError>(status)
        };
        let status = Timeout::new(exchange, self.sleep.sleep(TAKES_AT_MOST))
            .await
            .map_err(|late| TopicFailure::Unanswered(late.into()))?
            .map_err(TopicFailure::Unanswered)?;
        if status.is_success() { Ok(()) } else { Err(TopicFailure::Refused { status }) }
    }

    fn signed(&self, body: String) -> Result<HttpRequest, BoxError> {
        let uri = format!("{}/", self.endpoint.trim_end_matches('/'));
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("sns")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = [("content-type", FORM)];
        let to_sign =
            SignableRequest::new("POST", &uri, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))?;
        let (instructions, _) = sign(to_sign, &parameters)?.into_parts();
        let mut request = Request::builder()
            .method("POST")
            .uri(&uri)
            .header("content-type", FORM)
            .header("content-length", body.len())
            .body(SdkBody::from(body))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(HttpRequest::try_from(request)?)
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

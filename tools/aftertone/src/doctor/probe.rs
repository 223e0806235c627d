//! Webhooks as Twilio would send them: one to see whether the API believes it, and those that the
//! fallback URL is asked with.
//!
//! The first one's body names the account and nothing else. A webhook that is believed is then answered 400,
//! for it says of no call; nothing is written.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use phone::AccountSid;
use signature::{AuthToken, Body, HEADER, sign};

/// As long as Twilio waits.
const PATIENCE: Duration = Duration::from_secs(15);

/// TwiML is never longer. Source: Twilio's error 11750.
const TWIML_LIMIT: usize = 64 * 1024;

/// The answer's status, and its time.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) date: Option<Timestamp>,
}

/// Sends the webhook. `aws` is where all of AWS is, if that is not AWS.
///
/// # Errors
/// Why there was no answer.
pub(crate) async fn webhook(
    url: &str,
    account: &AccountSid,
    token: &AuthToken,
    aws: Option<&str>,
) -> Result<Answered, String> {
    // As Twilio does: the fragment is for itself.
    let url = url.split('#').next().unwrap_or_default();
    let body = format!("AccountSid={account}");
    let signature = sign(token, url, Body::Form(body.as_bytes()));
    Ok(post(url, body, Some(&signature), aws).await?.0)
}

/// What the fallback URL answers, at most so much of it as TwiML may be long.
///
/// # Errors
/// Why there was no answer, or what else it was than TwiML.
pub(crate) async fn fallback(url: &str, form: &str, aws: Option<&str>) -> Result<String, String> {
    let url = url.split('#').next().unwrap_or_default();
    match post(url, form.to_owned(), None, aws).await? {
        (Answered { status: 200, .. }, document) => Ok(document),
        (Answered { status, .. }, _) => Err(format!("it answers {status}")),
    }
}

async fn post(
    url: &str,
    form: String,
    signature: Option<&str>,
    aws: Option<&str>,
) -> Result<(Answered, String), String> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let connector =
        HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let (destination, host) = place(url, aws)?;
    let mut request = http::Request::post(destination)
        .header("host", host)
        .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
        .header("user-agent", "aftertone-doctor");
    if let Some(signature) = signature {
        request = request.header(HEADER, signature);
    }
    let request =
        request.body(Full::new(Bytes::from(form))).map_err(|error| format!("{url} is no URL: {error}"))?;
    let answer = async {
        let response = client.request(request).await.map_err(|error| crate::failures::chain(&error))?;
        let date = response.headers().get("date").and_then(|date| date.to_str().ok());
        let answered = Answered { status: response.status().as_u16(), date: date.and_then(http_date) };
        let body = Limited::new(response.into_body(), TWIML_LIMIT).collect().await;
        let body = body.map_err(|error| crate::failures::chain(&*error))?.to_bytes();
        Ok((answered, String::from_utf8_lossy(&body).into_owned()))
    };
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
}

/// Where to send a request for `url`, and the host to name there: an emulator of AWS answers for
/// AWS's own names.
fn place(url: &str, aws: Option<&str>) -> Result<(String, String), String> {
    let uri: http::Uri = url.parse().map_err(|error| format!("{url} is no URL: {error}"))?;
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Ok(match aws {
        Some(aws) if host.ends_with(".amazonaws.com") => {
            (format!("{}{path}", aws.trim_end_matches('/')), host)
        }
        _ => (url.to_owned(), host),
    })
}

/// `Sat, 21 Nov 2026 04:41:23 GMT`
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulated_aws_answers_for_awss_names_only() {
        let (api, own) =
            ("https://a1.execute-api.us-east-1.amazonaws.com/webhook/status", "https://b.example/c");
        let here = |url: &str, host: &str| Ok((url.to_owned(), host.to_owned()));
        assert_eq!(place(api, None), here(api, "a1.execute-api.us-east-1.amazonaws.com"));
        let there = here("http://127.0.0.1:1/webhook/status", "a1.execute-api.us-east-1.amazonaws.com");
        assert_eq!(place(api, Some("http://127.0.0.1:1/")), there);
        assert_eq!(place(own, Some("http://127.0.0.1:1")), here(own, "b.example"));
    }

    #[test]
    fn an_http_date_is_read() {
        let read = http_date("Sat, 21 Nov 2026 04:41:23 GMT").unwrap();
        assert_eq!(read.to_string(), "2026-11-21T04:41:23Z");
        assert_eq!(http_date("yesterday"), None);
    }
}

//! A webhook as Twilio would send it, to see whether the API believes it.
//!
//! Its body names the account and nothing else. A webhook that is believed is then answered 400,
//! for it says of no call; nothing is written.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use phone::AccountSid;
use signature::{AuthToken, Body, HEADER, sign};

/// As long as Twilio waits.
const PATIENCE: Duration = Duration::from_secs(15);

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
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let connector =
        HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let body = format!("AccountSid={account}");
    let (destination, host) = place(url, aws)?;
    let request = http::Request::post(destination)
        .header("host", host)
        .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
        .header("user-agent", "aftertone-doctor")
        .header(HEADER, sign(token, url, Body::Form(body.as_bytes())))
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| format!("{url} is no URL: {error}"))?;
    let answer = tokio::time::timeout(PATIENCE, client.request(request)).await;
    let response = answer
        .map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))?
        .map_err(|error| crate::show::chain(&error))?;
    let date = response.headers().get("date").and_then(|date| date.to_str().ok());
    Ok(Answered { status: response.status().as_u16(), date: date.and_then(http_date) })
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

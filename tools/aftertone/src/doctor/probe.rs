//! Webhooks as Twilio would send them: one to see whether the API believes it, and those that the
//! fallback URL is asked with.
//!
//! The first one's body names the account and nothing else. A webhook that is believed is then answered 400,
//! for it says of no call; nothing is written.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use jiff::Timestamp;
use phone::AccountSid;
use signature::{AuthToken, Body, HEADER, sign};

use crate::requests::{client, place};

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
    let client = client();
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

/// `Sat, 21 Nov 2026 04:41:23 GMT`
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_date_is_read() {
        let read = http_date("Sat, 21 Nov 2026 04:41:23 GMT").unwrap();
        assert_eq!(read.to_string(), "2026-11-21T04:41:23Z");
        assert_eq!(http_date("yesterday"), None);
    }
}

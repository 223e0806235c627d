//! Puts a webhook on the wire as Twilio does: signed, within its time, with redirects.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use signature::{AuthToken, Body};

use crate::overrides::Overrides;
use crate::url;
use crate::webhooks::{Attempt, Method, SentWebhook, WebhookAnswer, WebhookFailure};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 10;

/// More than any answer that could still be right; TwiML itself ends at 64 kB.
const MAX_ANSWER: usize = 8 << 20;

const FORM: &str = "application/x-www-form-urlencoded";

/// One request and all that belongs to it.
struct Shot {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// The URL, headers and body that Twilio would send first.
pub(crate) struct Prepared {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) connection: Overrides,
}

/// Prepares and signs a webhook. `url` may carry credentials and a fragment.
pub(crate) fn prepare(
    token: &AuthToken,
    method: Method,
    url: &str,
    params: &[(String, String)],
    idempotency_token: &str,
) -> Prepared {
    let (url, connection) = Overrides::split(url);
    let (url, body) = match method {
        Method::Get => (url::with_query(url, params), String::new()),
        Method::Post => (url.to_owned(), url::form(params)),
    };
    let headers = headers(token, method, &url, &body, idempotency_token);
    Prepared { url, headers, body, connection }
}

fn headers(
    token: &AuthToken,
    method: Method,
    url: &str,
    body: &str,
    idempotency_token: &str,
) -> Vec<(String, String)> {
    let signed_body = match method {
        Method::Get => Body::Empty,
        Method::Post => Body::Form(body.as_bytes()),
    };
    let mut headers = vec![
        (signature::HEADER, signature::sign(token, &url::signed(url), signed_body)),
        ("i-twilio-idempotency-token", idempotency_token.to_owned()),
        ("user-agent", "TwilioProxy/1.1".to_owned()),
        ("accept", "*/*".to_owned()),
    ];
    if method == Method::Post {
        headers.push(("content-type", format!("{FORM}; charset=UTF-8")));
    }
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What all webhooks of an exchange have in common on the wire.
#[derive(Clone, Copy)]
pub(crate) struct Wire {
    /// Where everything is sent instead of the host that a URL names.
    pub(crate) via: Option<SocketAddr>,
}

/// Why a request got no answer, and whether that counts as `ct` or `rt`.
pub(crate) struct NoAnswer {
    pub(crate) failure: WebhookFailure,
    connecting: bool,
}

impl NoAnswer {
    /// Nothing came in this time.
    pub(crate) fn within(limit: Duration) -> Self {
        Self { failure: WebhookFailure::new(11200, format!("no answer within {limit:?}")), connecting: false }
    }
}

/// What a try came to.
pub(crate) type Try = Result<WebhookAnswer, NoAnswer>;

/// Whether the URL asks for another try after this one.
pub(crate) fn wants_another(limits: Overrides, tried: &Try) -> bool {
    match tried {
        Ok(answer) => limits.retry_on.wants_status(answer.status),
        Err(no_answer) if no_answer.connecting => limits.retry_on.connect,
        Err(_) => limits.retry_on.read,
    }
}

/// Tries a prepared webhook once, for so much of the real time, and follows redirects; each request is
/// noted in `attempts`.
pub(crate) async fn try_once(
    token: &AuthToken,
    wire: Wire,
    limit: Duration,
    webhook: &SentWebhook,
    attempts: &mut Vec<Attempt>,
) -> Try {
    let requests = following_redirects(token, wire, webhook, attempts);
    let tried = tokio::time::timeout(limit, requests).await;
    tried.unwrap_or_else(|_| {
        let no_answer = NoAnswer::within(limit);
        attempts.push(Attempt { url: webhook.url.clone(), result: Err(no_answer.failure.clone()) });
        Err(no_answer)
    })
}

async fn following_redirects(
    token: &AuthToken,
    wire: Wire,
    webhook: &SentWebhook,
    attempts: &mut Vec<Attempt>,
) -> Result<WebhookAnswer, NoAnswer> {
    let mut shot = Shot {
        method: webhook.method,
        url: webhook.url.clone(),
        headers: webhook.headers.clone(),
        body: webhook.body.clone(),
    };
    let idempotency_token = webhook.header("i-twilio-idempotency-token").unwrap_or_default();
    for _ in 0..=MAX_REDIRECTS {
        let result = one_request(webhook.connection, wire, &shot).await;
        attempts.push(Attempt {
            url: shot.url.clone(),
            result: result
                .as_ref()
                .map(|(answer, _)| answer.status)
                .map_err(|no_answer| no_answer.failure.clone()),
        });
        let (answer, location) = result?;
        let Some(location) = location.filter(|_| matches!(answer.status, 301 | 302 | 303 | 307 | 308)) else {
            return Ok(answer);
        };
        let target = url::resolve(&shot.url, &location);
        Overrides::split(&target).0.clone_into(&mut shot.url);
        if matches!(answer.status, 301..=303) {
            // The parameters are lost with the form.
            shot.method = Method::Get;
            shot.body.clear();
        }
        shot.headers = headers(token, shot.method, &shot.url, &shot.body, idempotency_token);
    }
    Err(NoAnswer {
        failure: WebhookFailure::new(11215, format!("more than {MAX_REDIRECTS} redirects")),
        connecting: false,
    })
}

async fn one_request(
    limits: Overrides,
    wire: Wire,
    shot: &Shot,
) -> Result<(WebhookAnswer, Option<String>), NoAnswer> {
    let target = url::Target::of(&shot.url);
    let first = exchange_bytes(limits, wire, shot, &target.url, None).await?;
    match (first.0.status, target.authorization) {
        // Credentials are only shown to a server that asks for them.
        (401, Some(authorization)) => {
            exchange_bytes(limits, wire, shot, &target.url, Some(&authorization)).await
        }
        _ => Ok(first),
    }
}

async fn exchange_bytes(
    limits: Overrides,
    wire: Wire,
    shot: &Shot,
    target: &str,
    authorization: Option<&str>,
) -> Result<(WebhookAnswer, Option<String>), NoAnswer> {
    let bad_url = |error: http::Error| NoAnswer {
        failure: WebhookFailure::new(11100, format!("{target} is no URL to request: {error}")),
        connecting: false,
    };
    if !target.starts_with("http://") && !target.starts_with("https://") {
        return Err(NoAnswer {
            failure: WebhookFailure::new(11100, format!("{target:?} is no http or https URL")),
            connecting: false,
        });
    }
    let address = wire.via.and_then(|via| url::through(target, via));
    let mut request = match &address {
        Some((address, host)) => Request::builder().uri(address).header(header::HOST, *host),
        None => Request::builder().uri(target),
    };
    request = request.method(match shot.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    });
    for (name, value) in &shot.headers {
        request = request.header(name, value);
    }
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let request = request.body(Full::new(Bytes::from(shot.body.clone()))).map_err(bad_url)?;

    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limits.connect));
    // To have TLS ready takes more work than the rest of a request in the clear.
    if !target.starts_with("https://") || wire.via.is_some() {
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(tcp);
        return answered(client.request(request).await, shot).await;
    }
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    // Each request has its own connection: a server that was restarted in between is met afresh.
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
    answered(client.request(request).await, shot).await
}

/// What a server answers, to its end.
async fn answered(
    response: Result<http::Response<hyper::body::Incoming>, hyper_util::client::legacy::Error>,
    shot: &Shot,
) -> Result<(WebhookAnswer, Option<String>), NoAnswer> {
    let response = response.map_err(|error| {
        let connecting = error.is_connect();
        NoAnswer {
            failure: WebhookFailure::new(if connecting { 11205 } else { 11206 }, with_causes(&error)),
            connecting,
        }
    })?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MAX_ANSWER)
        .collect()
        .await
        .map_err(|error| {
            let code = if error.is::<LengthLimitError>() { 11750 } else { 11206 };
            NoAnswer { failure: WebhookFailure::new(code, with_causes(&*error)), connecting: false }
        })?
        .to_bytes();
    let cookies = head
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let text_of = |name| {
        let value: &http::HeaderValue = head.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let content_type = text_of(header::CONTENT_TYPE);
    let answer = WebhookAnswer::new(head.status.as_u16(), content_type, (&shot.url, body), cookies);
    Ok((answer, text_of(header::LOCATION)))
}

fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

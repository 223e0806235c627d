//! What a program is told.

use domain::Once;
use lambda_http::aws_lambda_events::encodings::Body;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use live::{Code, Problem};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Response;

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// What problems are named by: an identifier, and no address.
const TYPE: &str = "urn:aftertone:problem:";

/// When to come again, where nothing says it better.
const SOON_SECONDS: u64 = 2;

/// Status, JSON and headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    body: String,
    headers: HeaderMap,
    outcome: &'static str,
}

impl Reply {
    /// What was asked for.
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        // Data of our own: there is nothing in it that JSON can't hold.
        Self::of(status, JSON, serde_json::to_string(value).unwrap_or_default(), "done")
    }

    /// What was asked for, where that is written already.
    pub fn written(status: u16, json: &str) -> Self {
        Self::of(status, JSON, json.to_owned(), "done")
    }

    /// That it was not done, and why, as RFC 9457 writes it.
    pub fn problem(problem: &Problem) -> Self {
        let code = problem.code;
        let mut value = json!({
            "type": format!("{TYPE}{}", code.name()),
            "title": title(code),
            "status": code.status(),
            "detail": problem.cause,
            "code": code.name(),
            "cause": problem.cause,
            "cure": code.cure(),
            "retryable": code.is_retryable(),
        });
        if let Some(action) = problem.blocking_action {
            value["blocking_action"] = Value::String(action.to_string());
        }
        if let Some(provider_code) = problem.provider_code {
            value["provider"] = json!({ "code": provider_code });
        }
        let reply = Self::of(code.status(), PROBLEM, value.to_string(), code.name());
        match code {
            Code::Unauthorized => reply.with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Code::MethodNotAllowed => reply.with(ALLOW, HeaderValue::from_static("GET, POST, DELETE")),
            Code::Unavailable | Code::RateLimited => reply.retry_after(SOON_SECONDS),
            _ => reply,
        }
    }

    /// What was answered before.
    pub(crate) fn replayed(once: &Once) -> Self {
        Self { outcome: "replayed", ..Self::kept(once) }
            .with(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"))
    }

    /// What is kept for when it comes again, as it is answered now.
    pub fn kept(once: &Once) -> Self {
        let content_type = if once.status < 400 { JSON } else { PROBLEM };
        Self::of(once.status, content_type, once.body.clone(), "done")
    }

    fn of(status: u16, content_type: &'static str, body: String, outcome: &'static str) -> Self {
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(content_type)),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
        ];
        Self { status, body, headers: HeaderMap::from_iter(headers), outcome }
    }

    /// The same, with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same, that says in how many seconds to come again.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Its JSON.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// What came of it, for the log: `done`, `replayed`, or the problem's code.
    pub fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// As API Gateway takes it.
    pub fn into_response(self) -> Response {
        let mut response = Response::default();
        response.status_code = self.status.into();
        response.headers = self.headers;
        response.body = Some(Body::Text(self.body));
        response
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        Self::problem(&problem)
    }
}

/// `call_not_found` as people read it.
fn title(code: Code) -> String {
    let words = code.name().replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

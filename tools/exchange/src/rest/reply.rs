//! The shape of an answer, and the errors of the REST API.

use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

pub(super) enum Content {
    Empty,
    Json(Value),
    Html(String),
    Wav(Bytes),
}

impl Content {
    pub(super) fn into_parts(self) -> (Option<&'static str>, Bytes) {
        match self {
            Self::Empty => (None, Bytes::new()),
            Self::Json(value) => (Some("application/json; charset=utf-8"), value.to_string().into()),
            Self::Html(page) => (Some("text/html; charset=utf-8"), page.into()),
            Self::Wav(wav) => (Some("audio/x-wav"), wav),
        }
    }
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) content: Content,
}

impl Reply {
    pub(super) fn new(status: StatusCode, content: Content) -> Self {
        Self { status, headers: Vec::new(), content }
    }

    pub(super) fn error(status: StatusCode, code: u32, message: &str) -> Self {
        Self::new(
            status,
            Content::Json(json!({
                "code": code,
                "message": message,
                "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
                "status": status.as_u16(),
            })),
        )
    }

    pub(super) fn not_found() -> Self {
        Self::error(StatusCode::NOT_FOUND, 20404, "The requested resource was not found")
    }

    /// As Twilio names it.
    pub(super) fn not_found_at(path: &str) -> Self {
        Self::error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource {path} was not found"))
    }

    pub(super) fn not_allowed() -> Self {
        Self::error(StatusCode::METHOD_NOT_ALLOWED, 20004, "Method not allowed")
    }

    pub(super) fn too_many(retry_after: Option<u64>) -> Self {
        let mut reply = Self::error(StatusCode::TOO_MANY_REQUESTS, 20429, "Too Many Requests");
        if let Some(seconds) = retry_after {
            reply.headers.push((RETRY_AFTER, seconds.to_string()));
        }
        reply
    }

    pub(super) fn unauthorized() -> Self {
        let mut reply = Self::error(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
        reply.headers.push((WWW_AUTHENTICATE, "Basic realm=\"Twilio API\"".into()));
        reply
    }
}

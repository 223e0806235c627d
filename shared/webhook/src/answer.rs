//! What goes back to Twilio.

use lambda_http::aws_lambda_events::encodings::Body;
use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use lambda_http::http::{HeaderMap, StatusCode};
use runtime::Failure;
use twiml::{messaging, voice};

use crate::Response;

/// What a webhook answers: one kind for each, so that a report can't be answered with a document.
pub trait Answer: Send + Sync {
    /// As API Gateway takes it.
    ///
    /// # Errors
    /// When Twilio would not take it: a document that is too large, say.
    fn respond(&self) -> Result<Response, Failure>;
}

/// How the call goes on.
impl Answer for voice::Response {
    fn respond(&self) -> Result<Response, Failure> {
        Ok(xml(self.to_xml()?))
    }
}

/// What is answered to a message.
impl Answer for messaging::Response {
    fn respond(&self) -> Result<Response, Failure> {
        Ok(xml(self.to_xml()?))
    }
}

/// Plain data.
impl Answer for serde_json::Value {
    fn respond(&self) -> Result<Response, Failure> {
        Ok(with_text(StatusCode::OK, "application/json", self.to_string()))
    }
}

/// Thanks for telling: 204.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoContent;

impl Answer for NoContent {
    fn respond(&self) -> Result<Response, Failure> {
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

/// Of a webhook that steers a call at one time and only reports at another.
impl<A: Answer> Answer for Option<A> {
    fn respond(&self) -> Result<Response, Failure> {
        self.as_ref().map_or_else(|| NoContent.respond(), Answer::respond)
    }
}

pub(crate) fn empty(status: StatusCode) -> Response {
    response(status, HeaderMap::new(), None)
}

pub(crate) fn text(status: StatusCode, text: String) -> Response {
    with_text(status, "text/plain; charset=utf-8", text)
}

/// A sound, which may be kept for a day.
pub(crate) fn constant(content_type: &'static str, bytes: &'static [u8]) -> Response {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
    ];
    let mut response =
        response(StatusCode::OK, HeaderMap::from_iter(headers), Some(Body::Binary(bytes.to_vec())));
    response.is_base64_encoded = true;
    response
}

fn xml(document: String) -> Response {
    with_text(StatusCode::OK, "text/xml; charset=utf-8", document)
}

fn with_text(status: StatusCode, content_type: &'static str, text: String) -> Response {
    let security: [(HeaderName, HeaderValue); 2] = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    ];
    response(status, HeaderMap::from_iter(security), Some(Body::Text(text)))
}

fn response(status: StatusCode, headers: HeaderMap, body: Option<Body>) -> Response {
    let mut response = Response::default();
    response.status_code = i64::from(status.as_u16());
    response.headers = headers;
    response.body = body;
    response
}

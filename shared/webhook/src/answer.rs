//! What goes back.

use lambda_http::aws_lambda_events::encodings::Body;
use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
};
use lambda_http::http::{HeaderMap, StatusCode};
use twiml::voice;

use crate::Response;

/// What Twilio gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// How the call goes on.
    Twiml(voice::Response),
    /// Thanks for telling: 204.
    NoContent,
}

/// A page for a person.
pub fn html(status: StatusCode, page: String) -> Response {
    let mut response = with_text(status, "text/html; charset=utf-8", page);
    response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Sends a person elsewhere, once: neither the way nor the place may be kept by anything between.
///
/// Where `url` can't stand in a header, the answer is 500.
pub fn redirect(url: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(url) else {
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = empty(StatusCode::FOUND);
    response.headers.insert(LOCATION, location);
    response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

pub(crate) fn empty(status: StatusCode) -> Response {
    response(status, HeaderMap::new(), None)
}

pub(crate) fn text(status: StatusCode, text: String) -> Response {
    with_text(status, "text/plain; charset=utf-8", text)
}

pub(crate) fn xml(document: String) -> Response {
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

//! The description of the API for machines, in `OpenAPI` 3.1: a file, which a test keeps as the types are.

use api::{Event, Reply};
use lambda_http::http::header::CACHE_CONTROL;
use lambda_http::http::{HeaderValue, Method};

#[cfg(feature = "schema")]
mod schemas;
#[cfg(feature = "schema")]
mod written;

#[cfg(feature = "schema")]
pub use written::openapi;

/// What `openapi` writes.
const DOCUMENT: &str = include_str!("../openapi.json");

/// Where it is. Who asks for it needs no key.
const PATH: &str = "/v1/openapi.json";

pub(crate) fn is_asked_for(event: &Event) -> bool {
    event.request_context.http.method == Method::GET && event.raw_path.as_deref() == Some(PATH)
}

pub(crate) fn reply() -> Reply {
    Reply::written(200, DOCUMENT).with(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))
}

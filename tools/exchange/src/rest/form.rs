//! What a request says in its form or query.

use std::time::Duration;

use http::StatusCode;

use super::reply::Reply;
use crate::document::RecordingCallback;
use crate::webhooks::Method;

/// Parameters, in the order sent.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn of(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// A parameter that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// A parameter that is there, empty or not.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// A parameter that may be there several times.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim()).collect()
    }

    /// Twilio takes whatever is not `true` for no.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }

    /// A method: GET if it says so, and POST if it says anything else; the default if it says nothing.
    pub(super) fn method(&self, name: &str, default: Method) -> Method {
        match self.get(name) {
            Some(method) if method.eq_ignore_ascii_case("GET") => Method::Get,
            Some(_) => Method::Post,
            None => default,
        }
    }

    /// Where a recording is told, by the names of its URL, its method and its events.
    pub(super) fn recording_callback(
        &self,
        [url, method, events]: [&str; 3],
        separators: &[char],
    ) -> Result<Option<RecordingCallback>, Reply> {
        let events = self.all(events);
        let wants = |name: &str| events.iter().any(|event| event.split(separators).any(|word| word == name));
        Ok(self.url(url, 21609)?.map(|url| RecordingCallback {
            url,
            method: self.method(method, Method::Post),
            in_progress: wants("in-progress"),
            completed: events.is_empty() || wants("completed"),
            absent: wants("absent"),
        }))
    }

    /// A number within bounds.
    pub(super) fn number(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, Reply> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.parse() {
            Ok(number) if bounds.contains(&number) => Ok(Some(number)),
            _ => Err(bad(20001, &format!("Invalid parameter {name}: {value}"))),
        }
    }

    pub(super) fn seconds(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<Duration>, Reply> {
        Ok(self.number(name, bounds)?.map(Duration::from_secs))
    }

    /// The URL of a callback or document.
    pub(super) fn url(&self, name: &str, code: u32) -> Result<Option<String>, Reply> {
        match self.get(name) {
            Some(url) if !crate::url::is_absolute(url) => {
                Err(bad(code, &format!("{name} is not a valid URL: {url}")))
            }
            url => Ok(url.map(str::to_owned)),
        }
    }
}

/// 400 with Twilio's code.
pub(super) fn bad(code: u32, message: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, code, message)
}

//! What somebody wants who may come in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use domain::{ApiKey, Country, KeyNumbers, Once, OnceId, Scope};
use jiff::Timestamp;
use live::{Code, Problem};
use phone::PhoneNumber;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::Reply;
use crate::country::country_of;

/// The header that makes a request that comes again known.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A request of somebody who has a key.
#[derive(Clone)]
pub struct Request {
    /// In what way it asks.
    pub method: Method,
    /// What follows `/v1` in its address, part by part.
    pub segments: Vec<String>,
    /// What its address names.
    pub query: BTreeMap<String, String>,
    /// Whose it is.
    pub key: Arc<ApiKey>,
    /// What it is known by if it comes again, as it was sent.
    pub idempotency_key: Option<String>,
    /// What it says.
    pub body: Vec<u8>,
    /// SHA-256 of all that it asks for.
    pub digest: [u8; 32],
    /// When it came.
    pub now: Timestamp,
}

/// In what way something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// To know something.
    Get,
    /// For something to be done.
    Post,
    /// For something to end.
    Delete,
}

impl Method {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "GET" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// Each part with its length, so that no two requests have the same.
pub(crate) fn digest(method: Method, path: &str, query: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.name().as_bytes(), path.as_bytes(), query.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl Request {
    /// # Errors
    /// [`Code::Forbidden`] if the key may not do that.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.key.may(scope) {
            return Ok(());
        }
        let cause = format!("the key {} has not the scope `{}`", self.key.name, scope.name());
        Err(Problem::new(Code::Forbidden, cause))
    }

    /// # Errors
    /// [`Code::Forbidden`] if the key may not call that telephone from this number of ours.
    pub fn may_call(&self, from: &PhoneNumber, to: &PhoneNumber) -> Result<(), Problem> {
        let forbidden = |cause: String| Err(Problem::new(Code::Forbidden, cause));
        let key = &self.key;
        if !key.may_use(from) {
            return forbidden(format!("the key {} is not for this number", key.name));
        }
        let country = country_of(to);
        let is_in = |country: Country| match (&key.countries, &key.numbers) {
            (Some(countries), _) => countries.contains(&country),
            (None, KeyNumbers::Only(numbers)) => {
                numbers.iter().any(|number| country_of(number) == Some(country))
            }
            (None, KeyNumbers::All) => country_of(from) == Some(country),
        };
        match country {
            Some(country) if is_in(country) => Ok(()),
            Some(country) => forbidden(format!("the key {} may not call to {country}", key.name)),
            None => forbidden("no key may call a number that is no country's".to_owned()),
        }
    }

    /// By what it is known if it comes again.
    ///
    /// # Errors
    /// [`Code::IdempotencyKeyMissing`] if nothing tells it from another.
    pub fn require_idempotency_key(&self) -> Result<OnceId, Problem> {
        let sent = self.idempotency_key.as_deref().filter(|sent| {
            (1..=255).contains(&sent.len()) && sent.bytes().all(|byte| byte.is_ascii_graphic())
        });
        let sent = sent.ok_or_else(|| {
            let cause = "there is no header Idempotency-Key of 1 to 255 visible ASCII characters";
            Problem::new(Code::IdempotencyKeyMissing, cause)
        })?;
        Ok(OnceId { api_key: self.key.id.clone(), hash: Sha256::digest(sent).into() })
    }

    /// What it is answered that came before: the same again, or, if another request came under this Idempotency-Key,
    /// that this can't be.
    pub fn answered(&self, before: &Once) -> Reply {
        if before.digest == self.digest {
            return Reply::replayed(before);
        }
        let cause = "this Idempotency-Key came with another request";
        Reply::problem(&Problem::new(Code::IdempotencyKeyReused, cause))
    }

    /// What is kept, for when it comes again.
    pub fn once(&self, id: OnceId, reply: &Reply) -> Once {
        Once { id, digest: self.digest, status: reply.status(), body: reply.body().to_owned() }
    }

    /// What the body says.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`], which names the place that is wrong.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.body.is_empty() {
            return Err(Problem::new(Code::InvalidRequest, "there is no body"));
        }
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let why = error.inner();
            let cause = if path == "." { format!("the body: {why}") } else { format!("`{path}`: {why}") };
            Problem::new(Code::InvalidRequest, cause)
        })?;
        json.end().map_err(|why| Problem::new(Code::InvalidRequest, format!("the body: {why}")))?;
        Ok(read)
    }
}

/// Without what it says, which has numbers.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segments = &self.segments.len();
        let mut shown = f.debug_struct("Request");
        shown.field("method", &self.method).field("segments", segments).field("key", &self.key.id);
        shown.field("body", &self.body.len()).finish_non_exhaustive()
    }
}

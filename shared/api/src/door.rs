//! Who gets in.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::ApiKey;
use lambda_http::http::header::{AUTHORIZATION, CONTENT_TYPE};
use live::{Code, Problem};
use percent_encoding::percent_decode_str;
use runtime::Clock;
use store::Store;

use crate::bearer::KeyText;
use crate::keys::{Keys, Unavailable};
use crate::request::{IDEMPOTENCY_KEY, Method, Request, digest};
use crate::{Event, Reply};

/// More than any command has, and less than what hurts.
const BODY_LIMIT: usize = 64 * 1024;

/// More than any address of ours has.
const PATH_LIMIT: usize = 1024;

/// What every address begins with.
const BASE: &str = "/v1";

/// Lets in whoever has a key of ours, and nobody else.
#[derive(Debug)]
pub struct Door {
    keys: Keys,
    clock: Clock,
}

impl Door {
    /// For whoever has a key in this store.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { keys: Keys::of(store), clock }
    }

    #[cfg(test)]
    pub(crate) fn with_keys(keys: Keys, clock: Clock) -> Self {
        Self { keys, clock }
    }

    /// Reads a request, and proves whose it is.
    ///
    /// # Errors
    /// The [`Reply`] to who does not get in.
    pub async fn admit(&self, event: &Event) -> Result<Request, Reply> {
        let method = method(event)?;
        let path = event.raw_path.as_deref().unwrap_or_default();
        let segments =
            segments(path).ok_or_else(|| Problem::new(Code::NotFound, "nothing is at this address"))?;
        let body = body(event)?;
        let key = self.key(event).await?;
        let raw_query = event.raw_query_string.as_deref().unwrap_or_default();
        let query = query(raw_query)?;
        Ok(Request {
            digest: digest(method, path, raw_query, &body),
            method,
            segments,
            query,
            key,
            idempotency_key: header(event, IDEMPOTENCY_KEY).map(str::to_owned),
            body,
            now: self.clock.now(),
        })
    }

    async fn key(&self, event: &Event) -> Result<Arc<ApiKey>, Reply> {
        let stranger = |cause: &str| Reply::problem(&Problem::new(Code::Unauthorized, cause));
        let sent = header(event, AUTHORIZATION.as_str()).ok_or_else(|| stranger("there is no key"))?;
        let text = sent.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let text = text.and_then(|(_, text)| KeyText::parse(text.trim_matches(' ')));
        // Whether there is such a key is nothing that a stranger is told.
        let unknown = || stranger("this is no key that opens");
        let text = text.ok_or_else(unknown)?;
        match self.keys.proved(&text, &self.clock).await {
            Ok(key) => key.ok_or_else(unknown),
            Err(Unavailable) => {
                Err(Reply::problem(&Problem::new(Code::Unavailable, "keys can't be looked up now")))
            }
        }
    }
}

fn method(event: &Event) -> Result<Method, Problem> {
    Method::named(event.request_context.http.method.as_str())
        .ok_or_else(|| Problem::new(Code::MethodNotAllowed, "nothing can be asked with this method"))
}

/// What follows `/v1` in an address.
fn segments(path: &str) -> Option<Vec<String>> {
    let below = path.strip_prefix(BASE).filter(|_| path.len() <= PATH_LIMIT)?;
    let below = match below {
        "" | "/" => return Some(Vec::new()),
        below => below.strip_prefix('/')?,
    };
    let segment = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8().ok()?;
        (!decoded.is_empty()).then(|| decoded.into_owned())
    };
    below.split('/').map(segment).collect()
}

/// The raw body, as it came over the wire.
fn body(event: &Event) -> Result<Vec<u8>, Problem> {
    let text = event.body.as_deref().unwrap_or_default();
    let too_large = || Problem::new(Code::TooLarge, format!("the body has more than {BODY_LIMIT} bytes"));
    if text.len() > BODY_LIMIT * 4 / 3 + 4 {
        return Err(too_large());
    }
    let body = if event.is_base64_encoded {
        let decoded = STANDARD.decode(text);
        decoded.map_err(|_| Problem::new(Code::InvalidRequest, "the body can't be decoded"))?
    } else {
        text.as_bytes().to_vec()
    };
    if body.len() > BODY_LIMIT {
        return Err(too_large());
    }
    if !body.is_empty() && !is_json(event) {
        return Err(Problem::new(Code::UnsupportedMediaType, "the body is not said to be JSON"));
    }
    Ok(body)
}

fn is_json(event: &Event) -> bool {
    header(event, CONTENT_TYPE.as_str())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

fn query(raw: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut query = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
        if query.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(Problem::new(Code::InvalidRequest, format!("the query names `{name}` twice")));
        }
    }
    Ok(query)
}

fn header<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    // What is no text is nothing that could be right: it is not there.
    event.headers.get(name)?.to_str().ok()
}

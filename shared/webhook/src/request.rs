//! An API Gateway event, read as what Twilio sent.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambda_http::http::header::CONTENT_TYPE;

use crate::Event;

/// More than any webhook has, and less than what hurts.
const BODY_LIMIT: usize = 64 * 1024;

/// The body is over the limit, in bytes.
pub(crate) struct TooLarge;

/// The URL that Twilio was told to request: what the signature covers.
///
/// `base_url` is needed where API Gateway is not what Twilio calls: behind a proxy, or where the
/// URL has credentials.
pub(crate) fn public_url(event: &Event, base_url: Option<&str>) -> String {
    let path = event.raw_path.as_deref().unwrap_or_default();
    let mut url = match base_url {
        Some(base_url) => format!("{}{path}", base_url.trim_end_matches('/')),
        None => format!("https://{}{path}", event.request_context.domain_name.as_deref().unwrap_or_default()),
    };
    if let Some(query) = event.raw_query_string.as_deref().filter(|query| !query.is_empty()) {
        url.push('?');
        url.push_str(query);
    }
    url
}

/// Where a webhook was called.
pub(crate) struct Address {
    /// What the addresses of all webhooks begin with.
    pub(crate) base_url: String,
    /// What follows the webhook's name.
    pub(crate) step: Option<String>,
    /// How the call goes on, as an answer of ours has told Twilio.
    pub(crate) state: Option<String>,
}

/// Reads the address of the webhook of that name; none if it has no such step.
pub(crate) fn address(public_url: &str, name: &str, steps: &[&str]) -> Option<Address> {
    let (path, query) = public_url.split_once('?').unwrap_or((public_url, ""));
    let query = query.split('#').next().unwrap_or_default();
    let state = query.split('&').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (name == callflow::STATE && !value.is_empty()).then(|| value.to_owned())
    });
    let base_of = |path: &str| Some(path.strip_suffix(name)?.strip_suffix('/')?.to_owned());
    if let Some(base_url) = base_of(path) {
        return Some(Address { base_url, step: None, state });
    }
    let (path, step) = path.rsplit_once('/')?;
    let step = steps.iter().find(|known| **known == step)?;
    Some(Address { base_url: base_of(path)?, step: Some((*step).to_owned()), state })
}

/// The raw body, as it came over the wire.
pub(crate) fn body(event: &Event) -> Result<Vec<u8>, TooLarge> {
    let text = event.body.as_deref().unwrap_or_default();
    if text.len() > BODY_LIMIT * 4 / 3 + 4 {
        return Err(TooLarge);
    }
    let body = if event.is_base64_encoded {
        // What can't be decoded was never signed: it is refused with the signature.
        STANDARD.decode(text).unwrap_or_default()
    } else {
        text.as_bytes().to_vec()
    };
    if body.len() > BODY_LIMIT { Err(TooLarge) } else { Ok(body) }
}

pub(crate) fn is_form(event: &Event) -> bool {
    header(event, CONTENT_TYPE.as_str())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

pub(crate) fn header<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    event.headers.get(name)?.to_str().ok()
}

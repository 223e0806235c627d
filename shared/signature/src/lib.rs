//! `X-Twilio-Signature`: proof that a request comes from Twilio, and for us.
//!
//! Twilio signs the exact URL that it was told to request and every form parameter of the body
//! with the account's auth token (HMAC-SHA1, base64). What varies in the wild, and is accepted
//! here as Twilio's own libraries accept it:
//!
//! - the default port may or may not be part of the signed URL,
//! - the URL's credentials may or may not be part of it,
//! - a parameter may come several times: its values are sorted and each counts once,
//! - a body that is no form is covered by its SHA-256 in the query (`bodySHA256`).
//!
//! The URL is never parsed and put together again: percent-escapes count as they were sent.
//!
//! ```
//! use signature::{sign, verify, AuthToken, Body};
//!
//! let url = "https://example.com/webhook/voice";
//! let token = AuthToken::from("12345");
//! let header = sign(&token, url, Body::Form(b"CallSid=CA1&From=%2B14155550100"));
//! assert!(verify(&[token], url, Body::Form(b"CallSid=CA1&From=%2B14155550100"), &header));
//! ```
//!
//! Source: Twilio's "Webhooks security" page, and the validators of its client libraries, whose
//! test vectors are tests here.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

mod url;

use url::SignedUrl;

/// The header that carries the signature, in lower case.
pub const HEADER: &str = "x-twilio-signature";

/// An account's auth token. Twilio signs with the primary one; API keys never sign.
#[derive(Clone)]
pub struct AuthToken(SecretString);

impl AuthToken {
    fn mac(&self) -> Hmac<Sha1> {
        let key = self.0.expose_secret().as_bytes();
        match Hmac::new_from_slice(key) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of any length"),
        }
    }
}

impl From<&str> for AuthToken {
    fn from(token: &str) -> Self {
        Self(SecretString::from(token))
    }
}

impl From<String> for AuthToken {
    fn from(token: String) -> Self {
        Self(SecretString::from(token))
    }
}

impl std::fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthToken(****)")
    }
}

/// What the request carries besides its URL: the raw bytes, as received.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// No body, or one that Twilio does not sign: a GET.
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(&'a [u8]),
    /// Any other type; the URL must carry its `bodySHA256`.
    Other(&'a [u8]),
}

/// The signature that Twilio would send for this request, base64.
///
/// For [`Body::Other`] the URL must carry `bodySHA256` already; [`body_sha256`] computes it.
pub fn sign(token: &AuthToken, url: &str, body: Body<'_>) -> String {
    let parameters = match body {
        Body::Form(bytes) if !url::has_body_hash(url) => signed_parameters(bytes),
        _ => Vec::new(),
    };
    let mut mac = token.mac();
    mac.update(url::without_fragment(url).as_bytes());
    mac.update(&parameters);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The value of `bodySHA256` for a body: lower-case hexadecimal.
pub fn body_sha256(body: &[u8]) -> String {
    use std::fmt::Write as _;

    Sha256::digest(body).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether one of `tokens` signed this request.
///
/// `url` is the public URL with raw path and query, as Twilio was told to request it. Every token
/// and every accepted form of the URL is tried, each compared in constant time, without an early
/// end: how long it takes tells nothing but how many there are.
pub fn verify(tokens: &[AuthToken], url: &str, body: Body<'_>, signature: &str) -> bool {
    let Ok(claimed) = STANDARD.decode(signature) else {
        return false;
    };
    let parameters = match (url::body_hash(url), body) {
        (Some(claimed), Body::Form(bytes) | Body::Other(bytes)) => {
            if !bool::from(body_sha256(bytes).as_bytes().ct_eq(claimed.as_bytes())) {
                return false;
            }
            Vec::new()
        }
        (None, Body::Form(bytes)) => signed_parameters(bytes),
        (None, Body::Other(bytes)) if !bytes.is_empty() => return false,
        (_, Body::Empty) | (None, Body::Other(_)) => Vec::new(),
    };
    let candidates = SignedUrl::split(url).candidates();
    let mut matched = Choice::from(0);
    for token in tokens {
        let keyed = token.mac();
        for candidate in &candidates {
            let mut mac = keyed.clone();
            mac.update(candidate.as_bytes());
            mac.update(&parameters);
            matched |= mac.finalize().into_bytes().as_slice().ct_eq(&claimed);
        }
    }
    matched.into()
}

/// Names and values of a form as Twilio concatenates them: names in byte order, and of one name
/// the distinct values in byte order, each behind the name.
fn signed_parameters(form: &[u8]) -> Vec<u8> {
    let mut parameters: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(form).collect();
    parameters.sort_unstable();
    parameters.dedup();
    let mut text = Vec::with_capacity(form.len());
    for (name, value) in &parameters {
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(value.as_bytes());
    }
    text
}

#[cfg(test)]
mod tests;

//! Parameters of webhooks, as Twilio writes them.

use jiff::Timestamp;

/// A list of webhook parameters.
pub(crate) type Params = Vec<(String, String)>;

/// Adds a parameter.
pub(crate) fn push(params: &mut Params, name: &str, value: impl Into<String>) {
    params.push((name.into(), value.into()));
}

/// A date as Twilio writes it (RFC 2822).
pub(crate) fn rfc2822(instant: Timestamp) -> String {
    instant.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

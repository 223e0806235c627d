//! The forms of one URL that Twilio may have signed. Text in, text out: nothing is decoded.

/// The query parameter that carries the hash of a body that is no form.
const BODY_HASH: &str = "bodySHA256";

/// A URL cut where ports and credentials stand.
pub(crate) struct SignedUrl<'a> {
    /// `https`
    scheme: &'a str,
    /// `user:pass@`, or empty.
    credentials: &'a str,
    /// The host without port; an IPv6 address with its brackets.
    host: &'a str,
    /// `:8443`, or empty.
    port: &'a str,
    /// Path and query, as sent.
    rest: &'a str,
}

impl<'a> SignedUrl<'a> {
    pub(crate) fn split(url: &'a str) -> Self {
        let url = without_fragment(url);
        let (scheme, after_scheme) = url.split_once("://").unwrap_or(("", url));
        let authority_ends = after_scheme.find(['/', '?']).unwrap_or(after_scheme.len());
        let (authority, rest) = after_scheme.split_at(authority_ends);
        let host_starts = authority.rfind('@').map_or(0, |at| at + 1);
        let (credentials, host_and_port) = authority.split_at(host_starts);
        // A colon inside the brackets of an IPv6 address starts no port.
        let port_starts = match (host_and_port.rfind(':'), host_and_port.rfind(']')) {
            (Some(colon), Some(bracket)) if colon < bracket => host_and_port.len(),
            (Some(colon), _) => colon,
            (None, _) => host_and_port.len(),
        };
        let (host, port) = host_and_port.split_at(port_starts);
        Self { scheme, credentials, host, port, rest }
    }

    /// As given, and with each of credentials and port left out; with the default port put in
    /// where the URL names none.
    pub(crate) fn candidates(&self) -> Vec<String> {
        let default_port = if self.scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
        let other_port = if self.port.is_empty() { default_port } else { "" };
        let mut candidates = Vec::with_capacity(4);
        for credentials in [self.credentials, ""] {
            for port in [self.port, other_port] {
                candidates.push(format!("{}://{credentials}{}{port}{}", self.scheme, self.host, self.rest));
            }
            if self.credentials.is_empty() {
                break;
            }
        }
        candidates
    }
}

/// Twilio reads connection settings from the fragment, and neither sends nor signs it.
pub(crate) fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(before, _)| before)
}

/// The value of `bodySHA256` in the query.
pub(crate) fn body_hash(url: &str) -> Option<&str> {
    let (_, query) = without_fragment(url).split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(BODY_HASH)?.strip_prefix('='))
}

pub(crate) fn has_body_hash(url: &str) -> bool {
    body_hash(url).is_some()
}

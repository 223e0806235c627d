//! Who may ask: programs of this machine, and no page in somebody's browser.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName};

/// Why a request is refused that a web page makes; nothing for a program's.
pub(super) fn refusal(headers: &HeaderMap) -> Option<&'static str> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    // A page elsewhere whose name leads to this machine still tells its own name.
    if text(HOST).is_some_and(|host| !is_here(host)) {
        return Some("the exchange answers at 127.0.0.1, localhost and [::1] only");
    }
    let site = text(HeaderName::from_static("sec-fetch-site")).unwrap_or_default();
    let is_a_pages = headers.contains_key(ORIGIN) || matches!(site, "cross-site" | "same-site");
    is_a_pages.then_some("web pages may not steer the exchange")
}

/// Whether a host, with a port or without, is the loopback interface.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|here| name.eq_ignore_ascii_case(here))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn programs_of_this_machine_may_ask_and_web_pages_not() {
        for (headers, may) in [
            (vec![], true),
            (vec![("host", "127.0.0.1:4010")], true),
            (vec![("host", "localhost")], true),
            (vec![("host", "LOCALHOST:1")], true),
            (vec![("host", "[::1]:4010")], true),
            (vec![("host", "127.0.0.1:4010"), ("x-forwarded-host", "api.twilio.com")], true),
            (vec![("host", "127.0.0.1:4010"), ("sec-fetch-site", "none")], true),
            (vec![("host", "127.0.0.1:4010"), ("sec-fetch-mode", "cors")], true),
            (vec![("host", "evil.example:4010")], false),
            (vec![("host", "evil.example"), ("x-forwarded-host", "api.twilio.com")], false),
            (vec![("host", "127.0.0.1.evil.example")], false),
            (vec![("host", "localhost:")], false),
            (vec![("host", "")], false),
            (vec![("host", "localhost"), ("origin", "null")], false),
            (vec![("host", "localhost"), ("origin", "http://localhost:4010")], false),
            (vec![("host", "localhost"), ("sec-fetch-site", "cross-site")], false),
            (vec![("host", "localhost"), ("sec-fetch-site", "same-site")], false),
        ] {
            let pairs = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            assert_eq!(refusal(&pairs.collect()).is_none(), may, "{headers:?}");
        }
    }
}

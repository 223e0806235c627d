//! The few things done to URLs, without taking them apart and putting them together again.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A URL's credentials, and the URL without them.
pub(crate) struct Target {
    /// What to request.
    pub(crate) url: String,
    /// The value of `Authorization` for a server that asks.
    pub(crate) authorization: Option<String>,
}

impl Target {
    pub(crate) fn of(url: &str) -> Self {
        let Some((before, userinfo, after)) = split_userinfo(url) else {
            return Self { url: url.into(), authorization: None };
        };
        let decoded: Vec<u8> = percent_encoding::percent_decode_str(userinfo).collect();
        Self {
            url: format!("{before}{after}"),
            authorization: Some(format!("Basic {}", STANDARD.encode(decoded))),
        }
    }
}

/// The URL that Twilio signs for a voice webhook: credentials are dropped, and over HTTPS the
/// port as well. Source: Twilio's page "Security".
pub(crate) fn signed(url: &str) -> String {
    let url =
        split_userinfo(url).map_or_else(|| url.to_owned(), |(before, _, after)| format!("{before}{after}"));
    let Some(rest) = url.strip_prefix("https://") else {
        return url;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    format!("https://{host}{path}")
}

/// The URL that reaches what `url` names by way of a server at `via`, and the host to ask it for.
pub(crate) fn through(url: &str, via: SocketAddr) -> Option<(String, &str)> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    Some((format!("http://{via}{path}"), host))
}

/// Splits `scheme://user:pass@host/path` around `user:pass@`.
fn split_userinfo(url: &str) -> Option<(&str, &str, &str)> {
    let begin = url.find("://")? + 3;
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |at| begin + at);
    let at = url[begin..end].rfind('@')? + begin;
    Some((&url[..begin], &url[begin..at], &url[at + 1..]))
}

/// Whether this is the address of a host, with `http:` or `https:`.
pub(crate) fn is_absolute(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|rest| {
        !rest.starts_with(['/', '?', '#', ':']) && !rest.is_empty() && !rest.contains(char::is_whitespace)
    })
}

/// Whether the query's keys are in the order in which Twilio sends them.
pub(crate) fn has_sorted_query(url: &str) -> bool {
    let url = url.split('#').next().unwrap_or_default();
    let Some((_, query)) = url.split_once('?') else {
        return true;
    };
    query.split('&').map(|pair| pair.split('=').next()).is_sorted()
}

/// Adds parameters to the query, as a form would send them.
pub(crate) fn with_query(url: &str, params: &[(String, String)]) -> String {
    if params.is_empty() {
        return url.into();
    }
    let separator = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{url}{separator}{}", form(params))
}

/// `application/x-www-form-urlencoded`.
pub(crate) fn form(params: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
}

/// What `reference` means in a document fetched from `base` (RFC 3986, section 5.2).
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.trim();
    if has_scheme(reference) {
        return reference.into();
    }
    let base = base.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = base.split_once("://") else {
        return reference.into();
    };
    if reference.starts_with("//") {
        return format!("{scheme}:{reference}");
    }
    let (without_query, _) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match without_query.find('/') {
        Some(at) => without_query.split_at(at),
        None => (without_query, "/"),
    };
    if reference.is_empty() {
        return base.into();
    }
    if reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    if reference.starts_with('?') {
        return format!("{scheme}://{authority}{path}{reference}");
    }
    let tail_begin = reference.find(['?', '#']).unwrap_or(reference.len());
    let (reference_path, tail) = reference.split_at(tail_begin);
    let joined = if reference_path.starts_with('/') {
        reference_path.to_owned()
    } else {
        let directory = path.rfind('/').map_or("/", |at| &path[..=at]);
        format!("{directory}{reference_path}")
    };
    format!("{scheme}://{authority}{}{tail}", without_dots(&joined))
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
    })
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (n, segment) in segments.iter().enumerate() {
        let last = n + 1 == segments.len();
        match *segment {
            "." | ".." => {
                if *segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_server_is_asked_for_the_host_of_the_url() {
        let via = "127.0.0.1:4566".parse().unwrap();
        let cases = [
            ("https://a.example/v1/voice?b=c", "http://127.0.0.1:4566/v1/voice?b=c", "a.example"),
            ("http://a.example:8080/", "http://127.0.0.1:4566/", "a.example:8080"),
            ("https://a.example?b", "http://127.0.0.1:4566?b", "a.example"),
        ];
        for (url, address, host) in cases {
            assert_eq!(through(url, via), Some((address.to_owned(), host)), "{url}");
        }
    }

    #[test]
    fn relative_urls_start_at_the_document() {
        let base = "https://example.com:8443/a/b/voice?x=1#rc=2";
        for (reference, absolute) in [
            ("/webhook/dial", "https://example.com:8443/webhook/dial"),
            ("dial?y=2", "https://example.com:8443/a/b/dial?y=2"),
            ("../dial", "https://example.com:8443/a/dial"),
            ("./dial#rc=1", "https://example.com:8443/a/b/dial#rc=1"),
            ("?z=3", "https://example.com:8443/a/b/voice?z=3"),
            ("", "https://example.com:8443/a/b/voice?x=1"),
            ("//other.org/x", "https://other.org/x"),
            ("http://other.org/x?u=https://y", "http://other.org/x?u=https://y"),
            ("/x?u=https://y", "https://example.com:8443/x?u=https://y"),
        ] {
            assert_eq!(resolve(base, reference), absolute, "{reference}");
        }
        assert_eq!(resolve("http://host", "voice"), "http://host/voice");
    }

    #[test]
    fn credentials_are_neither_sent_nor_signed() {
        for (url, expected) in [
            ("https://user:pass@host:8443/a?b=1", "https://host/a?b=1"),
            ("http://user:pass@host:8080/a", "http://host:8080/a"),
            ("https://host/a@b", "https://host/a@b"),
            ("https://[::1]:443/a", "https://[::1]/a"),
        ] {
            assert_eq!(signed(url), expected, "{url}");
        }
        let target = Target::of("https://user:p%40ss@host:8443/a");
        assert_eq!(target.url, "https://host:8443/a");
        assert_eq!(target.authorization.unwrap(), "Basic dXNlcjpwQHNz");
    }

    #[test]
    fn a_query_out_of_order_is_noticed() {
        assert!(has_sorted_query("http://h/a?a=2&b=1#rc=2&ct=3"));
        assert!(has_sorted_query("http://h/a"));
        assert!(!has_sorted_query("http://h/a?b=1&a=2"));
    }

    #[test]
    fn a_get_appends_its_parameters_to_the_query() {
        let params = vec![("From".to_owned(), "+1 a".to_owned())];
        assert_eq!(with_query("http://h/a", &params), "http://h/a?From=%2B1+a");
        assert_eq!(with_query("http://h/a?b=1", &params), "http://h/a?b=1&From=%2B1+a");
    }
}

//! An address that may be an endpoint.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use http::Uri;
use thiserror::Error;

use crate::addresses::Reach;

/// The longest that is taken.
const LONGEST: usize = 2048;

/// Where a program is told something.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Uri);

/// Why an address is no endpoint. The texts are for whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadEndpoint {
    /// It can't be read.
    #[error("it is no URL, in ASCII and of 2,048 characters at most")]
    NotAUrl,
    /// Neither https, nor what is allowed instead.
    #[error("it does not begin with https://")]
    NotHttps,
    /// A name and a password stand in it.
    #[error("a name or a password stands before its host; a secret may stand in its query")]
    WithLogin,
    /// Its host is an address that nobody else reaches.
    #[error("its host is not a public address")]
    NotPublic,
}

impl Endpoint {
    /// Reads one. Where its host is a name, who has that is looked up when it is told something.
    ///
    /// # Errors
    /// [`BadEndpoint`].
    pub fn parse(text: &str, reach: Reach) -> Result<Self, BadEndpoint> {
        // `Uri` cuts off what follows a `#`, which nobody meant to be told.
        if text.len() > LONGEST || text.contains('#') {
            return Err(BadEndpoint::NotAUrl);
        }
        let uri: Uri = text.parse().map_err(|_| BadEndpoint::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(BadEndpoint::NotAUrl);
        };
        if authority.as_str().contains('@') {
            return Err(BadEndpoint::WithLogin);
        }
        // `Uri` takes a port that is none for no port.
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
        if authority.host().is_empty() || !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
            return Err(BadEndpoint::NotAUrl);
        }
        let literal = literal(authority.host())?;
        let is_localhost = literal.is_none() && authority.host().eq_ignore_ascii_case("localhost");
        let is_loopback = is_localhost || literal.is_some_and(|address| address.is_loopback());
        match scheme {
            "https" => {}
            "http" if is_loopback && reach == Reach::PublicAndLoopback => {}
            _ => return Err(BadEndpoint::NotHttps),
        }
        // Nothing is looked up for addresses, so nothing would be checked any more.
        let is_out_of_reach = literal.is_some_and(|address| !reach.has(address));
        if is_out_of_reach || is_localhost && reach == Reach::Public {
            return Err(BadEndpoint::NotPublic);
        }
        Ok(Self(uri))
    }

    /// Its host, without what may be secret in it.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }
}

/// The address that a host is, unless it is a name.
fn literal(host: &str) -> Result<Option<IpAddr>, BadEndpoint> {
    match host.strip_prefix('[') {
        Some(rest) => {
            let address = rest.strip_suffix(']').and_then(|it| it.parse::<Ipv6Addr>().ok());
            address.map(|it| Some(it.into())).ok_or(BadEndpoint::NotAUrl)
        }
        None => Ok(host.parse().ok()),
    }
}

/// The host alone: path and query may have secrets in them.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.host())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str, reach: Reach) -> Result<(), BadEndpoint> {
        Endpoint::parse(text, reach).map(drop)
    }

    #[test]
    fn an_endpoint_is_https_to_a_public_host() {
        use BadEndpoint::{NotAUrl, NotHttps, NotPublic, WithLogin};
        let long = |length| format!("https://example.com/{}", "a".repeat(length - 20));
        let (longest, too_long) = (long(LONGEST), long(LONGEST + 1));
        for (text, expected) in [
            ("https://example.com", Ok(())),
            ("https://example.com/calls?secret=1&x=%20", Ok(())),
            ("HTTPS://EXAMPLE.COM:8443/calls", Ok(())),
            ("https://xn--bcher-kva.example/", Ok(())),
            ("https://1.1.1.1/", Ok(())),
            ("https://[2606:4700:4700::1111]:443/", Ok(())),
            // Names are looked up later, whatever they look like.
            ("https://127.1/", Ok(())),
            ("https://localhost.example.com/", Ok(())),
            (&longest, Ok(())),
            (&too_long, Err(NotAUrl)),
            ("", Err(NotAUrl)),
            ("/calls", Err(NotAUrl)),
            ("example.com", Err(NotAUrl)),
            ("https://", Err(NotAUrl)),
            ("https:///calls", Err(NotAUrl)),
            ("https://:443/", Err(NotAUrl)),
            ("https://bücher.example/", Err(NotAUrl)),
            ("https://example.com/a b", Err(NotAUrl)),
            ("https://example.com/\r\nx: y", Err(NotAUrl)),
            ("https://example.com/#part", Err(NotAUrl)),
            ("https://example.com:0/", Err(NotAUrl)),
            ("https://example.com:70000/", Err(NotAUrl)),
            ("https://example.com:/", Err(NotAUrl)),
            ("https://[::1/", Err(NotAUrl)),
            ("https://[fe80::1%25eth0]/", Err(NotAUrl)),
            ("http://example.com/", Err(NotHttps)),
            ("http://127.0.0.1/", Err(NotHttps)),
            ("ftp://example.com/", Err(NotHttps)),
            ("file://example.com/etc/passwd", Err(NotHttps)),
            ("https://user:password@example.com/", Err(WithLogin)),
            ("https://example.com@127.0.0.1/", Err(WithLogin)),
            ("https://127.0.0.1/", Err(NotPublic)),
            ("https://LocalHost:8443/", Err(NotPublic)),
            ("https://169.254.169.254/latest/meta-data/", Err(NotPublic)),
            ("https://10.0.0.1:8443/", Err(NotPublic)),
            ("https://[::1]/", Err(NotPublic)),
            ("https://[::ffff:169.254.169.254]/", Err(NotPublic)),
            ("https://[fd00:ec2::254]/", Err(NotPublic)),
        ] {
            assert_eq!(parsed(text, Reach::Public), expected, "{text}");
        }
    }

    #[test]
    fn an_endpoint_on_a_laptop_may_be_the_laptop() {
        for text in
            ["http://127.0.0.1:8080/calls", "http://localhost:3000", "http://[::1]:1/", "https://127.0.0.1/"]
        {
            assert_eq!(parsed(text, Reach::PublicAndLoopback), Ok(()), "{text}");
            assert!(parsed(text, Reach::Public).is_err(), "{text}");
        }
        for text in
            ["http://example.com/", "http://10.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/"]
        {
            assert!(parsed(text, Reach::PublicAndLoopback).is_err(), "{text}");
        }
    }

    #[test]
    fn an_endpoint_shows_its_host_alone() {
        let endpoint = Endpoint::parse("https://example.com:8443/secret?token=1", Reach::Public).unwrap();
        assert_eq!(format!("{endpoint:?}"), "Endpoint(example.com)");
    }

    proptest! {
        #[test]
        fn no_text_can_break_an_endpoint(text in "(https://)?\\PC{0,40}") {
            if let Ok(endpoint) = Endpoint::parse(&text, Reach::Public) {
                prop_assert!(!endpoint.host().is_empty());
                prop_assert_eq!(endpoint.uri().scheme_str(), Some("https"));
            }
        }
    }
}

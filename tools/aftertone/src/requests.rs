//! HTTP, to an API of ours.

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Without TLS only where the address says so.
pub(crate) fn client() -> Client<HttpsConnector<HttpConnector>, Full<Bytes>> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let connector =
        HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Where to send a request for `url`, and the host to name there: an emulator of AWS answers for
/// AWS's own names.
pub(crate) fn place(url: &str, aws: Option<&str>) -> Result<(String, String), String> {
    let uri: http::Uri = url.parse().map_err(|error| format!("{url} is no URL: {error}"))?;
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Ok(match aws {
        Some(aws) if host.ends_with(".amazonaws.com") => {
            (format!("{}{path}", aws.trim_end_matches('/')), host)
        }
        _ => (url.to_owned(), host),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulated_aws_answers_for_awss_names_only() {
        let (api, own) =
            ("https://a1.execute-api.us-east-1.amazonaws.com/webhook/status", "https://b.example/c");
        let here = |url: &str, host: &str| Ok((url.to_owned(), host.to_owned()));
        assert_eq!(place(api, None), here(api, "a1.execute-api.us-east-1.amazonaws.com"));
        let there = here("http://127.0.0.1:1/webhook/status", "a1.execute-api.us-east-1.amazonaws.com");
        assert_eq!(place(api, Some("http://127.0.0.1:1/")), there);
        assert_eq!(place(own, Some("http://127.0.0.1:1")), here(own, "b.example"));
    }
}

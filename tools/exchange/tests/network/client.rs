//! A client of the REST API, as programs are.

#![expect(clippy::unwrap_used, reason = "an answer that is not what it should be fails the test")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::stage::{ACCOUNT, Stage};

/// What the REST API answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Its status, and the code of an error.
    pub(crate) fn refusal(&self) -> (u16, u64) {
        (self.status, self.json()["code"].as_u64().unwrap_or_default())
    }

    /// The SID of what it shows.
    pub(crate) fn sid(&self) -> String {
        self.json()["sid"].as_str().unwrap().to_owned()
    }
}

/// Who may use the REST API.
pub(crate) const KEY: Option<(&str, &str)> = Some(("SK1", "secret"));

/// A request to the REST API, with a form if it is not empty.
pub(crate) async fn request(
    method: &str,
    url: &str,
    form: &str,
    user: Option<(&str, &str)>,
) -> Result<Reply, String> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut request = http::Request::builder().method(method).uri(url);
    if let Some((user, password)) = user {
        let basic = STANDARD.encode(format!("{user}:{password}"));
        request = request.header("authorization", format!("Basic {basic}"));
    }
    let request = request.body(Full::new(Bytes::from(form.to_owned()))).unwrap();
    let response = client.request(request).await.map_err(|error| error.to_string())?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
}

impl Stage {
    /// A URL of the account's part of the REST API.
    pub(crate) fn api(&self, path: &str) -> String {
        format!("{}/2010-04-01/Accounts/{ACCOUNT}{path}", self.exchange.rest_url())
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        request("GET", &self.api(path), "", KEY).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        request("DELETE", &self.api(path), "", KEY).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        request("POST", &self.api(path), &form, KEY).await.unwrap()
    }
}

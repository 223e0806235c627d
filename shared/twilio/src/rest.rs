use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use phone::{AccountSid, CallSid, RecordingSid};
use runtime::Environment;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use thiserror::Error;

use crate::secret::{Login, Way};

/// Where Twilio's API is, unless told otherwise.
const BASE_URL: &str = "https://api.twilio.com";

/// Where the settings of voice calls are, which have a host of their own.
const VOICE_URL: &str = "https://voice.twilio.com";

/// How long Twilio may take to answer, or to send the next piece of a body, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(15);

/// A recording's media may be kept elsewhere, behind redirects.
const REDIRECTS: usize = 5;

/// A JSON answer is a few kilobytes, a page of a list a hundred at most.
const JSON_LIMIT: usize = 256 * 1024;

/// A client for Twilio's REST API. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Rest {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    pub(crate) base_url: String,
    pub(crate) voice_url: String,
    patience: Duration,
}

/// The sound of a recording, piece by piece.
#[derive(Debug)]
pub struct Media {
    /// As Twilio says, like `audio/x-wav`; empty if it says nothing.
    pub content_type: String,
    /// In bytes, if Twilio says so.
    pub content_length: Option<u64>,
    body: Incoming,
    patience: Duration,
}

/// A call, as Twilio has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CallRecord {
    /// Who called.
    pub from: String,
    /// Who was called.
    pub to: String,
    /// The caller's name, where it was looked up.
    pub caller_name: Option<String>,
    /// The call that this one is a leg of.
    #[serde(default, deserialize_with = "sid_or_nothing")]
    pub parent_call_sid: Option<CallSid>,
}

fn sid_or_nothing<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Option<CallSid>, D::Error> {
    Ok(Option::<String>::deserialize(json)?.and_then(|sid| CallSid::parse(&sid).ok()))
}

/// Why the API did not do it.
#[derive(Debug, Error)]
pub enum RestError {
    /// There is no such thing: not yet, or no more.
    #[error("Twilio has no such {0} (404)")]
    NotFound(&'static str),
    /// Too many requests; Twilio may say for how long to wait.
    #[error("Twilio asks to slow down (429)")]
    SlowDown {
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The login is wrong, or may not do this.
    #[error("Twilio refuses the login ({0})")]
    Refused(StatusCode),
    /// A value is not as it must be.
    #[error("Twilio does not accept it: {message} (error {code})")]
    Rejected {
        /// Twilio's error code.
        code: u32,
        /// Twilio's words.
        message: String,
    },
    /// Any other answer that is no success.
    #[error("Twilio answered {0}")]
    Status(StatusCode),
    /// No answer, or a broken one.
    #[error("Twilio can't be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that makes no sense.
    #[error("Twilio's answer makes no sense: {0}")]
    Senseless(&'static str),
}

impl RestError {
    fn unreachable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreachable(error.into())
    }
}

impl Rest {
    /// Twilio's own API.
    pub fn new() -> Self {
        Self::at(BASE_URL)
    }

    /// The API at `TWILIO_API_BASE_URL` if it is set, else Twilio's own.
    pub fn read(environment: &Environment) -> Self {
        environment.text("TWILIO_API_BASE_URL").map_or_else(Self::new, Self::at)
    }

    /// Another API that speaks the same: `http://127.0.0.1:4010`.
    pub fn at(base_url: impl Into<String>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(Duration::from_secs(5)));
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        let mut base_url = base_url.into();
        base_url.truncate(base_url.trim_end_matches('/').len());
        let voice_url = if base_url == BASE_URL { VOICE_URL.to_owned() } else { base_url.clone() };
        Self { client, base_url, voice_url, patience: PATIENCE }
    }

    /// The same, which waits so long for an answer, and for the next piece of a body. It waits really: an API
    /// whose time is made up is to be given more than a slow machine takes.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The sound of a recording, as WAV.
    ///
    /// # Errors
    /// [`RestError::NotFound`] while Twilio has not finished it, or after it was deleted.
    pub async fn recording_media(
        &self,
        account: &AccountSid,
        login: &Login,
        recording: &RecordingSid,
    ) -> Result<Media, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Recordings/{recording}.wav", self.base_url);
        let response = self.send(Method::GET, &url, login, "recording").await?;
        let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        Ok(Media {
            content_type: header(CONTENT_TYPE).unwrap_or_default().to_owned(),
            content_length: header(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            body: response.into_body(),
            patience: self.patience,
        })
    }

    /// Deletes a recording. One that is gone already is deleted.
    ///
    /// # Errors
    /// Any [`RestError`] but [`RestError::NotFound`].
    pub async fn delete_recording(
        &self,
        account: &AccountSid,
        login: &Login,
        recording: &RecordingSid,
    ) -> Result<(), RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Recordings/{recording}.json", self.base_url);
        match self.send(Method::DELETE, &url, login, "recording").await {
            Ok(_) | Err(RestError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Who called whom.
    ///
    /// # Errors
    /// [`RestError::NotFound`] if there is no such call in the account.
    pub async fn call(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
    ) -> Result<CallRecord, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Calls/{call}.json", self.base_url);
        self.json(&url, login, "call").await
    }

    /// Gets a JSON document.
    pub(crate) async fn json<T: serde::de::DeserializeOwned>(
        &self,
        url: &str,
        login: &Login,
        what: &'static str,
    ) -> Result<T, RestError> {
        let response = self.send(Method::GET, url, login, what).await?;
        self.read_json(response, "not the JSON that was asked for").await
    }

    /// Where a list goes on, which Twilio says as a path: to another host the login must not go.
    pub(crate) fn next_page(&self, path: Option<String>) -> Result<Option<String>, RestError> {
        match path {
            Some(path) if path.starts_with('/') => Ok(Some(format!("{}{path}", self.base_url))),
            Some(_) => Err(RestError::Senseless("a next page at another place")),
            None => Ok(None),
        }
    }

    /// The JSON of an answer.
    pub(crate) async fn read_json<T: serde::de::DeserializeOwned>(
        &self,
        response: Response<Incoming>,
        otherwise: &'static str,
    ) -> Result<T, RestError> {
        let body = self.within(Limited::new(response.into_body(), JSON_LIMIT).collect()).await?.to_bytes();
        serde_json::from_slice(&body).map_err(|_| RestError::Senseless(otherwise))
    }

    /// What is wrong with a request, in Twilio's words.
    async fn rejected(&self, response: Response<Incoming>) -> RestError {
        #[derive(Deserialize)]
        struct Complaint {
            code: u32,
            message: String,
        }
        let status = response.status();
        match self.read_json(response, "not the JSON of an error").await {
            Ok(Complaint { code, message }) => RestError::Rejected { code, message },
            Err(_) => RestError::Status(status),
        }
    }

    async fn within<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, RestError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        match tokio::time::timeout(self.patience, work).await {
            Ok(done) => done.map_err(RestError::unreachable),
            Err(elapsed) => Err(RestError::unreachable(elapsed)),
        }
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        login: &Login,
        what: &'static str,
    ) -> Result<Response<Incoming>, RestError> {
        self.send_form(method, url, login, what, Bytes::new()).await
    }

    /// Sends a request; where Twilio takes no way to log in, once more with the login as it is now.
    pub(crate) async fn send_form(
        &self,
        method: Method,
        url: &str,
        login: &Login,
        what: &'static str,
        form: Bytes,
    ) -> Result<Response<Incoming>, RestError> {
        let sent = self.send_in_any_way(&method, url, login, what, &form).await;
        let is_refused = matches!(sent, Err(RestError::Refused(StatusCode::UNAUTHORIZED)));
        if is_refused && login.read_again().await {
            return self.send_in_any_way(&method, url, login, what, &form).await;
        }
        sent
    }

    /// Sends a request, in the next way to log in where Twilio does not take the first one.
    async fn send_in_any_way(
        &self,
        method: &Method,
        url: &str,
        login: &Login,
        what: &'static str,
        form: &Bytes,
    ) -> Result<Response<Incoming>, RestError> {
        let mut refused = RestError::Refused(StatusCode::UNAUTHORIZED);
        for (number, way) in login.ways() {
            match self.send_as(method.clone(), url, &way, what, form.clone()).await {
                Err(error @ RestError::Refused(StatusCode::UNAUTHORIZED)) => refused = error,
                other => {
                    login.keep(number);
                    return other;
                }
            }
        }
        Err(refused)
    }

    /// Sends a request, and follows redirects; the login stays with the host that it is for.
    async fn send_as(
        &self,
        method: Method,
        url: &str,
        login: &Way,
        what: &'static str,
        form: Bytes,
    ) -> Result<Response<Incoming>, RestError> {
        let mut uri: Uri = url.parse().map_err(RestError::unreachable)?;
        let home = uri.clone();
        for _ in 0..=REDIRECTS {
            let mut request = Request::builder().method(method.clone()).uri(uri.clone());
            if same_origin(&uri, &home) {
                request = request.header(AUTHORIZATION, basic(login)?);
            }
            if !form.is_empty() {
                request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            }
            let request = request.body(Full::new(form.clone())).map_err(RestError::unreachable)?;
            let response = self.within(self.client.request(request)).await?;
            let status = response.status();
            if status.is_redirection() {
                // Only a GET may go elsewhere: what deletes must not be led astray.
                let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
                match location {
                    Some(location) if method == Method::GET => uri = redirected(&uri, location)?,
                    _ => return Err(RestError::Status(status)),
                }
                continue;
            }
            return match status {
                status if status.is_success() => Ok(response),
                StatusCode::BAD_REQUEST => Err(self.rejected(response).await),
                StatusCode::NOT_FOUND => Err(RestError::NotFound(what)),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(RestError::Refused(status)),
                StatusCode::TOO_MANY_REQUESTS => {
                    Err(RestError::SlowDown { retry_after: retry_after(&response) })
                }
                status => Err(RestError::Status(status)),
            };
        }
        Err(RestError::Senseless("too many redirects"))
    }
}

impl Default for Rest {
    fn default() -> Self {
        Self::new()
    }
}

impl Media {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`RestError::Unreachable`] if the connection breaks before the end, or stands still.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, RestError> {
        loop {
            let next = tokio::time::timeout(self.patience, self.body.frame()).await;
            let next = next.map_err(RestError::unreachable)?;
            match next {
                None => return Ok(None),
                Some(Err(error)) => return Err(RestError::unreachable(error)),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }
}

fn basic(login: &Way) -> Result<HeaderValue, RestError> {
    let credentials = STANDARD.encode(format!("{}:{}", login.user, login.password.expose_secret()));
    let mut header = HeaderValue::try_from(format!("Basic {credentials}")).map_err(RestError::unreachable)?;
    header.set_sensitive(true);
    Ok(header)
}

fn same_origin(a: &Uri, b: &Uri) -> bool {
    a.scheme() == b.scheme() && a.authority() == b.authority()
}

fn redirected(from: &Uri, location: &str) -> Result<Uri, RestError> {
    let absolute = if location.starts_with('/') && !location.starts_with("//") {
        format!(
            "{}://{}{location}",
            from.scheme_str().unwrap_or("https"),
            from.authority().map_or("", http::uri::Authority::as_str)
        )
    } else {
        location.to_owned()
    };
    let uri: Uri = absolute.parse().map_err(RestError::unreachable)?;
    // From TLS there is no way back to plain text.
    if uri.scheme().is_none() || (from.scheme_str() == Some("https") && uri.scheme_str() != Some("https")) {
        return Err(RestError::Senseless("a redirect to an unsafe place"));
    }
    Ok(uri)
}

fn retry_after(response: &Response<Incoming>) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(uri: &str, location: &str) -> Result<String, RestError> {
        redirected(&uri.parse().unwrap(), location).map(|uri| uri.to_string())
    }

    #[test]
    fn a_redirect_never_leads_from_tls_to_plain_text() {
        let https = "https://api.twilio.com/a";
        assert!(matches!(from(https, "http://api.twilio.com/b"), Err(RestError::Senseless(_))));
        assert_eq!(from(https, "/b?c=d").unwrap(), "https://api.twilio.com/b?c=d");
        assert_eq!(from(https, "https://media.twilio.com/b").unwrap(), "https://media.twilio.com/b");
        assert_eq!(from("http://127.0.0.1:1/a", "https://example.com/b").unwrap(), "https://example.com/b");
    }

    #[test]
    fn a_redirect_to_nowhere_is_refused() {
        for location in ["", "b.wav", "//evil.example.com/b", "file:///etc/passwd", "https://", "\u{7f}"] {
            assert!(from("https://api.twilio.com/a", location).is_err(), "{location}");
        }
    }

    #[test]
    fn the_login_is_for_one_scheme_host_and_port() {
        let home: Uri = "https://api.twilio.com/a".parse().unwrap();
        for (uri, same) in [
            ("https://api.twilio.com/b", true),
            ("https://API.twilio.com/b", true),
            ("http://api.twilio.com/b", false),
            ("https://api.twilio.com:8443/b", false),
            ("https://api.twilio.com.evil.example.com/b", false),
            ("https://api.twilio.com@evil.example.com/b", false),
        ] {
            assert_eq!(same_origin(&uri.parse().unwrap(), &home), same, "{uri}");
        }
    }
}

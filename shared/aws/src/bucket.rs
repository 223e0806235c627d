//! S3, as far as sound needs it.
//!
//! Not through `aws-sdk-s3`: that one takes a third of a function's size (its checksum tables
//! alone are 0.7 MB, for algorithms that nobody asked for). `rusty-s3` builds and signs the requests,
//! and our own client sends them.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::{HttpConnector as _, SharedHttpConnector},
        orchestrator::HttpRequest,
    },
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use rusty_s3::actions::{CompleteMultipartUploadResponse, CreateMultipartUpload};
use rusty_s3::{BucketError, S3Action, UrlStyle};
use thiserror::Error;

use crate::dns_suffix;
use crate::http_client::Pool;

/// Each request is signed anew, just before it is sent.
const SIGNED_FOR: Duration = Duration::from_mins(5);

const ATTEMPTS: u32 = 3;
const ATTEMPT_TAKES_AT_MOST: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// [`crate::DELIVERED`] as S3 wants it.
/// Source: `PutObjectTagging` in the Amazon S3 API Reference.
const TAGGING: &str = "<Tagging><TagSet><Tag><Key>delivered</Key><Value>yes</Value></Tag></TagSet></Tagging>";

/// The MD5 of it, in base64, for S3 takes no tags without one.
const TAGGING_MD5: &str = "OYMByiQCiigPWFrX7ga4ng==";

/// One bucket, and who asks for what is in it. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Bucket {
    http: SharedHttpConnector,
    sleep: SharedAsyncSleep,
    requests: rusty_s3::Bucket,
    credentials: rusty_s3::Credentials,
}

/// A bucket's name, or the address where it should be, makes no URL.
#[derive(Debug, Error)]
#[error("{bucket:?} at {endpoint:?} is no bucket of S3: {why:?}")]
pub struct BadBucket {
    bucket: String,
    endpoint: String,
    why: BucketError,
}

/// S3 did not do it.
#[derive(Debug, Error)]
pub enum BucketFailure {
    /// No such object; or it is, and we may not list the bucket to know.
    #[error("there is no such object")]
    NotFound,
    /// S3 answered that it will not.
    #[error("S3 answers {status}: {code}")]
    Refused {
        /// Of HTTP.
        status: StatusCode,
        /// As S3 names it, like `AccessDenied`; empty if it gives none.
        code: String,
    },
    /// No answer, or none that can be read, in three attempts.
    #[error("S3 can't be reached")]
    Unreachable(#[source] BoxError),
}

impl BucketFailure {
    /// Whether another attempt may mend it.
    fn passes(&self) -> bool {
        match self {
            Self::NotFound => false,
            Self::Refused { status, .. } => status.is_server_error() || matches!(status.as_u16(), 408 | 429),
            Self::Unreachable(_) => true,
        }
    }
}

impl Bucket {
    pub(crate) fn new(
        http: Pool,
        name: &str,
        region: &str,
        endpoint: Option<&str>,
        credentials: &Credentials,
    ) -> Result<Self, BadBucket> {
        // An emulator has no DNS name for each bucket, and a certificate covers no dots.
        let style =
            if endpoint.is_some() || name.contains('.') { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint =
            endpoint.map_or_else(|| format!("https://s3.{region}.{}", dns_suffix(region)), ToOwned::to_owned);
        let bad = |why| BadBucket { bucket: name.to_owned(), endpoint: endpoint.clone(), why };
        let url = endpoint.parse().map_err(|error| bad(BucketError::ParseError(error)))?;
        let (key, secret) = (credentials.access_key_id(), credentials.secret_access_key());
        Ok(Self {
            http: SharedHttpConnector::new(http),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
            requests: rusty_s3::Bucket::new(url, style, name.to_owned(), region.to_owned()).map_err(bad)?,
            credentials: match credentials.session_token() {
                Some(token) => rusty_s3::Credentials::new_with_token(key, secret, token),
                None => rusty_s3::Credentials::new(key, secret),
            },
        })
    }

    /// The same bucket, with something between it and the network: a test's faults, say.
    pub fn through(self, between: impl FnOnce(SharedHttpConnector) -> SharedHttpConnector) -> Self {
        Self { http: between(self.http), ..self }
    }

    /// The same bucket, whose time goes by something else.
    pub fn sleeping_by(self, sleep: SharedAsyncSleep) -> Self {
        Self { sleep, ..self }
    }

    /// Stores an object whole. Doing it again stores the same.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn put(&self, key: &str, content_type: &str, content: Bytes) -> Result<(), BucketFailure> {
        let mut action = self.requests.put_object(Some(&self.credentials), key);
        action.headers_mut().insert("content-type", content_type);
        self.send(&action, &[("content-type", content_type)], content).await.map(drop)
    }

    /// An object, whole.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn get(&self, key: &str) -> Result<Bytes, BucketFailure> {
        let action = self.requests.get_object(Some(&self.credentials), key);
        Ok(self.send(&action, &[], Bytes::new()).await?.body)
    }

    /// Whether an object is there.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts; [`BucketFailure::NotFound`] if it is not.
    pub async fn look(&self, key: &str) -> Result<(), BucketFailure> {
        let action = self.requests.head_object(Some(&self.credentials), key);
        self.send(&action, &[], Bytes::new()).await.map(drop)
    }

    /// Tags an object as [`crate::DELIVERED`], in place of any other tags: what the bucket's own lifecycle
    /// may delete.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts; [`BucketFailure::NotFound`] if there is no such object.
    pub async fn tag_delivered(&self, key: &str) -> Result<(), BucketFailure> {
        // To put tags is to put the object's subresource `tagging`.
        let mut action = self.requests.put_object(Some(&self.credentials), key);
        action.query_mut().insert("tagging", "");
        let headers = [("content-type", "application/xml"), ("content-md5", TAGGING_MD5)];
        self.send(&action, &headers, Bytes::from_static(TAGGING.as_bytes())).await.map(drop)
    }

    /// A URL by which anybody can get the object for as long as this, and as long as the
    /// credentials last. `overrides` are S3's `response-…` parameters, by name.
    pub fn presigned_get(&self, key: &str, overrides: &[(&str, &str)], works_for: Duration) -> String {
        // S3 holds it against its own clock.
        self.presigned_at(key, overrides, works_for, &Timestamp::now())
    }

    fn presigned_at(
        &self,
        key: &str,
        overrides: &[(&str, &str)],
        works_for: Duration,
        now: &Timestamp,
    ) -> String {
        let mut action = self.requests.get_object(Some(&self.credentials), key);
        for (name, value) in overrides {
            action.query_mut().insert(*name, *value);
        }
        action.sign_with_time(works_for, now).into()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.requests.name()
    }

    /// Scheme and host of every such URL, as a content security policy names it.
    pub fn origin(&self) -> String {
        self.requests.base_url().origin().ascii_serialization()
    }

    /// Begins an object that comes in parts. Nothing can be seen of it before it is [finished](Upload::finish).
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn begin<'a>(&'a self, key: &'a str, content_type: &str) -> Result<Upload<'a>, BucketFailure> {
        let mut action = self.requests.create_multipart_upload(Some(&self.credentials), key);
        action.headers_mut().insert("content-type", content_type);
        let answer = self.send(&action, &[("content-type", content_type)], Bytes::new()).await?;
        let created = CreateMultipartUpload::parse_response(&answer.text())
            .map_err(|error| BucketFailure::Unreachable(error.into()))?;
        Ok(Upload { bucket: self, key, id: created.upload_id().to_owned(), etags: Vec::new() })
    }

    async fn send<'a, A: S3Action<'a>>(
        &self,
        action: &A,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, BucketFailure> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(action, headers, body.clone()).await {
                Err(failure) if failure.passes() => self.sleep.sleep(pause).await,
                settled => return settled,
            }
            pause *= 2;
        }
        self.attempt(action, headers, body).await
    }

    async fn attempt<'a, A: S3Action<'a>>(
        &self,
        action: &A,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, BucketFailure> {
        let method = match A::METHOD {
            rusty_s3::Method::Head => "HEAD",
            rusty_s3::Method::Get => "GET",
            rusty_s3::Method::Post => "POST",
            rusty_s3::Method::Put => "PUT",
            rusty_s3::Method::Delete => "DELETE",
        };
        let mut request = Request::builder()
            .method(method)
            .uri(action.sign(SIGNED_FOR).as_str())
            .header(CONTENT_LENGTH, body.len());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let unreachable = |error: BoxError| BucketFailure::Unreachable(error);
        let request = request.body(SdkBody::from(body)).map_err(|error| unreachable(error.into()))?;
        let request = HttpRequest::try_from(request).map_err(|error| unreachable(error.into()))?;
        let exchange = async {
            let response = self.http.call(request).await?;
            let status = StatusCode::from_u16(response.status().as_u16())?;
            let etag = response.headers().get("etag").unwrap_or_default().to_owned();
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, BoxError>((status, Answer { etag, body }))
        };
        let (status, answer) = Timeout::new(exchange, self.sleep.sleep(ATTEMPT_TAKES_AT_MOST))
            .await
            .map_err(|late| unreachable(late.into()))?
            .map_err(unreachable)?;
        match status {
            status if status.is_success() => Ok(answer),
            StatusCode::NOT_FOUND => Err(BucketFailure::NotFound),
            status => Err(BucketFailure::Refused { status, code: error_code(&answer.text()) }),
        }
    }
}

struct Answer {
    etag: String,
    body: Bytes,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An object that comes in parts.
#[derive(Debug)]
pub struct Upload<'a> {
    bucket: &'a Bucket,
    key: &'a str,
    id: String,
    etags: Vec<String>,
}

impl Upload<'_> {
    /// The next part: at least 5 MiB, but for the last one.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn part(&mut self, content: Bytes) -> Result<(), BucketFailure> {
        // S3 takes 10,000 parts.
        let number = u16::try_from(self.etags.len() + 1)
            .map_err(|too_many| BucketFailure::Unreachable(too_many.into()))?;
        let Self { bucket, key, id, .. } = self;
        let action = bucket.requests.upload_part(Some(&bucket.credentials), key, number, id);
        let etag = bucket.send(&action, &[], content).await?.etag;
        self.etags.push(etag);
        Ok(())
    }

    /// Makes the object, from its parts.
    ///
    /// # Errors
    /// [`BucketFailure`]: there is no telling then whether the object is there.
    pub async fn finish(self) -> Result<(), BucketFailure> {
        let action = self.bucket.requests.complete_multipart_upload(
            Some(&self.bucket.credentials),
            self.key,
            &self.id,
            self.etags.iter().map(String::as_str),
        );
        let body = Bytes::from(action.clone().body());
        // Once only: the upload's name is gone when the first attempt did it and its answer was lost.
        let answer = self.bucket.attempt(&action, &[], body).await?;
        // S3 sends 200 before it knows, and then an error in the body.
        let text = answer.text();
        CompleteMultipartUploadResponse::parse(&text)
            .map_err(|_| BucketFailure::Refused { status: StatusCode::OK, code: error_code(&text) })?;
        Ok(())
    }

    /// Gives up. What this leaves behind when it fails too, the bucket's lifecycle removes.
    pub async fn abandon(self) {
        let bucket = self.bucket;
        let action = bucket.requests.abort_multipart_upload(Some(&bucket.credentials), self.key, &self.id);
        let _ = bucket.send(&action, &[], Bytes::new()).await;
    }
}

/// `AccessDenied` of `<Error><Code>AccessDenied</Code>...`.
fn error_code(xml: &str) -> String {
    xml.split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map_or_else(String::new, |(code, _)| code.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::SystemTime;

    use aws_sdk_s3::config::{BehaviorVersion, Region};
    use aws_sdk_s3::presigning::PresigningConfig;

    use super::*;

    const KEY: &str = "voicemails/14155550100/2026/11/21/RE0123456789abcdef.wav";
    const DISPOSITION: &str = "attachment; filename=\"voicemail 2026.wav\"";
    const WORKS_FOR: Duration = Duration::from_mins(15);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_255_201)
    }

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials::new("AKIDEXAMPLE", "wJalr/XUtn+FEMI", token.map(str::to_owned), None, "test")
    }

    /// Everything before the query, and the query's parameters.
    fn parts(url: &str) -> (String, BTreeMap<String, String>) {
        let (place, query) = url.split_once('?').unwrap();
        (place.to_owned(), form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    async fn by_the_sdk(region: &str, bucket: &str, endpoint: Option<&str>, token: Option<&str>) -> String {
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials(token))
            .force_path_style(endpoint.is_some());
        if let Some(endpoint) = endpoint {
            config = config.endpoint_url(endpoint);
        }
        let presigning = PresigningConfig::builder().start_time(now()).expires_in(WORKS_FOR).build().unwrap();
        let request = aws_sdk_s3::Client::from_conf(config.build())
            .get_object()
            .bucket(bucket)
            .key(KEY)
            .response_content_disposition(DISPOSITION)
            .presigned(presigning);
        request.await.unwrap().uri().to_owned()
    }

    #[tokio::test]
    async fn a_link_is_the_one_that_the_sdk_makes() {
        let cases = [
            ("us-east-1", "audio", None, None),
            ("eu-central-1", "audio", None, Some("session/token+==")),
            ("eu-central-1", "audio.example.com", None, None),
            ("cn-north-1", "audio", None, Some("token")),
            ("us-gov-west-1", "audio", None, None),
            ("us-iso-east-1", "audio", None, None),
            ("us-isob-east-1", "audio", None, None),
            ("eu-isoe-west-1", "audio", None, None),
            ("us-isof-south-1", "audio", None, None),
            ("eusc-de-east-1", "audio", None, None),
            ("us-east-1", "audio", Some("http://127.0.0.1:9000"), Some("token")),
            ("us-east-1", "audio", Some("http://127.0.0.1:9000/below/"), None),
        ];
        for (region, name, endpoint, token) in cases {
            let made =
                Bucket::new(crate::http_client::pool(), name, region, endpoint, &credentials(token)).unwrap();
            // The SDK names the operation, too; it has to stand in ours for the signatures to be equal.
            let overrides = [("response-content-disposition", DISPOSITION), ("x-id", "GetObject")];
            let ours = made.presigned_at(KEY, &overrides, WORKS_FOR, &Timestamp::try_from(now()).unwrap());
            let theirs = by_the_sdk(region, name, endpoint, token).await;
            assert_eq!(parts(&ours), parts(&theirs), "{region} {name} {endpoint:?}");
            assert!(ours.starts_with(&made.origin()), "{ours}");
            assert!(!made.origin()[8..].contains('/'), "{}", made.origin());
        }
    }

    #[test]
    fn an_address_that_is_none_is_an_error() {
        let credentials = Credentials::new("AKID", "secret", None, None, "test");
        let made =
            Bucket::new(crate::http_client::pool(), "sound", "us-east-1", Some("nowhere"), &credentials);
        assert!(made.unwrap_err().to_string().contains("\"sound\" at \"nowhere\""));
    }

    #[test]
    fn what_s3_calls_an_error_is_found_in_its_answer() {
        assert_eq!(error_code("<Error><Code>SlowDown</Code><Message/></Error>"), "SlowDown");
        assert_eq!(error_code("<html>"), "");
    }
}

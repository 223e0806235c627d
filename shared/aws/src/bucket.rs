//! S3, as far as sound needs it.
//!
//! Not through `aws-sdk-s3`: that one takes a third of a function's size (its checksum tables
//! alone are 0.7 MB, for algorithms that nobody asked for). `rusty-s3` builds and signs the requests,
//! and our own client sends them.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use rusty_s3::actions::{CompleteMultipartUploadResponse, CreateMultipartUpload};
use rusty_s3::{BucketError, S3Action, UrlStyle};
use thiserror::Error;

use crate::http_client::Pool;

/// Each request is signed anew, just before it is sent.
const SIGNED_FOR: Duration = Duration::from_mins(5);

const ATTEMPTS: u32 = 3;
const ATTEMPT_TAKES_AT_MOST: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// One bucket, and who asks for what is in it. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Bucket {
    http: Pool,
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
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
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
            http,
            requests: rusty_s3::Bucket::new(url, style, name.to_owned(), region.to_owned()).map_err(bad)?,
            credentials: match credentials.session_token() {
                Some(token) => rusty_s3::Credentials::new_with_token(key, secret, token),
                None => rusty_s3::Credentials::new(key, secret),
            },
        })
    }

    /// Stores an object whole. Doing it again stores the same.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn put(&self, key: &str, content_type: &str, content: Bytes) -> Result<(), BucketFailure> {
        let mut action = self.requests.put_object(Some(&self.credentials), key);
        action.headers_mut().insert("content-type", content_type);
        self.send(&action, Some(content_type), content).await.map(drop)
    }

    /// An object, whole.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn get(&self, key: &str) -> Result<Bytes, BucketFailure> {
        let action = self.requests.get_object(Some(&self.credentials), key);
        Ok(self.send(&action, None, Bytes::new()).await?.body)
    }

    /// A URL that gives the object to whoever has it, for as long as it says; `now` counts if the
    /// credentials live that long.
    pub fn presigned_get(&self, key: &str, works_for: Duration) -> String {
        self.requests.get_object(Some(&self.credentials), key).sign(works_for).into()
    }

    /// Begins an object that comes in parts. Nothing can be seen of it before it is [finished](Upload::finish).
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn begin<'a>(&'a self, key: &'a str, content_type: &str) -> Result<Upload<'a>, BucketFailure> {
        let mut action = self.requests.create_multipart_upload(Some(&self.credentials), key);
        action.headers_mut().insert("content-type", content_type);
        let answer = self.send(&action, Some(content_type), Bytes::new()).await?;
        let created = CreateMultipartUpload::parse_response(&answer.text())
            .map_err(|error| BucketFailure::Unreachable(error.into()))?;
        Ok(Upload { bucket: self, key, id: created.upload_id().to_owned(), etags: Vec::new() })
    }

    async fn send<'a, A: S3Action<'a>>(
        &self,
        action: &A,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<Answer, BucketFailure> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(action, content_type, body.clone()).await {
                Err(failure) if failure.passes() => tokio::time::sleep(pause).await,
                settled => return settled,
            }
            pause *= 4;
        }
        self.attempt(action, content_type, body).await
    }

    async fn attempt<'a, A: S3Action<'a>>(
        &self,
        action: &A,
        content_type: Option<&str>,
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
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request =
            request.body(SdkBody::from(body)).map_err(|error| BucketFailure::Unreachable(error.into()))?;
        let exchange = async {
            let response = self.http.request(request).await?;
            let (head, body) = response.into_parts();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((head, body.collect().await?.to_bytes()))
        };
        let (head, body) = tokio::time::timeout(ATTEMPT_TAKES_AT_MOST, exchange)
            .await
            .map_err(|late| BucketFailure::Unreachable(late.into()))?
            .map_err(BucketFailure::Unreachable)?;
        let etag = head.headers.get(http::header::ETAG).and_then(|etag| etag.to_str().ok());
        let answer = Answer { etag: etag.unwrap_or_default().to_owned(), body };
        match head.status {
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
        let etag = bucket.send(&action, None, content).await?.etag;
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
        let answer = self.bucket.attempt(&action, None, body).await?;
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
        let _ = bucket.send(&action, None, Bytes::new()).await;
    }
}

/// `AccessDenied` of `<Error><Code>AccessDenied</Code>...`.
fn error_code(xml: &str) -> String {
    xml.split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map_or_else(String::new, |(code, _)| code.to_owned())
}

/// What a service's name ends with in the region's partition, as `partitions.json` of AWS's SDKs says.
fn dns_suffix(region: &str) -> &'static str {
    match region.split_once('-').map(|(area, rest)| (area, rest.split('-').next().unwrap_or_default())) {
        Some(("cn", _)) => "amazonaws.com.cn",
        Some(("eusc", _)) => "amazonaws.eu",
        Some(("us", "iso")) => "c2s.ic.gov",
        Some(("us", "isob")) => "sc2s.sgov.gov",
        Some(("us", "isof")) => "csp.hci.ic.gov",
        Some(("eu", "isoe")) => "cloud.adc-e.uk",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(name: &str, region: &str, endpoint: Option<&str>) -> Bucket {
        let credentials = Credentials::new("AKID", "secret", Some("token+/=".into()), None, "test");
        Bucket::new(crate::http_client::pool(), name, region, endpoint, &credentials).unwrap()
    }

    #[test]
    fn a_bucket_is_addressed_by_its_name_in_the_regions_partition() {
        let url = |name, region| bucket(name, region, None).presigned_get("a/b c.wav", SIGNED_FOR);
        assert!(
            url("sound", "eu-central-1")
                .starts_with("https://sound.s3.eu-central-1.amazonaws.com/a/b%20c.wav?")
        );
        assert!(url("sound", "cn-north-1").starts_with("https://sound.s3.cn-north-1.amazonaws.com.cn/a/"));
        assert!(url("sound", "us-gov-west-1").starts_with("https://sound.s3.us-gov-west-1.amazonaws.com/a/"));
        assert!(url("so.und", "eu-west-1").starts_with("https://s3.eu-west-1.amazonaws.com/so.und/a/"));
    }

    #[test]
    fn an_emulators_bucket_is_addressed_by_path() {
        let url = bucket("sound", "us-east-1", Some("http://127.0.0.1:9000")).presigned_get("k", SIGNED_FOR);
        assert!(url.starts_with("http://127.0.0.1:9000/sound/k?"), "{url}");
        assert!(url.contains("X-Amz-Security-Token=token%2B%2F%3D"), "{url}");
        assert!(url.contains("X-Amz-Expires=300"), "{url}");
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

//! One bucket of S3, as far as sound needs it, over AWS's own client.

use std::error::Error;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId as _;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Tag, Tagging};
use aws_smithy_runtime_api::{box_error::BoxError, client::orchestrator::HttpResponse};
use bytes::Bytes;
use http::{StatusCode, Uri};
use runtime::telemetry;
use thiserror::Error;

use crate::dns_suffix;

/// A client that is made when it is first asked.
type Lazily = LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>;

/// One bucket, and who asks for what is in it. Clones share the client and its connections.
///
/// The client is not made before it is needed: that takes half as long as the rest of a function's start, and
/// most that a link's page needs of S3 is its [origin](Bucket::origin).
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Arc<Lazily>,
    name: String,
    origin: String,
}

/// A bucket's name, or the address where it should be, makes no URL.
#[derive(Debug, Error)]
#[error("{bucket:?} at {address:?} is no bucket of S3")]
pub struct BadBucket {
    bucket: String,
    address: String,
}

/// S3 did not do it.
#[derive(Debug, Error)]
pub enum BucketFailure {
    /// No such object. Who may not list the bucket is not told so, but [refused](Self::Refused).
    #[error("there is no such object")]
    NotFound,
    /// S3 answered that it will not. What it says of it in words is left out: it names the object, and with it
    /// the masked number.
    #[error("S3 answers {status}: {code}{}", request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default())]
    Refused {
        /// Of HTTP.
        status: StatusCode,
        /// As S3 names it, like `AccessDenied`; empty if it gives none.
        code: String,
        /// By which AWS's support finds it.
        request_id: Option<String>,
    },
    /// No answer, or none that can be read, in three attempts.
    #[error("S3 can't be reached")]
    Unreachable(#[source] BoxError),
}

impl BucketFailure {
    /// Whether S3 would say the same again: it is not permitted, or a deletion hides the object.
    fn is_lasting_refusal(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if matches!(status.as_u16(), 403 | 405))
    }

    fn unreachable(error: impl Into<BoxError>) -> Self {
        Self::Unreachable(error.into())
    }
}

impl<E: ProvideErrorMetadata + Error + Send + Sync + 'static> From<SdkError<E, HttpResponse>>
    for BucketFailure
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let SdkError::ServiceError(refused) = &error else { return Self::unreachable(error) };
        let code = refused.err().code().unwrap_or_default();
        match StatusCode::from_u16(refused.raw().status().as_u16()) {
            // Without a bucket there is a code as well. HEAD has none, or `NotFound`.
            Ok(StatusCode::NOT_FOUND) if matches!(code, "" | "NoSuchKey" | "NotFound" | "NoSuchVersion") => {
                Self::NotFound
            }
            // S3 says that it did something, and not what. With a code it says 200 before it knows, and then
            // that it did not.
            Ok(status) if status.is_success() && code.is_empty() => Self::unreachable(error),
            Ok(status) => {
                let request_id = error.request_id().map(str::to_owned);
                Self::Refused { status, code: code.to_owned(), request_id }
            }
            Err(_) => Self::unreachable(error),
        }
    }
}

impl Bucket {
    pub(crate) fn new(
        client: impl FnOnce() -> Client + Send + 'static,
        name: &str,
        region: &str,
        endpoint: Option<&str>,
    ) -> Result<Self, BadBucket> {
        // As the SDK addresses it: a certificate covers no dots.
        let address = match endpoint {
            Some(endpoint) => endpoint.to_owned(),
            None if name.contains('.') => format!("https://s3.{region}.{}", dns_suffix(region)),
            None => format!("https://{name}.s3.{region}.{}", dns_suffix(region)),
        };
        let origin = address
            .parse()
            .ok()
            .and_then(|uri: Uri| Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?)));
        let Some(origin) = origin else { return Err(BadBucket { bucket: name.to_owned(), address }) };
        Ok(Self { client: Arc::new(LazyLock::new(Box::new(client))), name: name.to_owned(), origin })
    }

    /// The same bucket by another client, like one with a test's faults between it and the network.
    pub fn through(self, between: impl FnOnce(Client) -> Client) -> Self {
        let client = between((**self.client).clone());
        Self { client: Arc::new(LazyLock::new(Box::new(move || client))), ..self }
    }

    /// Stores an object whole. Doing it again stores the same. A bucket that locks objects by default takes
    /// none of these: it wants a checksum.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn put(&self, key: &str, content_type: &str, content: Bytes) -> Result<(), BucketFailure> {
        let put = self.client.put_object().bucket(&self.name).key(key);
        let put = put.content_type(content_type).body(content.into());
        // TLS keeps it whole on the way.
        put.customize().disable_payload_signing().send().await?;
        Ok(())
    }

    /// An object, whole.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn get(&self, key: &str) -> Result<Bytes, BucketFailure> {
        let got = self.client.get_object().bucket(&self.name).key(key).send().await?;
        Ok(got.body.collect().await.map_err(BucketFailure::unreachable)?.into_bytes())
    }

    /// Whether an object is there.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts; [`BucketFailure::NotFound`] if it is not.
    pub async fn look(&self, key: &str) -> Result<(), BucketFailure> {
        self.client.head_object().bucket(&self.name).key(key).send().await?;
        Ok(())
    }

    /// Lets the bucket's own lifecycle delete an object, which is tagged as [`crate::DELIVERED`] for that, in
    /// place of any other tags.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts. That there is no such object, or that it can't be tagged, is none.
    pub async fn release(&self, key: &str) -> Result<(), BucketFailure> {
        match self.tag_delivered(key).await {
            // What is not there needs no deletion.
            Ok(()) | Err(BucketFailure::NotFound) => Ok(()),
            // What has expired is not there: to us, who may not list objects, S3 says that as a refusal.
            // Were it there, it would be kept for longer, which is no reason to try again.
            Err(error) if error.is_lasting_refusal() => {
                tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a sound can't be tagged as delivered");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn tag_delivered(&self, key: &str) -> Result<(), BucketFailure> {
        let (name, value) = crate::DELIVERED;
        let tag = Tag::builder().key(name).value(value).build().map_err(BucketFailure::unreachable)?;
        let tagging = Tagging::builder().tag_set(tag).build().map_err(BucketFailure::unreachable)?;
        self.client.put_object_tagging().bucket(&self.name).key(key).tagging(tagging).send().await?;
        Ok(())
    }

    /// Deletes whatever begins with `prefix`: each version, also those that an overwriting or a
    /// deletion has hidden, and the marks that hide them. `prefix` must name one recording.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts; some versions may be gone.
    pub async fn delete_versions(&self, prefix: &str) -> Result<(), BucketFailure> {
        let (mut key_marker, mut version_marker) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .prefix(prefix)
                .set_key_marker(key_marker)
                .set_version_id_marker(version_marker)
                .send()
                .await?;
            let versions = page.versions().iter().map(|it| (it.key(), it.version_id()));
            let markers = page.delete_markers().iter().map(|it| (it.key(), it.version_id()));
            for (key, version_id) in versions.chain(markers) {
                self.client
                    .delete_object()
                    .bucket(&self.name)
                    .set_key(key.map(str::to_owned))
                    .set_version_id(version_id.map(str::to_owned))
                    .send()
                    .await?;
            }
            if page.is_truncated() != Some(true) {
                return Ok(());
            }
            (key_marker, version_marker) = (page.next_key_marker, page.next_version_id_marker);
        }
    }

    /// A URL by which anybody can get the object for as long as this, and as long as the credentials
    /// last; a browser gets it as `disposition` says, like `inline`.
    ///
    /// # Errors
    /// [`BucketFailure`]: nothing is asked for over the network, so there is something wrong here.
    pub async fn presigned_get(
        &self,
        key: &str,
        disposition: &str,
        works_for: Duration,
    ) -> Result<String, BucketFailure> {
        // S3 holds it against its own clock.
        let presigning = PresigningConfig::expires_in(works_for).map_err(BucketFailure::unreachable)?;
        let get = self.client.get_object().bucket(&self.name).key(key);
        let signed = get.response_content_disposition(disposition).presigned(presigning).await?;
        Ok(signed.uri().to_owned())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Scheme and host of every such URL, as a content security policy names it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Begins an object that comes in parts. Nothing can be seen of it before it is [finished](Upload::finish).
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn begin<'a>(&'a self, key: &'a str, content_type: &str) -> Result<Upload<'a>, BucketFailure> {
        let create = self.client.create_multipart_upload().bucket(&self.name).key(key);
        let created = create.content_type(content_type).send().await?;
        let id = created.upload_id.ok_or_else(|| BucketFailure::unreachable("an upload without a name"))?;
        Ok(Upload { bucket: self, key, id, parts: Vec::new() })
    }
}

/// An object that comes in parts.
#[derive(Debug)]
pub struct Upload<'a> {
    bucket: &'a Bucket,
    key: &'a str,
    id: String,
    parts: Vec<CompletedPart>,
}

impl Upload<'_> {
    /// The next part: at least 5 MiB, but for the last one.
    ///
    /// # Errors
    /// [`BucketFailure`], after three attempts.
    pub async fn part(&mut self, content: Bytes) -> Result<(), BucketFailure> {
        let Self { bucket, key, id, parts } = self;
        // S3 takes 10,000 parts.
        let number = i32::try_from(parts.len() + 1).map_err(BucketFailure::unreachable)?;
        let upload = bucket.client.upload_part().bucket(&bucket.name).key(*key).upload_id(&*id);
        let upload = upload.part_number(number).body(content.into());
        // TLS keeps it whole on the way.
        let uploaded = upload.customize().disable_payload_signing().send().await?;
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(uploaded.e_tag).build());
        Ok(())
    }

    /// Makes the object, from its parts.
    ///
    /// # Errors
    /// [`BucketFailure`]: there is no telling then whether the object is there.
    pub async fn finish(self) -> Result<(), BucketFailure> {
        let Self { bucket, key, id, parts } = self;
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = bucket.client.complete_multipart_upload().bucket(&bucket.name).key(key);
        let complete = complete.upload_id(id).multipart_upload(parts).customize();
        // Once only: the upload's name is gone when the first attempt did it and its answer was lost.
        let once = Builder::new().retry_config(RetryConfig::disabled());
        complete.config_override(once).send().await?;
        Ok(())
    }

    /// Gives up. What this leaves behind when it fails too, the bucket's lifecycle removes.
    pub async fn abandon(self) {
        let Self { bucket, key, id, .. } = self;
        let abort = bucket.client.abort_multipart_upload().bucket(&bucket.name).key(key);
        let _ = abort.upload_id(id).send().await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll};

    use aws_credential_types::Credentials;
    use axum::Router;
    use axum::body::{Body, HttpBody};
    use axum::extract::State;
    use axum::http::{HeaderMap, Method};
    use axum::response::{IntoResponse, Response};
    use hyper::body::Frame;

    use super::*;
    use crate::test_server::{self, Asked, count, serve};
    use crate::{Aws, Endpoints, Service};

    const KEY: &str = "voicemails/14155550100/2026/11/21/RE0123456789abcdef.wav";
    const DISPOSITION: &str = "attachment; filename=\"voicemail 2026.wav\"";

    fn bucket(
        region: &str,
        name: &str,
        endpoint: Option<&str>,
        token: Option<&str>,
    ) -> Result<Bucket, BadBucket> {
        let credentials =
            Credentials::new("AKIDEXAMPLE", "wJalr/XUtn+FEMI", token.map(str::to_owned), None, "test");
        let endpoints = Endpoints::default();
        let endpoints = match endpoint {
            Some(endpoint) => endpoints.with(Service::S3, endpoint),
            None => endpoints,
        };
        Aws::new(region.to_owned(), credentials, endpoints).bucket(name)
    }

    /// Everything before the query, and the query's parameters.
    fn parts(url: &str) -> (String, BTreeMap<String, String>) {
        let (place, query) = url.split_once('?').unwrap();
        (place.to_owned(), form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    #[tokio::test]
    async fn a_link_leads_to_the_bucket_in_its_partition_for_its_time() {
        let cases = [
            ("us-east-1", "audio", None, None, "https://audio.s3.us-east-1.amazonaws.com"),
            (
                "eu-central-1",
                "audio",
                None,
                Some("session/token+=="),
                "https://audio.s3.eu-central-1.amazonaws.com",
            ),
            (
                "eu-central-1",
                "audio.example.com",
                None,
                None,
                "https://s3.eu-central-1.amazonaws.com/audio.example.com",
            ),
            ("cn-north-1", "audio", None, Some("token"), "https://audio.s3.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "audio", None, None, "https://audio.s3.us-gov-west-1.amazonaws.com"),
            ("us-iso-east-1", "audio", None, None, "https://audio.s3.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "audio", None, None, "https://audio.s3.us-isob-east-1.sc2s.sgov.gov"),
            ("eu-isoe-west-1", "audio", None, None, "https://audio.s3.eu-isoe-west-1.cloud.adc-e.uk"),
            ("us-isof-south-1", "audio", None, None, "https://audio.s3.us-isof-south-1.csp.hci.ic.gov"),
            ("eusc-de-east-1", "audio", None, None, "https://audio.s3.eusc-de-east-1.amazonaws.eu"),
            (
                "us-east-1",
                "audio",
                Some("http://127.0.0.1:9000"),
                Some("token"),
                "http://127.0.0.1:9000/audio",
            ),
            (
                "us-east-1",
                "audio",
                Some("http://127.0.0.1:9000/below/"),
                None,
                "http://127.0.0.1:9000/below/audio",
            ),
        ];
        for (region, name, endpoint, token, at) in cases {
            let bucket = bucket(region, name, endpoint, token).unwrap();
            let link = bucket.presigned_get(KEY, DISPOSITION, Duration::from_mins(15)).await.unwrap();
            let (place, query) = parts(&link);
            assert_eq!(place, format!("{at}/{KEY}"));
            let origin = bucket.origin();
            assert!(at == origin || at.starts_with(&format!("{origin}/")), "{at} is not of {origin}");
            assert!(!origin[8..].contains('/'), "{origin}");
            assert_eq!(query["X-Amz-Expires"], "900");
            assert_eq!(query["response-content-disposition"], DISPOSITION);
            assert_eq!(query.get("X-Amz-Security-Token").map(String::as_str), token);
            // What a browser would have to send besides.
            assert_eq!(query["X-Amz-SignedHeaders"], "host");
            let scope = query["X-Amz-Credential"].split('/').skip(2).collect::<Vec<_>>();
            assert_eq!(scope, [region, "s3", "aws4_request"]);
        }
    }

    #[test]
    fn an_address_that_is_none_is_an_error() {
        let error = bucket("us-east-1", "sound", Some("nowhere"), None).unwrap_err();
        assert_eq!(error.to_string(), "\"sound\" at \"nowhere\" is no bucket of S3");
        assert!(bucket("us-east-1", "so und", None, None).is_err());
    }

    /// A bucket that answers with what `answer` makes of the number of a request, from 1.
    async fn answering<R: IntoResponse>(
        answer: impl Fn(usize) -> R + Clone + Send + Sync + 'static,
    ) -> (Bucket, Asked) {
        let (aws, asked) = test_server::answering(answer).await;
        (aws.bucket("audio").unwrap(), asked)
    }

    fn refusal(status: u16, code: &str) -> Response {
        let xml = format!("<Error><Code>{code}</Code><Message/></Error>");
        (StatusCode::from_u16(status).unwrap(), xml).into_response()
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_three_times_and_a_refusal_once() {
        for (status, code, attempts) in [
            (500, "InternalError", 3),
            (503, "SlowDown", 3),
            (400, "RequestTimeout", 3),
            (403, "AccessDenied", 1),
            (400, "MalformedXML", 1),
        ] {
            let (bucket, asked) = answering(move |_| refusal(status, code)).await;
            let failure = bucket.put("RE1.wav", "audio/x-wav", "RIFFsound".into()).await.unwrap_err();
            let told = format!("S3 answers {}: {code}", StatusCode::from_u16(status).unwrap());
            assert_eq!((failure.to_string(), count(&asked)), (told, attempts));
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_with_its_request_and_without_the_object() {
        let (bucket, _) = answering(|_| {
            let xml = format!(
                "<Error><Code>AccessDenied</Code><Message>no s3:PutObject on {KEY}</Message></Error>"
            );
            (StatusCode::FORBIDDEN, [("x-amz-request-id", "4442587FB7D0A2F9")], xml).into_response()
        })
        .await;
        let failure = bucket.put(KEY, "audio/x-wav", "RIFFsound".into()).await.unwrap_err();
        assert_eq!(failure.to_string(), "S3 answers 403 Forbidden: AccessDenied, request 4442587FB7D0A2F9");
        assert!(failure.is_lasting_refusal() && failure.source().is_none());
    }

    #[tokio::test]
    async fn retries_are_not_used_up_by_an_outage() {
        let (bucket, asked) = answering(|_| refusal(503, "SlowDown")).await;
        let calls = (0..200).map(|_| bucket.look("RE1.wav"));
        let failures = futures_util::future::join_all(calls).await;
        assert!(failures.iter().all(Result::is_err));
        assert_eq!(count(&asked), 3 * 200);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_waits_twenty_seconds_and_no_longer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bucket = Aws::emulated(Endpoints::default().with(Service::S3, url)).bucket("audio").unwrap();
        let asked_at = tokio::time::Instant::now();
        let failure = bucket.get("RE1.wav").await.unwrap_err();
        assert!(matches!(failure, BucketFailure::Unreachable(_)), "{failure}");
        assert_eq!(asked_at.elapsed().as_secs(), 60);
    }

    #[tokio::test]
    async fn a_refusal_in_words_that_are_none_of_s3s_is_one_too() {
        let (bucket, _) = answering(|_| (StatusCode::FORBIDDEN, "<html>").into_response()).await;
        for failure in [bucket.get("a").await.unwrap_err(), bucket.look("a").await.unwrap_err()] {
            let BucketFailure::Refused { status, code, .. } = failure else { panic!("{failure}") };
            assert_eq!((status, code.as_str()), (StatusCode::FORBIDDEN, ""));
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_found_whatever_is_asked_of_it() {
        let (bucket, _) = answering(|_| refusal(404, "NoSuchKey")).await;
        let failures = [
            bucket.get("a").await.unwrap_err(),
            bucket.look("a").await.unwrap_err(),
            bucket.tag_delivered("a").await.unwrap_err(),
        ];
        for failure in failures {
            assert!(matches!(failure, BucketFailure::NotFound), "{failure}");
        }
        let (bucket, _) = answering(|_| refusal(404, "NoSuchBucket")).await;
        let failure = bucket.tag_delivered("a").await.unwrap_err();
        assert_eq!(failure.to_string(), "S3 answers 404 Not Found: NoSuchBucket");
    }

    #[tokio::test]
    async fn what_can_never_be_tagged_is_released_and_what_may_be_is_not() {
        for (status, code, is_released) in [
            (404, "NoSuchKey", true),
            (403, "AccessDenied", true),
            (405, "MethodNotAllowed", true),
            (404, "NoSuchBucket", false),
            (400, "MalformedXML", false),
            (503, "SlowDown", false),
        ] {
            let (bucket, _) = answering(move |_| refusal(status, code)).await;
            assert_eq!(bucket.release(KEY).await.is_ok(), is_released, "{status} {code}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_asked_for_again() {
        let (bucket, asked) = answering(|number| match number {
            1 => ([("content-length", "9")], Body::new(Half(false))).into_response(),
            _ => "RIFFsound".into_response(),
        })
        .await;
        assert_eq!(bucket.get("RE1.wav").await.unwrap(), "RIFFsound");
        assert_eq!(count(&asked), 2);
    }

    /// A body of which half comes, and then the connection ends; whether that half has come.
    struct Half(bool);

    impl HttpBody for Half {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            Poll::Ready(Some(if std::mem::replace(&mut self.0, true) {
                Err("the connection ends".into())
            } else {
                Ok(Frame::data(Bytes::from_static(b"RIFF")))
            }))
        }
    }

    #[tokio::test]
    async fn sound_is_sent_without_a_checksum_and_tags_with_one() {
        let (bucket, asked) = answering(|number| match number {
            2 => "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>"
                .into_response(),
            _ => [("etag", "\"e\"")].into_response(),
        })
        .await;
        bucket.put("RE1.wav", "audio/x-wav", "RIFFsound".into()).await.unwrap();
        let mut upload = bucket.begin("RE2.wav", "audio/x-wav").await.unwrap();
        upload.part("RIFF".into()).await.unwrap();
        bucket.release("RE1.wav").await.unwrap();
        let asked = asked.lock().unwrap();
        let has_checksum = |headers: &HeaderMap| {
            headers
                .keys()
                .any(|name| name.as_str().starts_with("x-amz-checksum-") || name == "content-encoding")
        };
        for (nth, length) in [(0, 9), (2, 4)] {
            let (path, headers, sent) = &asked[nth];
            assert_eq!(headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD", "{path}");
            assert!(!has_checksum(headers), "{path} {headers:?}");
            assert_eq!(*sent, length);
        }
        assert!(!has_checksum(&asked[1].1));
        let (path, headers, _) = &asked[3];
        assert!(path.contains("tagging") && has_checksum(headers), "{path} {headers:?}");
    }

    #[tokio::test]
    async fn an_upload_is_finished_once_only_and_s3_may_take_its_yes_back() {
        for (answer, told) in [
            (
                (500, "<Error><Code>InternalError</Code></Error>"),
                "S3 answers 500 Internal Server Error: InternalError",
            ),
            ((200, " <Error><Code>InternalError</Code></Error>"), "S3 answers 200 OK: InternalError"),
            ((200, "<html>"), "S3 can't be reached"),
        ] {
            let (bucket, asked) = answering(move |number| match number {
                1 => "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>"
                    .into_response(),
                2 => [("etag", "\"e\"")].into_response(),
                _ => (StatusCode::from_u16(answer.0).unwrap(), answer.1).into_response(),
            })
            .await;
            let mut upload = bucket.begin("RE1.wav", "audio/x-wav").await.unwrap();
            upload.part("RIFF".into()).await.unwrap();
            let failure = upload.finish().await.unwrap_err();
            assert_eq!((failure.to_string().as_str(), count(&asked)), (told, 3));
        }
    }

    /// What is left, as key, version and kind; a page lists one of them.
    type Kept = Arc<Mutex<Vec<(&'static str, &'static str, &'static str)>>>;

    async fn keep(State(kept): State<Kept>, method: Method, uri: Uri) -> String {
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let query: HashMap<String, String> = query.into_owned().collect();
        let mut kept = kept.lock().unwrap();
        if method == Method::DELETE {
            let key = uri.path().strip_prefix("/audio/").unwrap().to_owned();
            kept.retain(|it| (it.0, it.1) != (key.as_str(), query["versionId"].as_str()));
            return String::new();
        }
        assert!(query.contains_key("versions"));
        let after = (query.get("key-marker"), query.get("version-id-marker"));
        let mut listed = kept.iter().filter(|it| {
            it.0.starts_with(&query["prefix"])
                && after.0.is_none_or(|key| (it.0, it.1) > (key.as_str(), after.1.unwrap().as_str()))
        });
        let first = listed.next().map_or_else(String::new, |(key, version, kind)| {
            format!(
                "<{kind}><Key>{key}</Key><VersionId>{version}</VersionId></{kind}>\
                 <NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{version}</NextVersionIdMarker>"
            )
        });
        let truncated = listed.next().is_some();
        format!("<ListVersionsResult><IsTruncated>{truncated}</IsTruncated>{first}</ListVersionsResult>")
    }

    #[tokio::test]
    async fn every_version_and_mark_goes_over_all_pages_and_no_more() {
        let kept: Kept = Arc::new(Mutex::new(vec![
            ("a/RE1.wav", "1", "Version"),
            ("a/RE1.wav", "2", "Version"),
            ("a/RE1.wav", "3", "DeleteMarker"),
            ("a/RE2.wav", "1", "Version"),
            ("b/RE1.wav", "1", "Version"),
        ]));
        let router = Router::new().fallback(keep).with_state(kept.clone());
        let bucket = serve(router).await.bucket("audio").unwrap();
        for _ in 0..2 {
            bucket.delete_versions("a/RE1.wav").await.unwrap();
            assert_eq!(*kept.lock().unwrap(), [("a/RE2.wav", "1", "Version"), ("b/RE1.wav", "1", "Version")]);
        }
    }
}

//! S3 in this process: one bucket, kept as files in a folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws::{Aws, Endpoints, Service};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Method, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use s3s::{
    auth::SimpleAuth,
    crypto::{Checksum as _, Md5},
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use thiserror::Error;

use crate::front::Front;
use crate::server::{Server, unhurried};

/// Why the bucket does not run.
#[derive(Debug, Error)]
pub enum BucketError {
    /// The name is not one that S3 allows.
    #[error("{0:?} is no name for a bucket")]
    Name(String),
    /// The folder cannot be used.
    #[error("the bucket's folder cannot be used: {0}")]
    Folder(String),
    /// The port is taken, or the bucket's own folder cannot be made.
    #[error("the bucket cannot be reached")]
    Io(#[from] std::io::Error),
}

/// A running S3 with one bucket. It stops when it is dropped; the objects stay.
///
/// It takes the key pair `test`/`test` and wants every request signed, in a header or in the URL
/// (presigned). Buckets are addressed by path.
#[derive(Debug)]
pub struct Bucket {
    server: Server,
    name: String,
    tags: Tags,
}

/// The tags of objects, by path, as the XML that was put.
type Tags = Arc<Mutex<HashMap<String, String>>>;

impl Bucket {
    /// Serves `folder`, which must exist, on loopback port `port` (0: any free one), with the
    /// bucket `name` in it, which is made when it does not exist.
    ///
    /// # Errors
    /// The port is taken, the folder cannot be used or the name is not allowed.
    pub async fn start(folder: &Path, name: &str, port: u16) -> Result<Self, BucketError> {
        if !s3s::path::check_bucket_name(name) {
            return Err(BucketError::Name(name.to_owned()));
        }
        tokio::fs::create_dir_all(folder.join(name)).await?;
        let files = FileSystem::new(folder).map_err(|error| BucketError::Folder(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single("test", "test"));
        let service = service.build();
        let folder = folder.to_owned();
        let tags = Tags::default();
        let known = tags.clone();
        let router = Router::new()
            .fallback(move |request| answer(service.clone(), folder.clone(), known.clone(), request));
        Ok(Self { server: Server::start_router(port, router).await?, name: name.to_owned(), tags })
    }

    /// The address for clients, like `http://127.0.0.1:8002`.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The keys of the objects that are tagged so, as a rule of the bucket's lifecycle finds them.
    pub fn tagged(&self, name: &str, value: &str) -> Vec<String> {
        let tag = format!("<Tag><Key>{name}</Key><Value>{value}</Value></Tag>");
        let tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        let tagged = tags.iter().filter(|(_, xml)| xml.contains(&tag));
        let mut keys: Vec<String> =
            tagged.filter_map(|(path, _)| Some(path.split_once('/')?.1.to_owned())).collect();
        keys.sort();
        keys
    }

    /// The door that clients go through, to make the bucket unreachable or silent.
    pub fn front(&self) -> &Front {
        self.server.front()
    }

    /// A client that the faults of the front do not reach.
    pub fn backstage_client(&self) -> aws_sdk_s3::Client {
        let endpoints = Endpoints::default().with(Service::S3, self.server.backstage());
        unhurried!(Aws::emulated(endpoints).s3(), aws_sdk_s3)
    }

    /// Lets requests that are under way finish, and stops.
    pub async fn shut_down(self) {
        self.server.shut_down().await;
    }
}

/// The versions of the objects of a bucket that keeps none: each has one, named `null`.
///
/// The files' store knows no versions, so this is answered in its place, and signed by nobody.
async fn versions(folder: &Path, bucket: &str, prefix: &str) -> std::io::Result<String> {
    let root = folder.join(bucket);
    let (mut folders, mut keys) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        let mut entries = tokio::fs::read_dir(&folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if entry.file_type().await?.is_dir() {
                folders.push(path);
            } else if let Some(key) = path.strip_prefix(&root).ok().and_then(Path::to_str) {
                keys.extend(key.starts_with(prefix).then(|| key.to_owned()));
            }
        }
    }
    keys.sort();
    let version = |key: &String| {
        format!("<Version><Key>{key}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest></Version>")
    };
    let versions: String = keys.iter().map(version).collect();
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name>\
         <IsTruncated>false</IsTruncated>{versions}</ListVersionsResult>"
    ))
}

/// The prefix of the versions that a request lists; none if it asks for something else.
fn versions_prefix(request: &Request) -> Option<String> {
    let query = request.uri().query().filter(|_| request.method() == Method::GET)?;
    let parameters: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    parameters.contains_key("versions").then(|| parameters.get("prefix").cloned().unwrap_or_default())
}

/// Puts the tags of an object, which the files' store does not know either.
async fn put_tags(folder: &Path, tags: &Tags, request: Request) -> axum::response::Response {
    let path = request.uri().path().trim_matches('/').to_owned();
    let error = |status: StatusCode, code: &str| {
        (status, [(CONTENT_TYPE, "application/xml")], format!("<Error><Code>{code}</Code></Error>"))
            .into_response()
    };
    let digest =
        request.headers().get("content-md5").and_then(|value| value.to_str().ok().map(str::to_owned));
    let checksummed = request.headers().keys().any(|name| name.as_str().starts_with("x-amz-checksum-"));
    let Ok(body) = axum::body::to_bytes(request.into_body(), 10_000).await else {
        return error(StatusCode::BAD_REQUEST, "IncompleteBody");
    };
    match digest {
        Some(digest) if digest != BASE64.encode(Md5::checksum(&body)) => {
            return error(StatusCode::BAD_REQUEST, "BadDigest");
        }
        None if !checksummed => return error(StatusCode::BAD_REQUEST, "InvalidRequest"),
        _ => {}
    }
    if !tokio::fs::try_exists(folder.join(&path)).await.unwrap_or(false) {
        return error(StatusCode::NOT_FOUND, "NoSuchKey");
    }
    let xml = String::from_utf8_lossy(&body).into_owned();
    tags.lock().unwrap_or_else(PoisonError::into_inner).insert(path, xml);
    StatusCode::OK.into_response()
}

async fn answer(
    service: S3Service,
    folder: PathBuf,
    tags: Tags,
    request: Request,
) -> axum::response::Response {
    let is_tagging = request
        .uri()
        .query()
        .is_some_and(|query| query.split('&').any(|it| it.split('=').next() == Some("tagging")));
    if is_tagging && request.method() == Method::PUT {
        return put_tags(&folder, &tags, request).await;
    }
    if [Method::PUT, Method::POST, Method::DELETE].contains(request.method()) {
        // What is stored anew, or deleted, has no tags.
        let path = request.uri().path().trim_matches('/').to_owned();
        tags.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
    }
    if let Some(prefix) = versions_prefix(&request) {
        let bucket = request.uri().path().trim_matches('/').to_owned();
        return match versions(&folder, &bucket, &prefix).await {
            Ok(xml) => ([(CONTENT_TYPE, "application/xml")], xml).into_response(),
            Err(error) => {
                tracing::error!(?error, "the bucket can't be listed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        };
    }
    match service.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!(?error, "the bucket failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_s3::{
        Client,
        error::ProvideErrorMetadata,
        presigning::PresigningConfig,
        primitives::ByteStream,
        types::{CompletedMultipartUpload, CompletedPart},
    };

    use super::*;
    use crate::{browser::open, front::Reach, place::Folders};

    async fn bucket() -> (Folders, Bucket, Client) {
        let folders = Folders::temporary().unwrap();
        let bucket = Bucket::start(&folders.bucket(), "recordings", 0).await.unwrap();
        let client = client_at(&bucket);
        (folders, bucket, client)
    }

    fn client_at(bucket: &Bucket) -> Client {
        Aws::emulated(Endpoints::default().with(Service::S3, bucket.endpoint())).s3()
    }

    async fn put(client: &Client, key: &str, bytes: &'static [u8]) {
        client
            .put_object()
            .bucket("recordings")
            .key(key)
            .content_type("audio/x-wav")
            .metadata("recording-sid", "RE1")
            .body(ByteStream::from_static(bytes))
            .send()
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_is_put_is_got_with_its_type_and_metadata() {
        let (_folders, _bucket, client) = bucket().await;
        put(&client, "2026/11/RE1.wav", b"RIFFsound").await;

        let get = client.get_object().bucket("recordings").key("2026/11/RE1.wav");
        let got = get.send().await.unwrap();
        assert_eq!(got.content_type(), Some("audio/x-wav"));
        assert_eq!(got.metadata().unwrap()["recording-sid"], "RE1");
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b"RIFFsound");

        let head = client.head_object().bucket("recordings").key("2026/11/RE1.wav");
        assert_eq!(head.send().await.unwrap().content_length(), Some(9));
    }

    #[tokio::test]
    async fn a_range_is_got_alone() {
        let (_folders, _bucket, client) = bucket().await;
        put(&client, "RE1.wav", b"RIFFsound").await;
        let get = client.get_object().bucket("recordings").key("RE1.wav");
        let got = get.range("bytes=4-").send().await.unwrap();
        assert_eq!(got.content_range(), Some("bytes 4-8/9"));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b"sound");
    }

    #[tokio::test]
    async fn an_object_that_was_never_put_is_no_such_key() {
        let (_folders, _bucket, client) = bucket().await;
        let get = client.get_object().bucket("recordings").key("nothing");
        let error = get.send().await.unwrap_err();
        assert_eq!(error.code(), Some("NoSuchKey"));
        let head = client.head_object().bucket("recordings").key("nothing");
        assert!(head.send().await.unwrap_err().into_service_error().is_not_found());
    }

    #[tokio::test]
    async fn an_upload_in_parts_becomes_one_object() {
        const PART: usize = 5 * 1024 * 1024;
        let (_folders, _bucket, client) = bucket().await;
        let upload = client
            .create_multipart_upload()
            .bucket("recordings")
            .key("long.wav")
            .content_type("audio/x-wav")
            .metadata("recording-sid", "RE1")
            .send()
            .await
            .unwrap();
        let upload_id = upload.upload_id().unwrap();
        let mut parts = Vec::new();
        for (number, bytes) in [(1, vec![b'a'; PART]), (2, b"end".to_vec())] {
            let part = client
                .upload_part()
                .bucket("recordings")
                .key("long.wav")
                .upload_id(upload_id)
                .part_number(number)
                .body(bytes.into())
                .send()
                .await
                .unwrap();
            parts.push(CompletedPart::builder().part_number(number).e_tag(part.e_tag().unwrap()).build());
        }
        client
            .complete_multipart_upload()
            .bucket("recordings")
            .key("long.wav")
            .upload_id(upload_id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await
            .unwrap();

        let head = client.head_object().bucket("recordings").key("long.wav");
        let head = head.send().await.unwrap();
        assert_eq!(head.content_length(), Some(5 * 1024 * 1024 + 3));
        assert_eq!(head.content_type(), Some("audio/x-wav"));
        assert_eq!(head.metadata().unwrap()["recording-sid"], "RE1");
    }

    #[tokio::test]
    async fn an_aborted_upload_leaves_nothing() {
        let (_folders, _bucket, client) = bucket().await;
        let create = client.create_multipart_upload().bucket("recordings").key("long.wav");
        let upload = create.send().await.unwrap();
        let upload_id = upload.upload_id().unwrap();
        client
            .upload_part()
            .bucket("recordings")
            .key("long.wav")
            .upload_id(upload_id)
            .part_number(1)
            .body(ByteStream::from_static(b"part"))
            .send()
            .await
            .unwrap();
        client
            .abort_multipart_upload()
            .bucket("recordings")
            .key("long.wav")
            .upload_id(upload_id)
            .send()
            .await
            .unwrap();
        let get = client.get_object().bucket("recordings").key("long.wav");
        assert_eq!(get.send().await.unwrap_err().code(), Some("NoSuchKey"));
    }

    #[tokio::test]
    async fn what_begins_alike_is_listed_by_version_and_deleted() {
        let (_folders, _bucket, client) = bucket().await;
        for key in ["2026/RE1.wav", "2026/RE2.wav", "2027/RE1.wav"] {
            put(&client, key, b"RIFFsound").await;
        }
        let list = client.list_object_versions().bucket("recordings").prefix("2026/");
        let listed = list.clone().send().await.unwrap();
        let keys: Vec<_> = listed.versions().iter().map(|it| (it.key().unwrap(), it.version_id())).collect();
        assert_eq!(keys, [("2026/RE1.wav", Some("null")), ("2026/RE2.wav", Some("null"))]);
        let delete = client.delete_object().bucket("recordings").key("2026/RE1.wav").version_id("null");
        delete.send().await.unwrap();
        assert_eq!(list.send().await.unwrap().versions().len(), 1);
    }

    #[tokio::test]
    async fn a_presigned_link_needs_no_credentials_and_names_the_download() {
        let (_folders, bucket, client) = bucket().await;
        put(&client, "RE1.wav", b"RIFFsound").await;
        let link = client
            .get_object()
            .bucket("recordings")
            .key("RE1.wav")
            .response_content_disposition("attachment; filename=\"voicemail.wav\"")
            .presigned(PresigningConfig::expires_in(Duration::from_mins(1)).unwrap())
            .await
            .unwrap();
        let page = open(link.uri()).await;
        assert_eq!((page.status, page.text()), (200, "RIFFsound"));
        assert_eq!(page.header("content-disposition"), ["attachment; filename=\"voicemail.wav\""]);

        let unsigned = open(&format!("{}/recordings/RE1.wav", bucket.endpoint())).await;
        assert_eq!(unsigned.status, 403);
    }

    fn ours(bucket: &Bucket) -> aws::Bucket {
        let endpoints = Endpoints::default().with(Service::S3, bucket.endpoint());
        Aws::emulated(endpoints).bucket("recordings").unwrap()
    }

    #[tokio::test]
    async fn what_the_functions_put_the_sdk_gets_and_the_other_way_round() {
        let (_folders, bucket, client) = bucket().await;
        let ours = ours(&bucket);
        let key = "voicemails/+1 415/a~b&c=d.wav";
        ours.put(key, "audio/x-wav", "RIFFsound".into()).await.unwrap();
        let got = client.get_object().bucket("recordings").key(key).send().await.unwrap();
        assert_eq!(got.content_type(), Some("audio/x-wav"));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b"RIFFsound");

        put(&client, "RE2.wav", b"RIFFother").await;
        assert_eq!(ours.get("RE2.wav").await.unwrap(), b"RIFFother".as_slice());
        assert!(matches!(ours.get("RE3.wav").await, Err(aws::BucketFailure::NotFound)));
    }

    #[tokio::test]
    async fn what_is_tagged_as_delivered_stays_so_until_it_is_put_anew() {
        let (_folders, bucket, client) = bucket().await;
        let ours = ours(&bucket);
        let (name, value) = aws::DELIVERED;
        ours.release("RE1.wav").await.unwrap();
        assert!(bucket.tagged(name, value).is_empty());
        assert!(matches!(ours.look("RE1.wav").await, Err(aws::BucketFailure::NotFound)));
        put(&client, "RE1.wav", b"RIFFsound").await;
        put(&client, "RE2.wav", b"RIFFsound").await;
        ours.look("RE1.wav").await.unwrap();
        ours.release("RE1.wav").await.unwrap();
        assert_eq!(bucket.tagged(name, value), ["RE1.wav"]);
        put(&client, "RE1.wav", b"RIFFother").await;
        assert!(bucket.tagged(name, value).is_empty());
    }

    #[tokio::test]
    async fn a_link_of_the_functions_opens_and_an_altered_one_does_not() {
        let (_folders, bucket, client) = bucket().await;
        put(&client, "RE1.wav", b"RIFFsound").await;
        let link = ours(&bucket).presigned_get("RE1.wav", "inline", Duration::from_mins(1)).await.unwrap();
        assert_eq!(open(&link).await.text(), "RIFFsound");
        assert_eq!(open(&link.replace("RE1.wav", "RE2.wav")).await.status, 403);
    }

    #[tokio::test]
    async fn an_abandoned_upload_in_parts_leaves_nothing() {
        const PART: usize = 5 * 1024 * 1024;
        let (_folders, bucket, client) = bucket().await;
        let ours = ours(&bucket);
        let mut upload = ours.begin("long.wav", "audio/x-wav").await.unwrap();
        upload.part(vec![b'a'; PART].into()).await.unwrap();
        upload.part("end".into()).await.unwrap();
        upload.finish().await.unwrap();
        let head = client.head_object().bucket("recordings").key("long.wav").send().await.unwrap();
        assert_eq!(head.content_length(), Some(5 * 1024 * 1024 + 3));
        assert_eq!(head.content_type(), Some("audio/x-wav"));

        let mut upload = ours.begin("abandoned.wav", "audio/x-wav").await.unwrap();
        upload.part("part".into()).await.unwrap();
        upload.abandon().await;
        assert!(matches!(ours.get("abandoned.wav").await, Err(aws::BucketFailure::NotFound)));
    }

    #[tokio::test]
    async fn a_bucket_out_of_reach_fails_and_is_there_again_afterwards() {
        let (_folders, bucket, client) = bucket().await;
        put(&client, "RE1.wav", b"RIFFsound").await;
        let ours = ours(&bucket);
        bucket.front().set(Reach::Refused).await.unwrap();
        assert!(matches!(ours.get("RE1.wav").await, Err(aws::BucketFailure::Unreachable(_))));
        bucket.front().set(Reach::Open).await.unwrap();
        ours.get("RE1.wav").await.unwrap();
    }

    #[tokio::test]
    async fn objects_stay_over_a_restart_and_an_outage() {
        let (folders, bucket, client) = bucket().await;
        put(&client, "RE1.wav", b"RIFFsound").await;
        bucket.shut_down().await;

        let bucket = Bucket::start(&folders.bucket(), "recordings", 0).await.unwrap();
        bucket.front().set(Reach::Refused).await.unwrap();
        let client = client_at(&bucket);
        let get = client.get_object().bucket("recordings").key("RE1.wav");
        get.clone().send().await.unwrap_err();
        bucket.front().set(Reach::Open).await.unwrap();
        get.send().await.unwrap();
    }

    #[tokio::test]
    async fn a_name_that_s3_would_refuse_is_refused() {
        let folders = Folders::temporary().unwrap();
        let refused = Bucket::start(&folders.bucket(), "../Outside", 0).await;
        assert!(matches!(refused, Err(BucketError::Name(_))));
    }
}

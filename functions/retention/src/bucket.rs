//! Every version of an object.

use aws_sdk_s3::Client;
use runtime::Failure;

/// Deletes whatever begins with `prefix`: each version, also those that an overwriting or a
/// deletion has hidden, and the marks that hide them. `prefix` must name one recording.
///
/// # Errors
/// S3 does not do it; some versions may be gone.
pub async fn delete_versions(s3: &Client, bucket: &str, prefix: &str) -> Result<(), Failure> {
    let (mut key_marker, mut version_marker) = (None, None);
    loop {
        let page = s3
            .list_object_versions()
            .bucket(bucket)
            .prefix(prefix)
            .set_key_marker(key_marker)
            .set_version_id_marker(version_marker)
            .send()
            .await?;
        let versions = page.versions().iter().map(|it| (it.key(), it.version_id()));
        let markers = page.delete_markers().iter().map(|it| (it.key(), it.version_id()));
        for (key, version_id) in versions.chain(markers) {
            s3.delete_object()
                .bucket(bucket)
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use aws::{Aws, Endpoints, Service};
    use axum::Router;
    use axum::extract::State;
    use axum::http::{Method, Uri};

    use super::*;

    /// What is left, as key, version and kind; a page lists one of them.
    type Kept = Arc<Mutex<Vec<(&'static str, &'static str, &'static str)>>>;

    async fn answer(State(kept): State<Kept>, method: Method, uri: Uri) -> String {
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
    async fn every_version_and_mark_goes_over_all_pages() {
        let kept: Kept = Arc::new(Mutex::new(vec![
            ("a/RE1.wav", "1", "Version"),
            ("a/RE1.wav", "2", "Version"),
            ("a/RE1.wav", "3", "DeleteMarker"),
            ("a/RE2.wav", "1", "Version"),
            ("b/RE1.wav", "1", "Version"),
        ]));
        let router = Router::new().fallback(answer).with_state(kept.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let s3 = Aws::emulated(Endpoints::default().with(Service::S3, url)).s3();
        for _ in 0..2 {
            delete_versions(&s3, "audio", "a/RE1.wav").await.unwrap();
            assert_eq!(*kept.lock().unwrap(), [("a/RE2.wav", "1", "Version"), ("b/RE1.wav", "1", "Version")]);
        }
    }
}

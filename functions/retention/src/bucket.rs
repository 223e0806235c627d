//! Every version of an object.

use aws_sdk_s3::Client;
use webhook::Failure;

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

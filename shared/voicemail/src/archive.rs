//! From Twilio to the bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use phone::PhoneNumber;
use store::{Audio, Voicemail};
use thiserror::Error;
use twilio::{Login, Media, Rest, RestError};

/// What is held in memory at most: the smallest part that S3 takes. A message of five minutes
/// fits into one.
const PART: usize = 5 * 1024 * 1024;

/// Why the sound is not stored yet.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// Twilio does not give it, or not yet.
    #[error("the recording can't be fetched")]
    Twilio(#[from] RestError),
    /// What came is not the sound of a telephone call: an error page, say.
    #[error("what Twilio sent is no WAV sound but {0:?}")]
    NotSound(String),
    /// It broke off.
    #[error("the recording broke off after {received} of {expected} bytes")]
    Incomplete {
        /// In bytes.
        received: u64,
        /// In bytes.
        expected: u64,
    },
    /// S3 does not take it.
    #[error("the recording can't be stored")]
    Bucket(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ArchiveError {
    fn bucket(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Bucket(error.into())
    }
}

/// Fetches the sound of a voicemail and stores it, part by part. Doing it again stores the same.
///
/// # Errors
/// [`ArchiveError`]; nothing half-stored can be seen.
pub async fn archive(
    voicemail: &Voicemail,
    number: &PhoneNumber,
    rest: &Rest,
    login: &Login,
    s3: &Client,
    bucket: &str,
) -> Result<Audio, ArchiveError> {
    let media = rest.recording_media(&voicemail.account_sid, login, &voicemail.recording_sid).await?;
    let content_type = media.content_type.clone();
    if !content_type.starts_with("audio/") {
        return Err(ArchiveError::NotSound(content_type));
    }
    let mut source = Source { media, received: 0 };
    let first = source.part().await?;
    // RIFF, four bytes of length, WAVE.
    if first.len() < 12 || &first[..4] != b"RIFF" || &first[8..12] != b"WAVE" {
        return Err(ArchiveError::NotSound(content_type));
    }
    let key = key(voicemail, number);
    if first.len() < PART {
        source.check_whole()?;
        s3.put_object()
            .bucket(bucket)
            .key(&key)
            .content_type(&content_type)
            .body(ByteStream::from(first))
            .send()
            .await
            .map_err(ArchiveError::bucket)?;
    } else {
        store_in_parts(first, &mut source, s3, bucket, &key, &content_type).await?;
    }
    Ok(Audio { key, size: source.received, content_type })
}

/// By number, date and recording: `voicemails/14155550100/2026/11/21/RE….wav`, in UTC.
fn key(voicemail: &Voicemail, number: &PhoneNumber) -> String {
    let digits = number.reveal().trim_start_matches('+');
    let date = voicemail.recorded_at.strftime("%Y/%m/%d");
    format!("voicemails/{digits}/{date}/{}.wav", voicemail.recording_sid)
}

struct Source {
    media: Media,
    received: u64,
}

impl Source {
    /// The next part: [`PART`] bytes or a little more, or what is left.
    async fn part(&mut self) -> Result<Bytes, ArchiveError> {
        let mut part = BytesMut::new();
        while part.len() < PART {
            let Some(chunk) = self.media.chunk().await? else { break };
            self.received += chunk.len() as u64;
            part.extend_from_slice(&chunk);
        }
        Ok(part.freeze())
    }

    fn check_whole(&self) -> Result<(), ArchiveError> {
        match self.media.content_length {
            Some(expected) if expected != self.received => {
                Err(ArchiveError::Incomplete { received: self.received, expected })
            }
            _ => Ok(()),
        }
    }
}

async fn store_in_parts(
    first: Bytes,
    source: &mut Source,
    s3: &Client,
    bucket: &str,
    key: &str,
    content_type: &str,
) -> Result<(), ArchiveError> {
    let created = s3
        .create_multipart_upload()
        .bucket(bucket)
        .key(key)
        .content_type(content_type)
        .send()
        .await
        .map_err(ArchiveError::bucket)?;
    let upload_id =
        created.upload_id.ok_or_else(|| ArchiveError::bucket("S3 began an upload without a name"))?;
    let parts = match upload_parts(first, source, s3, bucket, key, &upload_id).await {
        Ok(parts) => parts,
        Err(error) => {
            // Parts that are left behind cost money; the bucket's lifecycle finds those that this misses.
            let _ = s3.abort_multipart_upload().bucket(bucket).key(key).upload_id(&upload_id).send().await;
            return Err(error);
        }
    };
    s3.complete_multipart_upload()
        .bucket(bucket)
        .key(key)
        .upload_id(&upload_id)
        .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
        .send()
        .await
        .map_err(ArchiveError::bucket)?;
    Ok(())
}

async fn upload_parts(
    first: Bytes,
    source: &mut Source,
    s3: &Client,
    bucket: &str,
    key: &str,
    upload_id: &str,
) -> Result<Vec<CompletedPart>, ArchiveError> {
    let mut parts = Vec::new();
    let mut part = first;
    for part_number in 1.. {
        if part.is_empty() {
            break;
        }
        let uploaded = s3
            .upload_part()
            .bucket(bucket)
            .key(key)
            .upload_id(upload_id)
            .part_number(part_number)
            .body(ByteStream::from(part))
            .send()
            .await
            .map_err(ArchiveError::bucket)?;
        parts.push(
            CompletedPart::builder()
                .part_number(part_number)
                .set_e_tag(uploaded.e_tag)
                .set_checksum_crc32(uploaded.checksum_crc32)
                .build(),
        );
        part = source.part().await?;
    }
    source.check_whole()?;
    Ok(parts)
}

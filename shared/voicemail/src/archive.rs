//! From Twilio to the bucket.

use aws::{Bucket, BucketFailure, Upload};
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
    Bucket(#[from] BucketFailure),
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
    bucket: &Bucket,
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
        bucket.put(&key, &content_type, first).await?;
    } else {
        let mut upload = bucket.begin(&key, &content_type).await?;
        if let Err(error) = store_parts(first, &mut source, &mut upload).await {
            upload.abandon().await;
            return Err(error);
        }
        upload.finish().await?;
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

async fn store_parts(first: Bytes, source: &mut Source, upload: &mut Upload<'_>) -> Result<(), ArchiveError> {
    let mut part = first;
    while !part.is_empty() {
        upload.part(part).await?;
        part = source.part().await?;
    }
    source.check_whole()
}

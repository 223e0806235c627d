//! From Twilio to the bucket.

use aws::{Bucket, BucketFailure, Upload};
use bytes::{Bytes, BytesMut};
use domain::{Audio, Voicemail};
use phone::PhoneNumber;
use thiserror::Error;
use twilio::{Login, Media, Rest, RestError};

/// What is held in memory at most: the smallest part that S3 takes. A message of five minutes
/// fits into one.
const PART: usize = 5 * 1024 * 1024;

/// After how many failures in a row a sound that is shorter than its own header says, and as short as
/// the last time, is taken for all that there is: some minutes, in which a cache on the way would have
/// forgotten its half.
const SHORT_IS_ALL_AFTER: u32 = 8;

/// Why the sound is not stored yet.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// Twilio does not give it, or not yet.
    #[error("the recording can't be fetched")]
    Twilio(#[from] RestError),
    /// What came is not the sound of a telephone call: an error page, say.
    #[error("what Twilio sent is no WAV sound but {0:?}")]
    NotSound(String),
    /// It broke off, or is shorter than it says itself.
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
/// What broke off is not stored; nor is what is shorter than its own header says, as a cache on the
/// way may have it, until that has been so for a while.
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
    let trouble = voicemail.trouble.as_ref().filter(|trouble| trouble.attempts >= SHORT_IS_ALL_AFTER);
    let last_error = trouble.map(|trouble| trouble.last_error.clone());
    let mut source = Source { media, received: 0, own_size: None, last_error };
    let first = source.part().await?;
    // RIFF, four bytes of length, WAVE.
    if first.len() < 12 || &first[..4] != b"RIFF" || &first[8..12] != b"WAVE" {
        return Err(ArchiveError::NotSound(content_type));
    }
    source.own_size = own_size(&first);
    let key = voicemail.audio_key(number);
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
    Ok(Audio { key, size: source.received, content_type, released: false })
}

/// How long a WAV file is by its own header, in bytes; none where it was written before that was known,
/// as sounds are that are sent while they are made.
fn own_size(wav: &[u8]) -> Option<u64> {
    let size = u32::from_le_bytes(wav.get(4..8)?.try_into().ok()?);
    // The eight bytes up to this size are not counted in it.
    (!matches!(size, 0 | u32::MAX)).then(|| u64::from(size) + 8)
}

struct Source {
    media: Media,
    received: u64,
    /// As the sound's own header says.
    own_size: Option<u64>,
    /// Why the last try failed, after many.
    last_error: Option<String>,
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
        let is_short_of = |expected: &u64| self.received < *expected;
        let incomplete = |expected| ArchiveError::Incomplete { received: self.received, expected };
        if let Some(expected) = self.media.content_length.filter(is_short_of) {
            return Err(incomplete(expected));
        }
        let Some(expected) = self.own_size.filter(is_short_of) else { return Ok(()) };
        let error = incomplete(expected);
        let was_so = self.last_error.as_ref().is_some_and(|last| last.contains(&error.to_string()));
        if was_so { Ok(()) } else { Err(error) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_says_itself_how_long_it_is_unless_it_was_not_known() {
        let header = |size: u32| [b"RIFF", &size.to_le_bytes()[..], b"WAVE"].concat();
        assert_eq!(own_size(&header(36)), Some(44));
        assert_eq!(own_size(&header(u32::MAX - 1)), Some(u64::from(u32::MAX) + 7));
        assert_eq!(own_size(&header(0)), None);
        assert_eq!(own_size(&header(u32::MAX)), None);
        assert_eq!(own_size(b"RIFF"), None);
    }
}

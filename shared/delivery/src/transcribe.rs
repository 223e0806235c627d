//! Words by Amazon Transcribe.
//!
//! A job bears the name of its recording, so that to begin it twice is to begin it once. Amazon
//! reads the sound from our bucket and writes its result there; both with the permissions of whom
//! asks.

use aws_sdk_transcribe::Client;
use aws_sdk_transcribe::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_transcribe::types::{LanguageCode as Code, Media, MediaFormat, TranscriptionJobStatus};
use domain::{
    Audio, Engine, LanguageCode, SpokenLanguages, Transcript, TranscriptText, TranscriptionFailure,
};
use jiff::{SignedDuration, Timestamp};
use phone::RecordingSid;
use serde::Deserialize;
use thiserror::Error;

/// Amazon's results are below this in the bucket.
pub const RESULTS: &str = "transcripts/";

/// As many jobs as one question lists.
const LISTED: u32 = 100;

/// What of the words is kept on the row, in bytes: a row's change must fit into a topic's message
/// of 256 KB. It is more than an hour of talk; the whole stays in the bucket.
const WORDS_LIMIT: usize = 100_000;

/// How long Amazon is let alone after it did not begin, each time twice as long, in minutes.
const FIRST_WAIT: i64 = 1;

/// While as many jobs run as may, no longer than this: one ends every now and then, and looking is
/// a single request.
const LONGEST_BUSY: i64 = 4;

/// Whatever else it says that may pass.
const LONGEST_WAIT: i64 = 60;

/// What Amazon refuses with although the same may be granted later.
/// Source: "Common Errors" in the Amazon Transcribe API Reference.
const PASSING: [&str; 7] = [
    "LimitExceededException",
    "ThrottlingException",
    "RequestExpired",
    "ExpiredTokenException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
];

/// What came of asking for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Amazon is at it, perhaps since before.
    Started,
    /// It can't ever be.
    Never(TranscriptionFailure),
}

/// What came of asking what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// Nothing yet.
    Running,
    /// This.
    Done {
        /// The words, or why there are none.
        transcript: Transcript,
        /// When it ended, as far as Amazon says so.
        ended_at: Option<Timestamp>,
    },
}

/// Why Amazon could not be asked now.
#[derive(Debug, Error)]
pub enum TranscribeError {
    /// As many jobs run as may.
    #[error("Amazon Transcribe is busy")]
    Busy,
    /// It did not answer, or not as it should.
    #[error("Amazon Transcribe is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It refuses, and will again: it is not permitted, say.
    #[error("Amazon Transcribe refuses")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its result can't be read.
    #[error("the result of Amazon Transcribe can't be read")]
    Result(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl TranscribeError {
    /// What an answer means that is no answer to what was asked.
    fn of<E>(error: SdkError<E>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let SdkError::ServiceError(refused) = &error else { return Self::Unavailable(error.into()) };
        let code = refused.err().code().unwrap_or_default();
        if refused.raw().status().is_client_error() && !PASSING.contains(&code) {
            Self::Refused(error.into())
        } else {
            Self::Unavailable(error.into())
        }
    }

    /// How long to let Amazon alone that did not begin so many times before.
    pub fn ask_again_after(&self, attempts: u32) -> SignedDuration {
        let longest = if matches!(self, Self::Busy) { LONGEST_BUSY } else { LONGEST_WAIT };
        SignedDuration::from_mins((FIRST_WAIT << attempts.min(8)).min(longest))
    }

    fn result(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Result(error.into())
    }
}

/// Asks Amazon to make words of a stored sound. Not while `at_most` jobs run already: the quota is
/// the account's, and others may need it.
///
/// # Errors
/// [`TranscribeError`]; it may be asked again.
pub async fn begin(
    client: &Client,
    bucket: &str,
    recording_sid: &RecordingSid,
    audio: &Audio,
    languages: &SpokenLanguages,
    at_most: u32,
) -> Result<Begun, TranscribeError> {
    if at_most <= LISTED {
        let running = client
            .list_transcription_jobs()
            .status(TranscriptionJobStatus::InProgress)
            .max_results(at_most.max(1).cast_signed())
            .send()
            .await
            .map_err(TranscribeError::of)?;
        if running.transcription_job_summaries().len() >= at_most as usize {
            return Err(TranscribeError::Busy);
        }
    }
    let job = client
        .start_transcription_job()
        .transcription_job_name(recording_sid.as_str())
        .media(Media::builder().media_file_uri(format!("s3://{bucket}/{}", audio.key)).build())
        .media_format(MediaFormat::Wav)
        .output_bucket_name(bucket)
        .output_key(key(recording_sid));
    let codes = languages.iter().map(|language| Code::from(language.as_str()));
    let job = match languages.only() {
        Some(only) => job.language_code(Code::from(only.as_str())),
        None => job.identify_language(true).set_language_options(Some(codes.collect())),
    };
    let Err(error) = job.send().await else { return Ok(Begun::Started) };
    let Some(refused) = error.as_service_error() else { return Err(TranscribeError::of(error)) };
    if refused.is_conflict_exception() {
        return Ok(Begun::Started);
    }
    if refused.is_bad_request_exception() {
        let is_language =
            refused.message().is_some_and(|message| message.to_lowercase().contains("language"));
        tracing::warn!(error = refused.message(), "Amazon Transcribe refuses a job");
        return Ok(Begun::Never(if is_language {
            TranscriptionFailure::UnsupportedLanguage
        } else {
            TranscriptionFailure::Failed
        }));
    }
    Err(TranscribeError::of(error))
}

/// Asks what has become of a job, and reads its result.
///
/// # Errors
/// [`TranscribeError`]; it may be asked again.
pub async fn ask(
    client: &Client,
    bucket: &aws::Bucket,
    recording_sid: &RecordingSid,
) -> Result<JobOutcome, TranscribeError> {
    let answer = client.get_transcription_job().transcription_job_name(recording_sid.as_str()).send().await;
    let job = match answer {
        Ok(answer) => answer.transcription_job,
        // There is no such job any more: Amazon says so with either.
        Err(SdkError::ServiceError(refused))
            if refused.err().is_not_found_exception() || refused.err().is_bad_request_exception() =>
        {
            None
        }
        Err(error) => return Err(TranscribeError::of(error)),
    };
    let ended_at = job.as_ref().and_then(|job| Timestamp::from_second(job.completion_time?.secs()).ok());
    let failed = JobOutcome::Done { transcript: Transcript::failed(Engine::Amazon), ended_at };
    let Some(job) = job else { return Ok(failed) };
    match job.transcription_job_status {
        Some(TranscriptionJobStatus::Completed) => {}
        Some(TranscriptionJobStatus::Failed) => {
            tracing::warn!(error = job.failure_reason, "Amazon Transcribe failed");
            return Ok(failed);
        }
        _ => return Ok(JobOutcome::Running),
    }
    let json = bucket.get(&key(recording_sid)).await.map_err(TranscribeError::result)?;
    let language = job.language_code.and_then(|code| LanguageCode::parse(code.as_str()).ok());
    let heard = read(&json, language).map_err(TranscribeError::result)?;
    let transcript = Transcript { engine: Engine::Amazon, result: Ok(heard) };
    Ok(JobOutcome::Done { transcript, ended_at })
}

/// Where Amazon writes a result.
pub fn key(recording_sid: &RecordingSid) -> String {
    format!("{RESULTS}{recording_sid}.json")
}

/// A result, as far as it counts here.
/// Source: "Data input and output" in the Amazon Transcribe Developer Guide.
#[derive(Deserialize)]
struct Document {
    results: Results,
}

#[derive(Deserialize)]
struct Results {
    transcripts: Vec<Text>,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Text {
    transcript: String,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    alternatives: Vec<Alternative>,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Alternative {
    /// `0.998`
    confidence: Option<String>,
}

fn read(json: &[u8], language: Option<LanguageCode>) -> Result<TranscriptText, serde_json::Error> {
    let Results { transcripts, items } = serde_json::from_slice::<Document>(json)?.results;
    let mut words = transcripts.into_iter().map(|text| text.transcript).collect::<Vec<_>>().join("\n");
    if words.len() > WORDS_LIMIT {
        words.truncate(words.floor_char_boundary(WORDS_LIMIT));
        words.push_str(" […]");
    }
    // Marks have none.
    let spoken = items.iter().filter(|item| item.kind == "pronunciation");
    let sure = spoken.filter_map(|item| thousandths(item.alternatives.first()?.confidence.as_deref()?));
    let (sum, count) = sure.fold((0u64, 0u64), |(sum, count), one| (sum + one, count + 1));
    let confidence_percent = (sum + 5 * count).checked_div(10 * count);
    let confidence_percent = confidence_percent.and_then(|percent| u8::try_from(percent).ok());
    Ok(TranscriptText { words, language, confidence_percent })
}

/// Of a number from 0 to 1, such as `0.998`.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = format!("{decimals:0<3}");
    let thousandths = whole.parse::<u64>().ok().filter(|whole| *whole <= 1)? * 1_000
        + decimals.get(..3)?.parse::<u64>().ok()?;
    (thousandths <= 1_000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(json: &str) -> TranscriptText {
        read(json.as_bytes(), LanguageCode::parse("de-DE").ok()).unwrap()
    }

    #[test]
    fn a_result_tells_the_words_and_how_sure_amazon_is() {
        let json = r#"{"jobName":"RE1","accountId":"1","status":"COMPLETED","results":{
            "transcripts":[{"transcript":"Guten Tag."}],
            "items":[
                {"id":0,"type":"pronunciation","alternatives":[{"confidence":"0.99","content":"Guten"}],"start_time":"0.0","end_time":"0.4"},
                {"id":1,"type":"pronunciation","alternatives":[{"confidence":"0.9","content":"Tag"}]},
                {"id":2,"type":"punctuation","alternatives":[{"confidence":"0.0","content":"."}]}
            ]}}"#;
        let heard = heard(json);
        assert_eq!(heard.words, "Guten Tag.");
        assert_eq!(heard.confidence_percent, Some(95));
        assert_eq!(heard.language.unwrap().as_str(), "de-DE");
    }

    #[test]
    fn amazon_is_let_alone_twice_as_long_each_time() {
        let unavailable = TranscribeError::Unavailable("away".into());
        let minutes = |error: &TranscribeError| {
            [0, 1, 2, 3, 4, 5, 6, 7, u32::MAX].map(|attempts| error.ask_again_after(attempts).as_mins())
        };
        assert_eq!(minutes(&unavailable), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(minutes(&TranscribeError::Busy), [1, 2, 4, 4, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn a_confidence_is_read_to_the_thousandth() {
        let cases = [("0.998", Some(998)), ("1.0", Some(1_000)), ("1", Some(1_000)), ("0.12345", Some(123))];
        for (text, expected) in
            cases.into_iter().chain([("2.0", None), ("-0.5", None), ("", None), ("0.ä", None)])
        {
            assert_eq!(thousandths(text), expected, "{text}");
        }
    }

    #[test]
    fn silence_is_a_result_without_words() {
        let heard = heard(r#"{"results":{"transcripts":[{"transcript":""}],"items":[]}}"#);
        assert_eq!((heard.words.as_str(), heard.confidence_percent), ("", None));
    }

    #[test]
    fn words_without_end_are_cut_between_two_characters() {
        let words = "é".repeat(WORDS_LIMIT);
        let heard = heard(&format!(r#"{{"results":{{"transcripts":[{{"transcript":"{words}"}}]}}}}"#));
        assert!(heard.words.len() <= WORDS_LIMIT + 10 && heard.words.ends_with("é […]"));
    }

    #[test]
    fn as_many_words_as_a_row_keeps_are_kept_whole() {
        let words = "w".repeat(WORDS_LIMIT);
        let heard = heard(&format!(r#"{{"results":{{"transcripts":[{{"transcript":"{words}"}}]}}}}"#));
        assert!(heard.words == words, "{} bytes", heard.words.len());
    }

    #[test]
    fn what_is_no_result_is_refused() {
        for json in ["", "{}", "<html>", r#"{"results":{}}"#, r#"{"results":{"transcripts":"x"}}"#] {
            assert!(read(json.as_bytes(), None).is_err(), "{json}");
        }
    }
}

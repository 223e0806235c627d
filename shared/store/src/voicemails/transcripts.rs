//! The words of a voicemail, and the way to them.

use domain::{
    Engine, Engines, LanguageCode, SpokenLanguages, Transcript, TranscriptText, TranscriptionFailure,
    TranscriptionJob,
};
use jiff::Timestamp;
use phone::RecordingSid;

use crate::change::Change;
use crate::error::StoreError;
use crate::row::Row;
use crate::{Store, Written};

impl Store {
    /// Records that Amazon has begun to transcribe.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn job_started(
        &self,
        recording_sid: &RecordingSid,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("job_started_at", at)
            .remove("job_attempts")
            .remove("job_error")
            .remove("job_next_attempt_at")
            .when("attribute_exists(#recorded_at) AND attribute_not_exists(#job_started_at)");
        self.change_voicemail(recording_sid, change).await
    }

    /// Records that nothing can come any more of a job whose words were deleted while it ran.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn job_is_over(&self, recording_sid: &RecordingSid) -> Result<Written, StoreError> {
        let change = Change::new()
            .remove("job_started_at")
            .when("attribute_exists(#transcript_deleted_at) AND attribute_exists(#job_started_at)");
        self.change_voicemail(recording_sid, change).await
    }

    /// Records that Amazon did not begin, and when to ask again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn job_refused(
        &self,
        recording_sid: &RecordingSid,
        error: &str,
        next_attempt_at: Timestamp,
    ) -> Result<Written, StoreError> {
        let change = Change::new()
            .set("job_error", error)
            .set("job_next_attempt_at", next_attempt_at)
            .add("job_attempts", 1)
            .when("attribute_exists(#recorded_at) AND attribute_not_exists(#job_started_at)");
        self.change_voicemail(recording_sid, change).await
    }
}

/// Adds the words to a change, and when it holds: not where they are deleted, or are to be.
pub(crate) fn write(change: Change, transcript: &Transcript) -> Change {
    let change = change.set("transcript_engine", engine_name(transcript.engine));
    let change = match &transcript.result {
        Ok(TranscriptText { words, language, confidence_percent }) => change
            .set("transcript_status", "completed")
            .set("transcript", words.as_str())
            .set_some("transcript_language", language.as_ref().map(LanguageCode::as_str))
            .set_some("transcript_confidence", confidence_percent.map(u32::from)),
        Err(why) => change.set("transcript_status", failure_name(*why)),
    };
    change
        .when(
            "(attribute_not_exists(#transcribed_at) OR (#transcript_status <> :heard AND #transcript_engine <> :transcript_engine)) \
             AND attribute_not_exists(#deletion_asked) AND attribute_not_exists(#transcript_deleted_at)",
        )
        .value("heard", "completed")
}

pub(crate) fn read(row: Row<'_>) -> Result<Option<Transcript>, StoreError> {
    let Some(status) = row.text("transcript_status")? else { return Ok(None) };
    // Rows of before there was a choice have no name.
    let engine = row.parsed("transcript_engine", engine)?.unwrap_or(Engine::Twilio);
    let result = match status {
        "completed" => Ok(TranscriptText {
            words: row.text("transcript")?.unwrap_or_default().to_owned(),
            language: row.parsed("transcript_language", |text| LanguageCode::parse(text).ok())?,
            confidence_percent: row.number("transcript_confidence")?,
        }),
        name => Err(failure(name)),
    };
    Ok(Some(Transcript { engine, result }))
}

pub(crate) fn read_job(row: Row<'_>) -> Result<Option<TranscriptionJob>, StoreError> {
    if let Some(at) = row.time("job_started_at")? {
        return Ok(Some(TranscriptionJob::Started { at, is_running: false }));
    }
    let Some(next_attempt_at) = row.time("job_next_attempt_at")? else { return Ok(None) };
    let last_error = row.text("job_error")?.unwrap_or_default().to_owned();
    let attempts = row.number("job_attempts")?.unwrap_or(1);
    Ok(Some(TranscriptionJob::Refused { attempts, last_error, next_attempt_at }))
}

pub(crate) fn engines_name(engines: &Engines) -> &'static str {
    match engines {
        Engines::Off => "none",
        Engines::Twilio => "twilio",
        Engines::Amazon(_) => "amazon",
        Engines::Both(_) => "auto",
    }
}

/// `en-US,es-US`
pub(crate) fn write_languages(languages: &SpokenLanguages) -> String {
    languages.iter().map(LanguageCode::as_str).collect::<Vec<_>>().join(",")
}

pub(crate) fn read_engines(row: Row<'_>) -> Result<Option<Engines>, StoreError> {
    let languages = || -> Result<SpokenLanguages, StoreError> {
        let languages = row.parsed("languages", |text| {
            let codes: Option<Vec<_>> = text.split(',').map(|code| LanguageCode::parse(code).ok()).collect();
            SpokenLanguages::of(codes?)
        })?;
        row.required("languages", languages)
    };
    Ok(match row.text("engine")? {
        None => None,
        Some("none") => Some(Engines::Off),
        Some("twilio") => Some(Engines::Twilio),
        Some("amazon") => Some(Engines::Amazon(languages()?)),
        Some("auto") => Some(Engines::Both(languages()?)),
        Some(_) => return Err(row.malformed("engine")),
    })
}

fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Twilio => "twilio",
        Engine::Amazon => "amazon",
    }
}

fn engine(name: &str) -> Option<Engine> {
    [Engine::Twilio, Engine::Amazon].into_iter().find(|engine| engine_name(*engine) == name)
}

fn failure_name(why: TranscriptionFailure) -> &'static str {
    match why {
        TranscriptionFailure::Failed => "failed",
        TranscriptionFailure::UnsupportedLanguage => "unsupported-language",
        TranscriptionFailure::NoTime => "no-time",
        TranscriptionFailure::Refused => "refused",
    }
}

fn failure(name: &str) -> TranscriptionFailure {
    [TranscriptionFailure::UnsupportedLanguage, TranscriptionFailure::NoTime, TranscriptionFailure::Refused]
        .into_iter()
        .find(|why| failure_name(*why) == name)
        .unwrap_or(TranscriptionFailure::Failed)
}

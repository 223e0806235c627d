//! The words, by Amazon. Whatever goes wrong here never holds the mail.

use crate::transcribe::{self, Begun, TranscribeError};
use domain::{Transcript, TranscriptReport, TranscriptionFailure, TranscriptionJob, Voicemail};
use jiff::{SignedDuration, Timestamp};
use lifecycle::Ask;
use phone::RecordingSid;
use runtime::telemetry::{self, Metric};
use runtime::{Failure, count};

use crate::worker::{Worker, destination};

/// How long Amazon's word of a job's end may take. EventBridge passes it on within a second or two;
/// a message that failed comes again after a minute and a half.
const NEWS_TAKES: SignedDuration = SignedDuration::from_secs(60);

/// Asks Amazon for something, and records what it says.
pub(crate) async fn transcribe(
    worker: &Worker,
    voicemail: &Voicemail,
    ask: Ask,
    told_by: ToldBy,
) -> Result<(), Failure> {
    let recording_sid = &voicemail.recording_sid;
    let result = match ask {
        Ask::Transcript => match begin(worker, voicemail).await? {
            Ok(Begun::Started) => {
                worker.store.job_started(recording_sid, worker.clock.now()).await?;
                return Ok(());
            }
            Ok(Begun::Never(why)) => Err(why),
            Err(error @ TranscribeError::Refused(_)) => Err(refused(recording_sid, error)),
            Err(error) => {
                let attempts = match voicemail.job {
                    Some(TranscriptionJob::Refused { attempts, .. }) => attempts,
                    _ => 0,
                };
                let wait = error.ask_again_after(attempts);
                let next = worker.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
                let what = Failure::from(error).to_string();
                tracing::warn!(target: telemetry::WEBHOOK, error = what, recording_sid = recording_sid.as_str(), "no words yet");
                worker.store.job_refused(recording_sid, &what, next).await?;
                return Ok(());
            }
        },
        Ask::Outcome => {
            match transcribe::ask(&worker.transcribe, &worker.bucket, recording_sid).await {
                Ok(transcribe::JobOutcome::Running) => return Ok(()),
                Ok(transcribe::JobOutcome::Done { transcript, ended_at }) => {
                    if is_overdue(told_by, ended_at, worker.clock.now()) {
                        // Nothing is lost of it, but somebody should see to the rule that tells.
                        count!(
                            Metric::Woken,
                            looked_for = "the end of a transcription",
                            recording_sid = recording_sid.as_str()
                        );
                    }
                    transcript.result
                }
                Err(error @ TranscribeError::Refused(_)) => Err(refused(recording_sid, error)),
                Err(error) => {
                    // As if it was still at it: it is asked again with the next wake-up.
                    let what = Failure::from(error).to_string();
                    tracing::warn!(target: telemetry::WEBHOOK, error = what, recording_sid = recording_sid.as_str(), "no words yet");
                    return Ok(());
                }
            }
        }
        Ask::NoMore => Err(TranscriptionFailure::NoTime),
    };
    let report = TranscriptReport {
        recording_sid: recording_sid.clone(),
        call_sid: voicemail.call_sid.clone(),
        account_sid: voicemail.account_sid.clone(),
        transcript: Transcript { engine: domain::Engine::Amazon, result },
        at: worker.clock.now(),
    };
    worker.store.transcript(&report).await?;
    Ok(())
}

/// Who woke the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldBy {
    /// Amazon, of a job's end.
    Amazon,
    /// Anything else.
    Others,
}

/// Whether a job's end should have been told of when it was looked for.
fn is_overdue(told_by: ToldBy, ended_at: Option<Timestamp>, now: Timestamp) -> bool {
    told_by == ToldBy::Others && ended_at.is_some_and(|ended_at| now.duration_since(ended_at) > NEWS_TAKES)
}

/// It is of no use to ask again, and somebody should know.
fn refused(recording_sid: &RecordingSid, error: TranscribeError) -> TranscriptionFailure {
    let error = Failure::from(error).to_string();
    count!(Metric::TranscribeRefused, error, recording_sid = recording_sid.as_str());
    TranscriptionFailure::Refused
}

async fn begin(worker: &Worker, voicemail: &Voicemail) -> Result<Result<Begun, TranscribeError>, Failure> {
    let languages = destination(voicemail)?.engines.amazon().ok_or("the number wants no words by Amazon")?;
    let audio = voicemail.audio.as_ref().ok_or("the sound is not stored yet")?;
    let begun = transcribe::begin(
        &worker.transcribe,
        worker.bucket.name(),
        &voicemail.recording_sid,
        audio,
        languages,
        worker.transcribe_concurrency,
    );
    Ok(begun.await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_job_is_overdue_a_minute_after_it() {
        let now = Timestamp::UNIX_EPOCH;
        for (told_by, seconds, is_late) in [
            (ToldBy::Others, 0, false),
            (ToldBy::Others, 60, false),
            (ToldBy::Others, 61, true),
            (ToldBy::Others, 3600, true),
            (ToldBy::Amazon, 60, false),
            (ToldBy::Amazon, 3600, false),
        ] {
            let ended_at = Some(now - SignedDuration::from_secs(seconds));
            assert_eq!(is_overdue(told_by, ended_at, now), is_late, "{told_by:?}, after {seconds} s");
        }
        assert!(!is_overdue(ToldBy::Others, None, now), "Amazon does not say when");
    }
}

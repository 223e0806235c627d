//! The words, by Amazon. Whatever goes wrong here never holds the mail.

use jiff::{SignedDuration, Timestamp};
use store::{NotHeard, Transcript, TranscriptReport, Voicemail};
use voicemail::Ask;
use voicemail::transcribe::{self, Begun, Outcome, TranscribeError};
use webhook::{Failure, telemetry};

use crate::{Deps, destination};

/// How long to wait when Amazon has no time. Shorter than the queue holds a message back.
const RETRY: SignedDuration = SignedDuration::from_secs(60);

/// Asks Amazon for something, and records what it says.
pub(crate) async fn transcribe(deps: &Deps, voicemail: &Voicemail, ask: Ask) -> Result<(), Failure> {
    let recording_sid = &voicemail.recording_sid;
    let result = match ask {
        Ask::Words => match begin(deps, voicemail).await? {
            Ok(Begun::Started) => {
                deps.store.job_started(recording_sid, deps.clock.now()).await?;
                return Ok(());
            }
            Ok(Begun::Never(why)) => Err(why),
            Err(error) => {
                let next = deps.clock.now().checked_add(RETRY).unwrap_or(Timestamp::MAX);
                let what = Failure::from(error).to_string();
                tracing::warn!(target: telemetry::WEBHOOK, error = what, recording_sid = recording_sid.as_str(), "no words yet");
                deps.store.job_refused(recording_sid, &what, next).await?;
                return Ok(());
            }
        },
        Ask::Outcome => {
            match transcribe::ask(&deps.transcribe, &deps.bucket, recording_sid).await {
                Ok(Outcome::Running) => return Ok(()),
                Ok(Outcome::Done(transcript)) => transcript.result,
                Err(error) => {
                    // As if it was still at it: it is asked again with the next wake-up.
                    let what = Failure::from(error).to_string();
                    tracing::warn!(target: telemetry::WEBHOOK, error = what, recording_sid = recording_sid.as_str(), "no words yet");
                    return Ok(());
                }
            }
        }
        Ask::NoMore => Err(NotHeard::NoTime),
    };
    let report = TranscriptReport {
        recording_sid: recording_sid.clone(),
        call_sid: voicemail.call_sid.clone(),
        account_sid: voicemail.account_sid.clone(),
        transcript: Transcript { engine: callflow::Engine::Amazon, result },
        at: deps.clock.now(),
    };
    deps.store.transcript(&report).await?;
    Ok(())
}

async fn begin(deps: &Deps, voicemail: &Voicemail) -> Result<Result<Begun, TranscribeError>, Failure> {
    let languages = destination(voicemail)?.engines.amazon().ok_or("the number wants no words by Amazon")?;
    let audio = voicemail.audio.as_ref().ok_or("the sound is not stored yet")?;
    let begun = transcribe::begin(
        &deps.transcribe,
        deps.bucket.name(),
        &voicemail.recording_sid,
        audio,
        languages,
        deps.transcribe_concurrency,
    );
    Ok(begun.await)
}

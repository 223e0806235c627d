//! The words of a voicemail have arrived: `POST /webhook/transcription`.

use std::sync::Arc;

use domain::{Engine, Transcript, TranscriptReport};
use runtime::{Clock, Failure};
use store::{Store, Written};
use webhook::{Answer, Endpoint, Handled, Verified, kinds::Transcribed};

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
}

/// Writes the words, or that there are none, into the ledger.
///
/// # Errors
/// When the store fails; Twilio then sends it again.
pub async fn handle(deps: &Deps, transcribed: Arc<Verified<Transcribed>>) -> Result<Handled, Failure> {
    let transcribed = &transcribed.webhook;
    let (transcript, outcome) = match &transcribed.words {
        Some(words) => (Transcript::words(Engine::Twilio, words.clone()), "words"),
        None => (Transcript::failed(Engine::Twilio), "no-words"),
    };
    let report = TranscriptReport {
        recording_sid: transcribed.recording_sid.clone(),
        call_sid: transcribed.call_sid.clone(),
        account_sid: transcribed.account_sid.clone(),
        transcript,
        at: deps.clock.now(),
    };
    let outcome = match deps.store.transcript(&report).await? {
        Written::New => outcome,
        Written::Repeated => "repeated",
    };
    Ok(Handled { answer: Answer::NoContent, outcome })
}

/// The webhook.
pub fn endpoint() -> Endpoint<Transcribed> {
    Endpoint::reporting("transcription")
}

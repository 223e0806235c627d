//! The words of a voicemail have arrived: `/webhook/transcription`.

use domain::{Engine, Transcript, TranscriptReport};
use runtime::Failure;
use store::Written;
use webhook::kinds::Transcribed;
use webhook::{Deps, Handled, NoContent, Received, Webhook};

/// What is told of transcripts.
#[derive(Clone, Debug)]
pub struct Transcripts(pub Deps);

impl Webhook for Transcripts {
    const NAME: &'static str = "transcription";
    type Input = Transcribed;
    type Answer = NoContent;

    /// Writes the words, or that there are none, into the ledger.
    ///
    /// # Errors
    /// When the store fails; Twilio then sends it again.
    async fn handle(&self, received: &Received<Transcribed>) -> Result<Handled<NoContent>, Failure> {
        let Self(deps) = self;
        let transcribed = &received.input;
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
            Written::Applied => outcome,
            Written::NotApplicable => "deleted",
            _ => "repeated",
        };
        Ok(Handled { answer: NoContent, outcome })
    }

    fn rescue(&self, _: &Received<Transcribed>) -> Option<NoContent> {
        None
    }
}

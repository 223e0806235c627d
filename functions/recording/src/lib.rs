//! A voicemail was recorded: `/webhook/recording`.
//!
//! Twilio tells it twice, in any order: as the end of `<Record>`, when the call goes on by our
//! answer, and as a report that the sound is ready. Either alone brings the voicemail into the
//! ledger; to write it there is all that is done, and wakes whoever delivers it.

use callflow::{Callbacks, Message, after_record, answer};
use domain::{LeftFor, RecordingReport, Reported, Speech};
use runtime::{Failure, count, telemetry::Metric};
use store::Written;
use twiml::voice;
use webhook::kinds::{CallParties, RecordingEvent, RecordingNotice};
use webhook::{Deps, Handled, Received, Webhook};

/// The outcome of a recording that Twilio could not keep.
const LOST: &str = "lost";

/// What is told of recordings.
#[derive(Clone, Debug)]
pub struct Recordings(pub Deps);

impl Webhook for Recordings {
    const NAME: &'static str = "recording";
    type Input = RecordingNotice;
    /// A report steers nothing.
    type Answer = Option<voice::Response>;

    /// Writes what is told of a recording into the ledger.
    ///
    /// # Errors
    /// When the store fails. A caller is thanked all the same, for Twilio has the recording; a mere
    /// report is sent again by Twilio.
    async fn handle(&self, received: &Received<RecordingNotice>) -> Result<Handled<Self::Answer>, Failure> {
        let Self(deps) = self;
        let now = deps.clock.now();
        let notice = &received.input;
        let report = |reported| RecordingReport {
            left_for: received.state.clone(),
            conversation: None,
            recording_sid: notice.recording_sid.clone(),
            call_sid: notice.call_sid.clone(),
            account_sid: notice.account_sid.clone(),
            reported,
            at: now,
        };
        let (reported, outcome) = match &notice.event {
            RecordingEvent::Ended { parties, message } => {
                let left = report(Reported::Left {
                    parties: parties.known(),
                    duration_seconds: message.duration_seconds,
                });
                // The prompt is a courtesy: without settings there is a built-in one. So the write, which is
                // what counts, does not wait for it; and a webhook that comes again hears today's.
                let (written, speech) =
                    tokio::join!(deps.store.voicemail_reported(&left), speech(deps, parties));
                let outcome = if message.is_empty() { "empty" } else { "left" };
                let answer = Some(thanks(&speech, *message, received));
                return Ok(Handled { answer, outcome: repeated_or(written?, outcome) });
            }
            RecordingEvent::Completed { duration_seconds } => {
                (Reported::Ready { duration_seconds: *duration_seconds }, "ready")
            }
            RecordingEvent::Absent { error_code } => (Reported::Absent { error_code: *error_code }, "absent"),
            RecordingEvent::Failed { error_code } => (Reported::Lost { error_code: *error_code }, LOST),
            RecordingEvent::Underway => return Ok(Handled { answer: None, outcome: "underway" }),
        };
        let written = deps.store.voicemail_reported(&report(reported)).await?;
        let outcome = repeated_or(written, outcome);
        if outcome == LOST {
            count!(Metric::RecordingLost, recording_sid = notice.recording_sid.as_str());
        }
        Ok(Handled { answer: None, outcome })
    }

    /// A caller is thanked; a report is sent again.
    fn rescue(&self, received: &Received<RecordingNotice>) -> Option<Self::Answer> {
        let RecordingEvent::Ended { parties, message } = &received.input.event else { return None };
        Some(Some(thanks(&last_known_speech(&self.0, parties), *message, received)))
    }
}

/// In the language of the call, where that is not the number's own.
fn thanks(speech: &Speech, message: Message, received: &Received<RecordingNotice>) -> voice::Response {
    let chosen = received.state.as_deref().and_then(|state| LeftFor::read(state).language);
    let of_call = chosen.filter(|language| *language != speech.language).map(Speech::in_language);
    answer(&after_record(of_call.as_ref().unwrap_or(speech), message), &Callbacks::below(&received.base_url))
}

async fn speech(deps: &Deps, parties: &CallParties) -> Speech {
    let Some(to) = &parties.to else { return Speech::in_language(parties.likely_language) };
    match deps.store.number(to, deps.clock.now()).await {
        Ok(number) => number.settings.speech.clone(),
        Err(_) => last_known_speech(deps, parties),
    }
}

fn last_known_speech(deps: &Deps, parties: &CallParties) -> Speech {
    let known = parties.to.as_ref().and_then(|to| deps.store.number_last_known(to));
    known
        .map_or_else(|| Speech::in_language(parties.likely_language), |number| number.settings.speech.clone())
}

fn repeated_or(written: Written, outcome: &'static str) -> &'static str {
    match written {
        Written::Applied => outcome,
        _ => "repeated",
    }
}

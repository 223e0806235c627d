//! A voicemail was recorded: `POST /webhook/recording`.
//!
//! Twilio tells it twice, in any order: as the end of `<Record>`, when the call goes on by our
//! answer, and as a report that the sound is ready. Either alone brings the voicemail into the
//! ledger; to write it there is all that is done, and wakes whoever delivers it.

use std::sync::Arc;

use callflow::{Message, after_record};
use domain::{Parties, RecordingReport, Reported, Speech};
use runtime::{Clock, Failure, count, telemetry::Outcome};
use store::{Store, Written};
use webhook::kinds::{CallParties, RecordingEvent, RecordingNotice};
use webhook::{Answer, Endpoint, Handled, Verified};

/// The outcome of a recording that Twilio could not keep.
const LOST: &str = "lost";

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
}

/// Writes what is told of a recording into the ledger.
///
/// # Errors
/// When the store fails. A caller is thanked all the same, for Twilio has the recording; a mere
/// report is sent again by Twilio.
pub async fn handle(deps: &Deps, notice: Arc<Verified<RecordingNotice>>) -> Result<Handled, Failure> {
    let now = deps.clock.now();
    let notice = &notice.webhook;
    let report = |reported| RecordingReport {
        recording_sid: notice.recording_sid.clone(),
        call_sid: notice.call_sid.clone(),
        account_sid: notice.account_sid.clone(),
        reported,
        at: now,
    };
    let (reported, outcome) = match &notice.event {
        RecordingEvent::Ended { parties, message } => {
            let left = report(Reported::Left {
                parties: known_parties(parties),
                duration_seconds: message.duration_seconds,
            });
            // The prompt is a courtesy: without settings there is a built-in one.
            let (written, speech) = tokio::join!(deps.store.voicemail_reported(&left), speech(deps, parties));
            let answer = Answer::Twiml(after_record(&speech, *message));
            let outcome = if message.is_empty() { "empty" } else { "left" };
            return Ok(Handled { answer, outcome: repeated_or(written?, outcome) });
        }
        RecordingEvent::Completed { duration_seconds } => {
            (Reported::Ready { duration_seconds: *duration_seconds }, "ready")
        }
        RecordingEvent::Absent { error_code } => (Reported::Absent { error_code: *error_code }, "absent"),
        RecordingEvent::Failed { error_code } => (Reported::Lost { error_code: *error_code }, LOST),
        RecordingEvent::Underway => return Ok(Handled { answer: Answer::NoContent, outcome: "underway" }),
    };
    let written = deps.store.voicemail_reported(&report(reported)).await?;
    let outcome = repeated_or(written, outcome);
    if outcome == LOST {
        count!(Outcome::RecordingLost, recording_sid = notice.recording_sid.as_str());
    }
    Ok(Handled { answer: Answer::NoContent, outcome })
}

/// The webhook, and what a caller gets when the store fails.
pub fn endpoint(store: Store) -> Endpoint<RecordingNotice> {
    Endpoint::steering("recording", move |notice: &Verified<RecordingNotice>| match &notice.webhook.event {
        RecordingEvent::Ended { parties, message } => {
            Some(thanks_without_settings(&store, parties, *message))
        }
        _ => None,
    })
}

fn thanks_without_settings(store: &Store, parties: &CallParties, message: Message) -> twiml::voice::Response {
    let known = parties.to.as_ref().and_then(|to| store.number_last_known(to));
    match known {
        Some(number) => after_record(&number.settings.speech, message),
        None => after_record(&Speech::in_language(parties.likely_language), message),
    }
}

async fn speech(deps: &Deps, parties: &CallParties) -> Speech {
    let fallback = || Speech::in_language(parties.likely_language);
    let Some(to) = &parties.to else { return fallback() };
    match deps.store.number(to, deps.clock.now()).await {
        Ok(number) => number.settings.speech.clone(),
        Err(_) => {
            deps.store.number_last_known(to).map_or_else(fallback, |number| number.settings.speech.clone())
        }
    }
}

fn known_parties(parties: &CallParties) -> Option<Parties> {
    Some(Parties {
        number: parties.to.clone()?,
        caller: parties.from.clone(),
        caller_name: parties.caller_name.clone(),
    })
}

fn repeated_or(written: Written, outcome: &'static str) -> &'static str {
    match written {
        Written::New => outcome,
        Written::Repeated => "repeated",
    }
}

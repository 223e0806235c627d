//! The forwarded leg has ended: `POST /webhook/dial-outcome`.
//!
//! After a conversation the call is over; after anything else the caller gets a greeting and a
//! beep, also when nothing can be read or written.

use std::sync::Arc;

use callflow::{Callbacks, after_dial, dial_outcome, hang_up, unknown_number, voicemail_without_settings};
use domain::{DialOutcome, DialReport, NotReached, Parties};
use runtime::{Clock, Failure};
use store::{Store, StoreError};
use webhook::{Answer, Endpoint, Handled, Verified, kinds::DialEnded};

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
}

/// Decides how the call goes on.
///
/// # Errors
/// When the store fails; [`endpoint`] knows what the caller gets then.
pub async fn handle(deps: &Deps, ended: Arc<Verified<DialEnded>>) -> Result<Handled, Failure> {
    let now = deps.clock.now();
    let callbacks = Callbacks::below(&ended.base_url);
    let parties = &ended.webhook.parties;
    let outcome = outcome_of(&ended.webhook);
    let Some(to) = &parties.to else {
        let answer = Answer::Twiml(unknown_number(parties.likely_language));
        return Ok(Handled { answer, outcome: "unknown-number" });
    };
    let report = DialReport {
        call_sid: parties.call_sid.clone(),
        parties: Parties {
            number: to.clone(),
            caller: parties.from.clone(),
            caller_name: parties.caller_name.clone(),
        },
        outcome,
        duration_seconds: ended.webhook.duration_seconds,
        at: now,
    };
    let (written, number) = tokio::join!(deps.store.dial_ended(&report), deps.store.number(to, now));
    written?;
    let answer = match number {
        Ok(number) => after_dial(&number.settings, outcome, &callbacks),
        Err(StoreError::NotFound(_)) => unknown_number(parties.likely_language),
        Err(error) => return Err(error.into()),
    };
    Ok(Handled { answer: Answer::Twiml(answer), outcome: outcome_name(outcome) })
}

/// The webhook, and what a caller gets when the store fails.
pub fn endpoint(store: Store) -> Endpoint<DialEnded> {
    Endpoint::steering("dial-outcome", move |ended: &Verified<DialEnded>| {
        let callbacks = Callbacks::below(&ended.base_url);
        let parties = &ended.webhook.parties;
        let outcome = outcome_of(&ended.webhook);
        let known = parties.to.as_ref().and_then(|to| store.number_last_known(to));
        Some(match (known, outcome) {
            (_, DialOutcome::Conversation | DialOutcome::CallerGone) => hang_up(),
            (Some(number), outcome) => after_dial(&number.settings, outcome, &callbacks),
            (None, DialOutcome::NotReached(_)) => {
                voicemail_without_settings(parties.likely_language, &callbacks)
            }
        })
    })
}

fn outcome_of(ended: &DialEnded) -> DialOutcome {
    dial_outcome(ended.status, ended.bridged, ended.caller_is_there)
}

fn outcome_name(outcome: DialOutcome) -> &'static str {
    match outcome {
        DialOutcome::Conversation => "conversation",
        DialOutcome::CallerGone => "missed",
        DialOutcome::NotReached(NotReached::NoAnswer) => "no-answer",
        DialOutcome::NotReached(NotReached::Busy) => "busy",
        DialOutcome::NotReached(NotReached::Failed) => "failed",
        DialOutcome::NotReached(NotReached::Canceled) => "canceled",
        DialOutcome::NotReached(NotReached::Declined) => "declined",
    }
}

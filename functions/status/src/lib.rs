//! A leg of a call changed its state: `POST /webhook/status`.
//!
//! When the caller's leg is over and nobody took the call, it is put in the ledger as missed, if
//! its owner wants to know. Whether it was, the worker decides later: a message that was left may
//! not have been told of yet.

use std::sync::Arc;

use store::{CallStatusReport, Parties, Store, StoreError, Written};
use webhook::kinds::CallStatus;
use webhook::{Answer, Clock, Endpoint, Failure, Handled, Verified};

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
}

/// Writes the state into the ledger of calls, never backwards.
///
/// # Errors
/// When the store fails; Twilio then sends it again.
pub async fn handle(deps: &Deps, status: Arc<Verified<CallStatus>>) -> Result<Handled, Failure> {
    let status = &status.webhook;
    let report = CallStatusReport {
        call_sid: status.call_sid.clone(),
        parent_call_sid: status.parent_call_sid.clone(),
        status: status.status.clone(),
        sequence: status.sequence,
        duration_seconds: status.duration_seconds,
        sip_response_code: status.sip_response_code,
        at: deps.clock.now(),
    };
    let written = deps.store.call_status(&report).await?;
    // Also when the state was known: what follows may have failed the first time.
    let missed = if status.is_over() { note_if_missed(deps, status).await? } else { Written::Repeated };
    let outcome = match (missed, written) {
        (Written::New, _) => "missed",
        (_, Written::New) => "written",
        (_, Written::Repeated) => "repeated",
    };
    Ok(Handled { answer: Answer::NoContent, outcome })
}

async fn note_if_missed(deps: &Deps, status: &CallStatus) -> Result<Written, Failure> {
    let Some(parties) = &status.parties else { return Ok(Written::Repeated) };
    let Some(to) = &parties.to else { return Ok(Written::Repeated) };
    let now = deps.clock.now();
    match deps.store.number(to, now).await {
        Ok(number) if number.settings.owner.missed_call_mail => {}
        Ok(_) | Err(StoreError::NotFound(_)) => return Ok(Written::Repeated),
        Err(error) => return Err(error.into()),
    }
    if !deps.store.call(&status.call_sid).await?.may_be_missed() {
        return Ok(Written::Repeated);
    }
    let parties = Parties {
        number: to.clone(),
        caller: parties.from.clone(),
        caller_name: parties.caller_name.clone(),
    };
    Ok(deps.store.call_missed(&status.call_sid, &parties, now).await?)
}

/// The webhook.
pub fn endpoint() -> Endpoint<CallStatus> {
    Endpoint::reporting("status")
}

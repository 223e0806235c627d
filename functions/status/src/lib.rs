//! A leg of a call changed its state: `POST /webhook/status`.

use std::sync::Arc;

use store::{CallStatusReport, Store, Written};
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
    let outcome = match deps.store.call_status(&report).await? {
        Written::New => "written",
        Written::Repeated => "repeated",
    };
    Ok(Handled { answer: Answer::NoContent, outcome })
}

/// The webhook.
pub fn endpoint() -> Endpoint<CallStatus> {
    Endpoint::reporting("status")
}

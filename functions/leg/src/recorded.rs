//! What Twilio tells of a recording of somebody in a call that programs steer.

use callflow::RecordingAddress;
use live::{Evidence, News, Recorded, Source, WhyLost};
use runtime::Failure;
use steering::Controls;
use store::StoreError;
use webhook::kinds::{LegCall, RecordingTold};
use webhook::{Deps, Received};

/// Writes it down; the outcome.
pub(crate) async fn told(
    deps: &Deps,
    received: &Received<LegCall>,
    address: &RecordingAddress,
) -> Result<&'static str, Failure> {
    let input = &received.input;
    let Some(told) = &input.recording else { return Ok("underway") };
    let Some(state) = recorded(told) else { return Ok("underway") };
    let news = News::Recording {
        participant: address.participant,
        action: Some(address.action),
        recording_sid: told.recording_sid.clone(),
        state,
        evidence: Evidence::StatusCallback,
    };
    let Deps { store, waker, teller, .. } = deps.clone();
    let controls = Controls { store, waker: Some(waker), teller };
    let told_by = (&address.call, &input.account_sid);
    match controls.hear(told_by, &[news], Source::Webhook, deps.clock.now()).await {
        Ok(_) => Ok("told"),
        // Another account's; or its days are over.
        Err(StoreError::NotFound(_)) => Ok("no-call"),
        Err(error) => Err(error.into()),
    }
}

/// None of what means nothing.
fn recorded(told: &RecordingTold) -> Option<Recorded> {
    let lost = |why| Some(Recorded::Lost { why, provider_code: told.error_code });
    match told.status.as_str() {
        "in-progress" => Some(Recorded::Began),
        "completed" => Some(Recorded::Ready { duration_seconds: told.duration_seconds }),
        "absent" => lost(WhyLost::Absent),
        "failed" => lost(WhyLost::Failed),
        _ => None,
    }
}

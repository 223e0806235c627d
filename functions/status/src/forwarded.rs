//! A call that was forwarded, and that programs steer since.

use domain::{DialOutcome, DialReport, LegState};
use live::CallId;
use runtime::Failure;
use steering::Controls;
use webhook::Deps;
use webhook::kinds::{CallParties, CallStatus};

use crate::HadIt;

/// Programs learn how a leg of the call goes. Nobody has missed it: it was connected.
pub(crate) async fn told(deps: &Deps, status: &CallStatus) -> Result<HadIt, Failure> {
    let Deps { store, waker, teller, clock } = deps.clone();
    let controls = Controls { store, waker: Some(waker), teller };
    let caller = status.parent_call_sid.as_ref().unwrap_or(&status.call_sid);
    if let Some(state) = LegState::of_status(&status.status) {
        controls.hear_leg(&CallId::of_incoming(caller), &status.call_sid, state, clock.now()).await?;
    }
    // Nothing else tells it where their dial has ended because they were led elsewhere.
    if status.is_over()
        && let Some(parties) = status.parties.as_ref().and_then(CallParties::known)
    {
        let report = DialReport {
            call_sid: status.call_sid.clone(),
            parties,
            outcome: DialOutcome::Conversation,
            duration_seconds: None,
            at: clock.now(),
        };
        deps.store.dial_ended(&report).await?;
    }
    Ok(HadIt::Program)
}

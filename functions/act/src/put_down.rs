//! What came of a request to Twilio about a call that programs steer is written down.

use domain::Effect;
use live::{Deed, News, ParticipantId};
use runtime::telemetry::Metric;
use runtime::{Failure, count};
use steering::Controls;
use store::ControlledCall;
use twilio::RestError;

use crate::deps::Deps;

pub(crate) fn controls(deps: &Deps) -> Controls {
    Controls { store: deps.store.clone(), waker: None, teller: deps.teller.clone() }
}

/// Writes down what came of a request, unless it was claimed again since.
pub(crate) async fn settle(
    deps: &Deps,
    call: &ControlledCall,
    (participant, deed): (ParticipantId, Deed),
    (claimed, then): (Effect, Effect),
    news: &[News],
) -> Result<(), Failure> {
    let now = deps.clock.now();
    let settled = |steered: &mut live::Steered| {
        let is_settled = steered.settle(participant, deed, (claimed, then), now);
        (is_settled || !news.is_empty()).then(|| ((), news.to_vec()))
    };
    controls(deps).request(&call.steered.call.id, now, settled).await?;
    Ok(())
}

pub(crate) fn failed(call: &ControlledCall, error: &RestError) {
    let call_id = call.steered.call.id.as_str();
    count!(Metric::Failed, function = "act", call_id, error = error.to_string());
}

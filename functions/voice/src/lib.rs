//! A call comes in: `POST /webhook/voice`.
//!
//! One read of the number's settings, which memory answers for half a minute, and one conditional
//! write that begins the call, and counts it where its month has a limit. Whatever fails, the caller gets a greeting and a beep.

use std::sync::Arc;

use callflow::{
    Callbacks, Incoming, Usage, after_dial, incoming, unknown_number, usage_month, voicemail_without_settings,
};
use domain::{CallBegins, Decision, DialOutcome, Instead, NotReached, Parties, WhyNotForwarded};
use runtime::{Clock, Failure};
use store::{Begun, Store, StoreError};
use webhook::{Answer, Endpoint, Handled, Verified, kinds::VoiceCall};

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
}

/// Decides about a call.
///
/// # Errors
/// When the store fails; [`endpoint`] knows what the caller gets then.
pub async fn handle(deps: &Deps, call: Arc<Verified<VoiceCall>>) -> Result<Handled, Failure> {
    let now = deps.clock.now();
    let callbacks = Callbacks::below(&call.base_url);
    let parties = &call.webhook.parties;
    let unknown = || Handled {
        answer: Answer::Twiml(unknown_number(parties.likely_language)),
        outcome: "unknown-number",
    };
    let Some(to) = &parties.to else {
        return Ok(unknown());
    };
    let number = match deps.store.number(to, now).await {
        Ok(number) => number,
        Err(StoreError::NotFound(_)) => return Ok(unknown()),
        Err(error) => return Err(error.into()),
    };
    let decide = |usage| incoming(&number, usage, &parties.from, &callbacks);
    let begin = async |decision| {
        let begins = CallBegins {
            call_sid: parties.call_sid.clone(),
            parties: Parties {
                number: to.clone(),
                caller: parties.from.clone(),
                caller_name: parties.caller_name.clone(),
            },
            decision,
            month: usage_month(&number.settings, now),
            calls_per_month: number.settings.plan.calls_per_month,
            at: now,
        };
        deps.store.begin_call(&begins).await
    };
    let hoped = decide(Usage::Left);
    let decided = match begin(hoped.decision).await? {
        Begun::New => hoped,
        Begun::Repeated(earlier) => decide(usage_behind(earlier)),
        Begun::PlanUsedUp => {
            let without_forwarding = decide(Usage::UsedUp);
            match begin(without_forwarding.decision).await? {
                Begun::Repeated(earlier) => decide(usage_behind(earlier)),
                Begun::New | Begun::PlanUsedUp => without_forwarding,
            }
        }
    };
    let Incoming { decision, answer } = decided;
    Ok(Handled { answer: Answer::Twiml(answer), outcome: outcome(decision) })
}

/// The webhook, and what a caller gets when the store fails: the number's own greeting if it is
/// known from an earlier call, else a plain one; a beep in any case.
pub fn endpoint(store: Store) -> Endpoint<VoiceCall> {
    Endpoint::steering("voice", move |call: &Verified<VoiceCall>| {
        let callbacks = Callbacks::below(&call.base_url);
        let parties = &call.webhook.parties;
        let known = parties.to.as_ref().and_then(|to| store.number_last_known(to));
        Some(match known {
            Some(number) => {
                after_dial(&number.settings, DialOutcome::NotReached(NotReached::Failed), &callbacks)
            }
            None => voicemail_without_settings(parties.likely_language, &callbacks),
        })
    })
}

/// What a repeated webhook is answered with: what the first one was.
fn usage_behind(decision: Decision) -> Usage {
    match decision {
        Decision::Instead(_, WhyNotForwarded::PlanUsedUp) => Usage::UsedUp,
        _ => Usage::Left,
    }
}

fn outcome(decision: Decision) -> &'static str {
    match decision {
        Decision::Forward => "forwarded",
        Decision::Instead(Instead::Voicemail, _) => "voicemail",
        Decision::Instead(Instead::Message, _) => "message",
        Decision::Instead(Instead::Reject, _) => "rejected",
    }
}

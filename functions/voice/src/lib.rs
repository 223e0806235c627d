//! A call comes in: `/webhook/voice`.
//!
//! One read of the number's settings, which memory answers for half a minute, and one conditional
//! write that begins the call, and counts it where its month has a limit. Whatever fails, the caller gets a
//! greeting and a beep.

use callflow::{
    Callbacks, Usage, answer, decide, take_message, unknown_number, usage_month, voicemail_without_settings,
};
use domain::{CallBegins, Decision, Disposition, Number, Treatment, WhyNotForwarded};
use runtime::Failure;
use store::{Begun, StoreError};
use twiml::voice;
use webhook::kinds::VoiceCall;
use webhook::{Deps, Handled, Received, Webhook};

/// What begins a call.
#[derive(Clone, Debug)]
pub struct Voice(pub Deps);

impl Webhook for Voice {
    const NAME: &'static str = "voice";
    type Input = VoiceCall;
    type Answer = voice::Response;

    async fn handle(&self, call: &Received<VoiceCall>) -> Result<Handled<voice::Response>, Failure> {
        let Self(Deps { store, clock }) = self;
        let now = clock.now();
        let parties = &call.input.parties;
        let answered = |treatment: &Treatment, outcome| {
            Ok(Handled { answer: answer(treatment, &Callbacks::below(&call.base_url)), outcome })
        };
        let unknown = || answered(&unknown_number(parties.likely_language), "unknown-number");
        let Some(known) = parties.known() else { return unknown() };
        let number = match store.number(&known.number, now).await {
            Ok(number) => number,
            Err(StoreError::NotFound(_)) => return unknown(),
            Err(error) => return Err(error.into()),
        };
        let decided = async |usage| {
            let call = CallBegins {
                call_sid: parties.call_sid.clone(),
                parties: known.clone(),
                decision: decide(&number, usage, &parties.from),
                month: usage_month(&number.settings, now),
                calls_per_month: number.settings.plan.calls_per_month,
                at: now,
            };
            let begun = store.begin_call(&call).await?;
            Ok::<_, StoreError>((begun, call.decision))
        };
        let (mut begun, mut decision) = decided(Usage::Left).await?;
        if begun == Begun::PlanUsedUp {
            (begun, decision) = decided(Usage::UsedUp).await?;
        }
        let Decision { disposition, treatment } = match begun {
            Begun::New | Begun::PlanUsedUp => decision,
            Begun::Repeated(disposition, Some(treatment)) => Decision { disposition, treatment: *treatment },
            // Another version began it.
            Begun::Repeated(disposition, None) => decide(&number, usage_behind(disposition), &parties.from),
        };
        answered(&treatment, disposition.name())
    }

    /// The number's own greeting if it is known from an earlier call, else a plain one; a beep in any case.
    fn rescue(&self, call: &Received<VoiceCall>) -> Option<voice::Response> {
        let parties = &call.input.parties;
        let known = parties.to.as_ref().and_then(|to| self.0.store.number_last_known(to));
        let treatment = match known {
            Some(number) => {
                let Number { settings, .. } = &*number;
                Treatment::TakeMessage(take_message(&settings.speech, &settings.voicemail))
            }
            None => voicemail_without_settings(parties.likely_language),
        };
        Some(answer(&treatment, &Callbacks::below(&call.base_url)))
    }
}

/// What was left of the plan when this was decided.
fn usage_behind(disposition: Disposition) -> Usage {
    match disposition {
        Disposition::Instead(_, WhyNotForwarded::PlanUsedUp) => Usage::UsedUp,
        _ => Usage::Left,
    }
}

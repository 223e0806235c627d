//! A call comes in: `/webhook/voice`.
//!
//! One read of the number's settings, which memory answers for half a minute, and one conditional
//! write that begins the call, and counts it where its month has a limit. A number that has a phone file is
//! answered by that, which memory holds for as long as nobody edits it. Whatever fails, the caller gets a
//! greeting and a beep.

use callflow::{
    Begins, Callbacks, Known, Onward, Stepped, Usage, answer, begin, blocked_unread, decide, take_message,
    unknown_number, usage_month, voicemail_without_settings,
};
use domain::{CallBegins, Decision, Disposition, LiveCall, Number, Treatment, WhyNotForwarded};
use runtime::Failure;
use steering::{Filed, Steering, Told};
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
        let Self(Deps { store, clock, .. }) = self;
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
        let told = Told { call_sid: &parties.call_sid, parties: &known, now };
        let by = match number.settings.file {
            Some(version) => By::File(self.by_file(told, call.input.unverified, version).await?),
            None => By::Settings(&number),
        };
        let mut begins = by.decide(told, Usage::Left);
        let mut begun = self.begin(call, told, &number, &begins).await?;
        if begun == Begun::PlanUsedUp {
            begins = by.decide(told, Usage::UsedUp);
            begun = self.begin(call, told, &number, &begins).await?;
        }
        let Decision { disposition, treatment } = match begun {
            Begun::New | Begun::PlanUsedUp => {
                let offered = self.offer(call, told, &begins).await?;
                Decision { treatment: offered.unwrap_or(begins.decision.treatment), ..begins.decision }
            }
            Begun::Repeated(disposition, Some(treatment)) => {
                let decided = self.decided_since(told, &treatment).await?;
                Decision { disposition, treatment: decided.unwrap_or(*treatment) }
            }
            // Another version began it.
            Begun::Repeated(disposition, None) => by.decide(told, usage_behind(disposition)).decision,
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
                if parties.from.number().is_some_and(|caller| settings.blocked.contains(caller)) {
                    let file = self.0.store.phone_file_last_known(&settings.number);
                    blocked_unread(file.as_deref(), self.0.clock.now())
                } else {
                    Treatment::TakeMessage(take_message(&settings.speech, &settings.voicemail))
                }
            }
            None => voicemail_without_settings(parties.likely_language),
        };
        Some(answer(&treatment, &Callbacks::below(&call.base_url)))
    }
}

/// What a call is decided by.
enum By<'a> {
    Settings(&'a Number),
    File(ByFile),
}

struct ByFile {
    filed: Filed,
    version: u32,
    known: Known,
}

impl By<'_> {
    fn decide(&self, told: Told<'_>, usage: Usage) -> Begins {
        match self {
            Self::Settings(number) => Begins {
                decision: decide(number, usage, &told.parties.caller),
                live: None,
                passed_over: Vec::new(),
                in_list: None,
            },
            Self::File(ByFile { filed, version, known }) => {
                begin(steering::scene(filed, told), *version, usage, *known)
            }
        }
    }
}

impl Voice {
    fn steering(&self) -> Steering {
        let Deps { store, waker, teller, .. } = self.0.clone();
        Steering { store, waker, teller }
    }

    /// The file, and what is known of the caller, where the file asks for that.
    async fn by_file(&self, told: Told<'_>, unverified: bool, version: u32) -> Result<ByFile, Failure> {
        let filed = self.steering().filed(&told.parties.number, version, told.now).await?;
        let known = Known { unverified, ..self.steering().known(&filed, told).await };
        Ok(ByFile { filed, version, known })
    }

    /// One write: of the call, and where it goes over several webhooks, of how it goes on.
    async fn begin(
        &self,
        call: &Received<VoiceCall>,
        told: Told<'_>,
        number: &Number,
        begins: &Begins,
    ) -> Result<Begun, StoreError> {
        let calls = CallBegins {
            call_sid: told.call_sid.clone(),
            parties: told.parties.clone(),
            decision: begins.decision.clone(),
            month: usage_month(&number.settings, told.now),
            calls_per_month: number.settings.plan.calls_per_month,
            passed_over: begins.passed_over.clone(),
            in_list: begins.in_list.clone(),
            at: told.now,
        };
        let Some(stepped) = &begins.live else { return self.0.store.begin_call(&calls).await };
        self.0.store.begin_live(&calls, &live_call(call, told, stepped)).await
    }
}

impl Voice {
    /// What a caller gets whose call is offered to programs; none of any other call.
    async fn offer(
        &self,
        call: &Received<VoiceCall>,
        told: Told<'_>,
        begins: &Begins,
    ) -> Result<Option<Treatment>, Failure> {
        let Some(stepped) = &begins.live else { return Ok(None) };
        let Some(offered) = &stepped.offered else { return Ok(None) };
        let steering = self.steering();
        let live = live_call(call, told, stepped);
        steering.offer(told, &live, offered).await?;
        if live.course.is_answered {
            return Ok(None);
        }
        steering.first_answer(told, &live, &self.0.clock).await.map(Some)
    }

    /// What a program has decided since a call was offered; none if none has.
    async fn decided_since(
        &self,
        told: Told<'_>,
        answered: &Treatment,
    ) -> Result<Option<Treatment>, Failure> {
        let Treatment::Offer { next } = answered else { return Ok(None) };
        let Some(onward) = Onward::read(next) else { return Ok(None) };
        self.steering().second_answer(told, &onward).await.map(Some)
    }
}

fn live_call(call: &Received<VoiceCall>, told: Told<'_>, stepped: &Stepped) -> LiveCall {
    let VoiceCall { account_sid, call_token, .. } = &call.input;
    steering::live_call(told, account_sid.clone(), call.base_url.clone(), call_token.clone(), stepped.clone())
}

/// What was left of the plan when this was decided.
fn usage_behind(disposition: Disposition) -> Usage {
    match disposition {
        Disposition::Instead(_, WhyNotForwarded::PlanUsedUp) => Usage::UsedUp,
        _ => Usage::Left,
    }
}

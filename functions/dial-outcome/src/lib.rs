//! The forwarded leg has ended: `/webhook/dial-outcome`.
//!
//! After a conversation the call is over; after anything else the caller gets a greeting and a
//! beep, also when nothing can be read or written.

use callflow::{
    BoothAddress, Callbacks, Input, Onward, after_dial, answer, dial_outcome, take_message, unknown_number,
    voicemail_without_settings,
};
use domain::{DialOutcome, DialReport, NotReached, Number, Parties, Stage, TakeMessage, Treatment};
use jiff::Timestamp;
use live::{CallId, Cause, News, ParticipantId};
use runtime::Failure;
use steering::{Steering, Told, rescued};
use store::StoreError;
use twiml::voice;
use webhook::kinds::{CallParties, DialEnded};
use webhook::{Deps, Handled, Received, Webhook};

/// What follows a forwarded leg.
#[derive(Clone, Debug)]
pub struct DialOutcomes(pub Deps);

impl Webhook for DialOutcomes {
    const NAME: &'static str = "dial-outcome";
    type Input = DialEnded;
    type Answer = voice::Response;

    async fn handle(&self, ended: &Received<DialEnded>) -> Result<Handled<voice::Response>, Failure> {
        let Self(Deps { store, clock, .. }) = self;
        let now = clock.now();
        let parties = &ended.input.parties;
        let outcome = outcome_of(&ended.input);
        let answered = |treatment: &Treatment, outcome| {
            Ok(Handled { answer: answer(treatment, &Callbacks::below(&ended.base_url)), outcome })
        };
        let unknown = unknown_number(parties.likely_language);
        let Some(known) = parties.known() else { return answered(&unknown, "unknown-number") };
        if let Some(onward) = onward(ended) {
            let treatment = Box::pin(self.go_on(ended, &known, onward, outcome)).await?;
            return answered(&treatment, outcome.name());
        }
        let number = known.number.clone();
        let report = report(ended, &known, outcome, now);
        let (ended, number) = tokio::join!(store.dial_ended(&report), store.number(&number, now));
        let (_, begun) = ended?;
        let otherwise = match (begun, number) {
            // A program steers the call since: the two were connected, and go on where it has them.
            (Some(steered @ Treatment::Steered { .. }), _) => {
                if let DialOutcome::NotReached(_) = outcome {
                    let report = DialReport { outcome: DialOutcome::Conversation, ..report };
                    store.dial_ended(&report).await?;
                }
                let treatment = if outcome == DialOutcome::CallerGone { Treatment::HangUp } else { steered };
                return answered(&treatment, "steered");
            }
            // What was decided when the call came in.
            (Some(Treatment::Ring(ring)), _) => ring.otherwise,
            (_, Ok(number)) => voicemail_of(&number),
            (_, Err(StoreError::NotFound(_))) => return answered(&unknown, outcome.name()),
            (_, Err(error)) => return Err(error.into()),
        };
        answered(&after_dial(outcome, otherwise), outcome.name())
    }

    fn rescue(&self, ended: &Received<DialEnded>) -> Option<voice::Response> {
        let parties = &ended.input.parties;
        let known = parties.to.as_ref().and_then(|to| self.0.store.number_last_known(to));
        let treatment = match (known, outcome_of(&ended.input)) {
            // Whoever was connected with somebody who is led elsewhere may be a program's.
            (_, DialOutcome::Conversation) if is_led_elsewhere(&ended.input) => steered(parties),
            (_, DialOutcome::Conversation | DialOutcome::CallerGone) => Treatment::HangUp,
            (_, DialOutcome::NotReached(_)) if ended.state.is_some() => {
                let onward = onward(ended);
                rescued(&self.0.store, parties.to.as_ref(), onward.as_ref(), parties.likely_language)
            }
            (Some(number), outcome) => after_dial(outcome, voicemail_of(&number)),
            (None, DialOutcome::NotReached(_)) => voicemail_without_settings(parties.likely_language),
        };
        Some(answer(&treatment, &Callbacks::below(&ended.base_url)))
    }
}

impl DialOutcomes {
    /// A call that has more before it than a message.
    async fn go_on(
        &self,
        ended: &Received<DialEnded>,
        parties: &Parties,
        onward: Onward,
        outcome: DialOutcome,
    ) -> Result<Treatment, Failure> {
        let Self(Deps { store, clock, waker, teller }) = self;
        let steering = Steering { store: store.clone(), waker: waker.clone(), teller: teller.clone() };
        let told = Told { call_sid: &ended.input.parties.call_sid, parties, now: clock.now() };
        match outcome {
            DialOutcome::NotReached(why) => {
                if onward.course.is_offered {
                    self.tell_programs(&steering, told, Err(cause(why))).await;
                }
                let report = report(ended, parties, outcome, told.now);
                let (treatment, noted) = tokio::join!(
                    steering.go_on(told, onward, Input::DialEnded(outcome)),
                    store.dial_ended(&report)
                );
                // The caller goes on all the same.
                if let Err(error) = noted {
                    tracing::warn!(error = %error, "what became of the leg is not written down");
                }
                treatment
            }
            DialOutcome::Conversation | DialOutcome::CallerGone => {
                if onward.course.is_offered && outcome == DialOutcome::Conversation {
                    self.tell_programs(&steering, told, Ok(())).await;
                }
                Box::pin(steering.over(told, outcome, ended.input.duration_seconds)).await
            }
        }
    }

    /// The program that put the call through learns what came of it. If not by this, then by what its leg tells.
    async fn tell_programs(&self, steering: &Steering, told: Told<'_>, ended: Result<(), Cause>) {
        let tell = async {
            let call = self.0.store.live_call(told.call_sid).await?;
            steering.tell_programs(&call, News::PutThrough(ended), told.now).await
        };
        if let Err(error) = tell.await {
            tracing::warn!(error = %error, "programs are not told what became of the call");
        }
    }
}

fn cause(why: NotReached) -> Cause {
    match why {
        NotReached::Busy => Cause::Busy,
        NotReached::NoAnswer => Cause::NoAnswer,
        _ => Cause::Failed,
    }
}

fn report(ended: &Received<DialEnded>, parties: &Parties, outcome: DialOutcome, at: Timestamp) -> DialReport {
    DialReport {
        call_sid: ended.input.parties.call_sid.clone(),
        parties: parties.clone(),
        outcome,
        duration_seconds: ended.input.duration_seconds,
        at,
    }
}

fn onward(ended: &Received<DialEnded>) -> Option<Onward> {
    let onward = ended.state.as_deref().and_then(Onward::read)?;
    (onward.course.stage == Stage::Dial).then_some(onward)
}

/// Whether the caller was connected with somebody who is elsewhere now: Twilio says for how long two talked only where
/// one of them hung up.
fn is_led_elsewhere(ended: &DialEnded) -> bool {
    ended.caller_is_there && ended.bridged == Some(true) && ended.duration_seconds.is_none()
}

/// Where a caller is whose call a program steers.
fn steered(parties: &CallParties) -> Treatment {
    let booth = BoothAddress::new(CallId::of_incoming(&parties.call_sid), ParticipantId(1), 1);
    Treatment::Steered { booth: booth.write() }
}

fn voicemail_of(number: &Number) -> TakeMessage {
    take_message(&number.settings.speech, &number.settings.voicemail)
}

fn outcome_of(ended: &DialEnded) -> DialOutcome {
    dial_outcome(ended.status, ended.bridged, ended.caller_is_there)
}

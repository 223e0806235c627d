//! A caller is parked, or is no more: `/webhook/wait`, `/webhook/wait/left`.
//!
//! A document that is short and comes round again is the clock: each time it is looked whether the next people are
//! to be rung, or the caller is asked for a message. What comes back with the address says when that is at the
//! latest, so that a caller comes to the beep also where nothing can be read.

use callflow::{Callbacks, Onward, answer, is_offer_over, unknown_number, waiting_unread};
use domain::{DialOutcome, NotReached, Treatment};
use runtime::Failure;
use steering::{Steering, Told, rescued};
use twiml::voice;
use webhook::kinds::Queued;
use webhook::{Constant, Deps, Handled, Received, Webhook};

/// The caller is parked no more.
const LEFT: &str = "left";

/// What callers hear who are parked, and how their calls go on.
#[derive(Clone, Debug)]
pub struct Waits(pub Deps);

impl Webhook for Waits {
    const NAME: &'static str = "wait";
    const STEPS: &'static [&'static str] = &[LEFT];
    const CONSTANTS: &'static [(&'static str, Constant)] = &[
        ("ringing.wav", Constant { content_type: "audio/x-wav", bytes: callflow::ringing }),
        ("music.wav", Constant { content_type: "audio/x-wav", bytes: callflow::music }),
        ("alone.xml", Constant { content_type: "text/xml", bytes: callflow::alone }),
    ];
    type Input = Queued;
    type Answer = voice::Response;

    async fn handle(&self, queued: &Received<Queued>) -> Result<Handled<voice::Response>, Failure> {
        let parties = &queued.input.parties;
        let callbacks = Callbacks::below(&queued.base_url);
        let Some(known) = parties.known() else {
            let answer = answer(&unknown_number(parties.likely_language), &callbacks);
            return Ok(Handled { answer, outcome: "unknown-number" });
        };
        let Self(Deps { store, clock, waker, teller }) = self;
        let steering = Steering { store: store.clone(), waker: waker.clone(), teller: teller.clone() };
        let told = Told { call_sid: &parties.call_sid, parties: &known, now: clock.now() };
        let (treatment, outcome) = if queued.step.as_deref() == Some(LEFT) {
            Box::pin(left(&steering, told, &queued.input)).await?
        } else {
            let onward = onward(queued).ok_or("the address says not how it goes on")?;
            let treatment = steering.wait(told, onward).await?;
            let outcome = if treatment == Treatment::Leave { "leaves" } else { "waits" };
            (treatment, outcome)
        };
        Ok(Handled { answer: answer(&treatment, &callbacks), outcome })
    }

    /// Who waits goes on waiting until the time is over that the address tells, and leaves a message then.
    fn rescue(&self, queued: &Received<Queued>) -> Option<voice::Response> {
        let Queued { parties, result, .. } = &queued.input;
        let onward = onward(queued);
        let treatment = match (queued.step.as_deref(), result.as_deref(), onward) {
            (Some(_), Some(result), _) if is_over(result) || !queued.input.caller_is_there => {
                Treatment::HangUp
            }
            (Some(_), _, onward) => {
                rescued(&self.0.store, parties.to.as_ref(), onward.as_ref(), parties.likely_language)
            }
            // Who is offered to programs is in no queue that could be left.
            (None, _, Some(onward)) if is_offer_over(&onward.course, self.0.clock.now()) => {
                rescued(&self.0.store, parties.to.as_ref(), Some(&onward), parties.likely_language)
            }
            (None, _, Some(onward)) => waiting_unread(onward, self.0.clock.now()),
            (None, _, None) => Treatment::Leave,
        };
        Some(answer(&treatment, &Callbacks::below(&queued.base_url)))
    }
}

fn onward(queued: &Received<Queued>) -> Option<Onward> {
    queued.state.as_deref().and_then(Onward::read)
}

/// Whether nobody is left to hear anything.
fn is_over(result: &str) -> bool {
    matches!(result, "bridged" | "hangup" | "redirected-from-bridged")
}

/// How a call goes on whose caller is parked no more.
async fn left(
    steering: &Steering,
    told: Told<'_>,
    queued: &Queued,
) -> Result<(Treatment, &'static str), Failure> {
    match queued.result.as_deref() {
        Some("bridged" | "redirected-from-bridged") => {
            let treatment = Box::pin(steering.over(told, DialOutcome::Conversation, None)).await?;
            Ok((treatment, DialOutcome::Conversation.name()))
        }
        // Somebody else has taken the call over.
        Some("redirected") => Ok((Treatment::HangUp, "redirected")),
        _ if !queued.caller_is_there || queued.result.as_deref() == Some("hangup") => {
            Box::pin(steering.over(told, DialOutcome::CallerGone, None)).await?;
            Ok((Treatment::HangUp, DialOutcome::CallerGone.name()))
        }
        _ => {
            let treatment = steering.after_parking(told).await?;
            Ok((treatment, DialOutcome::NotReached(NotReached::NoAnswer).name()))
        }
    }
}

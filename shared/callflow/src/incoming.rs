//! A call comes in.

use domain::{CallSettings, CallerId, Decision, Instead, Language, Number, Prompt, Speech, WhyNotForwarded};
use jiff::Timestamp;
use phone::{Caller, PhoneNumber};
use twiml::values::{CallEvent, DialTimeout};
use twiml::voice::{Dial, Nouns, Number as DialNumber, Reject, Response};

use crate::answers::{speak, take_message};
use crate::callbacks::Callbacks;

/// What is left of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// This call fits in, as far as is known.
    Left,
    /// The month's calls are used up.
    UsedUp,
}

/// What the caller gets, and what becomes of the call.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// For the ledger of calls.
    pub decision: Decision,
    /// For Twilio.
    pub answer: Response,
}

/// Decides about a call to a masked number.
pub fn incoming(number: &Number, usage: Usage, caller: &Caller, callbacks: &Callbacks) -> Incoming {
    let Number { settings, .. } = number;
    let targets = targets(number);
    let decision = if !settings.forwarding.on {
        Decision::Instead(settings.forwarding.when_off, WhyNotForwarded::ForwardingOff)
    } else if targets.is_empty() {
        Decision::Instead(Instead::Voicemail, WhyNotForwarded::NoTarget)
    } else if usage == Usage::UsedUp {
        Decision::Instead(settings.plan.when_used_up, WhyNotForwarded::PlanUsedUp)
    } else {
        Decision::Forward
    };
    let answer = match decision {
        Decision::Forward => forward(settings, targets, caller, callbacks),
        Decision::Instead(Instead::Voicemail, _) => {
            take_message(&settings.speech, &settings.voicemail, callbacks)
        }
        Decision::Instead(Instead::Message, _) => {
            speak(Response::new(), Prompt::Unavailable, &settings.speech).hangup()
        }
        Decision::Instead(Instead::Reject, _) => Response::new().reject(Reject::busy()),
    };
    Incoming { decision, answer }
}

/// Nobody owns the number: says so, in the language that is likely spoken there.
pub fn unknown_number(language: Language) -> Response {
    speak(Response::new(), Prompt::NotInUse, &Speech::in_language(language)).hangup()
}

/// The calendar month that a call counts in, like `2026-11`: the owner's month.
pub fn usage_month(settings: &CallSettings, now: Timestamp) -> String {
    now.to_zoned(settings.time_zone.clone()).strftime("%Y-%m").to_string()
}

/// The telephones to ring: each once, and none that leads back here.
fn targets(number: &Number) -> Vec<&PhoneNumber> {
    let mut targets: Vec<&PhoneNumber> = Vec::new();
    for target in &number.settings.forwarding.targets {
        let leads_back = *target == number.settings.number || number.masked_targets.contains(target);
        if !leads_back && !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}

fn forward(
    settings: &CallSettings,
    targets: Vec<&PhoneNumber>,
    caller: &Caller,
    callbacks: &Callbacks,
) -> Response {
    let forwarding = &settings.forwarding;
    // Twilio refuses to dial on behalf of a client or SIP address without a number to show, and a
    // withheld one would reach the owner as a riddle.
    let shown = match (forwarding.caller_id, caller.number()) {
        (CallerId::Caller, Some(number)) => number,
        _ => &settings.number,
    };
    let ring = |target: &PhoneNumber| {
        let events = [CallEvent::Initiated, CallEvent::Ringing, CallEvent::Answered, CallEvent::Completed];
        DialNumber::new(target.reveal()).status_callback(callbacks.status()).status_callback_event(events)
    };
    // Twilio rings ten at most; settings with more are refused where they are made.
    let nouns = Nouns::try_from(targets.into_iter().take(Nouns::MAX).map(ring).collect::<Vec<_>>());
    let dial = Dial::new()
        .action(callbacks.dial_outcome())
        .answer_on_bridge(true)
        .caller_id(shown.reveal())
        .hangup_on_star(forwarding.hang_up_on_star)
        .timeout(DialTimeout::nearest(forwarding.ring_time.as_seconds().into()))
        .nouns(nouns.unwrap_or_default());
    let response = if forwarding.announce {
        speak(Response::new(), Prompt::Connecting, &settings.speech)
    } else {
        Response::new()
    };
    response.dial(dial)
}

#[cfg(test)]
mod tests;

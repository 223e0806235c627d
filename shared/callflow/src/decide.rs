//! A call comes in.

use domain::{
    CallSettings, CallerId, Decision, Disposition, Instead, Language, Number, Prompt, Ring, Speech,
    Treatment, WhyNotForwarded,
};
use jiff::Timestamp;
use phone::{Caller, PhoneNumber};
use twiml::voice::Nouns;

use crate::spoken::{spoken, take_message};

/// What is left of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// This call fits in, as far as is known.
    Left,
    /// The month's calls are used up.
    UsedUp,
}

/// Decides about a call to a masked number.
pub fn decide(number: &Number, usage: Usage, caller: &Caller) -> Decision {
    let Number { settings, .. } = number;
    let targets = targets(number);
    let disposition = if !settings.forwarding.on {
        Disposition::Instead(settings.forwarding.when_off, WhyNotForwarded::ForwardingOff)
    } else if targets.is_empty() {
        Disposition::Instead(Instead::Voicemail, WhyNotForwarded::NoTarget)
    } else if usage == Usage::UsedUp {
        Disposition::Instead(settings.plan.when_used_up, WhyNotForwarded::PlanUsedUp)
    } else {
        Disposition::Forward
    };
    let treatment = match disposition {
        Disposition::Forward => Treatment::Ring(ring(settings, targets, caller)),
        Disposition::Instead(Instead::Voicemail, _) => {
            Treatment::TakeMessage(take_message(&settings.speech, &settings.voicemail))
        }
        Disposition::Instead(Instead::Message, _) => {
            Treatment::Say { words: spoken(Prompt::Unavailable, &settings.speech) }
        }
        Disposition::Instead(Instead::Reject, _) => Treatment::Reject,
    };
    Decision { disposition, treatment }
}

/// Nobody owns the number: says so, in the language that is likely spoken there.
pub fn unknown_number(language: Language) -> Treatment {
    Treatment::Say { words: spoken(Prompt::NotInUse, &Speech::in_language(language)) }
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

fn ring(settings: &CallSettings, targets: Vec<&PhoneNumber>, caller: &Caller) -> Ring {
    let forwarding = &settings.forwarding;
    // Twilio refuses to dial on behalf of a client or SIP address without a number to show, and a
    // withheld one would reach the owner as a riddle.
    let shown = match (forwarding.caller_id, caller.number()) {
        (CallerId::Caller, Some(number)) => number,
        _ => &settings.number,
    };
    Ring {
        first: Vec::new(),
        announcement: forwarding.announce.then(|| spoken(Prompt::Connecting, &settings.speech)),
        // Twilio rings ten at most; settings with more are refused where they are made.
        targets: targets.into_iter().take(Nouns::MAX).cloned().collect(),
        shown: shown.clone(),
        seconds: forwarding.ring_time.as_seconds().into(),
        hang_up_on_star: forwarding.hang_up_on_star,
        screened: false,
        spoken_to_in: None,
        next: None,
        otherwise: take_message(&settings.speech, &settings.voicemail),
        told: None,
    }
}

#[cfg(test)]
mod tests;

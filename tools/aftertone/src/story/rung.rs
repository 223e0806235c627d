//! Who was rung in a call and what became of it, and who did not ring and why, in sentences.

use domain::{Call, DialOutcome, Leg, LegState, NotReached, PassedOver, WhyNotRung};
use serde_json::{Value, json};

/// What became of a leg.
pub(crate) fn leg(call: &Call, leg: &Leg) -> String {
    let became = match leg.why {
        Some(state) => became(call, state),
        None => in_twilios_words(call, &leg.status),
    };
    match &leg.person {
        Some(person) => format!("{person}: {became}"),
        None => format!("the forwarded leg: {became}"),
    }
}

fn became(call: &Call, state: LegState) -> String {
    let told = match state {
        LegState::Planned => "it was not placed any more",
        LegState::Queued | LegState::Ringing | LegState::Canceled => {
            return format!("it stopped ringing: {}", why_canceled(call));
        }
        LegState::Answered => {
            "somebody or a machine picked up, and the call was over before a key was pressed"
        }
        LegState::Declined => "whoever picked up blocked the caller with 9",
        LegState::ToVoicemail => "whoever picked up declined with 2",
        LegState::TooLate => "whoever picked up was too late: somebody else was faster, or the caller gone",
        LegState::Accepted | LegState::Left => "took the call",
        LegState::NotAPerson => "a machine picked up, or somebody who pressed no key",
        LegState::Busy => "busy, or declined there",
        LegState::NoAnswer => "no answer",
        LegState::Failed => "Twilio could not route it",
    };
    told.to_owned()
}

fn why_canceled(call: &Call) -> &'static str {
    match call.dial_outcome {
        Some(DialOutcome::Conversation) => "somebody else was faster",
        Some(DialOutcome::CallerGone) => "the caller hung up",
        Some(DialOutcome::NotReached(_)) | None => "its time was over, or the call went on without it",
    }
}

/// A leg of a plain dial, of which the ledger knows Twilio's word only.
fn in_twilios_words(call: &Call, status: &str) -> String {
    match (status, call.dial_outcome) {
        ("completed", Some(DialOutcome::NotReached(NotReached::Declined))) => {
            "a machine picked up, or somebody who did not take the call".to_owned()
        }
        ("completed", Some(DialOutcome::Conversation)) => "took the call".to_owned(),
        ("busy", _) => "busy, or declined there".to_owned(),
        ("failed", _) => "Twilio could not route it".to_owned(),
        ("canceled", Some(DialOutcome::CallerGone)) => "it stopped ringing: the caller hung up".to_owned(),
        (other, _) => other.replace('-', " "),
    }
}

/// Why somebody did not ring.
pub(crate) fn passed_over(PassedOver { person, why }: &PassedOver) -> String {
    let why = match why {
        WhyNotRung::Away(until) => format!("away until {}", until.strftime("%Y-%m-%d %H:%M")),
        WhyNotRung::NoTelephone => "the phone file has no telephone of theirs".to_owned(),
        WhyNotRung::Caller => "the call came from their own telephone".to_owned(),
        WhyNotRung::Masked => {
            "their telephone is a masked number, and the call could go round in circles".to_owned()
        }
        WhyNotRung::SameTelephone => "their telephone rang for somebody else".to_owned(),
        WhyNotRung::NoTime => "the caller had waited as long as callers wait".to_owned(),
        WhyNotRung::NotPlaced => "the call was taken or over before their turn came".to_owned(),
        WhyNotRung::Refused(code) => refused(*code),
    };
    format!("{person} did not ring: {why}")
}

/// Why Twilio does not take a leg, and what helps. Source: Twilio's error dictionary.
fn refused(code: u32) -> String {
    let (why, cure) = match code {
        21_210 | 21_212 => (
            "the number that it was to show is none that the account may show",
            "let `ringing.caller_id` be `masked`",
        ),
        13_223 | 13_224 | 21_211 | 21_214 | 21_217 => {
            ("Twilio takes their telephone for no number", "correct it in the phone file")
        }
        13_227 | 21_215 => (
            "the account may not call their country",
            "tick it in Twilio's console: Voice > Settings > Geo permissions",
        ),
        13_225 | 21_216 => {
            ("Twilio calls their number for nobody", "name another telephone, or ask Twilio's support")
        }
        21_219 => (
            "a trial account calls verified numbers only",
            "verify their telephone in Twilio's console, or upgrade the account",
        ),
        _ => {
            return format!(
                "Twilio refused it with code {code}: see https://www.twilio.com/docs/api/errors/{code}"
            );
        }
    };
    format!("Twilio refused it with code {code}, for {why}: {cure}")
}

pub(crate) fn leg_json(call: &Call, it: &Leg) -> Value {
    json!({
        "call_sid": it.call_sid.as_str(),
        "status": it.status,
        "person": it.person,
        "why": it.why.map(LegState::name),
        "told": leg(call, it),
    })
}

pub(crate) fn passed_over_json(it: &PassedOver) -> Value {
    json!({ "person": it.person, "why": it.why.to_string(), "told": passed_over(it) })
}

#[cfg(test)]
mod tests {
    use domain::fixtures;

    use super::*;

    fn call(outcome: Option<DialOutcome>, person: Option<&str>, why: Option<LegState>) -> Call {
        let mut call = fixtures::call("completed");
        call.dial_outcome = outcome;
        call.legs[0].person = person.map(str::to_owned);
        call.legs[0].why = why;
        call
    }

    #[test]
    fn each_leg_is_told_in_a_sentence_of_its_own() {
        let talked = Some(DialOutcome::Conversation);
        let declined = Some(DialOutcome::NotReached(NotReached::Declined));
        let cases = [
            (declined, LegState::NotAPerson, "ana: a machine picked up, or somebody who pressed no key"),
            (declined, LegState::ToVoicemail, "ana: whoever picked up declined with 2"),
            (talked, LegState::Canceled, "ana: it stopped ringing: somebody else was faster"),
            (
                Some(DialOutcome::CallerGone),
                LegState::Canceled,
                "ana: it stopped ringing: the caller hung up",
            ),
            (talked, LegState::Left, "ana: took the call"),
            (declined, LegState::Busy, "ana: busy, or declined there"),
            (declined, LegState::NoAnswer, "ana: no answer"),
        ];
        for (outcome, state, told) in cases {
            let call = call(outcome, Some("ana"), Some(state));
            assert_eq!(leg(&call, &call.legs[0]), told);
        }
        let told =
            |state| leg(&call(None, Some("ana"), Some(state)), &call(None, Some("ana"), Some(state)).legs[0]);
        let all: std::collections::BTreeSet<String> = LegState::ALL.into_iter().map(told).collect();
        // Two have the call, three stopped ringing.
        assert_eq!(all.len(), LegState::ALL.len() - 3, "{all:?}");
    }

    #[test]
    fn a_leg_of_the_last_release_is_told_by_twilios_word() {
        let declined = call(Some(DialOutcome::NotReached(NotReached::Declined)), None, None);
        let told = leg(&declined, &declined.legs[0]);
        assert_eq!(told, "the forwarded leg: a machine picked up, or somebody who did not take the call");
        let unheard = call(None, None, None);
        assert_eq!(leg(&unheard, &unheard.legs[0]), "the forwarded leg: completed");
    }

    #[test]
    fn who_did_not_ring_is_told_why_and_what_helps() {
        let cases = [
            ("ben:away-2026-11-30T18:00", "ben did not ring: away until 2026-11-30 18:00"),
            ("ben:caller", "ben did not ring: the call came from their own telephone"),
            ("ben:same-telephone", "ben did not ring: their telephone rang for somebody else"),
            ("ben:not-placed", "ben did not ring: the call was taken or over before their turn came"),
        ];
        for (written, told) in cases {
            assert_eq!(passed_over(&written.parse().unwrap()), told);
        }
        for (code, cure) in [
            (21_210, "`ringing.caller_id`"),
            (21_211, "correct it in the phone file"),
            (21_215, "Geo permissions"),
            (13_225, "for nobody"),
            (99_999, "api/errors/99999"),
        ] {
            let told = passed_over(&format!("ben:refused-{code}").parse().unwrap());
            assert!(told.contains(cure) && told.contains(&code.to_string()), "{told}");
        }
    }
}

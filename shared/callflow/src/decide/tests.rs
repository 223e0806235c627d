use std::collections::HashSet;

use insta::assert_snapshot;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use twiml::voice::{Dial, Noun, Response, Verb};

use super::*;
use crate::answer;
use crate::fixtures::*;
use domain::{Forwarding, RingTime};

fn call(settings: CallSettings) -> Incoming {
    incoming(&number(settings), Usage::Left, &caller(), &callbacks())
}

fn dialled(answer: &Response) -> &Dial {
    let dial = answer.verbs.iter().find_map(|verb| match verb {
        Verb::Dial(dial) => Some(dial),
        _ => None,
    });
    dial.expect("nobody is dialled")
}

/// Whom an answer rings.
fn rung(answer: &Response) -> Vec<PhoneNumber> {
    let number = |noun: &Noun| match noun {
        Noun::Number(number) => phone(number.phone_number.as_str()),
        noun => panic!("{noun:?} is no number"),
    };
    dialled(answer).nouns.iter().map(number).collect()
}

#[test]
fn a_call_is_announced_and_rings_with_the_callers_number() {
    let Incoming { decision, answer } = call(settings());
    assert_eq!(decision, Disposition::Forward);
    assert_snapshot!(xml(&answer), @r#"
    <Response>
      <Say voice="Polly.Joanna-Neural" language="en-US">Please hold while we connect your call.</Say>
      <Dial action="https://example.com/webhook/dial-outcome#ct=2000&amp;rc=2&amp;rp=ct,rt,5xx&amp;rt=6000" timeout="20" hangupOnStar="false" callerId="+12125550123" answerOnBridge="true">
        <Number statusCallback="https://example.com/webhook/status#ct=2000&amp;rc=5&amp;rp=ct,rt,5xx&amp;rt=6000" statusCallbackEvent="initiated ringing answered completed">+447700900001</Number>
      </Dial>
    </Response>
    "#);
}

#[test]
fn every_setting_of_forwarding_is_told_to_twilio() {
    let mut settings = settings();
    settings.forwarding = Forwarding {
        on: true,
        targets: vec![telephone(1), telephone(2)],
        ring_time: RingTime::seconds(45).unwrap(),
        caller_id: CallerId::MaskedNumber,
        announce: false,
        hang_up_on_star: true,
        when_off: Instead::Reject,
    };
    assert_snapshot!(xml(&call(settings).answer), @r#"
    <Response>
      <Dial action="https://example.com/webhook/dial-outcome#ct=2000&amp;rc=2&amp;rp=ct,rt,5xx&amp;rt=6000" timeout="45" hangupOnStar="true" callerId="+14155550100" answerOnBridge="true">
        <Number statusCallback="https://example.com/webhook/status#ct=2000&amp;rc=5&amp;rp=ct,rt,5xx&amp;rt=6000" statusCallbackEvent="initiated ringing answered completed">+447700900001</Number>
        <Number statusCallback="https://example.com/webhook/status#ct=2000&amp;rc=5&amp;rp=ct,rt,5xx&amp;rt=6000" statusCallbackEvent="initiated ringing answered completed">+447700900002</Number>
      </Dial>
    </Response>
    "#);
}

#[test]
fn the_owner_sees_the_callers_number_or_else_the_masked_one() {
    let cases = [
        ("+12125550123", CallerId::Caller, "+12125550123"),
        ("+12125550123", CallerId::MaskedNumber, MASKED),
        ("anonymous", CallerId::Caller, MASKED),
        ("+266696687", CallerId::Caller, MASKED),
        ("client:alice", CallerId::Caller, MASKED),
        ("sip:alice@example.com", CallerId::Caller, MASKED),
        ("0041 44 668 18 00", CallerId::Caller, MASKED),
        ("", CallerId::Caller, MASKED),
    ];
    for (from, caller_id, shown) in cases {
        let mut settings = settings();
        settings.forwarding.caller_id = caller_id;
        let incoming = incoming(&number(settings), Usage::Left, &Caller::parse(from), &callbacks());
        let dial = dialled(&incoming.answer);
        assert_eq!(dial.caller_id.as_deref(), Some(shown), "{from:?} {caller_id:?}");
    }
}

#[test]
fn the_owner_chooses_what_callers_get_in_place_of_a_telephone() {
    use Instead::{Message, Reject, Voicemail};
    use WhyNotForwarded::{ForwardingOff, PlanUsedUp};
    for (instead, verbs) in [
        (Voicemail, &["Say", "Record", "Say", "Hangup"][..]),
        (Message, &["Say", "Hangup"]),
        (Reject, &["Reject"]),
    ] {
        // The other case is set to something else, so that the two can't be mixed up.
        let other = if instead == Message { Reject } else { Message };
        let mut off = settings();
        off.forwarding.on = false;
        off.forwarding.when_off = instead;
        off.plan.when_used_up = other;
        let mut used_up = settings();
        used_up.forwarding.when_off = other;
        used_up.plan.when_used_up = instead;

        for (settings, usage, why) in
            [(off, Usage::Left, ForwardingOff), (used_up, Usage::UsedUp, PlanUsedUp)]
        {
            let Incoming { decision, answer } = incoming(&number(settings), usage, &caller(), &callbacks());
            assert_eq!(decision, Disposition::Instead(instead, why));
            assert_eq!(answer.verbs.iter().map(name).collect::<Vec<_>>(), verbs, "{instead:?} {why:?}");
        }
    }
}

fn name(verb: &Verb) -> &'static str {
    match verb {
        Verb::Say(_) => "Say",
        Verb::Record(_) => "Record",
        Verb::Hangup(_) => "Hangup",
        Verb::Reject(_) => "Reject",
        verb => panic!("{verb:?} was not expected"),
    }
}

#[test]
fn a_rejected_caller_hears_a_busy_tone_and_nothing_is_answered() {
    let mut settings = settings();
    settings.forwarding.on = false;
    settings.forwarding.when_off = Instead::Reject;
    assert_snapshot!(xml(&call(settings).answer), @r#"
    <Response>
      <Reject reason="busy"/>
    </Response>
    "#);
}

#[test]
fn a_message_in_place_of_the_owner_ends_the_call() {
    let mut settings = settings();
    settings.forwarding.on = false;
    settings.forwarding.when_off = Instead::Message;
    assert_snapshot!(xml(&call(settings).answer), @r#"
    <Response>
      <Say voice="Polly.Joanna-Neural" language="en-US">The person you are calling is not available. Please try again later. Goodbye.</Say>
      <Hangup/>
    </Response>
    "#);
}

#[test]
fn forwarding_that_is_off_counts_before_a_plan_that_is_used_up() {
    let mut settings = settings();
    settings.forwarding.on = false;
    settings.forwarding.when_off = Instead::Message;
    let incoming = incoming(&number(settings), Usage::UsedUp, &caller(), &callbacks());
    assert_eq!(incoming.decision, Disposition::Instead(Instead::Message, WhyNotForwarded::ForwardingOff));
}

#[test]
fn a_target_that_leads_back_here_is_left_out() {
    let mut settings = settings();
    let other_masked = phone("+14155550199");
    settings.forwarding.targets = vec![phone(MASKED), telephone(1), other_masked.clone(), telephone(2)];
    let number = Number { settings, masked_targets: HashSet::from([other_masked]) };
    let incoming = incoming(&number, Usage::Left, &caller(), &callbacks());
    assert_eq!(rung(&incoming.answer), [telephone(1), telephone(2)]);
}

#[test]
fn a_number_without_a_telephone_to_ring_takes_messages() {
    let other_masked = phone("+14155550199");
    for targets in [vec![], vec![phone(MASKED)], vec![phone(MASKED), other_masked.clone()]] {
        for usage in [Usage::Left, Usage::UsedUp] {
            let mut settings = settings();
            settings.forwarding.targets.clone_from(&targets);
            settings.forwarding.when_off = Instead::Reject;
            settings.plan.when_used_up = Instead::Reject;
            let number = Number { settings, masked_targets: HashSet::from([other_masked.clone()]) };
            let incoming = incoming(&number, usage, &caller(), &callbacks());
            let expected = Disposition::Instead(Instead::Voicemail, WhyNotForwarded::NoTarget);
            assert_eq!(incoming.decision, expected, "{targets:?}");
        }
    }
}

#[test]
fn every_telephone_rings_once_and_ten_at_most() {
    let mut settings = settings();
    settings.forwarding.targets = vec![telephone(2), telephone(1), telephone(2), telephone(1)];
    assert_eq!(rung(&call(settings.clone()).answer), [telephone(2), telephone(1)]);

    settings.forwarding.targets = (0..12).map(telephone).collect();
    assert_eq!(rung(&call(settings).answer), (0..10).map(telephone).collect::<Vec<_>>());
}

#[test]
fn a_number_of_nobody_says_so_in_the_language_of_its_country() {
    assert_snapshot!(xml(&answer(&unknown_number(Language::of_country("DE")), &callbacks())), @r#"
    <Response>
      <Say voice="Polly.Vicki-Neural" language="de-DE">Diese Rufnummer ist nicht vergeben. Bitte überprüfen Sie die Nummer. Auf Wiederhören.</Say>
      <Hangup/>
    </Response>
    "#);
    let cases = [
        ("US", Language::English),
        ("CN", Language::Chinese),
        ("MX", Language::Spanish),
        ("BO", Language::Spanish),
        ("FR", Language::French),
        ("AT", Language::German),
        ("JP", Language::Japanese),
        ("BR", Language::BrazilianPortuguese),
        ("", Language::English),
        ("XX", Language::English),
    ];
    for (country, language) in cases {
        assert_eq!(Language::of_country(country), language, "{country}");
    }
}

#[test]
fn a_call_counts_in_the_owners_month() {
    let cases = [
        ("2026-12-01T04:59:59Z", "America/New_York", "2026-11"),
        ("2026-12-01T05:00:00Z", "America/New_York", "2026-12"),
        ("2026-11-30T14:59:59Z", "Asia/Tokyo", "2026-11"),
        ("2026-11-30T15:00:00Z", "Asia/Tokyo", "2026-12"),
        // In summer an hour earlier.
        ("2026-07-01T03:59:59Z", "America/New_York", "2026-06"),
        ("2026-07-01T04:00:00Z", "America/New_York", "2026-07"),
        ("2027-01-01T00:00:00Z", "UTC", "2027-01"),
        ("2026-12-31T23:59:59Z", "UTC", "2026-12"),
        ("2026-12-31T18:14:59Z", "Asia/Kathmandu", "2026-12"),
        ("2026-12-31T18:15:00Z", "Asia/Kathmandu", "2027-01"),
    ];
    for (now, time_zone, month) in cases {
        let mut settings = settings();
        settings.time_zone = TimeZone::get(time_zone).unwrap();
        assert_eq!(usage_month(&settings, now.parse().unwrap()), month, "{now} {time_zone}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_the_owner_decided_the_answer_keeps_the_secret(
        settings in any_settings(),
        masked in proptest::collection::hash_set((0u16..20).prop_map(telephone), 0..6),
        used_up: bool,
        caller in any_caller(),
    ) {
        let usage = if used_up { Usage::UsedUp } else { Usage::Left };
        let number = Number { settings, masked_targets: masked };
        let Incoming { decision, answer } = incoming(&number, usage, &caller, &callbacks());
        check(&answer)?;
        // What is stored says the same when it is read.
        let treatment = decide(&number, usage, &caller).treatment;
        let stored = serde_json::to_string(&treatment).unwrap();
        prop_assert_eq!(serde_json::from_str::<Treatment>(&stored).unwrap(), treatment);
        let rings = answer.verbs.iter().any(|verb| matches!(verb, Verb::Dial(_)));
        prop_assert_eq!(rings, decision == Disposition::Forward);
        if rings {
            let rung = rung(&answer);
            prop_assert!((1..=10).contains(&rung.len()));
            prop_assert!(rung.iter().all(|target| !number.masked_targets.contains(target)));
        }
    }
}

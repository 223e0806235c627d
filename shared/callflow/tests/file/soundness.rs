//! Whatever comes, in whatever order: the call ends, and says nothing that it must not.

use domain::{DialOutcome, NotReached};
use proptest::prelude::*;

use super::*;

fn any_input() -> impl Strategy<Value = (u8, char, String)> {
    (0u8..7, proptest::sample::select("0123456789*#".chars().collect::<Vec<_>>()), "[a-z ]{0,20}")
}

fn read((kind, key, words): &(u8, char, String)) -> Input<'_> {
    match kind {
        0 | 1 => Input::Key(*key),
        2 => Input::Speech(words, None),
        3 => Input::Speech("emergency orders", Some(0.4)),
        4 => Input::Nothing,
        5 => Input::StepOver,
        _ => Input::DialEnded(DialOutcome::NotReached(NotReached::NoAnswer)),
    }
}

proptest! {
    #[test]
    fn a_call_comes_to_an_end_and_keeps_the_secret(
        inputs in proptest::collection::vec(any_input(), 1..40),
        from in proptest::sample::select(vec!["+15035550111", "+13125550142", "anonymous", "sip:a@b.example", "+12125550142"]),
        hour in 0i64..24,
        called_before: bool,
        knows_language: bool,
    ) {
        let now = monday_at_ten() + hour.hours();
        let language = knows_language.then_some(domain::Language::Spanish);
        let known = Known { called_before, language, unverified: false, blocked: false };
        let mut call = Call::at(SHOP, from, known, now, Usage::Left);
        let callbacks = callflow::Callbacks::below("https://example.com/webhook");
        for input in &inputs {
            let xml = callflow::answer(&call.treatment, &callbacks).to_xml().unwrap();
            prop_assert_eq!(twiml::voice::Response::from_xml(&xml).unwrap(), callflow::answer(&call.treatment, &callbacks));
            if !matches!(call.treatment, Treatment::Ring(_)) {
                prop_assert!(!xml.contains("2125550"), "{}", xml);
            }
            let goes_on = match &call.treatment {
                Treatment::Ask(_) | Treatment::Park { .. } | Treatment::Wait { .. } => true,
                Treatment::Ring(ring) => ring.next.is_some(),
                _ => false,
            };
            if !goes_on {
                break;
            }
            call.after(9).then(read(input));
        }
        // Fifteen times nothing is the end of everything.
        for _ in 0..15 {
            match &call.treatment {
                Treatment::Ask(_) => call.after(6).then(Input::Nothing),
                Treatment::Park { .. } | Treatment::Wait { .. } => call.after(90).then(Input::StepOver),
                Treatment::Ring(ring) if ring.next.is_some() => {
                    call.then(Input::DialEnded(DialOutcome::NotReached(NotReached::NoAnswer)))
                }
                _ => break,
            };
        }
        let is_over = matches!(
            call.treatment,
            Treatment::TakeMessage(_) | Treatment::Reject | Treatment::End { .. } | Treatment::HangUp | Treatment::Ring(_)
        );
        prop_assert!(is_over, "{:?}", call.treatment);
    }
}

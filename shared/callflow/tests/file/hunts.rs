//! People are rung, step by step.

use callflow::{Callbacks, answer, waiting, waiting_unread};
use domain::{DialOutcome, NotReached, WaitSound};

use super::*;

const FRIEND: &str = "+15035550111";

fn on_call() -> Call {
    let mut call = Call::to(SHOP, FRIEND, known());
    call.then(Input::Key('2'));
    call
}

#[test]
fn one_step_follows_the_other_and_then_the_mailbox() {
    let mut call = on_call();
    call.after(3).parked();
    assert_eq!(call.rings(), ["0-ben"]);
    call.after(45).then(Input::StepOver);
    assert!(matches!(call.treatment, Treatment::Wait { .. }));
    assert_eq!(call.rings(), ["1-ana", "1-front"]);
    call.after(25).then(Input::StepOver);
    assert_eq!(call.message_for(), Some("ben"));
}

#[test]
fn nobody_waits_longer_than_eighty_seconds_for_all_steps() {
    let long = "number: \"+14155550101\"\ntime_zone: UTC\npeople:\n  ana: { phone: \"+12125550142\", email: a@x.example }\n  \
         ben: { phone: \"+12125550177\" }\ncalls:\n  - { do: [{ ring: ana, for: 60s }, { ring: ben, for: 60s }, { ring: ana, for: 60s }] }\n";
    let mut call = Call::to(long, FRIEND, known());
    // The time is counted from when the caller waits, whatever is said before.
    call.after(30).parked();
    let Stage::Hunt { since, ends, until, .. } = *call.stage() else { panic!("{:?}", call.stage()) };
    assert_eq!((ends - since, until - since), (80, 70));
    call.after(65).then(Input::StepOver);
    let Stage::Hunt { until, .. } = *call.stage() else { panic!("{:?}", call.stage()) };
    assert_eq!(until - since, 80);
    call.after(15).then(Input::StepOver);
    assert_eq!(call.message_for(), Some("ana"));
}

#[test]
fn who_waited_while_nothing_could_be_read_is_kept_no_longer() {
    let call = on_call();
    let mut onward = Onward { revision: 1, course: call.course.clone().unwrap() };
    let later = |seconds: i64| call.now.checked_add(seconds.seconds()).unwrap();
    for seconds in [5, 15, 50] {
        let treatment = waiting_unread(onward, later(seconds));
        let Treatment::Wait { next, .. } = treatment else { panic!("{treatment:?}") };
        onward = Onward::read(&next).unwrap();
    }
    assert_eq!(waiting_unread(onward.clone(), later(60)), Treatment::Leave);
    let scene = Scene { now: later(57), ..call.scene() };
    let stage = step(scene, onward.course, Input::StepOver, 2).course.stage;
    let Stage::Hunt { since, until, ends, .. } = stage else { panic!("{stage:?}") };
    let began = later(5).as_second();
    assert_eq!((since, until, ends), (began, began + 80, began + 80));
}

#[test]
fn who_waits_hears_the_sound_of_the_file() {
    let music = format!("ringing: {{ wait: music }}\n{SHOP}");
    for (text, sound, url) in
        [(SHOP, WaitSound::Ringing, "wait/ringing.wav"), (music.as_str(), WaitSound::Music, "wait/music.wav")]
    {
        let mut call = Call::to(text, FRIEND, known());
        call.then(Input::Key('2')).parked();
        let onward = Onward { revision: 2, course: call.course.clone().unwrap() };
        let later = call.now.checked_add(22.seconds()).unwrap();
        let all = [
            call.treatment.clone(),
            waiting(&call.file, &onward, later),
            // Nothing can be read: all is in the address.
            waiting_unread(onward, later),
        ];
        for treatment in all {
            assert!(matches!(treatment, Treatment::Wait { sound: it, .. } if it == sound), "{treatment:?}");
            let xml = answer(&treatment, &Callbacks::below("https://example.com")).to_xml().unwrap();
            assert!(xml.contains(&format!("<Play>https://example.com/{url}</Play>")), "{xml}");
        }
        // Also where nothing could be read when the caller was parked.
        let mut call = Call::to(text, FRIEND, known());
        call.then(Input::Key('2'));
        let parked = Onward { revision: 1, course: call.course.clone().unwrap() };
        let treatment = waiting_unread(parked, call.now);
        assert!(matches!(treatment, Treatment::Wait { sound: it, .. } if it == sound), "{treatment:?}");
    }
}

#[test]
fn what_is_said_between_two_steps_is_heard() {
    let talks = "number: \"+14155550101\"\ntime_zone: UTC\npeople:\n  ana: { phone: \"+12125550142\", email: a@x.example }\n  \
         ben: { phone: \"+12125550177\" }\ncalls:\n  - { do: [ring: ana, say: \"We try Ben.\", ring: ben] }\n";
    let mut call = Call::to(talks, FRIEND, known());
    call.parked().after(25).then(Input::StepOver);
    assert_eq!((call.hears().as_str(), call.rings()), ("We try Ben.", vec!["1-ben".to_owned()]));
}

#[test]
fn who_has_more_than_a_message_behind_is_parked() {
    for behind in ["{ forward: \"+12125550188\" }", "{ menu: more }", "reject"] {
        let text = format!(
            "number: \"+14155550101\"\ntime_zone: UTC\npeople:\n  ana: {{ phone: \"+12125550142\", email: a@x.example }}\n\
             menus:\n  more: {{ say: \"One.\", 1: {{ voicemail: ana }} }}\ncalls:\n  - {{ do: [ring: ana, {behind}] }}\n"
        );
        let call = Call::to(&text, FRIEND, known());
        assert!(matches!(call.treatment, Treatment::Park { .. }), "{behind}: {:?}", call.treatment);
    }
}

#[test]
fn a_person_may_send_the_caller_to_voicemail() {
    let mut call = on_call();
    call.then(Input::ToVoicemail);
    assert_eq!(call.message_for(), Some("ben"));
}

#[test]
fn a_lone_telephone_of_a_longer_plan_is_a_plain_dial() {
    let mut call = Call::to(SHOP, FRIEND, known());
    call.then(Input::Nothing).then(Input::Nothing);
    assert_eq!(*call.stage(), Stage::Dial);
    call.then(Input::DialEnded(DialOutcome::NotReached(NotReached::Busy)));
    assert_eq!(call.message_for(), Some("ana"));
    let mut call = Call::to(SHOP, FRIEND, known());
    call.then(Input::Nothing).then(Input::Nothing).then(Input::DialEnded(DialOutcome::Conversation));
    assert_eq!(call.treatment, Treatment::HangUp);
}

#[test]
fn legs_show_the_caller_and_speak_their_persons_language() {
    let call = on_call();
    let stepped = step(call.scene(), call.course.clone().unwrap(), Input::StepOver, 2);
    let leg = stepped.legs.values().next().unwrap();
    assert_eq!((leg.shown.reveal(), leg.shows_caller, leg.seconds), (FRIEND, true, 40));
    assert_eq!(leg.language, domain::Language::Spanish);
}

#[test]
fn who_does_not_ring_is_told_with_the_reason() {
    let text = "
number: \"+14155550101\"
time_zone: America/Los_Angeles
people:
  ana:   { phone: \"+12125550142\", email: ana@hollis.example }
  ben:   { phone: \"+12125550177\", away_until: 2026-11-30 18:00 }
  cleo:  { phone: \"+13125550142\" }
  home:  { phone: \"+12125550142\" }
  front: { phone: \"+12125550199\" }
calls:
";
    let away = "ben:away-2026-11-30T18:00";
    let caller = "+13125550142";
    let cases: [(&str, usize, &[&str]); 5] = [
        ("[{ ring: [ana, ben, cleo] }, { voicemail: ana }]", 0, &[away, "cleo:caller"]),
        ("[{ ring: [ana, home, front] }, { voicemail: ana }]", 2, &["home:same-telephone"]),
        ("[{ ring: ben }, { ring: [ana, front] }, { voicemail: ana }]", 2, &[away]),
        ("[{ ring: [ben, cleo] }, { voicemail: ana }]", 0, &[away, "cleo:caller"]),
        ("[{ ring: [ana, front] }, { voicemail: ana }]", 2, &[]),
    ];
    for (plan, legs, passed_over) in cases {
        let mut call = Call::to(&format!("{text}  - {{ do: {plan} }}\n"), caller, Known::default());
        assert_eq!(call.passed_over, passed_over, "{plan}");
        if legs > 0 {
            call.parked();
        }
        assert_eq!(call.legs.len(), legs, "{plan}");
    }
}

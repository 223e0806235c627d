//! A call comes in.

use callflow::blocked_unread;
use domain::{Disposition, Language};

use super::*;

const FRIEND: &str = "+15035550111";

fn small(calls: &str) -> String {
    format!(
        "number: \"+14155550101\"\ntime_zone: UTC\npeople:\n  ana: {{ phone: \"+12125550142\", email: a@x.example }}\n  \
         ben: {{ phone: \"+12125550177\", email: b@x.example }}\ncalls:\n  - {{ do: {calls} }}\n"
    )
}

#[test]
fn one_telephone_and_a_mailbox_are_one_answer() {
    for (calls, person) in
        [("[{ ring: ana }, { voicemail: ben }]", Some("ben")), ("{ ring: ana, for: 30s }", None)]
    {
        let call = Call::to(&small(calls), FRIEND, Known::default());
        let Treatment::Ring(ring) = &call.treatment else { panic!("{:?}", call.treatment) };
        assert!(call.course.is_none() && ring.screened && ring.next.is_none());
        assert_eq!(ring.targets[0].reveal(), "+12125550142");
        assert_eq!(ring.shown.reveal(), FRIEND);
        assert_eq!(ring.otherwise.person.as_deref(), person);
    }
}

#[test]
fn a_forward_is_not_asked_to_prove_anything() {
    let call = Call::to(&small("{ forward: \"+12125550188\" }"), FRIEND, Known::default());
    let Treatment::Ring(ring) = &call.treatment else { panic!("{:?}", call.treatment) };
    assert!(!ring.screened);
}

#[test]
fn what_rings_several_is_parked() {
    for calls in [
        "[{ ring: [ana, ben] }]",
        "[{ ring: ana }, { ring: ben }]",
        "[{ ring: [{ person: ana, after: 5s }] }]",
    ] {
        let call = Call::to(&small(calls), FRIEND, Known::default());
        assert!(matches!(call.treatment, Treatment::Park { .. }), "{calls}: {:?}", call.treatment);
    }
}

#[test]
fn who_can_not_be_rung_is_passed_over_at_once() {
    // Ana calls, whose own telephone does not ring for her.
    let own = Call::to(&small("[{ ring: ana }, { voicemail: ben }]"), "+12125550142", Known::default());
    assert_eq!((own.message_for(), own.course.is_none()), (Some("ben"), true));
    let both = Call::to(&small("[{ ring: [ana, ben] }]"), "+12125550142", Known::default());
    let Treatment::Ring(ring) = &both.treatment else { panic!("{:?}", both.treatment) };
    assert_eq!((ring.targets.len(), ring.targets[0].reveal()), (1, "+12125550177"));
}

#[test]
fn the_first_rule_that_fits_has_the_call() {
    let rejected = Call::to(SHOP, "anonymous", known());
    assert_eq!(rejected.treatment, Treatment::Reject);
    let vip = Call::to(SHOP, "+13127770000", known());
    assert_eq!(vip.rings(), ["0-ana", "0-ben"]);
    let night = Call::at(SHOP, FRIEND, known(), "2026-11-30T23:00:00-08:00".parse().unwrap(), Usage::Left);
    assert!(
        night.hears().starts_with("We are closed. We open tomorrow at nine. | Emergency, 1"),
        "{}",
        night.hears()
    );
}

#[test]
fn a_plan_that_is_used_up_is_for_calls_that_would_ring() {
    let limited =
        format!("{}limit: {{ calls_per_month: 5, then: {{ voicemail: ben }} }}\n", small("{ ring: ana }"));
    let call = Call::at(&limited, FRIEND, known(), monday_at_ten(), Usage::UsedUp);
    assert_eq!(call.message_for(), Some("ben"));
}

#[test]
fn a_language_is_asked_once_and_known_then() {
    let stranger = Known { called_before: true, ..Known::default() };
    let mut call = Call::to(SHOP, FRIEND, stranger);
    assert_eq!(call.hears(), "For English, press 1. | Para español, pulse 2.");
    call.then(Input::Key('2'));
    assert_eq!(call.hears(), "Jardinería Hollis. | Pedidos, 1. Emergencia de riego, 2.");
    let spaniard = Known { language: Some(Language::Spanish), ..stranger };
    assert!(Call::to(SHOP, FRIEND, spaniard).hears().starts_with("Jardinería"));
}

#[test]
fn who_chooses_no_language_hears_the_first() {
    let mut call = Call::to(SHOP, FRIEND, Known { called_before: true, ..Known::default() });
    call.then(Input::Nothing);
    assert_eq!(call.hears(), "For English, press 1. | Para español, pulse 2.");
    call.then(Input::Key('7'));
    assert!(call.hears().starts_with("Hollis Garden Center."), "{}", call.hears());
}

#[test]
fn whom_no_plan_speaks_to_is_asked_no_language() {
    let vip = Call::to(SHOP, "+13125550142", Known::default());
    assert!(matches!(vip.treatment, Treatment::Park { .. }));
}

#[test]
fn what_becomes_of_a_call_says_whether_somebody_may_ring() {
    let scene_of = |from: &str| {
        let call = Call::to(SHOP, from, known());
        let (file, parties) = (&call.file, &call.parties);
        let scene = Scene { call_sid: &call.sid, parties, file, masked: &call.masked, now: call.now };
        begin(scene, 3, Usage::Left, known()).decision.disposition
    };
    assert_eq!(scene_of(FRIEND), Disposition::Forward);
    assert_eq!(scene_of("anonymous").name(), "reject:phone-file");
}

#[test]
fn who_is_blocked_is_refused_unless_nobody_may_block_them() {
    let blocked = Known { blocked: true, ..known() };
    assert_eq!(Call::to(SHOP, FRIEND, blocked).treatment, Treatment::Reject);
    // A VIP, and the owner's own telephone.
    for from in ["+13125550142", "+12125550177"] {
        assert_ne!(Call::to(SHOP, from, blocked).treatment, Treatment::Reject, "{from}");
    }
}

#[test]
fn the_entry_of_a_list_that_decides_is_told_with_the_call() {
    let entry = |text: &str, from: &str, usage, known| {
        let call = Call::at(text, from, known, monday_at_ten(), usage);
        begin(call.scene(), 3, usage, known).in_list.map(|entry| entry.to_string())
    };
    let blocked = Known { blocked: true, ..known() };
    let limited = format!("limit: {{ calls_per_month: 1 }}\n{SHOP}");
    let off = format!("off: voicemail\n{SHOP}");
    let vip = "+13125550142";
    for (text, from, usage, known, expected) in [
        (SHOP, "anonymous", Usage::Left, known(), Some("blocked#anonymous")),
        (SHOP, vip, Usage::Left, known(), Some("vip#+13125550142")),
        (SHOP, FRIEND, Usage::Left, known(), None),
        (SHOP, FRIEND, Usage::Left, blocked, Some("#+15035550111")),
        // Nobody may block a VIP.
        (SHOP, vip, Usage::Left, blocked, Some("vip#+13125550142")),
        // Something else decides.
        (&limited, vip, Usage::UsedUp, known(), None),
        (&limited, "anonymous", Usage::UsedUp, known(), Some("blocked#anonymous")),
        (&off, "anonymous", Usage::Left, known(), None),
    ] {
        assert_eq!(entry(text, from, usage, known).as_deref(), expected, "{from} {usage:?} {known:?}");
    }
}

fn disposition_of(call: &Call, known: Known) -> &'static str {
    let scene = Scene { call_sid: &call.sid, parties: &call.parties, file: &call.file, ..call.scene() };
    begin(scene, 3, Usage::Left, known).decision.disposition.name()
}

#[test]
fn who_is_blocked_may_leave_a_message_of_which_nobody_is_told() {
    let text = format!("blocked: silent\n{SHOP}");
    let blocked = Known { blocked: true, ..known() };
    let call = Call::to(&text, FRIEND, blocked);
    let Treatment::TakeMessage(message) = &call.treatment else { panic!("{:?}", call.treatment) };
    assert!(message.silent && !message.transcribed_by_twilio && message.person.is_none(), "{message:?}");
    assert_eq!((call.hears().as_str(), call.course.is_none()), ("<greeting en>", true));
    assert_eq!(disposition_of(&call, blocked), "voicemail:silent");
    // Nobody may block a VIP, nor the owner's own telephone.
    for from in ["+13125550142", "+12125550177"] {
        let call = Call::to(&text, from, blocked);
        assert!(!matches!(&call.treatment, Treatment::TakeMessage(it) if it.silent), "{from}");
    }
    // In the language of the caller.
    let spanish = Known { language: Some(Language::Spanish), ..blocked };
    assert_eq!(Call::to(&text, FRIEND, spanish).hears(), "<greeting es>");
}

#[test]
fn a_plan_may_take_a_message_in_silence() {
    let says = "[say: \"No.\", silent]";
    for (plan, hears) in [("silent", "<greeting en>"), (says, "No. | <greeting en>")] {
        let call = Call::to(&small(plan), FRIEND, Known::default());
        let Treatment::TakeMessage(message) = &call.treatment else { panic!("{:?}", call.treatment) };
        assert!(message.silent && call.course.is_none());
        assert_eq!(call.hears(), hears);
        assert_eq!(disposition_of(&call, Known::default()), "voicemail:silent");
    }
    // Behind one telephone it is a plain dial, and that call may be missed.
    let call = Call::to(&small("[ring: ana, silent]"), FRIEND, Known::default());
    let Treatment::Ring(ring) = &call.treatment else { panic!("{:?}", call.treatment) };
    assert!(ring.otherwise.silent);
    assert_eq!(disposition_of(&call, Known::default()), "forward");
    // Behind several, it comes when nobody is left.
    let mut call = Call::to(&small("[ring: [ana, ben], silent]"), FRIEND, Known::default());
    call.parked().after(25).then(Input::StepOver);
    assert!(matches!(&call.treatment, Treatment::TakeMessage(message) if message.silent));
    assert_eq!(*call.stage(), Stage::Message { person: None, silent: true });
    let again = step(call.scene(), call.course.clone().unwrap(), Input::Nothing, 9);
    assert_eq!(again.treatment, call.treatment, "a webhook that comes again");
}

#[test]
fn while_nothing_can_be_read_who_is_blocked_gets_what_is_known() {
    assert_eq!(blocked_unread(None, monday_at_ten()), Treatment::Reject);
    assert_eq!(blocked_unread(Some(&file(SHOP)), monday_at_ten()), Treatment::Reject);
    let silent = file(&format!("blocked: silent\n{SHOP}"));
    let treatment = blocked_unread(Some(&silent), monday_at_ten());
    assert!(matches!(&treatment, Treatment::TakeMessage(message) if message.silent), "{treatment:?}");
}

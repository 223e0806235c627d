//! Calls that come in, and are offered to programs.

use super::*;

fn offered() -> (Call, Vec<Event>) {
    offer(&sid(1), &number(1), phone(2), false, at(0))
}

pub(super) fn answered() -> (Call, Vec<Event>) {
    let (mut call, mut log) = offered();
    does(&mut call, &mut log, Command::Answer { document: None }).unwrap();
    hears(&mut call, &mut log, &[asks(1)]);
    (call, log)
}

fn tail(log: &[Event], from: usize) -> Vec<String> {
    words(&log[from..])
}

const BEGINNING: [&str; 4] =
    ["call.created", "participant.planned p1", "participant.dialing p1", "participant.ringing p1"];

#[test]
fn a_call_that_comes_in_is_open_until_somebody_decides() {
    let (call, log) = offered();
    assert_eq!(words(&log), BEGINNING);
    assert_eq!((call.state, call.offer()), (CallState::Incoming, Offer::Open));
    assert_eq!(call.id, CallId::of_incoming(&sid(1)));
    let steered = Steered::new(call, at(0));
    assert!(agenda(&steered, at(11)).now.is_empty(), "nothing is done to who only rings");
}

#[test]
fn an_answer_is_done_once_the_caller_asks_in_the_booth() {
    let (mut call, mut log) = offered();
    does(&mut call, &mut log, Command::Answer { document: None }).unwrap();
    assert_eq!(call.offer(), Offer::Decided(Decision::Answer));
    hears(&mut call, &mut log, &[told(1, LegState::Answered)]);
    assert_eq!(call.state, CallState::Incoming, "whoever picked up may be the phone file");
    hears(&mut call, &mut log, &[asks(1)]);
    let expected = [
        "action.queued a1",
        "participant.answered p1",
        "participant.moved p1 booth",
        "call.connected",
        "action.succeeded a1",
    ];
    let mut heard = tail(&log, 4);
    heard.sort_unstable();
    let mut wanted = expected.map(str::to_owned);
    wanted.sort_unstable();
    assert_eq!(heard, wanted);
    assert_eq!(call.state, CallState::Active);
}

#[test]
fn a_rejected_call_is_over_when_twilio_says_so() {
    let (mut call, mut log) = offered();
    does(&mut call, &mut log, Command::Reject { reason: Refusal::Busy }).unwrap();
    assert_eq!(call.offer(), Offer::Decided(Decision::Reject(Refusal::Busy)));
    hears(&mut call, &mut log, &[told(1, LegState::Busy)]);
    let expected =
        ["action.queued a1", "participant.left p1 rejected", "action.succeeded a1", "call.ended rejected"];
    assert_eq!(tail(&log, 4), expected);
}

#[test]
fn a_call_that_was_picked_up_was_not_rejected() {
    let (mut call, mut log) = offered();
    does(&mut call, &mut log, Command::Reject { reason: Refusal::Busy }).unwrap();
    hears(&mut call, &mut log, &[told(1, LegState::NotAPerson)]);
    let expected = [
        "action.queued a1",
        "participant.left p1 hung_up",
        "action.failed a1 too_late_to_reject",
        "call.ended hung_up",
    ];
    assert_eq!(tail(&log, 4), expected);
}

#[test]
fn a_call_that_rings_on_is_not_rejected_but_answered() {
    let (mut call, mut log) = offered();
    hears(&mut call, &mut log, &[News::RingsOn, News::RingsOn]);
    assert_eq!(tail(&log, 4), ["call.rings_on"]);
    let reject = Command::Reject { reason: Refusal::Busy };
    assert_eq!(does(&mut call, &mut log, reject), Err(Code::TooLateToReject));
    assert!(does(&mut call, &mut log, Command::Answer { document: None }).is_ok());
}

#[test]
fn a_caller_who_has_heard_something_is_not_rejected() {
    let (mut call, log) = offer(&sid(1), &number(1), Address::Withheld, true, at(0));
    assert_eq!(tail(&log, 4), ["call.rings_on"]);
    let reject = Command::Reject { reason: Refusal::Rejected };
    assert_eq!(does(&mut call, &mut Vec::new(), reject), Err(Code::TooLateToReject));
}

#[test]
fn of_two_who_decide_the_first_has_the_call() {
    let decisions = [
        Command::Answer { document: None },
        Command::Reject { reason: Refusal::Busy },
        Command::Redirect { to: number(9), ring_seconds: 20 },
    ];
    for first in &decisions {
        for second in &decisions {
            let (mut call, mut log) = offered();
            does(&mut call, &mut log, first.clone()).unwrap();
            assert_eq!(does(&mut call, &mut log, second.clone()), Err(Code::AlreadyDecided), "{first:?}");
        }
    }
    let (mut call, mut log) = answered();
    let reject = Command::Reject { reason: Refusal::Busy };
    assert_eq!(does(&mut call, &mut log, reject), Err(Code::AlreadyDecided));
}

#[test]
fn a_call_nobody_decides_about_goes_on_by_its_plan() {
    let (mut call, mut log) = offered();
    hears(&mut call, &mut log, &[News::RingsOn, News::PlanGoesOn, News::PlanGoesOn]);
    assert_eq!(tail(&log, 5), ["participant.left p1 released", "call.ended released"]);
    assert_eq!(call.offer(), Offer::PlanGoesOn);
    let (call, _) = offered();
    let steered = Steered::new(call, at(0));
    assert_eq!(agenda(&steered, at(25)).now, [Work::Ask(ParticipantId(1)), Work::PlanGoesOn]);
}

#[test]
fn a_decision_that_came_first_keeps_the_plan_away() {
    let (mut call, mut log) = offered();
    does(&mut call, &mut log, Command::Answer { document: None }).unwrap();
    hears(&mut call, &mut log, &[News::RingsOn, News::PlanGoesOn]);
    assert_eq!(call.offer(), Offer::Decided(Decision::Answer));
}

#[test]
fn a_call_put_through_is_the_programs_no_more() {
    let (mut call, mut log) = offered();
    does(&mut call, &mut log, Command::Redirect { to: number(9), ring_seconds: 20 }).unwrap();
    let steered = Steered::new(call.clone(), at(6));
    assert!(agenda(&steered, at(6)).now.is_empty(), "whoever answers the caller dials, and nobody else");
    hears(&mut call, &mut log, &[told(2, LegState::Ringing), told(2, LegState::Answered)]);
    let expected = [
        "action.queued a1",
        "participant.planned p2",
        "participant.dialing p2",
        "participant.ringing p2",
        "participant.answered p2",
        "call.connected",
        "action.succeeded a1",
        "participant.left p1 redirected",
        "participant.left p2 redirected",
        "call.ended redirected",
    ];
    assert_eq!(tail(&log, 4), expected);
}

#[test]
fn a_call_put_through_in_vain_goes_on_by_its_plan() {
    let (mut call, mut log) = offered();
    does(&mut call, &mut log, Command::Redirect { to: number(9), ring_seconds: 20 }).unwrap();
    hears(&mut call, &mut log, &[News::PutThrough(Err(Cause::Busy))]);
    let expected = [
        "action.queued a1",
        "participant.planned p2",
        "participant.left p2 busy",
        "participant.left p1 released",
        "action.failed a1 busy",
        "call.ended released",
    ];
    let mut heard = tail(&log, 4);
    heard.sort_unstable();
    let mut wanted = expected.map(str::to_owned);
    wanted.sort_unstable();
    assert_eq!(heard, wanted);
    assert_eq!(call.offer(), Offer::PlanGoesOn);
}

#[test]
fn a_caller_is_given_back_alone_and_led_to_the_plan() {
    let (mut call, mut log) = answered();
    let from = log.len();
    does(&mut call, &mut log, Command::Release).unwrap();
    let mut steered = Steered::new(call.clone(), at(6));
    steered.note(at(6));
    assert_eq!(agenda(&steered, at(6)).now, [Work::Do(ParticipantId(1), Deed::Lead)]);
    hears(&mut call, &mut log, &[asks(1)]);
    let expected =
        ["action.queued a2", "participant.left p1 released", "action.succeeded a2", "call.ended released"];
    assert_eq!(tail(&log, from), expected);
    assert_eq!(call.offer(), Offer::PlanGoesOn);
}

#[test]
fn only_a_caller_who_is_alone_is_given_back() {
    let (mut call, mut log) = answered();
    let add = Command::Add(adds(phone(5)));
    does(&mut call, &mut log, add).unwrap();
    assert_eq!(does(&mut call, &mut log, Command::Release), Err(Code::NotAlone));
    let from = log.len();
    hears(&mut call, &mut log, &[News::PlanGoesOn]);
    assert_eq!(log.len(), from, "somebody is called");
    let (mut call, mut log) = pair();
    assert_eq!(does(&mut call, &mut log, Command::Release), Err(Code::InvalidRequest));
}

#[test]
fn a_caller_who_hangs_up_ends_what_was_decided() {
    for decision in
        [Command::Answer { document: None }, Command::Redirect { to: number(9), ring_seconds: 20 }]
    {
        let (mut call, mut log) = offered();
        does(&mut call, &mut log, decision.clone()).unwrap();
        hears(&mut call, &mut log, &[told(1, LegState::NoAnswer)]);
        assert!(call.is_over() && call.actions.is_empty(), "{decision:?}: {:?}", words(&log));
        assert_eq!(call.offer(), Offer::Over);
    }
}

#[test]
fn an_answered_caller_is_joined_by_who_is_added() {
    let (mut call, mut log) = answered();
    does(&mut call, &mut log, Command::Add(adds(phone(5)))).unwrap();
    hears(&mut call, &mut log, &[asks(2), asks(1), asks(2)]);
    let seated = call.present().all(|(_, it)| it.place == Some(Place::Seat));
    assert!(seated, "{:?}", words(&log));
}

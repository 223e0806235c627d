use std::collections::BTreeMap;

use domain::fixtures::{after, destination, left};
use domain::{Course, Language, Treatment};
use phone::{CallSid, PhoneNumber};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

const ENDS: i64 = 60;

fn call_sid(number: usize) -> CallSid {
    CallSid::parse(&format!("CA{number:032x}")).unwrap()
}

fn ana() -> LegId {
    LegId::new(1, "ana")
}

fn leg() -> LiveLeg {
    LiveLeg {
        person: "ana".to_owned(),
        to: PhoneNumber::parse("+14155550142").unwrap(),
        shown: PhoneNumber::parse("+12125550123").unwrap(),
        shows_caller: true,
        language: Language::English,
        step: 1,
        not_before: after(0),
        seconds: 20,
        call_sid: None,
        state: LegState::Planned,
        told_at: None,
        placing: Effect::pending(after(0)),
        ending: Effect::pending(after(0)),
        refused: None,
    }
}

fn placed(state: LegState) -> LiveLeg {
    LiveLeg { state, placing: Effect::Done, call_sid: Some(call_sid(7)), ..leg() }
}

fn course(step: u16) -> Course {
    let at = |seconds| after(seconds).as_second();
    let stage = Stage::Hunt { step, since: at(0), until: at(20), ends: at(ENDS) };
    let (language, place) = (Language::English, Vec::new());
    let wait = domain::WaitSound::Ringing;
    Course {
        file: 1,
        language,
        place,
        stage,
        steps: step,
        menus_since: None,
        is_answered: true,
        wait,
        is_offered: false,
    }
}

fn hunting(legs: impl IntoIterator<Item = (LegId, LiveLeg)>) -> LiveCall {
    LiveCall {
        call_sid: left().call_sid,
        account_sid: left().account_sid,
        parties: destination().parties,
        base_url: "https://example.com/webhook".to_owned(),
        call_token: None,
        begun_at: after(0),
        revision: 1,
        course: course(1),
        answered: Treatment::HangUp,
        said: None,
        legs: legs.into_iter().collect(),
        passed_over: Vec::new(),
        winner: None,
        over_at: None,
        is_summed_up: false,
    }
}

fn over(call: LiveCall) -> LiveCall {
    LiveCall { over_at: Some(after(8)), ..call }
}

fn elsewhere(call: LiveCall, stage: Stage) -> LiveCall {
    LiveCall { course: Course { stage, ..course(1) }, ..call }
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is one table")]
fn a_leg_is_placed_looked_up_or_ended_by_its_row() {
    let pending = |attempts, seconds| Effect::Pending { attempts, not_before: after(seconds) };
    let claimed = |seconds| Effect::Claimed { attempts: 1, until: after(seconds) };
    let (place, look_up) = (Work::Place(ana()), Work::LookUp(ana()));
    let (cancel, tell) = (Work::End(ana(), HowToEnd::Cancel), Work::End(ana(), HowToEnd::Tell));
    let ask_at = ENDS + 10;
    let one = |leg| hunting([(ana(), leg)]);
    let next_step = |leg| LiveCall { course: course(2), ..one(leg) };
    let taken = |leg: LiveLeg| LiveCall { winner: Some(LegId::new(1, "bo")), ..one(leg) };
    let hour = 60 * 60;
    let cases = vec![
        ("due", one(leg()), 5, vec![place.clone()], Some(ask_at)),
        ("later", one(LiveLeg { not_before: after(9), ..leg() }), 5, vec![], Some(9)),
        ("failed once", one(LiveLeg { placing: pending(1, 7), ..leg() }), 5, vec![], Some(7)),
        ("tried again", one(LiveLeg { placing: pending(1, 7), ..leg() }), 7, vec![place], Some(ask_at)),
        ("step over", one(leg()), 20, vec![], Some(ask_at)),
        ("too late anyway", one(LiveLeg { not_before: after(25), ..leg() }), 5, vec![], Some(ask_at)),
        ("another step", next_step(leg()), 5, vec![], Some(ask_at)),
        ("somebody's at it", one(LiveLeg { placing: claimed(9), ..leg() }), 5, vec![], Some(9)),
        ("died", one(LiveLeg { placing: claimed(9), ..leg() }), 9, vec![look_up.clone()], Some(ask_at)),
        (
            "told of",
            one(LiveLeg { call_sid: Some(call_sid(7)), placing: claimed(9), ..leg() }),
            9,
            vec![],
            Some(ask_at),
        ),
        (
            "told of, though Twilio said no",
            one(LiveLeg { call_sid: Some(call_sid(7)), placing: pending(1, 5), ..leg() }),
            5,
            vec![],
            Some(ask_at),
        ),
        (
            "has the call, though Twilio said no",
            LiveCall { winner: Some(ana()), ..one(LiveLeg { placing: pending(1, 5), ..leg() }) },
            5,
            vec![],
            Some(hour),
        ),
        ("rings", one(placed(LegState::Ringing)), 5, vec![], Some(ask_at)),
        (
            "rings for a step that is over",
            next_step(placed(LegState::Ringing)),
            5,
            vec![cancel.clone()],
            Some(ask_at),
        ),
        (
            "listens, and somebody else took it",
            taken(placed(LegState::Answered)),
            5,
            vec![tell.clone()],
            Some(hour),
        ),
        ("was told", taken(placed(LegState::TooLate)), 5, vec![], Some(hour)),
        ("may have it in the next step", next_step(placed(LegState::Answered)), 5, vec![], Some(ask_at)),
        (
            "listens, and a message is left",
            elsewhere(one(placed(LegState::Answered)), Stage::Message { person: None, silent: false }),
            5,
            vec![tell.clone()],
            Some(hour),
        ),
        (
            "who won goes on",
            LiveCall { winner: Some(ana()), ..one(placed(LegState::Accepted)) },
            5,
            vec![],
            Some(hour),
        ),
        ("over, rings", over(one(placed(LegState::Queued))), 9, vec![cancel], None),
        ("over, talks", over(one(placed(LegState::Accepted))), 9, vec![tell], None),
        (
            "over, nobody knows of it",
            over(one(LiveLeg { placing: claimed(12), ..leg() })),
            9,
            vec![],
            Some(12),
        ),
        ("over, died", over(one(LiveLeg { placing: claimed(9), ..leg() })), 9, vec![look_up], None),
        (
            "over, being ended",
            over(one(LiveLeg { ending: claimed(12), ..placed(LegState::Ringing) })),
            9,
            vec![],
            Some(12),
        ),
        (
            "over, ended",
            over(one(LiveLeg { ending: Effect::Done, ..placed(LegState::Ringing) })),
            9,
            vec![Work::SumUp(Some(DialOutcome::CallerGone))],
            None,
        ),
        ("over, never placed", over(one(leg())), 9, vec![Work::SumUp(Some(DialOutcome::CallerGone))], None),
        ("parked for too long", one(placed(LegState::NoAnswer)), ask_at, vec![Work::AskForCaller], None),
        ("long in a menu", elsewhere(hunting([]), Stage::Name), hour, vec![Work::AskForCaller], None),
        (
            "a day old",
            one(LiveLeg { placing: claimed(9), ..leg() }),
            25 * hour,
            vec![Work::SumUp(Some(DialOutcome::CallerGone))],
            None,
        ),
        (
            "summed up",
            LiveCall { is_summed_up: true, ..over(one(placed(LegState::Ringing))) },
            9,
            vec![],
            None,
        ),
    ];
    for (name, call, seconds, works, next) in cases {
        let expected = Agenda { now: works, next: next.map(after) };
        assert_eq!(agenda(&call, None, after(seconds)), expected, "{name}");
    }
}

#[test]
fn a_caller_who_is_still_there_is_asked_for_every_quarter() {
    let call = elsewhere(hunting([]), Stage::Dial);
    let hour = 60 * 60;
    for (alive_at, seconds, asks, next) in [
        (None, hour - 1, false, Some(hour)),
        (None, hour, true, None),
        (Some(hour), hour + 1, false, Some(hour + 900)),
        (Some(hour), hour + 900, true, None),
    ] {
        let agenda = agenda(&call, alive_at.map(after), after(seconds));
        assert_eq!(agenda.now, if asks { vec![Work::AskForCaller] } else { vec![] }, "{seconds}");
        assert_eq!(agenda.next, next.map(after), "{seconds}");
    }
}

#[test]
fn what_failed_is_tried_again_ever_more_seldom() {
    let (mut effect, mut now, mut waits) = (Effect::pending(after(0)), after(0), Vec::new());
    for _ in 0..7 {
        effect = undone(Deed::Placing, claim(effect, now), now);
        let Effect::Pending { not_before, .. } = effect else { panic!("{effect:?}") };
        waits.push(not_before.duration_since(now).as_millis());
        now = not_before;
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    // What is not ended in all that time ends by itself.
    let claimed = |attempts| Effect::Claimed { attempts, until: after(9) };
    assert!(matches!(undone(Deed::Ending, claimed(11), now), Effect::Pending { attempts: 11, .. }));
    assert_eq!(undone(Deed::Ending, claimed(12), now), Effect::GivenUp);
    // Of what is not answered nobody knows: whoever looks it up looks back far enough.
    let claimed = claim(Effect::pending(after(0)), after(5));
    assert_eq!(claimed_since(claimed), Some(after(5)));
    let unanswered = unanswered(claimed, after(11));
    assert_eq!(unanswered, Effect::Claimed { attempts: 1, until: after(14) });
    assert!(claimed_since(unanswered) <= Some(after(5)));
}

#[test]
fn a_refused_number_is_masked_once_and_all_else_is_final() {
    let masked = LiveLeg { shows_caller: false, ..leg() };
    // The second is no code that is known: what is wrong may be the call's token.
    for code in [21_210, 99_999] {
        assert_eq!(after_refusal(&leg(), code), AfterRefusal::ShowMasked, "{code}");
        assert_eq!(after_refusal(&masked, code), AfterRefusal::Failed, "{code}");
    }
    for code in [21_211, 13_225, 21_215] {
        assert_eq!(after_refusal(&leg(), code), AfterRefusal::Failed, "{code}");
    }
}

#[test]
fn what_became_of_the_legs_is_told_in_a_word() {
    use LegState::{Busy, Canceled, Declined, Failed, NoAnswer, TooLate};
    let not_reached = |why| Some(DialOutcome::NotReached(why));
    let message = || Stage::Message { person: None, silent: false };
    let of = |states: &[LegState]| {
        let legs =
            states.iter().enumerate().map(|(n, state)| (LegId::new(1, &format!("p{n}")), placed(*state)));
        hunting(legs.collect::<BTreeMap<_, _>>())
    };
    let cases = [
        (elsewhere(of(&[]), message()), None),
        (of(&[NoAnswer]), Some(DialOutcome::CallerGone)),
        (elsewhere(of(&[NoAnswer, Busy]), message()), not_reached(NotReached::NoAnswer)),
        (elsewhere(of(&[Busy, Busy]), message()), not_reached(NotReached::Busy)),
        (elsewhere(of(&[Failed]), message()), not_reached(NotReached::Failed)),
        (elsewhere(of(&[Canceled, Declined]), message()), not_reached(NotReached::Declined)),
        (LiveCall { winner: Some(LegId::new(1, "p0")), ..of(&[TooLate]) }, Some(DialOutcome::Conversation)),
    ];
    for (call, expected) in cases {
        assert_eq!(outcome(&call), expected, "{call:?}");
    }
}

fn effect() -> impl Strategy<Value = Effect> {
    let some = (0_u32..14, 0_i64..30);
    prop_oneof![
        some.clone().prop_map(|(attempts, at)| Effect::Pending { attempts, not_before: after(at) }),
        some.prop_map(|(attempts, at)| Effect::Claimed { attempts, until: after(at) }),
        Just(Effect::Done),
        Just(Effect::GivenUp),
    ]
}

fn any_leg() -> impl Strategy<Value = (LegId, LiveLeg)> {
    let numbers = (0_u16..3, 0_usize..4, 0_i64..30, 0..LegState::ALL.len());
    (numbers, option::of(1_usize..9), effect(), effect()).prop_map(
        |((step, who, at, state), sid, placing, ending)| {
            let leg = LiveLeg {
                step,
                not_before: after(at),
                state: LegState::ALL[state],
                call_sid: sid.map(call_sid),
                placing,
                ending,
                ..leg()
            };
            (LegId::new(step, &format!("p{who}")), leg)
        },
    )
}

fn any_call() -> impl Strategy<Value = LiveCall> {
    let legs = vec(any_leg(), 0..5);
    (legs, 0_u16..3, option::of(0_usize..5), option::of(0_i64..40), any::<bool>(), any::<bool>()).prop_map(
        |(legs, step, winner, over_at, hunts, is_summed_up)| {
            let winner = winner.and_then(|place| legs.get(place)).map(|(id, _)| id.clone());
            let mut call = hunting(legs);
            call.course = course(step);
            if !hunts {
                call.course.stage = Stage::Message { person: None, silent: false };
            }
            LiveCall { winner, over_at: over_at.map(after), is_summed_up, ..call }
        },
    )
}

proptest! {
    #[test]
    fn whatever_a_row_says_no_leg_rings_that_should_not(call in any_call(), seconds in 0_i64..40) {
        let now = after(seconds);
        let agenda = agenda(&call, None, now);
        for work in &agenda.now {
            match work {
                Work::Place(id) => {
                    let leg = &call.legs[id];
                    prop_assert!(call.wants(id) && call.is_hunting() && seconds < 20);
                    prop_assert!(leg.not_before <= now && !leg.state.is_over() && leg.call_sid.is_none());
                    let is_due = matches!(leg.placing, Effect::Pending { not_before, .. } if not_before <= now);
                    prop_assert!(is_due);
                }
                Work::LookUp(id) => {
                    let leg = &call.legs[id];
                    prop_assert!(leg.call_sid.is_none());
                    let is_left = matches!(leg.placing, Effect::Claimed { until, .. } if until <= now);
                    prop_assert!(is_left);
                }
                Work::End(id, how) => {
                    let leg = &call.legs[id];
                    prop_assert!(!call.wants(id) && leg.call_sid.is_some() && !leg.state.is_lost());
                    prop_assert_eq!(*how == HowToEnd::Cancel, leg.state < LegState::Answered);
                    prop_assert!(!(leg.state == LegState::Answered && call.is_hunting()));
                }
                Work::AskForCaller => prop_assert!(call.over_at.is_none()),
                Work::SumUp(_) => {
                    prop_assert!(call.over_at.is_some() && agenda.now.len() == 1 && agenda.next.is_none());
                }
            }
        }
        prop_assert!(agenda.next.is_none_or(|next| next > now));
        // Somebody looks again until all is done.
        prop_assert_eq!(call.is_summed_up, agenda.now.is_empty() && agenda.next.is_none());
    }

    /// A worker that may die before and after each request and each write, over a Twilio whose answers get lost.
    #[test]
    fn each_leg_rings_once_however_workers_die(fates in vec(0_u8..6, 0..30), hangs_up_at in 0_i64..30) {
        let bo = LegId::new(1, "bo");
        let mut call = hunting([(ana(), leg()), (bo, LiveLeg { not_before: after(3), ..leg() })]);
        let mut fates = fates.into_iter();
        let mut ringing: BTreeMap<LegId, bool> = BTreeMap::new();
        let mut seconds = 0;
        while !call.is_summed_up {
            prop_assert!(seconds < 600, "{call:?}");
            let now = after(seconds);
            if seconds >= hangs_up_at && call.over_at.is_none() {
                call.over_at = Some(now);
            }
            for work in agenda(&call, None, now).now {
                let fate = fates.next().unwrap_or(9);
                match work {
                    Work::Place(id) => {
                        let leg = call.legs.get_mut(&id).unwrap();
                        leg.placing = claim(leg.placing, now);
                        if fate == 0 { break }
                        prop_assert!(ringing.insert(id.clone(), true).is_none(), "{id} rings twice");
                        if fate == 1 { break }
                        if fate == 2 {
                            leg.placing = unanswered(leg.placing, now);
                        } else {
                            (leg.placing, leg.state, leg.call_sid) = (Effect::Done, LegState::Queued, Some(call_sid(7)));
                        }
                    }
                    Work::LookUp(id) => {
                        if fate == 0 { break }
                        let leg = call.legs.get_mut(&id).unwrap();
                        if ringing.contains_key(&id) {
                            (leg.placing, leg.state, leg.call_sid) = (Effect::Done, LegState::Queued, Some(call_sid(7)));
                        } else {
                            leg.placing = undone(Deed::Placing, leg.placing, now);
                        }
                    }
                    Work::End(id, _) => {
                        let leg = call.legs.get_mut(&id).unwrap();
                        leg.ending = claim(leg.ending, now);
                        if fate == 0 { break }
                        ringing.insert(id, false);
                        if fate == 1 { break }
                        leg.ending = Effect::Done;
                    }
                    Work::SumUp(_) => call.is_summed_up = fate != 0,
                    Work::AskForCaller => {}
                }
            }
            seconds += 1;
        }
        prop_assert!(ringing.values().all(|rings| !rings), "a telephone rings for a call that is over");
    }
}

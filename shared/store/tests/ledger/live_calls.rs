use std::collections::BTreeMap;

use domain::{
    Advance, CallBegins, Course, Decision, Deed, DialOutcome, Disposition, Effect, Frame, Instead, Language,
    LegId, LegState, LiveCall, LiveLeg, NotReached, PlanAt, Stage, Treatment, WhyNotForwarded,
};
use jiff::Timestamp;
use store::{Accepted, Advanced, Begun, Claimed, DuePart, StoreError, Written};
use tokio::task::JoinSet;

use crate::place::{Ledger, account_sid, at, call_sid, forwarded, masked, number, parties};

fn hunt(step: u16) -> Course {
    Course {
        file: 7,
        language: Language::German,
        place: vec![Frame(PlanAt::Rule(1), 2)],
        stage: Stage::Hunt {
            step,
            since: at(0).as_second(),
            until: at(20).as_second(),
            ends: at(60).as_second(),
        },
        steps: step,
        menus_since: None,
        is_answered: true,
        wait: domain::WaitSound::Ringing,
        is_offered: false,
    }
}

fn leg(last: u32, step: u16) -> LiveLeg {
    LiveLeg {
        person: format!("p{last}"),
        to: number(last),
        shown: parties().caller.number().unwrap().clone(),
        shows_caller: true,
        language: Language::French,
        step,
        not_before: at(5),
        seconds: 20,
        call_sid: None,
        state: LegState::Planned,
        told_at: None,
        placing: Effect::pending(at(5)),
        ending: Effect::pending(at(0)),
        refused: None,
    }
}

fn id(last: u32) -> LegId {
    LegId::new(1, &format!("p-{last}"))
}

fn legs(count: u32) -> BTreeMap<LegId, LiveLeg> {
    (1..=count).map(|last| (id(last), leg(last, 1))).collect()
}

fn live(call: u32, count: u32) -> LiveCall {
    LiveCall {
        call_sid: call_sid(call),
        account_sid: account_sid(),
        parties: parties(),
        base_url: "https://example.com/webhook".to_owned(),
        call_token: Some("{\"token\":1}".to_owned()),
        begun_at: at(0),
        revision: 0,
        course: hunt(1),
        answered: Treatment::HangUp,
        said: None,
        legs: legs(count),
        passed_over: Vec::new(),
        winner: None,
        over_at: None,
        is_summed_up: false,
    }
}

fn begins(call: u32, decision: Decision, limit: Option<u32>) -> CallBegins {
    CallBegins {
        call_sid: call_sid(call),
        parties: parties(),
        decision,
        month: "2026-11".to_owned(),
        calls_per_month: limit,
        passed_over: Vec::new(),
        in_list: None,
        at: at(0),
    }
}

async fn begin(ledger: &Ledger, count: u32) -> LiveCall {
    let live = live(1, count);
    let begun = ledger.store.begin_live(&begins(1, forwarded(), None), &live).await.unwrap();
    assert_eq!(begun, Begun::New);
    live
}

fn goes_on(course: Course) -> Advance {
    Advance {
        course,
        answered: Treatment::Reject,
        said: None,
        legs: BTreeMap::new(),
        passed_over: Vec::new(),
        lets_winner_go: false,
        over_at: None,
        at: at(10),
    }
}

async fn told(ledger: &Ledger, told: LegState, sid: Option<u32>) -> LiveLeg {
    let sid = sid.map(call_sid);
    let call = ledger.store.leg_told(&call_sid(1), &id(1), told, sid.as_ref(), at(9)).await.unwrap();
    assert_eq!(call, ledger.store.live_call(&call_sid(1)).await.unwrap());
    call.legs[&id(1)].clone()
}

#[tokio::test]
async fn a_live_call_is_read_as_it_was_written() {
    let ledger = Ledger::new().await;
    let mut live = live(1, 3);
    live.said = Some("Ada, about the boat".to_owned());
    live.winner = Some(id(2));
    live.over_at = Some(at(70));
    let changed = live.legs.get_mut(&id(2)).unwrap();
    changed.call_sid = Some(call_sid(9));
    changed.state = LegState::Accepted;
    changed.placing = Effect::Done;
    changed.ending = Effect::Claimed { attempts: 2, until: at(80) };
    let changed = live.legs.get_mut(&id(3)).unwrap();
    changed.placing = Effect::GivenUp;
    changed.refused = Some(21_215);
    ledger.store.begin_live(&begins(1, forwarded(), None), &live).await.unwrap();
    assert_eq!(ledger.store.live_call(&call_sid(1)).await.unwrap(), live);
    let row = ledger.live_row(&call_sid(1)).await;
    let three_days = 3 * 24 * 60 * 60;
    assert_eq!(row["expires"].as_n().unwrap(), &(at(0).as_second() + three_days).to_string());
    assert!(row["leg_1-p-2"].is_m(), "{row:?}");
    let none = ledger.store.live_call(&call_sid(2)).await.unwrap_err();
    assert!(matches!(none, StoreError::NotFound(_)), "{none}");
}

#[tokio::test]
async fn a_live_call_begins_once_and_in_both_tables() {
    let ledger = Ledger::new().await;
    let live = begin(&ledger, 2).await;
    let again = LiveCall { legs: BTreeMap::new(), ..live.clone() };
    for _ in 0..2 {
        let begun = ledger.store.begin_live(&begins(1, forwarded(), None), &again).await.unwrap();
        let Decision { disposition, treatment } = forwarded();
        assert_eq!(begun, Begun::Repeated(disposition, Some(Box::new(treatment))));
    }
    assert_eq!(ledger.store.live_call(&call_sid(1)).await.unwrap(), live);
    let call = ledger.store.call(&call_sid(1)).await.unwrap();
    assert_eq!((call.begun_at, call.disposition), (Some(at(0)), Some(Disposition::Forward)));
}

#[tokio::test]
async fn of_many_live_calls_at_once_a_plan_takes_what_it_has() {
    let ledger = Ledger::new().await;
    let mut calls = JoinSet::new();
    for n in 1..=12 {
        let store = ledger.store.clone();
        calls.spawn(
            async move { store.begin_live(&begins(n, forwarded(), Some(3)), &live(n, 0)).await.unwrap() },
        );
    }
    let begun = calls.join_all().await;
    assert_eq!(begun.iter().filter(|it| **it == Begun::New).count(), 3);
    assert_eq!(begun.iter().filter(|it| **it == Begun::PlanUsedUp).count(), 9);
    assert_eq!(ledger.store.usage(&masked(), "2026-11").await.unwrap(), 3);
    let mut live = 0;
    for n in 1..=12 {
        let (live_row, row) = (ledger.live_row(&call_sid(n)).await, ledger.call_row(&call_sid(n)).await);
        assert_eq!(live_row.is_empty(), row.is_empty());
        live += usize::from(!live_row.is_empty());
    }
    assert_eq!(live, 3);
    let none = ledger.store.begin_live(&begins(20, forwarded(), Some(0)), &self::live(20, 0)).await.unwrap();
    assert_eq!(none, Begun::PlanUsedUp);
    // Who is not forwarded needs no plan.
    let off = Disposition::Instead(Instead::Voicemail, WhyNotForwarded::ForwardingOff);
    let voicemail = Decision { disposition: off, treatment: Treatment::HangUp };
    let begun = ledger.store.begin_live(&begins(21, voicemail, Some(0)), &self::live(21, 0)).await.unwrap();
    assert_eq!(begun, Begun::New);
}

#[tokio::test]
async fn a_course_is_changed_by_whoever_saw_it_as_it_is() {
    let ledger = Ledger::new().await;
    let live = begin(&ledger, 1).await;
    let next = Advance {
        said: Some("Ada".to_owned()),
        legs: [(LegId::new(2, "bo"), leg(7, 2)), (LegId::new(2, "dr-aydin"), leg(8, 2))].into(),
        ..goes_on(hunt(2))
    };
    let Advanced::Applied(now) = ledger.store.advance(&live.call_sid, 0, &next).await.unwrap() else {
        panic!("nobody else was there")
    };
    assert_eq!((now.revision, &now.course, &now.answered), (1, &hunt(2), &Treatment::Reject));
    assert_eq!((now.said.as_deref(), now.legs.len()), (Some("Ada"), 3));
    assert_eq!(now.legs[&LegId::new(2, "bo")], leg(7, 2));
    assert!(now.is_hunting() && now.wants(&LegId::new(2, "bo")) && !now.wants(&id(1)));
    // Who has seen it as it was before is told how it is.
    let late = ledger.store.advance(&live.call_sid, 0, &goes_on(hunt(9))).await.unwrap();
    assert_eq!(late, Advanced::Raced(now.clone()));
    assert_eq!(ledger.store.live_call(&live.call_sid).await.unwrap(), now);
    let none = ledger.store.advance(&call_sid(2), 0, &goes_on(hunt(2))).await.unwrap_err();
    assert!(matches!(none, StoreError::NotFound(_)), "{none}");
}

#[tokio::test]
async fn of_ten_changes_at_once_one_is_made() {
    let ledger = Ledger::new().await;
    begin(&ledger, 1).await;
    let mut changes = JoinSet::new();
    for step in 2..12 {
        let store = ledger.store.clone();
        changes.spawn(async move { store.advance(&call_sid(1), 0, &goes_on(hunt(step))).await.unwrap() });
    }
    let all = changes.join_all().await;
    let applied: Vec<&LiveCall> = all
        .iter()
        .filter_map(|it| if let Advanced::Applied(call) = it { Some(call) } else { None })
        .collect();
    let [applied] = applied[..] else { panic!("{} were made", applied.len()) };
    assert_eq!(&ledger.store.live_call(&call_sid(1)).await.unwrap(), applied);
}

#[tokio::test]
async fn a_leg_is_never_told_backwards_and_keeps_its_name() {
    let ledger = Ledger::new().await;
    begin(&ledger, 2).await;
    let ringing = told(&ledger, LegState::Ringing, Some(7)).await;
    assert_eq!((ringing.state, ringing.placing), (LegState::Ringing, Effect::Done));
    assert_eq!(ringing.call_sid, Some(call_sid(7)));
    // Late, and by another name.
    let queued = told(&ledger, LegState::Queued, Some(8)).await;
    assert_eq!((queued.state, queued.call_sid), (LegState::Ringing, Some(call_sid(7))));
    assert_eq!(told(&ledger, LegState::Answered, None).await.state, LegState::Answered);
    // Whoever picked up and said nothing was no person.
    assert_eq!(told(&ledger, LegState::NoAnswer, Some(7)).await.state, LegState::NotAPerson);
    assert_eq!(told(&ledger, LegState::Declined, None).await.state, LegState::NotAPerson);
    let call = ledger.store.live_call(&call_sid(1)).await.unwrap();
    // That somebody picked up changes what an address may say.
    assert_eq!((call.revision, &call.legs[&id(2)]), (1, &leg(2, 1)));
    for (call, leg) in [(1, id(9)), (2, id(1))] {
        let none = ledger.store.leg_told(&call_sid(call), &leg, LegState::Ringing, None, at(1)).await;
        assert!(matches!(none, Err(StoreError::NotFound(_))), "{none:?}");
    }
}

#[tokio::test]
async fn a_leg_in_any_state_becomes_what_is_told_of_it() {
    let ledger = Ledger::new().await;
    let mut call = live(1, 0);
    let mut pairs = Vec::new();
    for known in LegState::ALL {
        for told in LegState::ALL {
            let id = LegId::new(1, &format!("{}-{}", known.name(), told.name()));
            call.legs.insert(id.clone(), LiveLeg { state: known, ..leg(1, 1) });
            pairs.push((id, known, told));
        }
    }
    ledger.store.begin_live(&begins(1, forwarded(), None), &call).await.unwrap();
    for (id, known, told) in pairs {
        let call = ledger.store.leg_told(&call_sid(1), &id, told, Some(&call_sid(9)), at(1)).await.unwrap();
        let then = LiveLeg {
            state: known.told(told),
            told_at: Some(at(1)),
            call_sid: Some(call_sid(9)),
            placing: Effect::Done,
            ..leg(1, 1)
        };
        assert_eq!(call.legs[&id], then, "{id}");
    }
}

#[tokio::test]
async fn of_fifty_people_at_once_one_gets_the_call() {
    let ledger = Ledger::new().await;
    begin(&ledger, 50).await;
    let mut people = JoinSet::new();
    for n in 1..=50 {
        let store = ledger.store.clone();
        people.spawn(async move { (n, store.accept_leg(&call_sid(1), &id(n), at(3)).await.unwrap()) });
    }
    let answers = people.join_all().await;
    let winner = ledger.store.live_call(&call_sid(1)).await.unwrap().winner.unwrap();
    for (n, accepted) in &answers {
        match accepted {
            Accepted::Won(call) => {
                assert_eq!((&id(*n), call.revision), (&winner, 1));
                assert_eq!(call.legs[&winner].state, LegState::Accepted);
                assert!(call.wants(&winner) && !call.is_hunting());
            }
            Accepted::Taken(call) => assert_eq!(call.winner.as_ref(), Some(&winner)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(answers.iter().filter(|(_, it)| matches!(it, Accepted::Won(_))).count(), 1);
    let again = ledger.store.accept_leg(&call_sid(1), &winner, at(4)).await.unwrap();
    assert!(matches!(&again, Accepted::Already(call) if call.revision == 1), "{again:?}");
}

#[tokio::test]
async fn who_comes_when_the_caller_is_gone_gets_no_call() {
    let ledger = Ledger::new().await;
    begin(&ledger, 3).await;
    told(&ledger, LegState::Canceled, None).await;
    let over = ledger.store.accept_leg(&call_sid(1), &id(1), at(5)).await.unwrap();
    assert!(matches!(over, Accepted::Gone(_)), "the leg itself is over: {over:?}");
    let message = Course { stage: Stage::Message { person: None, silent: false }, ..hunt(1) };
    ledger.store.advance(&call_sid(1), 0, &goes_on(message)).await.unwrap();
    let elsewhere = ledger.store.accept_leg(&call_sid(1), &id(2), at(11)).await.unwrap();
    assert!(matches!(elsewhere, Accepted::Gone(_)), "{elsewhere:?}");
    ledger.store.advance(&call_sid(1), 1, &goes_on(hunt(1))).await.unwrap();
    let over = ledger.store.live_over(&call_sid(1), at(12)).await.unwrap().unwrap();
    let late = ledger.store.advance(&call_sid(1), over.revision, &goes_on(hunt(2))).await.unwrap();
    assert_eq!(late, Advanced::Raced(over));
    let gone = ledger.store.accept_leg(&call_sid(1), &id(2), at(13)).await.unwrap();
    assert!(matches!(&gone, Accepted::Gone(call) if call.winner.is_none()), "{gone:?}");
    let none = ledger.store.accept_leg(&call_sid(1), &id(9), at(13)).await.unwrap_err();
    assert!(matches!(none, StoreError::NotFound(_)), "{none}");
}

#[tokio::test]
async fn a_winner_that_is_lost_lets_another_leg_have_the_call() {
    let ledger = Ledger::new().await;
    begin(&ledger, 2).await;
    ledger.store.accept_leg(&call_sid(1), &id(1), at(3)).await.unwrap();
    let goes = Advance { lets_winner_go: true, ..goes_on(hunt(1)) };
    let Advanced::Applied(call) = ledger.store.advance(&call_sid(1), 1, &goes).await.unwrap() else {
        panic!("nobody else was there")
    };
    assert_eq!((call.winner, call.answered), (None, goes.answered));
    let accepted = ledger.store.accept_leg(&call_sid(1), &id(2), at(12)).await.unwrap();
    assert!(matches!(&accepted, Accepted::Won(call) if call.winner == Some(id(2))), "{accepted:?}");
}

#[tokio::test]
async fn a_deed_is_claimed_by_one_who_saw_how_things_are() {
    let ledger = Ledger::new().await;
    let live = begin(&ledger, 1).await;
    let claim = Effect::Claimed { attempts: 1, until: at(15) };
    let (mut claims, mut yes) = (JoinSet::new(), 0);
    for _ in 0..10 {
        let (store, live) = (ledger.store.clone(), live.clone());
        claims.spawn(async move { store.claim_effect(&live, &id(1), Deed::Placing, claim).await.unwrap() });
    }
    for claimed in claims.join_all().await {
        yes += u32::from(matches!(claimed, Claimed::Yes(_)));
        let (Claimed::Yes(call) | Claimed::No(call)) = claimed;
        assert_eq!(call.legs[&id(1)].placing, claim);
    }
    assert_eq!(yes, 1);
    // What became of it is written down by whoever did it, and by no other.
    let (again, other) = (Effect::Pending { attempts: 1, not_before: at(8) }, Effect::GivenUp);
    let ana = id(1);
    let settle = |seen, then| ledger.store.settle_effect(&live.call_sid, &ana, Deed::Placing, (seen, then));
    let placing = |call: LiveCall| call.legs[&id(1)].placing;
    assert_eq!(placing(settle(live.legs[&id(1)].placing, other).await.unwrap()), claim);
    assert_eq!(placing(settle(claim, again).await.unwrap()), again);
    // The course is another one since: what was to be done may not be wanted any more.
    let seen = ledger.store.live_call(&live.call_sid).await.unwrap();
    ledger.store.advance(&live.call_sid, 0, &goes_on(hunt(2))).await.unwrap();
    let late = ledger.store.claim_effect(&seen, &id(1), Deed::Placing, claim).await.unwrap();
    assert!(matches!(&late, Claimed::No(call) if placing(call.clone()) == again), "{late:?}");
}

#[tokio::test]
async fn a_leg_that_is_refused_has_failed_or_shows_another_number() {
    let ledger = Ledger::new().await;
    let live = begin(&ledger, 2).await;
    let seen = Effect::pending(at(5));
    let store = &ledger.store;
    let call = store.leg_refused(&live.call_sid, &id(1), seen, 21_215, at(6)).await.unwrap();
    let expected = LiveLeg {
        state: LegState::Failed,
        told_at: Some(at(6)),
        placing: Effect::GivenUp,
        refused: Some(21_215),
        ..leg(1, 1)
    };
    assert_eq!(call.legs[&id(1)], expected);
    let then = Effect::Pending { attempts: 1, not_before: at(6) };
    let call = store.leg_shows(&live.call_sid, &id(2), (seen, then), &masked()).await.unwrap();
    let expected = LiveLeg { shown: masked(), shows_caller: false, placing: then, ..leg(2, 1) };
    assert_eq!(call.legs[&id(2)], expected);
    // Somebody knows better: it was placed.
    told(&ledger, LegState::Ringing, Some(3)).await;
    let call = store.leg_refused(&live.call_sid, &id(2), seen, 21_215, at(6)).await.unwrap();
    assert_eq!(call.legs[&id(2)], expected);
}

async fn due(ledger: &Ledger, by: Timestamp) -> Vec<String> {
    let mut all = Vec::new();
    for part in DuePart::all() {
        all.extend(ledger.store.due_page(part, by).await.unwrap().iter().map(ToString::to_string));
    }
    all.sort();
    all
}

#[tokio::test]
async fn what_is_due_is_listed_until_it_is_summed_up() {
    let ledger = Ledger::new().await;
    for n in 1..=8 {
        let begun = ledger.store.begin_live(&begins(n, forwarded(), None), &live(n, 1)).await.unwrap();
        assert_eq!(begun, Begun::New);
    }
    assert_eq!(due(&ledger, at(-1)).await.len(), 0);
    assert_eq!(due(&ledger, at(0)).await.len(), 8);
    let call = ledger.store.live_call(&call_sid(1)).await.unwrap();
    assert_eq!(ledger.store.due_at(&call, at(30)).await.unwrap(), Written::Applied);
    // Only the first sends itself a message.
    assert_eq!(ledger.store.due_at(&call, at(30)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(due(&ledger, at(29)).await.len(), 7);
    assert_eq!(due(&ledger, at(30)).await.len(), 8);
    // Whatever changes the course makes it due at once, and what was seen before does not put it off.
    ledger.store.advance(&call_sid(1), 0, &goes_on(hunt(2))).await.unwrap();
    assert_eq!(ledger.store.due_at(&call, at(50)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(due(&ledger, at(10)).await.len(), 8);
    let call = ledger.store.live_over(&call_sid(1), at(12)).await.unwrap().unwrap();
    ledger.store.sum_up(&call, None, at(13)).await.unwrap();
    assert_eq!(due(&ledger, at(1_000)).await.len(), 8);
    for seconds in [13, 20] {
        ledger.store.live_done(&call, at(seconds)).await.unwrap();
    }
    assert_eq!(due(&ledger, at(1_000)).await.len(), 7);
    let call = ledger.store.live_call(&call_sid(1)).await.unwrap();
    assert!(call.is_summed_up && call.over_at == Some(at(12)));
    // What the caller chose stands nowhere any more.
    assert_eq!((call.course.place.len(), &call.answered), (0, &Treatment::HangUp));
    assert_eq!(ledger.store.due_at(&call, at(60)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(due(&ledger, at(1_000)).await.len(), 7);
}

#[tokio::test]
async fn a_call_is_over_once_and_only_if_it_was_live() {
    let ledger = Ledger::new().await;
    begin(&ledger, 1).await;
    for seconds in [12, 20] {
        let call = ledger.store.live_over(&call_sid(1), at(seconds)).await.unwrap().unwrap();
        assert_eq!((call.over_at, call.revision, call.call_token.as_deref()), (Some(at(12)), 1, None));
        assert!(!call.is_hunting() && !call.wants(&id(1)));
    }
    assert_eq!(ledger.store.live_over(&call_sid(2), at(12)).await.unwrap(), None);
    assert!(ledger.live_row(&call_sid(2)).await.is_empty());
}

#[tokio::test]
async fn the_ledger_of_calls_is_told_of_legs_and_counts() {
    let ledger = Ledger::new().await;
    begin(&ledger, 3).await;
    told(&ledger, LegState::Ringing, Some(7)).await;
    ledger.store.leg_told(&call_sid(1), &id(2), LegState::Declined, Some(&call_sid(8)), at(9)).await.unwrap();
    assert_eq!(ledger.store.usage(&masked(), "2026-11").await.unwrap(), 0);
    let call = ledger.store.live_over(&call_sid(1), at(12)).await.unwrap().unwrap();
    let declined = DialOutcome::NotReached(NotReached::Declined);
    for _ in 0..2 {
        ledger.store.sum_up(&call, Some(declined), at(13)).await.unwrap();
    }
    let row = ledger.store.call(&call_sid(1)).await.unwrap();
    let legs: Vec<_> = row.legs.iter().map(|leg| (leg.call_sid.clone(), leg.status.as_str())).collect();
    assert_eq!(legs, [(call_sid(7), "canceled"), (call_sid(8), "completed")]);
    assert_eq!(row.dial_outcome, Some(declined));
    assert!(row.may_be_missed());
    assert_eq!(ledger.store.usage(&masked(), "2026-11").await.unwrap(), 1);
}

#[tokio::test]
async fn the_ledger_of_calls_is_told_who_did_not_ring() {
    let ledger = Ledger::new().await;
    let passed_over = |texts: &[&str]| texts.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>();
    let first = passed_over(&["ben:away-2026-11-30T18:00"]);
    let begins = CallBegins { passed_over: first.clone(), ..begins(1, forwarded(), None) };
    let live = LiveCall { passed_over: first.clone(), ..live(1, 3) };
    assert_eq!(ledger.store.begin_live(&begins, &live).await.unwrap(), Begun::New);
    assert_eq!(ledger.store.live_call(&call_sid(1)).await.unwrap(), live);
    assert_eq!(ledger.store.call(&call_sid(1)).await.unwrap().passed_over, first);
    let next = Advance { passed_over: passed_over(&["cleo:caller", "ben:no-time"]), ..goes_on(hunt(1)) };
    ledger.store.advance(&call_sid(1), 0, &next).await.unwrap();
    told(&ledger, LegState::NoAnswer, Some(7)).await;
    let leg = ledger.store.live_call(&call_sid(1)).await.unwrap().legs[&id(2)].clone();
    ledger.store.leg_refused(&call_sid(1), &id(2), leg.placing, 21_215, at(9)).await.unwrap();
    let call = ledger.store.live_over(&call_sid(1), at(12)).await.unwrap().unwrap();
    for _ in 0..2 {
        ledger.store.sum_up(&call, None, at(13)).await.unwrap();
    }
    let row = ledger.store.call(&call_sid(1)).await.unwrap();
    let person = |n: u32| live.legs[&id(n)].person.clone();
    let mut known = passed_over(&["ben:away-2026-11-30T18:00", "ben:no-time", "cleo:caller"]);
    known.extend(passed_over(&[
        &format!("{}:refused-21215", person(2)),
        &format!("{}:not-placed", person(3)),
    ]));
    known.sort();
    let mut told = row.passed_over.clone();
    told.sort();
    assert_eq!(told, known);
    let legs: Vec<_> = row.legs.iter().map(|leg| (leg.person.as_deref(), leg.why)).collect();
    assert_eq!(legs, [(Some(&*person(1)), Some(LegState::NoAnswer))]);
}

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::call::Cause;
use crate::command::Command;
use crate::event::Source;

const HERE: &str = "https://example.com/calls";
const THERE: &str = "https://example.org/of-an-action";

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_796_000_000 + seconds).unwrap()
}

fn delivery() -> Delivery {
    Delivery::new(HERE.to_owned(), "crm".to_owned(), Tells::Call, 0, after(0))
}

fn of_actions(url: &str) -> Delivery {
    Delivery::new(url.to_owned(), "crm".to_owned(), Tells::Actions, 0, after(0))
}

fn event(seq: u64, action: Option<u32>, happened: Happened) -> Event {
    let (action, at) = (action.map(ActionId), after(0));
    let (source, participant, operation_context) = (Source::Clock, None, None);
    Event { seq, at, source, action, participant, operation_context, happened }
}

fn queued(seq: u64, action: u32, callback: Option<&str>) -> Event {
    let callback = callback.map(str::to_owned);
    event(seq, Some(action), Happened::Queued { command: Command::End, callback })
}

/// Events that are about the call alone.
fn log(events: u64) -> Vec<Event> {
    (1..=events).map(|seq| event(seq, None, Happened::Connected)).collect()
}

const NOT_TAKEN: Answer = Answer::NotTaken { retry_after: None };

fn seconds_until(at: Timestamp, now: Timestamp) -> i64 {
    at.duration_since(now).as_secs()
}

/// Tells everything that can be told now; the numbers of what was taken.
fn all_told(delivery: &mut Delivery, log: &[Event]) -> Vec<u64> {
    let mut told = Vec::new();
    while let Next::Tell(event) = delivery.next(log, after(1)) {
        delivery.answered(event, Answer::Taken, 0, after(1));
        told.push(event.seq);
    }
    told
}

#[test]
fn an_event_is_told_in_seconds_then_hours_for_a_day() {
    let log = log(3);
    for (jitter, waits) in [
        (0, [1, 3, 10, 30, 300, 1_800, 7_200, 18_000, 36_000, 23_056]),
        (255, [1, 3, 12, 36, 360, 2_160, 8_640, 21_600, 43_200, 10_387]),
    ] {
        let (mut delivery, mut now, mut waited) = (delivery(), after(0), Vec::new());
        loop {
            let Next::Tell(event) = delivery.next(&log, now) else { panic!("{delivery:?}") };
            assert_eq!(event.seq, 1);
            delivery.claim(7, now);
            match delivery.answered(event, NOT_TAKEN, jitter, now) {
                Then::Again(at) => {
                    delivery.release(now);
                    assert_eq!((delivery.due, delivery.not_before), (Some(at), Some(at)));
                    assert_eq!(delivery.next(&log, at - SignedDuration::from_millis(1)), Next::NotBefore(at));
                    waited.push(seconds_until(at, now));
                    now = at;
                }
                Then::GivesUp => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(waited, waits);
        assert_eq!(now, after(24 * 3_600));
    }
}

#[test]
fn an_event_that_is_taken_late_begins_the_ladder_anew() {
    let log = log(2);
    let mut delivery = delivery();
    for (attempt, wait) in [(0, 1), (1, 3), (2, 10)] {
        assert_eq!(delivery.attempts, attempt);
        let then = delivery.answered(&log[0], NOT_TAKEN, 0, after(100));
        assert_eq!(then, Then::Again(after(100 + wait)));
    }
    assert_eq!(delivery.answered(&log[0], Answer::Taken, 0, after(110)), Then::GoesOn);
    assert_eq!(delivery.cursor, 1);
    assert_eq!(delivery.answered(&log[1], NOT_TAKEN, 0, after(110)), Then::Again(after(111)));
    assert_eq!(delivery.first_failed_at, Some(after(110)));
}

#[test]
fn an_endpoint_that_asks_for_time_gets_it() {
    let event = &log(1)[0];
    for (retry_after, wait) in [(0, 1), (1, 1), (7, 7), (90_000, 24 * 3_600), (i64::MAX, 24 * 3_600)] {
        let retry_after = Some(SignedDuration::from_secs(retry_after));
        let mut delivery = delivery();
        let then = delivery.answered(event, Answer::NotTaken { retry_after }, 0, after(0));
        assert_eq!(then, Then::Again(after(wait)), "{retry_after:?}");
    }
}

#[test]
fn an_endpoint_that_is_gone_is_told_no_more() {
    let log = log(2);
    let mut delivery = delivery();
    assert_eq!(delivery.answered(&log[0], Answer::Gone, 0, after(5)), Then::Stops);
    delivery.release(after(5));
    assert_eq!((delivery.disabled_at, delivery.due), (Some(after(5)), None));
    assert_eq!(delivery.next(&log, after(9_999)), Next::Disabled);
    assert_eq!(delivery.cursor, 0);
}

#[test]
fn an_answer_takes_the_event_with_2xx_alone() {
    let retry_after = Some(SignedDuration::from_secs(5));
    for status in [100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 409, 411, 429, 500, 503, 999] {
        assert_eq!(Answer::of_status(status, retry_after), Answer::NotTaken { retry_after }, "{status}");
    }
    for status in [200, 201, 202, 204, 299] {
        assert_eq!(Answer::of_status(status, retry_after), Answer::Taken, "{status}");
    }
    assert_eq!(Answer::of_status(410, None), Answer::Gone);
}

#[test]
fn a_delivery_does_not_show_its_address() {
    assert!(!format!("{:?}", delivery()).contains("example.com"));
}

#[test]
fn a_delivery_is_read_as_it_was_written() {
    let mut delivery = of_actions(THERE);
    delivery.actions.extend([ActionId(1), ActionId(12)]);
    delivery.cursor = 7;
    delivery.answered(&log(8)[7], NOT_TAKEN, 9, after(1));
    delivery.give_up(&log(9));
    delivery.claim(7, after(2));
    let text = serde_json::to_string(&delivery).unwrap();
    let mut read: Delivery = serde_json::from_str(&text).unwrap();
    // These stand beside it, where conditions and the index find them.
    (read.due, read.revision) = (delivery.due, delivery.revision);
    assert_eq!(read, delivery);
}

#[test]
fn a_claim_keeps_others_away_until_it_ends() {
    let log = log(1);
    let mut delivery = delivery();
    delivery.claim(7, after(10));
    assert_eq!(delivery.next(&log, after(29)), Next::Claimed(after(30)));
    assert_eq!(delivery.next(&log, after(30)), Next::Tell(&log[0]));
    delivery.release(after(11));
    assert_eq!(delivery.next(&log, after(11)), Next::Tell(&log[0]));
    assert!(CLAIM_HOLDS > ANSWERED_WITHIN);
}

#[test]
fn an_event_is_late_a_minute_after_it_happened() {
    let event = &log(1)[0];
    for (seconds, late) in [(0, false), (60, false), (61, true), (86_400, true)] {
        assert_eq!(delivery().beside(event, after(seconds)).late, late, "{seconds}");
    }
    // By a clock that goes before ours.
    assert!(!delivery().beside(event, after(-5)).late);
}

#[test]
fn what_is_given_up_is_named_by_the_next_event() {
    let log = log(9);
    let mut delivery = delivery();
    delivery.answered(&log[0], Answer::Taken, 0, after(0));
    delivery.answered(&log[1], NOT_TAKEN, 0, after(0));
    delivery.give_up(&log[..3]);
    delivery.give_up(&log[..5]);
    let gap = Gap { from: 2, to: 5 };
    assert_eq!((delivery.cursor, delivery.gap), (5, Some(gap)));
    assert_eq!(delivery.dead, [gap]);
    assert_eq!((delivery.attempts, delivery.first_failed_at, delivery.not_before), (0, None, None));

    // Not taken either: then it is one with the gap that it would have named.
    assert_eq!(delivery.beside(&log[5], after(0)).gap, Some(gap));
    delivery.answered(&log[5], NOT_TAKEN, 0, after(0));
    delivery.give_up(&log[..6]);
    let gap = Gap { from: 2, to: 6 };
    assert_eq!((delivery.gap, &*delivery.dead), (Some(gap), &[gap][..]));

    assert_eq!(delivery.beside(&log[6], after(0)).gap, Some(gap));
    delivery.answered(&log[6], Answer::Taken, 0, after(0));
    assert_eq!(delivery.beside(&log[7], after(0)).gap, None);
    delivery.give_up(&log[..8]);
    assert_eq!(delivery.dead, [gap, Gap { from: 8, to: 8 }]);
}

#[test]
fn what_was_given_up_is_told_again_when_asked_for() {
    let log = log(6);
    let mut delivery = delivery();
    delivery.answered(&log[0], Answer::Taken, 0, after(0));
    delivery.answered(&log[1], NOT_TAKEN, 0, after(0));
    delivery.give_up(&log[..3]);
    delivery.answered(&log[3], Answer::Taken, 0, after(0));
    delivery.give_up(&log[..5]);
    assert_eq!(delivery.dead, [Gap { from: 2, to: 3 }, Gap { from: 5, to: 5 }]);

    let told_from = |after_event, expected: &[u64], dead: &[Gap]| {
        let mut delivery = delivery.clone();
        delivery.redeliver(after_event, after(1));
        assert_eq!((&*delivery.dead, delivery.gap, delivery.due), (dead, None, Some(after(1))));
        assert_eq!(delivery.revision, 1);
        assert_eq!(all_told(&mut delivery, &log), expected, "{after_event:?}");
    };
    told_from(None, &[2, 3, 4, 5, 6], &[]);
    told_from(Some(0), &[1, 2, 3, 4, 5, 6], &[]);
    told_from(Some(2), &[3, 4, 5, 6], &[Gap { from: 2, to: 2 }]);
    told_from(Some(4), &[5, 6], &[Gap { from: 2, to: 3 }]);
    // What is still to come is not passed over.
    told_from(Some(u64::MAX), &[6], &[Gap { from: 2, to: 3 }, Gap { from: 5, to: 5 }]);
}

#[test]
fn an_endpoint_that_was_gone_is_told_again_when_asked_for() {
    let log = log(3);
    let mut delivery = delivery();
    assert_eq!(delivery.state(3), DeliveryState::Telling);
    delivery.answered(&log[0], Answer::Taken, 0, after(0));
    delivery.answered(&log[1], NOT_TAKEN, 0, after(0));
    assert_eq!(delivery.state(3), DeliveryState::Trying);
    delivery.answered(&log[1], Answer::Gone, 0, after(0));
    assert_eq!(delivery.state(3), DeliveryState::Disabled);
    delivery.redeliver(None, after(1));
    assert_eq!(all_told(&mut delivery, &log), [2, 3]);
    assert_eq!(delivery.state(3), DeliveryState::Told);
}

#[test]
fn who_is_telling_is_not_overtaken_by_what_is_told_again() {
    let log = log(2);
    let mut delivery = delivery();
    delivery.claim(7, after(0));
    delivery.redeliver(Some(0), after(5));
    // Whoever has the claim can't write any more, and nobody else begins before it is over.
    assert_eq!(delivery.due, Some(after(20)));
    assert_eq!(delivery.next(&log, after(6)), Next::Claimed(after(20)));
    assert_eq!(delivery.next(&log, after(20)), Next::Tell(&log[0]));
}

#[test]
fn an_actions_events_are_told_where_it_says() {
    let of = |seq, action| event(seq, Some(action), Happened::Started);
    let log = [
        queued(1, 1, None),
        queued(2, 2, Some(THERE)),
        of(3, 1),
        of(4, 2),
        queued(5, 3, Some(HERE)),
        of(6, 3),
        event(7, None, Happened::Connected),
        queued(8, 4, Some(THERE)),
        of(9, 4),
        event(10, Some(2), Happened::Canceled),
    ];
    assert_eq!(all_told(&mut delivery(), &log), [1, 3, 5, 6, 7]);
    assert_eq!(all_told(&mut of_actions(THERE), &log), [2, 4, 8, 9, 10]);
    // It names the endpoint that is told everything else as well.
    assert_eq!(all_told(&mut of_actions(HERE), &log), [5, 6]);
    assert_eq!(all_told(&mut of_actions("https://example.net"), &log), [0; 0]);
}

#[test]
fn what_is_not_written_yet_is_not_passed_over() {
    let log = log(5);
    let mut delivery = delivery();
    let with_a_hole = [log[0].clone(), log[2].clone()];
    assert_eq!(all_told(&mut delivery, &with_a_hole), [1]);
    assert_eq!(delivery.next(&with_a_hole, after(1)), Next::Told);
    delivery.give_up(&with_a_hole);
    assert_eq!((delivery.cursor, &*delivery.dead), (1, &[][..]));
    // What was told is read again.
    assert_eq!(all_told(&mut delivery, &log), [2, 3, 4, 5]);
}

#[test]
fn a_call_is_looked_at_as_long_as_it_goes_on() {
    let mut log = log(2);
    log.push(event(3, None, Happened::Ended { cause: Cause::HungUp }));
    let mut delivery = delivery();
    assert_eq!(delivery.due, Some(after(300)));

    // Soon enough: it stays.
    delivery.claim(7, after(10));
    assert_eq!(delivery.due, Some(after(300)));
    delivery.answered(&log[0], Answer::Taken, 0, after(10));
    delivery.release(after(10));
    assert_eq!(delivery.due, Some(after(300)));

    // Too soon: whoever looks would come in vain.
    delivery.claim(7, after(250));
    delivery.answered(&log[1], Answer::Taken, 0, after(250));
    delivery.release(after(250));
    assert_eq!(delivery.due, Some(after(550)));

    // It is late: whoever claims it may die.
    delivery.claim(7, after(600));
    assert_eq!(delivery.due, Some(after(620)));
    delivery.answered(&log[2], Answer::Taken, 0, after(600));
    delivery.release(after(600));
    assert_eq!((delivery.is_over, delivery.due), (true, None));

    // What comes after the end is told all the same.
    delivery.claim(7, after(700));
    assert_eq!(delivery.due, Some(after(720)));
}

#[test]
fn what_was_passed_over_is_written_where_it_pays() {
    let others = |events: u64| {
        let first = queued(1, 1, Some(HERE));
        let more = (2..=events).map(|seq| event(seq, Some(1), Happened::Started));
        std::iter::once(first).chain(more).collect::<Vec<_>>()
    };
    let after_reading = |log: &[Event], now| {
        let seen = of_actions(THERE);
        let mut then = seen.clone();
        assert_eq!(then.next(log, now), Next::Told);
        seen.worth_writing(then, now)
    };
    assert_eq!(after_reading(&others(24), after(1)), None);
    let written = after_reading(&others(25), after(1)).unwrap();
    assert_eq!((written.cursor, written.due), (25, Some(after(300))));
    // Then it is not due any more.
    let written = after_reading(&[], after(300)).unwrap();
    assert_eq!((written.cursor, written.due), (0, Some(after(600))));
    let mut ended = others(3);
    ended.push(event(4, None, Happened::Ended { cause: Cause::HungUp }));
    let written = after_reading(&ended, after(1)).unwrap();
    assert_eq!((written.cursor, written.is_over, written.due), (4, true, None));
}

/// What an endpoint does with what it is told, and what becomes of whoever tells it.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Answers(Answer),
    /// It has taken the event, and nobody writes that down.
    TakenAndForgotten,
    /// Whoever tells dies before.
    Dies,
}

fn deed() -> impl Strategy<Value = Deed> {
    let retry_after = proptest::option::of((0..100_000_i64).prop_map(SignedDuration::from_secs));
    prop_oneof![
        4 => Just(Deed::Answers(Answer::Taken)),
        4 => retry_after.prop_map(|retry_after| Deed::Answers(Answer::NotTaken { retry_after })),
        1 => Just(Deed::TakenAndForgotten),
        1 => Just(Deed::Dies),
    ]
}

fn happens() -> impl Strategy<Value = (Option<u32>, Option<&'static str>)> {
    let callback = prop_oneof![2 => Just(None), 1 => Just(Some(HERE)), 1 => Just(Some(THERE))];
    (proptest::option::of(1..4_u32), callback)
}

fn written(happens: &[(Option<u32>, Option<&'static str>)]) -> Vec<Event> {
    let mut named = BTreeSet::new();
    let one = |(seq, (action, callback)): (u64, &(Option<u32>, Option<&'static str>))| match action {
        // An action is queued once, before anything else of it.
        Some(id) if named.insert(*id) => queued(seq, *id, *callback),
        action => event(seq, *action, Happened::Connected),
    };
    (1..).zip(happens).map(one).collect()
}

proptest! {
    #[test]
    fn no_event_is_lost_and_none_overtakes(
        happens in vec(happens(), 1..30),
        deeds in vec((deed(), 1..20_u64, any::<u8>(), 0..30_000_i64), 1..200),
    ) {
        let log = written(&happens);
        let own: BTreeMap<&str, Vec<u64>> = [HERE, THERE].map(|url| {
            let mut all = if url == HERE { delivery() } else { of_actions(url) };
            (url, all_told(&mut all, &log))
        }).into();
        // Each event is told at one of the two.
        let mut everything: Vec<u64> = own.values().flatten().copied().collect();
        everything.sort_unstable();
        prop_assert_eq!(everything, (1..=log.len() as u64).collect::<Vec<_>>());

        for (mut row, own) in [(delivery(), &own[HERE]), (of_actions(THERE), &own[THERE])] {
            let (mut now, mut taken, mut named, mut written) = (after(0), Vec::new(), Vec::new(), 0);
            // In the end everything is taken.
            let healthy = std::iter::repeat_n((Deed::Answers(Answer::Taken), 30, 0, 100_000), 60);
            for (deed, more, jitter, passes) in deeds.iter().copied().chain(healthy) {
                written = (written + usize::try_from(more).unwrap()).min(log.len());
                now = later(now, SignedDuration::from_secs(passes));
                let mut then = row.clone();
                let Next::Tell(event) = then.next(&log[..written], now) else {
                    if let Some(then) = row.worth_writing(then, now) {
                        row = then;
                    }
                    continue;
                };
                then.claim(7, now);
                row = then.clone();
                let gap = then.beside(event, now).gap;
                let is_taken = matches!(deed, Deed::Answers(Answer::Taken) | Deed::TakenAndForgotten);
                if is_taken {
                    taken.push(event.seq);
                    named.extend(gap);
                }
                let Deed::Answers(answer) = deed else { continue };
                if then.answered(event, answer, jitter, now) == Then::GivesUp {
                    then.give_up(&log[..written]);
                }
                then.release(now);
                // Somebody looks at it again: by itself, or as there is nothing to look for.
                prop_assert!(then.due.is_some_and(|due| due > now) || then.is_over);
                row = then;
            }

            let mut first_time = taken.clone();
            first_time.dedup();
            prop_assert!(first_time.is_sorted(), "{:?}", taken);
            let is_in = |gaps: &[Gap], seq: u64| gaps.iter().any(|gap| (gap.from..=gap.to).contains(&seq));
            for seq in own {
                let is_told = taken.contains(seq) || is_in(&named, *seq);
                // What is given up last has no event after it that could name it.
                prop_assert!(is_told || row.gap.is_some() && is_in(&row.dead, *seq), "{} of {:?}", seq, own);
                prop_assert!(taken.contains(seq) || is_in(&row.dead, *seq));
            }
            prop_assert!(taken.iter().all(|seq| own.contains(seq)));
            prop_assert!(row.dead.iter().all(|gap| gap.from <= gap.to));
            prop_assert!(row.dead.windows(2).all(|two| two[0].to < two[1].from));
        }
    }
}

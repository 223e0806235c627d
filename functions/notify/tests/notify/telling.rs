use std::time::Duration;

use live::telling::Tells;
use live::{Cause, Gap, Happened, cloud_event};
use serde_json::json;
use store::Written;
use worker::Summary;

use crate::house::{House, call, event, queued};
use crate::program::Program;

const A_DAY: i64 = 24 * 3_600;

#[tokio::test]
async fn a_program_is_told_everything_in_order_once() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    house.go_on(1..=3).await;
    assert!(house.woken().await);
    let all: Vec<_> =
        (1..=3).map(|seq| cloud_event(&call(), &event(seq, None, Happened::Connected))).collect();
    assert_eq!(program.heard(), all);
    // A message that comes twice, and the table's stream.
    for _ in 0..2 {
        assert!(house.woken().await);
        assert_eq!(program.heard_seqs(), [0; 0]);
    }
    // More than are read at once.
    house.go_on(4..=120).await;
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), (4..=120).collect::<Vec<_>>());
    let delivery = house.delivery(&program.url).await;
    assert_eq!((delivery.cursor, delivery.claimed_until), (120, None));
}

#[tokio::test]
async fn an_actions_events_go_where_it_says() {
    let (house, of_call, of_action) = (House::new().await, Program::new().await, Program::new().await);
    house.is_told(&of_call.url, Tells::Call).await;
    house.is_told(&of_action.url, Tells::Actions).await;
    house.go_on(1..=1).await;
    house.happens(queued(2, 1, &of_action.url)).await;
    house.happens(event(3, Some(1), Happened::Started)).await;
    house.go_on(4..=70).await;
    house.happens(event(71, Some(1), Happened::Canceled)).await;
    house.happens(event(72, None, Happened::Ended { cause: Cause::HungUp })).await;
    assert!(house.woken().await);
    assert_eq!(of_action.heard_seqs(), [2, 3, 71]);
    let others: Vec<u64> = (1..=72).filter(|seq| ![2, 3, 71].contains(seq)).collect();
    assert_eq!(of_call.heard_seqs(), others);
    // Both know that it is over, and nobody looks at them again.
    for program in [&of_call, &of_action] {
        let delivery = house.delivery(&program.url).await;
        assert_eq!((delivery.cursor, delivery.due), (72, None));
    }
}

#[tokio::test]
async fn nothing_overtakes_an_event_that_is_not_taken() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    for status in [500, 302, 404, 429, 503] {
        program.answers_once(status, None);
    }
    house.go_on(1..=2).await;
    assert!(house.woken().await);
    // A second and three seconds are waited for; then a message is held back.
    assert_eq!(program.heard_seqs(), [1, 1, 1]);
    let [held_back] = house.held_back()[..] else { panic!("one message is held back") };
    assert!((10..=12).contains(&held_back), "{held_back}");
    // Who comes before that finds nothing to do.
    house.go_on(3..=3).await;
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), [0; 0]);
    assert_eq!(house.held_back(), [0; 0]);

    house.it_is(house.seconds() + 12);
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), [1]);
    assert_eq!(house.held_back().len(), 1);
    house.it_is(house.seconds() + 36);
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), [1]);
    // Five minutes and more are looked for by the schedule as well.
    house.it_is(house.seconds() + 366);
    assert_eq!(house.looked_at().await, Summary { due: 1, failed: 0, left: 0 });
    let heard = program.heard();
    let told: Vec<_> = heard.iter().map(|it| (&it["data"]["seq"], &it["data"]["late"])).collect();
    assert_eq!(
        told,
        [1, 2, 3].map(|seq| (json!(seq), json!(true))).each_ref().map(|(seq, late)| (seq, late))
    );
}

#[tokio::test]
async fn a_program_that_asks_for_time_gets_it() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    program.answers_once(503, Some("120"));
    house.go_on(1..=1).await;
    assert!(house.woken().await);
    assert_eq!(house.held_back(), [120]);
    house.it_is(119);
    assert!(house.woken().await);
    house.it_is(120);
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), [1, 1]);
}

#[tokio::test]
async fn what_is_not_taken_for_a_day_is_named() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    program.answers(500);
    house.go_on(1..=130).await;
    assert!(house.woken().await);
    let mut looks = 0;
    while house.delivery(&program.url).await.dead.is_empty() {
        house.it_is(house.seconds() + 600);
        house.looked_at().await;
        looks += 1;
        assert!(looks < 200, "it is given up after a day");
    }
    assert!((A_DAY..A_DAY + 1_800).contains(&house.seconds()), "{}", house.seconds());
    // Each try is for the first one.
    let heard = program.heard_seqs();
    assert!(heard.len() >= 10 && heard.iter().all(|seq| *seq == 1), "{heard:?}");
    let delivery = house.delivery(&program.url).await;
    let gap = Gap { from: 1, to: 130 };
    assert_eq!((delivery.cursor, &*delivery.dead, delivery.gap), (130, &[gap][..], Some(gap)));

    program.answers(200);
    house.go_on(131..=132).await;
    assert!(house.woken().await);
    let heard = program.heard();
    let told: Vec<_> =
        heard.iter().map(|it| (it["data"]["seq"].clone(), it["data"]["gap"].clone())).collect();
    assert_eq!(told, [(json!(131), json!({"from": 1, "to": 130})), (json!(132), json!(null))]);
}

#[tokio::test]
async fn a_program_that_is_gone_is_told_no_more() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    program.answers_once(410, None);
    house.go_on(1..=2).await;
    for _ in 0..2 {
        assert!(house.woken().await);
    }
    house.it_is(A_DAY);
    assert_eq!(house.looked_at().await, Summary::default());
    assert_eq!(program.heard_seqs(), [1]);
}

#[tokio::test]
async fn one_program_does_not_wait_for_another() {
    let (house, dead, alive) = (House::new().await, Program::new().await, Program::new().await);
    house.is_told(&dead.url, Tells::Call).await;
    house.is_told(&alive.url, Tells::Call).await;
    dead.answers(500);
    house.go_on(1..=3).await;
    assert!(house.woken().await);
    assert_eq!(alive.heard_seqs(), [1, 2, 3]);
    assert!(dead.heard_seqs().iter().all(|seq| *seq == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_tell_only_one_does() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    program.takes(Duration::from_millis(20));
    house.go_on(1..=5).await;
    let woken = futures_util::future::join_all((0..8).map(|_| house.woken())).await;
    assert!(woken.into_iter().all(|settled| settled));
    assert_eq!(program.heard_seqs(), [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_meanwhile_is_told_by_who_is_telling() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    program.takes(Duration::from_millis(100));
    house.go_on(1..=1).await;
    let meanwhile = async {
        // Once the first is being told.
        while house.delivery(&program.url).await.claimed_until.is_none() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        house.go_on(2..=2).await;
        // Whoever is woken for that finds it claimed, and goes.
        assert!(house.woken().await);
    };
    let (settled, ()) = tokio::join!(house.woken(), meanwhile);
    assert!(settled);
    assert_eq!(program.heard_seqs(), [1, 2]);
}

#[tokio::test]
async fn who_dies_while_telling_is_followed_by_another() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    house.go_on(1..=2).await;
    let mut theirs = house.delivery(&program.url).await;
    theirs.claim(7, house.deps.clock.now());
    let written = house.deps.store.delivery_goes_on(&call(), &theirs).await.unwrap();
    assert_eq!(written, Written::Applied);
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), [0; 0]);
    house.it_is(20);
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), [1, 2]);
}

#[tokio::test]
async fn what_no_message_tells_of_the_schedule_finds() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    house.go_on(1..=2).await;
    house.it_is(304);
    assert_eq!(house.looked_at().await, Summary::default());
    house.it_is(305);
    assert_eq!(house.looked_at().await, Summary { due: 1, failed: 0, left: 0 });
    assert_eq!(program.heard_seqs(), [1, 2]);
    // And then no more for five minutes.
    assert_eq!(house.looked_at().await, Summary::default());
}

#[tokio::test]
async fn nothing_is_sent_while_it_cannot_be_signed() {
    let (house, program) = (House::new().await, Program::new().await);
    house.is_told(&program.url, Tells::Call).await;
    house.secrets_can_be_read(false);
    house.go_on(1..=1).await;
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), [0; 0]);
    house.secrets_can_be_read(true);
    // They are not asked for all the time while they can't be read.
    house.it_is(house.seconds() + 60);
    assert!(house.woken().await);
    assert_eq!(program.heard_seqs(), [1]);
}

#[tokio::test]
async fn a_call_of_which_nobody_is_told_is_nobodys() {
    let house = House::new().await;
    house.go_on(1..=1).await;
    assert!(house.woken().await);
    assert_eq!(house.held_back(), [0; 0]);
}

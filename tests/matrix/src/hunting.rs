//! A call for which several people are rung, and something that goes wrong.
//!
//! [`play`] plays a [`Hunt`], and says what is not as promised:
//!
//! - the caller talks with somebody, or hears a beep, within 100 s; never an application error, nor silence;
//! - one person at most gets the caller, and nobody is told what is not so;
//! - each telephone rings once, and none goes on once the call is over;
//! - a message is mailed to whose mailbox it is, and nothing is left to do.

use std::time::Duration;

use domain::Language;
use exchange::Times;
use jiff::Timestamp;
use local::development::{self, MASKED_NUMBER};
use local::place::Folders;
use local::stack::{Options, Stack};
use phone::PhoneNumber;
use store::{Filed, NewFile};

use crate::counted::listen;
use crate::hunt::{FRIEND, Hunt, Rest, VIP, delivery};
use crate::hunt_promises::{left_over, of_caller, of_legs};

const FILE: &str = include_str!("../../scenarios/tests/scenarios/shop.yaml");

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// What is not as promised. Nothing, if all is well.
    pub broken: Vec<String>,
    /// Voicemails that were never mailed.
    pub lost: usize,
    /// How many requests to AWS the worker of live calls made.
    pub worker_requests: u32,
}

async fn stack_of(hunt: &Hunt) -> Stack {
    let start: Timestamp = hunt.people.begins().parse().unwrap();
    let options =
        Options { unverified: hunt.unverified.clone(), ..Options::at(start, Folders::temporary().unwrap()) };
    let stack = Stack::start(options).await.unwrap();
    stack.add_number(&development::number().unwrap()).await.unwrap();
    let masked = PhoneNumber::parse(MASKED_NUMBER).unwrap();
    let store = &stack.ledger;
    let seen = store.settings(&masked).await.unwrap();
    let file = phonefile::read(FILE).unwrap().file;
    let new = NewFile { text: FILE, file: &file, by: "olivia", at: stack.clock.now() };
    assert!(matches!(store.write_file(&seen, new).await.unwrap(), Filed::Written(_)));
    for from in [VIP, FRIEND] {
        let from = PhoneNumber::parse(from).unwrap();
        store.caller_called(&masked, &from, stack.clock.now()).await.unwrap();
        store.caller_hears(&masked, &from, Language::English, stack.clock.now()).await.unwrap();
    }
    for (telephone, phone) in hunt.people.phones() {
        stack.exchange.plug(telephone, phone);
    }
    stack.break_by(&hunt.faults);
    stack.exchange.set_delivery(delivery(hunt.astray.clone(), hunt.faults.clone()));
    let now = stack.clock.now();
    for (request, fault, rest) in &hunt.rest {
        let times = match rest {
            Rest::Next(times) => Times::Next(*times),
            Rest::Nth(nth) => Times::Nth(*nth),
            Rest::MinuteFrom(from) => {
                let from = now.checked_add(Duration::from_secs((*from).into())).unwrap();
                Times::Between(from, from.checked_add(Duration::from_mins(1)).unwrap())
            }
        };
        stack.exchange.rest_faults(*request, fault.clone(), times);
    }
    stack
}

/// Plays a case in a system of its own.
pub async fn play(hunt: &Hunt) -> Hunted {
    listen();
    let stack = stack_of(hunt).await;
    let calling = stack.exchange.start_call(hunt.people.caller(), MASKED_NUMBER);
    // The schedule of live calls goes on as long as anything may be left of this one.
    let minutes = 8 + hunt.over_after().as_secs() / 60;
    for _ in 0..minutes {
        stack.clock.advance(Duration::from_mins(1)).await;
        let _ = stack.look_at_live_calls().await;
    }
    let story = calling.finished().await;
    for _ in 0..4 {
        stack.clock.advance(Duration::from_mins(15)).await;
        let _ = stack.reconcile().await;
        let _ = stack.look_at_live_calls().await;
    }
    stack.clock.settled().await;
    let everything =
        stack.exchange.stories().iter().map(|story| format!("\n{story}")).collect::<Vec<_>>().concat();
    let mut broken = of_caller(hunt, &story);
    broken.extend(of_legs(hunt, &stack, &story));
    let (lost, left) = left_over(&stack, &story).await;
    broken.extend(left);
    let denials = stack.denials();
    if !denials.is_empty() {
        broken.push(format!("functions want more than their roles allow: {denials:?}"));
    }
    let broken = broken.into_iter().map(|what| format!("{what}{everything}")).collect();
    Hunted { broken, lost, worker_requests: stack.act_requests() }
}

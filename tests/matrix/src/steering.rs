//! A call that a program steers, and something that goes wrong.
//!
//! [`play`] plays a [`Steer`], and says what is not as promised:
//!
//! - no telephone is called twice for one participant;
//! - each action ends exactly once, and one that succeeded is true of what people heard;
//! - the log has no gap, and comes to the call that is stored;
//! - the call ends, and no leg goes on 90 s after that;
//! - nobody who picked up hears silence, or an application error;
//! - of a leg one stream goes out at a time, and none after the call; words are told once, in their order, and no secret;
//! - a request that comes again gets the same answer;
//! - who calls us gets a program, a person or a beep, unless a program rejects them, and no voicemail is lost.

use std::time::Duration;

use exchange::{Socket, Times};
use jiff::Timestamp;
use live::CallId;
use local::development;
use local::place::Folders;
use local::stack::{Options, Stack};
use phone::PhoneNumber;
use store::{Filed, NewFile};

use crate::counted::listen;
use crate::hunt::{Rest, delivery};
use crate::steer::{Beginning, EAR, OURS, Steer};
use crate::steer_program::Program;
use crate::steer_promises::{broken, broken_to_caller};

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Steered {
    /// What is not as promised. Nothing, if all is well.
    pub broken: Vec<String>,
    /// What happened, to be read.
    pub log: String,
    /// How many requests to AWS the worker of live calls made.
    pub worker_requests: u32,
}

async fn stack_of(steer: &Steer) -> Stack {
    let start: Timestamp = "2026-11-30T18:00:00Z".parse().unwrap();
    let stack = Stack::start(Options::at(start, Folders::temporary().unwrap())).await.unwrap();
    stack.add_number(&development::number().unwrap()).await.unwrap();
    if let Some(text) = steer.play.file() {
        write_file(&stack, text).await;
    }
    for (telephone, phone) in steer.play.phones() {
        stack.exchange.plug(&*telephone, phone);
    }
    stack.exchange.publish_socket(EAR, Socket::Listens);
    stack.break_by(&steer.faults);
    stack.exchange.set_delivery(delivery(steer.astray.clone(), steer.faults.clone()));
    let now = stack.clock.now();
    for (request, fault, rest) in &steer.rest {
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

/// Gives the number a phone file.
async fn write_file(stack: &Stack, text: &str) {
    let masked = PhoneNumber::parse(OURS).unwrap();
    let seen = stack.ledger.settings(&masked).await.unwrap();
    let file = phonefile::read(text).unwrap().file;
    let new = NewFile { text, file: &file, by: "olivia", at: stack.clock.now() };
    assert!(matches!(stack.ledger.write_file(&seen, new).await.unwrap(), Filed::Written(_)));
}

/// Plays a case in a system of its own, and says what is not as it is promised where `believed` goes wrong.
pub async fn play(steer: &Steer, believed: &Steer) -> Steered {
    listen();
    let stack = stack_of(steer).await;
    let (_, key) = development::api_key(stack.clock.now()).unwrap();
    let endpoint = stack.gateway.endpoint();
    let program = Program::new(stack.clock.clone(), endpoint, key, steer.program.clone());
    let calling = match steer.play.begins() {
        Beginning::Called(caller) => Some(stack.exchange.start_call(*caller, OURS)),
        Beginning::Made(_) => None,
    };
    let running = stack.clock.spawn(program.run(steer.play));
    // The schedule goes on as long as anything may be left: a leg that nobody knows is looked for ten minutes long.
    let minutes = 16 + steer.over_after().as_secs() / 60;
    for _ in 0..minutes {
        stack.clock.advance(Duration::from_mins(1)).await;
        let _ = stack.look_at_live_calls().await;
    }
    let mut saw = running.await.unwrap();
    let mut of_caller = Vec::new();
    if let Some(calling) = calling {
        let story = calling.finished().await;
        for _ in 0..4 {
            stack.clock.advance(Duration::from_mins(15)).await;
            let _ = stack.reconcile().await;
            let _ = stack.look_at_live_calls().await;
        }
        stack.clock.settled().await;
        saw.call = Some(CallId::of_incoming(story.call_sid()).to_string());
        of_caller = broken_to_caller(believed, &stack, &story).await;
    }
    if !stack.exchange.recordings().is_empty() {
        stack.clock.advance(Duration::from_mins(15)).await;
        let _ = stack.reconcile().await;
    }
    stack.clock.settled().await;
    let everything =
        stack.exchange.stories().iter().map(|story| format!("\n{story}")).collect::<Vec<_>>().concat();
    let (mut broken, log) = broken(believed, &stack, &saw).await;
    broken.extend(of_caller);
    let denials = stack.denials();
    if !denials.is_empty() {
        broken.push(format!("functions want more than their roles allow: {denials:?}"));
    }
    let broken = broken.into_iter().map(|what| format!("{what}\n{log}{everything}")).collect();
    Steered { broken, log, worker_requests: stack.act_requests() }
}

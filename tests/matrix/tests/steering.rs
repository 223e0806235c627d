//! Calls that a program steers, and everything that can go wrong: one thing at a time, and two by seeds.
//!
//! A test run plays every 41st case, beginning with the first, or behind `STEERING_SKIP` of them; `STEERING_ALL=1` plays all
//! of them, `STEERING_PLAY=Streams` all of one play.
//! `STEERING_RUNS=1000` plays so many pairs, from `STEERING_FROM` on;
//! `STEERING_SEED=7 cargo test -p matrix --test steering replay -- --nocapture` plays one.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![expect(clippy::print_stdout, reason = "the counts are to be seen")]

use std::iter;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use exchange::{RestFault, RestRequest};
use local::faults::{How, Outage, Service, Travel, When};
use matrix::hunt::{Astray, Rest};
use matrix::steer::{Play, Steer, Trouble};
use matrix::steering::{Steered, play};
use matrix::{Counts, Played, TRAVELS};

/// Of how many cases one is played when nobody wants all.
const ONE_OF: usize = 41;

/// How many seeds are played when nobody says.
const RUNS: u64 = 40;

/// How many cases a core plays at once.
const AT_ONCE: usize = 6;

fn played(steer: &Steer) -> Steered {
    judged(steer, steer)
}

/// A case, and what is promised where `believed` goes wrong.
fn judged(steer: &Steer, believed: &Steer) -> Steered {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let played = runtime.block_on(play(steer, believed));
    runtime.shutdown_background();
    played
}

fn play_all(cases: impl Iterator<Item = (String, Steer)> + Send + 'static) -> Counts {
    let at_once = AT_ONCE * std::thread::available_parallelism().map_or(1, usize::from);
    let cases = Arc::new(Mutex::new(cases));
    let players: Vec<_> = (0..at_once)
        .map(|_| {
            let cases = cases.clone();
            std::thread::spawn(move || {
                let mut counts = Counts::default();
                while let Some((name, steer)) = { cases.lock().unwrap().next() } {
                    let broken = played(&steer).broken;
                    counts.add(format!("{name}{steer}"), &Played { broken, ..Played::default() });
                }
                counts
            })
        })
        .collect();
    let mut counts = Counts::default();
    for player in players {
        counts.merge(player.join().unwrap());
    }
    counts
}

fn check(what: &str, cases: impl Iterator<Item = (String, Steer)> + Send + 'static) {
    let started = Instant::now();
    let counts = play_all(cases);
    println!("{what}: {counts} ({:.1} s)", started.elapsed().as_secs_f64());
    assert!(counts.cases > 0, "{what}: no case was played");
    assert!(counts.broken.is_empty(), "{what}: {counts}\n\n{}", counts.broken.join("\n\n"));
}

/// The plays: all, or the one that is asked for.
fn plays() -> Vec<Play> {
    let only = std::env::var("STEERING_PLAY").ok();
    Play::ALL
        .into_iter()
        .filter(|play| only.as_ref().is_none_or(|only| format!("{play:?}") == *only))
        .collect()
}

/// How many cases stand before the first that is played: any number may be said.
fn skipped() -> usize {
    let skip = number("STEERING_SKIP").unwrap_or(0) % u64::try_from(ONE_OF).unwrap();
    usize::try_from(skip).unwrap()
}

/// All cases, or as many as an ordinary test run plays.
fn check_table(what: &str, at_least: usize, cases: Vec<Steer>) {
    let is_one_play = std::env::var_os("STEERING_PLAY").is_some();
    assert!(
        is_one_play || cases.len() >= at_least,
        "{what}: {} cases, and {at_least} at least were to be made",
        cases.len()
    );
    let all = is_one_play || std::env::var_os("STEERING_ALL").is_some();
    let (skip, one_of) = if all { (0, 1) } else { (skipped(), ONE_OF) };
    check(what, cases.into_iter().skip(skip).step_by(one_of).map(|steer| (String::new(), steer)));
}

fn with(play: Play, change: impl FnOnce(&mut Steer)) -> Steer {
    let mut steer = Steer::of(play);
    change(&mut steer);
    steer
}

#[test]
fn where_nothing_goes_wrong_all_is_as_promised() {
    check("nothing", plays().into_iter().map(|play| (String::new(), Steer::of(play))));
}

#[test]
fn any_webhook_of_a_steered_call_may_go_astray() {
    let mut cases = Vec::new();
    for play in plays() {
        for &path in play.paths() {
            for nth in [None, Some(1), Some(2)] {
                for travel in TRAVELS.into_iter().filter(|travel| *travel != Travel::Normal) {
                    cases.push(with(play, |steer| steer.astray.push(Astray { path, nth, travel })));
                }
            }
        }
    }
    check_table("webhooks", 800, cases);
}

#[test]
fn the_worker_of_a_steered_call_may_die_at_any_request() {
    let mut cases = Vec::new();
    for play in plays() {
        for request in 1..=played(&Steer::of(play)).worker_requests {
            cases.push(with(play, |steer| steer.faults.act_dies_before.push(request)));
        }
    }
    check_table("deaths", 200, cases);
}

#[test]
fn the_worker_of_a_steered_call_may_be_told_nothing() {
    let mut cases = Vec::new();
    for play in plays() {
        for (pipe, wake_ups) in [(true, false), (false, true), (true, true)] {
            cases.push(with(play, |steer| {
                steer.faults.live_pipe_is_broken = pipe;
                steer.faults.wake_ups_are_lost = wake_ups;
            }));
        }
    }
    check("wake-ups", cases.into_iter().map(|steer| (String::new(), steer)));
}

#[test]
fn the_tables_may_be_away_for_a_minute_of_a_steered_call() {
    let mut cases = Vec::new();
    for play in plays() {
        for how in [How::Refused, How::TimeOut, How::Throttled, How::ServerError, How::AnswerLost] {
            for after_seconds in (0..55).step_by(5) {
                let when = When::Span { after_seconds, seconds: 60 };
                let outage = Outage { service: Service::DynamoDb, how, when };
                cases.push(with(play, |steer| steer.faults.outages.push(outage)));
            }
        }
    }
    check_table("tables away", 600, cases);
}

#[test]
fn any_answer_of_the_tables_may_be_lost() {
    let mut cases = Vec::new();
    for play in plays() {
        for request in 1..=60 {
            let when = When::Request(request);
            let outage = Outage { service: Service::DynamoDb, how: How::AnswerLost, when };
            cases.push(with(play, |steer| steer.faults.outages.push(outage)));
        }
    }
    check_table("answers lost", 700, cases);
}

#[test]
fn twilios_rest_may_be_away_for_a_minute_of_a_steered_call() {
    let mut cases = Vec::new();
    for play in plays() {
        for fault in
            [RestFault::Reset, RestFault::ServerError, RestFault::TooManyRequests { retry_after: None }]
        {
            for from in (0..55).step_by(5) {
                let away = (RestRequest::Any, fault.clone(), Rest::MinuteFrom(from));
                cases.push(with(play, |steer| steer.rest.push(away)));
            }
        }
    }
    check_table("REST away", 350, cases);
}

#[test]
fn a_webhook_that_comes_twice_while_rest_is_away_proves_nothing() {
    let mut cases = Vec::new();
    for play in plays() {
        for path in ["leg", "leg/done", "leg/told"] {
            for from in [10, 20, 25] {
                let away = (RestRequest::Any, RestFault::Reset, Rest::MinuteFrom(from));
                cases.push(with(play, |steer| {
                    steer.astray.push(Astray { path, nth: None, travel: Travel::Doubled });
                    steer.rest.push(away);
                }));
            }
        }
    }
    check_table("twice, and REST away", 100, cases);
}

#[test]
fn a_promise_that_is_not_kept_is_seen() {
    // What is believed to go wrong is nothing.
    for travel in [Travel::Dropped, Travel::TooSlow] {
        let steer = with(Play::One, |steer| steer.astray.push(Astray { path: "leg", nth: None, travel }));
        let broken = judged(&steer, &Steer::of(Play::One)).broken;
        assert!(broken.iter().any(|what| what.starts_with("p1 heard nothing")), "{broken:?}");
    }
}

#[test]
fn an_order_of_a_steered_call_may_be_unanswered_or_refused() {
    let mut cases = Vec::new();
    for play in plays() {
        for fault in [
            RestFault::CutShort,
            RestFault::Reset,
            RestFault::ServerError,
            RestFault::TooManyRequests { retry_after: None },
            RestFault::HtmlPage,
            RestFault::NotFound,
            RestFault::Refused(13_225),
        ] {
            for request in [
                RestRequest::CreateCall,
                RestRequest::ChangeCall,
                RestRequest::Conference,
                RestRequest::Participant,
                RestRequest::CallRecording,
                RestRequest::Stream,
                RestRequest::LiveTranscription,
            ] {
                let is_of_play = match request {
                    RestRequest::CallRecording => play == Play::Records,
                    RestRequest::Stream => play == Play::Streams,
                    RestRequest::LiveTranscription => matches!(play, Play::Transcribes | Play::Confides),
                    _ => true,
                };
                if !is_of_play {
                    continue;
                }
                for rest in [Rest::Nth(1), Rest::Nth(2), Rest::Next(2), Rest::Next(6)] {
                    cases.push(with(play, |steer| steer.rest.push((request, fault.clone(), rest))));
                }
            }
        }
    }
    check_table("orders", 1_300, cases);
}

#[test]
fn a_program_may_lose_any_answer_and_be_impatient() {
    let mut cases = Vec::new();
    for play in plays() {
        for number in 0..=6 {
            for trouble in [Trouble::AnswerLost(number), Trouble::Doubled(number)] {
                cases.push(with(play, |steer| steer.program.push(trouble)));
            }
        }
    }
    check_table("the program", 160, cases);
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

#[test]
fn pairs_of_faults_by_seeds() {
    let (runs, from) = (number("STEERING_RUNS").unwrap_or(RUNS), number("STEERING_FROM").unwrap_or(1));
    let cases = (from..from + runs).map(|seed| (format!("STEERING_SEED={seed} "), Steer::of_seed(seed)));
    check(&format!("pairs, {runs} from {from}"), cases);
}

/// `STEERING_PROGRAMS=10000` plays so many, from `STEERING_FROM` on; `STEERING_PROGRAM=7` replays one.
#[test]
fn two_clients_may_want_twenty_things_by_seeds() {
    let runs = number("STEERING_PROGRAMS").unwrap_or(RUNS);
    let from = number("STEERING_FROM").unwrap_or(1);
    if let Some(seed) = number("STEERING_PROGRAM") {
        let steer = Steer::random(seed);
        let Steered { broken, log, .. } = played(&steer);
        println!("{steer}{log}");
        assert!(broken.is_empty(), "{}", broken.join("\n\n"));
        return;
    }
    let cases = (from..from + runs).map(|seed| (format!("STEERING_PROGRAM={seed} "), Steer::random(seed)));
    check(&format!("programs, {runs} from {from}"), cases);
}

#[test]
fn replay_of_one_pair() {
    let Some(seed) = number("STEERING_SEED") else { return };
    let steer = Steer::of_seed(seed);
    println!("{steer}");
    check("replay", iter::once((format!("STEERING_SEED={seed} "), steer)));
}

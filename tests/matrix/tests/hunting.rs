//! Calls for which several people are rung, and everything that can go wrong: one thing at a time, and two by seeds.
//!
//! A test run plays every ninth case, in under five minutes; `HUNTING_ALL=1` plays all of them. `HUNTING_RUNS=1000` plays so many
//! pairs, from `HUNTING_FROM` on; `HUNTING_SEED=7 cargo test -p matrix --test hunting replay -- --nocapture` plays one.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![expect(clippy::print_stdout, reason = "the counts are to be seen")]

use std::iter;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use exchange::{RestFault, RestRequest, Unverified, WebhookKind};
use local::faults::{How, Outage, Service, Travel, When};
use matrix::hunt::{Astray, Hunt, PATHS, People, Rest};
use matrix::hunting::{Hunted, play};
use matrix::{Counts, Played, TRAVELS};

/// Of how many cases one is played when nobody wants all.
const ONE_OF: usize = 9;

/// How many seeds are played when nobody says.
const RUNS: u64 = 40;

/// How many cases a core plays at once.
const AT_ONCE: usize = 6;

fn played(hunt: &Hunt) -> Hunted {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let played = runtime.block_on(play(hunt));
    runtime.shutdown_background();
    played
}

fn play_all(cases: impl Iterator<Item = (String, Hunt)> + Send + 'static) -> Counts {
    let at_once = AT_ONCE * std::thread::available_parallelism().map_or(1, usize::from);
    let cases = Arc::new(Mutex::new(cases));
    let players: Vec<_> = (0..at_once)
        .map(|_| {
            let cases = cases.clone();
            std::thread::spawn(move || {
                let mut counts = Counts::default();
                while let Some((name, hunt)) = { cases.lock().unwrap().next() } {
                    let Hunted { broken, lost, .. } = played(&hunt);
                    counts.add(format!("{name}{hunt}"), &Played { broken, lost, ..Played::default() });
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

fn check(what: &str, cases: impl Iterator<Item = (String, Hunt)> + Send + 'static) {
    let started = Instant::now();
    let counts = play_all(cases);
    println!("{what}: {counts} ({:.1} s)", started.elapsed().as_secs_f64());
    assert!(counts.cases > 0, "{what}: no case was played");
    assert!(counts.broken.is_empty(), "{what}: {counts}\n\n{}", counts.broken.join("\n\n"));
}

/// All cases, or as many as an ordinary test run plays.
fn check_table(what: &str, at_least: usize, cases: Vec<Hunt>) {
    assert!(
        cases.len() >= at_least,
        "{what}: {} cases, and {at_least} at least were to be made",
        cases.len()
    );
    let one_of = if std::env::var_os("HUNTING_ALL").is_some() { 1 } else { ONE_OF };
    check(what, cases.into_iter().step_by(one_of).map(|hunt| (String::new(), hunt)));
}

fn with(people: People, change: impl FnOnce(&mut Hunt)) -> Hunt {
    let mut hunt = Hunt::of(people);
    change(&mut hunt);
    hunt
}

#[test]
fn where_nothing_goes_wrong_all_is_as_promised() {
    check("nothing", People::ALL.into_iter().map(|people| (String::new(), Hunt::of(people))));
}

#[test]
fn a_promise_that_is_not_kept_is_seen() {
    // Nothing of ours is there at all.
    let hunt = with(People::Absent, |hunt| {
        hunt.astray.push(Astray { path: "voice", nth: None, travel: Travel::Dropped });
        hunt.faults.webhooks.push((WebhookKind::Fallback, Travel::Dropped));
    });
    let broken = played(&hunt).broken;
    assert!(
        broken.iter().any(|what| what.starts_with("the caller heard an application error")),
        "{broken:?}"
    );
}

#[test]
fn any_webhook_of_a_hunt_may_go_astray() {
    let mut cases = Vec::new();
    for people in People::ALL {
        for path in PATHS {
            for nth in [None, Some(1), Some(2)] {
                for travel in TRAVELS.into_iter().filter(|travel| *travel != Travel::Normal) {
                    cases.push(with(people, |hunt| hunt.astray.push(Astray { path, nth, travel })));
                }
            }
        }
    }
    check_table("webhooks", 1_000, cases);
}

#[test]
fn the_worker_of_a_hunt_may_die_at_any_request() {
    let mut cases = Vec::new();
    for people in People::ALL {
        for request in 1..=played(&Hunt::of(people)).worker_requests {
            cases.push(with(people, |hunt| hunt.faults.act_dies_before.push(request)));
        }
    }
    check_table("deaths", 60, cases);
}

#[test]
fn the_worker_of_a_hunt_may_be_told_nothing() {
    let mut cases = Vec::new();
    for people in People::ALL {
        for (pipe, wake_ups) in [(true, false), (false, true), (true, true)] {
            cases.push(with(people, |hunt| {
                hunt.faults.live_pipe_is_broken = pipe;
                hunt.faults.wake_ups_are_lost = wake_ups;
            }));
        }
    }
    check("wake-ups", cases.into_iter().map(|hunt| (String::new(), hunt)));
}

#[test]
fn the_tables_may_be_away_for_a_minute_of_a_hunt() {
    let mut cases = Vec::new();
    for people in People::ALL {
        for how in [How::Refused, How::TimeOut, How::Throttled, How::ServerError] {
            for after_seconds in (0..70).step_by(5) {
                let when = When::Span { after_seconds, seconds: 60 };
                let outage = Outage { service: Service::DynamoDb, how, when };
                cases.push(with(people, |hunt| hunt.faults.outages.push(outage)));
            }
        }
    }
    check_table("tables away", 390, cases);
}

#[test]
fn twilios_rest_may_be_away_for_a_minute_of_a_hunt() {
    let mut cases = Vec::new();
    for people in People::ALL {
        for fault in
            [RestFault::Reset, RestFault::ServerError, RestFault::TooManyRequests { retry_after: None }]
        {
            for from in (0..70).step_by(5) {
                let away = (RestRequest::Any, fault.clone(), Rest::MinuteFrom(from));
                cases.push(with(people, |hunt| hunt.rest.push(away)));
            }
        }
    }
    check_table("REST away", 290, cases);
}

#[test]
fn an_order_may_be_unanswered_or_refused() {
    let mut cases = Vec::new();
    for people in People::ALL {
        for fault in [
            RestFault::CutShort,
            RestFault::Reset,
            RestFault::HtmlPage,
            RestFault::Refused(21_210),
            RestFault::Refused(13_225),
            RestFault::Refused(21_215),
        ] {
            for request in [RestRequest::CreateCall, RestRequest::ChangeCall, RestRequest::Queue] {
                for rest in [Rest::Nth(1), Rest::Nth(2), Rest::Next(2), Rest::Next(6)] {
                    cases.push(with(people, |hunt| hunt.rest.push((request, fault.clone(), rest))));
                }
            }
        }
    }
    check_table("orders", 500, cases);
}

#[test]
fn a_queue_may_be_otherwise_than_it_is_thought() {
    let mut cases = Vec::new();
    for people in People::ALL {
        for (queue_outlasts_its_document, status) in
            [(false, "completed"), (true, "completed"), (true, "no-answer"), (false, "canceled")]
        {
            for astray in [
                None,
                Some(("wait", 1)),
                Some(("wait", 3)),
                Some(("wait/ringing.wav", 2)),
                Some(("leg/done", 1)),
            ] {
                cases.push(with(people, |hunt| {
                    let mut unverified = Unverified::default();
                    unverified.queue_outlasts_its_document = queue_outlasts_its_document;
                    unverified.queue_timeout = status;
                    unverified.missing_queue = status;
                    hunt.unverified = unverified;
                    let travel = Travel::Dropped;
                    hunt.astray.extend(astray.map(|(path, nth)| Astray { path, nth: Some(nth), travel }));
                }));
            }
        }
    }
    check_table("queues", 140, cases);
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

#[test]
fn pairs_of_faults_by_seeds() {
    let (runs, from) = (number("HUNTING_RUNS").unwrap_or(RUNS), number("HUNTING_FROM").unwrap_or(1));
    let cases = (from..from + runs).map(|seed| (format!("HUNTING_SEED={seed} "), Hunt::of_seed(seed)));
    check(&format!("pairs, {runs} from {from}"), cases);
}

#[test]
fn replay_of_one_pair() {
    let Some(seed) = number("HUNTING_SEED") else { return };
    let hunt = Hunt::of_seed(seed);
    println!("{hunt}");
    check("replay", iter::once((format!("HUNTING_SEED={seed} "), hunt)));
}

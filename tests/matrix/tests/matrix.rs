//! The matrix: exhaustive where one thing goes wrong, by seeds where several do.
//!
//! A case takes about a third of a second of a core, so that an ordinary test run plays every
//! sixth; `MATRIX_ALL=1` plays all of them.
//!
//! - `MATRIX_SEED=123 cargo test -p matrix --test matrix replay -- --nocapture` plays one seed.
//! - `MATRIX_RUNS=10000 cargo test -p matrix --test matrix seeds -- --nocapture` plays so many.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![expect(clippy::print_stdout, reason = "the counts are to be seen")]

use local::faults::{Faults, How, Outage, Service, Travel, When};
use matrix::{Case, Counts, Scenario, TRAVELS, play_all};

/// How many seeds are played when nobody says.
const RUNS: u64 = 40;

/// Of how many cases one is played when nobody wants all.
const ONE_OF: usize = 6;

/// Plays on both of CI's cores.
fn play_on_all_cores(cases: Vec<(String, Case)>) -> Counts {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut hands: Vec<Vec<(String, Case)>> = vec![Vec::new(); cores];
    for (number, case) in cases.into_iter().enumerate() {
        hands[number % cores].push(case);
    }
    let players: Vec<_> = hands.into_iter().map(|hand| std::thread::spawn(move || play_all(hand))).collect();
    let mut counts = Counts::default();
    for player in players {
        counts.merge(player.join().unwrap());
    }
    counts
}

fn check(what: &str, cases: Vec<(String, Case)>) {
    let started = std::time::Instant::now();
    let counts = play_on_all_cores(cases);
    println!("{what}: {counts} ({:.1} s)", started.elapsed().as_secs_f64());
    assert!(counts.broken.is_empty(), "{what}: {counts}\n\n{}", counts.broken.join("\n\n"));
}

/// The matrix itself, or as much of it as is played in an ordinary test run.
fn check_matrix(what: &str, cases: Vec<(String, Case)>) {
    let one_of = if std::env::var_os("MATRIX_ALL").is_some() { 1 } else { ONE_OF };
    check(&format!("{what}, one of {one_of}"), cases.into_iter().step_by(one_of).collect());
}

fn named(case: Case) -> (String, Case) {
    (String::new(), case)
}

#[test]
fn any_webhook_may_come_twice_late_out_of_order_or_never() {
    let mut cases = Vec::new();
    for scenario in Scenario::ALL {
        for kind in scenario.webhooks() {
            for travel in TRAVELS {
                let faults = Faults { webhooks: vec![(kind, travel)], ..Faults::default() };
                cases.push(named(Case { scenario, faults }));
            }
        }
    }
    check_matrix("webhooks", cases);
}

#[test]
fn no_webhook_at_all_may_arrive() {
    let cases = Scenario::ALL.map(|scenario| {
        let webhooks = scenario.webhooks().into_iter().map(|kind| (kind, Travel::Dropped)).collect();
        named(Case { scenario, faults: Faults { webhooks, ..Faults::default() } })
    });
    check("no webhook", cases.into());
}

#[test]
fn the_worker_may_die_between_any_two_of_its_effects() {
    let mut cases = Vec::new();
    for scenario in Scenario::ALL {
        let (_, calm) = named(Case { scenario, faults: Faults::default() });
        let requests = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(matrix::play(&calm))
            .worker_requests;
        for request in 1..=requests {
            let faults = Faults { worker_dies_before: vec![request], ..Faults::default() };
            cases.push(named(Case { scenario, faults }));
        }
    }
    check_matrix("deaths", cases);
}

#[test]
fn any_service_may_be_away_for_an_hour() {
    let mut cases = Vec::new();
    for scenario in Scenario::ALL {
        for service in Service::ALL {
            for how in [How::Refused, How::TimeOut, How::Throttled, How::ServerError, How::Slow] {
                for after_seconds in [0, 20] {
                    let when = When::Span { after_seconds, seconds: 3_600 };
                    let outages = vec![Outage { service, how, when }];
                    cases.push(named(Case { scenario, faults: Faults { outages, ..Faults::default() } }));
                }
            }
        }
    }
    check_matrix("outages", cases);
}

#[test]
fn the_answer_to_any_one_request_may_be_lost() {
    let mut cases = Vec::new();
    for scenario in [Scenario::BusyAndPurged, Scenario::OffInChinese] {
        for service in Service::ALL {
            for request in 1..=12 {
                let outages = vec![Outage { service, how: How::AnswerLost, when: When::Request(request) }];
                cases.push(named(Case { scenario, faults: Faults { outages, ..Faults::default() } }));
            }
        }
    }
    check_matrix("lost answers", cases);
}

#[test]
fn seeds_of_several_faults_at_once() {
    let runs = std::env::var("MATRIX_RUNS").ok().map_or(RUNS, |runs| runs.parse().unwrap());
    let cases = (1..=runs).map(|seed| {
        let replay = format!("MATRIX_SEED={seed} cargo test -p matrix --test matrix replay -- --nocapture\n");
        (replay, Case::of_seed(seed))
    });
    check("seeds", cases.collect());
}

#[test]
fn replay_of_one_seed() {
    let Ok(seed) = std::env::var("MATRIX_SEED") else { return };
    let case = Case::of_seed(seed.parse().unwrap());
    println!("{case}");
    check("replay", vec![(format!("seed {seed}"), case)]);
}

//! The matrix: exhaustive where one thing goes wrong, by seeds where several do.
//!
//! A case takes about a quarter of a second of a core, so that an ordinary test run plays every
//! ninth; `MATRIX_ALL=1` plays all of them.
//!
//! - `MATRIX_PRODUCT=1 cargo test -p matrix all_in_one -- --nocapture` plays what
//!   may happen to a webhook x each death of the worker x each service, some thousands of cases;
//!   `MATRIX_PRODUCT=2/4` plays the second of four parts, each of which is all over it.
//! - `MATRIX_SEED=123 cargo test -p matrix --test matrix replay -- --nocapture` plays one seed.
//! - `MATRIX_RUNS=10000 cargo test -p matrix seeds -- --nocapture` plays so many, from
//!   `MATRIX_FROM` on; with `MATRIX_MINUTES=10` it begins no more after that time, and says how many it
//!   was. None at all is a failure.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![expect(clippy::print_stdout, reason = "the counts are to be seen")]

use std::iter;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use exchange::WebhookKind;
use local::development::OWNER_EMAIL;
use local::faults::{
    Faults, How, Outage, SEARCH_TAKES, SearchEnd, SearchEnds, SearchRequest, Service, Span, Travel, When,
    Whims,
};
use local::mail_events::Fate;
use matrix::{Case, Counts, FATES, SECOND_EMAIL, SOUNDS, Scenario, TRAVELS, play_all};

/// How many seeds are played when nobody says.
const RUNS: u64 = 40;

/// Of how many cases one is played when nobody wants all.
const ONE_OF: usize = 9;

/// The same for the product of three lists of faults.
const PRODUCT_ONE_OF: usize = 97;

/// How many cases a core plays at once: the clients wait before they try again, in real time.
const AT_ONCE: usize = 6;

fn play_on_all_cores(cases: impl Iterator<Item = (String, Case)> + Send + 'static) -> Counts {
    let at_once = AT_ONCE * std::thread::available_parallelism().map_or(1, usize::from);
    let cases = Arc::new(Mutex::new(cases));
    let players: Vec<_> = (0..at_once)
        .map(|_| {
            let cases = cases.clone();
            std::thread::spawn(move || play_all(iter::from_fn(|| cases.lock().unwrap().next())))
        })
        .collect();
    let mut counts = Counts::default();
    for player in players {
        counts.merge(player.join().unwrap());
    }
    counts
}

/// Plays cases, of which there must be at least so many.
fn check(what: &str, at_least: usize, cases: impl Iterator<Item = (String, Case)> + Send + 'static) {
    let started = Instant::now();
    let counts = play_on_all_cores(cases);
    println!("{what}: {counts} ({:.1} s)", started.elapsed().as_secs_f64());
    assert!(counts.cases >= at_least, "{what}: {counts}, and {at_least} at least were to be played");
    assert!(counts.broken.is_empty(), "{what}: {counts}\n\n{}", counts.broken.join("\n\n"));
}

/// The matrix itself, of at least so many cases, or as much of it as an ordinary test run plays.
fn check_matrix(what: &str, at_least: usize, cases: Vec<(String, Case)>) {
    check_one_of(if std::env::var_os("MATRIX_ALL").is_some() { 1 } else { ONE_OF }, what, at_least, cases);
}

fn check_one_of(one_of: usize, what: &str, at_least: usize, cases: Vec<(String, Case)>) {
    check_part(1, one_of, what, at_least, cases);
}

/// One of so many parts, the first of which is 1: a case here and there.
fn check_part(part: usize, one_of: usize, what: &str, at_least: usize, cases: Vec<(String, Case)>) {
    let all = cases.len();
    assert!(all >= at_least, "{what}: {all} cases, and {at_least} at least were to be made");
    assert!((1..=one_of).contains(&part), "{what}: there are {one_of} parts");
    let what = format!("{what}, one of {one_of}, from {part}");
    check(&what, at_least / one_of, cases.into_iter().skip(part - 1).step_by(one_of));
}

/// How many requests to AWS the worker makes when nothing goes wrong.
fn worker_requests(scenario: Scenario) -> u32 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(matrix::play(&Case { scenario, faults: Faults::default() })).worker_requests
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
    check_matrix("webhooks", 378, cases);
}

#[test]
fn no_webhook_at_all_may_arrive() {
    let cases = Scenario::ALL.map(|scenario| {
        let webhooks = scenario.webhooks().into_iter().map(|kind| (kind, Travel::Dropped)).collect();
        named(Case { scenario, faults: Faults { webhooks, ..Faults::default() } })
    });
    check("no webhook", 9, cases.into_iter());
}

#[test]
fn the_worker_may_die_between_any_two_of_its_effects() {
    let mut cases = Vec::new();
    for scenario in Scenario::ALL {
        for request in 1..=worker_requests(scenario) {
            let faults = Faults { worker_dies_before: vec![request], ..Faults::default() };
            cases.push(named(Case { scenario, faults }));
        }
    }
    check_matrix("deaths", 150, cases);
}

#[test]
fn a_webhook_astray_a_dead_worker_and_an_outage_in_one_call() {
    let scenario = Scenario::NoAnswer;
    let mut travels = vec![None];
    for kind in scenario.webhooks() {
        travels
            .extend(TRAVELS.iter().filter(|it| **it != Travel::Normal).map(|travel| Some((kind, *travel))));
    }
    let deaths: Vec<_> = iter::once(None).chain((1..=worker_requests(scenario)).map(Some)).collect();
    let services: Vec<_> = iter::once(None).chain(Service::ALL.map(Some)).collect();
    let mut cases = Vec::new();
    for travel in &travels {
        for death in &deaths {
            for service in &services {
                // Each way to fail in its turn.
                let how = [How::Refused, How::TimeOut, How::Throttled, How::ServerError][cases.len() % 4];
                let when = When::Span { after_seconds: 0, seconds: 3_600 };
                let faults = Faults {
                    webhooks: travel.iter().copied().collect(),
                    outages: service.iter().map(|service| Outage { service: *service, how, when }).collect(),
                    worker_dies_before: death.iter().copied().collect(),
                    ..Faults::default()
                };
                cases.push(named(Case { scenario, faults }));
            }
        }
    }
    let part = std::env::var("MATRIX_PRODUCT").ok();
    let (part, one_of) = part.as_deref().map_or((1, PRODUCT_ONE_OF), |part| {
        let (part, parts) = part.split_once('/').unwrap_or(("1", "1"));
        (part.parse().unwrap(), parts.parse().unwrap())
    });
    check_part(part, one_of, "product", 4_000, cases);
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
    check_matrix("outages", 540, cases);
}

#[test]
fn the_answer_to_any_one_request_may_be_lost() {
    let mut cases = Vec::new();
    let of_missed_calls = [Service::DynamoDb, Service::Ses, Service::Sns];
    for (scenario, services) in [
        (Scenario::BusyAndPurged, &Service::ALL[..]),
        (Scenario::OffInChinese, &Service::ALL[..]),
        (Scenario::Missed, &of_missed_calls[..]),
    ] {
        for &service in services {
            for request in 1..=12 {
                let outages = vec![Outage { service, how: How::AnswerLost, when: When::Request(request) }];
                cases.push(named(Case { scenario, faults: Faults { outages, ..Faults::default() } }));
            }
        }
    }
    check_matrix("lost answers", 180, cases);
}

#[test]
fn ses_may_take_mails_for_two_hours_and_not_say_so() {
    let span = Span { after_seconds: 0, seconds: 2 * 3_600 };
    let when = When::Span { after_seconds: 0, seconds: 2 * 3_600 };
    let mut cases = Vec::new();
    for scenario in Scenario::ALL.into_iter().filter(|scenario| *scenario != Scenario::Answered) {
        for events in TRAVELS {
            let outages = vec![Outage { service: Service::Ses, how: How::AnswerLost, when }];
            let faults = Faults { outages, mail_events: vec![(events, span)], ..Faults::default() };
            cases.push(named(Case { scenario, faults }));
        }
    }
    check_matrix("SES's answers and events", 56, cases);
}

#[test]
fn a_mail_may_come_back_for_any_reason_at_any_time() {
    let within = |seconds| Duration::from_secs(seconds);
    // How long after SES took it a mail comes back, and how the news of it travel.
    let times = [
        (within(0), Travel::Normal),
        (within(5), Travel::Doubled),
        (within(5), Travel::Late),
        (within(7_200), Travel::Normal),
        (within(5), Travel::Dropped),
    ];
    let mut cases = Vec::new();
    for scenario in [Scenario::NoAnswer, Scenario::Missed] {
        for event in FATES {
            for (after, travel) in times {
                let fate = Fate { event, after };
                for second in [None, Some(Fate::default()), Some(fate)] {
                    let fates = iter::once((OWNER_EMAIL, fate))
                        .chain(second.map(|second| (SECOND_EMAIL, second)))
                        .collect();
                    let span = Span { after_seconds: 0, seconds: 4 * 3_600 };
                    let faults = Faults { fates, mail_events: vec![(travel, span)], ..Faults::default() };
                    cases.push(named(Case { scenario, faults }));
                }
            }
        }
    }
    check_matrix("bounces", 390, cases);
}

#[test]
fn a_sound_may_break_off_or_be_shorter_or_longer_than_said() {
    let mut cases = Vec::new();
    for scenario in [Scenario::BusyAndPurged, Scenario::OffInChinese, Scenario::TwoAtOnce] {
        for sound in SOUNDS {
            for times in [1, 3, 6] {
                let twilio = Whims { sounds: Some((sound.clone(), times)), ..Whims::default() };
                cases.push(named(Case { scenario, faults: Faults { twilio, ..Faults::default() } }));
            }
        }
        for misstated_seconds in [-60, -1, 1, 60] {
            let twilio = Whims { misstated_seconds, ..Whims::default() };
            cases.push(named(Case { scenario, faults: Faults { twilio, ..Faults::default() } }));
        }
    }
    check_matrix("sounds", 93, cases);
}

#[test]
fn a_list_may_lag_and_page_when_nothing_else_tells() {
    let mut cases = Vec::new();
    for scenario in [Scenario::NoAnswer, Scenario::OffInChinese, Scenario::TwoAtOnce, Scenario::TwoNumbers] {
        for list_lag_minutes in [1, 14, 16, 120, 330] {
            for page_length in [None, Some(1)] {
                let twilio = Whims { list_lag_minutes, page_length, ..Whims::default() };
                let webhooks = scenario.webhooks().into_iter().map(|kind| (kind, Travel::Dropped)).collect();
                let faults = Faults { webhooks, twilio, ..Faults::default() };
                cases.push(named(Case { scenario, faults }));
            }
        }
    }
    check_matrix("lists", 40, cases);
}

/// Seven voicemails that only the search can bring to an end: two stand still, for nothing wakes the
/// worker, and of five no webhook tells, of three of them not even that somebody called.
fn forgotten(page_length: Option<usize>, search_ends: Option<SearchEnds>) -> Case {
    use WebhookKind::{CallStatus, RecordAction, RecordingStatus, Transcription, Voice};
    let of_recordings = [RecordAction, RecordingStatus, Transcription, CallStatus].map(|kind| (kind, 3));
    let faults = Faults {
        webhooks_lost_from: iter::once((Voice, 5)).chain(of_recordings).collect(),
        pipe_is_broken: true,
        search_ends,
        twilio: Whims { page_length, ..Whims::default() },
        ..Faults::default()
    };
    Case { scenario: Scenario::Several, faults }
}

/// What the first run of the search asks for that ends only after as many requests as it never makes.
fn search_requests(page_length: Option<usize>, how: fn(u32) -> SearchEnd) -> Vec<SearchRequest> {
    let case = forgotten(page_length, Some(SearchEnds { how: how(10_000), always: false }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(matrix::play(&case)).searched.into_iter().next().unwrap()
}

#[test]
fn the_search_may_die_or_be_late_at_any_of_its_requests() {
    /// How many of the ends are played that each run has, from the first one at which it can go on.
    const ALWAYS: u32 = 8;

    let mut cases = Vec::new();
    for how in [SearchEnd::Dies, SearchEnd::IsLate] {
        for page_length in [None, Some(1)] {
            let requests = search_requests(page_length, how);
            // That many it makes one after the other until it has made the one of this index.
            let until = |index: usize| match how(0) {
                SearchEnd::Dies(_) => u32::try_from(index).unwrap() + 1,
                SearchEnd::IsLate(_) => {
                    u32::try_from(requests[index].after.as_millis() / SEARCH_TAKES.as_millis()).unwrap() + 1
                }
            };
            let whole = until(requests.len() - 1);
            cases.extend((0..whole).map(|end| (page_length, SearchEnds { how: how(end), always: false })));
            if page_length == Some(1) {
                // Who gets as far as to write down one page is through in the end, though it never is.
                let goes_on =
                    |it: &SearchRequest| it.operation == "UpdateItem" && it.table.ends_with("numbers");
                let first = until(requests.iter().position(goes_on).unwrap());
                let ends = (first..first + ALWAYS).map(|end| SearchEnds { how: how(end), always: true });
                cases.extend(ends.map(|ends| (page_length, ends)));
            }
        }
    }
    let cases = cases.into_iter().map(|(page_length, ends)| named(forgotten(page_length, Some(ends))));
    // Such a case has seven calls, and hours of searches: an ordinary test run plays half as many.
    let one_of = if std::env::var_os("MATRIX_ALL").is_some() { 1 } else { 2 * ONE_OF };
    check_one_of(one_of, "search dies", 140, cases.collect());
}

#[test]
fn the_fallback_may_be_away_too_and_what_was_recorded_is_mailed() {
    let mut cases = Vec::new();
    for scenario in Scenario::ALL {
        for kind in scenario.webhooks().into_iter().filter(|kind| kind.drives_the_call()) {
            for away in [Travel::TooSlow, Travel::Dropped] {
                for fallback in [Travel::Slow, Travel::TooSlow, Travel::Dropped] {
                    let webhooks = vec![(kind, away), (WebhookKind::Fallback, fallback)];
                    cases.push(named(Case { scenario, faults: Faults { webhooks, ..Faults::default() } }));
                }
            }
        }
    }
    check_matrix("fallback", 100, cases);
}

#[test]
fn seeds_of_several_faults_at_once() {
    let number = |name| std::env::var(name).ok().map(|number: String| number.parse::<u64>().unwrap());
    let (runs, from) = (number("MATRIX_RUNS").unwrap_or(RUNS), number("MATRIX_FROM").unwrap_or(1));
    let until = number("MATRIX_MINUTES").map(|minutes| Instant::now() + Duration::from_mins(minutes));
    let in_time = move |_: &u64| until.is_none_or(|until| Instant::now() < until);
    let cases = (from..from + runs).take_while(in_time).map(|seed| {
        let replay = format!("MATRIX_SEED={seed} cargo test -p matrix --test matrix replay -- --nocapture\n");
        (replay, Case::of_seed(seed))
    });
    check(&format!("seeds, {runs} at most, from {from}"), 1, cases);
}

#[test]
fn replay_of_one_seed() {
    let Ok(seed) = std::env::var("MATRIX_SEED") else { return };
    let case = Case::of_seed(seed.parse().unwrap());
    println!("{case}");
    check("replay", 1, iter::once((format!("seed {seed}"), case)));
}

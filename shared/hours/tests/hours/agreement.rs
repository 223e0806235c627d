//! A schedule answers as somebody who looks at the wall each minute.
//!
//! Two years in each zone: every minute of the 48 hours around a change of clocks, and every seventh of the rest.
//! `HOURS_ALL=1 cargo test -p hours` looks at every minute.

use hours::Schedule;
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::naive::{Naive, minutes};

/// Brazil has set no clocks since 2019: there it is two years from before. Lord Howe Island sets its by half an hour.
const ZONES: [(&str, i16); 5] = [
    ("America/New_York", 2027),
    ("Europe/Berlin", 2027),
    ("America/Sao_Paulo", 2017),
    ("Australia/Lord_Howe", 2027),
    ("Pacific/Auckland", 2027),
];

fn midnight(year: i16, zone: &TimeZone) -> Timestamp {
    date(year, 1, 1).to_zoned(zone.clone()).unwrap().timestamp()
}

/// Goes through instants: whether it is open then, and as the last change said.
fn agree(naive: &Naive, schedule: &Schedule, instants: &[Timestamp]) -> Result<usize, TestCaseError> {
    let Some(first) = instants.first() else { return Ok(0) };
    let mut is_open = schedule.is_open(*first);
    let mut change = schedule.next_change(*first);
    let mut changes = 0;
    for at in instants {
        while let Some(next) = change.filter(|next| next <= at) {
            // It changes with that second, and not before.
            prop_assert_eq!(schedule.is_open(next), !is_open, "at {}", next);
            prop_assert_eq!(
                schedule.is_open(next - jiff::SignedDuration::from_nanos(1)),
                is_open,
                "before {}",
                next
            );
            is_open = !is_open;
            change = schedule.next_change(next);
            changes += 1;
        }
        let expected = naive.is_open(&at.to_zoned(schedule.zone().clone()));
        prop_assert_eq!(schedule.is_open(*at), expected, "is_open at {}", at);
        prop_assert_eq!(is_open, expected, "next_change before {}", at);
    }
    Ok(changes)
}

/// Hours of every kind, some of them around the hours in which clocks are set.
fn a_busy_house(year: i16) -> Naive {
    let clock = |hour: u16, minute: u16| hour * 60 + minute;
    let office = vec![(clock(9, 0), clock(12, 30)), (clock(13, 30), clock(18, 0))];
    Naive {
        week: [
            office.clone(),
            office.clone(),
            vec![(clock(1, 45), clock(2, 15)), (clock(22, 0), clock(24, 0))],
            vec![(0, clock(24, 0))],
            vec![(clock(9, 0), clock(17, 0)), (clock(22, 0), clock(26, 30))],
            vec![(clock(2, 30), clock(3, 10)), (clock(23, 30), clock(24 + 2, 30))],
            vec![(clock(0, 0), clock(0, 30)), (clock(1, 40), clock(2, 20)), (clock(20, 0), clock(25, 50))],
        ],
        dates: vec![
            (date(year, 8, 2), date(year, 8, 13), vec![]),
            (date(year, 8, 5), date(year, 8, 5), office.clone()),
            (date(year, 12, 24), date(year, 12, 24), vec![(clock(9, 0), clock(12, 0))]),
            (date(year, 12, 31), date(year, 12, 31), vec![(clock(20, 0), clock(28, 0))]),
        ],
        holidays: if year > 2020 { vec!["us", "gb", "de", "fr"] } else { vec![] },
        days: vec![date(year, 3, 1), date(year, 11, 6)],
        each_year: vec![date(year - 3, 2, 14)],
        times: vec![
            (date(year, 5, 20).at(11, 0, 0, 0), date(year, 5, 21).at(15, 15, 0, 0)),
            (date(year, 12, 31).at(22, 0, 0, 0), date(year + 1, 1, 2).at(1, 0, 0, 0)),
        ],
        ..Naive::default()
    }
    .with_list()
}

#[test]
fn two_years_agree_with_who_looks_at_the_wall() {
    let all = std::env::var_os("HOURS_ALL").is_some_and(|it| it != "0");
    for (name, year) in ZONES {
        let naive = a_busy_house(year);
        let schedule = naive.written(name);
        let zone = schedule.zone();
        let instants = minutes(zone, midnight(year, zone), midnight(year + 2, zone), all);
        let changes = agree(&naive, &schedule, &instants).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(changes > 1_500, "{name}: {changes} changes");
    }
}

/// Up to three spans of a day, the last of which may go past midnight.
fn spans() -> impl Strategy<Value = Vec<(u16, u16)>> {
    let cuts = prop::collection::btree_set(0_u16..288, 0..=6);
    (cuts, any::<bool>(), 1_u16..36).prop_map(|(cuts, is_late, past)| {
        let cuts: Vec<u16> = cuts.into_iter().map(|cut| cut * 5).collect();
        let mut spans: Vec<(u16, u16)> = cuts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        if let Some((from, to)) = spans.last_mut().filter(|(from, _)| is_late && *from > 1440 / 2) {
            *to = 1440 + past * 5;
            *to = (*to).min(*from + 18 * 60);
        }
        spans
    })
}

fn schedules() -> impl Strategy<Value = (Naive, &'static str, i16)> {
    let weeks = prop::array::uniform7(spans());
    let dates = prop::collection::btree_map(0_i32..730, spans(), 0..20);
    let tables = prop::sample::subsequence(vec!["us", "gb", "de", "fr"], 0..=4);
    let days = prop::collection::vec(0_i32..730, 0..8);
    // From which quarter of an hour of two years, and how many.
    let times = prop::collection::vec((0_i32..730 * 96, 1_i32..300), 0..30);
    let until = prop::option::of(0_i64..730 * 24 * 3600);
    (weeks, dates, tables, days, times, until, prop::sample::select(&ZONES)).prop_map(
        |(week, dates, tables, days, times, until, (zone, year))| {
            let day = |nth: i32| date(year, 1, 1).checked_add(jiff::Span::new().days(nth)).unwrap();
            let dates = dates.into_iter().map(|(nth, spans)| (day(nth), day(nth), spans)).collect();
            let quarter = |nth: i32| day(0).at(0, 0, 0, 0) + jiff::Span::new().minutes(nth * 15);
            let times =
                times.into_iter().map(|(from, count)| (quarter(from), quarter(from + count))).collect();
            let begin = midnight(year, &hours::zone(zone).unwrap()).as_second();
            let holidays = if year > 2020 { tables } else { vec![] };
            let closed_until = until.map(|second| Timestamp::from_second(begin + second).unwrap());
            let (days, each_year) = days.split_at(days.len() / 2);
            let dates_of = |days: &[i32]| days.iter().map(|nth| day(*nth)).collect();
            let (days, each_year) = (dates_of(days), dates_of(each_year));
            let naive =
                Naive { week, dates, holidays, days, each_year, times, closed_until, ..Naive::default() };
            (naive.with_list(), zone, year)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_schedule_agrees_while_clocks_are_set((naive, name, year) in schedules()) {
        let schedule = naive.written(name);
        let zone = schedule.zone();
        let (from, to) = (midnight(year, zone), midnight(year + 2, zone));
        let two_days = jiff::SignedDuration::from_hours(48);
        for set in zone.following(from).take_while(|it| it.timestamp() < to) {
            let around = minutes(zone, set.timestamp() - two_days, set.timestamp() + two_days, true);
            agree(&naive, &schedule, &around)?;
        }
    }

    #[test]
    fn the_next_opening_is_open_and_nothing_before_it_opens((naive, name, year) in schedules(), after in 0_i64..63_000_000) {
        let schedule = naive.written(name);
        let at = Timestamp::from_second(midnight(year, schedule.zone()).as_second() + after).unwrap();
        if let Some(opens) = schedule.opens_next(at) {
            prop_assert!(opens > at && schedule.is_open(opens));
            let before = opens - jiff::SignedDuration::from_secs(1);
            prop_assert!(before < at || !schedule.is_open(before));
            let change = schedule.next_change(at).unwrap();
            prop_assert!(change == opens || (schedule.is_open(at) && schedule.next_change(change) == Some(opens)));
        }
    }
}

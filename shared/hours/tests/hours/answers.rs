//! When it opens and closes.

use jiff::Timestamp;

use crate::{on_wall, read};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Zone, hours of every day, an instant, the changes that follow.
type Night = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// Sources: the zones as the IANA database has them; each comment says what a clock shows.
const NIGHTS: &[Night] = &[
    // 02:00 becomes 03:00.
    (
        "Europe/Berlin",
        "01:30-03:30",
        "2027-03-27T23:00:00Z",
        &["2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"],
    ),
    // It opens in an hour that never comes: when the clock is set.
    (
        "Europe/Berlin",
        "02:30-05:00",
        "2027-03-27T23:00:00Z",
        &["2027-03-28T01:00:00Z", "2027-03-28T03:00:00Z"],
    ),
    // It opens and closes in an hour that never comes: next on the day after.
    ("Europe/Berlin", "02:15-02:45", "2027-03-27T23:00:00Z", &["2027-03-29T00:15:00Z"]),
    // 03:00 becomes 02:00: it closes within an hour that comes twice, twice.
    (
        "Europe/Berlin",
        "01:00-02:30",
        "2027-10-30T22:00:00Z",
        &["2027-10-30T23:00:00Z", "2027-10-31T00:30:00Z", "2027-10-31T01:00:00Z", "2027-10-31T01:30:00Z"],
    ),
    // All of the hour that comes twice, which is two hours on end.
    (
        "Europe/Berlin",
        "02:00-03:00",
        "2027-10-30T22:00:00Z",
        &["2027-10-31T00:00:00Z", "2027-10-31T02:00:00Z"],
    ),
    // 02:00 becomes 01:30.
    (
        "Australia/Lord_Howe",
        "01:00-01:45",
        "2027-04-03T13:00:00Z",
        &["2027-04-03T14:00:00Z", "2027-04-03T14:45:00Z", "2027-04-03T15:00:00Z", "2027-04-03T15:15:00Z"],
    ),
    // 02:00 becomes 01:00.
    (
        "America/New_York",
        "22:00-02:00",
        "2027-11-06T22:00:00Z",
        &["2027-11-07T02:00:00Z", "2027-11-07T07:00:00Z"],
    ),
    // In Samoa there was no December 30, 2011.
    ("Pacific/Apia", "09:00-17:00", "2011-12-30T03:30:00Z", &["2011-12-30T19:00:00Z"]),
    // Open all day: until there is a day that is not.
    ("UTC", "00:00-24:00", "2027-01-01T00:00:00Z", &["2027-12-25T00:00:00Z", "2027-12-26T00:00:00Z"]),
];

#[test]
fn changes_are_exact_when_clocks_are_set() {
    for (zone, hours, from, changes) in NIGHTS {
        let every_day = format!("mon-sun = {hours}");
        let schedule = read(zone, &[&every_day, "2027-12-25 = closed"]).unwrap();
        let mut now = at(from);
        for change in *changes {
            let next = schedule.next_change(now).unwrap();
            assert_eq!(next, at(change), "{zone} {hours} after {now}");
            now = next;
        }
    }
}

#[test]
fn what_opens_next_is_after_what_is_open_now() {
    let schedule = read("Europe/Berlin", &["mon-fri = 09:00-12:30, 13:30-18:00", "holidays = de"]).unwrap();
    for (now, opens) in [
        ("2026-12-03T08:59:59", "2026-12-03T09:00"),
        ("2026-12-03T09:00", "2026-12-03T13:30"),
        ("2026-12-03T13:29:59.5", "2026-12-03T13:30"),
        ("2026-12-03T18:00", "2026-12-04T09:00"),
        ("2026-12-04T17:00", "2026-12-07T09:00"),
        // Christmas and a weekend.
        ("2026-12-24T18:00", "2026-12-28T09:00"),
    ] {
        let opens = on_wall(&schedule, opens);
        assert_eq!(schedule.opens_next(on_wall(&schedule, now)), Some(opens), "{now}");
    }
}

#[test]
fn closed_until_ends_in_hours_or_before_them() {
    let schedule = read("UTC", &["mon-sun = 09:00-18:00"]).unwrap();
    let now = at("2026-12-01T10:00:00Z");
    for (until, opens) in [
        ("2026-12-01T10:00:30Z", "2026-12-01T10:00:30Z"),
        ("2026-12-01T18:00:00Z", "2026-12-02T09:00:00Z"),
        ("2026-12-02T03:00:00Z", "2026-12-02T09:00:00Z"),
        ("2026-12-02T09:00:00Z", "2026-12-02T09:00:00Z"),
        // It is over.
        ("2026-12-01T10:00:00Z", "2026-12-02T09:00:00Z"),
    ] {
        let shut = schedule.clone().closed_until(at(until));
        assert_eq!(shut.opens_next(now), Some(at(opens)), "{until}");
    }
}

#[test]
fn what_is_more_than_400_days_away_is_not_told() {
    let now = at("2026-01-01T00:00:00Z");
    let next = |lines: &[&str]| read("UTC", lines).unwrap().next_change(now);
    assert_eq!(next(&[]), None);
    assert_eq!(next(&["mon-sun = 00:00-24:00"]), None);
    // The 400th day is over when 2027-02-05 begins.
    assert_eq!(next(&["2027-02-04 = 09:00-10:00"]), Some(at("2027-02-04T09:00:00Z")));
    assert_eq!(next(&["2027-02-05 = 09:00-10:00"]), None);
    let shut = read("UTC", &["mon-sun = 09:00-10:00"]).unwrap();
    for until in ["2030-01-01T00:00:00Z", "2030-01-01T09:30:00Z"] {
        assert_eq!(shut.clone().closed_until(at(until)).next_change(now), None);
    }
    assert_eq!(shut.closed_until(Timestamp::MAX).opens_next(now), None);
}

#[test]
fn the_ends_of_time_are_no_surprise() {
    let schedule = read("America/New_York", &["mon-sun = 22:00-02:00", "holidays = us, gb, de, fr"]).unwrap();
    for now in [Timestamp::MIN, Timestamp::MAX] {
        let _ = (schedule.is_open(now), schedule.next_change(now), schedule.opens_next(now));
    }
    assert_eq!(schedule.next_change(Timestamp::MAX), None);
}

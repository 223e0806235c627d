//! What wins, and whose the hours past midnight are.

use crate::{on_wall, read};

#[test]
fn what_is_said_of_a_day_wins_in_the_order_that_is_written_down() {
    let lines = [
        "mon-sun = 09:00-18:00",
        "holidays = de",
        "2026-12-26 = 10:00-12:00",
        "2026-12-28..2026-12-31 = 13:00-15:00",
        "2026-12-30 = closed",
    ];
    let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261227\nDTEND;VALUE=DATE:20261230\nEND:VEVENT\n\
               END:VCALENDAR";
    let schedule = read("Europe/Berlin", &lines).unwrap().with_calendar(ics).unwrap();
    let until = on_wall(&schedule, "2026-12-28T14:00");
    let shut = schedule.clone().closed_until(until);
    for (at, is_open, is_open_when_shut) in [
        // The week.
        ("2026-12-24T17:59:59", true, false),
        ("2026-12-24T18:00", false, false),
        // A holiday.
        ("2026-12-25T11:00", false, false),
        // A holiday with a line of its own.
        ("2026-12-26T11:00", true, false),
        ("2026-12-26T17:00", false, false),
        // The calendar, and a line about a day in it.
        ("2026-12-27T11:00", false, false),
        ("2026-12-28T13:30", true, false),
        ("2026-12-28T14:00", true, true),
        ("2026-12-29T11:00", false, false),
        // One day in a range.
        ("2026-12-30T14:00", false, false),
        ("2026-12-31T14:00", true, true),
        ("2027-01-01T14:00", false, false),
        ("2027-01-02T14:00", true, true),
    ] {
        let instant = on_wall(&schedule, at);
        assert_eq!((schedule.is_open(instant), shut.is_open(instant)), (is_open, is_open_when_shut), "{at}");
    }
}

#[test]
fn hours_past_midnight_are_those_of_the_day_they_start() {
    let lines = ["fri,sat = 22:00-02:00", "holidays = us", "2026-12-26 = closed"];
    let schedule = read("America/New_York", &lines).unwrap();
    for (at, is_open) in [
        ("2026-12-12T01:59", true),
        ("2026-12-12T02:00", false),
        // The line about Saturday the 19th would be about its evening; Friday's is not cut.
        ("2026-12-11T21:59", false),
        // Friday the 25th is a holiday: neither its evening nor what follows it.
        ("2026-12-25T23:00", false),
        ("2026-12-26T01:00", false),
        ("2026-12-26T23:00", false),
        ("2026-12-27T01:00", false),
        // Friday, January 1 is a holiday, and Thursday closed anyway.
        ("2027-01-01T01:00", false),
        ("2027-01-03T01:00", true),
    ] {
        assert_eq!(schedule.is_open(on_wall(&schedule, at)), is_open, "{at}");
    }
    let eve = |lines: &[&str]| {
        let schedule = read("America/New_York", lines).unwrap();
        schedule.is_open(on_wall(&schedule, "2027-01-01T01:00"))
    };
    // A holiday, or a line about it, does not end what started on the day before.
    assert!(eve(&["thu = 22:00-02:00", "holidays = us", "2027-01-01 = closed"]));
    // A line about the day before does.
    assert!(!eve(&["thu = 22:00-02:00", "holidays = us", "2026-12-31 = 22:00-24:00"]));
}

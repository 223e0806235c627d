//! Days and times that an `.ics` text closes.

use hours::{CalendarFault, Schedule};
use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::{on_wall, read};

fn with(zone: &str, events: &[&str]) -> Result<Schedule, Vec<CalendarFault>> {
    let events = events.iter().map(|event| format!("BEGIN:VEVENT|{event}|END:VEVENT|").replace('|', "\r\n"));
    let events = events.collect::<Vec<_>>().concat();
    let ics = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n");
    read(zone, &["mon-sun = 09:00-18:00"]).unwrap().with_calendar(&ics)
}

#[test]
fn an_event_closes_its_days_or_its_times() {
    let closing: &[(&str, &[(&str, bool)])] = &[
        // A day.
        (
            "DTSTART;VALUE=DATE:20270215|SUMMARY:Rosenmontag|TRANSP:TRANSPARENT",
            &[("2027-02-14T12:00", true), ("2027-02-15T12:00", false), ("2027-02-16T12:00", true)],
        ),
        // Several days; the end is not among them.
        (
            "DTSTART;VALUE=DATE:20270802|DTEND;VALUE=DATE:20270814",
            &[("2027-08-02T09:00", false), ("2027-08-13T17:59", false), ("2027-08-14T09:00", true)],
        ),
        (
            "DTSTART;VALUE=DATE:20270802|DURATION:P2D",
            &[("2027-08-03T12:00", false), ("2027-08-04T12:00", true)],
        ),
        // Times on the wall, in its own zone, in another one, and in UTC.
        (
            "DTSTART:20270215T140000|DTEND:20270216T100000",
            &[
                ("2027-02-15T13:59", true),
                ("2027-02-15T14:00", false),
                ("2027-02-16T09:59", false),
                ("2027-02-16T10:00", true),
            ],
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20270215T140000|DTEND;TZID=\"Europe/Berlin\":20270215T150000",
            &[("2027-02-15T14:00", false), ("2027-02-15T15:00", true)],
        ),
        (
            "DTSTART;TZID=America/New_York:20270215T080000|DURATION:PT1H",
            &[("2027-02-15T13:59", true), ("2027-02-15T14:00", false), ("2027-02-15T15:00", true)],
        ),
        (
            "DTSTART:20270715T120000Z|DTEND:20270715T130030Z",
            &[("2027-07-15T13:59", true), ("2027-07-15T15:00:29", false), ("2027-07-15T15:00:30", true)],
        ),
        (
            "DTSTART:20270601T120000Z|DTEND:20271130T120000Z",
            &[
                ("2027-06-01T13:59", true),
                ("2027-06-01T14:00", false),
                ("2027-08-30T12:00", false),
                ("2027-11-30T12:59", false),
                ("2027-11-30T13:00", true),
            ],
        ),
        // Each year.
        (
            "DTSTART;VALUE=DATE:20201224|DTEND;VALUE=DATE:20201227|RRULE:FREQ=YEARLY",
            &[("2019-12-24T12:00", true), ("2027-12-24T12:00", false), ("2028-12-26T12:00", false)],
        ),
        (
            "DTSTART;VALUE=DATE:20261231|DTEND;VALUE=DATE:20270102|RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31",
            &[("2028-01-01T12:00", false), ("2028-01-02T12:00", true)],
        ),
        (
            "DTSTART;VALUE=DATE:20240229|RRULE:FREQ=YEARLY;COUNT=2",
            &[("2027-03-01T12:00", true), ("2028-02-29T12:00", false), ("2032-02-29T12:00", true)],
        ),
        (
            "DTSTART;VALUE=DATE:20260601|RRULE:FREQ=YEARLY;INTERVAL=2;UNTIL=20280601",
            &[
                ("2026-06-01T12:00", false),
                ("2027-06-01T12:00", true),
                ("2028-06-01T12:00", false),
                ("2030-06-01T12:00", true),
            ],
        ),
        (
            "DTSTART;TZID=America/New_York:20261224T080000|DTEND;TZID=America/New_York:20261224T200000|RRULE:FREQ=YEARLY",
            &[("2028-12-24T13:59", true), ("2028-12-24T14:00", false)],
        ),
        // The last one may be told by its day, or by its instant.
        (
            "DTSTART:20260601T100000|DURATION:PT2H|RRULE:FREQ=YEARLY;UNTIL=20270601",
            &[("2027-06-01T11:00", false), ("2028-06-01T11:00", true)],
        ),
        (
            "DTSTART:20260601T100000|DURATION:PT2H|RRULE:FREQ=YEARLY;UNTIL=20270601T080000Z",
            &[("2027-06-01T11:00", false), ("2028-06-01T11:00", true)],
        ),
        (
            "DTSTART:20260601T100000|DURATION:PT2H|RRULE:FREQ=YEARLY;UNTIL=20270601T075900Z",
            &[("2026-06-01T11:00", false), ("2027-06-01T11:00", true)],
        ),
        // An alarm has a time of its own, and what is cancelled closes nothing.
        (
            "DTSTART;VALUE=DATE:20270215|BEGIN:VALARM|DURATION:PT5M|END:VALARM",
            &[("2027-02-15T12:00", false), ("2027-02-16T12:00", true)],
        ),
        ("STATUS:CANCELLED|DTSTART;VALUE=DATE:20270215|EXDATE:x", &[("2027-02-15T12:00", true)]),
    ];
    for (event, times) in closing {
        let schedule = with("Europe/Berlin", &[event]).unwrap_or_else(|faults| panic!("{event}: {faults:?}"));
        for (at, is_open) in *times {
            assert_eq!(schedule.is_open(on_wall(&schedule, at)), *is_open, "{event} at {at}");
        }
    }
}

#[test]
fn events_that_overlap_close_what_any_of_them_does() {
    let events = [
        "DTSTART;VALUE=DATE:20270301|DTEND;VALUE=DATE:20270311",
        "DTSTART;VALUE=DATE:20270303|DTEND;VALUE=DATE:20270304",
        "DTSTART;VALUE=DATE:20270311",
        "DTSTART:20270401T100000|DTEND:20270401T170000",
        "DTSTART:20270401T110000|DTEND:20270401T120000",
    ];
    let more = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270201\nEND:VEVENT\nEND:VCALENDAR";
    let schedule = with("Europe/Berlin", &events).unwrap().with_calendar(more).unwrap();
    for (at, is_open) in [
        ("2027-02-01T12:00", false),
        ("2027-02-28T12:00", true),
        ("2027-03-03T12:00", false),
        ("2027-03-10T12:00", false),
        ("2027-03-11T12:00", false),
        ("2027-03-12T12:00", true),
        ("2027-04-01T09:59", true),
        ("2027-04-01T16:59", false),
        ("2027-04-01T17:00", true),
    ] {
        assert_eq!(schedule.is_open(on_wall(&schedule, at)), is_open, "{at}");
    }
    let refused = schedule.clone().with_calendar(&more.replace("DTSTART:20270201", "DTSTART:x"));
    assert_eq!(refused.unwrap_err().len(), 1);
}

/// A time of an event cuts what it meets, also past midnight, but not what a date line says.
#[test]
fn an_event_with_times_cuts_the_week_and_no_date_line() {
    let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270110T230000\nDTEND:20270111T010000\nEND:VEVENT\nEND:VCALENDAR";
    for (lines, changes) in [
        (
            vec!["sun = 22:00-02:00"],
            vec!["2027-01-10T22:00", "2027-01-10T23:00", "2027-01-11T01:00", "2027-01-11T02:00"],
        ),
        (vec!["2027-01-10 = 22:00-02:00"], vec!["2027-01-10T22:00", "2027-01-11T02:00"]),
    ] {
        let schedule = read("UTC", &lines).unwrap().with_calendar(ics).unwrap();
        let mut now = on_wall(&schedule, "2027-01-10T12:00");
        for change in changes {
            now = schedule.next_change(now).unwrap();
            assert_eq!(now, on_wall(&schedule, change), "{lines:?}");
        }
    }
}

/// An event that ends as clocks go back closes whenever the wall shows what it showed during it.
#[test]
fn an_event_of_another_zone_is_what_the_wall_shows_during_it() {
    // 01:30 EDT to 01:10 EST.
    let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20271107T053000Z\nDTEND:20271107T061000Z\nEND:VEVENT\nEND:VCALENDAR";
    let schedule = read("America/New_York", &["mon-sun = 00:00-04:00"]).unwrap().with_calendar(ics).unwrap();
    for (at, is_open) in [
        ("2027-11-07T04:59:00Z", true),
        ("2027-11-07T05:05:00Z", false),
        ("2027-11-07T05:15:00Z", true),
        ("2027-11-07T05:45:00Z", false),
        ("2027-11-07T06:05:00Z", false),
        ("2027-11-07T07:00:00Z", true),
    ] {
        assert_eq!(schedule.is_open(at.parse().unwrap()), is_open, "{at}");
    }
}

/// One of its own zone, from 02:30 to 05:00, is of the wall, whose 02:00 comes again after 02:30 has come.
#[test]
fn an_event_of_the_own_zone_is_what_it_says_of_the_wall() {
    let zone = "TZID=Europe/Berlin";
    let ics = format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;{zone}:20271031T023000\nDTEND;{zone}:20271031T050000\nEND:VEVENT\n\
         END:VCALENDAR"
    );
    let schedule = read("Europe/Berlin", &["mon-sun = 00:00-06:00"]).unwrap().with_calendar(&ics).unwrap();
    for (at, is_open) in [
        ("2027-10-31T00:29:00Z", true),
        ("2027-10-31T00:30:00Z", false),
        ("2027-10-31T01:29:00Z", true),
        ("2027-10-31T01:30:00Z", false),
        ("2027-10-31T04:00:00Z", true),
    ] {
        assert_eq!(schedule.is_open(at.parse().unwrap()), is_open, "{at}");
    }
}

#[test]
fn what_can_not_be_read_in_full_is_refused_with_its_line() {
    let cases = [
        ("SUMMARY:x", 3, "this event has no start: give it one, like DTSTART;VALUE=DATE:20261224"),
        (
            "DTSTART:20270215T140000",
            4,
            "this event starts at a time and has no end: give it one, like DTEND:20261224T180000",
        ),
        (
            "DTSTART:15.2.2027",
            4,
            "\"15.2.2027\" is neither a date nor a time: write 20261224 for a day, or 20261224T140000 for a time",
        ),
        (
            "DTSTART:20270230",
            4,
            "no calendar and no clock shows 20270230: look it up in a calendar; hours are 00 to 23",
        ),
        (
            "DTSTART:20270215|DTEND:20270216T100000",
            5,
            "this event has a day at one end and a time at the other: write both as days, or both as times",
        ),
        (
            "DTSTART:20270215|DTEND:20270215",
            5,
            "this event is over when it starts, or before: write a later end; that of a day is the day after the last",
        ),
        (
            "DTSTART;TZID=Berlin:20270215T140000|DURATION:PT1H",
            4,
            "there is no time zone \"Berlin\": write Europe/Berlin, if that is meant",
        ),
        (
            "DTSTART:20270215|RRULE:FREQ=WEEKLY",
            5,
            "\"FREQ=WEEKLY\" is no rule that is known here: write FREQ=YEARLY, with INTERVAL, COUNT or UNTIL if need be, \
             or an event for each of its days",
        ),
        (
            "DTSTART:20271125|RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            5,
            "\"FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\" is no rule that is known here: write FREQ=YEARLY, with INTERVAL, COUNT \
             or UNTIL if need be, or an event for each of its days",
        ),
        (
            "DTSTART:20270215|RRULE:FREQ=YEARLY|EXDATE:20280215",
            6,
            "EXDATE, an exception of a rule, is not known here: write an event for each of its days, or a date line for \
             the exception",
        ),
        ("DTSTART:20270215|DTSTART:20270216", 5, "this event has DTSTART twice: take one of them out"),
        (
            "DTSTART:20270215|DURATION:-P1D",
            5,
            "this event is over when it starts, or before: write a later end; that of a day is the day after the last",
        ),
        (
            "DTSTART:20270215|DURATION:long",
            5,
            "\"long\" is no length of time: write P1D for a day, or PT90M for an hour and a half",
        ),
        (
            "DTSTART:20270215|DTEND:20290215|RRULE:FREQ=YEARLY",
            6,
            "this event comes each year, and lasts longer than one: take the rule out",
        ),
        ("SUMMARY", 4, "this line has no colon: export the calendar again, and take the whole file"),
    ];
    for (event, line, told) in cases {
        let faults = with("UTC", &[event]).unwrap_err();
        assert_eq!(faults[0].to_string(), format!("line {line}: {told}"), "{event}");
    }
    for rule in
        ["BYMONTH=3", "BYMONTHDAY=16", "INTERVAL=0", "COUNT=0", "COUNT=2;UNTIL=20300101", "X", "BYEASTER=1"]
    {
        let faults = with("UTC", &[&format!("DTSTART:20270215|RRULE:FREQ=YEARLY;{rule}")]).unwrap_err();
        assert!(faults[0].to_string().contains("is no rule that is known here"), "{rule}");
    }
    let closed = Schedule::closed(jiff::tz::TimeZone::UTC);
    let whole = |ics: &str| closed.clone().with_calendar(ics).unwrap_err()[0].to_string();
    assert_eq!(
        whole("<html>"),
        "line 1: this is no calendar: BEGIN:VCALENDAR is missing: export the calendar as iCalendar (.ics), and take the \
         whole file"
    );
    assert_eq!(
        whole("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270215"),
        "line 2: this begins and does not end, or ends and did not begin: export the calendar again, and take the whole \
         file"
    );
    let two = with("UTC", &["DTSTART:x", "DTSTART:20270215", "DTSTART:y"]).unwrap_err();
    assert_eq!(two.iter().map(|it| it.line).collect::<Vec<_>>(), [4, 10]);
}

fn any_line() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => r"DT(START|END)(;VALUE=DATE|;TZID=Europe/Berlin|;TZID=[A-Z]{0,3})?:[0-9]{4}(0[1-9]|1[0-2])[0-2][0-9](T[0-2][0-9][0-5][0-9]00Z?)?",
        1 => r"DURATION:-?P[0-9]{0,9}[WD]?(T[0-9]{1,9}[HMS])?",
        2 => r"RRULE:FREQ=YEARLY(;(INTERVAL|COUNT|UNTIL)=[0-9]{1,9})?",
        1 => "(BEGIN|END):(VEVENT|VALARM|VCALENDAR)",
        1 => ".*",
    ]
}

proptest! {
    #[test]
    fn any_calendar_is_read_without_a_panic(
        lines in prop::collection::vec(any_line(), 0..8), text in ".*", second in -4_000_000_000_i64..250_000_000_000
    ) {
        let whole = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{}\nEND:VEVENT\nEND:VCALENDAR", lines.join("\n"));
        let schedule = read("Europe/Berlin", &["mon-sun = 22:00-02:00"]).unwrap();
        for text in [&whole, &text] {
            match schedule.clone().with_calendar(text) {
                Ok(schedule) => {
                    let at = jiff::Timestamp::from_second(second).unwrap();
                    let _ = (schedule.is_open(at), schedule.next_change(at));
                }
                Err(faults) => {
                    for fault in faults {
                        prop_assert!(text.get(fault.range.clone()).is_some());
                        prop_assert!(!fault.to_string().is_empty());
                    }
                }
            }
        }
    }
}

#[test]
fn a_calendar_has_a_last_day_unless_it_comes_each_year() {
    let day = "DTSTART;VALUE=DATE:20270802|DTEND;VALUE=DATE:20270814";
    let time = "DTSTART:20271231T140000|DTEND:20280101T000000";
    let yearly = "DTSTART;VALUE=DATE:20201224|RRULE:FREQ=YEARLY";
    for (events, last) in [
        (&[day][..], Some("2027-08-13")),
        (&[time, day], Some("2027-12-31")),
        (&[day, yearly], None),
        (&[], None),
    ] {
        let schedule = with("Europe/Berlin", events).unwrap();
        let last: Option<Date> = last.map(|last| last.parse().unwrap());
        assert_eq!(schedule.last_day_of_calendar(), last, "{events:?}");
    }
}

#[test]
fn an_instant_is_in_a_calendar_or_not() {
    let events = ["DTSTART;VALUE=DATE:20270215", "DTSTART:20270216T140000|DTEND:20270216T150000"];
    let schedule = with("Europe/Berlin", &events).unwrap();
    for (at, is_in) in [
        ("2027-02-14T23:59", false),
        ("2027-02-15T00:00", true),
        ("2027-02-16T13:59", false),
        ("2027-02-16T14:00", true),
        ("2027-02-16T15:00", false),
    ] {
        assert_eq!(schedule.is_in_calendar(on_wall(&schedule, at)), is_in, "{at}");
    }
}

#[test]
fn the_last_of_all_dates_is_known() {
    let lines = ["mon = 09:00-18:00", "2027-08-02..2027-08-13 = closed", "2026-12-24, 2027-01-02 = closed"];
    let last = |lines: &[&str]| read("Europe/Berlin", lines).unwrap().last_date();
    assert_eq!(last(&lines), Some(date(2027, 8, 13)));
    assert_eq!(last(&lines[..1]), None);
}

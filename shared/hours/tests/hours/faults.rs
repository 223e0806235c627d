//! Every fault of a schedule is told, with its place, cause and cure.

use hours::{Part, Schedule, What};
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::read;

/// Each line has one fault, which is about the text in brackets.
#[test]
fn each_fault_is_told_with_its_bytes_its_cause_and_its_cure() {
    let cases = [
        (
            "mon-[fry] = closed",
            "\"fry\" is neither a day of the week nor a date: write fri, if that is meant",
        ),
        (
            "[monday] = closed",
            "\"monday\" is neither a day of the week nor a date: write mon, if that is meant",
        ),
        (
            "[holiday] = closed",
            "\"holiday\" is neither a day of the week nor a date: write holidays, if that is meant",
        ),
        (
            "mon, [someday] = closed",
            "\"someday\" is neither a day of the week nor a date: write days like mon, mon-fri or sat,sun, dates like \
             2026-12-24 or 2027-08-02..2027-08-13, or holidays",
        ),
        (
            "mon,[] = closed",
            "a day is missing: write days like mon, mon-fri or sat,sun, dates like 2026-12-24 or \
             2027-08-02..2027-08-13, or holidays",
        ),
        ("mon,[mon] = closed", "mon has hours in two lines, or twice in one: take one of them out"),
        ("[24.12.2026] = closed", "\"24.12.2026\" is no date: write year, month and day, like 2026-12-24"),
        ("[2027-02-29] = closed", "there is no 2027-02-29: look it up in a calendar"),
        ("2027-02-01..[2027-02-30] = closed", "there is no 2027-02-30: look it up in a calendar"),
        (
            "[2027-08-13 .. 2027-08-02] = closed",
            "2027-08-02 is before 2027-08-13: write 2027-08-02..2027-08-13, if that is meant",
        ),
        (
            "[sat,2027-08-02] = closed",
            "days of the week, dates and holidays can't stand in one line: give each a line of its own",
        ),
        ("mon = []", "hours are missing: write closed, or hours like 09:00-12:30, 13:30-18:00"),
        ("mon = 09:00-12:00, []", "hours are missing: write closed, or hours like 09:00-12:30, 13:30-18:00"),
        (
            "mon = 09:00-12:00,  [9-5]",
            "\"9-5\" is neither `closed` nor from when to when: write closed, or hours like 09:00-18:00, with a comma \
             between two",
        ),
        (
            "mon = [noon]",
            "\"noon\" is neither `closed` nor from when to when: write closed, or hours like 09:00-18:00, with a comma \
             between two",
        ),
        (
            "mon = 09:00-[25:00]",
            "no clock shows 25:00: write hours from 00:00 to 23:59, or 24:00 for the end of the day",
        ),
        (
            "mon = [09:60] - 18:00",
            "no clock shows 09:60: write hours from 00:00 to 23:59, or 24:00 for the end of the day",
        ),
        (
            "mon = [24:00]-02:00",
            "no clock shows 24:00: write hours from 00:00 to 23:59, or 24:00 for the end of the day",
        ),
        ("mon = [09:00-09:00]", "09:00-09:00 ends when it starts: write 00:00-24:00 for all day, or closed"),
        (
            "mon = [18:00-13:30]",
            "18:00-13:30 ends before it starts, and is too long for one that goes past midnight: turn it round; what \
             goes past midnight has at most 18 hours, the rest stands with the next day",
        ),
        (
            "mon = 09:00-12:30, [12:00-18:00]",
            "09:00-12:30 and 12:00-18:00 have a time in common: make one of both, or end the first before the second \
             starts",
        ),
        (
            "mon = 22:00-02:00, [23:00-24:00]",
            "22:00-02:00 and 23:00-24:00 have a time in common: make one of both, or end the first before the second \
             starts",
        ),
        (
            "mon = [closed, 09:00-12:00]",
            "a day that is closed has no hours: take out either closed or the hours",
        ),
        ("holidays = [uk]", "there are no holidays \"uk\" here: write gb, if that is meant"),
        ("holidays = de, [fra]", "there are no holidays \"fra\" here: write fr, if that is meant"),
        (
            "holidays = [mars]",
            "there are no holidays \"mars\" here: write us, gb, de or fr, or a date line for each holiday",
        ),
        ("holidays = de, [DE]", "the holidays de are named twice: take one of them out"),
    ];
    for (marked, told) in cases {
        let (marked_key, marked_value) = marked.split_once(" = ").unwrap();
        let (part, half) =
            if marked_key.contains('[') { (Part::Key, marked_key) } else { (Part::Value, marked_value) };
        let range = half.find('[').unwrap()..half.find(']').unwrap() - 1;
        let [key, value] = [marked_key, marked_value].map(|half| half.replace(['[', ']'], ""));
        let faults = Schedule::read(TimeZone::UTC, [(key.as_str(), value.as_str())]).unwrap_err();
        let [fault] = &faults[..] else { panic!("{marked}: {faults:?}") };
        assert_eq!((fault.part, fault.range.clone()), (part, range), "{marked}");
        assert_eq!(fault.to_string(), told, "{marked}");
    }
}

#[test]
fn all_faults_of_a_schedule_are_told_in_their_order() {
    let faults = read(
        "UTC",
        &[
            "mon-fri = 25:00-26:00, 9",
            "fri = closed",
            "holidays = us",
            "2027-02-30,2027-08-02..2027-08-13 = closed",
            "2027-08-13..2027-08-20 = 9",
            "holidays = xx",
        ],
    );
    let faults = faults.unwrap_err();
    let what: Vec<(usize, Part, &What)> = faults.iter().map(|it| (it.line, it.part, &it.what)).collect();
    let text = |text: &str| text.to_owned();
    assert_eq!(
        what,
        [
            (0, Part::Value, &What::NoSuchTime { text: text("25:00") }),
            (0, Part::Value, &What::NoSuchTime { text: text("26:00") }),
            (0, Part::Value, &What::SpanForm { text: text("9") }),
            (1, Part::Key, &What::DayTwice { day: text("fri"), line: 0 }),
            (3, Part::Key, &What::NoSuchDate { text: text("2027-02-30") }),
            (4, Part::Key, &What::DayTwice { day: text("2027-08-13"), line: 3 }),
            (4, Part::Value, &What::SpanForm { text: text("9") }),
            (5, Part::Key, &What::DayTwice { day: text("holidays"), line: 2 }),
            (5, Part::Value, &What::UnknownTable { text: text("xx"), suggestion: None }),
        ]
    );
    let reversed = &read("UTC", &["2027-08-13..2027-08-02 = closed"]).unwrap_err()[0].what;
    assert_eq!(*reversed, What::RangeReversed { first: date(2027, 8, 13), last: date(2027, 8, 2) });
}

#[test]
fn what_is_written_otherwise_and_means_the_same_is_the_same() {
    let same = [
        ["mon-wed = 09:00-12:00, 13:00-24:00", "sat,sun = closed"],
        ["Mon , tue,wed = 13:00 - 00:00,9:00-12:00", "sat = CLOSED"],
    ];
    let [one, other] = same.map(|lines| read("UTC", &lines).unwrap());
    assert_eq!(one, other);
    assert!(read("UTC", &["fri-mon = 22:00-16:00"]).is_ok());
}

proptest! {
    #[test]
    fn any_lines_are_read_without_a_panic(lines in prop::collection::vec((any_text(), any_text()), 0..6)) {
        let lines: Vec<(&str, &str)> = lines.iter().map(|(key, value)| (&**key, &**value)).collect();
        if let Err(faults) = Schedule::read(TimeZone::UTC, lines.clone()) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                let (key, value) = lines[fault.line];
                let part = if fault.part == Part::Key { key } else { value };
                prop_assert!(part.get(fault.range.clone()).is_some(), "{fault:?} {part:?}");
                prop_assert!(!fault.what.cause().is_empty() && !fault.what.cure().is_empty());
            }
        }
        for (text, _) in lines {
            let _ = hours::zone(text);
        }
    }
}

/// Anything, and what is nearly right.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        "[0-9a-z:,. -]{0,24}",
        r"(mon|tue|sun|holidays|[0-9]{4}-[0-9]{2}-[0-9]{2})(-|,|\.\.)?(fri|[0-9]{4}-[01][0-9]-[0-3][0-9])?",
        r"([0-3][0-9]:[0-6][0-9]-[0-3][0-9]:[0-6][0-9](, ?)?){0,4}",
        "(closed|us|gb|de|fr)?",
    ]
}

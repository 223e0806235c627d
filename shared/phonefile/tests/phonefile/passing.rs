//! What stands in a file for a while: `closed_until`, `away_until`, calendars, and what is over.

use insta::assert_snapshot;
use jiff::civil::DateTime;
use phone::PhoneNumber;
use phonefile::model::Call;
use phonefile::{Place, read, read_at, way};

use crate::small::{SMALL, cases, of};

/// Hours, and who rings in them.
const OPEN: &str = r#"
lists: { vip: ["+13125550142"] }
hours: { shop: { mon-fri: 09:00-18:00, 2026-12-24: closed } }
prompts: { closed: "We are closed. We open {opens shop}." }
calls:
  - { from: vip, do: { ring: [ana, ben] } }
  - { when: shop, do: [{ ring: [ana, ben] }, { ring: ben }] }
  - { do: [say: closed, voicemail] }
"#;

fn small(lines: &str) -> String {
    format!("{SMALL}{OPEN}{lines}")
}

fn small_with_ben(more: &str) -> String {
    small("").replacen("\"+12125550177\"", &format!("\"+12125550177\", {more}"), 1)
}

/// The way of a call, told.
fn told(text: &str, from: &str, at: &str) -> String {
    let file = read(text).unwrap().file;
    let from = Some(PhoneNumber::parse(from).unwrap());
    let at = at.parse::<DateTime>().unwrap().to_zoned(file.time_zone.clone()).unwrap();
    let call = Call { from, at, known: false, unverified: false, presses: Vec::new(), says: Vec::new() };
    way(&file, &call).sentences(&file).join("\n")
}

/// What is told of a file on the 30th of November 2026, half past nine in Los Angeles: a line for each fault.
fn told_today(text: &str) -> String {
    let faults = match read_at(text, "2026-11-30T17:30:00Z".parse().unwrap()) {
        Ok(checked) => checked.warnings,
        Err(faults) => faults,
    };
    let line = |place: Place| format!("{}:{}", place.line, place.column);
    let told = faults.iter().map(|fault| format!("{} {}", line(fault.place), fault.sentence()));
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn until_its_end_a_closing_has_all_hours() {
    let text = small("closed_until: 2026-12-01 10:30\n");
    assert_snapshot!(told(&text, "+15035550111", "2026-11-30T10:00"), @r#"
    line 14: all hours are closed until 2026-12-01 10:30
    line 11: does not fit, for the caller is not in `vip`
    line 12: does not fit, for hours.shop (line 14) is closed until 2026-12-01 10:30
    line 13: fits, for it is for every call
    line 13: the caller hears `closed`
    line 13: a message is taken for `ana`
    "#);
    // The end itself is open.
    assert_snapshot!(told(&text, "+15035550111", "2026-12-01T10:30"), @r#"
    line 11: does not fit, for the caller is not in `vip`
    line 12: fits, for hours.shop (line 8) is open until 18:00
    line 12: `ana`, `ben` ring for 25 s; nobody picks up
    line 12: `ben` rings for 25 s; nobody picks up
    a message is taken for `ana`
    "#);
}

#[test]
fn who_is_away_rings_for_vips_alone() {
    let text = small_with_ben("away_until: 2026-11-30 18:00");
    assert_snapshot!(told(&text, "+15035550111", "2026-11-30T10:00"), @r#"
    line 11: does not fit, for the caller is not in `vip`
    line 12: fits, for hours.shop (line 8) is open until 18:00
    line 12: `ben` does not ring: away until 2026-11-30 18:00
    line 12: `ana` rings for 25 s; nobody picks up
    line 12: `ben` does not ring: away until 2026-11-30 18:00
    a message is taken for `ana`
    "#);
    assert_snapshot!(told(&text, "+13125550142", "2026-11-30T10:00"), @r#"
    line 11: fits, for the caller is in `vip`
    line 11: `ana`, `ben` ring for 25 s; nobody picks up
    a message is taken for `ana`
    "#);
    assert!(!told(&text, "+15035550111", "2026-11-30T18:00").contains("away"));
}

#[test]
fn what_stands_for_a_while_is_not_expected() {
    let expects = r"
closed_until: 2026-12-01 10:30
off: voicemail
expect:
  - { at: 2026-11-30 10:00, rings: [ana, ben] }
";
    assert!(read(small(expects)).is_ok());
    assert!(read(small(&expects.replace("[ana, ben]", "ben"))).is_err());
    let away = small_with_ben("away_until: 2026-12-01 18:00");
    assert!(read(format!("{away}{}", &expects[expects.find("expect").unwrap()..])).is_ok());
}

#[test]
fn an_end_is_told_as_long_as_it_stands() {
    let ben = |until: &str| told_today(&small_with_ben(&format!("away_until: {until}")));
    assert_snapshot!(ben("2026-11-30 09:31"), @"5:45 `ben` does not ring until 2026-11-30 09:31");
    assert_snapshot!(ben("2026-11-30 09:30"), @"5:45 people.ben.away_until: 2026-11-30 09:30 is over: take it out");
    assert_snapshot!(told_today(&small("closed_until: 2026-12-01 09:00\n")), @"14:15 all hours are closed until 2026-12-01 09:00");
    assert_snapshot!(told_today(&small("closed_until: 2026-11-01 09:00\n")), @"14:15 closed_until: 2026-11-01 09:00 is over: take it out");
}

#[test]
fn hours_whose_dates_are_all_over_are_told() {
    let dates = |lines: &str| told_today(&small("").replacen("2026-12-24: closed", lines, 1));
    assert_snapshot!(dates("2026-01-02: closed, 2026-08-02..2026-08-13: closed"), @"8:60 hours.shop: all its dates are over, the last was 2026-08-13: write the next ones, or take them out");
    assert_eq!(dates("2026-01-02: closed, 2026-11-30: closed"), "");
    assert_eq!(dates("sun: closed"), "");
}

#[test]
fn a_time_that_is_none_is_told() {
    let told = cases(
        &[
            "closed_until: tomorrow",
            "closed_until: 2026-12-01",
            "closed_until: 2026-02-30 09:00",
            "closed_until: 9999-12-31 23:00",
            "closed_until: 2026-12-01 09:00",
            "closed_until:",
        ],
        of,
    );
    assert_snapshot!(told, @r#"
    closed_until: tomorrow
    6:15 closed_until: "tomorrow" is no time: write date and time, like 2026-12-24 23:00

    closed_until: 2026-12-01
    6:15 closed_until: "2026-12-01" is no time: write date and time, like 2026-12-24 23:00

    closed_until: 2026-02-30 09:00
    6:15 closed_until: "2026-02-30 09:00" is no time: write date and time, like 2026-12-24 23:00

    closed_until: 9999-12-31 23:00
    6:15 closed_until: "9999-12-31 23:00" is no time: write date and time, like 2026-12-24 23:00

    closed_until: 2026-12-01 09:00
    6:15 warning: closed_until closes nothing, for there are no `hours`: `off` is for all calls

    closed_until:
    6:13 closed_until is nothing: write a word or a text
    "#);
}

/// A calendar's text, indented as it stands in a file.
fn calendar(events: &str) -> String {
    let text = format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    let lines = text.trim_end().replace('\n', "\n      ");
    format!(
        "{SMALL}hours:\n  shop:\n    mon-fri: 09:00-18:00\n    calendar: |\n      {lines}\n    2026-12-22: 10:00-12:00\ncalls: [{{ when: shop, do: {{ ring: ana }} }}]\n"
    )
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\n{lines}END:VEVENT\n")
}

#[test]
fn a_calendar_closes_and_its_line_is_told() {
    let days = event("DTSTART;VALUE=DATE:20261221\nDTEND;VALUE=DATE:20261224\nSUMMARY:Inventory\n");
    let text = calendar(&(days + &event("DTSTART:20261228T120000\nDTEND:20261228T140000\n")));
    let first = |at: &str| told(&text, "+15035550111", at).lines().next().unwrap().to_owned();
    let at = ["2026-12-21T10:00", "2026-12-22T10:00", "2026-12-28T10:00", "2026-12-28T13:00"].map(first);
    assert_snapshot!(at.join("\n"), @r#"
    line 22: does not fit, for hours.shop (line 9) is closed until 2026-12-22 10:00
    line 22: fits, for hours.shop (line 21) is open until 12:00
    line 22: fits, for hours.shop (line 8) is open until 12:00
    line 22: does not fit, for hours.shop (line 9) is closed until 14:00
    "#);
}

#[test]
fn what_is_wrong_with_a_calendar_is_told_at_its_line() {
    let start = "DTSTART;VALUE=DATE:20261221\n";
    let told = [
        calendar(&event("SUMMARY:Inventory\n")),
        calendar(&event(&format!("{start}RRULE:FREQ=WEEKLY\n"))),
        calendar(&(event("DTSTART:2026\n") + &event("DTSTART;VALUE=DATE:20261399\n"))),
        format!("{SMALL}hours: {{ shop: {{ mon: 09:00-18:00, calendar: holidays.ics }} }}\n"),
        format!("{SMALL}hours: {{ shop: {{ mon: 18:00, calendar: holidays.ics }} }}\n"),
        format!("{SMALL}hours: {{ shop: {{ mon: 09:00-18:00, calendar: }} }}\n"),
    ];
    assert_snapshot!(told.map(|text| crate::small::told(&text)).concat(), @r#"
    11:7 hours.shop.calendar: this event has no start: give it one, like DTSTART;VALUE=DATE:20261224
    13:7 hours.shop.calendar: "FREQ=WEEKLY" is no rule that is known here: write FREQ=YEARLY, with INTERVAL, COUNT or UNTIL if need be, or an event for each of its days
    12:7 hours.shop.calendar: "2026" is neither a date nor a time: write 20261224 for a day, or 20261224T140000 for a time
    15:7 hours.shop.calendar: no calendar and no clock shows 20261399: look it up in a calendar; hours are 00 to 23
    6:46 hours.shop.calendar: "holidays.ics" is not the text of a calendar: write `calendar: |`, and below it, indented, all lines of the .ics file
    6:23 mon: "18:00" is neither `closed` nor from when to when: write closed, or hours like 09:00-18:00, with a comma between two
    6:40 hours.shop.calendar: "holidays.ics" is not the text of a calendar: write `calendar: |`, and below it, indented, all lines of the .ics file
    6:44 hours.shop.calendar is nothing: write a word or a text
    "#);
}

#[test]
fn a_calendar_that_is_over_is_told() {
    let over = event("DTSTART;VALUE=DATE:20260101\n");
    let yearly = event("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY\n");
    assert_snapshot!(told_today(&calendar(&over)), @"9:5 hours.shop: its calendar is over, the last day was 2026-01-01: put the next one in its place, or take it out");
    assert_eq!(told_today(&calendar(&(over + &yearly))), "");
}

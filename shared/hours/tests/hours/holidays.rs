//! The rules of holidays, against what `holidays` 0.109 of `PyPI` has: see `holiday_table.py`.

use std::collections::BTreeSet;

use hours::HolidayTable;
use jiff::civil::{Date, date};

/// Table and date of each holiday.
pub(crate) const TABLE: &str = include_str!("../holiday_table.txt");

#[test]
fn holidays_of_ten_years_are_those_of_pypi() {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let listed: BTreeSet<(&str, Date)> = lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(table, date)| (table, date.parse().unwrap()))
        .collect();
    assert!(listed.len() > 400, "{}", listed.len());
    let days = date(2024, 1, 1)
        .series(jiff::Span::new().days(1))
        .take_while(|day| day.year() <= HolidayTable::LAST_YEAR);
    let mut known = BTreeSet::new();
    for day in days {
        known.extend(HolidayTable::ALL.into_iter().filter(|table| table.has(day)).map(|it| (it.name(), day)));
    }
    let differing: Vec<_> = listed.symmetric_difference(&known).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

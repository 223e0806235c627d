//! A garden center's file, and what is told of it with the faults that owners make: the whole of it, to the column.

use insta::assert_snapshot;
use phonefile::{Fault, read, read_at, shown};

const GARDEN: &str = include_str!("garden/garden.yaml");
const SEVEN: &str = include_str!("garden/seven-faults.yaml");
const CIRCLE: &str = include_str!("garden/circle.yaml");
const UNMET: &str = include_str!("garden/unmet.yaml");

/// Every fault in the last year that the tables of holidays know.
fn faults(text: &str) -> Vec<Fault> {
    match read_at(text, "2033-06-01T12:00:00Z".parse().unwrap()) {
        Ok(checked) => checked.warnings,
        Err(faults) => faults,
    }
}

fn told(name: &str, text: &str) -> String {
    shown(&faults(text), name, text)
}

/// What is told of a text, without what is told of the garden center's anyway.
fn alone(name: &str, text: &str) -> String {
    let anyway: Vec<String> = faults(GARDEN).iter().map(Fault::sentence).collect();
    let mut faults = faults(text);
    faults.retain(|fault| !anyway.contains(&fault.sentence()));
    shown(&faults, name, text)
}

#[test]
fn the_garden_centers_file_is_taken() {
    assert!(read(GARDEN).is_ok());
    assert_snapshot!(told("garden.yaml", GARDEN), @r#"
    garden.yaml:7:12  warning: `browser` comes with a later release. It is read, and does nothing yet
      7 |   front: { browser: true, phone: "+12125550199" }
        |            ^^^^^^^
    garden.yaml:15:5  warning: the table `us` ends with 2033. Later holidays are those of today's law. Write a line where it has changed
      15 |     holidays: us
         |     ^^^^^^^^
    garden.yaml:17:5  warning: hours.shop: all its dates are over, the last was 2027-08-13: write the next ones, or take them out
      17 |     2027-08-02..2027-08-13: closed
         |     ^^^^^^^^^^^^^^^^^^^^^^
    garden.yaml:20:12  warning: prompts.closed says nothing in `es`: callers who chose it hear English
      20 |   closed:  { audio: closed.wav, en: "We are closed. We open {opens shop}." }
         |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    garden.yaml:28:10  warning: menus.night says nothing in `es`: callers who chose it hear English
      28 |     say: { en: "Emergency, 1, or wait to leave a message." }
         |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn seven_faults_are_told_at_once() {
    assert_snapshot!(told("seven-faults.yaml", SEVEN), @r#"
    seven-faults.yaml:7:3  people.front has a browser only, which rings nobody while its tab sleeps: add `phone`
      7 |   front: { browser: true }
        |   ^^^^^
    seven-faults.yaml:7:12  warning: `browser` comes with a later release. It is read, and does nothing yet
      7 |   front: { browser: true }
        |            ^^^^^^^
    seven-faults.yaml:10:24  lists.blocked: "1900*" is no prefix: begin with + and the country, as in "+1900*"
      10 |   blocked: [anonymous, "1900*"]
         |                        ^^^^^^^
    seven-faults.yaml:13:14  mon-fri: 09:00-13:45 and 13:30-18:00 overlap: make one of both, or end the first before the second starts
      13 |     mon-fri: 09:00-13:45, 13:30-18:00
         |              ^^^^^^^^^^^^^^^^^^^^^^^^
    seven-faults.yaml:15:5  warning: the table `us` ends with 2033. Later holidays are those of today's law. Write a line where it has changed
      15 |     holidays: us
         |     ^^^^^^^^
    seven-faults.yaml:20:12  warning: prompts.closed says nothing in `es`: callers who chose it hear English
      20 |   closed:  { audio: closed.wav, en: "We are closed. We open {opens shop}." }
         |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    seven-faults.yaml:25:46  `on-cal` is no plan. Did you mean `on-call`?
      25 |     2: { words: [emergency, emergencia], do: on-cal }
         |                                              ^^^^^^
    seven-faults.yaml:28:10  warning: menus.night says nothing in `es`: callers who chose it hear English
      28 |     say: { en: "Emergency, 1, or wait to leave a message." }
         |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    seven-faults.yaml:39:3  never reached: line 38 takes every call in `shop`. Is `from` missing there?
      39 |   - { when: shop, do: [say: welcome, menu: main] }
         |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_circle_is_told_alone() {
    assert_snapshot!(alone("circle.yaml", CIRCLE), @r#"
    circle.yaml:31:3  plan on-call -> menu main -> plan on-call: a circle. Callers would go round in it: let one of them end in `voicemail`
      31 |   on-call:
         |   ^^^^^^^
    "#);
}

#[test]
fn what_is_not_met_is_told_alone() {
    assert_snapshot!(alone("unmet.yaml", UNMET), @r#"
    unmet.yaml:43:3  expect: on 2026-12-24 at 12:00 the caller hears `welcome`, not `closed`: hours.shop (line 16) is open until 12:30, and the caller calls for the first time
      43 |   - { from: "+15035550111", at: 2026-12-24 12:00, hears: closed }
         |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn each_error_is_told_alone() {
    let wrong: Vec<(&str, &str)> =
        GARDEN.lines().zip(SEVEN.lines()).filter(|(right, wrong)| right != wrong).collect();
    assert_eq!(wrong.len(), 5);
    let told: Vec<String> =
        wrong.iter().map(|(right, wrong)| alone("garden.yaml", &GARDEN.replacen(right, wrong, 1))).collect();
    assert_snapshot!(told.concat(), @r#"
    garden.yaml:7:3  people.front has a browser only, which rings nobody while its tab sleeps: add `phone`
      7 |   front: { browser: true }
        |   ^^^^^
    garden.yaml:10:24  lists.blocked: "1900*" is no prefix: begin with + and the country, as in "+1900*"
      10 |   blocked: [anonymous, "1900*"]
         |                        ^^^^^^^
    garden.yaml:13:14  mon-fri: 09:00-13:45 and 13:30-18:00 overlap: make one of both, or end the first before the second starts
      13 |     mon-fri: 09:00-13:45, 13:30-18:00
         |              ^^^^^^^^^^^^^^^^^^^^^^^^
    garden.yaml:25:46  `on-cal` is no plan. Did you mean `on-call`?
      25 |     2: { words: [emergency, emergencia], do: on-cal }
         |                                              ^^^^^^
    garden.yaml:39:3  never reached: line 38 takes every call in `shop`. Is `from` missing there?
      39 |   - { when: shop, do: [say: welcome, menu: main] }
         |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

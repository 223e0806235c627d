//! The faults that owners make most, each where it stands.

use insta::assert_snapshot;

use crate::{SHOP, shop_with, told};

#[test]
fn a_whole_file_is_taken_and_told_what_comes_later() {
    assert_snapshot!(told(SHOP), @r#"
    shop.yaml:7:12  warning: `browser` comes with a later release. It is read, and does nothing yet
      7 |   front: { browser: true, phone: "+12125550199" }
        |            ^^^^^^^
    shop.yaml:28:10  warning: menus.night says nothing in `es`: callers who chose it hear English
      28 |     say: { en: "Emergency, 1, or wait to leave a message." }
         |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    shop.yaml:35:7  warning: `escalate` comes with a later release. It is read, and does nothing yet
      35 |       escalate: [{ call: ben, every: 5m, times: 2 }, { call: [ana, front], every: 5m, times: 3 }]
         |       ^^^^^^^^
    shop.yaml:42:1  warning: `texts` comes with a later release. It is read, and does nothing yet
      42 | texts:
         | ^^^^^
    "#);
}

/// What is told of the shop's file with a part replaced, without what is told of it anyway.
fn told_of(part: &str, by: &str) -> String {
    let anyway = told(SHOP);
    let told = told(&shop_with(part, by));
    told.lines().filter(|line| !anyway.lines().any(|it| it == *line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_misspelled_plan_is_told_with_the_one_that_is_meant() {
    assert_snapshot!(told_of("do: on-call }\n    otherwise", "do: on-cal }\n    otherwise"), @r#"
    shop.yaml:25:46  `on-cal` is no plan. Did you mean `on-call`?
      25 |     2: { words: [emergency, emergencia], do: on-cal }
         |                                              ^^^^^^
    "#);
}

#[test]
fn a_prefix_begins_with_plus_and_the_country() {
    assert_snapshot!(told_of(r#""+1900*""#, r#""1900*""#), @r#"
    shop.yaml:10:24  lists.blocked: "1900*" is no prefix: begin with + and the country, as in "+1900*"
      10 |   blocked: [anonymous, "1900*"]
         |                        ^^^^^^^
    "#);
}

#[test]
fn hours_that_overlap_are_told_by_their_day() {
    assert_snapshot!(told_of("09:00-12:30, 13:30", "09:00-13:45, 13:30"), @r#"
    shop.yaml:13:14  mon-fri: 09:00-13:45 and 13:30-18:00 overlap: make one of both, or end the first before the second starts
      13 |     mon-fri: 09:00-13:45, 13:30-18:00
         |              ^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_browser_is_nobodys_only_telephone() {
    assert_snapshot!(told_of(r#"{ browser: true, phone: "+12125550199" }"#, "{ browser: true }"), @r#"
    shop.yaml:7:3  people.front has a browser only, which rings nobody while its tab sleeps: add `phone`
      7 |   front: { browser: true }
        |   ^^^^^
      7 |   front: { browser: true }
    "#);
}

#[test]
fn a_rule_that_an_earlier_one_swallows_is_told() {
    assert_snapshot!(told_of("from: first-time, when: shop", "when: shop"), @r#"
    shop.yaml:40:3  never reached: line 39 takes every call in `shop`. Is `from` missing there?
      40 |   - { when: shop, do: [say: welcome, menu: main] }
         |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_circle_is_told_with_its_way() {
    assert_snapshot!(told_of("    - { ring: [ana, front] }\n", "    - { menu: main }\n"), @r#"
    shop.yaml:31:3  plan on-call -> menu main -> plan on-call: a circle. Callers would go round in it: let one of them end in `voicemail`
      31 |   on-call:
         |   ^^^^^^^
    "#);
}

#[test]
fn an_expectation_that_is_not_met_is_told_with_the_reason() {
    assert_snapshot!(told_of("2026-12-24: 09:00-12:00", "2026-12-24: 09:00-12:30"), @r#"
    shop.yaml:47:3  expect: on 2026-12-24 at 12:00 the caller hears `welcome`, not `closed`: hours.shop (line 16) is open until 12:30, and the caller calls for the first time
      47 |   - { from: "+15035550111", at: 2026-12-24 12:00, hears: closed }
         |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_language_in_which_nothing_is_said_is_a_warning() {
    assert_snapshot!(told_of(r#", es: "Jardinería Hollis.""#, ""), @r#"
    shop.yaml:19:12  warning: prompts.welcome says nothing in `es`: callers who chose it hear English
      19 |   welcome: { en: "Hollis Garden Center." }
         |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn faults_in_many_places_are_told_at_once() {
    let mut text = SHOP.to_owned();
    for (part, by) in [
        ("do: on-call }\n    otherwise", "do: on-cal }\n    otherwise"),
        (r#""+1900*""#, r#""1900*""#),
        ("09:00-12:30, 13:30", "09:00-13:45, 13:30"),
        (r#"{ browser: true, phone: "+12125550199" }"#, "{ browser: true }"),
        ("from: first-time, when: shop", "when: shop"),
        ("time_zone: America/Los_Angeles", "time_zone: America/Los_Angelos"),
    ] {
        assert!(text.contains(part), "{part}");
        text = text.replacen(part, by, 1);
    }
    assert_snapshot!(told(&text), @r#"
    shop.yaml:2:12  time_zone: there is no time zone "America/Los_Angelos": write America/Los_Angeles, if that is meant
      2 | time_zone: America/Los_Angelos
        |            ^^^^^^^^^^^^^^^^^^^
    shop.yaml:7:3  people.front has a browser only, which rings nobody while its tab sleeps: add `phone`
      7 |   front: { browser: true }
        |   ^^^^^
    shop.yaml:7:12  warning: `browser` comes with a later release. It is read, and does nothing yet
      7 |   front: { browser: true }
        |            ^^^^^^^
    shop.yaml:10:24  lists.blocked: "1900*" is no prefix: begin with + and the country, as in "+1900*"
      10 |   blocked: [anonymous, "1900*"]
         |                        ^^^^^^^
    shop.yaml:13:14  mon-fri: 09:00-13:45 and 13:30-18:00 overlap: make one of both, or end the first before the second starts
      13 |     mon-fri: 09:00-13:45, 13:30-18:00
         |              ^^^^^^^^^^^^^^^^^^^^^^^^
    shop.yaml:25:46  `on-cal` is no plan. Did you mean `on-call`?
      25 |     2: { words: [emergency, emergencia], do: on-cal }
         |                                              ^^^^^^
    shop.yaml:28:10  warning: menus.night says nothing in `es`: callers who chose it hear English
      28 |     say: { en: "Emergency, 1, or wait to leave a message." }
         |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    shop.yaml:35:7  warning: `escalate` comes with a later release. It is read, and does nothing yet
      35 |       escalate: [{ call: ben, every: 5m, times: 2 }, { call: [ana, front], every: 5m, times: 3 }]
         |       ^^^^^^^^
    shop.yaml:40:3  never reached: line 39 takes every call in `shop`. Is `from` missing there?
      40 |   - { when: shop, do: [say: welcome, menu: main] }
         |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    shop.yaml:42:1  warning: `texts` comes with a later release. It is read, and does nothing yet
      42 | texts:
         | ^^^^^
    "#);
}

//! Faults of rules, hours and expectations.

use insta::assert_snapshot;

use crate::small::{cases, of};

#[test]
fn faults_of_rules_are_told() {
    let rules = |lines: &str| {
        of(&format!(
            "lists:\n  vip: [\"+13125550142\"]\n  all: [\"+1*\"]\nhours:\n  shop: {{ mon: 09:00-12:00 }}\ncalls:\n{lines}\n"
        ))
    };
    let told = cases(
        &[
            "  - { from: vip, do: voicemail }\n  - { do: voicemail }",
            "  - { from: vpi, do: voicemail }",
            "  - { when: shpo, do: voicemail }",
            "  - { when: not shpo, do: voicemail }",
            "  - { from: vip }",
            "  - { from: vip, then: voicemail }",
            "  - voicemail",
            "  - { from: [], do: voicemail }",
            "  - { to: \"+14155550199\", do: voicemail }",
            "  - { do: voicemail }\n  - { from: vip, do: reject }",
            "  - { from: all, do: voicemail }\n  - { from: vip, do: voicemail }",
            "  - { from: \"+1*\", do: voicemail }\n  - { from: \"+14155550199\", when: shop, do: voicemail }",
            "  - { from: vip, do: voicemail }\n  - { from: all, do: voicemail }",
            "  - { when: shop, do: voicemail }\n  - { when: not shop, do: voicemail }\n  - { from: vip, do: voicemail }",
            "  - { from: first-time, do: voicemail }\n  - { from: not vip, do: voicemail }",
            "  - { from: not vip, do: voicemail }\n  - { from: first-time, do: voicemail }",
            "  - { from: vip, do: reject }",
            "  - { from: \"+12125550142\", do: reject }",
            "  - { from: vip, do: silent }",
            "  - { from: \"+12125550142\", do: silent }",
            "  - { from: anonymous, do: reject }",
        ],
        rules,
    );
    assert_snapshot!(told, @r#"
      - { from: vip, do: voicemail }
      - { do: voicemail }
    clean

      - { from: vpi, do: voicemail }
    12:13 `vpi` is no list. Did you mean `vip`?

      - { when: shpo, do: voicemail }
    12:13 `shpo` are no hours. Did you mean `shop`?

      - { when: not shpo, do: voicemail }
    12:17 `shpo` are no hours. Did you mean `shop`?

      - { from: vip }
    12:5 a rule has no `do`: add `do:`

      - { from: vip, then: voicemail }
    12:5 a rule has no `do`: add `do:`
    12:18 a rule: there is no `then`. Did you mean `when`?

      - voicemail
    12:3 a text is no rule: write one like `- { from: vip, do: voicemail }`

      - { from: [], do: voicemail }
    12:13 `from` says nothing, so the rule is for no call: leave it out

      - { to: "+14155550199", do: voicemail }
    12:11 to: +14155550199 is not the number of this file: each number has a file of its own. Leave the rule out

      - { do: voicemail }
      - { from: vip, do: reject }
    7:3 lists.vip is refused, and VIPs can't be blocked: give the list another name
    13:3 never reached: line 12 takes every call. Is `from` or `when` missing there? Else put it last

      - { from: all, do: voicemail }
      - { from: vip, do: voicemail }
    13:3 never reached: line 12 takes every call from `all`. Put this line before it, or leave it out

      - { from: "+1*", do: voicemail }
      - { from: "+14155550199", when: shop, do: voicemail }
    13:3 never reached: line 12 takes every call from `+1*`. Put this line before it, or leave it out

      - { from: vip, do: voicemail }
      - { from: all, do: voicemail }
    clean

      - { when: shop, do: voicemail }
      - { when: not shop, do: voicemail }
      - { from: vip, do: voicemail }
    14:3 never reached: lines 12 and 13 take every call between them. Leave this out, or one of them

      - { from: first-time, do: voicemail }
      - { from: not vip, do: voicemail }
    clean

      - { from: not vip, do: voicemail }
      - { from: first-time, do: voicemail }
    13:3 never reached: line 12 takes every call from not `vip`. Put this line before it, or leave it out

      - { from: vip, do: reject }
    7:3 lists.vip is refused, and VIPs can't be blocked: give the list another name

      - { from: "+12125550142", do: reject }
    12:3 "+12125550142" is refused here, and is the telephone of `ana`: leave it out of `from`

      - { from: vip, do: silent }
    7:3 lists.vip is kept in silence, and VIPs can't be blocked: give the list another name

      - { from: "+12125550142", do: silent }
    12:3 "+12125550142" is kept in silence here, and is the telephone of `ana`: leave it out of `from`

      - { from: anonymous, do: reject }
    clean
    "#);
}

#[test]
fn faults_of_hours_are_told() {
    let hours = |lines: &str| of(&format!("hours:\n  shop:\n{lines}\n"));
    let told = cases(
        &[
            "    mon-fri: 09:00-18:00",
            "    mno: 09:00-18:00",
            "    mon: 9-18",
            "    mon: \"25:00-26:00\"",
            "    mon: 09:00-18:00\n    mon-fri: 09:00-17:00",
            "    2026-02-30: closed",
            "    holidays: uk",
            "    mon: [09:00-12:00, 11:00-13:00]",
            "    mon: { from: 9 }",
            "",
            "    mon:",
        ],
        hours,
    );
    assert_snapshot!(told, @r#"
        mon-fri: 09:00-18:00
    clean

        mno: 09:00-18:00
    8:5 mno: "mno" is neither a day of the week nor a date: write mon, if that is meant

        mon: 9-18
    8:10 mon: "9-18" is neither `closed` nor from when to when: write closed, or hours like 09:00-18:00, with a comma between two

        mon: "25:00-26:00"
    8:11 mon: no clock shows 25:00: write hours from 00:00 to 23:59, or 24:00 for the end of the day
    8:17 mon: no clock shows 26:00: write hours from 00:00 to 23:59, or 24:00 for the end of the day

        mon: 09:00-18:00
        mon-fri: 09:00-17:00
    9:5 mon-fri: mon has hours in two lines, or twice in one: line 8 has them already. Take one of them out

        2026-02-30: closed
    8:5 2026-02-30: there is no 2026-02-30: look it up in a calendar

        holidays: uk
    8:15 holidays: there are no holidays "uk" here: write gb, if that is meant

        mon: [09:00-12:00, 11:00-13:00]
    8:11 mon: 09:00-12:00 and 11:00-13:00 overlap: make one of both, or end the first before the second starts

        mon: { from: 9 }
    8:10 hours.shop.mon is a map: write hours like `09:00-12:30, 13:30-18:00`, or `closed`


    7:3 hours.shop has no lines: add one like `mon-fri: 09:00-18:00`

        mon:
    8:8 mon: hours are missing: write closed, or hours like 09:00-12:30, 13:30-18:00
    "#);
}

#[test]
fn faults_of_expectations_are_told() {
    let expect = |line: &str| of(&format!("calls:\n  - {{ do: {{ ring: ana }} }}\nexpect:\n  - {line}\n"));
    let told = cases(
        &[
            "{ at: 2026-12-24 12:00, rings: ana, voicemail: ana }",
            "{ rings: ana }",
            "{ at: noon, rings: ana }",
            "{ at: 2026-12-24 12:00 }",
            "{ at: 2026-12-24 12:00, rings: anna }",
            "{ at: 2026-12-24 12:00, ring: ana }",
            "{ from: anonymous, at: 2026-12-24 12:00, rings: ben }",
            "{ from: \"555\", at: 2026-12-24 12:00, rings: ana }",
            "{ at: 2026-12-24 12:00, presses: x, rings: ana }",
            "{ at: 2026-12-24 12:00, hears: greeting }",
            "{ at: 2026-12-24 12:00, hears: gretting }",
            "{ at: 2026-12-24 12:00, rejects: yes }",
            "{ at: 2026-12-24 12:00, forwards: \"+12125550188\" }",
            "{ at: 2026-12-24 12:00, voicemail: ben }",
            "nothing",
        ],
        expect,
    );
    assert_snapshot!(told, @r#"
    { at: 2026-12-24 12:00, rings: ana, voicemail: ana }
    clean

    { rings: ana }
    9:5 expect has no `at`: add `at:`

    { at: noon, rings: ana }
    9:11 expect: "noon" is no time: write date and time, like 2026-12-24 23:00

    { at: 2026-12-24 12:00 }
    9:3 expect: nothing is expected of this call: add `rings`, `hears`, `menu`, `voicemail`, `forwards`, `silent` or `rejects`

    { at: 2026-12-24 12:00, rings: anna }
    9:36 `anna` is no person. Did you mean `ana`?

    { at: 2026-12-24 12:00, ring: ana }
    9:29 expect: there is no `ring`. Did you mean `rings`?

    { from: anonymous, at: 2026-12-24 12:00, rings: ben }
    9:3 expect: on 2026-12-24 at 12:00 `ana` rings, not `ben`: line 7 fits, for it is for every call

    { from: "555", at: 2026-12-24 12:00, rings: ana }
    9:13 expect, from: "555" is no number: begin with + and the country, as in "+14155550100"

    { at: 2026-12-24 12:00, presses: x, rings: ana }
    9:38 expect: 'x' is no key of a menu: write keys of 0 to 9, one for each menu: `[2, 1]`

    { at: 2026-12-24 12:00, hears: greeting }
    9:3 expect: on 2026-12-24 at 12:00 the caller hears no prompt, not `greeting`: line 7 fits, for it is for every call

    { at: 2026-12-24 12:00, hears: gretting }
    9:36 `gretting` is no prompt. Did you mean `greeting`?

    { at: 2026-12-24 12:00, rejects: yes }
    9:3 expect: on 2026-12-24 at 12:00 the call is not refused: line 7 fits, for it is for every call

    { at: 2026-12-24 12:00, forwards: "+12125550188" }
    9:3 expect: on 2026-12-24 at 12:00 the call is forwarded to nobody, not to `+12125550188`: line 7 fits, for it is for every call

    { at: 2026-12-24 12:00, voicemail: ben }
    9:3 expect: on 2026-12-24 at 12:00 a message is taken for `ana`, not for `ben`: line 7 fits, for it is for every call

    nothing
    9:3 a text expects nothing: write one like `- { at: 2026-12-24 12:00, hears: closed }`
    "#);
}

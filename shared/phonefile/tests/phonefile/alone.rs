//! Each fault by itself, in a small file.

use std::fmt::Write as _;

use insta::assert_snapshot;
use phonefile::{Place, Weight, read};

/// A small file, to which each case adds.
const SMALL: &str = r#"number: "+14155550101"
time_zone: America/Los_Angeles
people:
  ana: { phone: "+12125550142", email: ana@example.com }
  ben: { phone: "+12125550177" }
"#;

/// What is told of the small file with lines added: a line for each fault.
fn of(lines: &str) -> String {
    told(&format!("{SMALL}{lines}"))
}

fn told(text: &str) -> String {
    let faults = match read(text) {
        Ok(checked) => checked.warnings,
        Err(faults) => faults,
    };
    let mut all = String::new();
    for fault in &faults {
        let warning = if fault.weight == Weight::Warning { "warning: " } else { "" };
        let Place { line, column, .. } = fault.place;
        let _ = writeln!(all, "{line}:{column} {warning}{}", fault.sentence());
    }
    if all.is_empty() { "clean\n".to_owned() } else { all }
}

/// All cases, each with what is told of it.
fn cases(cases: &[&str], told: impl Fn(&str) -> String) -> String {
    let mut all = String::new();
    for case in cases {
        let _ = writeln!(all, "{}\n{}", case.trim_end(), told(case));
    }
    all
}

/// A rule that does this.
fn doing(plan: &str) -> String {
    of(&format!("calls:\n  - do: {plan}\n"))
}

#[test]
fn the_small_file_is_clean() {
    assert_eq!(told(SMALL), "clean\n");
}

#[test]
fn what_is_no_file_is_told() {
    assert_snapshot!(cases(&["", "# nothing", "- 1", "hello", "a: [", "---\na: 1\n---\nb: 2", "x: &a 1\ny: *a", "? [a]\n: b", "number: !x 1"], told), @r#"
    1:1 the file has no `number`: add `number:`
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`

    # nothing
    1:1 the file has no `number`: add `number:`
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`

    - 1
    1:1 the file is a list: write `name: …` lines, indented below it

    hello
    1:1 the file is a text: write `name: …` lines, indented below it

    a: [
    1:1 the file: there is no `a`. There is `number`, `mailbox`, `time_zone`, `languages`, `voices`, `people`, `lists`, `hours`, `prompts`, `menus`, `plans`, `off`, `calls`, `ringing`, `messages`, `keep`, `limit`, `texts`, `expect`
    1:1 the file has no `number`: add `number:`
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`
    1:4 this is no YAML: unclosed bracket '['. Look for a missing quote, bracket or colon, here or in the line before

    ---
    a: 1
    ---
    b: 2
    2:1 the file: there is no `a`. There is `number`, `mailbox`, `time_zone`, `languages`, `voices`, `people`, `lists`, `hours`, `prompts`, `menus`, `plans`, `off`, `calls`, `ringing`, `messages`, `keep`, `limit`, `texts`, `expect`
    2:1 the file has no `number`: add `number:`
    2:1 the file has no `time_zone`: add `time_zone:`
    2:1 the file has no `people`: add `people:`
    3:1 a second document begins here: write one file for each number

    x: &a 1
    y: *a
    1:1 the file: there is no `x`. There is `number`, `mailbox`, `time_zone`, `languages`, `voices`, `people`, `lists`, `hours`, `prompts`, `menus`, `plans`, `off`, `calls`, `ringing`, `messages`, `keep`, `limit`, `texts`, `expect`
    1:1 the file has no `number`: add `number:`
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`
    1:7 what begins with & is to be repeated elsewhere: write it out: names of plans, prompts and hours are for what stands in several places
    2:1 the file: there is no `y`. There is `number`, `mailbox`, `time_zone`, `languages`, `voices`, `people`, `lists`, `hours`, `prompts`, `menus`, `plans`, `off`, `calls`, `ringing`, `messages`, `keep`, `limit`, `texts`, `expect`
    2:4 what begins with * repeats another part: write it out: names of plans, prompts and hours are for what stands in several places

    ? [a]
    : b
    1:1 the file has no `number`: add `number:`
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`
    1:3 a list can be no name: write a word and a colon

    number: !x 1
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`
    1:12 what begins with ! means nothing here: leave it out
    1:12 number: "1" is no number: begin with + and the country, as in "+14155550100"
    "#);
}

#[test]
fn what_is_missing_is_told() {
    assert_snapshot!(told("number: \"+14155550101\"\npeople:\n"), @r#"
    1:1 the file has no `time_zone`: add `time_zone:`
    2:1 there is nobody in `people`: add somebody, like `ana: { email: … }`
    "#);
}

#[test]
fn a_broken_section_hides_no_fault_in_others() {
    assert_snapshot!(of("plans:\n  one: [ring: ana\n  two: [ring: anna]\nlists:\n  vip: [nobody]\ncalls:\n  - { do: three }\n  - { do: \"voicemail }\n  - { when: noon, do: voicemail }\n"), @r#"
    7:8 this is no YAML: unclosed bracket '['. Look for a missing quote, bracket or colon, here or in the line before
    8:15 `anna` is no person. Did you mean `ana`?
    10:9 lists.vip: "nobody" is no caller: write a number, a prefix like "+1900*", `anonymous` or `unverified`
    13:11 this is no YAML: unclosed quote. Look for a missing quote, bracket or colon, here or in the line before
    14:13 `noon` are no hours: add them under `hours:`
    "#);
}

#[test]
fn numbers_that_nothing_may_call_are_told() {
    let phone = |number: &str| told(&SMALL.replacen("+12125550177", number, 1));
    assert_snapshot!(cases(&["911", "112", "+49 110", "+19005550100", "+449098790000", "+881612345678", "+14155550101", "(212) 555-0177", "212-555-0177", "+1 (212) 555-0177", "555", "ben"], phone), @r#"
    911
    5:17 people.ben.phone: 911 is a number for emergencies: help would go to the wrong place, so no call is forwarded there. Write a person's telephone

    112
    5:17 people.ben.phone: 112 is a number for emergencies: help would go to the wrong place, so no call is forwarded there. Write a person's telephone

    +49 110
    5:17 people.ben.phone: +49110 is a number for emergencies: help would go to the wrong place, so no call is forwarded there. Write a person's telephone

    +19005550100
    5:17 people.ben.phone: calls to +19005550100 pay somebody else (the United States and Canada): no call is forwarded there. Write another number

    +449098790000
    5:17 people.ben.phone: calls to +449098790000 pay somebody else (the United Kingdom): no call is forwarded there. Write another number

    +881612345678
    5:17 people.ben.phone: calls to +881612345678 pay somebody else (satellites): no call is forwarded there. Write another number

    +14155550101
    5:17 people.ben.phone is the number of this file: a call would come round to it for ever: write the real telephone's

    (212) 555-0177
    5:17 people.ben.phone: "(212) 555-0177" is no number: write it with + and the country, as in "+12125550177"

    212-555-0177
    5:17 people.ben.phone: "212-555-0177" is no number: write it with + and the country, as in "+12125550177"

    +1 (212) 555-0177
    clean

    555
    5:17 people.ben.phone: "555" is no number: begin with + and the country, as in "+14155550100"

    ben
    5:17 people.ben.phone: "ben" is no number: begin with + and the country, as in "+14155550100"
    "#);
}

#[test]
fn faults_of_people_are_told() {
    let cara = |fields: &str| of(&format!("  cara: {fields}\n"));
    assert_snapshot!(cases(&["{}", "{ email: cara }", "{ second_email: c@example.com, phone: \"+12125550178\" }", "{ phoen: \"+12125550178\" }", "{ email: c@example.com, language: fi }", "{ email: c@example.com, language: en-GB }", "{ email: c@example.com, missed_call_mail: maybe }", "{ phone: \"+12125550142\" }", "[1]", "{ email: c@example.com }\n  Dora: { email: d@example.com }", "{ email: c@example.com }\n  ana: { email: b@example.com }"], cara), @r#"
    {}
    6:3 people.cara has no telephone and no e-mail address: add `phone` or `email`

    { email: cara }
    6:18 people.cara.email: "cara" is no e-mail address: write it like name@example.com

    { second_email: c@example.com, phone: "+12125550178" }
    6:11 people.cara has a second e-mail address and no first: add `email`

    { phoen: "+12125550178" }
    6:11 people.cara: there is no `phoen`. Did you mean `phone`?

    { email: c@example.com, language: fi }
    6:43 there are no prompts in the language `fi`. There is `en`, `zh-CN`, `es`, `fr`, `de`, `ja`, `pt-BR`

    { email: c@example.com, language: en-GB }
    6:43 there are no prompts in the language `en-GB`. Did you mean `en`?

    { email: c@example.com, missed_call_mail: maybe }
    6:51 people.cara.missed_call_mail: "maybe" is neither `yes` nor `no`: write one of them

    { phone: "+12125550142" }
    6:3 warning: people.cara has the telephone of `ana` in line 4: together they ring it once

    [1]
    6:9 people.cara is a list: write `name: …` lines, indented below it

    { email: c@example.com }
      Dora: { email: d@example.com }
    7:3 people: "Dora" is no name: a name has 1 to 40 small letters, digits and hyphens, and begins with a letter

    { email: c@example.com }
      ana: { email: b@example.com }
    7:3 `ana` stands twice in people: line 4 has it already. Leave one of them out
    "#);
}

#[test]
fn faults_of_lists_are_told() {
    let list = |entries: &str| of(&format!("lists:\n  blocked: {entries}\n"));
    assert_snapshot!(cases(&["[\"+1900*\", anonymous, unverified]", "[\"1900*\"]", "[\"*\"]", "[\"+0*\"]", "[anonymus]", "[first-time]", "[\"+12125550142\"]", "[\"+1212*\"]", "[{ who: \"+1900*\", note: robots, until: 2027-01-31 }]", "[{ who: \"+1900*\", until: tomorrow }]", "[{ note: robots }]", "[\"+1900*\", \"+1900*\"]", "[\"+1312*\"]\n  vip: [\"+13125550142\"]", "[[1]]", "[]\n  anonymous: []"], list), @r#"
    ["+1900*", anonymous, unverified]
    clean

    ["1900*"]
    7:13 lists.blocked: "1900*" is no prefix: begin with + and the country, as in "+1900*"

    ["*"]
    7:13 lists.blocked: "*" is no prefix: begin with + and the country, as in "+1900*"

    ["+0*"]
    7:13 lists.blocked: "+0*" is no prefix: begin with + and the country, as in "+1900*"

    [anonymus]
    7:13 lists.blocked: "anonymus" is no caller. Did you mean `anonymous`?

    [first-time]
    7:13 lists.blocked: nobody is in a list who calls for the first time: write `from: first-time` in the rule

    ["+12125550142"]
    7:13 lists.blocked: "+12125550142" blocks the telephone of `ana`: leave it out, or write a longer prefix

    ["+1212*"]
    7:13 lists.blocked: "+1212*" blocks the telephone of `ana`: leave it out, or write a longer prefix

    [{ who: "+1900*", note: robots, until: 2027-01-31 }]
    clean

    [{ who: "+1900*", until: tomorrow }]
    7:37 lists.blocked, until: "tomorrow" is no date: write year, month and day, like 2027-01-31

    [{ note: robots }]
    7:13 lists.blocked has no `who`: add `who:`

    ["+1900*", "+1900*"]
    7:23 warning: lists.blocked: line 7 has this caller already: leave one of them out

    ["+1312*"]
      vip: ["+13125550142"]
    7:13 lists.blocked: "+1312*" blocks "+13125550142", a VIP of line 8: leave it out, or write a longer prefix

    [[1]]
    7:13 lists.blocked: a list is no caller: write a number

    []
      anonymous: []
    8:3 lists.anonymous: rules know `anonymous` already: give the list another name
    "#);
}

#[test]
fn faults_of_plans_are_told() {
    assert_snapshot!(cases(&["voicemail", "[]", "ring", "{ ring: [] }", "{ ring: anna }", "{ ring: [ana, ana] }", "{ ring: ana, for: 40 }", "{ ring: ana, for: 3s }", "{ ring: ana, for: soon }", "{ ring: [ana, { person: ben, after: 10s }] }", "{ ring: { person: ben, after: 40s } }", "{ ring: ana, voicemail: ana }", "{ say: hello }", "{ say: Hello there. }", "{ say: \"We open {opens shop}.\" }", "{ say: \"{open shop\" }", "{ say: \"{name}\" }", "{ say: unavailable }", "{ voicemail: ben }", "{ voicemail: }", "{ menu: main }", "{ forward: \"+12125550188\", for: 30s }", "{ forward: \"+12125550142\" }", "{ forward: \"+19005550100\" }", "{ desk: main }", "desk", "[reject, ring: ana]", "[voicemail: ana, ring: ana]", "{ for: 40s }", "{ say: unavailable, for: 4s }", "{ ring: ana, four: 40s }", "[ring: ana, ring: ben, { ring: ana, for: 40s }]", "{ ask-name: yes }", "hang-up", "{ ring: ana, escalate: [] }", "[[voicemail]]"], doing), @r#"
    voicemail
    clean

    []
    7:9 do does nothing: write an action, like `voicemail`

    ring
    7:9 `ring` needs to know what: write `ring: …`

    { ring: [] }
    7:17 ring: nobody rings: name somebody, like `ring: ana`

    { ring: anna }
    7:17 `anna` is no person. Did you mean `ana`?

    { ring: [ana, ana] }
    7:23 ring: `ana` stands twice: a telephone rings once at a time. Leave one out

    { ring: ana, for: 40 }
    7:27 for: "40" is no time: write `40s` for seconds, `40m` for minutes

    { ring: ana, for: 3s }
    7:27 for can't be 3s: 5s to 10m can be

    { ring: ana, for: soon }
    7:27 for: "soon" is no time: write a number and s, m or h, like `40s` or `5m`

    { ring: [ana, { person: ben, after: 10s }] }
    clean

    { ring: { person: ben, after: 40s } }
    7:39 ring: `ben` never rings, for it ends after 25 s: ring longer with `for`, or begin earlier

    { ring: ana, voicemail: ana }
    7:22 `ring` and `voicemail` are two actions: give each a dash, or brackets, of its own

    { say: hello }
    7:16 `hello` is no prompt: add it under `prompts:`, or write a sentence in quotes

    { say: Hello there. }
    clean

    { say: "We open {opens shop}." }
    7:25 say: `shop` are no hours: add them under `hours:`

    { say: "{open shop" }
    7:17 say: a { that nothing ends: end it, as in {opens shop}

    { say: "{name}" }
    7:17 say: nothing is computed for {name}: write {opens NAME} or {closes NAME}, with the name of hours

    { say: unavailable }
    clean

    { voicemail: ben }
    7:22 `ben` has no mailbox, for line 5 gives no e-mail address: add `email` there, or name somebody else

    { voicemail: }
    clean

    { menu: main }
    7:17 `main` is no menu: add it under `menus:`

    { forward: "+12125550188", for: 30s }
    clean

    { forward: "+12125550142" }
    7:20 warning: forward: this is the telephone of `ana`: write `ring: ana`

    { forward: "+19005550100" }
    7:20 forward: calls to +19005550100 pay somebody else (the United States and Canada): no call is forwarded there. Write another number

    { desk: main }
    7:11 warning: `desk` comes with a later release. It is read, and does nothing yet

    desk
    7:9 warning: `desk` comes with a later release. It is read, and does nothing yet

    [reject, ring: ana]
    7:18 never reached: `reject` in line 7 takes every call: put it last, or leave this out

    [voicemail: ana, ring: ana]
    7:26 never reached: `voicemail` in line 7 takes every call: put it last, or leave this out

    { for: 40s }
    7:11 `for` says how long, and nothing rings: add `ring: …` beside it

    { say: unavailable, for: 4s }
    7:29 `for` says how long something rings, and `say` does not ring: leave it out

    { ring: ana, four: 40s }
    7:22 do: there is no `four`. Did you mean `for`?

    [ring: ana, ring: ben, { ring: ana, for: 40s }]
    7:3 warning: callers hear ringing for 90 s here: most have hung up after 75 s. Ring shorter with `for`

    { ask-name: yes }
    7:21 `ask-name` takes nothing behind its colon: write `ask-name` alone

    hang-up
    7:9 `hang-up` is no plan. There is `ask-name`, `voicemail`, `reject`

    { ring: ana, escalate: [] }
    7:22 warning: `escalate` comes with a later release. It is read, and does nothing yet

    [[voicemail]]
    7:10 do: a list is no action: write one like `ring: ana`, each after a dash
    "#);
}

#[test]
fn a_telephone_without_a_number_does_not_ring() {
    let told = of("  cara: { email: c@example.com }\ncalls:\n  - { do: { ring: cara } }\n");
    assert_eq!(told, "8:19 ring: `cara` has no telephone: add `phone` in line 6, or ring somebody else\n");
}

#[test]
fn faults_of_menus_are_told() {
    let menu =
        |lines: &str| of(&format!("menus:\n  main:\n{lines}\ncalls:\n  - {{ do: {{ menu: main }} }}\n"));
    assert_snapshot!(cases(&["    say: One or two.\n    1: { ring: ana }", "    1: voicemail", "    say: Nothing.", "    say: A.\n    *: voicemail", "    say: A.\n    \"*\": voicemail\n    \"#\": voicemail\n    12: voicemail\n    sya: B.", "    say: A.\n    1: { words: [help], do: voicemail }\n    2: { words: Help, do: reject }", "    say: A.\n    1: { words: [help] }", "    say: A.\n    1: { words: [\"\"], do: voicemail, private: perhaps }", "    say: A.\n    0: voicemail\n    1: voicemail\n    2: voicemail\n    3: voicemail\n    4: voicemail\n    5: voicemail", "    say: A.\n    1: { menu: main }", "    say: A.\n    1: voicemail\n    1: reject", "    say: A.\n    private: yes\n    otherwise: voicemail\n    1: { ring: ana }"], menu), @r##"
        say: One or two.
        1: { ring: ana }
    clean

        1: voicemail
    7:3 menus.main has no `say`: add what callers hear: `say: "Orders, 1."`

        say: Nothing.
    7:3 menus.main has no keys: add one, like `1: { ring: ana }`

        say: A.
        *: voicemail
    9:5 this is no YAML: simple key expected ':'. Look for a missing quote, bracket or colon, here or in the line before

        say: A.
        "*": voicemail
        "#": voicemail
        12: voicemail
        sya: B.
    9:5 menus.main: * goes back in every menu: take a key of 0 to 9
    10:5 menus.main: # says every menu again: take a key of 0 to 9
    11:5 menus.main: `12` is no key of a telephone: write 0 to 9, `say`, `otherwise` or `private`
    12:5 menus.main: `sya` is no key of a telephone. Did you mean `say`?

        say: A.
        1: { words: [help], do: voicemail }
        2: { words: Help, do: reject }
    10:5 menus.main: "help" is a word for 1 and for 2: leave it out of one of them

        say: A.
        1: { words: [help] }
    9:8 menus.main.1 has no `do`: add `do:`

        say: A.
        1: { words: [""], do: voicemail, private: perhaps }
    9:18 menus.main.1.words: "" can't be said: write a word or two
    9:47 menus.main.1.private: "perhaps" is neither `yes` nor `no`: write one of them

        say: A.
        0: voicemail
        1: voicemail
        2: voicemail
        3: voicemail
        4: voicemail
        5: voicemail
    7:3 warning: menus.main has 6 keys, more than callers remember: 5 are enough. Let one lead to a menu of its own

        say: A.
        1: { menu: main }
    7:3 menu main -> menu main: a circle. Callers would go round in it: let one of them end in `voicemail`

        say: A.
        1: voicemail
        1: reject
    10:5 `1` stands twice in menus.main: line 9 has it already. Leave one of them out

        say: A.
        private: yes
        otherwise: voicemail
        1: { ring: ana }
    clean
    "##);
}

#[test]
fn faults_of_prompts_are_told() {
    let prompt = |words: &str| of(&format!("languages: [en, de]\nprompts:\n  hello: {words}\n"));
    assert_snapshot!(cases(&["Hello.", "{ en: Hello., de: Hallo. }", "{ de: Hallo. }", "{ en: Hello., de: Hallo., es: Hola. }", "{ en: Hello., ger: Hallo. }", "{ audio: hello.wav }", "{ audio: hello.ogg, en: A., de: B. }", "{ audio: https://example.com/hello.mp3, en: A., de: B. }", "", "[1]", "{ en: \"\", de: B. }"], prompt), @r#"
    Hello.
    8:10 warning: prompts.hello says nothing in `de`: callers who chose it hear English

    { en: Hello., de: Hallo. }
    clean

    { de: Hallo. }
    8:10 warning: prompts.hello says nothing in `en`: callers who chose it hear German

    { en: Hello., de: Hallo., es: Hola. }
    8:36 warning: prompts.hello: nobody hears `es`: add it to `languages`, or leave the text out

    { en: Hello., ger: Hallo. }
    8:24 prompts.hello: `ger` is no language. There is `en`, `zh-CN`, `es`, `fr`, `de`, `ja`, `pt-BR`, `audio`

    { audio: hello.wav }
    8:10 prompts.hello says nothing: add a text, which stands in where a sound cannot be had: `en: …`

    { audio: hello.ogg, en: A., de: B. }
    8:19 prompts.hello.audio: "hello.ogg" is no sound: name a file beside this one, like `closed.wav`, or an https address

    { audio: https://example.com/hello.mp3, en: A., de: B. }
    clean


    8:8 prompts.hello is nothing: write a sentence, or one for each language: `{ en: …, es: … }`

    [1]
    8:10 prompts.hello is a list: write a sentence, or one for each language: `{ en: …, es: … }`

    { en: "", de: B. }
    8:16 prompts.hello is empty: 1 to 4096 can be said
    "#);
}

#[test]
fn faults_of_rules_are_told() {
    let rules = |lines: &str| {
        of(&format!(
            "lists:\n  vip: [\"+13125550142\"]\n  all: [\"+1*\"]\nhours:\n  shop: {{ mon: 09:00-12:00 }}\ncalls:\n{lines}\n"
        ))
    };
    assert_snapshot!(cases(&["  - { from: vip, do: voicemail }\n  - { do: voicemail }", "  - { from: vpi, do: voicemail }", "  - { when: shpo, do: voicemail }", "  - { when: not shpo, do: voicemail }", "  - { from: vip }", "  - { from: vip, then: voicemail }", "  - voicemail", "  - { from: [], do: voicemail }", "  - { to: \"+14155550199\", do: voicemail }", "  - { do: voicemail }\n  - { from: vip, do: reject }", "  - { from: all, do: voicemail }\n  - { from: vip, do: voicemail }", "  - { from: \"+1*\", do: voicemail }\n  - { from: \"+14155550199\", when: shop, do: voicemail }", "  - { from: vip, do: voicemail }\n  - { from: all, do: voicemail }", "  - { when: shop, do: voicemail }\n  - { when: not shop, do: voicemail }\n  - { from: vip, do: voicemail }", "  - { from: first-time, do: voicemail }\n  - { from: not vip, do: voicemail }", "  - { from: not vip, do: voicemail }\n  - { from: first-time, do: voicemail }", "  - { from: vip, do: reject }", "  - { from: \"+12125550142\", do: reject }", "  - { from: anonymous, do: reject }"], rules), @r#"
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

      - { from: anonymous, do: reject }
    clean
    "#);
}

#[test]
fn faults_of_hours_are_told() {
    let hours = |lines: &str| of(&format!("hours:\n  shop:\n{lines}\n"));
    assert_snapshot!(cases(&["    mon-fri: 09:00-18:00", "    mno: 09:00-18:00", "    mon: 9-18", "    mon: \"25:00-26:00\"", "    mon: 09:00-18:00\n    mon-fri: 09:00-17:00", "    2026-02-30: closed", "    holidays: uk", "    mon: [09:00-12:00, 11:00-13:00]", "    mon: { from: 9 }", "", "    mon:"], hours), @r#"
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
    assert_snapshot!(cases(&["{ at: 2026-12-24 12:00, rings: ana, voicemail: ana }", "{ rings: ana }", "{ at: noon, rings: ana }", "{ at: 2026-12-24 12:00 }", "{ at: 2026-12-24 12:00, rings: anna }", "{ at: 2026-12-24 12:00, ring: ana }", "{ from: anonymous, at: 2026-12-24 12:00, rings: ben }", "{ from: \"555\", at: 2026-12-24 12:00, rings: ana }", "{ at: 2026-12-24 12:00, presses: x, rings: ana }", "{ at: 2026-12-24 12:00, hears: greeting }", "{ at: 2026-12-24 12:00, hears: gretting }", "{ at: 2026-12-24 12:00, rejects: yes }", "{ at: 2026-12-24 12:00, forwards: \"+12125550188\" }", "{ at: 2026-12-24 12:00, voicemail: ben }", "nothing"], expect), @r#"
    { at: 2026-12-24 12:00, rings: ana, voicemail: ana }
    clean

    { rings: ana }
    9:5 expect has no `at`: add `at:`

    { at: noon, rings: ana }
    9:11 expect: "noon" is no time: write date and time, like 2026-12-24 23:00

    { at: 2026-12-24 12:00 }
    9:3 expect: nothing is expected of this call: add `rings`, `hears`, `menu`, `voicemail`, `forwards` or `rejects`

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

#[test]
fn faults_of_what_is_about_all_calls_are_told() {
    assert_snapshot!(cases(&["ringing: { caller_id: masked-number, announce: no, hang_up_on_star: yes }", "ringing: { caller_id: masked }", "messages: { longest: 3m, finish_key: none, beep: no, transcription: off, languages: [en-US, es-US], purge_at_twilio: yes }", "messages: { longest: 5h, finish_key: \"##\", transcription: yes, languages: [english] }", "messages:\n  finish_key: #", "keep: { audio: 30 days, transcript: forever, calls: 1d }", "keep: { audio: 30, transcript: never, calls: 0 days }", "limit: { calls_per_month: 100, then: [say: unavailable, reject] }", "limit: { calls_per_month: many, then: { ring: ana } }", "limit: {}", "voices: { en: Polly.Amy-Neural, xx: Polly.Amy }", "off: voicemail", "mailbox: ben", "mailbox: cara", "languages: [en, en, tlh]", "languages: []", "texts: []", "callls: []", "plan: { a: voicemail }\ncalls: [{ do: a }]", "plans: { a: voicemail, reject: voicemail }"], of), @r###"
    ringing: { caller_id: masked-number, announce: no, hang_up_on_star: yes }
    clean

    ringing: { caller_id: masked }
    6:23 ringing.caller_id can't be `masked`. There is `caller`, `masked-number`

    messages: { longest: 3m, finish_key: none, beep: no, transcription: off, languages: [en-US, es-US], purge_at_twilio: yes }
    clean

    messages: { longest: 5h, finish_key: "##", transcription: yes, languages: [english] }
    6:22 messages.longest can't be 5h: 2s to 4h can be
    6:38 messages.finish_key: "##" is no key: write one of 0 to 9, "#" or "*", or `none`
    6:59 messages.transcription can't be `yes`. There is `auto`, `twilio`, `amazon`, `off`
    6:76 messages.languages: "english" is no language: write it like en-US: language, hyphen, country

    messages:
      finish_key: #
    7:13 messages.finish_key is nothing: write it in quotes, as in "#", or `none`

    keep: { audio: 30 days, transcript: forever, calls: 1d }
    clean

    keep: { audio: 30, transcript: never, calls: 0 days }
    6:16 keep.audio: "30" is no number of days: write `30 days`
    6:32 keep.transcript: "never" is no number of days: write 1 to 36500 days, like `30 days`, or `forever`
    6:46 keep.calls: "0 days" is no number of days: write 1 to 36500 days, like `30 days`, or `forever`

    limit: { calls_per_month: 100, then: [say: unavailable, reject] }
    clean

    limit: { calls_per_month: many, then: { ring: ana } }
    6:27 limit.calls_per_month: "many" is no number: write a number like 100, or leave `limit` out
    6:39 limit.then rings, or may ring, beyond the limit: write `voicemail`, `reject`, or `say: …` before one of them

    limit: {}
    6:8 limit has no `calls_per_month`: add `calls_per_month:`

    voices: { en: Polly.Amy-Neural, xx: Polly.Amy }
    6:33 there are no prompts in the language `xx`. There is `en`, `zh-CN`, `es`, `fr`, `de`, `ja`, `pt-BR`

    off: voicemail
    6:1 warning: all calls go the way of `off`. Nobody rings while it stands here

    mailbox: ben
    6:10 `ben` has no mailbox, for line 5 gives no e-mail address: add `email` there, or name somebody else

    mailbox: cara
    6:10 `cara` is no person. There is `ana`, `ben`

    languages: [en, en, tlh]
    6:17 languages: `en` stands twice: leave one of them out
    6:21 there are no prompts in the language `tlh`. There is `en`, `zh-CN`, `es`, `fr`, `de`, `ja`, `pt-BR`

    languages: []
    6:12 languages: there is none: write one, like `[en]`

    texts: []
    6:1 warning: `texts` comes with a later release. It is read, and does nothing yet

    callls: []
    6:1 the file: there is no `callls`. Did you mean `calls`?

    plan: { a: voicemail }
    calls: [{ do: a }]
    6:1 the file: there is no `plan`. Did you mean `plans`?

    plans: { a: voicemail, reject: voicemail }
    6:10 warning: no rule leads to plan a. Name it in `calls`, or leave it out
    6:24 plans.reject: `reject` is an action: give the plan another name
    6:24 warning: no rule leads to plan reject. Name it in `calls`, or leave it out
    "###);
}

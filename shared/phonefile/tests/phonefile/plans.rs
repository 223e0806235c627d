//! Faults of plans, menus and prompts.

use insta::assert_snapshot;

use crate::small::{cases, of};

/// A rule that does this.
fn doing(plan: &str) -> String {
    of(&format!("calls:\n  - do: {plan}\n"))
}

#[test]
fn faults_of_ringing_are_told() {
    let told = cases(
        &[
            "ring",
            "{ ring: [] }",
            "{ ring: anna }",
            "{ ring: [ana, ana] }",
            "{ ring: ana, for: 40 }",
            "{ ring: ana, for: 3s }",
            "{ ring: ana, for: soon }",
            "{ ring: [ana, { person: ben, after: 10s }] }",
            "{ ring: { person: ben, after: 40s } }",
            "{ ring: ana, voicemail: ana }",
            "{ forward: \"+12125550188\", for: 30s }",
            "[reject, ring: ana]",
            "[voicemail: ana, ring: ana]",
            "{ for: 40s }",
            "{ say: unavailable, for: 4s }",
            "{ ring: ana, four: 40s }",
            "[ring: ana, ring: ben, { ring: ana, for: 40s }]",
            "{ ring: ana, escalate: [] }",
        ],
        doing,
    );
    assert_snapshot!(told, @r#"
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

    { forward: "+12125550188", for: 30s }
    clean

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

    { ring: ana, escalate: [] }
    7:22 warning: `escalate` comes with a later release. It is read, and does nothing yet
    "#);
}

#[test]
fn an_offer_to_programs_says_who_signs_what_is_told() {
    let told = cases(
        &[
            "control",
            "{ control: }",
            "{ control: \"https://desk.example.com/calls\", key: 0de7e109 }",
            "{ control: \"https://desk.example.com/calls\" }",
            "{ control: \"http://desk.example.com/calls\", key: 0de7e109 }",
            "{ control: \"http://127.0.0.1:9000/calls\", key: 0de7e109 }",
            "{ control: \"https://desk.example.com/calls\", key: crm }",
            "{ control: [a] }",
            "{ control: , key: 0de7e109 }",
            "{ ring: ana, key: 0de7e109 }",
        ],
        doing,
    );
    assert_snapshot!(told, @r#"
    control
    clean

    { control: }
    clean

    { control: "https://desk.example.com/calls", key: 0de7e109 }
    clean

    { control: "https://desk.example.com/calls" }
    7:20 control: nothing says whose secret signs what is told there: add `key: …` with an id of `aftertone key list`

    { control: "http://desk.example.com/calls", key: 0de7e109 }
    7:20 control: "http://desk.example.com/calls" is no address: write one that begins with `https://`, or `control` alone

    { control: "http://127.0.0.1:9000/calls", key: 0de7e109 }
    7:20 warning: control: only a stack on this machine tells a program on this machine: write an https address before you deploy

    { control: "https://desk.example.com/calls", key: crm }
    7:59 key: "crm" is no id of a key: write one of `aftertone key list`, 8 hexadecimal digits

    { control: [a] }
    7:20 control: a list is no address: write `control: https://…`, or `control` alone

    { control: , key: 0de7e109 }
    7:27 `key` says who signs what a program is told, and no program is: leave it out, or write `control: https://…`

    { ring: ana, key: 0de7e109 }
    7:22 `key` says who signs what `control` tells, and `ring` tells nothing: leave it out
    "#);
}

#[test]
fn faults_of_other_actions_are_told() {
    let told = cases(
        &[
            "voicemail",
            "[]",
            "{ say: hello }",
            "{ say: Hello there. }",
            "{ say: \"We open {opens shop}.\" }",
            "{ say: \"{open shop\" }",
            "{ say: \"{name}\" }",
            "{ say: unavailable }",
            "{ voicemail: ben }",
            "{ voicemail: }",
            "{ menu: main }",
            "{ forward: \"+12125550142\" }",
            "{ forward: \"+19005550100\" }",
            "{ desk: main }",
            "desk",
            "{ ask-name: yes }",
            "hang-up",
            "[[voicemail]]",
        ],
        doing,
    );
    assert_snapshot!(told, @r#"
    voicemail
    clean

    []
    7:9 do does nothing: write an action, like `voicemail`

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

    { forward: "+12125550142" }
    7:20 warning: forward: this is the telephone of `ana`: write `ring: ana`

    { forward: "+19005550100" }
    7:20 forward: calls to +19005550100 pay somebody else (the United States and Canada): no call is forwarded there. Write another number

    { desk: main }
    7:11 warning: `desk` comes with a later release. It is read, and does nothing yet

    desk
    7:9 warning: `desk` comes with a later release. It is read, and does nothing yet

    { ask-name: yes }
    7:21 `ask-name` takes nothing behind its colon: write `ask-name` alone

    hang-up
    7:9 `hang-up` is no plan. There is `ask-name`, `control`, `voicemail`, `silent`, `reject`

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
    let told = cases(
        &[
            "    say: One or two.\n    1: { ring: ana }",
            "    1: voicemail",
            "    say: Nothing.",
            "    say: A.\n    *: voicemail",
            "    say: A.\n    \"*\": voicemail\n    \"#\": voicemail\n    12: voicemail\n    sya: B.",
            "    say: A.\n    1: { words: [help], do: voicemail }\n    2: { words: Help, do: reject }",
            "    say: A.\n    1: { words: [help] }",
            "    say: A.\n    1: { words: [\"\"], do: voicemail, private: perhaps }",
            "    say: A.\n    0: voicemail\n    1: voicemail\n    2: voicemail\n    3: voicemail\n    4: voicemail\n    5: voicemail",
            "    say: A.\n    1: { menu: main }",
            "    say: A.\n    1: voicemail\n    1: reject",
            "    say: A.\n    private: yes\n    otherwise: voicemail\n    1: { ring: ana }",
        ],
        menu,
    );
    assert_snapshot!(told, @r##"
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
    let told = cases(
        &[
            "Hello.",
            "{ en: Hello., de: Hallo. }",
            "{ de: Hallo. }",
            "{ en: Hello., de: Hallo., es: Hola. }",
            "{ en: Hello., ger: Hallo. }",
            "{ audio: hello.wav }",
            "{ audio: hello.ogg, en: A., de: B. }",
            "{ audio: https://example.com/hello.mp3, en: A., de: B. }",
            "",
            "[1]",
            "{ en: \"\", de: B. }",
        ],
        prompt,
    );
    assert_snapshot!(told, @r#"
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

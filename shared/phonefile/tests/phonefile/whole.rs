//! Faults of the file as a whole, and of what is about all calls.

use insta::assert_snapshot;

use crate::small::{SMALL, cases, of, told};

#[test]
fn the_small_file_is_clean() {
    assert_eq!(told(SMALL), "clean\n");
}

#[test]
fn what_is_no_file_is_told() {
    let told = cases(
        &[
            "# nothing",
            "- 1",
            "hello",
            "a: [",
            "---\na: 1\n---\nb: 2",
            "x: &a 1\ny: *a",
            "? [a]\n: b",
            "number: !x 1",
        ],
        told,
    );
    assert_snapshot!(told, @r#"
    # nothing
    1:1 the file has no `number`: add `number:`
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`

    - 1
    1:1 the file is a list: write `name: …` lines, indented below it

    hello
    1:1 the file is a text: write `name: …` lines, indented below it

    a: [
    1:1 the file: there is no `a`. There is `number`, `mailbox`, `time_zone`, `languages`, `voices`, `closed_until`, `people`, `lists`, `blocked`, `hours`, `prompts`, `menus`, `plans`, `off`, `calls`, `ringing`, `messages`, `keep`, `limit`, `texts`, `expect`
    1:1 the file has no `number`: add `number:`
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`
    1:4 this is no YAML: unclosed bracket '['. Look for a missing quote, bracket or colon, here or in the line before

    ---
    a: 1
    ---
    b: 2
    2:1 the file: there is no `a`. There is `number`, `mailbox`, `time_zone`, `languages`, `voices`, `closed_until`, `people`, `lists`, `blocked`, `hours`, `prompts`, `menus`, `plans`, `off`, `calls`, `ringing`, `messages`, `keep`, `limit`, `texts`, `expect`
    2:1 the file has no `number`: add `number:`
    2:1 the file has no `time_zone`: add `time_zone:`
    2:1 the file has no `people`: add `people:`
    3:1 a second document begins here: write one file for each number

    x: &a 1
    y: *a
    1:1 the file: there is no `x`. There is `number`, `mailbox`, `time_zone`, `languages`, `voices`, `closed_until`, `people`, `lists`, `blocked`, `hours`, `prompts`, `menus`, `plans`, `off`, `calls`, `ringing`, `messages`, `keep`, `limit`, `texts`, `expect`
    1:1 the file has no `number`: add `number:`
    1:1 the file has no `time_zone`: add `time_zone:`
    1:1 the file has no `people`: add `people:`
    1:7 what begins with & is to be repeated elsewhere: write it out: names of plans, prompts and hours are for what stands in several places
    2:1 the file: there is no `y`. There is `number`, `mailbox`, `time_zone`, `languages`, `voices`, `closed_until`, `people`, `lists`, `blocked`, `hours`, `prompts`, `menus`, `plans`, `off`, `calls`, `ringing`, `messages`, `keep`, `limit`, `texts`, `expect`
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
fn faults_of_what_is_about_all_calls_are_told() {
    let told = cases(
        &[
            "ringing: { caller_id: masked-number, announce: no, hang_up_on_star: yes }",
            "ringing: { caller_id: masked }",
            "ringing: { wait: music }",
            "ringing: { wait: musik }",
            "messages: { longest: 3m, finish_key: none, beep: no, transcription: off, languages: [en-US, es-US], purge_at_twilio: yes }",
            "messages: { longest: 5h, finish_key: \"##\", transcription: yes, languages: [english] }",
            "messages:\n  finish_key: #",
            "keep: { audio: 30 days, transcript: forever, calls: 1d }",
            "keep: { audio: 30, transcript: never, calls: 0 days }",
            "limit: { calls_per_month: 100, then: [say: unavailable, reject] }",
            "limit: { calls_per_month: many, then: { ring: ana } }",
            "limit: {}",
            "voices: { en: Polly.Amy-Neural, xx: Polly.Amy }",
            "blocked: silent\noff: silent",
            "blocked: keep",
            "plans: { quiet: [silent, voicemail], silent: { silent: now } }\ncalls: [{ do: quiet }]",
            "off: voicemail",
            "mailbox: ben",
            "mailbox: cara",
            "languages: [en, en, tlh]",
            "languages: []",
            "texts: []",
            "callls: []",
            "plan: { a: voicemail }\ncalls: [{ do: a }]",
            "plans: { a: voicemail, reject: voicemail }",
        ],
        of,
    );
    assert_snapshot!(told, @r###"
    ringing: { caller_id: masked-number, announce: no, hang_up_on_star: yes }
    clean

    ringing: { caller_id: masked }
    6:23 ringing.caller_id can't be `masked`. There is `caller`, `masked-number`

    ringing: { wait: music }
    clean

    ringing: { wait: musik }
    6:18 ringing.wait can't be `musik`. Did you mean `music`?

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

    blocked: silent
    off: silent
    7:1 warning: all calls go the way of `off`. Nobody rings while it stands here

    blocked: keep
    6:10 blocked can't be `keep`. There is `reject`, `silent`

    plans: { quiet: [silent, voicemail], silent: { silent: now } }
    calls: [{ do: quiet }]
    6:26 never reached: `silent` in line 6 takes every call: put it last, or leave this out
    6:38 plans.silent: `silent` is an action: give the plan another name
    6:38 warning: no rule leads to plan silent. Name it in `calls`, or leave it out
    6:56 `silent` takes nothing behind its colon: write `silent` alone

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

//! The stored form: what was read comes back, in this release and in later ones.

use phone::PhoneNumber;
use phonefile::model::{Action, Blocked, Call};
use phonefile::{Compiled, PhoneFile, Place, Unreadable, compile, read, way};
use proptest::prelude::*;

use crate::SHOP;
use crate::documents::cookbook;

/// All that a file may hold, in few lines.
const ALL: &str = r#"number: "+14155550101"
time_zone: Europe/Berlin
languages: [en, es]
voices: { es: Polly.Lupe-Neural }
people:
  ana: { name: Ana, phone: "+12125550142", email: ana@example.com, missed_call_mail: yes, language: es }
  ben: { phone: "+12125550177" }
lists:
  blocked: [anonymous, unverified, "+1900*", { who: "+13125550142", note: rude, until: 2027-01-31 }]
hours:
  shop: { mon-fri: "09:00-12:30, 13:30-18:00", holidays: us }
prompts:
  closed: { audio: closed.wav, en: "We open {opens shop}.", es: "Abrimos {opens shop}." }
menus:
  main: { say: { en: "Press 1.", es: "Pulse 1." }, 1: { words: [orders], do: office, private: yes }, otherwise: voicemail }
plans:
  office: [ask-name, { ring: [ana, { person: ben, after: 10s }], for: 40s }, forward: "+12125550188"]
calls:
  - { from: blocked, do: reject }
  - { from: not first-time, when: not shop, do: [say: closed, voicemail: ana] }
  - { to: "+14155550101", do: [menu: main] }
limit: { calls_per_month: 100 }
keep: { audio: 30 days }
messages: { finish_key: none }
expect:
  - { from: anonymous, at: 2026-12-24 10:00, rejects: yes }
"#;

fn load(stored: &Compiled) -> PhoneFile {
    let lists = stored.lists.iter().map(|(name, entries)| (&**name, &**entries));
    PhoneFile::load(&stored.rules, lists).unwrap()
}

fn file(text: &str) -> PhoneFile {
    read(text).unwrap_or_else(|faults| panic!("{faults:#?}")).file
}

#[test]
fn what_stands_for_a_while_is_stored_with_its_end() {
    let calendar =
        "BEGIN:VCALENDAR\\nBEGIN:VEVENT\\nDTSTART;VALUE=DATE:20270104\\nEND:VEVENT\\nEND:VCALENDAR\\n";
    let text = ALL.replacen("ben: { ", "ben: { away_until: 2026-12-01 18:00, ", 1).replacen(
        "holidays: us",
        &format!("holidays: us, calendar: \"{calendar}\""),
        1,
    );
    let file = file(&format!("closed_until: 2026-12-01 09:00\n{text}"));
    let stored = compile(&file);
    assert!(stored.rules.contains(r#""closed_until":{"place":[1,15,14,30],"at":"2026-12-01T09:00:00"}"#));
    let loaded = load(&stored);
    assert_eq!((loaded.closed_until, &loaded.people), (file.closed_until, &file.people));
    assert_eq!(
        (&loaded.hours[0].schedule, &loaded.hours[0].calendar),
        (&file.hours[0].schedule, &file.hours[0].calendar)
    );
    assert!(loaded.hours[0].calendar.is_some());
}

/// Rows of every release are read by all that follow: this one must stay as it is, and readable.
const FORM_1: &str = include_str!("form-1.json");
const FORM_1_BLOCKED: &str =
    r#"["anonymous","unverified","+1900*",{"who":"+13125550142","note":"rude","until":"2027-01-31"}]"#;

#[test]
fn a_file_is_stored_in_the_first_form() {
    let stored = compile(&file(ALL));
    assert_eq!(stored.rules, FORM_1.trim());
    assert_eq!(stored.lists, [("blocked".to_owned(), FORM_1_BLOCKED.to_owned())]);
}

#[test]
fn the_first_form_is_read() {
    let loaded = PhoneFile::load(FORM_1, [("blocked", FORM_1_BLOCKED)]).unwrap();
    assert_eq!(format!("{loaded:?}"), format!("{:?}", as_loaded(file(ALL))));
}

/// Without what is not stored, for no call asks for it.
fn as_loaded(mut file: PhoneFile) -> PhoneFile {
    file.expect.clear();
    for entry in file.lists.iter_mut().flat_map(|list| &mut list.entries) {
        entry.place = Place::default();
    }
    file
}

#[test]
fn what_was_stored_comes_back_as_it_was_read() {
    for text in cookbook().into_iter().map(|(_, text)| text).chain([SHOP.to_owned(), ALL.to_owned()]) {
        let file = file(&text);
        let stored = compile(&file);
        let loaded = load(&stored);
        assert_eq!(compile(&loaded), stored);
        assert_eq!(format!("{loaded:?}"), format!("{:?}", as_loaded(file)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_call_goes_the_same_way_by_the_stored_file(
        which in any::<prop::sample::Index>(),
        from in prop_oneof![Just(None), (0u32..9_999_999).prop_map(|it| Some(format!("+1312{it:07}")))],
        minute in 0i64..2 * 366 * 24 * 60,
        known in any::<bool>(),
        unverified in any::<bool>(),
        presses in prop::collection::vec(prop::char::range('0', '9'), 0..3),
    ) {
        let texts: Vec<String> =
            cookbook().into_iter().map(|(_, text)| text).chain([SHOP.to_owned(), ALL.to_owned()]).collect();
        let file = file(which.get::<String>(&texts));
        let at = jiff::civil::date(2026, 1, 1).at(0, 0, 0, 0) + jiff::SignedDuration::from_mins(minute);
        let at = at.to_zoned(file.time_zone.clone()).unwrap();
        let from = from.map(|from| PhoneNumber::parse(&from).unwrap());
        let call = Call { from, at, known, unverified, presses, says: Vec::new() };
        prop_assert_eq!(way(&load(&compile(&file)), &call), way(&file, &call));
    }
}

#[test]
fn music_is_stored_and_what_is_unsaid_is_not() {
    let stored = compile(&file(&format!("ringing: {{ wait: music }}\n{ALL}")));
    assert!(stored.rules.contains(r#""hang_up_on_star":false,"wait":"music"}"#), "{}", stored.rules);
    assert_eq!(load(&stored).ringing.wait, domain::WaitSound::Music);
    for unsaid in [format!("ringing: {{ wait: ringing }}\n{ALL}"), ALL.to_owned()] {
        assert!(!compile(&file(&unsaid)).rules.contains("\"wait\""));
    }
}

#[test]
fn silence_is_stored_and_what_is_unsaid_is_not() {
    let text = ALL.replacen("do: reject", "do: silent", 1).replacen("rejects: yes", "silent: yes", 1);
    let stored = compile(&file(&format!("blocked: silent\n{text}")));
    let loaded = load(&stored);
    assert!(stored.rules.contains(r#""blocked":"silent""#) && stored.rules.contains(r#""action":"silent""#));
    assert_eq!((loaded.blocked, &loaded.calls[0].plan[0].action), (Blocked::Silent, &Action::Silent));
    assert!(!compile(&file(&format!("blocked: reject\n{ALL}"))).rules.contains("\"blocked\":"));
}

#[test]
fn unknown_keys_say_nothing_and_missing_ones_are_unsaid() {
    let rules = r#"{"v":1,"later":1,"file":{"number":"+14155550101","mailbox":"ana","time_zone":"UTC",
        "languages":["en"],"moods":["good"],"messages":{"beep":false,"echo":true},"people":[{"id":"ana","place":[4,3,0,1],"hat":"red"}],
        "lists":[{"name":"vip","place":[5,3,0,1]}]}}"#;
    let file = PhoneFile::load(rules, [("vip", "[\"+13125550142\"]"), ("gone", "[")]).unwrap();
    let same = read(
        "number: \"+14155550101\"\ntime_zone: UTC\npeople:\n  ana: { email: ana@example.com }\nlists:\n  vip: [\"+13125550142\"]\nmessages: { beep: no }\n",
    );
    let same = same.unwrap().file;
    assert_eq!((file.keep, &file.messages, file.ringing), (same.keep, &same.messages, same.ringing));
    assert_eq!((file.calls, file.off, file.limit), (same.calls, same.off, same.limit));
    assert_eq!(file.lists[0].entries.len(), 1);
}

#[test]
fn what_cannot_be_read_says_where_and_shows_no_number() {
    let stored = compile(&file(ALL));
    let told = |rules: &str, list: &str| {
        PhoneFile::load(rules, [("blocked", list)]).map(|_| ()).unwrap_err().to_string()
    };
    let newer = stored.rules.replacen("\"v\":1", "\"v\":2", 1);
    assert_eq!(
        told(&newer, "[]"),
        "the phone file is stored in the form 2, which only a later release reads: deploy that one"
    );
    let malformed = told(&stored.rules.replace("+12125550142", "+12125550142x"), "[]");
    assert!(
        malformed.contains("malformed at rules, character ") && !malformed.contains("555"),
        "{malformed}"
    );
    let malformed = told(&stored.rules, "[\"+12125550142x\"]");
    assert!(malformed.contains("malformed at blocked, ") && !malformed.contains("555"), "{malformed}");
    assert_eq!(
        told(&stored.rules.replace("mon-fri", "mon-fry"), "[]"),
        Unreadable::Hours("shop".to_owned()).to_string()
    );
}

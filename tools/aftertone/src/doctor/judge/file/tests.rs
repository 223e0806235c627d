use super::*;
use crate::doctor::check::Health;

const FILE: &str = r#"number: "+14155550100"
time_zone: America/New_York
people:
  ana: { phone: "+12125550142", email: ana@example.com }
  ben: { phone: "+12125550143", email: ben@example.com }
hours:
  shop: { mon-sun: 09:00-17:00 }
calls:
  - { when: shop, do: [ring: ana, voicemail: ana] }
  - { do: [ring: ben, voicemail: ben] }
"#;

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// As it is once it was written.
fn facts(text: &str) -> FileFacts {
    let file = phonefile::read(text).unwrap_or_else(|faults| unreachable!("{faults:#?}")).file;
    FileFacts { version: 7, text: Ok(text.to_owned()), stored: Ok(file.into()) }
}

fn told(facts: &FileFacts) -> Vec<Check> {
    let masked = [number("+14155550100"), number("+14155550199")];
    judge(&masked[0], facts, &masked.iter().collect::<Vec<_>>(), now())
}

fn instead(from: &str, to: &str) -> FileFacts {
    let text = FILE.replace(from, to);
    assert_ne!(text, FILE, "{from}");
    facts(&text)
}

fn with(more: &str) -> FileFacts {
    facts(&format!("{FILE}{more}"))
}

#[test]
fn a_file_that_does_what_it_says_is_good() {
    let ahead = "expect:\n  - { at: 2026-11-23 10:00, rings: [ana] }\n";
    for file in [facts(FILE), with(ahead)] {
        let checks = told(&file);
        let [check] = &checks[..] else { unreachable!("{checks:#?}") };
        assert_eq!((check.health, &check.cure), (Health::Good, &None));
        assert!(check.told.contains("goes by version 7"), "{check:?}");
    }
}

#[test]
fn what_a_file_leaves_out_is_told_with_its_cure() {
    let closed = "closed_until: 2026-12-24 23:00\n";
    let at = |day: &str| format!("expect:\n  - {{ at: {day} 10:00, rings: [ana] }}\n");
    let dates = |day: &str| format!("09:00-17:00, {day}: closed }}");
    let cases = [
        (instead("+12125550143", "+14155550199"), Health::Bad, "`ben` never rings", "own telephone"),
        (
            instead("people:\n", "people:\n  cleo: { phone: \"+12125550144\" }\n"),
            Health::Warning,
            "`cleo` can't be reached: no plan rings them",
            "number edit +14155550100 --file",
        ),
        (
            facts(&FILE.replace("ring: ana, ", "").replace("ring: ben, ", "")),
            Health::Warning,
            "rings nobody",
            "add a `ring`",
        ),
        (
            FileFacts { stored: Err("it is of a later release".to_owned()), ..facts(FILE) },
            Health::Bad,
            "can't go by version 7 of its phone file: it is of a later release",
            "deploy that one again",
        ),
        (
            FileFacts { text: Ok(format!("{FILE}plan: []\n")), ..facts(FILE) },
            Health::Warning,
            "does not take the text any more; calls go on by what is stored",
            "before its next edit",
        ),
        (FileFacts { text: Err("gone".to_owned()), ..facts(FILE) }, Health::Unknown, "not known: gone", ""),
        (
            instead("09:00-17:00 }", &dates("2026-11-28")),
            Health::Warning,
            "line 7: hours.shop: all its dates are over, the last was 2026-11-28",
            "--file",
        ),
        (
            with(&format!("{closed}{}", at("2026-11-23"))),
            Health::Warning,
            "expect: on 2026-11-23 at 10:00 `ben` rings, not `ana`, as it stands now",
            "take out what stands for a while",
        ),
    ];
    for (file, health, what, cure) in cases {
        let checks = told(&file);
        let [check] = &checks[..] else { unreachable!("{what}: {checks:#?}") };
        assert_eq!((check.about, check.health), ("phone file", health), "{check:?}");
        assert!(check.told.contains(what), "{what}: {check:?}");
        assert!(check.cure.as_deref().unwrap_or_default().contains(cure), "{check:?}");
    }
    // It is over before then, or comes later than is looked ahead.
    for more in [closed.replace("12-24", "11-22") + &at("2026-11-23"), closed.to_owned() + &at("2026-12-10")]
    {
        let checks = told(&with(&more));
        assert!(checks.iter().all(|check| check.health == Health::Good), "{checks:#?}");
    }
}

#[test]
fn telephones_that_ring_together_ring_one_a_second() {
    let after = |seconds: &[u64]| -> Vec<Rung> {
        let rung = |it: &u64| Rung { person: "ana".to_owned(), after: Duration::from_secs(*it) };
        seconds.iter().map(rung).collect()
    };
    let cases: [(&[u64], u64); 6] =
        [(&[], 0), (&[0], 0), (&[0, 0, 0], 2), (&[0, 5], 0), (&[0, 0, 0, 1], 2), (&[5, 0, 5, 5], 2)];
    for (people, seconds) in cases {
        assert_eq!(late(&after(people)).as_secs(), seconds, "{people:?}");
    }
    let checks = told(&instead("ring: ana,", "ring: [ana, ben],"));
    let note = checks.iter().find(|check| check.told.contains("rings 2 telephones together")).unwrap();
    assert!(note.health == Health::Good && note.told.contains("1 s late"), "{note:?}");
    assert!(note.cure.as_deref().unwrap().contains("calls a second"), "{note:?}");
}

//! Whatever somebody writes is read, in a short time, to an end.

use std::time::{Duration, Instant};

use phonefile::{read, shown};
use proptest::prelude::*;

use crate::SHOP;

/// Far more than is needed, for slow machines.
const SHORT: Duration = Duration::from_secs(5);

fn is_read(bytes: &[u8]) -> Result<(), TestCaseError> {
    let begun = Instant::now();
    match read(bytes) {
        Ok(checked) => prop_assert!(checked.file.number.reveal().starts_with('+')),
        Err(faults) => {
            prop_assert!(!faults.is_empty());
            let text = String::from_utf8_lossy(bytes);
            prop_assert!(shown(&faults, "shop.yaml", &text).lines().count() >= faults.len());
        }
    }
    prop_assert!(begun.elapsed() < SHORT);
    Ok(())
}

/// YAML in which words of the file stand where they belong, and where they do not.
fn yaml() -> impl Strategy<Value = String> {
    let words = [
        "number",
        "time_zone",
        "people",
        "lists",
        "hours",
        "prompts",
        "menus",
        "plans",
        "calls",
        "expect",
        "from",
        "when",
        "do",
        "ring",
        "for",
        "say",
        "menu",
        "voicemail",
        "ana",
        "shop",
        "vip",
        "blocked",
        "main",
        "1",
        "2",
        "otherwise",
        "words",
        "+14155550101",
        "+1*",
        "40s",
        "mon-fri",
        "09:00-12:00",
        "2026-12-24",
        "not shop",
        "reject",
        "silent",
        "{opens shop}",
        "ä",
        "",
        "~",
        "*a",
        "&a",
        "!x",
        "#",
        "\"",
        "[",
        "}",
        "\t",
    ];
    let word = prop::sample::select(words.to_vec()).prop_map(str::to_owned);
    let leaf = prop_oneof![word.clone(), "[ -~]{0,12}"];
    let node = leaf.prop_recursive(5, 64, 6, move |inner| {
        let entry = (word.clone(), inner.clone()).prop_map(|(key, value)| format!("{key}: {value}"));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(entry.clone(), 0..6)
                .prop_map(|entries| format!("{{ {} }}", entries.join(", "))),
            prop::collection::vec(entry, 1..6).prop_map(|entries| format!("\n  {}", entries.join("\n  "))),
        ]
    });
    let section =
        (prop::sample::select(words.to_vec()), node).prop_map(|(key, value)| format!("{key}: {value}\n"));
    prop::collection::vec(section, 0..12).prop_map(|sections| sections.concat())
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        is_read(&bytes)?;
    }

    #[test]
    fn arbitrary_yaml_is_read_to_an_end(text in yaml()) {
        is_read(text.as_bytes())?;
    }

    #[test]
    fn a_file_with_anything_in_its_midst_is_read_to_an_end(
        at in 0..SHOP.len(), gone in 0_usize..60, put in "[ -~\n]{0,20}",
    ) {
        let boundary = |at: usize| (0..=at.min(SHOP.len())).rfind(|at| SHOP.is_char_boundary(*at)).unwrap_or(0);
        let (begin, end) = (boundary(at), boundary(at + gone));
        let text = [&SHOP[..begin], &put, SHOP.get(end..).unwrap_or_default()].concat();
        is_read(text.as_bytes())?;
    }
}

#[test]
fn what_is_made_to_take_long_is_read_in_a_short_time() {
    let many = |line: &dyn Fn(usize) -> String, count: usize| (0..count).map(line).collect::<String>();
    let doubling = many(&|it| format!("  p{it}: [p{}, p{}, p{}]\n", it + 1, it + 1, it + 1), 40);
    for text in [
        "[".repeat(100_000),
        "a: ".repeat(50_000),
        "- ".repeat(100_000),
        format!("{SHOP}\n{}", "x".repeat(200_000)),
        "&a [*a, *a]\n".repeat(10_000),
        SHOP.replace("plans:\n", &format!("plans:\n{doubling}  p40: [ring: ana]\n"))
            .replace("do: [say: closed", "do: [p0, say: closed"),
        SHOP.replace(
            "  vip:",
            &format!("  more: [{}]\n  vip:", many(&|it| format!("\"+1415{it:07}\", "), 9000)),
        ),
        SHOP.replace(
            "calls:",
            &format!(
                "calls:\n{}",
                many(&|it| format!("  - {{ from: \"+1415{it:07}\", do: voicemail }}\n"), 3000)
            ),
        ),
        SHOP.replace(
            "    sat:",
            &format!(
                "{}    sat:",
                many(&|it| format!("    20{:02}-01-{:02}: closed\n", it % 90 + 10, it % 28 + 1), 5000)
            ),
        ),
        many(&|it| format!("kee{it}: 1\n"), 25_000),
        format!(
            "plans:\n{}calls:\n{}",
            many(&|it| format!("  p{it}: q\n"), 9000),
            many(&|_| "  - do: [pp, pp, pp, pp, pp]\n".to_owned(), 4000)
        ),
        format!("{SHOP}\nx: \"{}\"", "\\e[31m".repeat(9000)),
        format!("calls: [{}]", "{ from: a, from: b, do: c }, ".repeat(8000)),
    ] {
        let begun = Instant::now();
        let _ = read(&text);
        assert!(begun.elapsed() < SHORT, "{:?}: {}…", begun.elapsed(), &text[..60.min(text.len())]);
    }
}

#[test]
fn what_is_told_steers_no_terminal_and_has_an_end() {
    let key = format!("\"\\e[31m{}\"", "x".repeat(900));
    let text = format!("{key}: 1\npeople:\n  {key}: {{ {key}: {key} }}\ncalls: [{{ do: {key} }}]\n");
    let faults = read(&text).unwrap_err();
    assert!(faults.len() >= 5);
    for fault in faults {
        let sentence = fault.sentence();
        assert!(!sentence.contains('\u{1b}') && sentence.chars().count() <= 1002, "{sentence}");
    }
}

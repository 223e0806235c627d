use domain::Language;
use jiff::tz::TimeZone;
use phone::PhoneNumber;

use super::*;

fn shown(from: &str, name: Option<&str>, language: Language) -> ShownCaller {
    let home = PhoneNumber::parse("+14155550100").unwrap();
    let locale = Locale { language, time_zone: &TimeZone::UTC, home: Some(&home) };
    caller(&Caller::parse(from), name, locale)
}

#[test]
fn a_caller_is_shown_by_whatever_is_known() {
    let cases = [
        ("+12125550123", None, "(212) 555-0123", "(212) 555-0123"),
        ("+12125550123", Some("Alice"), "Alice, (212) 555-0123", "Alice<br>(212) 555-0123"),
        ("+4930901820", Some("Alice"), "Alice (+49 30 901820)", "Alice<br>+49 30 901820"),
        ("anonymous", Some("Alice"), "Alice (an unknown caller)", "Alice<br>an unknown caller"),
        ("client:alice", None, "client:alice", "client:alice"),
        ("sip:bob@example.com", None, "sip:bob@example.com", "sip:bob@example.com"),
        // A name that shows nothing is none.
        ("+4930901820", Some(" \u{200b}\r\n"), "+49 30 901820", "+49 30 901820"),
        ("client:\u{202e}<i>", Some("A & B"), "A & B (client:<i>)", "A &amp; B<br>client:&lt;i&gt;"),
    ];
    for (from, name, text, html) in cases {
        let shown = shown(from, name, Language::English);
        assert_eq!((shown.to_string(), shown.html()), (text.to_owned(), html.to_owned()), "{from} {name:?}");
    }
}

#[test]
fn a_withheld_number_is_told_in_the_owners_language() {
    for from in ["anonymous", "restricted", "unavailable"] {
        assert_eq!(shown(from, None, Language::German).to_string(), "Unbekannt");
        assert_eq!(shown(from, None, Language::Spanish).to_string(), "un número desconocido");
    }
}

#[test]
fn a_text_is_seen_on_one_line_without_what_nobody_sees() {
    let cases = [
        ("one\r\ntwo\u{2028}three\tfour", "one  two three four"),
        // What has no width leaves no gap.
        ("a\u{200b}b\u{feff}c\u{0}d", "abcd"),
        // Texts that turn the reading direction hide how a file's name or an address ends.
        ("gnp.\u{202e}exe", "gnp.exe"),
        ("\u{2066}x\u{2069}\u{61c}\u{200f}", "x"),
        // Blanks that do not break a line are blanks.
        ("a b\u{a0}c\u{3000}d", "a b\u{a0}c\u{3000}d"),
    ];
    for (text, seen) in cases {
        assert_eq!(visible(text).collect::<String>(), seen, "{text:?}");
    }
}

#[test]
fn what_nobody_sees_is_hidden_and_what_joins_letters_is_not() {
    let hidden =
        "\u{0}\n\u{7f}\u{85}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202e}\u{2060}\u{206f}\u{feff}";
    for c in hidden.chars() {
        assert!(is_hidden(c), "{c:?}");
    }
    // Emoji and words of some languages fall apart without their joiners.
    for c in " aß人\u{a0}\u{200c}\u{200d}\u{202f}\u{fe0f}".chars() {
        assert!(!is_hidden(c), "{c:?}");
    }
}

#[test]
fn a_name_breaks_no_header() {
    let cases = [
        ("  Ada Lovelace ", "Ada Lovelace"),
        ("Ada\r\nBcc: x@example.com", "Ada  Bcc: x@example.com"),
        ("=?utf-8?q?=0d=0aBcc?=", "= ?utf-8?q?=0d=0aBcc?="),
        // Not even when what is hidden stood within it.
        ("=\u{200b}?utf-8", "= ?utf-8"),
    ];
    for (text, name) in cases {
        assert_eq!(printable(text), name, "{text:?}");
    }
    assert_eq!(printable(&"ä".repeat(201)), "ä".repeat(200));
}

#[test]
fn nothing_in_a_text_counts_as_html() {
    assert_eq!(
        escape(r#"<a href="x" title='y'>R&D</a>"#.chars()),
        "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;R&amp;D&lt;/a&gt;"
    );
    assert_eq!(escape("größer 50 %".chars()), "größer 50 %");
}

//! What Twilio only warns of in a document: it is left out, and the document goes on.

use std::borrow::Cow;

use twiml::voice::Response;

/// The code of a schema warning.
pub(crate) const SCHEMA_WARNING: u32 = 12_200;

/// How much of a document is left out at most; what is worse is refused.
const MOST: usize = 100;

/// A document without the attributes and elements that have no place where they stand, and a warning of each.
/// Its lines stay as they are.
pub(crate) fn tolerated(text: &str) -> (Cow<'_, str>, Vec<String>) {
    let (mut left, mut warnings) = (Cow::Borrowed(text), Vec::new());
    while warnings.len() < MOST {
        let Err(error) = Response::from_xml(&left) else { break };
        let misplaced = error.misplaced(&left).filter(|_| error.code() == SCHEMA_WARNING);
        let Some(range) = misplaced else { break };
        let line = left[..range.start].matches('\n').count() + 1;
        let lines = "\n".repeat(left[range.clone()].matches('\n').count());
        warnings.push(format!("line {line}: {error}; it was left out"));
        left.to_mut().replace_range(range, &lines);
    }
    (left, warnings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Verb, read};

    #[test]
    fn only_what_has_no_place_is_left_out_of_a_document() {
        let all: &[(&str, &[&str], &[&str])] = &[
            ("<Say>Hi.</Say>", &[], &["Say"]),
            ("<Say colour=\"red\">Hi.</Say><Pause/>", &["line 1"], &["Say", "Pause"]),
            ("<Speak>Hi.</Speak>\n<Say>Hi.</Say>", &["line 1"], &["Say"]),
            (
                "\n<say>Hi.</say>\n<Say a='1'\n b='2'>Hi.</Say><Hangup/>",
                &["line 2", "line 3", "line 3"],
                &["Say", "Hangup"],
            ),
            ("<Dial><Number colour=\"red\">+12125550142</Number></Dial>", &["line 1"], &["Dial"]),
            ("<Hangup><Say>Hi.</Say></Hangup>", &["line 1"], &["Hangup"]),
        ];
        for (verbs, lines, names) in all {
            let text = format!("<Response>{verbs}</Response>");
            let (left, warnings) = tolerated(&text);
            assert_eq!(left.lines().count(), text.lines().count(), "{left}");
            let program = read::twiml(&left).unwrap_or_else(|error| panic!("{left}: {error}"));
            let found: Vec<&str> = program.verbs.iter().map(Verb::name).collect();
            assert_eq!(found, *names, "{left}");
            assert_eq!(warnings.len(), lines.len(), "{warnings:?}");
            for (warning, line) in warnings.iter().zip(*lines) {
                assert!(warning.starts_with(line), "{warning}");
            }
        }
    }

    #[test]
    fn what_is_worse_than_a_warning_stays_and_is_refused() {
        for verbs in ["<Say>Hi.", "<Pause length=\"soon\"/>", "Hi.", "<Dial><Say>Hi.</Say></Dial>"] {
            let text = format!("<Response>{verbs}</Response>");
            let (left, warnings) = tolerated(&text);
            assert_eq!((&*left, warnings.len()), (&*text, 0));
            assert!(read::twiml(&left).is_err());
        }
        let endless = format!("<Response>{}</Response>", "<x/>".repeat(MOST + 1));
        assert_eq!(tolerated(&endless).1.len(), MOST);
    }
}

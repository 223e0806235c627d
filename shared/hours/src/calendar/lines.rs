//! The lines of an `.ics` text.
//!
//! Source: RFC 5545, 3.1: a line that begins with a space goes on where the one before was broken.

use std::ops::Range;

/// A property: `NAME;PARAMETER=VALUE:VALUE`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Property {
    /// On which line it begins: 1 is the first.
    pub(crate) line: usize,
    /// Which bytes of the text.
    pub(crate) range: Range<usize>,
    /// In capitals.
    pub(crate) name: String,
    /// Names in capitals; values without quotes.
    pub(crate) parameters: Vec<(String, String)>,
    /// `None` without a colon.
    pub(crate) value: Option<String>,
}

impl Property {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn value(&self) -> &str {
        self.value.as_deref().unwrap_or_default().trim()
    }
}

/// The properties of a text, without empty lines.
pub(crate) fn properties(text: &str) -> Vec<Property> {
    let mut whole: Vec<(usize, Range<usize>, String)> = Vec::new();
    let mut at = 0;
    for (nth, physical) in text.split('\n').enumerate() {
        let start = at;
        at += physical.len() + 1;
        let line = physical.strip_suffix('\r').unwrap_or(physical);
        let end = start + line.len();
        let line = if nth == 0 { line.trim_start_matches('\u{feff}') } else { line };
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(further), Some((_, range, before))) => {
                before.push_str(further);
                range.end = end;
            }
            _ if line.trim().is_empty() => {}
            _ => whole.push((nth + 1, start..end, line.to_owned())),
        }
    }
    whole.into_iter().map(|(line, range, text)| property(line, range, &text)).collect()
}

fn property(line: usize, range: Range<usize>, text: &str) -> Property {
    let mut is_quoted = false;
    let mut parts = vec![String::new()];
    let mut value = None;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ':' if !is_quoted => {
                value = text.get(at + 1..).map(str::to_owned);
                break;
            }
            ';' if !is_quoted => parts.push(String::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.push(letter);
                }
            }
        }
    }
    let mut parts = parts.into_iter();
    let name = parts.next().unwrap_or_default().trim().to_ascii_uppercase();
    let parameters = parts.filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_uppercase(), value.trim().to_owned()))
    });
    Property { line, range, name, parameters: parameters.collect(), value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_is_one_and_keeps_its_place() {
        let text = "\u{feff}BEGIN:VEVENT\r\nSUMMARY;X=\"a:b;c\":Old\r\n  and new\r\n\r\nnothing\n";
        let told: Vec<_> = properties(text)
            .into_iter()
            .map(|it| (it.line, text[it.range.clone()].to_owned(), it.name.clone(), it.value))
            .collect();
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                (1, "\u{feff}BEGIN:VEVENT".to_owned(), "BEGIN".to_owned(), value("VEVENT")),
                (
                    2,
                    "SUMMARY;X=\"a:b;c\":Old\r\n  and new".to_owned(),
                    "SUMMARY".to_owned(),
                    value("Old and new")
                ),
                (5, "nothing".to_owned(), "NOTHING".to_owned(), None),
            ]
        );
        assert_eq!(properties(text)[1].parameter("X"), Some("a:b;c"));
    }
}

//! Line breaks and indents for people.

use quick_xml::Reader;
use quick_xml::events::Event;

const INDENT: &str = "  ";

/// Breaks the lines of a document that this crate wrote.
///
/// White space is added only beside tags where it means nothing: never within a Say, whose
/// words and marks are spoken as they stand.
pub(crate) fn indented(xml: &str) -> String {
    let mut reader = Reader::from_str(xml);
    let mut output = String::with_capacity(xml.len() * 2);
    let mut depth = 0_usize;
    // How deep the Say is in which we are.
    let mut say: Option<usize> = None;
    let mut after_tag = false;
    let mut start = 0;
    while let Ok(event) = reader.read_event() {
        let end = usize::try_from(reader.buffer_position()).unwrap_or(xml.len());
        let piece = xml.get(start..end).unwrap_or_default();
        start = end;
        let closes = matches!(event, Event::End(_));
        if closes {
            depth = depth.saturating_sub(1);
        }
        let tag = matches!(event, Event::Start(_) | Event::Empty(_));
        if say.is_none() && (tag || closes && after_tag) {
            output.push('\n');
            output.extend(std::iter::repeat_n(INDENT, depth));
        }
        output.push_str(piece);
        match event {
            Event::Eof => break,
            Event::Start(tag) => {
                if tag.name().as_ref() == "Say" {
                    say.get_or_insert(depth);
                }
                depth += 1;
                after_tag = false;
            }
            Event::Empty(_) => after_tag = true,
            Event::End(_) => {
                if say == Some(depth) {
                    say = None;
                }
                after_tag = true;
            }
            _ => after_tag = false,
        }
    }
    output.push('\n');
    output
}

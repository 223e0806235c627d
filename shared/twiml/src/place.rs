//! Where in a document something is wrong that is known by its path.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::error::{Position, ReadError};
use crate::problem::{Path, Problem};

impl ReadError {
    /// Where in `document`, which could not be read, the trouble begins; `None` for what has no place.
    pub fn position(&self, document: &str) -> Option<Position> {
        match self {
            Self::NotXml { place, .. } => Some(*place),
            Self::Schema { path, problem } => {
                let begin = offset_of(document, path, problem)?;
                Some(Position::of(document, begin))
            }
            _ => None,
        }
    }

    /// The bytes of the attribute or element in `document` that has no place where it stands, with the white space
    /// before an attribute; `None` for other troubles.
    pub fn misplaced(&self, document: &str) -> Option<Range<usize>> {
        let Self::Schema { path, problem } = self else { return None };
        let begin = offset_of(document, path, problem)?;
        let rest = document.get(begin..)?;
        let mut reader = Reader::from_str(rest);
        let event = reader.read_event().ok()?;
        let (Event::Start(element) | Event::Empty(element)) = &event else { return None };
        let found = element.name();
        let found: &str = found.as_ref();
        match problem {
            Problem::Element { name, .. } if name == found => {
                if matches!(event, Event::Start(_)) {
                    reader.read_to_end(element.name()).ok()?;
                }
                let length = usize::try_from(reader.buffer_position()).ok()?;
                Some(begin..begin + length)
            }
            Problem::Attribute { name, .. } => {
                let range = attribute_in(rest, name)?;
                Some(begin + range.start..begin + range.end)
            }
            _ => None,
        }
    }
}

/// Where an attribute stands in a text that begins with its element's tag.
fn attribute_in(tag: &str, name: &str) -> Option<Range<usize>> {
    let mut at = tag.find(|letter: char| letter.is_whitespace() || matches!(letter, '/' | '>'))?;
    loop {
        let rest = tag.get(at..)?;
        let (key, after) = rest.split_once('=')?;
        let value = after.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let length = value.get(1..)?.find(quote)? + 2;
        let end = tag.len() - value.len() + length;
        if key.contains('>') {
            return None;
        }
        if key.trim() == name {
            return Some(at..end);
        }
        at = end;
    }
}

/// The byte at which the element begins that a path leads to, or the child of it that has no place there.
fn offset_of(document: &str, path: &Path, problem: &Problem) -> Option<usize> {
    let misplaced = match problem {
        Problem::Element { name, .. } => Some(name.as_str()),
        _ => None,
    };
    let mut reader = Reader::from_str(document);
    // How many children each open element has had, and how many of the open ones are on the way.
    let mut children = vec![0_usize];
    let mut on_the_way = 0;
    let mut found = None;
    loop {
        let begin = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let depth = children.len() - 1;
        match &event {
            Event::Start(element) | Event::Empty(element) => {
                let place = children.last_mut()?;
                *place += 1;
                let place = *place;
                let name = element.name();
                let name: &str = name.as_ref();
                if depth == on_the_way {
                    if let Some(step) = path.elements.get(depth) {
                        if step.name == name && step.position.is_none_or(|position| position == place) {
                            on_the_way += 1;
                            found = Some(begin);
                            if on_the_way == path.elements.len() && misplaced.is_none() {
                                return found;
                            }
                        }
                    } else if misplaced == Some(name) {
                        return Some(begin);
                    }
                }
                if matches!(event, Event::Start(_)) {
                    children.push(0);
                }
            }
            Event::Text(text) => {
                let text: &str = text.as_ref();
                if !text.trim().is_empty() {
                    *children.last_mut()? += 1;
                }
            }
            Event::End(_) => {
                children.pop();
                if on_the_way > children.len().saturating_sub(1) && found.is_some() {
                    return found;
                }
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::voice::Response;

    #[test]
    fn what_has_no_place_is_found_from_its_begin_to_its_end() {
        for (document, misplaced) in [
            ("<Response><Sayy>x</Sayy><Say>Hi.</Say></Response>", Some("<Sayy>x</Sayy>")),
            (
                "<Response><Say>Hi.</Say><Sayy a=\"/>\"><Sayy/></Sayy></Response>",
                Some("<Sayy a=\"/>\"><Sayy/></Sayy>"),
            ),
            ("<Response><Hang/></Response>", Some("<Hang/>")),
            ("<Response><Gather><Say>1</Say><Say x='1>2'>2</Say></Gather></Response>", Some(" x='1>2'")),
            (
                "<Response><Say voice=\"a=b\" \n colour = \"red\" loop=\"1\">Hi.</Say></Response>",
                Some(" \n colour = \"red\""),
            ),
            ("<Response><Pause lenght=\"3\"/></Response>", Some(" lenght=\"3\"")),
            ("<Response><Pause length=\"soon\"/></Response>", None),
            ("<Response>Hi.</Response>", None),
            ("<Response><Say>Hi.</Response>", None),
        ] {
            let error = Response::from_xml(document).unwrap_err();
            let found = error.misplaced(document).map(|range| &document[range]);
            assert_eq!(found, misplaced, "{document}\n{error}");
        }
    }

    #[test]
    fn a_fault_is_found_on_its_line() {
        for (document, line) in [
            ("<Response>\n<Say>Hi.</Say>\n<Sayy>x</Sayy></Response>", 3),
            ("<Response>\n\n<Say>Hi.</Say>\n  <Dial timeout=\"soon\">+12125550142</Dial></Response>", 4),
            ("<Response>\n<Gather>\n<Say>One</Say>\n<Dial>x</Dial></Gather></Response>", 4),
            ("<Response>\n<Say>Hi.</Say>\n<Pause lenght=\"3\"/></Response>", 3),
            ("<Response>\n<Say>Hi.</Response>", 2),
            ("<Response>\n<Dial>\n<Number sendDigits=\"x\">+1</Number>\n</Dial></Response>", 3),
        ] {
            let error = Response::from_xml(document).unwrap_err();
            let place = error.position(document).map(|place| place.line);
            assert_eq!(place, Some(line), "{document}\n{error}");
        }
    }
}

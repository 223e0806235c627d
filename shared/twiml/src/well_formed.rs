//! The first look at a document that is read: is it XML at all?
//!
//! quick-xml's deserializer is lenient: it passes over prefixes, takes any name and any
//! character, and ends at the root's end tag. This check is strict, and knows where in the
//! document it is.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use crate::MAX_BYTES;
use crate::error::{Position, ReadError};
use crate::problem::{Path, Problem, Step};
use crate::values::{XML_SPACE, is_xml_char};

/// The name of every root element.
pub(crate) const ROOT: &str = "Response";

/// How deep elements may stand within each other; speech marks have their own, lower limit.
/// quick-xml stops at 128.
const MAX_ELEMENT_DEPTH: usize = 64;

/// Elements in which white space is part of what is said. Within them it is, too.
const VERBATIM: [&str; 4] = ["Say", "Sms", "Task", "Body"];

/// Stands before each text in which white space counts: the deserializer would drop a text of
/// nothing else. No document may hold this character, and [`crate::values::Text`] drops it.
const KEEP: char = '\u{FFFF}';

/// The document as the deserializer is to see it.
pub(crate) fn checked(xml: &str) -> Result<String, ReadError> {
    if xml.len() > MAX_BYTES {
        return Err(ReadError::TooLarge { bytes: xml.len() });
    }
    if xml.trim_matches(XML_SPACE).is_empty() {
        return Err(ReadError::Empty);
    }
    let mut check = Check {
        xml,
        reader: Reader::from_str(xml),
        start: 0,
        open: Vec::new(),
        root: None,
        misplaced: None,
        within_text: false,
        output: String::with_capacity(xml.len() + 64),
        copied: 0,
    };
    check.run()?;
    let Check { root, misplaced, mut output, copied, .. } = check;
    match root {
        None => {
            let reason = "there is no element".to_owned();
            return Err(ReadError::NotXml { reason, place: Position::of(xml, xml.len()) });
        }
        Some(found) if found != ROOT => return Err(ReadError::Root { found }),
        Some(_) => {}
    }
    if let Some(error) = misplaced {
        return Err(error);
    }
    output.push_str(xml.get(copied..).unwrap_or_default());
    Ok(output)
}

struct Open {
    name: String,
    verbatim: bool,
    children: usize,
    position: Option<usize>,
}

struct Check<'a> {
    xml: &'a str,
    reader: Reader<&'a [u8]>,
    /// Where the current event begins.
    start: usize,
    open: Vec<Open>,
    root: Option<String>,
    /// The first error that only counts if the document is well-formed to its end.
    misplaced: Option<ReadError>,
    /// Whether the event before was text, too.
    within_text: bool,
    output: String,
    /// How much of the document the output has.
    copied: usize,
}

impl Check<'_> {
    fn run(&mut self) -> Result<(), ReadError> {
        self.reader.config_mut().check_comments = true;
        if self.xml.starts_with('\u{FEFF}') {
            return self.fail("a byte order mark stands before the document");
        }
        loop {
            self.start = self.position();
            let event = self.reader.read_event();
            let event = event.or_else(|error| {
                self.start = usize::try_from(self.reader.error_position()).unwrap_or(self.start);
                self.fail(error.to_string())
            })?;
            let raw = self.xml.get(self.start..self.position()).unwrap_or_default();
            if let Some(character) = raw.chars().find(|&character| !is_xml_char(character)) {
                return self.fail(format!("{character:?} can't stand in XML"));
            }
            match event {
                Event::Eof => break,
                Event::Decl(declaration) => self.declaration(&declaration)?,
                Event::DocType(_) => return self.fail("a document type has no place in TwiML"),
                Event::PI(instruction) => {
                    let target = instruction.target();
                    if !is_name(target) || target.eq_ignore_ascii_case("xml") {
                        return self.fail("an XML declaration stands only at the very beginning");
                    }
                }
                Event::Comment(comment) => {
                    if comment.as_ref().ends_with('-') {
                        return self.fail("a comment ends with -->, not --->");
                    }
                }
                Event::Text(text) => {
                    if text.as_ref().contains("]]>") {
                        return self.fail("]]> stands in text; write ]]&gt;");
                    }
                    self.text(text.as_ref().trim_matches(XML_SPACE).is_empty())?;
                }
                Event::CData(_) => self.text(false)?,
                Event::GeneralRef(reference) => {
                    self.reference(&reference)?;
                    self.text(false)?;
                }
                Event::Start(tag) => self.element(&tag, true)?,
                Event::Empty(tag) => self.element(&tag, false)?,
                Event::End(_) => {
                    self.within_text = false;
                    self.open.pop();
                }
            }
        }
        match self.open.last() {
            Some(open) => self.fail(format!("{} is not closed", open.name)),
            None => Ok(()),
        }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn fail<T>(&self, reason: impl Into<String>) -> Result<T, ReadError> {
        Err(ReadError::NotXml { reason: reason.into(), place: Position::of(self.xml, self.start) })
    }

    fn declaration(&mut self, declaration: &BytesDecl<'_>) -> Result<(), ReadError> {
        if self.start > 0 {
            return self.fail("an XML declaration stands only at the very beginning");
        }
        let content: &str = declaration;
        let tag = BytesStart::from_content(content, "xml".len());
        if !is_spaced(tag.attributes_raw()) {
            return self.fail("there is no space within the XML declaration");
        }
        let mut parts = Vec::new();
        for attribute in tag.attributes() {
            let Ok(attribute) = attribute else {
                return self.fail("the XML declaration can't be read");
            };
            parts.push((attribute.key.as_ref().to_owned(), attribute.value.into_owned()));
        }
        let mut parts = parts.iter().map(|(key, value)| (key.as_str(), value.as_str())).peekable();
        match parts.next() {
            Some(("version", "1.0")) => {}
            Some(("version", version)) => {
                return Err(ReadError::Version { version: version.to_owned() });
            }
            _ => return self.fail("the XML declaration begins with the version"),
        }
        if let Some((_, encoding)) = parts.next_if(|(key, _)| *key == "encoding")
            && !["UTF-8", "US-ASCII"].iter().any(|known| encoding.eq_ignore_ascii_case(known))
        {
            return self.fail(format!("the encoding is UTF-8, not {encoding:?}"));
        }
        parts.next_if(|part| matches!(part, ("standalone", "yes" | "no")));
        match parts.next() {
            Some((key, _)) => self.fail(format!("{key:?} has no place in an XML declaration")),
            None => Ok(()),
        }
    }

    fn reference(&self, reference: &BytesRef<'_>) -> Result<(), ReadError> {
        let name: &str = reference.as_ref();
        match reference.resolve_char_ref() {
            Ok(Some(character)) if is_xml_char(character) => Ok(()),
            Ok(None) if resolve_predefined_entity(name).is_some() => Ok(()),
            _ => self.fail(format!("&{name}; is no character")),
        }
    }

    fn text(&mut self, blank: bool) -> Result<(), ReadError> {
        let Some(open) = self.open.last_mut() else {
            return if blank { Ok(()) } else { self.fail("text stands outside of the root element") };
        };
        if !self.within_text && (open.verbatim || !blank) {
            open.children += 1;
        }
        if !self.within_text && open.verbatim {
            self.output.push_str(self.xml.get(self.copied..self.start).unwrap_or_default());
            self.output.push(KEEP);
            self.copied = self.start;
        }
        self.within_text = true;
        Ok(())
    }

    fn element(&mut self, tag: &BytesStart<'_>, stays_open: bool) -> Result<(), ReadError> {
        self.within_text = false;
        let name = tag.name().as_ref().to_owned();
        if !is_name(&name) {
            return self.fail(format!("{name:?} is no name of an element"));
        }
        if self.open.is_empty() {
            if self.root.is_some() {
                return self.fail("there is more than one root element");
            }
            self.root = Some(name.clone());
        }
        let position = self.open.last_mut().map(|parent| {
            parent.children += 1;
            parent.children
        });
        if name.contains(':') {
            self.misplace(Problem::Element { name: name.clone(), allowed: Vec::new() });
        }
        if self.open.len() == MAX_ELEMENT_DEPTH {
            self.misplace(Problem::Depth);
        }
        let verbatim =
            VERBATIM.contains(&name.as_str()) || self.open.last().is_some_and(|parent| parent.verbatim);
        self.open.push(Open { name, verbatim, children: 0, position });
        self.attributes(tag)?;
        if !stays_open {
            self.open.pop();
        }
        Ok(())
    }

    fn attributes(&mut self, tag: &BytesStart<'_>) -> Result<(), ReadError> {
        if !is_spaced(tag.attributes_raw()) {
            return self.fail("there is no space between two attributes");
        }
        for attribute in tag.attributes() {
            let Attribute { key, value } = match attribute {
                Ok(attribute) => attribute,
                Err(error) => return self.fail(error.to_string()),
            };
            let name = key.as_ref();
            if !is_name(name) {
                return self.fail(format!("{name:?} is no name of an attribute"));
            }
            if value.contains('<') {
                return self.fail(format!("< stands in the attribute {name:?}; write &lt;"));
            }
            let attribute = Attribute { key, value: value.clone() };
            match attribute.normalized_value(XmlVersion::Explicit1_0) {
                Ok(value) if value.chars().all(is_xml_char) => {}
                Ok(_) => return self.fail(format!("a character of {name:?} can't stand in XML")),
                Err(error) => return self.fail(error.to_string()),
            }
            if name.contains(':') && name != "xml:lang" {
                let name = name.to_owned();
                self.misplace(Problem::Attribute { name, allowed: Vec::new() });
            }
        }
        Ok(())
    }

    /// Keeps the first problem that is one of TwiML rather than of XML.
    fn misplace(&mut self, problem: Problem) {
        if self.misplaced.is_some() {
            return;
        }
        // Of what is too deep the verb says enough.
        let shown = if problem == Problem::Depth { 2 } else { self.open.len() };
        let elements = self
            .open
            .iter()
            .take(shown)
            .map(|open| Step { name: open.name.clone(), position: open.position })
            .collect();
        self.misplaced = Some(ReadError::Schema { path: Path { elements, attribute: None }, problem });
    }
}

/// Whether white space follows each value; quick-xml can do without.
fn is_spaced(attributes: &str) -> bool {
    let mut quote = None;
    let mut after_value = false;
    for character in attributes.chars() {
        if after_value && !XML_SPACE.contains(&character) {
            return false;
        }
        after_value = quote == Some(character);
        if after_value {
            quote = None;
        } else if quote.is_none() && matches!(character, '"' | '\'') {
            quote = Some(character);
        }
    }
    true
}

/// Whether XML 1.0 takes it for a name (its production `Name`).
fn is_name(name: &str) -> bool {
    let starts = |c| {
        matches!(c,
            ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
            | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
            | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
            | '\u{10000}'..='\u{EFFFF}')
    };
    let follows = |c| {
        starts(c)
            || matches!(c,
                '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
    };
    let mut characters = name.chars();
    characters.next().is_some_and(starts) && characters.all(follows)
}

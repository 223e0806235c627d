//! YAML as a tree in which everything knows its place.

use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, ScanError};

use crate::fault::{Fault, Weight};
use crate::place::{Place, Source};

/// How deep lists and maps may stand in each other.
const DEPTH: usize = 24;

/// A piece of YAML.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) what: What,
}

/// What a piece of YAML is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Nothing,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// What was read of a file.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: Node,
    pub(crate) faults: Vec<Fault>,
    /// The sections of which a part could not be read: what is not found there may stand there.
    pub(crate) broken: Vec<String>,
}

impl Node {
    /// The things of a list, or a thing alone.
    pub(crate) fn items(&self) -> Vec<&Self> {
        match &self.what {
            What::Nothing => Vec::new(),
            What::List(items) => items.iter().collect(),
            What::Text(_) | What::Map(_) => vec![self],
        }
    }

    /// What it is, for a fault.
    pub(crate) fn kind(&self) -> &'static str {
        match self.what {
            What::Nothing => "nothing",
            What::Text(_) => "a text",
            What::List(_) => "a list",
            What::Map(_) => "a map",
        }
    }
}

/// Reads all that can be read: where a section is no YAML, the others are read without it, and of itself the
/// parts that are.
pub(crate) fn parse(source: &Source) -> Tree {
    let whole = 0..source.text.len();
    let empty = || Node { place: source.place(0..0), what: What::Nothing };
    let mut faults = Vec::new();
    let error = match document(source, whole.clone(), &mut faults) {
        Ok(root) => return Tree { root: root.unwrap_or_else(empty), faults, broken: Vec::new() },
        Err(error) => *error,
    };
    faults.clear();
    let (mut entries, mut broken) = (Vec::new(), Vec::new());
    for section in pieces(source.text, whole, 0) {
        match document(source, section.clone(), &mut faults) {
            Ok(Some(Node { what: What::Map(map), .. })) => entries.extend(map),
            Ok(Some(node)) => {
                faults.push(fault(node.place, "this belongs to no section".to_owned(), MAP_CURE));
            }
            Ok(None) => {}
            Err(error) => {
                if let Some((key, value)) = mended(source, section.clone(), &mut faults, *error) {
                    if let What::Text(name) = &key.what {
                        broken.push(name.clone());
                    }
                    entries.push((key, value));
                }
            }
        }
    }
    if faults.is_empty() {
        faults.push(error);
    }
    Tree { root: Node { place: source.place(0..0), what: What::Map(entries) }, faults, broken }
}

const MAP_CURE: &str = "begin a line with a section's name and a colon, like `people:`";

/// Of a section that is no YAML, the parts that are.
fn mended(
    source: &Source,
    section: Range<usize>,
    faults: &mut Vec<Fault>,
    error: Fault,
) -> Option<(Node, Node)> {
    let text = source.text.get(section.clone())?;
    let first_line = text.find('\n').map_or(text.len(), |at| at + 1);
    let name = text[..first_line].split_once(':')?.0.trim_end();
    let key = Node {
        place: source.place(section.start..section.start + name.len()),
        what: What::Text(name.trim_matches(['"', '\'']).to_owned()),
    };
    let body = section.start + first_line..section.end;
    let indent = source.text[body.clone()]
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .next()
        .unwrap_or(0);
    let before = faults.len();
    let (mut list, mut map) = (Vec::new(), Vec::new());
    for piece in pieces(source.text, body, indent) {
        match document(source, piece, faults) {
            Ok(Some(Node { what: What::List(items), .. })) => list.extend(items),
            Ok(Some(Node { what: What::Map(entries), .. })) => map.extend(entries),
            Ok(_) => {}
            Err(error) => faults.push(*error),
        }
    }
    if faults.len() == before {
        faults.push(error);
    }
    let what = match (list.is_empty(), map.is_empty()) {
        (true, true) => What::Nothing,
        (false, _) => What::List(list),
        (true, false) => What::Map(map),
    };
    Some((key, Node { place: source.place(section), what }))
}

/// What begins at lines of such an indentation, each up to the next.
fn pieces(text: &str, within: Range<usize>, indent: usize) -> Vec<Range<usize>> {
    let mut begins = Vec::new();
    let mut at = within.start;
    for line in text[within.clone()].split_inclusive('\n') {
        let body = line.trim_start_matches(' ');
        let is_begin = line.len() - body.len() <= indent && !body.trim().is_empty() && !body.starts_with('#');
        // Brackets that end alone on a line belong to what they end.
        if is_begin && !body.starts_with([']', '}']) {
            begins.push(at);
        }
        at += line.len();
    }
    let ends = begins.iter().skip(1).copied().chain([within.end]);
    begins.iter().copied().zip(ends).map(|(from, to)| from..to).collect()
}

fn fault(place: Place, cause: String, cure: &str) -> Fault {
    Fault { weight: Weight::Error, place, cause, cure: cure.to_owned() }
}

/// A list or map that has not ended yet.
struct Open {
    from: usize,
    is_map: bool,
    children: Vec<Node>,
}

/// Reads a part of the text as a document. None if there is nothing in it.
fn document(
    source: &Source,
    part: Range<usize>,
    faults: &mut Vec<Fault>,
) -> Result<Option<Node>, Box<Fault>> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.block_nesting_limit = DEPTH;
    options.flow_nesting_limit = DEPTH;
    let text = source.text.get(part.clone()).unwrap_or_default();
    let (mut open, mut root, mut documents): (Vec<Open>, Option<Node>, usize) = (Vec::new(), None, 0);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| Box::new(no_yaml(source, part.start, &error)))?;
        let bytes = span.byte_range().unwrap_or(0..0);
        let bytes = part.start + bytes.start..part.start + bytes.end;
        let place = || source.place(bytes.clone());
        let node = match event {
            Event::Scalar(text, style, anchor, tag) => {
                refuse_extras(anchor, tag.is_some(), place(), faults);
                let is_nothing = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let what = if is_nothing { What::Nothing } else { What::Text(text.into_owned()) };
                Node { place: place(), what }
            }
            Event::Alias(_) => {
                faults.push(fault(place(), "what begins with * repeats another part".to_owned(), OUT));
                Node { place: place(), what: What::Nothing }
            }
            Event::SequenceStart(_, anchor, tag) => {
                refuse_extras(anchor, tag.is_some(), place(), faults);
                open.push(Open { from: bytes.start, is_map: false, children: Vec::new() });
                continue;
            }
            Event::MappingStart(_, anchor, tag) => {
                refuse_extras(anchor, tag.is_some(), place(), faults);
                open.push(Open { from: bytes.start, is_map: true, children: Vec::new() });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { from, is_map, children }) = open.pop() else { continue };
                let what = if is_map { What::Map(pairs(children)) } else { What::List(children) };
                Node { place: source.place(from..bytes.end), what }
            }
            Event::DocumentStart(..) => {
                documents += 1;
                if documents == 2 {
                    let cause = "a second document begins here".to_owned();
                    faults.push(fault(place(), cause, "write one file for each number"));
                }
                continue;
            }
            _ => continue,
        };
        match open.last_mut() {
            Some(open) => open.children.push(node),
            None if root.is_none() => root = Some(node),
            None => {}
        }
    }
    Ok(root.filter(|root| !matches!(root.what, What::Nothing)))
}

const OUT: &str = "write it out: names of plans, prompts and hours are for what stands in several places";

fn refuse_extras(anchor: usize, tagged: bool, place: Place, faults: &mut Vec<Fault>) {
    if anchor != 0 {
        faults.push(fault(place, "what begins with & is to be repeated elsewhere".to_owned(), OUT));
    }
    if tagged {
        faults.push(fault(place, "what begins with ! means nothing here".to_owned(), "leave it out"));
    }
}

fn pairs(children: Vec<Node>) -> Vec<(Node, Node)> {
    let mut pairs = Vec::with_capacity(children.len() / 2);
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        pairs.push((key, value));
    }
    pairs
}

fn no_yaml(source: &Source, offset: usize, error: &ScanError) -> Fault {
    let at = offset + error.marker().byte_offset().unwrap_or(0);
    let info = error.info();
    let cure = match &*info {
        _ if info.contains("tab") => "Indent with spaces",
        _ if info.contains("nest") || info.contains("depth") || info.contains("limit") => {
            "Give what stands this deep a name of its own, as a plan or a menu"
        }
        _ => "Look for a missing quote, bracket or colon, here or in the line before",
    };
    fault(source.place(at..at + 1), format!("this is no YAML: {info}"), cure)
}

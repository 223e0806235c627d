//! From a value to a document and back.

use crate::MAX_BYTES;
use crate::error::{Excess, ReadError, WriteError};
use crate::pretty;
use crate::problem::{Path, Problem, Step};
use crate::well_formed::{self, ROOT};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

/// What stands before every root element.
pub(crate) const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// A root element.
pub(crate) trait RootElement: Serialize + DeserializeOwned {
    /// What of it is more than a document may hold.
    fn excess(&self) -> Option<Excess>;
}

pub(crate) fn write<D: RootElement>(document: &D) -> Result<String, WriteError> {
    if let Some(excess) = document.excess() {
        return Err(excess.into());
    }
    let mut xml = String::from(DECLARATION);
    quick_xml::se::to_writer_with_root(&mut xml, ROOT, document)?;
    limited(xml)
}

pub(crate) fn write_pretty<D: RootElement>(document: &D) -> Result<String, WriteError> {
    limited(pretty::indented(&write(document)?))
}

fn limited(xml: String) -> Result<String, WriteError> {
    let bytes = xml.len();
    if bytes > MAX_BYTES { Err(WriteError::TooLarge { bytes }) } else { Ok(xml) }
}

pub(crate) fn read<D: RootElement>(xml: &str) -> Result<D, ReadError> {
    let xml = well_formed::checked(xml)?;
    let mut deserializer = quick_xml::de::Deserializer::from_str(&xml);
    let document: D = serde_path_to_error::deserialize(&mut deserializer).map_err(schema_error)?;
    match document.excess() {
        Some(excess) => Err(excess.into()),
        None => Ok(document),
    }
}

fn schema_error(error: serde_path_to_error::Error<quick_xml::DeError>) -> ReadError {
    let mut path = path(error.path());
    let problem = problem(&error.into_inner());
    // What has no place is named by the problem; the path leads to where it stands.
    match &problem {
        Problem::Value(_) => {}
        Problem::Element { name, .. } => {
            path.elements.pop_if(|step| step.name == *name && step.position.is_none());
        }
        _ => path.attribute = None,
    }
    ReadError::Schema { path, problem }
}

/// From serde's fields, variants and indices to elements and attributes.
fn path(segments: &serde_path_to_error::Path) -> Path {
    let mut path = Path { elements: vec![Step { name: ROOT.to_owned(), position: None }], attribute: None };
    let mut position = None;
    for segment in segments {
        match segment {
            Segment::Seq { index } => {
                position = Some(index + 1);
                // Of `Parameter[2]` the name came first.
                if let Some(step) = path.elements.last_mut()
                    && step.position == Some(0)
                {
                    step.position = position.take();
                }
            }
            Segment::Enum { variant } if !variant.starts_with('$') => {
                path.elements.push(Step { name: variant.clone(), position: position.take() });
            }
            Segment::Map { key } => {
                if let Some(attribute) = key.strip_prefix('@') {
                    path.attribute = Some(attribute.to_owned());
                } else if !key.starts_with('$') {
                    path.elements.push(Step { name: key.clone(), position: Some(0) });
                }
            }
            _ => {}
        }
    }
    for step in &mut path.elements {
        step.position = step.position.filter(|&position| position > 0);
    }
    path
}

/// From serde's words, which are the same for every format, to what is wrong.
fn problem(error: &quick_xml::DeError) -> Problem {
    let message = error.to_string();
    let quoted =
        |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    if let Some(names) =
        message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))
    {
        let mut names = quoted(names).into_iter();
        let name = names.next().unwrap_or_default();
        if name.starts_with('$') {
            return Problem::Text;
        }
        return match name.strip_prefix('@') {
            Some(attribute) => Problem::Attribute {
                name: attribute.to_owned(),
                allowed: names.filter_map(|name| name.strip_prefix('@').map(str::to_owned)).collect(),
            },
            None => Problem::Element {
                name,
                allowed: names.filter(|name| !name.starts_with(['@', '$'])).collect(),
            },
        };
    }
    if let Some(names) = message.strip_prefix("duplicate field ") {
        let name = quoted(names).into_iter().next().unwrap_or_default();
        let name = if name.starts_with('$') { String::new() } else { name };
        return Problem::Repeated { name };
    }
    Problem::Value(message)
}

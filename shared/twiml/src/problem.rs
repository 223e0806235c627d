//! What is wrong where, in a document that is XML.

use std::fmt;

/// The way from the root to an element or an attribute.
///
/// Shown as `Response > Dial[2] > Number[1] > @sendDigits`, where the number is the element's
/// place among all that its parent holds, texts included, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// The elements from the root on.
    pub elements: Vec<Step>,
    /// The attribute, if it is one.
    pub attribute: Option<String>,
}

/// An element on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The element's name.
    pub name: String,
    /// Its place among all that its parent holds, texts included, counted from 1, if it can be one of several.
    pub position: Option<usize>,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.elements.iter().enumerate() {
            if depth > 0 {
                f.write_str(" > ")?;
            }
            f.write_str(&step.name)?;
            if let Some(position) = step.position {
                write!(f, "[{position}]")?;
            }
        }
        if let Some(attribute) = &self.attribute {
            write!(f, " > @{attribute}")?;
        }
        Ok(())
    }
}

/// What is not as Twilio documents it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// An element that has no place here: unknown, wrongly nested or in the wrong case.
    Element {
        /// Its name.
        name: String,
        /// The elements that have; empty if none has or the name can't be one of TwiML's.
        allowed: Vec<String>,
    },
    /// An attribute that the element does not have, or in the wrong case.
    Attribute {
        /// Its name.
        name: String,
        /// The attributes that it has; empty if it has none or the name can't be one of TwiML's.
        allowed: Vec<String>,
    },
    /// Text where none may stand.
    Text,
    /// Something that may stand but once.
    Repeated {
        /// Its name; empty for text.
        name: String,
    },
    /// Elements too deep within each other.
    Depth,
    /// A value that is not allowed, in words.
    Value(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, name, allowed) = match self {
            Self::Element { name, allowed } => ("element", name, allowed),
            Self::Attribute { name, allowed } => ("attribute", name, allowed),
            Self::Text => return f.write_str("text has no place here"),
            Self::Repeated { name } if name.is_empty() => {
                return f.write_str("text may stand here only once");
            }
            Self::Repeated { name } => return write!(f, "{name:?} may stand here only once"),
            Self::Depth => return f.write_str("elements stand too deep within each other"),
            Self::Value(reason) => return f.write_str(reason),
        };
        write!(f, "the {what} {name:?} has no place here")?;
        if allowed.is_empty() {
            return Ok(());
        }
        write!(f, "; allowed: {}", allowed.join(", "))
    }
}

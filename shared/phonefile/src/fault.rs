//! What is wrong with a file, and how it is shown.

use std::fmt::{self, Write as _};

use crate::place::{Place, Source};

/// Something that is wrong with a file: where, why, and what helps.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether the file can be taken nevertheless.
    pub weight: Weight,
    /// Where.
    pub place: Place,
    /// Why, in a sentence without its full stop.
    pub cause: String,
    /// What helps: a sentence of its own if it begins with a capital letter, else the end of the cause's.
    pub cure: String,
}

/// How much a fault weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The file can't be taken.
    Error,
    /// It can, and is perhaps not what is meant.
    Warning,
}

impl Fault {
    /// Cause and cure.
    pub fn sentence(&self) -> String {
        let Self { cause, cure, .. } = self;
        match cure.chars().next() {
            None => cause.clone(),
            Some(first) if first.is_uppercase() => format!("{cause}. {cure}"),
            Some(_) => format!("{cause}: {cure}"),
        }
    }

    /// `shop.yaml:25:46 …`, and the line with what is meant below it.
    pub fn shown(&self, name: &str, text: &str) -> String {
        shown(std::slice::from_ref(self), name, text)
    }
}

/// Each fault in a line, and below it the file's line with what is meant.
pub fn shown(faults: &[Fault], name: &str, text: &str) -> String {
    let source = Source::new(text);
    let mut all = String::new();
    for fault in faults {
        let Place { line, column, from, to } = fault.place;
        let weight = if fault.weight == Weight::Warning { "warning: " } else { "" };
        let _ = writeln!(all, "{name}:{line}:{column}  {weight}{}", fault.sentence());
        let code = source.line(line);
        if code.trim().is_empty() {
            continue;
        }
        // Tabs and the like would put the mark elsewhere.
        let code: String = code.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
        let meant = text.get(from..to).unwrap_or_default().lines().next().unwrap_or_default();
        let (number, room) = (line.to_string(), code.chars().count().saturating_sub(column - 1).max(1));
        let mark = "^".repeat(meant.trim_end().chars().count().clamp(1, room));
        let _ = writeln!(all, "  {number} | {code}");
        let _ = writeln!(all, "  {} | {}{mark}", " ".repeat(number.len()), " ".repeat(column - 1));
    }
    all
}

/// What an owner wrote is not for a log.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}:{}", self.weight, self.place.line, self.place.column)
    }
}

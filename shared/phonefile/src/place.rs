//! Where something stands in a file.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Where something stands: its line and column as editors count them, and its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "[usize; 4]", from = "[usize; 4]")]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The first byte.
    pub from: usize,
    /// The byte behind the last.
    pub to: usize,
}

impl From<Place> for [usize; 4] {
    fn from(Place { line, column, from, to }: Place) -> Self {
        [line, column, from, to]
    }
}

impl From<[usize; 4]> for Place {
    fn from([line, column, from, to]: [usize; 4]) -> Self {
        Self { line, column, from, to }
    }
}

/// A file's text, with its lines.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(breaks).collect() }
    }

    /// The place of bytes. What lies outside, or within a character, is moved to the next that does not.
    pub(crate) fn place(&self, bytes: Range<usize>) -> Place {
        let (from, to) = (self.boundary(bytes.start), self.boundary(bytes.end.max(bytes.start)));
        let line = self.lines.partition_point(|begin| *begin <= from).max(1);
        let begin = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(begin..from).map_or(1, |before| before.chars().count() + 1);
        Place { line, column, from, to }
    }

    /// The place of a part of a text that stands at `whole`: exact where it is written as it is read, else the
    /// whole of it.
    pub(crate) fn part(&self, whole: Place, text: &str, part: Range<usize>) -> Place {
        let written = self.text.get(whole.from..whole.to).unwrap_or_default();
        match written.find(text) {
            Some(at) if at <= 1 && !text.is_empty() => {
                self.place(whole.from + at + part.start..whole.from + at + part.end)
            }
            _ => whole,
        }
    }

    /// The place of what follows a dash, with the dash.
    pub(crate) fn with_dash(&self, item: Place) -> Place {
        let before = self.text.get(..item.from).unwrap_or_default().trim_end_matches(' ');
        let stands_alone =
            before.strip_suffix('-').is_some_and(|it| it.is_empty() || it.ends_with([' ', '\n']));
        if stands_alone { self.place(before.len() - 1..item.to) } else { item }
    }

    /// The place of a line (1 is the first) of a text that stands at `whole`: exact where it has a line of its own in
    /// the file, else the whole of it.
    pub(crate) fn line_of(&self, whole: Place, text: &str, line: usize) -> Place {
        let number = whole.line + line.saturating_sub(1);
        let (meant, written) = (text.lines().nth(line.saturating_sub(1)), self.line(number));
        match (meant.map(str::trim), self.lines.get(number.saturating_sub(1))) {
            (Some(meant), Some(begin)) if meant == written.trim() && *begin <= whole.to => {
                let indent = written.len() - written.trim_start().len();
                self.place(begin + indent..begin + written.trim_end().len())
            }
            _ => whole,
        }
    }

    /// A line, without its end.
    pub(crate) fn line(&self, line: usize) -> &'a str {
        let begin = line.checked_sub(1).and_then(|at| self.lines.get(at)).copied();
        let rest = begin.and_then(|begin| self.text.get(begin..)).unwrap_or_default();
        rest.lines().next().unwrap_or_default()
    }

    fn boundary(&self, byte: usize) -> usize {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte += 1;
        }
        byte
    }
}

//! What is wrong with a schedule's lines.

use std::fmt;
use std::ops::Range;

use jiff::civil::Date;

/// The half of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `mon-fri`
    Key,
    /// `09:00-18:00`
    Value,
}

/// Something that is wrong with a line: where, what, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which of the lines: 0 is the first.
    pub line: usize,
    /// Which half of it.
    pub part: Part,
    /// Which bytes of that half.
    pub range: Range<usize>,
    /// What is wrong.
    pub what: What,
}

/// What is wrong. A text in it is what was written, at most 60 characters of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Nothing stands before the value, or between two commas of a key.
    NoDay,
    /// It is neither a day of the week nor a date nor `holidays`.
    UnknownDay {
        text: String,
        /// What may have been meant.
        suggestion: Option<&'static str>,
    },
    /// A date is not written `2026-12-24`.
    DateForm { text: String },
    /// A date that no calendar has, like February 30.
    NoSuchDate { text: String },
    /// Days of the week and dates stand in one key, or `holidays` and something else.
    MixedKey,
    /// The last date is before the first.
    RangeReversed { first: Date, last: Date },
    /// A day has hours already: by which line, 0 is the first.
    DayTwice { day: String, line: usize },
    /// Nothing stands where hours are to be, or between two commas.
    NoHours,
    /// It is neither `closed` nor a span.
    SpanForm { text: String },
    /// No clock shows it: `25:00`.
    NoSuchTime { text: String },
    /// It ends when it starts.
    EmptySpan { text: String },
    /// It ends before it starts, and would be too long for one past midnight.
    EndBeforeStart { text: String },
    /// Two spans of a day have a time in common.
    Overlap { one: String, other: String },
    /// `closed` stands beside hours.
    ClosedAndHours,
    /// No country has this name here.
    UnknownTable {
        text: String,
        /// What may have been meant.
        suggestion: Option<&'static str>,
    },
    /// A table is named twice.
    TableTwice { table: &'static str },
}

impl What {
    /// Why it can't be.
    pub fn cause(&self) -> String {
        match self {
            Self::NoDay => "a day is missing".to_owned(),
            Self::UnknownDay { text, .. } => format!("{text:?} is neither a day of the week nor a date"),
            Self::DateForm { text } => format!("{text:?} is no date"),
            Self::NoSuchDate { text } => format!("there is no {text}"),
            Self::MixedKey => "days of the week, dates and holidays can't stand in one line".to_owned(),
            Self::RangeReversed { first, last } => format!("{last} is before {first}"),
            Self::DayTwice { day, .. } => format!("{day} has hours in two lines, or twice in one"),
            Self::NoHours => "hours are missing".to_owned(),
            Self::SpanForm { text } => format!("{text:?} is neither `closed` nor from when to when"),
            Self::NoSuchTime { text } => format!("no clock shows {text}"),
            Self::EmptySpan { text } => format!("{text} ends when it starts"),
            Self::EndBeforeStart { text } => {
                format!("{text} ends before it starts, and is too long for one that goes past midnight")
            }
            Self::Overlap { one, other } => format!("{one} and {other} have a time in common"),
            Self::ClosedAndHours => "a day that is closed has no hours".to_owned(),
            Self::UnknownTable { text, .. } => format!("there are no holidays {text:?} here"),
            Self::TableTwice { table } => format!("the holidays {table} are named twice"),
        }
    }

    /// What to write.
    pub fn cure(&self) -> String {
        match self {
            Self::NoDay | Self::UnknownDay { suggestion: None, .. } => {
                "write days like mon, mon-fri or sat,sun, dates like 2026-12-24 or 2027-08-02..2027-08-13, or holidays"
                    .to_owned()
            }
            Self::UnknownDay { suggestion: Some(day), .. } => format!("write {day}, if that is meant"),
            Self::DateForm { .. } => "write year, month and day, like 2026-12-24".to_owned(),
            Self::NoSuchDate { .. } => "look it up in a calendar".to_owned(),
            Self::MixedKey => "give each a line of its own".to_owned(),
            Self::RangeReversed { first, last } => format!("write {last}..{first}, if that is meant"),
            Self::DayTwice { .. } | Self::TableTwice { .. } => "take one of them out".to_owned(),
            Self::NoHours => "write closed, or hours like 09:00-12:30, 13:30-18:00".to_owned(),
            Self::SpanForm { .. } => "write closed, or hours like 09:00-18:00, with a comma between two".to_owned(),
            Self::NoSuchTime { .. } => {
                "write hours from 00:00 to 23:59, or 24:00 for the end of the day".to_owned()
            }
            Self::EmptySpan { .. } => "write 00:00-24:00 for all day, or closed".to_owned(),
            Self::EndBeforeStart { .. } => {
                "turn it round; what goes past midnight has at most 18 hours, the rest stands with the next day"
                    .to_owned()
            }
            Self::Overlap { .. } => "make one of both, or end the first before the second starts".to_owned(),
            Self::ClosedAndHours => "take out either closed or the hours".to_owned(),
            Self::UnknownTable { suggestion: Some(table), .. } => format!("write {table}, if that is meant"),
            Self::UnknownTable { suggestion: None, .. } => {
                "write us, gb, de or fr, or a date line for each holiday".to_owned()
            }
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cause(), self.cure())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

impl std::error::Error for Fault {}

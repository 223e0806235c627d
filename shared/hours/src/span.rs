//! From when to when on a day.

use std::fmt;

/// Minutes of a day.
pub(crate) const DAY: u16 = 24 * 60;

/// From when to when on a day, the end not among it. One past midnight belongs to the day it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    start: u16,
    end: u16,
}

impl Span {
    /// The longest span past midnight, in minutes: `08:00-02:00` is an evening that got long, `13:00-09:00` most
    /// likely one the wrong way round.
    pub const LONGEST_PAST_MIDNIGHT: u16 = 18 * 60;

    /// In minutes since the midnight with which its day begins; the end is more than that of the day if it is past
    /// midnight. `None` for what begins on no day, is empty, or is too long past midnight.
    pub fn new(start: u16, end: u16) -> Option<Self> {
        let is_span = start < DAY && start < end;
        let is_short_enough = end <= DAY || end - start <= Self::LONGEST_PAST_MIDNIGHT;
        (is_span && is_short_enough).then_some(Self { start, end })
    }

    /// When it starts: minutes since midnight.
    pub fn start(self) -> u16 {
        self.start
    }

    /// When it is over: minutes since the midnight with which its day began, which may be more than a day.
    pub fn end(self) -> u16 {
        self.end
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// As it is written: `22:00-02:00`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.end > DAY { self.end - DAY } else { self.end };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.start / 60, self.start % 60, end / 60, end % 60)
    }
}

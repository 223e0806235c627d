//! What is wrong with an `.ics` text.

use std::fmt;
use std::ops::Range;

use crate::zone::UnknownZone;

/// Something in a calendar that can't be read, or not in full: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarFault {
    /// On which line it begins: 1 is the first.
    pub line: usize,
    /// Which bytes of the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub what: CalendarWhat,
}

/// What is wrong. A text in it is what was written, at most 60 characters of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarWhat {
    /// There is no `BEGIN:VCALENDAR`.
    NoCalendar,
    /// A line has no colon.
    NoColon,
    /// An event does not end, or another thing ends than began.
    Unfinished,
    /// An event has no `DTSTART`.
    NoStart,
    /// An event starts at a time and has no end.
    NoEnd,
    /// An event has it twice.
    Twice { name: String },
    /// It is no date and no time.
    TimeForm { text: String },
    /// No calendar or clock shows it.
    NoSuchTime { text: String },
    /// It is no length of time that goes forward.
    DurationForm { text: String },
    /// An event starts on a day and ends at a time, or the other way round.
    DayAndTime,
    /// An event ends before it starts, or at once.
    EndBeforeStart,
    /// Its zone is none of the IANA database.
    Zone(UnknownZone),
    /// A rule by which it comes again is none that is known.
    Rule { text: String },
    /// It comes again each year and lasts longer than one.
    LongerThanAYear,
    /// An exception of a rule, or days besides.
    Exception { name: String },
    /// There are more events than are read.
    TooMany,
}

/// How many events a calendar may have.
pub(crate) const MOST_EVENTS: usize = 5_000;

impl CalendarWhat {
    /// Why it can't be.
    pub fn cause(&self) -> String {
        match self {
            Self::NoCalendar => "this is no calendar: BEGIN:VCALENDAR is missing".to_owned(),
            Self::NoColon => "this line has no colon".to_owned(),
            Self::Unfinished => "this begins and does not end, or ends and did not begin".to_owned(),
            Self::NoStart => "this event has no start".to_owned(),
            Self::NoEnd => "this event starts at a time and has no end".to_owned(),
            Self::Twice { name } => format!("this event has {name} twice"),
            Self::TimeForm { text } => format!("{text:?} is neither a date nor a time"),
            Self::NoSuchTime { text } => format!("no calendar and no clock shows {text}"),
            Self::DurationForm { text } => format!("{text:?} is no length of time"),
            Self::DayAndTime => "this event has a day at one end and a time at the other".to_owned(),
            Self::EndBeforeStart => "this event is over when it starts, or before".to_owned(),
            Self::Zone(zone) => format!("there is no time zone {:?}", zone.text),
            Self::Rule { text } => format!("{text:?} is no rule that is known here"),
            Self::LongerThanAYear => "this event comes each year, and lasts longer than one".to_owned(),
            Self::Exception { name } => format!("{name}, an exception of a rule, is not known here"),
            Self::TooMany => format!("there are more than {MOST_EVENTS} events"),
        }
    }

    /// What to do about it.
    pub fn cure(&self) -> String {
        let cure = match self {
            Self::NoCalendar => "export the calendar as iCalendar (.ics), and take the whole file",
            Self::NoColon | Self::Unfinished => "export the calendar again, and take the whole file",
            Self::NoStart => "give it one, like DTSTART;VALUE=DATE:20261224",
            Self::NoEnd => "give it one, like DTEND:20261224T180000",
            Self::Twice { .. } => "take one of them out",
            Self::TimeForm { .. } => "write 20261224 for a day, or 20261224T140000 for a time",
            Self::NoSuchTime { .. } => "look it up in a calendar; hours are 00 to 23",
            Self::DurationForm { .. } => "write P1D for a day, or PT90M for an hour and a half",
            Self::DayAndTime => "write both as days, or both as times",
            Self::EndBeforeStart => "write a later end; that of a day is the day after the last",
            Self::Zone(UnknownZone { suggestion: Some(zone), .. }) => {
                return format!("write {zone}, if that is meant");
            }
            Self::Zone(_) => "write the name of a city's zone, like Europe/Berlin",
            Self::Rule { .. } => {
                "write FREQ=YEARLY, with INTERVAL, COUNT or UNTIL if need be, or an event for each of its days"
            }
            Self::LongerThanAYear => "take the rule out",
            Self::Exception { .. } => "write an event for each of its days, or a date line for the exception",
            Self::TooMany => "take out those that are past",
        };
        cure.to_owned()
    }
}

impl fmt::Display for CalendarWhat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cause(), self.cure())
    }
}

impl fmt::Display for CalendarFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for CalendarFault {}

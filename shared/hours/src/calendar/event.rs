//! The events of an `.ics` text.
//!
//! Source: RFC 5545: 3.3.4 and 3.3.5 (dates and times), 3.3.6 (lengths), 3.3.10 (rules), 3.6.1 (events).

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::fault::{CalendarFault, CalendarWhat, MOST_EVENTS};
use super::lines::{Property, properties};
use crate::key::shown;
use crate::zone::zone;

/// One end of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A day; as an end, the day after the last.
    Day(Date),
    /// On whatever wall it is read.
    Wall(DateTime),
    /// On the wall of a zone.
    InZone(DateTime, TimeZone),
}

impl Moment {
    pub(crate) fn on_its_wall(&self) -> DateTime {
        match self {
            Self::Day(date) => date.to_datetime(Time::midnight()),
            Self::Wall(at) | Self::InZone(at, _) => *at,
        }
    }

    /// The same clock at another time.
    pub(crate) fn moved(&self, at: DateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(at.date()),
            Self::Wall(_) => Self::Wall(at),
            Self::InZone(_, zone) => Self::InZone(at, zone.clone()),
        }
    }

    /// When it is, where what names no zone is of this one.
    pub(crate) fn instant(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Day(_) => None,
            Self::Wall(at) => zone.to_timestamp(*at).ok(),
            Self::InZone(at, own) => own.to_timestamp(*at).ok(),
        }
    }
}

/// An event that closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) start: Moment,
    pub(crate) end: Moment,
    pub(crate) rule: Option<Rule>,
}

/// That it comes each year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Every how many years.
    pub(crate) interval: i16,
    /// The last start, or a time before the next.
    pub(crate) last: Option<DateTime>,
}

/// Reads the events of a text; times without a zone are of the one that is given.
pub(crate) fn read(text: &str, own: &TimeZone) -> Result<Vec<Event>, Vec<CalendarFault>> {
    let mut reading = Reading { own, faults: Vec::new(), events: Vec::new() };
    let properties = properties(text);
    let begins = |it: &Property| it.name == "BEGIN" && it.value().eq_ignore_ascii_case("VCALENDAR");
    if !properties.iter().any(begins) {
        return Err(vec![CalendarFault { line: 1, range: 0..0, what: CalendarWhat::NoCalendar }]);
    }
    let mut open: Vec<(String, &Property)> = Vec::new();
    let mut event: Vec<&Property> = Vec::new();
    for property in &properties {
        let thing = property.value().to_ascii_uppercase();
        match property.name.as_str() {
            _ if property.value.is_none() => reading.fault(property, CalendarWhat::NoColon),
            "BEGIN" => {
                if thing == "VEVENT" {
                    event = vec![property];
                }
                open.push((thing, property));
            }
            "END" => {
                if open.last().is_none_or(|(began, _)| *began != thing) {
                    reading.fault(property, CalendarWhat::Unfinished);
                    break;
                }
                open.pop();
                if thing == "VEVENT" {
                    reading.event(&std::mem::take(&mut event));
                }
                // Whoever hands in something else altogether is not told of each line.
                if reading.faults.len() >= MOST_FAULTS {
                    break;
                }
            }
            // Alarms and the like stand within an event.
            _ if open.last().is_some_and(|(it, _)| it == "VEVENT") => event.push(property),
            _ => {}
        }
    }
    if reading.faults.is_empty()
        && let Some((_, property)) = open.last()
    {
        reading.fault(property, CalendarWhat::Unfinished);
    }
    if reading.faults.is_empty() { Ok(reading.events) } else { Err(reading.faults) }
}

/// How many faults are told.
const MOST_FAULTS: usize = 100;

struct Reading<'a> {
    own: &'a TimeZone,
    faults: Vec<CalendarFault>,
    events: Vec<Event>,
}

type Read<T> = Result<T, CalendarWhat>;

impl Reading<'_> {
    fn fault(&mut self, property: &Property, what: CalendarWhat) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(CalendarFault { line: property.line, range: property.range.clone(), what });
        }
    }

    /// Of what is wrong with an event, the first of each property.
    fn event(&mut self, properties: &[&Property]) {
        let Some(begin) = properties.first() else { return };
        let find = |name: &str| properties.iter().copied().find(|it| it.name == name);
        if find("STATUS").is_some_and(|it| it.value().eq_ignore_ascii_case("CANCELLED")) {
            return;
        }
        let before = self.faults.len();
        for (nth, property) in properties.iter().enumerate() {
            let name = property.name.as_str();
            let what = match name {
                "RDATE" | "EXDATE" | "EXRULE" | "RECURRENCE-ID" => {
                    CalendarWhat::Exception { name: name.to_owned() }
                }
                "DTSTART" | "DTEND" | "DURATION" | "RRULE"
                    if properties[..nth].iter().any(|it| it.name == name) =>
                {
                    CalendarWhat::Twice { name: name.to_owned() }
                }
                _ => continue,
            };
            self.fault(property, what);
        }
        let Some(start_at) = find("DTSTART") else { return self.fault(begin, CalendarWhat::NoStart) };
        let start = self.read(start_at, moment);
        let end_at = find("DTEND").or_else(|| find("DURATION")).unwrap_or(start_at);
        let end = match (&start, end_at.name.as_str()) {
            (_, "DTEND") => self.read(end_at, moment),
            (Some(start), "DURATION") => self.read(end_at, |it| after(start, it.value())),
            (Some(Moment::Day(date)), _) => date.tomorrow().ok().map(Moment::Day),
            (Some(_), _) => self.read(start_at, |_| Err(CalendarWhat::NoEnd)),
            (None, _) => None,
        };
        let (Some(start), Some(end)) = (start, end) else { return };
        if let Some(what) = self.disorder(&start, &end) {
            return self.fault(end_at, what);
        }
        let mut rule = None;
        if let Some(rule_at) = find("RRULE") {
            rule = self.read_rule(rule_at, &start, &end);
        }
        if self.faults.len() > before {
            return;
        }
        if self.events.len() >= MOST_EVENTS {
            return self.fault(begin, CalendarWhat::TooMany);
        }
        self.events.push(Event { start, end, rule });
    }

    fn read<T>(&mut self, property: &Property, read: impl FnOnce(&Property) -> Read<T>) -> Option<T> {
        match read(property) {
            Ok(it) => Some(it),
            Err(what) => {
                self.fault(property, what);
                None
            }
        }
    }

    fn disorder(&self, start: &Moment, end: &Moment) -> Option<CalendarWhat> {
        let is_after = match (start, end) {
            (Moment::Day(start), Moment::Day(end)) => start < end,
            (Moment::Day(_), _) | (_, Moment::Day(_)) => return Some(CalendarWhat::DayAndTime),
            (Moment::Wall(start), Moment::Wall(end)) => start < end,
            (Moment::InZone(start, one), Moment::InZone(end, other)) if one == other => start < end,
            (start, end) => start.instant(self.own) < end.instant(self.own),
        };
        (!is_after).then_some(CalendarWhat::EndBeforeStart)
    }

    fn read_rule(&mut self, property: &Property, start: &Moment, end: &Moment) -> Option<Rule> {
        let own = self.own;
        let rule = self.read(property, |it| rule(it.value(), start, own))?;
        // In hours, so that a leap year has as many as any.
        let length = end.on_its_wall().duration_since(start.on_its_wall());
        if length.as_hours() > 366 * 24 {
            self.fault(property, CalendarWhat::LongerThanAYear);
            return None;
        }
        Some(rule)
    }
}

/// `20261224`, `20261224T140000`, `20261224T140000Z`, or the second in a zone.
fn moment(property: &Property) -> Read<Moment> {
    let text = property.value();
    let (at, is_utc) = time(text)?;
    match (at, is_utc, property.parameter("TZID")) {
        (When::Day(date), ..) => Ok(Moment::Day(date)),
        (When::Time(at), true, _) => Ok(Moment::InZone(at, TimeZone::UTC)),
        (When::Time(at), false, None) => Ok(Moment::Wall(at)),
        (When::Time(at), false, Some(name)) => {
            Ok(Moment::InZone(at, zone(name).map_err(CalendarWhat::Zone)?))
        }
    }
}

enum When {
    Day(Date),
    Time(DateTime),
}

/// A date or time, and whether it is UTC's.
fn time(text: &str) -> Read<(When, bool)> {
    let form = || CalendarWhat::TimeForm { text: shown(text) };
    let missing = || CalendarWhat::NoSuchTime { text: shown(text) };
    let (day, clock) = text.split_once('T').map_or((text, None), |(day, clock)| (day, Some(clock)));
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|it| it.is_ascii_digit());
    let clock = clock.map(|clock| clock.strip_suffix('Z').map_or((clock, false), |clock| (clock, true)));
    if !digits(day, 8) || clock.is_some_and(|(clock, _)| !digits(clock, 6)) {
        return Err(form());
    }
    let pair = |text: &str, at: usize| text.get(at..at + 2).and_then(|it| it.parse::<i8>().ok());
    let year = day.get(..4).and_then(|it| it.parse::<i16>().ok());
    let (Some(year), Some(month), Some(of_month)) = (year, pair(day, 4), pair(day, 6)) else {
        return Err(form());
    };
    let date = Date::new(year, month, of_month).map_err(|_| missing())?;
    let Some((clock, is_utc)) = clock else { return Ok((When::Day(date), false)) };
    let (Some(hour), Some(minute), Some(second)) = (pair(clock, 0), pair(clock, 2), pair(clock, 4)) else {
        return Err(form());
    };
    let time = Time::new(hour, minute, second, 0).map_err(|_| missing())?;
    Ok((When::Time(date.to_datetime(time)), is_utc))
}

/// So long after a start: `P1D`, `PT90M`.
fn after(start: &Moment, text: &str) -> Read<Moment> {
    let form = || CalendarWhat::DurationForm { text: shown(text) };
    let length: Span = text.parse().map_err(|_| form())?;
    let end = start.on_its_wall().checked_add(length).map_err(|_| form())?;
    let ends_at_midnight = end.time() == Time::midnight();
    if matches!(start, Moment::Day(_)) && !ends_at_midnight {
        return Err(CalendarWhat::DayAndTime);
    }
    Ok(start.moved(end))
}

/// `FREQ=YEARLY`, and what may stand with it.
fn rule(text: &str, start: &Moment, own: &TimeZone) -> Read<Rule> {
    let unknown = || CalendarWhat::Rule { text: shown(text) };
    let first = start.on_its_wall();
    let (mut is_yearly, mut interval, mut count, mut until) = (false, 1_i16, None, None);
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(unknown)?;
        let value = value.trim();
        let known = match name.trim().to_ascii_uppercase().as_str() {
            "FREQ" => {
                is_yearly = value.eq_ignore_ascii_case("YEARLY");
                is_yearly
            }
            "INTERVAL" => {
                interval = value.parse().map_err(|_| unknown())?;
                interval > 0
            }
            "COUNT" => {
                count = Some(value.parse::<u32>().map_err(|_| unknown())?);
                count != Some(0)
            }
            "UNTIL" => {
                until = Some(match time(value)? {
                    (When::Day(date), _) => date.to_datetime(Time::MAX),
                    (When::Time(at), false) => at,
                    (When::Time(at), true) => on_wall_of(start, at, own),
                });
                true
            }
            // Many write again what the start says.
            "BYMONTH" => value.parse() == Ok(first.month()),
            "BYMONTHDAY" => value.parse() == Ok(first.day()),
            "WKST" => true,
            _ => false,
        };
        if !known {
            return Err(unknown());
        }
    }
    if !is_yearly || (count.is_some() && until.is_some()) {
        return Err(unknown());
    }
    let counted = count.and_then(|count| last_of(first, interval, count));
    Ok(Rule { interval, last: counted.or(until) })
}

/// What the wall of a start shows at an instant of UTC's.
fn on_wall_of(start: &Moment, at: DateTime, own: &TimeZone) -> DateTime {
    let zone = match start {
        // The end of a rule of days is a day, which some write as the midnight of UTC with which it begins.
        Moment::Day(_) => return at,
        Moment::Wall(_) => own,
        Moment::InZone(_, zone) => zone,
    };
    TimeZone::UTC.to_timestamp(at).map_or(at, |at| zone.to_datetime(at))
}

/// The last start of so many, a February 29 only in leap years.
fn last_of(first: DateTime, interval: i16, count: u32) -> Option<DateTime> {
    let years = (first.year()..=Date::MAX.year()).step_by(usize::try_from(interval).ok()?);
    let starts = years.filter_map(|year| Date::new(year, first.month(), first.day()).ok());
    let nth = usize::try_from(count.checked_sub(1)?).ok()?;
    starts.map(|date| date.to_datetime(first.time())).nth(nth)
}

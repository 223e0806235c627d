//! Open or not, as somebody finds out who knows nothing but a wall clock and a list: minute by minute, without a
//! thought of how it could be done faster.

use std::collections::BTreeSet;

use hours::Schedule;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Minutes of a day from and to; to may be of the day after.
pub(crate) type Spans = Vec<(u16, u16)>;

#[derive(Clone, Debug, Default)]
pub(crate) struct Naive {
    /// Monday first.
    pub(crate) week: [Spans; 7],
    pub(crate) dates: Vec<(Date, Date, Spans)>,
    /// `us`, `gb`, `de` or `fr`.
    pub(crate) holidays: Vec<&'static str>,
    /// Days of a calendar, once and each year.
    pub(crate) days: Vec<Date>,
    pub(crate) each_year: Vec<Date>,
    /// Times of a calendar, on the wall.
    pub(crate) times: Vec<(DateTime, DateTime)>,
    pub(crate) closed_until: Option<Timestamp>,
    /// The holidays, as they are listed.
    pub(crate) listed: BTreeSet<Date>,
}

impl Naive {
    /// Looks the holidays up.
    pub(crate) fn with_list(mut self) -> Self {
        let lines = crate::holidays::TABLE.lines().filter_map(|line| line.split_once(' '));
        let holidays = &self.holidays;
        self.listed = lines
            .filter(|(table, _)| holidays.contains(table))
            .map(|(_, date)| date.parse().unwrap())
            .collect();
        self
    }

    /// The same for [`Schedule`], as it is written.
    pub(crate) fn written(&self, zone: &str) -> Schedule {
        let mut lines: Vec<(String, String)> = Vec::new();
        for (day, spans) in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().zip(&self.week) {
            lines.push(((*day).to_owned(), hours(spans)));
        }
        for (first, last, spans) in &self.dates {
            let key = if first == last { first.to_string() } else { format!("{first}..{last}") };
            lines.push((key, hours(spans)));
        }
        if !self.holidays.is_empty() {
            lines.push(("holidays".to_owned(), self.holidays.join(",")));
        }
        let mut ics = "BEGIN:VCALENDAR\n".to_owned();
        for (days, rule) in [(&self.days, ""), (&self.each_year, "RRULE:FREQ=YEARLY\n")] {
            for day in days {
                let day = day.strftime("%Y%m%d");
                ics.extend([
                    "BEGIN:VEVENT\nDTSTART;VALUE=DATE:",
                    &day.to_string(),
                    "\n",
                    rule,
                    "END:VEVENT\n",
                ]);
            }
        }
        for (from, to) in &self.times {
            let [from, to] = [from, to].map(|at| at.strftime("%Y%m%dT%H%M%S").to_string());
            ics.extend(["BEGIN:VEVENT\nDTSTART:", &from, "\nDTEND:", &to, "\nEND:VEVENT\n"]);
        }
        ics += "END:VCALENDAR\n";
        let lines = lines.iter().map(|(key, value)| (&**key, &**value));
        let schedule =
            Schedule::read(hours::zone(zone).unwrap(), lines).unwrap().with_calendar(&ics).unwrap();
        match self.closed_until {
            Some(until) => schedule.closed_until(until),
            None => schedule,
        }
    }

    pub(crate) fn is_open(&self, at: &Zoned) -> bool {
        if self.closed_until.is_some_and(|until| at.timestamp() < until) {
            return false;
        }
        let wall: DateTime = at.datetime();
        let minute = u16::try_from(i16::from(wall.hour()) * 60 + i16::from(wall.minute())).unwrap();
        let is_cut = self.times.iter().any(|(from, to)| *from <= wall && wall < *to);
        let is_within = |(spans, is_line): (&[(u16, u16)], bool), minute: u16| {
            (is_line || !is_cut) && spans.iter().any(|(from, to)| *from <= minute && minute < *to)
        };
        is_within(self.of(wall.date()), minute)
            || is_within(self.of(wall.date().yesterday().unwrap()), minute + 1440)
    }

    /// What a day has, and whether a line about it says so.
    fn of(&self, date: Date) -> (&[(u16, u16)], bool) {
        let single = self.dates.iter().find(|(first, last, _)| first == last && *first == date);
        let range = self.dates.iter().find(|(first, last, _)| *first <= date && date <= *last);
        if let Some((.., spans)) = single.or(range) {
            return (spans, true);
        }
        let comes_again =
            |day: &Date| day.year() <= date.year() && (day.month(), day.day()) == (date.month(), date.day());
        if self.listed.contains(&date) || self.days.contains(&date) || self.each_year.iter().any(comes_again)
        {
            return (&[], false);
        }
        (&self.week[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap()], false)
    }
}

fn hours(spans: &Spans) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let end = |end: u16| clock(if end > 1440 { end - 1440 } else { end });
    let spans: Vec<String> =
        spans.iter().map(|(from, to)| format!("{}-{}", clock(*from), end(*to))).collect();
    if spans.is_empty() { "closed".to_owned() } else { spans.join(", ") }
}

/// Minutes from one instant to another: all of them, or those within two days of a change of clocks, and every seventh
/// of the rest.
pub(crate) fn minutes(zone: &TimeZone, from: Timestamp, to: Timestamp, all: bool) -> Vec<Timestamp> {
    const NEAR: i64 = 48 * 3600;
    let changes: Vec<i64> = zone
        .following(from - jiff::SignedDuration::from_secs(NEAR))
        .map(|it| it.timestamp().as_second())
        .take_while(|it| *it < to.as_second() + NEAR)
        .collect();
    let every = (from.as_second()..to.as_second()).step_by(60);
    let chosen = every.enumerate().filter(|(nth, second)| {
        all || nth % 7 == 0 || changes.iter().any(|change| (change - second).abs() <= NEAR)
    });
    chosen.map(|(_, second)| Timestamp::from_second(second).unwrap()).collect()
}

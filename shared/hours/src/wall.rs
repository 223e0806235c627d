//! Times as the clock on the wall shows them.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::span::{DAY, Span};

/// From one time on the wall to another, the end not among it.
pub(crate) type Interval = (DateTime, DateTime);

/// A span on the wall, when its day is this date.
pub(crate) fn interval(date: Date, span: Span) -> Interval {
    (minute(date, span.start()), minute(date, span.end()))
}

/// So many minutes after a day's midnight; the end of time, where there is no such day.
fn minute(date: Date, minutes: u16) -> DateTime {
    let day = if minutes < DAY { Ok(date) } else { date.tomorrow() };
    let minutes = minutes % DAY;
    let clock = (i8::try_from(minutes / 60), i8::try_from(minutes % 60));
    match (day, clock) {
        (Ok(day), (Ok(hour), Ok(minute))) => day.to_datetime(Time::constant(hour, minute, 0, 0)),
        _ => DateTime::MAX,
    }
}

/// What is left of intervals when others are cut out of them.
pub(crate) fn without(intervals: Vec<Interval>, cuts: &[Interval]) -> Vec<Interval> {
    let mut left = intervals;
    for (from, to) in cuts {
        let pieces =
            left.into_iter().flat_map(|(start, end)| [(start, end.min(*from)), (start.max(*to), end)]);
        left = pieces.filter(|(start, end)| start < end).collect();
    }
    left.sort_unstable();
    left
}

/// What a clock on the wall shows from one instant to another: an interval for each time it is set, in between.
pub(crate) fn shown(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Interval> {
    // Nobody sets a clock by more than a day. Of what lasts longer only the ends matter, where it may be set past
    // them: it may last for centuries, and clocks are set twice a year.
    let days = SignedDuration::from_hours(48);
    let (Ok(early), Ok(late)) = (from.checked_add(days), to.checked_sub(days)) else { return Vec::new() };
    let on_wall = |at: Timestamp| zone.to_offset(at).to_datetime(at);
    if early < late {
        let mut pieces = set_between(zone, from, early);
        pieces.push((on_wall(early), on_wall(late)));
        pieces.extend(set_between(zone, late, to));
        return pieces;
    }
    set_between(zone, from, to)
}

fn set_between(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Interval> {
    let mut pieces = Vec::new();
    let mut start = from;
    while start < to {
        let next = zone.following(start).next().map_or(to, |it| it.timestamp().min(to));
        let offset = zone.to_offset(start);
        pieces.push((offset.to_datetime(start), offset.to_datetime(next)));
        start = next;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_is_cut_out_leaves_what_is_around_it() {
        let at = |hour| date(2026, 11, 30).at(hour, 0, 0, 0);
        let day = vec![(at(9), at(12)), (at(13), at(18))];
        for (cut, left) in [
            ((at(10), at(11)), vec![(at(9), at(10)), (at(11), at(12)), (at(13), at(18))]),
            ((at(11), at(14)), vec![(at(9), at(11)), (at(14), at(18))]),
            ((at(8), at(19)), vec![]),
            ((at(12), at(13)), day.clone()),
        ] {
            assert_eq!(without(day.clone(), &[cut]), left, "{cut:?}");
        }
    }
}

//! Whether it is open, and when that changes.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use crate::schedule::Schedule;

/// How far is looked ahead: 400 days, a year and a month. What changes later is not told.
pub const LOOK_AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);

impl Schedule {
    /// Whether it is open.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let is_shut = self.closed_until.is_some_and(|until| at < until);
        !is_shut && self.is_open_on_wall(self.on_wall(at))
    }

    /// The first instant after this one at which it opens or closes; `None` if that is not within
    /// [`LOOK_AHEAD`].
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        self.change_until(at, horizon(at))
    }

    /// The first instant after this one at which it opens. Who is open closes before.
    pub fn opens_next(&self, at: Timestamp) -> Option<Timestamp> {
        let change = self.change_until(at, horizon(at))?;
        if self.is_open(change) { Some(change) } else { self.change_until(change, horizon(at)) }
    }

    fn change_until(&self, at: Timestamp, horizon: Timestamp) -> Option<Timestamp> {
        let Some(until) = self.closed_until.filter(|until| at < *until) else {
            return self.scheduled_change(at, self.is_open(at), horizon);
        };
        if until >= horizon {
            return None;
        }
        if self.is_open(until) { Some(until) } else { self.scheduled_change(until, false, horizon) }
    }

    /// Goes from one setting of the clock to the next: in between, the wall's time and the world's run alike, and only
    /// where a span begins or ends something may change.
    fn scheduled_change(&self, at: Timestamp, is_open: bool, horizon: Timestamp) -> Option<Timestamp> {
        let mut from = at;
        while from < horizon {
            let set = self.zone.following(from).next().map(|it| it.timestamp());
            let to = set.map_or(horizon, |set| set.min(horizon));
            let offset = self.zone.to_offset(from);
            let walls = (offset.to_datetime(from), offset.to_datetime(to));
            if let Some(change) = self.change_on_wall(walls.0, walls.1, is_open) {
                return offset.to_timestamp(change).ok();
            }
            if to < horizon && self.is_open_on_wall(self.on_wall(to)) != is_open {
                return Some(to);
            }
            from = to;
        }
        None
    }

    /// The first time on the wall after one and before another at which it is no longer as it was.
    fn change_on_wall(&self, from: DateTime, to: DateTime, was_open: bool) -> Option<DateTime> {
        let mut date = from.date();
        let mut last = date.yesterday().map(|it| self.hours_of(it)).unwrap_or_default();
        while date <= to.date() {
            let hours = self.hours_of(date);
            let both = || last.iter().chain(&hours);
            let mut edges: Vec<DateTime> = both().flat_map(|(start, end)| [*start, *end]).collect();
            edges.sort_unstable();
            // What is past midnight is seen with the next day, together with what starts then.
            edges.retain(|edge| *edge > from && *edge < to && edge.date() == date);
            let is_open = |at: &DateTime| both().any(|(start, end)| start <= at && at < end);
            if let Some(edge) = edges.into_iter().find(|edge| is_open(edge) != was_open) {
                return Some(edge);
            }
            last = hours;
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn on_wall(&self, at: Timestamp) -> DateTime {
        self.zone.to_offset(at).to_datetime(at)
    }
}

fn horizon(at: Timestamp) -> Timestamp {
    at.checked_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX)
}

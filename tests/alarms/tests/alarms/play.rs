//! An alarm over a timeline.

use std::ops::Range;

use alarms::evaluation::{Missing, State};
use alarms::template::{Alarm, Statistic};

use crate::timeline::{MINUTE, Timeline};

/// What became of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Played {
    /// How often it began to ring.
    pub(crate) rings: usize,
    /// Whether it has stopped.
    pub(crate) stopped: bool,
}

/// Whether a period breaches, by the minute in which it ends.
pub(crate) fn periods(alarm: &Alarm, timeline: &Timeline, end: usize) -> Vec<Option<bool>> {
    let points: Vec<&[(usize, f64)]> = alarm.metrics.iter().map(|metric| timeline.points(metric)).collect();
    let minutes = (0..end / MINUTE).map(|minute| {
        let end = minute * MINUTE;
        let value = value(alarm.statistic, &points, end.checked_sub(alarm.period)?..end)?;
        Some(alarm.breaches(value))
    });
    minutes.collect()
}

/// Plays an alarm over its periods, which is looked after once a minute. `more` is how many periods CloudWatch looks
/// at beyond those that decide: it does not say.
pub(crate) fn play(alarm: &Alarm, ended: &[Option<bool>], span: Range<usize>, more: usize) -> Played {
    let Alarm { period, rule, .. } = alarm;
    let periods = rule.evaluation_periods + more;
    let mut state = State::Ok;
    let mut rings = 0;
    let mut last_breach = None;
    for now in span.start / MINUTE..span.end / MINUTE {
        if ended[now] == Some(true) {
            last_breach = Some(now);
        }
        let nothing_breaches = last_breach.is_none_or(|at| now - at >= periods * period / MINUTE);
        if state == State::Ok && nothing_breaches && rule.missing != Missing::Breaching {
            continue;
        }
        let range: Vec<Option<bool>> =
            (0..periods).rev().map(|back| ended[now.checked_sub(back * period / MINUTE)?]).collect();
        let next = rule.state(&range, state);
        rings += usize::from((state, next) == (State::Ok, State::Alarm));
        state = next;
    }
    Played { rings, stopped: state == State::Ok }
}

/// The value of a period, if there is one. A sum of metrics passes over those without a point.
fn value(statistic: Statistic, points: &[&[(usize, f64)]], period: Range<usize>) -> Option<f64> {
    let values = points.iter().filter_map(|points| {
        let place = |at| points.partition_point(|point: &(usize, f64)| point.0 < at);
        let points = &points[place(period.start)..place(period.end)];
        let mut values: Vec<f64> = points.iter().map(|point| point.1).collect();
        values.sort_by(f64::total_cmp);
        let greatest = *values.last()?;
        Some(match statistic {
            Statistic::Sum => values.iter().sum(),
            Statistic::Maximum => greatest,
            Statistic::P95 => values[(values.len() * 95).div_ceil(100) - 1],
        })
    });
    values.reduce(|sum, value| sum + value)
}

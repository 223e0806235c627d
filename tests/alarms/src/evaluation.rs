//! How an alarm comes to its state, by CloudWatch's user guide: "Alarm evaluation" and "Configuring
//! how CloudWatch alarms treat missing data", with its tables as tests.

/// What an alarm's state is. The third one, `INSUFFICIENT_DATA`, needs an alarm that treats missing
/// data as missing, and none of ours does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is wrong.
    Ok,
    /// Something is.
    Alarm,
}

/// What stands in for a point that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing is wrong.
    NotBreaching,
    /// Something is.
    Breaching,
    /// The state stays what it is.
    Ignore,
}

/// How many points decide.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Of so many periods ...
    pub evaluation_periods: usize,
    /// ... so many have to breach.
    pub datapoints_to_alarm: usize,
    /// What stands in for a period without a point.
    pub missing: Missing,
}

impl Rule {
    /// The state after the points of the evaluation range, the oldest first; each says whether it
    /// breaches.
    ///
    /// The range is what CloudWatch looks at, and longer than the periods that decide; how much
    /// longer, it does not say.
    pub fn state(self, range: &[Option<bool>], before: State) -> State {
        let Self { evaluation_periods, datapoints_to_alarm, missing } = self;
        let real = range.iter().rev().filter_map(|point| *point).take(evaluation_periods);
        let (breaching, fine): (Vec<bool>, Vec<bool>) = real.partition(|breaches| *breaches);
        let to_fill = evaluation_periods - breaching.len() - fine.len();
        let alarms =
            |breaching: usize| if breaching >= datapoints_to_alarm { State::Alarm } else { State::Ok };
        match missing {
            // As many real points as are needed: how missing ones are treated counts for nothing.
            _ if to_fill == 0 => alarms(breaching.len()),
            Missing::Breaching => alarms(breaching.len() + to_fill),
            Missing::NotBreaching => alarms(breaching.len()),
            // Real points decide if they can.
            Missing::Ignore if breaching.len() >= datapoints_to_alarm => State::Alarm,
            Missing::Ignore if !fine.is_empty() => State::Ok,
            Missing::Ignore => before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(points: &str) -> Vec<Option<bool>> {
        points
            .chars()
            .map(|point| match point {
                '0' => Some(false),
                'X' => Some(true),
                _ => None,
            })
            .collect()
    }

    /// The tables of the user guide; `None` is "retain current state".
    #[test]
    fn an_alarm_comes_to_its_state_as_cloudwatch_documents_it() {
        use State::{Alarm, Ok};
        let cases = [
            // Points, datapoints to alarm out of three, ignore, breaching, not breaching.
            ("0-X-X", 3, Some(Ok), Ok, Ok),
            ("0----", 3, Some(Ok), Ok, Ok),
            ("-----", 3, None, Alarm, Ok),
            ("0XX-X", 3, Some(Alarm), Alarm, Alarm),
            ("----X", 3, None, Alarm, Ok),
            ("X----", 3, None, Alarm, Ok),
            ("0-X-X", 2, Some(Alarm), Alarm, Alarm),
            ("00X0X", 2, Some(Alarm), Alarm, Alarm),
            ("0-X--", 2, Some(Ok), Alarm, Ok),
            ("----0", 2, Some(Ok), Alarm, Ok),
            ("----X", 2, None, Alarm, Ok),
        ];
        for (points, datapoints_to_alarm, ignore, breaching, not_breaching) in cases {
            for before in [Ok, Alarm] {
                let state = |missing| {
                    let rule = Rule { evaluation_periods: 3, datapoints_to_alarm, missing };
                    rule.state(&range(points), before)
                };
                let what = format!("{points}, {datapoints_to_alarm} out of 3, {before:?} before");
                assert_eq!(state(Missing::Ignore), ignore.unwrap_or(before), "{what}");
                assert_eq!(state(Missing::Breaching), breaching, "{what}");
                assert_eq!(state(Missing::NotBreaching), not_breaching, "{what}");
            }
        }
    }
}

//! What has to stand in several places of the template.

use alarms::template::{Alarm, alarms, of_type, template};
use runtime::telemetry::Metric as Counted;

use crate::timeline::{CALLERS, DAY, HOUR};

fn watched(alarms: &[Alarm], id: &str) -> Vec<String> {
    let alarm = alarms.iter().find(|alarm| alarm.id == id).unwrap();
    alarm.metrics.iter().map(|metric| metric.of.clone()).collect()
}

#[test]
fn every_function_is_in_one_alarm_on_errors() {
    let template = template();
    let alarms = alarms(&template);
    let mut watched_functions = watched(&alarms, "FunctionErrorAlarm");
    assert_eq!(watched_functions, CALLERS, "those that somebody waits for");
    assert_eq!(watched_functions, watched(&alarms, "ThrottleAlarm"));
    watched_functions.extend(watched(&alarms, "WorkerErrorAlarm"));
    watched_functions.sort();
    let mut functions = of_type(&template, "AWS::Serverless::Function");
    functions.sort();
    assert_eq!(watched_functions, functions);
}

#[test]
fn every_outcome_that_is_trouble_is_in_one_alarm() {
    // Good news, and what is bounded by itself.
    let quiet = [Counted::Mailed, Counted::MailUnknown];
    let mut watched: Vec<String> = vec![];
    for alarm in alarms(&template()) {
        watched.extend(alarm.metrics.into_iter().filter(|it| it.name == "events").map(|it| it.of));
    }
    watched.sort();
    let mut trouble: Vec<&str> =
        Counted::ALL.into_iter().filter(|it| !quiet.contains(it)).map(Counted::word).collect();
    trouble.sort_unstable();
    assert_eq!(watched, trouble);
}

#[test]
fn every_alarm_is_one_that_cloudwatch_takes_and_somebody_hears() {
    for alarm in alarms(&template()) {
        let Alarm { id, metrics, period, rule, properties, .. } = &alarm;
        assert_eq!(properties["AlarmActions"], properties["OKActions"], "{id}");
        assert_eq!(properties["AlarmActions"][0], "Alarms", "{id}");
        assert!(properties["AlarmDescription"].is_string(), "{id}");
        assert!(metrics.len() <= 10, "{id}: CloudWatch takes ten metrics an alarm");
        assert!(rule.datapoints_to_alarm <= rule.evaluation_periods, "{id}");
        // A week in all, or a day where a period is less than an hour.
        let longest = if *period < HOUR { DAY } else { 7 * DAY };
        assert!(period * rule.evaluation_periods <= longest, "{id}");
    }
}

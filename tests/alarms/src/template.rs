//! The alarms, as the template has them.
//!
//! `CloudFormation`'s short tags are left out when it is read: `!Ref Name` is the text `Name`, and
//! `!GetAtt Queue.QueueName` is `Queue.QueueName`. That is enough to tell metrics apart.

use serde_json::Value;

use crate::evaluation::{Missing, Rule};

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    /// Like `AWS/SQS`; `Aftertone` for our own, of whatever stack.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The value of its only dimension.
    pub of: String,
}

/// What becomes of the points of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Their sum.
    Sum,
    /// The greatest.
    Maximum,
    /// That which 95 of 100 do not exceed.
    P95,
}

/// An alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Its logical id.
    pub id: String,
    /// What is watched: the sum of these.
    pub metrics: Vec<Metric>,
    /// What becomes of the points of a period.
    pub statistic: Statistic,
    /// How long a period is, in seconds.
    pub period: usize,
    /// How many points decide.
    pub rule: Rule,
    /// Whether too little is wrong, rather than too much.
    pub below: bool,
    /// What is too little or too much.
    pub threshold: f64,
    /// As the template has it.
    pub properties: Value,
}

impl Alarm {
    /// Whether a value is one that is wrong.
    pub fn breaches(&self, value: f64) -> bool {
        if self.below { value < self.threshold } else { value > self.threshold }
    }
}

/// The template.
///
/// # Panics
/// When it is no YAML.
pub fn template() -> Value {
    serde_saphyr::from_str(TEMPLATE).unwrap_or_else(|error| unreadable("the template", &error))
}

/// The logical ids of the resources of a type.
pub fn of_type(template: &Value, wanted: &str) -> Vec<String> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter(|(_, it)| it["Type"] == wanted).map(|(id, _)| id.clone()).collect()
}

/// All alarms.
///
/// # Panics
/// When one says something that is not known here.
pub fn alarms(template: &Value) -> Vec<Alarm> {
    let ids = of_type(template, "AWS::CloudWatch::Alarm");
    ids.into_iter().map(|id| alarm(&id, &template["Resources"][&id]["Properties"])).collect()
}

fn alarm(id: &str, properties: &Value) -> Alarm {
    let text = |value: &Value| value.as_str().map_or_else(|| unreadable(id, value), str::to_owned);
    let number = |value: &Value| {
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.unwrap_or_else(|| unreadable(id, value))
    };
    let metric = |it: &Value| {
        let namespace = text(&it["Namespace"]);
        let namespace = if namespace == "Aftertone/${AWS::StackName}" { "Aftertone" } else { &namespace };
        let dimensions = it["Dimensions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let [dimension] = dimensions else { unreadable(id, &it["Dimensions"]) };
        Metric {
            namespace: namespace.to_owned(),
            name: text(&it["MetricName"]),
            of: text(&dimension["Value"]),
        }
    };
    let statistic = |value: &Value| match value.as_str() {
        Some("Sum") => Statistic::Sum,
        Some("Maximum") => Statistic::Maximum,
        Some("p95") => Statistic::P95,
        _ => unreadable(id, value),
    };
    let (metrics, statistic, period) = if let Some(metrics) = properties["Metrics"].as_array() {
        // The sum of the others.
        let (expressions, stats): (Vec<&Value>, Vec<&Value>) =
            metrics.iter().partition(|it| it["Expression"].is_string());
        let [expression] = expressions[..] else { unreadable(id, &properties["Metrics"]) };
        if expression["Expression"] != "SUM(METRICS())" {
            unreadable(id, &expression["Expression"])
        }
        let first = &stats.first().unwrap_or_else(|| unreadable(id, metrics))["MetricStat"];
        let same = |it: &&Value| {
            let it = &it["MetricStat"];
            it["Stat"] == first["Stat"] && it["Period"] == first["Period"]
        };
        if !stats.iter().all(same) {
            unreadable(id, metrics)
        }
        let metrics = stats.iter().map(|it| metric(&it["MetricStat"]["Metric"])).collect();
        (metrics, statistic(&first["Stat"]), number(&first["Period"]))
    } else {
        let stat = properties.get("Statistic").or(properties.get("ExtendedStatistic"));
        let stat = stat.unwrap_or_else(|| unreadable(id, properties));
        (vec![metric(properties)], statistic(stat), number(&properties["Period"]))
    };
    Alarm {
        id: id.to_owned(),
        metrics,
        statistic,
        period,
        rule: Rule {
            evaluation_periods: number(&properties["EvaluationPeriods"]),
            datapoints_to_alarm: number(&properties["DatapointsToAlarm"]),
            missing: match properties["TreatMissingData"].as_str() {
                Some("notBreaching") => Missing::NotBreaching,
                Some("breaching") => Missing::Breaching,
                Some("ignore") => Missing::Ignore,
                _ => unreadable(id, &properties["TreatMissingData"]),
            },
        },
        below: match properties["ComparisonOperator"].as_str() {
            Some("GreaterThanThreshold") => false,
            Some("LessThanThreshold") => true,
            _ => unreadable(id, &properties["ComparisonOperator"]),
        },
        threshold: properties["Threshold"]
            .as_f64()
            .unwrap_or_else(|| unreadable(id, &properties["Threshold"])),
        properties: properties.clone(),
    }
}

#[expect(clippy::panic, reason = "only tests use it, and they are to end here")]
fn unreadable(what: &str, value: &impl std::fmt::Debug) -> ! {
    panic!("{what}: {value:?} is not known here")
}

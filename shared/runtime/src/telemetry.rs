//! One JSON line per event, and one counter.
//!
//! A line is a log line: its fields are for CloudWatch Logs Insights to look through, and cost what
//! storing them costs. What rings an alarm, or stands on the dashboard, is counted as well, by
//! [`count!`](crate::count): a line that is the metric `events` with its [`Metric`] as the only
//! dimension, by way of CloudWatch's embedded metric format. CloudWatch bills each series, which is
//! each name with each value of its dimensions; so the outcomes are a closed list, no function
//! brings one of its own, and how long things take and how often they crash is left to what Lambda
//! measures, which is free. The one other metric is [`oldest_undelivered`].
//!
//! ```
//! use runtime::telemetry::Metric;
//!
//! runtime::count!(Metric::MailUnknown, recording_sid = "RE1", error = "timed out");
//! ```
//!
//! Events below INFO, and those of libraries below WARN, are left out.

use std::fmt;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The target of the one event per webhook.
pub const WEBHOOK: &str = "aftertone::webhook";

/// What our own events' targets begin with.
const OURS: &str = "aftertone";

/// The target of what is counted. [`count!`](crate::count) sets it.
pub const COUNTED: &str = "aftertone::counted";

/// The target of the age of the oldest undelivered voicemail.
const UNDELIVERED: &str = "aftertone::undelivered";

/// The metrics' namespace where `METRICS_NAMESPACE` names none.
const NAMESPACE: &str = "Aftertone";

/// The one counter.
const EVENTS: &str = "events";

/// The one other metric.
const OLDEST_UNDELIVERED: &str = "OldestUndeliveredSeconds";

/// What is counted: each is one series of the stack's bill. Alarms are over those that are trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// SES has taken a mail.
    Mailed,
    /// An owner's address does not take the mail, for good.
    Bounced,
    /// An owner called a mail of ours spam.
    Complained,
    /// A mail can't be sent to any address: it stays in the ledger and waits for a person.
    MailFailed,
    /// The answer of SES got lost: the mail may go out once more.
    MailUnknown,
    /// A handler failed, and the caller heard a beep without the owner's settings.
    Rescued,
    /// Something behind a function failed; whoever called it tries again.
    Failed,
    /// What is to come by itself had to be looked for: voicemails or missed calls stood still, as
    /// their wake-up got lost; nobody told of the end of a transcription, or of what became of mails.
    Woken,
    /// Something that is due could not be deleted.
    RetentionFailed,
    /// A row of a table, or an account of the Twilio secret, can't be read by this release.
    UnreadableRow,
    /// Amazon Transcribe refuses for good.
    TranscribeRefused,
    /// A recording was lost at Twilio, or deleted there before it was stored.
    RecordingLost,
    /// A program did not take what it was to be told of a call, for a day: it has to read the log.
    Untold,
}

impl Metric {
    /// Each of them.
    pub const ALL: [Self; 13] = [
        Self::Mailed,
        Self::Bounced,
        Self::Complained,
        Self::MailFailed,
        Self::MailUnknown,
        Self::Rescued,
        Self::Failed,
        Self::Woken,
        Self::RetentionFailed,
        Self::UnreadableRow,
        Self::TranscribeRefused,
        Self::RecordingLost,
        Self::Untold,
    ];

    /// As the dimension says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mailed => "mailed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::MailFailed => "mail-failed",
            Self::MailUnknown => "mail-unknown",
            Self::Rescued => "rescued",
            Self::Failed => "failed",
            Self::Woken => "woken",
            Self::RetentionFailed => "retention-failed",
            Self::UnreadableRow => "unreadable-row",
            Self::TranscribeRefused => "transcribe-refused",
            Self::RecordingLost => "recording-lost",
            Self::Untold => "untold",
        }
    }
}

/// Counts a [`Metric`], in a line with these fields.
#[macro_export]
macro_rules! count {
    ($outcome:expr $(, $($fields:tt)*)?) => {
        $crate::tracing::event!(
            target: $crate::telemetry::COUNTED,
            $crate::tracing::Level::INFO,
            outcome = $crate::telemetry::Metric::word($outcome),
            events = 1u64,
            $($($fields)*)?
        )
    };
}

/// Reports how old the oldest voicemail is that its owner has not got, 0 if there is none; and how
/// many there are.
pub fn oldest_undelivered(seconds: u64, undelivered: u64) {
    tracing::event!(
        target: UNDELIVERED,
        Level::INFO,
        function = "reconcile",
        OldestUndeliveredSeconds = seconds,
        undelivered,
    );
}

/// Sends events to standard output from now on, as Lambda wants it. A second call does nothing.
///
/// Metrics belong to the namespace that `METRICS_NAMESPACE` names, else to `Aftertone`.
pub fn start() {
    let namespace = std::env::var("METRICS_NAMESPACE").ok().filter(|name| !name.is_empty());
    let namespace = namespace.unwrap_or_else(|| NAMESPACE.to_owned());
    let subscriber = JsonLines::new(namespace, |line| {
        // Nobody is left to tell when the log itself fails.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    });
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Makes a line of each event, and hands it on. Spans are left out: no line has anything of them, and
/// a registry of them is a tenth of what a function does before it asks for work.
pub struct JsonLines<W> {
    namespace: String,
    write: W,
}

impl<W> fmt::Debug for JsonLines<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonLines({})", self.namespace)
    }
}

impl<W: Fn(Value) + Send + Sync + 'static> JsonLines<W> {
    /// Metrics go to this namespace, lines to `write`; [`start`] has standard output for that.
    pub fn new(namespace: impl Into<String>, write: W) -> Self {
        Self { namespace: namespace.into(), write }
    }
}

impl<W: Fn(Value) + Send + Sync + 'static> Subscriber for JsonLines<W> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with(OURS) || *metadata.level() <= Level::WARN;
        metadata.is_event() && ours && *metadata.level() <= Level::INFO
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        (self.write)(line(event, &self.namespace, timestamp_ms));
    }

    // Of no span: none is enabled.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn line(event: &Event<'_>, namespace: &str, timestamp_ms: u64) -> Value {
    let mut fields = Fields::default();
    event.record(&mut fields);
    let mut line = fields.0;
    line.insert("level".to_owned(), event.metadata().level().as_str().into());
    line.insert("timestamp_ms".to_owned(), timestamp_ms.into());
    let metric = match event.metadata().target() {
        COUNTED => Some((EVENTS, "Count", "outcome")),
        UNDELIVERED => Some((OLDEST_UNDELIVERED, "Seconds", "function")),
        _ => None,
    };
    if let Some((name, unit, dimension)) = metric {
        let metadata = json!({
            "Timestamp": timestamp_ms,
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [[dimension]],
                "Metrics": [{ "Name": name, "Unit": unit }],
            }],
        });
        line.insert("_aws".to_owned(), metadata);
    }
    Value::Object(line)
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// The lines of what happens in `events`.
    fn lines(events: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(vec![]));
        let kept = Arc::clone(&lines);
        let write = move |mut line: Value| {
            for time in ["/timestamp_ms", "/_aws/Timestamp"] {
                if let Some(time) = line.pointer_mut(time) {
                    *time = json!(1_000);
                }
            }
            kept.lock().unwrap().push(line);
        };
        tracing::subscriber::with_default(JsonLines::new("Aftertone/home", write), events);
        let lines = lines.lock().unwrap();
        lines.clone()
    }

    /// Each series that CloudWatch makes of a line: the metric's name, and each dimension with its value.
    fn series(line: &Value) -> Vec<String> {
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut series = vec![];
        for directive in directives {
            for metric in directive["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap();
                assert!(line[name].is_number(), "{name} has no value: {line}");
                for set in directive["Dimensions"].as_array().unwrap() {
                    let set = set.as_array().unwrap().iter();
                    let set: Vec<_> =
                        set.map(|name| format!("{name}={}", line[name.as_str().unwrap()])).collect();
                    series.push(format!("{name}{{{}}}", set.join(",")));
                }
            }
        }
        series
    }

    #[test]
    fn what_is_counted_is_log_and_metric_in_one() {
        let counted =
            lines(|| crate::count!(Metric::Bounced, recording_sid = "RE1", call_sid = None::<&str>));
        let expected = json!({
            "_aws": {
                "Timestamp": 1000,
                "CloudWatchMetrics": [{
                    "Namespace": "Aftertone/home",
                    "Dimensions": [["outcome"]],
                    "Metrics": [{ "Name": "events", "Unit": "Count" }],
                }],
            },
            "level": "INFO",
            "timestamp_ms": 1000,
            "outcome": "bounced",
            "events": 1,
            "recording_sid": "RE1",
        });
        assert_eq!(counted, [expected]);
    }

    #[test]
    fn the_age_of_the_oldest_undelivered_is_a_metric() {
        let told = lines(|| oldest_undelivered(70, 2));
        assert_eq!((&told[0]["OldestUndeliveredSeconds"], &told[0]["undelivered"]), (&json!(70), &json!(2)));
        assert_eq!(series(&told[0]), [r#"OldestUndeliveredSeconds{"function"="reconcile"}"#]);
    }

    #[test]
    fn a_stack_has_at_most_twenty_series() {
        let told = lines(|| {
            for outcome in Metric::ALL {
                crate::count!(outcome);
                crate::count!(outcome, function = "another", number = 7u64);
            }
            oldest_undelivered(0, 0);
            oldest_undelivered(900, 3);
            // A line without one of these two targets is no metric, whatever its fields are called.
            tracing::info!(target: WEBHOOK, function = "another", outcome = "forwarded", events = 1u64);
            tracing::info!(
                metric.duration_ms = 1.5,
                dimension.function = "another",
                OldestUndeliveredSeconds = 1
            );
        });
        let all: BTreeSet<String> = told.iter().flat_map(series).collect();
        assert_eq!(all.len(), Metric::ALL.len() + 1, "{all:#?}");
        assert!(all.len() <= 20, "{all:#?}");
    }
}

//! One JSON line per event: log and metric in one.
//!
//! A field named `metric.x` becomes the CloudWatch metric `x`, and one named `dimension.y` a
//! dimension of it, both by way of CloudWatch's embedded metric format; every other field is just
//! part of the line. The unit is in the name: `_ms`, `_seconds`, `_bytes`, else a count.
//!
//! ```
//! tracing::info!(dimension.function = "voice", metric.duration_ms = 1.5, call_sid = "CA1");
//! ```
//!
//! Events below INFO, and those of libraries below WARN, are left out.

use std::fmt;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// The target of the one event per webhook.
pub const WEBHOOK: &str = "aftertone::webhook";

/// What our own events' targets begin with.
const OURS: &str = "aftertone";

/// The metrics' namespace where `METRICS_NAMESPACE` names none.
const NAMESPACE: &str = "Aftertone";

/// Sends events to standard output from now on, as Lambda wants it. A second call does nothing.
///
/// Metrics belong to the namespace that `METRICS_NAMESPACE` names, else to `Aftertone`.
pub fn start() {
    let namespace = std::env::var("METRICS_NAMESPACE").ok().filter(|name| !name.is_empty());
    let namespace = namespace.unwrap_or_else(|| NAMESPACE.to_owned());
    let subscriber = tracing_subscriber::registry().with(layer(namespace, |line| {
        // Nobody is left to tell when the log itself fails.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }));
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Makes a line of each event, and hands it on.
pub(crate) fn layer<W: Fn(Value) + 'static>(namespace: impl Into<String>, write: W) -> JsonLines<W> {
    JsonLines { namespace: namespace.into(), write }
}

pub(crate) struct JsonLines<W> {
    namespace: String,
    write: W,
}

impl<S: Subscriber, W: Fn(Value) + 'static> Layer<S> for JsonLines<W> {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let ours = metadata.target().starts_with(OURS) || *metadata.level() <= Level::WARN;
        ours && *metadata.level() <= Level::INFO
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        (self.write)(line(event, &self.namespace, timestamp_ms));
    }
}

fn line(event: &Event<'_>, namespace: &str, timestamp_ms: u64) -> Value {
    let mut fields = Fields::default();
    event.record(&mut fields);
    let mut line = fields.plain;
    line.insert("level".to_owned(), event.metadata().level().as_str().into());
    line.insert("timestamp_ms".to_owned(), timestamp_ms.into());
    if !fields.metrics.is_empty() {
        let metrics: Vec<Value> =
            fields.metrics.keys().map(|name| json!({ "Name": name, "Unit": unit(name) })).collect();
        // By each dimension, and by all together.
        let dimensions: Vec<&String> = fields.dimensions.keys().collect();
        let mut sets: Vec<Vec<&String>> = dimensions.first().map(|first| vec![*first]).into_iter().collect();
        if dimensions.len() > 1 {
            sets.push(dimensions);
        }
        let metadata = json!({
            "Timestamp": timestamp_ms,
            "CloudWatchMetrics": [{ "Namespace": namespace, "Dimensions": sets, "Metrics": metrics }],
        });
        line.insert("_aws".to_owned(), metadata);
    }
    line.extend(fields.metrics);
    line.extend(fields.dimensions);
    Value::Object(line)
}

fn unit(metric: &str) -> &'static str {
    match metric.rsplit_once('_') {
        Some((_, "ms")) => "Milliseconds",
        Some((_, "seconds")) => "Seconds",
        Some((_, "bytes")) => "Bytes",
        _ if metric.ends_with("Seconds") => "Seconds",
        _ => "Count",
    }
}

#[derive(Default)]
struct Fields {
    plain: Map<String, Value>,
    metrics: Map<String, Value>,
    dimensions: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let (map, name) = match field.name().split_once('.') {
            Some(("metric", name)) => (&mut self.metrics, name),
            Some(("dimension", name)) => (&mut self.dimensions, name),
            _ => (&mut self.plain, field.name()),
        };
        map.insert(name.to_owned(), value);
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
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<Value>>>);

    impl<S: Subscriber> Layer<S> for Kept {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.0.lock().unwrap().push(line(event, "Aftertone/home", 1_000));
        }
    }

    #[test]
    fn a_line_is_log_and_metric_in_one() {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::registry().with(kept.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(
                dimension.function = "voice",
                dimension.outcome = "forwarded",
                metric.duration_ms = 1.5,
                call_sid = "CA1",
                parent_call_sid = None::<&str>,
            );
        });
        let expected = json!({
            "_aws": {
                "Timestamp": 1000,
                "CloudWatchMetrics": [{
                    "Namespace": "Aftertone/home",
                    "Dimensions": [["function"], ["function", "outcome"]],
                    "Metrics": [{ "Name": "duration_ms", "Unit": "Milliseconds" }],
                }],
            },
            "level": "INFO",
            "timestamp_ms": 1000,
            "function": "voice",
            "outcome": "forwarded",
            "duration_ms": 1.5,
            "call_sid": "CA1",
        });
        assert_eq!(*kept.0.lock().unwrap(), [expected]);
    }
}

//! What the functions count, of the case that plays on this thread.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Once;

use runtime::telemetry::{COUNTED, Metric};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

thread_local! {
    /// A case is played on one thread, and all of its functions are.
    static OUTCOMES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Keep;

impl<S: Subscriber> Layer<S> for Keep {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == COUNTED
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Counted);
    }
}

struct Counted;

impl Visit for Counted {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "outcome" {
            OUTCOMES.with_borrow_mut(|outcomes| outcomes.push(value.to_owned()));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Listens from now on; forgets what this thread has counted.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // It fails where somebody else listens already: then nothing is counted, and a case says so.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Keep));
    });
    OUTCOMES.take();
}

/// How often it was counted.
pub(crate) fn times(outcome: Metric) -> usize {
    OUTCOMES.with_borrow(|outcomes| outcomes.iter().filter(|it| *it == outcome.word()).count())
}

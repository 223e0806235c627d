//! The keys that open the door, kept in memory for a while.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{ApiKey, ApiKeyId};
use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use runtime::telemetry::Metric;
use store::{Rows, Store, StoreError};

use crate::bearer::KeyText;

/// How long keys are believed without asking again: one that is removed opens nothing after that.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(10);

/// Forged keys must not become a flood of reads: after a read, whatever came of it, none for this long.
const REREAD_AFTER: SignedDuration = SignedDuration::from_secs(2);

type Read = Pin<Box<dyn Future<Output = Result<Rows<ApiKey>, StoreError>> + Send>>;

/// The keys, and when they were read. All are read at once: there are few, and a forger can't keep somebody out whose
/// key was not asked for yet.
pub(crate) struct Keys {
    read: Box<dyn Fn() -> Read + Send + Sync>,
    known: Mutex<Known>,
    /// One at a time reads.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Arc<HashMap<ApiKeyId, Arc<ApiKey>>>,
    read_at: Option<Timestamp>,
    /// When they could not be read, if that is the last that is known.
    failed_at: Option<Timestamp>,
}

/// The keys can't be read, so that nobody can be told from a forger.
#[derive(Debug)]
pub(crate) struct Unavailable;

impl Keys {
    pub(crate) fn of(store: Store) -> Self {
        Self::new(move || {
            let store = store.clone();
            async move { store.api_keys().await }
        })
    }

    pub(crate) fn new<F>(read: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Rows<ApiKey>, StoreError>> + Send + 'static,
    {
        Self {
            read: Box::new(move || Box::pin(read())),
            known: Mutex::default(),
            reading: tokio::sync::Mutex::new(()),
        }
    }

    /// The key that this is; none if it is nobody's.
    pub(crate) async fn proved(
        &self,
        text: &KeyText,
        clock: &Clock,
    ) -> Result<Option<Arc<ApiKey>>, Unavailable> {
        if let Some(key) = self.known().proved(text, clock.now()) {
            return Ok(Some(key));
        }
        let _one = self.reading.lock().await;
        // Somebody may have read them while this one waited.
        let (known, now) = (self.known().clone(), clock.now());
        if is_within(known.failed_at, REREAD_AFTER, now) {
            return Err(Unavailable);
        }
        if !is_within(known.read_at, REREAD_AFTER, now) {
            self.read_anew(clock).await?;
        }
        Ok(self.known().proved(text, clock.now()))
    }

    async fn read_anew(&self, clock: &Clock) -> Result<(), Unavailable> {
        let Rows { rows, unreadable } = match (self.read)().await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(error = %error, "the API keys can't be read");
                self.known().failed_at = Some(clock.now());
                return Err(Unavailable);
            }
        };
        for row in unreadable {
            runtime::count!(Metric::UnreadableRow, key = row.key, error = row.error.to_string());
        }
        let keys = rows.into_iter().map(|key| (key.id.clone(), Arc::new(key))).collect();
        *self.known() = Known { keys: Arc::new(keys), read_at: Some(clock.now()), failed_at: None };
        Ok(())
    }

    /// A panic elsewhere can't have left them half changed.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn proved(&self, text: &KeyText, now: Timestamp) -> Option<Arc<ApiKey>> {
        is_within(self.read_at, KEPT_FOR, now).then_some(())?;
        self.keys.get(text.id()).filter(|key| text.proves(key, now)).cloned()
    }
}

fn is_within(at: Option<Timestamp>, duration: SignedDuration, now: Timestamp) -> bool {
    at.is_some_and(|at| (SignedDuration::ZERO..duration).contains(&now.duration_since(at)))
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(****)")
    }
}

//! What was read, kept in memory for a while.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long settings are taken from memory: one read saved on most calls, and a change is heard
/// within half a minute.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(30);

/// When something was read, and what.
type Read<V> = (Timestamp, Arc<V>);

/// What was read, and when. Clones share it.
#[derive(Debug)]
pub(crate) struct Known<K, V>(Arc<Mutex<HashMap<K, Read<V>>>>);

impl<K: Eq + Hash, V> Known<K, V> {
    /// What was read not longer ago than it may be kept.
    pub(crate) fn fresh(&self, key: &K, now: Timestamp) -> Option<Arc<V>> {
        let known = self.map();
        let (read_at, value) = known.get(key)?;
        (SignedDuration::ZERO..KEPT_FOR).contains(&now.duration_since(*read_at)).then(|| value.clone())
    }

    /// What was read last, however long ago.
    pub(crate) fn last(&self, key: &K) -> Option<Arc<V>> {
        self.map().get(key).map(|(_, value)| value.clone())
    }

    pub(crate) fn keep(&self, key: K, now: Timestamp, value: V) -> Arc<V> {
        let value = Arc::new(value);
        self.map().insert(key, (now, value.clone()));
        value
    }

    pub(crate) fn forget(&self, key: &K) {
        self.map().remove(key);
    }

    /// A panic elsewhere can't have left the map half changed.
    fn map(&self) -> MutexGuard<'_, HashMap<K, Read<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Clone for Known<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

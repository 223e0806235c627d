//! What opens links, read again for a link of a key that is new.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use link::{DeadLink, LinkKey, Opened};
use runtime::Failure;

/// Made-up links must not become a flood of reads: after a read, whatever came of it, none for this
/// long.
const REREAD_AFTER: SignedDuration = SignedDuration::from_secs(30);

type Read = Pin<Box<dyn Future<Output = Result<LinkKey, Failure>> + Send>>;

/// The keys of links. A function reads them when it starts, and again when it meets a link of a key
/// that it does not know: so that a rotation needs no restart.
#[derive(Clone)]
pub struct LinkKeys(Arc<Reading>);

struct Reading {
    known: Mutex<Known>,
    read: Option<Box<dyn Fn() -> Read + Send + Sync>>,
}

struct Known {
    link_key: LinkKey,
    reread_at: Option<Timestamp>,
}

impl LinkKeys {
    /// Those that are known, and where they are read again.
    pub fn new<F>(link_key: LinkKey, read: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<LinkKey, Failure>> + Send + 'static,
    {
        let known = Mutex::new(Known { link_key, reread_at: None });
        Self(Arc::new(Reading { known, read: Some(Box::new(move || Box::pin(read()))) }))
    }

    /// Those that never change.
    pub fn fixed(link_key: LinkKey) -> Self {
        let known = Mutex::new(Known { link_key, reread_at: None });
        Self(Arc::new(Reading { known, read: None }))
    }

    /// What a token opens.
    ///
    /// # Errors
    /// [`DeadLink`].
    pub(crate) async fn open(&self, token: &str, now: Timestamp) -> Result<Opened, DeadLink> {
        if let Some(read) = self.to_be_read(token, now) {
            match read.await {
                Ok(link_key) => self.known().link_key = link_key,
                Err(error) => tracing::warn!(error = %error, "the link secret can't be read again"),
            }
        }
        self.known().link_key.open(token, now)
    }

    fn to_be_read(&self, token: &str, now: Timestamp) -> Option<Read> {
        let read = self.0.read.as_ref()?;
        let mut known = self.known();
        let is_read = known.reread_at.is_some_and(|at| now.duration_since(at) < REREAD_AFTER);
        if is_read || !known.link_key.lacks_key_of(token) {
            return None;
        }
        known.reread_at = Some(now);
        Some(read())
    }

    /// A panic elsewhere can't have left it half changed.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKeys(****)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use phone::RecordingSid;

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn link_key(text: &str) -> LinkKey {
        LinkKey::new(text.replace("KEY", &"k".repeat(32)).into()).unwrap()
    }

    #[tokio::test]
    async fn a_link_of_a_new_key_opens_at_once() {
        let recording = RecordingSid::parse("RE00112233445566778899aabbccddeeff").unwrap();
        let newer = r#"{"keys":[{"id":1,"secret":"KEY"},{"secret":"KEY"}]}"#;
        let reads = Arc::new(AtomicUsize::new(0));
        let counter = reads.clone();
        let keys = LinkKeys::new(link_key("KEY"), move || {
            // The first time it can't be read.
            let failed = counter.fetch_add(1, Ordering::Relaxed) == 0;
            std::future::ready(if failed { Err("down".into()) } else { Ok(link_key(newer)) })
        });
        let old = link_key("KEY").token(&recording, 0, second(100_000));
        let new = link_key(newer).token(&recording, 0, second(100_000));
        assert!(keys.open(&old, second(0)).await.is_ok());
        assert_eq!(reads.load(Ordering::Relaxed), 0);
        assert_eq!(keys.open(&new, second(0)).await, Err(DeadLink::Forged));
        assert_eq!(keys.open(&new, second(29)).await, Err(DeadLink::Forged));
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        assert!(keys.open(&new, second(30)).await.is_ok());
        assert!(keys.open(&old, second(31)).await.is_ok(), "the old one stays open");
        let made_up = r#"{"keys":[{"id":9,"secret":"KEY"}]}"#;
        let made_up = link_key(made_up).token(&recording, 0, second(100_000));
        for at in 60..120 {
            assert_eq!(keys.open(&made_up, second(at)).await, Err(DeadLink::Forged));
        }
        assert_eq!(reads.load(Ordering::Relaxed), 4, "once in half a minute");
    }
}

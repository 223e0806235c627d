//! The accounts that are ours, and their tokens, as the secret has them.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::SecretSource;
use phone::AccountSid;
use runtime::telemetry::Metric;
use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use crate::secret::{Login, Secret};

/// How long tokens are believed without asking again.
const KEPT_FOR: Duration = Duration::from_mins(5);

/// While the secret can't be read again, callers don't wait for that more often than this; nor is it
/// read more often because Twilio refuses a login.
const RETRY_AFTER: Duration = Duration::from_secs(30);

type Read = Pin<Box<dyn Future<Output = Result<Secret, Box<dyn Error + Send + Sync>>> + Send>>;

/// The accounts that are ours, read when they are needed, and kept for five minutes.
pub struct Accounts(Arc<Reading>);

struct Reading {
    read: Box<dyn Fn() -> Read + Send + Sync>,
    known: Mutex<Option<Known>>,
    /// When it was last read because Twilio refused a login. One at a time does.
    refused_at: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Known {
    secret: Arc<Secret>,
    read_at: Instant,
    tried_at: Instant,
    /// When it was last begun to be read behind an answer.
    refreshed_at: Option<Instant>,
}

impl Accounts {
    /// From where the secret is kept.
    pub fn from_source(source: SecretSource) -> Self {
        Self::new(move || {
            let source = source.clone();
            async move { Ok(Secret::parse(source.read().await?.expose_secret())?) }
        })
    }

    /// From anywhere.
    pub fn new<F>(read: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Secret, Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self(Arc::new(Reading {
            read: Box::new(move || Box::pin(read())),
            known: Mutex::new(None),
            refused_at: tokio::sync::Mutex::new(None),
        }))
    }

    /// The accounts, from memory while they are fresh enough. A login that Twilio refuses is read
    /// again at once, but not more often than every 30 s.
    ///
    /// # Errors
    /// What the source says; never while something is known, however old.
    pub async fn get(&self) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        self.not_older_than(KEPT_FOR).await
    }

    /// The accounts, from memory if they were read, or tried to be, so lately.
    ///
    /// # Errors
    /// What the source says; never while something is known, however old.
    pub async fn not_older_than(&self, age: Duration) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        if let Some(known) = &*self.0.known()
            && (known.read_at.elapsed() < age || known.tried_at.elapsed() < age.min(RETRY_AFTER))
        {
            return Ok(known.secret.clone());
        }
        self.0.read_anew().await
    }

    /// The accounts as they were last read, however long ago.
    ///
    /// # Errors
    /// What the source says.
    pub async fn known_or_read(&self) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        self.not_older_than(Duration::MAX).await
    }

    /// Reads them again if they are old. A failure leaves them as they are.
    pub async fn refresh(&self) {
        {
            let mut known = self.0.known();
            let Some(known) = &mut *known else { return };
            let is_tried = known.refreshed_at.is_some_and(|begun| begun.elapsed() < RETRY_AFTER);
            if known.read_at.elapsed() < KEPT_FOR || is_tried {
                return;
            }
            known.refreshed_at = Some(Instant::now());
        }
        let _ = self.0.read_anew().await;
    }
}

impl Reading {
    async fn read_anew(self: &Arc<Self>) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        self.keep((self.read)().await)
    }

    /// A failure leaves them as they are.
    fn keep(
        self: &Arc<Self>,
        read: Result<Secret, Box<dyn Error + Send + Sync>>,
    ) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        let (now, mut known) = (Instant::now(), self.known());
        match (read, &mut *known) {
            (Ok(secret), _) => {
                for why in secret.unreadable() {
                    runtime::count!(
                        Metric::UnreadableRow,
                        key = "the Twilio secret",
                        error = why.to_string()
                    );
                }
                let weak = Arc::downgrade(self);
                let secret = Arc::new(secret.read_again_by(move |account_sid| {
                    let reading = weak.upgrade();
                    async move { reading?.after_a_refusal(&account_sid).await }
                }));
                *known =
                    Some(Known { secret: secret.clone(), read_at: now, tried_at: now, refreshed_at: None });
                Ok(secret)
            }
            (Err(error), Some(known)) => {
                tracing::warn!(error = %error, "the Twilio secret can't be read again; going on with the known one");
                known.tried_at = now;
                Ok(known.secret.clone())
            }
            (Err(error), None) => Err(error),
        }
    }

    /// An account's login as it is now, or was half a minute ago: who has only wrong tokens does not
    /// flood Secrets Manager.
    async fn after_a_refusal(self: Arc<Self>, account_sid: &AccountSid) -> Option<Login> {
        let mut refused_at = self.refused_at.lock().await;
        let secret = if refused_at.is_some_and(|at| at.elapsed() < RETRY_AFTER) {
            self.known().as_ref()?.secret.clone()
        } else {
            *refused_at = Some(Instant::now());
            self.keep((self.read)().await).ok()?
        };
        Some(secret.account(account_sid)?.login.clone())
    }

    /// A panic elsewhere can't have left it half changed.
    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accounts(****)")
    }
}

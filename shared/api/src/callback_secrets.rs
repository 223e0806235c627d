//! What signs callbacks, as Standard Webhooks wants it.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws::SecretSource;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::ApiKeyId;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use crate::callback_document::{CallbackSecretDocument, PREFIX};

/// How long secrets are believed without asking again.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);

/// While they can't be read again, or one is not there, nobody waits for that more often than this.
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(30);

type Failed = Box<dyn Error + Send + Sync>;
type Read = Pin<Box<dyn Future<Output = Result<CallbackSecretDocument, Failed>> + Send>>;

/// The callback secrets of all keys, read when they are needed, and kept for five minutes.
pub struct CallbackSecrets {
    read: Box<dyn Fn() -> Read + Send + Sync>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    document: CallbackSecretDocument,
    read_at: Option<Timestamp>,
    /// When they could not be read, if that is the last that is known.
    failed_at: Option<Timestamp>,
}

/// What signs the callbacks of a key.
#[derive(Clone)]
pub struct CallbackSecret(SecretString);

impl CallbackSecrets {
    /// From where they are kept.
    pub fn from_source(source: SecretSource) -> Self {
        Self::new(move || {
            let source = source.clone();
            async move { Ok(CallbackSecretDocument::parse(source.read().await?.expose_secret())?) }
        })
    }

    /// From anywhere.
    pub fn new<F>(read: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<CallbackSecretDocument, Failed>> + Send + 'static,
    {
        Self { read: Box::new(move || Box::pin(read())), known: Mutex::default() }
    }

    /// The secrets of a key, the newest first: two while it is rotated, none if it has none. From memory while they
    /// are fresh enough; those of a key that is not known are read again, but not more often than every 30 s.
    ///
    /// # Errors
    /// What the source says; never while something is known of the key, however old.
    pub async fn of(&self, key: &ApiKeyId, now: Timestamp) -> Result<Vec<CallbackSecret>, Failed> {
        {
            let known = self.known();
            let secrets = known.secrets(key, now);
            let kept_for = if secrets.is_empty() { RETRY_AFTER } else { KEPT_FOR };
            let has_failed = is_within(known.failed_at, RETRY_AFTER, now);
            if is_within(known.read_at, kept_for, now) || (has_failed && !secrets.is_empty()) {
                return Ok(secrets);
            }
            if has_failed {
                return Err("the callback secrets could not be read a moment ago".into());
            }
        }
        let read = (self.read)().await;
        let mut known = self.known();
        match read {
            Ok(document) => *known = Known { document, read_at: Some(now), failed_at: None },
            Err(error) => {
                known.failed_at = Some(now);
                if known.secrets(key, now).is_empty() {
                    return Err(error);
                }
                tracing::warn!(error = %error, "the callback secrets can't be read again; going on with the known ones");
            }
        }
        Ok(known.secrets(key, now))
    }

    /// A panic elsewhere can't have left them half changed.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn secrets(&self, key: &ApiKeyId, now: Timestamp) -> Vec<CallbackSecret> {
        let secrets = self.document.secrets(key, now);
        secrets.iter().filter_map(|secret| CallbackSecret::parse(secret.expose_secret())).collect()
    }
}

fn is_within(at: Option<Timestamp>, duration: SignedDuration, now: Timestamp) -> bool {
    at.is_some_and(|at| (SignedDuration::ZERO..duration).contains(&now.duration_since(at)))
}

impl CallbackSecret {
    /// `whsec_` and Base64 of the secret; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (!bytes.is_empty()).then(|| Self(text.into()))
    }
}

/// As whoever signs wants it.
impl From<CallbackSecret> for SecretString {
    fn from(secret: CallbackSecret) -> Self {
        secret.0
    }
}

impl fmt::Debug for CallbackSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackSecret(****)")
    }
}

impl fmt::Debug for CallbackSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackSecrets(****)")
    }
}

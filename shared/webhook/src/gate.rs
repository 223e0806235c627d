//! Who gets in.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::SecretSource;
use lambda_http::http::{Method, StatusCode};
use phone::AccountSid;
use secrecy::ExposeSecret as _;
use signature::Body;
use tokio::time::Instant;
use twilio::Secret;

use crate::parameters::Parameters;
use crate::request::{self, TooLarge};
use crate::{Event, Response, answer};

/// How long tokens are believed without asking again.
const KEPT_FOR: Duration = Duration::from_mins(5);

/// Forged requests must not become a flood of reads: after a read, whatever came of it, none for
/// this long.
const REREAD_AFTER: Duration = Duration::from_secs(2);

/// While the secret can't be read again, callers don't wait for that more often than this.
const RETRY_AFTER: Duration = Duration::from_secs(30);

type Read = Pin<Box<dyn Future<Output = Result<Secret, Box<dyn Error + Send + Sync>>> + Send>>;

/// The accounts that are ours, read when they are needed, and kept for five minutes.
pub struct Accounts {
    read: Box<dyn Fn() -> Read + Send + Sync>,
    known: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    secret: Arc<Secret>,
    read_at: Instant,
    tried_at: Instant,
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
        Self { read: Box::new(move || Box::pin(read())), known: Mutex::new(None) }
    }

    /// The accounts, from memory while they are fresh enough.
    ///
    /// # Errors
    /// What the source says; never while something is known, however old.
    pub async fn get(&self) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        self.not_older_than(KEPT_FOR).await
    }

    async fn not_older_than(&self, age: Duration) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        if let Some(known) = &*self.known()
            && (known.read_at.elapsed() < age || known.tried_at.elapsed() < age.min(RETRY_AFTER))
        {
            return Ok(known.secret.clone());
        }
        let read = (self.read)().await;
        let (now, mut known) = (Instant::now(), self.known());
        match (read, &mut *known) {
            (Ok(secret), _) => {
                let secret = Arc::new(secret);
                *known = Some(Known { secret: secret.clone(), read_at: now, tried_at: now });
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

/// Lets in what Twilio sends on behalf of our accounts, and nothing else.
#[derive(Debug)]
pub struct Gate {
    accounts: Accounts,
    public_base_url: Option<String>,
}

/// A request that is proved.
pub(crate) struct Admitted {
    pub(crate) parameters: Parameters,
    pub(crate) public_url: String,
}

/// A request that is not.
pub(crate) struct Refused {
    /// For the log.
    pub(crate) why: &'static str,
    pub(crate) response: Response,
}

impl Gate {
    /// `public_base_url` is what Twilio calls, where that is not API Gateway itself.
    pub fn new(accounts: Accounts, public_base_url: Option<String>) -> Self {
        Self { accounts, public_base_url }
    }

    /// With `PUBLIC_BASE_URL` from the environment.
    pub fn from_env(accounts: Accounts) -> Self {
        Self::new(accounts, std::env::var("PUBLIC_BASE_URL").ok().filter(|url| !url.is_empty()))
    }

    /// Reads the secret ahead of the first webhook. If it can't be read, the webhook will say so.
    pub async fn warm(&self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.accounts.get()).await;
    }

    pub(crate) async fn admit(&self, event: &Event) -> Result<Admitted, Refused> {
        let refuse = |why, status| Refused { why, response: answer::empty(status) };
        if event.request_context.http.method != Method::POST {
            return Err(refuse("wrong-method", StatusCode::METHOD_NOT_ALLOWED));
        }
        let body =
            request::body(event).map_err(|TooLarge| refuse("too-large", StatusCode::PAYLOAD_TOO_LARGE))?;
        if !request::is_form(event) {
            return Err(refuse("wrong-content-type", StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let forbidden = |why| refuse(why, StatusCode::FORBIDDEN);
        let signature = request::header(event, signature::HEADER).ok_or_else(|| forbidden("unsigned"))?;
        let parameters = Parameters::parse(&body);
        let public_url = request::public_url(event, self.public_base_url.as_deref());
        let account_sid = parameters.get("AccountSid").and_then(|sid| AccountSid::parse(sid).ok());

        // The account that a request names is the one whose tokens must have signed it: who knows
        // the token of one account can't speak for another.
        let proved = |secret: &Secret| {
            let account = account_sid.as_ref().and_then(|sid| secret.account(sid))?;
            Some(signature::verify(&account.auth_tokens, &public_url, Body::Form(&body), signature))
        };
        let mut verdict = None;
        for age in [KEPT_FOR, REREAD_AFTER] {
            match self.accounts.not_older_than(age).await {
                Ok(secret) => verdict = proved(&secret),
                Err(error) => {
                    tracing::error!(error = %error, "the Twilio secret can't be read");
                    return Err(refuse("no-secret", StatusCode::SERVICE_UNAVAILABLE));
                }
            }
            if verdict == Some(true) {
                return Ok(Admitted { parameters, public_url });
            }
        }
        Err(forbidden(if verdict.is_none() { "unknown-account" } else { "wrong-signature" }))
    }
}

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
use twilio::{Login, Secret};

use crate::clock::Clock;
use crate::parameters::Parameters;
use crate::request::{self, TooLarge};
use crate::telemetry::Outcome;
use crate::{Event, Response, answer};

/// How long tokens are believed without asking again.
const KEPT_FOR: Duration = Duration::from_mins(5);

/// Forged requests must not become a flood of reads: after a read, whatever came of it, none for
/// this long.
const REREAD_AFTER: Duration = Duration::from_secs(2);

/// While the secret can't be read again, callers don't wait for that more often than this; nor is it
/// read more often because Twilio refuses a login.
const RETRY_AFTER: Duration = Duration::from_secs(30);

type Read = Pin<Box<dyn Future<Output = Result<Secret, Box<dyn Error + Send + Sync>>> + Send>>;

/// How long the start waits for the secret. With the handlers' own limit it is less than Twilio waits.
const WARMED_WITHIN: Duration = Duration::from_secs(1);

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

    async fn not_older_than(&self, age: Duration) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        if let Some(known) = &*self.0.known()
            && (known.read_at.elapsed() < age || known.tried_at.elapsed() < age.min(RETRY_AFTER))
        {
            return Ok(known.secret.clone());
        }
        self.0.read_anew().await
    }

    /// The accounts as they were last read, however long ago.
    async fn known_or_read(&self) -> Result<Arc<Secret>, Box<dyn Error + Send + Sync>> {
        self.not_older_than(Duration::MAX).await
    }

    /// Reads them again if they are old. A failure leaves them as they are.
    async fn refresh(&self) {
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
                    crate::count!(Outcome::UnreadableRow, key = "the Twilio secret", error = why.to_string());
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

/// Lets in what Twilio sends on behalf of our accounts, and nothing else.
#[derive(Debug)]
pub struct Gate {
    accounts: Accounts,
    public_base_url: Option<String>,
    clock: Clock,
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

/// The secret can't be read, or not in time: nobody is called a forger for it, and Twilio asks again.
pub(crate) fn undecided() -> Refused {
    Refused { why: "no-secret", response: answer::empty(StatusCode::SERVICE_UNAVAILABLE) }
}

impl Gate {
    /// `public_base_url` is what Twilio calls, where that is not API Gateway itself.
    pub fn new(accounts: Accounts, public_base_url: Option<String>) -> Self {
        Self { accounts, public_base_url, clock: Clock::system() }
    }

    /// The same, whose limits go by another clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// With `PUBLIC_BASE_URL` from the environment.
    pub fn from_env(accounts: Accounts) -> Self {
        Self::new(accounts, std::env::var("PUBLIC_BASE_URL").ok().filter(|url| !url.is_empty()))
    }

    /// Reads the secret ahead of the first webhook. If it can't be read, the webhook will say so.
    pub async fn warm(&self) {
        let _ = self.clock.within(WARMED_WITHIN, self.accounts.get()).await;
    }

    /// What limits go by.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Reads the secret again if it is old; a caller does not wait for it.
    pub(crate) async fn refresh(&self) {
        self.accounts.refresh().await;
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
        for is_the_last_try in [false, true] {
            let secret = if is_the_last_try {
                self.accounts.not_older_than(REREAD_AFTER).await
            } else {
                self.accounts.known_or_read().await
            };
            match secret {
                Ok(secret) => verdict = proved(&secret),
                Err(error) => {
                    tracing::error!(error = %error, "the Twilio secret can't be read");
                    return Err(undecided());
                }
            }
            if verdict == Some(true) {
                return Ok(Admitted { parameters, public_url });
            }
        }
        Err(forbidden(if verdict.is_none() { "unknown-account" } else { "wrong-signature" }))
    }
}

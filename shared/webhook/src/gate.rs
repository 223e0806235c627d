//! Who gets in.

use lambda_http::http::{Method, StatusCode};
use phone::AccountSid;
use runtime::Clock;
use signature::Body;
use std::time::Duration;
use twilio::{Accounts, Secret};

use crate::parameters::Parameters;
use crate::request::{self, TooLarge};
use crate::{Event, Response, answer};

/// Forged requests must not become a flood of reads: after a read, whatever came of it, none for
/// this long.
const REREAD_AFTER: Duration = Duration::from_secs(2);

/// How long the start waits for the secret. With the handlers' own limit it is less than Twilio waits.
const WARMED_WITHIN: Duration = Duration::from_secs(1);

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
        let is_form = match event.request_context.http.method {
            Method::POST => true,
            Method::GET => false,
            _ => return Err(refuse("wrong-method", StatusCode::METHOD_NOT_ALLOWED)),
        };
        let body =
            request::body(event).map_err(|TooLarge| refuse("too-large", StatusCode::PAYLOAD_TOO_LARGE))?;
        if is_form && !request::is_form(event) {
            return Err(refuse("wrong-content-type", StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let forbidden = |why| refuse(why, StatusCode::FORBIDDEN);
        let signature = request::header(event, signature::HEADER).ok_or_else(|| forbidden("unsigned"))?;
        // A GET has them in its address, which the signature covers as it is.
        let query = event.raw_query_string.as_deref().unwrap_or_default();
        let parameters = Parameters::parse(if is_form { &body } else { query.as_bytes() });
        let signed_body = if is_form { Body::Form(&body) } else { Body::Empty };
        let public_url = request::public_url(event, self.public_base_url.as_deref());
        let account_sid = parameters.get("AccountSid").and_then(|sid| AccountSid::parse(sid).ok());

        // The account that a request names is the one whose tokens must have signed it: who knows
        // the token of one account can't speak for another.
        let proved = |secret: &Secret| {
            let account = account_sid.as_ref().and_then(|sid| secret.account(sid))?;
            Some(signature::verify(&account.auth_tokens, &public_url, signed_body, signature))
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

//! The link in the e-mail: `GET /v/{token}`.
//!
//! The token names one voicemail and expires; it leads to the sound by a redirect that works for
//! minutes. Links that don't work get a page that says why, and none tells whether there is such
//! a voicemail.

use std::time::Duration;

use aws::Bucket;
use lambda_http::http::StatusCode;
use store::{Store, StoreError};
use voicemail::link::{DeadLink, LinkKey};
use webhook::{Clock, Event, Failure, Response, html, redirect, telemetry};

/// How long the redirect's target works: long enough to begin, and for a player to seek.
const REDIRECT_WORKS_FOR: Duration = Duration::from_mins(15);

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// Where the sound is.
    pub bucket: Bucket,
    /// What signs links.
    pub link_key: LinkKey,
    /// What time it is.
    pub clock: Clock,
}

/// Opens a link. Whatever happens, there is a page.
pub async fn handle(deps: &Deps, event: Event) -> Response {
    let token = event.raw_path.as_deref().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let (outcome, error, response) = match open(deps, token).await {
        Ok(Opened::Sound(url)) => ("opened", None, redirect(&url)),
        Ok(Opened::NotYet) => ("not-yet", None, page(StatusCode::NOT_FOUND, NOT_YET)),
        Ok(Opened::Dead(DeadLink::Expired)) => ("expired", None, page(StatusCode::GONE, EXPIRED)),
        Ok(Opened::Dead(DeadLink::Forged)) => ("forged", None, page(StatusCode::NOT_FOUND, FORGED)),
        Err(failure) => ("failed", Some(failure), page(StatusCode::SERVICE_UNAVAILABLE, LATER)),
    };
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        dimension.function = "listen",
        dimension.outcome = outcome,
        metric.webhooks = 1u64,
        metric.failures = u64::from(error.is_some()),
        status = response.status_code,
        error = error.as_ref().map(ToString::to_string),
    );
    response
}

enum Opened {
    Sound(String),
    NotYet,
    Dead(DeadLink),
}

async fn open(deps: &Deps, token: &str) -> Result<Opened, Failure> {
    let recording_sid = match deps.link_key.open(token, deps.clock.now()) {
        Ok(recording_sid) => recording_sid,
        Err(dead) => return Ok(Opened::Dead(dead)),
    };
    let voicemail = match deps.store.voicemail(&recording_sid).await {
        Ok(voicemail) => voicemail,
        // Deleted since: the link was good once.
        Err(StoreError::NotFound(_)) => return Ok(Opened::Dead(DeadLink::Expired)),
        Err(error) => return Err(error.into()),
    };
    let Some(audio) = voicemail.audio else {
        return Ok(Opened::NotYet);
    };
    Ok(Opened::Sound(deps.bucket.presigned_get(&audio.key, REDIRECT_WORKS_FOR)))
}

const EXPIRED: (&str, &str) =
    ("This link has expired", "The recording may still be attached to the e-mail that the link came with.");
const FORGED: (&str, &str) = (
    "This link does not work",
    "Please open it from the e-mail once more: it may not have been copied whole.",
);
const NOT_YET: (&str, &str) = ("The recording is not here yet", "Please try again in a minute.");
const LATER: (&str, &str) =
    ("The recording can't be fetched right now", "It is safe. Please try again in a minute.");

fn page(status: StatusCode, (title, text): (&str, &str)) -> Response {
    html(
        status,
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
             <title>{title}</title></head>\n\
             <body style=\"margin:15vh auto;max-width:30em;padding:0 1em;\
             font:16px/1.5 -apple-system,'Segoe UI',Roboto,sans-serif\">\n\
             <h1 style=\"font-size:1.4em\">{title}</h1>\n<p>{text}</p>\n</body>\n</html>\n"
        ),
    )
}

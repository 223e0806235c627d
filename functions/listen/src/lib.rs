//! The link in the e-mail: `GET /v/{token}`.
//!
//! The token names one voicemail and expires. The link opens a page with a player; the player gets
//! the sound by the same link with [`page::AUDIO`] as its query, which redirects to S3 for minutes,
//! and [`page::DOWNLOAD`] saves it. Links that don't work get a page that says why, and none tells
//! whether there is such a voicemail to those who hold no link to it.
//!
//! To look is not to listen: mail programs, scanners and previews open links too. A voicemail is
//! heard when a player asks for its sound.

use std::time::Duration;

use answer::{html, redirect};
use aws::Bucket;
use domain::{Language, Voicemail};
use jiff::tz::TimeZone;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse as Response;
use lambda_http::http::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY};
use lambda_http::http::{Method, StatusCode};
use link::DeadLink;
use pages::{self as page, Notice, Reader};
use runtime::telemetry::{self, Metric};
use runtime::{Clock, Failure, count};
use store::{Store, StoreError};

mod answer;
mod configuration;
mod link_keys;

pub use configuration::Configuration;
pub use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest as Event;
pub use link_keys::LinkKeys;

/// How long the redirect's target works: long enough to begin, and for a player to seek.
const REDIRECT_WORKS_FOR: Duration = Duration::from_mins(15);

/// What the handler works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// Where the sound is.
    pub bucket: Bucket,
    /// What opens links.
    pub link_keys: LinkKeys,
    /// What time it is.
    pub clock: Clock,
}

/// What somebody wants of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Page,
    /// The sound, and whether it is surely a player that asks.
    Audio {
        by_player: bool,
    },
    Download,
}

/// What becomes of it.
enum Opened {
    Page(Box<Voicemail>, Reader),
    Sound { url: String, heard_first: bool },
    NotYet(Box<Voicemail>, Reader),
    Dead(Notice, Language),
}

/// Opens a link. Whatever happens, there is a page.
pub async fn handle(deps: &Deps, event: Event) -> Response {
    let token = event.raw_path.as_deref().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let wanted = wanted(&event);
    // Whoever has no link of ours is spoken to in the language of the browser.
    let browser_language = browser_language(&event);
    let opened = open(deps, token, wanted, browser_language).await;
    let heard = matches!(opened, Ok(Opened::Sound { heard_first: true, .. }));
    let (outcome, error, response) = match opened {
        Ok(Opened::Page(voicemail, reader)) => {
            ("shown", None, html(StatusCode::OK, page::page(&voicemail, &reader)))
        }
        Ok(Opened::Sound { url, .. }) => ("sound", None, redirect(&url)),
        Ok(Opened::NotYet(voicemail, reader)) => {
            ("not-yet", None, html(StatusCode::NOT_FOUND, page::page(&voicemail, &reader)))
        }
        Ok(Opened::Dead(notice, language)) => {
            let (outcome, status) = match notice {
                Notice::Expired => ("expired", StatusCode::GONE),
                Notice::Withdrawn => ("withdrawn", StatusCode::GONE),
                Notice::Deleted => ("deleted", StatusCode::GONE),
                Notice::Forged => ("forged", StatusCode::NOT_FOUND),
                Notice::Later => ("failed", StatusCode::SERVICE_UNAVAILABLE),
            };
            (outcome, None, html(status, page::notice(notice, language)))
        }
        Err(failure) => {
            let page = page::notice(Notice::Later, browser_language);
            ("failed", Some(failure), html(StatusCode::SERVICE_UNAVAILABLE, page))
        }
    };
    let mut response = response;
    let headers: [(HeaderName, Result<HeaderValue, _>); 3] = [
        (CONTENT_SECURITY_POLICY, page::content_security_policy(deps.bucket.origin()).parse()),
        (REFERRER_POLICY, "no-referrer".parse()),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive".parse()),
    ];
    for (name, value) in headers {
        if let Ok(value) = value {
            response.headers.insert(name, value);
        }
    }
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "listen",
        outcome,
        heard,
        status = response.status_code,
        error = error.as_ref().map(ToString::to_string),
    );
    if error.is_some() {
        count!(Metric::Failed, function = "listen");
    }
    response
}

async fn open(
    deps: &Deps,
    token: &str,
    wanted: Wanted,
    browser_language: Language,
) -> Result<Opened, Failure> {
    let now = deps.clock.now();
    let link = match deps.link_keys.open(token, now).await {
        Ok(link) => link,
        Err(DeadLink::Expired) => return Ok(Opened::Dead(Notice::Expired, browser_language)),
        Err(DeadLink::Forged) => return Ok(Opened::Dead(Notice::Forged, browser_language)),
    };
    let voicemail = match deps.store.voicemail(&link.recording_sid).await {
        Ok(voicemail) => voicemail,
        Err(StoreError::NotFound(_)) => return Ok(Opened::Dead(Notice::Deleted, browser_language)),
        Err(error) => return Err(error.into()),
    };
    let reader = reader(deps, &voicemail, browser_language).await;
    if voicemail.keeping.is_deleted() {
        return Ok(Opened::Dead(Notice::Deleted, reader.language));
    }
    if link.epoch != voicemail.links.epoch {
        return Ok(Opened::Dead(Notice::Withdrawn, reader.language));
    }
    let Some(audio) = &voicemail.audio else {
        return Ok(match wanted {
            Wanted::Page => Opened::Page(Box::new(voicemail), reader),
            Wanted::Audio { .. } | Wanted::Download => Opened::NotYet(Box::new(voicemail), reader),
        });
    };
    let disposition = match wanted {
        Wanted::Page => return Ok(Opened::Page(Box::new(voicemail), reader)),
        Wanted::Audio { .. } => "inline".to_owned(),
        Wanted::Download => {
            format!("attachment; filename=\"{}\"", page::file_name(&voicemail, &reader.time_zone))
        }
    };
    let url = deps.bucket.presigned_get(&audio.key, &disposition, REDIRECT_WORKS_FOR).await?;
    let heard_first = wanted == Wanted::Audio { by_player: true } && voicemail.links.heard_at.is_none();
    if heard_first && let Err(error) = deps.store.heard(&voicemail.recording_sid, now).await {
        // Somebody wants to listen: that comes first.
        tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a voicemail can't be marked as heard");
    }
    Ok(Opened::Sound { url, heard_first })
}

/// In whose language and time zone the page is: the owner's, as far as that can be found out.
async fn reader(deps: &Deps, voicemail: &Voicemail, browser_language: Language) -> Reader {
    if let Some(parties) = &voicemail.parties
        && let Ok(mailbox) = deps
            .store
            .mailbox_for(voicemail.mailbox.as_ref(), &parties.number, voicemail.recorded_at, deps.clock.now())
            .await
    {
        return Reader::from(&mailbox.owner);
    }
    Reader { language: browser_language, time_zone: TimeZone::UTC }
}

fn wanted(event: &Event) -> Wanted {
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    let asks = |what: &str| query.split('&').any(|part| part == what);
    if asks(page::DOWNLOAD) {
        Wanted::Download
    } else if asks(page::AUDIO) {
        Wanted::Audio { by_player: is_player(event) }
    } else {
        Wanted::Page
    }
}

/// Players say that they are ones (`Sec-Fetch-Dest`, in every browser since 2023), and ask for a
/// range of bytes, as older ones do too; whoever only follows links does neither.
fn is_player(event: &Event) -> bool {
    event.request_context.http.method == Method::GET
        && match header(event, "sec-fetch-dest") {
            Some(destination) => ["audio", "video"].contains(&destination),
            None => header(event, "range").is_some(),
        }
}

fn browser_language(event: &Event) -> Language {
    let accepted = header(event, "accept-language").unwrap_or_default();
    accepted
        .split(',')
        .find_map(|choice| choice.split(';').next()?.trim().parse().ok())
        .unwrap_or(Language::English)
}

fn header<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    event.headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(query: &str, method: Method, headers: &[(&'static str, &'static str)]) -> Event {
        let mut event = Event::default();
        event.raw_query_string = Some(query.to_owned());
        event.request_context.http.method = method;
        for (name, value) in headers {
            event.headers.insert(*name, HeaderValue::from_static(value));
        }
        event
    }

    #[test]
    fn only_a_player_that_asks_for_the_sound_has_heard_it() {
        let range = ("range", "bytes=0-1");
        let player = ("sec-fetch-dest", "audio");
        let page = ("sec-fetch-dest", "document");
        let cases = [
            ("", Method::GET, vec![], Wanted::Page),
            ("", Method::HEAD, vec![], Wanted::Page),
            ("utm_source=mail", Method::GET, vec![range], Wanted::Page),
            ("audio=1", Method::GET, vec![], Wanted::Audio { by_player: false }),
            ("audio=1", Method::GET, vec![page, range], Wanted::Audio { by_player: false }),
            ("audio=1", Method::HEAD, vec![player, range], Wanted::Audio { by_player: false }),
            ("audio=1", Method::GET, vec![range], Wanted::Audio { by_player: true }),
            ("audio=1", Method::GET, vec![player], Wanted::Audio { by_player: true }),
            ("download=1", Method::GET, vec![range], Wanted::Download),
        ];
        for (query, method, headers, expected) in cases {
            assert_eq!(wanted(&event(query, method.clone(), &headers)), expected, "{method} {query}");
        }
    }

    #[test]
    fn a_browser_says_which_language_it_wants() {
        for (accepted, language) in [
            ("", Language::English),
            ("de-CH,de;q=0.9,en;q=0.8", Language::German),
            ("tlh, ja;q=0.5", Language::Japanese),
            ("*", Language::English),
            (";;,,", Language::English),
        ] {
            assert_eq!(browser_language(&event("", Method::GET, &[("accept-language", accepted)])), language);
        }
    }
}

//! What Twilio tells of what goes out of somebody's leg in a call that programs steer: its sound, or their words.

use callflow::FeedAddress;
use jiff::Timestamp;
use live::{Evidence, Fed, News, Said, Source};
use runtime::Failure;
use steering::Controls;
use store::StoreError;
use webhook::kinds::{FedTold, LegCall};
use webhook::{Deps, Received};

/// Writes it down; the outcome.
pub(crate) async fn told(
    deps: &Deps,
    received: &Received<LegCall>,
    address: &FeedAddress,
) -> Result<&'static str, Failure> {
    let input = &received.input;
    let now = deps.clock.now();
    let news = input.fed.as_ref().map(|told| news(told, address, now)).unwrap_or_default();
    if news.is_empty() {
        return Ok("underway");
    }
    let Deps { store, waker, teller, .. } = deps.clone();
    let controls = Controls { store, waker: Some(waker), teller };
    let told_by = (&address.call, &input.account_sid);
    match controls.hear(told_by, &news, Source::Webhook, now).await {
        Ok(_) => Ok("told"),
        // Another account's; or its days are over.
        Err(StoreError::NotFound(_)) => Ok("no-call"),
        Err(error) => Err(error.into()),
    }
}

/// None of what means nothing.
fn news(told: &FedTold, address: &FeedAddress, now: Timestamp) -> Vec<News> {
    let of = address.of;
    let evidence = Evidence::StatusCallback;
    let began = News::Feed { of, fed: Fed::Began { sid: told.sid.clone(), evidence }, number: None };
    let fed = match told.event.as_str() {
        "started" => Fed::Began { sid: told.sid.clone(), evidence },
        "stopped" => Fed::Ended { at: told.at.unwrap_or(now), evidence },
        "error" => Fed::Failed { code: told.error_code },
        "content" => match &told.said {
            Some(said) => Fed::Said(Said {
                text: said.text.clone(),
                confidence: said.confidence,
                is_final: said.is_final,
                language: said.language.clone(),
                out_of_order: false,
            }),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let is_content = matches!(fed, Fed::Said(_));
    let fed = News::Feed { of, fed, number: told.number };
    // Whatever is told of it, it has begun.
    if is_content { vec![began, fed] } else { vec![fed] }
}

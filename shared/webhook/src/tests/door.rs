//! What comes back when the handler does its work, and when it does not.

use std::time::Duration;

use twiml::voice;

use super::*;
use runtime::Failure;

const HANG_UP: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>";

fn hang_up() -> voice::Response {
    voice::Response::new().hangup()
}

fn steering() -> Endpoint<VoiceCall> {
    Endpoint::steering(|_| Some(hang_up()))
}

fn reporting() -> Endpoint<VoiceCall> {
    Endpoint::reporting()
}

#[track_caller]
fn assert_twiml(response: &Response, document: &str) {
    assert_eq!((response.status_code, body(response).as_str()), (200, document));
    assert_eq!(response.headers["content-type"], "text/xml; charset=utf-8");
    assert_eq!(response.headers["x-content-type-options"], "nosniff");
    assert!(!response.is_base64_encoded);
}

#[tokio::test]
async fn an_answer_that_steers_is_twiml_with_its_declaration_first() {
    let handled = || Handled { answer: Some(hang_up()), outcome: "ended" };
    let response = serve(&gate(), &reporting(), Request::call().event(), |_| async { Ok(handled()) }).await;
    assert_twiml(&response, HANG_UP);
}

#[tokio::test]
async fn thanks_for_telling_are_empty() {
    assert_refused(&knock(&gate(), Request::call().event()).await, 204);
}

#[tokio::test]
async fn the_handler_sees_what_twilio_said() {
    let response = serve(&gate(), &reporting(), Request::call().event(), |call| async move {
        assert_eq!(call.input.parties.call_sid.as_str(), CALL);
        assert_eq!(call.input.parties.from.reveal(), "+16465550199");
        assert_eq!(call.base_url, format!("https://{DOMAIN}/webhook"));
        Ok(thanks())
    })
    .await;
    // A panic above would be a 500.
    assert_eq!(response.status_code, 204);
}

/// Serves a call to a handler that fails in each way: error, panic, panic before it has begun.
async fn all_failures(endpoint: &Endpoint<VoiceCall>) -> Vec<Response> {
    let gate = gate();
    let event = || Request::call().event();
    let fails = serve(&gate, endpoint, event(), |_| async { Err("the ledger is down".into()) }).await;
    let panics = serve(&gate, endpoint, event(), |_| async { panic!("a bug") }).await;
    let panics_early = serve(&gate, endpoint, event(), |call| {
        assert!(call.base_url.is_empty(), "a bug");
        async { Ok(thanks()) }
    })
    .await;
    let started = tokio::time::Instant::now();
    let hangs = serve(&gate, endpoint, event(), |_| std::future::pending()).await;
    assert_eq!(started.elapsed(), Duration::from_millis(4_500));
    vec![fails, panics, panics_early, hangs]
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_the_caller_hears_what_the_endpoint_has_for_it() {
    for response in all_failures(&steering()).await {
        assert_twiml(&response, HANG_UP);
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_could_not_be_taken_is_no_success() {
    for response in all_failures(&reporting()).await {
        assert_refused(&response, 500);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rescue_that_panics_leaves_an_empty_response() {
    let endpoint = Endpoint::steering(|_| panic!("a bug in the rescue"));
    for response in all_failures(&endpoint).await {
        assert_refused(&response, 500);
    }
}

/// A gate whose secret takes this long to be read.
fn gate_with_slow_secret(takes: Duration) -> Gate {
    let accounts = Accounts::new(move || async move {
        tokio::time::sleep(takes).await;
        Ok(Secret::parse(&secret_json(&[TOKEN]))?)
    });
    Gate::new(accounts, None)
}

#[tokio::test(start_paused = true)]
async fn an_answer_takes_four_and_a_half_seconds_at_most_in_all() {
    for (secret_takes, status) in [(0, 200), (3_000, 200), (4_400, 200), (4_600, 503), (60_000, 503)] {
        let gate = gate_with_slow_secret(Duration::from_millis(secret_takes));
        let started = tokio::time::Instant::now();
        let event = Request::call().event();
        let response = serve(&gate, &steering(), event, |_| std::future::pending()).await;
        assert_eq!(response.status_code, status, "{secret_takes}");
        assert_eq!(started.elapsed(), Duration::from_millis(4_500), "{secret_takes}");
    }
}

#[tokio::test]
async fn the_rescue_knows_the_call() {
    let endpoint = Endpoint::<VoiceCall>::steering(|call| {
        Some(voice::Response::new().redirect(twiml::voice::Redirect::new(call.base_url.clone())))
    });
    let response = serve(&gate(), &endpoint, Request::call().event(), |_| async { Err("down".into()) }).await;
    assert!(body(&response).contains(&format!("<Redirect>https://{DOMAIN}/webhook</Redirect>")));
}

#[tokio::test]
async fn an_answer_that_twilio_would_not_take_is_a_failure() {
    let too_large = || voice::Response::new().redirect(twiml::voice::Redirect::new("x".repeat(70_000)));
    let unspeakable = Endpoint::<VoiceCall>::steering(move |_| Some(too_large()));
    let handled = || Handled { answer: Some(too_large()), outcome: "ended" };
    let event = || Request::call().event();
    assert_twiml(&serve(&gate(), &steering(), event(), |_| async { Ok(handled()) }).await, HANG_UP);
    assert_refused(&serve(&gate(), &unspeakable, event(), |_| async { Ok(handled()) }).await, 500);
}

#[tokio::test]
async fn what_is_refused_never_reaches_the_handler() {
    let forged = Request { signed_with: Some("guessed"), ..Request::call() };
    let incomplete = Request::of(call_form().replace("&From=", "&Who="));
    for (request, status) in [(forged, 403), (incomplete, 400)] {
        let handled = Mutex::new(false);
        let response = serve(&gate(), &steering(), request.event(), |_| async {
            *handled.lock().unwrap() = true;
            Ok(thanks())
        })
        .await;
        assert_eq!((response.status_code, *handled.lock().unwrap()), (status, false));
    }
}

#[test]
fn a_failure_tells_its_causes_in_one_line() {
    #[derive(Debug, thiserror::Error)]
    #[error("the voicemail can't be stored")]
    struct Outer(#[source] std::io::Error);

    let failure = Failure::from(Outer(std::io::Error::other("disk full")));
    assert_eq!(failure.to_string(), "the voicemail can't be stored: disk full");
}

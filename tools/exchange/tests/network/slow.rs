//! Webhooks whose answers come later than Twilio waits for them, and two calls at once.

use std::time::Duration;

use exchange::{NumberUrls, Outgoing, Phone, Speech, WebhookKind, WebhookOutcome};

use crate::stage::{CALLER, OTHER, OURS, OWNER, Stage, caller, only};

const FRAGMENT: &str = "#ct=2000&rc=2&rp=ct,rt,5xx&rt=6000";

/// A number with connection overrides and a fallback, whose voice URL is as late as told.
async fn stage_that_is_late(fragment: &str, late: fn(&Outgoing) -> Vec<Duration>) -> Stage {
    let stage = Stage::saying("<Say>Hello.</Say>").await;
    stage.server.twiml("/fallback", "<Say>Sorry.</Say>");
    let urls = NumberUrls::voice(stage.server.url(&format!("/voice{fragment}")))
        .with_fallback(stage.server.url("/fallback"));
    stage.exchange.wire(OURS, urls);
    stage.exchange.set_delivery(move |outgoing| match outgoing.kind {
        WebhookKind::Voice => late(outgoing),
        _ => vec![Duration::ZERO],
    });
    stage
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn an_answer_just_within_the_read_limit_counts() {
    let stage = stage_that_is_late(FRAGMENT, |_| vec![Duration::from_millis(5_999)]).await;
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Hello."), "{story}");
    assert_eq!(stage.server.received_at("/voice").len(), 1);
    assert_eq!(story.errors(), []);
}

#[tokio::test]
async fn a_try_that_is_too_late_is_given_up_and_the_next_one_counts() {
    let stage = stage_that_is_late(FRAGMENT, |outgoing| match outgoing.attempt {
        0 => vec![seconds(9)],
        _ => vec![Duration::ZERO],
    })
    .await;
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Hello.") && !story.caller_heard("Sorry."), "{story}");
    let voices = story.webhooks_of(WebhookKind::Voice);
    let at: Vec<(i64, bool)> =
        voices.iter().map(|it| (it.at.duration_since(story.started()).as_secs(), it.too_late)).collect();
    assert_eq!(at, [(6, false), (9, true)], "the late one still arrives");
    let tokens: Vec<_> = voices.iter().map(|it| it.header("i-twilio-idempotency-token")).collect();
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!(stage.server.received_at("/voice").len(), 2);
    assert!(story.to_string().contains("too late"), "{story}");
}

#[tokio::test]
async fn all_tries_together_have_fifteen_seconds() {
    for (late, arrive) in [(vec![seconds(7)], 3), (vec![], 0)] {
        let stage = Stage::saying("<Say>Hello.</Say>").await;
        stage.server.twiml("/fallback", "<Say>Sorry.</Say>");
        let urls = NumberUrls::voice(stage.server.url(&format!("/voice{FRAGMENT}")));
        stage.exchange.wire(OURS, urls.with_fallback(stage.server.url("/fallback")));
        stage.exchange.set_delivery(move |outgoing| match outgoing.kind {
            WebhookKind::Voice => late.clone(),
            _ => vec![Duration::ZERO],
        });
        let story = stage.call(caller()).await;
        assert!(story.caller_heard("Sorry."), "{story}");
        let fallback = only(&story, WebhookKind::Fallback);
        assert_eq!(fallback.at.duration_since(story.started()).as_secs(), 15, "{story}");
        assert_eq!(fallback.param("ErrorCode"), Some("11200"));
        assert_eq!(stage.server.received_at("/voice").len(), arrive);
    }
}

#[tokio::test]
async fn without_rt_among_the_policies_a_late_answer_ends_it() {
    for (fragment, after) in [("#rc=2&rt=6000&rp=5xx", 6), ("#tt=4000", 4), ("", 15)] {
        let stage = stage_that_is_late(fragment, |_| vec![seconds(60)]).await;
        let story = stage.call(caller()).await;
        let fallback = only(&story, WebhookKind::Fallback);
        assert_eq!(fallback.at.duration_since(story.started()).as_secs(), after, "{fragment} {story}");
    }
}

#[tokio::test]
async fn a_server_that_rests_on_the_clock_is_given_up_in_virtual_time() {
    let stage = stage_that_is_late(FRAGMENT, |_| vec![Duration::ZERO]).await;
    let clock = stage.clock.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let work = move |headers: axum::http::HeaderMap| {
        let clock = clock.clone();
        async move {
            let token = headers["i-twilio-idempotency-token"].to_str().unwrap().to_owned();
            let sleeper = clock.clone();
            let work = clock.spawn(async move {
                let _arrived = sleeper.arrived(&token);
                sleeper.sleep(seconds(7)).await;
            });
            work.await.unwrap();
            "<Response/>"
        }
    };
    let app = axum::Router::new().fallback(work);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let urls = NumberUrls::voice(format!("http://{address}/voice{FRAGMENT}"));
    stage.exchange.wire(OURS, urls.with_fallback(stage.server.url("/fallback")));
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Sorry."), "{story}");
    let voice = only(&story, WebhookKind::Voice);
    assert_eq!(voice.attempts.len(), 3);
    assert!(matches!(&voice.outcome, WebhookOutcome::Failed(failure) if failure.code == 11200), "{story}");
    let fallback = only(&story, WebhookKind::Fallback);
    assert_eq!(fallback.at.duration_since(story.started()).as_secs(), 15);
}

#[tokio::test]
async fn calls_at_once_begin_at_the_same_instant_in_the_order_told() {
    let stage = Stage::saying(&format!("<Dial>{OWNER}</Dial>")).await;
    stage.server.twiml("/other", "<Record action=\"/saved\"/>");
    stage.server.twiml("/saved", "<Hangup/>");
    stage.exchange.wire(OTHER, NumberUrls::voice(stage.server.url("/other")));
    stage.exchange.plug(OWNER, Phone::answers_after(2).talks_for(10));
    let second = exchange::Caller::new("+14155550124").leaves(Speech::english_sample());
    let stories = stage.exchange.calls_at_once([(caller(), OURS), (second, OTHER)]).await;
    stage.settle().await;
    let [one, other] = &stories[..] else { panic!("{} stories", stories.len()) };
    assert_eq!(one.started(), other.started());
    assert_eq!((one.from().reveal(), one.talked_with()), (CALLER, Some(OWNER.into())));
    assert!(other.heard_beep() && other.recording().is_some(), "{other}");
}

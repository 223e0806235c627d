//! What the exchange can do and Twilio can't, asked over HTTP.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a stage that cannot be set up fails the test")]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use exchange::clock::Clock;
use exchange::{NumberUrls, Phone, SentWebhook, WebhookKind};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Reply, request};
use crate::stage::{OURS, OWNER, Stage, caller, only, reply};

impl Stage {
    /// Asks for something below `/exchange/v1`.
    async fn adds(&self, method: &str, path: &str, body: &Value) -> Reply {
        let url = format!("{}/exchange/v1{path}", self.exchange.rest_url());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        request(method, &url, &body, None).await.unwrap()
    }

    /// A stage on a clock that runs by itself.
    async fn running(speed: u32) -> Self {
        let clock = Clock::running("2026-11-20T09:00:00Z".parse().unwrap(), NonZeroU32::new(speed).unwrap());
        let mut stage = Self::with(|config| config.clock = clock.clone()).await;
        stage.clock = clock;
        stage
    }

    /// Sends bytes to the REST server as they are; what it answers until `enough` of it is there.
    async fn raw(&self, bytes: &str, enough: &str) -> String {
        let address = self.exchange.rest_url().strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let read = async {
            while !String::from_utf8_lossy(&answer).contains(enough) {
                let mut piece = [0; 4096];
                match stream.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(length) => answer.extend_from_slice(&piece[..length]),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(5), read).await.expect("an answer must come");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A server that rests on the clock before it answers.
async fn resting_server(clock: &Clock, seconds: u64) -> String {
    let clock = clock.clone();
    let work = move |headers: axum::http::HeaderMap| {
        let clock = clock.clone();
        async move {
            let token = headers["i-twilio-idempotency-token"].to_str().unwrap().to_owned();
            let sleeper = clock.clone();
            let work = clock.spawn(async move {
                let _arrived = sleeper.arrived(&token);
                sleeper.sleep(Duration::from_secs(seconds)).await;
            });
            work.await.unwrap();
            reply(200, "text/xml", "<Response/>")
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().fallback(work);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}/voice")
}

/// A server whose first answer takes so long, in real time.
async fn late_server(millis: u64) -> String {
    let asked = Arc::new(AtomicBool::new(false));
    let work = move || {
        let late = !asked.swap(true, Ordering::SeqCst);
        async move {
            if late {
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
            reply(200, "text/xml", "<Response><Say>Hello.</Say></Response>")
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().fallback(work);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}/voice")
}

async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("time must not get stuck")
}

#[tokio::test]
async fn a_server_that_rests_may_be_asked_again() {
    let stage = Stage::new().await;
    stage.exchange.wire(OURS, NumberUrls::voice(resting_server(&stage.clock, 5).await));
    let story = stage.call(caller()).await;
    let voice = only(&story, WebhookKind::Voice);
    let again: SentWebhook = soon(stage.exchange.resend(&voice)).await;
    assert_eq!((again.status(), again.resend_of), (Some(200), Some(voice.id)));
    let path = format!("/webhooks/{}/resend", voice.id);
    let again = soon(stage.adds("POST", &path, &Value::Null)).await;
    assert_eq!((again.status, &again.json()["status"]), (200, &json!(200)));
    let nowhere = stage.adds("POST", "/webhooks/99/resend", &Value::Null).await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test]
async fn a_running_clock_moves_on_from_sleeper_to_sleeper() {
    let stage = Stage::running(1).await;
    let talk = format!("<Dial action=\"/next\">{OWNER}</Dial>");
    stage.server.twiml("/voice", &talk);
    stage.server.twiml("/next", "<Hangup/>");
    stage.exchange.plug(OWNER, Phone::answers_after(4).talks_for(60));
    let call = stage.exchange.start_call(caller().stays_silent(), OURS);
    let moved = stage.adds("POST", "/clock", &json!({ "advance_seconds": 300 })).await;
    assert_eq!(moved.status, 200);
    let story = soon(call.finished()).await;
    let action = only(&story, WebhookKind::DialAction);
    assert_eq!(action.param("DialCallStatus"), Some("completed"), "{story}");
    assert_eq!(action.param("DialCallDuration"), Some("60"), "{story}");
    assert_eq!(story.errors(), []);
}

#[tokio::test]
async fn what_is_on_its_way_is_answered_before_time_moves_on() {
    let stage = Stage::running(1).await;
    stage.exchange.wire(OURS, NumberUrls::voice(late_server(400).await));
    let call = stage.exchange.start_call(caller().stays_silent(), OURS);
    stage.adds("POST", "/clock", &json!({ "advance_seconds": 600 })).await;
    let story = soon(call.finished()).await;
    assert!(story.caller_heard("Hello."), "{story}");
    assert_eq!(story.errors(), []);
}

#[tokio::test]
async fn time_moves_on_by_a_day_at_most() {
    for stage in [Stage::new().await, Stage::running(1).await] {
        for seconds in [86_401, u64::MAX] {
            let refused = stage.adds("POST", "/clock", &json!({ "advance_seconds": seconds })).await;
            assert_eq!(refused.status, 400);
            let told = refused.json()["error"].as_str().unwrap().to_owned();
            assert!(told.contains("a day at most"), "{told}");
        }
        assert_eq!(stage.adds("POST", "/clock", &json!({ "advance_seconds": 86_400 })).await.status, 200);
    }
}

#[tokio::test]
async fn a_fast_clock_still_lets_a_webhook_be_tried_again() {
    let stage = Stage::running(60).await;
    let url = late_server(2_000).await + "#rc=1&rp=rt&rt=600";
    stage.exchange.wire(OURS, NumberUrls::voice(url));
    let story = soon(stage.exchange.call(caller(), OURS)).await;
    assert!(story.caller_heard("Hello."), "{story}");
    assert_eq!(only(&story, WebhookKind::Voice).attempts.len(), 2, "{story}");
}

#[tokio::test]
async fn a_body_that_trickles_does_not_hold_the_time() {
    let stage = Stage::new().await;
    let address = stage.exchange.rest_url().strip_prefix("http://").unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head =
        format!("POST /exchange/v1/phones HTTP/1.1\r\nHost: {address}\r\nContent-Length: 100\r\n\r\n{{");
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    soon(stage.clock.sleep(Duration::from_secs(30))).await;
}

#[tokio::test]
async fn a_body_too_large_or_broken_off_is_told_as_twilio_does() {
    let stage = Stage::new().await;
    let large = format!("To={}", "1".repeat(70_000));
    let refused = request("POST", &stage.api("/Calls.json"), &large, crate::client::KEY).await.unwrap();
    assert_eq!((refused.status, refused.json()["status"].as_u64()), (413, Some(413)));
    let begin =
        |path: &str| format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nTo=");
    for (path, told) in
        [("/2010-04-01/Accounts.json", "\"code\":20001"), ("/exchange/v1/phones", "{\"error\":")]
    {
        let answer = stage.raw(&begin(path), told).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(told), "{answer}");
    }
}

#[tokio::test]
async fn web_pages_are_refused_in_both_parts() {
    let stage = Stage::new().await;
    for path in ["/2010-04-01/Accounts.json", "/exchange/v1/calls"] {
        for header in ["Host: evil.example", "Host: localhost\r\nOrigin: http://localhost:3000"] {
            let asked = format!("GET {path} HTTP/1.1\r\n{header}\r\nConnection: close\r\n\r\n");
            let answer = stage.raw(&asked, "the exchange").await;
            assert!(answer.starts_with("HTTP/1.1 403"), "{header}: {answer}");
        }
    }
}

#[tokio::test]
async fn entries_tell_in_which_order_they_were_written() {
    let stage = Stage::saying(&format!("<Dial>{OWNER}</Dial>")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(4).talks_for(5));
    let story = stage.call(caller()).await;
    let told = stage.adds("GET", &format!("/calls/{}", story.call_sid()), &Value::Null).await.json();
    let entries = told["entries"].as_array().unwrap();
    let mut numbers: Vec<u64> = entries.iter().map(|entry| entry["written"].as_u64().unwrap()).collect();
    assert!(!numbers.is_sorted(), "ringing is written at its end and stands at its begin: {numbers:?}");
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), entries.len());
    let webhooks: Vec<&Value> = entries.iter().filter(|entry| entry["what"] == "webhook").collect();
    assert!(!webhooks.is_empty() && webhooks.iter().all(|entry| entry["is_under_way"] == false));
}

#[tokio::test]
async fn all_problems_are_told_with_their_calls() {
    let stage = Stage::saying("<Say>Hi.").await;
    let story = stage.call(caller()).await;
    let told = stage.adds("GET", "/problems", &Value::Null).await.json();
    let problems = told["problems"].as_array().unwrap();
    assert_eq!(problems.len(), story.errors().len() + story.warnings().len());
    assert_eq!(
        (&problems[0]["code"], &problems[0]["call_sid"]),
        (&json!(12100), &json!(story.call_sid().as_str()))
    );
}

#[tokio::test]
async fn a_telephone_needs_a_number_that_can_be_dialled() {
    let stage = Stage::new().await;
    for (number, status) in [(OWNER, 204), ("client:anna", 204), ("", 400), ("555-Anna", 400)] {
        let plugged = stage.adds("POST", "/phones", &json!({ "number": number })).await;
        assert_eq!(plugged.status, status, "{number}");
    }
}

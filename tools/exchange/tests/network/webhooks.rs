//! Rules of requests: signatures, retries, fallback, and how badly they can travel.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use exchange::{EndedBy, NumberUrls, Phone, Speech, WebhookKind, WebhookOutcome};

use crate::stage::{ACCOUNT, CALLER, OURS, OWNER, Stage, caller, document, only, reply, values};

fn hello() -> axum::response::Response {
    reply(200, "text/xml", &document("<Say>Hello.</Say>"))
}

#[tokio::test]
async fn the_first_request_tells_who_calls_whom_from_where() {
    let stage = Stage::saying("").await;
    let caller = caller().forwarded_from("+13125550150").named("JANE DOE");
    let story = stage.call(caller).await;
    let voice = only(&story, WebhookKind::Voice);
    for (name, value) in [
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", story.call_sid().as_str()),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("From", CALLER),
        ("Caller", CALLER),
        ("To", OURS),
        ("Called", OURS),
        ("FromCity", "SAN FRANCISCO"),
        ("ToState", "CA"),
        ("CallerZip", "94103"),
        ("CalledCountry", "US"),
        ("ForwardedFrom", "+13125550150"),
        ("CallerName", "JANE DOE"),
        ("StirVerstat", "TN-Validation-Passed-A"),
    ] {
        assert_eq!(voice.param(name), Some(value), "{name}");
    }
    assert!(voice.param("CallToken").is_some());
    let received = &stage.server.received_at("/voice")[0];
    assert!(received.signed);
    assert_eq!(received.headers["user-agent"], "TwilioProxy/1.1");
    assert!(received.headers["content-type"].starts_with("application/x-www-form-urlencoded"));
    assert!(!received.headers["i-twilio-idempotency-token"].is_empty());
}

#[tokio::test]
async fn a_caller_without_a_number_has_no_place() {
    let stage = Stage::saying("").await;
    for from in ["anonymous", "client:alice", "sip:bob@example.com", "+266696687"] {
        let story = stage.call(exchange::Caller::new(from).not_attested()).await;
        let voice = only(&story, WebhookKind::Voice);
        assert_eq!(voice.param("From"), Some(from));
        assert_eq!(voice.param("FromCountry"), Some(""));
        assert_eq!(voice.param("StirVerstat"), None);
        assert!(!story.to_string().contains("bob"));
    }
}

#[tokio::test]
async fn the_signature_covers_the_query_but_no_credentials() {
    let stage = Stage::saying("").await;
    let url = stage.server.url("/voice?a=1&b=x%20y").replace("http://", "http://user:pass@");
    stage.exchange.wire(OURS, NumberUrls::voice(format!("{url}#rc=2&rp=all")));
    stage.call(caller()).await;
    let received = &stage.server.received_at("/voice")[0];
    assert_eq!(received.query, "a=1&b=x%20y");
    assert!(received.signed);
    assert!(!received.headers.contains_key("authorization"));
}

#[tokio::test]
async fn credentials_are_shown_to_a_server_that_asks() {
    let stage = Stage::new().await;
    stage.server.on("/voice", |request| {
        if request.headers.contains_key("authorization") { hello() } else { reply(401, "", "") }
    });
    let url = stage.server.url("/voice").replace("http://", "http://user:pass@");
    stage.exchange.wire(OURS, NumberUrls::voice(url));
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Hello."));
    assert_eq!(stage.server.received_at("/voice").len(), 2);
}

#[tokio::test]
async fn an_error_of_the_server_leads_to_the_fallback() {
    let stage = Stage::new().await;
    stage.server.on("/voice", |_| reply(500, "text/plain", "oops"));
    stage.server.twiml("/fallback", "<Say>Please leave a message.</Say><Record action=\"/saved\"/>");
    stage.server.twiml("/saved", "<Hangup/>");
    let urls = NumberUrls::voice(stage.server.url("/voice")).with_fallback(stage.server.url("/fallback"));
    stage.exchange.wire(OURS, urls);
    let story = stage.call(caller().leaves(Speech::english_sample())).await;
    assert_eq!(stage.server.received_at("/voice").len(), 1);
    let fallback = only(&story, WebhookKind::Fallback);
    assert_eq!(fallback.param("ErrorCode"), Some("11200"));
    assert_eq!(fallback.param("ErrorUrl"), Some(&*stage.server.url("/voice")));
    assert_eq!(fallback.param("From"), Some(CALLER));
    assert!(story.heard_beep() && !story.heard_application_error());
    assert_eq!(story.errors()[0].code, 11200);
}

#[tokio::test]
async fn without_a_fallback_the_caller_hears_an_application_error() {
    let stage = Stage::new().await;
    for fallback in [None, Some(stage.server.url("/nowhere"))] {
        stage.server.on("/voice", |_| reply(503, "", ""));
        let mut urls = NumberUrls::voice(stage.server.url("/voice"));
        urls.voice_fallback_url = fallback;
        stage.exchange.wire(OURS, urls);
        let story = stage.call(caller()).await;
        assert!(story.heard_application_error());
        assert_eq!(story.ended_by(), Some(EndedBy::ApplicationError));
    }
}

#[tokio::test]
async fn an_action_that_fails_falls_back_too() {
    let stage = Stage::saying(&format!("<Dial action=\"/dialled\">{OWNER}</Dial>")).await;
    stage.server.twiml("/fallback", "<Say>Sorry.</Say>");
    stage.exchange.wire(
        OURS,
        NumberUrls::voice(stage.server.url("/voice")).with_fallback(stage.server.url("/fallback")),
    );
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Sorry."));
    let fallback = only(&story, WebhookKind::Fallback);
    assert_eq!(fallback.param("ErrorUrl"), Some(&*stage.server.url("/dialled")));
    assert_eq!(fallback.param("DialCallStatus"), Some("failed"));
}

#[tokio::test]
async fn a_failed_connection_is_tried_once_more() {
    let stage = Stage::new().await;
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    stage.exchange.wire(OURS, NumberUrls::voice(format!("http://{closed}/voice")));
    let story = stage.call(caller()).await;
    let voice = only(&story, WebhookKind::Voice);
    assert_eq!(voice.attempts.len(), 2);
    assert_eq!(story.errors()[0].code, 11205);
}

#[tokio::test]
async fn a_fragment_asks_for_retries_with_the_same_idempotency_token() {
    let stage = Stage::new().await;
    let tries = AtomicUsize::new(0);
    stage.server.on("/voice", move |_| {
        if tries.fetch_add(1, Ordering::SeqCst) < 2 { reply(502, "", "") } else { hello() }
    });
    stage.exchange.wire(OURS, NumberUrls::voice(stage.server.url("/voice#rc=2&rp=5xx")));
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Hello."));
    let received = stage.server.received_at("/voice");
    assert_eq!(received.len(), 3);
    let token = &received[0].headers["i-twilio-idempotency-token"];
    assert!(received.iter().all(|request| &request.headers["i-twilio-idempotency-token"] == token));
    assert_eq!(only(&story, WebhookKind::Voice).attempts.len(), 3);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_failure() {
    let stage = Stage::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    stage.exchange.wire(OURS, NumberUrls::voice(format!("http://{silent}/voice#rt=200")));
    let story = stage.call(caller()).await;
    assert_eq!(story.errors()[0].code, 11200);
    assert_eq!(only(&story, WebhookKind::Voice).attempts.len(), 1, "no retry after a timeout");
    drop(listener);
}

#[tokio::test]
async fn a_redirect_turns_a_post_into_a_get_and_loses_the_parameters() {
    let stage = Stage::new().await;
    stage.server.on("/voice", |_| {
        let mut answer = reply(302, "", "");
        answer.headers_mut().insert("location", "/moved?x=1".parse().unwrap());
        answer
    });
    stage.server.twiml("/moved", "<Say>Moved.</Say>");
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Moved."));
    let moved = &stage.server.received_at("/moved")[0];
    assert_eq!((&*moved.method, &*moved.query, &*moved.body), ("GET", "x=1", ""));
    assert!(moved.signed);
}

#[tokio::test]
async fn more_than_ten_redirects_are_an_error() {
    let stage = Stage::new().await;
    stage.server.on("/voice", |_| {
        let mut answer = reply(301, "", "");
        answer.headers_mut().insert("location", "/voice".parse().unwrap());
        answer
    });
    let story = stage.call(caller()).await;
    assert_eq!(story.errors()[0].code, 11215);
}

#[tokio::test]
async fn what_is_no_url_is_an_error_of_its_own() {
    let stage = Stage::new().await;
    stage.exchange.wire(OURS, NumberUrls::voice("ftp://example.com/voice"));
    assert_eq!(stage.call(caller()).await.errors()[0].code, 11100);
}

async fn voicemail() -> Stage {
    let stage = Stage::saying(
        "<Record action=\"/saved\" recordingStatusCallback=\"/recorded\" transcribe=\"true\" \
         transcribeCallback=\"/transcribed\"/>",
    )
    .await;
    stage.server.twiml("/saved", "<Hangup/>");
    stage
}

#[tokio::test]
async fn every_webhook_can_be_doubled() {
    let stage = voicemail().await;
    stage.exchange.set_delivery(|_| vec![Duration::ZERO, Duration::ZERO]);
    let story = stage.call(caller().leaves(Speech::english_sample())).await;
    assert_eq!(story.errors(), []);
    for path in ["/voice", "/saved", "/recorded", "/transcribed", "/status"] {
        let received = stage.server.received_at(path);
        assert_eq!(received.len(), 2, "{path}");
        assert_eq!(received[0].body, received[1].body);
        assert_eq!(received[0].headers["x-twilio-signature"], received[1].headers["x-twilio-signature"]);
        assert!(received[1].signed);
    }
    stage.exchange.clear_delivery();
    stage.call(caller()).await;
    assert_eq!(stage.server.received_at("/voice").len(), 3);
}

#[tokio::test]
async fn callbacks_can_be_lost_or_late_and_the_call_does_not_mind() {
    let stage = voicemail().await;
    stage.exchange.set_delivery(|webhook| match webhook.kind {
        WebhookKind::RecordingStatus => vec![],
        WebhookKind::Transcription => vec![Duration::from_mins(10)],
        _ => vec![Duration::ZERO],
    });
    let story = stage.call(caller().leaves(Speech::english_sample())).await;
    assert!(stage.server.received_at("/recorded").is_empty());
    assert_eq!(only(&story, WebhookKind::RecordingStatus).outcome, WebhookOutcome::Lost);
    let late = only(&story, WebhookKind::Transcription);
    assert!(late.at.duration_since(story.ended().unwrap()).as_secs() > 600);
    assert_eq!(story.errors(), []);
}

#[tokio::test]
async fn what_drives_the_call_must_arrive_within_fifteen_seconds() {
    for (delays, heard) in
        [(vec![], false), (vec![Duration::from_secs(20)], false), (vec![Duration::from_secs(9)], true)]
    {
        let stage = Stage::new().await;
        stage.server.on("/voice", |_| hello());
        let lost = delays.is_empty();
        stage.exchange.set_delivery(move |_| delays.clone());
        let story = stage.call(caller()).await;
        assert_eq!(story.caller_heard("Hello."), heard);
        assert_eq!(story.heard_application_error(), !heard);
        assert_eq!(stage.server.received_at("/voice").len(), usize::from(!lost));
    }
}

#[tokio::test]
async fn the_policy_is_told_kind_count_and_parameters() {
    let stage = voicemail().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seen_ = seen.clone();
    stage.exchange.set_delivery(move |webhook| {
        seen_.lock().unwrap().push((webhook.kind, webhook.nth, webhook.param("From").is_some()));
        vec![Duration::ZERO]
    });
    stage.call(caller()).await;
    stage.call(caller()).await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], (WebhookKind::Voice, 1, true));
    assert!(seen.contains(&(WebhookKind::Voice, 2, true)));
}

#[tokio::test]
async fn everything_can_be_sent_again_bit_by_bit_even_what_was_lost() {
    let stage = voicemail().await;
    stage.exchange.set_delivery(|webhook| match webhook.kind {
        WebhookKind::RecordingStatus => vec![],
        _ => vec![Duration::ZERO],
    });
    let story = stage.call(caller().leaves(Speech::english_sample())).await;
    let webhooks = stage.exchange.webhooks();
    for (n, webhook) in webhooks.iter().enumerate() {
        assert_eq!(webhook.id, n);
    }
    for webhook in webhooks.iter().rev() {
        let again = stage.exchange.resend(webhook).await;
        assert_eq!(again.resend_of, Some(webhook.id));
        assert!(again.was_answered());
        let received = stage.server.received().pop().unwrap();
        assert!(received.signed);
        assert_eq!(received.body, webhook.body);
        assert_eq!(Some(&*received.headers["x-twilio-signature"]), webhook.header("x-twilio-signature"));
    }
    assert_eq!(stage.exchange.webhooks().len(), 2 * webhooks.len());
    assert!(story.to_string().contains("sent again"));
}

#[tokio::test]
async fn a_callback_that_fails_is_shown_and_nothing_else_happens() {
    let stage = Stage::saying("<Say>Hello.</Say>").await;
    stage.server.on("/status", |_| reply(500, "", ""));
    let story = stage.call(caller()).await;
    assert_eq!(story.errors().len(), 1);
    assert_eq!(story.errors()[0].code, 11200);
    assert_eq!(story.status(), "completed");
}

#[tokio::test]
async fn a_number_is_told_of_the_end_of_a_call_only() {
    let stage = Stage::saying(&format!("<Dial>{OWNER}</Dial>")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(2).talks_for(100));
    let story = stage.call(caller()).await;
    let status = only(&story, WebhookKind::CallStatus);
    assert_eq!(values(std::slice::from_ref(&status), "CallStatus"), ["completed"]);
    assert_eq!(status.param("CallDuration"), Some("102"));
    assert_eq!(status.param("Duration"), Some("2"));
    assert_eq!(status.param("SequenceNumber"), Some("0"));
    assert_eq!(status.param("Timestamp"), Some("Fri, 20 Nov 2026 09:01:42 +0000"));
}

#[tokio::test]
async fn the_end_of_a_call_is_told_even_when_the_last_action_is_lost() {
    let stage = voicemail().await;
    stage.exchange.set_delivery(|webhook| match webhook.kind {
        WebhookKind::RecordAction => vec![],
        _ => vec![Duration::ZERO],
    });
    let story = stage.call(caller().leaves(Speech::english_sample())).await;
    let ended = story.ended().unwrap();
    assert_eq!(ended.duration_since(story.started()).as_secs(), 8);
    assert!(only(&story, WebhookKind::CallStatus).at.duration_since(ended).as_secs() < 1);
    assert_eq!(only(&story, WebhookKind::CallStatus).param("CallDuration"), Some("8"));
}

#[tokio::test]
async fn a_query_out_of_order_is_warned_of() {
    let stage = Stage::saying("").await;
    stage.exchange.wire(OURS, NumberUrls::voice(stage.server.url("/voice?b=1&a=2")));
    let story = stage.call(caller()).await;
    assert!(story.warnings()[0].message.contains("alphabetical"));
}

#[tokio::test]
async fn the_same_network_runs_in_real_time() {
    let stage = Stage::with(|config| {
        config.clock = exchange::clock::Clock::system();
        config.recording_ready_after = Duration::from_millis(100);
    })
    .await;
    stage
        .server
        .twiml("/voice", "<Say>Hi</Say><Record action=\"/saved\" recordingStatusCallback=\"/recorded\"/>");
    stage.server.twiml("/saved", "<Hangup/>");
    let began = std::time::Instant::now();
    let message = Speech::tone(Duration::from_secs(1), "hi");
    let story = stage.exchange.call(caller().leaves(message), OURS).await;
    stage.exchange.clock().settled().await;
    assert!(began.elapsed() >= Duration::from_millis(1500));
    assert_eq!(story.webhooks_of(WebhookKind::RecordingStatus).len(), 1);
    assert_eq!(story.errors(), []);
}

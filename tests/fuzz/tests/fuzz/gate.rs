//! A webhook, from API Gateway's event to the answer; and its signature.

use std::future::ready;
use std::marker::PhantomData;

use proptest::prelude::*;
use runtime::Failure;
use serde_json::{Value, json};
use signature::{AuthToken, Body};
use tokio::runtime::Runtime;
use twilio::{Accounts, Secret};
use webhook::kinds::{
    Asked, CallStatus, DialEnded, LegCall, Queued, RecordingNotice, Transcribed, VoiceCall,
};
use webhook::{Event, Gate, Handled, Input, NoContent, Received, Webhook, serve};

use crate::config;
use crate::text::{any_bytes, any_text};

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "the-token-of-the-account";
const BASE_URL: &str = "https://example.com";

/// The names of parameters that webhooks read.
const NAMES: [&str; 27] = [
    "AccountSid",
    "CallSid",
    "ParentCallSid",
    "From",
    "To",
    "CallerName",
    "CallStatus",
    "Direction",
    "SequenceNumber",
    "Timestamp",
    "DialCallStatus",
    "DialCallSid",
    "DialCallDuration",
    "RecordingSid",
    "RecordingUrl",
    "RecordingDuration",
    "RecordingStatus",
    "TranscriptionStatus",
    "TranscriptionText",
    "ErrorCode",
    "StirVerstat",
    "CallToken",
    "Digits",
    "SpeechResult",
    "Confidence",
    "QueueResult",
    "DialBridged",
];

/// Values that let a webhook go further than others.
const VALUES: [&str; 14] = [
    ACCOUNT,
    "CA0123456789abcdef0123456789abcdef",
    "RE0123456789abcdef0123456789abcdef",
    "+14155550100",
    "anonymous",
    "completed",
    "absent",
    "failed",
    "no-answer",
    "inbound",
    "0",
    "42",
    "4294967296",
    "Fri, 20 Nov 2026 15:00:00 +0000",
];

fn gate() -> Gate {
    let accounts = Accounts::new(|| {
        let json = format!(r#"{{"accounts":[{{"sid":"{ACCOUNT}","auth_tokens":["{TOKEN}"]}}]}}"#);
        ready(Secret::parse(&json).map_err(Into::into))
    });
    Gate::new(accounts, Some(BASE_URL.to_owned()))
}

fn event(path: &str, query: &str, headers: &Value, body: &Value, is_base64: bool) -> Event {
    serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "example.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "" },
            "requestId": "1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "20/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1_795_176_000_000_u64,
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }))
    .unwrap()
}

/// Takes what gets in.
struct Taken<I>(PhantomData<fn() -> I>);

impl<I: Input> Webhook for Taken<I> {
    const NAME: &'static str = "voice";
    type Input = I;
    type Answer = NoContent;

    async fn handle(&self, _: &Received<I>) -> Result<Handled<NoContent>, Failure> {
        Ok(Handled { answer: NoContent, outcome: "done" })
    }

    fn rescue(&self, _: &Received<I>) -> Option<NoContent> {
        None
    }
}

async fn status<I: Input>(gate: &Gate, event: Event) -> i64 {
    serve(gate, &Taken::<I>(PhantomData), event).await.status_code
}

async fn statuses(gate: &Gate, event: &Event) -> [i64; 8] {
    [
        status::<VoiceCall>(gate, event.clone()).await,
        status::<DialEnded>(gate, event.clone()).await,
        status::<RecordingNotice>(gate, event.clone()).await,
        status::<Transcribed>(gate, event.clone()).await,
        status::<CallStatus>(gate, event.clone()).await,
        status::<Asked>(gate, event.clone()).await,
        status::<Queued>(gate, event.clone()).await,
        status::<LegCall>(gate, event.clone()).await,
    ]
}

/// Panics are caught by the gate itself, so they are looked for here.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn any_parameter() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        9 => proptest::sample::select(NAMES.to_vec()).prop_map(str::to_owned),
        1 => any_text(),
    ];
    let value = prop_oneof![proptest::sample::select(VALUES.to_vec()).prop_map(str::to_owned), any_text(),];
    (name, value)
}

#[test]
fn what_twilio_did_not_sign_is_refused_whatever_it_says() {
    let (gate, runtime) = (gate(), runtime());
    let parts = (
        (any_text(), any_text()),
        prop_oneof![Just("application/x-www-form-urlencoded".to_owned()), any_text()],
        proptest::option::of(any_text()),
        any_text(),
        any::<bool>(),
    );
    proptest::test_runner::TestRunner::new(config())
        .run(&parts, |((path, query), content_type, signature, body, is_base64)| {
            let ascii = |text: String| text.chars().filter(|c| (' '..='~').contains(c)).collect::<String>();
            let mut headers = json!({ "content-type": ascii(content_type) });
            if let Some(signature) = signature {
                headers["x-twilio-signature"] = ascii(signature).into();
            }
            let event = event(&path, &query, &headers, &body.into(), is_base64);
            for status in runtime.block_on(statuses(&gate, &event)) {
                prop_assert!([403, 415].contains(&status), "{}", status);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_twilio_signed_is_read_or_refused_whatever_it_says() {
    let (gate, runtime) = (gate(), runtime());
    let token = AuthToken::from(TOKEN);
    let path = prop_oneof![Just("/webhook/voice".to_owned()), any_text()];
    let parts = ((path, any_text()), proptest::collection::vec(any_parameter(), 0..12));
    proptest::test_runner::TestRunner::new(config())
        .run(&parts, |((path, query), parameters)| {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("AccountSid", ACCOUNT).extend_pairs(parameters);
            let form = form.finish();
            let question_mark = if query.is_empty() { "" } else { "?" };
            let url = format!("{BASE_URL}{path}{question_mark}{query}");
            let headers = json!({
                "content-type": "application/x-www-form-urlencoded",
                "x-twilio-signature": signature::sign(&token, &url, Body::Form(form.as_bytes())),
            });
            let event = event(&path, &query, &headers, &form.into(), false);
            let is_there = url.split(['?', '#']).next().is_some_and(|url| url.ends_with("/voice"));
            for status in runtime.block_on(statuses(&gate, &event)) {
                // Not 500: that would be a panic. A URL may carry the body's hash, and the wrong one.
                prop_assert!([204, 400, 403, 404].contains(&status), "{}", status);
                prop_assert_eq!(status == 404, status != 403 && !is_there, "{}", status);
                prop_assert!(status != 403 || url.contains("bodySHA256"), "{}", status);
            }
            Ok(())
        })
        .unwrap();
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_signature_fits_what_was_signed_and_nothing_else(
        url in any_text(),
        body in any_bytes(),
        other in any_bytes(),
        made_up in any_text(),
    ) {
        let url = format!("{BASE_URL}/{url}");
        let tokens = [AuthToken::from(TOKEN)];
        let is_hashed = url.contains("bodySHA256");
        let signature = signature::sign(&tokens[0], &url, Body::Form(&body));
        prop_assert!(is_hashed || signature::verify(&tokens, &url, Body::Form(&body), &signature));
        prop_assert!(!signature::verify(&tokens, &url, Body::Form(&body), &made_up));
        prop_assert!(!signature::verify(&[AuthToken::from("another")], &url, Body::Form(&body), &signature));
        prop_assert!(!signature::verify(&[], &url, Body::Form(&body), &signature));
        let pairs = |form: &[u8]| {
            let mut pairs: Vec<_> = form_urlencoded::parse(form).into_owned().collect();
            pairs.sort();
            // Twilio signs names and values without anything in between.
            pairs.into_iter().map(|(name, value)| name + &value).collect::<String>()
        };
        if !is_hashed && pairs(&body).chars().collect::<std::collections::BTreeSet<_>>()
            != pairs(&other).chars().collect::<std::collections::BTreeSet<_>>()
        {
            prop_assert!(!signature::verify(&tokens, &url, Body::Form(&other), &signature));
        }
        let _ = signature::verify(&tokens, &url, Body::Other(&body), &signature);
        let _ = signature::verify(&tokens, &url, Body::Empty, &made_up);
    }
}

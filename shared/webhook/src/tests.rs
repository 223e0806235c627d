//! Webhooks as API Gateway hands them over, from the signed form to the response.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use signature::{AuthToken, Body};
use twilio::{Accounts, Secret};

use twiml::voice;

use crate::kinds::VoiceCall;
use crate::{Constant, Event, Gate, Handled, Input, Received, Response, Webhook};
use runtime::Failure;

mod constants;
mod door;
mod gate;
mod kinds;
mod log;
mod secret;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const SUBACCOUNT: &str = "AC00000000000000000000000000000002";
const STRANGER: &str = "AC00000000000000000000000000000003";
const CALL: &str = "CA0123456789abcdef0123456789abcdef";
const RECORDING: &str = "RE0123456789abcdef0123456789abcdef";

const TOKEN: &str = "the-token-of-the-account";
const NEXT_TOKEN: &str = "the-token-after-a-rotation";
const SUBACCOUNT_TOKEN: &str = "the-token-of-the-subaccount";

/// A sound that anybody may have; no text.
const TONE: [u8; 6] = [b'R', b'I', b'F', b'F', 0xff, 0x00];

const DOMAIN: &str = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";

/// The form of an incoming call, as Twilio sends it.
fn call_form() -> String {
    form(&[
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", CALL),
        ("CallStatus", "ringing"),
        ("CallToken", "%7B%22parentCallInfoToken%22%7D"),
        ("Called", "+14155550100"),
        ("Caller", "+16465550199"),
        ("CallerName", ""),
        ("Direction", "inbound"),
        ("From", "+16465550199"),
        ("FromCity", "NEW YORK"),
        ("FromCountry", "US"),
        ("StirVerstat", "TN-Validation-Passed-A"),
        ("To", "+14155550100"),
        ("ToCountry", "US"),
    ])
}

fn form(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// A request on its way to the webhook; what a test does not set is as Twilio and API Gateway do it.
#[derive(Clone)]
struct Request {
    method: &'static str,
    path: String,
    query: String,
    content_type: Option<&'static str>,
    /// What Twilio was told to request, where that is not what API Gateway sees.
    signed_url: Option<String>,
    signed_with: Option<&'static str>,
    signed_body: Option<Vec<u8>>,
    body: Vec<u8>,
}

impl Request {
    fn of(form: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST",
            path: "/webhook/voice".to_owned(),
            query: String::new(),
            content_type: Some("application/x-www-form-urlencoded; charset=UTF-8"),
            signed_url: None,
            signed_with: Some(TOKEN),
            signed_body: None,
            body: form.into(),
        }
    }

    fn call() -> Self {
        Self::of(call_form())
    }

    fn url(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("https://{DOMAIN}{}{query}", self.path)
    }

    /// Signed for what it is now; what is changed after that is forged.
    fn sealed(mut self) -> Self {
        self.signed_url.get_or_insert(self.url());
        self.signed_body.get_or_insert(self.body.clone());
        self
    }

    fn json(&self) -> Value {
        let mut headers = json!({ "host": DOMAIN, "user-agent": "TwilioProxy/1.1" });
        if let Some(content_type) = self.content_type {
            headers["content-type"] = content_type.into();
        }
        if let Some(token) = self.signed_with {
            let url = self.signed_url.clone().unwrap_or_else(|| self.url());
            let body = self.signed_body.as_ref().unwrap_or(&self.body);
            headers["x-twilio-signature"] =
                signature::sign(&AuthToken::from(token), &url, Body::Form(body)).into();
        }
        json!({
            "version": "2.0",
            "routeKey": format!("POST {}", self.path),
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": DOMAIN,
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "54.172.60.1",
                    "userAgent": "TwilioProxy/1.1",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": format!("POST {}", self.path),
                "stage": "$default",
                "time": "20/Nov/2026:12:00:00 +0000",
                "timeEpoch": 1_795_176_000_000_u64,
            },
            "body": base64(&self.body),
            "isBase64Encoded": true,
        })
    }

    fn event(&self) -> Event {
        event(self.json())
    }
}

fn event(json: Value) -> Event {
    serde_json::from_value(json).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    STANDARD.encode(bytes)
}

/// The secret with these tokens for the account, and another account that is ours.
fn secret_json(tokens: &[&str]) -> String {
    json!({ "accounts": [
        { "sid": ACCOUNT, "auth_tokens": tokens },
        { "sid": SUBACCOUNT, "auth_tokens": [SUBACCOUNT_TOKEN] },
    ] })
    .to_string()
}

/// Where the secret comes from: what it is now, or that it can't be read; and how often it was.
#[derive(Clone)]
struct Source(Arc<Mutex<(Option<String>, usize)>>);

impl Source {
    fn new(json: Option<String>) -> Self {
        Self(Arc::new(Mutex::new((json, 0))))
    }

    fn becomes(&self, json: Option<String>) {
        self.0.lock().unwrap().0 = json;
    }

    fn reads(&self) -> usize {
        self.0.lock().unwrap().1
    }

    fn gate(&self) -> Gate {
        Gate::new(self.accounts(), None)
    }

    fn accounts(&self) -> Accounts {
        let source = self.clone();
        Accounts::new(move || {
            let mut source = source.0.lock().unwrap();
            source.1 += 1;
            let secret = source.0.clone().ok_or("the source is down");
            async move { Ok(Secret::parse(&secret?)?) }
        })
    }
}

fn gate() -> Gate {
    Source::new(Some(secret_json(&[TOKEN]))).gate()
}

fn gate_behind(public_base_url: &str) -> Gate {
    Gate::new(Source::new(Some(secret_json(&[TOKEN]))).accounts(), Some(public_base_url.to_owned()))
}

/// What a webhook of these tests answers: a document, or thanks.
type Answer = Option<voice::Response>;

/// What a caller gets when the handler fails.
struct Endpoint<W>(Rescue<W>);

type Rescue<W> = Box<dyn Fn(&Received<W>) -> Option<voice::Response> + Send + Sync>;

impl<W> Endpoint<W> {
    fn steering(rescue: impl Fn(&Received<W>) -> Option<voice::Response> + Send + Sync + 'static) -> Self {
        Self(Box::new(rescue))
    }

    fn reporting() -> Self {
        Self::steering(|_| None)
    }
}

/// A webhook whose handler is a closure.
struct Probe<'a, W, H>(&'a Endpoint<W>, H);

impl<W, H, F> Webhook for Probe<'_, W, H>
where
    W: Input + Clone,
    H: Fn(Arc<Received<W>>) -> F + Send + Sync,
    F: Future<Output = Result<Handled<Answer>, Failure>> + Send,
{
    const NAME: &'static str = "voice";
    const STEPS: &'static [&'static str] = &["menu", "menu-2"];
    const CONSTANTS: &'static [(&'static str, Constant)] =
        &[("tone.wav", Constant { content_type: "audio/x-wav", bytes: || &TONE })];
    type Input = W;
    type Answer = Answer;

    async fn handle(&self, received: &Received<W>) -> Result<Handled<Answer>, Failure> {
        (self.1)(Arc::new(received.clone())).await
    }

    fn rescue(&self, received: &Received<W>) -> Option<Answer> {
        (self.0.0)(received).map(Some)
    }
}

async fn serve<W, H, F>(gate: &Gate, endpoint: &Endpoint<W>, event: Event, handle: H) -> Response
where
    W: Input + Clone,
    H: Fn(Arc<Received<W>>) -> F + Send + Sync,
    F: Future<Output = Result<Handled<Answer>, Failure>> + Send,
{
    crate::serve(gate, &Probe(endpoint, handle), event).await
}

/// Serves a call whose handler thanks for telling.
async fn knock(gate: &Gate, event: Event) -> Response {
    let endpoint = Endpoint::<VoiceCall>::reporting();
    serve(gate, &endpoint, event, |_| async { Ok(thanks()) }).await
}

fn thanks() -> Handled<Answer> {
    Handled { answer: None, outcome: "thanked" }
}

fn body(response: &Response) -> String {
    match &response.body {
        Some(body) => String::from_utf8(body.to_vec()).unwrap(),
        None => String::new(),
    }
}

#[track_caller]
fn assert_refused(response: &Response, status: i64) {
    assert_eq!(response.status_code, status);
    assert_eq!(body(response), "");
    assert!(response.headers.is_empty(), "{:?}", response.headers);
}

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{ApiKey, ApiKeyId, ApiKeyName, Country, KeyNumbers, Scope};
use jiff::{SignedDuration, Timestamp};
use live::{ActionId, Code, Problem};
use phone::PhoneNumber;
use proptest::prelude::*;
use runtime::Clock;
use serde_json::{Value, json};
use store::{Rows, StoreError};

use crate::keys::Keys;
use crate::{Door, Event, KeyText, Reply, Request};

mod callbacks;
mod door;
mod replies;

fn start() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn text(number: u8) -> KeyText {
    KeyText::of(ApiKeyId::of([number; 4]), [number; 32])
}

fn key(number: u8) -> ApiKey {
    let text = text(number);
    ApiKey {
        id: text.id().clone(),
        name: ApiKeyName::parse("crm").unwrap(),
        scopes: [Scope::Read].into(),
        numbers: KeyNumbers::All,
        countries: None,
        calls_per_minute: 10,
        minutes_per_day: 100,
        callback: None,
        created_by: "olivia".to_owned(),
        created_at: start(),
        secret: text.hash(),
        former: None,
    }
}

/// A door, what is behind it, and what time it is.
struct World {
    door: Door,
    keys: Arc<Mutex<Option<Vec<ApiKey>>>>,
    reads: Arc<AtomicU32>,
    now: Arc<Mutex<Timestamp>>,
}

impl World {
    fn new() -> Self {
        let keys = Arc::new(Mutex::new(Some(vec![key(1)])));
        let (reads, now) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(start())));
        let clock = {
            let now = now.clone();
            Clock::new(move || *now.lock().unwrap())
        };
        let read = {
            let (keys, reads) = (keys.clone(), reads.clone());
            move || {
                reads.fetch_add(1, Ordering::Relaxed);
                let read = match keys.lock().unwrap().clone() {
                    Some(rows) => Ok(Rows { rows, unreadable: Vec::new() }),
                    None => Err(StoreError::Unavailable("it is gone".into())),
                };
                std::future::ready(read)
            }
        };
        Self { door: Door::with_keys(Keys::new(read), clock), keys, reads, now }
    }

    fn pass(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    fn reads(&self) -> u32 {
        self.reads.load(Ordering::Relaxed)
    }

    async fn admit(&self, asked: &Asked) -> Result<Request, Reply> {
        self.door.admit(&asked.event()).await
    }

    async fn status(&self, asked: &Asked) -> u16 {
        self.admit(asked).await.map_or_else(|reply| reply.status(), |_| 200)
    }
}

/// What a program asks; what a test does not set is as it should be.
#[derive(Clone, Debug)]
struct Asked {
    method: String,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Asked {
    fn get(path: &str) -> Self {
        let bearer = ("authorization", format!("Bearer {}", text(1).reveal()));
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: vec![bearer],
            body: Vec::new(),
        }
    }

    fn post(path: &str, body: &str) -> Self {
        let mut asked = Self::get(path).with("content-type", "application/json");
        asked.method = "POST".to_owned();
        asked.body = body.as_bytes().to_vec();
        asked.with("idempotency-key", "once")
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self
    }

    fn by(self, text: &KeyText) -> Self {
        self.with("authorization", &format!("Bearer {}", text.reveal()))
    }

    fn event(&self) -> Event {
        let headers: serde_json::Map<String, Value> =
            self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        event(&self.method, &self.path, &self.query, &headers.into(), &STANDARD.encode(&self.body), true)
    }
}

fn event(method: &str, path: &str, query: &str, headers: &Value, body: &str, is_base64: bool) -> Event {
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": { "http": { "method": method, "path": path } },
        "body": body,
        "isBase64Encoded": is_base64,
    });
    serde_json::from_value(event).unwrap()
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_str(reply.body()).unwrap()
}

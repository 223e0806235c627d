//! A webhook server that answers as told, and an exchange wired to it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a stage that cannot be set up fails the test")]

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use exchange::clock::Clock;
use exchange::{Caller, Config, Exchange, NumberUrls, SentWebhook, Story, WebhookKind};
use phone::AccountSid;
use signature::AuthToken;

pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(crate) const TOKEN: &str = "0123456789abcdef";
/// The account's number.
pub(crate) const OURS: &str = "+14155550100";
/// Who calls.
pub(crate) const CALLER: &str = "+14155550123";
/// Who is dialled.
pub(crate) const OWNER: &str = "+12125550199";
pub(crate) const OTHER: &str = "+12125550198";

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    pub(crate) signed: bool,
}

impl Received {
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let text = if self.method == "GET" { &self.query } else { &self.body };
        form_urlencoded::parse(text.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

type Answerer = Arc<dyn Fn(&Received) -> Response + Send + Sync>;

#[derive(Default)]
struct Shelf {
    answers: Mutex<HashMap<String, Answerer>>,
    received: Mutex<Vec<Received>>,
    base: Mutex<String>,
}

/// A webhook server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) base: String,
    shelf: Arc<Shelf>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let shelf = Arc::new(Shelf::default());
        let app = axum::Router::new().fallback(answer).with_state(shelf.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        shelf.base.lock().unwrap().clone_from(&base);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, shelf }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Answers requests of this path.
    pub(crate) fn on(&self, path: &str, answer: impl Fn(&Received) -> Response + Send + Sync + 'static) {
        let mut answers = self.shelf.answers.lock().unwrap();
        answers.insert(path.into(), Arc::new(answer));
    }

    /// Answers with the verbs of a TwiML document.
    pub(crate) fn twiml(&self, path: &str, verbs: &str) {
        let document = document(verbs);
        self.on(path, move |_| reply(200, "text/xml", &document));
    }

    /// Answers with one document after the other; the last one again and again.
    pub(crate) fn twiml_in_turn(&self, path: &str, all: &[&str]) {
        let documents: Vec<String> = all.iter().map(|verbs| document(verbs)).collect();
        let next = Mutex::new(0);
        self.on(path, move |_| {
            let mut next = next.lock().unwrap();
            let document = &documents[(*next).min(documents.len() - 1)];
            *next += 1;
            reply(200, "text/xml", document)
        });
    }

    /// Takes callbacks.
    pub(crate) fn takes(&self, path: &str) {
        self.on(path, |_| reply(204, "", ""));
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shelf.received.lock().unwrap().clone()
    }

    pub(crate) fn received_at(&self, path: &str) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|request| request.path == path);
        received
    }
}

pub(crate) fn document(verbs: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verbs}</Response>")
}

pub(crate) fn reply(status: u16, content_type: &str, body: &str) -> Response {
    let mut response = Response::builder().status(status);
    if !content_type.is_empty() {
        response = response.header("content-type", content_type);
    }
    response.body(Body::from(body.to_owned())).unwrap()
}

async fn answer(State(shelf): State<Arc<Shelf>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let headers: HashMap<String, String> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let base = shelf.base.lock().unwrap().clone();
    let url = format!("{base}{}", head.uri);
    let signed_body = match head.method.as_str() {
        "POST" => signature::Body::Form(&body),
        _ => signature::Body::Empty,
    };
    let signed = headers
        .get(signature::HEADER)
        .is_some_and(|claimed| signature::verify(&[AuthToken::from(TOKEN)], &url, signed_body, claimed));
    let received = Received {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        signed,
    };
    shelf.received.lock().unwrap().push(received.clone());
    let answerer = shelf.answers.lock().unwrap().get(&received.path).cloned();
    answerer.map_or_else(|| reply(404, "text/plain", ""), |answer| answer(&received))
}

/// An exchange with one number wired to a server.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) exchange: Exchange,
    pub(crate) clock: Clock,
}

pub(crate) fn config(clock: &Clock) -> Config {
    let account = AccountSid::parse(ACCOUNT).unwrap();
    let mut config = Config::new(account, TOKEN, clock.clone()).with_api_key("SK1", "secret");
    config.read_limit = Duration::from_secs(3);
    config
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::starting_at("2026-11-20T09:00:00Z".parse().unwrap());
        let mut config = config(&clock);
        change(&mut config);
        let exchange = Exchange::start(config).await.unwrap();
        let server = Server::start().await;
        for path in ["/status", "/leg", "/recorded", "/transcribed"] {
            server.takes(path);
        }
        exchange
            .wire(OURS, NumberUrls::voice(server.url("/voice")).with_status_callback(server.url("/status")));
        Self { server, exchange, clock }
    }

    /// A stage whose voice URL answers with these verbs.
    pub(crate) async fn saying(verbs: &str) -> Self {
        let stage = Self::new().await;
        stage.server.twiml("/voice", verbs);
        stage
    }

    /// Runs a call and all that follows from it.
    pub(crate) async fn call(&self, caller: Caller) -> Story {
        let story = tokio::time::timeout(Duration::from_secs(20), self.exchange.call(caller, OURS))
            .await
            .expect("a call must come to its end");
        self.settle().await;
        story
    }

    /// Changes a live call.
    pub(crate) async fn change(&self, call_sid: &str, fields: &[(&str, &str)]) -> crate::client::Reply {
        self.post(&format!("/Calls/{call_sid}.json"), fields).await
    }

    /// A call as the REST API shows it.
    pub(crate) async fn shown(&self, call_sid: &str) -> serde_json::Value {
        self.get(&format!("/Calls/{call_sid}.json")).await.json()
    }

    /// Places a call by the REST API; its story tells what became of it.
    pub(crate) async fn dial_out(&self, to: &str, fields: &[(&str, &str)]) -> Story {
        let mut all = vec![("From", OURS), ("To", to)];
        all.extend(fields);
        let created = self.post("/Calls.json", &all).await;
        assert_eq!(created.status, 201, "{}", created.json());
        let sid = created.sid();
        self.exchange.stories().into_iter().find(|story| story.call_sid().as_str() == sid).unwrap()
    }

    /// Runs a script, for which time stands still but where it waits, and then all that follows from it.
    pub(crate) async fn play<Script, Played>(&self, script: Script) -> Played::Output
    where
        Script: FnOnce(Self) -> Played,
        Played: Future<Output: Send> + Send + 'static,
    {
        let played = self.clock.spawn(script(self.clone()));
        let result = tokio::time::timeout(Duration::from_secs(20), played).await.expect("time must go on");
        self.settle().await;
        for story in self.exchange.stories() {
            holds_together(&story);
        }
        result.expect("the script must come to its end")
    }

    /// Lets time pass.
    pub(crate) async fn wait(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    pub(crate) async fn settle(&self) {
        tokio::time::timeout(Duration::from_secs(20), self.clock.settled())
            .await
            .expect("time must not get stuck");
    }
}

pub(crate) fn caller() -> Caller {
    Caller::new(CALLER)
}

/// What holds for every call: each leg has one end, is told so at most once, and heard something all the time.
pub(crate) fn holds_together(story: &Story) {
    for leg in story.legs() {
        let is_end = |webhook: &&SentWebhook| {
            webhook.call_sid == leg.call_sid
                && matches!(webhook.kind, WebhookKind::CallStatus | WebhookKind::LegStatus)
                && webhook.param("CallDuration").is_some()
        };
        assert!(story.webhooks().iter().filter(is_end).count() <= 1, "{} in {story}", leg.call_sid);
        assert!(
            ["completed", "busy", "no-answer", "failed", "canceled"].contains(&leg.status),
            "{} in {story}",
            leg.status
        );
        for pieces in leg.heard.windows(2) {
            assert_eq!(pieces[0].until, pieces[1].from, "{:?}", leg.heard);
        }
    }
}

/// Milliseconds from one instant to another.
pub(crate) fn millis(from: jiff::Timestamp, to: jiff::Timestamp) -> i64 {
    i64::try_from(to.duration_since(from).as_millis()).unwrap()
}

/// The only webhook of a kind.
pub(crate) fn only(story: &Story, kind: WebhookKind) -> SentWebhook {
    let mut webhooks = story.webhooks_of(kind);
    assert_eq!(webhooks.len(), 1, "{kind} in {story}");
    webhooks.remove(0)
}

/// Statuses of a parameter over several webhooks.
pub(crate) fn values(webhooks: &[SentWebhook], name: &str) -> Vec<String> {
    webhooks.iter().map(|webhook| webhook.param(name).unwrap_or("-").to_owned()).collect()
}

//! A program that steers a call over HTTP, and sends each request again until it has an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use exchange::clock::Clock;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::steer::{Beginning, Play, Step, Trouble, Wants};

/// How long it waits before it sends a request again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How often it looks whether somebody calls.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// How often it sends one at most.
const MOST_TRIES: usize = 400;

/// A program.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) clock: Clock,
    pub(crate) endpoint: String,
    pub(crate) key: String,
    pub(crate) trouble: Vec<Trouble>,
    client: Client<HttpConnector, Full<Bytes>>,
    asked: Arc<AtomicUsize>,
}

/// What a program saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Saw {
    /// What its call is called.
    pub(crate) call: Option<String>,
    /// What is not as promised.
    pub(crate) broken: Vec<String>,
    /// Whether it wanted somebody not to be heard.
    pub(crate) muted: bool,
}

type Answer = (u16, Vec<u8>);

impl Program {
    pub(crate) fn new(clock: Clock, endpoint: String, key: String, trouble: Vec<Trouble>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { clock, endpoint, key, trouble, client, asked: Arc::default() }
    }

    /// Wants one thing after the other.
    pub(crate) async fn run(self, play: Play) -> Saw {
        let mut saw = Saw::default();
        let begun = self.clock.now();
        let call = match play.begins() {
            Beginning::Made(body) => {
                let (status, body) = self.posts("calls", &body, 1, &mut saw).await;
                let created: Value = serde_json::from_slice(&body).unwrap_or_default();
                let call = created["call"]["id"].as_str().map(str::to_owned);
                if call.is_none() {
                    saw.broken.push(format!("the call was not created: {status} {created}"));
                }
                call
            }
            Beginning::Called(_) if play.is_forwarded() => {
                self.sees("number=%2B14155550100&state=active", 80).await
            }
            Beginning::Called(_) => self.sees("state=incoming", 20).await,
        };
        let Some(call) = call else { return saw };
        saw.call = Some(call.clone());
        let mut clients = Vec::new();
        for (client, steps) in play.programs().into_iter().enumerate() {
            let (program, call) = (self.clone(), call.clone());
            clients.push(self.clock.spawn(async move { program.wants(&call, client, steps, begun).await }));
        }
        for client in clients {
            let its = self.clock.wait_for(client).await.unwrap();
            saw.broken.extend(its.broken);
            saw.muted |= its.muted;
        }
        // Whom a seed has transferred out of the call talks on in another.
        if matches!(play, Play::Random(_)) {
            self.ends_what_goes_on(&mut saw).await;
        }
        saw
    }

    async fn ends_what_goes_on(&self, saw: &mut Saw) {
        self.clock.sleep(Duration::from_secs(30)).await;
        let (_, answer) = self.sends(Method::GET, "calls", &Value::Null, 0).await;
        let seen: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let ids = seen["calls"].as_array().into_iter().flatten().filter_map(|it| it["id"].as_str());
        for (place, id) in ids.enumerate() {
            self.posts(&format!("calls/{id}/actions"), &json!({ "type": "end" }), 1000 + place, saw).await;
        }
    }

    /// One client wants one thing after the other.
    async fn wants(self, call: &str, client: usize, steps: Vec<Step>, begun: Timestamp) -> Saw {
        let mut saw = Saw::default();
        let mut last = None;
        for (place, Step { after, wants }) in steps.into_iter().enumerate() {
            self.clock.sleep_until(begun.checked_add(Duration::from_secs(after)).unwrap()).await;
            let (path, body) = match &wants {
                Wants::Action(body) => (format!("calls/{call}/actions"), body.clone()),
                Wants::OfLast(kind) => {
                    let Some(last) = &last else { continue };
                    (format!("calls/{call}/actions"), json!({ "type": kind, "action": last }))
                }
                Wants::MoveBack => {
                    let Some(new) = self.went_to(call, last.as_deref()).await else { continue };
                    let body = json!({ "type": "move", "participant": "p2", "to_call": call });
                    (format!("calls/{new}/actions"), body)
                }
                Wants::Cancel => {
                    let Some(last) = &last else { continue };
                    (format!("calls/{call}/actions/{last}/cancel"), Value::Null)
                }
            };
            saw.muted |= body["type"] == "mute";
            let (_, answer) = self.posts(&path, &body, 100 * client + place + 2, &mut saw).await;
            let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
            if let Some(action) = answer["action"]["id"].as_str() {
                last = Some(action.to_owned());
            }
        }
        saw
    }

    /// The new call of a transfer.
    async fn went_to(&self, call: &str, action: Option<&str>) -> Option<String> {
        let path = format!("calls/{call}/actions/{}", action?);
        for _ in 0..MOST_TRIES {
            let answer = self.sends(Method::GET, &path, &Value::Null, 0).await;
            if is_final(&answer) {
                let action: Value = serde_json::from_slice(&answer.1).unwrap_or_default();
                return action["command"]["to_call"].as_str().map(str::to_owned);
            }
            self.clock.sleep(AGAIN_AFTER).await;
        }
        None
    }

    /// A call that comes in; none if it has not seen one for so long that none is in reach any more.
    async fn sees(&self, of: &str, times: u32) -> Option<String> {
        for _ in 0..times {
            let answer = self.sends(Method::GET, &format!("calls?{of}"), &Value::Null, 0).await;
            let seen: Value = serde_json::from_slice(&answer.1).unwrap_or_default();
            if let Some(call) = seen["calls"][0]["id"].as_str() {
                return Some(call.to_owned());
            }
            self.clock.sleep(LOOKS_EVERY).await;
        }
        None
    }

    /// Sends a request under its own key, until it has an answer that is not 503 or the like.
    async fn posts(&self, path: &str, body: &Value, number: usize, saw: &mut Saw) -> Answer {
        let meets = |is_it: fn(usize) -> Trouble| {
            self.trouble.contains(&is_it(number)) || self.trouble.contains(&is_it(0))
        };
        let mut first = None;
        for _ in 0..MOST_TRIES {
            if meets(Trouble::Doubled) {
                let other = self.clone();
                let (its_path, its_body) = (path.to_owned(), body.clone());
                let other = self
                    .clock
                    .spawn(async move { other.sends(Method::POST, &its_path, &its_body, number).await });
                let one = self.sends(Method::POST, path, body, number).await;
                let other = self.clock.wait_for(other).await.unwrap();
                if is_final(&one) && is_final(&other) && one != other {
                    saw.broken.push(format!("sent twice at once: {}, and {}", shown(&one), shown(&other)));
                }
                if is_final(&one) {
                    return one;
                }
            } else {
                let answer = self.sends(Method::POST, path, body, number).await;
                if is_final(&answer) {
                    match first {
                        None if meets(Trouble::AnswerLost) => first = Some(answer),
                        Some(first) if first != answer => {
                            let (one, other) = (shown(&first), shown(&answer));
                            saw.broken.push(format!("sent again: {one}, and then {other}"));
                            return answer;
                        }
                        None | Some(_) => return answer,
                    }
                }
            }
            self.clock.sleep(AGAIN_AFTER).await;
        }
        saw.broken.push(format!("{path} has never got an answer"));
        (0, Vec::new())
    }

    async fn sends(&self, method: Method, path: &str, body: &Value, number: usize) -> Answer {
        let name = format!("program-{}", self.asked.fetch_add(1, Ordering::Relaxed));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/v1/{path}", self.endpoint))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .header("idempotency-key", format!("step-{number}"))
            .header("i-twilio-idempotency-token", &name)
            .body(Full::from(body))
            .unwrap();
        // Time stands still on the way, and passes while the function rests.
        let _journey = self.clock.journey(&name);
        let answer = async {
            let response = self.client.request(request).await.ok()?;
            let status = response.status().as_u16();
            Some((status, response.into_body().collect().await.ok()?.to_bytes().to_vec()))
        };
        self.clock.wait_for(answer).await.unwrap_or_default()
    }
}

fn is_final((status, _): &Answer) -> bool {
    (200..500).contains(status) && *status != 429
}

fn shown((status, body): &Answer) -> String {
    format!("{status} {}", String::from_utf8_lossy(body))
}

//! A program steers a call over HTTP: from its first leg to its recording.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use api::KeyText;
use bytes::Bytes;
use domain::{ApiKey, ApiKeyId, ApiKeyName, KeyNumbers, Language, Scope};
use exchange::{Address, Phone};
use http_body_util::Full;
use hyper::{Method, Request};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::world::{MaskedNumber, World};

/// How long one thing may take: each webhook of it is a Lambda of the emulator's.
const PATIENCE: Duration = Duration::from_mins(1);

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A program, with a key of its own.
struct Program<'a> {
    world: &'a World,
    key: String,
}

impl<'a> Program<'a> {
    async fn of(world: &'a World) -> Result<Self> {
        let text = KeyText::of(ApiKeyId::parse("5ca1ab1e")?, *b"a-key-of-32-bytes-for-deployment");
        let key = ApiKey {
            id: text.id().clone(),
            name: ApiKeyName::parse("deployed")?,
            scopes: [Scope::Read, Scope::Control, Scope::Create].into(),
            numbers: KeyNumbers::All,
            countries: None,
            calls_per_minute: ApiKey::CALLS_PER_MINUTE,
            minutes_per_day: ApiKey::MINUTES_PER_DAY,
            callback: None,
            created_by: "olivia".to_owned(),
            created_at: Timestamp::now(),
            secret: text.hash(),
            former: None,
        };
        world.store().add_api_key(&key).await?;
        Ok(Self { world, key: text.reveal() })
    }

    /// Sends a request, and once more where the emulator has no time for it.
    async fn asks(&self, method: Method, path: &str, body: Option<(&Value, &str)>) -> Result<Value> {
        let url = format!("{}/v1/{path}", self.world.output("ApiUrl")?.trim_end_matches('/'));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut request = Request::builder()
                .method(method.clone())
                .uri(&url)
                .header("authorization", format!("Bearer {}", self.key))
                .header("content-type", "application/json");
            if let Some((_, once)) = body {
                request = request.header("idempotency-key", once);
            }
            let text = body.map(|(body, _)| body.to_string()).unwrap_or_default();
            let got = self.world.cloud.send(request.body(Full::new(Bytes::from(text)))?).await?;
            if got.status < 300 {
                return serde_json::from_str(&got.text()).with_context(|| got.text());
            }
            let passes = got.status >= 500 || got.status == 429;
            ensure!(passes && Instant::now() < deadline, "{path}: {} {}", got.status, got.text());
            sleep(LOOK_EVERY).await;
        }
    }

    async fn gets(&self, path: &str) -> Result<Value> {
        self.asks(Method::GET, path, None).await
    }

    /// Wants something, and waits until it has come true.
    async fn wants(&self, call: &str, body: Value, state: &str) -> Result<String> {
        let (path, once) = (format!("calls/{call}/actions"), format!("{call}-{body}"));
        let accepted = self.asks(Method::POST, &path, Some((&body, &once[..once.len().min(250)]))).await?;
        let id = accepted["action"]["id"].as_str().context("an action has a name")?.to_owned();
        self.until(&format!("{path}/{id}"), |it| it["state"] == state).await?;
        Ok(id)
    }

    async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.gets(path).await?;
            if is_so(&seen) {
                return Ok(seen);
            }
            if Instant::now() > deadline {
                bail!("{path} is still {seen}");
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// Somebody is called, recorded, held, handed over by an agent who leaves, and transferred: one call, one log, and the
/// sound in the bucket.
///
/// # Errors
/// What is not as it has to be.
pub async fn one_handle(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::English, Phone::answers_after(1)).await?;
    let others = ["+16465550171", "+16465550172", "+16465550173"];
    for other in others {
        world.exchange.plug(other, Phone::answers_after(1));
    }
    let program = Program::of(world).await?;
    let create = json!({ "from": line.number, "to": line.phone, "ring_seconds": 20 });
    let created = program.asks(Method::POST, "calls", Some((&create, "create"))).await?;
    let call = created["call"]["id"].as_str().context("a call has a name")?.to_owned();
    let path = format!("calls/{call}");
    let state = |call: &Value, nth: usize| call["participants"][nth]["state"].as_str().map(str::to_owned);
    let is = |call: &Value, nth: usize, expected: &str| state(call, nth).as_deref() == Some(expected);
    program.until(&path, |it| is(it, 0, "booth")).await?;
    let [agent, expert, shop] = others;
    let record = json!({ "type": "record", "consent": "none", "participants": ["p1"] });
    let recorded = program.wants(&call, record, "running").await?;
    program.wants(&call, json!({ "type": "add", "to": agent }), "succeeded").await?;
    program.until(&path, |it| is(it, 0, "seated") && is(it, 1, "seated")).await?;
    program.wants(&call, json!({ "type": "hold", "participant": "p1" }), "succeeded").await?;
    program.wants(&call, json!({ "type": "resume", "participant": "p1" }), "succeeded").await?;
    let consult = json!({ "type": "consult", "participant": "p2", "to": expert });
    program.wants(&call, consult, "succeeded").await?;
    program.wants(&call, json!({ "type": "remove", "participant": "p2" }), "succeeded").await?;
    program.until(&path, |it| is(it, 0, "seated") && is(it, 2, "seated")).await?;
    let transfer = json!({ "type": "transfer", "participant": "p1", "to": shop });
    program.wants(&call, transfer, "succeeded").await?;
    program.until(&path, |it| is(it, 2, "left") && is(it, 3, "seated")).await?;
    program.wants(&call, json!({ "type": "end" }), "succeeded").await?;
    program.until(&path, |it| it["state"] == "ended").await?;
    let record = program.gets(&format!("{path}/actions/{recorded}")).await?;
    ensure!(record["state"] == "succeeded", "{record}");
    let log = program.gets(&format!("{path}/events?limit=1000")).await?;
    let events = log["events"].as_array().context("a log")?;
    let in_order = events.iter().zip(1..).all(|(event, seq)| event["data"]["seq"] == seq);
    ensure!(in_order && events.last().is_some_and(|it| it["type"] == "call.ended"), "{log}");
    let recordings = program.gets(&format!("{path}/recordings")).await?;
    for recording in recordings["recordings"].as_array().context("recordings")? {
        let sid = recording["recording_sid"].as_str().context("a recording has a name")?;
        let kept = program.until(&format!("{path}/recordings/{sid}"), |it| it["kept"] == "stored").await?;
        let sound = world.follow(kept["link"].as_str().context("a link")?).await?;
        ensure!(sound.starts_with(b"RIFF"), "{} bytes that are no sound", sound.len());
    }
    for (number, to) in [(1, &line.phone[..]), (2, agent), (3, expert), (4, shop)] {
        let address = Address::from(to);
        let legs: Vec<_> = world.exchange.stories().into_iter().filter(|leg| *leg.to() == address).collect();
        let [leg] = &legs[..] else { bail!("p{number} was called {} times", legs.len()) };
        ensure!(leg.errors().is_empty() && leg.ended().is_some(), "{leg}");
    }
    Ok(())
}

//! How fast commands are accepted and events are told, beside a bare transaction; and many live calls at once.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use api::{CallbackSecrets, Door};
use aws::SecretSource;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use endpoint::{Reach, Sender};
use events::{Sample, development, environment};
use exchange::Phone;
use exchange::clock::Clock;
use jiff::Timestamp;
use live::{
    Accepted, Address, Asked, CallId, Create, Machine, News, ParticipantId, Ring, Source, Steered, Who,
    create, hear,
};
use local::place::Folders;
use local::stack::{Options, Stack};
use phone::{CallSid, PhoneNumber};
use serde_json::{Value, json};
use steering::{Controls, Waker};
use store::{Committed, ControlledCall, Tables};
use tokio::net::TcpListener;
use twilio::Accounts;

use crate::services::Services;

/// How long it took, each time.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    fn add(&mut self, since: Instant) {
        self.0.push(since.elapsed());
    }

    /// All but so many of a hundred were faster, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(place).map_or(0.0, |it| it.as_secs_f64() * 1000.0)
    }
}

/// What was measured one after the other, again and again.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    /// Four rows, written in one transaction.
    pub bare: Times,
    /// A command is accepted: from the gateway's event to its answer.
    pub accept: Times,
    /// An event is told: from the wake-up until the queue may forget it.
    pub deliver: Times,
}

/// A program that takes all that it is told, and where it is.
struct Program {
    url: String,
    /// When each event came for the first time, by its id.
    told: Arc<Mutex<HashMap<String, Instant>>>,
}

impl Program {
    async fn start() -> Result<Self> {
        let told: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
        let hears = told.clone();
        let takes = move |headers: HeaderMap, _: Bytes| {
            let hears = hears.clone();
            async move {
                let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
                if let Ok(mut told) = hears.lock() {
                    told.entry(id.to_owned()).or_insert_with(Instant::now);
                }
                StatusCode::OK
            }
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://127.0.0.1:{}/events", listener.local_addr()?.port());
        let router = Router::new().route("/events", post(takes));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, told })
    }

    fn has(&self, id: &str) -> bool {
        self.told.lock().is_ok_and(|told| told.contains_key(id))
    }
}

fn nobody() -> Waker {
    Waker::new(runtime::Clock::system(), |_| std::future::ready(Ok(())))
}

/// Measures so many of each.
///
/// # Errors
/// The database fails, or something is refused.
pub async fn latencies(count: u32) -> Result<Latencies> {
    let services = Services::start().await?;
    let (store, program) = (services.store(), Program::start().await?);
    let clock = runtime::Clock::system();
    let controls = Controls { store: store.clone(), waker: Some(nobody()), teller: nobody() };
    let known = |secret: String| SecretSource::Environment(secret.into());
    let calls = calls::Deps {
        door: Arc::new(Door::new(store.clone(), clock.clone())),
        store: store.clone(),
        controls: controls.clone(),
        accounts: Arc::new(Accounts::from_source(known(development::twilio_secret()))),
        public_base_url: None,
        reach: Reach::PublicAndLoopback,
        rest: twilio::Rest::new(),
        links: calls::LinkSigner::new(known(development::LINK_KEY.to_owned())),
        long_poll: Duration::ZERO,
        clock: clock.clone(),
    };
    let notify = notify::Deps {
        store: store.clone(),
        sender: Sender::new(Reach::PublicAndLoopback),
        reach: Reach::PublicAndLoopback,
        secrets: CallbackSecrets::from_source(known(development::callback_secrets())),
        later: worker::Later::new(|_, _| std::future::ready(Ok(()))),
        clock: clock.clone(),
    };
    let mut times = Latencies::default();
    for nth in 0..count {
        let call = answered(&controls, nth, &program.url).await?;
        told(&notify, &call).await?;
        let since = Instant::now();
        bare(&services, nth).await?;
        times.bare.add(since);
        let event = hold(&call, nth)?;
        let since = Instant::now();
        let answer = calls::handle(&calls, event).await;
        times.accept.add(since);
        ensure!(answer.status_code == 202, "{answer:?}");
        let since = Instant::now();
        told(&notify, &call).await?;
        times.deliver.add(since);
        let last = store.events_after(&call, 0, 1000).await?.last().map_or(0, |event| event.seq);
        ensure!(program.has(&live::event_id(&call, last)), "the last event was not told");
    }
    Ok(times)
}

/// Four rows as large as those of a command.
async fn bare(services: &Services, nth: u32) -> Result<()> {
    let tables = Tables::with_prefix(environment::TABLE_PREFIX);
    let put = |item: &str, size: usize| -> Result<TransactWriteItem> {
        let text = |text: String| AttributeValue::S(text);
        let put = Put::builder()
            .table_name(&tables.live_calls)
            .item("call_id", text(format!("bare-{nth}")))
            .item("item", text(item.to_owned()))
            .item("body", text("x".repeat(size)))
            .condition_expression("attribute_not_exists(#item)")
            .expression_attribute_names("#item", "item")
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    };
    let items = vec![put("call", 3_000)?, put("first", 400)?, put("second", 400)?, put("once", 1_500)?];
    services.client().transact_write_items().set_transact_items(Some(items)).send().await?;
    Ok(())
}

/// A call in which somebody has picked up.
async fn answered(controls: &Controls, nth: u32, callback: &str) -> Result<CallId> {
    let mut name = [0_u8; 16];
    name[..4].copy_from_slice(&nth.to_be_bytes());
    let id = CallId::of_outgoing(name);
    let now = Timestamp::now();
    let ring = Ring { ring_seconds: 25, machine: Machine::Ignore, send_digits: None, screen: None };
    let to = vec![Address::Phone { number: PhoneNumber::parse("+12125550177")? }];
    let wanted = Create { to, who: Who::All, ring, limit_seconds: 600, document: None };
    let asked = Asked { operation_context: None, callback: None };
    let number = PhoneNumber::parse(development::MASKED_NUMBER)?;
    let Accepted { call: mut steered, mut events, .. } = create(&id, &number, wanted, &asked, now);
    let participant = ParticipantId(1);
    let call_sid = CallSid::parse(&format!("CA{nth:032x}"))?;
    for news in [
        News::Placed { participant, call_sid: call_sid.clone() },
        News::Asked { participant, call_sid, version: 1, has_heard: false, answered_by: None },
    ] {
        events.extend(hear(&mut steered, &news, Source::Webhook, now));
    }
    let call = ControlledCall {
        steered: Steered::new(steered, now),
        account_sid: development::account_sid()?,
        base_url: "https://example.com/webhook".to_owned(),
        key: development::API_KEY_ID.to_owned(),
        callback: Some(callback.to_owned()),
        plan: None,
        is_told: true,
        revision: 0,
    };
    let committed = controls.store.commit_controlled(&call, &events, None, None, now).await?;
    ensure!(committed == Committed::Yes, "{committed:?}");
    Ok(id)
}

/// What the gateway says of a program that has somebody wait.
fn hold(call: &CallId, nth: u32) -> Result<api::Event> {
    let mut event = Sample::Calls.event(1)?;
    let path = format!("/v1/calls/{call}/actions");
    event["rawPath"] = json!(path);
    event["routeKey"] = json!("POST /v1/{proxy+}");
    event["requestContext"]["http"]["path"] = json!(path);
    event["requestContext"]["http"]["method"] = json!("POST");
    event["headers"]["idempotency-key"] = json!(format!("hold-{nth}"));
    event["headers"]["content-type"] = json!("application/json");
    event["body"] = json!(r#"{"type":"hold","participant":"p1"}"#);
    Ok(serde_json::from_value(event)?)
}

/// Has a program told of a call.
async fn told(notify: &notify::Deps, call: &CallId) -> Result<()> {
    let mut message = SqsMessage::default();
    message.message_id = Some("1".to_owned());
    message.body = Some(format!(r#"{{"call_id":"{call}"}}"#));
    let mut batch = SqsEvent::default();
    batch.records = vec![message];
    let failed = worker::handle(notify, batch).await.batch_item_failures;
    ensure!(failed.is_empty(), "the program could not be told");
    Ok(())
}

/// What came of many live calls at once.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// How many commands were accepted.
    pub commands: usize,
    /// How many events their logs have.
    pub events: usize,
    /// How long a command took to be accepted.
    pub accept: Times,
    /// What is not as it has to be.
    pub broken: Vec<String>,
}

/// How often something is wanted of each call.
const EVERY: Duration = Duration::from_secs(5);

/// How long what is left may take in the end.
const PATIENCE: Duration = Duration::from_mins(2);

/// So many calls go on at once, in real time, and every five seconds something is wanted of each.
///
/// # Errors
/// The system does not start, or a request fails.
pub async fn load(calls: u32, time: Duration) -> Result<Load> {
    let program = Program::start().await?;
    let stack = Options::at(Timestamp::now(), Folders::temporary()?);
    let stack = Stack::start(Options { clock: Clock::system(), reconcile_by_itself: true, ..stack }).await?;
    stack.add_number(&development::number()?).await?;
    let (mut key, _) = development::api_key(Timestamp::now())?;
    stack.ledger.remove_api_key(&key).await?;
    key.calls_per_minute = 10_000;
    stack.ledger.add_api_key(&key).await?;
    let client = Arc::new(Client::of(&stack)?);
    let mut creating = Vec::new();
    for nth in 0..calls {
        let phone = format!("+1212556{nth:04}");
        stack.exchange.plug(phone.as_str(), Phone::answers_after(1));
        let (client, url) = (client.clone(), program.url.clone());
        creating.push(tokio::spawn(async move {
            let body = json!({ "from": development::MASKED_NUMBER, "to": phone, "callback": url, "ring_seconds": 600 });
            let created = client.posts("calls", &body, &format!("create-{nth}")).await?;
            let id = created["call"]["id"].as_str().context("a call has a name")?.to_owned();
            client.until(&id, |call| call["state"] == "active").await?;
            Ok::<_, anyhow::Error>(id)
        }));
    }
    let mut ids = Vec::new();
    for creating in creating {
        ids.push(creating.await??);
    }
    let begun = Instant::now();
    let mut wanting = Vec::new();
    for (nth, id) in (0_u32..).zip(ids.clone()) {
        let client = client.clone();
        wanting.push(tokio::spawn(async move {
            // Not all at the same moment.
            tokio::time::sleep(EVERY * nth / calls).await;
            let (mut accept, mut refused) = (Times::default(), Vec::new());
            for step in 0.. {
                let next = begun + EVERY * nth / calls + EVERY * step;
                if next - begun >= time {
                    break;
                }
                tokio::time::sleep_until(next.into()).await;
                let kind = if step % 2 == 0 { "hold" } else { "resume" };
                let since = Instant::now();
                let body = json!({ "type": kind, "participant": "p1" });
                match client.posts(&format!("calls/{id}/actions"), &body, &format!("{nth}-{step}")).await {
                    Ok(_) => accept.add(since),
                    Err(error) => refused.push(format!("{kind} was refused: {error}")),
                }
            }
            (accept, refused)
        }));
    }
    let mut load = Load::default();
    for wanting in wanting {
        let (accept, refused) = wanting.await?;
        load.commands += accept.0.len();
        load.accept.0.extend(accept.0);
        load.broken.extend(refused);
    }
    for (nth, id) in ids.iter().enumerate() {
        client
            .posts(&format!("calls/{id}/actions"), &json!({ "type": "end" }), &format!("end-{nth}"))
            .await?;
    }
    for id in &ids {
        client.until(id, |call| call["state"] == "ended").await?;
        let (count, broken) = of_call(&stack, &program, &id.parse()?).await?;
        load.events += count;
        load.broken.extend(broken);
    }
    stack.shut_down().await;
    Ok(load)
}

/// How many events a call has, and what is not as it has to be.
async fn of_call(stack: &Stack, program: &Program, id: &CallId) -> Result<(usize, Vec<String>)> {
    let mut log = Vec::new();
    loop {
        let page = stack.ledger.events_after(id, log.len() as u64, 1000).await?;
        if page.is_empty() {
            break;
        }
        log.extend(page);
    }
    let mut broken = Vec::new();
    if !log.iter().zip(1..).all(|(event, seq)| event.seq == seq) {
        broken.push(format!("{id}: the log has a gap"));
    }
    let mut ends = BTreeMap::new();
    for event in log.iter().filter(|event| event.happened.ends_action()) {
        *ends.entry(event.action).or_insert(0) += 1;
    }
    let actions = live::actions(&log).len();
    if ends.len() != actions || ends.values().any(|times| *times != 1) {
        broken.push(format!("{id}: {actions} actions, and {} have ended: {ends:?}", ends.len()));
    }
    let deadline = Instant::now() + PATIENCE;
    for event in &log {
        let name = live::event_id(id, event.seq);
        while !program.has(&name) {
            if Instant::now() > deadline {
                broken.push(format!("{name} was not told"));
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok((log.len(), broken))
}

/// What asks the control API.
struct Client {
    endpoint: String,
    key: String,
    http: hyper_util::client::legacy::Client<
        hyper_util::client::legacy::connect::HttpConnector,
        http_body_util::Full<Bytes>,
    >,
}

impl Client {
    fn of(stack: &Stack) -> Result<Self> {
        let (_, key) = development::api_key(Timestamp::now())?;
        let executor = hyper_util::rt::TokioExecutor::new();
        let http = hyper_util::client::legacy::Client::builder(executor).build_http();
        Ok(Self { endpoint: stack.gateway.endpoint(), key, http })
    }

    async fn sends(&self, request: axum::http::request::Builder, path: &str, body: String) -> Result<Value> {
        use http_body_util::BodyExt as _;
        let request = request
            .uri(format!("{}/v1/{path}", self.endpoint))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        let answer = self.http.request(request.body(http_body_util::Full::from(body))?).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("{path}: {status} {}", String::from_utf8_lossy(&body));
        }
        Ok(serde_json::from_slice(&body)?)
    }

    async fn posts(&self, path: &str, body: &Value, once: &str) -> Result<Value> {
        let request = axum::http::Request::post("/").header("idempotency-key", once);
        self.sends(request, path, body.to_string()).await
    }

    async fn until(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Result<()> {
        // Twilio places one call a second.
        let deadline = Instant::now() + PATIENCE * 4;
        loop {
            let seen =
                self.sends(axum::http::Request::get("/"), &format!("calls/{id}"), String::new()).await?;
            if is_so(&seen) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "the call is still {seen}");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

//! The function, with a database of its own, a clock that only tests move, and a queue that holds everything back.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{CallbackSecretDocument, CallbackSecrets};
use aws::{Aws, Endpoints, Service};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use endpoint::{Reach, Sender};
use jiff::{SignedDuration, Timestamp};
use live::telling::{Delivery, Tells};
use live::{ActionId, CallId, Command, Event, Happened, Source};
use notify::Deps;
use runtime::Clock;
use serde_json::json;
use store::{Store, Tables, schema};
use tokio::net::TcpListener;
use worker::{Later, Summary, handle, look_at_all};

pub(crate) const SECRETS: [&str; 2] =
    ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];

/// Everything that a test looks at.
pub(crate) struct House {
    pub(crate) deps: Deps,
    client: Client,
    tables: Tables,
    now: Arc<Mutex<Timestamp>>,
    held_back: Arc<Mutex<Vec<u64>>>,
    has_secrets: Arc<Mutex<bool>>,
}

pub(crate) fn call() -> CallId {
    CallId::of_outgoing([0xc1; 16])
}

pub(crate) fn event(seq: u64, action: Option<u32>, happened: Happened) -> Event {
    let (participant, operation_context) = (None, None);
    let action = action.map(ActionId);
    Event { seq, at: begin(), source: Source::Clock, action, participant, operation_context, happened }
}

pub(crate) fn queued(seq: u64, action: u32, callback: &str) -> Event {
    event(seq, Some(action), Happened::Queued { command: Command::End, callback: Some(callback.to_owned()) })
}

fn begin() -> Timestamp {
    "2026-11-30T10:00:00Z".parse().unwrap()
}

impl House {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let database = dynoxide::Database::memory().unwrap();
            dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()).await
        });
        let endpoints = Endpoints::default().with(Service::DynamoDb, format!("http://{address}"));
        let client = Aws::emulated(endpoints).dynamodb();
        let tables = Tables::with_prefix("test");
        schema::create_tables(&client, &tables).await.unwrap();

        let now = Arc::new(Mutex::new(begin()));
        let held_back = Arc::new(Mutex::new(Vec::new()));
        let has_secrets = Arc::new(Mutex::new(true));
        let (told, slept) = (now.clone(), now.clone());
        let clock = Clock::new(move || *told.lock().unwrap()).with_sleep(move |duration| {
            *slept.lock().unwrap() += SignedDuration::try_from(duration).unwrap();
            std::future::ready(())
        });
        let noted = held_back.clone();
        let later = Later::new(move |body, delay: Duration| {
            assert_eq!(body, format!(r#"{{"call_id":"{}"}}"#, call()));
            noted.lock().unwrap().push(delay.as_secs());
            std::future::ready(Ok(()))
        });
        let can_read = has_secrets.clone();
        let secrets = CallbackSecrets::new(move || {
            let secrets = SECRETS.map(|secret| json!({"secret": secret}));
            let document = json!({"keys": {"0a1b2c3d": secrets}}).to_string();
            let document = CallbackSecretDocument::parse(&document).unwrap();
            std::future::ready(if *can_read.lock().unwrap() { Ok(document) } else { Err("an outage".into()) })
        });
        let deps = Deps {
            store: Store::new(client.clone(), tables.clone()),
            sender: Sender::new(Reach::PublicAndLoopback).with_patience(Duration::from_secs(5)),
            reach: Reach::PublicAndLoopback,
            secrets,
            later,
            clock,
        };
        Self { deps, client, tables, now, held_back, has_secrets }
    }

    /// So many seconds have passed since the beginning.
    pub(crate) fn it_is(&self, seconds: i64) {
        *self.now.lock().unwrap() = begin() + SignedDuration::from_secs(seconds);
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.deps.clock.now().duration_since(begin()).as_secs()
    }

    /// For how many seconds messages were held back, since this was asked last.
    pub(crate) fn held_back(&self) -> Vec<u64> {
        std::mem::take(&mut self.held_back.lock().unwrap())
    }

    pub(crate) fn secrets_can_be_read(&self, they_can: bool) {
        *self.has_secrets.lock().unwrap() = they_can;
    }

    pub(crate) async fn is_told(&self, url: &str, tells: Tells) {
        let delivery = Delivery::new(url.to_owned(), "0a1b2c3d".to_owned(), tells, 0, begin());
        self.deps.store.begin_delivery(&call(), &delivery).await.unwrap();
    }

    pub(crate) async fn delivery(&self, url: &str) -> Delivery {
        self.deps.store.delivery(&call(), url).await.unwrap()
    }

    /// Writes an entry of the log, as whoever changes the call does.
    pub(crate) async fn happens(&self, event: Event) {
        let item = HashMap::from([
            ("call_id".to_owned(), AttributeValue::S(call().to_string())),
            ("item".to_owned(), AttributeValue::S(format!("event#{:010}", event.seq))),
            ("event".to_owned(), AttributeValue::S(serde_json::to_string(&event).unwrap())),
        ]);
        let put = self.client.put_item().table_name(&self.tables.live_calls).set_item(Some(item));
        put.send().await.unwrap();
    }

    /// Events that are about the call alone.
    pub(crate) async fn go_on(&self, seqs: std::ops::RangeInclusive<u64>) {
        for seq in seqs {
            self.happens(event(seq, None, Happened::Connected)).await;
        }
    }

    /// A message comes; whether the queue may forget it.
    pub(crate) async fn woken(&self) -> bool {
        let mut message = SqsMessage::default();
        message.body = Some(format!(r#"{{"call_id":"{}"}}"#, call()));
        let mut batch = SqsEvent::default();
        batch.records = vec![message];
        handle(&self.deps, batch).await.batch_item_failures.is_empty()
    }

    /// The schedule comes.
    pub(crate) async fn looked_at(&self) -> Summary {
        let until = self.deps.clock.now() + SignedDuration::from_secs(20);
        look_at_all(&self.deps, until).await.unwrap()
    }
}

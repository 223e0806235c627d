//! A program's own server, to which it is told what happens in its calls.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use exchange::clock::Clock;
use jiff::Timestamp;
use local::development::CALLBACK_SECRET;
use local::front::{Front, Reach};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::world::World;

/// A server that hears, and can be shut.
pub(crate) struct Ear {
    front: Front,
    state: Arc<State>,
}

struct State {
    clock: Clock,
    manner: Mutex<Manner>,
    heard: Mutex<Vec<Heard>>,
}

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It takes what it is told.
    Takes,
    /// It takes that, so much later.
    TakesAfter(Duration),
    /// It says this status.
    Says(u16),
}

/// What it was told, and when.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) at: Timestamp,
    pub(crate) event: Value,
    /// Whether it has taken it, whoever may know.
    pub(crate) is_taken: bool,
}

impl Heard {
    pub(crate) fn seq(&self) -> u64 {
        self.event["data"]["seq"].as_u64().unwrap()
    }

    pub(crate) fn is_late(&self) -> bool {
        self.event["data"]["late"] == true
    }
}

impl Ear {
    /// One that takes everything.
    pub(crate) async fn of(world: &World) -> Self {
        let clock = world.stack.clock.clone();
        let state =
            Arc::new(State { clock, manner: Mutex::new(Manner::Takes), heard: Mutex::new(Vec::new()) });
        let shared = state.clone();
        let router = Router::new().fallback(async move |headers: HeaderMap, body: Bytes| {
            // Time passes while it takes its time, and only then.
            let listening = shared.clone();
            shared.clock.spawn(async move { listening.hears(&headers, &body).await }).await.unwrap()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let behind: SocketAddr = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { front: Front::open(0, behind).unwrap(), state }
    }

    /// Where it is; what is secret stands in the query.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/calls?hush=hush-hush", self.front.address())
    }

    /// Answers so from now on.
    pub(crate) fn answers(&self, manner: Manner) {
        *self.state.manner.lock().unwrap() = manner;
    }

    /// Nobody listens there any more.
    pub(crate) async fn goes_down(&self) {
        self.front.set(Reach::Refused).await.unwrap();
    }

    pub(crate) async fn is_up_again(&self) {
        self.front.set(Reach::Open).await.unwrap();
    }

    /// Everything that it was told.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.state.heard.lock().unwrap().clone()
    }

    /// What it has taken, each event once, in the order in which it came first.
    pub(crate) fn taken(&self) -> Vec<Heard> {
        let mut taken: Vec<Heard> = Vec::new();
        for heard in self.heard().into_iter().filter(|heard| heard.is_taken) {
            if !taken.iter().any(|before| before.event["id"] == heard.event["id"]) {
                taken.push(heard);
            }
        }
        taken
    }
}

impl State {
    async fn hears(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        let header = |name: &str| headers[name].to_str().unwrap();
        let _arrived = self.clock.arrived(header("webhook-id"));
        let at = self.clock.now();
        let event: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(header("webhook-id"), event["id"]);
        assert_eq!(header("webhook-timestamp"), at.as_second().to_string());
        let signed = Webhook::new(CALLBACK_SECRET).unwrap().sign(header("webhook-id"), at.as_second(), body);
        assert_eq!(header("webhook-signature"), signed.unwrap());
        let manner = *self.manner.lock().unwrap();
        let status = match manner {
            Manner::Takes | Manner::TakesAfter(_) => StatusCode::NO_CONTENT,
            Manner::Says(status) => StatusCode::from_u16(status).unwrap(),
        };
        self.heard.lock().unwrap().push(Heard { at, event, is_taken: status.is_success() });
        if let Manner::TakesAfter(time) = manner {
            self.clock.sleep(time).await;
        }
        status
    }
}

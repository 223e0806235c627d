//! A program that steers calls over HTTP.

use std::time::Duration;

use exchange::clock::BusyGuard;
use hyper::{Method, Request};
use local::development;
use serde_json::{Value, json};

use crate::contract;
use crate::world::{Got, World, seconds};

/// A program.
pub(crate) struct Program<'a> {
    pub(crate) world: &'a World,
    pub(crate) key: String,
    pub(crate) asked: std::cell::Cell<u32>,
}

/// Time stands still while a program does something, and passes when it waits.
pub(crate) struct Still<'a> {
    world: &'a World,
    guard: Option<BusyGuard>,
}

impl<'a> Still<'a> {
    pub(crate) async fn after(world: &'a World, time: Duration) -> Self {
        Self { world, guard: Some(world.still_after(time).await) }
    }

    pub(crate) async fn passes(&mut self, time: u64) {
        self.guard = None;
        self.guard = Some(self.world.still_after(seconds(time)).await);
    }
}

impl<'a> Program<'a> {
    pub(crate) fn of(world: &'a World) -> Self {
        let (_, key) = development::api_key(world.stack.clock.now()).unwrap();
        Self { world, key, asked: std::cell::Cell::new(0) }
    }

    /// Whatever is answered is as it is described.
    pub(crate) async fn sends(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        once: Option<&str>,
    ) -> Got {
        let url = format!("{}/v1/{path}", self.world.stack.gateway.endpoint());
        let mut request = Request::builder()
            .method(method.clone())
            .uri(url)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        let text = body.map(Value::to_string).unwrap_or_default();
        let got = self.world.request(request.body(http_body_util::Full::from(text)).unwrap()).await;
        contract::holds(&method, path, body, &got);
        got
    }

    pub(crate) async fn gets(&self, path: &str) -> Value {
        let got = self.sends(Method::GET, path, None, None).await;
        assert_eq!(got.status, 200, "{path}: {:?}", got.body);
        serde_json::from_slice(&got.body).unwrap()
    }

    pub(crate) async fn posts(&self, path: &str, body: Value) -> (u16, Value) {
        self.asked.set(self.asked.get() + 1);
        let once = format!("{}-{}", path.len(), self.asked.get());
        let got = self.sends(Method::POST, path, Some(&body), Some(&once)).await;
        (got.status, serde_json::from_slice(&got.body).unwrap())
    }

    /// Creates a call, and tells its name.
    pub(crate) async fn creates(&self, body: Value) -> String {
        let (status, created) = self.posts("calls", body).await;
        assert_eq!(status, 201, "{created}");
        created["call"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn wants(&self, call: &str, body: Value) -> String {
        let (status, wanted) = self.posts(&format!("calls/{call}/actions"), body).await;
        assert_eq!(status, 202, "{wanted}");
        wanted["action"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn action(&self, call: &str, action: &str) -> Value {
        self.gets(&format!("calls/{call}/actions/{action}")).await
    }

    pub(crate) async fn state(&self, call: &str, participant: usize) -> String {
        let call = self.gets(&format!("calls/{call}")).await;
        call["participants"][participant - 1]["state"].as_str().unwrap().to_owned()
    }

    /// What happened, in its order, without a gap.
    pub(crate) async fn log(&self, call: &str) -> Vec<String> {
        let events = self.gets(&format!("calls/{call}/events?limit=1000")).await;
        let events = events["events"].as_array().unwrap().clone();
        for (place, event) in events.iter().enumerate() {
            assert_eq!(event["data"]["seq"], json!(place + 1), "{event}");
        }
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }
}

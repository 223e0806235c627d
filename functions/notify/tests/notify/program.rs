//! A program that is told something, and answers as it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::house::SECRETS;

/// A program, at an address of its own.
pub(crate) struct Program {
    pub(crate) url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    answers: Mutex<VecDeque<(u16, Option<&'static str>)>>,
    otherwise: Mutex<u16>,
    takes: Mutex<Duration>,
    heard: Mutex<Vec<(HeaderMap, Value)>>,
}

impl Program {
    /// One that takes everything.
    pub(crate) async fn new() -> Self {
        let state = Arc::new(State { otherwise: Mutex::new(204), ..State::default() });
        let shared = state.clone();
        let router = Router::new().fallback(async move |headers: HeaderMap, body: Bytes| {
            let takes = *shared.takes.lock().unwrap();
            tokio::time::sleep(takes).await;
            shared.heard.lock().unwrap().push((headers, serde_json::from_slice(&body).unwrap()));
            let answer = shared.answers.lock().unwrap().pop_front();
            let (status, retry_after) = answer.unwrap_or((*shared.otherwise.lock().unwrap(), None));
            let mut headers = HeaderMap::new();
            headers.extend(retry_after.map(|text| (axum::http::header::RETRY_AFTER, text.parse().unwrap())));
            (StatusCode::from_u16(status).unwrap(), headers)
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/calls?secret=1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Answers so from now on.
    pub(crate) fn answers(&self, status: u16) {
        *self.state.otherwise.lock().unwrap() = status;
    }

    /// Answers so once, after what it is to answer before that.
    pub(crate) fn answers_once(&self, status: u16, retry_after: Option<&'static str>) {
        self.state.answers.lock().unwrap().push_back((status, retry_after));
    }

    /// Takes its time.
    pub(crate) fn takes(&self, time: Duration) {
        *self.state.takes.lock().unwrap() = time;
    }

    /// What it was told since this was asked last: proved to be from us.
    pub(crate) fn heard(&self) -> Vec<Value> {
        let heard = std::mem::take(&mut *self.state.heard.lock().unwrap());
        let one = |(headers, body): (HeaderMap, Value)| {
            assert_eq!(headers["content-type"], "application/cloudevents+json; charset=utf-8");
            assert_eq!(headers["webhook-id"].to_str().unwrap(), body["id"].as_str().unwrap());
            // By the test's clock, so not by the receiver's own check of the time.
            let at = headers["webhook-timestamp"].to_str().unwrap().parse().unwrap();
            let id = body["id"].as_str().unwrap();
            let signatures = SECRETS
                .map(|it| Webhook::new(it).unwrap().sign(id, at, body.to_string().as_bytes()).unwrap());
            assert_eq!(headers["webhook-signature"].to_str().unwrap(), signatures.join(" "));
            body
        };
        heard.into_iter().map(one).collect()
    }

    /// The numbers of what it was told.
    pub(crate) fn heard_seqs(&self) -> Vec<u64> {
        self.heard().iter().map(|body| body["data"]["seq"].as_u64().unwrap()).collect()
    }
}

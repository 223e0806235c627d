//! The control API: `/v1/calls`, for programs that steer calls.
//!
//! | request | |
//! |---|---|
//! | `POST /v1/calls` | somebody is called |
//! | `GET /v1/calls` | the calls that go on |
//! | `GET /v1/calls/{id}` | a call, and who is in it |
//! | `POST /v1/calls/{id}/actions` | something is wanted of a call |
//! | `GET /v1/calls/{id}/actions`, `/{action}` | what was wanted, and what became of it |
//! | `POST /v1/calls/{id}/actions/{action}/cancel` | it is not wanted any more |
//! | `GET /v1/calls/{id}/events?after=&limit=&wait=` | its log; `wait` for what is yet to come |
//!
//! A command is written down with what it is answered, in one transaction: one that comes again is answered the same.
//! What is to be done at Twilio is `act`'s.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{Door, Event, Method, Reply, Request, Response};
use live::{Code, Problem};
use runtime::telemetry::{self, Metric};
use runtime::{Clock, Failure, count};
use steering::Controls;
use store::{Store, StoreError};
use twilio::Accounts;

mod commands;
mod configuration;
mod look;
mod wanted;

pub use configuration::Configuration;

/// What the function works with.
#[derive(Debug)]
pub struct Deps {
    /// Who gets in.
    pub door: Arc<Door>,
    /// The tables.
    pub store: Store,
    /// Changes calls.
    pub controls: Controls,
    /// In whose name calls are placed.
    pub accounts: Arc<Accounts>,
    /// What Twilio calls, where that is not API Gateway itself.
    pub public_base_url: Option<String>,
    /// How long a request may wait for what is yet to come.
    pub long_poll: Duration,
    /// What time it is.
    pub clock: Clock,
}

/// Why a request is not answered with what it asked for.
enum Refused {
    /// It can't be done, as things are.
    Problem(Problem),
    /// Something of ours failed.
    Failed(Failure),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::Problem(no_call()),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

type Answer = Result<Reply, Refused>;

/// Whoever may not see a call does not learn that it is there.
fn no_call() -> Problem {
    Problem::new(Code::CallNotFound, "there is no such call")
}

/// Answers one request. Whatever happens, there is a response.
pub async fn handle(deps: &Deps, event: Event) -> Response {
    let started = Instant::now();
    let (key, error, reply) = match deps.door.admit(&event).await {
        Err(reply) => (None, None, reply),
        Ok(request) => {
            let key = Some(request.key.id.to_string());
            match Box::pin(answer(deps, &request, &event)).await {
                Ok(reply) => (key, None, reply),
                Err(Refused::Problem(problem)) => (key, None, Reply::problem(&problem)),
                Err(Refused::Failed(failure)) => {
                    let problem = Problem::new(Code::Unavailable, "what this needs can't be reached now");
                    (key, Some(failure), Reply::problem(&problem))
                }
            }
        }
    };
    let error_text = error.as_ref().map(ToString::to_string);
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "calls",
        outcome = reply.outcome(),
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
        status = reply.status(),
        key,
        request_id = event.request_context.request_id.as_deref(),
        error = error_text,
    );
    if error.is_some() {
        count!(Metric::Failed, function = "calls");
    }
    reply.into_response()
}

async fn answer(deps: &Deps, request: &Request, event: &Event) -> Answer {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (request.method, &segments[..]) {
        (Method::Post, ["calls"]) => commands::create(deps, request, event).await,
        (Method::Get, ["calls"]) => look::list(deps, request).await,
        (Method::Get, ["calls", call]) => look::call(deps, request, call).await,
        (Method::Post, ["calls", call, "actions"]) => commands::action(deps, request, call).await,
        (Method::Get, ["calls", call, "actions"]) => look::actions(deps, request, call).await,
        (Method::Get, ["calls", call, "actions", action]) => look::action(deps, request, call, action).await,
        (Method::Post, ["calls", call, "actions", action, "cancel"]) => {
            commands::cancel(deps, request, call, action).await
        }
        (Method::Get, ["calls", call, "events"]) => look::events(deps, request, call).await,
        (_, ["calls"] | ["calls", _] | ["calls", _, "actions" | "events"] | ["calls", _, "actions", _]) => {
            Err(Problem::new(Code::MethodNotAllowed, "this address does not take that method").into())
        }
        _ => Err(Problem::new(Code::NotFound, "nothing is at this address").into()),
    }
}

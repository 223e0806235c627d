//! The control API: `/v1/calls`, for programs that steer calls.
//!
//! | request | |
//! |---|---|
//! | `POST /v1/calls` | somebody is called |
//! | `GET /v1/calls` | the calls that go on |
//! | `GET /v1/calls/{id}` | a call, and who is in it |
//! | `GET /v1/calls/{id}/capabilities` | what may be wanted of it now, and why not |
//! | `POST /v1/calls/{id}/actions` | something is wanted of a call |
//! | `GET /v1/calls/{id}/actions`, `/{action}` | what was wanted, and what became of it |
//! | `GET /v1/calls/{id}/recordings` | what is recorded of it, or was |
//! | `GET /v1/calls/{id}/recordings/{recording_sid}` | what is kept of one of them, and a link to listen to it |
//! | `POST /v1/calls/{id}/actions/{action}/cancel` | it is not wanted any more |
//! | `GET /v1/calls/{id}/events?after=&limit=&wait=` | its log; `wait` for what is yet to come |
//! | `GET /v1/openapi.json` | all of this, for machines; without a key |
//! | `GET /v1/calls/{id}/deliveries` | who is told of it, how far, and what was given up |
//! | `POST /v1/calls/{id}/deliveries/redeliver` | it is told again |
//!
//! A command is written down with what it is answered, in one transaction: one that comes again is answered the same.
//! What is to be done at Twilio is `act`'s.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{Door, Event, Method, Reply, Request, Response};
use endpoint::Reach;
use lambda_http::http::HeaderValue;
use lambda_http::http::header::ALLOW;
use live::{Code, Problem};
use runtime::telemetry::{self, Metric};
use runtime::{Clock, Failure, count};
use steering::Controls;
use store::{Store, StoreError};
use twilio::{Accounts, Rest};

mod answers;
mod callee;
mod commands;
mod configuration;
mod consent;
mod deliveries;
mod documents;
mod feeds;
mod forwarded;
mod invalid;
mod listens;
mod look;
mod openapi;
mod recordings;
mod screened;
#[cfg(feature = "schema")]
mod shapes;
mod wanted;

pub use configuration::Configuration;
#[cfg(feature = "schema")]
pub use openapi::openapi;
pub use recordings::LinkSigner;

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
    /// Twilio's API, which is asked who talks to whom.
    pub rest: Rest,
    /// What Twilio calls, where that is not API Gateway itself.
    pub public_base_url: Option<String>,
    /// Where programs may be that are told of calls.
    pub reach: Reach,
    /// What signs links to recordings.
    pub links: LinkSigner,
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
    let (key, error, reply) = if openapi::is_asked_for(&event) {
        (None, None, openapi::reply())
    } else {
        with_key(deps, &event).await
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

/// Whose key it was, what failed of ours, and what is answered.
async fn with_key(deps: &Deps, event: &Event) -> (Option<String>, Option<Failure>, Reply) {
    let request = match deps.door.admit(event).await {
        Ok(request) => request,
        Err(reply) => return (None, None, reply),
    };
    let key = Some(request.key.id.to_string());
    match Box::pin(answer(deps, &request, event)).await {
        Ok(reply) => (key, None, reply),
        Err(Refused::Problem(problem)) => (key, None, Reply::problem(&problem)),
        Err(Refused::Failed(failure)) => {
            let problem = Problem::new(Code::Unavailable, "what this needs can't be reached now");
            (key, Some(failure), Reply::problem(&problem))
        }
    }
}

async fn answer(deps: &Deps, request: &Request, event: &Event) -> Answer {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (request.method, &segments[..]) {
        (Method::Post, ["calls"]) => commands::create(deps, request, event).await,
        (Method::Get, ["calls"]) => look::list(deps, request).await,
        (Method::Get, ["calls", call]) => look::call(deps, request, call).await,
        (Method::Post, ["calls", call, "actions"]) => commands::action(deps, (request, event), call).await,
        (Method::Get, ["calls", call, "actions"]) => look::actions(deps, request, call).await,
        (Method::Get, ["calls", call, "actions", action]) => look::action(deps, request, call, action).await,
        (Method::Post, ["calls", call, "actions", action, "cancel"]) => {
            commands::cancel(deps, (request, event), call, action).await
        }
        (Method::Get, ["calls", call, "capabilities"]) => look::capabilities(deps, request, call).await,
        (Method::Get, ["calls", call, "events"]) => look::events(deps, request, call).await,
        (Method::Get, ["calls", call, "recordings"]) => look::recordings(deps, request, call).await,
        (Method::Get, ["calls", call, "recordings", sid]) => {
            recordings::recording(deps, request, event, call, sid).await
        }
        (Method::Get, ["calls", call, "deliveries"]) => deliveries::list(deps, request, call).await,
        (Method::Post, ["calls", call, "deliveries", "redeliver"]) => {
            deliveries::redeliver(deps, request, call).await
        }
        (_, segments) if let Some(methods) = methods(segments) => {
            let problem = Problem::new(Code::MethodNotAllowed, "this address does not take that method");
            Ok(Reply::problem(&problem).with(ALLOW, HeaderValue::from_static(methods)))
        }
        _ => Err(Problem::new(Code::NotFound, "nothing is at this address").into()),
    }
}

/// The methods of what is at an address.
fn methods(segments: &[&str]) -> Option<&'static str> {
    match segments {
        ["calls"] | ["calls", _, "actions"] => Some("GET, POST"),
        ["calls", _]
        | ["calls", _, "capabilities" | "events" | "recordings" | "deliveries"]
        | ["calls", _, "actions" | "recordings", _] => Some("GET"),
        ["calls", _, "actions", _, "cancel"] | ["calls", _, "deliveries", "redeliver"] => Some("POST"),
        _ => None,
    }
}

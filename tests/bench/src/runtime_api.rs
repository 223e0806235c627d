//! A stand-in for Lambda's Runtime API, for one function at a time.
//!
//! The function asks for work and waits, as long as it takes; its answer comes as a request of its
//! own. Source: AWS's page "Using the Lambda runtime API".

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// How long a function may take to start, or to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a function is told that it has for an event: the longest time-out in template.yaml.
const TIMEOUT: Duration = Duration::from_mins(15);

/// A running Runtime API. It stops when it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    address: String,
    invocations: mpsc::UnboundedSender<Invocation>,
    reports: mpsc::UnboundedReceiver<Report>,
    invoked: u64,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Invocation {
    request_id: String,
    event: Bytes,
}

/// What the function does.
#[derive(Debug)]
enum Report {
    /// It asks for work.
    Ready(Instant),
    /// It answers.
    Answered { at: Instant, request_id: String, answer: Bytes },
    /// It could not start, or not answer.
    Failed { what: &'static str, error: String },
}

struct Shared {
    invocations: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    reports: mpsc::UnboundedSender<Report>,
}

/// An answer, and how long it took.
#[derive(Debug)]
pub struct Answered {
    /// As the function sent it.
    pub answer: Bytes,
    /// From when the event was there until the answer was.
    pub took: Duration,
}

impl RuntimeApi {
    /// On a free loopback port.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let (invocations, waiting) = mpsc::unbounded_channel();
        let (report, reports) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { invocations: Mutex::new(waiting), reports: report });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{request_id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{request_id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(shared);
        let server = tokio::spawn(async move {
            // It ends only when it is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, invocations, reports, invoked: 0, server })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` must say.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits until the function asks for work, and says when that was.
    ///
    /// # Errors
    /// It reports a failure instead, or nothing for half a minute.
    pub async fn ready(&mut self) -> Result<Instant> {
        match self.report().await? {
            Report::Ready(at) => Ok(at),
            Report::Answered { .. } => bail!("an answer came that nobody asked for"),
            Report::Failed { what, error } => bail!("{what}: {error}"),
        }
    }

    /// Hands an event to a function that is ready, and waits until it is ready again.
    ///
    /// # Errors
    /// It fails, or takes longer than half a minute.
    pub async fn invoke(&mut self, event: Bytes) -> Result<Answered> {
        self.invoked += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012x}", self.invoked);
        let started = Instant::now();
        self.invocations.send(Invocation { request_id: request_id.clone(), event })?;
        let answered = match self.report().await? {
            Report::Answered { at, request_id: answered, answer } if answered == request_id => {
                Answered { answer, took: at - started }
            }
            Report::Answered { .. } | Report::Ready(_) => bail!("the invocation was not answered"),
            Report::Failed { what, error } => bail!("{what}: {error}"),
        };
        self.ready().await?;
        Ok(answered)
    }

    async fn report(&mut self) -> Result<Report> {
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await;
        report.context("the function does nothing")?.context("the Runtime API has ended")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response<Body> {
    // Who measures may be gone: then there is nothing to report.
    let _ = shared.reports.send(Report::Ready(Instant::now()));
    let Some(Invocation { request_id, event }) = shared.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TIMEOUT;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", request_id),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:aftertone".to_owned(),
        ),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000001;Sampled=0".to_owned()),
    ];
    (headers, event).into_response()
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(request_id): Path<String>,
    answer: Bytes,
) -> StatusCode {
    let _ = shared.reports.send(Report::Answered { at: Instant::now(), request_id, answer });
    StatusCode::ACCEPTED
}

async fn error(State(shared): State<Arc<Shared>>, error: Bytes) -> StatusCode {
    failed(&shared, "the invocation failed", &error)
}

async fn init_error(State(shared): State<Arc<Shared>>, error: Bytes) -> StatusCode {
    failed(&shared, "the function does not start", &error)
}

fn failed(shared: &Shared, what: &'static str, error: &Bytes) -> StatusCode {
    let error = String::from_utf8_lossy(error).into_owned();
    let _ = shared.reports.send(Report::Failed { what, error });
    StatusCode::ACCEPTED
}

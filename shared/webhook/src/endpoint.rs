//! Around a handler: proof, time limit, panics, and what the caller hears when it fails.

use futures_util::FutureExt as _;
use lambda_http::http::StatusCode;
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use phone::Caller;
use runtime::{Alarm, Failure, before, count};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use twiml::voice;

use crate::gate::{Gate, undecided};
use crate::parameters::Parameters;
use crate::request;
use runtime::telemetry::{self, Outcome};

use crate::{Answer, Event, Response, Webhook, answer};

/// From the event's arrival to the answer, whatever the time goes to. Twilio is told to wait 6 s for an
/// attempt (callflow's callbacks): that is left for a cold start, the gateway and the way.
const TIME_LIMIT: Duration = Duration::from_millis(4_500);

/// How long an answer that is ready waits at most for a secret to be read again. On Lambda nothing goes
/// on after the answer.
const REFRESH_MAY_DELAY: Duration = Duration::from_millis(250);

/// The outcome of a webhook whose handler failed, and whose caller got an answer all the same.
const RESCUED: &str = "rescued";

/// A webhook that is proved and read.
#[derive(Clone, Debug)]
pub struct Verified<W> {
    /// What it says.
    pub webhook: W,
    /// What the addresses of all webhooks begin with.
    pub base_url: String,
}

/// What a handler did.
#[derive(Clone, Debug, PartialEq)]
pub struct Handled {
    /// For Twilio.
    pub answer: Answer,
    /// For the log and the metrics: one of a few words, like `forwarded`.
    pub outcome: &'static str,
}

/// Finds an answer without whatever has failed.
pub type Rescue<W> = Box<dyn Fn(&Verified<W>) -> Option<voice::Response> + Send + Sync>;

/// A webhook's name, and what to do for the caller when its handler fails.
pub struct Endpoint<W> {
    /// The function's name, for logs and metrics.
    pub name: &'static str,
    /// What to answer when the handler fails, panics or takes too long. None: 500, and Twilio
    /// tries again.
    pub rescue: Rescue<W>,
}

impl<W> Endpoint<W> {
    /// A webhook whose answer steers a call: the caller gets `rescue`'s answer when all else fails.
    pub fn steering(
        name: &'static str,
        rescue: impl Fn(&Verified<W>) -> Option<voice::Response> + Send + Sync + 'static,
    ) -> Self {
        Self { name, rescue: Box::new(rescue) }
    }

    /// A webhook that only reports something: Twilio tries again.
    pub fn reporting(name: &'static str) -> Self {
        Self::steering(name, |_| None)
    }
}

impl<W> fmt::Debug for Endpoint<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.name)
    }
}

/// Serves webhooks on Lambda until the environment ends.
///
/// # Errors
/// When the runtime can't go on.
pub async fn run<W, F>(
    gate: Gate,
    endpoint: Endpoint<W>,
    handle: impl Fn(Arc<Verified<W>>) -> F,
) -> Result<(), lambda_http::Error>
where
    W: Webhook,
    F: Future<Output = Result<Handled, Failure>>,
{
    let (gate, endpoint, handle) = (&gate, &endpoint, &handle);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        Ok::<_, std::convert::Infallible>(serve(gate, endpoint, event.payload, handle).await)
    }))
    .await
}

/// Serves one webhook. Whatever happens, there is a response.
pub async fn serve<W, F>(
    gate: &Gate,
    endpoint: &Endpoint<W>,
    event: Event,
    handle: impl FnOnce(Arc<Verified<W>>) -> F,
) -> Response
where
    W: Webhook,
    F: Future<Output = Result<Handled, Failure>>,
{
    let started = Instant::now();
    let mut limit = gate.clock().alarm(TIME_LIMIT);
    let mut parameters = Parameters::default();
    let (outcome, error, response) = 'answer: {
        let Some(admitted) = before(&mut limit, gate.admit(&event)).await else {
            let refused = undecided();
            break 'answer (refused.why, None, refused.response);
        };
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refused) => break 'answer (refused.why, None, refused.response),
        };
        parameters = admitted.parameters;
        let webhook = match W::read(&parameters) {
            Ok(webhook) => webhook,
            Err(missing) => {
                let response = answer::text(StatusCode::BAD_REQUEST, format!("{missing}\n"));
                break 'answer ("bad-request", Some(Failure::from(missing)), response);
            }
        };
        let base_url = request::webhook_base(&admitted.public_url).to_owned();
        let verified = Arc::new(Verified { webhook, base_url });
        let mut refresh = pin!(gate.refresh());
        let (result, is_refreshed) = {
            let mut handler = pin!(guarded(&mut limit, async { handle(verified.clone()).await }));
            tokio::select! {
                biased;
                result = &mut handler => (result, false),
                () = &mut refresh => (handler.await, true),
            }
        };
        if !is_refreshed {
            before(&mut limit, gate.clock().within(REFRESH_MAY_DELAY, refresh)).await;
        }
        let result = match result {
            Ok(handled) => respond(&handled.answer).map(|response| (handled.outcome, response)),
            Err(failure) => Err(failure),
        };
        match result {
            Ok((outcome, response)) => (outcome, None, response),
            Err(failure) => match rescue(endpoint, &verified) {
                Some(response) => (RESCUED, Some(failure), response),
                None => ("failed", Some(failure), answer::empty(StatusCode::INTERNAL_SERVER_ERROR)),
            },
        }
    };
    log(endpoint.name, &event, &parameters, outcome, error.as_ref(), response.status_code, started.elapsed());
    response
}

/// Bounds a handler in time, and turns a panic into a failure.
async fn guarded(
    limit: &mut Alarm,
    handler: impl Future<Output = Result<Handled, Failure>>,
) -> Result<Handled, Failure> {
    match before(limit, AssertUnwindSafe(handler).catch_unwind()).await {
        Some(Ok(result)) => result,
        Some(Err(_)) => Err("the handler panicked".into()),
        None => Err("the handler took too long".into()),
    }
}

fn rescue<W>(endpoint: &Endpoint<W>, verified: &Verified<W>) -> Option<Response> {
    let answer = std::panic::catch_unwind(AssertUnwindSafe(|| (endpoint.rescue)(verified))).ok()??;
    respond(&Answer::Twiml(answer)).ok()
}

fn respond(answer: &Answer) -> Result<Response, Failure> {
    match answer {
        Answer::Twiml(document) => Ok(answer::xml(document.to_xml()?)),
        Answer::NoContent => Ok(answer::empty(StatusCode::NO_CONTENT)),
    }
}

fn log(
    function: &'static str,
    event: &Event,
    parameters: &Parameters,
    outcome: &'static str,
    error: Option<&Failure>,
    status: i64,
    took: Duration,
) {
    let masked = |name| parameters.get(name).map(|value| Caller::parse(value).to_string());
    let error_text = error.map(ToString::to_string);
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function,
        outcome,
        duration_ms = took.as_secs_f64() * 1000.0,
        status,
        call_sid = parameters.get("CallSid"),
        parent_call_sid = parameters.get("ParentCallSid"),
        recording_sid = parameters.get("RecordingSid"),
        from = masked("From"),
        to = masked("To"),
        direction = parameters.get("Direction"),
        request_id = event.request_context.request_id.as_deref(),
        error = error_text,
    );
    if outcome == RESCUED {
        count!(Outcome::Rescued, function, call_sid = parameters.get("CallSid"));
    } else if status >= 500 {
        count!(Outcome::Failed, function, call_sid = parameters.get("CallSid"));
    }
}

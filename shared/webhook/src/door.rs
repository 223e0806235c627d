//! Around a webhook: proof, time limit, panics, and what the caller hears when it fails.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use lambda_http::http::{Method, StatusCode};
use phone::Caller;
use runtime::telemetry::{self, Metric};
use runtime::{Alarm, Failure, before, count};

use crate::answer::{self, Answer};
use crate::gate::{Gate, undecided};
use crate::kinds::Input;
use crate::parameters::Parameters;
use crate::request::{self, Address};
use crate::{Event, Response};

/// From the event's arrival to the answer, whatever the time goes to. Twilio is told to wait 6 s for an
/// attempt (callflow's callbacks): that is left for a cold start, the gateway and the way.
const TIME_LIMIT: Duration = Duration::from_millis(4_500);

/// How long an answer that is ready waits at most for a secret to be read again. On Lambda nothing goes
/// on after the answer.
const REFRESH_MAY_DELAY: Duration = Duration::from_millis(250);

/// The outcome of a webhook whose handler failed, and whose caller got an answer all the same.
const RESCUED: &str = "rescued";

/// A webhook of Twilio's. Each is a function of its own, at `/webhook/NAME`, with a route and a role of its
/// own; what is the same for all of them is done here, around it.
pub trait Webhook: Send + Sync {
    /// The function's name: in its address, in logs and in metrics. Of `[A-Za-z0-9._-]` only, for the
    /// gateway decodes a path, and the signature is over what was sent.
    const NAME: &'static str;
    /// What may follow the name, as in `/webhook/NAME/STEP`. Anything else is not found.
    const STEPS: &'static [&'static str] = &[];
    /// What anybody may get at `/webhook/NAME/STEP`, by a step's name: it is no secret, and always the same.
    const CONSTANTS: &'static [(&'static str, Constant)] = &[];
    /// What it needs of what Twilio sends.
    type Input: Input;
    /// What Twilio gets.
    type Answer: Answer;

    /// Does what the webhook is for.
    ///
    /// # Errors
    /// When something that it needs fails.
    fn handle(
        &self,
        received: &Received<Self::Input>,
    ) -> impl Future<Output = Result<Handled<Self::Answer>, Failure>> + Send;

    /// What Twilio gets when [`handle`](Self::handle) fails, panics or takes too long; found without what
    /// may have failed. None: 500, and Twilio sends it again.
    fn rescue(&self, received: &Received<Self::Input>) -> Option<Self::Answer>;
}

/// A webhook that is proved and read.
#[derive(Clone, Debug)]
pub struct Received<I> {
    /// What it says.
    pub input: I,
    /// The part of its address after the webhook's name.
    pub step: Option<String>,
    /// What the addresses of all webhooks begin with.
    pub base_url: String,
    /// What was answered before, and comes back with the address: how the call goes on.
    pub state: Option<String>,
}

/// A sound, or a document, that is always the same.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// As a header has it, like `audio/x-wav`.
    pub content_type: &'static str,
    /// Makes it, or has it from before.
    pub bytes: fn() -> &'static [u8],
}

/// What a handler did.
#[derive(Clone, Debug, PartialEq)]
pub struct Handled<A> {
    /// For Twilio.
    pub answer: A,
    /// For the log and the metrics: one of a few words, like `forward`.
    pub outcome: &'static str,
}

/// Serves one webhook. Whatever happens, there is a response.
pub async fn serve<W: Webhook>(gate: &Gate, webhook: &W, event: Event) -> Response {
    if let Some(constant) = constant::<W>(&event) {
        return constant;
    }
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
        let Some(Address { base_url, step, state }) =
            request::address(&admitted.public_url, W::NAME, W::STEPS)
        else {
            break 'answer ("not-found", None, answer::empty(StatusCode::NOT_FOUND));
        };
        let input = match W::Input::read(&parameters) {
            Ok(input) => input,
            Err(missing) => {
                let response = answer::text(StatusCode::BAD_REQUEST, format!("{missing}\n"));
                break 'answer ("bad-request", Some(Failure::from(missing)), response);
            }
        };
        let received = Received { input, step, base_url, state };
        let mut refresh = pin!(gate.refresh());
        let (result, is_refreshed) = {
            let mut handler = pin!(guarded(&mut limit, async { webhook.handle(&received).await }));
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
            Ok(handled) => handled.answer.respond().map(|response| (handled.outcome, response)),
            Err(failure) => Err(failure),
        };
        match result {
            Ok((outcome, response)) => (outcome, None, response),
            Err(failure) => match rescue(webhook, &received) {
                Some(response) => (RESCUED, Some(failure), response),
                None => ("failed", Some(failure), answer::empty(StatusCode::INTERNAL_SERVER_ERROR)),
            },
        }
    };
    log(W::NAME, &event, &parameters, outcome, error.as_ref(), response.status_code, started.elapsed());
    response
}

/// Nobody proves anything for it: Twilio fetches sounds like anybody else.
fn constant<W: Webhook>(event: &Event) -> Option<Response> {
    if event.request_context.http.method != Method::GET {
        return None;
    }
    let path = event.raw_path.as_deref().unwrap_or_default();
    let (path, step) = path.rsplit_once('/')?;
    let (_, constant) = W::CONSTANTS.iter().find(|(name, _)| *name == step)?;
    path.ends_with(&format!("/{}", W::NAME))
        .then(|| answer::constant(constant.content_type, (constant.bytes)()))
}

/// Bounds a handler in time, and turns a panic into a failure.
async fn guarded<A>(
    limit: &mut Alarm,
    handler: impl Future<Output = Result<Handled<A>, Failure>>,
) -> Result<Handled<A>, Failure> {
    match before(limit, AssertUnwindSafe(handler).catch_unwind()).await {
        Some(Ok(result)) => result,
        Some(Err(_)) => Err("the handler panicked".into()),
        None => Err("the handler took too long".into()),
    }
}

fn rescue<W: Webhook>(webhook: &W, received: &Received<W::Input>) -> Option<Response> {
    let answer = std::panic::catch_unwind(AssertUnwindSafe(|| webhook.rescue(received))).ok()??;
    answer.respond().ok()
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
        count!(Metric::Rescued, function, call_sid = parameters.get("CallSid"));
    } else if status >= 500 {
        count!(Metric::Failed, function, call_sid = parameters.get("CallSid"));
    }
}

//! A call is worked off: what is to be done about it is done, until there is nothing, or something to wait for.

use std::time::Duration;

use callflow::{Callbacks, Onward};
use domain::{DialOutcome, LiveCall};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lifecycle::live::{Agenda, Work, agenda};
use phone::CallSid;
use runtime::telemetry::Metric;
use runtime::{Failure, count};
use store::{StoreError, Written};
use twilio::{ListedCall, RestError};

use crate::deps::Deps;
use crate::leg;

/// What is due so soon is waited for.
const SOON: SignedDuration = SignedDuration::from_secs(2);

/// How long a call is worked off at a time. Then others have their turn, and it comes again.
const TAKES_AT_MOST: SignedDuration = SignedDuration::from_secs(25);

/// When it is tried again to lead a caller out of their queue.
const TRIED_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// How long it is tried to delete the queue of a call that is over, and how often.
const QUEUE_IS_TRIED: SignedDuration = SignedDuration::from_mins(10);
const QUEUE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What came of working a call off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is no such live call, or it was deleted.
    NotLive,
    /// Nothing is to be done any more.
    Done,
    /// Something is to be done later, when somebody looks again.
    Waiting,
    /// There is more to be done, which the next message is for.
    GoesOn,
}

/// What came of one thing that was to be done.
enum Came {
    Done,
    /// The caller is there, at that instant.
    Alive(Timestamp),
    /// It can't be done before then.
    NotBefore(Timestamp),
}

/// Does what is to be done about a call.
///
/// # Errors
/// When the store or a secret fails. What Twilio fails at is written down, and tried again.
pub(crate) async fn work_off(deps: &Deps, call_sid: &CallSid) -> Result<Progress, Failure> {
    let begun_at = deps.clock.now();
    let mut alive_at = None;
    loop {
        let call = match deps.store.live_call(call_sid).await {
            Ok(call) => call,
            Err(StoreError::NotFound(_)) => return Ok(Progress::NotLive),
            Err(error) => return Err(error.into()),
        };
        let now = deps.clock.now();
        let has_time = now.duration_since(begun_at) < TAKES_AT_MOST;
        let Agenda { now: works, next } = agenda(&call, alive_at, now);
        if works.is_empty() {
            let Some(next) = next else { return Ok(Progress::Done) };
            let until_then = next.duration_since(now);
            if until_then > SOON || !has_time {
                rest(deps, &call, next).await?;
                return Ok(Progress::Waiting);
            }
            deps.clock.sleep(Duration::try_from(until_then).unwrap_or_default()).await;
            continue;
        }
        if !has_time {
            deps.later.wake_now(call_sid.as_str()).await?;
            return Ok(Progress::GoesOn);
        }
        for came in join_all(works.iter().map(|work| Box::pin(one(deps, &call, work)))).await {
            match came? {
                Came::Done => {}
                Came::Alive(at) => alive_at = Some(at),
                Came::NotBefore(at) => {
                    rest(deps, &call, at).await?;
                    return Ok(Progress::Waiting);
                }
            }
        }
    }
}

async fn one(deps: &Deps, call: &LiveCall, work: &Work) -> Result<Came, Failure> {
    match work {
        Work::Place(id) => leg::place(deps, call, id).await?,
        Work::LookUp(id) => leg::look_up(deps, call, id).await?,
        Work::End(id, how) => leg::end(deps, call, id, *how).await?,
        Work::AskForCaller => return ask_for_caller(deps, call).await,
        Work::SumUp(outcome) => return sum_up(deps, call, *outcome).await,
    }
    Ok(Came::Done)
}

/// Nobody told of the end of a call that should have one.
async fn ask_for_caller(deps: &Deps, call: &LiveCall) -> Result<Came, Failure> {
    let login = deps.login(call).await?;
    let status = deps.rest.call_status(&call.account_sid, &login, &call.call_sid).await;
    let now = deps.clock.now();
    let is_over = match status {
        Ok(status) => !ListedCall::goes_on(&status),
        Err(RestError::NotFound(_)) => true,
        Err(error) => {
            failed(call, &error);
            false
        }
    };
    if !is_over {
        return match lead_out(deps, call).await? {
            Ok(()) => Ok(Came::Alive(now)),
            Err(error) => {
                failed(call, &error);
                Ok(Came::NotBefore(now.checked_add(TRIED_AGAIN_AFTER)?))
            }
        };
    }
    count!(Metric::Woken, looked_for = "the end of a call", call_sid = call.call_sid.as_str());
    deps.store.live_over(&call.call_sid, now).await?;
    Ok(Came::Done)
}

/// A caller who is still parked hears no document any more, or the last one would have led out of the queue. Whoever
/// talks, though no row tells with whom, is left alone.
async fn lead_out(deps: &Deps, call: &LiveCall) -> Result<Result<(), RestError>, Failure> {
    if !call.is_hunting() {
        return Ok(Ok(()));
    }
    let login = deps.login(call).await?;
    let led = async {
        if deps.rest.somebody_waits(&call.account_sid, &login, call.queue()).await? {
            let next = Onward { revision: call.revision, course: call.course.clone() }.write();
            let to = Callbacks::below(&*call.base_url).left(&next);
            count!(Metric::Woken, looked_for = "a parked caller", call_sid = call.call_sid.as_str());
            deps.rest.lead_call(&call.account_sid, &login, &call.call_sid, &to).await?;
        }
        Ok(())
    };
    Ok(led.await)
}

async fn sum_up(deps: &Deps, call: &LiveCall, outcome: Option<DialOutcome>) -> Result<Came, Failure> {
    let now = deps.clock.now();
    deps.store.sum_up(call, outcome, now).await?;
    // Twilio made none where nobody was to ring.
    if outcome.is_some()
        && let Err(failure) = delete_queue(deps, call).await
    {
        let over_at = call.over_at.unwrap_or(call.begun_at);
        if now.duration_since(over_at) < QUEUE_IS_TRIED {
            return Ok(Came::NotBefore(now.checked_add(QUEUE_EVERY)?));
        }
        failed(call, &failure);
    }
    deps.store.live_done(call, now).await?;
    Ok(Came::Done)
}

async fn delete_queue(deps: &Deps, call: &LiveCall) -> Result<(), Failure> {
    let login = deps.login(call).await?;
    Ok(deps.rest.delete_queue(&call.account_sid, &login, call.queue()).await?)
}

/// Leaves a call until then. Whoever changes what the row says of that sends the message: so one goes round.
async fn rest(deps: &Deps, call: &LiveCall, next: Timestamp) -> Result<(), Failure> {
    if deps.store.due_at(call, next).await? != Written::Applied {
        return Ok(());
    }
    deps.later.wake_in(call.call_sid.as_str(), next.duration_since(deps.clock.now())).await
}

fn failed(call: &LiveCall, error: &impl ToString) {
    count!(Metric::Failed, function = "act", call_sid = call.call_sid.as_str(), error = error.to_string());
}

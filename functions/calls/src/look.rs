//! What programs look at.

use std::time::Duration;

use api::{Reply, Request};
use domain::Scope;
use jiff::Timestamp;
use live::{
    ActionId, Call, CallId, CallState, CallView, Code, Direction, Event, Problem, RecordingView, cloud_event,
};
use phone::PhoneNumber;
use serde_json::Value;
use store::{ControlledCall, ControlledPart, StoreError};

use crate::answers::{Actions, Calls, Events, Recordings};
use crate::{Answer, Deps, Refused, forwarded, no_call};

/// How many events are told at once, where nothing is said, and at most.
pub(crate) const EVENTS: u16 = 100;
pub(crate) const MOST_EVENTS: u16 = 1000;

/// How often it is looked for what is yet to come.
const LOOKS_EVERY: Duration = Duration::from_millis(400);

/// A call that this key may see, steered or not.
pub(crate) async fn seen(deps: &Deps, request: &Request, id: &str) -> Result<Call, Refused> {
    let id = id.parse().map_err(|_| no_call())?;
    if let Some(call) = steered(deps, request, &id).await? {
        return Ok(call.steered.call);
    }
    match forwarded::found(deps, request, &id).await {
        // It may have begun to be steered meanwhile.
        Err(Refused::Problem(problem)) => Ok(steered(deps, request, &id).await?.ok_or(problem)?.steered.call),
        found => Ok(found?.plain.seen()),
    }
}

/// A call that this key may see, if it is one that programs steer.
pub(crate) async fn steered(
    deps: &Deps,
    request: &Request,
    id: &CallId,
) -> Result<Option<ControlledCall>, Refused> {
    match deps.store.controlled_call(id).await {
        Ok(call) if may_see(request, &call) => Ok(Some(call)),
        Ok(_) => Err(no_call().into()),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A call that a program made is its key's, and nobody else's; one that came in is everybody's whose key has its number.
fn may_see(request: &Request, call: &ControlledCall) -> bool {
    let is_its = match call.steered.call.direction {
        Direction::Incoming => true,
        Direction::Outgoing => call.key == request.key.id.as_str(),
    };
    is_its && request.key.may_use(&call.steered.call.number)
}

/// The calls that go on, the oldest first.
pub(crate) async fn list(deps: &Deps, request: &Request) -> Answer {
    request.require(Scope::Read)?;
    let state = state(request)?;
    let after = created_after(request)?;
    let number = of_number(request)?;
    let is_wanted = |call: &Call| {
        state.is_none_or(|state| call.shown_state() == state)
            && after.is_none_or(|after| call.created_at > after)
            && number.as_ref().is_none_or(|number| call.number == *number)
    };
    let wait = Wait::of(deps, request)?;
    let calls = loop {
        let mut calls = going_on(deps, request).await?;
        if let Some(number) = &number {
            let forwarded = forwarded::going_on(deps, request, number).await?;
            calls.retain(|call| forwarded.iter().all(|it| it.id != call.id));
            calls.extend(forwarded);
            calls.sort_by_key(|call| call.created_at);
        }
        calls.retain(is_wanted);
        if !calls.is_empty() || !wait.goes_on(deps) {
            break calls;
        }
        deps.clock.sleep(LOOKS_EVERY).await;
    };
    let calls: Vec<CallView<'_>> = calls.iter().map(CallView::of).collect();
    Ok(Reply::json(200, &Calls { calls }))
}

/// The calls of this key that go on, the oldest first.
async fn going_on(deps: &Deps, request: &Request) -> Result<Vec<Call>, Refused> {
    let mut ids = Vec::new();
    for part in ControlledPart::all() {
        ids.extend(deps.store.controlled_due(part, Timestamp::MAX).await?);
    }
    let mut calls = Vec::new();
    for id in ids {
        match deps.store.controlled_call(&id).await {
            Ok(call) if may_see(request, &call) && !call.steered.call.is_over() => {
                calls.push(call.steered.call);
            }
            Ok(_) | Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    calls.sort_by_key(|call| call.created_at);
    Ok(calls)
}

/// How far the calls are to be that are looked for, if that is said.
fn state(request: &Request) -> Result<Option<CallState>, Problem> {
    let Some(text) = request.query.get("state") else { return Ok(None) };
    let state: Option<CallState> = serde_json::from_value(Value::String(text.clone())).ok();
    let state = state.filter(|state| *state != CallState::Ended);
    let cause = "`state`: incoming, dialing, active or ending is expected";
    state.map(Some).ok_or_else(|| Problem::new(Code::InvalidRequest, cause))
}

/// Since when the calls are to have begun, if that is said.
fn created_after(request: &Request) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = request.query.get("after") else { return Ok(None) };
    let cause = "`after`: a time is expected, as the `created_at` of the last call that was seen";
    text.parse().map(Some).map_err(|_| Problem::new(Code::InvalidRequest, cause))
}

/// Of which number the calls are to be, if that is said: then those are among them that are just forwarded.
fn of_number(request: &Request) -> Result<Option<PhoneNumber>, Problem> {
    let Some(text) = request.query.get("number") else { return Ok(None) };
    let cause = "`number`: one of your masked numbers is expected, as +14155550100";
    let number = PhoneNumber::parse(text).map_err(|_| Problem::new(Code::InvalidRequest, cause))?;
    if request.key.may_use(&number) {
        Ok(Some(number))
    } else {
        let cause = format!("the key {} is not for this number", request.key.name);
        Err(Problem::new(Code::Forbidden, cause))
    }
}

/// How long a request waits for what is yet to come.
struct Wait {
    until: Timestamp,
}

impl Wait {
    /// As it is asked for, and allowed.
    fn of(deps: &Deps, request: &Request) -> Result<Self, Problem> {
        let wait = Duration::from_secs(number(request, "wait", 0_u64)?).min(deps.long_poll);
        let wait = jiff::SignedDuration::try_from(wait).unwrap_or_default();
        Ok(Self { until: request.now.saturating_add(wait).unwrap_or(request.now) })
    }

    fn goes_on(&self, deps: &Deps) -> bool {
        deps.clock.now() < self.until
    }
}

pub(crate) async fn call(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Read)?;
    let call = seen(deps, request, id).await?;
    Ok(Reply::json(200, &CallView::of(&call)))
}

/// What may be wanted of a call now.
pub(crate) async fn capabilities(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Read)?;
    let call = seen(deps, request, id).await?;
    Ok(Reply::json(200, &live::capabilities(&call)))
}

pub(crate) async fn recordings(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Read)?;
    let call = seen(deps, request, id).await?;
    let recordings = call.recordings.iter().map(RecordingView::of).collect();
    Ok(Reply::json(200, &Recordings { recordings }))
}

pub(crate) async fn actions(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Read)?;
    let actions = live::actions(&log(deps, request, id).await?);
    Ok(Reply::json(200, &Actions { actions }))
}

pub(crate) async fn action(deps: &Deps, request: &Request, id: &str, action: &str) -> Answer {
    request.require(Scope::Read)?;
    let none = || Problem::new(Code::ActionNotFound, "the call has no such action");
    let action: ActionId = action.parse().map_err(|_| none())?;
    let actions = live::actions(&log(deps, request, id).await?);
    let action = actions.iter().find(|it| it.id == action).ok_or_else(none)?;
    Ok(Reply::json(200, action))
}

async fn log(deps: &Deps, request: &Request, id: &str) -> Result<Vec<Event>, Refused> {
    let call = seen(deps, request, id).await?;
    let mut log: Vec<Event> = Vec::new();
    loop {
        let after = log.last().map_or(0, |event| event.seq);
        let page = deps.store.events_after(&call.id, after, MOST_EVENTS).await?;
        if page.is_empty() {
            return Ok(log);
        }
        log.extend(page);
    }
}

/// The log behind a number; what is yet to come is waited for, if that is asked for and allowed.
pub(crate) async fn events(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Read)?;
    let after = number(request, "after", 0_u64)?;
    let limit = number(request, "limit", EVENTS)?;
    if !(1..=MOST_EVENTS).contains(&limit) {
        let cause = format!("`limit`: 1 to {MOST_EVENTS} are expected");
        return Err(Problem::new(Code::InvalidRequest, cause).into());
    }
    let wait = Wait::of(deps, request)?;
    let call = seen(deps, request, id).await?;
    let id = &call.id;
    let events = loop {
        let events = deps.store.events_after(id, after, limit).await?;
        if !events.is_empty() || call.is_over() || !wait.goes_on(deps) {
            break events;
        }
        deps.clock.sleep(LOOKS_EVERY).await;
    };
    let next = events.last().map_or(after, |event| event.seq);
    let events: Vec<Value> = events.iter().map(|event| cloud_event(id, event)).collect();
    Ok(Reply::json(200, &Events { events, next_after: next }))
}

fn number<N: std::str::FromStr>(request: &Request, name: &str, unsaid: N) -> Result<N, Problem> {
    match request.query.get(name) {
        None => Ok(unsaid),
        Some(text) => {
            let cause = format!("`{name}`: a number is expected");
            text.parse().map_err(|_| Problem::new(Code::InvalidRequest, cause))
        }
    }
}

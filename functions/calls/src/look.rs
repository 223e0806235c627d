//! What programs look at.

use std::time::Duration;

use api::{Reply, Request};
use domain::Scope;
use live::{ActionId, CallView, Code, Event, Problem, cloud_event};
use serde_json::{Value, json};
use store::{ControlledCall, ControlledPart, StoreError};

use crate::{Answer, Deps, Refused, no_call};

/// How many events are told at once, where nothing is said, and at most.
const EVENTS: u16 = 100;
const MOST_EVENTS: u16 = 1000;

/// How often it is looked for what is yet to come.
const LOOKS_EVERY: Duration = Duration::from_millis(400);

/// A call that this key may see.
pub(crate) async fn seen(deps: &Deps, request: &Request, id: &str) -> Result<ControlledCall, Refused> {
    let id = id.parse().map_err(|_| no_call())?;
    let call = deps.store.controlled_call(&id).await?;
    if may_see(request, &call) { Ok(call) } else { Err(no_call().into()) }
}

/// A call is its key's, and nobody else's; and no longer, if its number is none of the key's any more.
fn may_see(request: &Request, call: &ControlledCall) -> bool {
    call.key == request.key.id.as_str() && request.key.may_use(&call.steered.call.number)
}

/// The calls that go on, the oldest first.
pub(crate) async fn list(deps: &Deps, request: &Request) -> Answer {
    request.require(Scope::Read)?;
    let mut ids = Vec::new();
    for part in ControlledPart::all() {
        ids.extend(deps.store.controlled_due(part, jiff::Timestamp::MAX).await?);
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
    let calls: Vec<CallView<'_>> = calls.iter().map(CallView::of).collect();
    Ok(Reply::json(200, &json!({ "calls": calls })))
}

pub(crate) async fn call(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Read)?;
    let call = seen(deps, request, id).await?;
    Ok(Reply::json(200, &CallView::of(&call.steered.call)))
}

pub(crate) async fn actions(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Read)?;
    let actions = live::actions(&log(deps, request, id).await?);
    Ok(Reply::json(200, &json!({ "actions": actions })))
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
        let page = deps.store.events_after(&call.steered.call.id, after, MOST_EVENTS).await?;
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
    let limit = number(request, "limit", EVENTS)?.clamp(1, MOST_EVENTS);
    let wait = Duration::from_secs(number(request, "wait", 0_u64)?).min(deps.long_poll);
    let call = seen(deps, request, id).await?;
    let id = &call.steered.call.id;
    let until = request.now.saturating_add(jiff::SignedDuration::try_from(wait).unwrap_or_default());
    let events = loop {
        let events = deps.store.events_after(id, after, limit).await?;
        let may_wait = until.as_ref().is_ok_and(|until| deps.clock.now() < *until);
        if !events.is_empty() || call.steered.call.is_over() || !may_wait {
            break events;
        }
        deps.clock.sleep(LOOKS_EVERY).await;
    };
    let next = events.last().map_or(after, |event| event.seq);
    let events: Vec<Value> = events.iter().map(|event| cloud_event(id, event)).collect();
    Ok(Reply::json(200, &json!({ "events": events, "next_after": next })))
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

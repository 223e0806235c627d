//! What programs want: a call, or something of a call.

use api::{Event, Reply, Request};
use domain::{Once, OnceId, Scope};
use live::{
    ActionEnd, ActionId, Address, Asked, CallId, CallView, Code, Command, Problem, Steered, create as begin,
};
use phone::{AccountSid, PhoneNumber};
use phonefile::NeverCalled;
use runtime::Failure;
use serde_json::{Map, Value};
use steering::{NewCall, Took};
use store::{ControlledCall, StoreError, Taken, Written};

use crate::answers::{Accepted, AcceptedAction, Created};
use crate::wanted::{self, phones};
use crate::{Answer, Deps, Refused, forwarded, look, no_call};

/// How often it is looked anew at a call that has changed meanwhile.
const ATTEMPTS: usize = 4;

/// Somebody is called.
pub(crate) async fn create(deps: &Deps, request: &Request, event: &Event) -> Answer {
    request.require(Scope::Create)?;
    let id = request.require_idempotency_key()?;
    if let Some(before) = deps.store.once(&id, request.now).await? {
        return Ok(request.answered(&before));
    }
    let wanted = wanted::call(request.body()?, deps.reach)?;
    may_call(deps, request, &wanted.from, &wanted.create.to).await?;
    let account_sid = account(deps, wanted.account).await?;
    let call_id = CallId::of_outgoing(random()?);
    let asked = Asked { operation_context: wanted.operation_context, callback: None };
    let begun = begin(&call_id, &wanted.from, wanted.create, &asked, request.now);
    let of_key = || request.key.callback.as_ref().map(|url| url.reveal().to_owned());
    let callback = wanted.callback.or_else(of_key);
    let call = ControlledCall {
        steered: Steered::new(begun.call, request.now),
        account_sid,
        base_url: format!("{}/webhook", base_url(deps, event)),
        key: request.key.id.to_string(),
        is_told: callback.is_some(),
        callback,
        plan: None,
        revision: 0,
    };
    let view = CallView::of(&call.steered.call);
    let reply = Reply::json(201, &Created { action: begun.action, call: view });
    let once = request.once(id, &reply);
    match deps.controls.begin(&call, &begun.events, &once, request.now).await? {
        Took::Yes(_) => Ok(reply),
        Took::Again(id) => again(deps, request, &id).await,
        Took::No(problem) => Err(problem.into()),
    }
}

/// Something is wanted of a call.
pub(crate) async fn action(deps: &Deps, (request, event): (&Request, &Event), call: &str) -> Answer {
    request.require(Scope::Control)?;
    let (command, asked) = wanted::action(request.body::<Map<String, Value>>()?, deps.reach)?;
    wants(deps, (request, event), call, command, asked).await
}

/// An action is not wanted any more.
pub(crate) async fn cancel(
    deps: &Deps,
    (request, event): (&Request, &Event),
    call: &str,
    action: &str,
) -> Answer {
    request.require(Scope::Control)?;
    let none = || Problem::new(Code::ActionNotFound, "the call has no such action");
    let action: ActionId = action.parse().map_err(|_| none())?;
    wants(deps, (request, event), call, Command::Cancel { action }, Asked::default()).await
}

async fn wants(
    deps: &Deps,
    (request, event): (&Request, &Event),
    call: &str,
    command: Command,
    asked: Asked,
) -> Answer {
    let id = request.require_idempotency_key()?;
    if let Some(before) = deps.store.once(&id, request.now).await? {
        return Ok(request.answered(&before));
    }
    let call = call.parse().map_err(|_| no_call())?;
    let seen = look::steered(deps, request, &call).await?;
    if asked.callback.is_some() && seen.as_ref().is_some_and(|call| call.key.is_empty()) {
        let cause = "`callback`: nothing signs what is told of this call; `key` beside `control` in the phone file says what does";
        return Err(Problem::new(Code::InvalidRequest, cause).into());
    }
    let number = match &seen {
        Some(call) => call.steered.call.number.clone(),
        None => forwarded::found(deps, request, &call).await?.plain.number,
    };
    let called = match &command {
        command if command.adds().is_some() => command.adds().map(|add| add.to.clone()),
        Command::Redirect { to, .. } => Some(Address::Phone { number: to.clone() }),
        _ => None,
    };
    if let Some(to) = called {
        may_call(deps, request, &number, &[to]).await?;
    }
    let answered = |call: &ControlledCall, action: ActionId| {
        let is_open = call.steered.call.actions.contains_key(&action);
        let state = if is_open { ActionEnd::Queued } else { ActionEnd::Succeeded };
        let body =
            Accepted { action: AcceptedAction { id: action, state }, call: CallView::of(&call.steered.call) };
        request.once(id.clone(), &Reply::json(202, &body))
    };
    let base_url = format!("{}/webhook", base_url(deps, event));
    let took = took(deps, (request, &base_url), &call, &command, &asked, answered).await?;
    match took {
        Took::Yes(once) => Ok(Reply::kept(&once)),
        Took::Again(id) => again(deps, request, &id).await,
        Took::No(problem) => {
            let reply = Reply::problem(&problem);
            let once = request.once(id, &reply);
            match deps.store.keep_once(&once, request.now).await? {
                // It makes no sense because the same was carried out since.
                Written::Conflict => again(deps, request, &once.id).await,
                _ => Ok(reply),
            }
        }
    }
}

/// Has it done, by a program's call or by one that becomes one.
async fn took(
    deps: &Deps,
    (request, base_url): (&Request, &str),
    call: &CallId,
    command: &Command,
    asked: &Asked,
    answers: impl Fn(&ControlledCall, ActionId) -> Once,
) -> Result<Took, Refused> {
    for _ in 0..ATTEMPTS {
        if let Some(seen) = look::steered(deps, request, call).await? {
            return Box::pin(steers(deps, request, &seen, (command, asked), answers)).await;
        }
        let found = forwarded::found(deps, request, call).await?;
        let took = forwarded::wants(deps, (request, base_url), found, command, asked, &answers).await?;
        if let Some(took) = took {
            return Ok(took);
        }
    }
    Err(StoreError::Conflict.into())
}

/// Has it done by a program's call, alone or together with another one.
async fn steers(
    deps: &Deps,
    request: &Request,
    seen: &ControlledCall,
    (command, asked): (&Command, &Asked),
    answers: impl Fn(&ControlledCall, ActionId) -> Once,
) -> Result<Took, Refused> {
    let (of, now, wanted) = (&seen.steered.call.id, request.now, (command, asked));
    Ok(match command {
        Command::Transfer { participant, .. } if seen.steered.call.is_group_for(*participant) => {
            let of_key = || request.key.callback.as_ref().map(|url| url.reveal().to_owned());
            let of_old = || seen.callback.clone().filter(|_| seen.key == request.key.id.as_str());
            let callback = asked.callback.clone().or_else(of_old).or_else(of_key);
            let id = CallId::of_outgoing(random()?);
            let new = NewCall { id: &id, key: request.key.id.as_str(), callback: callback.as_deref() };
            deps.controls.transfer_out(of, wanted, new, answers, now).await?
        }
        Command::Move { to_call, .. } => {
            // What this key may not see is not there for it.
            let to = look::steered(deps, request, to_call).await?.ok_or_else(no_call)?;
            deps.controls.move_over((of, &to.steered.call.id), wanted, answers, now).await?
        }
        _ => deps.controls.command(of, command, asked, answers, now).await?,
    })
}

/// The same came at the same time: it gets what the other one got.
pub(crate) async fn again(deps: &Deps, request: &Request, id: &OnceId) -> Answer {
    match deps.store.once(id, request.now).await? {
        Some(before) => Ok(request.answered(&before)),
        None => Err(Refused::Failed("the same request is being carried out".into())),
    }
}

/// Whether the key may call these telephones, and has calls and minutes left for it. The first minute of each is counted
/// before Twilio is asked, the others once the call is over.
async fn may_call(deps: &Deps, request: &Request, from: &PhoneNumber, to: &[Address]) -> Result<(), Refused> {
    if !request.key.may_use(from) {
        let cause = format!("the key {} is not for this number", request.key.name);
        return Err(Problem::new(Code::Forbidden, cause).into());
    }
    match deps.store.number(from, request.now).await {
        Ok(_) => {}
        Err(StoreError::NotFound(_)) => {
            let cause = "`from`: none of your masked numbers";
            return Err(Problem::new(Code::InvalidRequest, cause).into());
        }
        Err(error) => return Err(error.into()),
    }
    for phone in phones(to) {
        if let Some(why) = phonefile::never_called(phone) {
            return Err(Problem::new(Code::Forbidden, never(why)).into());
        }
        request.may_call(from, phone)?;
    }
    for _ in to {
        for (taken, what) in [
            (deps.store.take_call(&request.key, request.now).await?, "calls of this minute"),
            (deps.store.take_minutes(&request.key, 1, request.now).await?, "minutes of this day"),
        ] {
            if let Taken::UsedUp { until } = taken {
                let cause =
                    format!("the key {} has used up its {what}; the next begin at {until}", request.key.name);
                return Err(Problem::new(Code::RateLimited, cause).into());
            }
        }
    }
    Ok(())
}

fn never(why: NeverCalled) -> String {
    match why {
        NeverCalled::Emergency => {
            "`to`: a number for emergencies; help would go to the wrong place".to_owned()
        }
        NeverCalled::Premium(where_to) => format!("`to`: calls to it pay somebody else ({where_to})"),
    }
}

async fn account(deps: &Deps, wanted: Option<AccountSid>) -> Result<AccountSid, Refused> {
    let secret = deps.accounts.get().await.map_err(Failure::from)?;
    let mut known = secret.accounts().map(|(sid, _)| sid);
    match (wanted, known.next(), known.next()) {
        (Some(wanted), ..) if secret.account(&wanted).is_some() => Ok(wanted),
        (Some(_), ..) => {
            Err(Problem::new(Code::InvalidRequest, "`account`: none of your Twilio accounts").into())
        }
        (None, Some(only), None) => Ok(only.clone()),
        (None, ..) => {
            let cause = "`account`: there are several Twilio accounts, so it has to be said which";
            Err(Problem::new(Code::InvalidRequest, cause).into())
        }
    }
}

pub(crate) fn base_url(deps: &Deps, event: &Event) -> String {
    match &deps.public_base_url {
        Some(base) => base.trim_end_matches('/').to_owned(),
        None => format!("https://{}", event.request_context.domain_name.as_deref().unwrap_or_default()),
    }
}

fn random() -> Result<[u8; 16], Failure> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(random)
}

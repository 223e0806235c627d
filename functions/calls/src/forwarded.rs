//! Calls that are forwarded, and of which no program has wanted anything yet.
//!
//! What is told of them stands in the tables for every call: nobody writes or reads more while they go on. Before a
//! program has its way with one, Twilio is asked which of those that ring has picked up.

use api::Request;
use domain::{
    Call as Row, DialOutcome, Disposition, LegId, LegState, LiveCall, LiveLeg, NotReached, Ring, Stage,
    Treatment,
};
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use live::{ActionId, Address, Asked, Call, CallId, Cause, Code, Command, Plain, Problem, Rung};
use phone::{AccountSid, CallSid, PhoneNumber};
use runtime::Failure;
use steering::{Forwarded, Took};
use store::{ControlledCall, ForwardedCall, StoreError};
use twilio::{ListedCall, Login, RestError};

use crate::{Deps, Refused, no_call};

/// How long ago a call may have come in that goes on: Twilio ends it after four hours.
const LONGEST_CALL: SignedDuration = SignedDuration::from_hours(4);

/// How many of the last calls to a number are looked at.
const MOST_LISTED: u16 = 100;

/// How long somebody is there at most who only is asked whether they take a call: then their leg ends. Whoever is there
/// for longer has taken it.
const ASKED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// A forwarded call, and how it is found out who talks to its caller.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) plain: Plain,
    talks: Talks,
    /// In which account, and what addresses begin with, where the tables know it.
    of: Option<(AccountSid, String)>,
}

/// How it is found out who talks to a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Talks {
    /// Twilio is asked which of those that it dialled has picked up.
    Dialled,
    /// The same; and whoever picked up was asked for a proof that they are a person. Nobody has told of that, but the
    /// caller's line rings until then.
    Screened,
    /// The same; but the caller has heard something before, so their line says nothing.
    ScreenedInSecret,
    /// This leg has taken the caller, if they do.
    Taken(LegId),
    /// Nobody does.
    Nobody,
}

/// A forwarded call that this key may see.
pub(crate) async fn found(deps: &Deps, request: &Request, id: &CallId) -> Result<Found, Refused> {
    let call_sid = id.caller_leg().ok_or_else(no_call)?;
    let forwarded = deps.store.call_with_treatment(&call_sid).await?;
    let begun_at = forwarded.call.begun_at.ok_or_else(no_call)?;
    let number = forwarded.call.number.clone().ok_or_else(no_call)?;
    if forwarded.call.disposition != Some(Disposition::Forward) || !request.key.may_use(&number) {
        return Err(no_call().into());
    }
    let caller = forwarded.call.caller.as_ref().map_or(Address::Withheld, Address::of_caller);
    let (owner, talks, of) = owner(deps, request, &forwarded).await?;
    Ok(Found { plain: Plain { call_sid, number, caller, begun_at, owner }, talks, of })
}

/// How far the owner is, and how more is found out.
async fn owner(
    deps: &Deps,
    request: &Request,
    forwarded: &ForwardedCall,
) -> Result<(Rung, Talks, Option<(AccountSid, String)>), Refused> {
    let ForwardedCall { call, treatment, picked_up_at, ended_at } = forwarded;
    let is_taken = picked_up_at.is_some_and(|at| request.now.duration_since(at) >= ASKED_FOR);
    // Without a phone file nothing comes behind it.
    if let Some(Treatment::Ring(ring)) = treatment
        && ring.next.is_none()
    {
        let (owner, talks) = match ended_at {
            Some(at) => (over(call, *at), Talks::Nobody),
            None => dialled(call, ring, is_taken),
        };
        return Ok((owner, talks, None));
    }
    // One that goes by a phone file.
    let live = match deps.store.live_call(&call.call_sid).await {
        Ok(live) => live,
        Err(StoreError::NotFound(_)) => {
            let at = ended_at.ok_or_else(no_call)?;
            return Ok((over(call, at), Talks::Nobody, None));
        }
        Err(error) => return Err(error.into()),
    };
    let of = Some((live.account_sid.clone(), live.base_url.clone()));
    if let Some(at) = live.over_at {
        return Ok((over(call, at), Talks::Nobody, of));
    }
    match (&live.course.stage, &live.answered) {
        (Stage::Dial, Treatment::Ring(ring)) => {
            let (owner, talks) = dialled(call, ring, is_taken);
            Ok((owner, talks, of))
        }
        // Nobody is rung, or will be: a message is taken.
        (Stage::Message { .. } | Stage::End, _) => Err(no_call().into()),
        (Stage::Hunt { .. }, _) => {
            let (owner, talks) = hunted(&live);
            Ok((owner, talks, of))
        }
        _ => Ok((Rung::Planned, Talks::Nobody, of)),
    }
}

/// How far those are who are rung one after the other, or together: of several one has the caller.
fn hunted(live: &LiveCall) -> (Rung, Talks) {
    let taken = live.winner.as_ref().and_then(|id| Some((id, live.legs.get(id)?)));
    if let Some((id, leg)) = taken
        && let (LegState::Accepted, Some(call_sid)) = (leg.state, &leg.call_sid)
    {
        return (Rung::Talks(call_sid.clone()), Talks::Taken(id.clone()));
    }
    let rings = |leg: &LiveLeg| matches!(leg.state, LegState::Ringing | LegState::Answered);
    let owner = if live.legs.values().any(rings) { Rung::Ringing } else { Rung::Planned };
    (owner, Talks::Nobody)
}

/// How far a plain dial is, as its legs have told.
fn dialled(call: &Row, ring: &Ring, is_taken: bool) -> (Rung, Talks) {
    let is = |status: &str| call.legs.iter().find(|leg| leg.status == status);
    let talks = match (ring.screened && !is_taken, ring.first.is_empty() && ring.announcement.is_none()) {
        (false, _) => Talks::Dialled,
        (true, true) => Talks::Screened,
        (true, false) => Talks::ScreenedInSecret,
    };
    let owner = match (is("in-progress"), is("ringing")) {
        (Some(leg), _) if talks == Talks::Dialled => Rung::Talks(leg.call_sid.clone()),
        (Some(_), _) | (None, Some(_)) => Rung::Ringing,
        (None, None) => Rung::Planned,
    };
    (owner, talks)
}

fn over(call: &Row, at: Timestamp) -> Rung {
    let (caller, owner) = match call.dial_outcome {
        Some(DialOutcome::Conversation) => (Cause::HungUp, Cause::HungUp),
        Some(DialOutcome::NotReached(why)) => (Cause::Released, cause(why)),
        None if !call.may_be_missed() => (Cause::HungUp, Cause::HungUp),
        Some(DialOutcome::CallerGone) | None => (Cause::HungUp, Cause::Canceled),
    };
    Rung::Over { caller, owner, at }
}

fn cause(why: NotReached) -> Cause {
    match why {
        NotReached::NoAnswer => Cause::NoAnswer,
        NotReached::Busy => Cause::Busy,
        NotReached::Failed => Cause::Failed,
        NotReached::Canceled => Cause::Canceled,
        NotReached::Declined => Cause::HungUp,
    }
}

/// The forwarded calls of a number that go on.
pub(crate) async fn going_on(
    deps: &Deps,
    request: &Request,
    number: &PhoneNumber,
) -> Result<Vec<Call>, Refused> {
    let since = request.now.checked_sub(LONGEST_CALL).unwrap_or(Timestamp::MIN);
    let sids = deps.store.calls_since(number, since, MOST_LISTED).await?;
    let ids: Vec<CallId> = sids.iter().map(CallId::of_incoming).collect();
    let looked = ids.iter().map(async |id| match found(deps, request, id).await {
        Ok(found) => Ok(Some(found.plain)),
        Err(Refused::Problem(_)) => Ok(None),
        Err(failed) => Err(failed),
    });
    let plain = try_join_all(looked).await?.into_iter().flatten();
    Ok(plain.filter(|it| !matches!(it.owner, Rung::Over { .. })).map(|it| it.seen()).collect())
}

/// Something is wanted of a forwarded call: from then on programs steer it. None if it has changed meanwhile.
pub(crate) async fn wants(
    deps: &Deps,
    (request, base_url): (&Request, &str),
    found: Found,
    command: &Command,
    asked: &Asked,
    answers: impl Fn(&ControlledCall, ActionId) -> domain::Once,
) -> Result<Option<Took>, Refused> {
    let refused = |code, cause: &str| Ok(Some(Took::No(Problem::new(code, cause))));
    let Found { plain, talks, of } = found;
    if matches!(plain.owner, Rung::Over { .. }) {
        return refused(Code::CallEnded, "the call is over, or its caller leaves a message");
    }
    let mut taken_by = None;
    let picked_up = match (talks, &plain.owner) {
        (Talks::ScreenedInSecret, _) => {
            let cause =
                "whoever picks up is asked whether they take the call, and nothing tells that they did";
            return refused(Code::NotConnected, cause);
        }
        (talks @ (Talks::Dialled | Talks::Screened), _) => {
            asked_twilio(deps, &plain.call_sid, talks == Talks::Screened, of).await?
        }
        (Talks::Taken(id), Rung::Talks(leg)) => {
            taken_by = Some(id);
            of.map(|(account, base)| (account, Some(base), leg.clone()))
        }
        (Talks::Taken(_) | Talks::Nobody, _) => None,
    };
    let Some((account_sid, base, leg)) = picked_up else {
        return refused(Code::NotConnected, "nobody who was called has picked up");
    };
    let callback = request.key.callback.as_ref().map(|url| url.reveal().to_owned());
    let forwarded = Forwarded {
        plain: Plain { owner: Rung::Talks(leg), ..plain },
        account_sid,
        base_url: base.unwrap_or_else(|| base_url.to_owned()),
        key: request.key.id.to_string(),
        callback,
        taken_by,
    };
    Ok(deps.controls.promote(&forwarded, command.clone(), asked, answers, request.now).await?)
}

type PickedUp = (AccountSid, Option<String>, CallSid);

/// On which leg somebody talks to the caller, by what Twilio says.
async fn asked_twilio(
    deps: &Deps,
    caller: &CallSid,
    is_screened: bool,
    of: Option<(AccountSid, String)>,
) -> Result<Option<PickedUp>, Refused> {
    let secret = deps.accounts.get().await.map_err(Failure::from)?;
    let (of, base) = of.unzip();
    for (account, it) in secret.accounts().filter(|(sid, _)| of.as_ref().is_none_or(|of| of == *sid)) {
        let leg = picked_up(deps, (account, &it.login), caller, is_screened).await.map_err(Failure::from)?;
        if let Some(leg) = leg {
            return Ok(Some((account.clone(), base, leg)));
        }
    }
    Ok(None)
}

async fn picked_up(
    deps: &Deps,
    (account, login): (&AccountSid, &Login),
    caller: &CallSid,
    is_screened: bool,
) -> Result<Option<CallSid>, RestError> {
    let is_answered = |leg: &ListedCall| leg.status == "in-progress";
    let legs = deps.rest.legs_dialled(account, login, caller).await?;
    let Some(leg) = legs.into_iter().find(is_answered) else { return Ok(None) };
    if is_screened && deps.rest.call_status(account, login, caller).await? != "in-progress" {
        return Ok(None);
    }
    Ok(Some(leg.sid))
}

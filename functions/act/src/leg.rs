//! What is done about one leg: it is placed, looked for, or ended.

use callflow::{Callbacks, LegAddress};
use domain::{Deed, Effect, LegId, LegState, LiveCall, LiveLeg};
use jiff::{SignedDuration, Timestamp};
use lifecycle::live::{
    AfterRefusal, HowToEnd, after_refusal, claim, claimed_since, rings_for, unanswered, undone,
};
use phone::CallSid;
use runtime::telemetry::Metric;
use runtime::{Failure, count};
use store::Claimed;
use twilio::{Canceled, ListedCall, NewCall, RestError};

use crate::deps::Deps;

/// How much earlier than by our clock Twilio may have written down that a call was ordered: its times are whole
/// seconds, and its clock is another one.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(2);

/// Places a leg, if nobody else does, and it is still wanted.
pub(crate) async fn place(deps: &Deps, seen: &LiveCall, id: &LegId) -> Result<(), Failure> {
    let login = deps.login(seen).await?;
    let Some(leg) = seen.legs.get(id) else { return Ok(()) };
    let claimed = claim(leg.placing, deps.clock.now());
    let Claimed::Yes(call) = deps.store.claim_effect(seen, id, Deed::Placing, claimed).await? else {
        return Ok(());
    };
    let callbacks = Callbacks::below(&*call.base_url);
    let address = LegAddress::new(call.call_sid.clone(), id.clone()).write();
    let ordered = NewCall {
        to: leg.to.reveal(),
        from: &leg.shown,
        url: &callbacks.leg(&address),
        fallback_url: None,
        status_callback: &callbacks.leg_told(&address),
        seconds: rings_for(&call, leg, deps.clock.now()),
        call_token: call.call_token.as_deref().filter(|_| leg.shows_caller),
        limit_seconds: None,
        send_digits: None,
        detection: None,
    };
    let placed = deps.rest.place_call(&call.account_sid, &login, &ordered).await;
    let now = deps.clock.now();
    match placed {
        Ok(sid) => {
            deps.store.leg_told(&call.call_sid, id, LegState::Queued, Some(&sid), now).await?;
        }
        Err(RestError::Rejected { code, message: _ }) => refused(deps, &call, id, claimed, code).await?,
        Err(error) => {
            failed(&call, &error);
            let then = if is_surely_undone(&error) {
                undone(Deed::Placing, claimed, now)
            } else {
                unanswered(claimed, now)
            };
            deps.store.settle_effect(&call.call_sid, id, Deed::Placing, (claimed, then)).await?;
        }
    }
    Ok(())
}

async fn refused(
    deps: &Deps,
    call: &LiveCall,
    id: &LegId,
    claimed: Effect,
    code: u32,
) -> Result<(), Failure> {
    let Some(leg) = call.legs.get(id) else { return Ok(()) };
    let now = deps.clock.now();
    match after_refusal(leg, code) {
        AfterRefusal::ShowMasked => {
            let then = Effect::pending(now);
            let masked = &call.parties.number;
            deps.store.leg_shows(&call.call_sid, id, (claimed, then), masked).await?;
        }
        AfterRefusal::Failed => {
            tracing::warn!(call_sid = call.call_sid.as_str(), code, "Twilio does not take a leg");
            deps.store.leg_refused(&call.call_sid, id, claimed, code, now).await?;
        }
    }
    Ok(())
}

/// Whether Twilio did nothing of what it was asked for.
pub(crate) fn is_surely_undone(error: &RestError) -> bool {
    match error {
        RestError::Refused(_) | RestError::NotFound(_) | RestError::SlowDown { .. } => true,
        RestError::Status(status) => status.is_client_error() || status.is_redirection(),
        RestError::Rejected { .. } | RestError::Unreachable(_) | RestError::Senseless(_) => false,
    }
}

/// Looks for a leg that somebody may have placed, who never said so.
pub(crate) async fn look_up(deps: &Deps, call: &LiveCall, id: &LegId) -> Result<(), Failure> {
    let login = deps.login(call).await?;
    let Some(leg) = call.legs.get(id) else { return Ok(()) };
    let listed = deps.rest.calls_between(&call.account_sid, &login, &leg.shown, leg.to.reveal()).await;
    let now = deps.clock.now();
    let then = match listed {
        Ok(listed) => match found(call, leg, &listed) {
            Found::One(found) => {
                let state = LegState::of_status(&found.status).unwrap_or(LegState::Queued);
                deps.store.leg_told(&call.call_sid, id, state, Some(&found.sid), now).await?;
                return Ok(());
            }
            Found::None => undone(Deed::Placing, leg.placing, now),
            Found::Several => Effect::GivenUp,
        },
        Err(error) => {
            failed(call, &error);
            unanswered(leg.placing, now)
        }
    };
    deps.store.settle_effect(&call.call_sid, id, Deed::Placing, (leg.placing, then)).await?;
    Ok(())
}

/// What a look at Twilio's list came to.
pub(crate) enum Found<'a> {
    One(&'a ListedCall),
    None,
    /// One of them may be of another call. Twilio itself says which is which, once it tells of them.
    Several,
}

/// Which of the calls between a leg's two numbers is the leg.
fn found<'a>(call: &LiveCall, leg: &LiveLeg, listed: &'a [ListedCall]) -> Found<'a> {
    let known: Vec<CallSid> = call.legs.values().filter_map(|leg| leg.call_sid.clone()).collect();
    the_one(&known, claimed_since(leg.placing), listed)
}

/// The one call that we have placed since then, and that is nobody's who is known.
pub(crate) fn the_one<'a>(
    known: &[CallSid],
    since: Option<Timestamp>,
    listed: &'a [ListedCall],
) -> Found<'a> {
    let since = since.and_then(|since| since.checked_sub(CLOCKS_DIFFER).ok()).unwrap_or(Timestamp::MIN);
    let mut ours =
        listed.iter().filter(|it| it.is_of_api && it.created_at >= since && !known.contains(&it.sid));
    match (ours.next(), ours.next()) {
        (None, _) => Found::None,
        (Some(one), None) => Found::One(one),
        (Some(_), Some(_)) => Found::Several,
    }
}

/// Ends a leg.
pub(crate) async fn end(deps: &Deps, seen: &LiveCall, id: &LegId, how: HowToEnd) -> Result<(), Failure> {
    let login = deps.login(seen).await?;
    let Some(leg) = seen.legs.get(id) else { return Ok(()) };
    let Some(sid) = &leg.call_sid else { return Ok(()) };
    let claimed = claim(leg.ending, deps.clock.now());
    let Claimed::Yes(call) = deps.store.claim_effect(seen, id, Deed::Ending, claimed).await? else {
        return Ok(());
    };
    let address = LegAddress::new(call.call_sid.clone(), id.clone()).write();
    let tells = Callbacks::below(&*call.base_url).leg(&address);
    let ended = async {
        let is_canceled = match how {
            HowToEnd::Cancel => deps.rest.cancel_call(&call.account_sid, &login, sid).await?,
            HowToEnd::Tell => Canceled::NotRinging,
        };
        match is_canceled {
            Canceled::Yes => Ok(()),
            Canceled::NotRinging => deps.rest.lead_call(&call.account_sid, &login, sid, &tells).await,
        }
    };
    let then = match ended.await {
        Ok(()) => Effect::Done,
        Err(error) => {
            failed(&call, &error);
            undone(Deed::Ending, claimed, deps.clock.now())
        }
    };
    deps.store.settle_effect(&call.call_sid, id, Deed::Ending, (claimed, then)).await?;
    Ok(())
}

fn failed(call: &LiveCall, error: &RestError) {
    count!(Metric::Failed, function = "act", call_sid = call.call_sid.as_str(), error = error.to_string());
}

#[cfg(test)]
mod tests;

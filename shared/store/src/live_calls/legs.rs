//! What is told of the legs of a live call, who takes it, and what is being done about them at Twilio.

use domain::{Deed, Effect, LegId, LegState, LiveCall, LiveLeg};
use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};

use crate::change::{Change, MAX_ATTEMPTS, backoff_with_jitter};
use crate::error::StoreError;
use crate::live_calls::call::read_if_there;
use crate::live_calls::leg::{attribute, deed_name};
use crate::{Store, Written};

/// What came of wanting the call.
#[derive(Clone, Debug, PartialEq)]
pub enum Accepted {
    /// It has the call.
    Won(LiveCall),
    /// It had the call already: a webhook that comes again.
    Already(LiveCall),
    /// Another leg has the call.
    Taken(LiveCall),
    /// The caller is not there any more, or is elsewhere; or the leg itself is over.
    Gone(LiveCall),
}

/// What came of wanting to do something at Twilio.
#[derive(Clone, Debug, PartialEq)]
pub enum Claimed {
    /// It is to be done now, by whoever got this.
    Yes(LiveCall),
    /// Somebody else does it or did it, or it is not wanted any more.
    No(LiveCall),
}

impl Store {
    /// Records what Twilio, or a person on the leg, told of it: never backwards, and its SID from the first that
    /// knows it. That somebody picked up counts as a change of the course. Who is told of is there, so it was placed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such live call or leg.
    pub async fn leg_told(
        &self,
        call_sid: &CallSid,
        id: &LegId,
        told: LegState,
        sid: Option<&CallSid>,
        at: Timestamp,
    ) -> Result<LiveCall, StoreError> {
        // At first it is taken for one that this brings just there: mostly it is, and that is one round trip.
        let mut before: Vec<LegState> =
            LegState::ALL.into_iter().filter(|known| *known != told && known.told(told) == told).collect();
        if before.is_empty() {
            before.push(told);
        }
        let mut then = told;
        for attempt in 1..=MAX_ATTEMPTS {
            let change = told_change(id, &before, then, sid, at);
            let (written, row) = self.change_live(call_sid, change).await?;
            let call = read_if_there(&row)?;
            let leg = call.legs.get(id).ok_or(StoreError::NotFound("leg"))?;
            if written == Written::Applied || knows(leg, told, sid) {
                return Ok(call);
            }
            before = vec![leg.state];
            then = leg.state.told(told);
            if attempt > 1 {
                backoff_with_jitter(attempt).await;
            }
        }
        Err(StoreError::Conflict)
    }

    /// Gives the call to a leg, if the caller waits for one and no leg has it: one write, of which only one
    /// succeeds, however many come at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such live call or leg.
    pub async fn accept_leg(
        &self,
        call_sid: &CallSid,
        id: &LegId,
        at: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let alive: Vec<LegState> = LegState::ALL.into_iter().filter(|state| !state.is_over()).collect();
        let change = Change::new()
            .called("leg", attribute(id))
            .set("winner", id.as_str())
            .set("accepted_at", at)
            .set("due", at)
            .set_in("#leg.#state", "accepted", LegState::Accepted.name())
            .set_in("#leg.#told_at", "told_at", at)
            .add("revision", 1)
            .value("yes", true);
        let (change, is_alive) = among(change, "#leg.#state", &alive);
        let change = change.when(format!("attribute_not_exists(#winner) AND #hunting = :yes AND {is_alive}"));
        let (written, row) = self.change_live(call_sid, change).await?;
        let call = read_if_there(&row)?;
        if !call.legs.contains_key(id) {
            return Err(StoreError::NotFound("leg"));
        }
        Ok(match &call.winner {
            _ if written == Written::Applied => Accepted::Won(call),
            Some(winner) if winner == id => Accepted::Already(call),
            Some(_) => Accepted::Taken(call),
            None => Accepted::Gone(call),
        })
    }

    /// Claims a deed about a leg until then, if it is as far as it was seen, and so is the call's course. Only who
    /// got [`Claimed::Yes`] may do it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such live call.
    pub async fn claim_effect(
        &self,
        seen: &LiveCall,
        id: &LegId,
        deed: Deed,
        claim: Effect,
    ) -> Result<Claimed, StoreError> {
        let Some(leg) = seen.legs.get(id) else { return Err(StoreError::NotFound("leg")) };
        let path = format!("#leg.#{}", deed_name(deed));
        let change = Change::new()
            .called("leg", attribute(id))
            .set_in(&path, "claim", claim)
            .when(format!("#revision = :revision AND {path} = :seen"))
            .value("revision", seen.revision)
            .value("seen", leg.effect(deed));
        let (written, row) = self.change_live(&seen.call_sid, change).await?;
        let call = read_if_there(&row)?;
        Ok(if written == Written::Applied { Claimed::Yes(call) } else { Claimed::No(call) })
    }

    /// Records what became of a deed that was as far as that; nothing where somebody knows better.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such live call.
    pub async fn settle_effect(
        &self,
        call_sid: &CallSid,
        id: &LegId,
        deed: Deed,
        (seen, then): (Effect, Effect),
    ) -> Result<LiveCall, StoreError> {
        self.settle(call_sid, id, deed, seen, settled(id, deed, then)).await
    }

    /// Records that Twilio does not take a leg, and why: it has failed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such live call.
    pub async fn leg_refused(
        &self,
        call_sid: &CallSid,
        id: &LegId,
        seen: Effect,
        code: u32,
        at: Timestamp,
    ) -> Result<LiveCall, StoreError> {
        let change = settled(id, Deed::Placing, Effect::GivenUp)
            .set_in("#leg.#refused", "code", code)
            .set_in("#leg.#state", "failed", LegState::Failed.name())
            .set_in("#leg.#told_at", "told_at", at);
        self.settle(call_sid, id, Deed::Placing, seen, change).await
    }

    /// Records that Twilio does not let a leg show the caller's number: it shows this one, and is placed so.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such live call.
    pub async fn leg_shows(
        &self,
        call_sid: &CallSid,
        id: &LegId,
        (seen, then): (Effect, Effect),
        shown: &PhoneNumber,
    ) -> Result<LiveCall, StoreError> {
        let change = settled(id, Deed::Placing, then).set_in("#leg.#shown", "shown", shown).set_in(
            "#leg.#shows_caller",
            "shows_caller",
            false,
        );
        self.settle(call_sid, id, Deed::Placing, seen, change).await
    }

    async fn settle(
        &self,
        call_sid: &CallSid,
        id: &LegId,
        deed: Deed,
        seen: Effect,
        change: Change,
    ) -> Result<LiveCall, StoreError> {
        let path = format!("#leg.#{}", deed_name(deed));
        let change = change.called("leg", attribute(id)).when(format!("{path} = :seen")).value("seen", seen);
        read_if_there(&self.change_live(call_sid, change).await?.1)
    }
}

fn settled(id: &LegId, deed: Deed, then: Effect) -> Change {
    let path = format!("#leg.#{}", deed_name(deed));
    Change::new().called("leg", attribute(id)).set_in(&path, "then", then)
}

fn told_change(
    id: &LegId,
    before: &[LegState],
    then: LegState,
    sid: Option<&CallSid>,
    at: Timestamp,
) -> Change {
    let mut change = Change::new()
        .called("leg", attribute(id))
        .set_in("#leg.#state", "state", then.name())
        .set_in("#leg.#told_at", "told_at", at);
    if let Some(sid) = sid {
        change = change.set_in_if_absent("#leg.#call_sid", "call_sid", sid.as_str());
        change = change.set_in("#leg.#placing", "placing", Effect::Done);
    }
    if then == LegState::Answered {
        // A step does not end by the time that an address tells while somebody is being asked.
        change = change.add("revision", 1);
    }
    let (change, is_before) = among(change, "#leg.#state", before);
    change.when(is_before)
}

/// The condition that a state is one of these.
fn among(change: Change, path: &str, states: &[LegState]) -> (Change, String) {
    let names: Vec<String> = (0..states.len()).map(|place| format!("is{place}")).collect();
    let change =
        states.iter().zip(&names).fold(change, |change, (state, name)| change.value(name, state.name()));
    let values: Vec<String> = names.iter().map(|name| format!(":{name}")).collect();
    (change, format!("{path} IN ({})", values.join(", ")))
}

/// Whether there is nothing in it that the row does not know.
fn knows(leg: &LiveLeg, told: LegState, sid: Option<&CallSid>) -> bool {
    let is_placed = sid.is_none() || (leg.call_sid.is_some() && leg.placing == Effect::Done);
    leg.state.told(told) == leg.state && is_placed
}

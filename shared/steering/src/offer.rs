//! A call that came in is offered to programs, which have a while to decide what becomes of it.
//!
//! Nobody else decides: each time that its caller asks how it goes on, it is looked what was decided. A call of which
//! nothing is decided in time, or that can't be looked up, goes on as the phone file says.

use std::time::Duration;

use callflow::{BoothAddress, Input, Offered, Onward, is_offer_over};
use domain::{LegState, LiveCall, Treatment};
use jiff::{SignedDuration, Timestamp};
use live::{Address, Call, CallId, Decision, Evidence, News, Offer, ParticipantId, Refusal, Source, Steered};
use runtime::{Clock, Failure};
use store::{ControlledCall, StoreError};

use crate::{Controls, Steering, Told};

/// How long the first answer waits for a decision. Until then the call can be rejected, and costs nothing.
const DECIDED_WITHIN: SignedDuration = SignedDuration::from_millis(3_500);

/// How often it is looked for one meanwhile.
const LOOKS_EVERY: Duration = Duration::from_millis(400);

/// Who called, of the participants of a call that came in.
const CALLER: ParticipantId = ParticipantId(1);

/// The version of what a caller hears who is picked up.
const FIRST: u32 = 1;

impl Steering {
    /// Offers a call. One that was offered before is not offered again.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn offer(&self, told: Told<'_>, call: &LiveCall, offered_to: &Offered) -> Result<(), Failure> {
        let caller = Address::of_caller(&told.parties.caller);
        let program = match offered_to {
            Offered::ToAny => None,
            Offered::ToldTo(program) => Some(program),
        };
        let has_heard = call.course.is_answered;
        let (offered, events) = live::offer(told.call_sid, &told.parties.number, caller, has_heard, told.now);
        let plan = Onward { revision: call.revision, course: call.course.clone() };
        let offered = ControlledCall {
            steered: Steered::new(offered, told.now),
            account_sid: call.account_sid.clone(),
            base_url: call.base_url.clone(),
            key: program.map(|program| program.key.clone()).unwrap_or_default(),
            callback: program.map(|program| program.url.clone()),
            is_told: program.is_some(),
            plan: Some(plan.write()),
            revision: 0,
        };
        match self.controls().offer(&offered, &events, told.now).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What a caller gets whose call has just been offered: a decision is waited for. Without one the line rings on.
    ///
    /// # Errors
    /// When something can't be read or written.
    pub async fn first_answer(
        &self,
        told: Told<'_>,
        call: &LiveCall,
        clock: &Clock,
    ) -> Result<Treatment, Failure> {
        let onward = Onward { revision: call.revision, course: call.course.clone() };
        loop {
            if let Some(treatment) = self.decided(told, &onward).await? {
                return Ok(treatment);
            }
            let waited = clock.now().duration_since(told.now);
            if waited.saturating_add(SignedDuration::try_from(LOOKS_EVERY).unwrap_or_default())
                > DECIDED_WITHIN
            {
                break;
            }
            clock.sleep(LOOKS_EVERY).await;
        }
        self.last_answer(told, &onward, call).await
    }

    /// What a caller gets whom the first answer did not reach.
    ///
    /// # Errors
    /// When something can't be read or written.
    pub async fn second_answer(&self, told: Told<'_>, onward: &Onward) -> Result<Treatment, Failure> {
        let call = self.store.live_call(told.call_sid).await?;
        self.last_answer(told, onward, &call).await
    }

    /// From now on the call can't be rejected any more, unless it was just before.
    async fn last_answer(
        &self,
        told: Told<'_>,
        onward: &Onward,
        call: &LiveCall,
    ) -> Result<Treatment, Failure> {
        self.rings_on(told, call).await?;
        let decided = self.decided(told, onward).await?;
        Ok(decided.unwrap_or(call.answered.clone()))
    }

    /// What a caller gets whose call is offered, when it is asked again.
    pub(crate) async fn offered(&self, told: Told<'_>, onward: Onward) -> Result<Treatment, Failure> {
        if let Some(treatment) = self.decided(told, &onward).await? {
            return Ok(rung_on(treatment));
        }
        let call = self.store.live_call(told.call_sid).await?;
        // What was heard before adds nothing, and is not written again.
        let goes_on = is_offer_over(&onward.course, told.now).then_some(News::PlanGoesOn);
        let news: Vec<News> = std::iter::once(News::RingsOn).chain(goes_on).collect();
        self.hear(told, &call, &news).await?;
        let decided = self.decided(told, &onward).await?;
        Ok(rung_on(decided.unwrap_or(call.answered)))
    }

    /// It is too late to reject the call, unless somebody just has.
    async fn rings_on(&self, told: Told<'_>, call: &LiveCall) -> Result<(), Failure> {
        self.hear(told, call, &[News::RingsOn]).await
    }

    async fn hear(&self, told: Told<'_>, call: &LiveCall, news: &[News]) -> Result<(), Failure> {
        let of = (&CallId::of_incoming(told.call_sid), &call.account_sid);
        match self.controls().hear(of, news, Source::Clock, told.now).await {
            Ok(_) | Err(StoreError::NotFound(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What was decided about an offered call; none as long as nothing was.
    async fn decided(&self, told: Told<'_>, onward: &Onward) -> Result<Option<Treatment>, Failure> {
        let id = CallId::of_incoming(told.call_sid);
        let (offer, is_connected) = match self.store.controlled_call(&id).await {
            Ok(call) => (call.steered.call.offer(), call.steered.call.connected_at.is_some()),
            // It could not be written that the call is offered.
            Err(StoreError::NotFound(_)) => (Offer::PlanGoesOn, false),
            Err(error) => return Err(error.into()),
        };
        let mut onward = onward.clone();
        // Whoever has heard something is not refused any more.
        onward.course.is_answered |= is_connected;
        Ok(Some(match offer {
            Offer::Open => return Ok(None),
            Offer::Decided(Decision::Answer) => {
                let caller = BoothAddress::new(id, CALLER, FIRST);
                Treatment::Steered { booth: caller.write() }
            }
            Offer::Decided(Decision::Reject(Refusal::Busy)) => Treatment::Reject,
            Offer::Decided(Decision::Reject(Refusal::Rejected)) => Treatment::Unreachable,
            Offer::Decided(Decision::Redirect { to, ring_seconds }) => {
                Box::pin(self.go_on(told, onward, Input::PutThrough(&to, ring_seconds))).await?
            }
            Offer::PlanGoesOn => Box::pin(self.go_on(told, onward, Input::NotTaken)).await?,
            Offer::Over => Treatment::HangUp,
        }))
    }

    /// Tells programs what is heard of a call that they were offered; how it is then, if it was.
    ///
    /// # Errors
    /// When it can't be read or written.
    pub async fn tell_programs(
        &self,
        call: &LiveCall,
        news: News,
        now: Timestamp,
    ) -> Result<Option<Call>, Failure> {
        let of = (&CallId::of_incoming(&call.call_sid), &call.account_sid);
        match self.controls().hear(of, &[news], Source::Webhook, now).await {
            Ok(call) => Ok(Some(call.steered.call)),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The caller of an offered call is gone.
    ///
    /// # Errors
    /// When it can't be read or written.
    pub async fn caller_is_gone(
        &self,
        call: &LiveCall,
        state: LegState,
        now: Timestamp,
    ) -> Result<Option<Call>, Failure> {
        let of_leg = |participant| News::Leg {
            participant,
            call_sid: call.call_sid.clone(),
            state,
            evidence: Evidence::StatusCallback,
        };
        let here = self.tell_programs(call, of_leg(CALLER), now).await?;
        // They may be in another call by now.
        if let Some(to) = here.as_ref().and_then(|here| here.destination(CALLER)) {
            let there = BoothAddress::new(to.to_call.clone(), to.to_participant, FIRST);
            let news = |address: &BoothAddress| Some(of_leg(address.participant));
            match self.controls().hear_at((there, &call.account_sid), news, Source::Webhook, now).await {
                Ok(_) | Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(here)
    }

    fn controls(&self) -> Controls {
        Controls { store: self.store.clone(), waker: Some(self.waker.clone()), teller: self.teller.clone() }
    }
}

/// Whoever has heard the line ring on can't be rejected for nothing any more: the first answer, which did, was lost.
fn rung_on(treatment: Treatment) -> Treatment {
    match treatment {
        Treatment::Reject | Treatment::Unreachable => Treatment::End { words: Vec::new() },
        treatment => treatment,
    }
}

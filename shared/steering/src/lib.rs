//! Leads a call that goes over several webhooks: reads its phone file, [steps](callflow::step), writes what came of
//! it, and wakes the worker that rings people.
//!
//! What an answer depends on comes back with the address that Twilio asks, so a step is one write, which names the
//! revision that it goes on from. Whoever comes second, or again, gets what was answered before.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use callflow::{
    Input, Onward, Scene, Stepped, all_lost, is_join_over, is_somebody_asked, is_step_over, step, waiting,
};
use domain::{
    Advance, Course, DialOutcome, DialReport, LegId, LegState, LiveCall, LiveLeg, Number, Parties, Stage,
    Treatment,
};
use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};
use phonefile::PhoneFile;
use runtime::Failure;
use store::{Advanced, Store, StoreError, Written};

mod controlled;
mod handover;
mod known;
mod ledger;
mod offer;
mod promoted;
mod rescue;
mod waker;

pub use controlled::{Controls, Took, due};
pub use handover::NewCall;
pub use promoted::Forwarded;
pub use rescue::rescued;
pub use waker::Waker;

/// How often a step is tried that others keep overtaking.
const ATTEMPTS: usize = 4;

/// What a call is led with. Clones share it.
#[derive(Clone, Debug)]
pub struct Steering {
    /// The tables.
    pub store: Store,
    /// Wakes the worker.
    pub waker: Waker,
    /// Wakes the one that tells programs.
    pub teller: Waker,
}

/// A number that has a phone file.
#[derive(Clone, Debug)]
pub struct Filed {
    /// What its owner decided.
    pub number: Arc<Number>,
    /// The file.
    pub file: Arc<PhoneFile>,
    /// The telephones of the file that are masked numbers themselves.
    pub masked: Arc<HashSet<PhoneNumber>>,
}

/// A call as a webhook of its caller tells it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The caller's leg.
    pub call_sid: &'a CallSid,
    /// Who called whom.
    pub parties: &'a Parties,
    /// Now.
    pub now: Timestamp,
}

impl Steering {
    /// A number, and the version of its phone file that a call follows.
    ///
    /// # Errors
    /// When either can't be read.
    pub async fn filed(
        &self,
        number: &PhoneNumber,
        version: u32,
        now: Timestamp,
    ) -> Result<Filed, StoreError> {
        let (number, file) =
            tokio::join!(self.store.number(number, now), self.store.phone_file(number, version));
        let (number, file) = (number?, file?);
        let masked = self.store.masked_telephones(&number, (version, &file), now).await?;
        Ok(Filed { number, file, masked })
    }

    /// A call goes on by what its caller did: one write. A webhook that comes again gets what the first one got.
    ///
    /// # Errors
    /// When something can't be read or written.
    pub async fn go_on(
        &self,
        told: Told<'_>,
        onward: Onward,
        input: Input<'_>,
    ) -> Result<Treatment, Failure> {
        let filed = self.filed(&told.parties.number, onward.course.file, told.now).await?;
        let stepped = next(&filed, told, onward.course, input, onward.revision);
        let treatment = stepped.treatment.clone();
        let chose = stepped.chose;
        let (written, ()) =
            tokio::join!(self.write(told, onward.revision, stepped), self.remember(told, chose));
        match written? {
            Advanced::Applied(_) => Ok(treatment),
            Advanced::Raced(call) => Ok(call.answered),
        }
    }

    /// What a caller gets who is parked.
    ///
    /// # Errors
    /// When something can't be read or written.
    pub async fn wait(&self, told: Told<'_>, onward: Onward) -> Result<Treatment, Failure> {
        if let Stage::Offer { .. } = onward.course.stage {
            return Box::pin(self.offered(told, onward)).await;
        }
        let seen = onward.revision;
        let call = if is_step_over(&onward.course, told.now) {
            let filed = self.filed(&told.parties.number, onward.course.file, told.now).await?;
            let stepped = next(&filed, told, onward.course, Input::StepOver, onward.revision);
            match self.write(told, onward.revision, stepped).await? {
                Advanced::Applied(call) | Advanced::Raced(call) => call,
            }
        } else {
            self.store.live_call(told.call_sid).await?
        };
        let call = self.without_the_late(told, self.without_who_is_gone(told, call).await?).await?;
        if call.over_at.is_some() || !matches!(call.course.stage, Stage::Hunt { .. }) {
            return Ok(Treatment::Leave);
        }
        self.wake_for_what_is_late(&call, told.now).await;
        if call.revision != seen && is_of(&call.answered, call.revision) {
            // What the plan says between two steps.
            return Ok(call.answered);
        }
        let filed = self.filed(&told.parties.number, call.course.file, told.now).await?;
        Ok(waiting(&filed.file, &Onward { revision: call.revision, course: call.course }, told.now))
    }

    /// The next step, if nobody of this one can be reached any more.
    ///
    /// # Errors
    /// When something can't be read or written.
    pub async fn without_the_lost(&self, told: Told<'_>, call: LiveCall) -> Result<LiveCall, Failure> {
        self.step_over_while(told, call, all_lost).await
    }

    /// The same, and if its time is over: by the caller, who is seen to wait.
    async fn without_the_late(&self, told: Told<'_>, call: LiveCall) -> Result<LiveCall, Failure> {
        let is_late =
            |call: &LiveCall| is_step_over(&call.course, told.now) && !is_somebody_asked(call, told.now);
        self.step_over_while(told, call, |call| all_lost(call) || is_late(call)).await
    }

    /// The next step, if whoever took the call is gone without it. Only the caller, who is still parked, knows that:
    /// who has talked to them is gone as well.
    async fn without_who_is_gone(&self, told: Told<'_>, call: LiveCall) -> Result<LiveCall, Failure> {
        let Some(winner) = &call.winner else { return Ok(call) };
        let is_parked = call.over_at.is_none() && matches!(call.course.stage, Stage::Hunt { .. });
        let is_gone = call.legs.get(winner).is_none_or(|leg| leg.state.is_over());
        if !is_parked || !(is_gone || is_join_over(&call.course, told.now)) {
            return Ok(call);
        }
        let filed = self.filed(&told.parties.number, call.course.file, told.now).await?;
        let stepped = next(&filed, told, call.course.clone(), Input::StepOver, call.revision);
        match self.write(told, call.revision, stepped).await? {
            Advanced::Applied(call) | Advanced::Raced(call) => Ok(call),
        }
    }

    async fn step_over_while(
        &self,
        told: Told<'_>,
        mut call: LiveCall,
        is_stuck: impl Fn(&LiveCall) -> bool,
    ) -> Result<LiveCall, Failure> {
        for _ in 0..ATTEMPTS {
            if !call.is_hunting() || !is_stuck(&call) {
                break;
            }
            let filed = self.filed(&told.parties.number, call.course.file, told.now).await?;
            let stepped = next(&filed, told, call.course.clone(), Input::StepOver, call.revision);
            call = match self.write(told, call.revision, stepped).await? {
                Advanced::Applied(call) | Advanced::Raced(call) => call,
            };
        }
        Ok(call)
    }

    /// A person who was rung wants something else for the caller: a message, or the end.
    ///
    /// # Errors
    /// When something can't be read or written.
    pub async fn sent_away(
        &self,
        told: Told<'_>,
        mut call: LiveCall,
        input: Input<'_>,
    ) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            if !call.is_hunting() {
                break;
            }
            let filed = self.filed(&told.parties.number, call.course.file, told.now).await?;
            let stepped = next(&filed, told, call.course.clone(), input, call.revision);
            call = match self.write(told, call.revision, stepped).await? {
                Advanced::Applied(_) => break,
                Advanced::Raced(call) => call,
            };
        }
        Ok(())
    }

    /// Blocks who calls a number, from now on. Not, if there is no number to block, or nobody may block it.
    ///
    /// # Errors
    /// When something can't be read or written.
    pub async fn block(&self, parties: &Parties, now: Timestamp) -> Result<bool, Failure> {
        let Some(caller) = parties.caller.number() else { return Ok(false) };
        let number = self.store.number(&parties.number, now).await?;
        if let Some(version) = number.settings.file {
            let file = self.store.phone_file(&parties.number, version).await?;
            if phonefile::spared(&file, caller, now).is_some() {
                return Ok(false);
            }
        }
        Ok(self.store.block_caller(&parties.number, caller).await? == Written::Applied)
    }

    /// The call is over, or goes on without more telephones: what became of it is written down, and whatever still
    /// rings is ended. Tells what the caller gets, who may be a program's meanwhile.
    ///
    /// # Errors
    /// When something can't be written.
    pub async fn over(
        &self,
        told: Told<'_>,
        outcome: DialOutcome,
        seconds: Option<u32>,
    ) -> Result<Treatment, Failure> {
        let report = report(told, outcome, seconds);
        let (live, call) =
            tokio::join!(self.store.live_over(told.call_sid, told.now), self.store.dial_ended(&report));
        live?;
        let (_, treatment) = call?;
        self.waker.wake(told.call_sid).await;
        Ok(match (treatment, outcome) {
            (Some(steered @ Treatment::Steered { .. }), DialOutcome::Conversation) => steered,
            _ => Treatment::HangUp,
        })
    }

    /// What a caller gets who was parked, and is no more. One who was never parked, for Twilio did not take them,
    /// is asked for a message.
    ///
    /// # Errors
    /// When something can't be read or written.
    pub async fn after_parking(&self, told: Told<'_>) -> Result<Treatment, Failure> {
        let mut call = self.store.live_call(told.call_sid).await?;
        for _ in 0..ATTEMPTS {
            if !matches!(call.course.stage, Stage::Park { .. } | Stage::Hunt { .. }) {
                break;
            }
            let filed = self.filed(&told.parties.number, call.course.file, told.now).await?;
            let stepped = next(&filed, told, call.course.clone(), Input::ToVoicemail, call.revision);
            call = match self.write(told, call.revision, stepped).await? {
                Advanced::Applied(call) | Advanced::Raced(call) => call,
            };
        }
        Ok(call.answered)
    }

    async fn write(&self, told: Told<'_>, seen: u32, stepped: Stepped) -> Result<Advanced, Failure> {
        let Stepped { course, treatment, legs, passed_over, offered, said, chose: _ } = stepped;
        let rings = !legs.is_empty();
        let hunted = matches!(course.stage, Stage::Hunt { .. });
        let advance = Advance {
            course,
            answered: treatment,
            said,
            legs,
            passed_over,
            // Whoever had the call is lost, if it goes on.
            lets_winner_go: true,
            over_at: None,
            at: told.now,
        };
        let advanced = self.store.advance(told.call_sid, seen, &advance).await?;
        if matches!(advanced, Advanced::Applied(_)) && (rings || !hunted) {
            self.waker.wake(told.call_sid).await;
        }
        if let (Advanced::Applied(call), Some(offered)) = (&advanced, offered) {
            self.offer(told, call, &offered).await?;
        }
        Ok(advanced)
    }

    /// The net below the wake-up: whoever waits sees that nobody has begun to ring.
    async fn wake_for_what_is_late(&self, call: &LiveCall, now: Timestamp) {
        let is_late = |(id, leg): (&LegId, &LiveLeg)| {
            leg.state == LegState::Planned
                && call.wants(id)
                && now.duration_since(leg.not_before) > jiff::SignedDuration::from_secs(2)
        };
        if call.winner.is_none() && call.legs.iter().any(is_late) {
            self.waker.wake(&call.call_sid).await;
        }
    }
}

/// Whether this was answered, or is to be, by the step of that revision.
fn is_of(answered: &Treatment, revision: u32) -> bool {
    let Treatment::Wait { next, .. } = answered else { return false };
    Onward::read(next).is_some_and(|onward| onward.revision == revision)
}

fn next(filed: &Filed, told: Told<'_>, course: Course, input: Input<'_>, seen: u32) -> Stepped {
    let scene = scene(filed, told);
    step(scene, course, input, seen.saturating_add(1))
}

/// What a call is about.
pub fn scene<'a>(filed: &'a Filed, told: Told<'a>) -> Scene<'a> {
    Scene {
        call_sid: told.call_sid,
        parties: told.parties,
        file: &filed.file,
        masked: &filed.masked,
        now: told.now,
    }
}

fn report(told: Told<'_>, outcome: DialOutcome, duration_seconds: Option<u32>) -> DialReport {
    DialReport {
        call_sid: told.call_sid.clone(),
        parties: told.parties.clone(),
        outcome,
        duration_seconds,
        at: told.now,
    }
}

/// A call that begins to go over several webhooks.
pub fn live_call(
    told: Told<'_>,
    account_sid: phone::AccountSid,
    base_url: String,
    call_token: Option<String>,
    stepped: Stepped,
) -> LiveCall {
    LiveCall {
        call_sid: told.call_sid.clone(),
        account_sid,
        parties: told.parties.clone(),
        base_url,
        call_token,
        begun_at: told.now,
        revision: 0,
        course: stepped.course,
        answered: stepped.treatment,
        said: stepped.said,
        legs: stepped.legs.into_iter().collect::<BTreeMap<_, _>>(),
        passed_over: stepped.passed_over,
        winner: None,
        over_at: None,
        is_summed_up: false,
    }
}

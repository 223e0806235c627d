//! A leg of a call changed its state: `/webhook/status`.
//!
//! When the caller's leg is over and nobody took the call, it is put in the ledger as missed, if
//! its owner wants to know. Whether it was, the worker decides later: a message that was left may
//! not have been told of yet.

use domain::{
    CallSettings, CallStatusReport, DialOutcome, DialReport, LegState, MailboxId, Parties, Treatment,
};
use jiff::{SignedDuration, Timestamp};
use live::{Decision, Offer};
use runtime::Failure;
use steering::Steering;
use store::{StoreError, Written};
use webhook::kinds::{CallParties, CallStatus};
use webhook::{Deps, Handled, NoContent, Received, Webhook};

mod forwarded;

/// A call does not last longer: Twilio ends it after four hours, where nobody says otherwise.
const LONGEST_CALL: SignedDuration = SignedDuration::from_hours(24);

/// What is told of legs.
#[derive(Clone, Debug)]
pub struct CallStatuses(pub Deps);

impl Webhook for CallStatuses {
    const NAME: &'static str = "status";
    type Input = CallStatus;
    type Answer = NoContent;

    /// Writes the state into the ledger of calls, never backwards.
    ///
    /// # Errors
    /// When the store fails; Twilio then sends it again.
    async fn handle(&self, received: &Received<CallStatus>) -> Result<Handled<NoContent>, Failure> {
        let Self(deps) = self;
        let status = &received.input;
        let report = CallStatusReport {
            call_sid: status.call_sid.clone(),
            parent_call_sid: status.parent_call_sid.clone(),
            status: status.status.clone(),
            sequence: status.sequence,
            duration_seconds: status.duration_seconds,
            sip_response_code: status.sip_response_code,
            at: deps.clock.now(),
        };
        let (written, treatment) = deps.store.call_status(&report).await?;
        // Also when the state was known: what follows may have failed the first time.
        let steered = match treatment {
            Some(Treatment::Steered { .. }) => forwarded::told(deps, status).await?,
            _ => HadIt::Nobody,
        };
        let missed = if status.is_over() {
            match end_if_live(deps, status).await?.or(steered) {
                HadIt::Program => Written::NotApplicable,
                HadIt::Nobody => note_if_missed(deps, status).await?,
            }
        } else {
            Written::NotApplicable
        };
        let outcome = match (missed, written) {
            (Written::Applied, _) => "missed",
            (_, Written::Applied) => "written",
            _ => "repeated",
        };
        Ok(Handled { answer: NoContent, outcome })
    }

    fn rescue(&self, _: &Received<CallStatus>) -> Option<NoContent> {
        None
    }
}

/// A caller who is gone ends whatever still rings for the call, and is remembered. Calls that go over several
/// webhooks are those of numbers that have a phone file.
async fn end_if_live(deps: &Deps, status: &CallStatus) -> Result<HadIt, Failure> {
    let Some(parties) = status.parties.as_ref().and_then(CallParties::known) else {
        return Ok(HadIt::Nobody);
    };
    let now = deps.clock.now();
    let number = match deps.store.number(&parties.number, now).await {
        Ok(number) => number,
        Err(StoreError::NotFound(_)) => return Ok(HadIt::Nobody),
        Err(error) => return Err(error.into()),
    };
    if number.settings.file.is_none() {
        return Ok(HadIt::Nobody);
    }
    if deps.store.live_over(&status.call_sid, now).await?.is_some() {
        deps.waker.wake(&status.call_sid).await;
    }
    if let Some(caller) = parties.caller.number() {
        deps.store.caller_called(&parties.number, caller, now).await?;
    }
    tell_programs(deps, status, &parties, now).await
}

/// Who had a call that is over, as far as programs could have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HadIt {
    /// A program: it answered, rejected or redirected it, or wanted something of it while two talked.
    Program,
    /// None of them.
    Nobody,
}

impl HadIt {
    fn or(self, other: Self) -> Self {
        if self == Self::Nobody { other } else { self }
    }
}

/// Programs that were offered the call learn that its caller is gone. What one of them had, nobody has missed.
async fn tell_programs(
    deps: &Deps,
    status: &CallStatus,
    parties: &Parties,
    now: Timestamp,
) -> Result<HadIt, Failure> {
    let live = match deps.store.live_call(&status.call_sid).await {
        Ok(live) if live.course.is_offered => live,
        Ok(_) | Err(StoreError::NotFound(_)) => return Ok(HadIt::Nobody),
        Err(error) => return Err(error.into()),
    };
    let Some(state) = LegState::of_status(&status.status) else { return Ok(HadIt::Nobody) };
    let Deps { store, waker, teller, .. } = deps.clone();
    let steering = Steering { store, waker, teller };
    let Some(call) = steering.caller_is_gone(&live, state, now).await? else { return Ok(HadIt::Nobody) };
    if call.decision.is_none() || call.offer() == Offer::PlanGoesOn {
        return Ok(HadIt::Nobody);
    }
    if call.decision == Some(Decision::Answer) && call.connected_at.is_some() {
        let report = DialReport {
            call_sid: status.call_sid.clone(),
            parties: parties.clone(),
            outcome: DialOutcome::Conversation,
            duration_seconds: status.duration_seconds,
            at: now,
        };
        deps.store.dial_ended(&report).await?;
    }
    Ok(HadIt::Program)
}

async fn note_if_missed(deps: &Deps, status: &CallStatus) -> Result<Written, Failure> {
    let Some(parties) = status.parties.as_ref().and_then(CallParties::known) else {
        return Ok(Written::NotApplicable);
    };
    let to = &parties.number;
    let now = deps.clock.now();
    let number = match deps.store.number(to, now).await {
        Ok(number) => number,
        Err(StoreError::NotFound(_)) => return Ok(Written::NotApplicable),
        Err(error) => return Err(error.into()),
    };
    let CallSettings { mailbox, since, .. } = &number.settings;
    let changed_hands = since.is_some_and(|since| now.duration_since(since) < LONGEST_CALL);
    if !changed_hands && !wants_mail(deps, mailbox, now).await? {
        return Ok(Written::NotApplicable);
    }
    let call = deps.store.call(&status.call_sid).await?;
    if !call.may_be_missed() {
        return Ok(Written::NotApplicable);
    }
    let mut mailbox = mailbox.clone();
    if changed_hands {
        // Whoever had the number when the call came in has missed it.
        mailbox = deps.store.mailbox_at(to, call.begun_at.unwrap_or(now)).await?;
        if !wants_mail(deps, &mailbox, now).await? {
            return Ok(Written::NotApplicable);
        }
    }
    Ok(deps.store.call_missed(&status.call_sid, &parties, &mailbox, now).await?)
}

/// Whether a mailbox's owner wants mails about missed calls.
async fn wants_mail(deps: &Deps, mailbox: &MailboxId, now: Timestamp) -> Result<bool, StoreError> {
    match deps.store.mailbox(mailbox, now).await {
        Ok(mailbox) => Ok(mailbox.owner.missed_call_mail),
        Err(StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

//! A forwarded call becomes one that programs steer, with the first thing that one wants of it.

use callflow::BoothAddress;
use domain::{LegId, LegState, Once, Treatment};
use jiff::Timestamp;
use live::{
    Accepted, ActionId, Asked, CallId, Command, Evidence, News, ParticipantId, Plain, Source, Steered, accept,
};
use phone::{AccountSid, CallSid};
use store::{Committed, ControlledCall, StoreError};

use crate::controlled::{Controls, Took, due, names_an_endpoint, takes_in};

/// Who called, of the participants.
const CALLER: ParticipantId = ParticipantId(1);

/// A forwarded call of which a program wants something.
#[derive(Clone, Debug)]
pub struct Forwarded {
    /// The call.
    pub plain: Plain,
    /// In which account.
    pub account_sid: AccountSid,
    /// What the addresses of all webhooks begin with.
    pub base_url: String,
    /// The name of the key that wants something of it.
    pub key: String,
    /// Where its events are told, if anywhere.
    pub callback: Option<String>,
    /// The leg that has the caller, of a call that goes over several webhooks.
    pub taken_by: Option<LegId>,
}

impl Controls {
    /// Carries out the first command of a forwarded call: the call gets a log, and from then on its caller comes to
    /// where programs have them. None if the call is over by now, or somebody else was faster: then it is to be looked
    /// at anew. What makes no sense changes nothing.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn promote(
        &self,
        forwarded: &Forwarded,
        command: Command,
        asked: &Asked,
        answers: impl Fn(&ControlledCall, ActionId) -> Once,
        now: Timestamp,
    ) -> Result<Option<Took>, StoreError> {
        let Forwarded { plain, account_sid, base_url, key, callback, taken_by } = forwarded;
        let (call, mut events) = plain.promoted(now);
        let Accepted { call, events: more, action } = match accept(&call, command, asked, now) {
            Ok(accepted) => accepted,
            Err(problem) => return Ok(Some(Took::No(problem))),
        };
        events.extend(more);
        let version = call.participants.get(&CALLER).map_or(1, |it| it.wanted.version);
        let booth = BoothAddress::new(call.id.clone(), CALLER, version).write();
        let call = ControlledCall {
            steered: Steered::new(call, now),
            account_sid: account_sid.clone(),
            base_url: base_url.clone(),
            key: key.clone(),
            is_told: callback.is_some() || events.iter().any(names_an_endpoint),
            callback: callback.clone(),
            // Nobody but its phone file knows how it went on, and that is over.
            plan: None,
            revision: 0,
        };
        let once = answers(&call, action);
        let due = due(&call.steered, now);
        let treatment = Treatment::Steered { booth };
        let (of, gets) = ((&call, &plain.call_sid), (&treatment, taken_by.as_ref()));
        Ok(match self.store.promote(of, gets, &events, &once, due, now).await? {
            Committed::Yes => {
                self.wake(&call, due.is_some_and(|due| due <= now), true).await;
                Some(Took::Yes(once))
            }
            Committed::Repeated => Some(Took::Again(once.id)),
            Committed::Raced => None,
        })
    }

    /// Takes in how a leg of a forwarded call goes. Of one that is nobody's nothing follows.
    ///
    /// # Errors
    /// When the call can't be read or written.
    pub async fn hear_leg(
        &self,
        id: &CallId,
        call_sid: &CallSid,
        state: LegState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let heard = self.change(id, now, |call| {
            let steered = &mut call.steered;
            let mut all = steered.call.participants.iter();
            let Some((participant, _)) = all.find(|(_, it)| it.call_sid.as_ref() == Some(call_sid)) else {
                return Ok(None);
            };
            let (participant, call_sid) = (*participant, call_sid.clone());
            let news = News::Leg { participant, call_sid, state, evidence: Evidence::StatusCallback };
            let events = takes_in(steered, &[news], Source::Webhook, now);
            Ok::<_, StoreError>((!events.is_empty()).then_some(events))
        });
        match heard.await {
            Ok(heard) => heard.map(|_| ()),
            Err(StoreError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

//! A participant goes over from one call into another: both are written at once, and what else the one has to know of
//! the other is told until it is noted that it was. Why that holds stands with [`live::hand_over`].

use callflow::BoothAddress;
use domain::Once;
use jiff::Timestamp;
use live::{
    ActionId, Asked, CallId, Command, Event, Moved, News, Owed, Problem, Source, Steered, Transferred,
    hand_over, move_over, transfer_out,
};
use phone::AccountSid;
use store::{Committed, ControlledCall, ControlledChange, StoreError};

use crate::controlled::{ATTEMPTS, names_an_endpoint};
use crate::ledger::keep;
use crate::{Controls, Took, due};

/// How many calls a leg may have gone through that is looked for.
const MOST_CALLS: usize = 50;

/// A call that comes out of another, as far as its log does not say it.
#[derive(Clone, Debug)]
pub struct NewCall<'a> {
    /// What it is called.
    pub id: &'a CallId,
    /// The name of the key whose call it is.
    pub key: &'a str,
    /// Where its events are told, if anywhere.
    pub callback: Option<&'a str>,
}

impl Controls {
    /// Takes in what is heard of somebody at an address that Twilio was given, in whichever call they are by now. Tells
    /// that call, and where they are in it.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub async fn hear_at(
        &self,
        (mut address, account): (BoothAddress, &AccountSid),
        news: impl Fn(&BoothAddress) -> Option<News>,
        source: Source,
        now: Timestamp,
    ) -> Result<(ControlledCall, BoothAddress), StoreError> {
        for _ in 0..MOST_CALLS {
            let news = news(&address);
            let call = self.hear((&address.call, account), news.as_slice(), source, now).await?;
            match call.steered.call.destination(address.participant) {
                None => return Ok((call, address)),
                // What they were led to there proves nothing of where they are here.
                Some(to) => address = BoothAddress::new(to.to_call.clone(), to.to_participant, 0),
            }
        }
        Err(StoreError::NotFound("controlled call"))
    }

    /// Has somebody transferred out of a group: the new call, in which somebody is called, begins with the action.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub async fn transfer_out(
        &self,
        id: &CallId,
        (command, asked): (&Command, &Asked),
        new: NewCall<'_>,
        answers: impl Fn(&ControlledCall, ActionId) -> Once,
        now: Timestamp,
    ) -> Result<Took, StoreError> {
        for _ in 0..ATTEMPTS {
            let mut old = self.store.controlled_call(id).await?;
            let transferred = transfer_out(&old.steered.call, command.clone(), new.id, asked, now);
            let Transferred { old: accepted, new: begun, events } = match transferred {
                Ok(transferred) => transferred,
                Err(problem) => return Ok(Took::No(problem)),
            };
            old.steered.call = accepted.call;
            let callback = new.callback.map(str::to_owned);
            let begun = ControlledCall {
                steered: Steered::new(begun, now),
                account_sid: old.account_sid.clone(),
                base_url: old.base_url.clone(),
                key: new.key.to_owned(),
                is_told: callback.is_some(),
                callback,
                plan: None,
                revision: 0,
            };
            let once = answers(&old, accepted.action);
            changed(&mut old, &accepted.events, now);
            let changes = [(&old, &accepted.events[..]), (&begun, &events[..])];
            match self.put_down_both(changes, Some(&once), now).await? {
                Committed::Yes => return Ok(Took::Yes(once)),
                Committed::Repeated => return Ok(Took::Again(once.id)),
                Committed::Raced => {}
            }
        }
        Err(StoreError::Conflict)
    }

    /// Has somebody go over into a call that goes on.
    ///
    /// # Errors
    /// As [`Self::command`], also of the other call.
    pub async fn move_over(
        &self,
        (id, to): (&CallId, &CallId),
        (command, asked): (&Command, &Asked),
        answers: impl Fn(&ControlledCall, ActionId) -> Once,
        now: Timestamp,
    ) -> Result<Took, StoreError> {
        for _ in 0..ATTEMPTS {
            let (mut from, mut to) =
                (self.store.controlled_call(id).await?, self.store.controlled_call(to).await?);
            if from.account_sid != to.account_sid {
                let cause = "`to_call`: the call is in another Twilio account";
                return Ok(Took::No(Problem::new(live::Code::InvalidRequest, cause)));
            }
            let moved = move_over(&from.steered.call, &to.steered.call, command.clone(), asked, now);
            let Moved { from: accepted, to: joined, events } = match moved {
                Ok(moved) => moved,
                Err(problem) => return Ok(Took::No(problem)),
            };
            (from.steered.call, to.steered.call) = (accepted.call, joined);
            let once = answers(&from, accepted.action);
            changed(&mut from, &accepted.events, now);
            changed(&mut to, &events, now);
            let changes = [(&from, &accepted.events[..]), (&to, &events[..])];
            match self.put_down_both(changes, Some(&once), now).await? {
                Committed::Yes => return Ok(Took::Yes(once)),
                Committed::Repeated => return Ok(Took::Again(once.id)),
                Committed::Raced => {}
            }
        }
        Err(StoreError::Conflict)
    }

    /// Has somebody come into a call who is transferred to whom it calls; or ends it, if they don't come any more.
    ///
    /// # Errors
    /// When a call can't be read or written.
    pub async fn take_over(&self, id: &CallId, now: Timestamp) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let mut new = self.store.controlled_call(id).await?;
            let Some(origin) = new.steered.call.awaits().cloned() else { return Ok(()) };
            let mut old = match self.store.controlled_call(&origin.from_call).await {
                Ok(old) => Some(old),
                Err(StoreError::NotFound(_)) => None,
                Err(error) => return Err(error),
            };
            let handed = old.as_mut().and_then(|old| {
                let both = (&mut old.steered.call, &mut new.steered.call);
                hand_over(both, origin.from_action, Source::Rest, now)
            });
            let (Some(mut old), Some([left, joined])) = (old, handed) else {
                let news = News::NobodyGoes { action: origin.from_action };
                self.hear((id, &new.account_sid), &[news], Source::Rest, now).await?;
                return Ok(());
            };
            changed(&mut old, &left, now);
            changed(&mut new, &joined, now);
            let changes = [(&old, &left[..]), (&new, &joined[..])];
            if self.put_down_both(changes, None, now).await? == Committed::Yes {
                return Ok(());
            }
        }
        Err(StoreError::Conflict)
    }

    /// Tells another call what it has to know of this one, and notes that it was told.
    ///
    /// # Errors
    /// When a call can't be read or written.
    pub async fn tell(&self, call: &ControlledCall, owed: Owed, now: Timestamp) -> Result<(), StoreError> {
        let all = call.steered.call.owes();
        if let Some((_, to, news)) = all.into_iter().find(|(it, ..)| *it == owed) {
            match self.hear((&to, &call.account_sid), &[news], Source::Rest, now).await {
                // Its days are over: nobody waits for anything any more.
                Ok(_) | Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let noted = |steered: &mut Steered| steered.told.insert(owed).then(|| ((), Vec::new()));
        self.request(&call.steered.call.id, now, noted).await?;
        Ok(())
    }

    /// Writes two calls at once, and wakes who has something to do for either.
    async fn put_down_both(
        &self,
        both: [(&ControlledCall, &[Event]); 2],
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        let changes =
            both.map(|(call, events)| ControlledChange { call, events, due: due(&call.steered, now) });
        for ControlledChange { call, events, .. } in &changes {
            keep(&self.store, call, events).await?;
        }
        let committed = self.store.commit_together(&changes, once, now).await?;
        if committed == Committed::Yes {
            let wakes = changes.map(|ControlledChange { call, events, due }| {
                self.wake(call, due.is_some_and(|due| due <= now), !events.is_empty())
            });
            let [first, second] = wakes;
            tokio::join!(first, second);
        }
        Ok(committed)
    }
}

/// A call that was there before is another revision.
fn changed(call: &mut ControlledCall, events: &[Event], now: Timestamp) {
    call.steered.note(now);
    call.revision += 1;
    call.is_told |= events.iter().any(names_an_endpoint);
}

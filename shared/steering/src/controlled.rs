//! A call that programs steer changes: by what is heard of it, or by a command.
//!
//! Whoever changes it reads it, decides, and writes it with what that adds to its log, if nobody else did meanwhile.
//! Then the worker is woken, if something is to be done at Twilio, and whoever tells programs, if one is told of it.

use domain::{Once, OnceId};
use jiff::Timestamp;
use live::{
    Accepted, ActionId, Asked, CallId, Command, Event, Happened, News, Problem, Source, Steered, accept,
    agenda, hear,
};
use phone::AccountSid;
use store::{Committed, ControlledCall, Store, StoreError};

use crate::ledger;
use crate::waker::Waker;

/// How often a change is tried that others keep overtaking.
pub(crate) const ATTEMPTS: usize = 8;

/// What calls that programs steer are changed with. Clones share it.
#[derive(Clone, Debug)]
pub struct Controls {
    /// The tables.
    pub store: Store,
    /// Wakes the worker; the worker itself needs none.
    pub waker: Option<Waker>,
    /// Has programs told what was written into the log of a call.
    pub teller: Waker,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Took {
    /// It was accepted, and this is its answer.
    Yes(Once),
    /// The same was accepted at the same time.
    Again(OnceId),
    /// It makes no sense as the call is.
    No(Problem),
}

impl Controls {
    /// Takes in what is heard of a call; tells how it is then. What is known already writes nothing.
    ///
    /// # Errors
    /// When it can't be read or written; [`StoreError::NotFound`] if there is no such call, or it is in another
    /// account than the one that tells.
    pub async fn hear(
        &self,
        (id, account): (&CallId, &AccountSid),
        news: &[News],
        source: Source,
        now: Timestamp,
    ) -> Result<ControlledCall, StoreError> {
        let changed = self
            .change(id, now, |call| {
                if call.account_sid != *account {
                    return Err(StoreError::NotFound("controlled call"));
                }
                let steered = &mut call.steered;
                let waiting = steered.in_order.clone();
                let events = takes_in(steered, news, source, now);
                // What waits for what is missing stands in no log yet.
                let is_news = !events.is_empty() || steered.in_order != waiting;
                Ok(is_news.then_some(events))
            })
            .await?;
        changed.map(|(call, _)| call)
    }

    /// Takes in what waited for something that is missing, once that was waited for long enough.
    ///
    /// # Errors
    /// When it can't be read or written; [`StoreError::NotFound`] if there is no such call.
    pub async fn release(&self, id: &CallId, now: Timestamp) -> Result<(), StoreError> {
        let released = self
            .change(id, now, |call| {
                let steered = &mut call.steered;
                let news = steered.release(now);
                let events = takes_in(steered, &news, Source::Webhook, now);
                Ok::<_, std::convert::Infallible>((!news.is_empty()).then_some(events))
            })
            .await?;
        match released {
            Ok(_) => Ok(()),
            Err(never) => match never {},
        }
    }

    /// Changes how far the requests about a call are, and takes in what is known by them. `change` says none where
    /// there is nothing to change any more, and then none is told.
    ///
    /// # Errors
    /// When it can't be read or written; [`StoreError::NotFound`] if there is no such call.
    pub async fn request<T>(
        &self,
        id: &CallId,
        now: Timestamp,
        mut change: impl FnMut(&mut Steered) -> Option<(T, Vec<News>)>,
    ) -> Result<Option<(ControlledCall, T)>, StoreError> {
        let mut came = None;
        let changed = self
            .change(id, now, |call| {
                let steered = &mut call.steered;
                let Some((it, news)) = change(steered) else {
                    came = None;
                    return Ok::<_, std::convert::Infallible>(None);
                };
                came = Some(it);
                Ok(Some(takes_in(steered, &news, Source::Rest, now)))
            })
            .await?;
        match changed {
            Ok((call, _)) => Ok(came.map(|it| (call, it))),
            Err(never) => match never {},
        }
    }

    /// Carries out a command as far as it can be done without Twilio: it is accepted, and the worker knows. `answers`
    /// says what is kept of the answer, for when it comes again.
    ///
    /// # Errors
    /// When the call can't be read or written; [`StoreError::NotFound`] if there is none.
    pub async fn command(
        &self,
        id: &CallId,
        command: &Command,
        asked: &Asked,
        answers: impl Fn(&ControlledCall, ActionId) -> Once,
        now: Timestamp,
    ) -> Result<Took, StoreError> {
        for _ in 0..ATTEMPTS {
            let mut call = self.store.controlled_call(id).await?;
            let Accepted { call: accepted, events, action } =
                match accept(&call.steered.call, command.clone(), asked, now) {
                    Ok(accepted) => accepted,
                    Err(problem) => return Ok(Took::No(problem)),
                };
            call.steered.call = accepted;
            let once = answers(&call, action);
            match self.put_down(&mut call, &events, Some(&once), now).await? {
                Committed::Yes => return Ok(Took::Yes(once)),
                Committed::Repeated => return Ok(Took::Again(once.id)),
                Committed::Raced => {}
            }
        }
        Err(StoreError::Conflict)
    }

    /// Puts down a call that begins, and has somebody called for it.
    ///
    /// # Errors
    /// When it can't be written; [`StoreError::Conflict`] if there is one of that name.
    pub async fn begin(
        &self,
        call: &ControlledCall,
        events: &[Event],
        once: &Once,
        now: Timestamp,
    ) -> Result<Took, StoreError> {
        let due = due(&call.steered, now);
        match self.store.commit_controlled(call, events, Some(once), due, now).await? {
            Committed::Yes => {
                self.wake(call, true, !events.is_empty()).await;
                Ok(Took::Yes(once.clone()))
            }
            Committed::Repeated => Ok(Took::Again(once.id.clone())),
            Committed::Raced => Err(StoreError::Conflict),
        }
    }

    /// Puts down a call that came in, and is offered to programs.
    ///
    /// # Errors
    /// When it can't be written; [`StoreError::Conflict`] if it was offered before.
    pub(crate) async fn offer(
        &self,
        call: &ControlledCall,
        events: &[Event],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let due = due(&call.steered, now);
        match self.store.commit_controlled(call, events, None, due, now).await? {
            Committed::Yes => {
                self.wake(call, false, true).await;
                Ok(())
            }
            Committed::Raced | Committed::Repeated => Err(StoreError::Conflict),
        }
    }

    /// Wakes who has something to do, at once: a caller may be waiting for the answer.
    pub(crate) async fn wake(&self, call: &ControlledCall, is_due: bool, has_happened: bool) {
        let id = &call.steered.call.id;
        let worker = async {
            if let Some(waker) = self.waker.as_ref().filter(|_| is_due) {
                waker.wake_for(id).await;
            }
        };
        let teller = async {
            if has_happened && call.is_told {
                self.teller.wake_for(id).await;
            }
        };
        tokio::join!(worker, teller);
    }

    /// Reads, changes and writes a call, until nobody is faster.
    pub(crate) async fn change<E>(
        &self,
        id: &CallId,
        now: Timestamp,
        mut change: impl FnMut(&mut ControlledCall) -> Result<Option<Vec<Event>>, E>,
    ) -> Result<Result<(ControlledCall, Vec<Event>), E>, StoreError> {
        for _ in 0..ATTEMPTS {
            let mut call = self.store.controlled_call(id).await?;
            let events = match change(&mut call) {
                Ok(Some(events)) => events,
                Ok(None) => return Ok(Ok((call, Vec::new()))),
                Err(error) => return Ok(Err(error)),
            };
            if self.put_down(&mut call, &events, None, now).await? == Committed::Yes {
                return Ok(Ok((call, events)));
            }
        }
        Err(StoreError::Conflict)
    }

    /// Writes a call that has changed, and wakes who has something to do for it.
    async fn put_down(
        &self,
        call: &mut ControlledCall,
        events: &[Event],
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        call.steered.note(now);
        call.revision += 1;
        call.is_told |= events.iter().any(names_an_endpoint);
        let due = due(&call.steered, now);
        ledger::keep(&self.store, call, events).await?;
        let committed = self.store.commit_controlled(call, events, once, due, now).await?;
        if committed == Committed::Yes {
            self.wake(call, due.is_some_and(|due| due <= now), !events.is_empty()).await;
        }
        Ok(committed)
    }
}

pub(crate) fn names_an_endpoint(event: &Event) -> bool {
    matches!(event.happened, Happened::Queued { callback: Some(_), .. })
}

pub(crate) fn takes_in(steered: &mut Steered, news: &[News], source: Source, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    let news: Vec<News> = news.iter().flat_map(|news| steered.in_order(news, now)).collect();
    for news in &news {
        events.extend(hear(&mut steered.call, news, source, now));
        if let Some(requests) = of_leg(news).and_then(|heard| steered.requests.get_mut(&heard)) {
            requests.heard_at = now;
        }
    }
    events
}

/// When somebody has to look at a call again; never, once it is over.
pub fn due(steered: &Steered, now: Timestamp) -> Option<Timestamp> {
    let agenda = agenda(steered, now);
    if agenda.now.is_empty() { agenda.next } else { Some(now) }
}

fn of_leg(news: &News) -> Option<live::ParticipantId> {
    match news {
        News::Placed { participant, .. }
        | News::Leg { participant, .. }
        | News::Asked { participant, .. } => Some(*participant),
        _ => None,
    }
}

//! Queues: who waits, since when, and who takes them out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use phone::{AccountSid, CallSid};

use crate::clock::{lock, until};
use crate::leg_handle::{LegHandle, Signal, Source};
use crate::webhooks::Method;

/// How many may wait unless told otherwise.
pub(crate) const DEFAULT_SIZE: usize = 1000;

/// All queues of all accounts. A queue stays until it is deleted.
#[derive(Default)]
pub(crate) struct Queues(Mutex<Vec<Arc<Queue>>>);

/// A queue.
pub(crate) struct Queue {
    pub(crate) sid: String,
    pub(crate) account_sid: AccountSid,
    pub(crate) created: Timestamp,
    state: Mutex<QueueState>,
}

struct QueueState {
    name: String,
    most: usize,
    updated: Timestamp,
    members: Vec<Member>,
    /// Those who were taken out, and have not yet noticed.
    taken: Vec<(CallSid, Taken)>,
    /// Legs that wait for somebody to come.
    takers: Vec<Arc<LegHandle>>,
    /// How many have left, and how long they had waited together.
    left: u32,
    waited: Duration,
}

/// Somebody who waits.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) leg: Arc<LegHandle>,
    pub(crate) since: Timestamp,
}

/// How somebody is taken out of a queue.
#[derive(Clone)]
pub(crate) enum Taken {
    /// To be connected with another leg.
    By { taker: Arc<LegHandle>, bridge: u64, dial: u64, url: Option<(String, Method)> },
    /// To run another document.
    Moved(Source),
}

/// How a queue stands.
pub(crate) struct QueueStatus {
    pub(crate) name: String,
    pub(crate) most: usize,
    pub(crate) updated: Timestamp,
    pub(crate) size: usize,
    /// In seconds.
    pub(crate) average_wait: u64,
}

impl QueueState {
    fn take(&mut self, which: Option<&CallSid>, taken: Taken, now: Timestamp) -> Option<Member> {
        let is_it = |member: &Member| which.is_none_or(|sid| member.leg.sid() == sid);
        let place = self.members.iter().position(is_it)?;
        let member = self.remove(place, now);
        self.taken.push((member.leg.sid().clone(), taken));
        member.leg.signal(Signal::Look);
        Some(member)
    }

    fn remove(&mut self, place: usize, now: Timestamp) -> Member {
        let member = self.members.remove(place);
        self.left = self.left.saturating_add(1);
        self.waited = self.waited.saturating_add(until(member.since, now));
        member
    }
}

impl Queues {
    /// The queue of this name, made if there is none.
    pub(crate) fn open(
        &self,
        account_sid: &AccountSid,
        name: &str,
        sid: impl FnOnce() -> String,
        now: Timestamp,
    ) -> Arc<Queue> {
        if let Some(queue) = self.named(account_sid, name) {
            return queue;
        }
        let queue = Arc::new(Queue {
            sid: sid(),
            account_sid: account_sid.clone(),
            created: now,
            state: Mutex::new(QueueState {
                name: name.to_owned(),
                most: DEFAULT_SIZE,
                updated: now,
                members: Vec::new(),
                taken: Vec::new(),
                takers: Vec::new(),
                left: 0,
                waited: Duration::ZERO,
            }),
        });
        lock(&self.0).push(queue.clone());
        queue
    }

    pub(crate) fn named(&self, account_sid: &AccountSid, name: &str) -> Option<Arc<Queue>> {
        lock(&self.0)
            .iter()
            .find(|queue| queue.account_sid == *account_sid && lock(&queue.state).name == name)
            .cloned()
    }

    pub(crate) fn with_sid(&self, account_sid: &AccountSid, sid: &str) -> Option<Arc<Queue>> {
        lock(&self.0).iter().find(|queue| queue.account_sid == *account_sid && queue.sid == sid).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Queue>> {
        lock(&self.0).clone()
    }

    /// Deletes a queue; false when somebody waits in it.
    pub(crate) fn delete(&self, queue: &Arc<Queue>) -> bool {
        let mut queues = lock(&self.0);
        if !lock(&queue.state).members.is_empty() {
            return false;
        }
        queues.retain(|other| !Arc::ptr_eq(other, queue));
        true
    }
}

impl Queue {
    /// Somebody comes; false when it is full.
    pub(crate) fn join(&self, leg: &Arc<LegHandle>, most: Option<usize>, now: Timestamp) -> bool {
        let mut state = lock(&self.state);
        if state.members.len() >= most.unwrap_or(state.most) {
            return false;
        }
        state.members.push(Member { leg: leg.clone(), since: now });
        for taker in state.takers.drain(..) {
            taker.signal(Signal::Look);
        }
        true
    }

    /// Somebody is no longer there, if they were.
    pub(crate) fn leave(&self, sid: &CallSid, now: Timestamp) {
        let mut state = lock(&self.state);
        if let Some(place) = state.members.iter().position(|member| member.leg.sid() == sid) {
            state.remove(place, now);
        }
    }

    /// Takes somebody out: the first, or this one.
    pub(crate) fn take(&self, which: Option<&CallSid>, taken: Taken, now: Timestamp) -> Option<Member> {
        lock(&self.state).take(which, taken, now)
    }

    /// Takes the first out; without one the taker will be told when somebody comes.
    pub(crate) fn take_or_wait(&self, leg: &Arc<LegHandle>, taken: Taken, now: Timestamp) -> Option<Member> {
        let mut state = lock(&self.state);
        let member = state.take(None, taken, now);
        if member.is_none() {
            state.takers.push(leg.clone());
        }
        member
    }

    /// Whether this one was taken out, and has not yet noticed.
    pub(crate) fn is_taken(&self, sid: &CallSid) -> bool {
        lock(&self.state).taken.iter().any(|(other, _)| other == sid)
    }

    /// How this one was taken out, if so. It is told once.
    pub(crate) fn notice_taken(&self, sid: &CallSid) -> Option<Taken> {
        let mut state = lock(&self.state);
        let place = state.taken.iter().position(|(other, _)| other == sid)?;
        Some(state.taken.remove(place).1)
    }

    pub(crate) fn stop_waiting(&self, taker: &Arc<LegHandle>) {
        lock(&self.state).takers.retain(|other| !Arc::ptr_eq(other, taker));
    }

    /// Those who wait, in order.
    pub(crate) fn members(&self) -> Vec<Member> {
        lock(&self.state).members.clone()
    }

    pub(crate) fn status(&self) -> QueueStatus {
        let state = lock(&self.state);
        QueueStatus {
            name: state.name.clone(),
            most: state.most,
            updated: state.updated,
            size: state.members.len(),
            average_wait: state.waited.as_secs().checked_div(state.left.into()).unwrap_or(0),
        }
    }

    /// Changes its name and size.
    pub(crate) fn change(&self, name: Option<String>, most: Option<usize>, now: Timestamp) {
        let mut state = lock(&self.state);
        if let Some(name) = name {
            state.name = name;
        }
        if let Some(most) = most {
            state.most = most;
        }
        state.updated = now;
    }
}

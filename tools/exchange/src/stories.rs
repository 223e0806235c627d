//! The stories of all calls, and which of them each leg is in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use phone::CallSid;
use tokio::sync::mpsc;

use crate::Address;
use crate::clock::{Clock, lock};
use crate::story::{Event, Log, Story, Watchers};

/// All stories that are remembered, of calls from outside and of those that the REST API orders.
#[derive(Default)]
pub(crate) struct Stories {
    watchers: Watchers,
    all: Mutex<Vec<Arc<Log>>>,
    /// By leg.
    logs: Mutex<HashMap<CallSid, Arc<Log>>>,
}

impl Stories {
    /// The story of a call that begins now.
    pub(crate) fn begin(&self, clock: &Clock, call_sid: CallSid, parties: (Address, Address)) -> Arc<Log> {
        let log = Log::new(clock, &self.watchers, call_sid, parties);
        lock(&self.all).push(log.clone());
        log
    }

    /// A leg begins; its webhooks and recordings go into this log.
    pub(crate) fn leg_began(&self, sid: &CallSid, log: &Arc<Log>) {
        lock(&self.logs).insert(sid.clone(), log.clone());
    }

    pub(crate) fn log_of(&self, sid: &CallSid) -> Option<Arc<Log>> {
        lock(&self.logs).get(sid).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Story> {
        lock(&self.all).iter().map(Story::of).collect()
    }

    /// Forgets the oldest finished calls but so many; those that are forgotten.
    pub(crate) fn forget_finished(&self, but: usize) -> Vec<Arc<Log>> {
        let mut all = lock(&self.all);
        if all.len() <= but {
            return Vec::new();
        }
        let finished = all.iter().filter(|log| log.is_finished()).count();
        let mut left = finished.saturating_sub(but);
        let mut gone = Vec::with_capacity(left);
        all.retain(|log| {
            let goes = left > 0 && log.is_finished();
            if goes {
                left -= 1;
                log.forget();
                gone.push(log.clone());
            }
            !goes
        });
        drop(all);
        let mut logs = lock(&self.logs);
        for leg in gone.iter().flat_map(|log| log.leg_sids()) {
            logs.remove(&leg);
        }
        gone
    }

    /// Everything that happens from now on.
    pub(crate) fn watch(&self) -> mpsc::UnboundedReceiver<Event> {
        let (sender, receiver) = mpsc::unbounded_channel();
        lock(&self.watchers).push(sender);
        receiver
    }
}

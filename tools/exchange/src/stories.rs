//! The stories of all calls, and which of them each leg is in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use phone::CallSid;
use tokio::sync::mpsc;

use crate::Address;
use crate::clock::{Clock, lock};
use crate::story::{Event, Log, Story, Watchers};

/// All stories.
#[derive(Default)]
pub(crate) struct Stories {
    watchers: Watchers,
    all: Mutex<Vec<Story>>,
    /// By leg.
    logs: Mutex<HashMap<CallSid, Arc<Log>>>,
}

impl Stories {
    /// The story of a call that begins now.
    pub(crate) fn begin(&self, clock: &Clock, call_sid: CallSid, parties: (Address, Address)) -> Arc<Log> {
        let log = Log::new(clock, &self.watchers, call_sid, parties);
        lock(&self.all).push(Story::of(&log));
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
        lock(&self.all).clone()
    }

    /// Everything that happens from now on.
    pub(crate) fn watch(&self) -> mpsc::UnboundedReceiver<Event> {
        let (sender, receiver) = mpsc::unbounded_channel();
        lock(&self.watchers).push(sender);
        receiver
    }
}

//! The legs of all calls, those that are over too.

use std::sync::{Arc, Mutex};

use phone::{AccountSid, CallSid};

use crate::clock::lock;
use crate::leg_handle::LegHandle;

/// All legs that are remembered.
#[derive(Default)]
pub(crate) struct Legs {
    /// In the order in which they began.
    all: Mutex<Vec<Arc<LegHandle>>>,
    /// Those that are not over, likewise.
    live: Mutex<Vec<Arc<LegHandle>>>,
}

impl Legs {
    pub(crate) fn add(&self, leg: &Arc<LegHandle>) {
        lock(&self.all).push(leg.clone());
        lock(&self.live).push(leg.clone());
    }

    /// A leg is over.
    pub(crate) fn ended(&self, sid: &CallSid) {
        lock(&self.live).retain(|leg| leg.sid() != sid);
    }

    /// Forgets those of calls that are forgotten.
    pub(crate) fn forget(&self) {
        lock(&self.all).retain(|leg| !leg.log.is_forgotten());
    }

    pub(crate) fn all(&self) -> Vec<Arc<LegHandle>> {
        lock(&self.all).clone()
    }

    /// The leg of this identifier, in whatever account.
    pub(crate) fn anywhere(&self, sid: &str) -> Option<Arc<LegHandle>> {
        lock(&self.all).iter().find(|leg| leg.sid().as_str() == sid).cloned()
    }

    /// The leg of this identifier, in this account.
    pub(crate) fn with_sid(&self, account_sid: &AccountSid, sid: &str) -> Option<Arc<LegHandle>> {
        self.anywhere(sid).filter(|leg| leg.facts().account_sid == *account_sid)
    }

    /// Those who hear this leg at present.
    pub(crate) fn listeners(&self, sid: &CallSid) -> Vec<Arc<LegHandle>> {
        lock(&self.live).iter().filter(|leg| leg.hears_leg(sid)).cloned().collect()
    }
}

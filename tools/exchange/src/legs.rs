//! The legs of all calls, those that are over too.

use std::sync::{Arc, Mutex};

use phone::{AccountSid, CallSid};

use crate::clock::lock;
use crate::leg_handle::LegHandle;

/// All legs, in the order in which they began.
#[derive(Default)]
pub(crate) struct Legs(Mutex<Vec<Arc<LegHandle>>>);

impl Legs {
    pub(crate) fn add(&self, leg: &Arc<LegHandle>) {
        lock(&self.0).push(leg.clone());
    }

    pub(crate) fn all(&self) -> Vec<Arc<LegHandle>> {
        lock(&self.0).clone()
    }

    /// The leg of this identifier, in this account.
    pub(crate) fn with_sid(&self, account_sid: &AccountSid, sid: &str) -> Option<Arc<LegHandle>> {
        lock(&self.0)
            .iter()
            .find(|leg| leg.sid().as_str() == sid && leg.facts().account_sid == *account_sid)
            .cloned()
    }

    /// Those who hear this leg at present.
    pub(crate) fn listeners(&self, sid: &CallSid) -> Vec<Arc<LegHandle>> {
        lock(&self.0).iter().filter(|leg| leg.hears_leg(sid)).cloned().collect()
    }
}

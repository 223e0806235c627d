//! Tells programs what happens in a call: queue, and schedule.
//!
//! Whoever writes a call's log sends a message, and each program that is told of the call is told
//! [what is next](live::telling) for it, event by event, each by itself. A message is only a wake-up. It may come
//! twice, late, or never: then the schedule, once a minute, finds who is to be told.

use jiff::Timestamp;
use live::CallId;
use runtime::{Clock, Failure};
use store::DeliveryPart;
use worker::Worker;

mod configuration;
mod deps;
mod tell;

pub use configuration::Configuration;
pub use deps::Deps;
pub use tell::Progress;

impl Worker for Deps {
    const NAME: &'static str = "notify";
    type Call = CallId;
    type Progress = Progress;

    fn named(name: &str) -> Option<CallId> {
        name.parse().ok()
    }

    fn name(call: &CallId) -> &str {
        call.as_str()
    }

    fn outcome(progress: &Progress) -> &'static str {
        match progress {
            Progress::NobodyListens => "nobody-listens",
            Progress::Told => "told",
            Progress::Elsewhere => "elsewhere",
            Progress::Waiting => "waiting",
            Progress::GoesOn => "goes-on",
        }
    }

    async fn work_off(&self, call: &CallId) -> Result<Progress, Failure> {
        tell::tell(self, call).await
    }

    async fn due(&self, by: Timestamp) -> (Vec<CallId>, Result<(), Failure>) {
        let (mut due, mut result) = (Vec::new(), Ok(()));
        for part in DeliveryPart::all() {
            match self.store.deliveries_due(part, by).await {
                Ok(page) => due.extend(page),
                Err(error) => result = Err(error.into()),
            }
        }
        (due, result)
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }
}

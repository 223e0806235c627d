//! Does at Twilio what a live call wants: queue, and schedule.
//!
//! A webhook writes what is to be: who is to ring, and that a call is over. This worker looks at the row, does
//! [what is next](lifecycle::live), writes down what came of it, and looks again: legs are placed, and ended once
//! nobody wants them any more. A message is only a wake-up. It may come twice, late, or never: then the schedule,
//! once a minute, finds what is due.

use jiff::Timestamp;
use live::CallId;
use phone::CallSid;
use runtime::{Clock, Failure};
use store::{ControlledPart, DuePart};
use worker::Worker;

mod call;
mod configuration;
mod controlled;
mod deps;
mod fed;
mod leg;
mod put_down;
mod recorded;

pub use call::Progress;
pub use configuration::Configuration;
pub use deps::Deps;

/// A call that is worked off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// One that came in, and goes by its phone file.
    Incoming(CallSid),
    /// One that programs steer.
    Steered(CallId),
}

impl Worker for Deps {
    const NAME: &'static str = "act";
    type Call = Named;
    type Progress = Progress;

    fn named(name: &str) -> Option<Named> {
        match CallSid::parse(name) {
            Ok(call_sid) => Some(Named::Incoming(call_sid)),
            Err(_) => name.parse().ok().map(Named::Steered),
        }
    }

    fn name(call: &Named) -> &str {
        match call {
            Named::Incoming(call_sid) => call_sid.as_str(),
            Named::Steered(id) => id.as_str(),
        }
    }

    fn outcome(progress: &Progress) -> &'static str {
        match progress {
            Progress::NotLive => "not-live",
            Progress::Done => "done",
            Progress::Waiting => "waiting",
            Progress::GoesOn => "goes-on",
        }
    }

    async fn work_off(&self, call: &Named) -> Result<Progress, Failure> {
        match call {
            Named::Incoming(call_sid) => Box::pin(call::work_off(self, call_sid)).await,
            Named::Steered(id) => Box::pin(controlled::work_off(self, id)).await,
        }
    }

    async fn due(&self, by: Timestamp) -> (Vec<Named>, Result<(), Failure>) {
        let (mut due, mut result) = (Vec::new(), Ok(()));
        for part in DuePart::all() {
            match self.store.due_page(part, by).await {
                Ok(page) => due.extend(page.into_iter().map(Named::Incoming)),
                Err(error) => result = Err(error.into()),
            }
        }
        for part in ControlledPart::all() {
            match self.store.controlled_due(part, by).await {
                Ok(page) => due.extend(page.into_iter().map(Named::Steered)),
                Err(error) => result = Err(error.into()),
            }
        }
        (due, result)
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_apart_by_their_names() {
        let call_sid = CallSid::parse(&format!("CA{:032x}", 1)).unwrap();
        assert_eq!(Deps::named(call_sid.as_str()), Some(Named::Incoming(call_sid)));
        let id = CallId::of_outgoing([1; 16]);
        assert_eq!(Deps::named(id.as_str()), Some(Named::Steered(id)));
        assert_eq!(Deps::named("x"), None);
    }
}

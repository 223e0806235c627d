//! What every function stands on: the time, the log and its counter, failures, configuration.
//!
//! ## Layout
//! - [`Clock`]: what time it is, waiting, and limits on work.
//! - [`telemetry`]: one JSON line per event, and what is counted.
//! - [`Failure`]: why something could not be done.

mod clock;
mod failure;
pub mod telemetry;

pub use clock::{Alarm, Clock, before};
pub use failure::Failure;
// For `count!`.
#[doc(hidden)]
pub use tracing;

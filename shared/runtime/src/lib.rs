//! What every function stands on: the time, the log and its counter, failures, configuration.
//!
//! ## Layout
//! - [`Clock`]: what time it is, waiting, and limits on work.
//! - [`telemetry`]: one JSON line per event, and what is counted.
//! - [`Failure`]: why something could not be done.
//! - [`Environment`]: what a function is told, and what it misses; [`start`](start()) begins one.

mod clock;
mod environment;
mod failure;
mod start;
pub mod telemetry;

pub use clock::{Alarm, Clock, before};
pub use environment::{BadVariable, Environment};
pub use failure::Failure;
pub use start::start;
// For `count!`.
#[doc(hidden)]
pub use tracing;

//! TwiML as a whole: what is written, what is read, what is refused.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod documented;
mod refused;
mod round_trip;
mod strategies;
mod written;

//! Programs that are told of a call: whatever they answer, whoever tells them, and whatever gets lost.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod house;
mod program;
mod telling;

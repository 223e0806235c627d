//! An upgrade keeps everything.
#![expect(clippy::unwrap_used, reason = "a test that can't go on is a test that failed")]

mod deliveries;
mod lists;
mod meaning;
mod template;

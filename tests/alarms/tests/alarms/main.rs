//! The alarms of the template.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod days;
mod lists;
mod play;
mod timeline;

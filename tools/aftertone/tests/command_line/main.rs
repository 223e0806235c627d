//! Every command from the outside: the built binary against the embedded stack.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod cloud;
mod doctor;
mod files;
mod keeping;
mod keys;
mod live;
mod mailboxes;
mod numbers;
mod phone_files;
mod secrets;
mod voicemails;
mod wiring;
mod world;

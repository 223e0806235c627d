//! The REST client against a server that answers what it is told to, down to the byte.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod calls;
mod requests;
mod server;

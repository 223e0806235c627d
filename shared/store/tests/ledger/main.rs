//! The store against a real DynamoDB, embedded: what is written, and what a repeated, late or
//! lost webhook can't spoil.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod access;
mod callers;
mod calls;
mod controlled;
mod deliveries;
mod files;
mod hits;
mod keeping;
mod links;
mod lists;
mod live_calls;
mod mailboxes;
mod outage;
mod place;
mod promote;
mod reconcile;
mod settings;
mod settings_rows;
mod transcripts;
mod voicemails;

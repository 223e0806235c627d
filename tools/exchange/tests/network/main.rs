//! The rules of the network, each by a small webhook server and a call in virtual time.

mod dial;
mod prompts;
mod record;
mod rest;
mod slow;
mod sounds;
mod stage;
mod webhooks;
mod whole;

//! The rules of the network, each by a small webhook server and a call in virtual time.

mod call_recordings;
mod dial;
mod input;
mod live;
mod moves;
mod outbound;
mod prompts;
mod record;
mod rest;
mod slow;
mod sounds;
mod stage;
mod webhooks;
mod whole;

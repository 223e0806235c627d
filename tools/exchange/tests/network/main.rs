//! The rules of the network, each by a small webhook server and a call in virtual time.

mod call_recordings;
mod client;
mod costs;
mod dial;
mod edges;
mod faults;
mod input;
mod live;
mod memory;
mod moves;
mod outbound;
mod participants;
mod people;
mod prompts;
mod properties;
mod queues;
mod record;
mod rest;
mod rooms;
mod scripts;
mod slow;
mod sounds;
mod stage;
mod unverified;
mod webhooks;
mod whole;

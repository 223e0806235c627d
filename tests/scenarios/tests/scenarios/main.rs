//! End to end: a call is placed, and looked at from every side.
//!
//! - [`world`]: the system with one number in it, and what came of a call.
//! - [`letter`]: a mail as its reader has it.
//! - [`ear`]: a program's server, which is told what happens in calls.
//! - [`program`]: a program that steers calls.
//! - [`logs`]: what was logged, and what must not be.
//!
//! All else are scenarios, each a fact of the system.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on is a test that failed"
)]

mod bounces;
mod callbacks;
mod contract;
mod control;
mod control_each_key;
mod control_flood;
mod control_group;
mod control_handover;
mod control_hunted;
mod control_incoming;
mod control_kept;
mod control_keys;
mod control_media;
mod control_operations;
mod control_plain;
mod control_recording;
mod control_screened;
mod control_streams;
mod control_words;
mod described;
mod ear;
mod events;
mod failover;
mod forgotten;
mod forwarding;
mod gate;
mod hanging;
mod letter;
mod limits;
mod links;
mod lists;
mod live_calls;
mod logs;
mod messages;
mod missed;
mod outages;
mod owners;
mod program;
mod queues;
mod retention;
mod round_trips;
mod settings;
mod shop;
mod shop_callers;
mod shop_people;
mod shop_races;
mod silent;
mod slow;
mod sounds;
mod travels;
mod unanswered;
mod words;
mod world;

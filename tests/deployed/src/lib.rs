//! The deployment, tried: the very template with the very binaries, in an emulated AWS.
//!
//! `tests/deployed/run` installs the tools and runs the binary of this crate. It starts the emulator,
//! closed to loopback and with IAM enforced, builds, deploys the last release and this one over it with `sam`, places calls through the
//! exchange against the deployed API, under the addresses that production has, reads the mails that
//! arrive at an SMTP server of its own, deploys once more over the data, and deletes.
//!
//! What the emulator lacks, and what is done about it: it makes no routes from an HTTP API's
//! body, and no answers from a REST API's, so both are made from the deployed template
//! ([`cloud`], [`intrinsics`]); there is no DNS and no TLS, so the exchange sends everything to the
//! emulator, with the host in the header.
//!
//! ## Layout
//! - [`emulator`], [`sam`], [`cloud`]: the machine that is deployed to, the tool, AWS's own API.
//! - [`sink`]: where mails arrive.
//! - [`world`]: numbers, callers, and what has to come of a call.
//! - [`scenarios`]: what is tried, and [`people`]: where a phone file says who is reached;
//!   [`permissions`]: that each permission is needed; [`schedule`]: what finds a call that no message
//!   tells of; [`load`]: many calls at once.
//! - [`upgrade`]: from the last release to this one.
//! - [`fallback`]: the documents for when no function works; [`velocity`]: and which of them it is.

use std::time::Duration;

pub mod cloud;
pub mod control;
pub mod emulator;
pub mod fallback;
pub mod intrinsics;
pub mod load;
pub mod people;
pub mod permissions;
pub mod sam;
pub mod scenarios;
pub mod schedule;
pub mod sink;
pub mod steps;
pub mod upgrade;
pub mod velocity;
pub mod world;

/// The region that everything is deployed to.
pub const REGION: &str = "us-east-1";

/// How often something that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

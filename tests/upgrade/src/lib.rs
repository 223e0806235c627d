//! An upgrade keeps everything: rows that earlier releases wrote, and the resources that hold them.
//!
//! `rows/` has rows of the last release, each written by its own functions in the course of a call
//! (`cargo run -p upgrade` plays those calls and writes the rows of the release that it is built from), and
//! beside each what that release read in it. They are never written anew: a release that can't read
//! one of them loses a message. `template-of-last-release.yaml` is what it was deployed from.
//!
//! - [`rows`]: the rows.
//! - [`meaning`]: what they mean.
//! - [`mod@bench`]: reading one.
//! - [`play`]: the calls in whose course they were written.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that can't go on is a test that failed"
)]

pub mod bench;
pub mod meaning;
pub mod play;
pub mod rows;

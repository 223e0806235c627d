//! From a row of the ledger to its owner's mailbox, step by step.
//!
//! [`lifecycle`] says what is to be done next; here it is done and recorded, step after step, until there
//! is nothing to do or something to wait for. Archiving again writes the same object, and a mail is sent
//! only by who holds its claim.
//!
//! ## Layout, in the order of the work
//! - [`wake_up`]: which row a message is about.
//! - [`identify()`]: whose voicemail it is.
//! - [`archive()`]: from Twilio to the bucket, without holding it in memory.
//! - [`transcribe`]: words by Amazon.
//! - [`mail`]: the mail, in the owner's language.
//! - `claim`: a mail is claimed, sent, recorded; `pace`: how fast.
//! - [`events`], `tell`: what other programs are told.
//! - [`voicemail`], [`missed_call`]: a row is taken as far as it can go, by a [`Worker`].

mod archive;
mod claim;
pub mod events;
mod identify;
pub mod mail;
pub mod missed_call;
mod pace;
mod progress;
mod send;
mod tell;
pub mod transcribe;
pub mod voicemail;
pub mod wake_up;
mod words;
mod worker;

pub use archive::{ArchiveError, archive};
pub use identify::{IdentifyError, identify, parties};
pub use pace::{Pace, jobs_to_see};
pub use progress::Progress;
pub use words::ToldBy;
pub use worker::{RECORDING_LIMIT, Worker};

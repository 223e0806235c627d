//! From a row of the ledger to its owner's mailbox, step by step.
//!
//! [`lifecycle`] says what is to be done next; here it is done, one step each, and recording it is left
//! to the caller. Archiving again writes the same object, and a mail is sent only by who holds its claim.
//!
//! ## Layout, in the order of the work
//! - [`wake_up`]: which row a message is about.
//! - [`identify()`]: whose voicemail it is.
//! - [`archive()`]: from Twilio to the bucket, without holding it in memory.
//! - [`transcribe`]: words by Amazon.
//! - [`mail`]: the mail, in the owner's language.
//! - [`events`]: what other programs are told.

mod archive;
pub mod events;
mod identify;
pub mod mail;
pub mod transcribe;
pub mod wake_up;

pub use archive::{ArchiveError, archive};
pub use identify::{IdentifyError, identify, parties};

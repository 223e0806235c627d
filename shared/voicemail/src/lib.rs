//! A voicemail's life, from the beep to the owner's mailbox.
//!
//! [`next_step`] is pure: from a row of the ledger and the time it says what is to be done next.
//! The other functions here do it, one step each, and leave the recording of it to the caller.
//! Because the ledger alone decides, a step may be asked for twice, late, or by two workers at
//! once: archiving again writes the same object, and a mail is sent only by who holds its claim.
//!
//! ```text
//! identify -> archive -> words -> mail (with them, or at the time box without) -> purge -> done
//!                                   \-> words, in a second mail, if they come later
//! ```
//!
//! ## Layout
//! - [`next_step`], [`words`]: what is to be done, and what is known of the words.
//! - [`next_missed_step`], [`not_missed`]: the same for a call in which no message was left.
//! - [`identify()`]: whose voicemail it is.
//! - [`stands_still`], [`missing`]: when somebody has to look after it.
//! - [`archive()`]: from Twilio to the bucket, without holding it in memory.
//! - [`transcribe`]: words by Amazon.
//! - [`claim_ends`]: when a mail may be tried again.
//! - [`mail`]: the mail, in the owner's language.
//! - [`after_bounce`]: what is to be done about one that came back.
//! - [`link`]: the signed, expiring link in it.
//! - [`page`]: the page behind the link.
//! - [`wake_up`]: which row a message is about.
//! - [`retention`]: what is to be deleted, and why.
//! - [`events`]: what other programs are told.

mod archive;
mod bounce;
mod claim;
pub mod events;
#[cfg(test)]
mod fixtures;
mod identify;
pub mod link;
mod locale;
pub mod mail;
mod missed;
pub mod page;
pub mod retention;
pub mod silence;
mod step;
mod stillness;
pub mod transcribe;
pub mod wake_up;

pub use archive::{ArchiveError, archive, audio_key};
pub use bounce::{Bounced, Cause, after_bounce};
pub use claim::{SENDING_TAKES, claim_ends};
pub use identify::{IdentifyError, identify, parties};
pub use missed::{next_missed_step, not_missed};
pub use step::{Ask, NoWords, Step, TimeBox, Wait, Words, next_step, words};
pub use stillness::{
    Missing, is_left_to_the_search, missed_is_left_to_the_search, missed_stands_still, missing, stands_still,
};

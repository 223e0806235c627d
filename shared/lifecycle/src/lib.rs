//! How far something got, and what is next: pure functions of a row and the time.
//!
//! Because the row alone decides, a step may be asked for twice, late, or by two workers at once.
//!
//! ```text
//! identify -> archive -> words -> mail (with them, or at the time box without) -> purge -> done
//!                                   \-> words, in a second mail, if they come later
//! ```
//!
//! ## Layout
//! - [`next_step`], [`words`]: what is to be done about a voicemail, and what is known of the words.
//! - [`next_missed_step`], [`not_missed`]: the same for a call in which no message was left.
//! - [`claim_ends`]: when a mail may be tried again.
//! - [`after_bounce`]: what is to be done about one that came back.
//! - [`live`]: what is to be done at Twilio about a call that goes on.
//! - [`stands_still`], [`missing`]: when somebody has to look after it.
//! - [`silence`]: whether anything is heard of mails.
//! - [`retention`]: what is to be deleted, and why.

mod bounce;
mod claim;
pub mod live;
mod missed;
pub mod retention;
pub mod silence;
mod step;
mod stillness;

pub use bounce::{Bounced, Cause, after_bounce};
pub use claim::{SENDING_TAKES, claim_ends};
pub use missed::{next_missed_step, not_missed};
pub use step::{Ask, Step, TimeBox, Wait, next_step, words};
pub use stillness::{
    Missing, UNTOLD, is_left_to_the_search, missed_is_left_to_the_search, missed_stands_still, missing,
    stands_still,
};

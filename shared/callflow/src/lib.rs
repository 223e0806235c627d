//! What to answer a call: pure functions, no I/O, no clock.
//!
//! Each webhook that steers a call has one function here that decides what the caller gets, from what is
//! known (the number's [settings](domain::CallSettings), the call, `now`); the [`answer`](answer()) says it to
//! Twilio. What was decided is stored whole, and a webhook that comes again is answered from that. The
//! functions on Lambda only fetch the one and carry out the other.
//!
//! ## Layout
//! - [`decide()`]: a call comes in: forward it, or not, and what instead.
//! - [`after_dial()`]: the forwarded leg ended: a conversation, or a greeting and a beep.
//! - [`after_record()`]: the caller has spoken, or not.
//! - [`begin`], [`step`]: a number has a phone file, and a call goes over several webhooks; [`Onward`]: how it
//!   goes on, as it stands in an address.
//! - [`screen()`]: somebody picks up who was rung; [`ringing()`], [`music()`]: what the caller hears meanwhile.
//! - [`answer()`]: what a caller gets, as Twilio reads it; [`callbacks`](Callbacks): where it goes next.
//! - [`without_functions()`]: no function of ours answers.

mod address;
mod after_dial;
mod after_record;
mod answer;
mod booth;
mod callbacks;
mod decide;
mod feed;
mod file;
#[cfg(test)]
mod fixtures;
mod leg_address;
mod music;
mod question;
mod ringing;
mod screen;
mod sound;
mod spoken;
mod without_functions;
mod yes;

pub use address::Onward;
pub use after_dial::{after_dial, dial_outcome};
pub use after_record::{Message, after_record};
pub use answer::{
    answer, hang_up_without_functions, thanks_without_functions, voicemail_without_functions,
    voicemail_without_settings,
};
pub use booth::{BoothAddress, RecordingAddress, booth, booth_unread, is_forgotten, is_given_back};
pub use callbacks::{Callbacks, STATE};
pub use decide::{Usage, decide, unknown_number, usage_month};
pub use feed::FeedAddress;
pub use file::{
    Begins, Input, Known, Offered, Scene, Stepped, all_lost, begin, blocked_unread, is_join_over,
    is_offer_over, is_somebody_asked, is_step_over, step, waiting, waiting_unread,
};
pub use leg_address::{AddressedLeg, LegAddress};
pub use music::music;
pub use ringing::{alone, ringing};
pub use screen::{ASKED_SECONDS, Reply, asks_to_block, join, join_again, reply, screen, tell, who_calls};
pub use sound::PIECE_SECONDS;
pub use spoken::take_message;
pub use without_functions::{RULES, Says, WithoutFunctions, without_functions};

//! What to answer a call: pure functions, no I/O, no clock.
//!
//! Each webhook that steers a call has one function here. It takes what is known (the number's
//! [settings](domain::CallSettings), the call, `now`) and returns what the caller gets and what is to be
//! stored; the functions on Lambda only fetch the one and carry out the other.
//!
//! ## Layout
//! - [`incoming()`]: a call comes in: forward it, or not, and what instead.
//! - [`after_dial()`]: the forwarded leg ended: a conversation, or a greeting and a beep.
//! - [`after_record()`]: the caller has spoken, or not.
//! - [`without_functions()`]: no function of ours answers.
//! - [`callbacks`](Callbacks): where Twilio is to go next.

mod after_dial;
mod after_record;
mod answers;
mod callbacks;
#[cfg(test)]
mod fixtures;
mod incoming;
mod without_functions;

pub use after_dial::{after_dial, dial_outcome};
pub use after_record::{Message, after_record};
pub use answers::{
    hang_up, thanks_without_functions, voicemail_without_functions, voicemail_without_settings,
};
pub use callbacks::Callbacks;
pub use incoming::{Incoming, Usage, incoming, unknown_number, usage_month};
pub use without_functions::{RULES, Says, WithoutFunctions, without_functions};

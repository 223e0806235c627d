//! What to answer a call: pure functions, no I/O, no clock.
//!
//! Each webhook that steers a call has one function here. It takes what is known (the number's
//! [settings](CallSettings), the call, `now`) and returns what the caller gets and what is to be
//! stored; the functions on Lambda only fetch the one and carry out the other.
//!
//! ## Layout
//! - [`incoming()`]: a call comes in: forward it, or not, and what instead.
//! - [`after_dial()`]: the forwarded leg ended: a conversation, or a greeting and a beep.
//! - [`after_record()`]: the caller has spoken, or not.
//! - [`may_be_missed()`]: the call is over: did the owner miss it?
//! - [`without_functions()`]: no function of ours answers.
//! - [`settings`](NumberSettings), [`mailbox`](Mailbox), [`retention`](Retention), [`prompts`](Prompt), [`language`](Language): what the owner decided.
//! - [`callbacks`](Callbacks): where Twilio is to go next.

mod after_dial;
mod after_record;
mod answers;
mod callbacks;
#[cfg(test)]
mod fixtures;
mod incoming;
mod language;
mod mailbox;
mod missed;
mod prompts;
mod retention;
mod settings;
mod transcription;
mod without_functions;

pub use after_dial::{DialOutcome, DialStatus, NotReached, after_dial, dial_outcome};
pub use after_record::{Message, after_record};
pub use answers::{
    hang_up, thanks_without_functions, voicemail_without_functions, voicemail_without_settings,
};
pub use callbacks::Callbacks;
pub use incoming::{
    Decision, Incoming, Number, Usage, WhyNotForwarded, incoming, unknown_number, usage_month,
};
pub use language::{Language, UnknownLanguage};
pub use mailbox::{Mailbox, MailboxId};
pub use missed::may_be_missed;
pub use prompts::{AudioUrl, Prompt, PromptText, Wording};
pub use retention::{Days, Retention};
pub use settings::{
    CallSettings, CallerId, EmailAddress, FinishKey, Forwarding, Instead, InvalidSetting, MessageLength,
    NumberSettings, Owner, Plan, RingTime, Speech, VoicemailSettings,
};
pub use transcription::{Engine, Engines, LanguageCode, SpokenLanguages, Transcription};
pub use without_functions::{RULES, Says, WithoutFunctions, without_functions};

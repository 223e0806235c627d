//! Who is on the line, as types: telephone numbers, callers, and Twilio's identifiers.
//!
//! A telephone number is a person's secret here: the whole product exists to keep one hidden.
//! So [`Debug`](std::fmt::Debug) and [`Display`](std::fmt::Display) of every type in this crate
//! are safe for logs, and the full text comes only from a method that says so:
//!
//! ```
//! use phone::PhoneNumber;
//!
//! let owner = PhoneNumber::parse("+14155551234")?;
//! assert_eq!(owner.to_string(), "+1415****234");
//! assert_eq!(owner.reveal(), "+14155551234");
//! # Ok::<(), phone::NotE164>(())
//! ```

mod caller;
mod number;
mod sid;

pub use caller::{Caller, Withheld};
pub use number::{NotE164, PhoneNumber};
pub use sid::{AccountSid, CallSid, NotASid, RecordingSid};

//! Calls to a number that has a phone file.
//!
//! [`begin`] decides when a call comes in: a plain call is done with one answer. Any other has a course, and
//! [`step`] leads it on from webhook to webhook.

mod begin;
mod input;
mod legs;
mod menu;
mod scene;
mod step;
mod walk;
mod words;

pub use begin::{Begins, Known, begin, blocked_unread};
pub use input::Input;
pub use scene::Scene;
pub use step::{
    Offered, Stepped, all_lost, is_join_over, is_offer_over, is_somebody_asked, is_step_over, step, waiting,
    waiting_unread,
};

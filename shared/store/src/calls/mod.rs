//! The table Calls: one row per call.

pub(crate) mod call;
pub(crate) mod forwarded;
pub(crate) mod passed_over;
pub(crate) mod treatment;

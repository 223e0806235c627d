//! The table Calls: one row per call.

pub(crate) mod call;
mod treatment;

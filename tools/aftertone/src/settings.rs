//! How settings of numbers and mailboxes are written, as flags and in files.

pub(crate) mod flags;
pub(crate) mod form;
pub(crate) mod unreadable;
pub(crate) mod zones;

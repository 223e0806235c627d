//! What commands look up in the ledger, and what to do where it is not there.

pub(crate) mod mailbox;
pub(crate) mod number;
pub(crate) mod open;
pub(crate) mod owners;
pub(crate) mod voicemail;

//! The table Voicemails, which is the ledger: voicemails, and calls that were missed.

pub(crate) mod entry;
pub(crate) mod keeping;
pub(crate) mod links;
pub(crate) mod mail_events;
pub(crate) mod mails;
pub(crate) mod missed_calls;
pub(crate) mod receipts;
pub(crate) mod reconcile;
pub(crate) mod resend;
pub(crate) mod retry;
pub(crate) mod transcripts;
pub(crate) mod voicemail;

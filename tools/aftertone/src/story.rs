//! How far something got, in words and in JSON.

pub(crate) mod history;
pub(crate) mod mail;
pub(crate) mod missed_call;
pub(crate) mod rung;
pub(crate) mod trouble;
pub(crate) mod voicemail;

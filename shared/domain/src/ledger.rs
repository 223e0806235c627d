//! The rows of the ledger: voicemails, and calls that were missed.

use phone::{CallSid, RecordingSid};

use crate::missed_call::MissedCall;
use crate::voicemail::Voicemail;

/// A row of the ledger, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A voicemail.
    Voicemail(&'a RecordingSid),
    /// A missed call.
    MissedCall(&'a CallSid),
}

impl<'a> Entry<'a> {
    /// The SID that is the row's key.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Voicemail(recording_sid) => recording_sid.as_str(),
            Self::MissedCall(call_sid) => call_sid.as_str(),
        }
    }
}

impl<'a> From<&'a RecordingSid> for Entry<'a> {
    fn from(recording_sid: &'a RecordingSid) -> Self {
        Self::Voicemail(recording_sid)
    }
}

impl<'a> From<&'a CallSid> for Entry<'a> {
    fn from(call_sid: &'a CallSid) -> Self {
        Self::MissedCall(call_sid)
    }
}

/// A row of the ledger, whichever it is.
#[derive(Clone, Debug, PartialEq)]
pub enum LedgerRow {
    /// A voicemail.
    Voicemail(Box<Voicemail>),
    /// A missed call.
    MissedCall(Box<MissedCall>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_the_sid_of_its_recording_or_call() {
        let digits = "0123456789abcdef0123456789abcdef";
        let recording = RecordingSid::parse(&format!("RE{digits}")).unwrap();
        let call = CallSid::parse(&format!("CA{digits}")).unwrap();
        assert_eq!(Entry::from(&recording).as_str(), format!("RE{digits}"));
        assert_eq!(Entry::from(&call).as_str(), format!("CA{digits}"));
        assert_eq!(Entry::from(&call), Entry::MissedCall(&call));
    }
}

//! The person behind a masked number.

use jiff::tz::TimeZone;

use crate::email::EmailAddress;
use crate::language::Language;

/// The person behind a masked number.
#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    /// The name, as the mail greets.
    pub name: Option<String>,
    /// Where voicemails are mailed.
    pub email: EmailAddress,
    /// Where they are mailed when the first address does not take them.
    pub second_email: Option<EmailAddress>,
    /// Whether calls in which no message was left are mailed, too.
    ///
    /// Off for a new number: the owner's own telephone lists the calls that it rang for, and a mail
    /// that nobody asked for is one too many.
    pub missed_call_mail: bool,
    /// The language of the mail.
    pub language: Language,
    /// Where the owner lives: times in mails and the months of the plan go by it.
    pub time_zone: TimeZone,
}

impl Owner {
    /// A person of whom only the address is known.
    pub fn at(email: EmailAddress) -> Self {
        Self {
            name: None,
            email,
            second_email: None,
            missed_call_mail: false,
            language: Language::English,
            time_zone: TimeZone::UTC,
        }
    }
}

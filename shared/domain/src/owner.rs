//! The person behind a masked number.

use jiff::tz::TimeZone;

use crate::email::EmailAddress;
use crate::form::section;
use crate::language::Language;

section! {
    "owner" written as OwnerForm from at(email: EmailAddress):
    /// The person behind a masked number.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Owner {
        /// How the mail greets.
        name: Option<String> = None,
        /// Where voicemails are mailed.
        email: EmailAddress = email => "required",
        /// Where voicemails go when the first address takes no mail.
        second_email: Option<EmailAddress> = None,
        /// Whether calls without a message are mailed, too.
        ///
        /// Off for a new number: the owner's own telephone lists the calls that it rang for, and a mail
        /// that nobody asked for is one too many.
        missed_call_mail: bool = false,
        /// The language of the mail: `en` `zh-CN` `es` `fr` `de` `ja` `pt-BR`.
        language: Language = Language::English,
        /// Where the owner lives, by its IANA name: times in mails and the months of the plan go by it. `UTC`
        /// where the number's area has several.
        time_zone: TimeZone = TimeZone::UTC => "that of the number's area",
    }
}

//! The mails about a voicemail or a missed call, and what became of them.

use jiff::Timestamp;

use crate::audit::Instruction;
use crate::email::EmailAddress;

/// How far a mail got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// Nobody has begun.
    Unsent,
    /// A worker is at it, or was when it died, or did not learn whether SES took it: until then, no
    /// other may send.
    Claimed {
        /// The end of the claim.
        until: Timestamp,
        /// Which claim in a row it is of those that SES has not refused, from 1.
        tries: u32,
    },
    /// SES has taken it.
    Sent {
        /// When.
        at: Timestamp,
        /// SES's name for it.
        message_id: String,
        /// Whether the words were in it.
        with_words: bool,
    },
}

/// Which mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// The one with the sound.
    Voicemail,
    /// The short one with words that came later.
    Transcript,
    /// The first one over again, to the owner's second address.
    Second,
    /// The one about a missed call.
    MissedCall,
    /// The first one over again, the time of this number.
    Resend(u32),
}

/// Which of an owner's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The one that mails go to.
    First,
    /// The one for mails that the first one does not take.
    Second,
    /// Wherever the mail went that was sent over again last.
    Again,
}

/// What SES tells of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailEvent {
    /// The owner's mail server has it.
    Delivered,
    /// It does not take it now; SES goes on trying.
    Delayed,
    /// It did not take it in the end, or something answered for it; another mail may get through.
    SoftBounce {
        /// In SES's and the server's words, without addresses.
        reason: String,
        /// What is to be done about it.
        then: AfterBounce,
    },
    /// It never will.
    HardBounce {
        /// In SES's and the server's words, without addresses.
        reason: String,
        /// What is to be done about it.
        then: AfterBounce,
    },
    /// The owner called it spam.
    Complaint,
}

/// What is to be done about a mail that came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AfterBounce {
    /// Nothing by itself.
    #[default]
    Nothing,
    /// It goes to the owner's second address.
    Second,
    /// It goes there once more, without the sound.
    WithoutSound(ResendTo),
}

/// What is known of the mails to one address. Times are those of the first event of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailReports {
    /// See [`MailEvent::Delivered`].
    pub delivered_at: Option<Timestamp>,
    /// See [`MailEvent::Delayed`].
    pub delayed_at: Option<Timestamp>,
    /// See [`MailEvent::SoftBounce`].
    pub soft_bounced_at: Option<Timestamp>,
    /// Why, in SES's and the server's words; releases before this one did not keep it.
    pub soft_bounce_reason: Option<String>,
    /// See [`MailEvent::HardBounce`].
    pub bounced: Option<Bounce>,
    /// See [`MailEvent::Complaint`].
    pub complained_at: Option<Timestamp>,
}

/// An address takes no mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// When the mail came back.
    pub at: Timestamp,
    /// Why, in SES's and the server's words.
    pub reason: String,
}

/// The last instruction to send the mail about a voicemail over again, and how far it got.
#[derive(Clone, Debug, PartialEq)]
pub struct Resend {
    /// Which it is, from 1: what SES tells of the mail of an earlier one counts no more.
    pub number: u32,
    /// Who wants it, and why.
    pub instruction: Instruction,
    /// Where it goes.
    pub to: ResendTo,
    /// Whether the sound may be attached; the link is in it in any case.
    pub with_sound: bool,
    /// The mail.
    pub mail: Mail,
    /// What became of it.
    pub reports: MailReports,
}

/// Where a mail goes that is sent over again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResendTo {
    /// The owner's first address.
    First,
    /// The owner's second one.
    Second,
    /// This one.
    Named(EmailAddress),
}

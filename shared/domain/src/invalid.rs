//! What a setting can't be.

use thiserror::Error;

/// A value is outside what it may be. The text says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidSetting {
    /// See [`RingTime`](crate::RingTime).
    #[error("a ring time must be 5 to 600 seconds, not {0}")]
    RingTime(i64),
    /// See [`MessageLength`](crate::MessageLength).
    #[error("a message's longest time must be 2 to 14400 seconds, not {0}")]
    MessageLength(i64),
    /// See [`FinishKey`](crate::FinishKey).
    #[error("a finish key must be one of 0 to 9, # or *")]
    FinishKey,
    /// See [`LanguageCode`](crate::LanguageCode).
    #[error("a spoken language must be written like en-US: its code, a hyphen and the country's code")]
    LanguageCode,
    /// See [`MailboxId`](crate::MailboxId).
    #[error("a mailbox's name must have 1 to 64 of a to z, digits, full stop, _ and -, like kim")]
    MailboxId,
    /// See [`EmailAddress`](crate::EmailAddress).
    #[error("not an e-mail address: write it like name@example.com")]
    Email,
    /// More targets than Twilio rings at once.
    #[error("a number can ring at most 10 telephones, not {0}")]
    TooManyTargets(usize),
    /// Twilio speaks at most 4,096 characters at once.
    #[error("a prompt's text must have 1 to 4096 characters, not {0}")]
    PromptLength(usize),
    /// See [`Days`](crate::Days).
    #[error("days to keep must be 1 to 36500, not {0}")]
    Days(i64),
    /// A prompt's sound must be fetched by Twilio.
    #[error("a prompt's audio must be an https or http URL")]
    PromptAudio,
}

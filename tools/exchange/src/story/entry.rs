//! What happens in a call, entry by entry.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::Address;
use crate::recordings::Recording;
use crate::webhooks::SentWebhook;

/// Something that happened at an instant.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// Its number in the order of writing; an entry is written when it is over, and so anew when a webhook that
    /// was under way has its answer.
    pub written: u64,
    /// When, in the exchange's time.
    pub at: Timestamp,
    /// To whom, or by whom.
    pub party: Party,
    /// What.
    pub what: What,
}

/// Whom an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// The network: Twilio itself.
    Network,
    /// Who called.
    Caller,
    /// Who was dialled.
    Callee(Address),
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// Dials a number.
    Dials(Address),
    /// The telephone rings.
    Rings,
    /// Picks up; of the caller's call: it is answered, and billed from now.
    Answers,
    /// Declines the call.
    Declines,
    /// Hears the ringing tone for so long.
    HearsRinging(Duration),
    /// Hears words of `<Say>`, or of plain text.
    HearsWords {
        /// The text, without markup; only what was heard when somebody hung up before its end.
        text: String,
        /// The `voice`, if one was asked for.
        voice: Option<String>,
        /// The `language`, if one was asked for.
        language: Option<String>,
        /// Whether it was heard to the end.
        to_the_end: bool,
    },
    /// Hears a sound file of `<Play>`.
    HearsSound(String),
    /// Hears key tones of `<Play digits>`.
    HearsKeys(String),
    /// Hears nothing for so long.
    HearsSilence(Duration),
    /// Hears the beep of `<Record>`.
    HearsBeep,
    /// Hears the busy tone.
    HearsBusy,
    /// Hears that the number is not in service.
    HearsNotInService,
    /// Hears "We are sorry, an application error has occurred. Goodbye."
    HearsApplicationError,
    /// Hears that the other end is gone.
    HearsHangUp,
    /// Is connected with somebody.
    TalksWith(Address),
    /// Hears what somebody says whom they are connected with.
    HearsSomebody {
        /// Who says it.
        from: Address,
        /// What.
        words: String,
    },
    /// Says something: after a beep, at a prompt, or to whoever hears it.
    Speaks(String),
    /// Presses keys.
    Presses(String),
    /// Hangs up.
    HangsUp,
    /// The network requested a webhook; as it stood when its answer came.
    Webhook(Arc<SentWebhook>),
    /// A recording ended.
    Recorded(Box<Recording>),
    /// Something that Twilio's debugger would show.
    Problem(Problem),
    /// The state of a leg or call changed, in Twilio's words.
    Status(String),
    /// A remark for the reader.
    Note(String),
}

/// An error or a warning, as in Twilio's debugger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Twilio's code; 0 for what the exchange itself cannot do.
    pub code: u32,
    /// What is wrong.
    pub message: String,
    /// Whether the call goes on as if nothing were wrong.
    pub is_warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_warning { "warning" } else { "error" };
        write!(formatter, "{kind} {}: {}", self.code, self.message)
    }
}

/// Who ended a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// The caller hung up.
    Caller,
    /// The called party hung up, and the document had nothing more.
    Callee,
    /// The network: the document came to its end, or said so.
    Network,
    /// The network, after an application error.
    ApplicationError,
}

//! What came, to which a call goes on.

use domain::DialOutcome;
use phone::PhoneNumber;

/// What came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input<'a> {
    /// A key.
    Key(char),
    /// Speech, and how sure the recogniser is, from 0 to 1, where it says so.
    Speech(&'a str, Option<f64>),
    /// Nothing, where something was asked.
    Nothing,
    /// The telephone that rang by a plain dial rings no more.
    DialEnded(DialOutcome),
    /// Nobody of this step can be reached any more, or its time is over.
    StepOver,
    /// No program has taken the call that was offered, or it was given back.
    NotTaken,
    /// A program has put the call through to this telephone, which rings for so many seconds.
    PutThrough(&'a PhoneNumber, u16),
    /// A person who was rung wants the caller to leave a message.
    ToVoicemail,
    /// A person who was rung has blocked the caller.
    Blocked,
}

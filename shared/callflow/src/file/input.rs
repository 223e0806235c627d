//! What came, to which a call goes on.

use domain::DialOutcome;

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
    /// A person who was rung wants the caller to leave a message.
    ToVoicemail,
    /// A person who was rung has blocked the caller.
    Blocked,
}

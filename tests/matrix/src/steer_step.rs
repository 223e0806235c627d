//! What a program wants of a call, and when.

use serde_json::Value;

/// The number of ours.
pub(crate) const OURS: &str = local::development::MASKED_NUMBER;

/// Something that a program wants, so many seconds after its call was created.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) after: u64,
    pub(crate) wants: Wants,
}

/// What it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wants {
    /// An action, by its body.
    Action(Value),
    /// The last action is not wanted any more.
    Cancel,
    /// Something is wanted of the last action.
    OfLast(&'static str),
    /// Whoever came into the new call of the last action is to come back.
    MoveBack,
}

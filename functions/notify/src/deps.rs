//! What the function works with.

use api::CallbackSecrets;
use endpoint::{Reach, Sender};
use runtime::Clock;
use store::Store;
use worker::Later;

/// What the function works with.
#[derive(Debug)]
pub struct Deps {
    /// The tables.
    pub store: Store,
    /// What reaches the programs.
    pub sender: Sender,
    /// Which of them may be reached.
    pub reach: Reach,
    /// What signs what each of them is told.
    pub secrets: CallbackSecrets,
    /// What wakes the function later.
    pub later: Later,
    /// What time it is.
    pub clock: Clock,
}

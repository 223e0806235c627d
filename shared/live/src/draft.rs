//! What happened, before it has its place in the log.

use crate::event::Happened;
use crate::ids::{ActionId, ParticipantId};

/// An event that has no number yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) action: Option<ActionId>,
    pub(crate) participant: Option<ParticipantId>,
    pub(crate) happened: Happened,
}

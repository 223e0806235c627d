//! Somebody goes over from one call into another: where from, where to, and what became of it.

use serde::{Deserialize, Serialize};

use crate::ids::{ActionId, CallId, ParticipantId};
use crate::problem::Problem;

/// Where somebody comes from, or a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Origin {
    /// Out of which call.
    pub from_call: CallId,
    /// Who they are there.
    pub from_participant: ParticipantId,
    /// By which action of that call.
    pub from_action: ActionId,
}

/// Where somebody went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Destination {
    /// Into which call.
    pub to_call: CallId,
    /// Who they are there.
    pub to_participant: ParticipantId,
}

/// Somebody is to go over into another call, by an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// Who.
    pub participant: ParticipantId,
    /// Into which call.
    pub to: CallId,
    /// Whether that is not wanted any more.
    pub called_off: bool,
}

/// How it ended that somebody was to go over.
#[derive(Clone, Debug, PartialEq)]
pub enum WentOver {
    /// They are there.
    Arrived,
    /// It was called off.
    CalledOff,
    /// They are not there.
    Failed(Problem),
}

/// What another call has to know of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owed {
    /// Somebody came out of it, and is here, or is not.
    Came(ParticipantId),
    /// Nobody came out of it.
    NobodyCame,
    /// Nobody goes over into it.
    NobodyGoes(ActionId),
}

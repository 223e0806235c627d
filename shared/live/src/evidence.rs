//! What proves that something happened.

use serde::{Deserialize, Serialize};

/// What proves that something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Twilio asked what the leg is to hear next.
    DocumentAsked,
    /// Twilio reported how the leg goes.
    StatusCallback,
    /// Twilio answered a request with it.
    Answer,
    /// Twilio was asked, and said so.
    LookedUp,
    /// They pressed the key, or said the words, by which a person shows to be there.
    Proof,
    /// Another call has the leg: both logs were written at once.
    HandedOver,
    /// There was nothing to do: it was so already, or nothing had been begun.
    AlreadySo,
}

//! Who is in a conference, or called into it.

use std::sync::Arc;

use jiff::Timestamp;
use phone::CallSid;

use crate::document::{Join, Music, Program};
use crate::leg_handle::LegHandle;
use crate::params::{Params, push};

/// Somebody in a conference.
#[derive(Clone)]
pub(crate) struct Participant {
    pub(crate) leg: Arc<LegHandle>,
    pub(crate) joined: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) join: Join,
    /// What is heard on hold.
    pub(crate) hold: Option<Music>,
    pub(super) announcement: Option<(u64, Arc<Program>)>,
    /// Removed, and why.
    pub(super) out: Option<&'static str>,
    /// Removed by REST.
    pub(super) kicked: bool,
}

impl Participant {
    pub(crate) fn is_coaching(&self) -> bool {
        self.join.coach.is_some()
    }
}

/// Somebody whom REST calls into a conference.
pub(super) struct Expected {
    pub(super) leg: Arc<LegHandle>,
    pub(super) join: Join,
}

/// What each event about a participant says of them.
pub(super) fn participant_params(leg: &LegHandle, join: &Join, on_hold: bool) -> Params {
    let mut params = Params::new();
    push(&mut params, "CallSid", leg.sid().as_str());
    push(&mut params, "Muted", join.muted.to_string());
    push(&mut params, "Hold", on_hold.to_string());
    push(&mut params, "Coaching", join.coach.is_some().to_string());
    if let Some(coached) = &join.coach {
        push(&mut params, "CallSidToCoach", coached.as_str());
    }
    push(&mut params, "StartConferenceOnEnter", join.starts.to_string());
    push(&mut params, "EndConferenceOnExit", join.ends.to_string());
    if let Some(label) = &join.label {
        push(&mut params, "ParticipantLabel", label.as_str());
    }
    params
}

/// Twilio's error for a label that is none, and for one that is another participant's.
pub(crate) const LABEL_REFUSALS: [u32; 2] = [16023, 16025];

/// Whether a participant may be called so: it could not be told from a call, or stand in a path, otherwise.
pub(crate) fn is_label(text: &str) -> bool {
    text.chars().count() <= 128
        && !text.contains('/')
        && !text.to_ascii_lowercase().contains("%2f")
        && CallSid::parse(text).is_err()
}

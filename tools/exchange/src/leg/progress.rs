//! What status callbacks say of a leg, besides who it is.

use std::time::Duration;

use jiff::Timestamp;

use crate::params::{Params, push, rfc2822};
use crate::recordings::whole_seconds;

/// What a status callback says of how long a leg lasted: in seconds, and in minutes if somebody picked up.
pub(super) fn push_end(params: &mut Params, status: &str, length: Duration) {
    let seconds = whole_seconds(length);
    push(params, "CallDuration", seconds.to_string());
    if status == "completed" {
        push(params, "Duration", seconds.div_ceil(60).to_string());
    }
}

/// The parameters that only status callbacks have.
pub(super) fn push_event(params: &mut Params, now: Timestamp, sequence: u32) {
    push(params, "Timestamp", rfc2822(now));
    push(params, "CallbackSource", "call-progress-events");
    push(params, "SequenceNumber", sequence.to_string());
}

//! Whoever is on hold is not forgotten: programs are reminded of them, and a caller with whom nobody else is left goes on
//! by the number's phone file, or leaves a message.

use jiff::{SignedDuration, Timestamp};

use crate::call::{Call, Participant, Place};
use crate::command::{Command, HELD_ALONE_SECONDS};
use crate::draft::Draft;
use crate::event::Happened;
use crate::ids::ActionId;
use crate::later::later;

/// After how long on hold programs are reminded, in seconds: these times, and then each time again.
const REMINDED_AFTER: [u32; 3] = [60, 180, 300];
const REMINDED_EVERY: u32 = 300;

/// When somebody is to be reminded of a participant next, and for how long they have been on hold by then, in seconds.
pub(crate) fn reminder(it: &Participant) -> Option<(Timestamp, u32)> {
    let held_at = held_since(it).filter(|_| it.is_there() && it.wanted.gone.is_none())?;
    let times = REMINDED_AFTER.into_iter().find(|seconds| *seconds > it.reminded_seconds);
    let seconds = times.unwrap_or_else(|| (it.reminded_seconds / REMINDED_EVERY + 1) * REMINDED_EVERY);
    Some((later(held_at, SignedDuration::from_secs(seconds.into())), seconds))
}

/// When a caller has been forgotten with whom nobody else is left, if nothing happens until then.
pub(crate) fn forgotten_at(call: &Call) -> Option<Timestamp> {
    let (caller, it) = call.caller()?;
    let is_alone = call.present().all(|(id, _)| id == caller);
    // Who is to hear something else by now is not forgotten.
    let waits = it.is_there() && it.wanted.held && it.wanted.place == it.place && it.wanted.gone.is_none();
    let held_at = held_since(it).filter(|_| waits && is_alone && call.is_idle())?;
    // Whoever hung up, or was called in vain, may be about to be followed by another.
    let left_at = call.participants.values().filter_map(|it| it.left_at).max();
    let since = left_at.map_or(held_at, |left_at| left_at.max(held_at));
    let alone_seconds = it.wanted.held_alone_seconds.unwrap_or(HELD_ALONE_SECONDS);
    Some(later(since, SignedDuration::from_secs(alone_seconds.into())))
}

/// Since when somebody is on hold; of a row of the release before, in which that does not stand, at least since they
/// picked up.
fn held_since(it: &Participant) -> Option<Timestamp> {
    it.held_at.or(it.answered_at).filter(|_| it.place == Some(Place::Hold))
}

/// What a program would have had to want, that has forgotten its caller.
pub(crate) fn given_back(call: &Call, now: Timestamp) -> Option<Draft> {
    forgotten_at(call).filter(|at| *at <= now)?;
    let happened = Happened::Queued { command: Command::Release, callback: None };
    Some(Draft { action: Some(ActionId(call.actions_made + 1)), participant: None, happened })
}

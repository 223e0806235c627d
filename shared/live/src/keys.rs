//! A program hears each key that somebody presses, until it is called off.
//!
//! In a seat nobody hears keys but the others. So they are heard while somebody is alone, or on hold; or somebody is
//! taken out of their seat for it.

use crate::call::{ActionState, Call, Place};
use crate::command::Command;
use crate::draft::Draft;
use crate::event::{Happened, Heard};
use crate::ids::{ActionId, ParticipantId};
use crate::problem::{Code, Problem};

impl Call {
    /// By which action each key of somebody is heard where they are wanted now.
    pub fn listens_to(&self, id: ParticipantId) -> Option<ActionId> {
        let it = self.participants.get(&id).filter(|it| it.is_there() && it.wanted.media.is_empty())?;
        let is_apart = matches!(it.wanted.place, Some(Place::Booth | Place::Hold));
        it.wanted.listens.filter(|_| is_apart)
    }

    /// Whether somebody is out of their seat for it.
    pub(crate) fn is_out_for_keys(&self, id: ParticipantId) -> bool {
        let listens = self.participants.get(&id).and_then(|it| it.wanted.listens);
        let action = listens.and_then(|action| self.actions.get(&action));
        action.is_some_and(|it| matches!(it.command, Command::ListenKeys { leave_seat: true, .. }))
    }
}

/// Of one the keys are heard by one action at a time, and in a seat only if they may leave it.
pub(crate) fn may_listen(call: &Call, id: ParticipantId, leave_seat: bool) -> Result<(), Problem> {
    let Some(it) = call.participants.get(&id) else { return Ok(()) };
    if let Some(blocking) = it.wanted.listens {
        let problem = Problem::new(Code::ActionInTheWay, "the keys of the participant are heard already");
        return Err(Problem { blocking_action: Some(blocking), ..problem });
    }
    if it.wanted.place == Some(Place::Seat) && !leave_seat {
        return Err(Problem::new(
            Code::InASeat,
            "the participant talks to others, who alone hear their keys",
        ));
    }
    Ok(())
}

/// Keys that came, each an event, as far as they are not known: whoever asks again gets nothing twice.
pub(crate) fn heard(
    call: &Call,
    id: ParticipantId,
    (version, round): (u32, u16),
    heard: &Heard,
) -> Option<Vec<Draft>> {
    let action = call.listens_to(id)?;
    let it = call.participants.get(&id)?;
    let Command::ListenKeys { sensitive, .. } = call.actions.get(&action)?.command else { return None };
    let is_new = it.wanted.version == version && it.wanted.gone.is_none() && it.keys_round < round;
    let keys = heard.keys.as_deref().filter(|_| is_new).unwrap_or_default();
    let key = |(place, key): (u32, char)| Draft {
        action: Some(action),
        participant: Some(id),
        happened: Happened::Key { sequence: place, key: (!sensitive).then_some(key), round },
    };
    Some((it.keys_heard + 1..).zip(keys.chars()).map(key).collect())
}

/// Whoever asks what they hear while their keys are heard has begun to be listened to.
pub(crate) fn begins(call: &Call, id: ParticipantId) -> Option<Draft> {
    let action = call.listens_to(id)?;
    let it = call.participants.get(&id)?;
    let is_queued = call.actions.get(&action).is_some_and(|it| it.state == ActionState::Queued);
    let is_here = it.version == it.wanted.version;
    (is_queued && is_here).then_some(Draft {
        action: Some(action),
        participant: None,
        happened: Happened::Started,
    })
}

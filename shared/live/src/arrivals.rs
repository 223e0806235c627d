//! Who is to go over into another call, has gone, or has come; and what the other call tells of that.

use crate::call::{Call, CallState};
use crate::command::Command;
use crate::draft::Draft;
use crate::event::Happened;
use crate::evidence::Evidence;
use crate::going_over::{Destination, Handover, Origin, WentOver};
use crate::ids::{ActionId, ParticipantId};

impl Call {
    /// Whether somebody who is transferred leaves others behind, who talk on: then they go over into a new call.
    pub fn is_group_for(&self, participant: ParticipantId) -> bool {
        self.present().filter(|(id, it)| *id != participant && it.is_talker()).count() > 1
    }

    /// Where somebody went, if they went over into another call.
    pub fn destination(&self, participant: ParticipantId) -> Option<&Destination> {
        self.participants.get(&participant)?.went_to.as_ref()
    }

    /// By whom this call is waited for, out of which somebody is to come now.
    pub fn awaits(&self) -> Option<&Origin> {
        let is_there = self.present().any(|(_, it)| it.is_there() && it.wanted.gone.is_none());
        let origin = self.origin.as_ref().filter(|_| self.shown_state() < CallState::Ending && is_there)?;
        (!has_come(self, origin)).then_some(origin)
    }

    /// Whether an action has somebody go over who has not gone, and not been called off.
    pub(crate) fn hands_over(&self, action: ActionId) -> Option<&Handover> {
        let it = self.handovers.get(&action).filter(|it| !it.called_off)?;
        let is_here = self.participants.get(&it.participant)?.went_to.is_none();
        (is_here && self.actions.contains_key(&action)).then_some(it)
    }

    /// Whether somebody has gone over by an action.
    pub(crate) fn has_gone_over(&self, action: ActionId) -> bool {
        let it = self.handovers.get(&action);
        let went = it.and_then(|it| self.destination(it.participant).filter(|to| to.to_call == it.to));
        went.is_some()
    }

    /// Whether it is yet to be heard how somebody arrived who went over.
    pub(crate) fn waits_for_arrival(&self) -> bool {
        self.handovers.keys().any(|action| self.actions.contains_key(action) && self.has_gone_over(*action))
    }
}

/// Whether somebody has come from there.
pub(crate) fn has_come(call: &Call, origin: &Origin) -> bool {
    call.participants.values().any(|it| it.came_from.as_ref() == Some(origin))
}

/// An action ends whose participant was to go over, as the other call tells.
pub(crate) fn ended(call: &Call, action: ActionId, ended: &WentOver) -> Vec<Draft> {
    if !call.actions.contains_key(&action) || !call.handovers.contains_key(&action) {
        return Vec::new();
    }
    let happened = match ended {
        WentOver::Arrived => Happened::Succeeded { evidence: Evidence::DocumentAsked },
        WentOver::CalledOff => Happened::Canceled,
        WentOver::Failed(problem) => Happened::Failed { problem: problem.clone() },
    };
    vec![Draft { action: Some(action), participant: None, happened }]
}

/// Nobody goes over into a call for which it was begun: it ends.
pub(crate) fn nobody_goes(call: &Call, action: ActionId) -> Vec<Draft> {
    let is_its = |origin: &Origin| origin.from_action == action && !has_come(call, origin);
    if call.state >= CallState::Ending || !call.origin.as_ref().is_some_and(is_its) {
        return Vec::new();
    }
    let happened = Happened::Queued { command: Command::End, callback: None };
    vec![Draft { action: Some(ActionId(call.actions_made + 1)), participant: None, happened }]
}

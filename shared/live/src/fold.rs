//! What a log comes to.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::call::{
    Action, ActionState, AnsweredBy, Call, CallState, Cause, Decision, Direction, Participant,
    ParticipantState, Place, Wanted,
};
use crate::command::{Command, Create, Machine, Who};
use crate::event::{Event, Happened};
use crate::ids::{ActionId, CallId, ParticipantId};

/// A call as its log has it; none of a log that does not begin with a beginning.
pub fn fold_all<'a>(id: &CallId, log: impl IntoIterator<Item = &'a Event>) -> Option<Call> {
    let mut log = log.into_iter();
    let mut call = begun(id, log.next()?)?;
    for event in log {
        fold(&mut call, event);
    }
    Some(call)
}

/// A call as it is after its first event.
pub(crate) fn begun(id: &CallId, event: &Event) -> Option<Call> {
    let Happened::Created { number, direction } = &event.happened else { return None };
    Some(Call {
        id: id.clone(),
        number: number.clone(),
        direction: *direction,
        operation_context: event.operation_context.clone(),
        state: match direction {
            Direction::Incoming => CallState::Incoming,
            Direction::Outgoing => CallState::Dialing,
        },
        participants: BTreeMap::new(),
        actions: BTreeMap::new(),
        actions_made: 0,
        seq: event.seq,
        created_at: event.at,
        connected_at: None,
        ended_at: None,
        cause: None,
        document: None,
        limit_seconds: 0,
        was_together: false,
        decision: None,
        rings_on: false,
    })
}

/// A call after one more event.
pub fn fold(call: &mut Call, event: &Event) {
    call.seq = event.seq;
    match &event.happened {
        Happened::Created { .. } => {}
        Happened::Connected => {
            call.state = call.state.max(CallState::Active);
            call.connected_at = Some(event.at);
        }
        Happened::RingsOn => call.rings_on = true,
        Happened::Ended { cause } => {
            call.state = CallState::Ended;
            call.ended_at = Some(event.at);
            call.cause = Some(*cause);
        }
        Happened::Queued { command, callback: _ } => {
            if let Some(id) = event.action {
                queued(call, id, command, event);
            }
        }
        Happened::Started => {
            if let Some(action) = event.action.and_then(|id| call.actions.get_mut(&id)) {
                action.state = ActionState::Running;
                action.started_at = Some(event.at);
            }
        }
        happened if happened.ends_action() => {
            if let Some(action) = event.action.and_then(|id| call.actions.remove(&id))
                && !matches!(happened, Happened::Succeeded { .. })
                && let Some(id) = event.action
            {
                taken_back(call, id, &action.command);
            }
        }
        Happened::Planned { address } => {
            if let Some(id) = event.participant {
                let planned = Participant {
                    address: address.clone(),
                    state: ParticipantState::Planned,
                    place: None,
                    muted: false,
                    answered_by: None,
                    answer_proved_by: None,
                    answered_at: None,
                    left_at: None,
                    cause: None,
                    call_sid: None,
                    action: event.action,
                    wanted: Wanted::default(),
                    version: 0,
                };
                call.participants.insert(id, planned);
            }
        }
        happened => {
            if let Some(id) = event.participant
                && let Some(it) = call.participants.get_mut(&id)
            {
                of_participant(it, happened, event.at);
                follows(call, id, happened);
            }
        }
    }
    settle_places(call);
}

/// Everybody is wanted where they belong by who else is there. Each change of that is another version of what they
/// hear.
fn settle_places(call: &mut Call) {
    let ids: Vec<ParticipantId> = call.participants.keys().copied().collect();
    for id in ids {
        let place = call.place_for(id);
        if let Some(it) = call.participants.get_mut(&id)
            && place.is_some()
            && it.wanted.place != place
        {
            it.wanted.place = place;
            it.wanted.version += 1;
        }
    }
}

/// What happens to one may decide about others.
fn follows(call: &mut Call, id: ParticipantId, happened: &Happened) {
    match happened {
        Happened::Answered { answered_by, .. } => {
            let Some(it) = call.participants.get(&id) else { return };
            let called_for_action = it.action;
            let action = called_for_action.and_then(|id| call.actions.get(&id));
            let command = action.map(|action| &action.command);
            let hangs_up =
                command.and_then(Command::ring).is_some_and(|ring| ring.machine == Machine::HangUp);
            if hangs_up && matches!(answered_by, Some(AnsweredBy::Machine | AnsweredBy::Fax)) {
                gone(call, id, Cause::MachineAnswered);
                return;
            }
            // Who is not wanted any more wins nothing.
            if it.wanted.gone.is_none()
                && let Some(Command::Create(Create { who: Who::FirstWins, .. })) = command
                && let Some(action) = called_for_action
            {
                let others: Vec<ParticipantId> =
                    called_for(call, action).filter(|other| *other != id).collect();
                for other in others {
                    gone(call, other, Cause::TakenByAnother);
                }
            }
        }
        Happened::Moved { place: Place::Seat, .. } => call.was_together = true,
        Happened::Left { .. } if call.was_together => {
            let mut left = call.participants.iter().filter(|(_, it)| it.is_present());
            // Whoever waits is not sent away with the one for whom they wait.
            if let (Some((last, it)), None) = (left.next(), left.next())
                && it.is_there()
                && !it.wanted.held
            {
                let last = *last;
                gone(call, last, Cause::Alone);
            }
        }
        _ => {}
    }
}

fn of_participant(it: &mut Participant, happened: &Happened, at: Timestamp) {
    match happened {
        Happened::Dialing { call_sid } => {
            it.state = it.state.max(ParticipantState::Dialing);
            it.call_sid = Some(call_sid.clone());
        }
        Happened::Ringing => it.state = it.state.max(ParticipantState::Ringing),
        Happened::Answered { answered_by, evidence } => {
            it.state = it.state.max(ParticipantState::Answered);
            it.answered_by = answered_by.or(it.answered_by);
            it.answer_proved_by = Some(*evidence);
            it.answered_at = it.answered_at.or(Some(at));
        }
        Happened::Detected { answered_by } => it.answered_by = Some(*answered_by),
        Happened::Moved { place, version } => {
            it.place = Some(*place);
            it.version = *version;
            // Whoever takes a seat is heard there.
            it.muted = false;
        }
        Happened::Muted => it.muted = true,
        Happened::Unmuted => it.muted = false,
        Happened::Left { cause, .. } => {
            it.state = ParticipantState::Left;
            it.place = None;
            it.cause = Some(*cause);
            it.left_at = Some(at);
        }
        _ => {}
    }
}

fn queued(call: &mut Call, id: ActionId, command: &Command, event: &Event) {
    call.actions_made = call.actions_made.max(id.0);
    let action = Action {
        command: command.clone(),
        state: ActionState::Queued,
        operation_context: event.operation_context.clone(),
        queued_at: event.at,
        started_at: None,
    };
    call.actions.insert(id, action);
    match command {
        Command::Create(create) => {
            call.document.clone_from(&create.document);
            call.limit_seconds = create.limit_seconds;
        }
        Command::Add(_) => {}
        Command::Remove { participant } => gone(call, *participant, Cause::Ended),
        Command::Mute { participant } => wanted(call, *participant, |wanted| wanted.muted = true),
        Command::Unmute { participant } => wanted(call, *participant, |wanted| wanted.muted = false),
        Command::Hold { participant, document } => wanted(call, *participant, |wanted| {
            // They stay where they are, and hear something else there.
            wanted.version += u32::from(wanted.held && wanted.hold_document != *document);
            wanted.held = true;
            wanted.hold_document.clone_from(document);
        }),
        Command::Resume { participant } => wanted(call, *participant, |wanted| {
            wanted.held = false;
            wanted.hold_document = None;
        }),
        Command::Cancel { action } => {
            let called: Vec<ParticipantId> = called_for(call, *action).collect();
            for id in called {
                gone(call, id, Cause::Canceled);
            }
        }
        Command::End => {
            call.state = call.state.max(CallState::Ending);
            let all: Vec<ParticipantId> = call.participants.keys().copied().collect();
            for id in all {
                gone(call, id, Cause::Ended);
            }
        }
        Command::Answer { document } => {
            call.document.clone_from(document);
            call.decision = Some(Decision::Answer);
        }
        Command::Reject { reason } => {
            call.decision = Some(Decision::Reject(*reason));
            caller_gone(call, Cause::Rejected);
        }
        Command::Redirect { to, ring_seconds } => {
            call.decision = Some(Decision::Redirect { to: to.clone(), ring_seconds: *ring_seconds });
        }
        Command::Release => caller_gone(call, Cause::Released),
    }
}

/// Who called is to leave: led elsewhere, if they are there already.
fn caller_gone(call: &mut Call, cause: Cause) {
    let Some((id, _)) = call.caller() else { return };
    wanted(call, id, |wanted| {
        wanted.gone = wanted.gone.or(Some(cause));
        wanted.version += 1;
    });
}

/// What a command wanted that did not come true is not wanted any more.
fn taken_back(call: &mut Call, id: ActionId, command: &Command) {
    match command {
        Command::Mute { participant } => wanted(call, *participant, |wanted| wanted.muted = false),
        Command::Unmute { participant } => wanted(call, *participant, |wanted| wanted.muted = true),
        Command::Hold { participant, .. } => wanted(call, *participant, |wanted| {
            wanted.held = false;
            wanted.hold_document = None;
        }),
        Command::Resume { participant } => wanted(call, *participant, |wanted| wanted.held = true),
        Command::Create(_) | Command::Add(_) => {
            let called: Vec<ParticipantId> = called_for(call, id).collect();
            for it in called {
                gone(call, it, Cause::Canceled);
            }
        }
        // Who is to leave, leaves, however long it takes.
        Command::Remove { .. }
        | Command::Cancel { .. }
        | Command::End
        | Command::Answer { .. }
        | Command::Reject { .. }
        | Command::Redirect { .. } => {}
        // Nothing proves that they went: they stay, and hear what is wanted of them.
        Command::Release => {
            let caller = call.caller().map(|(id, _)| id);
            if let Some(id) = caller {
                wanted(call, id, |wanted| {
                    wanted.gone = wanted.gone.filter(|cause| *cause != Cause::Released);
                    wanted.version += 1;
                });
            }
        }
    }
}

fn called_for(call: &Call, action: ActionId) -> impl Iterator<Item = ParticipantId> {
    let is_its = move |it: &Participant| it.action == Some(action);
    call.participants.iter().filter(move |(_, it)| is_its(it)).map(|(id, _)| *id)
}

fn wanted(call: &mut Call, id: ParticipantId, change: impl FnOnce(&mut Wanted)) {
    if let Some(it) = call.participants.get_mut(&id) {
        change(&mut it.wanted);
    }
}

fn gone(call: &mut Call, id: ParticipantId, cause: Cause) {
    wanted(call, id, |wanted| wanted.gone = wanted.gone.or(Some(cause)));
}

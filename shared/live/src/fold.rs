//! What a log comes to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use phone::CallSid;

use crate::address::Address;
use crate::call::{
    Action, ActionState, AnsweredBy, Call, CallState, Cause, Consult, Decision, Direction, Participant,
    ParticipantState, Place, Wanted,
};
use crate::command::{Command, Create, Machine, Role, Who};
use crate::event::{Event, Happened};
use crate::evidence::Evidence;
use crate::feed::FeedWish;
use crate::feeding;
use crate::going_over::{Handover, Origin};
use crate::ids::{ActionId, CallId, ParticipantId};
use crate::record::Wish;
use crate::recording;

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
    let Happened::Created { number, direction, from } = &event.happened else { return None };
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
        consults: BTreeMap::new(),
        origin: from.clone(),
        handovers: BTreeMap::new(),
        decision: None,
        rings_on: false,
        wishes: BTreeMap::new(),
        recordings: Vec::new(),
        bridge_ended_at: None,
        feed_wishes: BTreeMap::new(),
        feeds: Vec::new(),
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
            // What is recorded may be waited for.
            let left = call.participants.values().filter_map(|it| it.left_at).max();
            call.ended_at = left.or(Some(event.at));
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
            if let Some(id) = event.action
                && let Some(action) = call.actions.remove(&id)
            {
                if let Command::ListenKeys { participant, .. } = &action.command {
                    listens(call, *participant, None);
                }
                if !matches!(happened, Happened::Succeeded { .. }) {
                    taken_back(call, id, &action.command, event.at);
                }
                // Who has not gone over by then does not go any more.
                let is_over = !call.has_gone_over(id);
                if let Some(handover) = call.handovers.get_mut(&id) {
                    handover.called_off |= is_over;
                }
                if matches!(action.command, Command::Record { .. }) {
                    recording::is_over(call, id);
                }
                call.feed_wishes.remove(&id);
            }
        }
        Happened::Planned { address } => {
            if let Some(id) = event.participant {
                let adds = event.action.and_then(|id| call.actions.get(&id));
                let role =
                    adds.and_then(|action| action.command.adds()).map(|add| add.role).unwrap_or_default();
                let wanted = Wanted { role, muted: role == Role::Listen, ..Wanted::default() };
                let planned = Participant { action: event.action, wanted, ..planned(address) };
                call.participants.insert(id, planned);
            }
        }
        Happened::Joined { address, call_sid, answered_by, from } => {
            if let Some(id) = event.participant {
                let joined = joined((address, call_sid), *answered_by, from, event.at);
                call.participants.insert(id, joined);
                // The last one has nobody to wait for.
                call.was_together = true;
                recording::joins(call, id);
            }
        }
        happened => {
            if let Some(id) = event.participant
                && let Some(it) = call.participants.get_mut(&id)
            {
                let was_bridged = it.place == Some(Place::Bridge);
                of_participant(it, happened, event.at);
                if was_bridged && it.place != Some(Place::Bridge) {
                    call.bridge_ended_at = call.bridge_ended_at.or(Some(event.at));
                }
                follows(call, id, happened, event.at);
            }
            recording::fold(call, event);
            feeding::fold(call, event);
        }
    }
    recording::settle(call);
    settle_places(call);
}

/// Somebody who is to be called.
fn planned(address: &Address) -> Participant {
    Participant {
        address: address.clone(),
        state: ParticipantState::Planned,
        place: None,
        muted: false,
        answered_by: None,
        answer_proved_by: None,
        is_screened: false,
        answered_at: None,
        left_at: None,
        cause: None,
        refused: None,
        came_from: None,
        went_to: None,
        call_sid: None,
        action: None,
        wanted: Wanted::default(),
        version: 0,
        keys_heard: 0,
        keys_round: 0,
        held_at: None,
        reminded_seconds: 0,
    }
}

/// Somebody who comes out of another call, where they hear something else than here.
fn joined(
    (address, call_sid): (&Address, &CallSid),
    answered_by: Option<AnsweredBy>,
    from: &Origin,
    at: Timestamp,
) -> Participant {
    Participant {
        state: ParticipantState::Answered,
        place: Some(Place::Booth),
        answered_by,
        answer_proved_by: Some(Evidence::HandedOver),
        answered_at: Some(at),
        came_from: Some(from.clone()),
        call_sid: Some(call_sid.clone()),
        // The first version is for whom the call's own document is.
        wanted: Wanted { version: 1, ..Wanted::default() },
        ..planned(address)
    }
}

/// Everybody is wanted where they belong by who else is there. Each change of that is another version of what they
/// hear.
fn settle_places(call: &mut Call) {
    let ids: Vec<ParticipantId> = call.participants.keys().copied().collect();
    for id in ids {
        let (place, coaches) = (call.place_for(id), coaches(call, id));
        if let Some(it) = call.participants.get_mut(&id)
            && place.is_some()
            && (it.wanted.place != place || it.wanted.coaches != coaches)
        {
            it.wanted.place = place;
            it.wanted.coaches = coaches;
            it.wanted.version += 1;
        }
    }
}

/// Who alone hears somebody. Twilio knows only whom it has in the room already.
fn coaches(call: &Call, id: ParticipantId) -> Option<ParticipantId> {
    let Role::Coach { coaches } = call.participants.get(&id)?.wanted.role else { return None };
    let is_seated = call.participants.get(&coaches).is_some_and(|it| it.place == Some(Place::Seat));
    is_seated.then_some(coaches)
}

/// What happens to one may decide about others.
fn follows(call: &mut Call, id: ParticipantId, happened: &Happened, at: Timestamp) {
    if matches!(happened, Happened::Moved { .. }) {
        recording::moved(call, id, at);
        feeding::moved(call, id, at);
    }
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
            if let (Some(Command::Transfer { participant, .. }), None) = (command, it.wanted.gone) {
                let (transferred, action) = (*participant, called_for_action);
                transferred_to(call, transferred, action);
                recording::joins(call, id);
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
            recording::joins(call, id);
        }
        Happened::Moved { place: Place::Seat | Place::Bridge, .. } => call.was_together = true,
        Happened::Left { .. } => {
            consult_ends(call, id);
            transfer_ends(call, id);
            if call.was_together {
                nobody_is_left_alone(call);
            }
        }
        Happened::Played => {
            if let Some(it) = call.participants.get_mut(&id)
                && !it.wanted.media.is_empty()
            {
                it.wanted.media.remove(0);
                it.wanted.version += 1;
            }
        }
        _ => {}
    }
}

/// The last who talks has nobody to talk to. Whoever listens has nobody to listen to then.
fn nobody_is_left_alone(call: &mut Call) {
    // Whoever waits is not sent away with the one for whom they wait.
    let waits = |it: &Participant| !it.is_there() || it.wanted.held || !it.wanted.media.is_empty();
    let talkers: Vec<&Participant> = call.present().map(|(_, it)| it).filter(|it| it.is_talker()).collect();
    if talkers.len() > 1 || talkers.iter().any(|it| waits(it)) {
        return;
    }
    let all: Vec<ParticipantId> = call.present().map(|(id, _)| id).collect();
    for id in all {
        gone(call, id, Cause::Alone);
    }
}

/// Whoever consulted, or was consulted, has left: those who waited are with the one who is there.
fn consult_ends(call: &mut Call, left: ParticipantId) {
    let is_over = |(action, consult): (&ActionId, &Consult)| {
        let is_called = |it: &Participant| it.action == Some(*action) && it.is_present();
        let was_of = |it: &Participant| it.action == Some(*action);
        let was_consulted = call.participants.get(&left).is_some_and(was_of);
        consult.by == left || (was_consulted && !call.participants.values().any(is_called))
    };
    let over: Vec<ActionId> =
        call.consults.iter().filter(|it| is_over(*it)).map(|(action, _)| *action).collect();
    for action in over {
        nobody_waits(call, action);
    }
}

/// Those who wait while somebody is consulted wait no more.
fn nobody_waits(call: &mut Call, action: ActionId) {
    let Some(consult) = call.consults.remove(&action) else { return };
    for id in consult.waiting {
        wanted(call, id, |wanted| {
            wanted.waits_no_more();
        });
    }
}

/// Nobody is called for whom is not there any more.
fn transfer_ends(call: &mut Call, left: ParticipantId) {
    let is_its = |(_, action): &(&ActionId, &Action)| matches!(&action.command, Command::Transfer { participant, .. } if *participant == left);
    let actions: Vec<ActionId> = call.actions.iter().filter(is_its).map(|(id, _)| *id).collect();
    for action in actions {
        let called: Vec<ParticipantId> = called_for(call, action).collect();
        for id in called {
            gone(call, id, Cause::Canceled);
        }
    }
}

/// Somebody has picked up to whom a participant is transferred: the other one leaves.
fn transferred_to(call: &mut Call, transferred: ParticipantId, action: Option<ActionId>) {
    let leaves = |(id, it): &(ParticipantId, &Participant)| {
        *id != transferred && it.action != action && it.is_talker()
    };
    let others: Vec<ParticipantId> = call.present().filter(leaves).map(|(id, _)| id).collect();
    for id in others {
        gone(call, id, Cause::Transferred);
    }
    wanted(call, transferred, |wanted| {
        wanted.waits_no_more();
    });
}

fn of_participant(it: &mut Participant, happened: &Happened, at: Timestamp) {
    match happened {
        Happened::Dialing { call_sid } => {
            it.state = it.state.max(ParticipantState::Dialing);
            it.call_sid = Some(call_sid.clone());
        }
        Happened::Screened => {
            it.state = it.state.max(ParticipantState::Ringing);
            it.is_screened = true;
        }
        Happened::Unproved { cause } => it.wanted.gone = it.wanted.gone.or(Some(*cause)),
        Happened::Ringing => it.state = it.state.max(ParticipantState::Ringing),
        Happened::Answered { answered_by, evidence } => {
            it.state = it.state.max(ParticipantState::Answered);
            it.answered_by = answered_by.or(it.answered_by);
            it.answer_proved_by = Some(*evidence);
            // What they heard when they proved it is not where they belong.
            it.wanted.version += u32::from(*evidence == Evidence::Proof);
            it.answered_at = it.answered_at.or(Some(at));
        }
        Happened::Detected { answered_by } => it.answered_by = Some(*answered_by),
        Happened::Moved { place, version } => {
            // Whoever is to hear something else on hold is not forgotten.
            it.held_at = (*place == Place::Hold).then_some(at);
            it.reminded_seconds = 0;
            it.place = Some(*place);
            it.version = *version;
            it.keys_round = 0;
            // Whoever is not to be heard takes a seat like that.
            it.muted = it.wanted.muted && *place == Place::Seat;
        }
        Happened::StillHeld { seconds } => it.reminded_seconds = *seconds,
        Happened::Key { sequence, round, key: _ } => {
            it.keys_heard = *sequence;
            it.keys_round = *round;
            // Whoever presses keys is not forgotten.
            it.held_at = it.held_at.map(|_| at);
            it.reminded_seconds = 0;
        }
        Happened::Muted => it.muted = true,
        Happened::Unmuted => it.muted = false,
        Happened::Left { cause, provider_code, to, evidence: _ } => {
            it.went_to.clone_from(to);
            it.refused = *provider_code;
            it.state = ParticipantState::Left;
            it.place = None;
            it.cause = Some(*cause);
            it.left_at = Some(at);
        }
        _ => {}
    }
}

#[expect(clippy::too_many_lines, reason = "one kind after the other")]
fn queued(call: &mut Call, id: ActionId, command: &Command, event: &Event) {
    call.actions_made = call.actions_made.max(id.0);
    let action = Action {
        command: command.clone(),
        state: ActionState::Queued,
        operation_context: event.operation_context.clone(),
        queued_at: event.at,
        started_at: None,
    };
    call.actions.insert(id, action.clone());
    match command {
        Command::Record { .. } => recording::wished(call, id, &action),
        Command::PauseRecording { action } => wish(call, *action, |wish| wish.paused = true),
        Command::ResumeRecording { action } => wish(call, *action, |wish| wish.paused = false),
        Command::StopRecording { action } => wish(call, *action, |wish| wish.stops = true),
        Command::Stream { .. } | Command::Transcribe { .. } => feeding::wished(call, id, &action),
        Command::StopStream { action } | Command::StopTranscription { action } => {
            feed_wish(call, *action, |wish| wish.stops = true);
        }
        Command::UpdateTranscription { action, language } => {
            feed_wish(call, *action, |wish| wish.language = Some(language.clone()));
        }
        Command::Create(create) => {
            call.document.clone_from(&create.document);
            call.limit_seconds = create.limit_seconds;
        }
        Command::Transfer { participant, to_call: Some(to), .. }
        | Command::Move { participant, to_call: to } => {
            let handover = Handover { participant: *participant, to: to.clone(), called_off: false };
            call.handovers.insert(id, handover);
        }
        Command::Add(_) | Command::Transfer { .. } | Command::CancelMedia { .. } => {}
        Command::Consult { participant, .. } => consults(call, id, *participant),
        Command::Complete { action } => {
            let by = call.consults.get(action).map(|consult| consult.by);
            nobody_waits(call, *action);
            if let Some(by) = by {
                gone(call, by, Cause::Transferred);
            }
        }
        Command::TakeBack { action } => {
            nobody_waits(call, *action);
            let called: Vec<ParticipantId> = called_for(call, *action).collect();
            for id in called {
                gone(call, id, Cause::Ended);
            }
        }
        Command::Role { participant, role } => {
            wanted(call, *participant, |wanted| {
                wanted.role = *role;
                wanted.muted = *role == Role::Listen;
                wanted.version += 1;
            });
            recording::joins(call, *participant);
        }
        Command::Play { .. } | Command::Recognize { .. } | Command::SendKeys { .. } => {
            for participant in command.audience() {
                wanted(call, *participant, |wanted| {
                    wanted.version += u32::from(wanted.media.is_empty());
                    wanted.media.push(id);
                });
            }
            feeding::muffles(call, command);
        }
        Command::ListenKeys { participant, .. } => listens(call, *participant, Some(id)),
        Command::Remove { participant } => gone(call, *participant, Cause::Ended),
        Command::Mute { participant } => wanted(call, *participant, |wanted| wanted.muted = true),
        Command::Unmute { participant } => wanted(call, *participant, |wanted| wanted.muted = false),
        Command::Hold { participant, document, alone_seconds } => wanted(call, *participant, |wanted| {
            // They stay where they are, and hear something else there.
            wanted.version += u32::from(wanted.held && wanted.hold_document != *document);
            wanted.held = true;
            wanted.held_alone_seconds = Some(*alone_seconds);
            wanted.hold_document.clone_from(document);
        }),
        Command::Resume { participant } => wanted(call, *participant, |wanted| {
            wanted.waits_no_more();
        }),
        Command::Cancel { action } => {
            nobody_waits(call, *action);
            if let Some(handover) = call.handovers.get_mut(action) {
                handover.called_off = true;
            }
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

/// All who talk wait while one of them talks to somebody else.
fn consults(call: &mut Call, action: ActionId, by: ParticipantId) {
    let waits = |(id, it): &(ParticipantId, &Participant)| {
        *id != by && it.is_there() && it.wanted.gone.is_none() && !it.wanted.held && it.is_talker()
    };
    let waiting: Vec<ParticipantId> = call.present().filter(waits).map(|(id, _)| id).collect();
    for id in &waiting {
        wanted(call, *id, |wanted| wanted.held = true);
    }
    call.consults.insert(action, Consult { by, waiting });
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
fn taken_back(call: &mut Call, id: ActionId, command: &Command, at: Timestamp) {
    match command {
        Command::Mute { participant } => wanted(call, *participant, |wanted| wanted.muted = false),
        Command::Unmute { participant } => wanted(call, *participant, |wanted| wanted.muted = true),
        Command::Hold { participant, .. } => wanted(call, *participant, |wanted| {
            wanted.waits_no_more();
        }),
        Command::Resume { participant } => wanted(call, *participant, |wanted| wanted.held = true),
        Command::Create(_) | Command::Add(_) | Command::Consult { .. } | Command::Transfer { .. } => {
            nobody_waits(call, id);
            let called: Vec<ParticipantId> = called_for(call, id).collect();
            for it in called {
                gone(call, it, Cause::Canceled);
            }
        }
        Command::Play { .. } | Command::Recognize { .. } | Command::SendKeys { .. } => {
            for participant in command.audience() {
                wanted(call, *participant, |wanted| {
                    wanted.version += u32::from(wanted.media.first() == Some(&id));
                    wanted.media.retain(|action| *action != id);
                });
            }
        }
        Command::PauseRecording { action } => wish(call, *action, |wish| wish.paused = false),
        Command::ResumeRecording { action } => wish(call, *action, |wish| wish.paused = true),
        // Who is to leave, leaves, however long it takes.
        Command::Remove { .. }
        | Command::Record { .. }
        | Command::StopRecording { .. }
        | Command::Stream { .. }
        | Command::StopStream { .. }
        | Command::Transcribe { .. }
        | Command::UpdateTranscription { .. }
        | Command::StopTranscription { .. }
        | Command::Cancel { .. }
        | Command::End
        | Command::Complete { .. }
        | Command::TakeBack { .. }
        | Command::Role { .. }
        | Command::Move { .. }
        | Command::ListenKeys { .. }
        | Command::CancelMedia { .. }
        | Command::Answer { .. }
        | Command::Reject { .. }
        | Command::Redirect { .. } => {}
        // Nothing proves that they went: they stay, and hear what is wanted of them.
        Command::Release => {
            let caller = call.caller().map(|(id, _)| id);
            if let Some(it) = caller.and_then(|id| call.participants.get_mut(&id)) {
                it.wanted.gone = it.wanted.gone.filter(|cause| *cause != Cause::Released);
                it.wanted.version += 1;
                // They are not led away again at once.
                it.held_at = it.held_at.map(|_| at);
                it.reminded_seconds = 0;
            }
        }
    }
}

/// The keys of somebody are heard, or not any more: they hear something else then.
fn listens(call: &mut Call, id: ParticipantId, action: Option<ActionId>) {
    wanted(call, id, |wanted| {
        wanted.listens = action;
        // In a seat they hear nothing else for it.
        wanted.version += u32::from(wanted.place != Some(Place::Seat));
    });
}

fn wish(call: &mut Call, action: ActionId, change: impl FnOnce(&mut Wish)) {
    if let Some(wish) = call.wishes.get_mut(&action) {
        change(wish);
    }
}

fn feed_wish(call: &mut Call, action: ActionId, change: impl FnOnce(&mut FeedWish)) {
    if let Some(wish) = call.feed_wishes.get_mut(&action) {
        change(wish);
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

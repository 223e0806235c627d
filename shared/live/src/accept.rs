//! Whether a command may be carried out, and what it means for the log.

use std::collections::BTreeSet;

use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};

use crate::address::Address;
use crate::call::{Action, Call, CallState, Direction, Participant, Place};
use crate::command::{Command, Create, Role, WhenBusy};
use crate::draft::Draft;
use crate::event::{Event, Happened, Source};
use crate::evidence::Evidence;
use crate::feed::FeedKind;
use crate::feeding;
use crate::fold::{begun, fold};
use crate::follow::{called_for, consequences};
use crate::going_over::Origin;
use crate::ids::{ActionId, CallId, ParticipantId};
use crate::keys;
use crate::problem::{Code, Problem};
use crate::record::RecordingState;
use crate::recording::{self, all_are};

/// How many may be in a call, or be called for it.
pub const MOST_PARTICIPANTS: usize = 50;

/// How much may be to be played to one participant.
const MOST_QUEUED: usize = 10;

/// How many actions may be open at once.
const MOST_OPEN: usize = 50;

/// What a program asks for, besides the command itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What it calls the action.
    pub operation_context: Option<String>,
    /// Where the action's events are told, if not where the call's are.
    pub callback: Option<String>,
}

/// A command that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The call, as it is then.
    pub call: Call,
    /// What its log gets.
    pub events: Vec<Event>,
    /// What the action is called.
    pub action: ActionId,
}

/// A call that a program begins.
pub fn create(id: &CallId, number: &PhoneNumber, create: Create, asked: &Asked, now: Timestamp) -> Accepted {
    begin(id, number, create, None, asked, now)
}

/// The same, perhaps out of another call.
pub(crate) fn begin(
    id: &CallId,
    number: &PhoneNumber,
    create: Create,
    from: Option<Origin>,
    asked: &Asked,
    now: Timestamp,
) -> Accepted {
    let first = Event {
        seq: 1,
        at: now,
        source: Source::Api,
        action: None,
        participant: None,
        operation_context: asked.operation_context.clone(),
        happened: Happened::Created { number: number.clone(), direction: Direction::Outgoing, from },
    };
    let mut call = begun(id, &first).unwrap_or_else(|| unreachable!("it is a beginning"));
    let mut events = vec![first];
    let action = ActionId(1);
    let to = create.to.clone();
    let queued = queued(action, Command::Create(create), asked);
    append(&mut call, &mut events, Source::Api, now, asked.operation_context.as_deref(), [queued]);
    plan(&mut call, &mut events, action, to, now);
    Accepted { call, events, action }
}

/// A call that comes in, and is offered to programs. `has_heard` says whether its caller has heard something already.
pub fn offer(
    call_sid: &CallSid,
    number: &PhoneNumber,
    caller: Address,
    has_heard: bool,
    now: Timestamp,
) -> (Call, Vec<Event>) {
    let id = CallId::of_incoming(call_sid);
    let first = Event {
        seq: 1,
        at: now,
        source: Source::Webhook,
        action: None,
        participant: None,
        operation_context: None,
        happened: Happened::Created { number: number.clone(), direction: Direction::Incoming, from: None },
    };
    let mut call = begun(&id, &first).unwrap_or_else(|| unreachable!("it is a beginning"));
    let mut events = vec![first];
    let of_caller = [
        Happened::Planned { address: caller },
        Happened::Dialing { call_sid: call_sid.clone() },
        Happened::Ringing,
    ];
    let drafts =
        of_caller.map(|happened| Draft { action: None, participant: Some(ParticipantId(1)), happened });
    append(&mut call, &mut events, Source::Webhook, now, None, drafts);
    let rings_on =
        has_heard.then_some(Draft { action: None, participant: None, happened: Happened::RingsOn });
    append(&mut call, &mut events, Source::Webhook, now, None, rings_on);
    (call, events)
}

fn queued(action: ActionId, command: Command, asked: &Asked) -> Draft {
    let participant = command.participant();
    let happened = Happened::Queued { command, callback: asked.callback.clone() };
    Draft { action: Some(action), participant, happened }
}

fn plan(
    call: &mut Call,
    events: &mut Vec<Event>,
    action: ActionId,
    to: impl IntoIterator<Item = Address>,
    now: Timestamp,
) {
    for address in to {
        let next = call.participants.keys().next_back().map_or(1, |last| last.0 + 1);
        let draft = Draft {
            action: Some(action),
            participant: Some(ParticipantId(next)),
            happened: Happened::Planned { address },
        };
        append(call, events, Source::Api, now, None, [draft]);
    }
}

/// Accepts a command, if it makes sense as the call is.
///
/// # Errors
/// A [`Problem`] says why not: nothing is changed then.
pub fn accept(call: &Call, command: Command, asked: &Asked, now: Timestamp) -> Result<Accepted, Problem> {
    may(call, &command)?;
    let mut call = call.clone();
    let mut events = Vec::new();
    let action = ActionId(call.actions_made + 1);
    let is_so = is_already_so(&call, &command);
    let command = with_audience(&call, command);
    let interrupted = interrupted(&call, &command);
    let to = match &command {
        // They are called in the other call.
        Command::Transfer { to_call: Some(_), .. } => None,
        command if command.adds().is_some() => command.adds().map(|add| add.to.clone()),
        Command::Redirect { to, .. } => Some(Address::Phone { number: to.clone() }),
        _ => None,
    };
    let queued = queued(action, command, asked);
    append(&mut call, &mut events, Source::Api, now, asked.operation_context.as_deref(), [queued]);
    for other in interrupted {
        let draft = Draft { action: Some(other), participant: None, happened: Happened::Canceled };
        append(&mut call, &mut events, Source::Api, now, None, [draft]);
    }
    plan(&mut call, &mut events, action, to, now);
    if is_so {
        let happened = Happened::Succeeded { evidence: Evidence::AlreadySo };
        let draft = Draft { action: Some(action), participant: None, happened };
        append(&mut call, &mut events, Source::Api, now, None, [draft]);
    }
    settle(&mut call, &mut events, Source::Api, now);
    Ok(Accepted { call, events, action })
}

/// Whether a command makes sense as the call is.
pub(crate) fn may(call: &Call, command: &Command) -> Result<(), Problem> {
    let problem = |code, cause: &str| Err(Problem::new(code, cause));
    if call.shown_state() >= CallState::Ending {
        return problem(Code::CallEnded, "the call is over, or about to be");
    }
    if call.state == CallState::Incoming {
        may_decide(call, command)?;
    } else if command.is_decision() {
        return problem(
            Code::AlreadyDecided,
            "the call has been picked up already, or was never an incoming one",
        );
    }
    if call.actions.len() >= MOST_OPEN {
        return problem(Code::CallFull, "50 actions have not ended yet");
    }
    if let Some(id) = command.participant() {
        let Some(it) = call.participants.get(&id) else {
            return problem(Code::ParticipantNotFound, "there is no such participant in the call");
        };
        if matches!(command, Command::Remove { .. }) {
            return Ok(());
        }
        if !it.is_present() || it.wanted.gone.is_some() {
            return problem(Code::ParticipantLeft, "the participant has left, or is about to");
        }
        if !it.is_there() {
            return problem(Code::NotConnected, "the participant has not picked up");
        }
        let of_same = |(_, action): &(&ActionId, &Action)| {
            // What is played, what is heard of keys, and what is done otherwise, are not in each other's way.
            let listens = |command: &Command| matches!(command, Command::ListenKeys { .. });
            action.command.participant() == Some(id)
                && action.command.media().is_none()
                && command.media().is_none()
                && !listens(&action.command)
                && !listens(command)
        };
        if let Some((blocking, _)) = call.actions.iter().find(of_same) {
            let problem =
                Problem::new(Code::ActionInTheWay, "another action for this participant has not ended");
            return Err(Problem { blocking_action: Some(*blocking), ..problem });
        }
        let mutes = matches!(command, Command::Mute { .. } | Command::Unmute { .. });
        if mutes && !matches!(it.place, Some(Place::Seat | Place::Bridge)) {
            return problem(Code::NeedsSeat, "the participant talks to nobody who could not hear them");
        }
    }
    may_be_heard(call, command)?;
    match command {
        Command::Record { participants, mixed, .. } => may_record(call, participants, *mixed),
        Command::PauseRecording { action }
        | Command::ResumeRecording { action }
        | Command::StopRecording { action } => may_change_recording(call, command, *action),
        Command::Stream { participant, .. } => may_feed(call, FeedKind::Stream, &[*participant]),
        Command::Transcribe { participants, .. } => may_feed(call, FeedKind::Transcription, participants),
        Command::StopStream { action } => may_change_feed(call, FeedKind::Stream, *action),
        Command::UpdateTranscription { action, .. } | Command::StopTranscription { action } => {
            may_change_feed(call, FeedKind::Transcription, *action)
        }
        Command::Consult { participant, .. } => may_consult(call, *participant),
        Command::Complete { action } | Command::TakeBack { action } => match call.consults.get(action) {
            None => problem(Code::ActionNotFound, "nobody is consulted by that action, or not any more"),
            Some(_) if matches!(command, Command::TakeBack { .. }) => Ok(()),
            Some(_) if called_for(call, *action).any(Participant::is_there) => Ok(()),
            Some(_) => problem(Code::NotConnected, "whoever is consulted has not picked up"),
        },
        Command::ListenKeys { participant, leave_seat, .. } => {
            keys::may_listen(call, *participant, *leave_seat)
        }
        Command::Transfer { to_call: Some(_), .. } => Ok(()),
        Command::Transfer { participant, .. } => may_transfer(call, *participant),
        Command::Role { participant, role: Role::Coach { coaches } } => {
            let is_there = call.participants.get(coaches).is_some_and(Participant::is_there);
            if coaches == participant || !is_there {
                problem(Code::ParticipantNotFound, "`coaches`: somebody else is expected, who is there")
            } else {
                Ok(())
            }
        }
        Command::Create(_) => problem(Code::InvalidRequest, "a call is created by POST /v1/calls"),
        Command::Add(_) => may_add(call),
        Command::Cancel { action } => may_cancel(call, *action),
        Command::Release => {
            let others = call.present().any(|(id, _)| Some(id) != call.caller().map(|(id, _)| id));
            if call.direction == Direction::Outgoing {
                problem(Code::InvalidRequest, "only a call that came in has a phone file to go on with")
            } else if others {
                problem(Code::NotAlone, "the phone file can go on only with a caller who is alone")
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

/// What has not begun to be heard is called off, who rings, and whoever is listened to.
fn may_cancel(call: &Call, action: ActionId) -> Result<(), Problem> {
    if action.0 == 0 || action.0 > call.actions_made {
        return Err(Problem::new(Code::ActionNotFound, "the call has no such action"));
    }
    let open = call.actions.get(&action);
    let is_media = |it: &Action| it.command.media().is_some() && !has_begun(call, action, it);
    let listens = |it: &Action| matches!(it.command, Command::ListenKeys { .. });
    if open.is_some_and(|it| is_media(it) || listens(it)) {
        return Ok(());
    }
    let is_open = open.is_some_and(|it| it.command.ring().is_some());
    let is_answered = call.participants.values().any(|it| it.action == Some(action) && it.is_there());
    if is_open && !is_answered && !call.has_gone_over(action) {
        Ok(())
    } else {
        Err(Problem::new(Code::NotCancelable, "the action has ended, or can't be called off"))
    }
}

/// Of a call that nobody has picked up it can be decided what becomes of it, once, and nothing else.
fn may_decide(call: &Call, command: &Command) -> Result<(), Problem> {
    if let Some((id, _)) = call.actions.iter().find(|(_, it)| it.command.is_decision()) {
        let problem = Problem::new(Code::AlreadyDecided, "it is decided already what becomes of the call");
        return Err(Problem { blocking_action: Some(*id), ..problem });
    }
    match command {
        Command::Reject { .. } if call.rings_on => Err(Problem::new(
            Code::TooLateToReject,
            "it was not decided for 3.5 seconds, so the call rings on",
        )),
        Command::Answer { .. } | Command::Reject { .. } | Command::Redirect { .. } | Command::Release => {
            Ok(())
        }
        _ => Err(Problem::new(Code::NotConnected, "the call has not been answered")),
    }
}

/// Something is played to whoever has picked up, and hears nothing else that may not be interrupted.
fn may_be_heard(call: &Call, command: &Command) -> Result<(), Problem> {
    let Some(when_busy) = command.media() else { return Ok(()) };
    let audience = audience(call, command);
    if audience.is_empty() {
        return Err(Problem::new(Code::NotConnected, "nobody is there who could hear it"));
    }
    for id in audience {
        let Some(it) = call.participants.get(&id) else {
            return Err(Problem::new(Code::ParticipantNotFound, "there is no such participant in the call"));
        };
        if !it.is_there() || it.wanted.gone.is_some() {
            return Err(Problem::new(Code::NotConnected, "a participant has not picked up, or has left"));
        }
        if let (WhenBusy::Reject, Some(blocking)) = (when_busy, it.wanted.media.first()) {
            let cause = "something else is played to a participant, or asked of them";
            let problem = Problem::new(Code::ActionInTheWay, cause);
            return Err(Problem { blocking_action: Some(*blocking), ..problem });
        }
        if it.wanted.media.len() >= MOST_QUEUED {
            return Err(Problem::new(Code::CallFull, "10 things are to be played to a participant already"));
        }
    }
    Ok(())
}

/// To whom something is played: to all who are there, where nobody is named.
fn audience(call: &Call, command: &Command) -> Vec<ParticipantId> {
    match command {
        Command::Play { participants, .. } if participants.is_empty() => {
            let is_there =
                |(_, it): &(ParticipantId, &Participant)| it.is_there() && it.wanted.gone.is_none();
            call.present().filter(is_there).map(|(id, _)| id).collect()
        }
        Command::Record { participants, mixed, .. } => {
            recording::is_told(call, *mixed, &recording::legs(call, participants, *mixed))
        }
        command => command.audience().to_vec(),
    }
}

/// Whether something is recorded already by an action that was to tell it first: that is not called off, but stopped.
fn has_begun(call: &Call, id: ActionId, action: &Action) -> bool {
    let is_record = matches!(action.command, Command::Record { .. });
    is_record && call.recordings.iter().any(|it| it.action == id)
}

/// All of them have picked up, and stay.
fn are_there(call: &Call, legs: &[ParticipantId]) -> Result<(), Problem> {
    for id in legs {
        match call.participants.get(id) {
            None => {
                let cause = "there is no such participant in the call";
                return Err(Problem::new(Code::ParticipantNotFound, cause));
            }
            Some(it) if !it.is_present() || it.wanted.gone.is_some() => {
                return Err(Problem::new(Code::ParticipantLeft, "a participant has left, or is about to"));
            }
            Some(it) if !it.is_there() => {
                return Err(Problem::new(Code::NotConnected, "a participant has not picked up"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Of those something goes out who are there, and of each once at a time.
fn may_feed(call: &Call, kind: FeedKind, legs: &[ParticipantId]) -> Result<(), Problem> {
    are_there(call, legs)?;
    match feeding::in_the_way(call, kind, legs) {
        None => Ok(()),
        Some(blocking) => {
            let cause = match kind {
                FeedKind::Stream => "the participant's leg is streamed already",
                FeedKind::Transcription => "a participant is transcribed already",
            };
            let problem = Problem::new(Code::AlreadyRunning, cause);
            Err(Problem { blocking_action: Some(blocking), ..problem })
        }
    }
}

/// What goes on is changed and stopped, one after the other.
fn may_change_feed(call: &Call, kind: FeedKind, action: ActionId) -> Result<(), Problem> {
    if call.feed_wishes.get(&action).is_none_or(|wish| wish.kind != kind) {
        let cause = "nothing goes out by that action, or not any more";
        return Err(Problem::new(Code::ActionNotFound, cause));
    }
    let is_of_same = |other: &Command| match other {
        Command::StopStream { action: other }
        | Command::StopTranscription { action: other }
        | Command::UpdateTranscription { action: other, .. } => *other == action,
        _ => false,
    };
    match call.actions.iter().find(|(_, it)| is_of_same(&it.command)) {
        None => Ok(()),
        Some((blocking, _)) => {
            let problem = Problem::new(Code::ActionInTheWay, "another action for the same has not ended");
            Err(Problem { blocking_action: Some(*blocking), ..problem })
        }
    }
}

/// Those are recorded who are there, and each once at a time.
fn may_record(call: &Call, named: &[ParticipantId], mixed: bool) -> Result<(), Problem> {
    let legs = recording::legs(call, named, mixed);
    if legs.is_empty() {
        return Err(Problem::new(Code::NotConnected, "nobody is there who could be recorded"));
    }
    are_there(call, &legs)?;
    match recording::in_the_way(call, mixed, &legs) {
        None => Ok(()),
        Some(blocking) => {
            let problem = Problem::new(Code::AlreadyRecorded, "a participant is recorded already");
            Err(Problem { blocking_action: Some(blocking), ..problem })
        }
    }
}

/// What goes on is paused, resumed and stopped; one after the other.
fn may_change_recording(call: &Call, command: &Command, action: ActionId) -> Result<(), Problem> {
    let Some(wish) = call.wishes.get(&action) else {
        let cause = "nothing is recorded by that action, or not any more";
        return Err(Problem::new(Code::ActionNotFound, cause));
    };
    let is_stop = |command: &Command| matches!(command, Command::StopRecording { .. });
    let is_of_same = |other: &Command| match other {
        Command::PauseRecording { action: other } | Command::ResumeRecording { action: other } => {
            *other == action && !is_stop(command)
        }
        Command::StopRecording { action: other } => *other == action,
        _ => false,
    };
    if let Some((blocking, _)) = call.actions.iter().find(|(_, it)| is_of_same(&it.command)) {
        let problem = Problem::new(Code::ActionInTheWay, "another action for this recording has not ended");
        return Err(Problem { blocking_action: Some(*blocking), ..problem });
    }
    let goes_on = call.recordings.iter().any(|it| it.action == action && it.goes_on());
    if wish.stops || !(goes_on || is_stop(command)) {
        return Err(Problem::new(Code::NotRecording, "the recording has not begun, or is about to end"));
    }
    Ok(())
}

/// Who is meant stands in the log.
fn with_audience(call: &Call, command: Command) -> Command {
    let all = audience(call, &command);
    match command {
        Command::Play { document, when_busy, .. } => Command::Play { participants: all, document, when_busy },
        Command::Record { participants, mixed, channels, consent } => {
            let participants = recording::legs(call, &participants, mixed);
            Command::Record { participants, mixed, channels, consent }
        }
        command => command,
    }
}

/// What is heard by those who are to hear something else at once.
fn interrupted(call: &Call, command: &Command) -> BTreeSet<ActionId> {
    let of =
        |id: &ParticipantId| call.participants.get(id).map(|it| &it.wanted.media[..]).unwrap_or_default();
    match command {
        Command::CancelMedia { of: Some(id) } => of(id).iter().copied().collect(),
        Command::CancelMedia { of: None } => {
            call.present().flat_map(|(_, it)| it.wanted.media.iter().copied()).collect()
        }
        Command::Cancel { action } => {
            let is_media = |(id, it): &(&ActionId, &Action)| {
                let listens = matches!(it.command, Command::ListenKeys { .. });
                listens || (it.command.media().is_some() && !has_begun(call, **id, it))
            };
            let action = call.actions.get_key_value(action).filter(is_media);
            action.map(|(id, _)| *id).into_iter().collect()
        }
        command if command.media() == Some(WhenBusy::Interrupt) => {
            command.audience().iter().flat_map(of).copied().collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Whoever consults somebody talks, and does not consult somebody else at the same time.
fn may_consult(call: &Call, participant: ParticipantId) -> Result<(), Problem> {
    if let Some((blocking, _)) = call.consults.iter().find(|(_, consult)| consult.by == participant) {
        let problem = Problem::new(Code::ActionInTheWay, "the participant consults somebody already");
        return Err(Problem { blocking_action: Some(*blocking), ..problem });
    }
    if call.participants.get(&participant).is_some_and(|it| it.wanted.held) {
        return Err(Problem::new(Code::NotConnected, "the participant is on hold"));
    }
    may_add(call)
}

/// A pair becomes another one; of more than two nobody knows who is to stay.
fn may_transfer(call: &Call, participant: ParticipantId) -> Result<(), Problem> {
    if call.is_group_for(participant) {
        let cause = "more than two are in the call, so it is not said who is to leave";
        return Err(Problem::new(Code::NotAPair, cause));
    }
    may_add(call)
}

fn may_add(call: &Call) -> Result<(), Problem> {
    if call.present().count() >= MOST_PARTICIPANTS {
        return Err(Problem::new(Code::CallFull, "50 participants are in the call, or called for it"));
    }
    Ok(())
}

/// Whether what it wants is so.
pub(crate) fn is_already_so(call: &Call, command: &Command) -> bool {
    let it = command.participant().and_then(|id| call.participants.get(&id));
    match (command, it) {
        (Command::Remove { .. }, Some(it)) => !it.is_present(),
        (Command::Mute { .. }, Some(it)) => it.muted && it.wanted.muted,
        (Command::Unmute { .. }, Some(it)) => !it.muted && !it.wanted.muted,
        (Command::Hold { document, .. }, Some(it)) => {
            it.place == Some(Place::Hold) && it.wanted.held && it.wanted.hold_document == *document
        }
        (Command::Role { role, .. }, Some(it)) => it.wanted.role == *role,
        (Command::Resume { .. }, Some(it)) => it.place != Some(Place::Hold) && !it.wanted.held,
        (Command::PauseRecording { action }, _) => all_are(call, *action, RecordingState::Paused),
        (Command::ResumeRecording { action }, _) => {
            let is_paused = call.wishes.get(action).is_some_and(|wish| wish.paused);
            !is_paused && all_are(call, *action, RecordingState::Recording)
        }
        (Command::UpdateTranscription { action, language }, _) => {
            call.feed_wishes.get(action).is_some_and(|wish| wish.language.as_ref() == Some(language))
        }
        _ => false,
    }
}

/// Numbers what happened, and applies it.
pub(crate) fn append(
    call: &mut Call,
    events: &mut Vec<Event>,
    source: Source,
    now: Timestamp,
    operation_context: Option<&str>,
    drafts: impl IntoIterator<Item = Draft>,
) {
    for draft in drafts {
        let of_action = draft.action.and_then(|id| call.actions.get(&id));
        let operation_context = operation_context
            .map(str::to_owned)
            .or_else(|| of_action.and_then(|action| action.operation_context.clone()))
            .or_else(|| recorded_as(call, &draft))
            .or_else(|| call.operation_context.clone());
        let event = Event {
            seq: call.seq + 1,
            at: now,
            source,
            action: draft.action,
            participant: draft.participant,
            operation_context,
            happened: draft.happened,
        };
        fold(call, &event);
        events.push(event);
    }
}

/// What the program calls the action that has something recorded, also when it has ended.
fn recorded_as(call: &Call, draft: &Draft) -> Option<String> {
    let recording = call.recordings.iter().find(|it| Some(it.action) == draft.action);
    recording.and_then(|it| it.operation_context.clone())
}

/// Appends what follows from how the call is, until nothing does.
pub(crate) fn settle(call: &mut Call, events: &mut Vec<Event>, source: Source, now: Timestamp) {
    loop {
        let drafts = consequences(call);
        if drafts.is_empty() {
            return;
        }
        append(call, events, source, now, None, drafts);
    }
}

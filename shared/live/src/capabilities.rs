//! What may be wanted of a call as it is now: the same rules by which a command is accepted, asked beforehand.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::accept::{is_already_so, may};
use crate::address::Address;
use crate::call::{Call, CallState, Participant, Place};
use crate::command::{
    Add, Command, Consent, Document, HELD_ALONE_SECONDS, Listens, Machine, Refusal, Ring, Role, WhenBusy,
};
use crate::feed::{Engine, Tracks};
use crate::ids::{ActionId, CallId, ParticipantId};
use crate::problem::{Code, Problem};
use crate::record::Channels;

/// What may be wanted of a call. It may change with the next event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Capabilities {
    /// Of which call.
    pub id: CallId,
    /// The number of the last event that is in it.
    pub seq: u64,
    /// Of the call.
    pub call: Vec<Capability>,
    /// Of each who is called, or there.
    pub participants: Vec<OfParticipant>,
    /// Of each action that has not ended.
    pub open_actions: Vec<OfAction>,
}

/// What may be wanted of a participant.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfParticipant {
    /// Of whom.
    pub id: ParticipantId,
    /// What.
    pub actions: Vec<Capability>,
}

/// What may be wanted of an action.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfAction {
    /// Of which.
    pub id: ActionId,
    /// What: only what may be.
    pub actions: Vec<Capability>,
}

/// Whether a type of actions would be taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Capability {
    /// The type.
    pub r#type: &'static str,
    /// Whether it would.
    pub allowed: bool,
    /// Whether it is so already, and would succeed at once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub already_so: bool,
    /// Whether somebody would leave their seat for it, and hear the others no more meanwhile.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub leaves_seat: bool,
    /// Why it would not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What may be wanted of a call, and of whom.
pub fn capabilities(call: &Call) -> Capabilities {
    let all = |of: Vec<(&'static str, Command)>| -> Vec<Capability> {
        of.iter().map(|(name, command)| capability(call, name, command)).collect()
    };
    let may_be = |of: Vec<(&'static str, Command)>| all(of).into_iter().filter(|it| it.allowed).collect();
    let participants =
        call.present().map(|(id, _)| OfParticipant { id, actions: all(of_participant(call, id)) });
    let open_actions = call.actions.keys().map(|id| OfAction { id: *id, actions: may_be(of_action(*id)) });
    Capabilities {
        id: call.id.clone(),
        seq: call.seq,
        participants: participants.collect(),
        open_actions: open_actions.collect(),
        call: all(of_call(call)),
    }
}

fn capability(call: &Call, r#type: &'static str, command: &Command) -> Capability {
    let problem = while_it_rings(call).or_else(|| may(call, command).err());
    let allowed = problem.is_none();
    let leaves_seat = allowed && leaves_seat(call, command);
    Capability { r#type, allowed, already_so: allowed && is_already_so(call, command), leaves_seat, problem }
}

/// Of a call that is just forwarded nothing is taken before somebody picks up.
fn while_it_rings(call: &Call) -> Option<Problem> {
    let rings = call.seq == 0 && call.state == CallState::Incoming;
    rings.then(|| Problem::new(Code::NotConnected, "nobody who was called has picked up"))
}

fn leaves_seat(call: &Call, command: &Command) -> bool {
    let is_seated = |it: &Participant| matches!(it.place, Some(Place::Seat | Place::Bridge));
    let sits = |id: &ParticipantId| call.participants.get(id).is_some_and(is_seated);
    match command {
        Command::Play { participants, .. } if participants.is_empty() => {
            call.present().any(|(_, it)| is_seated(it))
        }
        // All others wait meanwhile.
        Command::Consult { participant, .. } => {
            call.present().any(|(id, it)| id != *participant && is_seated(it))
        }
        Command::Hold { participant, .. } | Command::ListenKeys { participant, .. } => sits(participant),
        command => command.audience().iter().any(sits),
    }
}

fn of_call(call: &Call) -> Vec<(&'static str, Command)> {
    vec![
        ("add", Command::Add(add())),
        ("play", play(Vec::new())),
        ("cancel_media", Command::CancelMedia { of: None }),
        ("record", record(Vec::new())),
        ("transcribe", transcribe(Vec::new())),
        ("answer", Command::Answer { document: None }),
        ("reject", Command::Reject { reason: Refusal::Busy }),
        ("redirect", Command::Redirect { to: call.number.clone(), ring_seconds: RING_SECONDS }),
        ("release", Command::Release),
        ("end", Command::End),
    ]
}

fn of_participant(call: &Call, participant: ParticipantId) -> Vec<(&'static str, Command)> {
    // Out of a group somebody is transferred into a new call.
    let to_call = call.is_group_for(participant).then(|| call.id.clone());
    let when_busy = WhenBusy::Reject;
    vec![
        ("hold", Command::Hold { participant, document: None, alone_seconds: HELD_ALONE_SECONDS }),
        ("resume", Command::Resume { participant }),
        ("mute", Command::Mute { participant }),
        ("unmute", Command::Unmute { participant }),
        ("remove", Command::Remove { participant }),
        ("role", Command::Role { participant, role: Role::Listen }),
        ("consult", Command::Consult { participant, add: add() }),
        ("transfer", Command::Transfer { participant, to_call, add: add() }),
        ("move", Command::Move { participant, to_call: call.id.clone() }),
        ("play", play(vec![participant])),
        ("recognize", Command::Recognize { participant, prompt: None, listens: listens(), when_busy }),
        ("listen_keys", Command::ListenKeys { participant, leave_seat: true, sensitive: false }),
        ("send_keys", Command::SendKeys { participant, keys: "1".to_owned(), when_busy }),
        ("cancel_media", Command::CancelMedia { of: Some(participant) }),
        ("record", record(vec![participant])),
        ("stream", stream(participant)),
        ("transcribe", transcribe(vec![participant])),
    ]
}

fn of_action(action: ActionId) -> Vec<(&'static str, Command)> {
    vec![
        ("cancel", Command::Cancel { action }),
        ("complete", Command::Complete { action }),
        ("take_back", Command::TakeBack { action }),
        ("pause_recording", Command::PauseRecording { action }),
        ("resume_recording", Command::ResumeRecording { action }),
        ("stop_recording", Command::StopRecording { action }),
        ("stop_stream", Command::StopStream { action }),
        ("update_transcription", Command::UpdateTranscription { action, language: String::new() }),
        ("stop_transcription", Command::StopTranscription { action }),
    ]
}

/// For how long somebody would ring, in seconds: it makes no difference.
const RING_SECONDS: u16 = 25;

fn add() -> Add {
    let ring = Ring { ring_seconds: RING_SECONDS, machine: Machine::Ignore, send_digits: None, screen: None };
    Add { to: Address::Withheld, ring, role: Role::Talk }
}

fn play(participants: Vec<ParticipantId>) -> Command {
    let document = Document::Twiml(String::new());
    Command::Play { participants, document, when_busy: WhenBusy::Reject }
}

fn record(participants: Vec<ParticipantId>) -> Command {
    Command::Record { participants, mixed: false, channels: Channels::Mono, consent: Consent::None }
}

fn transcribe(participants: Vec<ParticipantId>) -> Command {
    let (language, hints) = (String::new(), Vec::new());
    Command::Transcribe { participants, language, hints, partials: false, engine: Engine::default() }
}

fn stream(participant: ParticipantId) -> Command {
    let (url, parameters) = (String::new(), BTreeMap::new());
    Command::Stream { participant, url, tracks: Tracks::default(), parameters }
}

fn listens() -> Listens {
    Listens {
        max_keys: 1,
        stop_key: None,
        language: None,
        hints: Vec::new(),
        choices: Vec::new(),
        timeout_seconds: 5,
        sensitive: false,
    }
}

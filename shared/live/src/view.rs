//! A call, as programs read it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use phone::{CallSid, PhoneNumber, RecordingSid};
use serde::Serialize;

use crate::address::Address;
use crate::call::{AnsweredBy, Call, CallState, Cause, Direction, Participant, ParticipantState, Place};
use crate::command::Command;
use crate::event::{Event, Happened};
use crate::evidence::Evidence;
use crate::going_over::{Destination, Origin};
use crate::ids::{ActionId, CallId, ParticipantId};
use crate::problem::Problem;
use crate::record::{Recording, RecordingState};

/// A call: how it is, and who is in it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Call"))]
pub struct CallView<'a> {
    id: &'a CallId,
    /// The masked number that was called, or is shown to whoever is.
    #[serde(with = "crate::written::number")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::Number"))]
    number: &'a PhoneNumber,
    direction: Direction,
    /// Out of which call it came, of one to which somebody is transferred.
    #[serde(flatten)]
    from: &'a Option<Origin>,
    state: CallState,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    /// When it began.
    created_at: Timestamp,
    /// When the first participant was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// What the program calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_context: Option<&'a str>,
    /// Everybody who is in it, is called for it, or was in it.
    participants: Vec<ParticipantView<'a>>,
    /// The actions that have not ended.
    open_actions: Vec<ActionId>,
    /// The number of the last event.
    seq: u64,
    /// Whether it has a log: of a call that was forwarded it begins with the first action.
    steered: bool,
}

/// Somebody in a call: who they are, how far they are, and where.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Participant"))]
pub struct ParticipantView<'a> {
    id: ParticipantId,
    #[serde(flatten)]
    address: &'a Address,
    state: Shown,
    /// Whether nobody hears them.
    muted: bool,
    /// Who picked up, as far as is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<AnsweredBy>,
    /// Why they left.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    /// The action for which they were called.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<ActionId>,
    /// Where they come from, who were in another call before.
    #[serde(flatten)]
    came_from: &'a Option<Origin>,
    /// Where they went, whose leg is in another call now.
    #[serde(flatten)]
    went_to: &'a Option<Destination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Provider<'a>>,
}

/// How far a participant is, and where.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ParticipantState"))]
#[serde(rename_all = "snake_case")]
enum Shown {
    /// They are to be called.
    Planned,
    /// They are being called.
    Dialing,
    /// It rings there.
    Ringing,
    /// They picked up, and are alone with what is played to them.
    Booth,
    /// They are with the others.
    Seated,
    /// They talk with one other, as the call was forwarded.
    Bridged,
    /// They wait.
    Held,
    /// They are not in the call any more, or never were.
    Left,
}

/// What Twilio calls it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Provider<'a> {
    #[serde(with = "crate::written::call_sid")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::written::schema::CallSid"))]
    call_sid: &'a CallSid,
}

/// A recording of a participant's leg.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Recording"))]
pub struct RecordingView<'a> {
    /// The action for which it is made.
    action: ActionId,
    /// Whose leg.
    participant: ParticipantId,
    /// How far it is.
    state: RecordingState,
    /// What Twilio calls it, once it has begun.
    #[serde(skip_serializing_if = "Option::is_none", with = "crate::written::recording_sid::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::schema::RecordingSid>"))]
    recording_sid: &'a Option<RecordingSid>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<Timestamp>,
    /// How long it is, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<u32>,
}

impl<'a> RecordingView<'a> {
    /// A recording, as it is.
    pub fn of(it: &'a Recording) -> Self {
        Self {
            action: it.action,
            participant: it.participant,
            state: it.state,
            recording_sid: &it.sid,
            started_at: it.started_at,
            stopped_at: it.stopped_at,
            duration_seconds: it.duration_seconds,
        }
    }
}

impl RecordingView<'_> {
    /// Whether there is none, and will be none.
    pub fn is_lost(&self) -> bool {
        self.state == RecordingState::Lost
    }
}

/// An action: what was wanted of a call, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Action"))]
pub struct ActionView {
    /// What it is called.
    pub id: ActionId,
    /// How far it is, or how it ended.
    pub state: ActionEnd,
    /// What was to be done, with what went without saying.
    pub command: Command,
    /// What the program calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// What proves that it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// When it was accepted.
    pub queued_at: Timestamp,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// How far an action is, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ActionState"))]
#[serde(rename_all = "snake_case")]
pub enum ActionEnd {
    /// It is to be done.
    Queued,
    /// It is being done.
    Running,
    /// It is done.
    Succeeded,
    /// It is not done.
    Failed,
    /// It was called off.
    Canceled,
}

impl<'a> CallView<'a> {
    /// A call, as it is.
    pub fn of(call: &'a Call) -> Self {
        Self {
            id: &call.id,
            number: &call.number,
            direction: call.direction,
            from: &call.origin,
            state: call.shown_state(),
            cause: call.cause,
            created_at: call.created_at,
            connected_at: call.connected_at,
            ended_at: call.ended_at,
            operation_context: call.operation_context.as_deref(),
            participants: call.participants.iter().map(|(id, it)| ParticipantView::of(*id, it)).collect(),
            open_actions: call.actions.keys().copied().collect(),
            seq: call.seq,
            steered: call.seq > 0,
        }
    }
}

impl<'a> ParticipantView<'a> {
    fn of(id: ParticipantId, it: &'a Participant) -> Self {
        Self {
            id,
            address: &it.address,
            state: match (it.state, it.place) {
                (ParticipantState::Planned, _) => Shown::Planned,
                (ParticipantState::Dialing, _) => Shown::Dialing,
                (ParticipantState::Ringing, _) => Shown::Ringing,
                (ParticipantState::Answered, Some(Place::Seat)) => Shown::Seated,
                (ParticipantState::Answered, Some(Place::Hold)) => Shown::Held,
                (ParticipantState::Answered, Some(Place::Bridge)) => Shown::Bridged,
                (ParticipantState::Answered, _) => Shown::Booth,
                (ParticipantState::Left, _) => Shown::Left,
            },
            muted: it.muted,
            answered_by: it.answered_by,
            cause: it.cause,
            action: it.action,
            came_from: &it.came_from,
            went_to: &it.went_to,
            provider: it.call_sid.as_ref().map(|call_sid| Provider { call_sid }),
        }
    }
}

/// The actions of a call, as its log has them.
pub fn actions<'a>(log: impl IntoIterator<Item = &'a Event>) -> Vec<ActionView> {
    let mut actions: BTreeMap<ActionId, ActionView> = BTreeMap::new();
    for event in log {
        let Some(id) = event.action else { continue };
        if let Happened::Queued { command, .. } = &event.happened {
            let queued = ActionView {
                id,
                state: ActionEnd::Queued,
                command: command.clone(),
                operation_context: event.operation_context.clone(),
                evidence: None,
                problem: None,
                queued_at: event.at,
                started_at: None,
                ended_at: None,
            };
            actions.insert(id, queued);
            continue;
        }
        let Some(action) = actions.get_mut(&id) else { continue };
        match &event.happened {
            Happened::Started => {
                action.state = ActionEnd::Running;
                action.started_at = Some(event.at);
            }
            Happened::Succeeded { evidence } => {
                action.state = ActionEnd::Succeeded;
                action.evidence = Some(*evidence);
            }
            Happened::Failed { problem } => {
                action.state = ActionEnd::Failed;
                action.problem = Some(problem.clone());
            }
            Happened::Canceled => action.state = ActionEnd::Canceled,
            _ => {}
        }
        if event.happened.ends_action() {
            action.ended_at = Some(event.at);
        }
    }
    actions.into_values().collect()
}

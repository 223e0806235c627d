//! A call, as programs read it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};
use serde::Serialize;

use crate::address::Address;
use crate::call::{
    AnsweredBy, Call, CallState, Cause, Direction, Evidence, Participant, ParticipantState, Place,
};
use crate::command::Command;
use crate::event::{Event, Happened};
use crate::ids::{ActionId, CallId, ParticipantId};
use crate::problem::Problem;

/// A call, as programs read it.
#[derive(Clone, Debug, Serialize)]
pub struct CallView<'a> {
    id: &'a CallId,
    #[serde(with = "crate::written::number")]
    number: &'a PhoneNumber,
    direction: Direction,
    state: CallState,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_context: Option<&'a str>,
    participants: Vec<ParticipantView<'a>>,
    /// Those that have not ended.
    open_actions: Vec<ActionId>,
    /// The number of the last event.
    seq: u64,
}

/// A participant, as programs read them.
#[derive(Clone, Debug, Serialize)]
pub struct ParticipantView<'a> {
    id: ParticipantId,
    #[serde(flatten)]
    address: &'a Address,
    state: &'static str,
    muted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<AnsweredBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    /// The action for which they were called.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<ActionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Provider<'a>>,
}

#[derive(Clone, Debug, Serialize)]
struct Provider<'a> {
    #[serde(with = "crate::written::call_sid")]
    call_sid: &'a CallSid,
}

/// An action, as programs read it.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
            state: call.state,
            cause: call.cause,
            created_at: call.created_at,
            connected_at: call.connected_at,
            ended_at: call.ended_at,
            operation_context: call.operation_context.as_deref(),
            participants: call.participants.iter().map(|(id, it)| ParticipantView::of(*id, it)).collect(),
            open_actions: call.actions.keys().copied().collect(),
            seq: call.seq,
        }
    }
}

impl<'a> ParticipantView<'a> {
    fn of(id: ParticipantId, it: &'a Participant) -> Self {
        Self {
            id,
            address: &it.address,
            state: match (it.state, it.place) {
                (ParticipantState::Planned, _) => "planned",
                (ParticipantState::Dialing, _) => "dialing",
                (ParticipantState::Ringing, _) => "ringing",
                (ParticipantState::Answered, Some(Place::Seat)) => "seated",
                (ParticipantState::Answered, Some(Place::Hold)) => "held",
                (ParticipantState::Answered, _) => "booth",
                (ParticipantState::Left, _) => "left",
            },
            muted: it.muted,
            answered_by: it.answered_by,
            cause: it.cause,
            action: it.action,
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

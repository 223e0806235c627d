//! An event as programs read it, in the log and where they are told: a `CloudEvent` 1.0, in JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::event::{Event, Happened};
use crate::ids::CallId;

/// Events that a program was never told, by the numbers of the first and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gap {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// What is said beside an event when a program is told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// It happened a while ago.
    pub late: bool,
    /// What the program missed before it: the log has it.
    pub gap: Option<Gap>,
}

/// What an event is called, the same however often it is told.
pub fn event_id(call: &CallId, seq: u64) -> String {
    format!("{call}/{seq}")
}

/// An event, as it stands in the log.
pub fn cloud_event(call: &CallId, event: &Event) -> Value {
    cloud_event_beside(call, event, Beside::default())
}

/// An event, as a program is told of it.
pub fn cloud_event_beside(call: &CallId, event: &Event, beside: Beside) -> Value {
    let (kind, mut data) = of_happened(&event.happened);
    data.insert("call_id".to_owned(), json!(call));
    data.insert("seq".to_owned(), json!(event.seq));
    data.insert("source".to_owned(), json!(event.source));
    let sometimes = [
        ("action_id", event.action.map(|it| json!(it))),
        ("participant_id", event.participant.map(|it| json!(it))),
        ("operation_context", event.operation_context.as_ref().map(|it| json!(it))),
        ("late", beside.late.then_some(Value::Bool(true))),
        ("gap", beside.gap.map(|it| json!(it))),
    ];
    let sometimes = sometimes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    data.extend(sometimes);
    let mut told = json!({
        "specversion": "1.0",
        "id": event_id(call, event.seq),
        "source": format!("/v1/calls/{call}"),
        "type": kind,
        "time": milliseconds(event.at),
        "datacontenttype": "application/json",
        "data": data,
    });
    if let Some(subject) = subject(event) {
        told["subject"] = Value::String(subject);
    }
    told
}

/// Its type, and what is told of it.
fn of_happened(happened: &Happened) -> (Value, Map<String, Value>) {
    // Plain data with names for keys: there is nothing in it that could not be written.
    let mut written = serde_json::to_value(happened).unwrap_or_default();
    let data = match written.get_mut("data").map(Value::take) {
        Some(Value::Object(data)) => data,
        _ => Map::new(),
    };
    (written["type"].take(), data)
}

/// What in the call it is about; none where that is the call itself.
fn subject(event: &Event) -> Option<String> {
    if event.happened.is_of_participant() {
        event.participant.map(|id| format!("participants/{id}"))
    } else if event.happened.is_of_action() {
        event.action.map(|id| format!("actions/{id}"))
    } else {
        None
    }
}

fn milliseconds(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests;

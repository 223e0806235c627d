//! What events look like as programs read them, for the description of the API.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::cloud_event::Gap;
use crate::event::{Happened, Source};
use crate::ids::{ActionId, CallId, ParticipantId};

/// An event of any kind, as [`cloud_event`](crate::cloud_event()) writes it.
#[derive(Clone, Copy, Debug)]
pub enum CloudEvent {}

/// What stands in `data`, whatever happened.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is never made: its description is what counts")]
struct Data {
    /// In which call.
    call_id: CallId,
    /// Its number in the call: the first has 1, and none is missing.
    #[schemars(range(min = 1))]
    seq: u64,
    /// From whom it is known.
    source: Source,
    /// The action that it belongs to.
    #[schemars(skip_serializing_if = "Option::is_none")]
    action_id: Option<ActionId>,
    /// The participant that it is about.
    #[schemars(skip_serializing_if = "Option::is_none")]
    participant_id: Option<ParticipantId>,
    /// What the program calls the action, or the call.
    #[schemars(skip_serializing_if = "Option::is_none")]
    operation_context: Option<String>,
    /// Where it is told unasked: it happened a while ago.
    #[schemars(skip_serializing_if = "Option::is_none")]
    late: Option<bool>,
    /// Where it is told unasked: events before it that were never told.
    #[schemars(skip_serializing_if = "Option::is_none")]
    gap: Option<Gap>,
}

impl JsonSchema for CloudEvent {
    fn schema_name() -> Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of_all = Data::json_schema(generator);
        let kinds = Happened::json_schema(generator).remove("oneOf").unwrap_or_default();
        let kinds: Vec<Value> =
            kinds.as_array().into_iter().flatten().map(|kind| one(&of_all, kind)).collect();
        json_schema!({ "description": "What happened in a call: a CloudEvent 1.0.", "oneOf": kinds })
    }
}

/// What an event of one kind looks like.
fn one(of_all: &Schema, happened: &Value) -> Value {
    let (name, own) = (&happened["properties"]["type"]["const"], &happened["properties"]["data"]);
    let mut data = of_all.as_value().clone();
    // An event of a participant always names them, and so with actions.
    let named: &[&str] = match name.as_str().and_then(|name| name.split('.').next()) {
        Some("action") => &["action_id"],
        Some("participant") => &["participant_id"],
        Some("recording" | "stream" | "transcription") => &["action_id", "participant_id"],
        _ => &[],
    };
    let named = named.iter().copied().map(Value::from);
    for name in own["required"].as_array().into_iter().flatten().cloned().chain(named) {
        data["required"].as_array_mut().into_iter().for_each(|it| it.push(name.clone()));
    }
    for (name, said) in own["properties"].as_object().into_iter().flatten() {
        data["properties"][name] = said.clone();
    }
    if let Some(data) = data.as_object_mut() {
        data.remove("title");
        data.remove("description");
    }
    json!({
        "description": happened["description"],
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
        "properties": {
            "specversion": { "type": "string", "const": "1.0" },
            "id": { "type": "string", "description": "The same however often it is told." },
            "source": { "type": "string", "format": "uri-reference", "description": "The path of its call." },
            "subject": {
                "type": "string",
                "description": "The participant or the action that it is about; none where that is the call itself.",
            },
            "type": { "type": "string", "const": name },
            "time": { "type": "string", "format": "date-time" },
            "datacontenttype": { "type": "string", "const": "application/json" },
            "data": data,
        },
    })
}

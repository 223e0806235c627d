//! Writes the description from the types.

use std::collections::BTreeMap;

use api::Reply;
use domain::Scope;
use live::{ActionId, ActionView, CallView, Capabilities, Code, Problem};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::answers::{Accepted, Actions, Calls, Created, Events, Recordings};
use crate::deliveries::{Deliveries, RedeliverBody};
use crate::look::{EVENTS, MOST_EVENTS};
use crate::openapi::schemas::{enumerated, kinds_apart, never_null, no_null_unsaid};
use crate::recordings::KeptRecording;
use crate::wanted::{ActionBody, CreateBody};

/// What is not about one request.
const ABOUT: &str = "\
Programs call people from masked numbers, have them wait, join and end them, and read all that happens.

Whatever is asked for is an action: it is answered at once, and ends exactly once, as `succeeded`, `failed` or `canceled`. \
More fields and more types of events may come: pass over those that you don't know. A gateway before the API answers \
429 or 503 with JSON of its own if it has to.";

/// Why something was not done, as RFC 9457 has it.
#[derive(JsonSchema)]
#[schemars(rename = "ProblemAnswer")]
#[expect(dead_code, reason = "it is never made: its description is what counts")]
struct ProblemBody {
    /// Names the kind of problem, and is no address.
    #[schemars(extend("format" = "uri"))]
    r#type: String,
    /// The kind, for people.
    title: String,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// The same as `cause`.
    detail: String,
    /// The kind, for programs.
    code: Code,
    /// What is so, in a sentence.
    cause: String,
    /// What helps.
    cure: String,
    /// Whether the same may succeed later.
    retryable: bool,
    /// The action that is in the way.
    #[schemars(skip_serializing_if = "Option::is_none")]
    blocking_action: Option<ActionId>,
    /// What Twilio says.
    #[schemars(skip_serializing_if = "Option::is_none")]
    provider: Option<ProblemProvider>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "likewise")]
struct ProblemProvider {
    /// Twilio's own error code.
    code: u32,
}

/// What programs send and what they get are described apart: what may be left out of the one stands in the other.
struct Types {
    sent: SchemaGenerator,
    got: SchemaGenerator,
}

impl Types {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12()
                .with(|it| {
                    it.definitions_path = "/components/schemas".into();
                    it.meta_schema = None;
                })
                .with_transform(enumerated)
                .with_transform(no_null_unsaid)
        };
        Self {
            sent: settings().for_deserialize().into_generator(),
            got: settings().for_serialize().with_transform(never_null).into_generator(),
        }
    }

    fn body<T: JsonSchema>(&mut self) -> Value {
        let schema = self.sent.subschema_for::<T>();
        json!({ "required": true, "content": { "application/json": { "schema": schema } } })
    }

    /// The same, of a request that may come without one.
    fn body_if_any<T: JsonSchema>(&mut self) -> Value {
        let mut body = self.body::<T>();
        body["required"] = Value::Bool(false);
        body
    }

    fn answer<T: JsonSchema>(&mut self) -> Value {
        let schema = self.got.subschema_for::<T>();
        json!({ "application/json": { "schema": schema } })
    }

    /// Each under its name.
    fn definitions(mut self) -> Map<String, Value> {
        let mut all = self.got.take_definitions(true);
        all.extend(self.sent.take_definitions(true));
        kinds_apart(&mut all);
        all
    }
}

/// What may be asked at an address.
struct Operation {
    path: &'static str,
    method: &'static str,
    name: &'static str,
    tag: &'static str,
    scope: Scope,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    /// Its status, its meaning, and what it looks like.
    answer: (u16, &'static str, Value),
    /// Why it may be refused, besides for what all are.
    refused: &'static [Code],
}

/// What each request may be refused for.
const ALL_ARE_REFUSED: [Code; 4] =
    [Code::InvalidRequest, Code::Unauthorized, Code::Forbidden, Code::Unavailable];

/// What each may be refused for that does something.
const DEEDS_ARE_REFUSED: [Code; 4] =
    [Code::TooLarge, Code::UnsupportedMediaType, Code::IdempotencyKeyMissing, Code::IdempotencyKeyReused];

impl Operation {
    fn does_something(&self) -> bool {
        self.method == "post"
    }

    /// Why it may be refused, by status.
    fn problems(&self) -> BTreeMap<u16, Vec<Code>> {
        let of_deeds = if self.does_something() { &DEEDS_ARE_REFUSED[..] } else { &[] };
        let mut problems: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in ALL_ARE_REFUSED.iter().chain(of_deeds).chain(self.refused) {
            problems.entry(code.status()).or_default().push(*code);
        }
        problems
    }

    fn described(mut self) -> Value {
        let problems = self.problems().into_iter();
        let mut responses: Map<String, Value> =
            problems.map(|(status, codes)| (status.to_string(), refusal(&codes))).collect();
        let (status, meaning, content) = &self.answer;
        let mut answer = json!({ "description": meaning, "content": content });
        if self.does_something() {
            answer["headers"] = json!({ "Idempotent-Replayed": reference("headers", "Idempotent-Replayed") });
            self.parameters.push(reference("parameters", "Idempotency-Key"));
        }
        responses.insert(status.to_string(), answer);
        let mut operation = json!({
            "operationId": self.name,
            "tags": [self.tag],
            "summary": self.summary,
            "description": format!("The key needs the scope `{}`.", self.scope.name()),
            "parameters": self.parameters,
            "responses": responses,
        });
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        operation
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// An answer that says that something was not done: one status, and each code that comes with it. What has but one stands
/// in one place for all.
fn refusal(codes: &[Code]) -> Value {
    match codes {
        [code] => reference("responses", code.name()),
        codes => refused(codes),
    }
}

fn refused(codes: &[Code]) -> Value {
    let names: Vec<String> = codes.iter().map(|code| format!("`{}`", code.name())).collect();
    let examples: Map<String, Value> =
        codes.iter().map(|code| (code.name().to_owned(), reference("examples", code.name()))).collect();
    let schema = reference("schemas", "ProblemAnswer");
    let mut answer = json!({
        "description": format!("Not done: {}.", names.join(", ")),
        "content": { "application/problem+json": { "schema": schema, "examples": examples } },
    });
    let header = match codes.first() {
        Some(Code::RateLimited | Code::Unavailable) => Some("Retry-After"),
        Some(Code::Unauthorized) => Some("WWW-Authenticate"),
        _ => None,
    };
    if let Some(name) = header {
        answer["headers"] = json!({ name: reference("headers", name) });
    }
    answer
}

/// A problem as it is answered.
fn example(code: Code) -> Value {
    let blocking_action = (code == Code::ActionInTheWay).then_some(ActionId(2));
    let problem = Problem { blocking_action, ..Problem::new(code, "What is so, in a sentence.") };
    let value: Value = serde_json::from_str(Reply::problem(&problem).body()).unwrap_or_default();
    json!({ "summary": code.cure(), "value": value })
}

fn call_id() -> Value {
    reference("parameters", "call")
}

fn action_id() -> Value {
    reference("parameters", "action")
}

fn recording_sid() -> Value {
    json!({
        "name": "recording_sid", "in": "path", "required": true, "description": "What Twilio calls the recording.",
        "schema": { "type": "string", "pattern": "^RE[0-9a-f]{32}$" },
    })
}

/// The parameters that several have.
fn parameters() -> Value {
    json!({
        "call": {
            "name": "id", "in": "path", "required": true, "description": "The call.",
            "schema": reference("schemas", "CallId"),
        },
        "action": {
            "name": "action", "in": "path", "required": true, "description": "The action.",
            "schema": reference("schemas", "ActionId"),
        },
        "Idempotency-Key": {
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "Another for each thing that is wanted, and the same when the same is sent once more: for 48 \
                            hours that gets what the first got, and nothing is done twice.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
        },
        "webhook-id": {
            "name": "webhook-id", "in": "header", "required": true,
            "description": "The event's `id`: the same however often it is told.",
            "schema": { "type": "string" },
        },
        "webhook-timestamp": {
            "name": "webhook-timestamp", "in": "header", "required": true,
            "description": "When this try was made, in seconds since 1970.",
            "schema": { "type": "string", "pattern": "^[0-9]+$" },
        },
        "webhook-signature": {
            "name": "webhook-signature", "in": "header", "required": true,
            "description": "Signatures of `id.timestamp.body`, each `v1,` and HMAC-SHA256 in Base64, with a space between \
                            them; one that fits is enough.",
            "schema": { "type": "string" },
        },
    })
}

fn headers() -> Value {
    json!({
        "Idempotent-Replayed": {
            "description": "The same came before: this is what it was answered.",
            "schema": { "type": "string", "const": "true" },
        },
        "Retry-After": {
            "required": true,
            "description": "After how many seconds to come again.",
            "schema": { "type": "string", "pattern": "^[0-9]+$" },
        },
        "WWW-Authenticate": {
            "required": true,
            "description": "How to prove who asks.",
            "schema": { "type": "string", "const": "Bearer" },
        },
    })
}

fn number(name: &str, description: &str, least: u64, most: Option<u64>, unsaid: u64) -> Value {
    let mut schema = json!({ "type": "integer", "minimum": least, "default": unsaid });
    if let Some(most) = most {
        schema["maximum"] = most.into();
    }
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn wait() -> Value {
    let description = "Where there is none yet, wait for it: so many seconds, as far as the stack allows, which is 20 at \
                       most and 0 unless `LongPollSeconds` says more.";
    number("wait", description, 0, None, 0)
}

fn operations(types: &mut Types) -> Vec<Operation> {
    let mut all = Vec::new();
    all.extend(of_calls(types));
    all.extend(of_actions(types));
    all.push(of_events(types));
    all.extend(of_recordings(types));
    all.extend(of_deliveries(types));
    all
}

fn of_calls(types: &mut Types) -> [Operation; 4] {
    [
        Operation {
            path: "/calls",
            method: "post",
            name: "createCall",
            tag: "calls",
            scope: Scope::Create,
            summary: "Call somebody",
            parameters: Vec::new(),
            body: Some(types.body::<CreateBody>()),
            answer: (201, "The call, and the action by which it begins.", types.answer::<Created<'_>>()),
            refused: &[Code::RateLimited],
        },
        Operation {
            path: "/calls",
            method: "get",
            name: "listCalls",
            tag: "calls",
            scope: Scope::Read,
            summary: "List the calls that go on, or wait for one",
            parameters: vec![
                json!({
                    "name": "state", "in": "query", "description": "Only those that are so far.",
                    "schema": { "type": "string", "enum": ["incoming", "dialing", "active", "ending"] },
                }),
                json!({
                    "name": "after", "in": "query",
                    "description": "Only those that began later: the `created_at` of the last one that is known.",
                    "schema": { "type": "string", "format": "date-time" },
                }),
                json!({
                    "name": "number", "in": "query",
                    "description": "Only those of this masked number; then those are among them that are forwarded, and that no program steers.",
                    "schema": { "type": "string", "pattern": "^\\+[1-9][0-9]{1,14}$" },
                }),
                wait(),
            ],
            body: None,
            answer: (200, "The calls, the oldest first.", types.answer::<Calls<'_>>()),
            refused: &[],
        },
        Operation {
            path: "/calls/{id}",
            method: "get",
            name: "getCall",
            tag: "calls",
            scope: Scope::Read,
            summary: "Look at a call, and who is in it",
            parameters: vec![call_id()],
            body: None,
            answer: (
                200,
                "The call, for as long as its number keeps its calls.",
                types.answer::<CallView<'_>>(),
            ),
            refused: &[Code::CallNotFound],
        },
        Operation {
            path: "/calls/{id}/capabilities",
            method: "get",
            name: "getCapabilities",
            tag: "calls",
            scope: Scope::Read,
            summary: "Look what may be wanted of a call as it is now, and why not",
            parameters: vec![call_id()],
            body: None,
            answer: (200, "What may be wanted of it.", types.answer::<Capabilities>()),
            refused: &[Code::CallNotFound],
        },
    ]
}

fn of_actions(types: &mut Types) -> [Operation; 4] {
    [
        Operation {
            path: "/calls/{id}/actions",
            method: "post",
            name: "createAction",
            tag: "actions",
            scope: Scope::Control,
            summary: "Want something of a call",
            parameters: vec![call_id()],
            body: Some(types.body::<ActionBody>()),
            answer: (202, "It is to be done, or is so already.", types.answer::<Accepted<'_>>()),
            refused: &[
                Code::RateLimited,
                Code::CallNotFound,
                Code::ParticipantNotFound,
                Code::ActionNotFound,
                Code::CallEnded,
                Code::ParticipantLeft,
                Code::NotConnected,
                Code::NeedsSeat,
                Code::InASeat,
                Code::ActionInTheWay,
                Code::AlreadyDecided,
                Code::TooLateToReject,
                Code::NotAlone,
                Code::NotAPair,
                Code::NotCancelable,
                Code::AlreadyRecorded,
                Code::AlreadyRunning,
                Code::NotPossible,
                Code::NotRecording,
                Code::CallFull,
            ],
        },
        Operation {
            path: "/calls/{id}/actions",
            method: "get",
            name: "listActions",
            tag: "actions",
            scope: Scope::Read,
            summary: "List what was wanted of a call, and what became of it",
            parameters: vec![call_id()],
            body: None,
            answer: (200, "The actions, in their order.", types.answer::<Actions>()),
            refused: &[Code::CallNotFound],
        },
        Operation {
            path: "/calls/{id}/actions/{action}",
            method: "get",
            name: "getAction",
            tag: "actions",
            scope: Scope::Read,
            summary: "Look at what was wanted, and what became of it",
            parameters: vec![call_id(), action_id()],
            body: None,
            answer: (200, "The action.", types.answer::<ActionView>()),
            refused: &[Code::CallNotFound, Code::ActionNotFound],
        },
        Operation {
            path: "/calls/{id}/actions/{action}/cancel",
            method: "post",
            name: "cancelAction",
            tag: "actions",
            scope: Scope::Control,
            summary: "Call an action off",
            parameters: vec![call_id(), action_id()],
            body: None,
            answer: (202, "It is to be called off: an action as well.", types.answer::<Accepted<'_>>()),
            refused: &[
                Code::CallNotFound,
                Code::ActionNotFound,
                Code::CallEnded,
                Code::NotCancelable,
                Code::CallFull,
            ],
        },
    ]
}

fn of_deliveries(types: &mut Types) -> [Operation; 2] {
    [
        Operation {
            path: "/calls/{id}/deliveries",
            method: "get",
            name: "listDeliveries",
            tag: "events",
            scope: Scope::Read,
            summary: "Look who is told of a call, how far, and what was given up",
            parameters: vec![call_id()],
            body: None,
            answer: (200, "Who is told of it.", types.answer::<Deliveries<'_>>()),
            refused: &[Code::CallNotFound],
        },
        Operation {
            path: "/calls/{id}/deliveries/redeliver",
            method: "post",
            name: "redeliver",
            tag: "events",
            scope: Scope::Control,
            summary: "Have all who are told of a call be told again",
            parameters: vec![call_id()],
            body: Some(types.body_if_any::<RedeliverBody>()),
            answer: (202, "They are told again.", types.answer::<Deliveries<'_>>()),
            refused: &[Code::CallNotFound],
        },
    ]
}

fn of_recordings(types: &mut Types) -> [Operation; 2] {
    [
        Operation {
            path: "/calls/{id}/recordings",
            method: "get",
            name: "listRecordings",
            tag: "calls",
            scope: Scope::Read,
            summary: "List what is recorded of a call, or was",
            parameters: vec![call_id()],
            body: None,
            answer: (
                200,
                "The recordings, in the order in which they were asked for.",
                types.answer::<Recordings<'_>>(),
            ),
            refused: &[Code::CallNotFound],
        },
        Operation {
            path: "/calls/{id}/recordings/{recording_sid}",
            method: "get",
            name: "getRecording",
            tag: "calls",
            scope: Scope::Read,
            summary: "Look what is kept of a recording, and get a link to listen to it",
            parameters: vec![call_id(), recording_sid()],
            body: None,
            answer: (200, "The recording.", types.answer::<KeptRecording<'_>>()),
            refused: &[Code::CallNotFound, Code::RecordingNotFound],
        },
    ]
}

fn of_events(types: &mut Types) -> Operation {
    Operation {
        path: "/calls/{id}/events",
        method: "get",
        name: "listEvents",
        tag: "events",
        scope: Scope::Read,
        summary: "Read the log of a call, or wait for what is yet to come",
        parameters: vec![
            call_id(),
            number("after", "The number of the last event that is known.", 0, None, 0),
            number("limit", "So many at most.", 1, Some(MOST_EVENTS.into()), EVENTS.into()),
            wait(),
        ],
        body: None,
        answer: (200, "The events behind that number.", types.answer::<Events>()),
        refused: &[Code::CallNotFound],
    }
}

/// Each kind of events, as a program is told of it.
fn webhooks(types: &Map<String, Value>) -> Map<String, Value> {
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers = headers.map(|name| reference("parameters", name));
    let kinds = types["Event"]["discriminator"]["mapping"].as_object().into_iter().flatten();
    let told = kinds.map(|(kind, leads_to)| {
        let name = leads_to.as_str().and_then(|it| it.rsplit('/').next()).unwrap_or_default();
        let told = json!({
            "operationId": format!("on{name}"),
            "tags": ["events"],
            "summary": types[name]["description"],
            "security": [],
            "parameters": headers,
            "requestBody": {
                "required": true,
                "content": { "application/cloudevents+json": { "schema": { "$ref": leads_to } } },
            },
            "responses": {
                "2XX": { "description": "It is taken." },
                "410": { "description": "Nothing of this call is to be told any more." },
                "default": { "description": "It is told again." },
            },
        });
        (kind.clone(), json!({ "post": told }))
    });
    told.collect()
}

/// The description of the API.
pub fn openapi() -> Value {
    let mut types = Types::new();
    let mut paths: BTreeMap<&str, Value> = BTreeMap::new();
    let (mut examples, mut responses) = (Map::new(), Map::new());
    for operation in operations(&mut types) {
        for codes in operation.problems().into_values() {
            examples.extend(codes.iter().map(|code| (code.name().to_owned(), example(*code))));
            if let [code] = codes[..] {
                responses.insert(code.name().to_owned(), refused(&codes));
            }
        }
        let (path, method) = (operation.path, operation.method);
        paths.entry(path).or_insert_with(|| json!({}))[method] = operation.described();
    }
    let _ = types.got.subschema_for::<ProblemBody>();
    let types = types.definitions();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Aftertone's control API",
            "version": "1",
            "description": ABOUT,
            "license": { "name": "MIT or Apache 2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/v1", "description": "The stack that this was read from." }],
        "security": [{ "key": [] }],
        "tags": [
            { "name": "calls", "description": "Calls that programs steer." },
            { "name": "actions", "description": "What is wanted of a call." },
            { "name": "events", "description": "What happens in a call." },
        ],
        "paths": paths,
        "webhooks": webhooks(&types),
        "components": {
            "securitySchemes": { "key": {
                "type": "http", "scheme": "bearer", "description": "A key of `aftertone key add`.",
            } },
            "parameters": parameters(),
            "headers": headers(),
            "examples": examples,
            "responses": responses,
            "schemas": types,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_what_the_types_say() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let wanted = format!("{}\n", serde_json::to_string_pretty(&openapi()).unwrap());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(file, &wanted).unwrap();
        }
        let stands = std::fs::read_to_string(file).unwrap();
        assert!(stands == wanted, "{file} is out of date: make it so with UPDATE_DOCS=1");
    }

    #[test]
    fn a_type_that_is_sent_and_got_is_described_the_same() {
        let mut types = Types::new();
        let _ = operations(&mut types);
        let _ = types.got.subschema_for::<ProblemBody>();
        let got = types.got.take_definitions(true);
        let sent = types.sent.take_definitions(true);
        let both: Vec<&String> = sent.keys().filter(|name| got.contains_key(*name)).collect();
        assert!(both.len() > 3, "{both:?}");
        for name in both {
            assert_eq!(sent[name], got[name], "{name}");
        }
    }

    /// Each value of a document.
    fn each(value: &Value, look: &mut impl FnMut(&Value)) {
        look(value);
        match value {
            Value::Object(map) => map.values().for_each(|value| each(value, look)),
            Value::Array(values) => values.iter().for_each(|value| each(value, look)),
            _ => {}
        }
    }

    #[test]
    fn a_reference_leads_to_something_and_nothing_is_left_over() {
        let document = openapi();
        let mut led_to = std::collections::BTreeSet::new();
        each(&document, &mut |value| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference}");
                led_to.insert(pointer.to_owned());
            }
        });
        for kind in ["parameters", "headers", "examples", "responses", "schemas"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                assert!(led_to.contains(&format!("/components/{kind}/{name}")), "{kind}/{name}");
            }
        }
    }

    #[test]
    fn every_field_that_may_be_sent_is_documented() {
        let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
        let document = std::fs::read_to_string(document).unwrap();
        let mut types = Types::new();
        let _ = operations(&mut types);
        let mut found = Vec::new();
        for schema in types.sent.take_definitions(true).values() {
            each(schema, &mut |value| {
                let properties = value.get("properties").and_then(Value::as_object);
                found.extend(properties.into_iter().flat_map(|it| it.keys().cloned()));
            });
        }
        assert!(found.len() > 20, "{found:?}");
        for name in found {
            assert!(document.contains(&format!("`{name}`")), "{name}");
        }
        for path in openapi()["paths"].as_object().unwrap().keys() {
            assert!(document.contains(&format!("/v1{path}`")), "{path}");
        }
    }
}

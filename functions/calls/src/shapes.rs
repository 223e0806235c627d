//! What stands in a request that is read by hand, for the description of the API.

use std::borrow::Cow;

use live::MOST_PARTICIPANTS;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::wanted::{AddressBody, CONTEXT_BYTES};

/// Whom to call.
pub(crate) enum Whom {}

/// An address as a text.
pub(crate) enum AddressText {}

/// One, or several.
pub(crate) enum OneOrMany {}

impl JsonSchema for AddressText {
    fn schema_name() -> Cow<'static, str> {
        "AddressText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A number in E.164, `sip:` or `sips:` and an address, or `client:` and a name.",
            "pattern": r"^(\+[1-9][0-9]{6,14}|sips?:[!-~]*@[!-~]*|client:[A-Za-z0-9_.-]{1,256})$",
        })
    }
}

impl JsonSchema for Whom {
    fn schema_name() -> Cow<'static, str> {
        "Whom".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whom to call: an address, or one with headers or parameters.",
            "anyOf": [generator.subschema_for::<AddressText>(), generator.subschema_for::<AddressBody>()],
        })
    }
}

impl JsonSchema for OneOrMany {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Whom>();
        json_schema!({
            "anyOf": [one, { "type": "array", "items": one, "minItems": 1, "maxItems": MOST_PARTICIPANTS }],
        })
    }
}

/// What each action may have beside what is its own.
pub(crate) fn with_what_all_have(action: &mut Schema) {
    let kinds = action.get_mut("oneOf").and_then(Value::as_array_mut);
    for kind in kinds.into_iter().flatten() {
        kind["properties"]["operation_context"] = json!({
            "type": ["string", "null"],
            "description": "What the program calls it: its events carry it instead of the call's.",
            "maxLength": CONTEXT_BYTES,
        });
        kind["properties"]["callback"] = json!({
            "type": ["string", "null"],
            "description": "Where its events are told, if not where the call's are: https, at a public address.",
            "pattern": "^https?://",
            "maxLength": 2048,
        });
    }
}

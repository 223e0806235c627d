//! What stands in a request that is read by hand, for the description of the API.

use std::borrow::Cow;

use live::MOST_PARTICIPANTS;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::callee::{AddressBody, AddressText};

/// Whom to call.
pub(crate) enum Whom {}

/// One, or several.
pub(crate) enum OneOrMany {}

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

//! Whether a value is as a JSON Schema (2020-12) describes it, and has nothing that is not described. As much of that
//! as `openapi.json` says, and no more: what it does not know it does not pass over.

use std::collections::BTreeSet;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// What says nothing about a value.
const NOTES: [&str; 6] = ["default", "description", "discriminator", "examples", "format", "title"];

/// What is wrong, a line each; and the properties that something was said of.
#[derive(Default)]
struct Seen {
    wrong: Vec<String>,
    known: BTreeSet<String>,
}

/// What is wrong with a value, a line each.
pub(crate) fn wrong(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    Looking { document }.whole("", schema, value)
}

struct Looking<'a> {
    document: &'a Value,
}

impl Looking<'_> {
    /// What is wrong with a value; also that something of it is not described at all.
    fn whole(&self, path: &str, schema: &Value, value: &Value) -> Vec<String> {
        let Seen { mut wrong, known } = self.at(path, schema, value);
        let others = properties(value).keys().filter(|name| !known.contains(*name));
        wrong.extend(others.map(|name| format!("{path}/{name}: nothing is said of it")));
        wrong
    }

    /// What one schema says of a value, of which others may say more.
    fn at(&self, path: &str, schema: &Value, value: &Value) -> Seen {
        let mut seen = Seen::default();
        let Value::Object(words) = schema else {
            if *schema != Value::Bool(true) {
                seen.wrong.push(format!("{path}: nothing may stand here"));
            }
            return seen;
        };
        for (word, said) in words {
            self.word(path, words, (word, said), value, &mut seen);
        }
        seen
    }

    fn word(
        &self,
        path: &str,
        words: &Map<String, Value>,
        word: (&str, &Value),
        value: &Value,
        seen: &mut Seen,
    ) {
        let mut must = |is_so: bool, what: &str| {
            if !is_so {
                seen.wrong.push(format!("{path}: {value}: {what}"));
            }
        };
        let size = |said: &Value| usize::try_from(said.as_u64().unwrap()).unwrap();
        let length = value.as_str().map(|text| text.chars().count());
        match word {
            ("$ref", said) => {
                let pointer = said.as_str().unwrap().strip_prefix('#').unwrap();
                let schema = self.document.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
                seen.take(self.at(path, schema, value));
            }
            ("type", Value::String(kind)) => must(is_of(kind, value), kind),
            ("type", said) => {
                let mut kinds = said.as_array().unwrap().iter().filter_map(Value::as_str);
                must(kinds.any(|kind| is_of(kind, value)), &said.to_string());
            }
            ("const", said) => must(said == value, &said.to_string()),
            ("enum", said) => must(said.as_array().unwrap().contains(value), &said.to_string()),
            ("pattern", said) => {
                let pattern = Regex::new(said.as_str().unwrap()).unwrap();
                must(value.as_str().is_none_or(|text| pattern.is_match(text)), &said.to_string());
            }
            ("minLength", said) => must(length.is_none_or(|it| it >= size(said)), "too short"),
            ("maxLength", said) => must(length.is_none_or(|it| it <= size(said)), "too long"),
            ("minimum", said) => {
                must(value.as_f64().is_none_or(|it| it >= said.as_f64().unwrap()), "too small");
            }
            ("maximum", said) => {
                must(value.as_f64().is_none_or(|it| it <= said.as_f64().unwrap()), "too large");
            }
            ("minItems", said) => must(value.as_array().is_none_or(|it| it.len() >= size(said)), "too few"),
            ("maxItems", said) => must(value.as_array().is_none_or(|it| it.len() <= size(said)), "too many"),
            ("required", said) => {
                for name in said.as_array().unwrap().iter().filter_map(Value::as_str) {
                    must(!value.is_object() || value.get(name).is_some(), &format!("no {name}"));
                }
            }
            ("items", said) => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    seen.wrong.extend(self.whole(&format!("{path}/{place}"), said, item));
                }
            }
            ("properties", said) => {
                for (name, value) in properties(value) {
                    if let Some(schema) = said.get(name) {
                        seen.known.insert(name.clone());
                        seen.wrong.extend(self.whole(&format!("{path}/{name}"), schema, value));
                    }
                }
            }
            ("additionalProperties", said) => {
                let named = words.get("properties").map(properties);
                for (name, value) in properties(value) {
                    if named.is_none_or(|named| !named.contains_key(name)) {
                        seen.known.insert(name.clone());
                        seen.wrong.extend(self.whole(&format!("{path}/{name}"), said, value));
                    }
                }
            }
            ("propertyNames", said) => {
                for name in properties(value).keys() {
                    seen.wrong.extend(self.at(path, said, &Value::String(name.clone())).wrong);
                }
            }
            ("oneOf" | "anyOf" | "allOf", said) => self.some(path, word.0, said, value, seen),
            (word, _) if NOTES.contains(&word) => {}
            (word, said) => panic!("{path}: {word}: {said} is not understood"),
        }
    }

    fn some(&self, path: &str, word: &str, said: &Value, value: &Value, seen: &mut Seen) {
        let all: Vec<Seen> = said.as_array().unwrap().iter().map(|it| self.at(path, it, value)).collect();
        let fitting = all.iter().filter(|it| it.wrong.is_empty()).count();
        let is_so = match word {
            "oneOf" => fitting == 1,
            "anyOf" => fitting >= 1,
            _ => fitting == all.len(),
        };
        if is_so {
            all.into_iter().filter(|it| it.wrong.is_empty()).for_each(|it| seen.take(it));
        } else {
            seen.wrong.push(format!("{path}: {value}: {word}: {fitting} of {} fit", all.len()));
            seen.wrong.extend(all.into_iter().flat_map(|it| it.wrong));
        }
    }
}

impl Seen {
    fn take(&mut self, other: Self) {
        self.wrong.extend(other.wrong);
        self.known.extend(other.known);
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        kind => panic!("{kind} is no type"),
    }
}

fn properties(value: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}

#[test]
fn what_is_not_as_described_is_named() {
    use serde_json::json;

    let document = json!({ "components": { "a": { "type": "string", "pattern": "^p[0-9]+$" } } });
    let schema = json!({
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": { "$ref": "#/components/a" },
            "many": { "type": "array", "items": { "minimum": 1 } },
            "inner": { "type": "object", "properties": { "a": {} }, "required": ["a"] },
        },
        "oneOf": [
            { "properties": { "kind": { "const": "one" }, "one": { "type": ["integer", "null"] } } },
            { "properties": { "kind": { "const": "two" } }, "required": ["kind"] },
        ],
    });
    let cases = [
        (json!({ "id": "p1", "kind": "one", "one": 7 }), None),
        (json!({ "id": "p1", "kind": "two", "many": [1, 2] }), None),
        (json!({ "id": "p1", "kind": "two", "one": 7 }), Some("/one: nothing is said of it")),
        (json!({ "id": "p1", "kind": "one", "one": "7" }), Some("oneOf: 0 of 2 fit")),
        (json!({ "id": "p1", "kind": "three" }), Some("oneOf: 0 of 2 fit")),
        (json!({ "id": "p1", "kind": "two", "many": [0] }), Some("/many/0: 0: too small")),
        (json!({ "id": "q1", "kind": "two" }), Some("/id: \"q1\"")),
        (json!({ "id": "p1", "kind": "two", "inner": { "a": 1 } }), None),
        (
            json!({ "id": "p1", "kind": "two", "inner": { "a": 1, "b": 2 } }),
            Some("/inner/b: nothing is said of it"),
        ),
        (json!({ "id": "p1", "kind": "two", "inner": {} }), Some("/inner: {}: no a")),
        (json!({ "kind": "two" }), Some("no id")),
        (json!([]), Some("object")),
    ];
    for (value, expected) in cases {
        let wrong = wrong(&document, &schema, &value).join("\n");
        assert_eq!(wrong.is_empty(), expected.is_none(), "{value}: {wrong}");
        assert!(wrong.contains(expected.unwrap_or_default()), "{value}: {wrong}");
    }
}

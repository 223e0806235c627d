//! How schemas are written, so that generators of clients make good types of them.

use std::collections::BTreeSet;

use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::{Map, Value, json};

/// Texts of which there are some, each with its meaning, are written as one list, which generators of clients read.
pub(super) fn enumerated(schema: &mut Schema) {
    transform_subschemas(&mut enumerated, schema);
    let Some(kinds) = schema.get("oneOf").and_then(Value::as_array) else { return };
    let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
    let Some(names) = kinds.iter().map(|kind| text(kind, "const")).collect::<Option<Vec<_>>>() else {
        return;
    };
    let meanings = kinds
        .iter()
        .zip(&names)
        .filter_map(|(kind, name)| Some(format!("- `{name}`: {}", text(kind, "description")?)));
    let own = schema.get("description").and_then(Value::as_str).map(|own| format!("{own}\n"));
    let lines: Vec<String> = own.into_iter().chain(meanings).collect();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), json!(names));
    schema.insert("description".to_owned(), json!(lines.join("\n")));
}

/// Where nothing is said, nothing is what is meant: that is no news.
pub(super) fn no_null_unsaid(schema: &mut Schema) {
    transform_subschemas(&mut no_null_unsaid, schema);
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
}

/// In what we answer nothing is `null`: what is not there is left out.
pub(super) fn never_null(schema: &mut Schema) {
    transform_subschemas(&mut never_null, schema);
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (name, said) in properties {
        if !required.contains(&Value::from(name.as_str())) {
            without_null(said);
        }
    }
}

fn without_null(schema: &mut Value) {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [kind] = &kinds[..] {
            schema["type"] = kind.clone();
        }
    }
    let Some(map) = schema.as_object_mut() else { return };
    let Some(kinds) = map.get_mut("anyOf").and_then(Value::as_array_mut) else { return };
    kinds.retain(|kind| kind["type"] != "null");
    if let [Value::Object(kind)] = &kinds[..] {
        let kind: Map<String, Value> = kind.clone();
        map.remove("anyOf");
        for (name, said) in kind {
            map.entry(name).or_insert(said);
        }
    }
}

/// Types of which there are several kinds get a name for each kind, with all that it has; and it is said which field tells
/// them apart.
pub(super) fn kinds_apart(types: &mut Map<String, Value>) {
    let several: Vec<(String, Value)> = types
        .iter()
        .filter(|(_, schema)| tag(schema).is_some())
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let mut parts = BTreeSet::new();
    for (name, schema) in several {
        let Some(tag) = tag(&schema) else { continue };
        let mut mapping = Map::new();
        for kind in schema["oneOf"].as_array().into_iter().flatten() {
            let value = kind["properties"][&tag]["const"].as_str().unwrap_or_default();
            let own = format!("{}{name}", capitalized(value));
            let part = part_of(kind);
            let whole = whole(part.and_then(|it| types.get(it)), &schema, kind);
            parts.extend(part.map(str::to_owned));
            mapping.insert(value.to_owned(), format!("#/components/schemas/{own}").into());
            types.insert(own, whole);
        }
        let kinds: Vec<Value> = mapping.values().map(|it| json!({ "$ref": it })).collect();
        let mut apart =
            json!({ "oneOf": kinds, "discriminator": { "propertyName": tag, "mapping": mapping } });
        if let Some(description) = schema.get("description") {
            apart["description"] = description.clone();
        }
        types.insert(name, apart);
    }
    let written = Value::Object(types.clone()).to_string();
    // What stands in one of the kinds only, with all that it has, is no type of its own.
    types.retain(|name, _| {
        !parts.contains(name) || written.contains(&format!("#/components/schemas/{name}\""))
    });
}

/// The field that tells the kinds of a type apart.
fn tag(schema: &Value) -> Option<String> {
    let kinds = schema.get("oneOf")?.as_array()?;
    let is_tag = |name: &&String| {
        let values: BTreeSet<&str> =
            kinds.iter().filter_map(|kind| kind["properties"][name.as_str()]["const"].as_str()).collect();
        values.len() == kinds.len()
    };
    kinds.first()?["properties"].as_object()?.keys().find(is_tag).cloned()
}

/// The type that has the rest of a kind.
fn part_of(kind: &Value) -> Option<&str> {
    kind.get("$ref")?.as_str()?.rsplit('/').next()
}

/// One kind, with what its type has whatever the kind, and with what it has from elsewhere.
fn whole(part: Option<&Value>, all: &Value, kind: &Value) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for part in part.into_iter().chain([all, kind]) {
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    let mut whole = json!({ "type": "object", "properties": properties, "required": required });
    for word in ["description", "additionalProperties"] {
        if let Some(said) = kind.get(word).or_else(|| all.get(word)) {
            whole[word] = said.clone();
        }
    }
    whole
}

/// `call.ended` as types are named.
fn capitalized(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split(['.', '_']).map(word).collect()
}

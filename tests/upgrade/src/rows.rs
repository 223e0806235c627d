//! Rows as DynamoDB's own JSON has them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};

/// A row.
pub type Item = HashMap<String, AttributeValue>;

/// A row that a release wrote, and how that release read it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What was going on when it was written.
    pub about: String,
    /// The row.
    pub row: Item,
    /// How it was read.
    pub means: Value,
}

/// Where the rows of the last release are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rows")
}

/// The kept rows of a table: `numbers`, `calls` or `voicemails`.
pub fn kept(table: &str) -> Vec<Kept> {
    let text = std::fs::read_to_string(folder().join(format!("{table}.json"))).unwrap();
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    let kept = rows.iter().map(|kept| Kept {
        about: kept["about"].as_str().unwrap().to_owned(),
        row: item(&kept["row"]),
        means: kept["means"].clone(),
    });
    kept.collect()
}

/// Writes rows, one a line, so that a change shows which.
pub fn keep(folder: &Path, table: &str, rows: &[Kept]) {
    let lines = rows.iter().map(|Kept { about, row, means }| {
        json!({ "about": about, "row": written(row), "means": means }).to_string()
    });
    let text = format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"));
    std::fs::write(folder.join(format!("{table}.json")), text).unwrap();
}

/// Without what is not there: a release that adds a field adds it to no older row.
pub fn compact(value: &Value) -> Value {
    let says_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(map) => {
            let fields = map.iter().map(|(name, value)| (name.clone(), compact(value)));
            Value::Object(fields.filter(|(_, value)| !says_nothing(value)).collect())
        }
        Value::Array(list) => list.iter().map(compact).collect(),
        other => other.clone(),
    }
}

/// A row under another key, and of another call: those of the network that it is brought to.
pub fn renamed(row: &Item, recording_sid: &str, call_sid: &str) -> Item {
    let mut text = written(row).to_string();
    let of = |name: &str| row.get(name).and_then(|value| value.as_s().ok());
    for (name, sid) in [("recording_sid", recording_sid), ("call_sid", call_sid)] {
        if let Some(was) = of(name) {
            text = text.replace(was.as_str(), sid);
        }
    }
    item(&serde_json::from_str(&text).unwrap())
}

/// A row, from JSON.
pub fn item(row: &Value) -> Item {
    row.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

/// A row, as JSON.
pub fn written(row: &Item) -> Value {
    Value::Object(row.iter().map(|(name, value)| (name.clone(), value_of(value))).collect::<Map<_, _>>())
}

fn attribute(value: &Value) -> AttributeValue {
    let (kind, inner) = value.as_object().and_then(|object| object.iter().next()).unwrap();
    let text = || inner.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(inner.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(inner.as_array().unwrap().iter().map(attribute).collect()),
        "SS" => AttributeValue::Ss(
            inner.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
        ),
        "M" => AttributeValue::M(item(inner)),
        _ => unreachable!("no row has a {kind}"),
    }
}

fn value_of(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(value_of).collect::<Vec<_>>() }),
        AttributeValue::Ss(set) => json!({ "SS": set }),
        AttributeValue::M(map) => json!({ "M": written(map) }),
        other => unreachable!("no row has {other:?}"),
    }
}

//! A JSON Schema for editors, from the tables by which files are read.

use serde_json::{Map, Value, json};

use crate::keys::{EXPECTATION, FILE, Form, LANGUAGES, RUNG, TABLES, Table};

/// What a name looks like.
const NAME: &str = "^[a-z][a-z0-9-]{0,39}$";

/// The schema of the file, for `# yaml-language-server: $schema=…`.
///
/// Editors know by it what may stand where; what holds only of the whole, [`read`](crate::read) tells.
pub fn schema() -> Value {
    let tables = TABLES.into_iter().chain([&EXPECTATION, &RUNG]);
    let mut definitions: Map<String, Value> =
        tables.map(|table| (table.name.to_owned(), of_table(table))).collect();
    definitions
        .insert("plan".to_owned(), json!({ "anyOf": [action(), { "type": "array", "items": action() }] }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FILE.about,
        "$ref": "#/$defs/file",
        "$defs": definitions,
    })
}

/// An action, or what stands for one: a plan's name, or a word.
fn action() -> Value {
    json!({ "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/action" }] })
}

fn of_table(table: &Table) -> Value {
    let described = |form: &Form, meaning: &str| {
        let mut value = of_form(form);
        if let (Value::Object(value), false) = (&mut value, meaning.is_empty()) {
            value.insert("description".to_owned(), json!(meaning));
        }
        value
    };
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), described(&key.form, key.meaning))).collect();
    let needed: Vec<&str> = table.keys.iter().filter(|key| key.is_needed()).map(|key| key.name).collect();
    let mut schema = json!({
        "description": table.about,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    if let Some(others) = table.others {
        let pattern = if table.name == "menu" { "^[0-9]$".to_owned() } else { one_of(&LANGUAGES) };
        let mut patterns = Map::new();
        patterns.insert(pattern, described(&others.form, others.meaning));
        schema["patternProperties"] = Value::Object(patterns);
    }
    schema
}

fn one_of(words: &[&str]) -> String {
    format!("^({})$", words.join("|"))
}

fn of_form(form: &Form) -> Value {
    match form {
        Form::Text | Form::Email => json!({ "type": ["string", "number"] }),
        Form::Number => json!({ "type": ["string", "integer"], "examples": ["+14155550101"] }),
        Form::Language => json!({ "enum": LANGUAGES }),
        Form::Duration => json!({ "type": "string", "pattern": "^[0-9]{1,6}[smh]$" }),
        Form::Days => json!({ "type": "string", "pattern": "^([0-9]+ ?(days?|d)|for ?ever)$" }),
        Form::Flag => json!({ "enum": [true, false, "yes", "no"] }),
        Form::Count => json!({ "type": "integer", "minimum": 0 }),
        Form::Choice(words) => json!({ "enum": words }),
        Form::Name(_) => json!({ "type": "string", "pattern": NAME }),
        Form::Plan => json!({ "$ref": "#/$defs/plan" }),
        Form::Words => json!({ "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/words" }] }),
        Form::Some(form) => {
            let one = of_form(form);
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Form::List(form) => json!({ "type": "array", "items": of_form(form) }),
        Form::Either(forms) => json!({ "anyOf": forms.iter().map(of_form).collect::<Vec<_>>() }),
        Form::Named(form) => json!({
            "type": "object",
            "additionalProperties": of_form(form),
        }),
        Form::Map(table) => json!({ "$ref": format!("#/$defs/{}", table.name) }),
        Form::Any => json!({}),
        Form::Nothing => json!({ "type": "null" }),
    }
}

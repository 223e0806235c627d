//! What the control API is described as, and whether it does so.

use std::sync::LazyLock;

use hyper::Method;
use serde_json::Value;

use crate::described;
use crate::world::Got;

static DOCUMENT: LazyLock<Value> = LazyLock::new(calls::openapi);

/// What is described for a method of a path below `/v1`.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next()?;
    let asked: Vec<&str> = path.split('/').collect();
    let is_it = |pattern: &str| {
        let pattern: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
        let fits = |(pattern, asked): (&&str, &&str)| pattern.starts_with('{') || pattern == asked;
        pattern.len() == asked.len() && pattern.iter().zip(&asked).all(fits)
    };
    let (_, methods) = DOCUMENT["paths"].as_object()?.iter().find(|(pattern, _)| is_it(pattern))?;
    methods.get(method.as_str().to_lowercase())
}

/// What stands there, or where it leads to.
fn led_to(value: &'static Value) -> &'static Value {
    let pointer = value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
    pointer.map_or(value, |pointer| DOCUMENT.pointer(pointer).unwrap())
}

#[track_caller]
fn is_valid(schema: &Value, value: &Value, what: &str) {
    let wrong = described::wrong(&DOCUMENT, schema, value);
    assert!(wrong.is_empty(), "{what}: {value}\n{}", wrong.join("\n"));
}

/// An answer is one of those that are described, with the headers that it has to have; and what was done was asked for as is
/// described.
#[track_caller]
pub(crate) fn holds(method: &Method, path: &str, body: Option<&Value>, got: &Got) {
    let what = format!("{method} {path} {}", got.status);
    let answer: Value = serde_json::from_slice(&got.body).unwrap();
    let Some(operation) = operation(method, path) else {
        assert!([404, 405].contains(&got.status), "{what}");
        return;
    };
    let described = led_to(&operation["responses"][got.status.to_string()]);
    let content = described["content"].get(got.header("content-type"));
    let content =
        content.unwrap_or_else(|| panic!("{what}: {} is not described", got.header("content-type")));
    is_valid(&content["schema"], &answer, &what);
    if got.status >= 400 {
        let code = answer["code"].as_str().unwrap();
        assert!(content["examples"].get(code).is_some(), "{what}: {code} is not described");
    }
    for (name, header) in described["headers"].as_object().into_iter().flatten() {
        let header = led_to(header);
        match got.header(name) {
            "" => assert_ne!(header["required"], true, "{what}: no {name}"),
            value => is_valid(&header["schema"], &Value::from(value), &format!("{what}: {name}")),
        }
    }
    let asked = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let (true, true, Some(body)) = (got.status < 400, asked.is_object(), body) {
        is_valid(asked, body, &what);
    }
}

//! The calls that a message names.

use serde_json::Value;

/// `{"call_id": "…"}`, or a record of the table's stream as the pipe passes it on, or several of either. Each once: what
/// happens in a call mostly happens together.
pub(crate) fn calls<C: PartialEq>(body: &str, named: impl Fn(&str) -> Option<C>) -> Vec<C> {
    let message: Value = serde_json::from_str(body).unwrap_or_default();
    let mut calls = Vec::new();
    add_named_in(&message, &named, &mut calls);
    calls
}

fn add_named_in<C: PartialEq>(message: &Value, named: &impl Fn(&str) -> Option<C>, calls: &mut Vec<C>) {
    if let Some(records) = message.as_array() {
        for record in records {
            add_named_in(record, named, calls);
        }
        return;
    }
    let of_stream = || message.pointer("/dynamodb/Keys/call_id/S");
    let name = message.get("call_id").or_else(of_stream).and_then(Value::as_str);
    if let Some(call) = name.and_then(named)
        && !calls.contains(&call)
    {
        calls.push(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Vec<String> {
        calls(body, |name| name.starts_with("CL").then(|| name.to_owned()))
    }

    #[test]
    fn a_call_is_named_in_every_form_of_a_message_once() {
        let record =
            r#"{"eventName":"INSERT","dynamodb":{"Keys":{"call_id":{"S":"CL1"},"item":{"S":"call"}}}}"#;
        let twice = format!("[{record},{record}]");
        for form in [r#"{"call_id":"CL1"}"#, &format!("[{record}]"), &twice, record] {
            assert_eq!(of(form), ["CL1"], "{form}");
        }
        for body in ["", "{}", "[]", "null", r#"{"call_id":"x"}"#, r#"{"call_id":1}"#] {
            assert!(of(body).is_empty(), "{body}");
        }
    }
}

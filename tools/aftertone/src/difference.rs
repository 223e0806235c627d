//! What an edit changes, setting by setting.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::show::{self, BAD, DIM, GOOD};

/// A setting before and after. None: it is as it is for a new number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// As `forwarding.ring_seconds`.
    pub(crate) setting: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// The settings that differ, by name.
pub(crate) fn between(before: &Value, after: &Value) -> Vec<Changed> {
    let (before, after) = (flat(before), flat(after));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    changed
        .map(|name| Changed {
            setting: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}

/// Lists are one setting: what they hold belongs together.
fn flat(value: &Value) -> BTreeMap<String, String> {
    fn walk(name: String, value: &Value, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Null => {}
            Value::Object(fields) => {
                for (field, value) in fields {
                    let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                    walk(name, value, into);
                }
            }
            Value::String(text) => drop(into.insert(name, text.clone())),
            Value::Array(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                    .collect();
                into.insert(name, items.join(", "));
            }
            other => drop(into.insert(name, other.to_string())),
        }
    }
    let mut settings = BTreeMap::new();
    walk(String::new(), value, &mut settings);
    settings
}

pub(crate) fn to_json(changes: &[Changed]) -> Vec<Value> {
    let change = |it: &Changed| json!({ "setting": it.setting, "before": it.before, "after": it.after });
    changes.iter().map(change).collect()
}

pub(crate) fn show(changes: &[Changed]) {
    let width = changes.iter().map(|change| change.setting.len()).max().unwrap_or(0);
    for Changed { setting, before, after } in changes {
        let word = |value: &Option<String>| match value.as_deref() {
            None | Some("") => "(none)".to_owned(),
            Some(text) => text.to_owned(),
        };
        show::line(format!(
            "  {setting:<width$}  {BAD}{}{BAD:#} {DIM}->{DIM:#} {GOOD}{}{GOOD:#}",
            word(before),
            word(after)
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_named_with_before_and_after() {
        let before = json!({ "owner": { "email": "a@b.c", "name": "Ann" }, "forwarding": { "targets": ["1", "2"], "on": true } });
        let after = json!({ "owner": { "email": "d@b.c" }, "forwarding": { "targets": ["2"], "on": true } });
        let told: Vec<(String, Option<String>, Option<String>)> =
            between(&before, &after).into_iter().map(|it| (it.setting, it.before, it.after)).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("forwarding.targets".to_owned(), some("1, 2"), some("2")),
                ("owner.email".to_owned(), some("a@b.c"), some("d@b.c")),
                ("owner.name".to_owned(), some("Ann"), None),
            ]
        );
        assert_eq!(between(&before, &before), []);
    }
}

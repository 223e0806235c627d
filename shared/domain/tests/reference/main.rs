//! What is documented is what there is.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fmt::Write as _;

use domain::{
    EmailAddress, Forwarding, NumberSettings, Owner, Plan, Retention, Section as _, Setting, Speech,
    VoicemailSettings,
};
use serde_json::{Value, json};

#[test]
fn the_documented_settings_are_those_that_there_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
    let documented = std::fs::read_to_string(path).unwrap();
    let table = table();
    assert!(
        documented.contains(&table),
        "docs/settings.md is out of date: make this the table in it\n\n{table}"
    );
}

fn table() -> String {
    let new = json!({
        "owner": Owner::at(EmailAddress::parse("owner@example.com").unwrap()).written(),
        "speech": Speech::default().written(),
        "forwarding": Forwarding::default().written(),
        "voicemail": VoicemailSettings::default().written(),
        "retention": Retention::default().written(),
        "plan": Plan::default().written(),
    });
    let mut table = "| field | default | meaning |\n|---|---|---|\n".to_owned();
    table += "| `mailbox` | one of its own | The mailbox that the number leads to |\n";
    for (section, settings) in NumberSettings::SECTIONS {
        for Setting { name, meaning, default } in settings {
            let default = default.map_or_else(|| shown(&new[section][name]), str::to_owned);
            let lines: Vec<&str> =
                meaning.iter().map(|line| line.trim()).take_while(|line| !line.is_empty()).collect();
            let meaning = lines.join(" ");
            let meaning = meaning.strip_suffix('.').unwrap_or(&meaning);
            writeln!(table, "| `{section}.{name}` | {default} | {meaning} |").unwrap();
        }
    }
    table
}

fn shown(default: &Value) -> String {
    match default {
        Value::Null => "none".to_owned(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::String(text) => format!("`{text}`"),
        Value::Bool(flag) => format!("`{flag}`"),
        other => other.to_string(),
    }
}

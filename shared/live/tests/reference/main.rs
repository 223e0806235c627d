//! What is documented of problems and events is what there is.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use live::Code;
use serde_json::{Map, Value};

/// What each event has in `data`.
const IN_ALL: [&str; 6] = ["action_id", "call_id", "operation_context", "participant_id", "seq", "source"];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Who writes the document has it alone.
static WRITING: Mutex<()> = Mutex::new(());

/// Told with what to put there: `UPDATE_DOCS=1` does it.
fn is_documented(from: &str, to: &str, wanted: &str) {
    let _alone = WRITING.lock();
    let file = here("../../docs/api.md");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from}"));
    let (stands, after) = rest.split_once(to).unwrap_or_else(|| panic!("no {to}"));
    if stands.trim() == wanted.trim() {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, format!("{before}{from}\n\n{}\n\n{to}{after}", wanted.trim())).unwrap();
        return;
    }
    panic!("docs/api.md is out of date between {from} and {to}: make it so with UPDATE_DOCS=1");
}

/// The events of the snapshot: each type once.
fn examples() -> Vec<Value> {
    let snapshot =
        "src/cloud_event/snapshots/live__cloud_event__tests__a_cloud_event_tells_all_of_what_happened.snap";
    let snapshot = fs::read_to_string(here(snapshot)).unwrap();
    snapshot
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What is said in the code of each type.
fn meaning(kind: &str) -> String {
    let code = fs::read_to_string(here("src/event.rs")).unwrap();
    let (before, _) = code.split_once(&format!("#[serde(rename = \"{kind}\")]")).unwrap();
    let mut lines: Vec<&str> =
        before.trim_end().lines().rev().map_while(|line| line.trim().strip_prefix("/// ")).collect();
    lines.reverse();
    let meaning = lines.join(" ");
    assert!(!meaning.is_empty(), "{kind}");
    meaning.trim_end_matches('.').to_owned()
}

#[test]
fn the_documented_problems_are_those_that_there_are() {
    let mut table = "| code | status | retryable | cure |\n|---|---|---|---|\n".to_owned();
    for code in Code::ALL {
        let retryable = if code.is_retryable() { "yes" } else { "" };
        writeln!(table, "| `{}` | {} | {retryable} | {} |", code.name(), code.status(), code.cure()).unwrap();
    }
    is_documented("<!-- problems -->", "<!-- end of the problems -->", &table);
}

#[test]
fn the_documented_events_are_those_that_there_are() {
    let examples = examples();
    let whole = examples.iter().find(|event| event["type"] == "participant.answered").unwrap();
    let whole = format!("```json\n{}\n```", serde_json::to_string_pretty(whole).unwrap());
    is_documented("<!-- event -->", "<!-- end of the event -->", &whole);
    let mut table = "| type | when | what else is in `data`, for example |\n|---|---|---|\n".to_owned();
    for event in &examples {
        let kind = event["type"].as_str().unwrap();
        let data: Map<String, Value> = event["data"].as_object().unwrap().clone();
        let data: Map<String, Value> =
            data.into_iter().filter(|(name, _)| !IN_ALL.contains(&&**name)).collect();
        let data = if data.is_empty() { String::new() } else { format!("`{}` ", Value::Object(data)) };
        writeln!(table, "| `{kind}` | {} | {data}|", meaning(kind)).unwrap();
    }
    is_documented("<!-- events -->", "<!-- end of the events -->", &table);
}

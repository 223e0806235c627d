//! Calls that programs steer, while they go on: through the control API, as any program.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use live::CallId;
use phone::PhoneNumber;
use serde_json::{Value, json};

use crate::arguments::{Callee, Live, LiveCommand, Whom};
use crate::control::{Control, problem};
use crate::deployment::Deployment;
use crate::reading::international;
use crate::show::{self, BOLD, DIM, field};

/// How long is waited for the end of what was wanted. Ringing takes the longest.
const WAITED_FOR: Duration = Duration::from_mins(1);

/// How often is looked whether something is new, where the API does not wait itself.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn run(deployment: &Deployment, live: Live, json: bool) -> Result<ExitCode> {
    let control = Control::of(deployment, live.key)?;
    let of = |kind: &str, whom: &Whom| json!({ "type": kind, "participant": whom.participant.to_string() });
    let (call, action) = match live.command {
        LiveCommand::List { number, region } => {
            let number = number.map(|number| region.read(&number)).transpose()?;
            return list(&control, number.as_ref(), json).await;
        }
        LiveCommand::Show { call } => return tell(&control, &call, json).await,
        LiveCommand::Watch { call, after } => return watch(&control, &call, after, json).await,
        LiveCommand::Add(options) => {
            (options.call.clone(), calls(&options.callee, json!({ "type": "add" }))?)
        }
        LiveCommand::Transfer(options) => {
            (options.whom.call.clone(), calls(&options.callee, of("transfer", &options.whom))?)
        }
        LiveCommand::Move { whom, to_call } => {
            let mut action = of("move", &whom);
            put(&mut action, "to_call", Some(to_call.to_string()));
            (whom.call, action)
        }
        LiveCommand::Hold { whom, twiml, twiml_url, alone_seconds } => {
            let mut action = of("hold", &whom);
            put(&mut action, "twiml", twiml);
            put(&mut action, "twiml_url", twiml_url);
            put(&mut action, "alone_seconds", alone_seconds);
            (whom.call, action)
        }
        LiveCommand::Resume(whom) => (whom.call.clone(), of("resume", &whom)),
        LiveCommand::Remove(whom) => (whom.call.clone(), of("remove", &whom)),
        LiveCommand::Mute(whom) => (whom.call.clone(), of("mute", &whom)),
        LiveCommand::Unmute(whom) => (whom.call.clone(), of("unmute", &whom)),
        LiveCommand::End { call, yes } => {
            if !show::confirmed(&format!("End {call} for everybody?"), yes)? {
                return Ok(ExitCode::FAILURE);
            }
            (call, json!({ "type": "end" }))
        }
    };
    carry_out(&control, &call, &action, json).await
}

fn put(action: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        action[name] = value.into();
    }
}

/// An action that calls somebody.
fn calls(options: &Callee, mut action: Value) -> Result<Value> {
    let to = options.to.as_str();
    let is_address = ["sip:", "sips:", "client:"].iter().any(|kind| to.starts_with(kind));
    let to = if is_address { to.to_owned() } else { options.region.read(to)?.reveal().to_owned() };
    put(&mut action, "to", Some(to));
    put(&mut action, "ring_seconds", options.ring.map(u16::from));
    put(&mut action, "machine", options.machine.clone());
    put(&mut action, "send_digits", options.send_digits.clone());
    put(&mut action, "whisper", options.whisper.as_ref().map(|text| json!({ "text": text })));
    put(&mut action, "accept", options.accept.map(|key| json!({ "key": key.to_string() })));
    Ok(action)
}

async fn list(control: &Control, number_of: Option<&PhoneNumber>, json: bool) -> Result<ExitCode> {
    let query = number_of.map(|number| format!("?number={}", number.reveal().replace('+', "%2B")));
    let answer = control.get(&format!("calls{}", query.unwrap_or_default())).await?;
    let calls = answer["calls"].as_array().cloned().unwrap_or_default();
    if json {
        show::json(&calls)?;
        return Ok(ExitCode::SUCCESS);
    }
    if calls.is_empty() {
        show::line("No call goes on that this key sees.");
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = calls
        .iter()
        .map(|call| {
            vec![
                time(&call["created_at"]),
                number(&call["number"]),
                text(call, "state"),
                people(call),
                text(call, "id"),
            ]
        })
        .collect();
    show::table(&["BEGAN", "NUMBER", "STATE", "WHO", "CALL"], &rows);
    Ok(ExitCode::SUCCESS)
}

/// `p1 seated, p2 ringing`: those who are there, or called.
fn people(call: &Value) -> String {
    let people = call["participants"].as_array().into_iter().flatten().filter(|it| it["state"] != "left");
    people.map(|it| format!("{} {}", text(it, "id"), text(it, "state"))).collect::<Vec<_>>().join(", ")
}

async fn tell(control: &Control, id: &CallId, json: bool) -> Result<ExitCode> {
    let mut call = control.get(&format!("calls/{id}")).await?;
    let mut actions = control.get(&format!("calls/{id}/actions")).await?;
    let actions = actions["actions"].take();
    if json {
        call["actions"] = actions;
        show::json(&call)?;
        return Ok(ExitCode::SUCCESS);
    }
    show::line(format!("{BOLD}Call {id}{BOLD:#}  {}", state_of(&call)));
    field("from", number(&call["number"]));
    if call["operation_context"].is_string() {
        field("context", text(&call, "operation_context"));
    }
    for (name, at) in [("began", "created_at"), ("connected", "connected_at"), ("ended", "ended_at")] {
        if call[at].is_string() {
            field(name, time(&call[at]));
        }
    }
    for it in call["participants"].as_array().into_iter().flatten() {
        field(&text(it, "id"), format!("{}  {}", address(it), state_of(it)));
    }
    for action in actions.as_array().into_iter().flatten() {
        field(&text(action, "id"), format!("{}  {}", wanted(&action["command"]), ended(action)));
    }
    Ok(ExitCode::SUCCESS)
}

/// `left: hung up`, `seated, muted`.
fn state_of(it: &Value) -> String {
    let cause = it["cause"].as_str().map(|cause| format!(": {}", words(cause))).unwrap_or_default();
    let muted = if it["muted"] == true { ", muted" } else { "" };
    format!("{}{cause}{muted}", text(it, "state"))
}

/// Whom a leg is placed to.
fn address(it: &Value) -> String {
    match it["kind"].as_str() {
        Some("phone") => number(&it["number"]),
        Some("sip") => text(it, "uri"),
        Some("owner") => "the owner".to_owned(),
        Some("withheld") => "withheld".to_owned(),
        _ => format!("client:{}", text(it, "identity")),
    }
}

/// `hold p1`, `add +1 212-555-0177`.
fn wanted(command: &Value) -> String {
    let kind = text(command, "type");
    let into = command["to_call"].as_str().map(|call| format!(" into {call}")).unwrap_or_default();
    let whom = match &command["to"] {
        Value::Array(many) => many.iter().map(address).collect::<Vec<_>>().join(", "),
        one @ Value::Object(_) => address(one),
        _ => ["participant", "action"]
            .iter()
            .find_map(|name| command[name].as_str())
            .unwrap_or_default()
            .to_owned(),
    };
    format!("{kind} {whom}{into}").trim_end().to_owned()
}

/// How an action ended, or how far it is.
fn ended(action: &Value) -> String {
    let state = text(action, "state");
    match (action["problem"].is_object(), &action["evidence"]) {
        (true, _) => format!("{state}: {}", problem(&action["problem"])),
        (_, evidence) if evidence == "already_so" => format!("{state}: it was so already"),
        _ => state,
    }
}

async fn watch(control: &Control, id: &CallId, mut after: u64, json: bool) -> Result<ExitCode> {
    // Of who begins behind the end, the end is not told.
    let mut may_be_over = true;
    loop {
        let answer = control.get(&format!("calls/{id}/events?after={after}&limit=1000&wait=20")).await?;
        let events = answer["events"].as_array().cloned().unwrap_or_default();
        for event in &events {
            if json {
                show::json_line(event)?;
            } else {
                show::line(told(event));
            }
        }
        after = answer["next_after"].as_u64().unwrap_or(after);
        if events.iter().any(|event| event["type"] == "call.ended") {
            return Ok(ExitCode::SUCCESS);
        }
        if events.is_empty() {
            if may_be_over && control.get(&format!("calls/{id}")).await?["state"] == "ended" {
                return Ok(ExitCode::SUCCESS);
            }
            may_be_over = false;
            tokio::time::sleep(LOOKED_AT_EVERY).await;
        }
    }
}

/// An event in a line.
fn told(event: &Value) -> String {
    let data = &event["data"];
    let kind = text(event, "type");
    let about = if kind.starts_with("action.") { "action_id" } else { "participant_id" };
    let about = data[about].as_str().unwrap_or_default();
    let what = match &*kind {
        "call.created" => number(&data["number"]),
        "participant.planned" => address(&data["address"]),
        "participant.joined" => format!("{}, out of {}", address(&data["address"]), text(data, "from_call")),
        "participant.moved" => text(data, "place"),
        "action.queued" => wanted(&data["command"]),
        "transcription.words" => text(data, "text"),
        "action.failed" | "stream.failed" | "transcription.failed" => problem(&data["problem"]),
        "participant.left" if data["to_call"].is_string() => {
            format!("{}: {}", words(&text(data, "cause")), text(data, "to_call"))
        }
        "action.succeeded" if data["evidence"] == "already_so" => "it was so already".to_owned(),
        _ => ["cause", "answered_by", "why"]
            .iter()
            .find_map(|name| data[name].as_str())
            .map(words)
            .unwrap_or_default(),
    };
    let line = format!(
        "{:>4}  {DIM}{}{DIM:#}  {kind:<22} {about:<4} {what}",
        data["seq"].as_u64().unwrap_or_default(),
        time(&event["time"])
    );
    line.trim_end().to_owned()
}

/// Wants it, and waits for what becomes of it.
async fn carry_out(control: &Control, call: &CallId, action: &Value, json: bool) -> Result<ExitCode> {
    let accepted = control.post(&format!("calls/{call}/actions"), action).await?;
    let id = text(&accepted["action"], "id");
    let since = Instant::now();
    let action = loop {
        let action = control.get(&format!("calls/{call}/actions/{id}")).await?;
        let is_open = ["queued", "running"].contains(&&*text(&action, "state"));
        if !is_open || since.elapsed() > WAITED_FOR {
            break action;
        }
        tokio::time::sleep(LOOKED_AT_EVERY).await;
    };
    let is_vain = ["failed", "canceled"].contains(&&*text(&action, "state"));
    if json {
        show::json(&action)?;
    } else {
        show::line(format!("{id}  {}  {}", wanted(&action["command"]), ended(&action)));
        if action["ended_at"].is_null() {
            show::line(format!("It goes on: see `aftertone live show {call}`."));
        }
    }
    Ok(if is_vain { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// `hung_up` as people read it.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn number(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    PhoneNumber::parse(text).map_or_else(|_| text.to_owned(), |number| international(&number))
}

fn time(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_or_else(|_| text.to_owned(), show::time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, mut data: Value) -> Value {
        data["seq"] = json!(7);
        json!({ "type": kind, "time": "2026-11-30T10:00:00.250Z", "data": data })
    }

    #[test]
    fn an_event_is_a_line_of_whom_and_what() {
        let phone = json!({ "kind": "phone", "number": "+12125550177" });
        let cases = [
            ("call.created", json!({ "number": "+14155550100" }), "+1 415-555-0100"),
            (
                "participant.planned",
                json!({ "participant_id": "p2", "action_id": "a1", "address": phone }),
                "p2   +1 212-555-0177",
            ),
            (
                "participant.left",
                json!({ "participant_id": "p2", "cause": "hung_up", "evidence": "answer" }),
                "p2   hung up",
            ),
            ("participant.moved", json!({ "participant_id": "p2", "place": "seat" }), "p2   seat"),
            (
                "participant.left",
                json!({ "participant_id": "p2", "cause": "transferred", "to_call": "CL07" }),
                "p2   transferred: CL07",
            ),
            (
                "participant.joined",
                json!({ "participant_id": "p2", "address": phone, "from_call": "CL07" }),
                "p2   +1 212-555-0177, out of CL07",
            ),
            (
                "action.queued",
                json!({ "action_id": "a3", "command": { "type": "move", "participant": "p1", "to_call": "CL07" } }),
                "a3   move p1 into CL07",
            ),
            (
                "action.queued",
                json!({ "action_id": "a3", "participant_id": "p1", "command": { "type": "hold", "participant": "p1" } }),
                "a3   hold p1",
            ),
            ("action.queued", json!({ "action_id": "a3", "command": { "type": "end" } }), "a3   end"),
            (
                "action.failed",
                json!({ "action_id": "a3", "problem": { "code": "busy", "cause": "it was busy" } }),
                "a3   it was busy (busy)",
            ),
            (
                "action.succeeded",
                json!({ "action_id": "a3", "evidence": "status_callback" }),
                "action.succeeded       a3",
            ),
            (
                "action.succeeded",
                json!({ "action_id": "a3", "evidence": "already_so" }),
                "a3   it was so already",
            ),
            ("something.new", json!({}), "something.new"),
        ];
        for (kind, data, expected) in cases {
            let told = told(&event(kind, data));
            assert!(told.ends_with(expected) && told.starts_with("   7  "), "{told}");
        }
    }

    #[test]
    fn how_somebody_is_is_told_with_why() {
        for (it, expected) in [
            (json!({ "state": "left", "cause": "taken_by_another" }), "left: taken by another"),
            (json!({ "state": "seated", "muted": true }), "seated, muted"),
            (json!({ "state": "ringing", "muted": false }), "ringing"),
        ] {
            assert_eq!(state_of(&it), expected);
        }
        assert_eq!(address(&json!({ "kind": "client", "identity": "ana" })), "client:ana");
        assert_eq!(address(&json!({ "kind": "sip", "uri": "sip:ana@example.org" })), "sip:ana@example.org");
    }
}

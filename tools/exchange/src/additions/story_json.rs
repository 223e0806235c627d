//! Stories as JSON.

use serde_json::{Map, Value, json};

use crate::hearing::Hearing;
use crate::network::Network;
use crate::story::{EndedBy, Entry, LegStory, Party, Problem, Story, What};
use crate::webhooks::{SentWebhook, WebhookOutcome};

/// All legs, the oldest first.
pub(super) fn calls(network: &Network) -> Value {
    let calls: Vec<Value> = network
        .legs
        .all()
        .iter()
        .map(|leg| {
            json!({
                "call_sid": leg.sid().as_str(),
                "parent_call_sid": leg.facts().parent.as_ref().map(phone::CallSid::as_str),
                "from": leg.facts().from.reveal(),
                "to": leg.facts().to.reveal(),
                "direction": leg.facts().direction.as_str(),
                "status": leg.state().status,
            })
        })
        .collect();
    json!({ "calls": calls })
}

/// The story that a leg is in.
pub(super) fn story(network: &Network, sid: &str) -> Option<Value> {
    let leg = network.legs.anywhere(sid)?;
    let story = Story::of(&leg.log);
    let started = story.started();
    let millis = |at: jiff::Timestamp| at.duration_since(started).as_millis();
    let entries: Vec<Value> = story.entries().iter().map(|entry| entry_json(&story, entry)).collect();
    let legs: Vec<Value> = story.legs().iter().map(|leg| leg_json(leg, &millis)).collect();
    Some(json!({
        "call_sid": story.call_sid().as_str(),
        "from": story.from().reveal(),
        "to": story.to().reveal(),
        "status": leg.state().status,
        "started": started.to_string(),
        "ended": story.ended().map(|ended| ended.to_string()),
        "ended_by": story.ended_by().map(|by| match by {
            EndedBy::Caller => "caller",
            EndedBy::Callee => "callee",
            EndedBy::Network => "network",
            EndedBy::ApplicationError => "application-error",
        }),
        "entries": entries,
        "legs": legs,
        "webhooks": story.webhooks().iter().map(webhook).collect::<Vec<_>>(),
        "problems": story.errors().iter().chain(&story.warnings()).map(problem).collect::<Vec<_>>(),
    }))
}

fn entry_json(story: &Story, entry: &Entry) -> Value {
    let party = match &entry.party {
        Party::Network => "network",
        Party::Caller => "caller",
        Party::Callee(address) => address.reveal(),
    };
    let since = entry.at.duration_since(story.started());
    let mut shown = Map::new();
    for (name, value) in [
        ("written", json!(entry.written)),
        ("at", json!(entry.at.to_string())),
        ("since_start_ms", json!(since.as_millis())),
        ("party", json!(party)),
        ("what", json!(name_of(&entry.what))),
        ("text", json!(text_of(&entry.what))),
        ("line", json!(story.line_of(entry))),
    ] {
        shown.insert(name.to_owned(), value);
    }
    if let What::Webhook(sent) = &entry.what {
        shown.insert("is_under_way".to_owned(), json!(sent.outcome == WebhookOutcome::UnderWay));
        shown.insert("webhook".to_owned(), webhook(sent));
    }
    Value::Object(shown)
}

fn name_of(what: &What) -> &'static str {
    match what {
        What::Dials(_) => "dials",
        What::Rings => "rings",
        What::Answers => "answers",
        What::Declines => "declines",
        What::HearsRinging(_) => "hears-ringing",
        What::HearsWords { .. } => "hears-words",
        What::HearsSound(_) => "hears-sound",
        What::HearsKeys(_) => "hears-keys",
        What::HearsSilence(_) => "hears-silence",
        What::HearsBeep => "hears-beep",
        What::HearsBusy => "hears-busy",
        What::HearsNotInService => "hears-not-in-service",
        What::HearsApplicationError => "hears-application-error",
        What::HearsHangUp => "hears-hang-up",
        What::HearsSomebody { .. } => "hears-somebody",
        What::TalksWith(_) => "talks-with",
        What::Speaks(_) => "speaks",
        What::Presses(_) => "presses",
        What::HangsUp => "hangs-up",
        What::Webhook(_) => "webhook",
        What::Recorded(_) => "recorded",
        What::Problem(_) => "problem",
        What::Status(_) => "status",
        What::Note(_) => "note",
    }
}

/// What it is about, in full.
fn text_of(what: &What) -> String {
    match what {
        What::Dials(address) | What::TalksWith(address) => address.reveal().to_owned(),
        What::HearsRinging(length) | What::HearsSilence(length) => length.as_secs_f64().to_string(),
        What::HearsSomebody { words, .. } | What::Speaks(words) => words.clone(),
        What::HearsWords { text, .. }
        | What::HearsSound(text)
        | What::HearsKeys(text)
        | What::Presses(text)
        | What::Status(text)
        | What::Note(text) => text.clone(),
        What::Webhook(webhook) => webhook.url.clone(),
        What::Recorded(recording) => recording.sid.as_str().to_owned(),
        What::Problem(problem) => problem.to_string(),
        _ => String::new(),
    }
}

fn leg_json(leg: &LegStory, millis: &impl Fn(jiff::Timestamp) -> i128) -> Value {
    let hearing: Vec<Value> = leg
        .heard
        .iter()
        .map(|heard| {
            let (what, text, with): (_, _, &[phone::CallSid]) = match &heard.what {
                Hearing::Ringing => ("ringing", "", &[]),
                Hearing::Silence => ("silence", "", &[]),
                Hearing::Recorder => ("recorder", "", &[]),
                Hearing::Words(text) => ("words", &**text, &[]),
                Hearing::Sound(text) => ("sound", &**text, &[]),
                Hearing::Keys(text) => ("keys", &**text, &[]),
                Hearing::Music(text) => ("music", &**text, &[]),
                Hearing::People(with) => ("people", "", with),
            };
            json!({
                "from_ms": millis(heard.from),
                "until_ms": millis(heard.until),
                "what": what,
                "text": text,
                "with": with.iter().map(phone::CallSid::as_str).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "call_sid": leg.call_sid.as_str(),
        "parent_call_sid": leg.parent.as_ref().map(phone::CallSid::as_str),
        "from": leg.from.reveal(),
        "to": leg.to.reveal(),
        "direction": leg.direction,
        "status": leg.status,
        "hearing": hearing,
        "longest_silence_ms": leg.longest_silence().as_millis(),
    })
}

/// A webhook as it was sent.
pub(super) fn webhook(webhook: &SentWebhook) -> Value {
    let params: Map<String, Value> =
        webhook.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "id": webhook.id,
        "at": webhook.at.to_string(),
        "kind": webhook.kind.to_string(),
        "call_sid": webhook.call_sid.as_str(),
        "method": webhook.method.to_string(),
        "url": webhook.url,
        "params": params,
        "status": webhook.status(),
        "answer": webhook.answer_body(),
    })
}

fn problem(problem: &Problem) -> Value {
    json!({ "code": problem.code, "message": problem.message, "is_warning": problem.is_warning })
}

pub(super) fn rooms(network: &Network) -> Value {
    let rooms: Vec<Value> = network
        .rooms
        .all()
        .iter()
        .map(|room| {
            let events: Vec<Value> = room
                .events()
                .iter()
                .map(|event| {
                    json!({
                        "at": event.at.to_string(),
                        "name": event.name,
                        "call_sid": event.call_sid.as_ref().map(phone::CallSid::as_str),
                    })
                })
                .collect();
            let participants: Vec<Value> = room
                .participants()
                .iter()
                .map(|one| {
                    json!({
                        "call_sid": one.leg.sid().as_str(),
                        "label": one.join.label,
                        "muted": one.join.muted,
                        "hold": one.hold.is_some(),
                    })
                })
                .collect();
            json!({
                "conference_sid": room.sid,
                "friendly_name": room.name,
                "status": room.status().as_str(),
                "participants": participants,
                "events": events,
            })
        })
        .collect();
    json!({ "rooms": rooms })
}

pub(super) fn queues(network: &Network) -> Value {
    let queues: Vec<Value> = network
        .queues
        .all()
        .iter()
        .map(|queue| {
            let members = queue.members();
            let waiting: Vec<&str> = members.iter().map(|member| member.leg.sid().as_str()).collect();
            json!({ "queue_sid": queue.sid, "friendly_name": queue.status().name, "waiting": waiting })
        })
        .collect();
    json!({ "queues": queues })
}

/// Those that belong to no call, and those of each call.
pub(super) fn problems(network: &Network) -> Value {
    let mut problems: Vec<Value> = network.problems().iter().map(problem).collect();
    for story in network.stories.all() {
        for entry in story.entries() {
            let What::Problem(one) = &entry.what else { continue };
            let mut shown = problem(one);
            shown["call_sid"] = json!(story.call_sid().as_str());
            shown["at"] = json!(entry.at.to_string());
            problems.push(shown);
        }
    }
    json!({ "problems": problems })
}

//! What other programs are told: events of ours, and not the rows of our tables.
//!
//! What has happened is read from the row, so that an event is told again with the same id if
//! nobody knows whether it is out. `docs/events.md` describes each type, and its schemas what they say.

use callflow::Engine;
use jiff::Timestamp;
use phone::{AccountSid, CallSid, RecordingSid};
use serde_json::{Map, Value, json};
use store::{Heard, Mail, MissedCall, Parties, Transcript, Voicemail};

/// Of what is told. It grows when an event of an older one could be misread.
const VERSION: u32 = 1;

/// Something that has happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Like `voicemail.mailed`.
    pub kind: &'static str,
    /// The whole of it, as it is published.
    pub body: Value,
}

/// What happened to a voicemail and was not told yet, in the order in which it did.
pub fn of_voicemail(voicemail: &Voicemail) -> Vec<Event> {
    let Voicemail { recording_sid, keeping, .. } = voicemail;
    // Of what is deleted, or is to be, nothing is told any more.
    let is_gone = keeping.deletion_asked.is_some() || keeping.parties_deleted_at.is_some();
    let Some(destination) = voicemail.destination.as_ref().filter(|_| !is_gone) else { return Vec::new() };
    if voicemail.sound.is_empty() {
        return Vec::new();
    }
    let about = About {
        recording: Some((recording_sid, &voicemail.account_sid)),
        call_sid: &voicemail.call_sid,
        parties: &destination.parties,
    };
    let mut events = vec![about.event(
        "voicemail.recorded",
        voicemail.recorded_at,
        [("duration_seconds", json!(voicemail.sound.duration_seconds()))],
    )];
    if voicemail.sound.is_lost() {
        events.push(about.event("voicemail.lost", voicemail.recorded_at, []));
    }
    if let (Some(Transcript { engine, result: Ok(heard) }), Some(at)) =
        (&voicemail.transcript, voicemail.transcribed_at)
    {
        let Heard { words, language, confidence_percent } = heard;
        let engine = match engine {
            Engine::Twilio => "twilio",
            Engine::Amazon => "amazon",
        };
        let fields = [
            ("words", json!(words)),
            ("engine", json!(engine)),
            ("language", json!(language.as_ref().map(callflow::LanguageCode::as_str))),
            ("confidence_percent", json!(confidence_percent)),
        ];
        events.push(about.event("voicemail.transcribed", at, fields));
    }
    if let Mail::Sent { at, with_words, .. } = &voicemail.mail {
        events.push(about.event("voicemail.mailed", *at, [("with_words", json!(with_words))]));
    }
    events.retain(|event| !voicemail.published.contains(event.kind));
    events
}

/// The same for a call that may have been missed: that it was is known once it is mailed.
pub fn of_missed_call(missed_call: &MissedCall) -> Vec<Event> {
    let about = About { recording: None, call_sid: &missed_call.call_sid, parties: &missed_call.parties };
    let is_known = missed_call.not_missed.is_none() && matches!(missed_call.mail, Mail::Sent { .. });
    let mut events = Vec::new();
    if is_known {
        events.push(about.event("call.missed", missed_call.missed_at, []));
    }
    events.retain(|event| !missed_call.published.contains(event.kind));
    events
}

struct About<'a> {
    recording: Option<(&'a RecordingSid, &'a AccountSid)>,
    call_sid: &'a CallSid,
    parties: &'a Parties,
}

impl About<'_> {
    fn event<const N: usize>(&self, kind: &'static str, at: Timestamp, fields: [(&str, Value); N]) -> Event {
        let Parties { number, caller, caller_name, .. } = self.parties;
        let sid = self.recording.map_or(self.call_sid.as_str(), |(recording_sid, _)| recording_sid.as_str());
        let mut body = Map::new();
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("version", json!(VERSION));
        set("id", json!(format!("{sid}.{kind}")));
        set("type", json!(kind));
        set("occurred_at", json!(format!("{at:.3}")));
        set("number", json!(number.reveal()));
        set("caller", json!(caller.reveal()));
        set("caller_name", json!(caller_name));
        set("call_sid", json!(self.call_sid.as_str()));
        if let Some((recording_sid, account_sid)) = self.recording {
            set("recording_sid", json!(recording_sid.as_str()));
            set("account_sid", json!(account_sid.as_str()));
        }
        for (name, value) in fields {
            set(name, value);
        }
        Event { kind, body: Value::Object(body) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use store::Sound;

    use super::*;
    use crate::fixtures::{after, archived, left, missed_call};

    fn sent(with_words: bool) -> Mail {
        Mail::Sent { at: after(130), message_id: "1".to_owned(), with_words }
    }

    fn whole() -> Voicemail {
        Voicemail {
            transcript: Some(Transcript::words(Engine::Twilio, "Call me.")),
            transcribed_at: Some(after(20)),
            mail: sent(true),
            ..archived()
        }
    }

    fn missed() -> MissedCall {
        MissedCall { mail: sent(false), ..missed_call() }
    }

    fn kinds(events: &[Event]) -> Vec<&str> {
        events.iter().map(|event| event.kind).collect()
    }

    #[test]
    fn events_tell_what_happened_once_it_has_and_is_not_told() {
        assert_eq!(kinds(&of_voicemail(&left())), [""; 0], "nobody knows whose it is");
        assert_eq!(kinds(&of_voicemail(&archived())), ["voicemail.recorded"]);
        let all = ["voicemail.recorded", "voicemail.transcribed", "voicemail.mailed"];
        assert_eq!(kinds(&of_voicemail(&whole())), all);
        let told = Voicemail { published: all[..2].iter().map(|it| (*it).to_owned()).collect(), ..whole() };
        assert_eq!(kinds(&of_voicemail(&told)), ["voicemail.mailed"]);
        let gone = Voicemail { sound: Sound::Gone, audio: None, ..whole() };
        assert!(kinds(&of_voicemail(&gone)).contains(&"voicemail.lost"));
        let empty = Voicemail { sound: Sound::Ready { duration_seconds: 0 }, ..archived() };
        assert_eq!(kinds(&of_voicemail(&empty)), [""; 0]);
        assert_eq!(kinds(&of_missed_call(&missed())), ["call.missed"]);
        assert_eq!(kinds(&of_missed_call(&MissedCall { mail: Mail::Unsent, ..missed() })), [""; 0]);
    }

    /// The words of JSON Schema that ours are written with; any other is refused.
    fn check(schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for (word, rule) in schema.as_object().unwrap() {
            let holds = match word.as_str() {
                "$schema" | "$id" | "title" | "description" => true,
                "type" => {
                    let is = match value {
                        Value::Null => "null",
                        Value::Bool(_) => "boolean",
                        Value::Number(_) => "integer",
                        Value::String(_) => "string",
                        Value::Array(_) => "array",
                        Value::Object(_) => "object",
                    };
                    rule == is || rule.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == is))
                }
                "const" => rule == value,
                "enum" => rule.as_array().unwrap().contains(value),
                "minimum" => value.as_i64().is_none_or(|it| it >= rule.as_i64().unwrap()),
                "maximum" => value.as_i64().is_none_or(|it| it <= rule.as_i64().unwrap()),
                "required" => {
                    rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
                }
                "additionalProperties" => {
                    let known = schema["properties"].as_object().unwrap();
                    *rule == Value::Bool(false)
                        && value.as_object().unwrap().keys().all(|it| known.contains_key(it))
                }
                "properties" => {
                    for (name, rule) in rule.as_object().unwrap() {
                        if let Some(value) = value.get(name) {
                            wrong.extend(check(rule, value, &format!("{at}/{name}")));
                        }
                    }
                    true
                }
                other => unreachable!("{other}"),
            };
            if !holds {
                wrong.push(format!("{at}: {word} {rule} does not hold for {value}"));
            }
        }
        wrong
    }

    #[test]
    fn events_are_as_their_schemas_and_examples_say() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events");
        let read = |name: String| -> Value {
            serde_json::from_str(&std::fs::read_to_string(folder.join(&name)).unwrap()).unwrap()
        };
        let lost = of_voicemail(&Voicemail { sound: Sound::Gone, audio: None, ..whole() });
        let mut events = [of_voicemail(&whole()), of_missed_call(&missed()), lost].concat();
        events.dedup_by(|a, b| a.kind == b.kind);
        for Event { kind, body } in &events {
            let schema = read(format!("{kind}.schema.json"));
            assert_eq!(check(&schema, body, kind), Vec::<String>::new());
            assert_eq!(check(&schema, &read(format!("{kind}.example.json")), kind), Vec::<String>::new());
            let mut other = body.clone();
            other["version"] = json!(2);
            assert!(!check(&schema, &other, kind).is_empty(), "a schema that takes anything");
        }
        let described = std::fs::read_dir(&folder).unwrap().count();
        let kinds: BTreeSet<&str> = events.iter().map(|event| event.kind).collect();
        assert_eq!(described, 2 * kinds.len(), "a schema and an example of each type, and no others");
    }
}

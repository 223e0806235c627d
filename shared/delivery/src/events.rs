//! What other programs are told: events of ours, and not the rows of our tables.
//!
//! What has happened is read from the row, so that an event is told again with the same id if
//! nobody knows whether it is out. `docs/events.md` describes each type, and its schemas what they say.

use domain::{Engine, Mail, MailReports, MissedCall, Parties, Transcript, TranscriptText, Voicemail};
use jiff::Timestamp;
use phone::{AccountSid, CallSid, RecordingSid};
use serde_json::{Map, Value, json};

/// Of what is told. It grows when an event of an older one could be misread.
const VERSION: u32 = 1;

/// Something that has happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Like `voicemail.mailed`.
    pub kind: &'static str,
    /// By what the row knows that it is out: the kind, and what tells several of one kind apart.
    pub name: String,
    /// The whole of it, as it is published.
    pub body: Value,
}

/// What happened to a voicemail and was not told yet, in the order in which it did.
pub fn of_voicemail(voicemail: &Voicemail) -> Vec<Event> {
    let Voicemail { recording_sid, keeping, .. } = voicemail;
    // Of what is kept in silence other programs are not told, either.
    if voicemail.recording.is_empty() || voicemail.not_mailed().is_some() {
        return Vec::new();
    }
    let about = About {
        recording: Some((recording_sid, &voicemail.account_sid)),
        call_sid: &voicemail.call_sid,
        parties: voicemail.destination.as_ref().map(|destination| &destination.parties),
    };
    let mut events = if let Some(at) = keeping.parties_deleted_at {
        let by = if keeping.deletion_asked.is_some() { "order" } else { "retention" };
        vec![about.event("voicemail.deleted", at, [("by", json!(by))])]
    } else if keeping.deletion_asked.is_some() || about.parties.is_none() {
        // Of what is to be deleted nothing more is told than that it is.
        Vec::new()
    } else {
        of_what_is_kept(voicemail, &about)
    };
    events.retain(|event| !voicemail.published.contains(&event.name));
    events
}

fn of_what_is_kept(voicemail: &Voicemail, about: &About<'_>) -> Vec<Event> {
    let mut events = vec![about.event(
        "voicemail.recorded",
        voicemail.recorded_at,
        [("duration_seconds", json!(voicemail.recording.duration_seconds()))],
    )];
    if voicemail.recording.is_lost() {
        events.push(about.event("voicemail.lost", voicemail.recorded_at, []));
    }
    if let (Some(Transcript { engine, result: Ok(heard) }), Some(at)) =
        (&voicemail.transcript, voicemail.transcribed_at)
    {
        let TranscriptText { words, language, confidence_percent } = heard;
        let engine = match engine {
            Engine::Twilio => "twilio",
            Engine::Amazon => "amazon",
        };
        let fields = [
            ("words", json!(words)),
            ("engine", json!(engine)),
            ("language", json!(language.as_ref().map(domain::LanguageCode::as_str))),
            ("confidence_percent", json!(confidence_percent)),
        ];
        events.push(about.event("voicemail.transcribed", at, fields));
    }
    if let Mail::Sent { at, with_words, .. } = &voicemail.mail {
        events.push(about.event("voicemail.mailed", *at, [("with_words", json!(with_words))]));
    }
    events.extend(bounces("first", "first", &voicemail.first_address, about));
    events.extend(bounces("second", "second", &voicemail.second_address, about));
    if let Some(resend) = &voicemail.resend {
        events.extend(bounces("again", &format!("again-{}", resend.number), &resend.reports, about));
    }
    events
}

/// The mails to an address that came back: at most once for now and once for good. `mail` names them
/// where several can go to one address.
fn bounces(address: &str, mail: &str, reports: &MailReports, about: &About<'_>) -> Vec<Event> {
    let soft = reports.soft_bounced_at.map(|at| (at, reports.soft_bounce_reason.as_deref(), false));
    let hard = reports.bounced.as_ref().map(|bounce| (bounce.at, Some(bounce.reason.as_str()), true));
    let bounced = soft.into_iter().chain(hard).map(|(at, reason, for_good)| {
        let which = format!("{mail}.{}", if for_good { "hard" } else { "soft" });
        let fields = [("address", json!(address)), ("for_good", json!(for_good)), ("reason", json!(reason))];
        about.one_of("voicemail.bounced", &which, at, fields)
    });
    bounced.collect()
}

/// The same for a call that may have been missed: that it was is known once it is mailed.
pub fn of_missed_call(missed_call: &MissedCall) -> Vec<Event> {
    let MissedCall { call_sid, parties, .. } = missed_call;
    let about = About { recording: None, call_sid, parties: Some(parties) };
    let is_known = missed_call.not_missed.is_none() && matches!(missed_call.mail, Mail::Sent { .. });
    let mut events = Vec::new();
    if is_known {
        events.push(about.event("call.missed", missed_call.missed_at, []));
    }
    events.retain(|event| !missed_call.published.contains(&event.name));
    events
}

struct About<'a> {
    recording: Option<(&'a RecordingSid, &'a AccountSid)>,
    call_sid: &'a CallSid,
    /// None once it is deleted who called whom.
    parties: Option<&'a Parties>,
}

impl About<'_> {
    fn event<const N: usize>(&self, kind: &'static str, at: Timestamp, fields: [(&str, Value); N]) -> Event {
        self.named(kind, kind.to_owned(), at, fields)
    }

    /// One of a kind of which several can happen.
    fn one_of<const N: usize>(
        &self,
        kind: &'static str,
        which: &str,
        at: Timestamp,
        fields: [(&str, Value); N],
    ) -> Event {
        self.named(kind, format!("{kind}.{which}"), at, fields)
    }

    fn named<const N: usize>(
        &self,
        kind: &'static str,
        name: String,
        at: Timestamp,
        fields: [(&str, Value); N],
    ) -> Event {
        let sid = self.recording.map_or(self.call_sid.as_str(), |(recording_sid, _)| recording_sid.as_str());
        let mut body = Map::new();
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("version", json!(VERSION));
        set("id", json!(format!("{sid}.{name}")));
        set("type", json!(kind));
        set("occurred_at", json!(format!("{at:.3}")));
        if let Some(Parties { number, caller, caller_name, .. }) = self.parties {
            set("number", json!(number.reveal()));
            set("caller", json!(caller.reveal()));
            set("caller_name", json!(caller_name));
        }
        set("call_sid", json!(self.call_sid.as_str()));
        if let Some((recording_sid, account_sid)) = self.recording {
            set("recording_sid", json!(recording_sid.as_str()));
            set("account_sid", json!(account_sid.as_str()));
        }
        for (name, value) in fields {
            set(name, value);
        }
        Event { kind, name, body: Value::Object(body) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use domain::{Bounce, Instruction, Keeping, Recorded, Resend, ResendTo};

    use super::*;
    use domain::fixtures::{after, archived, left, missed_call};

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

    /// Mails to the first address came back for now and for good, and so did the second one that was
    /// sent over again.
    fn bounced() -> Voicemail {
        let hard = Bounce { at: after(150), reason: "Permanent NoEmail".to_owned() };
        let first_address = MailReports {
            soft_bounced_at: Some(after(140)),
            bounced: Some(hard.clone()),
            ..MailReports::default()
        };
        let reports = MailReports { bounced: Some(hard), ..MailReports::default() };
        let (to, mail) = (ResendTo::First, sent(true));
        let resend = Resend { number: 2, instruction: instruction(), to, with_sound: false, mail, reports };
        Voicemail { first_address, resend: Some(resend), ..whole() }
    }

    fn instruction() -> Instruction {
        Instruction { by: "ada".to_owned(), why: "case 7".to_owned(), at: after(200) }
    }

    /// As it is read once all of it is deleted.
    fn deleted(keeping: Keeping) -> Voicemail {
        let keeping = Keeping { parties_deleted_at: Some(after(300)), ..keeping };
        Voicemail { keeping, parties: None, destination: None, transcript: None, audio: None, ..whole() }
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
        let gone = Voicemail { recording: Recorded::Gone, audio: None, ..whole() };
        assert!(kinds(&of_voicemail(&gone)).contains(&"voicemail.lost"));
        let bounced = bounced();
        assert_eq!(kinds(&of_voicemail(&bounced))[3..], ["voicemail.bounced"; 3]);
        let names = ["voicemail.bounced.first.soft", "voicemail.bounced.first.hard"];
        let told = all.into_iter().chain(names).map(str::to_owned).collect();
        let rest = of_voicemail(&Voicemail { published: told, ..bounced });
        assert_eq!((rest.len(), rest[0].name.as_str()), (1, "voicemail.bounced.again-2.hard"));
        let empty = Voicemail { recording: Recorded::Ready { duration_seconds: 0 }, ..archived() };
        assert_eq!(kinds(&of_voicemail(&empty)), [""; 0]);
        assert_eq!(kinds(&of_missed_call(&missed())), ["call.missed"]);
        assert_eq!(kinds(&of_missed_call(&MissedCall { mail: Mail::Unsent, ..missed() })), [""; 0]);
    }

    #[test]
    fn of_a_deleted_voicemail_only_that_is_told_and_of_nobody() {
        let asked = Keeping { deletion_asked: Some(instruction()), ..Keeping::default() };
        assert_eq!(of_voicemail(&Voicemail { keeping: asked.clone(), ..bounced() }), []);
        for (keeping, by) in [(asked, "order"), (Keeping::default(), "retention")] {
            let events = of_voicemail(&deleted(keeping));
            assert_eq!(kinds(&events), ["voicemail.deleted"]);
            let told = events[0].body.to_string();
            assert!(events[0].body["by"] == by && !told.contains('+') && !told.contains("caller"), "{told}");
        }
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
        let lost = of_voicemail(&Voicemail { recording: Recorded::Gone, audio: None, ..whole() });
        let deleted = of_voicemail(&deleted(Keeping::default()));
        let events = [of_voicemail(&bounced()), of_missed_call(&missed()), lost, deleted].concat();
        for Event { kind, body, .. } in &events {
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

//! Reads what is about all calls alike: `blocked`, `ringing`, `messages`, `keep`, `limit`, `voices`.

use domain::{
    CallerId, Days, FinishKey, LanguageCode, MessageLength, Retention, Transcription, VoicemailSettings,
    WaitSound,
};

use crate::keys::{KEEP, LIMIT, MESSAGES, RINGING};
use crate::model::{Action, Blocked, Limit, Person, Ringing};
use crate::plan::plan;
use crate::reader::{Entry, Fields, Reader, short};
use crate::yaml::{Node, What};

pub(crate) fn voices(reader: &mut Reader, node: Option<&Node>) -> Vec<(domain::Language, String)> {
    let Some(node) = node else { return Vec::new() };
    let mut voices = Vec::new();
    for Entry { place, name, value } in reader.entries(node, "voices") {
        let language = reader.language(place, name);
        let voice = reader.text(value, &format!("voices.{name}"));
        if let (Some(language), Some(voice)) = (language, voice) {
            voices.push((language, voice.to_owned()));
        }
    }
    voices
}

pub(crate) fn blocked(reader: &mut Reader, node: Option<&Node>) -> Blocked {
    let name = node.and_then(|node| reader.choice(node, "blocked", &Blocked::ALL.map(Blocked::name)));
    Blocked::ALL.into_iter().find(|it| Some(it.name()) == name).unwrap_or_default()
}

pub(crate) fn ringing(reader: &mut Reader, node: Option<&Node>) -> Ringing {
    let mut all = Ringing::default();
    let Some(node) = node else { return all };
    let fields = reader.fields(node, &RINGING, "ringing");
    if let Some(node) = fields.get("caller_id") {
        let name = reader.choice(node, "ringing.caller_id", &CallerId::ALL.map(CallerId::name));
        let found = CallerId::ALL.into_iter().find(|it| Some(it.name()) == name);
        all.caller_id = found.unwrap_or(all.caller_id);
    }
    all.announce = flag(reader, &fields, "ringing", "announce", all.announce);
    all.hang_up_on_star = flag(reader, &fields, "ringing", "hang_up_on_star", all.hang_up_on_star);
    if let Some(node) = fields.get("wait") {
        let name = reader.choice(node, "ringing.wait", &WaitSound::ALL.map(WaitSound::name));
        all.wait = name.and_then(WaitSound::named).unwrap_or(all.wait);
    }
    all
}

fn flag(reader: &mut Reader, fields: &Fields, section: &str, name: &str, unsaid: bool) -> bool {
    let flag = fields.get(name).and_then(|node| reader.flag(node, &format!("{section}.{name}")));
    flag.unwrap_or(unsaid)
}

pub(crate) fn messages(reader: &mut Reader, node: Option<&Node>) -> VoicemailSettings {
    let mut all = VoicemailSettings::default();
    let Some(node) = node else { return all };
    let fields = reader.fields(node, &MESSAGES, "messages");
    if let Some(node) = fields.get("longest") {
        let time = reader.duration(node, "messages.longest", 2..14_401);
        let length = time.and_then(|time| MessageLength::seconds(i64::try_from(time.as_secs()).ok()?).ok());
        all.max_length = length.unwrap_or(all.max_length);
    }
    if let Some(node) = fields.get("finish_key") {
        finish_key(reader, node, &mut all.finish_key);
    }
    if let Some(node) = fields.get("transcription") {
        let name =
            reader.choice(node, "messages.transcription", &Transcription::ALL.map(Transcription::name));
        let found = Transcription::ALL.into_iter().find(|it| Some(it.name()) == name);
        all.transcription = found.unwrap_or(all.transcription);
    }
    for node in fields.get("languages").map(Node::items).unwrap_or_default() {
        let Some(text) = reader.text(node, "messages.languages") else { continue };
        if let Ok(code) = LanguageCode::parse(text) {
            all.languages.push(code);
        } else {
            let cause = format!("messages.languages: {:?} is no language", short(text));
            reader.error(node.place, cause, "write it like en-US: language, hyphen, country");
        }
    }
    all.beep = flag(reader, &fields, "messages", "beep", all.beep);
    all.purge_at_twilio = flag(reader, &fields, "messages", "purge_at_twilio", all.purge_at_twilio);
    all
}

/// A key, or `none`.
fn finish_key(reader: &mut Reader, node: &Node, into: &mut Option<FinishKey>) {
    if matches!(node.what, What::Nothing) {
        // What begins with # and has no quotes is a comment.
        reader.error(
            node.place,
            "messages.finish_key is nothing",
            "write it in quotes, as in \"#\", or `none`",
        );
        return;
    }
    let Some(text) = reader.text(node, "messages.finish_key") else { return };
    let mut keys = text.chars();
    let key = keys.next().filter(|_| keys.next().is_none()).and_then(|key| FinishKey::new(key).ok());
    if text != "none" && key.is_none() {
        let cause = format!("messages.finish_key: {:?} is no key", short(text));
        reader.error(node.place, cause, "write one of 0 to 9, \"#\" or \"*\", or `none`");
        return;
    }
    *into = key;
}

pub(crate) fn keep(reader: &mut Reader, node: Option<&Node>) -> Retention {
    let mut all = Retention::default();
    let Some(node) = node else { return all };
    let fields = reader.fields(node, &KEEP, "keep");
    let parts = [("audio", &mut all.audio), ("transcript", &mut all.transcript), ("calls", &mut all.calls)];
    for (name, into) in parts {
        if let Some(node) = fields.get(name) {
            days(reader, node, &format!("keep.{name}"), into);
        }
    }
    all
}

/// `30 days`, `forever`.
fn days(reader: &mut Reader, node: &Node, what: &str, into: &mut Option<Days>) {
    let Some(text) = reader.text(node, what) else { return };
    let number = text.strip_suffix("days").or(text.strip_suffix("day")).or(text.strip_suffix('d'));
    let number = number.map(str::trim).filter(|it| it.len() <= 6).and_then(|it| it.parse::<i64>().ok());
    let days = number.and_then(|number| Days::new(number).ok());
    if days.is_none() && !matches!(text, "forever" | "for ever") {
        let cure = match text.parse::<u16>() {
            Ok(number) if number > 0 => format!("write `{number} days`"),
            _ => "write 1 to 36500 days, like `30 days`, or `forever`".to_owned(),
        };
        reader.error(node.place, format!("{what}: {:?} is no number of days", short(text)), cure);
        return;
    }
    *into = days;
}

pub(crate) fn limit(reader: &mut Reader, node: Option<&Node>, people: &[Person]) -> Option<Limit> {
    let node = node?;
    let fields = reader.fields(node, &LIMIT, "limit");
    let then = match fields.get("then") {
        Some(node) => {
            let plan = plan(reader, node, people, "limit.then");
            let rings = |action: &Action| {
                !matches!(action, Action::Say(_) | Action::Voicemail(_) | Action::Silent | Action::Reject)
            };
            if let Some(step) = plan.iter().find(|step| rings(&step.action)) {
                let cause = "limit.then rings, or may ring, beyond the limit";
                reader.error(
                    step.place,
                    cause,
                    "write `voicemail`, `reject`, or `say: …` before one of them",
                );
            }
            plan
        }
        None => Vec::new(),
    };
    let node = fields.get("calls_per_month")?;
    let text = reader.text(node, "limit.calls_per_month")?;
    let number = text.parse::<u32>().ok().filter(|_| text.len() <= 9);
    if number.is_none() {
        let cause = format!("limit.calls_per_month: {:?} is no number", short(text));
        reader.error(node.place, cause, "write a number like 100, or leave `limit` out");
    }
    Some(Limit { calls_per_month: number?, then })
}

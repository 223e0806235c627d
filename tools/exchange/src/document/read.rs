//! From an answer, and TwiML's types, to what the network does.

use std::time::Duration;

use twiml::values::{
    CallEvent, DialTimeout, GatherInput, GatherTimeout, List, LoopCount, MaxLength, PauseLength,
    RecordTimeout, RecordingEvent, RejectReason, TimeLimit, Trim,
};
use twiml::voice::{self, Noun, Response, SpeechVerb};

use super::{Dial, Document, Gather, LegCallback, LegEvent, Prompt, Record, RecordingCallback, Target, Verb};
use crate::Address;
use crate::web;
use crate::webhooks::{Method, WebhookAnswer, WebhookFailure};

/// Reads an answer as Twilio would.
pub(crate) fn answer(answer: &WebhookAnswer) -> Result<Document, WebhookFailure> {
    if !(200..300).contains(&answer.status) {
        return Err(WebhookFailure::new(11200, format!("{} answered {}", answer.url, answer.status)));
    }
    let content_type = answer.content_type.as_deref().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*media_type {
        "text/xml" | "application/xml" | "text/html" => document(&answer.body),
        "text/plain" => Ok(document(&answer.body).unwrap_or_else(|_| speaking(answer.body.trim()))),
        other if other.starts_with("audio/") => {
            let prompt = Prompt::Sound { url: answer.url.clone(), length: web::playing_time(answer)? };
            Ok(Document { verbs: vec![Verb::Prompt(prompt), Verb::Hangup] })
        }
        "" => Err(WebhookFailure::new(12300, "the answer has no content type")),
        other => Err(WebhookFailure::new(12300, format!("the content type {other} is no TwiML"))),
    }
}

fn speaking(text: &str) -> Document {
    Document {
        verbs: vec![Verb::Prompt(Prompt::Say { text: text.into(), voice: None, language: None, repeat: 1 })],
    }
}

/// Reads TwiML, strictly: what Twilio would only warn of is refused as well.
fn document(text: &str) -> Result<Document, WebhookFailure> {
    let response =
        Response::from_xml(text).map_err(|error| WebhookFailure::new(error.code(), error.to_string()))?;
    Ok(Document { verbs: response.verbs.into_iter().map(verb).collect() })
}

fn verb(verb: voice::Verb) -> Verb {
    match verb {
        voice::Verb::Say(say) => Verb::Prompt(speak(&say)),
        voice::Verb::Play(play) => Verb::Prompt(sound(&play)),
        voice::Verb::Pause(pause) => Verb::Prompt(silence(&pause)),
        voice::Verb::Dial(it) => Verb::Dial(dial(&it)),
        voice::Verb::Record(it) => Verb::Record(record(&it)),
        voice::Verb::Gather(it) => Verb::Gather(gather(&it)),
        voice::Verb::Redirect(redirect) => {
            Verb::Redirect { url: redirect.url.as_str().into(), method: method(redirect.method) }
        }
        voice::Verb::Reject(reject) => Verb::Reject { busy: reject.reason == Some(RejectReason::Busy) },
        voice::Verb::Hangup(_) => Verb::Hangup,
        voice::Verb::Enqueue(_) => Verb::NotSimulated("Enqueue"),
        voice::Verb::Leave(_) => Verb::NotSimulated("Leave"),
        voice::Verb::Queue(_) => Verb::NotSimulated("Queue"),
        voice::Verb::Connect(_) => Verb::NotSimulated("Connect"),
        voice::Verb::Start(_) => Verb::NotSimulated("Start"),
        voice::Verb::Stop(_) => Verb::NotSimulated("Stop"),
        voice::Verb::Pay(_) => Verb::NotSimulated("Pay"),
        voice::Verb::Prompt(_) => Verb::NotSimulated("Prompt"),
        voice::Verb::Refer(_) => Verb::NotSimulated("Refer"),
        voice::Verb::Sms(_) => Verb::NotSimulated("Sms"),
        voice::Verb::Echo(_) => Verb::NotSimulated("Echo"),
    }
}

fn method(method: Option<twiml::values::Method>) -> Method {
    match method {
        Some(twiml::values::Method::Get) => Method::Get,
        _ => Method::Post,
    }
}

fn owned(text: Option<&twiml::values::Text>) -> Option<String> {
    text.map(|text| text.as_str().trim().to_owned()).filter(|text| !text.is_empty())
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

fn speak(say: &voice::Say) -> Prompt {
    let text = say.text();
    Prompt::Say {
        text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        voice: owned(say.voice.as_ref()),
        language: owned(say.language.as_ref()),
        repeat: say.loop_count.map_or(1, LoopCount::get),
    }
}

fn sound(play: &voice::Play) -> Prompt {
    Prompt::Play {
        url: play.url.as_str().into(),
        keys: play.digits.as_ref().map(|digits| digits.as_str().into()),
        repeat: play.loop_count.map_or(1, LoopCount::get),
    }
}

fn silence(pause: &voice::Pause) -> Prompt {
    Prompt::Pause(seconds(pause.length.map_or(1, PauseLength::get)))
}

fn gather(gather: &voice::Gather) -> Gather {
    let takes = |input| gather.input.as_ref().is_some_and(|list| list.contains(&input));
    Gather {
        action: owned(gather.action.as_ref()),
        method: method(gather.method),
        timeout: seconds(gather.timeout.map_or(5, GatherTimeout::get)),
        num_digits: gather.num_digits.map(|count| usize::try_from(count.get()).unwrap_or(usize::MAX)),
        finish_on_key: gather.finish_on_key.as_ref().map_or(Some('#'), |key| key.as_str().chars().next()),
        action_on_empty_result: gather.action_on_empty_result == Some(true),
        takes_keys: gather.input.is_none() || takes(GatherInput::Dtmf),
        takes_speech: takes(GatherInput::Speech),
        prompts: gather
            .prompts
            .iter()
            .map(|prompt| match prompt {
                SpeechVerb::Say(say) => speak(say),
                SpeechVerb::Play(play) => sound(play),
                SpeechVerb::Pause(pause) => silence(pause),
            })
            .collect(),
        not_simulated: gather.partial_result_callback.iter().map(|_| "partialResultCallback").collect(),
    }
}

fn record(record: &voice::Record) -> Record {
    let transcribe = record.transcribe == Some(true);
    let events = record.recording_status_callback_event.as_ref();
    let wants = |event| events.is_some_and(|list| list.contains(&event));
    // With transcription the longest message becomes what can be transcribed.
    let default_length = if transcribe { 120 } else { 3600 };
    Record {
        action: owned(record.action.as_ref()),
        method: method(record.method),
        timeout: match record.timeout.map_or(5, RecordTimeout::get) {
            0 => None,
            count => Some(seconds(count)),
        },
        max_length: seconds(record.max_length.map_or(default_length, MaxLength::get)),
        finish_on_key: record.finish_on_key.as_ref().map_or("1234567890*#", |keys| keys.as_str()).into(),
        play_beep: record.play_beep != Some(false),
        trim: record.trim != Some(Trim::DoNotTrim),
        status: owned(record.recording_status_callback.as_ref()).map(|url| RecordingCallback {
            url,
            method: method(record.recording_status_callback_method),
            in_progress: wants(RecordingEvent::InProgress),
            completed: events.is_none() || wants(RecordingEvent::Completed),
            absent: wants(RecordingEvent::Absent),
        }),
        transcribe,
        transcribe_callback: owned(record.transcribe_callback.as_ref()),
    }
}

fn dial(dial: &voice::Dial) -> Dial {
    let mut not_simulated = Vec::new();
    let records = dial.record.is_some_and(|record| !matches!(record.as_str(), "do-not-record" | "false"));
    if records {
        not_simulated.push("the recording of a Dial");
    }
    let mut targets = Vec::new();
    let detects_machines = dial.nouns.iter().any(|noun| match noun {
        Noun::Number(number) => number.machine_detection.is_some(),
        Noun::Sip(sip) => sip.machine_detection.is_some(),
        _ => false,
    });
    if detects_machines {
        not_simulated.push("machine detection");
    }
    for noun in dial.nouns.iter() {
        match target(noun) {
            Ok(target) => targets.push(target),
            Err(name) => not_simulated.push(name),
        }
    }
    Dial {
        action: owned(dial.action.as_ref()),
        method: method(dial.method),
        timeout: seconds(dial.timeout.map_or(30, DialTimeout::get)),
        time_limit: seconds(dial.time_limit.map_or(14_400, TimeLimit::get)),
        caller_id: owned(dial.caller_id.as_ref()).map(Address::from),
        answer_on_bridge: dial.answer_on_bridge == Some(true),
        hangup_on_star: dial.hangup_on_star == Some(true),
        sequential: dial.sequential == Some(true),
        targets,
        not_simulated,
    }
}

fn target(noun: &Noun) -> Result<Target, &'static str> {
    match noun {
        Noun::BareNumber(number) => {
            Ok(Target { address: number.as_str().into(), keys: None, whisper: None, status: None })
        }
        Noun::Number(number) => Ok(Target {
            address: number.phone_number.as_str().into(),
            keys: number.send_digits.as_ref().map(|keys| keys.as_str().into()),
            whisper: owned(number.url.as_ref()).map(|url| (url, method(number.method))),
            status: leg_callback(
                owned(number.status_callback.as_ref()),
                method(number.status_callback_method),
                number.status_callback_event.as_ref(),
            ),
        }),
        Noun::Client(client) => Ok(Target {
            address: format!("client:{}", client.name().map_or("", |name| name.as_str())).into(),
            keys: None,
            whisper: owned(client.url.as_ref()).map(|url| (url, method(client.method))),
            status: leg_callback(
                owned(client.status_callback.as_ref()),
                method(client.status_callback_method),
                client.status_callback_event.as_ref(),
            ),
        }),
        Noun::Sip(sip) => Ok(Target {
            address: sip.address.as_str().into(),
            keys: None,
            whisper: owned(sip.url.as_ref()).map(|url| (url, method(sip.method))),
            status: leg_callback(
                owned(sip.status_callback.as_ref()),
                method(sip.status_callback_method),
                sip.status_callback_event.as_ref(),
            ),
        }),
        Noun::Conference(_) => Err("Conference"),
        Noun::Queue(_) => Err("Queue"),
        Noun::Sim(_) => Err("Sim"),
        Noun::Application(_) => Err("Application"),
        Noun::WhatsApp(_) => Err("WhatsApp"),
    }
}

fn leg_callback(
    url: Option<String>,
    method: Method,
    events: Option<&List<CallEvent>>,
) -> Option<LegCallback> {
    let events = events.map_or_else(
        || vec![LegEvent::Completed],
        |list| {
            list.iter()
                .map(|event| match event {
                    CallEvent::Initiated => LegEvent::Initiated,
                    CallEvent::Ringing => LegEvent::Ringing,
                    CallEvent::Answered => LegEvent::Answered,
                    CallEvent::Completed => LegEvent::Completed,
                })
                .collect()
        },
    );
    url.map(|url| LegCallback { url, method, events })
}

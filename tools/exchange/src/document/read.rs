//! From an answer, and TwiML's types, to what the network does.

use std::time::Duration;

use twiml::values::{
    CallEvent, ConferenceBeep, ConferenceRecord, DetectionTimeout, DialTimeout, GatherInput, GatherTimeout,
    List, LoopCount, MachineDetection, MaxLength, MaxParticipants, PauseLength, QueueSize, RecordTimeout,
    RecordingEvent, RejectReason, TimeLimit, Trim,
};
use twiml::voice::{self, ConnectNoun, Noun, Response, SpeechVerb, StartNoun, StopNoun};

use super::{
    CallRecording, Connected, Detection, Dial, Dialled, Enqueue, FromQueue, Gather, Join, LegCallback,
    LegEvent, Music, Program, Prompt, Record, RecordingCallback, Refer, RoomCallback, StreamAsked, Target,
    TranscriptionAsked, Verb,
};
use crate::Address;
use crate::web;
use crate::webhooks::{Method, WebhookAnswer, WebhookFailure};

/// Reads an answer as Twilio would.
pub(crate) fn answer(answer: &WebhookAnswer) -> Result<Program, WebhookFailure> {
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
            Ok(Program { verbs: vec![Verb::Prompt(prompt), Verb::Hangup] })
        }
        "" => Err(WebhookFailure::new(12300, "the answer has no content type")),
        other => Err(WebhookFailure::new(12300, format!("the content type {other} is no TwiML"))),
    }
}

fn speaking(text: &str) -> Program {
    Program {
        verbs: vec![Verb::Prompt(Prompt::Say { text: text.into(), voice: None, language: None, repeat: 1 })],
    }
}

/// Reads TwiML, strictly: what Twilio would only warn of is refused as well, unless it was taken out before
/// ([`tolerance`](super::tolerance)).
fn document(text: &str) -> Result<Program, WebhookFailure> {
    let response = Response::from_xml(text).map_err(|error| {
        let message = match error.position(text) {
            // What is no XML says itself where.
            Some(place) if error.code() != 12_100 => format!("line {}: {error}", place.line),
            _ => error.to_string(),
        };
        WebhookFailure::new(error.code(), message)
    })?;
    Ok(Program { verbs: response.verbs.into_iter().map(verb).collect() })
}

fn verb(verb: voice::Verb) -> Verb {
    match verb {
        voice::Verb::Say(say) => Verb::Prompt(speak(&say)),
        voice::Verb::Play(play) => Verb::Prompt(sound(&play)),
        voice::Verb::Pause(pause) => Verb::Prompt(silence(&pause)),
        voice::Verb::Dial(it) => Verb::Dial(Box::new(dial(&it))),
        voice::Verb::Record(it) => Verb::Record(record(&it)),
        voice::Verb::Gather(it) => Verb::Gather(gather(&it)),
        voice::Verb::Redirect(redirect) => {
            Verb::Redirect { url: redirect.url.as_str().into(), method: method(redirect.method) }
        }
        voice::Verb::Reject(reject) => Verb::Reject { busy: reject.reason == Some(RejectReason::Busy) },
        voice::Verb::Hangup(_) => Verb::Hangup,
        voice::Verb::Enqueue(it) => enqueue(&it),
        voice::Verb::Leave(_) => Verb::Leave,
        voice::Verb::Queue(_) => Verb::NotSimulated("Queue"),
        voice::Verb::Connect(it) => connect(&it),
        voice::Verb::Start(it) => start(&it),
        voice::Verb::Stop(it) => stop(&it),
        voice::Verb::Pay(_) => Verb::NotSimulated("Pay"),
        voice::Verb::Prompt(_) => Verb::NotSimulated("Prompt"),
        voice::Verb::Refer(it) => Verb::Refer(Refer {
            action: owned(it.action.as_ref()),
            method: method(it.method),
            to: it.sip.as_ref().map_or_else(String::new, |sip| sip.address.as_str().into()),
        }),
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
    let timeout = seconds(gather.timeout.map_or(5, GatherTimeout::get));
    let takes = |input| gather.input.as_ref().is_some_and(|list| list.contains(&input));
    Gather {
        action: owned(gather.action.as_ref()),
        method: method(gather.method),
        timeout,
        num_digits: gather.num_digits.map(|count| usize::try_from(count.get()).unwrap_or(usize::MAX)),
        finish_on_key: gather.finish_on_key.as_ref().map_or(Some('#'), |key| key.as_str().chars().next()),
        speech_timeout: match &gather.speech_timeout {
            None => Some(timeout),
            Some(pause) => pause.to_string().parse().ok().map(seconds),
        },
        barge_in: gather.barge_in != Some(false),
        language: gather.language.as_ref().map(ToString::to_string),
        partial_results: owned(gather.partial_result_callback.as_ref())
            .map(|url| (url, method(gather.partial_result_callback_method))),
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
    }
}

fn record(record: &voice::Record) -> Record {
    let transcribe = record.transcribe == Some(true);
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
        status: recording_callback(
            record.recording_status_callback.as_ref(),
            record.recording_status_callback_method,
            record.recording_status_callback_event.as_ref(),
        ),
        transcribe,
        transcribe_callback: owned(record.transcribe_callback.as_ref()),
    }
}

/// What a recording's callback is asked to tell of.
fn recording_callback(
    url: Option<&twiml::values::Text>,
    method_asked: Option<twiml::values::Method>,
    events: Option<&List<RecordingEvent>>,
) -> Option<RecordingCallback> {
    let wants = |event| events.is_some_and(|list| list.contains(&event));
    owned(url).map(|url| RecordingCallback {
        url,
        method: method(method_asked),
        in_progress: wants(RecordingEvent::InProgress),
        completed: events.is_none() || wants(RecordingEvent::Completed),
        absent: wants(RecordingEvent::Absent),
    })
}

fn start(start: &voice::Start) -> Verb {
    match start.nouns.first() {
        Some(StartNoun::Recording(recording)) => Verb::StartRecording(Box::new(CallRecording {
            source: "StartCallRecordingTwiML",
            // Whatever is asked for, live calls were recorded on two channels.
            dual: true,
            trim: recording.trim != Some(Trim::DoNotTrim),
            track: "both".into(),
            from_ringing: true,
            status: recording_callback(
                recording.recording_status_callback.as_ref(),
                recording.recording_status_callback_method,
                recording.recording_status_callback_event.as_ref(),
            ),
        })),
        Some(StartNoun::Stream(it)) => Verb::StartStream(Box::new(stream(it))),
        Some(StartNoun::Siprec(_)) => Verb::NotSimulated("Start Siprec"),
        Some(StartNoun::Transcription(it)) => Verb::StartTranscription(Box::new(transcription(it))),
        None => Verb::NotSimulated("Start without a noun"),
    }
}

fn stop(stop: &voice::Stop) -> Verb {
    match stop.nouns.first() {
        Some(StopNoun::Stream(stream)) => Verb::StopStream(owned(stream.name.as_ref())),
        Some(StopNoun::Transcription(transcription)) => {
            Verb::StopTranscription(owned(transcription.name.as_ref()))
        }
        Some(StopNoun::Siprec(_)) => Verb::NotSimulated("Stop Siprec"),
        None => Verb::NotSimulated("Stop without a noun"),
    }
}

fn connect(connect: &voice::Connect) -> Verb {
    match connect.nouns.first() {
        Some(ConnectNoun::Stream(it)) => Verb::ConnectStream(Box::new(Connected {
            stream: stream(it),
            action: owned(connect.action.as_ref()),
            method: method(connect.method),
        })),
        Some(_) => Verb::NotSimulated("Connect"),
        None => Verb::NotSimulated("Connect without a noun"),
    }
}

fn stream(stream: &voice::Stream) -> StreamAsked {
    let pair = |parameter: &voice::Parameter| {
        let text = |text: Option<&twiml::values::Text>| text.map_or("", |text| text.as_str()).to_owned();
        (text(parameter.name.as_ref()), text(parameter.value.as_ref()))
    };
    StreamAsked {
        name: owned(stream.name.as_ref()),
        url: owned(stream.url.as_ref()).unwrap_or_default(),
        track: stream.track.map_or("inbound_track", |track| track.as_str()).to_owned(),
        parameters: stream.parameters.iter().map(pair).collect(),
        status: owned(stream.status_callback.as_ref())
            .map(|url| (url, method(stream.status_callback_method))),
    }
}

fn transcription(transcription: &voice::Transcription) -> TranscriptionAsked {
    let or = |text: Option<&twiml::values::Text>, otherwise: &str| {
        owned(text).unwrap_or_else(|| otherwise.to_owned())
    };
    TranscriptionAsked {
        name: owned(transcription.name.as_ref()),
        track: transcription.track.map_or("both_tracks", |track| track.as_str()).to_owned(),
        inbound_label: owned(transcription.inbound_track_label.as_ref()),
        outbound_label: owned(transcription.outbound_track_label.as_ref()),
        partial_results: transcription.partial_results == Some(true),
        language: or(transcription.language_code.as_ref(), "en-US"),
        engine: or(transcription.transcription_engine.as_ref(), "google"),
        profanity_filter: transcription.profanity_filter != Some(false),
        speech_model: or(transcription.speech_model.as_ref(), "telephony"),
        hints: owned(transcription.hints.as_ref()),
        punctuation: transcription.enable_automatic_punctuation != Some(false),
        status: (
            or(transcription.status_callback_url.as_ref(), ""),
            method(transcription.status_callback_method),
        ),
    }
}

/// Music that a URL names; Twilio asks its own for it when none does.
fn music(url: Option<&twiml::values::Text>, asked: Option<twiml::values::Method>) -> Music {
    match url.map(|url| url.as_str().trim()) {
        None => Music::Default,
        Some("") => Music::Silence,
        Some(url) => Music::Url(url.into(), method(asked)),
    }
}

fn enqueue(enqueue: &voice::Enqueue) -> Verb {
    let Some(name) = &enqueue.name else { return Verb::NotSimulated("Enqueue workflowSid") };
    Verb::Enqueue(Enqueue {
        name: name.as_str().into(),
        action: owned(enqueue.action.as_ref()),
        method: method(enqueue.method),
        wait: music(enqueue.wait_url.as_ref(), enqueue.wait_url_method),
        most: enqueue.max_queue_size.map(|size| as_count(QueueSize::get(size))),
    })
}

fn as_count(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn dial(dial: &voice::Dial) -> Dial {
    let mut not_simulated = Vec::new();
    let mut who = None;
    let mut targets = Vec::new();
    for noun in dial.nouns.iter() {
        match noun {
            Noun::Conference(conference) => who = Some(Dialled::Room(Box::new(join(conference)))),
            Noun::Queue(queue) => {
                let url = owned(queue.url.as_ref()).map(|url| (url, method(queue.method)));
                who = Some(Dialled::Queue(FromQueue { name: queue.name.as_str().into(), url }));
            }
            _ => match target(noun) {
                Ok(target) => targets.push(target),
                Err(name) => not_simulated.push(name),
            },
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
        recording: dial_recording(dial),
        who: who.unwrap_or(Dialled::Phones(targets)),
        not_simulated,
    }
}

fn dial_recording(dial: &voice::Dial) -> Option<CallRecording> {
    let mode = dial.record?;
    let mode = mode.as_str();
    if matches!(mode, "do-not-record" | "false") {
        return None;
    }
    Some(CallRecording {
        source: "DialVerb",
        dual: mode.ends_with("-dual"),
        trim: dial.trim == Some(Trim::TrimSilence),
        track: dial.recording_track.map_or("both", |track| track.as_str()).into(),
        from_ringing: mode.starts_with("record-from-ringing"),
        status: recording_callback(
            dial.recording_status_callback.as_ref(),
            dial.recording_status_callback_method,
            dial.recording_status_callback_event.as_ref(),
        ),
    })
}

fn join(conference: &voice::Conference) -> Join {
    let beep = conference.beep.map_or("true", ConferenceBeep::as_str);
    let events = conference.status_callback_event.as_ref();
    Join {
        name: conference.name.as_str().into(),
        label: conference.participant_label.as_ref().map(|label| label.as_str().into()),
        muted: conference.muted == Some(true),
        starts: conference.start_conference_on_enter != Some(false),
        ends: conference.end_conference_on_exit == Some(true),
        beeps: matches!(beep, "true" | "onEnter"),
        beeps_on_exit: matches!(beep, "true" | "onExit"),
        wait: music(conference.wait_url.as_ref(), conference.wait_method),
        most: conference.max_participants.map_or(250, |most| as_count(MaxParticipants::get(most))),
        coach: owned(conference.coach.as_ref()),
        records: conference.record == Some(ConferenceRecord::RecordFromStart),
        trim: conference.trim != Some(Trim::DoNotTrim),
        status: owned(conference.status_callback.as_ref()).map(|url| RoomCallback {
            url,
            method: method(conference.status_callback_method),
            events: events
                .map_or_else(Vec::new, |list| list.iter().map(|event| event.as_str().to_owned()).collect()),
        }),
        recording_status: recording_callback(
            conference.recording_status_callback.as_ref(),
            conference.recording_status_callback_method,
            conference.recording_status_callback_event.as_ref(),
        ),
    }
}

/// How a noun has machines detected; in a `<Dial>` the verdict always comes beside the call.
fn detection(
    mode: Option<MachineDetection>,
    timeout: Option<DetectionTimeout>,
    callback: Option<&twiml::values::Text>,
    callback_method: Option<twiml::values::Method>,
) -> Option<Detection> {
    Some(Detection {
        message_end: mode? == MachineDetection::DetectMessageEnd,
        timeout: seconds(timeout.map_or(30, DetectionTimeout::get)),
        callback: owned(callback).map(|url| (url, method(callback_method))),
        first: false,
    })
}

fn target(noun: &Noun) -> Result<Target, &'static str> {
    match noun {
        Noun::BareNumber(number) => Ok(Target {
            address: number.as_str().into(),
            keys: None,
            whisper: None,
            status: None,
            detection: None,
        }),
        Noun::Number(number) => Ok(Target {
            address: number.phone_number.as_str().into(),
            keys: number.send_digits.as_ref().map(|keys| keys.as_str().into()),
            whisper: owned(number.url.as_ref()).map(|url| (url, method(number.method))),
            status: leg_callback(
                owned(number.status_callback.as_ref()),
                method(number.status_callback_method),
                number.status_callback_event.as_ref(),
            ),
            detection: detection(
                number.machine_detection,
                number.machine_detection_timeout,
                number.amd_status_callback.as_ref(),
                number.amd_status_callback_method,
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
            detection: None,
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
            detection: detection(
                sip.machine_detection,
                sip.machine_detection_timeout,
                sip.amd_status_callback.as_ref(),
                sip.amd_status_callback_method,
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

/// Reads TwiML that stands in a REST request.
pub(crate) fn twiml(text: &str) -> Result<Program, WebhookFailure> {
    document(text)
}

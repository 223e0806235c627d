use std::sync::Mutex;

use aws_lambda_events::sqs::SqsEvent;
use twilio::{Accounts, Secret};
use webhook::kinds::{CallStatus, DialEnded, RecordingEvent, RecordingNotice, Transcribed, VoiceCall};
use webhook::{Answer, Endpoint, Event, Gate, Handled, Webhook};

use super::*;

#[test]
fn the_files_are_what_the_command_writes() {
    for (name, content) in files().unwrap() {
        let kept = std::fs::read_to_string(folder().join(&name)).unwrap_or_default();
        assert!(kept == content, "events/{name} is out of date: run `cargo run -p events`");
    }
}

/// Sends an event through the gate and reads it, as its function does.
async fn admitted<W: Webhook + Clone>(sample: Sample, number: u32) -> W {
    let event: Event = serde_json::from_value(sample.event(number).unwrap()).unwrap();
    let gate = Gate::new(Accounts::new(|| async { Ok(Secret::parse(&development::twilio_secret())?) }), None);
    let seen = Mutex::new(None);
    let seen_there = &seen;
    let endpoint = Endpoint::reporting("sample");
    let response = webhook::serve(&gate, &endpoint, event, |verified| async move {
        assert_eq!(verified.base_url, "https://aftertone.example.com/webhook");
        *seen_there.lock().unwrap() = Some(W::clone(&verified.webhook));
        Ok(Handled { answer: Answer::NoContent, outcome: "seen" })
    })
    .await;
    assert_eq!(response.status_code, 204, "{sample:?}");
    seen.into_inner().unwrap().unwrap()
}

#[tokio::test]
async fn every_form_is_signed_and_read_as_its_webhook() {
    for number in [1, 2, u32::MAX] {
        let (call_sid, recording_sid) = sids(number).unwrap();

        let voice: VoiceCall = admitted(Sample::Voice, number).await;
        assert_eq!(voice.parties.call_sid, call_sid);
        assert_eq!(voice.parties.from.reveal(), development::STRANGER);
        assert_eq!(voice.parties.to.unwrap().reveal(), development::MASKED_NUMBER);

        let dial: DialEnded = admitted(Sample::DialOutcome, number).await;
        assert_eq!((dial.bridged, dial.caller_is_there), (Some(false), true));

        let recording: RecordingNotice = admitted(Sample::Recording, number).await;
        assert_eq!(recording.recording_sid, recording_sid);
        assert!(matches!(recording.event, RecordingEvent::Ended { message, .. }
            if message.duration_seconds == forms::MESSAGE_SECONDS && !message.caller_hung_up));

        let transcribed: Transcribed = admitted(Sample::Transcription, number).await;
        assert_eq!(
            (transcribed.recording_sid, transcribed.words.as_deref()),
            (recording_sid, Some(forms::WORDS))
        );

        let status: CallStatus = admitted(Sample::Status, number).await;
        assert_eq!(status.parent_call_sid, Some(call_sid));
        assert_eq!((&*status.status, status.sequence, status.sip_response_code), ("no-answer", 2, Some(487)));
    }
}

#[test]
fn the_news_of_a_mail_is_about_the_recording() {
    let event: ::mail_events::TopicEvent =
        serde_json::from_value(Sample::MailEvents.event(1).unwrap()).unwrap();
    let news = ::mail_events::read(&event.records[0].notification.message).unwrap().unwrap();
    assert_eq!(news.subject, ::mail_events::Subject::Voicemail(sids(1).unwrap().1));
}

#[test]
fn the_message_names_the_recording_and_the_link_opens_it() {
    let (_, recording_sid) = sids(1).unwrap();

    let message: SqsEvent = serde_json::from_value(Sample::Deliver.event(1).unwrap()).unwrap();
    let body = message.records[0].body.as_deref().unwrap();
    assert_eq!(delivery::wake_up::recording_sids(body), std::slice::from_ref(&recording_sid));

    let listen: Event = serde_json::from_value(Sample::Listen.event(1).unwrap()).unwrap();
    let token = &listen.path_parameters["token"];
    let key = LinkKey::new(development::LINK_KEY.into()).unwrap();
    assert_eq!(key.open(token, NOW).unwrap().recording_sid, recording_sid);
}

/// `sam local` drops the variables that the template does not name.
#[test]
fn the_template_has_every_function_and_variable_of_the_environment() {
    let template = include_str!("../../../template.yaml");
    for (function, variables) in environment::env_json().as_object().unwrap() {
        assert!(template.contains(&format!("\n  {function}:\n")), "{function}");
        for variable in variables.as_object().unwrap().keys() {
            assert!(template.contains(&format!("  {variable}: ")), "{function}: {variable}");
        }
    }
}

//! The way of a call that ends as a voicemail.

use std::time::Duration;

use exchange::{EndedBy, Phone, Speech, WebhookKind};

use crate::stage::{OURS, OWNER, Stage, caller, only, values};

async fn voicemail_stage() -> Stage {
    let stage = Stage::saying(&format!(
        "<Say voice=\"Polly.Joanna\">Connecting you.</Say>\
         <Dial timeout=\"20\" action=\"/dialled\"><Number statusCallback=\"/leg\" \
         statusCallbackEvent=\"initiated ringing answered completed\">{OWNER}</Number></Dial>"
    ))
    .await;
    stage.server.twiml(
        "/dialled",
        "<Say language=\"en-US\">Please leave a message after the beep.</Say>\
         <Record action=\"/saved\" maxLength=\"120\" transcribe=\"true\" \
         transcribeCallback=\"/transcribed\" recordingStatusCallback=\"/recorded\"/>\
         <Say>We heard nothing.</Say>",
    );
    stage.server.twiml("/saved", "<Say>Thank you.</Say><Hangup/>");
    stage
}

#[tokio::test]
async fn nobody_answers_and_the_caller_leaves_a_message() {
    let stage = voicemail_stage().await;
    stage.exchange.plug(OWNER, Phone::never_answers());
    let speech = Speech::english_sample();
    let story = stage.call(caller().leaves(speech.clone()).then_presses('#')).await;

    assert_eq!(story.errors(), []);
    assert!(story.caller_heard("Connecting you."));
    assert!(story.rang(OWNER) && !story.answered(OWNER));
    assert!(story.heard_beep() && story.caller_heard("Thank you."));
    assert!(!story.caller_heard("We heard nothing."));
    assert_eq!(story.last_dial_status().unwrap(), "no-answer");
    assert_eq!(story.ended_by(), Some(EndedBy::Network));
    assert_eq!(story.status(), "completed");

    let dialled = only(&story, WebhookKind::DialAction);
    assert_eq!(dialled.param("DialBridged"), Some("false"));
    assert_eq!(dialled.param("CallStatus"), Some("in-progress"));
    let saved = only(&story, WebhookKind::RecordAction);
    assert_eq!(saved.param("Digits"), Some("#"));
    let recording = story.recording().unwrap();
    assert_eq!(saved.param("RecordingSid"), Some(recording.sid.as_str()));
    assert!(saved.param("RecordingUrl").unwrap().starts_with(stage.exchange.rest_url()));

    let recorded = only(&story, WebhookKind::RecordingStatus);
    assert_eq!(recorded.param("RecordingStatus"), Some("completed"));
    for absent in ["From", "To", "CallStatus"] {
        assert_eq!(recorded.param(absent), None, "{absent}");
    }
    let transcribed = only(&story, WebhookKind::Transcription);
    assert_eq!(transcribed.param("TranscriptionText"), Some(speech.words()));
    assert_eq!(transcribed.param("url"), Some(&*stage.server.url("/transcribed")));
    let waited = transcribed.at.duration_since(recorded.at);
    assert_eq!(waited.as_secs(), 20);

    let legs = story.webhooks_of(WebhookKind::LegStatus);
    assert_eq!(values(&legs, "CallStatus"), ["initiated", "ringing", "no-answer"]);
    assert_eq!(values(&legs, "SequenceNumber"), ["0", "1", "2"]);
    let rang = legs[2].at.duration_since(legs[1].at);
    assert_eq!(rang.as_secs(), 25, "Twilio adds five seconds to the timeout");

    let ended = only(&story, WebhookKind::CallStatus);
    assert_eq!(ended.param("CallStatus"), Some("completed"));
    assert!(stage.server.received().iter().all(|request| request.signed));
}

#[tokio::test]
async fn somebody_answers_and_nothing_is_recorded() {
    let stage = voicemail_stage().await;
    stage.server.on("/dialled", |request| {
        assert_eq!(request.param("DialCallStatus").unwrap(), "completed");
        crate::stage::reply(200, "text/xml", "<Response><Hangup/></Response>")
    });
    stage.exchange.plug(OWNER, Phone::answers_after(4).talks_for(30));
    let story = stage.call(caller().leaves(Speech::english_sample())).await;
    assert_eq!(story.errors(), []);
    assert_eq!(story.talked_with(), Some(OWNER.into()));
    assert!(story.recording().is_none());
    assert_eq!(story.ended_by(), Some(EndedBy::Callee));
    let dialled = only(&story, WebhookKind::DialAction);
    assert_eq!(dialled.param("DialBridged"), Some("true"));
    assert_eq!(dialled.param("DialCallDuration"), Some("30"));
    let legs = story.webhooks_of(WebhookKind::LegStatus);
    assert_eq!(values(&legs, "CallStatus"), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(legs[3].param("CallDuration"), Some("30"));
    assert!(story.duration() > Duration::from_secs(34));
}

#[tokio::test]
async fn the_same_call_tells_the_same_story_without_full_numbers() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let stage = voicemail_stage().await;
        stage.exchange.plug(OWNER, Phone::busy());
        let story = stage.call(caller().leaves(Speech::english_sample())).await;
        let text = story.to_string();
        for number in [OURS, OWNER, crate::stage::CALLER] {
            assert!(!text.contains(number), "{text}");
            assert!(story.revealed().contains(number));
        }
        assert!(text.contains("hears the BEEP") && text.contains("busy"), "{text}");
        told.push(text);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn calls_at_the_same_instant_run_at_once() {
    let stage = voicemail_stage().await;
    stage.exchange.plug(OWNER, Phone::never_answers());
    let calls = (0..20).map(|n| {
        let caller = exchange::Caller::new(format!("+1415555{:04}", 1000 + n));
        stage.exchange.call(caller.leaves(Speech::tone(Duration::from_secs(5), "hello")), OURS)
    });
    let stories = futures_util::future::join_all(calls).await;
    stage.settle().await;
    for story in &stories {
        assert_eq!(story.errors(), [], "{story}");
        assert_eq!(story.started(), stories[0].started());
        assert_eq!(story.webhooks_of(WebhookKind::Transcription).len(), 1);
    }
    assert_eq!(stage.exchange.stories().len(), 20);
}

#[tokio::test]
async fn a_watcher_sees_everything_as_it_happens() {
    let stage = voicemail_stage().await;
    stage.exchange.plug(OWNER, Phone::busy());
    let mut events = stage.exchange.watch();
    let story = stage.call(caller().leaves(Speech::english_sample())).await;
    let mut seen = Vec::new();
    while let Ok(event) = events.try_recv() {
        assert_eq!(&event.call_sid, story.call_sid());
        seen.push(event.to_string());
    }
    assert_eq!(seen.len(), story.entries().len());
    assert!(seen.iter().any(|line| line.contains("BEEP")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_calls_on_many_threads_keep_to_their_times() {
    let stage = voicemail_stage().await;
    stage.exchange.plug(OWNER, Phone::never_answers());
    let guard = stage.clock.busy();
    let calls: Vec<_> = (0..50)
        .map(|n| {
            let caller = exchange::Caller::new(format!("+1415555{:04}", 2000 + n));
            stage.exchange.start_call(caller.leaves(Speech::english_sample()).then_presses('#'), OURS)
        })
        .collect();
    drop(guard);
    for call in calls {
        let story = call.finished().await;
        assert_eq!(story.errors(), [], "{story}");
        assert_eq!(story.started().to_string(), "2026-11-20T09:00:00Z");
        let action = only(&story, WebhookKind::DialAction);
        assert_eq!(action.at.duration_since(story.started()).as_millis(), 25_800);
    }
    stage.settle().await;
    assert!(stage.server.received().iter().all(|request| request.signed));
}

//! Rules of `<Record>`, its callbacks and transcription.

use std::time::Duration;

use exchange::{EndedBy, RecordingStatus, SilentRecordings, Speech, Transcription, WebhookKind};

use crate::stage::{Stage, caller, only, values};

const SAVED: &str = "action=\"/saved\" recordingStatusCallback=\"/recorded\"";

fn speech(seconds: u64) -> Speech {
    Speech::tone(Duration::from_secs(seconds), "one two three four five six seven eight nine ten")
}

async fn recording(attributes: &str) -> Stage {
    let stage = Stage::new().await;
    prepare(&stage, attributes);
    stage
}

fn prepare(stage: &Stage, attributes: &str) {
    stage
        .server
        .twiml("/voice", &format!("<Say>Leave a message.</Say><Record {attributes}/><Say>Never.</Say>"));
    stage.server.twiml("/saved", "<Say>Thank you.</Say>");
}

#[tokio::test]
async fn who_hangs_up_after_the_message_is_still_reported() {
    let stage = recording(SAVED).await;
    let story = stage.call(caller().leaves(speech(7))).await;
    let saved = only(&story, WebhookKind::RecordAction);
    assert_eq!(saved.param("Digits"), Some("hangup"));
    assert_eq!(saved.param("CallStatus"), Some("completed"));
    assert_eq!(saved.param("RecordingDuration"), Some("7"));
    assert!(!story.caller_heard("Thank you."), "the answer is thrown away");
    assert_eq!(story.ended_by(), Some(EndedBy::Caller));
    let recorded = only(&story, WebhookKind::RecordingStatus);
    assert_eq!(recorded.param("RecordingSource"), Some("RecordVerb"));
    assert_eq!(recorded.param("RecordingChannels"), Some("1"));
    assert_eq!(recorded.param("ErrorCode"), Some("0"));
    assert!(recorded.param("RecordingStartTime").unwrap().starts_with("Fri, 20 Nov 2026 09:00:0"));
    assert_eq!(recorded.at.duration_since(saved.at).as_secs(), 2, "ready after two seconds");
}

#[tokio::test]
async fn the_finish_key_ends_the_message_and_the_call_goes_on() {
    let stage = recording(&format!("{SAVED} finishOnKey=\"#\"")).await;
    let story = stage.call(caller().leaves(speech(7)).then_presses('#')).await;
    assert_eq!(only(&story, WebhookKind::RecordAction).param("Digits"), Some("#"));
    assert!(story.caller_heard("Thank you.") && !story.caller_heard("Never."));
}

#[tokio::test]
async fn a_key_that_does_not_finish_leaves_it_to_the_silence() {
    let stage = recording(&format!("{SAVED} finishOnKey=\"#\" timeout=\"3\"")).await;
    let story = stage.call(caller().leaves(speech(7)).then_presses('5')).await;
    let saved = only(&story, WebhookKind::RecordAction);
    assert_eq!(saved.param("Digits"), None);
    assert_eq!(saved.param("RecordingDuration"), Some("7"), "trailing silence is trimmed");
    let waited = saved.at.duration_since(story.recording().unwrap().started);
    assert_eq!(waited.as_secs(), 10);
}

#[tokio::test]
async fn without_trimming_the_silence_stays() {
    let stage = recording(&format!("{SAVED} trim=\"do-not-trim\" timeout=\"3\"")).await;
    let story = stage.call(caller().leaves(speech(7)).then_stays_silent()).await;
    assert_eq!(only(&story, WebhookKind::RecordAction).param("RecordingDuration"), Some("10"));
}

#[tokio::test]
async fn the_longest_message_ends_by_itself() {
    let stage = recording(&format!("{SAVED} maxLength=\"5\"")).await;
    let story = stage.call(caller().leaves(speech(60))).await;
    let saved = only(&story, WebhookKind::RecordAction);
    assert_eq!(saved.param("RecordingDuration"), Some("5"));
    assert_eq!(saved.param("Digits"), None);
    assert!(story.caller_heard("Thank you."));
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_leaves_half_a_message() {
    let stage = recording(SAVED).await;
    let story = stage.call(caller().leaves(speech(10)).hangs_up_during_message_after(5)).await;
    let recording = story.recording().unwrap();
    assert_eq!(recording.duration, 5);
    assert_eq!(recording.speech.words(), "one two three four five");
    assert_eq!(only(&story, WebhookKind::RecordAction).param("Digits"), Some("hangup"));
}

#[tokio::test]
async fn a_long_silence_within_the_message_ends_it() {
    let stage = recording(SAVED).await;
    let message = speech(3).then(&Speech::silence(Duration::from_secs(8))).then(&speech(3));
    let story = stage.call(caller().leaves(message)).await;
    assert_eq!(only(&story, WebhookKind::RecordAction).param("RecordingDuration"), Some("3"));
    assert!(story.caller_heard("Thank you."));
}

#[tokio::test]
async fn a_timeout_of_nought_waits_for_ever() {
    let stage = recording(&format!("{SAVED} timeout=\"0\" maxLength=\"90\"")).await;
    let story = stage.call(caller().leaves(speech(3)).then_stays_silent()).await;
    let saved = only(&story, WebhookKind::RecordAction);
    assert_eq!(saved.at.duration_since(story.recording().unwrap().started).as_secs(), 90);
}

#[tokio::test]
async fn a_silent_caller_makes_a_silent_recording() {
    let stage = recording(SAVED).await;
    let story = stage.call(caller().stays_silent()).await;
    let saved = only(&story, WebhookKind::RecordAction);
    assert_eq!(saved.param("RecordingDuration"), Some("5"));
    assert_eq!(only(&story, WebhookKind::RecordingStatus).param("RecordingStatus"), Some("completed"));
}

#[tokio::test]
async fn silent_recordings_can_be_absent_as_subscribers_are_told() {
    for (events, told) in [("", 0), ("recordingStatusCallbackEvent=\"completed absent\"", 1)] {
        let stage = Stage::with(|config| config.silent_recordings = SilentRecordings::Deleted).await;
        prepare(&stage, &format!("{SAVED} {events} transcribe=\"true\" transcribeCallback=\"/transcribed\""));
        let story = stage.call(caller().stays_silent()).await;
        let callbacks = story.webhooks_of(WebhookKind::RecordingStatus);
        assert_eq!(callbacks.len(), told);
        if told == 1 {
            assert_eq!(callbacks[0].param("RecordingStatus"), Some("absent"));
            assert_eq!(callbacks[0].param("ErrorCode"), Some("16102"));
        }
        assert!(story.webhooks_of(WebhookKind::Transcription).is_empty());
    }
}

#[tokio::test]
async fn who_hangs_up_at_the_beep_leaves_nothing() {
    let stage = recording(&format!("{SAVED} recordingStatusCallbackEvent=\"absent\"")).await;
    let story = stage.call(caller()).await;
    assert!(story.heard_beep());
    assert_eq!(only(&story, WebhookKind::RecordAction).param("RecordingDuration"), Some("0"));
    assert_eq!(only(&story, WebhookKind::RecordingStatus).param("ErrorCode"), Some("16101"));
    assert_eq!(story.recording().unwrap().status, RecordingStatus::Absent { error_code: 16101 });
}

#[tokio::test]
async fn the_beginning_of_a_recording_is_told_to_subscribers() {
    let events = "recordingStatusCallbackEvent=\"in-progress completed\"";
    let stage = recording(&format!("{SAVED} {events} playBeep=\"false\"")).await;
    let story = stage.call(caller().leaves(speech(4))).await;
    assert!(!story.heard_beep());
    let told = story.webhooks_of(WebhookKind::RecordingStatus);
    assert_eq!(values(&told, "RecordingStatus"), ["in-progress", "completed"]);
}

#[tokio::test]
async fn without_an_action_the_same_document_is_asked_again() {
    let stage = Stage::new().await;
    stage.server.twiml_in_turn("/voice", &["<Record/>", "<Say>Second time.</Say>"]);
    let story = stage.call(caller().leaves(speech(3)).then_presses('#')).await;
    assert_eq!(only(&story, WebhookKind::RecordAction).path(), "/voice");
    assert!(story.caller_heard("Second time."));
    assert!(story.warnings()[0].message.contains("same URL"));
}

#[tokio::test]
async fn only_between_two_seconds_and_two_minutes_is_transcribed() {
    let transcribe = "transcribe=\"true\" transcribeCallback=\"/transcribed\" maxLength=\"300\"";
    for (seconds, transcribed) in [(2, false), (3, true), (119, true), (120, false)] {
        let stage = recording(&format!("{SAVED} {transcribe}")).await;
        let story = stage.call(caller().leaves(speech(seconds))).await;
        let callbacks = story.webhooks_of(WebhookKind::Transcription);
        assert_eq!(!callbacks.is_empty(), transcribed, "{seconds}");
        assert_eq!(story.warnings().iter().any(|warning| warning.code == 13617), !transcribed, "{seconds}");
    }
}

#[tokio::test]
async fn with_transcription_the_longest_message_is_two_minutes() {
    let stage = recording(&format!("{SAVED} transcribe=\"true\"")).await;
    let story = stage.call(caller().leaves(speech(200))).await;
    assert_eq!(only(&story, WebhookKind::RecordAction).param("RecordingDuration"), Some("120"));
}

#[tokio::test]
async fn a_transcription_completes_fails_or_never_comes() {
    let after = Duration::from_secs(45);
    for (fate, status, text) in [
        (Transcription::Completes { after }, Some("completed"), Speech::chinese_sample().words().to_owned()),
        (Transcription::Fails { after }, Some("failed"), String::new()),
        (Transcription::Never, None, String::new()),
    ] {
        let stage =
            recording(&format!("{SAVED} transcribe=\"true\" transcribeCallback=\"/transcribed\"")).await;
        stage.exchange.set_transcription(fate);
        let story = stage.call(caller().leaves(Speech::chinese_sample())).await;
        let callbacks = story.webhooks_of(WebhookKind::Transcription);
        let Some(status) = status else {
            assert!(callbacks.is_empty());
            continue;
        };
        assert_eq!(callbacks[0].param("TranscriptionStatus"), Some(status));
        assert_eq!(callbacks[0].param("TranscriptionText"), Some(&*text));
        assert_eq!(callbacks[0].param("TranscriptionType"), Some("fast"));
        assert_eq!(callbacks[0].param("FromCity"), None);
        let recorded = only(&story, WebhookKind::RecordingStatus);
        assert_eq!(callbacks[0].at.duration_since(recorded.at).as_secs(), 45);
    }
}

#[tokio::test]
async fn sound_without_words_is_transcribed_as_blank() {
    let stage = recording(&format!("{SAVED} transcribe=\"true\" transcribeCallback=\"/transcribed\"")).await;
    let story = stage.call(caller().leaves(Speech::tone(Duration::from_secs(5), ""))).await;
    assert_eq!(only(&story, WebhookKind::Transcription).param("TranscriptionText"), Some("(blank)"));
}

#[tokio::test]
async fn a_transcribe_callback_without_transcribe_is_never_called() {
    let stage = recording(&format!("{SAVED} transcribeCallback=\"/transcribed\"")).await;
    let story = stage.call(caller().leaves(speech(5))).await;
    assert!(story.webhooks_of(WebhookKind::Transcription).is_empty());
    assert_eq!(story.warnings().len(), 1);
}

#[tokio::test]
async fn a_caller_out_of_patience_hangs_up_in_the_message() {
    let stage = recording(SAVED).await;
    let story = stage.call(caller().leaves(speech(60)).hangs_up_after(11)).await;
    assert_eq!(story.duration().as_secs(), 11);
    assert_eq!(story.recording().unwrap().duration, 10);
}

#[tokio::test]
async fn each_beep_has_its_message_and_the_last_one_serves_the_rest() {
    let stage = Stage::saying("<Record action=\"/again\"/>").await;
    stage.server.twiml_in_turn(
        "/again",
        &["<Record action=\"/again\"/>", "<Record action=\"/again\"/>", "<Hangup/>"],
    );
    let caller = caller().leaves(speech(3)).then_presses('#').leaves(speech(6)).then_presses('1');
    let story = stage.call(caller).await;
    assert_eq!(values(&story.webhooks_of(WebhookKind::RecordAction), "RecordingDuration"), ["3", "6", "6"]);
    assert_eq!(story.recordings().len(), 3);
}

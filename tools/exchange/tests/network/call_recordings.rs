//! Rules of recordings that go on beside a call.

#![expect(clippy::expect_used, reason = "a recording that is lost fails the test")]

use exchange::{
    Cue, Deed, Phone, Recording, RecordingStatus, SentWebhook, SilentRecordings, Speech, Story, WebhookKind,
};

use crate::stage::{OURS, OWNER, Stage, caller, millis, only, values};

const TOLD: &str = "recordingStatusCallback=\"/recorded\" \
                    recordingStatusCallbackEvent=\"in-progress completed absent\"";

/// The owner answers after three seconds and greets; the talk is over after twenty.
fn owner() -> Phone {
    Phone::answers_after(3).greets("hello there").talks_for(20)
}

/// A stage that dials the owner, whom the caller answers.
async fn dialling(attributes: &str) -> Stage {
    let dial = format!("<Dial action=\"/dialled\" {attributes}>{OWNER}</Dial>");
    let stage = Stage::saying(&dial).await;
    stage.server.twiml("/dialled", "<Say>Goodbye.</Say>");
    stage.exchange.plug(OWNER, owner());
    stage
}

fn told(story: &Story) -> Vec<SentWebhook> {
    story.webhooks_of(WebhookKind::RecordingStatus)
}

fn form<'a>(fields: &'a [(&'a str, &'a str)], url: &'a str) -> Vec<(&'a str, &'a str)> {
    let events = ["in-progress", "completed"].map(|event| ("RecordingStatusCallbackEvent", event));
    let mut form = vec![("RecordingStatusCallback", url)];
    form.extend(events);
    form.extend(fields);
    form
}

/// A call in a talk, seven seconds after it began; what a script does to it.
async fn talking<Done>(stage: &Stage, script: impl FnOnce(Stage, String) -> Done + Send + 'static) -> Story
where
    Done: Future<Output = ()> + Send + 'static,
{
    stage
        .play(|stage| async move {
            let speaker = caller().on(Cue::hears("hello there").after(1), Deed::says("good morning"));
            let call = stage.exchange.start_call(speaker, OURS);
            stage.wait(7).await;
            script(stage.clone(), format!("/Calls/{}/Recordings", call.story().call_sid())).await;
            call.finished().await
        })
        .await
}

/// A recording as it stands now.
fn latest(stage: &Stage, recording: &Recording) -> Recording {
    let all = stage.exchange.recordings();
    all.into_iter().find(|other| other.sid == recording.sid).expect("what was recorded is listed")
}

#[tokio::test]
async fn a_dial_records_from_the_answer_or_from_the_first_ring() {
    for (mode, seconds, channels) in [
        ("record-from-answer", 20, "1"),
        ("true", 20, "1"),
        ("record-from-answer-dual", 20, "2"),
        ("record-from-ringing", 23, "1"),
        ("record-from-ringing-dual", 23, "2"),
    ] {
        let stage = dialling(&format!("record=\"{mode}\" {TOLD}")).await;
        let speaker = caller().on(Cue::hears("hello there").after(1), Deed::says("good morning"));
        let story = stage.call(speaker).await;
        let [began, ended] = &told(&story)[..] else { panic!("{story}") };
        assert_eq!(began.param("RecordingStatus"), Some("in-progress"));
        let sid = story.recording().unwrap().sid;
        for (name, value) in [
            ("AccountSid", crate::stage::ACCOUNT),
            ("CallSid", story.call_sid().as_str()),
            ("ErrorCode", "0"),
            ("RecordingChannels", channels),
            ("RecordingDuration", &*seconds.to_string()),
            ("RecordingSid", sid.as_str()),
            ("RecordingSource", "DialVerb"),
            ("RecordingStatus", "completed"),
            ("RecordingTrack", "both"),
        ] {
            assert_eq!(ended.param(name), Some(value), "{name}");
        }
        let names: Vec<&str> = ended.params.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names.len(), 11, "and no From, To or CallStatus: {names:?}");
        assert!(ended.param("RecordingStartTime").unwrap().starts_with("Fri, 20 Nov 2026 09:00:0"));
        let url = ended.param("RecordingUrl").unwrap();
        assert!(url.ends_with(sid.as_str()));
        let action = only(&story, WebhookKind::DialAction);
        assert_eq!(action.param("RecordingUrl"), Some(url));
        assert_eq!(action.param("RecordingSid"), Some(sid.as_str()));
        let recording = story.recording().unwrap();
        assert_eq!(recording.speech.words(), "hello there good morning");
        assert_eq!(recording.channels.is_some(), channels == "2");
    }
}

#[tokio::test]
async fn two_channels_hold_one_side_each_and_are_served_as_stereo() {
    let stage = dialling(&format!("record=\"record-from-answer-dual\" {TOLD}")).await;
    let speaker = caller().on(Cue::hears("hello there").after(1), Deed::says("good morning"));
    let story = stage.call(speaker).await;
    let recording = story.recording().unwrap();
    let (own, others) = recording.channels.clone().unwrap();
    assert_eq!((own.words(), others.words()), ("good morning", "hello there"));
    let path = format!("/Recordings/{}.wav", recording.sid);
    for (query, channels) in [("", 2), ("?RequestedChannels=2", 2), ("?RequestedChannels=1", 1)] {
        let media = stage.get(&format!("{path}{query}")).await;
        assert_eq!(media.header("content-type"), "audio/x-wav");
        assert_eq!(u16::from_le_bytes([media.body[22], media.body[23]]), channels);
        assert_eq!(Speech::from_wav(&media.body, "").unwrap().length().as_secs(), 20);
    }
    let shown = stage.get(&format!("/Recordings/{}.json", recording.sid)).await.json();
    assert_eq!((&shown["channels"], &shown["source"]), (&2.into(), &"DialVerb".into()));
}

#[tokio::test]
async fn one_channel_cannot_be_served_as_two() {
    let stage = dialling(&format!("record=\"true\" {TOLD}")).await;
    let story = stage.call(caller()).await;
    let path = format!("/Recordings/{}.wav", story.recording().unwrap().sid);
    assert_eq!(stage.get(&format!("{path}?RequestedChannels=2")).await.status, 400);
    assert_eq!(stage.get(&format!("{path}?RequestedChannels=1")).await.status, 200);
}

#[tokio::test]
async fn a_call_is_recorded_from_its_answer_when_so_ordered() {
    for (channels, count) in [("mono", "1"), ("dual", "2")] {
        let stage = Stage::new().await;
        stage.server.twiml("/outbound", "<Say>one two three four five</Say><Pause length=\"8\"/>");
        stage.exchange.plug(OWNER, Phone::answers_after(3).greets("hello there"));
        let story = stage
            .play(move |stage| async move {
                let (url, leg) = (stage.server.url("/outbound"), stage.server.url("/leg"));
                let recorded = stage.server.url("/recorded");
                let fields = [
                    ("Url", &*url),
                    ("StatusCallback", &*leg),
                    ("Record", "true"),
                    ("RecordingChannels", channels),
                    ("Trim", "do-not-trim"),
                ];
                stage.dial_out(OWNER, &form(&fields, &recorded)).await
            })
            .await;
        let webhooks = told(&story);
        assert_eq!(values(&webhooks, "RecordingStatus"), ["in-progress", "completed"]);
        assert_eq!(values(&webhooks, "RecordingSource"), ["OutboundAPI"; 2]);
        assert_eq!(webhooks[1].param("RecordingDuration"), Some("10"));
        assert_eq!(webhooks[1].param("RecordingChannels"), Some(count));
        let end = only(&story, WebhookKind::LegStatus);
        assert_eq!(end.param("RecordingSid"), webhooks[1].param("RecordingSid"));
        assert_eq!(end.param("RecordingUrl"), webhooks[1].param("RecordingUrl"));
        assert_eq!(end.param("RecordingDuration"), Some("10"));
        assert_eq!(millis(end.at, webhooks[1].at), 2_000, "ready after two seconds");
        let words = story.recording().unwrap().speech.words().to_owned();
        assert!(words.contains("hello there") && words.contains("one two three four five"), "{words}");
    }
}

#[tokio::test]
async fn a_recording_is_begun_paused_resumed_and_stopped_by_request() {
    for (behaviour, seconds) in [("silence", 9), ("skip", 7)] {
        let stage = dialling("").await;
        let story = talking(&stage, move |stage, path| async move {
            let recorded = stage.server.url("/recorded");
            let started = stage.post(&format!("{path}.json"), &form(&[], &recorded)).await;
            let json = started.json();
            assert_eq!((started.status, &json["status"]), (201, &"in-progress".into()));
            assert_eq!((&json["source"], &json["channels"]), (&"StartCallRecordingAPI".into(), &1.into()));
            for name in ["duration", "conference_sid", "error_code", "encryption_details", "price"] {
                assert_eq!(json[name], serde_json::Value::Null, "{name}");
            }
            let again = stage.post(&format!("{path}.json"), &[("RecordingChannels", "dual")]).await;
            assert_eq!((again.status, again.sid()), (201, started.sid()));
            let set = |which: String, status: &'static str| {
                let (stage, path) = (stage.clone(), format!("{path}/{which}.json"));
                async move {
                    let fields = [("Status", status), ("PauseBehavior", behaviour)];
                    stage.post(&path, &fields).await.json()["status"].as_str().unwrap().to_owned()
                }
            };
            stage.wait(3).await;
            assert_eq!(set("Twilio.CURRENT".into(), "paused").await, "paused");
            stage.wait(2).await;
            assert_eq!(set(started.sid(), "in-progress").await, "in-progress");
            stage.wait(4).await;
            assert_eq!(set(started.sid(), "stopped").await, "stopped");
            assert_eq!(stage.post(&format!("{path}/Twilio.CURRENT.json"), &[]).await.status, 404);
            let another = stage.post(&format!("{path}.json"), &[]).await;
            assert_ne!(another.sid(), started.sid());
        })
        .await;
        let webhooks = told(&story);
        assert_eq!(values(&webhooks, "RecordingStatus"), ["in-progress", "completed"], "{behaviour}");
        assert_eq!(webhooks[1].param("RecordingDuration"), Some(&*seconds.to_string()));
        assert_eq!(webhooks[1].param("RecordingTrack"), Some("both"));
        assert_eq!(story.recordings().len(), 2);
        assert_eq!(stage.get("/Recordings.json").await.json()["recordings"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_track_holds_one_side_only() {
    for (track, words) in
        [("inbound", "good morning"), ("outbound", "hello there"), ("both", "hello there good morning")]
    {
        let stage = Stage::saying(&format!("<Dial>{OWNER}</Dial>")).await;
        stage.exchange.plug(OWNER, Phone::answers_after(3).talks_for(20));
        let story = stage
            .play(move |stage| async move {
                let speaker = caller().on(Cue::talks().after(6), Deed::says("good morning"));
                let call = stage.exchange.start_call(speaker, OURS);
                stage.wait(5).await;
                let path = format!("/Calls/{}/Recordings.json", call.story().call_sid());
                assert_eq!(stage.post(&path, &[("RecordingTrack", track)]).await.json()["track"], track);
                let child = call.story().legs()[1].call_sid.clone();
                assert!(stage.exchange.does(&child, Deed::says("hello there")));
                call.finished().await
            })
            .await;
        assert_eq!(story.recording().unwrap().speech.words(), words, "{track}");
    }
}

#[tokio::test]
async fn what_does_not_go_on_cannot_be_recorded() {
    let stage = dialling("answerOnBridge=\"true\"").await;
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(1).await;
            let path = format!("/Calls/{}/Recordings.json", call.story().call_sid());
            assert_eq!(stage.post(&path, &[]).await.refusal(), (400, 21220));
            call.finished().await
        })
        .await;
    let path = format!("/Calls/{}/Recordings.json", story.call_sid());
    assert_eq!(stage.post(&path, &[]).await.refusal(), (400, 21220));
    let unknown = stage.post("/Calls/CA00000000000000000000000000000000/Recordings.json", &[]).await;
    assert_eq!(unknown.refusal(), (404, 20404));
    assert!(stage.exchange.recordings().is_empty());
}

#[tokio::test]
async fn the_current_recording_is_named_when_there_are_two() {
    let start = "<Start><Recording/></Start>";
    let stage = Stage::saying(&format!("{start}<Dial record=\"true\">{OWNER}</Dial>")).await;
    stage.exchange.plug(OWNER, owner());
    let story = talking(&stage, |stage, path| async move {
        let current = format!("{path}/Twilio.CURRENT.json");
        assert_eq!(stage.post(&current, &[("Status", "paused")]).await.refusal(), (400, 16108));
        let listed = stage.get(&format!("{path}.json")).await.json();
        let recordings = listed["recordings"].as_array().unwrap().clone();
        assert_eq!(recordings.len(), 2);
        let first = format!("{path}/{}.json", recordings[0]["sid"].as_str().unwrap());
        assert_eq!(stage.post(&first, &[("Status", "stopped")]).await.status, 200);
        assert_eq!(stage.post(&current, &[("Status", "paused")]).await.status, 200);
        assert_eq!(stage.post(&first, &[("Status", "paused")]).await.refusal(), (400, 21220));
        assert_eq!(stage.post(&current, &[("Status", "loud")]).await.refusal(), (400, 20001));
    })
    .await;
    assert_eq!(story.recordings().len(), 2);
}

#[tokio::test]
async fn a_recording_that_a_document_began_survives_a_redirect() {
    let stage = Stage::new().await;
    let url = stage.server.url("/recorded");
    let start = format!("<Start><Recording recordingStatusCallback=\"{url}\" channels=\"mono\"/></Start>");
    stage.server.twiml("/voice", &format!("{start}<Say>Hello.</Say><Pause length=\"60\"/>"));
    stage.server.twiml("/elsewhere", "<Say>Here now.</Say><Pause length=\"4\"/>");
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(5).await;
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
            call.finished().await
        })
        .await;
    let recorded = only(&story, WebhookKind::RecordingStatus);
    assert_eq!(recorded.param("RecordingSource"), Some("StartCallRecordingTwiML"));
    assert_eq!(recorded.param("RecordingDuration"), Some("10"), "{story}");
    assert_eq!(recorded.param("RecordingChannels"), Some("2"), "always");
    assert_eq!(story.recording().unwrap().speech.words(), "Hello. Here now.");
}

#[tokio::test]
async fn a_relative_callback_of_a_started_recording_is_lost() {
    let stage = Stage::saying(&format!("<Start><Recording {TOLD}/></Start><Pause length=\"5\"/>")).await;
    let story = stage.call(caller()).await;
    assert_eq!(stage.server.received_at("/recorded").len(), 0);
    assert_eq!(story.errors()[0].code, 11200, "{story}");
    assert!(story.recording().is_some());
}

#[tokio::test]
async fn a_recording_of_no_length_is_absent() {
    let stage = dialling(&format!("record=\"true\" {TOLD}")).await;
    stage.exchange.plug(OWNER, Phone::answers_after(3).talks_for(0));
    let story = stage.call(caller()).await;
    let webhooks = told(&story);
    assert_eq!(values(&webhooks, "RecordingStatus"), ["in-progress", "absent"]);
    assert_eq!(webhooks[1].param("ErrorCode"), Some("16101"));
}

#[tokio::test]
async fn a_recording_ends_with_the_side_that_is_led_away() {
    let stage = dialling(&format!("record=\"true\" {TOLD}")).await;
    stage.server.twiml("/elsewhere", "<Pause length=\"9\"/>");
    let story = talking(&stage, |stage, path| async move {
        let sid = path.split('/').nth(2).unwrap().to_owned();
        stage.change(&sid, &[("Url", &stage.server.url("/elsewhere"))]).await;
    })
    .await;
    let webhooks = told(&story);
    assert_eq!(values(&webhooks, "RecordingStatus"), ["in-progress", "completed"]);
    assert_eq!(webhooks[1].param("RecordingDuration"), Some("4"));
    let action = only(&story, WebhookKind::DialAction);
    assert_eq!(action.param("RecordingSid"), webhooks[1].param("RecordingSid"));
}

#[tokio::test]
async fn a_deleted_recording_stays_deleted() {
    let stage = dialling("").await;
    let story = talking(&stage, |stage, path| async move {
        let started = stage.post(&format!("{path}.json"), &[]).await.sid();
        assert_eq!(stage.delete(&format!("{path}/Twilio.CURRENT.json")).await.status, 404);
        assert_eq!(stage.delete(&format!("{path}/{started}.json")).await.status, 204);
        assert_eq!(stage.get(&format!("/Recordings/{started}.json")).await.status, 404);
        for status in ["paused", "in-progress"] {
            stage.post(&format!("{path}/Twilio.CURRENT.json"), &[("Status", status)]).await;
        }
    })
    .await;
    let recording = latest(&stage, &story.recording().unwrap());
    assert_eq!(recording.status, RecordingStatus::Deleted);
    assert_eq!(stage.get(&format!("/Recordings/{}.wav", recording.sid)).await.status, 404);
    assert_eq!(stage.get("/Recordings.json").await.json()["recordings"], serde_json::json!([]));
}

#[tokio::test]
async fn a_silent_recording_of_a_call_can_be_absent() {
    let stage = Stage::with(|config| config.silent_recordings = SilentRecordings::Deleted).await;
    stage.server.twiml("/voice", &format!("<Dial record=\"true\" {TOLD}>{OWNER}</Dial>"));
    stage.exchange.plug(OWNER, Phone::answers_after(3).talks_for(20));
    let story = stage.call(caller().stays_silent()).await;
    assert_eq!(values(&told(&story), "RecordingStatus"), ["in-progress", "absent"]);
    assert_eq!(told(&story)[1].param("ErrorCode"), Some("16102"));
}

#[tokio::test]
async fn the_duration_of_a_recorded_call_may_be_told_wrong() {
    for (by, duration) in [(3, "23"), (-60, "1")] {
        let stage = dialling(&format!("record=\"true\" {TOLD}")).await;
        stage.exchange.misstate_durations(by);
        let story = stage.call(caller().stays_silent()).await;
        assert_eq!(told(&story)[1].param("RecordingDuration"), Some(duration), "{story}");
    }
}

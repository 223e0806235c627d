//! Real-time transcriptions: the words of a leg while they are said.

#![expect(clippy::unwrap_used, reason = "what should have come and did not fails the test")]

use std::time::Duration;

use exchange::{Caller, Cue, Deed, Phone, SentWebhook, Story, Unverified, WebhookKind};
use phone::CallSid;
use serde_json::{Value, json};

use crate::stage::{OURS, OWNER, Stage, caller, millis, values};

async fn stage(other: impl FnOnce(&mut Unverified)) -> Stage {
    let stage = Stage::with(|config| other(&mut config.unverified)).await;
    stage.server.twiml("/voice", &format!("<Dial>{OWNER}</Dial>"));
    stage.server.takes("/words");
    let says = Cue::talks().after(6);
    stage.exchange.plug(OWNER, Phone::answers_after(2).on(says, Deed::says("good morning")).talks_for(20));
    stage
}

fn speaker() -> Caller {
    caller().on(Cue::talks().after(3), Deed::says("hello there you"))
}

async fn start(stage: &Stage, sid: &CallSid, more: &[(&str, &str)]) -> crate::client::Reply {
    let told = stage.server.url("/words");
    let mut form = vec![("StatusCallbackUrl", told.as_str())];
    form.extend(more);
    stage.post(&format!("/Calls/{sid}/Transcriptions.json"), &form).await
}

fn told(story: &Story) -> Vec<SentWebhook> {
    let told = story.webhooks_of(WebhookKind::LiveTranscription);
    for (webhook, number) in told.iter().zip(1..) {
        assert_eq!(webhook.param("SequenceId"), Some(&*i32::to_string(&number)));
    }
    told
}

fn content(told: &[SentWebhook]) -> Vec<(String, String, String)> {
    let content = told.iter().filter(|it| it.param("TranscriptionEvent") == Some("transcription-content"));
    content
        .map(|it| {
            let data: Value = serde_json::from_str(it.param("TranscriptionData").unwrap()).unwrap();
            let text = |name| it.param(name).unwrap().to_owned();
            (text("Track"), text("Final"), data["transcript"].as_str().unwrap().to_owned())
        })
        .collect()
}

fn said(all: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    all.iter().map(|(track, last, text)| ((*track).into(), (*last).into(), (*text).into())).collect()
}

/// A call in which a transcription begins, and then something else happens.
async fn talked<F>(
    stage: &Stage,
    form: &'static [(&'static str, &'static str)],
    then: impl FnOnce(Stage, CallSid) -> F + Send + 'static,
) -> Story
where
    F: Future<Output = ()> + Send + 'static,
{
    stage
        .play(move |stage| async move {
            let call = stage.exchange.start_call(speaker(), OURS);
            stage.wait(3).await;
            let sid = call.story().call_sid().clone();
            let started = start(&stage, &sid, form).await;
            assert_eq!((started.status, &started.json()["status"]), (200, &json!("in-progress")));
            assert!(started.sid().starts_with("GT"));
            then(stage.clone(), sid).await;
            call.finished().await
        })
        .await
}

#[tokio::test]
async fn what_each_side_says_is_told_when_it_is_final() {
    let stage = stage(|_| {}).await;
    let form = &[("InboundTrackLabel", "caller"), ("LanguageCode", "en-GB"), ("Hints", "tea")];
    let story = talked(&stage, form, |stage, _| async move { stage.wait(15).await }).await;
    let told = told(&story);
    let events = values(&told, "TranscriptionEvent");
    let kinds = ["started", "content", "content", "stopped"].map(|kind| format!("transcription-{kind}"));
    assert_eq!(events, kinds);
    assert_eq!(told[0].param("InboundTrackLabel"), Some("caller"));
    assert_eq!(told[0].param("Track"), Some("both_tracks"));
    let settings: Value = serde_json::from_str(told[0].param("ProviderConfiguration").unwrap()).unwrap();
    assert_eq!((&settings["hints"], &settings["profanityFilter"]), (&json!("tea"), &json!("true")));
    let inbound = ("inbound_track", "true", "hello there you");
    assert_eq!(content(&told), said(&[inbound, ("outbound_track", "true", "good morning")]));
    assert_eq!(told[1].param("LanguageCode"), Some("en-GB"));
    // They begin two seconds after the start, take 1.2 s, and are final a little later.
    assert_eq!(millis(told[0].at, told[1].at), 3_600);
}

#[tokio::test]
async fn a_track_is_transcribed_by_itself_and_with_what_is_not_final() {
    let stage = stage(|_| {}).await;
    let form = &[("Track", "inbound_track"), ("PartialResults", "true")];
    let story = talked(&stage, form, |stage, _| async move { stage.wait(15).await }).await;
    let told = told(&story);
    let expected = [("inbound_track", "false", "hello t"), ("inbound_track", "true", "hello there you")];
    assert_eq!(content(&told), said(&expected));
    assert_eq!(told[1].param("Stability"), Some("0.5"));
    let data: Value = serde_json::from_str(told[1].param("TranscriptionData").unwrap()).unwrap();
    assert_eq!(data.get("confidence"), None);
}

#[tokio::test]
async fn what_is_said_when_it_is_stopped_is_told_as_far_as_it_goes() {
    let stage = stage(|_| {}).await;
    let form = &[("Name", "words")];
    let story = talked(&stage, form, |stage, sid| async move {
        stage.clock.sleep(Duration::from_millis(2_600)).await;
        let path = format!("/Calls/{sid}/Transcriptions/words.json");
        let stopped = stage.post(&path, &[("Status", "stopped")]).await;
        assert_eq!((stopped.status, &stopped.json()["status"]), (200, &json!("stopped")));
        assert_eq!(stage.post(&path, &[("Status", "stopped")]).await.refusal(), (404, 20404));
    })
    .await;
    let told = told(&story);
    assert_eq!(told.last().unwrap().param("TranscriptionEvent"), Some("transcription-stopped"));
    assert_eq!(content(&told).len(), 1, "{:?}", content(&told));
    assert!(content(&told)[0].2.starts_with("hello"), "{:?}", content(&told));
}

#[tokio::test]
async fn a_prompt_is_transcribed_as_what_others_say() {
    let stage = Stage::new().await;
    stage.server.takes("/words");
    let url = stage.server.url("/words");
    let begin = format!("<Start><Transcription name=\"a\" statusCallbackUrl=\"{url}\"/></Start>");
    let end = "<Stop><Transcription name=\"a\"/></Stop>";
    stage.server.twiml("/voice", &format!("{begin}<Say>Welcome back.</Say>{end}<Say>Unheard.</Say>"));
    let story = stage.call(caller()).await;
    assert_eq!(content(&told(&story)), said(&[("outbound_track", "true", "Welcome back.")]));
}

#[tokio::test]
async fn a_recogniser_that_gives_up_says_so_and_no_more() {
    let stage = stage(|_| {}).await;
    stage.exchange.recognisers_give_up(Some(Duration::from_secs(4)));
    let story = talked(&stage, &[], |stage, _| async move { stage.wait(15).await }).await;
    let told = told(&story);
    let last = told.last().unwrap();
    assert_eq!(last.param("TranscriptionEvent"), Some("transcription-error"));
    assert_eq!((last.param("ErrorCode").is_some(), last.param("ErrorMessage").is_some()), (true, true));
    assert_eq!(content(&told).len(), 1);
}

#[tokio::test]
async fn an_engine_that_there_is_not_is_refused_and_told_to_nobody() {
    let stage = stage(|_| {}).await;
    let url = stage.server.url("/words");
    let begin = |engine: &str| {
        format!(
            "<Start><Transcription transcriptionEngine=\"{engine}\" statusCallbackUrl=\"{url}\"/></Start><Say>On.</Say>"
        )
    };
    stage.server.twiml("/voice", &begin("parrot"));
    let story = stage.call(caller()).await;
    assert_eq!(story.errors()[0].code, 32650);
    assert!(story.caller_heard("On.") && told(&story).is_empty());
    let sid = story.call_sid().clone();
    for (form, refusal) in [
        (&[("TranscriptionEngine", "parrot")], (400, 32650)),
        (&[("Track", "all")], (400, 20001)),
        // It is over.
        (&[("Track", "both_tracks")], (400, 21220)),
    ] {
        assert_eq!(start(&stage, &sid, form).await.refusal(), refusal);
    }
    let nowhere = stage.post(&format!("/Calls/{sid}/Transcriptions.json"), &[]).await;
    assert_eq!(nowhere.refusal(), (400, 21609));
}

#[tokio::test]
async fn a_transcription_comes_along_where_its_leg_is_led_or_not() {
    for (survives, texts) in [(true, 2), (false, 1)] {
        let stage = stage(|unverified| unverified.transcriptions_survive_moves = survives).await;
        stage.server.twiml("/elsewhere", "<Say>Here now.</Say><Pause length=\"3\"/>");
        let story = talked(&stage, &[], |stage, sid| async move {
            stage.wait(4).await;
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
        })
        .await;
        let told = told(&story);
        assert_eq!(content(&told).len(), texts, "{:?}", content(&told));
        assert_eq!(told.last().unwrap().param("TranscriptionEvent"), Some("transcription-stopped"));
    }
}

#[tokio::test]
async fn a_name_is_one_transcriptions_or_not() {
    for (unique, status) in [(true, 400), (false, 200)] {
        let stage = stage(|unverified| unverified.names_are_unique = unique).await;
        talked(&stage, &[("Name", "words")], move |stage, sid| async move {
            assert_eq!(start(&stage, &sid, &[("Name", "words")]).await.status, status);
        })
        .await;
    }
}

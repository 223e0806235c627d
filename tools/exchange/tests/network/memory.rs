//! What an exchange remembers of calls that are over.

use std::time::Duration;

use exchange::{Speech, WebFile, WebhookKind};

use crate::stage::{OURS, Stage, caller, only};

#[tokio::test]
async fn a_fetched_sound_is_remembered_without_its_bytes() {
    let stage = Stage::saying("<Play>/sound</Play><Play>https://example.org/sound</Play>").await;
    let wav = Speech::silence(Duration::from_mins(1)).to_wav();
    let sound = wav.clone();
    stage.server.on("/sound", move |_| {
        axum::response::IntoResponse::into_response(([("content-type", "audio/wav")], sound.clone()))
    });
    stage.exchange.publish("https://example.org/sound", WebFile::of_type("audio/wav", wav));
    let story = stage.call(caller()).await;
    assert_eq!(story.errors(), []);
    assert!(story.duration() > Duration::from_secs(119), "{story}");
    let sounds = story.webhooks_of(WebhookKind::Media);
    assert_eq!(sounds.len(), 2);
    for sound in sounds {
        assert_eq!((sound.status(), sound.answer_body()), (Some(200), ""));
        assert!(format!("{sound:?}").len() < 2000, "its bytes are still there");
    }
}

/// What is remembered: stories, webhooks, recordings, conferences and REST requests.
fn counts(stage: &Stage) -> [usize; 5] {
    let exchange = &stage.exchange;
    [
        exchange.stories().len(),
        exchange.webhooks().len(),
        exchange.recordings().len(),
        exchange.rooms().len(),
        exchange.rest_log().len(),
    ]
}

#[tokio::test]
async fn only_so_many_finished_calls_are_remembered() {
    let stage = Stage::with(|config| config.keeps_finished = Some(2)).await;
    stage.server.twiml("/voice", "<Record action=\"/room\" maxLength=\"5\"/>");
    stage.server.twiml("/room", "<Dial><Conference>Room</Conference></Dial>");
    let calls = || caller().leaves(Speech::english_sample()).stays_silent().hangs_up_after(30);
    let first = stage.call(calls()).await;
    let after_one = counts(&stage);
    for _ in 0..9 {
        stage.call(calls()).await;
        stage.get(&format!("/Calls/{}.json", first.call_sid())).await;
    }
    let after_many = counts(&stage);
    for (one, many) in after_one.into_iter().zip(after_many) {
        assert!(many <= 3 * one.max(2), "{after_one:?} became {after_many:?}");
    }
    let gone = stage.get(&format!("/Calls/{}.json", first.call_sid())).await;
    assert_eq!(gone.refusal(), (404, 20404));
    assert!(stage.exchange.story(first.call_sid()).is_none());
    assert!(!first.entries().is_empty(), "who holds a story still has it");
}

#[tokio::test]
async fn a_call_that_goes_on_is_remembered_however_old() {
    let stage = Stage::with(|config| config.keeps_finished = Some(1)).await;
    stage.server.twiml_in_turn("/voice", &["<Say>Hello.</Say><Pause length=\"600\"/>", "<Say>Bye.</Say>"]);
    let story = stage
        .play(|stage| async move {
            let long = stage.exchange.start_call(caller().stays_silent(), OURS);
            for _ in 0..5 {
                stage.wait(1).await;
                stage.exchange.call(caller(), OURS).await;
            }
            let sid = long.story().call_sid().clone();
            assert!(stage.exchange.story(&sid).is_some());
            long.finished().await
        })
        .await;
    assert_eq!(only(&story, WebhookKind::CallStatus).param("CallStatus"), Some("completed"));
    assert!(stage.exchange.stories().len() <= 3, "{:?}", stage.exchange.stories());
}

//! Sounds of `<Play>` that can be had, and that can't.

use std::time::Duration;

use exchange::{EndedBy, NumberUrls, Phone, Speech, Unplayable, WebFile, WebhookKind, What};

use crate::stage::{OURS, OWNER, Stage, caller, only};

const SOUND: &str = "https://example.com/greeting.wav";

async fn stage_that_plays(unplayable: Unplayable) -> Stage {
    let stage = Stage::with(|config| config.unplayable = unplayable).await;
    stage.server.twiml("/voice", &format!("<Play>{SOUND}</Play><Say>Hello.</Say>"));
    stage.server.twiml("/fallback", "<Say>Sorry.</Say>");
    let urls = NumberUrls::voice(stage.server.url("/voice")).with_fallback(stage.server.url("/fallback"));
    stage.exchange.wire(OURS, urls);
    stage
}

/// What cannot be played, with Twilio's code.
fn unplayable() -> Vec<(WebFile, u32)> {
    vec![
        (WebFile::refused(404), 11200),
        (WebFile::refused(503), 11200),
        (WebFile::of_type("text/html", "<html/>"), 12300),
        (WebFile::of_type("audio/ogg", "OggS"), 12300),
        (WebFile::sound(&Speech::english_sample()).after(Duration::from_secs(15)), 11200),
    ]
}

#[tokio::test]
async fn a_sound_plays_as_long_as_it_is() {
    let stage = stage_that_plays(Unplayable::default()).await;
    let sound = WebFile::sound(&Speech::tone(Duration::from_secs(7), "welcome"));
    stage.exchange.publish(SOUND, sound.after(Duration::from_secs(2)));
    let story = stage.call(caller()).await;
    assert!(story.caller_heard("Hello.") && story.errors().is_empty(), "{story}");
    assert_eq!(story.duration().as_millis(), 9_500, "two to fetch it, seven of sound, and a word");
    let media = only(&story, WebhookKind::Media);
    assert_eq!((media.status(), media.params.len()), (Some(200), 0));
}

#[tokio::test]
async fn a_sound_is_fetched_over_http_without_parameters() {
    let stage = Stage::saying("<Play loop=\"3\">/a.wav</Play>").await;
    let wav = Speech::tone(Duration::from_secs(2), "").to_wav();
    stage.server.on("/a.wav", move |_| {
        let mut answer = crate::stage::reply(200, "audio/x-wav", "");
        *answer.body_mut() = wav.clone().into();
        answer
    });
    let story = stage.call(caller()).await;
    assert_eq!(story.duration().as_secs(), 6, "{story}");
    let received = stage.server.received_at("/a.wav");
    assert_eq!(received.len(), 1, "once, however often it is played");
    assert_eq!((&*received[0].method, &*received[0].query, &*received[0].body), ("GET", "", ""));
}

#[tokio::test]
async fn without_its_sound_a_document_falls_back() {
    for (file, code) in unplayable() {
        let stage = stage_that_plays(Unplayable::FallsBack).await;
        stage.exchange.publish(SOUND, file);
        let story = stage.call(caller()).await;
        assert!(story.caller_heard("Sorry.") && !story.caller_heard("Hello."), "{story}");
        let fallback = only(&story, WebhookKind::Fallback);
        assert_eq!(fallback.param("ErrorUrl"), Some(SOUND));
        assert_eq!(story.errors()[0].code, code, "{story}");
    }
}

#[tokio::test]
async fn without_its_sound_a_call_ends_unless_chosen_otherwise() {
    for (file, code) in unplayable() {
        let stage = stage_that_plays(Unplayable::EndsTheCall).await;
        stage.exchange.publish(SOUND, file.clone());
        let story = stage.call(caller()).await;
        assert!(story.heard_application_error(), "{story}");
        assert_eq!((story.ended_by(), story.errors()[0].code), (Some(EndedBy::ApplicationError), code));

        let stage = stage_that_plays(Unplayable::IsLeftOut).await;
        stage.exchange.publish(SOUND, file);
        let story = stage.call(caller()).await;
        assert!(story.caller_heard("Hello.") && !story.heard_application_error(), "{story}");
        assert_eq!(story.errors()[0].code, code);
    }
}

#[tokio::test]
async fn a_whisper_without_its_sound_ends_the_leg() {
    let stage =
        Stage::saying(&format!("<Dial action=\"/dialled\"><Number url=\"/whisper\">{OWNER}</Number></Dial>"))
            .await;
    stage.server.twiml("/whisper", &format!("<Play>{SOUND}</Play>"));
    stage.server.twiml("/dialled", "<Hangup/>");
    stage.exchange.plug(OWNER, Phone::answers_after(2));
    stage.exchange.publish(SOUND, WebFile::refused(404));
    let story = stage.call(caller()).await;
    assert!(story.entries().iter().any(|it| it.what == What::HearsApplicationError), "{story}");
    let dialled = only(&story, WebhookKind::DialAction);
    assert_eq!(dialled.param("DialBridged"), Some("false"));
}

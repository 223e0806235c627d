//! What anybody may have.

use super::*;

const ADDRESS: &str = "/webhook/voice/tone.wav";

/// Somebody who proves nothing.
fn asks_for(method: &'static str, path: &str) -> Request {
    let signed_with = None;
    Request { method, path: path.to_owned(), content_type: None, signed_with, ..Request::of("") }
}

#[tokio::test]
async fn a_sound_is_given_to_anybody_as_it_is() {
    for path in [ADDRESS, "/prod/webhook/voice/tone.wav"] {
        let response = knock(&gate(), asks_for("GET", path).event()).await;
        assert_eq!(response.status_code, 200, "{path}");
        assert_eq!(response.headers["content-type"], "audio/x-wav");
        assert_eq!(response.headers["cache-control"], "public, max-age=86400");
        assert_eq!(response.headers.len(), 2);
        // Bytes that are no text reach nobody otherwise.
        assert!(response.is_base64_encoded);
        let json = serde_json::to_value(&response).unwrap();
        assert_eq!(json["body"], base64(&TONE));
    }
}

#[tokio::test]
async fn a_sound_needs_no_secret_and_no_handler() {
    let source = Source::new(None);
    let response = serve(
        &source.gate(),
        &Endpoint::<VoiceCall>::reporting(),
        asks_for("GET", ADDRESS).event(),
        |_| async { panic!("there is nothing to handle") },
    )
    .await;
    assert_eq!((response.status_code, source.reads()), (200, 0));
}

#[tokio::test]
async fn a_sound_is_only_fetched() {
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS"] {
        assert_refused(&knock(&gate(), asks_for(method, ADDRESS).event()).await, 405);
    }
    assert_refused(&knock(&gate(), asks_for("POST", ADDRESS).event()).await, 415);
    // Also for Twilio there is no such step.
    let signed = Request { path: ADDRESS.to_owned(), ..Request::call() };
    assert_refused(&knock(&gate(), signed.event()).await, 404);
}

#[tokio::test]
async fn who_proves_nothing_gets_nothing_else() {
    let others = [
        "/webhook/voice",
        "/webhook/voice/menu",
        "/webhook/voice/tone",
        "/webhook/voice/Tone.wav",
        "/webhook/voice/tone.wav/",
        "/webhook/voice/menu/tone.wav",
        "/webhook/invoice/tone.wav",
        "/webhook/tone.wav",
        "/tone.wav",
        "tone.wav",
    ];
    for path in others {
        assert_refused(&knock(&gate(), asks_for("GET", path).event()).await, 403);
    }
}

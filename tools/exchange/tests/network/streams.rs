//! Streams: the sound of a leg at a web socket, and back.

#![expect(clippy::unwrap_used, reason = "what should have come and did not fails the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exchange::{Cue, Deed, Hearing, Phone, Socket, SocketStory, Unverified, WebhookKind};
use futures_util::{SinkExt as _, StreamExt as _};
use phone::CallSid;
use serde_json::{Value, json};
use signature::AuthToken;
use tokio_tungstenite::tungstenite::Message;

use crate::stage::{OURS, OWNER, Stage, TOKEN, caller, values};

const EAR: &str = "wss://ear.example/listen";

/// A stage where the caller talks to the owner, and both say something.
async fn stage(other: impl FnOnce(&mut Unverified)) -> Stage {
    let stage = Stage::with(|config| other(&mut config.unverified)).await;
    stage.server.twiml("/voice", &format!("<Dial>{OWNER}</Dial>"));
    stage.server.takes("/stream");
    stage.exchange.publish_socket(EAR, Socket::Listens);
    let says = Cue::talks().after(4);
    stage.exchange.plug(OWNER, Phone::answers_after(2).on(says, Deed::says("good morning")).talks_for(20));
    stage
}

fn speaker() -> exchange::Caller {
    caller().on(Cue::talks().after(2), Deed::says("hello there you"))
}

async fn start(stage: &Stage, sid: &CallSid, more: &[(&str, &str)]) -> crate::client::Reply {
    let told = stage.server.url("/stream");
    let mut form = vec![("Url", EAR), ("StatusCallback", told.as_str())];
    form.extend(more);
    stage.post(&format!("/Calls/{sid}/Streams.json"), &form).await
}

fn events(stage: &Stage) -> Vec<String> {
    let told: Vec<_> =
        stage.exchange.webhooks().into_iter().filter(|it| it.kind == WebhookKind::Stream).collect();
    values(&told, "StreamEvent")
}

/// The milliseconds in which a track is not silent, from when on and for how long.
fn loud(story: &SocketStory, track: &str) -> (u64, usize) {
    let media = story.messages.iter().filter(|it| it["event"] == "media" && it["media"]["track"] == track);
    let loud: Vec<u64> = media
        .filter(|it| {
            let bytes = STANDARD.decode(it["media"]["payload"].as_str().unwrap()).unwrap();
            assert_eq!(bytes.len(), 160);
            bytes.iter().any(|byte| *byte != 0xff)
        })
        .map(|it| it["media"]["timestamp"].as_str().unwrap().parse().unwrap())
        .collect();
    (loud.first().copied().unwrap_or(0), loud.len() * 20)
}

#[tokio::test]
async fn both_sides_of_a_leg_are_sent_until_it_is_stopped() {
    let stage = stage(|_| {}).await;
    let sid = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(speaker(), OURS);
            stage.wait(3).await;
            let sid = call.story().call_sid().clone();
            let more = [
                ("Name", "ear"),
                ("Track", "both_tracks"),
                ("Parameter1.Name", "order"),
                ("Parameter1.Value", "7"),
            ];
            let started = start(&stage, &sid, &more).await;
            assert_eq!((started.status, &started.json()["status"]), (200, &json!("in-progress")));
            assert!(started.sid().starts_with("MZ"));
            stage.wait(8).await;
            let path = format!("/Calls/{sid}/Streams/ear.json");
            let stopped = stage.post(&path, &[("Status", "stopped")]).await;
            assert_eq!((stopped.status, &stopped.json()["status"]), (200, &json!("stopped")));
            assert_eq!(stage.post(&path, &[("Status", "stopped")]).await.refusal(), (404, 20404));
            call.does(Deed::HangsUp);
            call.finished().await;
            sid
        })
        .await;
    assert_eq!(events(&stage), ["stream-started", "stream-stopped"]);
    let [ear] = &stage.exchange.sockets()[..] else { panic!("one connection") };
    let signed = ear.headers.iter().find(|(name, _)| name == signature::HEADER).map(|(_, value)| value);
    assert!(signature::verify(&[AuthToken::from(TOKEN)], EAR, signature::Body::Empty, signed.unwrap()));
    let names: Vec<&str> = ear.messages.iter().map(|it| it["event"].as_str().unwrap()).collect();
    assert_eq!(names[..2], ["connected", "start"]);
    assert_eq!(names.last(), Some(&"stop"));
    let begin = &ear.messages[1]["start"];
    assert_eq!(
        (&begin["callSid"], &begin["tracks"]),
        (&json!(sid.as_str()), &json!(["inbound", "outbound"]))
    );
    assert_eq!(begin["customParameters"], json!({ "order": "7" }));
    // Eight seconds of both.
    assert_eq!(ear.media, 8 * 50 * 2);
    let numbers: Vec<u64> =
        ear.messages[1..].iter().map(|it| it["sequenceNumber"].as_str().unwrap().parse().unwrap()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
    // Three words take 1.2 s, two 0.8.
    assert_eq!((loud(ear, "inbound").1, loud(ear, "outbound").1), (1200, 800));
    assert!(ear.is_over());
}

#[tokio::test]
async fn a_prompt_is_heard_in_the_outbound_track() {
    let stage = Stage::new().await;
    stage.exchange.publish_socket(EAR, Socket::Listens);
    let begin = format!("<Start><Stream url=\"{EAR}\" track=\"outbound_track\" name=\"ear\"/></Start>");
    let end = "<Stop><Stream name=\"ear\"/></Stop>";
    let verbs = format!("{begin}<Pause/><Say>One two three.</Say>{end}<Pause length=\"5\"/>");
    stage.server.twiml("/voice", &verbs);
    stage.call(caller()).await;
    let ear = &stage.exchange.sockets()[0];
    assert_eq!(ear.media, 110);
    assert_eq!(loud(ear, "outbound"), (1000, 1200));
}

#[tokio::test]
async fn a_stream_ends_with_its_call() {
    let stage = stage(|_| {}).await;
    stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(speaker(), OURS);
            stage.wait(3).await;
            let sid = call.story().call_sid().clone();
            start(&stage, &sid, &[]).await;
            stage.wait(3).await;
            call.does(Deed::HangsUp);
            call.finished().await;
            stage.wait(1).await;
            assert_eq!(start(&stage, &sid, &[]).await.refusal(), (400, 21220));
            let gone = stage.post(&format!("/Calls/{sid}/Streams/MZ1.json"), &[("Status", "stopped")]).await;
            assert_eq!(gone.refusal(), (400, 21220));
        })
        .await;
    assert_eq!(events(&stage), ["stream-started", "stream-stopped"]);
    assert_eq!(stage.exchange.sockets()[0].messages.last().unwrap()["event"], "stop");
}

#[tokio::test]
async fn what_is_wrong_with_the_other_end_is_told_or_not_at_all() {
    let cases: [(Socket, &[&str], u32); 5] = [
        (Socket::Refuses(403), &["stream-error"], 31920),
        (Socket::Refuses(200), &["stream-error"], 31920),
        (Socket::BreaksAfter(Duration::from_secs(2)), &["stream-started", "stream-error"], 31921),
        (Socket::ClosesAfter(Duration::from_secs(2)), &["stream-started", "stream-stopped"], 0),
        (Socket::Nobody, &[], 0),
    ];
    for (socket, told, code) in cases {
        let stage = stage(|_| {}).await;
        stage.exchange.publish_socket(EAR, socket);
        let story = stage
            .play(|stage| async move {
                let call = stage.exchange.start_call(speaker(), OURS);
                stage.wait(3).await;
                let sid = call.story().call_sid().clone();
                assert_eq!(start(&stage, &sid, &[]).await.status, 200);
                stage.wait(10).await;
                call.does(Deed::HangsUp);
                call.finished().await
            })
            .await;
        assert_eq!(events(&stage), told, "{socket:?}");
        let codes: Vec<u32> = story.errors().iter().map(|error| error.code).collect();
        assert_eq!(codes, if code == 0 { vec![] } else { vec![code] }, "{socket:?}");
    }
}

#[tokio::test]
async fn a_stream_comes_along_where_its_leg_is_led_or_not() {
    for (survives, seconds) in [(true, 8), (false, 3)] {
        let stage = stage(|unverified| unverified.streams_survive_moves = survives).await;
        stage.server.twiml("/elsewhere", "<Pause length=\"5\"/>");
        stage
            .play(move |stage| async move {
                let call = stage.exchange.start_call(speaker(), OURS);
                stage.wait(3).await;
                let sid = call.story().call_sid().clone();
                start(&stage, &sid, &[]).await;
                stage.wait(3).await;
                stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
                call.finished().await
            })
            .await;
        let media = stage.exchange.sockets()[0].media / 50;
        assert_eq!(media, seconds, "{survives}");
    }
}

#[tokio::test]
async fn a_name_is_one_streams_or_not() {
    for (unique, status) in [(true, 400), (false, 200)] {
        let stage = stage(|unverified| unverified.names_are_unique = unique).await;
        stage
            .play(move |stage| async move {
                let call = stage.exchange.start_call(speaker(), OURS);
                stage.wait(3).await;
                let sid = call.story().call_sid().clone();
                assert_eq!(start(&stage, &sid, &[("Name", "ear")]).await.status, 200);
                assert_eq!(start(&stage, &sid, &[("Name", "ear")]).await.status, status);
                for bad in [("Url", "https://a.example"), ("Track", "all"), ("StatusCallback", "/stream")] {
                    let form = [("Url", EAR), bad];
                    let form = if bad.0 == "Url" { &form[1..] } else { &form[..] };
                    let refused = stage.post(&format!("/Calls/{sid}/Streams.json"), form).await;
                    assert_eq!(refused.status, 400, "{bad:?}");
                }
                call.does(Deed::HangsUp);
                call.finished().await;
            })
            .await;
    }
}

/// A program that answers over the network what it is told, once it has heard so many frames.
async fn program(after: usize, says: Vec<Value>) -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/speak", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keeps = heard.clone();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut wire = tokio_tungstenite::accept_async(tcp).await.unwrap();
        let (mut media, mut says) = (0, Some(says));
        while let Some(Ok(message)) = wire.next().await {
            let Message::Text(text) = message else { continue };
            let message: Value = serde_json::from_str(text.as_str()).unwrap();
            let event = message["event"].as_str().unwrap().to_owned();
            media += usize::from(event == "media");
            if event != "media" {
                keeps.lock().unwrap().push(message);
            }
            if media == after
                && let Some(says) = says.take()
            {
                for said in says {
                    wire.send(Message::text(said.to_string())).await.unwrap();
                }
            }
            if event == "mark" || event == "dtmf" {
                let _ = wire.close(None).await;
            }
        }
    });
    (url, heard)
}

#[tokio::test]
async fn a_program_at_the_other_end_hears_and_is_heard() {
    let sound = STANDARD.encode(vec![0x55_u8; 8000]);
    let says = vec![
        json!({ "event": "media", "streamSid": "x", "media": { "payload": sound } }),
        json!({ "event": "media", "streamSid": "x", "media": { "payload": sound } }),
        json!({ "event": "mark", "streamSid": "x", "mark": { "name": "said" } }),
        json!({ "event": "dance" }),
    ];
    let (url, heard) = program(100, says).await;
    let stage = Stage::new().await;
    stage.server.twiml("/after", "<Say>Goodbye.</Say>");
    stage.server.twiml("/voice", &format!("<Connect action=\"/after\"><Stream url=\"{url}\"/></Connect>"));
    let story = stage.call(caller()).await;
    let names: Vec<Value> = heard.lock().unwrap().iter().map(|it| it["event"].clone()).collect();
    assert_eq!(names, ["connected", "start", "mark"], "{story}");
    assert!(story.caller_heard("Goodbye."), "{story}");
    let pieces = &story.legs()[0].heard;
    let played: Vec<i128> = pieces
        .iter()
        .filter(|it| it.what == Hearing::Sound(url.clone()))
        .map(|it| it.until.duration_since(it.from).as_millis())
        .collect();
    assert_eq!(played, [2000], "{story}");
    let warnings: Vec<u32> = story.warnings().iter().map(|it| it.code).collect();
    assert_eq!(warnings, [31951], "{story}");
}

#[tokio::test]
async fn what_is_played_both_ways_is_cleared_and_keys_are_told() {
    let sound = STANDARD.encode(vec![0x55_u8; 80_000]);
    let says = vec![json!({ "event": "media", "media": { "payload": sound } }), json!({ "event": "clear" })];
    let (url, heard) = program(50, says).await;
    let stage = Stage::new().await;
    stage.server.twiml("/voice", &format!("<Connect><Stream url=\"{url}\"/></Connect><Say>Next.</Say>"));
    let story = stage.call(caller().on(Cue::hears_silence().after(5), Deed::presses("7"))).await;
    let last = heard.lock().unwrap().last().cloned().unwrap();
    assert_eq!((&last["event"], &last["dtmf"]["digit"]), (&json!("dtmf"), &json!("7")), "{story}");
    assert!(story.caller_heard("Next."), "{story}");
    let played = story.legs()[0].heard.iter().any(|it| it.what == Hearing::Sound(url.clone()));
    assert!(!played, "{story}");
}

#[tokio::test]
async fn only_the_inbound_track_goes_both_ways() {
    let stage = Stage::new().await;
    let verbs = format!("<Connect><Stream url=\"{EAR}\" track=\"both_tracks\"/></Connect><Say>Next.</Say>");
    stage.server.twiml("/voice", &verbs);
    let story = stage.call(caller()).await;
    assert_eq!(story.errors()[0].code, 31941);
    assert!(story.caller_heard("Next."));
    for url in ["https://a.example", "wss://a.example/?b=c", "ws://a.example", ""] {
        stage.server.twiml("/voice", &format!("<Connect><Stream url=\"{url}\"/></Connect><Say>Next.</Say>"));
        let story = stage.call(caller()).await;
        assert_eq!(story.errors()[0].code, 11100, "{url}");
    }
}

#[tokio::test]
async fn a_leg_is_led_away_from_a_program() {
    let stage = Stage::new().await;
    stage.exchange.publish_socket(EAR, Socket::Listens);
    stage.server.twiml("/voice", &format!("<Connect><Stream url=\"{EAR}\"/></Connect>"));
    stage.server.twiml("/elsewhere", "<Say>Here now.</Say>");
    let story = stage
        .play(|stage| async move {
            let call = stage.exchange.start_call(caller(), OURS);
            stage.wait(5).await;
            let sid = call.story().call_sid().clone();
            stage.change(sid.as_str(), &[("Url", &stage.server.url("/elsewhere"))]).await;
            call.finished().await
        })
        .await;
    assert!(story.caller_heard("Here now."), "{story}");
    assert!(stage.exchange.sockets()[0].is_over());
}

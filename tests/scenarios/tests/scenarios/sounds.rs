//! Sounds on their way from Twilio into the bucket.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use domain::{MessageLength, Transcription as Wanted};
use exchange::{Caller, RestFault, RestRequest, Speech, Times};
use local::faults::Faults;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::world::{MASKED_NUMBER, STRANGER, Told, World, seconds, stranger};

/// What a worker holds in memory of a sound, in bytes: five minutes and a half.
const PART: usize = 5 * 1024 * 1024;

impl World {
    /// A number that takes messages of a quarter of an hour, and makes no words of them.
    async fn with_long_messages() -> Self {
        Self::with_number(|number| {
            number.voicemail.transcription = Wanted::Off;
            number.voicemail.max_length = MessageLength::seconds(900).unwrap();
        })
        .await
    }

    /// Somebody talks for so many seconds.
    async fn message_of(&self, length: u64) -> Told {
        self.call(Caller::new(STRANGER).leaves(Speech::tone(seconds(length), "Long"))).await
    }
}

/// Another host that has a sound. It sends the first `pauses_at` bytes, and after a pause the others.
/// What it is asked is in the list.
async fn elsewhere(sound: Bytes, pauses_at: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/sound.wav", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::<String>::new()));
    let heard = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            heard.lock().unwrap().push(String::from_utf8(request).unwrap().to_lowercase());
            let status_and_fields = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: audio/x-wav\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                sound.len()
            );
            stream.write_all(status_and_fields.as_bytes()).await.unwrap();
            let (first, others) = sound.split_at(pauses_at);
            stream.write_all(first).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            stream.write_all(others).await.unwrap();
        }
    });
    (url, requests)
}

#[tokio::test]
async fn a_long_sound_that_breaks_off_is_stored_whole_in_the_end() {
    for fault in
        [RestFault::CutShort, RestFault::EndsEarly, RestFault::Shortened, RestFault::ShortenedWithoutLength]
    {
        let world = World::with_long_messages().await;
        world.exchange().rest_faults(RestRequest::Media, fault.clone(), Times::Next(2));
        // Half of it is more than a part.
        let told = world.message_of(700).await;
        let wav = told.story.recording().unwrap().speech.to_wav();
        assert!(wav.len() / 2 > PART);
        let redirect = world.get(&format!("{}?audio=1", told.only_mail().link())).await;
        assert!(world.get(&redirect.location.unwrap()).await.body == wav, "{fault:?}");
        assert_eq!(told.voicemail().audio.as_ref().unwrap().size, wav.len() as u64, "{fault:?}");
        assert_eq!(world.rest_requests(RestRequest::Media), 3, "{fault:?}");
    }
}

#[tokio::test]
async fn a_sound_that_pauses_where_a_part_ends_is_stored_whole() {
    let sound = World::with_long_messages().await.message_of(400).await;
    let sound = sound.story.recording().unwrap().speech.to_wav();
    let world = World::with_long_messages().await;
    let (url, requests) = elsewhere(sound, PART).await;
    world.exchange().rest_faults(RestRequest::Media, RestFault::RedirectTo(url), Times::UntilCleared);
    world.message_of(400).await.one_voicemail();
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn only_a_sound_that_is_longer_than_a_part_is_stored_in_parts() {
    let mut requests = Vec::new();
    for length in [20, 300, 400] {
        let world = World::with_long_messages().await;
        world.stack.break_by(&Faults::default());
        world.message_of(length).await.one_voicemail();
        requests.push(world.stack.worker_requests());
    }
    // In place of one request: the beginning, two parts, the end.
    let [short, of_five_minutes, long] = requests[..] else { panic!("{requests:?}") };
    assert_eq!((of_five_minutes, long), (short, short + 3));
}

#[tokio::test]
async fn what_is_no_sound_is_not_taken_for_one() {
    // Too short for a sound's header; another kind of file with the same beginning; and the rest of one.
    for text in ["OK", "RIFF\u{8}\0\0\0AVI LIST", "OggS\0\0\0\0WAVEfmt "] {
        let world = World::new().await;
        world.exchange().rest_faults(RestRequest::Media, RestFault::NoSound(text), Times::Next(2));
        let story = world.exchange().call(stranger(), MASKED_NUMBER).await;
        let still = world.still_after(seconds(20)).await;
        let sid = story.recording().unwrap().sid.clone();
        let trouble = world.stack.ledger.voicemail(&sid).await.unwrap().trouble.unwrap();
        assert!(trouble.last_error.contains("what Twilio sent is no WAV sound"), "{trouble:?}");
        drop(still);
        world.stack.clock.settled().await;
        world.told(story).await.one_voicemail();
        assert_eq!(world.rest_requests(RestRequest::Media), 3, "{text:?}");
    }
}

#[tokio::test]
async fn another_host_that_keeps_the_sound_never_sees_the_login() {
    // The same call is always recorded the same.
    let sound = World::new().await.no_answer().await.story.recording().unwrap().speech.to_wav();
    let (url, requests) = elsewhere(sound, 0).await;
    let world = World::new().await;
    world.exchange().rest_faults(RestRequest::Media, RestFault::RedirectTo(url), Times::UntilCleared);
    let told = world.no_answer().await;
    told.one_voicemail();
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("get /sound.wav ") && !requests[0].contains("authorization"));
    assert!(world.exchange().rest_log().iter().all(|call| call.had_authorization));
}

//! What the web has at a URL, as far as a `<Play>` asks for it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;

use crate::Speech;
use crate::clock::lock;
use crate::webhooks::{WebhookAnswer, WebhookFailure};

/// The types that Twilio plays. Source: its page "TwiML Voice: `<Play>`".
const PLAYABLE: [&str; 10] = [
    "audio/mpeg",
    "audio/wav",
    "audio/wave",
    "audio/x-wav",
    "audio/aiff",
    "audio/x-aifc",
    "audio/x-aiff",
    "audio/x-gsm",
    "audio/gsm",
    "audio/ulaw",
];

/// How long a sound file plays of which only its name is known.
pub(crate) const SOME_SOUND: Duration = Duration::from_secs(5);

/// What a server of the world outside answers for a URL.
#[derive(Clone, Debug)]
pub struct WebFile {
    status: u16,
    content_type: String,
    body: Bytes,
    after: Duration,
}

impl WebFile {
    /// A sound, as WAV.
    pub fn sound(speech: &Speech) -> Self {
        Self::of_type("audio/wav", speech.to_wav())
    }

    /// Anything.
    pub fn of_type(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status: 200, content_type: content_type.into(), body: body.into(), after: Duration::ZERO }
    }

    /// A page that says, with this status, that there is nothing.
    pub fn refused(status: u16) -> Self {
        Self { status, ..Self::of_type("text/html", "<html><body>Sorry.</body></html>") }
    }

    /// It takes this long to answer, in the exchange's time. Twilio waits no longer than 15 s.
    pub fn after(mut self, time: Duration) -> Self {
        self.after = time;
        self
    }
}

/// Files by URL. What is not among them is asked for over HTTP.
#[derive(Default)]
pub(crate) struct Web(Mutex<HashMap<String, WebFile>>);

/// What a server answers, and how long it takes.
pub(crate) struct Page {
    pub(crate) after: Duration,
    pub(crate) answer: WebhookAnswer,
}

impl Web {
    pub(crate) fn publish(&self, url: &str, file: WebFile) {
        lock(&self.0).insert(url.to_owned(), file);
    }

    pub(crate) fn page(&self, url: &str) -> Option<Page> {
        let bare = url.split('#').next().unwrap_or_default();
        let WebFile { status, content_type, body, after } = lock(&self.0).get(bare).cloned()?;
        let answer = WebhookAnswer::new(status, Some(content_type), (bare, body), Vec::new());
        Some(Page { after, answer })
    }
}

/// How long the sound in an answer plays.
pub(crate) fn playing_time(answer: &WebhookAnswer) -> Result<Duration, WebhookFailure> {
    if !(200..300).contains(&answer.status) {
        return Err(WebhookFailure::new(11200, format!("{} answered {}", answer.url, answer.status)));
    }
    let content_type = answer.content_type.as_deref().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !PLAYABLE.contains(&&*media_type) {
        return Err(WebhookFailure::new(12300, format!("{media_type:?} is no type of a sound")));
    }
    // Of what is no WAV only the name is known.
    Ok(length_of_wav(&answer.sound).unwrap_or(SOME_SOUND))
}

/// By the bytes that it has, and those that it plays in a second.
fn length_of_wav(wav: &[u8]) -> Option<Duration> {
    let number = |at: usize| Some(u32::from_le_bytes(wav.get(at..at + 4)?.try_into().ok()?));
    if wav.get(..4)? != b"RIFF" || wav.get(8..12)? != b"WAVE" {
        return None;
    }
    let (mut at, mut a_second) = (12, None);
    loop {
        let (name, length) = (wav.get(at..at + 4)?, number(at + 4)?);
        match name {
            b"fmt " => a_second = number(at + 16),
            b"data" => {
                return Some(Duration::from_secs_f64(
                    f64::from(length) / f64::from(a_second.filter(|it| *it > 0)?),
                ));
            }
            _ => {}
        }
        at += 8 + usize::try_from(length).ok()?.next_multiple_of(2);
    }
}

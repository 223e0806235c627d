//! The requests that Twilio makes: what they are, and how they fared.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use phone::{AccountSid, CallSid};
use thiserror::Error;

/// The kinds of webhooks with their names: whatever is in the list is in all that is made of it.
macro_rules! webhook_kinds {
    ($($(#[$doc:meta])+ $kind:ident = $name:literal,)+) => {
        /// What a webhook is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum WebhookKind {
            $($(#[$doc])+ $kind,)+
        }

        impl WebhookKind {
            /// All there are.
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }
        }
    };
}

webhook_kinds! {
    /// A call comes in: the number's voice URL.
    Voice = "voice",
    /// Another document failed: the number's fallback URL, with `ErrorCode` and `ErrorUrl`.
    Fallback = "fallback",
    /// A `<Dial>` ended: its `action`.
    DialAction = "dial action",
    /// A `<Record>` ended: its `action`.
    RecordAction = "record action",
    /// A `<Gather>` got input: its `action`.
    GatherAction = "gather action",
    /// A `<Redirect>`.
    Redirect = "redirect",
    /// The called party answered: the `url` of `<Number>`, `<Sip>` or `<Client>`.
    Whisper = "whisper",
    /// The REST API leads a live call elsewhere: `Url` of an update.
    LiveUpdate = "live update",
    /// What is heard while a conference has not begun: `waitUrl`.
    RoomWait = "conference wait",
    /// What is heard on hold: `HoldUrl`.
    Hold = "hold",
    /// What all or one in a conference are to hear: `AnnounceUrl`.
    Announcement = "announcement",
    /// What is heard in a queue: `waitUrl` of `<Enqueue>`.
    QueueWait = "queue wait",
    /// What who waited hears before being connected: the `url` of `<Queue>`.
    QueueConnect = "queue connect",
    /// An `<Enqueue>` ended: its `action`.
    EnqueueAction = "enqueue action",
    /// A `<Refer>` ended: its `action`.
    ReferAction = "refer action",
    /// The sound of a `<Play>`. Twilio sends no parameters with it.
    Media = "media",
    /// The call ended: the number's status callback.
    CallStatus = "call status",
    /// A dialled leg changed its state: the `statusCallback` of `<Number>` and its like.
    LegStatus = "leg status",
    /// A recording is there: `recordingStatusCallback`.
    RecordingStatus = "recording status",
    /// Its words are there: `transcribeCallback`.
    Transcription = "transcription",
    /// Something happened in a conference: its `statusCallback`.
    Conference = "conference",
    /// It was found out whether a machine answered: `amdStatusCallback`.
    MachineDetection = "machine detection",
    /// What is understood so far: `partialResultCallback`.
    PartialResult = "partial result",
    /// A stream begins, ends or fails: the `statusCallback` of `<Stream>`.
    Stream = "stream",
    /// Words while they are said: the `statusCallbackUrl` of `<Transcription>`.
    LiveTranscription = "live transcription",
}

impl WebhookKind {
    /// Whether its answer decides what happens next in the call.
    pub fn drives_the_call(self) -> bool {
        !matches!(
            self,
            Self::CallStatus
                | Self::LegStatus
                | Self::RecordingStatus
                | Self::Transcription
                | Self::Conference
                | Self::MachineDetection
                | Self::PartialResult
                | Self::Stream
                | Self::LiveTranscription
        )
    }
}

impl fmt::Display for WebhookKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// GET or POST, as TwiML's `method` attributes say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Parameters in the query.
    Get,
    /// Parameters in a form.
    #[default]
    Post,
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
        })
    }
}

/// A webhook about to be sent, for the delivery policy to decide on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outgoing {
    /// What it is about.
    pub kind: WebhookKind,
    /// Which of its kind in this exchange: the first is 1.
    pub nth: usize,
    /// How often Twilio has already given up on it: a webhook whose answer decides what happens in
    /// a call is repeated as its URL's connection overrides say, and each try is decided on anew.
    pub attempt: u32,
    /// The call, or the leg, that it is about.
    pub call_sid: CallSid,
    /// Where it goes.
    pub url: String,
    /// Its parameters.
    pub params: Vec<(String, String)>,
}

impl Outgoing {
    /// The value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        find(&self.params, name)
    }
}

/// Decides how a webhook travels: one entry for each copy, with its delay in the exchange's
/// time. `[]` loses it, `[0 s]` is normal, `[0 s, 0 s]` doubles it, `[30 s]` delays it. For a repeated
/// attempt only the first entry counts.
pub type DeliveryPolicy = Arc<dyn Fn(&Outgoing) -> Vec<Duration> + Send + Sync>;

/// A webhook to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) kind: WebhookKind,
    pub(crate) account_sid: AccountSid,
    pub(crate) call_sid: CallSid,
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) params: Vec<(String, String)>,
}

/// A webhook as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentWebhook {
    /// Its number, counted from 0 in the order sent.
    pub id: usize,
    /// When, in the exchange's time.
    pub at: Timestamp,
    /// What it is about.
    pub kind: WebhookKind,
    /// The account whose token signs it.
    pub account_sid: AccountSid,
    /// The call, or the leg, that it is about.
    pub call_sid: CallSid,
    /// Which copy: 0 unless the delivery policy asked for several.
    pub copy: usize,
    /// Twilio had given up waiting for its answer before it arrived: the answer changes nothing.
    pub too_late: bool,
    /// The webhook that this one repeats, when it was sent by
    /// [`Exchange::resend`](crate::Exchange::resend).
    pub resend_of: Option<usize>,
    /// GET or POST.
    pub method: Method,
    /// The URL of the first request, in full: without fragment, with a GET's parameters.
    pub url: String,
    /// The parameters, in the order sent.
    pub params: Vec<(String, String)>,
    /// The headers that Twilio adds, the signature among them; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The form; empty for GET.
    pub body: String,
    /// Each try, in order: more than one after a retry or a redirect.
    pub attempts: Vec<Attempt>,
    /// How it ended.
    pub outcome: WebhookOutcome,
    pub(crate) connection: crate::overrides::Overrides,
}

impl SentWebhook {
    /// The value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        find(&self.params, name)
    }

    /// The value of a header that Twilio adds; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The answer, if one came.
    pub fn answer(&self) -> Option<&WebhookAnswer> {
        match &self.outcome {
            WebhookOutcome::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    /// The status of the answer, if one came.
    pub fn status(&self) -> Option<u16> {
        self.answer().map(|answer| answer.status)
    }

    /// The body of the answer; empty when none came.
    pub fn answer_body(&self) -> &str {
        self.answer().map_or("", |answer| &answer.body)
    }

    /// Path and query of the URL.
    pub fn path(&self) -> &str {
        let after_scheme = self.url.split_once("://").map_or(&*self.url, |(_, rest)| rest);
        after_scheme.find(['/', '?']).map_or("/", |begin| &after_scheme[begin..])
    }

    /// Whether it reached the server: neither lost nor refused.
    pub fn was_answered(&self) -> bool {
        self.answer().is_some()
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
}

/// One request on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The URL requested.
    pub url: String,
    /// The status of the answer, or why there was none.
    pub result: Result<u16, WebhookFailure>,
}

/// How a webhook ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookOutcome {
    /// No answer yet.
    UnderWay,
    /// The delivery policy lost it: nothing was sent. It can still be sent with
    /// [`Exchange::resend`](crate::Exchange::resend).
    Lost,
    /// An answer came, of whatever status.
    Answered(WebhookAnswer),
    /// No answer came.
    Failed(WebhookFailure),
}

impl WebhookOutcome {
    pub(crate) fn of(answered: &Result<WebhookAnswer, WebhookFailure>) -> Self {
        match answered {
            Ok(answer) => Self::Answered(answer.without_sound()),
            Err(failure) => Self::Failed(failure.clone()),
        }
    }
}

/// The answer to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: Option<String>,
    /// The body, as text; of a sound there is none.
    pub body: String,
    /// The URL that gave it, after redirects; relative URLs in it start here.
    pub url: String,
    /// The sound that it is, as it came, until its length is known.
    pub(crate) sound: Bytes,
    /// The cookies that it sets.
    pub(crate) cookies: Vec<String>,
}

impl WebhookAnswer {
    /// An answer of this body, which is text unless it is a sound.
    pub(crate) fn new(
        status: u16,
        content_type: Option<String>,
        (url, body): (&str, Bytes),
        cookies: Vec<String>,
    ) -> Self {
        let is_sound = content_type.as_deref().is_some_and(|it| it.trim_start().starts_with("audio/"));
        let (body, sound) = if is_sound {
            (String::new(), body)
        } else {
            (String::from_utf8_lossy(&body).into_owned(), Bytes::new())
        };
        Self { status, content_type, body, url: url.to_owned(), sound, cookies }
    }

    /// What is remembered of it.
    fn without_sound(&self) -> Self {
        Self {
            status: self.status,
            content_type: self.content_type.clone(),
            body: self.body.clone(),
            url: self.url.clone(),
            sound: Bytes::new(),
            cookies: self.cookies.clone(),
        }
    }
}

/// Why a webhook got no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{code}: {message}")]
#[non_exhaustive]
pub struct WebhookFailure {
    /// Twilio's error code.
    pub code: u32,
    /// What happened.
    pub message: String,
}

impl WebhookFailure {
    pub(crate) fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

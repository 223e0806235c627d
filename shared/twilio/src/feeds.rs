//! What goes out of a leg while its call goes on: streams and real-time transcriptions.
//!
//! Twilio neither lists nor shows them: each is known by the name that it was given.
//!
//! Source: Twilio's pages "Stream resource" and "Realtime Transcription resource", and its `OpenAPI` file.

use form_urlencoded::Serializer;
use http::Method;
use phone::{AccountSid, CallSid};
use serde::Deserialize;

use crate::rest::{Rest, RestError};
use crate::secret::Login;

/// The code of what is asked of a call that has ended.
const NOT_IN_THAT_STATE: u32 = 21220;

/// What goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedResource {
    /// Sound.
    Streams,
    /// Words.
    Transcriptions,
}

/// A stream that is to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewStream<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The web socket.
    pub url: &'a str,
    /// `inbound_track`, `outbound_track` or `both_tracks`.
    pub track: &'a str,
    /// What the web socket is told first.
    pub parameters: &'a [(String, String)],
    /// Where Twilio reports how it goes.
    pub status_callback: &'a str,
}

/// A transcription of what is heard from a leg, that is to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewTranscription<'a> {
    /// What it is called.
    pub name: &'a str,
    /// In which language words are understood.
    pub language: &'a str,
    /// Words that are likely.
    pub hints: &'a [String],
    /// Whether words are told before they are final.
    pub has_partials: bool,
    /// `google` or `deepgram`.
    pub engine: &'a str,
    /// Whose words they are.
    pub label: &'a str,
    /// Where Twilio tells them.
    pub status_callback: &'a str,
}

#[derive(Deserialize)]
struct Document {
    sid: String,
}

impl FeedResource {
    fn path(self) -> &'static str {
        match self {
            Self::Streams => "Streams",
            Self::Transcriptions => "Transcriptions",
        }
    }
}

fn stream_form(stream: &NewStream<'_>) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("Name", stream.name)
        .append_pair("Url", stream.url)
        .append_pair("Track", stream.track)
        .append_pair("StatusCallback", stream.status_callback)
        .append_pair("StatusCallbackMethod", "POST");
    for ((name, value), number) in stream.parameters.iter().zip(1..) {
        form.append_pair(&format!("Parameter{number}.Name"), name)
            .append_pair(&format!("Parameter{number}.Value"), value);
    }
    form.finish()
}

fn transcription_form(transcription: &NewTranscription<'_>) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("Name", transcription.name)
        .append_pair("Track", "inbound_track")
        .append_pair("InboundTrackLabel", transcription.label)
        .append_pair("LanguageCode", transcription.language)
        .append_pair("TranscriptionEngine", transcription.engine)
        .append_pair("PartialResults", if transcription.has_partials { "true" } else { "false" })
        .append_pair("StatusCallbackUrl", transcription.status_callback)
        .append_pair("StatusCallbackMethod", "POST");
    if !transcription.hints.is_empty() {
        form.append_pair("Hints", &transcription.hints.join(","));
    }
    form.finish()
}

impl Rest {
    /// Begins to stream a leg; what Twilio calls that. It is never repeated here: who gets no answer doesn't know
    /// whether it has begun.
    ///
    /// # Errors
    /// [`RestError::Rejected`] says why Twilio does not.
    pub async fn start_stream(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
        stream: &NewStream<'_>,
    ) -> Result<String, RestError> {
        self.start_feed(account, login, (call, FeedResource::Streams), stream_form(stream)).await
    }

    /// Begins to transcribe a leg; what Twilio calls that. It is never repeated here, either.
    ///
    /// # Errors
    /// [`RestError::Rejected`] says why Twilio does not.
    pub async fn start_transcription(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
        transcription: &NewTranscription<'_>,
    ) -> Result<String, RestError> {
        let form = transcription_form(transcription);
        self.start_feed(account, login, (call, FeedResource::Transcriptions), form).await
    }

    async fn start_feed(
        &self,
        account: &AccountSid,
        login: &Login,
        (call, resource): (&CallSid, FeedResource),
        form: String,
    ) -> Result<String, RestError> {
        let base = &self.base_url;
        let url = format!("{base}/2010-04-01/Accounts/{account}/Calls/{call}/{}.json", resource.path());
        let response = self.send_form(Method::POST, &url, login, "call", form.into()).await?;
        let begun: Document = self.read_json(response, "not the JSON of what goes out of a call").await?;
        Ok(begun.sid)
    }

    /// Ends a stream or a transcription by its name; whether it went on.
    ///
    /// # Errors
    /// Any [`RestError`] but those that say that there is none, or that it has ended.
    pub async fn stop_feed(
        &self,
        account: &AccountSid,
        login: &Login,
        (call, resource): (&CallSid, FeedResource),
        name: &str,
    ) -> Result<bool, RestError> {
        let (base, path) = (&self.base_url, resource.path());
        let url = format!("{base}/2010-04-01/Accounts/{account}/Calls/{call}/{path}/{name}.json");
        match self.send_form(Method::POST, &url, login, "stream", "Status=stopped".into()).await {
            Ok(_) => Ok(true),
            Err(RestError::NotFound(_) | RestError::Rejected { code: NOT_IN_THAT_STATE, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

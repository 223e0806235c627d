//! Recordings that go on beside a call.
//!
//! Source: Twilio's page "Recordings resource", and its `OpenAPI` file.

use http::Method;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use phone::{AccountSid, CallSid, RecordingSid};
use serde::Deserialize;

use crate::rest::{Rest, RestError};
use crate::secret::Login;

/// Of those of a leg more than so many are not asked for.
const PAGE_SIZE: usize = 100;

/// The code of what a recording that has ended is asked for, or one of a call that has.
const NOT_IN_THAT_STATE: u32 = 21220;

/// A recording that is to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewRecording<'a> {
    /// Where Twilio reports how it goes.
    pub status_callback: &'a str,
    /// Whether the leg and the others have a channel each.
    pub is_dual: bool,
    /// Whether only what is heard from the leg is recorded.
    pub is_inbound: bool,
}

/// How a recording that goes on is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingChange {
    /// It is silent until it goes on.
    Pause,
    /// It goes on.
    Resume,
    /// It ends.
    Stop,
}

/// A recording of a leg, as Twilio lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecording {
    /// Its identifier.
    pub sid: RecordingSid,
    /// Whether it was begun over the API.
    pub is_of_api: bool,
    /// How far it is, in Twilio's words.
    pub status: String,
    /// How long it is, in seconds, once that is known.
    pub duration_seconds: Option<u32>,
    /// Why there is none, if there is none.
    pub error_code: Option<u32>,
    /// When it began.
    pub created_at: Timestamp,
}

#[derive(Deserialize)]
struct Document {
    sid: String,
    status: String,
    source: Option<String>,
    duration: Option<String>,
    date_created: Option<String>,
    error_code: Option<i64>,
}

impl Document {
    fn read(self) -> Option<CallRecording> {
        Some(CallRecording {
            sid: RecordingSid::parse(&self.sid).ok()?,
            is_of_api: self.source.as_deref() == Some("StartCallRecordingAPI"),
            status: self.status,
            duration_seconds: self.duration.and_then(|seconds| seconds.parse().ok()),
            error_code: self.error_code.and_then(|code| u32::try_from(code).ok()).filter(|code| *code > 0),
            created_at: rfc2822::parse(&self.date_created?).ok()?.timestamp(),
        })
    }
}

fn form(recording: &NewRecording<'_>) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("RecordingStatusCallback", recording.status_callback)
        .append_pair("RecordingStatusCallbackMethod", "POST")
        // One parameter: this one is no list that is sent once for each.
        .append_pair("RecordingStatusCallbackEvent", "in-progress completed absent")
        .append_pair("RecordingChannels", if recording.is_dual { "dual" } else { "mono" })
        .append_pair("RecordingTrack", if recording.is_inbound { "inbound" } else { "both" })
        .finish()
}

impl Rest {
    /// Begins to record a leg. It is never repeated here: who gets no answer doesn't know whether it is recorded.
    ///
    /// # Errors
    /// [`RestError::Rejected`] says why Twilio does not record it.
    pub async fn start_recording(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
        recording: &NewRecording<'_>,
    ) -> Result<RecordingSid, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Calls/{call}/Recordings.json", self.base_url);
        let response = self.send_form(Method::POST, &url, login, "call", form(recording).into()).await?;
        let begun: Document = self.read_json(response, "not the JSON of a recording").await?;
        RecordingSid::parse(&begun.sid)
            .map_err(|_| RestError::Senseless("a recording without its identifier"))
    }

    /// Changes a recording that goes on; whether it still did.
    ///
    /// # Errors
    /// Any [`RestError`] but those that say that it has ended.
    pub async fn change_recording(
        &self,
        account: &AccountSid,
        login: &Login,
        (call, recording): (&CallSid, &RecordingSid),
        change: RecordingChange,
    ) -> Result<bool, RestError> {
        // By its name, not as `Twilio.CURRENT`: a program's own document may record the leg as well.
        let url = format!(
            "{}/2010-04-01/Accounts/{account}/Calls/{call}/Recordings/{recording}.json",
            self.base_url
        );
        let form = match change {
            RecordingChange::Pause => "Status=paused&PauseBehavior=silence",
            RecordingChange::Resume => "Status=in-progress",
            RecordingChange::Stop => "Status=stopped",
        };
        match self.send_form(Method::POST, &url, login, "recording", form.into()).await {
            Ok(_) => Ok(true),
            Err(RestError::NotFound(_) | RestError::Rejected { code: NOT_IN_THAT_STATE, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is recorded of a leg, or was, the newest first.
    ///
    /// # Errors
    /// Any [`RestError`].
    pub async fn recordings_of(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
    ) -> Result<Vec<CallRecording>, RestError> {
        #[derive(Deserialize)]
        struct Page {
            recordings: Vec<Document>,
        }
        let url = format!(
            "{}/2010-04-01/Accounts/{account}/Calls/{call}/Recordings.json?PageSize={PAGE_SIZE}",
            self.base_url
        );
        let page: Page = self.json(&url, login, "list of recordings").await?;
        Ok(page.recordings.into_iter().filter_map(Document::read).collect())
    }
}

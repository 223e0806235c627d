//! Which recordings there are.

use domain::RecordingState;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use phone::{AccountSid, CallSid, RecordingSid};
use serde::Deserialize;

use crate::rest::{Rest, RestError};
use crate::secret::Login;

/// Recordings on a page. Twilio gives up to 1,000; this many are about 100 KB.
const PAGE_SIZE: usize = 100;

/// A recording, as Twilio has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRecord {
    /// Its identifier.
    pub sid: RecordingSid,
    /// The call, or the leg of one, that was recorded.
    pub call_sid: CallSid,
    /// Whether `<Record>` made it: everything else is no voicemail.
    pub of_record_verb: bool,
    /// How far it is.
    pub state: RecordingState,
    /// When recording began.
    pub created_at: Timestamp,
}

/// A list of recordings, newest first, page by page.
#[derive(Debug)]
pub struct RecordingList<'a> {
    rest: &'a Rest,
    login: &'a Login,
    next: Option<String>,
}

/// What Twilio writes. Numbers are texts, and what is not known is `null` or `-1`.
/// Source: Twilio's page "Recordings resource", and its `OpenAPI` file.
#[derive(Deserialize)]
struct Document {
    sid: String,
    call_sid: Option<String>,
    status: String,
    source: Option<String>,
    duration: Option<String>,
    date_created: String,
    error_code: Option<i64>,
}

#[derive(Deserialize)]
struct Page {
    recordings: Vec<Document>,
    next_page_uri: Option<String>,
}

impl Document {
    fn read(self) -> Option<RecordingRecord> {
        let error_code = self.error_code.and_then(|code| u32::try_from(code).ok()).filter(|code| *code > 0);
        let duration_seconds = self.duration.and_then(|text| text.parse::<u32>().ok());
        let state = match (self.status.as_str(), duration_seconds) {
            ("completed", Some(duration_seconds)) => RecordingState::Completed { duration_seconds },
            ("absent", _) => RecordingState::Absent { error_code },
            ("failed", _) => RecordingState::Failed { error_code },
            ("deleted", _) => RecordingState::Deleted,
            _ => RecordingState::Underway,
        };
        Some(RecordingRecord {
            sid: RecordingSid::parse(&self.sid).ok()?,
            call_sid: CallSid::parse(&self.call_sid?).ok()?,
            of_record_verb: self.source.as_deref() == Some("RecordVerb"),
            state,
            created_at: rfc2822::parse(&self.date_created).ok()?.timestamp(),
        })
    }
}

impl Rest {
    /// The recordings that began at `since` or later; with `until`, no later than that.
    pub fn recordings<'a>(
        &'a self,
        account: &AccountSid,
        login: &'a Login,
        since: Timestamp,
        until: Option<Timestamp>,
    ) -> RecordingList<'a> {
        // `DateCreated>=…`, of which the name is what stands before the first `=`.
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("DateCreated>", &instant(since));
        if let Some(until) = until {
            // A second more: Twilio's times are whole seconds, and its end may not be included.
            let until = until.checked_add(SignedDuration::from_secs(1)).unwrap_or(until);
            query.append_pair("DateCreated<", &instant(until));
        }
        let query = query.append_pair("PageSize", &PAGE_SIZE.to_string()).finish();
        let url = format!("{}/2010-04-01/Accounts/{account}/Recordings.json?{query}", self.base_url);
        RecordingList { rest: self, login, next: Some(url) }
    }

    /// One recording.
    ///
    /// # Errors
    /// [`RestError::NotFound`] if there is none, or none any more.
    pub async fn recording(
        &self,
        account: &AccountSid,
        login: &Login,
        recording: &RecordingSid,
    ) -> Result<RecordingRecord, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Recordings/{recording}.json", self.base_url);
        let document: Document = self.json(&url, login, "recording").await?;
        document.read().ok_or(RestError::Senseless("not the JSON of a recording"))
    }
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl RecordingList<'_> {
    /// Whether the last page was read.
    pub fn is_over(&self) -> bool {
        self.next.is_none()
    }

    /// The next page; none after the last. After a failure the same page is asked for again.
    ///
    /// # Errors
    /// Any [`RestError`].
    pub async fn next_page(&mut self) -> Result<Option<Vec<RecordingRecord>>, RestError> {
        let Some(url) = &self.next else { return Ok(None) };
        let page: Page = self.rest.json(url, self.login, "list of recordings").await?;
        self.next = self.rest.next_page(page.next_page_uri)?;
        // What a conference recorded has no call, and is no voicemail.
        Ok(Some(page.recordings.into_iter().filter_map(Document::read).collect()))
    }
}

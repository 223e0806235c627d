//! Calls that are placed, looked for, and ended.
//!
//! Source: Twilio's page "Call resource", and its `OpenAPI` file.

use http::Method;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use phone::{AccountSid, CallSid, PhoneNumber};
use serde::Deserialize;

use crate::rest::{Rest, RestError};
use crate::secret::Login;

/// What is told of a call that is placed. Each is a parameter of its own: Twilio knows no list here, and would tell
/// nothing.
const TOLD_OF: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

/// Calls on a page of the list: between the same two numbers, newest first.
const PAGE_SIZE: usize = 50;

/// A call is not in a state in which it could be ended so: it is over, or was answered.
const NOT_IN_THAT_STATE: u32 = 21220;

/// A call that is to be placed.
#[derive(Clone, Copy, Debug)]
pub struct NewCall<'a> {
    /// Who is called: a number in E.164, `sip:…` or `client:…`.
    pub to: &'a str,
    /// What they see.
    pub from: &'a PhoneNumber,
    /// What Twilio asks when they pick up.
    pub url: &'a str,
    /// What it asks where nothing of that answers.
    pub fallback_url: Option<&'a str>,
    /// Where Twilio tells how it goes.
    pub status_callback: &'a str,
    /// For how long it rings.
    pub seconds: u16,
    /// With which Twilio lets it show the number of a caller whose call goes on.
    pub call_token: Option<&'a str>,
    /// How long the leg may last at most, in seconds.
    pub limit_seconds: Option<u32>,
    /// Keys that are pressed once it is picked up.
    pub send_digits: Option<&'a str>,
    /// Whether it is found out who picks up.
    pub detection: Option<Detection<'a>>,
}

/// How it is found out whether a machine picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection<'a> {
    /// Beside the call, which goes on: it is told here.
    Beside(&'a str),
    /// Before the call goes on.
    Before,
    /// The same, and of a machine its beep is waited for.
    BeforeAndBeep,
}

/// A call in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCall {
    /// Its identifier.
    pub sid: CallSid,
    /// In Twilio's words.
    pub status: String,
    /// Whether it was placed over the API.
    pub is_of_api: bool,
    /// When it was ordered, in whole seconds.
    pub created_at: Timestamp,
}

/// What came of cancelling a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceled {
    /// It does not ring any more.
    Yes,
    /// It was answered, or is over: it has to be led elsewhere.
    NotRinging,
}

#[derive(Deserialize)]
struct Document {
    sid: String,
    status: String,
    direction: Option<String>,
    date_created: Option<String>,
}

impl Document {
    fn read(self) -> Option<ListedCall> {
        Some(ListedCall {
            sid: CallSid::parse(&self.sid).ok()?,
            status: self.status,
            is_of_api: self.direction.as_deref() == Some("outbound-api"),
            created_at: rfc2822::parse(&self.date_created?).ok()?.timestamp(),
        })
    }
}

impl ListedCall {
    /// Whether a call in this state goes on, or is to begin.
    pub fn goes_on(status: &str) -> bool {
        matches!(status, "queued" | "initiated" | "ringing" | "in-progress")
    }
}

fn form(call: &NewCall<'_>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("To", call.to)
        .append_pair("From", call.from.reveal())
        .append_pair("Url", call.url)
        .append_pair("Method", "POST")
        .append_pair("StatusCallback", call.status_callback)
        .append_pair("StatusCallbackMethod", "POST")
        .append_pair("Timeout", &call.seconds.to_string());
    for event in TOLD_OF {
        form.append_pair("StatusCallbackEvent", event);
    }
    if let Some(url) = call.fallback_url {
        form.append_pair("FallbackUrl", url).append_pair("FallbackMethod", "POST");
    }
    if let Some(token) = call.call_token {
        form.append_pair("CallToken", token);
    }
    if let Some(seconds) = call.limit_seconds {
        form.append_pair("TimeLimit", &seconds.to_string());
    }
    if let Some(digits) = call.send_digits {
        form.append_pair("SendDigits", digits);
    }
    match call.detection {
        None => {}
        Some(Detection::Beside(told)) => {
            form.append_pair("MachineDetection", "Enable")
                .append_pair("AsyncAmd", "true")
                .append_pair("AsyncAmdStatusCallback", told)
                .append_pair("AsyncAmdStatusCallbackMethod", "POST");
        }
        Some(Detection::Before) => {
            form.append_pair("MachineDetection", "Enable");
        }
        Some(Detection::BeforeAndBeep) => {
            form.append_pair("MachineDetection", "DetectMessageEnd");
        }
    }
    form.finish()
}

impl Rest {
    /// Places a call. It is never repeated here: who gets no answer doesn't know whether it rings.
    ///
    /// # Errors
    /// [`RestError::Rejected`] says why Twilio does not take it; then nothing rings.
    pub async fn place_call(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &NewCall<'_>,
    ) -> Result<CallSid, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Calls.json", self.base_url);
        let response = self.send_form(Method::POST, &url, login, "call", form(call).into()).await?;
        let placed: Document = self.read_json(response, "not the JSON of a call").await?;
        CallSid::parse(&placed.sid).map_err(|_| RestError::Senseless("a call without its identifier"))
    }

    /// Ends a call that nobody has picked up yet.
    ///
    /// # Errors
    /// Any [`RestError`] but those that say that it is over.
    pub async fn cancel_call(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
    ) -> Result<Canceled, RestError> {
        let form = "Status=canceled".to_owned();
        Ok(match self.change(account, login, call, form).await? {
            // As it was before.
            Some(status) if status == "in-progress" => Canceled::NotRinging,
            Some(_) => Canceled::Yes,
            None => Canceled::NotRinging,
        })
    }

    /// Leads a call elsewhere, whatever it is doing. One that is over is left alone.
    ///
    /// # Errors
    /// Any [`RestError`] but those that say that it is over.
    pub async fn lead_call(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
        to: &str,
    ) -> Result<(), RestError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Url", to)
            .append_pair("Method", "POST")
            .finish();
        self.change(account, login, call, form).await.map(|_| ())
    }

    /// Ends a call, whatever it is doing. One that is over is left alone.
    ///
    /// # Errors
    /// Any [`RestError`] but those that say that it is over.
    pub async fn complete_call(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
    ) -> Result<(), RestError> {
        self.change(account, login, call, "Status=completed".to_owned()).await.map(|_| ())
    }

    /// In which state it was, if that could be changed.
    async fn change(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
        form: String,
    ) -> Result<Option<String>, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Calls/{call}.json", self.base_url);
        match self.send_form(Method::POST, &url, login, "call", form.into()).await {
            Ok(response) => {
                let before: Document = self.read_json(response, "not the JSON of a call").await?;
                Ok(Some(before.status))
            }
            Err(RestError::NotFound(_) | RestError::Rejected { code: NOT_IN_THAT_STATE, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The state of a call, in Twilio's words.
    ///
    /// # Errors
    /// [`RestError::NotFound`] if there is no such call in the account.
    pub async fn call_status(
        &self,
        account: &AccountSid,
        login: &Login,
        call: &CallSid,
    ) -> Result<String, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Calls/{call}.json", self.base_url);
        let call: Document = self.json(&url, login, "call").await?;
        Ok(call.status)
    }

    /// The legs that Twilio dialled for a call, newest first; 50 at most.
    ///
    /// # Errors
    /// Any [`RestError`].
    pub async fn legs_dialled(
        &self,
        account: &AccountSid,
        login: &Login,
        parent: &CallSid,
    ) -> Result<Vec<ListedCall>, RestError> {
        self.list_calls(account, login, &[("ParentCallSid", parent.as_str())]).await
    }

    /// The latest calls from one number to another, newest first; 50 at most. Not by their times: what waits to be
    /// placed has not begun.
    ///
    /// # Errors
    /// Any [`RestError`].
    pub async fn calls_between(
        &self,
        account: &AccountSid,
        login: &Login,
        from: &PhoneNumber,
        to: &str,
    ) -> Result<Vec<ListedCall>, RestError> {
        self.list_calls(account, login, &[("To", to), ("From", from.reveal())]).await
    }

    async fn list_calls(
        &self,
        account: &AccountSid,
        login: &Login,
        of: &[(&str, &str)],
    ) -> Result<Vec<ListedCall>, RestError> {
        #[derive(Deserialize)]
        struct Page {
            calls: Vec<Document>,
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(of)
            .append_pair("PageSize", &PAGE_SIZE.to_string())
            .finish();
        let url = format!("{}/2010-04-01/Accounts/{account}/Calls.json?{query}", self.base_url);
        let page: Page = self.json(&url, login, "list of calls").await?;
        Ok(page.calls.into_iter().filter_map(Document::read).collect())
    }
}

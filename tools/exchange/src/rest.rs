//! The REST API as far as recordings, calls, numbers and the account itself go.
//!
//! Source: Twilio's pages "Recordings resource" and "Call resource", and its `OpenAPI` file.

mod answers;
mod numbers;
mod server;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::lock;
pub(crate) use server::serve;

/// A kind of REST request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RestRequest {
    /// The sound of a recording.
    Media,
    /// `GET /Recordings/{RE}.json`.
    Recording,
    /// `GET /Recordings.json`.
    Recordings,
    /// `DELETE /Recordings/{RE}.json`.
    DeleteRecording,
    /// `GET /Calls/{CA}.json`.
    Call,
    /// `GET /IncomingPhoneNumbers.json` and `GET /IncomingPhoneNumbers/{PN}.json`.
    Numbers,
    /// `POST /IncomingPhoneNumbers/{PN}.json`.
    ChangeNumber,
    /// `GET /Accounts/{AC}.json`.
    Account,
    /// `GET /v1/DialingPermissions/Countries/{ISO}`, which Twilio has at voice.twilio.com.
    Country,
    /// Every request.
    Any,
}

/// What goes wrong with a REST request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestFault {
    /// 404 with Twilio's JSON.
    NotFound,
    /// 200 with a page of HTML, as from a proxy in between.
    HtmlPage,
    /// 429, code 20429, with `Retry-After` in seconds if given.
    TooManyRequests {
        /// The header's value.
        retry_after: Option<u64>,
    },
    /// 401, code 20003.
    Unauthorized,
    /// 500, code 20500.
    ServerError,
    /// The connection is reset before any answer.
    Reset,
    /// The answer breaks off in the middle of its body.
    CutShort,
    /// 302 to this URL.
    RedirectTo(String),
    /// The right answer, but late, in real time.
    Slow(Duration),
}

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// So many requests.
    Next(usize),
    /// The request of this number only, from 1.
    Nth(usize),
    /// From the one instant until just before the other, in the exchange's time.
    Between(Timestamp, Timestamp),
    /// Until [`Exchange::clear_rest_faults`](crate::Exchange::clear_rest_faults).
    UntilCleared,
}

/// A REST request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestCall {
    /// When, in the exchange's time.
    pub at: Timestamp,
    /// The kind; [`RestRequest::Any`] for what is not known here.
    pub request: RestRequest,
    /// GET, DELETE and so on.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The query, without `?`.
    pub query: String,
    /// The status answered; 0 when the connection was reset.
    pub status: u16,
    /// Whether an `Authorization` header was sent.
    pub had_authorization: bool,
}

/// What the REST API keeps for itself.
#[derive(Default)]
pub(crate) struct Desk {
    faults: Mutex<VecDeque<(RestRequest, RestFault, Times)>>,
    log: Mutex<Vec<RestCall>>,
}

impl Desk {
    pub(crate) fn add_fault(&self, request: RestRequest, fault: RestFault, times: Times) {
        lock(&self.faults).push_back((request, fault, times));
    }

    pub(crate) fn clear_faults(&self) {
        lock(&self.faults).clear();
    }

    pub(crate) fn log(&self) -> Vec<RestCall> {
        lock(&self.log).clone()
    }

    fn note(&self, call: RestCall) {
        lock(&self.log).push(call);
    }

    /// The fault that this request meets, if any.
    fn fault_for(&self, request: RestRequest, now: Timestamp) -> Option<RestFault> {
        let mut faults = lock(&self.faults);
        faults.retain(|(_, _, times)| !matches!(times, Times::Next(0) | Times::Nth(0)));
        let mut met = None;
        for (broken, fault, times) in faults.iter_mut() {
            if *broken != request && *broken != RestRequest::Any {
                continue;
            }
            let meets = match times {
                Times::Next(_) | Times::UntilCleared => true,
                Times::Nth(left) => {
                    // Each request brings it nearer, also one that meets another fault.
                    *left -= 1;
                    *left == 0
                }
                Times::Between(from, until) => (*from..*until).contains(&now),
            };
            if meets && met.is_none() {
                met = Some(fault.clone());
                if let Times::Next(left) = times {
                    *left -= 1;
                }
            }
        }
        met
    }
}

//! What the REST API is asked, and how it is made to fail.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use phone::AccountSid;

use crate::clock::{later, lock};

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
    /// `GET` and `DELETE /Calls/{CA}.json`.
    Call,
    /// `GET /Calls.json`.
    Calls,
    /// `POST /Calls.json`.
    CreateCall,
    /// `POST /Calls/{CA}.json`.
    ChangeCall,
    /// Recordings of a call or conference: begun, paused, ended.
    CallRecording,
    /// Streams of a call: begun, ended.
    Stream,
    /// Real-time transcriptions of a call: begun, ended.
    LiveTranscription,
    /// `/Conferences.json` and `/Conferences/{CF}.json`.
    Conference,
    /// `POST /Conferences/{CF or name}/Participants.json`.
    AddParticipant,
    /// All else about participants.
    Participant,
    /// Queues and their members.
    Queue,
    /// Applications.
    Application,
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
    /// 400 with this code: what was asked for is not done.
    Refused(u32),
    /// The connection is reset before any answer.
    Reset,
    /// The answer breaks off in the middle of its body: the connection is reset.
    CutShort,
    /// The answer breaks off in the middle of its body: the connection is closed in good manner,
    /// with less than `Content-Length` said.
    EndsEarly,
    /// The first half of the answer as if it were all: `Content-Length` is right, and only the sound's
    /// own header tells how long it should be. So does a cache in between that kept half of it.
    Shortened,
    /// The same half, and no `Content-Length`: the connection is closed where it ends.
    ShortenedWithoutLength,
    /// 200 with this as if it were a sound.
    NoSound(&'static str),
    /// More than the sound's own header tells: half a second of something follows.
    Lengthened,
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

/// How many requests an account may make; the others are answered with 429 and code 20429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// So many.
    pub requests: usize,
    /// In so much of the exchange's time.
    pub within: Duration,
    /// Whether `Retry-After` tells when there is room again. For this API that is not documented.
    pub tells_when: bool,
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
    /// How many requests are remembered.
    remembers: Option<usize>,
    lists: Mutex<Lists>,
    limit: Mutex<Option<RateLimit>>,
    /// Requests within the limit's time that were let through.
    taken: Mutex<VecDeque<(AccountSid, Timestamp)>>,
}

/// How lists are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lists {
    /// How long after its end a recording is listed.
    pub(crate) lag: Duration,
    /// The most entries on a page, whatever was asked for.
    pub(crate) page_length: Option<usize>,
}

impl Desk {
    pub(crate) fn new(remembers: Option<usize>) -> Self {
        Self { remembers, ..Self::default() }
    }

    pub(crate) fn add_fault(&self, request: RestRequest, fault: RestFault, times: Times) {
        lock(&self.faults).push_back((request, fault, times));
    }

    pub(crate) fn clear_faults(&self) {
        lock(&self.faults).clear();
    }

    pub(crate) fn log(&self) -> Vec<RestCall> {
        lock(&self.log).clone()
    }

    pub(crate) fn set_list_lag(&self, lag: Duration) {
        lock(&self.lists).lag = lag;
    }

    pub(crate) fn set_page_length(&self, length: Option<usize>) {
        lock(&self.lists).page_length = length.map(|length| length.max(1));
    }

    pub(crate) fn lists(&self) -> Lists {
        *lock(&self.lists)
    }

    pub(crate) fn set_rate_limit(&self, limit: Option<RateLimit>) {
        *lock(&self.limit) = limit;
        lock(&self.taken).clear();
    }

    /// What an account's request meets that comes too soon.
    pub(crate) fn too_many(&self, account_sid: &AccountSid, now: Timestamp) -> Option<RestFault> {
        let limit = (*lock(&self.limit))?;
        let mut taken = lock(&self.taken);
        taken.retain(|(_, at)| later(*at, limit.within) > now);
        let mine: Vec<Timestamp> =
            taken.iter().filter(|(sid, _)| sid == account_sid).map(|(_, at)| *at).collect();
        if mine.len() < limit.requests {
            taken.push_back((account_sid.clone(), now));
            return None;
        }
        // Without any room at all it is the whole time.
        let oldest = mine.first().copied().unwrap_or(now);
        let wait: Duration = later(oldest, limit.within).duration_since(now).try_into().unwrap_or_default();
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Some(RestFault::TooManyRequests { retry_after: limit.tells_when.then_some(seconds) })
    }

    pub(crate) fn note(&self, call: RestCall) {
        push_bounded(&mut lock(&self.log), call, self.remembers);
    }

    /// The fault that this request meets, if any.
    pub(crate) fn fault_for(&self, request: RestRequest, now: Timestamp) -> Option<RestFault> {
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

/// Adds something to a list that has room for so many; the oldest half goes when it is twice as long.
pub(crate) fn push_bounded<T>(list: &mut Vec<T>, one: T, room: Option<usize>) {
    if let Some(room) = room
        && list.len() >= room.saturating_mul(2).max(2)
    {
        list.drain(..list.len() / 2);
    }
    list.push(one);
}

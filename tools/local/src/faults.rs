//! Everything that is to go wrong in a run, as plain data: made from a seed, printed, replayed.
//!
//! Webhooks travel as the [`Faults`] say; a service fails for a while, or at one of its requests;
//! the worker dies just before one of its requests to AWS, which is after everything that it had
//! done till then; the search for the forgotten dies so, or has no more time. Outages go by the
//! stack's clock, and are decided in the clients: who gets no answer waits for his time-out by that
//! clock, so that an hour's outage takes milliseconds.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use exchange::clock::Clock;
use exchange::{Outgoing, RestFault, RestRequest, Times, WebhookKind};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::front::{Front, Reach};
use crate::mail_events::Fate;
use crate::permissions;

/// What goes wrong in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How webhooks travel; those of other kinds travel normally.
    pub webhooks: Vec<(WebhookKind, Travel)>,
    /// From which of its kind on a webhook is lost; the first is 1.
    pub webhooks_lost_from: Vec<(WebhookKind, usize)>,
    /// Changes of rows wake nobody: the worker is left to the search for the forgotten.
    pub pipe_is_broken: bool,
    /// Changes of live calls wake nobody.
    pub live_pipe_is_broken: bool,
    /// Webhooks put their wake-ups for live calls into a queue that is not there.
    pub wake_ups_are_lost: bool,
    /// Before which of its requests to AWS the worker of live calls dies, counted as the other's.
    pub act_dies_before: Vec<u32>,
    /// How the search for the forgotten ends before it is through.
    pub search_ends: Option<SearchEnds>,
    /// What fails, and when.
    pub outages: Vec<Outage>,
    /// How SES's events of mails travel, and in which span of time; at others they travel normally.
    pub mail_events: Vec<(Travel, Span)>,
    /// What becomes of mails to these addresses; those to others are delivered.
    pub fates: Vec<(&'static str, Fate)>,
    /// Before which of its requests to AWS the worker dies, counted from 1 over all its calls.
    pub worker_dies_before: Vec<u32>,
    /// What Twilio's REST API does of which it promises nothing.
    pub twilio: Whims,
}

/// What Twilio's REST API may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whims {
    /// How so many sounds are given, the first that are asked for.
    pub sounds: Option<(RestFault, usize)>,
    /// How many minutes after its end a recording is listed.
    pub list_lag_minutes: u32,
    /// The most recordings on a page of a list.
    pub page_length: Option<usize>,
    /// By how many seconds the durations of recordings are told too long, or too short.
    pub misstated_seconds: i64,
}

/// How runs of the search for the forgotten end before they are through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchEnds {
    /// How.
    pub how: SearchEnd,
    /// Whether all of them do, or the first one only.
    pub always: bool,
}

/// How a run of the search for the forgotten ends before it is through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchEnd {
    /// It dies after so many requests to the ledger and to the worker's queue. It changes nothing
    /// elsewhere.
    Dies(u32),
    /// Each of these requests takes [`SEARCH_TAKES`], and its deadline is so many of them away.
    IsLate(u32),
}

/// How long a request of a search takes whose time will be up.
pub const SEARCH_TAKES: Duration = Duration::from_millis(100);

/// How a webhook travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travel {
    /// Once, at once.
    Normal,
    /// Twice: at once, and 20 seconds later.
    Doubled,
    /// Late: what drives a call by 3 s, for Twilio waits no longer; all else by 10 minutes.
    Late,
    /// Overtaken by those that are sent in the next 45 seconds.
    Overtaken,
    /// Seven seconds late the first time, which is more than Twilio waits for one try of what drives a
    /// call; the next try is in time.
    Slow,
    /// Seven seconds late each time, so that Twilio gives up on what drives a call, and falls back.
    TooSlow,
    /// Never.
    Dropped,
}

/// A service that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Which.
    pub service: Service,
    /// How.
    pub how: How,
    /// When.
    pub when: When,
}

/// What can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Numbers, calls and the ledger, for webhooks and for the worker.
    DynamoDb,
    /// The bucket.
    S3,
    /// The mails.
    Ses,
    /// The words.
    Transcribe,
    /// The events for other programs.
    Sns,
    /// Twilio's API.
    Twilio,
}

/// How a service fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Connections are refused.
    Refused,
    /// No answer ever comes, and nothing was done.
    TimeOut,
    /// It asks to slow down.
    Throttled,
    /// 5xx.
    ServerError,
    /// It does what it is asked for, and no answer ever comes.
    AnswerLost,
    /// It takes 4 seconds, which is more than some have the patience for.
    Slow,
}

/// When a service fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// From so many seconds after the faults were put in place, for so many seconds.
    Span {
        /// The beginning.
        after_seconds: u32,
        /// The length.
        seconds: u32,
    },
    /// At the request of this number only, from 1.
    Request(u32),
}

/// A span of time, counted from when the faults were put in place, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The beginning.
    pub after_seconds: u32,
    /// The length.
    pub seconds: u32,
}

impl Span {
    /// Whether an instant is in it, by its distance from the beginning of all.
    fn holds(self, seconds: i64) -> bool {
        (i64::from(self.after_seconds)..i64::from(self.after_seconds + self.seconds)).contains(&seconds)
    }
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::DynamoDb, Self::S3, Self::Ses, Self::Transcribe, Self::Sns, Self::Twilio];
}

impl Travel {
    /// Whether Twilio falls back when what drives a call travels so.
    pub fn falls_back(self) -> bool {
        matches!(self, Self::TooSlow | Self::Dropped)
    }

    /// When the copies of a try of a webhook arrive.
    pub fn delays(self, kind: WebhookKind, attempt: u32) -> Vec<Duration> {
        let seconds = Duration::from_secs;
        match self {
            Self::Slow if attempt > 0 => vec![Duration::ZERO],
            Self::Slow | Self::TooSlow => vec![seconds(7)],
            Self::Normal => vec![Duration::ZERO],
            Self::Doubled => vec![Duration::ZERO, seconds(20)],
            Self::Late | Self::Overtaken if kind.drives_the_call() => vec![seconds(3)],
            Self::Late => vec![seconds(600)],
            Self::Overtaken => vec![seconds(45)],
            Self::Dropped => Vec::new(),
        }
    }

    /// When the copies of an event of SES arrive.
    fn mail_event_delays(self) -> Vec<Duration> {
        let seconds = Duration::from_secs;
        match self {
            Self::Normal => vec![Duration::ZERO],
            Self::Doubled => vec![Duration::ZERO, seconds(20)],
            Self::Late => vec![seconds(600)],
            Self::Overtaken => vec![seconds(45)],
            Self::Slow | Self::TooSlow => vec![seconds(7)],
            Self::Dropped => Vec::new(),
        }
    }
}

impl Faults {
    /// When the copies of a webhook arrive; none if it is lost.
    pub fn delivery(&self, outgoing: &Outgoing) -> Vec<Duration> {
        if self.webhooks_lost_from.iter().any(|(kind, nth)| *kind == outgoing.kind && outgoing.nth >= *nth) {
            return Vec::new();
        }
        let travel = self.webhooks.iter().find(|(kind, _)| *kind == outgoing.kind);
        travel.map_or(Travel::Normal, |(_, travel)| *travel).delays(outgoing.kind, outgoing.attempt)
    }

    /// When the copies of an event of SES arrive that is published so many seconds after the faults
    /// were put in place; none if it is lost.
    pub(crate) fn mail_event_delivery(&self, seconds: i64) -> Vec<Duration> {
        let travel = self.mail_events.iter().find(|(_, span)| span.holds(seconds));
        travel.map_or(Travel::Normal, |(travel, _)| *travel).mail_event_delays()
    }

    /// How long after they were put in place all outages are over, in seconds.
    pub fn over_after_seconds(&self) -> u32 {
        let ends = self.outages.iter().map(|outage| match outage.when {
            When::Span { after_seconds, seconds } => after_seconds + seconds,
            When::Request(_) => 0,
        });
        let events = self.mail_events.iter().map(|(_, span)| span.after_seconds + span.seconds);
        ends.chain(events).chain([self.twilio.list_lag_minutes * 60]).max().unwrap_or(0)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, travel) in &self.webhooks {
            write!(f, "[{kind}: {travel:?}] ")?;
        }
        for (kind, nth) in &self.webhooks_lost_from {
            write!(f, "[{kind}: lost from number {nth} on] ")?;
        }
        if self.pipe_is_broken {
            write!(f, "[the pipe is broken] ")?;
        }
        if self.live_pipe_is_broken {
            write!(f, "[the pipe of live calls is broken] ")?;
        }
        if self.wake_ups_are_lost {
            write!(f, "[wake-ups for live calls are lost] ")?;
        }
        for request in &self.act_dies_before {
            write!(f, "[the worker of live calls dies before its request {request}] ")?;
        }
        if let Some(SearchEnds { how, always }) = self.search_ends {
            write!(f, "[{} run of the search: {how:?}] ", if always { "each" } else { "the first" })?;
        }
        for Outage { service, how, when } in &self.outages {
            write!(f, "[{service:?} {how:?} {when:?}] ")?;
        }
        for (travel, span) in &self.mail_events {
            write!(f, "[mail events: {travel:?} {span:?}] ")?;
        }
        for (address, Fate { event, after }) in &self.fates {
            write!(f, "[mails to {address}: {event:?} after {after:?}] ")?;
        }
        for request in &self.worker_dies_before {
            write!(f, "[the worker dies before its request {request}] ")?;
        }
        if self.twilio != Whims::default() {
            write!(f, "[{:?}] ", self.twilio)?;
        }
        Ok(())
    }
}

/// The wire between the system's clients and AWS. Clones are the same wire.
#[derive(Clone)]
pub(crate) struct Wire(Arc<Inner>);

struct Inner {
    clock: Clock,
    /// The doors in front of the services.
    fronts: Vec<(Service, watch::Receiver<Reach>)>,
    state: Mutex<State>,
    /// What functions asked DynamoDB for without the permission.
    denials: Mutex<BTreeSet<String>>,
    worker_dies: Notify,
    act_dies: Notify,
    search_dies: Notify,
}

#[derive(Default)]
struct State {
    faults: Faults,
    since: Option<Timestamp>,
    worker: Mortal,
    /// The worker of live calls.
    act: Mortal,
    /// What each run of the search has asked for, and when.
    searched: Vec<(Timestamp, Vec<SearchRequest>)>,
    /// Requests to each service, in the order of [`Service::ALL`].
    requests: [u32; 6],
    /// The search is dead: nothing that it asks for happens.
    search_is_dead: bool,
    /// What webhooks asked DynamoDB for.
    operations: Vec<String>,
    /// SES has taken a mail, and the ledger does not know it yet.
    mail_is_out: bool,
    doubts: u32,
    /// Of each service, in the order of [`Service::ALL`].
    broken: [u32; 6],
}

/// A worker that may die.
#[derive(Default)]
struct Mortal {
    requests: u32,
    /// Nothing that it asks for happens.
    is_dead: bool,
}

/// What the search for the forgotten asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// Like `UpdateItem`, or `SendMessageBatch` where it wakes the worker.
    pub operation: String,
    /// The table that it is about, if it is about one.
    pub table: String,
    /// When, counted from the begin of its run.
    pub after: Duration,
}

/// How long a slow service takes.
const SLOW: Duration = Duration::from_secs(4);

/// The SDKs' time: their time-outs, and the pauses between attempts.
#[derive(Debug)]
struct ByClock(Clock);

impl AsyncSleep for ByClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.0.clone();
        let duration = clock.for_real_work(duration);
        Sleep::new(async move { clock.sleep(duration).await })
    }
}

/// Who is at this end of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A webhook, or another function that says so: see [`permissions::acting_as`].
    Webhooks,
    Worker,
    /// The worker of live calls.
    Act,
    /// Who tells programs of calls.
    Notify,
    Retention,
    Search,
}

impl Wire {
    pub(crate) fn new(clock: &Clock, fronts: &[(Service, &Front)]) -> Self {
        let fronts = fronts.iter().map(|(service, front)| (*service, front.watch())).collect();
        Self(Arc::new(Inner {
            clock: clock.clone(),
            fronts,
            state: Mutex::default(),
            denials: Mutex::default(),
            worker_dies: Notify::new(),
            act_dies: Notify::new(),
            search_dies: Notify::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts faults in place of those that were.
    pub(crate) fn break_by(&self, faults: &Faults) {
        *self.state() = State { faults: faults.clone(), since: Some(self.0.clock.now()), ..State::default() };
    }

    /// How many requests the worker has made since the faults were put in place.
    pub(crate) fn worker_requests(&self) -> u32 {
        self.state().worker.requests
    }

    /// The same of the worker of live calls.
    pub(crate) fn act_requests(&self) -> u32 {
        self.state().act.requests
    }

    /// Whether what a webhook sends to the queue of live calls gets lost.
    pub(crate) fn loses_wake_ups(&self) -> bool {
        self.state().faults.wake_ups_are_lost
    }

    /// What webhooks have asked DynamoDB for since the faults were put in place, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.state().operations.clone()
    }

    /// How often SES took a mail and nobody could know.
    pub(crate) fn doubts(&self) -> u32 {
        self.state().doubts
    }

    /// How often a service itself could not do what it was asked for: it answered 5xx, and no fault
    /// told it to.
    pub(crate) fn broken(&self) -> Vec<(Service, u32)> {
        let broken = self.state().broken;
        Service::ALL.into_iter().zip(broken).filter(|(_, count)| *count > 0).collect()
    }

    /// What functions asked DynamoDB for since the wire is there, and may not by their role.
    pub(crate) fn denials(&self) -> Vec<String> {
        self.0.denials.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// What DynamoDB answers to a function that may not ask for this; none if it may.
    fn denied(&self, who: Who, request: &HttpRequest) -> Option<(u16, &'static str)> {
        let function = match who {
            Who::Webhooks => permissions::acting()?,
            Who::Worker => "deliver",
            Who::Act => "act",
            Who::Notify => "notify",
            Who::Retention => "retention",
            Who::Search => "reconcile",
        };
        let body = request.body().bytes().unwrap_or_default();
        let denied = permissions::permits(function, operation(request), body).err()?;
        self.0.denials.lock().unwrap_or_else(PoisonError::into_inner).insert(denied);
        Some((
            400,
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not authorized"}"#,
        ))
    }

    /// Runs the worker until it is done or dies.
    pub(crate) async fn worker<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let outcome = tokio::select! {
            biased;
            () = self.0.worker_dies.notified() => None,
            outcome = work => Some(outcome),
        };
        self.state().worker.is_dead = false;
        outcome
    }

    /// The same of the worker of live calls.
    pub(crate) async fn act<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let outcome = tokio::select! {
            biased;
            () = self.0.act_dies.notified() => None,
            outcome = work => Some(outcome),
        };
        self.state().act.is_dead = false;
        outcome
    }

    /// Runs a search until it is done or dies; `work` gets how much time it has, if it is not to have all.
    pub(crate) async fn search<T, Work: Future<Output = T>>(
        &self,
        work: impl FnOnce(Option<Duration>) -> Work,
    ) -> Option<T> {
        let limit = {
            let mut state = self.state();
            state.searched.push((self.0.clock.now(), Vec::new()));
            match state.search_end() {
                Some(SearchEnd::IsLate(requests)) => Some(SEARCH_TAKES * requests),
                _ => None,
            }
        };
        let outcome = tokio::select! {
            biased;
            () = self.0.search_dies.notified() => None,
            outcome = work(limit) => Some(outcome),
        };
        self.state().search_is_dead = false;
        outcome
    }

    /// What each run of the search has asked for since the faults were put in place.
    pub(crate) fn searched(&self) -> Vec<Vec<SearchRequest>> {
        self.state().searched.iter().map(|(_, requests)| requests.clone()).collect()
    }

    /// A request of the search: `Err` if it can't happen any more.
    async fn search_asks(&self, operation: &str, table: &str) -> Result<(), Dead> {
        let is_late = {
            let now = self.0.clock.now();
            let mut state = self.state();
            if state.search_is_dead {
                return Err(Dead);
            }
            let end = state.search_end();
            let Some((began, requests)) = state.searched.last_mut() else { return Ok(()) };
            if matches!(end, Some(SearchEnd::Dies(after)) if requests.len() >= after as usize) {
                state.search_is_dead = true;
                self.0.search_dies.notify_one();
                return Err(Dead);
            }
            let after = now.duration_since(*began).try_into().unwrap_or_default();
            requests.push(SearchRequest { operation: operation.to_owned(), table: table.to_owned(), after });
            matches!(end, Some(SearchEnd::IsLate(_)))
        };
        if is_late {
            self.0.clock.sleep(SEARCH_TAKES).await;
        }
        Ok(())
    }

    /// The search puts messages on the worker's queue: pending for ever if it is dead.
    pub(crate) async fn search_sends(&self) {
        if self.search_asks("SendMessageBatch", "").await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The time of who is at this end: that of the stack.
    pub(crate) fn sleep(&self) -> SharedAsyncSleep {
        SharedAsyncSleep::new(ByClock(self.0.clock.clone()))
    }

    /// A client's own HTTP client, with this wire in between.
    pub(crate) fn between(&self, who: Who, service: Service, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(End { at: At { wire: self.clone(), who, service }, client })
    }

    /// The same for a client that is not one of the SDK's.
    pub(crate) fn before(
        &self,
        who: Who,
        service: Service,
        connector: SharedHttpConnector,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { at: At { wire: self.clone(), who, service }, connector })
    }

    /// What happens to the next request: `Err` if it can't happen any more.
    fn next(&self, who: Who, service: Service) -> Result<Option<How>, Dead> {
        let now = self.0.clock.now();
        let mut guard = self.state();
        let state = &mut *guard;
        let mortal = match who {
            Who::Worker => Some((&mut state.worker, &state.faults.worker_dies_before, &self.0.worker_dies)),
            Who::Act => Some((&mut state.act, &state.faults.act_dies_before, &self.0.act_dies)),
            Who::Webhooks | Who::Notify | Who::Retention | Who::Search => None,
        };
        if let Some((mortal, dies_before, dies)) = mortal {
            if mortal.is_dead {
                return Err(Dead);
            }
            mortal.requests += 1;
            if dies_before.contains(&mortal.requests) {
                mortal.is_dead = true;
                if who == Who::Worker && std::mem::take(&mut state.mail_is_out) {
                    state.doubts += 1;
                }
                // All that it does at once ends with it.
                dies.notify_one();
                return Err(Dead);
            }
        }
        state.requests[service as usize] += 1;
        let number = state.requests[service as usize];
        let Some(since) = state.since else { return Ok(None) };
        let seconds = now.duration_since(since).as_secs();
        let outage = state.faults.outages.iter().find(|outage| {
            outage.service == service
                && match outage.when {
                    When::Request(request) => request == number,
                    When::Span { after_seconds, seconds: length } => {
                        Span { after_seconds, seconds: length }.holds(seconds)
                    }
                }
        });
        Ok(outage.map(|outage| outage.how))
    }

    /// Until the door in front of a service stands silent.
    async fn falls_silent(&self, service: Service) {
        let front = self.0.fronts.iter().find(|(it, _)| *it == service);
        if let Some(mut reach) = front.map(|(_, reach)| reach.clone())
            && reach.wait_for(|reach| *reach == Reach::Silent).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// Asks the service itself. Time stands still until the whole answer is here, however slow the
    /// machine is: who waits for it is at rest, with a time-out that would pass. It does pass where the
    /// service stands silent.
    async fn ask(
        &self,
        service: Service,
        connector: &SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let busy = self.0.clock.busy();
        let answer = async {
            let mut answer = connector.call(request).await?;
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            let body = ByteStream::new(body).collect().await;
            *answer.body_mut() =
                SdkBody::from(body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes());
            Ok(answer)
        };
        tokio::select! {
            biased;
            () = self.falls_silent(service) => {
                drop(busy);
                std::future::pending().await
            }
            answer = answer => answer,
        }
    }

    /// Notes what a mail depends on.
    fn happened(&self, who: Who, service: Service, did_it: bool, was_told: bool) {
        if who != Who::Worker {
            return;
        }
        let mut state = self.state();
        match service {
            Service::Ses if did_it && !was_told => state.doubts += 1,
            Service::Ses if did_it => state.mail_is_out = true,
            Service::DynamoDb if std::mem::take(&mut state.mail_is_out) && !did_it => state.doubts += 1,
            _ => {}
        }
    }
}

impl State {
    /// How the run of the search ends that was begun last.
    fn search_end(&self) -> Option<SearchEnd> {
        let SearchEnds { how, always } = self.faults.search_ends?;
        (always || self.searched.len() == 1).then_some(how)
    }
}

/// Nobody is there to ask any more.
struct Dead;

/// Whose requests to what.
#[derive(Clone)]
struct At {
    wire: Wire,
    who: Who,
    service: Service,
}

impl fmt::Debug for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "At({:?}, {:?})", self.who, self.service)
    }
}

#[derive(Clone, Debug)]
struct End {
    at: At,
    client: SharedHttpClient,
}

impl HttpClient for End {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Connector { at: self.at.clone(), connector })
    }
}

#[derive(Debug)]
struct Connector {
    at: At,
    connector: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let At { wire, who, service } = self.at.clone();
        let connector = self.connector.clone();
        HttpConnectorFuture::new(async move {
            match who {
                Who::Webhooks => wire.state().operations.push(operation(&request).to_owned()),
                Who::Search if wire.search_asks(operation(&request), &table(&request)).await.is_err() => {
                    return std::future::pending().await;
                }
                Who::Search | Who::Retention | Who::Worker | Who::Act | Who::Notify => {}
            }
            let Ok(how) = wire.next(who, service) else { return std::future::pending().await };
            if service == Service::DynamoDb
                && let Some(denied) = wire.denied(who, &request)
            {
                return answer(denied);
            }
            if how == Some(How::Slow) {
                wire.0.clock.sleep(SLOW).await;
            }
            let result = match how {
                None | Some(How::Slow) => {
                    let answer = wire.ask(service, &connector, request).await;
                    if answer.as_ref().is_ok_and(|answer| answer.status().as_u16() >= 500) {
                        wire.state().broken[service as usize] += 1;
                    }
                    answer
                }
                Some(How::AnswerLost) => {
                    let did_it = wire
                        .ask(service, &connector, request)
                        .await
                        .is_ok_and(|answer| answer.status().is_success());
                    wire.happened(who, service, did_it, false);
                    return std::future::pending().await;
                }
                Some(How::Refused) => {
                    Err(ConnectorError::io(aws::NotConnected("the connection is refused".into()).into()))
                }
                Some(How::TimeOut) => std::future::pending().await,
                Some(How::Throttled) => answer(throttled(service)),
                Some(How::ServerError) => answer((500, "")),
            };
            let did_it = result.as_ref().is_ok_and(|answer| answer.status().is_success());
            wire.happened(who, service, did_it, true);
            result
        })
    }
}

/// The table that a request of DynamoDB's protocol is about, if it is one alone.
fn table(request: &HttpRequest) -> String {
    let body = request.body().bytes().unwrap_or_default();
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body["TableName"].as_str().unwrap_or_default().to_owned()
}

/// What DynamoDB is asked for, like `GetItem`: `DynamoDB_20120810.GetItem`.
fn operation(request: &HttpRequest) -> &str {
    request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next().unwrap_or_default()
}

fn answer((status, body): (u16, &'static str)) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|error| ConnectorError::user(error.into()))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}

/// How a service asks to slow down.
fn throttled(service: Service) -> (u16, &'static str) {
    match service {
        Service::DynamoDb => (
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"Slow down."}"#,
        ),
        Service::S3 => (503, "<Error><Code>SlowDown</Code><Message>Slow down.</Message></Error>"),
        Service::Ses => (
            400,
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Slow down.</Message></Error></ErrorResponse>",
        ),
        Service::Sns => (400, "<ErrorResponse><Error><Code>Throttled</Code></Error></ErrorResponse>"),
        Service::Transcribe => (400, r#"{"__type":"LimitExceededException","Message":"Slow down."}"#),
        Service::Twilio => (429, ""),
    }
}

/// The faults of Twilio's API, as the exchange has them.
pub(crate) fn of_twilio(faults: &Faults, now: Timestamp) -> Vec<(RestRequest, RestFault, Times)> {
    let outages = faults.outages.iter().filter(|outage| outage.service == Service::Twilio);
    let outages = outages.filter_map(|outage| {
        let fault = match outage.how {
            How::Refused | How::TimeOut | How::AnswerLost => RestFault::Reset,
            How::Throttled => RestFault::TooManyRequests { retry_after: None },
            How::ServerError => RestFault::ServerError,
            How::Slow => RestFault::Slow(Duration::from_millis(20)),
        };
        let times = match outage.when {
            When::Request(number) => Times::Nth(usize::try_from(number).ok()?),
            When::Span { after_seconds, seconds } => {
                let from = now.checked_add(Duration::from_secs(after_seconds.into())).ok()?;
                Times::Between(from, from.checked_add(Duration::from_secs(seconds.into())).ok()?)
            }
        };
        Some((RestRequest::Any, fault, times))
    });
    let sounds = faults.twilio.sounds.clone();
    let sounds = sounds.map(|(fault, times)| (RestRequest::Media, fault, Times::Next(times)));
    outages.chain(sounds).collect()
}

//! The public face.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use phone::{AccountSid, CallSid};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};

use crate::Address;
use crate::clock::Clock;
use crate::config::{Account, Config, NumberUrls, Transcription};
use crate::desk::{RateLimit, RestCall, RestFault, RestRequest, Times};
use crate::leg::Leg;
use crate::leg_handle::{LegHandle, Signal};
use crate::network::Network;
use crate::phones::{Caller, Deed, Phone};
use crate::recordings::Recording;
use crate::rest;
use crate::rooms::{Room, RoomEvent};
use crate::sockets::{Socket, SocketStory};
use crate::story::{Event, Problem, Story};
use crate::web::WebFile;
use crate::webhooks::{Outgoing, SentWebhook};

/// A telephone network with an account at it, or several. Clones are the same network; its REST API is
/// served until the last clone is gone.
#[derive(Clone)]
pub struct Exchange {
    network: Arc<Network>,
    _server: Arc<Server>,
}

/// Why an exchange did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The port is not free.
    #[error("cannot listen on port {port} of the loopback interface")]
    Listen {
        /// The port asked for.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
}

struct Server(AbortHandle);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Exchange {
    /// Starts an exchange, whose REST API listens on the loopback interface. Must be called
    /// within a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when the port is taken.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let port = config.port;
        let listen = |source| StartError::Listen { port, source };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let network = Arc::new(Network::new(config, format!("http://{address}")));
        let server = tokio::spawn(rest::serve(listener, network.clone()));
        Ok(Self { network, _server: Arc::new(Server(server.abort_handle())) })
    }

    /// The base of the REST API, such as `http://127.0.0.1:40123`: what `https://api.twilio.com`
    /// is to Twilio.
    pub fn rest_url(&self) -> &str {
        &self.network.rest_url
    }

    /// The network's time.
    pub fn clock(&self) -> &Clock {
        &self.network.clock
    }

    /// The network's present instant.
    pub fn now(&self) -> Timestamp {
        self.network.clock.now()
    }

    /// Opens another account besides the one of [`Config`].
    pub fn open_account(&self, account: Account) {
        self.network.accounts.open(account);
    }

    /// Adds a number to the account of [`Config`], or changes its URLs.
    pub fn wire(&self, number: impl Into<Address>, urls: NumberUrls) {
        self.network.wire(&self.network.config.account_sid, number.into(), urls);
    }

    /// Adds a number to another account, moves it there, or changes its URLs.
    pub fn wire_in(&self, account_sid: &AccountSid, number: impl Into<Address>, urls: NumberUrls) {
        self.network.wire(account_sid, number.into(), urls);
    }

    /// Takes a number out of its account.
    pub fn unwire(&self, number: impl Into<Address>) {
        self.network.unwire(&number.into());
    }

    /// Where a number leads, if an account has it.
    pub fn urls_of(&self, number: impl Into<Address>) -> Option<NumberUrls> {
        self.network.urls_of(&number.into())
    }

    /// Gives the account a secondary auth token: it opens the REST API, and signs nothing yet.
    pub fn set_secondary_token(&self, token: &str) {
        self.network.accounts.set_secondary_token(&self.network.config.account_sid, token);
    }

    /// Makes the secondary token the primary one; the old one opens nothing any more.
    pub fn promote_secondary_token(&self) {
        self.network.accounts.promote_secondary_token(&self.network.config.account_sid);
    }

    /// Puts a file into the web, for `<Play>`. What is nowhere is asked for over HTTP.
    pub fn publish(&self, url: &str, file: WebFile) {
        self.network.post.web.publish(url, file);
    }

    /// Puts a web socket into the web, for streams. What is nowhere is connected to over the network.
    pub fn publish_socket(&self, url: &str, socket: Socket) {
        self.network.post.sockets.publish(url, socket);
    }

    /// What web sockets in the web were told, in the order in which they were connected.
    pub fn sockets(&self) -> Vec<SocketStory> {
        self.network.post.sockets.stories()
    }

    /// Real-time transcriptions that begin from now on last so long, and then their recogniser gives up; without, they
    /// last as long as they are wanted.
    pub fn recognisers_give_up(&self, after: Option<Duration>) {
        self.network.listeners.recognisers_give_up(after);
    }

    /// Puts a telephone at a number, client or SIP address of the world outside, in place of
    /// what was there. Where none is, calls fail.
    pub fn plug(&self, address: impl Into<Address>, phone: Phone) {
        self.network.plug(address.into(), phone);
    }

    /// Places a call to one of the account's numbers and runs it until somebody hangs up. What
    /// follows the call (recording and transcription callbacks) comes as time goes on; await
    /// [`Clock::settled`] for it. Calls may run at once.
    pub async fn call(&self, caller: Caller, to: impl Into<Address>) -> Story {
        let handle = self.start_call(caller, to);
        let story = handle.story.clone();
        handle.finished().await;
        story
    }

    /// Places a call and returns while it runs. To place several at the same instant hold a
    /// [`Clock::busy`] guard meanwhile.
    #[expect(clippy::needless_pass_by_value, reason = "a script is made for the call that it is for")]
    pub fn start_call(&self, caller: Caller, to: impl Into<Address>) -> CallHandle {
        let _busy = self.network.clock.busy();
        let leg = Leg::inbound(&self.network, &caller, &to.into());
        let (story, handle) = (leg.story(), leg.handle().clone());
        let task = self.network.clock.spawn(leg.run());
        CallHandle { task, clock: self.network.clock.clone(), story, leg: handle }
    }

    /// Places calls at the same instant, and runs them until somebody has hung up in each. The
    /// stories stand in the order of the calls.
    pub async fn calls_at_once<To: Into<Address>>(
        &self,
        calls: impl IntoIterator<Item = (Caller, To)>,
    ) -> Vec<Story> {
        let busy = self.network.clock.busy();
        let handles: Vec<CallHandle> =
            calls.into_iter().map(|(caller, to)| self.start_call(caller, to)).collect();
        drop(busy);
        let mut stories = Vec::with_capacity(handles.len());
        for handle in handles {
            stories.push(handle.finished().await);
        }
        stories
    }

    /// The stories of all calls, from outside and by the REST API, in the order placed.
    pub fn stories(&self) -> Vec<Story> {
        self.network.stories.all()
    }

    /// The story of one call.
    pub fn story(&self, call_sid: &CallSid) -> Option<Story> {
        self.stories().into_iter().find(|story| story.call_sid() == call_sid)
    }

    /// The person at any leg does something now; false when there is no such leg, or it is over.
    pub fn does(&self, call_sid: &CallSid, deed: Deed) -> bool {
        let _busy = self.network.clock.busy();
        let leg = self.network.legs.anywhere(call_sid.as_str()).filter(|leg| leg.is_live());
        leg.inspect(|leg| leg.signal(Signal::Does(deed))).is_some()
    }

    /// All conferences so far, in the order begun.
    pub fn rooms(&self) -> Vec<RoomStory> {
        self.network.rooms.all().iter().map(|room| RoomStory::of(room)).collect()
    }

    /// All queues, and who waits in them.
    pub fn queues(&self) -> Vec<QueueStory> {
        let queues = self.network.queues.all();
        queues
            .iter()
            .map(|queue| QueueStory {
                name: queue.status().name,
                waiting: queue.members().iter().map(|member| member.leg.sid().clone()).collect(),
            })
            .collect()
    }

    /// Everything that happens in any call from now on, as it happens.
    pub fn watch(&self) -> mpsc::UnboundedReceiver<Event> {
        self.network.stories.watch()
    }

    /// All webhooks so far, in the order sent; those that were lost are listed where they would
    /// have been sent.
    pub fn webhooks(&self) -> Vec<SentWebhook> {
        self.network.post.sent().iter().map(|webhook| SentWebhook::clone(webhook)).collect()
    }

    /// Sends a webhook again, bit by bit the same: same URL, body, signature and idempotency
    /// token. Answers of webhooks that drive a call change nothing any more. The result is also
    /// listed in [`Exchange::webhooks`].
    pub async fn resend(&self, webhook: &SentWebhook) -> SentWebhook {
        let (post, webhook) = (self.network.post.clone(), webhook.clone());
        let resent = self.network.clock.spawn(async move { post.resend(&webhook).await });
        match self.network.clock.wait_for(resent).await {
            Ok(again) => again,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Decides from now on how webhooks travel: one entry of the answer for each copy, with its
    /// delay in the network's time.
    ///
    /// What drives a call and is lost, or as late as Twilio's limit or later, is given up, and what
    /// arrives after that changes nothing. The limits are 15 s, and what the URL's connection
    /// overrides say: with `#rc=2&rp=rt&rt=6000` each of three tries, about each of which the policy
    /// is asked, has 6 s, and all together 15 s. Then the fallback URL follows, or the application
    /// error.
    pub fn set_delivery(&self, policy: impl Fn(&Outgoing) -> Vec<Duration> + Send + Sync + 'static) {
        self.network.post.set_policy(Some(Arc::new(policy)));
    }

    /// Delivers every webhook once and at once again.
    pub fn clear_delivery(&self) {
        self.network.post.set_policy(None);
    }

    /// Decides how sure speech recognition is of what it hears at prompts from now on, in percent.
    pub fn set_confidence(&self, percent: u8) {
        self.network.confidence.store(percent.min(100), Ordering::Relaxed);
    }

    /// Decides what comes of transcriptions that have not yet begun.
    pub fn set_transcription(&self, transcription: Transcription) {
        self.network.archive.set_transcription(transcription);
    }

    /// All recordings, deleted and absent ones too.
    pub fn recordings(&self) -> Vec<Recording> {
        self.network.archive.all()
    }

    /// Breaks REST requests of a kind, for a while. Faults of the same kind follow each other.
    pub fn rest_faults(&self, request: RestRequest, fault: RestFault, times: Times) {
        self.network.desk.add_fault(request, fault, times);
    }

    /// Lists show a recording only this long after its end; by its SID it can be had before. Twilio
    /// promises nothing about it.
    pub fn set_list_lag(&self, lag: Duration) {
        self.network.desk.set_list_lag(lag);
    }

    /// Pages of lists have at most so many entries, whatever `PageSize` asks for, and say all the
    /// same that there is a next one.
    pub fn set_page_length(&self, length: Option<usize>) {
        self.network.desk.set_page_length(length);
    }

    /// Limits how many REST requests each account may make from now on.
    pub fn set_rate_limit(&self, limit: Option<RateLimit>) {
        self.network.desk.set_rate_limit(limit);
    }

    /// Webhooks and REST tell of recordings that end from now on durations that are too long by so
    /// many seconds, or too short; at least one second.
    pub fn misstate_durations(&self, seconds: i64) {
        self.network.archive.misstate_durations(seconds);
    }

    /// Recordings that end from now on can't be kept: their state is `failed`, and no webhook says so, as none
    /// is asked for that.
    pub fn fail_recordings(&self, fail: bool) {
        self.network.archive.set_broken(fail);
    }

    /// Mends the REST API.
    pub fn clear_rest_faults(&self) {
        self.network.desk.clear_faults();
    }

    /// What Twilio's debugger would show of REST requests that are taken all the same.
    pub fn problems(&self) -> Vec<Problem> {
        self.network.problems()
    }

    /// The same from now on, as they happen.
    pub fn watch_problems(&self) -> mpsc::UnboundedReceiver<Problem> {
        self.network.watch_problems()
    }

    /// All REST requests so far.
    pub fn rest_log(&self) -> Vec<RestCall> {
        self.network.desk.log()
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Exchange").field("rest_url", &self.network.rest_url).finish_non_exhaustive()
    }
}

/// What happened in a conference.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RoomStory {
    /// Its identifier, `CF…`.
    pub conference_sid: String,
    /// Its name.
    pub name: String,
    /// In Twilio's words: `init`, `in-progress`, `completed`.
    pub status: &'static str,
    /// Those who are in it.
    pub participants: Vec<CallSid>,
    /// Whatever a callback could have been told, in order.
    pub events: Vec<RoomEvent>,
}

impl RoomStory {
    fn of(room: &Room) -> Self {
        Self {
            conference_sid: room.sid.clone(),
            name: room.name.clone(),
            status: room.status().as_str(),
            participants: room.participants().iter().map(|one| one.leg.sid().clone()).collect(),
            events: room.events(),
        }
    }
}

/// Who waits in a queue.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct QueueStory {
    /// Its name.
    pub name: String,
    /// Who waits, the first one first.
    pub waiting: Vec<CallSid>,
}

/// A call that runs.
pub struct CallHandle {
    task: JoinHandle<()>,
    clock: Clock,
    story: Story,
    leg: Arc<LegHandle>,
}

impl CallHandle {
    /// The caller does something now.
    pub fn does(&self, deed: Deed) {
        let _busy = self.clock.busy();
        self.leg.signal(Signal::Does(deed));
    }

    /// The story so far; it goes on while the call does.
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// Waits until somebody has hung up.
    pub async fn finished(self) -> Story {
        // A call that panicked has told its story as far as it went.
        let _ = self.clock.wait_for(self.task).await;
        self.story
    }
}

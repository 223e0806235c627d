//! One leg of a call: a task that rings or runs documents, and can be changed from outside at any moment: by
//! the person at it, by another leg, by a room or a queue, and by REST.
//!
//! A leg waits in [`Leg::pass`] only. Whatever happens meanwhile reaches it as a [`Signal`], and what ends
//! the verb it is at is an [`Interrupt`], which every verb hands up after it has put its own things in order.

mod close;
mod detect;
mod dial;
mod documents;
mod gather;
mod outbound;
mod progress;
mod prompt;
mod queue;
mod record;
mod ring;
mod room;
mod stream;
mod talk;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::callbacks::Callbacks;
use crate::clock::{BoxFuture, later, until};
use crate::config::NumberUrls;
use crate::document::LegCallback;
use crate::hearing::Hearing;
use crate::leg_facts::LegFacts;
use crate::leg_handle::{Bridge, Ending, FarEnd, LegHandle, LegReport, PeerLeft, Signal, Source};
use crate::network::Network;
use crate::params::Params;
use crate::person::{Mood, Person};
use crate::phones::{Caller, Cue, CueEvent, Deed};
use crate::queues::Queue;
use crate::rooms::{Room, StayKey};
use crate::story::{EndedBy, Log, Party, What};
use crate::webhooks::{Method, WebhookKind};
use crate::{Address, Story};

/// How deep calls to our own numbers may nest before it is a loop.
const DEEPEST: usize = 5;

/// A call longer than this is ended by Twilio, which also bounds what loops for ever.
pub(crate) const LONGEST_CALL: Duration = Duration::from_hours(4);

/// What ends the verb that a leg is at.
#[derive(Debug)]
enum Interrupt {
    /// The person hung up.
    Gone,
    /// Another document is to be run.
    Moved(Source),
    Ended(Ending),
    /// The leg's place in a room or queue has changed.
    Look,
    /// The call is over by what a document says.
    Over(EndedBy),
    /// A document that is heard beside the call can't be had.
    Failed,
}

/// What happened first while a leg waited.
#[derive(Debug)]
enum Passed {
    /// Nothing: the time is over.
    Whole,
    /// Keys or words of the person.
    Input,
    Dialled(usize, LegReport),
    Bridge(Bridge),
    PeerLeft(PeerLeft),
    FarEnd(FarEnd),
    StreamOver(String),
}

/// What of a person's doings cuts prompts short.
#[derive(Clone, Copy, Debug, Default)]
struct CutBy {
    keys: bool,
    words: bool,
}

/// Where a leg stays.
enum Stays {
    Nowhere,
    InQueue(Arc<Queue>),
    /// Waits for somebody to come into a queue.
    AtQueue,
    /// With what it lives through there at present.
    InRoom(Arc<Room>, StayKey),
}

/// Who is told how a leg stands.
#[derive(Clone, Debug)]
enum Told {
    Nobody,
    /// A number's status callback: of the end only.
    End(String, Method),
    Events(LegCallback),
}

/// What is asked for a document, besides the leg's own parameters.
#[derive(Clone, Debug)]
struct Request {
    kind: WebhookKind,
    url: String,
    method: Method,
    extra: Params,
}

/// A leg, owned by its task.
#[expect(clippy::struct_excessive_bools, reason = "each is about another verb")]
pub(crate) struct Leg {
    network: Arc<Network>,
    handle: Arc<LegHandle>,
    callbacks: Callbacks,
    inbox: mpsc::UnboundedReceiver<Signal>,
    /// What came while something else was waited for.
    stash: VecDeque<Signal>,
    person: Person,
    mood: Mood,
    mood_since: Timestamp,
    began: Timestamp,
    /// When it has lasted as long as it may.
    limit: Timestamp,
    answered: Option<Timestamp>,
    ended: Option<Timestamp>,
    /// How it ended, when not by what was heard.
    status_at_end: Option<&'static str>,
    told: Told,
    sequence: u32,
    fallback: Option<(String, Method)>,
    /// The call to our own number that this leg leads to.
    far_end: Option<Arc<LegHandle>>,
    /// The leg whose far end this call is.
    outer: Option<Arc<LegHandle>>,
    /// Calls to our own numbers that led here.
    depth: usize,
    /// The other side of the last conversation hung up and nothing was heard since.
    callee_left: bool,
    /// The dial and the bridge whose signals count.
    dialling: Option<u64>,
    bridged: Option<u64>,
    /// The other side has left before the two were connected.
    peer_gone: bool,
    /// Where changes concern it.
    stays: Stays,
    /// What cuts prompts short.
    cut_by: CutBy,
    /// Keys that nobody has taken yet, and the last words.
    keys: VecDeque<char>,
    words: Option<String>,
    in_greeting: bool,
    /// A document has let the call ring on: `<Reject>` is no longer free.
    waited: bool,
    /// What the present document was asked with, and where it came from.
    current: (String, Method),
    base: String,
    documents: usize,
    documents_since: Timestamp,
}

impl Leg {
    fn new(
        network: &Arc<Network>,
        facts: LegFacts,
        (log, party): (&Arc<Log>, Party),
        callbacks: Callbacks,
        person: Person,
    ) -> Self {
        let (sender, inbox) = mpsc::unbounded_channel();
        let handle = LegHandle::new(facts, (log, party), &network.clock, sender);
        network.leg_began(&handle);
        let now = network.clock.now();
        Self {
            network: network.clone(),
            handle,
            callbacks,
            inbox,
            stash: VecDeque::new(),
            person,
            mood: Mood::Else,
            mood_since: now,
            began: now,
            limit: later(now, LONGEST_CALL),
            answered: None,
            ended: None,
            status_at_end: None,
            told: Told::Nobody,
            sequence: 0,
            fallback: None,
            far_end: None,
            outer: None,
            depth: 0,
            callee_left: false,
            dialling: None,
            bridged: None,
            peer_gone: false,
            stays: Stays::Nowhere,
            cut_by: CutBy::default(),
            keys: VecDeque::new(),
            words: None,
            in_greeting: false,
            waited: false,
            current: (String::new(), Method::Post),
            base: String::new(),
            documents: 0,
            documents_since: now,
        }
    }

    /// A call that comes in at one of our numbers; nothing happens before it runs.
    pub(crate) fn inbound(network: &Arc<Network>, script: &Caller, to: &Address) -> Self {
        Self::inbound_by(network, script, Person::calling(script), to)
    }

    fn inbound_by(network: &Arc<Network>, script: &Caller, person: Person, to: &Address) -> Self {
        let sid = network.sids.call();
        let parties = (script.identity.clone(), to.clone());
        let log = network.stories.begin(&network.clock, sid.clone(), parties);
        let urls = network.urls_of(to).unwrap_or_default();
        let facts = LegFacts {
            account_sid: network.owner_of(to).unwrap_or_else(|| network.config.account_sid.clone()),
            call_token: Some(format!(
                r#"{{"parentCallInfoToken":"{}","identityHeaderTokens":[]}}"#,
                network.sids.hex()
            )),
            sid,
            parent: None,
            from: script.identity.clone(),
            to: to.clone(),
            direction: crate::leg_facts::Direction::Inbound,
            forwarded_from: script.forwarded_from.clone(),
            caller_name: script.name.clone(),
            stir_verstat: script.stir_verstat.clone(),
            application_sid: urls.voice_application_sid.clone(),
        };
        let callbacks = Callbacks::start(&network.post, &log);
        let mut leg = Self::new(network, facts, (&log, Party::Caller), callbacks, person);
        leg.fallback = urls.voice_fallback_url.clone().map(|url| (url, urls.voice_fallback_method));
        if let Some(url) = urls.status_callback {
            leg.told = Told::End(url, urls.status_callback_method);
        }
        leg
    }

    pub(crate) fn story(&self) -> Story {
        Story::of(&self.handle.log)
    }

    pub(crate) fn handle(&self) -> &Arc<LegHandle> {
        &self.handle
    }

    /// An inbound call, from dialling to hanging up. Boxed, because a call may lead to another one.
    pub(crate) fn run(self) -> BoxFuture<'static, ()> {
        Box::pin(self.run_inbound())
    }

    async fn run_inbound(mut self) {
        let to = self.handle.facts().to.clone();
        self.does(What::Dials(to.clone()));
        let Some(NumberUrls { voice_url, voice_method, .. }) =
            self.network.urls_of(&to).filter(|urls| !urls.voice_url.is_empty())
        else {
            self.error(0, "nobody has wired this number, or it leads nowhere");
            self.does(What::HearsNotInService);
            self.status_at_end = Some("failed");
            self.over(EndedBy::Network);
            return;
        };
        self.meets(&CueEvent::Begins);
        let first =
            Request { kind: WebhookKind::Voice, url: voice_url, method: voice_method, extra: Params::new() };
        let by = self.live(first).await;
        self.over(by);
        self.report_end();
    }

    fn clock(&self) -> &crate::clock::Clock {
        &self.network.clock
    }

    fn now(&self) -> Timestamp {
        self.network.clock.now()
    }

    fn log(&self) -> &Arc<Log> {
        &self.handle.log
    }

    /// Writes into the story what the person at this leg does or meets.
    fn does(&self, what: What) {
        self.handle.does(what);
    }

    fn error(&self, code: u32, message: impl Into<String>) {
        self.log().error(code, message);
    }

    fn feels(&mut self, mood: Mood) {
        self.mood = mood;
        self.mood_since = self.now();
    }

    /// Something happened that the person may have been waiting for.
    fn meets(&mut self, event: &CueEvent) {
        let now = self.now();
        self.person.meets(now, |cue: &Cue| cue.is(event));
    }

    /// Something is said to the person.
    fn meets_words(&mut self, text: &str) {
        let now = self.now();
        self.person.meets(now, |cue: &Cue| cue.is_in(text));
    }

    /// From now on the leg hears this.
    fn hears(&mut self, hearing: Hearing) {
        match &hearing {
            Hearing::Music(_) => self.meets(&CueEvent::Music),
            Hearing::Silence => self.meets(&CueEvent::Silence),
            _ => {}
        }
        self.handle.hears(hearing);
    }

    /// Lets time pass: for `length`, or until something happens that the leg waits for. Who leaves at the
    /// end of the time has heard all of it.
    async fn pass(&mut self, length: Option<Duration>) -> Result<Passed, Interrupt> {
        let clock = self.network.clock.clone();
        let deadline = length.map(|length| later(clock.now(), length));
        loop {
            let now = clock.now();
            let leaves = self.person.leaves_at(self.mood, self.mood_since, self.began);
            if leaves.is_some_and(|at| at <= now && deadline.is_none_or(|deadline| at < deadline)) {
                return Err(Interrupt::Gone);
            }
            if self.limit <= now {
                return Err(Interrupt::Ended(Ending::TimeLimit));
            }
            if let Some(deed) = self.person.deed_due(now) {
                if let Some(passed) = self.perform(deed)? {
                    return Ok(passed);
                }
                continue;
            }
            let wake = [deadline, leaves, self.person.next_deed_at(), Some(self.limit)]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(self.limit);
            let signal = match self.stash.pop_front() {
                Some(signal) => Some(signal),
                None => clock.wait_at_most(until(now, wake), self.inbox.recv()).await.flatten(),
            };
            match signal {
                Some(signal) => {
                    if let Some(passed) = self.receive(signal)? {
                        return Ok(passed);
                    }
                }
                None if deadline.is_some_and(|deadline| deadline <= clock.now()) => return Ok(Passed::Whole),
                None => {}
            }
        }
    }

    /// Waits for something that takes its own time. What else happens is kept for later, but what ends the
    /// verb does so at once.
    async fn pass_until<F: Future + Send>(&mut self, future: F) -> Result<F::Output, Interrupt> {
        let clock = self.network.clock.clone();
        let mut future = std::pin::pin!(future);
        loop {
            let now = clock.now();
            let leaves = self.person.leaves_at(self.mood, self.mood_since, self.began);
            if leaves.is_some_and(|at| at <= now) {
                return Err(Interrupt::Gone);
            }
            if self.limit <= now {
                return Err(Interrupt::Ended(Ending::TimeLimit));
            }
            if let Some(deed) = self.person.deed_due(now) {
                self.perform(deed)?;
                continue;
            }
            if let Some(signal) = self.take_kept() {
                self.receive(signal)?;
                continue;
            }
            let wake = [leaves, self.person.next_deed_at(), Some(self.limit)].into_iter().flatten().min();
            let first = async {
                tokio::select! {
                    biased;
                    output = &mut future => Ok(output),
                    signal = self.inbox.recv() => Err(signal),
                }
            };
            match clock.wait_at_most(until(now, wake.unwrap_or(self.limit)), first).await {
                Some(Ok(output)) => return Ok(output),
                Some(Err(Some(signal))) if signal.answers_a_wait() => self.stash.push_back(signal),
                Some(Err(Some(signal))) => {
                    self.receive(signal)?;
                }
                Some(Err(None)) | None => {}
            }
        }
    }

    /// What was kept for later and is no answer to a wait.
    fn take_kept(&mut self) -> Option<Signal> {
        let place = self.stash.iter().position(|signal| !signal.answers_a_wait())?;
        self.stash.remove(place)
    }

    /// Waits out a time in which only what ends the verb counts; answers how much passed.
    async fn rest(&mut self, length: Duration) -> Result<(), Interrupt> {
        let end = later(self.now(), length);
        loop {
            let left = until(self.now(), end);
            if let Passed::Whole = self.pass(Some(left)).await? {
                return Ok(());
            }
        }
    }

    fn receive(&mut self, signal: Signal) -> Result<Option<Passed>, Interrupt> {
        Ok(match signal {
            Signal::Move(source) => return Err(Interrupt::Moved(source)),
            Signal::End(Ending::FarEnd) => return Err(Interrupt::Gone),
            Signal::End(ending) => return Err(Interrupt::Ended(ending)),
            Signal::Does(deed) => self.perform(deed)?,
            Signal::Tell(url, method) => {
                self.tell_another(url, method);
                None
            }
            Signal::FallBack(url, method) => {
                self.fallback = Some((url, method));
                None
            }
            Signal::Limit(limit) => {
                self.limit = later(self.now(), limit);
                None
            }
            Signal::Hears(from, words) => {
                self.meets_words(&words);
                self.does(What::HearsSomebody { from, words });
                None
            }
            Signal::Dialled(dial, place, report) if self.dialling == Some(dial) => {
                Some(Passed::Dialled(place, report))
            }
            Signal::PeerLeft(bridge, how) if self.bridged == Some(bridge) => {
                self.peer_gone = true;
                Some(Passed::PeerLeft(how))
            }
            Signal::Bridge(bridge) => Some(Passed::Bridge(bridge)),
            Signal::StreamOver(sid) => Some(Passed::StreamOver(sid)),
            Signal::FarEnd(FarEnd::Ended) if self.answered.is_some() => return Err(Interrupt::Gone),
            Signal::FarEnd(far_end) => Some(Passed::FarEnd(far_end)),
            Signal::Look if self.has_changed() => return Err(Interrupt::Look),
            Signal::Look | Signal::Dialled(..) | Signal::PeerLeft(..) => None,
        })
    }

    /// Whether the leg's place in a room or queue is another than it was.
    fn has_changed(&self) -> bool {
        match &self.stays {
            Stays::Nowhere => false,
            Stays::InQueue(queue) => queue.is_taken(self.handle.sid()),
            Stays::AtQueue => true,
            Stays::InRoom(room, stay) => room.stay(self.handle.sid()).key() != *stay,
        }
    }

    /// The person does something.
    fn perform(&mut self, deed: Deed) -> Result<Option<Passed>, Interrupt> {
        match deed {
            Deed::HangsUp => return Err(Interrupt::Gone),
            Deed::Presses(keys) => {
                self.keys.extend(keys.chars());
                self.network.listeners.pressed(self.handle.sid(), &keys);
                self.does(What::Presses(keys));
            }
            Deed::Says(words) => {
                self.speak(&words);
                self.words = Some(words);
            }
        }
        Ok(Some(Passed::Input))
    }

    /// The person speaks; who hears them hears it, and what is recorded has it.
    fn speak(&self, words: &str) {
        self.does(What::Speaks(words.into()));
        self.network.spoken(&self.handle, words);
        for listener in self.network.legs.listeners(self.handle.sid()) {
            listener.signal(Signal::Hears(self.handle.address(), words.into()));
        }
    }
}

//! What all calls share, and what ties it together: numbers, telephones, legs and what is recorded of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use phone::{AccountSid, CallSid};
use tokio::sync::mpsc;

use crate::Address;
use crate::accounts::Accounts;
use crate::applications::Applications;
use crate::archive::Archive;
use crate::call_recorder::CallRecorder;
use crate::callbacks::Callbacks;
use crate::clock::{Clock, later, lock};
use crate::config::{Config, NumberUrls};
use crate::desk::{Desk, push_bounded};
use crate::document::{CallRecording, StreamAsked, TranscriptionAsked};
use crate::leg_handle::{Bridge, LegHandle};
use crate::legs::Legs;
use crate::listeners::Listeners;
use crate::live_transcription::LiveTranscription;
use crate::phones::Phone;
use crate::post::Post;
use crate::queues::Queues;
use crate::rooms::Rooms;
use crate::sids::Sids;
use crate::stories::Stories;
use crate::story::Problem;
use crate::stream::Stream;

/// The state of an exchange.
pub(crate) struct Network {
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Clock,
    pub(crate) sids: Arc<Sids>,
    pub(crate) rest_url: String,
    pub(crate) desk: Desk,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) applications: Applications,
    pub(crate) stories: Arc<Stories>,
    pub(crate) post: Arc<Post>,
    pub(crate) archive: Arc<Archive>,
    pub(crate) legs: Legs,
    pub(crate) rooms: Rooms,
    pub(crate) queues: Queues,
    pub(crate) listeners: Listeners,
    numbers: Mutex<HashMap<Address, (AccountSid, NumberUrls)>>,
    phones: Mutex<HashMap<Address, Phone>>,
    /// Those that run.
    recorders: Mutex<Vec<Arc<CallRecorder>>>,
    /// When each account may next begin a call.
    turns: Mutex<HashMap<AccountSid, Timestamp>>,
    numbered: AtomicU64,
    /// How sure speech recognition is of what it hears, in percent.
    pub(crate) confidence: AtomicU8,
    problems: Mutex<Vec<Problem>>,
    problem_watchers: Mutex<Vec<mpsc::UnboundedSender<Problem>>>,
}

impl Network {
    pub(crate) fn new(config: Config, rest_url: String) -> Self {
        let config = Arc::new(config);
        let sids = Arc::new(Sids::new(config.seed));
        let accounts = Arc::new(Accounts::of(&config));
        let stories = Arc::new(Stories::default());
        Self {
            clock: config.clock.clone(),
            post: Post::new(&config, &sids, &accounts, &stories),
            archive: Archive::new(&config, &sids, &stories, rest_url.clone()),
            desk: Desk::new(config.keeps_finished),
            config,
            sids,
            rest_url,
            accounts,
            applications: Applications::default(),
            stories,
            legs: Legs::default(),
            rooms: Rooms::default(),
            queues: Queues::default(),
            listeners: Listeners::default(),
            confidence: AtomicU8::new(90),
            numbers: Mutex::default(),
            phones: Mutex::default(),
            recorders: Mutex::default(),
            turns: Mutex::default(),
            numbered: AtomicU64::new(1),
            problems: Mutex::default(),
            problem_watchers: Mutex::default(),
        }
    }

    /// Something that Twilio's debugger would show, which belongs to no call.
    pub(crate) fn problem(&self, code: u32, message: &str) {
        let problem = Problem { code, message: message.to_owned(), is_warning: true };
        lock(&self.problem_watchers).retain(|watcher| watcher.send(problem.clone()).is_ok());
        push_bounded(&mut lock(&self.problems), problem, self.config.keeps_finished);
    }

    /// Those that belong to no call, from now on.
    pub(crate) fn watch_problems(&self) -> mpsc::UnboundedReceiver<Problem> {
        let (sender, receiver) = mpsc::unbounded_channel();
        lock(&self.problem_watchers).push(sender);
        receiver
    }

    pub(crate) fn problems(&self) -> Vec<Problem> {
        lock(&self.problems).clone()
    }

    /// An account's numbers, in order.
    pub(crate) fn numbers(&self, account_sid: &AccountSid) -> Vec<(Address, NumberUrls)> {
        let numbers = lock(&self.numbers);
        let mut all: Vec<_> = numbers
            .iter()
            .filter(|(_, (owner, _))| owner == account_sid)
            .map(|(number, (_, urls))| (number.clone(), urls.clone()))
            .collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    pub(crate) fn wire(&self, account_sid: &AccountSid, number: Address, urls: NumberUrls) {
        lock(&self.numbers).insert(number, (account_sid.clone(), urls));
    }

    pub(crate) fn unwire(&self, number: &Address) {
        lock(&self.numbers).remove(number);
    }

    pub(crate) fn urls_of(&self, number: &Address) -> Option<NumberUrls> {
        let (account_sid, urls) = lock(&self.numbers).get(number).cloned()?;
        let sid = urls.voice_application_sid.as_deref();
        match sid.and_then(|sid| self.applications.with_sid(&account_sid, sid)) {
            Some(application) => {
                Some(NumberUrls { voice_application_sid: urls.voice_application_sid, ..application.urls })
            }
            None => Some(urls),
        }
    }

    /// Whose number it is.
    pub(crate) fn owner_of(&self, number: &Address) -> Option<AccountSid> {
        lock(&self.numbers).get(number).map(|(owner, _)| owner.clone())
    }

    pub(crate) fn plug(&self, address: Address, phone: Phone) {
        lock(&self.phones).insert(address, phone);
    }

    pub(crate) fn phone_at(&self, address: &Address) -> Option<Phone> {
        let phones = lock(&self.phones);
        // What a client or a SIP address is told besides stands behind it.
        let bare = address.reveal().split('?').next().unwrap_or_default();
        phones.get(address).or_else(|| phones.get(&Address::from(bare))).cloned()
    }

    pub(crate) fn leg_began(&self, leg: &Arc<LegHandle>) {
        self.stories.leg_began(leg.sid(), &leg.log);
        self.legs.add(leg);
        self.forget_finished();
    }

    /// Lets the oldest calls go that are finished, if there are more than are to be kept.
    fn forget_finished(&self) {
        let Some(most) = self.config.keeps_finished else { return };
        let gone = self.stories.forget_finished(most);
        if gone.is_empty() {
            return;
        }
        for log in &gone {
            self.post.forget(log);
            self.archive.forget(&log.leg_sids());
        }
        self.legs.forget();
        self.rooms.forget(|sid| self.stories.log_of(sid).is_some());
    }

    /// A leg is over, and with it what was recorded of it.
    pub(crate) fn leg_ended(&self, leg: &LegHandle) {
        self.legs.ended(leg.sid());
        self.listeners.stop(leg.sid(), true, true, self.percent());
        for recorder in self.recorders_of(leg.sid()) {
            recorder.stop();
        }
        lock(&self.recorders).retain(|recorder| !recorder.is_over());
    }

    /// How sure speech recognition is of what it hears, in percent.
    fn percent(&self) -> u8 {
        self.confidence.load(Ordering::Relaxed)
    }

    /// REST leads a leg elsewhere: not all that goes on beside it comes along.
    pub(crate) fn leads_away(&self, leg: &LegHandle) {
        let unverified = &self.config.unverified;
        if !unverified.recordings_survive_moves {
            for recorder in self.recorders_of(leg.sid()) {
                recorder.stop();
            }
        }
        let (streams, transcriptions) =
            (!unverified.streams_survive_moves, !unverified.transcriptions_survive_moves);
        self.listeners.stop(leg.sid(), streams, transcriptions, self.percent());
    }

    /// Begins to send the sound of a leg to a web socket. Two-way, the leg is told when that is over.
    pub(crate) fn start_stream(
        &self,
        leg: &Arc<LegHandle>,
        callbacks: &Callbacks,
        asked: StreamAsked,
        is_two_way: bool,
    ) -> Arc<Stream> {
        let stream = Stream::start(&self.post, self.sids.sid("MZ"), leg, callbacks, (asked, is_two_way));
        self.listeners.add_stream(stream.clone());
        stream
    }

    /// Begins to tell the words of a leg.
    pub(crate) fn start_transcription(
        &self,
        leg: &Arc<LegHandle>,
        callbacks: &Callbacks,
        asked: TranscriptionAsked,
    ) -> Arc<LiveTranscription> {
        let sid = self.sids.sid("GT");
        let transcription = LiveTranscription::start(&self.clock, sid, leg, callbacks, asked);
        self.listeners.add_transcription(&self.clock, transcription.clone());
        transcription
    }

    /// Ends a transcription.
    pub(crate) fn stop_transcription(&self, transcription: &LiveTranscription) {
        transcription.stop(self.percent());
    }

    /// A number that no other dial, bridge or announcement has.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbered.fetch_add(1, Ordering::Relaxed)
    }

    /// A new connection with this leg.
    pub(crate) fn bridge(&self, peer: Arc<LegHandle>) -> Bridge {
        Bridge { id: self.next_number(), peer }
    }

    /// How long a call that an account begins now waits for its turn.
    pub(crate) fn turn(&self, account_sid: &AccountSid) -> Duration {
        let now = self.clock.now();
        let gap = Duration::from_secs(1) / self.config.calls_per_second.max(1);
        let mut turns = lock(&self.turns);
        let next = turns.get(account_sid).copied().unwrap_or(now).max(now);
        turns.insert(account_sid.clone(), later(next, gap));
        next.duration_since(now).try_into().unwrap_or_default()
    }

    /// Whether an account may show this number to those whom it calls: its own, and verified ones.
    pub(crate) fn may_call_from(&self, account_sid: &AccountSid, from: &Address) -> bool {
        self.owner_of(from).as_ref() == Some(account_sid)
            || self.config.verified_numbers.iter().any(|number| number == from)
    }

    /// Records a leg from now on, or the conference that it is in.
    pub(crate) fn record(
        &self,
        leg: &Arc<LegHandle>,
        callbacks: &Callbacks,
        asked: CallRecording,
        conference_sid: Option<String>,
    ) -> Arc<CallRecorder> {
        let recorder = CallRecorder::start(&self.archive, leg, callbacks, asked, conference_sid);
        lock(&self.recorders).push(recorder.clone());
        recorder
    }

    /// What is being recorded of a leg.
    pub(crate) fn recorders_of(&self, sid: &CallSid) -> Vec<Arc<CallRecorder>> {
        let is_of = |recorder: &&Arc<CallRecorder>| {
            recorder.leg.sid() == sid && recorder.conference_sid.is_none() && !recorder.is_over()
        };
        lock(&self.recorders).iter().filter(is_of).cloned().collect()
    }

    /// Somebody speaks: recordings of their leg have it, and of those who hear them.
    pub(crate) fn spoken(&self, leg: &LegHandle, words: &str) {
        self.listeners.spoken(leg, words, self.percent());
        for room in self.rooms.live_ones() {
            room.spoke(leg.sid());
        }
        // Conferences are not asked while the list is locked.
        let recorders = lock(&self.recorders).clone();
        for recorder in recorders {
            let own = recorder.leg.sid() == leg.sid();
            let in_room = || {
                recorder.conference_sid.as_ref().is_some_and(|conference| {
                    self.rooms
                        .with_sid(&leg.facts().account_sid, conference)
                        .is_some_and(|room| room.is_heard(leg.sid()))
                })
            };
            if recorder.conference_sid.is_some() {
                if in_room() {
                    recorder.hears(false, words);
                }
            } else if own || recorder.leg.hears_leg(leg.sid()) {
                recorder.hears(!own, words);
            }
        }
    }

    /// A prompt was heard: recordings of the leg have it, whoever else is there.
    pub(crate) fn prompted(&self, leg: &LegHandle, since: Timestamp, length: Duration, words: &str) {
        for recorder in self.recorders_of(leg.sid()) {
            recorder.hears_prompt(since, length, words);
        }
        self.listeners.prompted(leg, words, self.percent());
    }
}

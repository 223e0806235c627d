//! Where a story is written while it happens.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use phone::CallSid;
use tokio::sync::mpsc;

use super::entry::{EndedBy, Entry, Party, Problem, What};
use super::transcript::{Names, write_entry};
use crate::Address;
use crate::clock::{Clock, lock, until};
use crate::leg_record::LegRecord;
use crate::recordings::{Recording, RecordingStatus};
use crate::webhooks::{SentWebhook, WebhookOutcome};

/// An entry of some call, for live display.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// The call.
    pub call_sid: CallSid,
    /// Since the call began.
    pub since_start: Duration,
    /// What happened.
    pub entry: Entry,
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_entry(formatter, self.since_start, &self.entry, &Names::Masked)
    }
}

/// Where the entries of a call are written.
pub(crate) struct Log {
    pub(super) call_sid: CallSid,
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) clock: Clock,
    watchers: Watchers,
    pub(super) state: Mutex<State>,
}

/// Those who watch live.
pub(crate) type Watchers = Arc<Mutex<Vec<mpsc::UnboundedSender<Event>>>>;

pub(super) struct State {
    started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) ended_by: Option<EndedBy>,
    pub(super) status: String,
    pub(super) entries: Vec<Entry>,
    pub(super) legs: Vec<Arc<LegRecord>>,
    pub(super) webhooks: Vec<Arc<SentWebhook>>,
    pub(super) recordings: Vec<Recording>,
    pub(super) dial_status: Option<String>,
    /// The exchange no longer remembers the call.
    is_forgotten: bool,
    /// How often an entry was written.
    writings: u64,
}

impl State {
    fn next_number(&mut self) -> u64 {
        self.writings += 1;
        self.writings
    }
}

impl Log {
    pub(crate) fn new(
        clock: &Clock,
        watchers: &Watchers,
        call_sid: CallSid,
        (from, to): (Address, Address),
    ) -> Arc<Self> {
        let started = clock.now();
        Arc::new(Self {
            call_sid,
            from,
            to,
            clock: clock.clone(),
            watchers: watchers.clone(),
            state: Mutex::new(State {
                started,
                ended: None,
                ended_by: None,
                status: "ringing".into(),
                entries: Vec::new(),
                legs: Vec::new(),
                webhooks: Vec::new(),
                recordings: Vec::new(),
                dial_status: None,
                is_forgotten: false,
                writings: 0,
            }),
        })
    }

    pub(crate) fn started(&self) -> Timestamp {
        lock(&self.state).started
    }

    pub(crate) fn add(&self, party: Party, what: What) {
        self.add_at(self.clock.now(), party, what);
    }

    /// Adds something that began earlier; entries stay in the order of their instants.
    pub(crate) fn add_at(&self, at: Timestamp, party: Party, what: What) {
        let mut state = lock(&self.state);
        let entry = Entry { written: state.next_number(), at, party, what };
        insert(&mut state.entries, entry.clone());
        drop(state);
        self.show(entry);
    }

    /// A leg of this call begins.
    pub(crate) fn leg_began(&self, leg: &Arc<LegRecord>) {
        lock(&self.state).legs.push(leg.clone());
    }

    /// Shows an entry to those who watch.
    fn show(&self, entry: Entry) {
        let since_start = until(self.started(), entry.at);
        let event = Event { call_sid: self.call_sid.clone(), since_start, entry };
        lock(&self.watchers).retain(|watcher| watcher.send(event.clone()).is_ok());
    }

    pub(crate) fn note(&self, text: impl Into<String>) {
        self.add(Party::Network, What::Note(text.into()));
    }

    pub(crate) fn error(&self, code: u32, message: impl Into<String>) {
        self.problem(code, message, false);
    }

    pub(crate) fn warning(&self, code: u32, message: impl Into<String>) {
        self.problem(code, message, true);
    }

    fn problem(&self, code: u32, message: impl Into<String>, is_warning: bool) {
        let problem = Problem { code, message: message.into(), is_warning };
        self.add(Party::Network, What::Problem(problem));
    }

    /// A webhook is under way. Its place in the story is where it was sent.
    pub(crate) fn webhook_sent(&self, webhook: Arc<SentWebhook>) {
        let mut state = lock(&self.state);
        let what = What::Webhook(webhook.clone());
        let written = state.next_number();
        insert(&mut state.entries, Entry { written, at: webhook.at, party: Party::Network, what });
        state.webhooks.push(webhook);
    }

    /// A webhook got its answer, or none.
    pub(crate) fn webhook_done(&self, webhook: &Arc<SentWebhook>) {
        let mut state = lock(&self.state);
        let written = state.next_number();
        if let Some(sent) = state.webhooks.iter_mut().find(|sent| sent.id == webhook.id) {
            sent.clone_from(webhook);
        }
        let is_this =
            |entry: &&mut Entry| matches!(&entry.what, What::Webhook(sent) if sent.id == webhook.id);
        let Some(entry) = state.entries.iter_mut().find(is_this) else {
            return;
        };
        entry.what = What::Webhook(webhook.clone());
        entry.written = written;
        let entry = entry.clone();
        drop(state);
        self.show(entry);
    }

    /// Whether nothing more is to come of the call: its legs are over, its webhooks answered, its recordings made.
    pub(crate) fn is_finished(&self) -> bool {
        let state = lock(&self.state);
        state.ended.is_some()
            && !state.legs.iter().any(|leg| leg.is_live())
            && !state.webhooks.iter().any(|webhook| webhook.outcome == WebhookOutcome::UnderWay)
            && !state.recordings.iter().any(|recording| recording.status == RecordingStatus::Processing)
    }

    /// The exchange no longer remembers the call; who holds its story still does.
    pub(crate) fn forget(&self) {
        lock(&self.state).is_forgotten = true;
    }

    pub(crate) fn is_forgotten(&self) -> bool {
        lock(&self.state).is_forgotten
    }

    pub(crate) fn webhook_ids(&self) -> Vec<usize> {
        lock(&self.state).webhooks.iter().map(|webhook| webhook.id).collect()
    }

    pub(crate) fn leg_sids(&self) -> Vec<CallSid> {
        lock(&self.state).legs.iter().map(|leg| leg.facts.sid.clone()).collect()
    }

    pub(crate) fn recorded(&self, recording: Recording) {
        lock(&self.state).recordings.push(recording.clone());
        self.add(Party::Network, What::Recorded(Box::new(recording)));
    }

    /// The recording's later state.
    pub(crate) fn recording_changed(&self, recording: &Recording) {
        let mut state = lock(&self.state);
        if let Some(known) = state.recordings.iter_mut().find(|known| known.sid == recording.sid) {
            *known = recording.clone();
        }
    }

    pub(crate) fn status(&self) -> String {
        lock(&self.state).status.clone()
    }

    pub(crate) fn set_status(&self, status: &str) {
        lock(&self.state).status = status.into();
    }

    pub(crate) fn set_dial_status(&self, status: &str) {
        lock(&self.state).dial_status = Some(status.into());
    }

    pub(crate) fn end(&self, by: EndedBy) {
        let mut state = lock(&self.state);
        state.ended = Some(self.clock.now());
        state.ended_by = Some(by);
    }
}

/// Keeps entries in the order of their instants, and of one instant as they came.
fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    let place = entries.partition_point(|other| other.at <= entry.at);
    entries.insert(place, entry);
}

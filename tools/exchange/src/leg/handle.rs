//! A leg as everybody else sees it: who it is, how it stands, what it hears, and how to tell it something.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use phone::CallSid;
use tokio::sync::mpsc;

use super::Signal;
use crate::Address;
use crate::clock::{Clock, lock};
use crate::leg_facts::{Direction, LegFacts};
use crate::story::{Heard, Hearing, Log, Party, What};

/// What others hold of a leg. The leg itself is a task.
pub(crate) struct LegHandle {
    pub(crate) facts: LegFacts,
    pub(crate) log: Arc<Log>,
    /// How the story calls the person at this leg.
    pub(crate) party: Party,
    clock: Clock,
    inbox: mpsc::UnboundedSender<Signal>,
    state: Mutex<LegState>,
}

/// How a leg stands.
#[derive(Clone, Debug)]
pub(crate) struct LegState {
    /// In Twilio's words.
    pub(crate) status: &'static str,
    pub(crate) created: Timestamp,
    /// How long it waited for its turn.
    pub(crate) queued_for: Duration,
    pub(crate) answered: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) answered_by: Option<&'static str>,
    /// Deleted through the REST API.
    pub(crate) is_deleted: bool,
    /// Who dialled it has no more to do with it: it is over and everybody is told, or it runs a document of
    /// its own.
    is_done: bool,
    /// Since when it hears what.
    hearing: Vec<(Timestamp, Hearing)>,
}

impl LegHandle {
    pub(crate) fn new(
        facts: LegFacts,
        (log, party): (&Arc<Log>, Party),
        clock: &Clock,
        inbox: mpsc::UnboundedSender<Signal>,
    ) -> Arc<Self> {
        let now = clock.now();
        let status = if facts.direction == Direction::Inbound { "ringing" } else { "queued" };
        let handle = Arc::new(Self {
            facts,
            log: log.clone(),
            party,
            clock: clock.clone(),
            inbox,
            state: Mutex::new(LegState {
                status,
                created: now,
                queued_for: Duration::ZERO,
                answered: None,
                ended: None,
                answered_by: None,
                is_deleted: false,
                is_done: false,
                hearing: vec![(now, Hearing::Ringing)],
            }),
        });
        log.leg_began(&handle);
        handle
    }

    pub(crate) fn sid(&self) -> &CallSid {
        &self.facts.sid
    }

    /// The address of the person at the leg.
    pub(crate) fn address(&self) -> Address {
        match self.facts.direction {
            Direction::Inbound => self.facts.from.clone(),
            _ => self.facts.to.clone(),
        }
    }

    /// Whether it hears this leg at present.
    pub(crate) fn hears_leg(&self, sid: &CallSid) -> bool {
        let state = self.state();
        matches!(state.hearing.last(), Some((_, Hearing::People(legs))) if legs.contains(sid))
            && state.ended.is_none()
    }

    /// Tells the leg something; what is over hears nothing.
    pub(crate) fn signal(&self, signal: Signal) {
        let _ = self.inbox.send(signal);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, LegState> {
        lock(&self.state)
    }

    /// Whether it is neither over nor yet to begin.
    pub(crate) fn is_live(&self) -> bool {
        self.state().ended.is_none()
    }

    /// Who dialled it has no more to do with it.
    pub(crate) fn set_done(&self) {
        self.state().is_done = true;
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state().is_done
    }

    /// Writes into the story what the person at this leg does or meets.
    pub(crate) fn does(&self, what: What) {
        self.log.add(self.party.clone(), what);
    }

    /// From now on the leg hears this.
    pub(crate) fn hears(&self, hearing: Hearing) {
        let now = self.clock.now();
        let mut state = self.state();
        if state.ended.is_some() {
            return;
        }
        match state.hearing.last_mut() {
            Some((_, last)) if *last == hearing => {}
            Some((since, last)) if *since == now => *last = hearing,
            _ => state.hearing.push((now, hearing)),
        }
    }

    /// What it has heard, piece by piece.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        let state = self.state();
        let end = state.ended.unwrap_or_else(|| self.clock.now());
        let untils = state.hearing.iter().skip(1).map(|(since, _)| *since).chain([end]);
        let mut pieces: Vec<Heard> = Vec::new();
        for ((since, hearing), until) in state.hearing.iter().zip(untils) {
            match pieces.last_mut() {
                Some(last) if last.what == *hearing => last.until = until,
                _ if since == &until => {}
                _ => pieces.push(Heard { from: *since, until, what: hearing.clone() }),
            }
        }
        pieces
    }
}

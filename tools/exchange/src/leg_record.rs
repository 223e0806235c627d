//! What is remembered of a leg: who it is, how it stands, and what it hears.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use phone::CallSid;

use crate::Address;
use crate::clock::{Clock, lock};
use crate::hearing::{Heard, Hearing};
use crate::leg_facts::{Direction, LegFacts};

/// A leg as it is remembered, while it goes on and when it is over.
pub(crate) struct LegRecord {
    pub(crate) facts: LegFacts,
    clock: Clock,
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

impl LegRecord {
    pub(crate) fn new(facts: LegFacts, clock: &Clock) -> Arc<Self> {
        let now = clock.now();
        let status = if facts.direction == Direction::Inbound { "ringing" } else { "queued" };
        Arc::new(Self {
            facts,
            clock: clock.clone(),
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
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, LegState> {
        lock(&self.state)
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

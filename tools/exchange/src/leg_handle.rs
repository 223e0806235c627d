//! A leg as everybody else holds it, and what legs tell each other.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use phone::CallSid;
use tokio::sync::mpsc;

use crate::Address;
use crate::clock::Clock;
use crate::leg_facts::LegFacts;
use crate::leg_record::LegRecord;
use crate::phones::Deed;
use crate::story::{Log, Party, What};
use crate::webhooks::Method;

/// What a leg is told by others.
#[derive(Debug)]
pub(crate) enum Signal {
    /// Do this instead of what you do.
    Move(Source),
    /// You are over.
    End(Ending),
    /// Tell this URL of how you stand from now on.
    Tell(String, Method),
    /// Ask this URL from now on when a document can't be had.
    FallBack(String, Method),
    /// You may last so long from now on.
    Limit(Duration),
    /// The person at you does this.
    Does(Deed),
    /// Somebody whom you can hear says this.
    Hears(Address, String),
    /// A leg that you dialled, by the number of the dial and its place there.
    Dialled(u64, usize, LegReport),
    /// You are connected from now on.
    Bridge(Bridge),
    /// The other side of this bridge is no longer there.
    PeerLeft(u64, PeerLeft),
    /// The call to our own number behind you.
    FarEnd(FarEnd),
    /// The stream that you are handed to is over.
    StreamOver(String),
    /// Your place in a room or queue has changed.
    Look,
}

impl Signal {
    /// Whether it counts for nobody but who waits for it.
    pub(crate) fn answers_a_wait(&self) -> bool {
        matches!(self, Self::Dialled(..) | Self::Bridge(_) | Self::PeerLeft(..) | Self::StreamOver(_))
    }
}

/// Where a document comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Url(String, Method),
    /// As text, in the REST API.
    Twiml(String),
}

/// Why a leg is ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By the REST API.
    Rest,
    /// Who dialled it wants it no longer.
    CalledOff,
    /// The leg whose far end it is is over: its caller is gone.
    FarEnd,
    /// It has lasted as long as it may.
    TimeLimit,
}

/// What became of a call to one of our own numbers, as the leg that leads there sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FarEnd {
    Answered,
    Ended,
}

/// What a dialled leg tells the one that dialled it.
#[derive(Debug)]
pub(crate) enum LegReport {
    /// Somebody picked up.
    Answered,
    /// Somebody picked up and wants the call.
    Ready,
    /// It is over without a conversation, or after it.
    Ended(Ended),
    /// It is no longer this dial's: it runs a document of its own.
    Moved,
}

/// How a leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// In Twilio's words.
    pub(crate) status: &'static str,
    pub(crate) sip_code: u16,
}

impl Ended {
    pub(crate) const COMPLETED: Self = Self { status: "completed", sip_code: 200 };
    pub(crate) const CANCELED: Self = Self { status: "canceled", sip_code: 487 };
    pub(crate) const NO_ANSWER: Self = Self { status: "no-answer", sip_code: 487 };
    pub(crate) const BUSY: Self = Self { status: "busy", sip_code: 486 };
}

/// Two legs are connected: what each holds of the other.
#[derive(Clone)]
pub(crate) struct Bridge {
    pub(crate) id: u64,
    pub(crate) peer: Arc<LegHandle>,
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Bridge {} with {}", self.id, self.peer.sid())
    }
}

/// Why the other side of a bridge is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeerLeft {
    HungUp,
    /// It runs a document of its own.
    Moved,
    /// The connection is over by its time limit, a key or the REST API.
    Ended,
}

/// What others hold of a leg: what is remembered of it, and how to tell it something. The leg itself is a task.
pub(crate) struct LegHandle {
    record: Arc<LegRecord>,
    pub(crate) log: Arc<Log>,
    /// How the story calls the person at this leg.
    pub(crate) party: Party,
    inbox: mpsc::UnboundedSender<Signal>,
}

impl LegHandle {
    pub(crate) fn new(
        facts: LegFacts,
        (log, party): (&Arc<Log>, Party),
        clock: &Clock,
        inbox: mpsc::UnboundedSender<Signal>,
    ) -> Arc<Self> {
        let record = LegRecord::new(facts, clock);
        log.leg_began(&record);
        Arc::new(Self { record, log: log.clone(), party, inbox })
    }

    pub(crate) fn facts(&self) -> &LegFacts {
        &self.record.facts
    }

    pub(crate) fn sid(&self) -> &CallSid {
        &self.record.facts.sid
    }

    /// Writes into the story what the person at this leg does or meets.
    pub(crate) fn does(&self, what: What) {
        self.log.add(self.party.clone(), what);
    }

    /// Tells the leg something; what is over hears nothing.
    pub(crate) fn signal(&self, signal: Signal) {
        let _ = self.inbox.send(signal);
    }
}

/// What is remembered of it.
impl Deref for LegHandle {
    type Target = LegRecord;

    fn deref(&self) -> &LegRecord {
        &self.record
    }
}

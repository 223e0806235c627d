//! A call that was forwarded, and of which no program has wanted anything yet.
//!
//! It has no log: how it is follows from what the tables have for every call. The first action gives it one, which
//! begins with the two being there, connected. Then they are where others in a call are who talk: in seats. They
//! need not be moved for that by an order of its own, for a place follows from who is there.

use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};

use crate::accept::{append, settle};
use crate::address::Address;
use crate::call::{Call, Cause, Direction, Place};
use crate::draft::Draft;
use crate::event::{Event, Happened, Source};
use crate::evidence::Evidence;
use crate::fold::begun;
use crate::ids::{CallId, ParticipantId};

/// Who called.
const CALLER: ParticipantId = ParticipantId(1);

/// The owner of the number, at whichever telephone.
const OWNER: ParticipantId = ParticipantId(2);

/// A forwarded call, as the tables have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    /// The caller's leg.
    pub call_sid: CallSid,
    /// The masked number that was called.
    pub number: PhoneNumber,
    /// Who calls.
    pub caller: Address,
    /// When the call came in.
    pub begun_at: Timestamp,
    /// How far the owner is.
    pub owner: Rung,
}

/// How far it is with the telephones that ring for a forwarded call. One of them gets it at most, so they are one
/// participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rung {
    /// They are to ring.
    Planned,
    /// It rings.
    Ringing,
    /// Somebody picked up, on this leg, and talks with the caller.
    Talks(CallSid),
    /// It is over.
    Over {
        /// Why the caller is not in the call any more.
        caller: Cause,
        /// Why the owner is not.
        owner: Cause,
        /// Since when.
        at: Timestamp,
    },
}

impl Plain {
    /// The call as programs see it before any of them wanted something. Its log is empty.
    pub fn seen(&self) -> Call {
        let (mut call, _) = self.told(self.begun_at);
        call.seq = 0;
        call
    }

    /// The call with a log, from which on programs steer it. Nobody has moved.
    pub fn promoted(&self, now: Timestamp) -> (Call, Vec<Event>) {
        self.told(now)
    }

    fn told(&self, now: Timestamp) -> (Call, Vec<Event>) {
        let id = CallId::of_incoming(&self.call_sid);
        let first = Event {
            seq: 1,
            at: self.begun_at,
            source: Source::Webhook,
            action: None,
            participant: None,
            operation_context: None,
            happened: Happened::Created {
                number: self.number.clone(),
                direction: Direction::Incoming,
                from: None,
            },
        };
        let mut call = begun(&id, &first).unwrap_or_else(|| unreachable!("it is a beginning"));
        let mut events = vec![first];
        let mut happens = |participant, happened, at| {
            let draft = Draft { action: None, participant: Some(participant), happened };
            append(&mut call, &mut events, Source::Rest, at, None, [draft]);
        };
        happens(CALLER, Happened::Planned { address: self.caller.clone() }, now);
        happens(CALLER, Happened::Dialing { call_sid: self.call_sid.clone() }, now);
        happens(CALLER, Happened::Ringing, now);
        happens(OWNER, Happened::Planned { address: Address::Owner }, now);
        let evidence = Evidence::LookedUp;
        let left = |cause| Happened::Left { cause, evidence, provider_code: None, to: None };
        let mut settled_at = now;
        match &self.owner {
            Rung::Planned => {}
            Rung::Ringing => happens(OWNER, Happened::Ringing, now),
            Rung::Talks(leg) => {
                happens(OWNER, Happened::Dialing { call_sid: leg.clone() }, now);
                for id in [CALLER, OWNER] {
                    happens(id, Happened::Answered { answered_by: None, evidence }, now);
                }
                for id in [CALLER, OWNER] {
                    happens(id, Happened::Moved { place: Place::Bridge, version: 0 }, now);
                }
            }
            Rung::Over { caller, owner, at } => {
                happens(OWNER, left(*owner), *at);
                happens(CALLER, left(*caller), *at);
                settled_at = *at;
            }
        }
        settle(&mut call, &mut events, Source::Rest, settled_at);
        (call, events)
    }
}

//! A participant goes over from one call into another: moved there, or transferred out of a group to somebody who is
//! called in a new call. The leg at Twilio stays the same.
//!
//! Two rows and two logs change, and whoever writes may die between any two writes. So:
//!
//! - **Whose the leg is changes in one transaction** over both calls: the old log gets `participant.left`, the new one
//!   `participant.joined`. Before it the leg is the old call's, behind it the new one's; at no time it is both's, or
//!   nobody's. Who hung up, or was removed, in the old call before it is not handed over: the transaction names the
//!   revisions of both.
//! - **All else is a message, and the row of its sender says that it is due** until the sender has noted that it was
//!   taken in. It may be told twice, for who has taken it in before adds nothing to its log: an action ends once. It is
//!   not lost with a worker, for what is due is found by the schedule.
//!
//! ```text
//! transfer   old: action.queued ┐ one transaction                ┌ old: participant.left ┐ one transaction,
//!            new: call.created  ┘   new: whom it calls picks up ─┤ new: participant.joined ┘ due in the new row
//!                                                                └ new: participant.moved ── due there: old: action ends
//!            nobody picks up:       new: call.ended ── due in the new row: old: action.failed
//!            not wanted any more:   old: canceled, or left ── due in the old row: new: ends; as above
//! move       old: action.queued, participant.left ┐ one transaction
//!            new: participant.joined              ┘   then as above
//! ```
//!
//! Twilio goes on to ask at the addresses of the old call, and to report there, for as long as the leg lives: the old
//! participant says [where they went](Destination), and whoever is asked looks there. What the old call itself still
//! asks of Twilio about the leg, because a request was under way, leads it to such an address at worst.

use crate::accept::{Accepted, Asked, MOST_PARTICIPANTS, accept, append, begin, settle};
use crate::arrivals::has_come;
use crate::call::{Call, CallState, Cause, Participant};
use crate::command::{Command, Create, Who};
use crate::draft::Draft;
use crate::event::{Event, Happened, Source};
use crate::evidence::Evidence;
use crate::follow::why_nobody_is_there;
use crate::going_over::{Destination, Origin, Owed, WentOver};
use crate::ids::{ActionId, CallId, ParticipantId};
use crate::news::News;
use crate::problem::{Code, Problem};
use jiff::Timestamp;

/// How long a call may go on that came out of one that has no limit of its own, in seconds.
const LIMIT_SECONDS: u32 = 4 * 3600;

/// The action by which the new call of a transfer calls somebody.
const CREATES: ActionId = ActionId(1);

/// A call that somebody is transferred to, and the one out of which they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Transferred {
    /// The old call.
    pub old: Accepted,
    /// The new call.
    pub new: Call,
    /// What its log gets.
    pub events: Vec<Event>,
}

/// Somebody who was moved, in both calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The call that they left.
    pub from: Accepted,
    /// The other one, as it is then.
    pub to: Call,
    /// What its log gets.
    pub events: Vec<Event>,
}

impl Call {
    /// What others have to know of it: in which call, and what they hear.
    pub fn owes(&self) -> Vec<(Owed, CallId, News)> {
        let came = self.participants.iter().filter_map(|(id, it)| {
            let origin = it.came_from.as_ref()?;
            Some((Owed::Came(*id), origin.from_call.clone(), went_over(origin, arrival(it)?)))
        });
        let nobody_came = self.origin.iter().filter_map(|origin| {
            let ended = (self.is_empty() && !has_come(self, origin)).then(|| nobody_came(self))?;
            Some((Owed::NobodyCame, origin.from_call.clone(), went_over(origin, ended)))
        });
        let nobody_goes = self.handovers.iter().filter(|(_, it)| it.called_off);
        let nobody_goes = nobody_goes.map(|(action, it)| {
            (Owed::NobodyGoes(*action), it.to.clone(), News::NobodyGoes { action: *action })
        });
        came.chain(nobody_came).chain(nobody_goes).collect()
    }
}

fn went_over(origin: &Origin, ended: WentOver) -> News {
    News::WentOver { action: origin.from_action, ended }
}

/// How it ended that somebody came, if it has: they are here as soon as Twilio has asked here.
fn arrival(it: &Participant) -> Option<WentOver> {
    if it.version > 0 {
        return Some(WentOver::Arrived);
    }
    let left = || Problem::new(Code::ParticipantLeft, "the participant left on the way");
    (!it.is_present()).then(|| WentOver::Failed(left()))
}

fn nobody_came(call: &Call) -> WentOver {
    if call.state == CallState::Ending || call.cause == Some(Cause::Ended) {
        return WentOver::CalledOff;
    }
    why_nobody_is_there(call, CREATES).map_or(WentOver::CalledOff, WentOver::Failed)
}

/// Accepts that somebody is transferred out of a group: in a new call somebody is called for them.
///
/// # Errors
/// A [`Problem`] says why not: nothing is changed then.
pub fn transfer_out(
    call: &Call,
    command: Command,
    new: &CallId,
    asked: &Asked,
    now: Timestamp,
) -> Result<Transferred, Problem> {
    let Command::Transfer { participant, add, to_call: _ } = command else {
        return Err(Problem::new(Code::InvalidRequest, "it transfers nobody"));
    };
    let create = Create {
        to: vec![add.to.clone()],
        who: Who::All,
        ring: add.ring.clone(),
        limit_seconds: if call.limit_seconds > 0 { call.limit_seconds } else { LIMIT_SECONDS },
        document: None,
    };
    let command = Command::Transfer { participant, add, to_call: Some(new.clone()) };
    let old = accept(call, command, asked, now)?;
    let origin =
        Origin { from_call: call.id.clone(), from_participant: participant, from_action: old.action };
    let context = asked.operation_context.clone().or_else(|| call.operation_context.clone());
    let asked = Asked { operation_context: context, callback: None };
    let begun = begin(new, &call.number, create, Some(origin), &asked, now);
    Ok(Transferred { old, new: begun.call, events: begun.events })
}

/// Accepts that somebody goes over into a call that goes on, and has them go.
///
/// # Errors
/// A [`Problem`] says why not: nothing is changed then.
pub fn move_over(
    from: &Call,
    to: &Call,
    command: Command,
    asked: &Asked,
    now: Timestamp,
) -> Result<Moved, Problem> {
    let problem = |code, cause: &str| Err(Problem::new(code, cause));
    if from.id == to.id {
        return problem(Code::InvalidRequest, "`to_call`: another call is expected");
    }
    let mut from = accept(from, command, asked, now)?;
    if to.shown_state() >= CallState::Ending {
        return problem(Code::CallEnded, "`to_call`: the call is over, or about to be");
    }
    if to.state < CallState::Active || !to.present().any(|(_, it)| it.is_there()) {
        return problem(Code::NotConnected, "`to_call`: nobody has picked up there");
    }
    if to.present().count() >= MOST_PARTICIPANTS {
        return problem(Code::CallFull, "`to_call`: 50 participants are in the call, or called for it");
    }
    let mut to = to.clone();
    let Some([left, joined]) = hand_over((&mut from.call, &mut to), from.action, Source::Api, now) else {
        return problem(Code::InvalidRequest, "it moves nobody");
    };
    from.events.extend(left);
    Ok(Moved { from, to, events: joined })
}

/// Has somebody leave one call and join the other, if that is still wanted, and they are there: what both logs get.
pub fn hand_over(
    (from, to): (&mut Call, &mut Call),
    action: ActionId,
    source: Source,
    now: Timestamp,
) -> Option<[Vec<Event>; 2]> {
    let participant = from.hands_over(action).filter(|it| it.to == to.id)?.participant;
    let is_transfer = from.actions.get(&action)?.command.adds().is_some();
    let it = from.participants.get(&participant)?;
    if !it.is_there() || it.wanted.gone.is_some() || to.shown_state() >= CallState::Ending {
        return None;
    }
    let joined = Happened::Joined {
        address: it.address.clone(),
        call_sid: it.call_sid.clone()?,
        answered_by: it.answered_by,
        from: Origin { from_call: from.id.clone(), from_participant: participant, from_action: action },
    };
    let next = ParticipantId(to.participants.keys().next_back().map_or(1, |last| last.0 + 1));
    let left = Happened::Left {
        cause: if is_transfer { Cause::Transferred } else { Cause::Moved },
        evidence: Evidence::HandedOver,
        provider_code: None,
        to: Some(Destination { to_call: to.id.clone(), to_participant: next }),
    };
    let mut events = [Vec::new(), Vec::new()];
    let left = Draft { action: Some(action), participant: Some(participant), happened: left };
    let joined = Draft { action: None, participant: Some(next), happened: joined };
    for ((call, events), draft) in [from, to].into_iter().zip(&mut events).zip([left, joined]) {
        append(call, events, source, now, None, [draft]);
        settle(call, events, source, now);
    }
    Some(events)
}

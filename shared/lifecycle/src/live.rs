//! What is to be done at Twilio about a live call: by its row and the time, whoever looks, and however often.
//!
//! A leg that is wanted is placed, and one that is not is ended. Placing is claimed first: nobody places a leg of
//! which somebody may have placed it already, without having looked for it at Twilio.

use domain::{Deed, DialOutcome, Effect, LegId, LegState, LiveCall, LiveLeg, NotReached, Stage};
use jiff::{SignedDuration, Timestamp};

/// How long a request to Twilio may take whose sender is alive. More than its client waits.
const REQUEST_TAKES: SignedDuration = SignedDuration::from_secs(10);

/// How long after a request without an answer Twilio's list is looked at: what it took is in it by then.
const LISTED_AFTER: SignedDuration = SignedDuration::from_secs(3);

/// How long to wait before the next try, by how many there were.
const TRIED_AGAIN_AFTER: [SignedDuration; 5] = [
    SignedDuration::from_millis(500),
    SignedDuration::from_secs(1),
    SignedDuration::from_secs(2),
    SignedDuration::from_secs(4),
    SignedDuration::from_secs(8),
];

/// How often a leg is ended in vain. It ends by itself: nobody answers, or whoever did says nothing.
const MOST_ENDINGS: u32 = 12;

/// How long after the end of all ringing a caller is asked for at Twilio who is still parked.
const LATE_FOR_A_STEP: SignedDuration = SignedDuration::from_secs(10);

/// How long after its beginning a call is asked for that did not end.
const LONG_FOR_A_CALL: SignedDuration = SignedDuration::from_hours(1);

/// How long after its beginning a call is over, whatever anybody says: Twilio ends it after a day at the latest.
const LONGEST_CALL: SignedDuration = SignedDuration::from_hours(25);

/// How often, then.
const ASKED_EVERY: SignedDuration = SignedDuration::from_mins(15);

/// What is wrong with who is called, whichever number is shown: no such number, none that the account may call.
/// Source: Twilio's error dictionary.
const NOT_TO_BE_CALLED: [u32; 13] =
    [13223, 13224, 13225, 13226, 13227, 21201, 21203, 21211, 21214, 21215, 21216, 21217, 21219];

/// What is to be done at once, each by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Claim the leg, and place it.
    Place(LegId),
    /// Somebody may have placed it: look for it at Twilio.
    LookUp(LegId),
    /// End it.
    End(LegId, HowToEnd),
    /// It should be over long since: ask Twilio for the caller's leg.
    AskForCaller,
    /// Tell the ledger of calls what became of it, and delete its queue.
    SumUp(Option<DialOutcome>),
}

/// How a leg is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowToEnd {
    /// Nobody has picked up, as far as is known. Twilio does it to no leg that was answered.
    Cancel,
    /// Somebody has, and is told why they don't get the caller: their leg ends behind that.
    Tell,
}

/// What is to be done about a live call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agenda {
    /// At once.
    pub now: Vec<Work>,
    /// When to look again; never, if nothing is to be done any more.
    pub next: Option<Timestamp>,
}

/// What to do about a leg that Twilio refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRefusal {
    /// It may be that it can't show the caller's number: it is placed with the masked one.
    ShowMasked,
    /// It has failed.
    Failed,
}

/// Decides what is to be done about a live call. `alive_at` is when Twilio last said that the caller is there.
pub fn agenda(call: &LiveCall, alive_at: Option<Timestamp>, now: Timestamp) -> Agenda {
    let mut agenda = Agenda { now: Vec::new(), next: None };
    if call.is_summed_up {
        return agenda;
    }
    if later(call.begun_at, LONGEST_CALL) <= now {
        agenda.now.push(Work::SumUp(outcome(call)));
        return agenda;
    }
    for (id, leg) in &call.legs {
        match of_leg(call, id, leg, now) {
            OfLeg::Now(work) => agenda.now.push(work),
            OfLeg::At(at) => agenda.next = Some(agenda.next.map_or(at, |next| next.min(at))),
            OfLeg::Nothing => {}
        }
    }
    if call.over_at.is_none() {
        let ask_at =
            should_be_over_at(call).max(alive_at.map_or(Timestamp::MIN, |at| later(at, ASKED_EVERY)));
        if ask_at <= now {
            agenda.now.push(Work::AskForCaller);
        } else {
            agenda.next = Some(agenda.next.map_or(ask_at, |next| next.min(ask_at)));
        }
    } else if agenda.now.is_empty() && agenda.next.is_none() {
        agenda.now.push(Work::SumUp(outcome(call)));
    }
    agenda
}

enum OfLeg {
    Now(Work),
    At(Timestamp),
    Nothing,
}

fn of_leg(call: &LiveCall, id: &LegId, leg: &LiveLeg, now: Timestamp) -> OfLeg {
    // Whoever said no, or was too late, is told so, and the leg ends by itself.
    if leg.state.is_lost() {
        return OfLeg::Nothing;
    }
    let is_wanted = call.wants(id);
    match leg.placing {
        // Whoever knows its name knows that it is there, whatever Twilio answered.
        Effect::Claimed { .. } | Effect::Pending { .. } if leg.call_sid.is_some() => {}
        Effect::Claimed { until, .. } if until <= now => return OfLeg::Now(Work::LookUp(id.clone())),
        Effect::Claimed { until, .. } => return OfLeg::At(until),
        Effect::Pending { not_before, .. } => {
            let at = not_before.max(leg.not_before);
            return match (is_wanted && call.is_hunting(), placed_before(call)) {
                (true, Some(end)) if at <= now && now < end => OfLeg::Now(Work::Place(id.clone())),
                (true, Some(end)) if now < at && at < end => OfLeg::At(at),
                // Not any more: nothing has been done that would have to be undone.
                _ => OfLeg::Nothing,
            };
        }
        Effect::GivenUp => return OfLeg::Nothing,
        Effect::Done => {}
    }
    if is_wanted || leg.call_sid.is_none() {
        return OfLeg::Nothing;
    }
    let Some(how) = how_to_end(call, leg.state) else { return OfLeg::Nothing };
    match leg.ending {
        Effect::Done | Effect::GivenUp => OfLeg::Nothing,
        // To end it twice does no harm.
        Effect::Pending { not_before: at, .. } | Effect::Claimed { until: at, .. } if at <= now => {
            OfLeg::Now(Work::End(id.clone(), how))
        }
        Effect::Pending { not_before: at, .. } | Effect::Claimed { until: at, .. } => OfLeg::At(at),
    }
}

/// None where it ends by itself: who said something is told what came of it; and who has picked up is still asked
/// in the next step, and may have the caller.
fn how_to_end(call: &LiveCall, state: LegState) -> Option<HowToEnd> {
    match state {
        LegState::Declined | LegState::ToVoicemail | LegState::TooLate => None,
        LegState::Answered if call.is_hunting() => None,
        LegState::Answered | LegState::Accepted => Some(HowToEnd::Tell),
        _ => Some(HowToEnd::Cancel),
    }
}

/// When the step ends whose legs are placed now: none of them begins to ring later.
fn placed_before(call: &LiveCall) -> Option<Timestamp> {
    match call.course.stage {
        Stage::Hunt { until, .. } => Timestamp::from_second(until).ok(),
        _ => None,
    }
}

/// For how long a leg rings that is placed now, in seconds: not longer than its step goes on. Five are the least that
/// Twilio takes.
pub fn rings_for(call: &LiveCall, leg: &LiveLeg, now: Timestamp) -> u16 {
    let left = placed_before(call).map_or(0, |end| end.duration_since(now).as_secs());
    leg.seconds.min(u16::try_from(left).unwrap_or(u16::MAX).max(5))
}

/// After which nobody told of the end of a call that must have ended, or may have.
fn should_be_over_at(call: &LiveCall) -> Timestamp {
    match (&call.winner, &call.course.stage) {
        (None, Stage::Hunt { ends, .. }) => {
            Timestamp::from_second(*ends).map_or(Timestamp::MAX, |ends| later(ends, LATE_FOR_A_STEP))
        }
        _ => later(call.begun_at, LONG_FOR_A_CALL),
    }
}

/// What an effect is while somebody is at it, from now on.
pub fn claim(effect: Effect, now: Timestamp) -> Effect {
    Effect::Claimed { attempts: attempts(effect).saturating_add(1), until: later(now, REQUEST_TAKES) }
}

/// What a claimed effect is after Twilio did not answer, and may have done it.
pub fn unanswered(claimed: Effect, now: Timestamp) -> Effect {
    Effect::Claimed { attempts: attempts(claimed), until: later(now, LISTED_AFTER) }
}

/// What a claimed effect is after Twilio surely did not do it.
pub fn undone(deed: Deed, claimed: Effect, now: Timestamp) -> Effect {
    let attempts = attempts(claimed);
    if deed == Deed::Ending && attempts >= MOST_ENDINGS {
        return Effect::GivenUp;
    }
    let tried = usize::try_from(attempts).unwrap_or(usize::MAX).clamp(1, TRIED_AGAIN_AFTER.len());
    Effect::Pending { attempts, not_before: later(now, TRIED_AGAIN_AFTER[tried - 1]) }
}

/// Since when a leg may have been placed by whoever claimed it.
pub fn claimed_since(claimed: Effect) -> Option<Timestamp> {
    match claimed {
        Effect::Claimed { until, .. } => until.checked_sub(REQUEST_TAKES).ok(),
        Effect::Pending { .. } | Effect::Done | Effect::GivenUp => None,
    }
}

/// What to do about a leg that Twilio refused with that code.
pub fn after_refusal(leg: &LiveLeg, code: u32) -> AfterRefusal {
    if leg.shows_caller && !NOT_TO_BE_CALLED.contains(&code) {
        AfterRefusal::ShowMasked
    } else {
        AfterRefusal::Failed
    }
}

/// What became of a call's legs, in a word for the ledger of calls; none where none was to ring.
pub fn outcome(call: &LiveCall) -> Option<DialOutcome> {
    let states: Vec<LegState> = call.legs.values().map(|leg| leg.state).collect();
    let said_no = [LegState::Declined, LegState::ToVoicemail, LegState::NotAPerson];
    let all = |state| states.iter().all(|it| *it == state);
    Some(match () {
        () if states.is_empty() => return None,
        () if call.winner.is_some() => DialOutcome::Conversation,
        // Who hangs up while it rings is still where it rang.
        () if matches!(call.course.stage, Stage::Hunt { .. }) => DialOutcome::CallerGone,
        () if states.iter().any(|state| said_no.contains(state)) => {
            DialOutcome::NotReached(NotReached::Declined)
        }
        () if all(LegState::Busy) => DialOutcome::NotReached(NotReached::Busy),
        () if all(LegState::Failed) => DialOutcome::NotReached(NotReached::Failed),
        () => DialOutcome::NotReached(NotReached::NoAnswer),
    })
}

fn attempts(effect: Effect) -> u32 {
    match effect {
        Effect::Pending { attempts, .. } | Effect::Claimed { attempts, .. } => attempts,
        Effect::Done | Effect::GivenUp => 0,
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;

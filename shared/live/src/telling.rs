//! What a program is told of a call: which event next, when, and what becomes of those that it does not take.
//!
//! Each call has a log of events without gaps, and each endpoint that is told of it a [`Delivery`], whose cursor
//! stands at the last event that it has taken. An event is told until it is taken, and none overtakes another: an
//! endpoint that is not there holds up its own events alone. What it has not taken for a day is given up, and the
//! next event that it takes names what it missed. So nothing is lost: it is told, or it is named.
//!
//! Whoever tells has claimed that first, and writes down after each event how far it got. Whoever finds it claimed
//! goes: the one who has the claim looks at the log once more after having given it back.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::cloud_event::{Beside, Gap};
use crate::event::{Event, Happened};
use crate::ids::ActionId;
use crate::later::later;

/// How long an endpoint may take to answer.
pub const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_secs(10);

/// How long a claim holds: longer than whoever has it may need for one event.
pub const CLAIM_HOLDS: SignedDuration = SignedDuration::from_secs(20);

/// How long to wait after each try in vain. Who steers a call wants its events in seconds; the rest is for the log.
const TRIED_AGAIN_AFTER: [SignedDuration; 9] = [
    SignedDuration::from_secs(1),
    SignedDuration::from_secs(3),
    SignedDuration::from_secs(10),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
];

/// How long an event is tried. The last try is just then.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// What is told so long after it happened is marked: nobody steers a call by it any more.
const LATE_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// How often a call that goes on is looked at, whether or not anybody said that there is something to tell.
const LOOKED_AT_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// So many events of others are passed over before that is written down by itself.
const MOST_PASSED_OVER: u64 = 25;

/// Which events of a call an endpoint is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tells {
    /// All but those of actions that name another endpoint.
    Call,
    /// Those of the actions that name it.
    Actions,
}

/// How far the events of a call were told to an endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The endpoint's address.
    pub url: String,
    /// The API key whose program it is: its secret signs.
    pub key: String,
    /// Which events it is told.
    pub tells: Tells,
    /// The actions, as far as the log was read, that name an endpoint: those that name it, if it is told of nothing
    /// else; else those that name another.
    pub actions: BTreeSet<ActionId>,
    /// The number of the last event that was taken, passed over as another's, or given up.
    pub cursor: u64,
    /// How often the next one was told in vain.
    pub attempts: u32,
    /// When it was for the first time.
    pub first_failed_at: Option<Timestamp>,
    /// It is not told again before then.
    pub not_before: Option<Timestamp>,
    /// Until then somebody is telling it.
    pub claimed_until: Option<Timestamp>,
    /// Who claimed it last: a number drawn by chance. Whoever does not hear that it was written down that they did,
    /// knows by it.
    pub claimed_by: u64,
    /// What was given up, of which the endpoint does not know yet.
    pub gap: Option<Gap>,
    /// What was given up: the dead letters.
    pub dead: Vec<Gap>,
    /// When the endpoint said that it wants no more.
    pub disabled_at: Option<Timestamp>,
    /// Whether the end of the call is told, or passed over: then nothing more is expected.
    pub is_over: bool,
    /// When to look at it, whoever does or does not say that there is something to tell.
    #[serde(skip)]
    pub due: Option<Timestamp>,
    /// Counts the changes: each claim, and each time that one is given back.
    #[serde(skip)]
    pub revision: u32,
}

/// How it is with what an endpoint is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Everything that happened so far was told, or given up.
    Told,
    /// There is more to tell.
    Telling,
    /// It did not take an event, which is tried again.
    Trying,
    /// It wants no more.
    Disabled,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next<'a> {
    /// Tell this event, once it is claimed.
    Tell(&'a Event),
    /// Nothing yet: it is tried again then.
    NotBefore(Timestamp),
    /// Nothing: somebody else is telling, until then at the latest.
    Claimed(Timestamp),
    /// Nothing: everything was told.
    Told,
    /// Nothing: the endpoint wants no more.
    Disabled,
}

/// What an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has taken the event.
    Taken,
    /// It is not there any more, and does not want to be asked again.
    Gone,
    /// It has not taken it, or nobody knows.
    NotTaken {
        /// For how long it wants to be left alone.
        retry_after: Option<SignedDuration>,
    },
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The next event.
    GoesOn,
    /// The same event, then.
    Again(Timestamp),
    /// Nothing that is in the log now: it is to be [given up](Delivery::give_up).
    GivesUp,
    /// Nothing any more.
    Stops,
}

/// Without its address, in which there may be a secret.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("key", &self.key)
            .field("tells", &self.tells)
            .field("cursor", &self.cursor)
            .field("attempts", &self.attempts)
            .field("not_before", &self.not_before)
            .field("claimed_until", &self.claimed_until)
            .field("dead", &self.dead)
            .field("disabled_at", &self.disabled_at)
            .field("is_over", &self.is_over)
            .field("due", &self.due)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// By the status of HTTP. A redirect is none that takes anything.
    pub fn of_status(status: u16, retry_after: Option<SignedDuration>) -> Self {
        match status {
            200..300 => Self::Taken,
            410 => Self::Gone,
            _ => Self::NotTaken { retry_after },
        }
    }
}

impl Delivery {
    /// That of an endpoint that is told everything after the event of this number. It is known what to do about it
    /// from the next event on.
    pub fn new(url: String, key: String, tells: Tells, cursor: u64, now: Timestamp) -> Self {
        Self {
            url,
            key,
            tells,
            actions: BTreeSet::new(),
            cursor,
            attempts: 0,
            first_failed_at: None,
            not_before: None,
            claimed_until: None,
            claimed_by: 0,
            gap: None,
            dead: Vec::new(),
            disabled_at: None,
            is_over: false,
            due: Some(later(now, LOOKED_AT_EVERY)),
            revision: 0,
        }
    }

    /// What is to be done, by the events of the log that follow the cursor. Those of others are passed over.
    pub fn next<'a>(&mut self, log: &'a [Event], now: Timestamp) -> Next<'a> {
        if self.disabled_at.is_some() {
            return Next::Disabled;
        }
        if let Some(until) = self.claimed_until.filter(|until| *until > now) {
            return Next::Claimed(until);
        }
        if let Some(at) = self.not_before.filter(|at| *at > now) {
            return Next::NotBefore(at);
        }
        self.next_own(log).map_or(Next::Told, Next::Tell)
    }

    /// The next event that is to be told here. What is missing in between is not written yet.
    pub fn next_own<'a>(&mut self, log: &'a [Event]) -> Option<&'a Event> {
        let cursor = self.cursor;
        for event in log.iter().skip_while(|event| event.seq <= cursor) {
            if event.seq != self.cursor + 1 {
                return None;
            }
            if self.is_told(event) {
                return Some(event);
            }
            self.passed(event);
        }
        None
    }

    /// Whether an event is told here.
    fn is_told(&self, event: &Event) -> bool {
        let names_it = match (&event.happened, event.action) {
            (Happened::Queued { callback: Some(callback), .. }, _) => Some(*callback == self.url),
            (_, Some(action)) => self.actions.contains(&action).then_some(self.tells == Tells::Actions),
            _ => None,
        };
        names_it.unwrap_or(self.tells == Tells::Call)
    }

    /// The cursor is behind an event.
    fn passed(&mut self, event: &Event) {
        if let (Happened::Queued { callback: Some(callback), .. }, Some(action)) =
            (&event.happened, event.action)
            && (*callback == self.url) == (self.tells == Tells::Actions)
        {
            self.actions.insert(action);
        }
        self.is_over |= matches!(event.happened, Happened::Ended { .. });
        self.cursor = event.seq;
    }

    /// It is claimed, to be told now.
    pub fn claim(&mut self, by: u64, now: Timestamp) {
        self.revision += 1;
        self.claimed_by = by;
        let until = later(now, CLAIM_HOLDS);
        self.claimed_until = Some(until);
        // Whoever claims it may die; mostly somebody looks at it anyway before long.
        if self.due.is_none_or(|due| due <= now) {
            self.due = Some(until);
        }
    }

    /// The claim is given back.
    pub fn release(&mut self, now: Timestamp) {
        self.revision += 1;
        self.claimed_until = None;
        self.settle(now);
    }

    /// What is said beside an event that is told now.
    pub fn beside(&self, event: &Event, now: Timestamp) -> Beside {
        Beside { late: now.duration_since(event.at) > LATE_AFTER, gap: self.gap }
    }

    /// What follows from the answer to an event. `jitter` is drawn by chance: so not all come back at once that
    /// failed together.
    pub fn answered(&mut self, event: &Event, answer: Answer, jitter: u8, now: Timestamp) -> Then {
        match answer {
            Answer::Taken => {
                self.passed(event);
                self.gap = None;
                self.is_well();
                Then::GoesOn
            }
            Answer::Gone => {
                self.disabled_at = Some(now);
                self.is_well();
                Then::Stops
            }
            Answer::NotTaken { retry_after } => {
                let given_up_at = later(*self.first_failed_at.get_or_insert(now), GIVEN_UP_AFTER);
                if now >= given_up_at {
                    return Then::GivesUp;
                }
                let wait = wait(self.attempts, jitter).max(retry_after.unwrap_or_default());
                let at = later(now, wait).min(given_up_at);
                self.attempts = self.attempts.saturating_add(1);
                self.not_before = Some(at);
                Then::Again(at)
            }
        }
    }

    /// Gives up what is in the log, of which this is a piece. The next event that the endpoint takes names it.
    pub fn give_up(&mut self, log: &[Event]) {
        while let Some(event) = self.next_own(log) {
            let gap = Gap { from: self.gap.map_or(event.seq, |gap| gap.from), to: event.seq };
            // What is not named yet is one with what follows.
            if self.gap.is_some() {
                self.dead.pop();
            }
            self.dead.push(gap);
            self.gap = Some(gap);
            self.passed(event);
        }
        self.is_well();
    }

    /// All events after this one are told again, in their order, whatever became of them; without one, those that were
    /// given up and what follows them, or what an endpoint has not heard of that wanted no more. Whoever is telling it
    /// at this moment does not know, and ends.
    pub fn redeliver(&mut self, after: Option<u64>, now: Timestamp) {
        let given_up = self.dead.iter().map(|gap| gap.from - 1).min();
        let after = after.or(given_up).unwrap_or(self.cursor).min(self.cursor);
        self.revision += 1;
        self.cursor = after;
        self.dead.retain_mut(|gap| {
            gap.to = gap.to.min(after);
            gap.from <= gap.to
        });
        self.gap = None;
        self.disabled_at = None;
        self.is_over = false;
        self.is_well();
        self.due = Some(self.claimed_until.filter(|until| *until > now).unwrap_or(now));
    }

    /// How it is, in a word.
    pub fn state(&self, last: u64) -> DeliveryState {
        if self.disabled_at.is_some() {
            DeliveryState::Disabled
        } else if self.first_failed_at.is_some() {
            DeliveryState::Trying
        } else if self.cursor < last {
            DeliveryState::Telling
        } else {
            DeliveryState::Told
        }
    }

    fn is_well(&mut self) {
        self.attempts = 0;
        self.first_failed_at = None;
        self.not_before = None;
    }

    /// Decides when to look at it. Where nothing presses it stays as it is: each change of that is paid for.
    fn settle(&mut self, now: Timestamp) {
        let soon = SignedDuration::from_mins(1);
        self.due = if self.disabled_at.is_some() {
            None
        } else if let Some(at) = self.not_before {
            Some(at)
        } else if self.is_over {
            None
        } else {
            let kept = self.due.filter(|due| later(now, soon) < *due && *due <= later(now, LOOKED_AT_EVERY));
            Some(kept.unwrap_or_else(|| later(now, LOOKED_AT_EVERY)))
        };
    }

    /// What to write down where there was nothing to tell; nothing, if that can wait. `self` is as it was read,
    /// `then` has passed over what is others'.
    pub fn worth_writing(&self, mut then: Self, now: Timestamp) -> Option<Self> {
        then.release(now);
        let is_far = then.cursor - self.cursor >= MOST_PASSED_OVER;
        let is_due = self.due.is_some_and(|due| due <= now);
        (is_far || is_due || then.is_over != self.is_over).then_some(then)
    }
}

/// How long to wait after so many tries in vain, and one more: up to a fifth longer, by chance.
fn wait(attempts: u32, jitter: u8) -> SignedDuration {
    let place = usize::try_from(attempts).unwrap_or(usize::MAX).min(TRIED_AGAIN_AFTER.len() - 1);
    let wait = TRIED_AGAIN_AFTER[place];
    wait + wait / 5 * i32::from(jitter) / 255
}

#[cfg(test)]
mod tests;

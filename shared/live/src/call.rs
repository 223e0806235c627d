//! A call, and who is in it: what its log of events comes to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use phone::{CallSid, PhoneNumber};
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::command::{Command, Document, Refusal, Role};
use crate::evidence::Evidence;
use crate::feed::{Feed, FeedWish};
use crate::going_over::{Destination, Handover, Origin};
use crate::ids::{ActionId, CallId, ParticipantId};
use crate::record::{Recording, Wish};

/// A call that programs may steer. It is the [fold](crate::fold()) of its [events](crate::Event): nothing of it is
/// known that is not in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What it is called.
    pub id: CallId,
    /// The number of ours that was called, or is shown.
    #[serde(with = "crate::written::number")]
    pub number: PhoneNumber,
    /// Who began it.
    pub direction: Direction,
    /// What the program calls it: given back with each of its events.
    pub operation_context: Option<String>,
    /// How far it is.
    pub state: CallState,
    /// Everybody who is in it, is called for it, or was in it.
    pub participants: BTreeMap<ParticipantId, Participant>,
    /// The commands that have not ended yet.
    pub actions: BTreeMap<ActionId, Action>,
    /// How many actions there were.
    pub actions_made: u32,
    /// The number of the last event.
    pub seq: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When the first participant was there.
    pub connected_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// What the first who picks up hears, until something else is wanted.
    pub document: Option<Document>,
    /// How long it may last at most, in seconds.
    pub limit_seconds: u32,
    /// Whether two of them ever talked: then the last one has nobody to wait for.
    pub was_together: bool,
    /// Those who are consulted, by the action.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consults: BTreeMap<ActionId, Consult>,
    /// Out of which call it came, of one to which somebody is transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Who is to go over into other calls, or went, by the action.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub handovers: BTreeMap<ActionId, Handover>,
    /// What was decided about it when it came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Whether it is too late to reject it.
    #[serde(default)]
    pub rings_on: bool,
    /// What is to be recorded, by the actions that have not ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wishes: BTreeMap<ActionId, Wish>,
    /// Since when the two who were connected before any program wanted anything are not any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridge_ended_at: Option<Timestamp>,
    /// What is recorded, or was, in the order in which it began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recordings: Vec<Recording>,
    /// Whose sound or words are to go out, by the actions that have not ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub feed_wishes: BTreeMap<ActionId, FeedWish>,
    /// What goes out, or did, in the order in which it began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<Feed>,
}

/// Somebody is talked to before a call is handed over to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consult {
    /// Who talks to them.
    pub by: ParticipantId,
    /// Who waits meanwhile.
    pub waiting: Vec<ParticipantId>,
}

/// What a program decided about a call that came in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is picked up.
    Answer,
    /// It is refused.
    Reject(Refusal),
    /// It is put through to a telephone.
    Redirect {
        /// Which.
        #[serde(with = "crate::written::number")]
        to: PhoneNumber,
        /// For how long it rings, in seconds.
        ring_seconds: u16,
    },
}

/// How it stands with a call that came in, for whoever answers its caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Offer {
    /// Nobody has decided yet.
    Open,
    /// A program has.
    Decided(Decision),
    /// The number's phone file is to go on.
    PlanGoesOn,
    /// It is over.
    Over,
}

/// Who began a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody called one of our numbers.
    Incoming,
    /// A program had somebody called.
    Outgoing,
}

/// How far a call is. Only forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Somebody calls, and nobody has picked up.
    Incoming,
    /// Somebody is called, and nobody is there yet.
    Dialing,
    /// Somebody is there.
    Active,
    /// It is being ended.
    Ending,
    /// It is over.
    Ended,
}

/// Somebody in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    /// Whom, or what.
    pub address: Address,
    /// How far they are.
    pub state: ParticipantState,
    /// Where they are, as far as is proved.
    pub place: Option<Place>,
    /// Whether they are not heard, as far as is proved.
    pub muted: bool,
    /// Who picked up, as far as is known.
    pub answered_by: Option<AnsweredBy>,
    /// What proved that they picked up.
    pub answer_proved_by: Option<Evidence>,
    /// Whether something has picked up of which it is to be proved that it is a person, or which hears something first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_screened: bool,
    /// When they picked up, as far as we knew then.
    pub answered_at: Option<Timestamp>,
    /// When they left.
    pub left_at: Option<Timestamp>,
    /// Why they are not in the call any more.
    pub cause: Option<Cause>,
    /// Twilio's error code, where it refused to call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u32>,
    /// Where they come from, if they were in another call before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_from: Option<Origin>,
    /// Where they went, if their leg is in another call now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_to: Option<Destination>,
    /// Twilio's name for their leg, once it is known.
    #[serde(with = "crate::written::call_sid::some")]
    pub call_sid: Option<CallSid>,
    /// The action for which they were called; who called us was called for none.
    pub action: Option<ActionId>,
    /// What is wanted of them.
    pub wanted: Wanted,
    /// The version of what they hear, as far as is proved.
    pub version: u32,
    /// How many of their keys were told, and in which round of what they hear the last ones came.
    #[serde(default)]
    pub keys_heard: u32,
    #[serde(default)]
    pub keys_round: u16,
    /// Since when they are on hold, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_at: Option<Timestamp>,
    /// For how long they had been by the last reminder, in seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reminded_seconds: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_zero(seconds: &u32) -> bool {
    *seconds == 0
}

/// What is wanted of a participant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Where they are to be; none before they have picked up.
    pub place: Option<Place>,
    /// Counts what they are to hear: each change is another version.
    pub version: u32,
    /// Whether they are to wait.
    pub held: bool,
    /// What they are to hear while they wait.
    pub hold_document: Option<Document>,
    /// For how long they wait with whom nobody else is left, in seconds, where a program said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_alone_seconds: Option<u16>,
    /// Whether they are not to be heard.
    pub muted: bool,
    /// How they are to take part.
    #[serde(default)]
    pub role: Role,
    /// Who alone is to hear them, as long as that one is with the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coaches: Option<ParticipantId>,
    /// The actions that play something to them, or ask them: the first is heard, the others come after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<ActionId>,
    /// The action by which each of their keys is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listens: Option<ActionId>,
    /// Why they are to leave, if they are.
    pub gone: Option<Cause>,
}

/// Where a participant is who has picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Alone with what is played to them.
    Booth,
    /// The same, and on hold.
    Hold,
    /// With the others.
    Seat,
    /// Connected with one other, as Twilio did it before any program wanted anything of the call.
    Bridge,
}

/// How far a participant is. Only forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParticipantState {
    /// They are to be called.
    Planned,
    /// They are being called.
    Dialing,
    /// It rings there.
    Ringing,
    /// They picked up.
    Answered,
    /// They are not in the call any more, or never were.
    Left,
}

/// Who picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    /// A person, as it sounds.
    Human,
    /// A machine, as it sounds.
    Machine,
    /// A fax.
    Fax,
    /// Nobody can tell.
    Unknown,
}

/// A command that was accepted, and has not ended yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// What is to be done.
    pub command: Command,
    /// Whether it has begun.
    pub state: ActionState,
    /// What the program calls it: given back with each of its events.
    pub operation_context: Option<String>,
    /// When it was accepted.
    pub queued_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
}

/// Whether an open action has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// It is to be done.
    Queued,
    /// It is being done.
    Running,
}

/// Why a participant left, or a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// They hung up, or what they were to hear was over.
    HungUp,
    /// A command ended it.
    Ended,
    /// It was busy.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// It could not be routed, or was not taken.
    Failed,
    /// It was called off before anybody picked up.
    Canceled,
    /// A machine picked up, and a person was wanted.
    MachineAnswered,
    /// Somebody else was faster.
    TakenByAnother,
    /// They were the last.
    Alone,
    /// A program refused the call.
    Rejected,
    /// A program put the call through to a telephone.
    Redirected,
    /// The call goes on as the number's phone file says.
    Released,
    /// The call was handed over to somebody else.
    Transferred,
    /// They were moved into another call.
    Moved,
    /// Nothing proves what became of it.
    Unknown,
}

impl Wanted {
    /// They are on hold no more.
    pub(crate) fn waits_no_more(&mut self) {
        self.held = false;
        self.hold_document = None;
        self.held_alone_seconds = None;
    }
}

impl Participant {
    /// Whether they are called, or there.
    pub fn is_present(&self) -> bool {
        self.state != ParticipantState::Left
    }

    /// Whether they have picked up, and are there.
    pub fn is_there(&self) -> bool {
        self.state == ParticipantState::Answered
    }

    /// Whether their leg goes on, though it is not this call's any more.
    pub(crate) fn goes_on_elsewhere(&self) -> bool {
        self.went_to.is_some() || self.cause.or(self.wanted.gone) == Some(Cause::Released)
    }

    /// Whether they are there, and are to talk to others.
    fn talks(&self) -> bool {
        self.is_there()
            && self.wanted.gone.is_none()
            && !self.wanted.held
            && self.wanted.media.is_empty()
            && self.wanted.role == Role::Talk
    }

    /// Whether they are one of those who talk, and not one who listens to them.
    pub(crate) fn is_talker(&self) -> bool {
        self.wanted.role == Role::Talk
    }
}

impl Call {
    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.state == CallState::Ended
    }

    /// Whether everybody has left, and only recordings are waited for.
    pub fn is_empty(&self) -> bool {
        self.present().next().is_none()
    }

    /// How far it is, as programs see it: without anybody in it, it ends.
    pub fn shown_state(&self) -> CallState {
        if self.is_empty() { self.state.max(CallState::Ending) } else { self.state }
    }

    /// Whether nothing is wanted of it but what goes on beside it.
    pub fn is_idle(&self) -> bool {
        self.actions.values().all(|action| action.command.goes_on_beside())
    }

    /// Who called us, if somebody did.
    pub fn caller(&self) -> Option<(ParticipantId, &Participant)> {
        let caller = self.participants.iter().next().filter(|_| self.direction == Direction::Incoming);
        caller.map(|(id, it)| (*id, it))
    }

    /// How it stands with a call that came in.
    pub fn offer(&self) -> Offer {
        // Whoever asks as before is told where they are now.
        let here = self.caller().filter(|(_, it)| it.went_to.is_none());
        let gone = here.and_then(|(_, it)| it.cause.or(it.wanted.gone));
        let by_decision = match self.decision {
            Some(Decision::Reject(_)) => Some(Cause::Rejected),
            Some(Decision::Redirect { .. }) => Some(Cause::Redirected),
            Some(Decision::Answer) | None => None,
        };
        match (&self.decision, gone) {
            (_, Some(Cause::Released)) => Offer::PlanGoesOn,
            (Some(decision), gone) if gone.is_none() || gone == by_decision => {
                Offer::Decided(decision.clone())
            }
            (None, None) => Offer::Open,
            _ => Offer::Over,
        }
    }

    /// The participants that are called, or there.
    pub fn present(&self) -> impl Iterator<Item = (ParticipantId, &Participant)> {
        self.participants.iter().filter(|(_, it)| it.is_present()).map(|(id, it)| (*id, it))
    }

    /// The minutes of all who picked up, each begun one whole: as Twilio bills them.
    pub fn minutes(&self) -> u32 {
        let of_one = |it: &Participant| {
            let seconds = it.left_at?.duration_since(it.answered_at?).as_secs().max(1);
            u32::try_from((seconds + 59) / 60).ok()
        };
        self.participants.values().filter_map(of_one).fold(0, u32::saturating_add)
    }

    /// How many talk to others, or would.
    pub fn talking(&self) -> usize {
        self.participants.iter().filter(|(id, it)| it.talks() && !self.is_out_for_keys(**id)).count()
    }

    /// Where a participant is to be, by who else is there.
    pub(crate) fn place_for(&self, id: ParticipantId) -> Option<Place> {
        let it = self.participants.get(&id)?;
        if !it.is_there() || it.wanted.gone.is_some() {
            return None;
        }
        if !it.wanted.media.is_empty() {
            return Some(Place::Booth);
        }
        if it.wanted.held {
            return Some(Place::Hold);
        }
        let has_company = self.talking() > 1 && !self.is_out_for_keys(id);
        Some(if has_company { Place::Seat } else { Place::Booth })
    }
}

//! What is to be done at Twilio about a call: by how it is and the time, whoever looks, and however often.

use std::collections::{BTreeMap, BTreeSet};

use domain::Effect;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::call::{Action, Call, CallState, Cause, Offer, Participant, ParticipantState, Place};
use crate::command::Command;
use crate::evidence::Evidence;
use crate::feed::{Fed, FeedKind, FeedState, Said};
use crate::feeding;
use crate::follow::is_called;
use crate::going_over::Owed;
use crate::hold;
use crate::ids::{ActionId, ParticipantId};
use crate::later::later;
use crate::news::News;
use crate::record::{RecordingState, WhyLost};
use crate::recording::{ListedRecording, Turn, asked_for, turn};
use crate::screened::takes_longer;
use crate::words::InOrder;

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

/// How long after its ringing is over, or after it was to change, Twilio is asked about a leg of which nothing was
/// heard.
const LATE: SignedDuration = SignedDuration::from_secs(12);

/// How often somebody is led to the same place who does not come there: perhaps nothing of ours answers them, and
/// whatever they have instead, like a beep, is not to be taken from them again and again.
const LED_IN_VAIN: u8 = 3;

/// How often Twilio is asked whether somebody is still there: its reports may be lost.
const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// How long an action may take of which nothing is heard, beside ringing.
const TAKES_AT_MOST: SignedDuration = SignedDuration::from_secs(30);

/// How long whoever picks up may hear something first, and be asked whether a person is there.
const SCREENED_AT_MOST: SignedDuration = SignedDuration::from_mins(3);

/// How long something may be played, what comes before it included: as long as Twilio lets a call go on.
const MEDIA_TAKES_AT_MOST: SignedDuration = SignedDuration::from_hours(4);

/// How long a call that comes in is offered to programs at most: those who answer its caller take less.
const OFFERED_AT_MOST: SignedDuration = SignedDuration::from_secs(20);

/// How soon it is looked whether a recording has come along where its leg went.
const COMES_ALONG: SignedDuration = SignedDuration::from_secs(1);

/// How long a recording is asked for often, once it has ended: mostly it is ready in seconds.
const READY_SOON: SignedDuration = SignedDuration::from_secs(60);

/// How soon whoever was connected with somebody is to follow them elsewhere by themselves: mostly Twilio asks at once
/// what they are to hear.
const FOLLOWS: SignedDuration = SignedDuration::from_secs(1);

/// How long after Twilio was asked for a stream or a transcription something has to prove that it has begun: of a web
/// socket that nobody answers it says nothing.
const PROVED_WITHIN: SignedDuration = SignedDuration::from_secs(10);

/// How long after the end of a leg the last words of it are waited for.
const LAST_WORDS: SignedDuration = SignedDuration::from_secs(5);

/// How long a leg is looked for that nobody knows.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// How long a recording is looked for that may have begun, and that nobody knows: as nothing but Twilio's list tells
/// that it is ours, longer than Twilio's API is away.
const UNKNOWN_FOR: SignedDuration = SignedDuration::from_hours(6);

/// How far the requests to Twilio about a participant are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// That they are called.
    pub placing: Effect,
    /// Since when a leg may have been placed of which nobody knows.
    #[serde(default)]
    pub tried_at: Option<Timestamp>,
    /// That their leg ends.
    pub ending: Effect,
    /// That they ask for what they are to hear.
    pub leading: Effect,
    /// For which version of that.
    pub led: u32,
    /// How often they were led there by then, and were still elsewhere when Twilio was asked.
    #[serde(default)]
    pub led_in_vain: u8,
    /// That they are muted, or heard again.
    pub muting: Effect,
    /// When Twilio was last asked about their leg, or told of it.
    pub heard_at: Timestamp,
    /// That they are recorded, that this is paused, and that it ends.
    #[serde(default = "none_sent")]
    pub recording: Effect,
    /// Since when a recording may have begun of which nobody knows.
    #[serde(default)]
    pub recording_tried_at: Option<Timestamp>,
    /// When it was last looked at Twilio's list of what is recorded of their leg.
    #[serde(default)]
    pub recordings_at: Option<Timestamp>,
    /// That their sound goes out, and that this ends.
    #[serde(default = "none_sent")]
    pub streaming: Effect,
    /// That their words do, and that this ends.
    #[serde(default = "none_sent")]
    pub transcribing: Effect,
}

/// Of a row that was written before there were recordings, or feeds.
fn none_sent() -> Effect {
    Effect::Done
}

/// A call, with how far the requests about it are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Steered {
    /// The call.
    pub call: Call,
    /// By whom they are about.
    pub requests: BTreeMap<ParticipantId, Requests>,
    /// Whether its minutes are counted, once it is over.
    #[serde(default)]
    pub is_counted: bool,
    /// How far what Twilio tells of feeds has come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_order: Vec<InOrder>,
    /// What other calls were told that have to know of it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub told: BTreeSet<Owed>,
}

/// What is to be done at Twilio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Somebody is called.
    Place,
    /// Their leg ends: it rings.
    Cancel,
    /// Their leg ends: it was picked up.
    Complete,
    /// They are led to what they are to hear.
    Lead,
    /// They are muted, or heard again.
    Mute(bool),
    /// Their leg is recorded.
    Record,
    /// That is paused, or goes on.
    PauseRecording(bool),
    /// That ends.
    StopRecording,
    /// Their sound, or their words, go out.
    Feed(FeedKind),
    /// That ends.
    StopFeed(FeedKind),
}

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Claim it, and do it.
    Do(ParticipantId, Deed),
    /// Somebody may have called them: look for the leg.
    LookUp(ParticipantId),
    /// Nothing was heard of the leg for a while: ask Twilio.
    Ask(ParticipantId),
    /// Nothing was heard of the action for too long.
    Expire(ActionId),
    /// Nothing proves what became of the leg.
    Lose(ParticipantId),
    /// Look what Twilio has recorded of their leg.
    LookUpRecordings(ParticipantId),
    /// Nothing more will be heard of a recording, by its place in the call.
    LoseRecording(usize, WhyLost),
    /// Nothing more will be heard of a feed, by its place in the call.
    LoseFeed(usize),
    /// What is missing of what Twilio tells was waited for long enough.
    Release,
    /// Somebody has been on hold for so many seconds: tell the program.
    Remind(ParticipantId, u32),
    /// A caller is on hold, alone and forgotten: they go on without the program.
    GiveBack,
    /// Nobody has decided about a call that came in, and whoever answers its caller has not said that it goes on.
    PlanGoesOn,
    /// Whom somebody is transferred to is there: have them come out of the other call.
    TakeOver,
    /// Tell another call.
    Tell(Owed),
    /// It is over: count its minutes.
    Count,
}

/// What is to be done about a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agenda {
    /// At once.
    pub now: Vec<Work>,
    /// When to look again.
    pub next: Option<Timestamp>,
}

impl Deed {
    /// Whether it is about what is recorded, which goes beside all else.
    pub fn is_of_recording(self) -> bool {
        matches!(self, Self::Record | Self::PauseRecording(_) | Self::StopRecording)
    }

    /// Whether it is about what goes out of a leg, which goes beside all else, too.
    pub fn is_of_feed(self) -> bool {
        matches!(self, Self::Feed(_) | Self::StopFeed(_))
    }
}

impl Requests {
    /// None has been sent.
    pub fn new(now: Timestamp) -> Self {
        let pending = Effect::pending(now);
        Self {
            placing: pending,
            tried_at: None,
            ending: pending,
            leading: pending,
            led: 0,
            led_in_vain: 0,
            muting: pending,
            heard_at: now,
            recording: pending,
            recording_tried_at: None,
            recordings_at: None,
            streaming: pending,
            transcribing: pending,
        }
    }

    fn of_feed(&mut self, kind: FeedKind) -> &mut Effect {
        match kind {
            FeedKind::Stream => &mut self.streaming,
            FeedKind::Transcription => &mut self.transcribing,
        }
    }

    /// How far one is.
    fn of(&self, deed: Deed) -> Effect {
        match deed {
            Deed::Place => self.placing,
            Deed::Cancel | Deed::Complete => self.ending,
            Deed::Lead => self.leading,
            Deed::Mute(_) => self.muting,
            Deed::Record | Deed::PauseRecording(_) | Deed::StopRecording => self.recording,
            Deed::Feed(FeedKind::Stream) | Deed::StopFeed(FeedKind::Stream) => self.streaming,
            Deed::Feed(FeedKind::Transcription) | Deed::StopFeed(FeedKind::Transcription) => {
                self.transcribing
            }
        }
    }

    /// The same, for changing it.
    fn of_mut(&mut self, deed: Deed) -> &mut Effect {
        match deed {
            Deed::Place => &mut self.placing,
            Deed::Cancel | Deed::Complete => &mut self.ending,
            Deed::Lead => &mut self.leading,
            Deed::Mute(_) => &mut self.muting,
            Deed::Record | Deed::PauseRecording(_) | Deed::StopRecording => &mut self.recording,
            Deed::Feed(kind) | Deed::StopFeed(kind) => self.of_feed(kind),
        }
    }
}

impl Steered {
    /// A call that begins.
    pub fn new(call: Call, now: Timestamp) -> Self {
        let mut it = Self {
            call,
            requests: BTreeMap::new(),
            is_counted: false,
            in_order: Vec::new(),
            told: BTreeSet::new(),
        };
        it.note(now);
        it
    }

    /// Claims what is to be done about somebody; tells how that request stands then.
    pub fn claims(&mut self, id: ParticipantId, deed: Deed, now: Timestamp) -> Option<Effect> {
        let requests = self.requests.get_mut(&id)?;
        if deed == Deed::Place {
            requests.tried_at = Some(now);
        }
        if deed == Deed::Record && self.call.recording_of(id).is_none() {
            requests.recording_tried_at = Some(now);
        }
        let effect = requests.of_mut(deed);
        *effect = claim(*effect, now);
        Some(*effect)
    }

    /// Takes note that Twilio was asked about somebody's leg, and of what it said. A leg that goes on was not ended, or
    /// led, by whatever was done for that: it is done again, the latter not forever.
    pub fn asked(&mut self, id: ParticipantId, said: Option<&News>, now: Timestamp) {
        let Some(requests) = self.requests.get_mut(&id) else { return };
        let is_led = self.call.participants.get(&id).is_some_and(is_to_be_led);
        requests.heard_at = now;
        if matches!(said, Some(News::Leg { state, .. }) if !state.is_over()) {
            if requests.ending.is_settled() {
                requests.ending = Effect::pending(now);
            }
            if requests.leading.is_settled() && is_led {
                requests.led_in_vain = requests.led_in_vain.saturating_add(1);
                if requests.led_in_vain < LED_IN_VAIN {
                    requests.leading = Effect::pending(now);
                }
            }
        }
    }

    /// For which action a leg is to be recorded, if it is not yet.
    pub fn records_for(&self, id: ParticipantId) -> Option<ActionId> {
        match turn(&self.call, id) {
            Some(Turn::Start(action)) => Some(action),
            _ => None,
        }
    }

    /// For which action a feed of a leg is to begin, if it was not asked for yet.
    pub fn feeds_for(&self, id: ParticipantId, kind: FeedKind) -> Option<ActionId> {
        match feeding::turn(&self.call, id, kind) {
            Some(feeding::Turn::Start(action)) => Some(action),
            _ => None,
        }
    }

    /// Whether Twilio has said that it takes what it was asked for.
    pub fn is_taken(&self, id: ParticipantId, kind: FeedKind) -> bool {
        self.requests.get(&id).is_some_and(|requests| requests.of(Deed::Feed(kind)).is_settled())
    }

    /// What is to be taken in of what is heard, in the order in which Twilio counts it.
    pub fn in_order(&mut self, news: &News, now: Timestamp) -> Vec<News> {
        let News::Feed { of, fed, number: Some(number) } = news else { return vec![news.clone()] };
        let Some(goes_out) = self.call.feeds.iter().find(|it| it.of == *of) else { return Vec::new() };
        // A secret does not wait here, either.
        let fed = match fed {
            Fed::Said(said) if goes_out.muffled => &Fed::Said(Said { text: String::new(), ..said.clone() }),
            fed => fed,
        };
        let place = self.in_order.iter().position(|order| order.of() == *of).unwrap_or_else(|| {
            self.in_order.push(InOrder::new(*of));
            self.in_order.len() - 1
        });
        let taken = self.in_order[place].comes(*number, fed, now).into_iter();
        taken.map(|fed| News::Feed { of: *of, fed, number: None }).collect()
    }

    /// The same of what was waited for long enough.
    pub fn release(&mut self, now: Timestamp) -> Vec<News> {
        let released = self.in_order.iter_mut().flat_map(|order| {
            let of = order.of();
            order.release(now).into_iter().map(move |fed| News::Feed { of, fed, number: None })
        });
        released.collect()
    }

    /// Puts down what became of a claimed request; whether it was still claimed so.
    pub fn settle(
        &mut self,
        id: ParticipantId,
        deed: Deed,
        (claimed, then): (Effect, Effect),
        now: Timestamp,
    ) -> bool {
        let Some(requests) = self.requests.get_mut(&id).filter(|requests| requests.of(deed) == claimed)
        else {
            return false;
        };
        *requests.of_mut(deed) = then;
        if deed.is_of_recording() || deed.is_of_feed() {
            return true;
        }
        if then.is_settled() {
            requests.heard_at = now;
        }
        true
    }

    /// Takes note of what Twilio has recorded of a leg, if it said so; tells what is heard by that. `seen` is how the
    /// request stood when it was asked: whoever began a recording may have died before they said so.
    pub fn looked(
        &mut self,
        id: ParticipantId,
        seen: Effect,
        listed: Option<&[ListedRecording]>,
        now: Timestamp,
    ) -> Vec<News> {
        let Self { call, requests, .. } = self;
        let Some(requests) = requests.get_mut(&id) else { return Vec::new() };
        requests.recordings_at = Some(now);
        let is_requested = call.recording_of(id).is_some_and(|(_, it)| it.state == RecordingState::Requested);
        let is_open = is_requested && requests.recording == seen && matches!(seen, Effect::Claimed { .. });
        let Some(listed) = listed else {
            if is_open {
                requests.recording = unanswered(seen, now);
            }
            return Vec::new();
        };
        let asked = if is_requested { asked_for(call, requests.recording_tried_at, listed) } else { None };
        if is_open {
            requests.recording = if asked.is_some() { Effect::Done } else { undone(seen, now) };
        }
        let is_known =
            |it: &&ListedRecording| call.recordings.iter().any(|known| known.sid.as_ref() == Some(&it.sid));
        let news = |it: &ListedRecording| News::Recording {
            participant: id,
            action: None,
            recording_sid: it.sid.clone(),
            state: it.state,
            evidence: Evidence::LookedUp,
        };
        listed.iter().filter(is_known).chain(asked).map(news).collect()
    }

    /// Takes note of who has come to the call, and of what is wanted anew: a request that was for something else is
    /// not done by what was done.
    pub fn note(&mut self, now: Timestamp) {
        for (id, it) in &self.call.participants {
            let requests = self.requests.entry(*id).or_insert_with(|| {
                let none = Requests::new(now);
                if dials_by_itself(&self.call, it) {
                    Requests { placing: Effect::Done, ..none }
                } else {
                    none
                }
            });
            if requests.led != it.wanted.version {
                requests.led = it.wanted.version;
                requests.led_in_vain = 0;
                requests.leading = Effect::pending(now);
            }
            if requests.muting.is_settled() && it.muted != it.wanted.muted {
                requests.muting = Effect::pending(now);
            }
            let is_wanted = turn(&self.call, *id).is_some_and(|turn| turn != Turn::Drop);
            if requests.recording.is_settled() && is_wanted {
                requests.recording = Effect::pending(now);
            }
            for kind in FeedKind::ALL {
                let turn = feeding::turn(&self.call, *id, kind);
                let effect = requests.of_feed(kind);
                let is_anew = match turn {
                    // Until when it was waited for the end of the one before says nothing of this one.
                    Some(feeding::Turn::Start(_)) => !matches!(effect, Effect::Claimed { .. }),
                    Some(feeding::Turn::Stop) => effect.is_settled(),
                    // What is asked for already waits for its proof.
                    Some(feeding::Turn::Prove) | None => false,
                };
                if is_anew {
                    *effect = Effect::pending(now);
                }
            }
        }
    }
}

/// Whether a participant's leg is dialled by what its caller is answered, so that nobody else may place it.
fn dials_by_itself(call: &Call, it: &Participant) -> bool {
    let action = it.action.and_then(|id| call.actions.get(&id));
    action.is_some_and(|action| matches!(action.command, Command::Redirect { .. }))
}

/// Decides what is to be done about a call.
pub fn agenda(steered: &Steered, now: Timestamp) -> Agenda {
    let mut agenda = Agenda::default();
    let call = &steered.call;
    let owed = call.owes().into_iter().map(|(owed, ..)| owed).filter(|owed| !steered.told.contains(owed));
    agenda.now.extend(owed.map(Work::Tell));
    if call.is_over() {
        if !steered.is_counted {
            agenda.now.push(Work::Count);
        }
        return agenda;
    }
    if call.awaits().is_some() {
        agenda.now.push(Work::TakeOver);
    }
    for (id, it) in call.present() {
        if let Some(requests) = steered.requests.get(&id) {
            of_participant(&mut agenda, call, (id, it), requests, now);
        }
    }
    for id in call.participants.keys() {
        if let Some(requests) = steered.requests.get(id) {
            of_recordings(&mut agenda, call, *id, requests, now);
            for kind in FeedKind::ALL {
                of_feed(&mut agenda, call, (*id, kind), requests.of(Deed::Feed(kind)), now);
            }
        }
    }
    if let Some(at) = steered.in_order.iter().filter_map(InOrder::release_at).min() {
        due(&mut agenda, at, now, Work::Release);
    }
    if call.state == CallState::Incoming && call.offer() == Offer::Open {
        due(&mut agenda, later(call.created_at, OFFERED_AT_MOST), now, Work::PlanGoesOn);
    }
    for (id, it) in call.present() {
        if let Some((at, seconds)) = hold::reminder(it) {
            due(&mut agenda, at, now, Work::Remind(id, seconds));
        }
    }
    if let Some(at) = hold::forgotten_at(call) {
        due(&mut agenda, at, now, Work::GiveBack);
    }
    for (id, action) in &call.actions {
        if let Some(at) = deadline(call, *id, action) {
            due(&mut agenda, at, now, Work::Expire(*id));
        }
    }
    agenda
}

fn due(agenda: &mut Agenda, at: Timestamp, now: Timestamp, work: Work) {
    if at <= now {
        agenda.now.push(work);
    } else {
        agenda.next = Some(agenda.next.map_or(at, |next| next.min(at)));
    }
}

fn of_participant(
    agenda: &mut Agenda,
    call: &Call,
    (id, it): (ParticipantId, &Participant),
    requests: &Requests,
    now: Timestamp,
) {
    if it.call_sid.is_none() {
        match requests.placing {
            Effect::Claimed { until, .. } => due(agenda, until, now, Work::LookUp(id)),
            Effect::Pending { not_before, .. } if it.wanted.gone.is_none() => {
                due(agenda, not_before, now, Work::Do(id, Deed::Place));
            }
            // Nothing has been done that would have to be undone.
            Effect::Pending { .. } => due(agenda, now, now, Work::Lose(id)),
            Effect::Done | Effect::GivenUp => {
                due(agenda, later(requests.heard_at, LOST_AFTER), now, Work::Lose(id));
            }
        }
        return;
    }
    let deed = if it.wanted.gone == Some(Cause::Released) && it.is_there() {
        Some(Deed::Lead)
    } else if is_unanswered(call, id) || is_held_by_bridge(call, id, it) {
        // What its caller asks next is answered by what was decided.
        None
    } else if it.wanted.gone.is_some() {
        Some(if is_called(it) { Deed::Cancel } else { Deed::Complete })
    } else if is_elsewhere(it) {
        Some(Deed::Lead)
    } else if it.place == Some(Place::Seat) && it.muted != it.wanted.muted {
        Some(Deed::Mute(it.wanted.muted))
    } else {
        None
    };
    if let Some(deed) = deed {
        // Whoever follows by themselves is not led there as well.
        let follows = call.bridge_ended_at.filter(|_| is_bridged(it) && deed == Deed::Lead);
        match requests.of(deed) {
            Effect::Pending { not_before: at, .. } | Effect::Claimed { until: at, .. } => {
                let at = follows.map_or(at, |ended| at.max(later(ended, FOLLOWS)));
                due(agenda, at, now, Work::Do(id, deed));
            }
            Effect::Done | Effect::GivenUp => {}
        }
    }
    let action = it.action.and_then(|id| call.actions.get(&id));
    let rings = action.and_then(|action| action.command.ring_seconds()).map_or(0, i64::from);
    let ask_at = match it.state {
        ParticipantState::Planned | ParticipantState::Dialing | ParticipantState::Ringing
            if it.wanted.gone.is_none() =>
        {
            later(later(requests.heard_at, SignedDuration::from_secs(rings)), LATE)
        }
        // They have something else.
        _ if requests.led_in_vain >= LED_IN_VAIN => later(requests.heard_at, ASKED_EVERY),
        // Where they were connected they hear nothing any more.
        _ if is_bridged(it)
            && requests.led_in_vain == 0
            && let Some(ended) = call.bridge_ended_at =>
        {
            later(requests.heard_at.max(ended), FOLLOWS)
        }
        _ if it.wanted.gone.is_some() => later(requests.heard_at, LATE),
        // They were led elsewhere, and have not come there.
        _ if is_elsewhere(it) && requests.leading.is_settled() => later(requests.heard_at, LATE),
        _ => later(requests.heard_at, ASKED_EVERY),
    };
    due(agenda, ask_at, now, Work::Ask(id));
}

/// What is to be done about what is recorded of a leg, also when it has left the call.
fn of_recordings(agenda: &mut Agenda, call: &Call, id: ParticipantId, requests: &Requests, now: Timestamp) {
    let live = call.recording_of(id);
    let look_up = Work::LookUpRecordings(id);
    match (turn(call, id), requests.recording, live) {
        // Somebody may have begun it, who never said so.
        (Some(Turn::Start(_) | Turn::Drop), Effect::Claimed { until, .. }, Some((place, it))) => {
            let lost_at = later(it.requested_at, UNKNOWN_FOR);
            let is_soon = later(it.requested_at, LOST_AFTER) > now;
            let looked_at = requests.recordings_at.filter(|_| !is_soon);
            let ask_at = looked_at.map_or(until, |at| until.max(later(at, ASKED_EVERY)));
            if lost_at <= now {
                agenda.now.push(Work::LoseRecording(place, WhyLost::Unknown));
            } else {
                due(agenda, ask_at.min(lost_at), now, look_up.clone());
            }
        }
        (Some(Turn::Drop), _, live) => {
            let places = live.into_iter().map(|(place, _)| place);
            agenda.now.extend(places.map(|place| Work::LoseRecording(place, WhyLost::Canceled)));
        }
        (Some(turn), Effect::Pending { not_before: at, .. } | Effect::Claimed { until: at, .. }, _) => {
            let deed = match turn {
                Turn::Pause(paused) => Deed::PauseRecording(paused),
                Turn::Stop => Deed::StopRecording,
                Turn::Start(_) | Turn::Drop => Deed::Record,
            };
            due(agenda, at, now, Work::Do(id, deed));
        }
        (None, ..) | (Some(_), Effect::Done | Effect::GivenUp, _) => {}
    }
    for (place, it) in call.recordings.iter().enumerate().filter(|(_, it)| it.participant == id) {
        let looked_at = requests.recordings_at;
        match (it.state, it.started_at, it.stopped_at) {
            (RecordingState::Stopped, _, Some(stopped_at)) => {
                let lost_at = later(stopped_at, LOST_AFTER);
                let is_soon = later(stopped_at, READY_SOON) > now;
                let since = looked_at.map_or(stopped_at, |at| at.max(stopped_at));
                let ask_at = later(since, if is_soon { LATE } else { ASKED_EVERY });
                if lost_at <= now {
                    agenda.now.push(Work::LoseRecording(place, WhyLost::Unknown));
                } else {
                    due(agenda, ask_at.min(lost_at), now, look_up.clone());
                }
            }
            (RecordingState::Recording | RecordingState::Paused, Some(started_at), _) => {
                let since = looked_at.map_or(started_at, |at| at.max(started_at));
                let moved_at = it.moved_at.filter(|at| *at >= since);
                let ask_at = moved_at
                    .map_or_else(|| later(since, ASKED_EVERY), |moved_at| later(moved_at, COMES_ALONG));
                due(agenda, ask_at, now, look_up.clone());
            }
            _ => {}
        }
    }
}

/// What is to be done about a feed of a leg, also when it has left the call.
fn of_feed(
    agenda: &mut Agenda,
    call: &Call,
    (id, kind): (ParticipantId, FeedKind),
    effect: Effect,
    now: Timestamp,
) {
    use feeding::Turn::{Prove, Start, Stop};
    let (start, stop) = (Work::Do(id, Deed::Feed(kind)), Work::Do(id, Deed::StopFeed(kind)));
    let live = call.feed_of(id, kind);
    let proved_by = live.map_or(now, |(_, feed)| later(feed.requested_at, PROVED_WITHIN));
    match (feeding::turn(call, id, kind), effect) {
        (Some(Start(_)), Effect::Pending { not_before: at, .. } | Effect::Claimed { until: at, .. }) => {
            due(agenda, at, now, start);
        }
        // Twilio surely did not do it.
        (Some(Prove), Effect::Pending { not_before, .. }) if proved_by > now => {
            due(agenda, not_before, now, start);
        }
        // Nobody knows whether it began: it is ended in case it has.
        (Some(Prove), Effect::Claimed { until, .. }) => due(agenda, until, now, stop),
        (Some(Prove), Effect::Pending { not_before, .. }) => due(agenda, not_before, now, stop),
        (Some(Prove), Effect::Done | Effect::GivenUp) => due(agenda, proved_by, now, stop),
        (Some(Stop), Effect::Pending { not_before: at, .. } | Effect::Claimed { until: at, .. }) => {
            due(agenda, at, now, stop);
        }
        (None, _) | (Some(Start(_) | Stop), Effect::Done | Effect::GivenUp) => {}
    }
    let left_at = call.participants.get(&id).and_then(|it| it.left_at);
    if let (Some((place, feed)), Some(left_at)) = (live, left_at) {
        let is_ours = call.participants.get(&id).is_none_or(|it| it.cause != Some(Cause::Released));
        let waits = if is_ours && feed.state == FeedState::Running { LAST_WORDS } else { LOST_AFTER };
        due(agenda, later(left_at, waits), now, Work::LoseFeed(place));
    }
}

/// Whether somebody has called us, and nobody has picked up.
fn is_unanswered(call: &Call, id: ParticipantId) -> bool {
    call.caller().is_some_and(|(caller, it)| caller == id && is_called(it))
}

fn is_bridged(it: &Participant) -> bool {
    it.place == Some(Place::Bridge)
}

/// Whether a caller has to wait for the one with whom they are connected: led elsewhere first, they would take that one
/// down with them. Once that one is elsewhere Twilio asks what the caller is to hear.
fn is_held_by_bridge(call: &Call, id: ParticipantId, it: &Participant) -> bool {
    let is_caller = call.caller().is_some_and(|(caller, _)| caller == id);
    if !is_caller || !is_bridged(it) || call.bridge_ended_at.is_some() {
        return false;
    }
    let stays = call.present().any(|(other, it)| other != id && is_bridged(it) && it.wanted.gone.is_none());
    stays || it.wanted.gone.is_none()
}

/// Whether somebody is to be led: to what they are to hear here, or to what they hear without the program.
fn is_to_be_led(it: &Participant) -> bool {
    is_elsewhere(it) || (it.is_there() && it.wanted.gone == Some(Cause::Released))
}

/// Whether somebody hears something else than they are to hear.
fn is_elsewhere(it: &Participant) -> bool {
    it.is_there() && it.place.is_some() && (it.place != it.wanted.place || it.version != it.wanted.version)
}

/// When an action ends of which nothing is heard; what goes on by itself does not.
fn deadline(call: &Call, id: ActionId, action: &Action) -> Option<Timestamp> {
    if let Some(wish) = call.wishes.get(&id) {
        let goes_on = call.recordings.iter().any(|it| it.action == id && it.goes_on());
        let hears = |id: &ParticipantId| call.participants.get(id).is_some_and(Participant::is_there);
        let takes = if wish.unheard.iter().any(hears) { MEDIA_TAKES_AT_MOST } else { TAKES_AT_MOST };
        return (!goes_on).then(|| later(wish.since, takes));
    }
    // What goes out is proved, or fails, by itself; and who is listened to is until that is called off.
    if call.feed_wishes.contains_key(&id) || matches!(action.command, Command::ListenKeys { .. }) {
        return None;
    }
    let rings = action.command.ring_seconds().map_or(0, i64::from);
    // Twilio places them one after the other.
    let members = call.participants.values().filter(|it| it.action == Some(id)).count();
    let members = i64::try_from(members).unwrap_or(i64::MAX);
    let seconds = rings.saturating_add(members).saturating_mul(if rings > 0 { 2 } else { 1 });
    let screens = if takes_longer(&action.command) { SCREENED_AT_MOST } else { SignedDuration::ZERO };
    let slack = screens
        + match action.command {
            // Whoever is to leave is asked for until they have.
            Command::End
            | Command::Remove { .. }
            | Command::StopRecording { .. }
            | Command::StopStream { .. }
            | Command::StopTranscription { .. } => LOST_AFTER,
            Command::Play { .. } | Command::Recognize { .. } | Command::SendKeys { .. } => {
                MEDIA_TAKES_AT_MOST
            }
            // The other call tells what became of it, when it has ended itself.
            Command::Transfer { to_call: Some(_), .. } => TAKES_AT_MOST + TAKES_AT_MOST,
            _ => TAKES_AT_MOST,
        };
    Some(later(later(action.queued_at, slack), SignedDuration::from_secs(seconds)))
}

/// What a request is while somebody is at it, from now on.
fn claim(effect: Effect, now: Timestamp) -> Effect {
    Effect::Claimed { attempts: attempts(effect).saturating_add(1), until: later(now, REQUEST_TAKES) }
}

/// What a claimed request is after Twilio did not answer, and may have done it.
pub fn unanswered(claimed: Effect, now: Timestamp) -> Effect {
    Effect::Claimed { attempts: attempts(claimed), until: later(now, LISTED_AFTER) }
}

/// What a claimed request is after Twilio surely did not do it.
pub fn undone(claimed: Effect, now: Timestamp) -> Effect {
    let attempts = attempts(claimed);
    let tried = usize::try_from(attempts).unwrap_or(usize::MAX).clamp(1, TRIED_AGAIN_AFTER.len());
    Effect::Pending { attempts, not_before: later(now, TRIED_AGAIN_AFTER[tried - 1]) }
}

fn attempts(effect: Effect) -> u32 {
    match effect {
        Effect::Pending { attempts, .. } | Effect::Claimed { attempts, .. } => attempts,
        Effect::Done | Effect::GivenUp => 0,
    }
}

//! Which legs are to be recorded, by who is there and who has agreed; and what is heard of recordings.
//!
//! A leg is recorded once at a time: of a second recording Twilio says nothing, and makes none.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use phone::RecordingSid;

use crate::call::{Action, ActionState, Call, Participant};
use crate::command::{Command, Consent, Role};
use crate::draft::Draft;
use crate::event::{Event, Happened, Heard};
use crate::evidence::Evidence;
use crate::ids::{ActionId, ParticipantId};
use crate::problem::{Code, Problem};
use crate::record::{Consented, Recording, RecordingState, WhyLost, Wish};

/// How much earlier than by our clock Twilio may have written down that a recording began: its times are whole seconds,
/// and its clock is another one.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(2);

/// What is heard of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It has begun.
    Began,
    /// Nothing is heard for a while.
    Paused,
    /// It goes on again.
    Resumed,
    /// It has ended, and is being worked at.
    Stopped,
    /// It can be fetched.
    Ready {
        /// How long it is, in seconds.
        duration_seconds: u32,
    },
    /// There is none.
    Lost {
        /// Why.
        why: WhyLost,
        /// Twilio's error code.
        provider_code: Option<u32>,
    },
}

/// A recording in Twilio's list of those of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRecording {
    /// What Twilio calls it.
    pub sid: RecordingSid,
    /// Whether it was begun over the API.
    pub is_of_api: bool,
    /// How far it is.
    pub state: Recorded,
    /// When it began.
    pub created_at: Timestamp,
}

/// What is to be done about a leg's recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It begins, for this action.
    Start(ActionId),
    /// It is paused, or goes on.
    Pause(bool),
    /// It ends.
    Stop,
    /// It is not wanted any more, and Twilio may not have been asked.
    Drop,
}

impl Call {
    /// The recording that goes on of a leg, or is about to.
    pub fn recording_of(&self, id: ParticipantId) -> Option<(usize, &Recording)> {
        self.recordings.iter().enumerate().rfind(|(_, it)| it.participant == id && it.is_live())
    }
}

/// For what a leg is to be recorded now.
fn wanted_for(call: &Call, id: ParticipantId) -> Option<(ActionId, &Wish)> {
    let of = |(action, wish): (&ActionId, &'_ Wish)| -> bool {
        if wish.stops || !may_be_recorded(call, id, wish) {
            return false;
        }
        if wish.mixed {
            wish.begun && wish.refused.is_empty() && carrier(call, *action, wish) == Some(id)
        } else {
            wish.legs.contains(&id) && !wish.refused.contains(&id) && !wish.unheard.contains(&id)
        }
    };
    call.wishes.iter().find(|it| of(*it)).map(|(action, wish)| (*action, wish))
}

fn may_be_recorded(call: &Call, id: ParticipantId, wish: &Wish) -> bool {
    let is_there = |it: &Participant| it.is_there() && it.wanted.gone.is_none();
    call.participants.get(&id).is_some_and(is_there) && !wish.barred.contains(&id)
}

/// Whose leg is recorded for all: the same for as long as they are there.
fn carrier(call: &Call, action: ActionId, wish: &Wish) -> Option<ParticipantId> {
    let recorded = call.recordings.iter().rfind(|it| it.action == action && it.is_live());
    let first = recorded.map(|it| it.participant).into_iter().chain(wish.legs.iter().copied());
    let others = call.present().filter(|(_, it)| it.wanted.role != Role::Listen).map(|(id, _)| id);
    first.chain(others).find(|id| may_be_recorded(call, *id, wish))
}

/// What is to be done about a leg's recording.
pub(crate) fn turn(call: &Call, id: ParticipantId) -> Option<Turn> {
    let it = call.participants.get(&id)?;
    let wanted = wanted_for(call, id);
    let Some((_, recording)) = call.recording_of(id) else {
        return wanted.map(|(action, _)| Turn::Start(action));
    };
    let wish = wanted.filter(|(action, _)| *action == recording.action).map(|(_, wish)| wish);
    match (recording.state, wish) {
        (RecordingState::Requested, Some(_)) => Some(Turn::Start(recording.action)),
        (RecordingState::Requested, None) => Some(Turn::Drop),
        (RecordingState::Recording, Some(wish)) if wish.paused => Some(Turn::Pause(true)),
        (RecordingState::Paused, Some(wish)) if !wish.paused => Some(Turn::Pause(false)),
        (_, Some(_)) => None,
        // Where the leg ends its recording does; where it goes on elsewhere, it would, too.
        (_, None) => {
            let is_here = it.cause.or(it.wanted.gone).is_none();
            (is_here || it.goes_on_elsewhere()).then_some(Turn::Stop)
        }
    }
}

/// A recording whose leg is over is over.
pub(crate) fn ends_with_its_leg(call: &Call) -> Option<Draft> {
    let is_over = |recording: &&Recording| {
        let leg = call.participants.get(&recording.participant);
        let has_ended = leg.is_none_or(|it| !it.is_present() && !it.goes_on_elsewhere());
        recording.goes_on() && has_ended
    };
    call.recordings.iter().find(is_over).and_then(|it| stopped(it, Evidence::StatusCallback))
}

fn draft(recording: &Recording, happened: Happened) -> Draft {
    Draft { action: Some(recording.action), participant: Some(recording.participant), happened }
}

fn stopped(recording: &Recording, evidence: Evidence) -> Option<Draft> {
    let recording_sid = recording.sid.clone()?;
    Some(draft(recording, Happened::RecordingStopped { recording_sid, evidence }))
}

/// What follows from it that something is heard of a recording.
pub(crate) fn heard(
    call: &Call,
    (participant, action): (ParticipantId, Option<ActionId>),
    sid: &RecordingSid,
    (state, evidence): (Recorded, Evidence),
) -> Vec<Draft> {
    let known = call.recordings.iter().find(|it| it.sid.as_ref() == Some(sid));
    let asked = || {
        let is_its = |it: &&Recording| {
            it.state == RecordingState::Requested && action.is_none_or(|action| action == it.action)
        };
        call.recording_of(participant).map(|(_, it)| it).filter(is_its)
    };
    let mut drafts = Vec::new();
    let recording = match (known, asked()) {
        (Some(known), _) => known,
        (None, Some(asked)) => {
            drafts.push(draft(asked, Happened::RecordingStarted { recording_sid: sid.clone(), evidence }));
            let is_queued = call.actions.get(&asked.action).is_some_and(|it| it.state == ActionState::Queued);
            if is_queued {
                drafts.push(Draft {
                    action: Some(asked.action),
                    participant: None,
                    happened: Happened::Started,
                });
            }
            asked
        }
        (None, None) => return drafts,
    };
    let recording_sid = sid.clone();
    let is_live = recording.is_live();
    let ends = |drafts: &mut Vec<Draft>, then: Option<Happened>| {
        if is_live {
            drafts.push(draft(
                recording,
                Happened::RecordingStopped { recording_sid: recording_sid.clone(), evidence },
            ));
        }
        drafts.extend(then.map(|then| draft(recording, then)));
    };
    match state {
        Recorded::Paused if recording.state == RecordingState::Recording => {
            drafts.push(draft(recording, Happened::RecordingPaused { recording_sid }));
        }
        Recorded::Resumed if recording.state == RecordingState::Paused => {
            drafts.push(draft(recording, Happened::RecordingResumed { recording_sid }));
        }
        Recorded::Began | Recorded::Paused | Recorded::Resumed => {}
        Recorded::Stopped => ends(&mut drafts, None),
        Recorded::Ready { .. } | Recorded::Lost { .. } if recording.is_settled() => {}
        Recorded::Ready { duration_seconds } => {
            let recording_sid = recording_sid.clone();
            ends(&mut drafts, Some(Happened::RecordingReady { recording_sid, duration_seconds }));
        }
        Recorded::Lost { why, provider_code } => {
            let recording_sid = Some(recording_sid.clone());
            ends(&mut drafts, Some(Happened::RecordingLost { recording_sid, why, provider_code }));
        }
    }
    drafts
}

/// Nothing more will be heard of a recording.
pub(crate) fn lost(call: &Call, place: usize, why: WhyLost, provider_code: Option<u32>) -> Vec<Draft> {
    let recording = call.recordings.get(place).filter(|it| !it.is_settled());
    let happened = |it: &Recording| {
        draft(it, Happened::RecordingLost { recording_sid: it.sid.clone(), why, provider_code })
    };
    recording.map(happened).into_iter().collect()
}

/// What somebody did who was told, or asked, that they are recorded.
pub(crate) fn consented(
    call: &Call,
    (action, participant): (ActionId, ParticipantId),
    consented: Consented,
    heard: Option<&Heard>,
) -> Vec<Draft> {
    let command = call.actions.get(&action).map(|action| &action.command);
    let Some(Command::Record { consent: Consent::Announce(said) | Consent::Ask { said, .. }, .. }) = command
    else {
        return Vec::new();
    };
    let Some(call_sid) = call.participants.get(&participant).and_then(|it| it.call_sid.clone()) else {
        return Vec::new();
    };
    let happened = Happened::RecordingConsent {
        call_sid,
        answer: consented,
        words: said.words.clone(),
        language: said.language.clone(),
        keys: heard.and_then(|heard| heard.keys.clone()),
        speech: heard.and_then(|heard| heard.speech.clone()),
    };
    [happened, Happened::Played]
        .map(|happened| Draft { action: Some(action), participant: Some(participant), happened })
        .into()
}

/// Which of Twilio's recordings of a leg is the one that was asked for, whose answer was lost.
pub(crate) fn asked_for<'a>(
    call: &Call,
    since: Option<Timestamp>,
    listed: &'a [ListedRecording],
) -> Option<&'a ListedRecording> {
    let since = since.and_then(|since| since.checked_sub(CLOCKS_DIFFER).ok()).unwrap_or(Timestamp::MIN);
    let is_known = |sid: &RecordingSid| call.recordings.iter().any(|known| known.sid.as_ref() == Some(sid));
    listed.iter().find(|it| it.is_of_api && it.created_at >= since && !is_known(&it.sid))
}

/// How an action ends that has something recorded.
pub(crate) fn end_of_record(call: &Call, id: ActionId) -> Option<Happened> {
    let wish = call.wishes.get(&id)?;
    let mut made = call.recordings.iter().filter(|it| it.action == id);
    if made.clone().any(Recording::is_live) || may_yet_be_made(call, wish) {
        return None;
    }
    let failed = |problem| Some(Happened::Failed { problem });
    if !wish.refused.is_empty() && (wish.mixed || made.clone().all(|it| it.started_at.is_none())) {
        return failed(Problem::new(Code::ConsentRefused, "whoever was to be recorded does not agree"));
    }
    if made.any(|it| it.started_at.is_some()) {
        let evidence = if wish.stops { Evidence::Answer } else { Evidence::StatusCallback };
        return Some(Happened::Succeeded { evidence });
    }
    if wish.stops {
        return Some(Happened::Canceled);
    }
    if !wish.barred.is_empty() {
        let problem = Problem::new(Code::ProviderRefused, "Twilio does not record the leg");
        return failed(Problem { provider_code: wish.provider_code, ..problem });
    }
    failed(Problem::new(Code::ParticipantLeft, "whoever was to be recorded has left"))
}

/// Whether somebody is there who may be recorded for it.
fn may_yet_be_made(call: &Call, wish: &Wish) -> bool {
    if wish.stops || (wish.mixed && !wish.refused.is_empty()) {
        return false;
    }
    let of = |id: ParticipantId| may_be_recorded(call, id, wish) && !wish.refused.contains(&id);
    if wish.mixed {
        call.present().any(|(id, it)| it.wanted.role != Role::Listen && of(id))
    } else {
        wish.legs.iter().any(|id| of(*id))
    }
}

/// Whether all that is recorded for an action is paused, or goes on.
pub(crate) fn all_are(call: &Call, action: ActionId, state: RecordingState) -> bool {
    let mut going_on = call.recordings.iter().filter(|it| it.action == action && it.is_live()).peekable();
    going_on.peek().is_some() && going_on.all(|it| it.state == state)
}

/// Who is to be told, or asked, before something is recorded.
pub(crate) fn is_told(call: &Call, mixed: bool, legs: &[ParticipantId]) -> Vec<ParticipantId> {
    if !mixed {
        return legs.to_vec();
    }
    let hears = |(_, it): &(ParticipantId, &Participant)| {
        it.is_there() && it.wanted.gone.is_none() && it.wanted.role != Role::Listen
    };
    call.present().filter(hears).map(|(id, _)| id).collect()
}

/// Whose legs a program has recorded that names them, or nobody.
pub(crate) fn legs(call: &Call, named: &[ParticipantId], mixed: bool) -> Vec<ParticipantId> {
    if !named.is_empty() {
        return named.to_vec();
    }
    let talks = |(_, it): &(ParticipantId, &Participant)| {
        it.is_there() && it.wanted.gone.is_none() && it.wanted.role != Role::Listen
    };
    let all = call.present().filter(talks).map(|(id, _)| id);
    all.take(if mixed { 1 } else { usize::MAX }).collect()
}

/// The recording in the way of another one.
pub(crate) fn in_the_way(call: &Call, mixed: bool, legs: &[ParticipantId]) -> Option<ActionId> {
    let is = |(_, wish): &(&ActionId, &Wish)| {
        mixed || wish.mixed || wish.legs.iter().any(|leg| legs.contains(leg))
    };
    call.wishes.iter().find(is).map(|(action, _)| *action)
}

/// A program wants something recorded.
pub(crate) fn wished(call: &mut Call, id: ActionId, action: &Action) {
    let Command::Record { participants, mixed, consent, .. } = &action.command else { return };
    let told = match consent {
        Consent::None => Vec::new(),
        Consent::Announce(_) | Consent::Ask { .. } => is_told(call, *mixed, participants),
    };
    let wish = Wish {
        mixed: *mixed,
        legs: participants.clone(),
        unheard: told.iter().copied().collect(),
        begun: told.is_empty(),
        agreed: BTreeSet::new(),
        refused: BTreeSet::new(),
        barred: BTreeSet::new(),
        provider_code: None,
        paused: false,
        stops: false,
        since: action.queued_at,
    };
    call.wishes.insert(id, wish);
    for participant in told {
        hears(call, participant, id);
    }
}

fn hears(call: &mut Call, participant: ParticipantId, id: ActionId) {
    if let Some(it) = call.participants.get_mut(&participant) {
        it.wanted.version += u32::from(it.wanted.media.is_empty());
        it.wanted.media.push(id);
    }
}

/// Whoever joins those who are all recorded in one, or is heard from now on, is told so, before they hear the others.
pub(crate) fn joins(call: &mut Call, participant: ParticipantId) {
    let is_listener = call
        .participants
        .get(&participant)
        .is_none_or(|it| !it.is_there() || it.wanted.gone.is_some() || it.wanted.role == Role::Listen);
    if is_listener {
        return;
    }
    let tells = |(id, wish): (&ActionId, &Wish)| {
        let command = call.actions.get(id).map(|action| &action.command);
        let is_told = matches!(command, Some(Command::Record { consent, .. }) if *consent != Consent::None);
        let is_known =
            [&wish.unheard, &wish.agreed, &wish.refused].iter().any(|it| it.contains(&participant));
        (is_told && wish.mixed && !wish.stops && !is_known).then_some(*id)
    };
    let of: Vec<ActionId> = call.wishes.iter().filter_map(tells).collect();
    for id in of {
        if let Some(wish) = call.wishes.get_mut(&id) {
            wish.unheard.insert(participant);
        }
        hears(call, participant, id);
    }
}

/// Nobody is told any more what is not recorded.
pub(crate) fn is_over(call: &mut Call, id: ActionId) {
    call.wishes.remove(&id);
    for it in call.participants.values_mut() {
        it.wanted.version += u32::from(it.wanted.media.first() == Some(&id));
        it.wanted.media.retain(|action| *action != id);
    }
}

/// Takes in what happened to recordings.
pub(crate) fn fold(call: &mut Call, event: &Event) {
    let (Some(action), Some(participant)) = (event.action, event.participant) else { return };
    let at = event.at;
    let of_sid = |call: &mut Call, sid: &RecordingSid, change: &mut dyn FnMut(&mut Recording)| {
        if let Some(it) = call.recordings.iter_mut().find(|it| it.sid.as_ref() == Some(sid)) {
            change(it);
        }
    };
    match &event.happened {
        Happened::RecordingRequested => call.recordings.push(Recording {
            action,
            participant,
            sid: None,
            state: RecordingState::Requested,
            operation_context: event.operation_context.clone(),
            requested_at: at,
            started_at: None,
            stopped_at: None,
            moved_at: None,
            duration_seconds: None,
        }),
        Happened::RecordingStarted { recording_sid, .. } => {
            if let Some((place, _)) = call.recording_of(participant) {
                let it = &mut call.recordings[place];
                it.sid = Some(recording_sid.clone());
                it.state = RecordingState::Recording;
                it.started_at = Some(at);
            }
        }
        Happened::RecordingPaused { recording_sid } => {
            of_sid(call, recording_sid, &mut |it| it.state = RecordingState::Paused);
        }
        Happened::RecordingResumed { recording_sid } => {
            of_sid(call, recording_sid, &mut |it| it.state = RecordingState::Recording);
        }
        Happened::RecordingStopped { recording_sid, .. } => of_sid(call, recording_sid, &mut |it| {
            it.state = RecordingState::Stopped;
            it.stopped_at = Some(at);
        }),
        Happened::RecordingReady { recording_sid, duration_seconds } => {
            of_sid(call, recording_sid, &mut |it| {
                it.state = RecordingState::Ready;
                it.duration_seconds = Some(*duration_seconds);
            });
        }
        Happened::RecordingLost { recording_sid, why, provider_code } => {
            let is_it = |it: &&mut Recording| match recording_sid {
                Some(_) => it.sid == *recording_sid,
                None => it.participant == participant && it.state == RecordingState::Requested,
            };
            if let Some(it) = call.recordings.iter_mut().find(is_it) {
                it.state = RecordingState::Lost;
                it.stopped_at = it.stopped_at.or(Some(at));
            }
            if let (WhyLost::Refused, Some(wish)) = (why, call.wishes.get_mut(&action)) {
                wish.barred.insert(participant);
                wish.provider_code = *provider_code;
            }
        }
        Happened::RecordingConsent { answer, .. } => {
            if let Some(wish) = call.wishes.get_mut(&action) {
                wish.unheard.remove(&participant);
                let said = if answer.allows() { &mut wish.agreed } else { &mut wish.refused };
                said.insert(participant);
            }
        }
        _ => return,
    }
    if let Some(wish) = call.wishes.get_mut(&action) {
        wish.since = at;
    }
}

/// A leg is somewhere else: its recording may not have come along.
pub(crate) fn moved(call: &mut Call, participant: ParticipantId, at: Timestamp) {
    for it in call.recordings.iter_mut().filter(|it| it.participant == participant && it.goes_on()) {
        it.moved_at = Some(at);
    }
}

/// Whether all who were to be told have been, or have left.
pub(crate) fn settle(call: &mut Call) {
    let participants = &call.participants;
    for wish in call.wishes.values_mut().filter(|wish| !wish.begun) {
        let waits = |id: &ParticipantId| {
            participants.get(id).is_some_and(|it| it.is_there() && it.wanted.gone.is_none())
        };
        wish.begun = !wish.unheard.iter().any(waits);
    }
}

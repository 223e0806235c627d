//! Of which legs sound or words are to go out, by who is there; and what is heard of it.
//!
//! Twilio has no list of streams or transcriptions to look into. So each has a name of its own, by which it is ended
//! where nobody knows whether it began; and only then another one begins.

use jiff::{SignedDuration, Timestamp};

use crate::call::{Action, ActionState, Call, Cause, Participant};
use crate::command::Command;
use crate::draft::Draft;
use crate::event::{Event, Happened};
use crate::evidence::Evidence;
use crate::feed::{Fed, Feed, FeedKind, FeedOf, FeedState, FeedWish, WhyStopped};
use crate::ids::{ActionId, ParticipantId};
use crate::problem::{Code, Problem};

/// How often it is begun anew where nobody knows whether it began.
const MOST_DOUBTS: usize = 3;

/// How long before or after its leg came somewhere else Twilio may have ended a feed for that.
const MOVES_TAKE: SignedDuration = SignedDuration::from_secs(5);

/// What is to be done about a feed of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It begins, for this action.
    Start(ActionId),
    /// It was asked for: something is to prove that it has begun.
    Prove,
    /// It ends.
    Stop,
}

impl Call {
    /// The feed of a leg that goes on, or is about to.
    pub fn feed_of(&self, id: ParticipantId, kind: FeedKind) -> Option<(usize, &Feed)> {
        let is_it = |it: &&Feed| it.of.participant == id && it.of.kind == kind && it.is_live();
        let place = self.feeds.iter().rposition(|it| is_it(&it))?;
        Some((place, &self.feeds[place]))
    }
}

/// Whether somebody is asked for a secret, or is about to be.
fn is_asked_for_secret(call: &Call, it: &Participant) -> bool {
    let asks = |id: &ActionId| {
        let command = call.actions.get(id).map(|action| &action.command);
        matches!(command, Some(Command::Recognize { listens, .. }) if listens.sensitive)
    };
    it.wanted.media.iter().any(asks)
}

fn may_be_fed(it: &Participant) -> bool {
    it.is_there() && it.wanted.gone.is_none()
}

/// For what something of a leg is to go out now.
fn wanted_for(call: &Call, id: ParticipantId, kind: FeedKind) -> Option<(ActionId, &FeedWish)> {
    let it = call.participants.get(&id).filter(|it| may_be_fed(it))?;
    let waits = kind == FeedKind::Transcription && it.wanted.held || is_asked_for_secret(call, it);
    let is_it = |wish: &FeedWish| {
        wish.kind == kind && wish.has(id) && !wish.stops && !wish.closed && !wish.barred.contains(&id)
    };
    let wish = call.feed_wishes.iter().find(|(_, wish)| is_it(wish)).filter(|_| !waits);
    wish.map(|(action, wish)| (*action, wish))
}

/// Whether a feed is still what is wanted of its leg.
fn is_wanted(call: &Call, feed: &Feed) -> bool {
    let wanted = wanted_for(call, feed.of.participant, feed.of.kind);
    wanted.is_some_and(|(action, wish)| {
        action == feed.of.action && wish.language == feed.language && !feed.muffled
    })
}

/// What is to be done about a feed of a leg.
pub(crate) fn turn(call: &Call, id: ParticipantId, kind: FeedKind) -> Option<Turn> {
    let it = call.participants.get(&id)?;
    let Some((_, feed)) = call.feed_of(id, kind) else {
        return wanted_for(call, id, kind).map(|(action, _)| Turn::Start(action));
    };
    match (feed.state, is_wanted(call, feed)) {
        (FeedState::Requested, true) => Some(Turn::Prove),
        (_, true) => None,
        // Where the leg ends its feeds do; where it goes on by the phone file, they would, too.
        (_, false) => match it.cause.or(it.wanted.gone) {
            None | Some(Cause::Released) => Some(Turn::Stop),
            Some(_) => None,
        },
    }
}

/// A stream whose leg is over is over; of words the last ones may be on their way.
pub(crate) fn ends_with_its_leg(call: &Call) -> Option<Draft> {
    let is_over = |feed: &&Feed| {
        let leg = call.participants.get(&feed.of.participant);
        let has_ended = leg.is_none_or(|it| !it.is_present() && it.cause != Some(Cause::Released));
        let may_tell = feed.of.kind == FeedKind::Transcription && feed.state == FeedState::Running;
        feed.is_live() && has_ended && !may_tell
    };
    call.feeds.iter().find(is_over).map(|feed| stopped(feed, WhyStopped::Left, Evidence::StatusCallback))
}

fn draft(feed: &Feed, happened: Happened) -> Draft {
    Draft { action: Some(feed.of.action), participant: Some(feed.of.participant), happened }
}

fn stopped(feed: &Feed, why: WhyStopped, evidence: Evidence) -> Draft {
    let sid = feed.sid.clone();
    let happened = match feed.of.kind {
        FeedKind::Stream => Happened::StreamStopped { stream_sid: sid, why, evidence },
        FeedKind::Transcription => Happened::TranscriptionStopped { transcription_sid: sid, why, evidence },
    };
    draft(feed, happened)
}

fn failed(feed: &Feed, problem: Problem) -> Draft {
    let sid = feed.sid.clone();
    let happened = match feed.of.kind {
        FeedKind::Stream => Happened::StreamFailed { stream_sid: sid, problem },
        FeedKind::Transcription => Happened::TranscriptionFailed { transcription_sid: sid, problem },
    };
    draft(feed, happened)
}

/// Twilio is about to be asked for a feed.
pub(crate) fn requested(
    call: &Call,
    participant: ParticipantId,
    kind: FeedKind,
    action: ActionId,
) -> Vec<Draft> {
    if call.feed_of(participant, kind).is_some() {
        return Vec::new();
    }
    let language =
        || call.feed_wishes.get(&action).and_then(|wish| wish.language.clone()).unwrap_or_default();
    let happened = match kind {
        FeedKind::Stream => Happened::StreamRequested,
        FeedKind::Transcription => Happened::TranscriptionRequested { language: language() },
    };
    vec![Draft { action: Some(action), participant: Some(participant), happened }]
}

/// What follows from it that something is heard of a feed.
pub(crate) fn heard(call: &Call, of: FeedOf, what: &Fed) -> Vec<Draft> {
    let Some(feed) = call.feeds.iter().find(|feed| feed.of == of) else { return Vec::new() };
    match what {
        Fed::Said(said) => {
            let words = draft(feed, Happened::Words { said: said.clone() });
            // A secret may be among them, or among those of before.
            if feed.muffled { Vec::new() } else { vec![words] }
        }
        _ if !feed.is_live() => Vec::new(),
        Fed::Began { sid, evidence } => began(call, feed, sid, *evidence),
        Fed::Ended { at, evidence } => vec![stopped(feed, why(call, feed, *at), *evidence)],
        Fed::Failed { code } => {
            let problem = Problem::new(Code::ProviderRefused, broke(feed));
            vec![failed(feed, Problem { provider_code: *code, ..problem })]
        }
        Fed::Unproved { .. } if !is_wanted(call, feed) => {
            vec![stopped(feed, unwanted(call, feed), Evidence::Answer)]
        }
        Fed::Unproved { was_taken } => {
            let of_same = |it: &&Feed| (it.of.action, it.of.participant) == (of.action, of.participant);
            let doubts = call.feeds.iter().filter(of_same).filter(|it| it.started_at.is_none()).count();
            if *was_taken || doubts >= MOST_DOUBTS {
                vec![failed(feed, Problem::new(Code::NoEvidence, unproved(feed)))]
            } else {
                vec![stopped(feed, WhyStopped::Unknown, Evidence::Answer)]
            }
        }
    }
}

fn broke(feed: &Feed) -> &'static str {
    match (feed.of.kind, feed.state) {
        (FeedKind::Stream, FeedState::Running) => "the web socket broke off",
        (FeedKind::Stream, _) => "Twilio does not stream the leg, or the web socket refused the handshake",
        (FeedKind::Transcription, _) => "Twilio does not transcribe the leg, or not any more",
    }
}

fn unproved(feed: &Feed) -> &'static str {
    match feed.of.kind {
        FeedKind::Stream => "nothing proves that the web socket was reached: nobody may answer there",
        FeedKind::Transcription => "nothing proves that the leg is transcribed",
    }
}

fn began(call: &Call, feed: &Feed, sid: &str, evidence: Evidence) -> Vec<Draft> {
    if feed.state != FeedState::Requested {
        return Vec::new();
    }
    let sid = sid.to_owned();
    let happened = match feed.of.kind {
        FeedKind::Stream => Happened::StreamStarted { stream_sid: sid, evidence },
        FeedKind::Transcription => Happened::TranscriptionStarted {
            transcription_sid: sid,
            language: feed.language.clone().unwrap_or_default(),
            evidence,
        },
    };
    let is_queued = call.actions.get(&feed.of.action).is_some_and(|it| it.state == ActionState::Queued);
    let started = Draft { action: Some(feed.of.action), participant: None, happened: Happened::Started };
    [draft(feed, happened)].into_iter().chain(is_queued.then_some(started)).collect()
}

/// Why a feed has ended.
fn why(call: &Call, feed: &Feed, at: Timestamp) -> WhyStopped {
    if !is_wanted(call, feed) {
        return unwanted(call, feed);
    }
    let leg = call.participants.get(&feed.of.participant);
    let is_on_its_way = leg.is_some_and(|it| it.place != it.wanted.place || it.version != it.wanted.version);
    let has_moved = feed.moved_at.is_some_and(|moved| moved.duration_since(at).abs() <= MOVES_TAKE);
    match feed.of.kind {
        FeedKind::Stream if !is_on_its_way && !has_moved => WhyStopped::Closed,
        _ => WhyStopped::Moved,
    }
}

/// Why a feed is to end.
fn unwanted(call: &Call, feed: &Feed) -> WhyStopped {
    let wish = call.feed_wishes.get(&feed.of.action);
    let leg = call.participants.get(&feed.of.participant);
    if wish.is_none_or(|wish| wish.stops || wish.closed) {
        WhyStopped::Stopped
    } else if leg.is_none_or(|it| !may_be_fed(it)) {
        WhyStopped::Left
    } else if feed.muffled {
        WhyStopped::Sensitive
    } else if leg.is_some_and(|it| it.wanted.held) && feed.of.kind == FeedKind::Transcription {
        WhyStopped::Held
    } else {
        WhyStopped::Updated
    }
}

/// Nothing more will be heard of a feed whose leg is over.
pub(crate) fn lost(call: &Call, place: usize) -> Vec<Draft> {
    let feed = call.feeds.get(place).filter(|feed| feed.is_live());
    feed.map(|feed| stopped(feed, WhyStopped::Left, Evidence::StatusCallback)).into_iter().collect()
}

/// How an action ends that has something go out.
pub(crate) fn end_of_feed(call: &Call, id: ActionId) -> Option<Happened> {
    let wish = call.feed_wishes.get(&id)?;
    let mut made = call.feeds.iter().filter(|feed| feed.of.action == id);
    if made.clone().any(Feed::is_live) || may_yet_be(call, wish) {
        return None;
    }
    let began = made.any(|feed| feed.started_at.is_some());
    // Somebody is there still, of whom it can't be had any more.
    let is_barred = |(id, it): (ParticipantId, &Participant)| {
        wish.has(id) && wish.barred.contains(&id) && it.wanted.gone.is_none()
    };
    let broke = !wish.stops && call.present().any(is_barred);
    if let Some(problem) = wish.problem.as_ref().filter(|_| broke || !began) {
        return Some(Happened::Failed { problem: problem.clone() });
    }
    if began {
        let evidence = if wish.stops { Evidence::Answer } else { Evidence::StatusCallback };
        return Some(Happened::Succeeded { evidence });
    }
    if wish.stops {
        return Some(Happened::Canceled);
    }
    let cause = "whoever it was about has left";
    Some(Happened::Failed { problem: Problem::new(Code::ParticipantLeft, cause) })
}

fn may_yet_be(call: &Call, wish: &FeedWish) -> bool {
    let of = |(id, it): (ParticipantId, &Participant)| {
        wish.has(id) && !wish.barred.contains(&id) && it.wanted.gone.is_none()
    };
    !wish.stops && !wish.closed && call.present().any(of)
}

/// Whether all that goes out for an action is in the language that is wanted of it now.
pub(crate) fn is_updated(call: &Call, action: ActionId) -> Option<Happened> {
    let Some(wish) = call.feed_wishes.get(&action).filter(|wish| !wish.stops) else {
        let problem = Problem::new(Code::ActionNotFound, "the transcription has ended");
        return Some(Happened::Failed { problem });
    };
    let mut live = call.feeds.iter().filter(|feed| feed.of.action == action && feed.is_live());
    let is_so = |feed: &Feed| feed.language == wish.language && feed.state == FeedState::Running;
    let starts = |id: &ParticipantId| matches!(turn(call, *id, FeedKind::Transcription), Some(Turn::Start(it)) if it == action);
    let is_done = live.all(is_so) && !call.participants.keys().any(starts);
    is_done.then_some(Happened::Succeeded { evidence: Evidence::Answer })
}

/// The action in the way of another one of the kind.
pub(crate) fn in_the_way(call: &Call, kind: FeedKind, legs: &[ParticipantId]) -> Option<ActionId> {
    let is = |wish: &FeedWish| {
        wish.kind == kind && (legs.is_empty() || wish.legs.is_empty() || legs.iter().any(|id| wish.has(*id)))
    };
    call.feed_wishes.iter().find(|(_, wish)| is(wish)).map(|(action, _)| *action)
}

/// A program wants something to go out.
pub(crate) fn wished(call: &mut Call, id: ActionId, action: &Action) {
    let (kind, legs, language) = match &action.command {
        Command::Stream { participant, .. } => (FeedKind::Stream, vec![*participant], None),
        Command::Transcribe { participants, language, .. } => {
            (FeedKind::Transcription, participants.clone(), Some(language.clone()))
        }
        _ => return,
    };
    let wish = FeedWish {
        kind,
        legs,
        language,
        barred: std::collections::BTreeSet::new(),
        problem: None,
        stops: false,
        closed: false,
    };
    call.feed_wishes.insert(id, wish);
}

/// Somebody is to be asked for a secret: nothing that goes out of their leg now is told any more.
pub(crate) fn muffles(call: &mut Call, command: &Command) {
    let Command::Recognize { participant, listens, .. } = command else { return };
    if !listens.sensitive {
        return;
    }
    for feed in call.feeds.iter_mut().filter(|feed| feed.of.participant == *participant && feed.is_live()) {
        feed.muffled = true;
    }
}

/// A leg is somewhere else: its feeds may not have come along.
pub(crate) fn moved(call: &mut Call, participant: ParticipantId, at: Timestamp) {
    for feed in call.feeds.iter_mut().filter(|feed| feed.of.participant == participant && feed.is_live()) {
        feed.moved_at = Some(at);
    }
}

/// Takes in what happened to feeds.
pub(crate) fn fold(call: &mut Call, event: &Event) {
    let (Some(action), Some(participant)) = (event.action, event.participant) else { return };
    let begins = |call: &mut Call, kind: FeedKind, language: Option<String>| {
        let of_same =
            |feed: &&Feed| (feed.of.kind, feed.of.action, feed.of.participant) == (kind, action, participant);
        let before = call.feeds.iter().filter(of_same).count();
        let number = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        call.feeds.push(Feed {
            of: FeedOf { kind, participant, action, number },
            sid: None,
            state: FeedState::Requested,
            language,
            muffled: false,
            requested_at: event.at,
            started_at: None,
            moved_at: None,
        });
    };
    let live = |call: &mut Call, kind: FeedKind, change: &mut dyn FnMut(&mut Feed)| {
        let of = call.feed_of(participant, kind).map(|(place, _)| place);
        if let Some(feed) = of.and_then(|place| call.feeds.get_mut(place)) {
            change(feed);
        }
    };
    let starts = |call: &mut Call, kind: FeedKind, sid: &str| {
        live(call, kind, &mut |feed| {
            feed.sid = Some(sid.to_owned());
            feed.state = FeedState::Running;
            feed.started_at = Some(event.at);
        });
    };
    let stops = |call: &mut Call, kind: FeedKind, why: WhyStopped| {
        live(call, kind, &mut |feed| feed.state = FeedState::Stopped);
        if let Some(wish) = call.feed_wishes.get_mut(&action) {
            wish.closed |= why == WhyStopped::Closed;
        }
    };
    let fails = |call: &mut Call, kind: FeedKind, problem: &Problem| {
        live(call, kind, &mut |feed| feed.state = FeedState::Failed);
        if let Some(wish) = call.feed_wishes.get_mut(&action) {
            wish.barred.insert(participant);
            wish.problem = Some(problem.clone());
        }
    };
    match &event.happened {
        Happened::StreamRequested => begins(call, FeedKind::Stream, None),
        Happened::TranscriptionRequested { language } => {
            begins(call, FeedKind::Transcription, Some(language.clone()));
        }
        Happened::StreamStarted { stream_sid, .. } => starts(call, FeedKind::Stream, stream_sid),
        Happened::TranscriptionStarted { transcription_sid, .. } => {
            starts(call, FeedKind::Transcription, transcription_sid);
        }
        Happened::StreamStopped { why, .. } => stops(call, FeedKind::Stream, *why),
        Happened::TranscriptionStopped { why, .. } => stops(call, FeedKind::Transcription, *why),
        Happened::StreamFailed { problem, .. } => fails(call, FeedKind::Stream, problem),
        Happened::TranscriptionFailed { problem, .. } => fails(call, FeedKind::Transcription, problem),
        _ => {}
    }
}

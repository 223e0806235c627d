//! What is promised of a call that a program steers.

use std::collections::BTreeMap;
use std::time::Duration;

use exchange::{Address, Heard, Hearing, Recording, RecordingStatus, SocketStory, Story, What};
use jiff::Timestamp;
use live::{
    ActionId, ActionView, Call, CallId, Cause, Command, Event, Happened, ParticipantId, Place, actions,
    fold_all,
};
use local::stack::Stack;
use phone::CallSid;
use store::StoreError;

use crate::hunt::{ANA, BEN};
use crate::hunt_promises::left_over;
use crate::steer::{Play, SAID, SECRET, Steer};
use crate::steer_program::Saw;

/// How long a leg may go on after the call.
const GOES_ON: Duration = Duration::from_secs(90);

/// How Twilio says that a recording was begun over its API.
const OF_API: &str = "StartCallRecordingAPI";

/// How long the network and the functions take for what nothing delays.
const MOMENT: Duration = Duration::from_secs(2);

/// Everything there is to look at.
struct Seen<'a> {
    steer: &'a Steer,
    call: &'a Call,
    log: &'a [Event],
    legs: BTreeMap<ParticipantId, Story>,
}

/// What is not as promised, and the log to read beside it.
pub(crate) async fn broken(steer: &Steer, stack: &Stack, saw: &Saw) -> (Vec<String>, String) {
    let mut broken = saw.broken.clone();
    let mut rung: BTreeMap<String, usize> = BTreeMap::new();
    for leg in stack.exchange.stories() {
        *rung.entry(leg.to().to_string()).or_default() += 1;
    }
    broken.extend(
        rung.iter()
            .filter(|(_, times)| **times > 1)
            .map(|(who, times)| format!("{who} was called {times} times")),
    );
    let id: Option<CallId> = saw.call.as_deref().and_then(|id| id.parse().ok());
    // Whoever went over into another call is looked for there, too.
    let (mut ids, mut looked) = (Vec::from_iter(id), 0);
    let mut told = Vec::new();
    while let Some(id) = ids.get(looked).cloned() {
        looked += 1;
        let (also, log) = broken_in(steer, stack, saw, &id, &mut broken).await;
        told.extend(log);
        for other in also {
            if !ids.contains(&other) {
                ids.push(other);
            }
        }
    }
    if !told.is_empty() {
        broken.extend(of_recordings(&told, &stack.exchange.recordings()));
    }
    broken.extend(not_kept(stack).await);
    let shown = told.iter().map(|event| format!("\n{}", shown(event))).collect::<Vec<_>>().concat();
    (broken, shown)
}

/// The same of one call; into which others somebody went or was to go, and its log.
async fn broken_in(
    steer: &Steer,
    stack: &Stack,
    saw: &Saw,
    id: &CallId,
    broken: &mut Vec<String>,
) -> (Vec<CallId>, Vec<Event>) {
    let nothing = (Vec::new(), Vec::new());
    let row = match stack.ledger.controlled_call(id).await {
        Ok(row) => row,
        // It could not be offered, or taken over.
        Err(StoreError::NotFound(_)) if steer.play.comes_in() => {
            if *steer == Steer::of(steer.play) {
                broken.push("no program has had the call".to_owned());
            }
            return nothing;
        }
        Err(error) => {
            broken.push(format!("the call can't be read: {error}"));
            return nothing;
        }
    };
    let log = stack.ledger.events_after(id, 0, 1000).await.unwrap();
    let call = &row.steered.call;
    if !log.iter().zip(1..).all(|(event, seq)| event.seq == seq) {
        broken.push("the log has a gap".to_owned());
    }
    if fold_all(id, &log).as_ref() != Some(call) {
        broken.push(format!("the log does not come to the call: {call:?}"));
    }
    if !call.is_over() {
        broken.push(format!("the call is not over: {call:?} {:?}", row.steered.requests));
    }
    let leg_of = |number: &str| {
        let address = Address::from(number);
        stack.exchange.stories().into_iter().find(|leg| *leg.to() == address)
    };
    let number = |address: &live::Address| match address {
        live::Address::Phone { number } => number.reveal().to_owned(),
        _ => String::new(),
    };
    let caller = call.caller().map(|(id, _)| id);
    let by_sid = |sid: &CallSid| stack.exchange.stories().into_iter().find(|leg| leg.call_sid() == sid);
    let legs = call.participants.iter().filter_map(|(id, it)| {
        let leg = if Some(*id) == caller {
            it.call_sid.as_ref().and_then(by_sid)
        } else {
            leg_of(&number(&it.address))
        };
        Some((*id, leg?))
    });
    let legs = legs.collect();
    let others = call.handovers.values().map(|it| it.to.clone()).collect();
    let seen = Seen { steer, call, log: &log, legs };
    broken.extend(seen.of_legs(saw));
    broken.extend(seen.of_actions());
    broken.extend(seen.of_places());
    broken.extend(seen.of_forgotten());
    broken.extend(seen.of_streams(&stack.exchange.sockets()));
    broken.extend(seen.of_words());
    if serde_json::to_string(&(&log, &row.steered)).unwrap_or_default().contains(SECRET) {
        broken.push("a secret stands in the row or the log".to_owned());
    }
    (others, log)
}

/// What the caller of a call that comes in heard that nobody should hear, or did not hear; and what was lost of it.
pub(crate) async fn broken_to_caller(steer: &Steer, stack: &Stack, story: &Story) -> Vec<String> {
    let mut broken = Vec::new();
    if story.heard_application_error() && !steer.nothing_answers() {
        broken.push("the caller heard an application error".to_owned());
    }
    let silence = heard(story).into_iter().filter(|it| it.what == Hearing::Silence);
    let silence = silence.map(|it| between(it.from, it.until)).max().unwrap_or_default();
    if silence > steer.longest_silence() && !steer.nothing_answers() {
        broken.push(format!("the caller heard nothing for {silence:?}"));
    }
    let is_music = |it: &Heard| matches!(&it.what, Hearing::Sound(url) if url.contains("music.wav"));
    let talked = |it: &Heard| matches!(it.what, Hearing::People(_));
    let had = heard(story).iter().any(|it| is_music(it) || talked(it));
    let was_rejected = steer.play == Play::Rejects && !story.was_answered();
    let left = steer.play == Play::HangsUpWhileOffered;
    if !had && !story.heard_beep() && story.talked_with().is_none() && !was_rejected && !left {
        broken.push("the caller reached neither a program, a person nor a beep".to_owned());
    }
    if steer.play.forgets_caller() && !steer.nothing_answers() {
        let call = stack.ledger.controlled_call(&CallId::of_incoming(story.call_sid())).await;
        let cause = call.ok().and_then(|call| call.steered.call.caller()?.1.cause);
        if cause == Some(Cause::Released) && !story.heard_beep() {
            broken.push("who went on without the program heard no beep".to_owned());
        }
    }
    let (_, left) = left_over(stack, story).await;
    broken.extend(left);
    broken
}

/// What Twilio has recorded for the program is told of once, in whichever call, when it begins and when it ends.
fn of_recordings(told: &[Event], kept: &[Recording]) -> Vec<String> {
    let times = |is: &dyn Fn(&Happened) -> bool| told.iter().filter(|it| is(&it.happened)).count();
    let mut broken = Vec::new();
    for recording in kept.iter().filter(|it| it.source == OF_API) {
        let sid = &recording.sid;
        let begun = times(
            &|it| matches!(it, Happened::RecordingStarted { recording_sid, .. } if recording_sid == sid),
        );
        let ended = times(&|it| match it {
            Happened::RecordingReady { recording_sid, .. } => recording_sid == sid,
            Happened::RecordingLost { recording_sid, .. } => recording_sid.as_ref() == Some(sid),
            _ => false,
        });
        if (begun, ended) != (1, 1) {
            broken.push(format!("{sid} was told as begun {begun} times, and as ended {ended} times"));
        }
    }
    broken
}

/// What Twilio has recorded of a conversation, and is not kept.
async fn not_kept(stack: &Stack) -> Vec<String> {
    let mut broken = Vec::new();
    for recording in stack.exchange.recordings() {
        let is_there = recording.status == RecordingStatus::Completed && recording.duration > 0;
        if recording.source != OF_API || !is_there {
            continue;
        }
        let row = stack.ledger.voicemail(&recording.sid).await;
        if !row.as_ref().is_ok_and(|row| row.audio.is_some() && row.conversation.is_some()) {
            broken.push(format!("a conversation is lost: {row:?}"));
        }
    }
    broken
}

fn shown(event: &Event) -> String {
    let about = event.participant.map(|it| it.to_string()).unwrap_or_default();
    let action = event.action.map(|it| it.to_string()).unwrap_or_default();
    format!("{:3} {} {about:2} {action:2} {:?}", event.seq, event.at, event.happened)
}

fn after(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

fn between(from: Timestamp, until: Timestamp) -> Duration {
    until.duration_since(from).try_into().unwrap_or_default()
}

/// For how long a piece lasts within a span.
fn within(heard: &Heard, (from, until): (Timestamp, Timestamp)) -> Duration {
    between(heard.from.max(from), heard.until.min(until))
}

fn heard(leg: &Story) -> Vec<Heard> {
    leg.legs().into_iter().next().map(|leg| leg.heard).unwrap_or_default()
}

fn picked_up(leg: &Story) -> bool {
    leg.entries().iter().any(|entry| entry.what == What::Answers)
}

impl Seen<'_> {
    fn of_legs(&self, saw: &Saw) -> Vec<String> {
        let mut broken = Vec::new();
        let over = self.call.ended_at.unwrap_or(Timestamp::MAX);
        for (id, leg) in &self.legs {
            // Whoever goes on by the phone file, or was put through, is not the program's any more.
            let is_ours = self.call.participants.get(id).is_none_or(|it| {
                it.went_to.is_none() && !matches!(it.cause, Some(Cause::Released | Cause::Redirected))
            });
            if is_ours && leg.ended().is_none_or(|ended| ended > after(over, GOES_ON)) {
                broken.push(format!("{id} goes on after the call"));
            }
            if leg.heard_application_error() && !self.steer.nothing_answers() {
                broken.push(format!("{id} heard an application error"));
            }
            if picked_up(leg) && !saw.muted && !self.steer.nothing_answers() {
                let pieces = heard(leg).into_iter().filter(|it| it.what == Hearing::Silence);
                let silence = pieces.map(|it| between(it.from, it.until)).max().unwrap_or_default();
                if silence > self.steer.longest_silence() {
                    broken.push(format!("{id} heard nothing for {silence:?}"));
                }
            }
        }
        broken
    }

    fn of_actions(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for action in actions(self.log) {
            let ends = |event: &&Event| event.action == Some(action.id) && event.happened.ends_action();
            let times = self.log.iter().filter(ends).count();
            if times != 1 {
                broken.push(format!("{} has ended {times} times", action.id));
            }
            let succeeded = |event: &&Event| {
                event.action == Some(action.id) && matches!(event.happened, Happened::Succeeded { .. })
            };
            if let Some(event) = self.log.iter().find(succeeded)
                && let Some(why) = self.not_so(&action, event.at)
            {
                broken.push(format!("{} succeeded, and {why}", action.id));
            }
        }
        broken
    }

    /// Whoever was left alone on hold goes on without the program.
    fn of_forgotten(&self) -> Vec<String> {
        if !self.steer.play.forgets_caller() || self.steer.nothing_answers() {
            return Vec::new();
        }
        let Some((caller, it)) = self.call.caller() else { return Vec::new() };
        let is_hold = |event: &Event| {
            event.participant == Some(caller)
                && matches!(event.happened, Happened::Moved { place: Place::Hold, .. })
        };
        let was_held = self.log.iter().any(is_hold);
        let mut broken = Vec::new();
        if was_held && it.cause != Some(Cause::Released) {
            broken.push(format!("the caller was forgotten on hold: {:?}", it.cause));
        }
        if self.steer.is_kind() && !was_held {
            broken.push("the caller was not held".to_owned());
        }
        broken
    }

    /// One stream goes out at a time, and none after the call, or once it was stopped.
    fn of_streams(&self, ears: &[SocketStory]) -> Vec<String> {
        let mut broken = Vec::new();
        if let Some(feed) = self.call.feeds.iter().find(|feed| feed.is_live()) {
            broken.push(format!("{feed:?} goes on after the call"));
        }
        for (place, ear) in ears.iter().enumerate() {
            let until = ear.until.unwrap_or(Timestamp::MAX);
            if ears[place + 1..].iter().any(|other| other.from < until) {
                broken.push(format!("two streams go out: from {} until {until}, and another", ear.from));
            }
        }
        let told = |is: fn(&Happened) -> bool| self.log.iter().filter(|it| is(&it.happened)).count();
        let started = told(|it| matches!(it, Happened::StreamStarted { .. }));
        if started > ears.len() {
            broken.push(format!("{started} streams were told as begun, of {}", ears.len()));
        }
        if self.steer.is_kind() && self.steer.play == Play::Streams && ears.len() != 1 {
            broken.push(format!("{} streams went out", ears.len()));
        }
        broken
    }

    /// What was said is told once, in its order by each; where nothing goes wrong, all of it, but of who waits.
    fn of_words(&self) -> Vec<String> {
        if self.steer.play != Play::Transcribes {
            return Vec::new();
        }
        let mut broken = Vec::new();
        for (id, telephone, waits) in [(ParticipantId(1), ANA, ""), (ParticipantId(2), BEN, "Yes, we do.")] {
            let words = self.log.iter().filter_map(|event| match &event.happened {
                Happened::Words { said } if event.participant == Some(id) => Some(said),
                _ => None,
            });
            let own: Vec<&str> =
                SAID.iter().filter(|(who, ..)| *who == telephone).map(|(_, _, words)| *words).collect();
            let mut in_order = Vec::new();
            for said in words {
                match own.iter().position(|words| *words == said.text) {
                    None if own.iter().any(|words| words.starts_with(&said.text)) => {}
                    None => broken.push(format!("{id} never said {:?}", said.text)),
                    Some(_) if said.out_of_order => {}
                    Some(place) => in_order.push(place),
                }
            }
            if !in_order.is_sorted_by(|one, other| one < other) {
                broken.push(format!("the words of {id} are out of order, or told twice: {in_order:?}"));
            }
            let all = own.iter().filter(|words| **words != waits).count();
            if self.steer.is_kind() && in_order.len() < all {
                broken.push(format!("of {id} {} of {all} sentences were told", in_order.len()));
            }
        }
        broken
    }

    /// Why what an action says it did is not so.
    fn not_so(&self, action: &ActionView, at: Timestamp) -> Option<String> {
        match &action.command {
            Command::Create(_) | Command::Add(_) => {
                let any = self.of_action(action.id).any(|(_, leg)| picked_up(leg));
                (!any).then(|| "nobody picked up".to_owned())
            }
            Command::Remove { participant } => self.goes_on(*participant, at),
            Command::End => self.legs.keys().find_map(|id| self.goes_on(*id, at)),
            Command::Cancel { action } => self.of_action(*action).find_map(|(id, leg)| {
                let talks = heard(leg).iter().any(|it| matches!(it.what, Hearing::People(_)));
                if talks { Some(format!("{id} talked to somebody")) } else { self.goes_on(id, at) }
            }),
            Command::Mute { participant } => {
                let is_over = |happened: &Happened| {
                    matches!(happened, Happened::Unmuted | Happened::Moved { .. } | Happened::Left { .. })
                };
                let until = self.next(*participant, at, is_over);
                // Twilio does it before its answer comes, and has them heard again before it says so.
                let until = self.asked(at, until, |command| matches!(command, Command::Unmute { .. }));
                let sid = self.legs.get(participant)?.call_sid().clone();
                let hears = |leg: &Story| {
                    heard(leg).iter().any(|it| {
                        within(it, (after(at, MOMENT), until)) > Duration::ZERO
                            && matches!(&it.what, Hearing::People(with) if with.contains(&sid))
                    })
                };
                let (id, _) = self.legs.iter().find(|(id, leg)| *id != participant && hears(leg))?;
                Some(format!("{id} hears them"))
            }
            Command::Answer { .. } => self.of_caller(|leg| !leg.was_answered()),
            Command::Reject { .. } => self.of_caller(Story::was_answered),
            // The leg is the caller's own dial.
            Command::Redirect { .. } => self.of_caller(|leg| leg.talked_with().is_none()),
            Command::Transfer { to_call: Some(_), participant, .. } | Command::Move { participant, .. } => {
                let stays = self.call.destination(*participant).is_none();
                stays.then(|| format!("{participant} has not gone over"))
            }
            // Only with whom was consulted, or transferred to, there is somebody to talk to.
            Command::Consult { .. } | Command::Transfer { .. } => {
                let any = self.of_action(action.id).any(|(_, leg)| picked_up(leg));
                (!any).then(|| "nobody picked up".to_owned())
            }
            Command::TakeBack { action } => self.of_action(*action).find_map(|(id, _)| self.goes_on(id, at)),
            Command::Record { .. } => {
                let of_it = |it: &&live::Recording| it.action == action.id && it.started_at.is_some();
                let any = self.call.recordings.iter().any(|it| of_it(&it));
                (!any).then(|| "nothing was recorded".to_owned())
            }
            Command::StopRecording { action } => {
                let of_it = |it: &&live::Recording| it.action == *action;
                // What never began needed no end.
                let later = |it: &live::Recording| {
                    it.started_at.is_some() && it.stopped_at.is_none_or(|stopped| stopped > at)
                };
                let any = self.call.recordings.iter().filter(of_it).any(later);
                any.then(|| "it is recorded afterwards".to_owned())
            }
            Command::Stream { .. } | Command::Transcribe { .. } => {
                let of_it = |feed: &&live::Feed| feed.of.action == action.id && feed.started_at.is_some();
                let any = self.call.feeds.iter().any(|feed| of_it(&feed));
                (!any).then(|| "nothing went out".to_owned())
            }
            Command::StopStream { .. }
            | Command::UpdateTranscription { .. }
            | Command::StopTranscription { .. }
            | Command::Complete { .. }
            | Command::Role { .. }
            | Command::Play { .. }
            | Command::Recognize { .. }
            | Command::SendKeys { .. }
            | Command::ListenKeys { .. }
            | Command::CancelMedia { .. }
            | Command::PauseRecording { .. }
            | Command::ResumeRecording { .. }
            | Command::Unmute { .. }
            | Command::Hold { .. }
            | Command::Resume { .. }
            | Command::Release => None,
        }
    }

    fn of_caller(&self, is_wrong: impl Fn(&Story) -> bool) -> Option<String> {
        let (id, _) = self.call.caller()?;
        let leg = self.legs.get(&id)?;
        is_wrong(leg).then(|| format!("of {id} it is not so"))
    }

    fn of_action(&self, action: ActionId) -> impl Iterator<Item = (ParticipantId, &Story)> {
        self.legs
            .iter()
            .filter(move |(id, _)| self.call.participants.get(id).is_some_and(|it| it.action == Some(action)))
            .map(|(id, leg)| (*id, leg))
    }

    fn goes_on(&self, id: ParticipantId, at: Timestamp) -> Option<String> {
        // In another call they may.
        if self.call.destination(id).is_some() {
            return None;
        }
        let ended = self.legs.get(&id)?.ended();
        ended.is_none_or(|ended| ended > after(at, MOMENT)).then(|| format!("{id} goes on"))
    }

    /// When the next such thing happens to somebody.
    fn next(&self, id: ParticipantId, from: Timestamp, is_it: impl Fn(&Happened) -> bool) -> Timestamp {
        let mut later = self.log.iter().filter(|event| event.at >= from && event.participant == Some(id));
        later.find(|event| is_it(&event.happened)).map_or(Timestamp::MAX, |event| event.at)
    }

    /// The end of a span, or when something is asked for before, that ends it.
    fn asked(&self, from: Timestamp, until: Timestamp, is_it: impl Fn(&Command) -> bool) -> Timestamp {
        let asked = |event: &&Event| {
            event.at >= from && matches!(&event.happened, Happened::Queued { command, .. } if is_it(command))
        };
        self.log.iter().find(asked).map_or(until, |event| until.min(event.at))
    }

    /// Where each was, from when and until when at least.
    fn places(&self) -> Vec<(ParticipantId, Place, Timestamp, Timestamp)> {
        let mut places = Vec::new();
        for (index, event) in self.log.iter().enumerate() {
            let (Some(id), Happened::Moved { place, .. }) = (event.participant, &event.happened) else {
                continue;
            };
            let ends = |event: &&Event| {
                event.participant == Some(id)
                    && matches!(event.happened, Happened::Moved { .. } | Happened::Left { .. })
            };
            let until = self.log[index + 1..].iter().find(ends).map_or(Timestamp::MAX, |event| event.at);
            // Who hung up may be known for gone much later.
            let ended = self.legs.get(&id).and_then(Story::ended).unwrap_or(Timestamp::MAX);
            places.push((id, *place, event.at, until.min(ended)));
        }
        places
    }

    /// Whether people hear what their place says.
    fn of_places(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let slack = MOMENT + self.steer.late_by();
        let places = self.places();
        for (id, place, from, until) in &places {
            let Some(leg) = self.legs.get(id) else { continue };
            // Whatever is asked for meanwhile may come true before the log has it.
            let asked = self.asked(*from, *until, |_| true);
            let span = (after(*from, slack), asked);
            let people = |it: &Heard| matches!(it.what, Hearing::People(_));
            let talks: Duration = heard(leg).iter().filter(|it| people(it)).map(|it| within(it, span)).sum();
            if !matches!(place, Place::Seat | Place::Bridge) && talks > Duration::ZERO {
                broken.push(format!("{id} is in {place:?} from {from}, and hears others for {talks:?}"));
            }
            if *place != Place::Seat {
                continue;
            }
            for (other, its_place, its_from, its_until) in &places {
                if other == id || *its_place != Place::Seat {
                    continue;
                }
                let span = (span.0.max(after(*its_from, slack)), span.1.min(*its_until));
                let Some(other_leg) = self.legs.get(other) else { continue };
                if between(span.0, span.1).is_zero() || self.is_muted(*other, span) {
                    continue;
                }
                let sid = other_leg.call_sid();
                let hears = |it: &Heard| matches!(&it.what, Hearing::People(with) if with.contains(sid));
                let hears: Duration =
                    heard(leg).iter().filter(|it| hears(it)).map(|it| within(it, span)).sum();
                let missed = between(span.0, span.1).saturating_sub(hears);
                if missed > Duration::ZERO {
                    broken.push(format!("{id} does not hear {other} for {missed:?} from {}", span.0));
                }
            }
        }
        broken
    }

    /// Whether somebody was not to be heard at some time until the end of a span.
    fn is_muted(&self, id: ParticipantId, (_, until): (Timestamp, Timestamp)) -> bool {
        self.log.iter().any(|event| {
            event.at <= until
                && event.participant == Some(id)
                && matches!(&event.happened, Happened::Queued { command: Command::Mute { .. }, .. })
        })
    }
}

//! `<Dial>`: rings others, bridges the first who answers, and reports how it went.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use phone::CallSid;

use super::documents::Next;
use super::ring::{EXTRA_RINGING, Rung};
use super::talk::EndOfTalk;
use super::{Interrupt, Leg, Passed, Request, Stays};
use crate::clock::{later, until};
use crate::config::Abandoned;
use crate::document::{Dial, Dialled, Target};
use crate::hearing::Hearing;
use crate::leg_handle::{Bridge, Ending, LegHandle, LegReport, PeerLeft, Signal};
use crate::params::{Params, push};
use crate::person::Mood;
use crate::recordings::{Recording, whole_seconds};
use crate::story::{EndedBy, What};
use crate::unverified::AfterChildMoved;
use crate::url;
use crate::webhooks::WebhookKind;

/// Most numbers that one `<Dial>` rings.
const MOST_TARGETS: usize = 10;

/// How long Twilio takes, once a call is led elsewhere in the middle of a conversation, to hang up the other
/// side, and then to ask the action (measured on live calls).
const MOVE_DELAYS: [Duration; 2] = [Duration::from_millis(166), Duration::from_millis(154)];

/// How long it takes after that until the way to the new document is free; that one has a delay of its own.
const DELAY_AFTER_ACTION: Duration = Duration::from_millis(276);

/// How late an action is asked that is asked late.
const LATE_ACTION: Duration = Duration::from_secs(5);

/// How a `<Dial>` went.
pub(super) struct DialResult {
    pub(super) status: &'static str,
    pub(super) sid: Option<CallSid>,
    /// How long the leg lasted, if somebody picked up.
    pub(super) lasted: Option<Duration>,
    pub(super) bridged: bool,
    /// Whether REST led who was dialled elsewhere.
    pub(super) child_moved: bool,
    pub(super) recording: Option<Recording>,
}

impl DialResult {
    pub(super) fn unanswered(status: &'static str, sid: Option<CallSid>) -> Self {
        Self { status, sid, lasted: None, bridged: false, child_moved: false, recording: None }
    }
}

/// A `<Dial>` that is over, and what ended it unless it ended by itself.
pub(super) type DialEnd = (DialResult, Option<Interrupt>);

impl Leg {
    pub(super) async fn dial(&mut self, mut dial: Dial) -> Result<Next, Interrupt> {
        if !dial.answer_on_bridge || !matches!(dial.who, Dialled::Phones(_)) {
            self.answer();
        }
        for what in &dial.not_simulated {
            self.error(0, format!("{what} is not simulated and was left out"));
        }
        let who = std::mem::replace(&mut dial.who, Dialled::Phones(Vec::new()));
        let (outcome, interrupt) = match who {
            Dialled::Phones(targets) => match self.objection(&dial, &targets) {
                Some((code, message)) => {
                    self.error(code, message);
                    (DialResult::unanswered("failed", None), None)
                }
                None => self.try_in_turn(&dial, targets).await,
            },
            Dialled::Room(join) => match self.stay_in_room(&dial, *join).await {
                Some(end) => end,
                None => return Ok(Next::Verb),
            },
            Dialled::Queue(from) => self.take_from_queue(&dial, &from).await,
        };
        self.log().set_dial_status(outcome.status);
        self.stays = Stays::Nowhere;
        self.over_with(interrupt.as_ref());
        if outcome.child_moved && interrupt.is_none() {
            self.after_child_moved().await?;
        }
        let Some(action) = &dial.action else {
            return interrupt.map_or(Ok(Next::Verb), Err);
        };
        let mut extra = Params::new();
        push(&mut extra, "DialCallStatus", outcome.status);
        push(&mut extra, "DialBridged", outcome.bridged.to_string());
        if let Some(sid) = &outcome.sid {
            push(&mut extra, "DialCallSid", sid.as_str());
        }
        if let Some(lasted) = outcome.lasted {
            push(&mut extra, "DialCallDuration", whole_seconds(lasted).to_string());
        }
        if let Some(recording) = &outcome.recording {
            push(&mut extra, "RecordingUrl", recording.url.as_str());
            push(&mut extra, "RecordingSid", recording.sid.as_str());
            push(&mut extra, "RecordingDuration", recording.duration.to_string());
        }
        let request =
            Request { kind: WebhookKind::DialAction, url: action.clone(), method: dial.method, extra };
        let moved = outcome.bridged && matches!(interrupt, Some(Interrupt::Moved(_)));
        let asked = self.now();
        let next = self.go_on_after(request, interrupt).await;
        if moved && matches!(next, Err(Interrupt::Moved(_))) {
            self.rest(until(self.now(), later(asked, DELAY_AFTER_ACTION))).await?;
        }
        next
    }

    /// Nobody has seen for sure what becomes of who dialled.
    async fn after_child_moved(&mut self) -> Result<(), Interrupt> {
        match self.network.config.unverified.after_child_moved {
            AfterChildMoved::AsksAction => Ok(()),
            AfterChildMoved::AsksActionLate => self.rest(LATE_ACTION).await,
            AfterChildMoved::Ends => Err(Interrupt::Over(EndedBy::Network)),
        }
    }

    /// Why Twilio would not even ring.
    fn objection(&self, dial: &Dial, targets: &[Target]) -> Option<(u32, String)> {
        let facts = self.handle.facts();
        if targets.is_empty() {
            return Some((13201, "<Dial> without anybody to dial".into()));
        }
        if targets.len() > MOST_TARGETS {
            return Some((13201, format!("<Dial> rings at most {MOST_TARGETS} at once")));
        }
        match &dial.caller_id {
            None if facts.from.is_client_or_sip()
                && targets.iter().any(|target| !target.address.is_client_or_sip()) =>
            {
                Some((13213, "a caller from a client or by SIP needs a callerId to dial a number".into()))
            }
            Some(caller_id)
                if *caller_id != facts.from
                    && *caller_id != facts.to
                    && !self.network.may_call_from(&facts.account_sid, caller_id)
                    && !targets.iter().all(|target| target.address.is_client_or_sip()) =>
            {
                Some((
                    13214,
                    format!(
                        "the callerId {caller_id} is neither the call's From nor To nor a number \
                         of the account"
                    ),
                ))
            }
            _ => None,
        }
    }

    /// Rings all at once, or one after the other.
    async fn try_in_turn(&mut self, dial: &Dial, targets: Vec<Target>) -> DialEnd {
        let groups: Vec<Vec<Target>> = if dial.sequential {
            targets.into_iter().map(|target| vec![target]).collect()
        } else {
            vec![targets]
        };
        let mut end = (DialResult::unanswered("failed", None), None);
        for group in groups {
            end = self.ring_all(dial, group).await;
            if end.0.lasted.is_some() || end.0.bridged || end.1.is_some() {
                break;
            }
        }
        end
    }

    async fn ring_all(&mut self, dial: &Dial, targets: Vec<Target>) -> DialEnd {
        let began = self.now();
        let number = self.network.next_number();
        self.dialling = Some(number);
        self.feels(Mood::Ringing);
        let caller_leaves = self.person.leaves_at(self.mood, self.mood_since, self.began);
        let legs: Vec<Arc<LegHandle>> = targets
            .into_iter()
            .enumerate()
            .map(|(place, target)| {
                if target.address.number().is_none() && !target.address.is_client_or_sip() {
                    self.error(13224, format!("{} is no number to dial", target.address));
                }
                let rings_for = dial.timeout + EXTRA_RINGING;
                self.dial_leg(dial, target, (number, place), rings_for, caller_leaves)
            })
            .collect();
        if self.answered.is_some() {
            self.hears(Hearing::Ringing);
        }
        let recorder = dial
            .recording
            .as_ref()
            .filter(|recording| recording.from_ringing)
            .map(|recording| self.start_recording(recording));
        let rung = self.hear_ringing(&legs).await;
        let heard = until(began, self.now());
        self.feels(Mood::Else);
        if !heard.is_zero() {
            self.callee_left = false;
            self.person.endured(Mood::Ringing, heard);
            self.log().add_at(began, self.handle.party.clone(), What::HearsRinging(heard));
        }
        let mut end = match rung {
            Ok((Some((place, answered)), _)) => self.converse(dial, &legs, place, answered).await,
            Ok((None, last)) => (last, None),
            Err(interrupt) => self.abandon(&legs, interrupt).await,
        };
        self.dialling = None;
        if let Some(recorder) = recorder {
            end.0.recording = Some(recorder.stop());
        }
        end
    }

    /// Waits for somebody who picks up and wants the call; without one, how the last one ended.
    async fn hear_ringing(
        &mut self,
        legs: &[Arc<LegHandle>],
    ) -> Result<(Option<(usize, Timestamp)>, DialResult), Interrupt> {
        let mut ends = HashMap::new();
        let mut picked: Option<(usize, Timestamp)> = None;
        let mut last = DialResult::unanswered("no-answer", None);
        while ends.len() < legs.len() {
            let Passed::Dialled(place, report) = self.pass(None).await? else { continue };
            match report {
                LegReport::Answered if picked.is_none() => {
                    picked = Some((place, self.now()));
                    call_off(legs, |other| other != place);
                }
                LegReport::Ready if picked.is_some_and(|(first, _)| first == place) => {
                    return Ok((picked, last));
                }
                LegReport::Answered | LegReport::Ready => {}
                LegReport::Moved => {
                    ends.insert(place, "completed");
                    last = DialResult {
                        child_moved: true,
                        ..DialResult::unanswered("completed", Some(legs[place].sid().clone()))
                    };
                }
                LegReport::Ended(ended) => {
                    ends.insert(place, ended.status);
                    if let Some((_, at)) = picked.filter(|(first, _)| *first == place) {
                        // Picked up, and gone before being bridged.
                        last = DialResult {
                            lasted: Some(until(at, self.now())),
                            ..DialResult::unanswered("completed", Some(legs[place].sid().clone()))
                        };
                    } else if picked.is_none() {
                        last = DialResult::unanswered(ended.status, Some(legs[place].sid().clone()));
                    }
                }
            }
        }
        Ok((None, last))
    }

    /// The dial ends while it rings.
    async fn abandon(&mut self, legs: &[Arc<LegHandle>], interrupt: Interrupt) -> DialEnd {
        if matches!(interrupt, Interrupt::Gone) {
            self.over(self.person());
        }
        call_off(legs, |_| true);
        self.all_over(legs).await;
        let status = match self.network.config.abandoned {
            Abandoned::NoAnswer if matches!(interrupt, Interrupt::Gone) => "no-answer",
            Abandoned::NoAnswer | Abandoned::Canceled => "canceled",
        };
        let sid = legs.last().map(|leg| leg.sid().clone());
        (DialResult::unanswered(status, sid), Some(interrupt))
    }

    /// Lets the two talk.
    async fn converse(
        &mut self,
        dial: &Dial,
        legs: &[Arc<LegHandle>],
        place: usize,
        answered: Timestamp,
    ) -> DialEnd {
        self.answer();
        let leg = legs[place].clone();
        let bridge = self.network.bridge(leg.clone());
        leg.signal(Signal::Bridge(Bridge { id: bridge.id, peer: self.handle.clone() }));
        let recorder = dial
            .recording
            .as_ref()
            .filter(|recording| !recording.from_ringing)
            .map(|recording| self.start_recording(recording));
        let talked = self.talk(&bridge, Some(dial.time_limit), dial.hangup_on_star).await;
        let moved = matches!(talked, Ok(EndOfTalk::Peer(PeerLeft::Moved)));
        match &talked {
            Ok(EndOfTalk::Peer(PeerLeft::HungUp)) => self.callee_left = true,
            Ok(EndOfTalk::TimeUp) => self.log().note("the time limit of the <Dial> is reached"),
            Err(Interrupt::Gone) => self.over(self.person()),
            // The new document waits until the old dial is told to be over.
            Err(Interrupt::Moved(_)) => self.network.clock.clone().sleep(MOVE_DELAYS[0]).await,
            _ => {}
        }
        // One that runs a document of its own is no longer this dial's.
        if !leg.is_done() {
            leg.signal(Signal::End(Ending::CalledOff));
        }
        self.all_over(legs).await;
        let moved = moved || leg.is_live();
        let lasted = until(answered, self.now());
        if matches!(talked, Err(Interrupt::Moved(_))) {
            self.network.clock.clone().sleep(MOVE_DELAYS[1]).await;
        }
        let outcome = DialResult {
            status: "completed",
            sid: Some(leg.sid().clone()),
            lasted: Some(lasted).filter(|_| !moved),
            bridged: true,
            child_moved: moved,
            recording: recorder.map(|recorder| recorder.stop()),
        };
        (outcome, talked.err())
    }

    /// Waits until none of the legs is this dial's any more. What else comes is kept for later.
    async fn all_over(&mut self, legs: &[Arc<LegHandle>]) {
        let clock = self.network.clock.clone();
        while legs.iter().any(|leg| !leg.is_done()) {
            match clock.wait_for(self.inbox.recv()).await {
                Some(Signal::Dialled(dial, ..)) if self.dialling == Some(dial) => {}
                Some(signal) => self.stash.push_back(signal),
                None => return,
            }
        }
    }

    fn dial_leg(
        &mut self,
        dial: &Dial,
        mut target: Target,
        place: (u64, usize),
        rings_for: Duration,
        caller_leaves: Option<Timestamp>,
    ) -> Arc<LegHandle> {
        if let Some(callback) = &mut target.status {
            callback.url = url::resolve(&self.base, &callback.url);
        }
        if let Some((url, _)) = &mut target.whisper {
            *url = url::resolve(&self.base, url);
        }
        if let Some((url, _)) = target.detection.as_mut().and_then(|detection| detection.callback.as_mut()) {
            *url = url::resolve(&self.base, url);
        }
        let from = dial.caller_id.clone().unwrap_or_else(|| self.handle.facts().from.clone());
        let leg = Leg::dialled(self, target, from, Rung { place, rings_for, caller_leaves });
        let handle = leg.handle.clone();
        drop(self.network.clock.spawn(leg.run_dialled()));
        handle
    }
}

/// Ends the ringing of the legs that `which` picks.
fn call_off(legs: &[Arc<LegHandle>], which: impl Fn(usize) -> bool) {
    for (place, leg) in legs.iter().enumerate() {
        // What runs a document of its own is no longer the dial's.
        if which(place) && !leg.is_done() {
            leg.signal(Signal::End(Ending::CalledOff));
        }
    }
}

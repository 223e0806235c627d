//! Conferences: who is in, who hears whom, and what is told of it.

mod announcements;
mod changes;
mod participant;
mod state;
mod telling;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use phone::{AccountSid, CallSid};
use tokio::sync::mpsc;

use crate::call_recorder::CallRecorder;
use crate::callbacks::Callbacks;
use crate::clock::{Clock, lock};
use crate::document::{CallRecording, Join};
use crate::leg_handle::{Ending, LegHandle, Signal};
use crate::params::{Params, push};
use crate::post::Post;
use crate::sids::Sids;
use crate::webhooks::Webhook;
pub(crate) use changes::{Change, Coach, Hold, music_of};
use participant::{Expected, participant_params};
pub(crate) use participant::{LABEL_REFUSALS, Participant, is_label};
pub use state::RoomEvent;
use state::RoomState;
pub(crate) use state::{Ended, Refusal, RoomStatus, Stay, StayKey};

/// All conferences of all accounts that are remembered, those that are over too.
#[derive(Default)]
pub(crate) struct Rooms {
    all: Mutex<Vec<Arc<Room>>>,
    /// Those in which something can still happen, and some that are just over.
    live: Mutex<Vec<Arc<Room>>>,
}

/// A conference.
pub(crate) struct Room {
    pub(crate) sid: String,
    pub(crate) account_sid: AccountSid,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    clock: Clock,
    pub(crate) callbacks: Callbacks,
    /// What its callback is to be told, once nobody holds its state.
    told: mpsc::UnboundedSender<Webhook>,
    /// The call that it was made for.
    made_for: CallSid,
    /// Whether its end calls off those whom REST is calling into it.
    calls_off: bool,
    state: Mutex<RoomState>,
}

impl Rooms {
    /// The live conference of this name.
    pub(crate) fn live(&self, account_sid: &AccountSid, name: &str) -> Option<Arc<Room>> {
        let is_it = |room: &&Arc<Room>| {
            room.account_sid == *account_sid && room.name == name && room.status() != RoomStatus::Completed
        };
        self.live_ones().iter().find(is_it).cloned()
    }

    pub(crate) fn with_sid(&self, account_sid: &AccountSid, sid: &str) -> Option<Arc<Room>> {
        lock(&self.all).iter().find(|room| room.account_sid == *account_sid && room.sid == sid).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Room>> {
        lock(&self.all).clone()
    }

    /// Those in which something can still happen.
    pub(crate) fn live_ones(&self) -> Vec<Arc<Room>> {
        let mut live = lock(&self.live);
        live.retain(|room| !lock(&room.state).is_past());
        live.clone()
    }

    /// Forgets what is over of calls that are forgotten.
    pub(crate) fn forget(&self, is_remembered: impl Fn(&CallSid) -> bool) {
        lock(&self.all).retain(|room| !lock(&room.state).is_past() || is_remembered(&room.made_for));
    }

    /// The live conference of this name, made if there is none.
    pub(crate) fn open(
        &self,
        (post, sids): (&Arc<Post>, &Sids),
        account_sid: &AccountSid,
        name: &str,
        made_for: &LegHandle,
    ) -> Arc<Room> {
        if let Some(room) = self.live(account_sid, name) {
            return room;
        }
        let now = post.clock.now();
        let callbacks = Callbacks::start(post, &made_for.log);
        let (told, mut telling) = mpsc::unbounded_channel();
        let (clock, teller) = (post.clock.clone(), callbacks.clone());
        drop(post.clock.spawn(async move {
            while let Some(webhook) = clock.wait_for(telling.recv()).await {
                teller.tell(&webhook);
            }
        }));
        let room = Arc::new(Room {
            sid: sids.sid("CF"),
            account_sid: account_sid.clone(),
            name: name.to_owned(),
            created: now,
            callbacks,
            told,
            made_for: made_for.sid().clone(),
            calls_off: post.config.unverified.conference_calls_off,
            clock: post.clock.clone(),
            state: Mutex::new(RoomState::new(now)),
        });
        lock(&self.all).push(room.clone());
        lock(&self.live).push(room.clone());
        room
    }

    /// A call that was to lead into a conference is over, or will never get there.
    pub(crate) fn stop_expecting(&self, leg: &LegHandle) {
        for room in self.live_ones() {
            room.stop_expecting(leg.sid());
        }
    }

    /// Forgets a conference that nobody came into, and nobody was called into.
    pub(crate) fn forget_unused(&self, room: &Arc<Room>) {
        if lock(&room.state).is_unused() {
            for rooms in [&self.all, &self.live] {
                lock(rooms).retain(|other| !Arc::ptr_eq(other, room));
            }
        }
    }
}

impl Room {
    pub(crate) fn status(&self) -> RoomStatus {
        lock(&self.state).status
    }

    pub(crate) fn updated(&self) -> Timestamp {
        lock(&self.state).updated
    }

    pub(crate) fn ending(&self) -> Option<Ended> {
        lock(&self.state).ending.clone()
    }

    pub(crate) fn events(&self) -> Vec<RoomEvent> {
        lock(&self.state).events.clone()
    }

    /// Those who are in it.
    pub(crate) fn participants(&self) -> Vec<Participant> {
        lock(&self.state).inside().cloned().collect()
    }

    /// Whether somebody who joins like this now would wait for it to begin.
    pub(crate) fn lets_wait(&self, join: &Join) -> bool {
        let state = lock(&self.state);
        state.status == RoomStatus::Init && !state.begins_with(join)
    }

    /// By the call's identifier, or by label.
    pub(crate) fn participant(&self, which: &str) -> Option<Participant> {
        self.participants().into_iter().find(|participant| {
            participant.leg.sid().as_str() == which || participant.join.label.as_deref() == Some(which)
        })
    }

    pub(crate) fn recorder(&self) -> Option<Arc<CallRecorder>> {
        lock(&self.state).recorder.clone()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Somebody comes in; the recording that is to begin with that, if one is.
    pub(crate) fn join(&self, leg: &Arc<LegHandle>, join: Join) -> Result<Option<CallRecording>, Refusal> {
        let now = self.now();
        let mut state = lock(&self.state);
        if state.status == RoomStatus::Completed {
            return Err((16022, "the conference is over".into()));
        }
        if let Some(refusal) = state.refusal(&join) {
            return Err(refusal);
        }
        state.expected.retain(|expected| expected.leg.sid() != leg.sid());
        state.settle(&join);
        let begins = state.status == RoomStatus::Init && state.begins_with(&join);
        let sid = leg.sid().clone();
        state.participants.push(Participant {
            leg: leg.clone(),
            joined: now,
            updated: now,
            join,
            hold: None,
            announcement: None,
            out: None,
            kicked: false,
        });
        self.tell_of(&mut state, "participant-join", &sid);
        if begins {
            state.status = RoomStatus::InProgress;
            self.tell(&mut state, "conference-start", None, Params::new());
        }
        state.look();
        Ok(if begins { state.recording.clone() } else { None })
    }

    /// Its recording goes on.
    pub(crate) fn is_recorded_by(&self, recorder: Arc<CallRecorder>) {
        let mut state = lock(&self.state);
        if state.status == RoomStatus::Completed {
            // It has ended before its recording began.
            recorder.stop();
        } else {
            state.recorder = Some(recorder);
        }
    }

    /// REST calls somebody into it. Who makes a conference so is its first participant.
    pub(crate) fn expect(&self, leg: &Arc<LegHandle>, join: &Join) {
        let mut state = lock(&self.state);
        if state.status != RoomStatus::Completed {
            state.settle(join);
            state.expected.push(Expected { leg: leg.clone(), join: join.clone() });
        }
    }

    /// Somebody whom REST called into it could not be had.
    fn stop_expecting(&self, sid: &CallSid) {
        let mut state = lock(&self.state);
        let Some(place) = state.expected.iter().position(|expected| expected.leg.sid() == sid) else {
            return;
        };
        let Expected { leg, join } = state.expected.remove(place);
        if state.status == RoomStatus::Completed {
            return;
        }
        let status = leg.state().status;
        let mut params = participant_params(&leg, &join, false);
        push(&mut params, "ParticipantCallStatus", status);
        push(&mut params, "ReasonParticipantLeft", "participant_add_failed");
        self.tell(&mut state, "participant-leave", Some(sid.clone()), params);
        if state.participants.is_empty() && state.expected.is_empty() {
            let ended = Ended { reason: "last-participant-left", by: Some(sid.clone()), label: join.label };
            self.end_in(&mut state, ended, "participant_add_failed");
        }
    }

    /// Whether everybody in it can hear this one.
    pub(crate) fn is_heard(&self, sid: &CallSid) -> bool {
        lock(&self.state).is_heard(sid)
    }

    /// Those whom REST is calling into it.
    pub(crate) fn expected(&self) -> Vec<(Arc<LegHandle>, Join)> {
        let state = lock(&self.state);
        state.expected.iter().map(|expected| (expected.leg.clone(), expected.join.clone())).collect()
    }

    /// What a participant lives through.
    pub(crate) fn stay(&self, sid: &CallSid) -> Stay {
        lock(&self.state).stay(sid)
    }

    /// Somebody goes. `reason` is Twilio's, unless they were removed for another one before.
    pub(crate) fn leave(&self, sid: &CallSid, reason: &'static str, call_status: &str) {
        let mut state = lock(&self.state);
        let Some(place) = state.participants.iter().position(|participant| participant.leg.sid() == sid)
        else {
            return;
        };
        self.has_heard(&mut state, sid, |_| true);
        let gone = state.participants.remove(place);
        let reason = gone.out.unwrap_or(reason);
        let mut params = participant_params(&gone.leg, &gone.join, gone.hold.is_some());
        push(&mut params, "ParticipantCallStatus", call_status);
        push(&mut params, "ReasonParticipantLeft", reason);
        self.tell(&mut state, "participant-leave", Some(sid.clone()), params);
        if state.status == RoomStatus::Completed {
            self.tell_end(&mut state);
            return;
        }
        let remain = state.inside().next().is_some();
        let ends = if gone.join.ends {
            Some((
                "participant-with-end-conference-on-exit-left",
                "participant-with-end-conference-on-exit-kicked",
            ))
        } else if remain {
            None
        } else {
            Some(("last-participant-left", "last-participant-kicked"))
        };
        let Some((left, kicked)) = ends else {
            state.look();
            return;
        };
        let ended = Ended {
            reason: if gone.kicked { kicked } else { left },
            by: Some(sid.clone()),
            label: gone.join.label,
        };
        self.end_in(&mut state, ended, "moderator_ended_conference");
    }

    /// Nobody comes in any more, and who is in it goes.
    fn end_in(&self, state: &mut RoomState, ended: Ended, left: &'static str) {
        state.status = RoomStatus::Completed;
        state.updated = self.now();
        state.ending = Some(ended);
        for participant in &mut state.participants {
            participant.out.get_or_insert(left);
        }
        if self.calls_off {
            for expected in &state.expected {
                expected.leg.signal(Signal::End(Ending::Rest));
            }
        }
        if let Some(recorder) = state.recorder.take() {
            // It keeps its own state, and asks nothing of the conference.
            recorder.stop();
        }
        self.tell_end(state);
        state.look();
    }

    /// Tells that it is over, once everybody has left.
    fn tell_end(&self, state: &mut RoomState) {
        if !state.participants.is_empty() {
            return;
        }
        let Some(Ended { reason, by, label }) = state.ending.clone() else { return };
        let mut params = Params::new();
        push(&mut params, "ReasonConferenceEnded", reason);
        push(&mut params, "Reason", reason.replace('-', " "));
        if let Some(by) = by {
            push(&mut params, "CallSidEndingConference", by.as_str());
        }
        if let Some(label) = label {
            push(&mut params, "ParticipantLabelEndingConference", label);
        }
        self.tell(state, "conference-end", None, params);
    }
}

//! Conferences: who is in, who hears whom, and what is told of it.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use phone::{AccountSid, CallSid};

use crate::clock::lock;
use crate::document::{Join, Music, Program, RoomCallback};
use crate::leg::CallRecorder;
use crate::leg_facts::{Params, push, rfc2822};
use crate::leg_handle::{LegHandle, Signal};
use crate::network::{Callbacks, Network, Webhook};
use crate::webhooks::{Method, WebhookKind};

/// All conferences of all accounts, those that are over too.
#[derive(Default)]
pub(crate) struct Rooms(Mutex<Vec<Arc<Room>>>);

/// A conference.
pub(crate) struct Room {
    pub(crate) sid: String,
    pub(crate) account_sid: AccountSid,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    network: Arc<Network>,
    callbacks: Callbacks,
    /// The call that it was made for.
    made_for: CallSid,
    state: Mutex<RoomState>,
}

/// How a conference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoomStatus {
    Init,
    InProgress,
    Completed,
}

impl RoomStatus {
    /// In Twilio's words.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
        }
    }
}

struct RoomState {
    status: RoomStatus,
    updated: Timestamp,
    participants: Vec<Participant>,
    /// Those whom REST calls into it, until they are in or can't be had.
    expected: Vec<Expected>,
    announcements: Vec<Announcement>,
    /// What its first participant asks for has been taken over.
    is_settled: bool,
    callback: Option<RoomCallback>,
    /// The first participant's recording, if it asks for one.
    recording: Option<crate::document::CallRecording>,
    recorder: Option<Arc<CallRecorder>>,
    sequence: u32,
    events: Vec<RoomEvent>,
    ending: Option<Ended>,
}

/// Somebody whom REST calls into a conference.
struct Expected {
    leg: Arc<LegHandle>,
    join: Join,
}

/// What all or one in a conference are hearing.
struct Announcement {
    id: u64,
    url: String,
    /// The one who hears it, if it is for one only.
    to: Option<CallSid>,
    /// Those who have not yet heard it to its end.
    listeners: Vec<CallSid>,
}

/// How a conference ended.
#[derive(Clone)]
pub(crate) struct Ended {
    /// In Twilio's words.
    pub(crate) reason: &'static str,
    /// Whose leaving ended it.
    pub(crate) by: Option<CallSid>,
    label: Option<String>,
}

impl RoomState {
    /// Those who are in it.
    fn inside(&self) -> impl Iterator<Item = &Participant> {
        self.participants.iter().filter(|participant| participant.out.is_none())
    }

    fn is_unused(&self) -> bool {
        self.status == RoomStatus::Init && self.events.is_empty() && self.expected.is_empty()
    }

    /// Whether it begins once somebody who joins like this is in.
    fn begins_with(&self, join: &Join) -> bool {
        let mut others = 0;
        let mut starts = join.starts;
        for participant in self.inside() {
            others += 1;
            starts |= participant.join.starts;
        }
        others > 0 && starts
    }

    /// Its first participant decides what is told and recorded.
    fn settle(&mut self, join: &Join) {
        if std::mem::replace(&mut self.is_settled, true) {
            return;
        }
        self.callback.clone_from(&join.status);
        self.recording = join.records.then(|| crate::document::CallRecording {
            source: "Conference",
            dual: false,
            trim: join.trim,
            track: "both".into(),
            from_ringing: true,
            status: join.recording_status.clone(),
        });
    }

    /// Everybody looks again what they live through.
    fn look(&self) {
        for participant in &self.participants {
            participant.leg.signal(Signal::Look);
        }
    }
}

/// Something that happened in a conference.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoomEvent {
    /// When, in the exchange's time.
    pub at: Timestamp,
    /// Twilio's name of it, such as `participant-join`.
    pub name: &'static str,
    /// Whom it is about.
    pub call_sid: Option<CallSid>,
}

/// Somebody in a conference.
#[derive(Clone)]
pub(crate) struct Participant {
    pub(crate) leg: Arc<LegHandle>,
    pub(crate) joined: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) join: Join,
    /// What is heard on hold.
    pub(crate) hold: Option<Music>,
    announcement: Option<(u64, Arc<Program>)>,
    /// Removed, and why.
    out: Option<&'static str>,
    /// Removed by REST.
    kicked: bool,
}

impl Participant {
    pub(crate) fn is_coaching(&self) -> bool {
        self.join.coach.is_some()
    }
}

/// What a participant lives through at present.
#[derive(Clone)]
pub(crate) enum Stay {
    /// The conference has not begun.
    Waiting(Music),
    Held(Music),
    /// Hears these.
    Talking(Vec<Arc<LegHandle>>),
    Announced(u64, Arc<Program>),
    /// No longer in it.
    Out,
}

/// What tells one such time from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StayKey {
    Waiting(Music),
    Held(Music),
    Talking(Vec<CallSid>),
    Announced(u64),
    Out,
}

impl Stay {
    pub(crate) fn key(&self) -> StayKey {
        match self {
            Self::Waiting(music) => StayKey::Waiting(music.clone()),
            Self::Held(music) => StayKey::Held(music.clone()),
            Self::Talking(others) => {
                StayKey::Talking(others.iter().map(|other| other.sid().clone()).collect())
            }
            Self::Announced(id, _) => StayKey::Announced(*id),
            Self::Out => StayKey::Out,
        }
    }
}

/// Changes of a participant, as REST asks for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) muted: Option<bool>,
    pub(crate) hold: Option<Hold>,
    pub(crate) ends: Option<bool>,
    pub(crate) beeps_on_exit: Option<bool>,
    pub(crate) wait: Option<Music>,
    pub(crate) coach: Option<Coach>,
}

/// On hold, or no longer.
#[derive(Clone, Debug)]
pub(crate) enum Hold {
    On(Music),
    Off,
}

/// Whom a participant coaches from now on.
#[derive(Clone, Debug)]
pub(crate) enum Coach {
    This(String),
    Nobody,
}

/// Why somebody does not get in: Twilio's code and words.
pub(crate) type Refusal = (u32, String);

/// Twilio's error for a label that is none, and for one that is another participant's.
pub(crate) const LABEL_REFUSALS: [u32; 2] = [16023, 16025];

/// Whether a participant may be called so: it could not be told from a call, or stand in a path, otherwise.
pub(crate) fn is_label(text: &str) -> bool {
    text.chars().count() <= 128
        && !text.contains('/')
        && !text.to_ascii_lowercase().contains("%2f")
        && CallSid::parse(text).is_err()
}

impl Rooms {
    /// The live conference of this name.
    pub(crate) fn live(&self, account_sid: &AccountSid, name: &str) -> Option<Arc<Room>> {
        let is_it = |room: &&Arc<Room>| {
            room.account_sid == *account_sid && room.name == name && room.status() != RoomStatus::Completed
        };
        lock(&self.0).iter().find(is_it).cloned()
    }

    pub(crate) fn with_sid(&self, account_sid: &AccountSid, sid: &str) -> Option<Arc<Room>> {
        lock(&self.0).iter().find(|room| room.account_sid == *account_sid && room.sid == sid).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Room>> {
        lock(&self.0).clone()
    }

    /// The live conference of this name, made if there is none.
    pub(crate) fn open(
        &self,
        network: &Arc<Network>,
        account_sid: &AccountSid,
        name: &str,
        made_for: &LegHandle,
    ) -> Arc<Room> {
        if let Some(room) = self.live(account_sid, name) {
            return room;
        }
        let now = network.clock.now();
        let room = Arc::new(Room {
            sid: network.sids.sid("CF"),
            account_sid: account_sid.clone(),
            name: name.to_owned(),
            created: now,
            callbacks: Callbacks::start(network, &made_for.log),
            made_for: made_for.sid().clone(),
            network: network.clone(),
            state: Mutex::new(RoomState {
                status: RoomStatus::Init,
                updated: now,
                participants: Vec::new(),
                expected: Vec::new(),
                announcements: Vec::new(),
                is_settled: false,
                callback: None,
                recording: None,
                recorder: None,
                sequence: 0,
                events: Vec::new(),
                ending: None,
            }),
        });
        lock(&self.0).push(room.clone());
        room
    }

    /// A call that was to lead into a conference is over, or will never get there.
    pub(crate) fn stop_expecting(&self, leg: &LegHandle) {
        for room in self.all() {
            room.stop_expecting(leg.sid());
        }
    }

    /// Forgets a conference that nobody came into, and nobody was called into.
    pub(crate) fn forget_unused(&self, room: &Arc<Room>) {
        let mut rooms = lock(&self.0);
        if lock(&room.state).is_unused() {
            rooms.retain(|other| !Arc::ptr_eq(other, room));
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
        self.network.clock.now()
    }

    /// Why somebody could not join now.
    fn refusal(state: &RoomState, join: &Join) -> Option<Refusal> {
        if let Some(label) = &join.label {
            if !is_label(label) {
                return Some((LABEL_REFUSALS[0], format!("{label:?} is no label of a participant")));
            }
            if state.inside().any(|participant| participant.join.label.as_ref() == Some(label)) {
                return Some((LABEL_REFUSALS[1], format!("the label {label:?} is another participant's")));
            }
        }
        if state.inside().count() >= join.most {
            return Some((16020, "the conference is full".into()));
        }
        let coached = join.coach.as_deref();
        if let Some(coached) = coached
            && !state.inside().any(|participant| participant.leg.sid().as_str() == coached)
        {
            return Some((13240, format!("{coached}, who is to be coached, is not in the conference")));
        }
        None
    }

    /// Somebody comes in.
    pub(crate) fn join(&self, leg: &Arc<LegHandle>, join: Join) -> Result<(), Refusal> {
        let now = self.now();
        let mut state = lock(&self.state);
        if state.status == RoomStatus::Completed {
            return Err((16022, "the conference is over".into()));
        }
        if let Some(refusal) = Self::refusal(&state, &join) {
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
        self.tell_of(&mut state, "participant-join", &sid, |_| {});
        if begins {
            state.status = RoomStatus::InProgress;
            self.tell(&mut state, "conference-start", None, Params::new());
            if let Some(asked) = state.recording.clone() {
                let recorder = CallRecorder::start_for(
                    &self.network,
                    leg,
                    &self.callbacks,
                    asked,
                    Some(self.sid.clone()),
                );
                state.recorder = Some(recorder);
            }
        }
        state.look();
        Ok(())
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

    /// What a participant lives through.
    pub(crate) fn stay(&self, sid: &CallSid) -> Stay {
        let state = lock(&self.state);
        let Some(me) = state.participants.iter().find(|participant| participant.leg.sid() == sid) else {
            return Stay::Out;
        };
        if me.out.is_some() || state.status == RoomStatus::Completed {
            return Stay::Out;
        }
        if let Some((id, program)) = &me.announcement {
            return Stay::Announced(*id, program.clone());
        }
        if let Some(music) = &me.hold {
            return Stay::Held(music.clone());
        }
        if state.status == RoomStatus::Init {
            return Stay::Waiting(me.join.wait.clone());
        }
        let heard = state.inside().filter(|other| {
            other.leg.sid() != sid
                && !other.join.muted
                && other.hold.is_none()
                && other.announcement.is_none()
                && other.join.coach.as_deref().is_none_or(|coached| coached == sid.as_str())
        });
        Stay::Talking(heard.map(|other| other.leg.clone()).collect())
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

    /// REST ends it.
    pub(crate) fn end(&self) -> bool {
        let mut state = lock(&self.state);
        if state.status == RoomStatus::Completed {
            return false;
        }
        let ended = Ended { reason: "conference-ended-via-api", by: None, label: None };
        self.end_in(&mut state, ended, "conference_ended_via_api");
        true
    }

    /// Nobody comes in any more, and who is in it goes.
    fn end_in(&self, state: &mut RoomState, ended: Ended, left: &'static str) {
        state.status = RoomStatus::Completed;
        state.updated = self.now();
        state.ending = Some(ended);
        for participant in &mut state.participants {
            participant.out.get_or_insert(left);
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

    /// REST removes somebody.
    pub(crate) fn kick(&self, sid: &CallSid) {
        let mut state = lock(&self.state);
        let participant = state.participants.iter_mut().find(|participant| participant.leg.sid() == sid);
        if let Some(participant) = participant {
            participant.out.get_or_insert("participant_updated_via_api");
            participant.kicked = true;
            participant.leg.signal(Signal::Look);
        }
    }

    /// REST changes somebody.
    pub(crate) fn change(&self, sid: &CallSid, change: Change) -> Result<(), Refusal> {
        let now = self.now();
        let mut state = lock(&self.state);
        if let Some(Coach::This(coached)) = &change.coach {
            let coached = state.participants.iter().find(|other| other.leg.sid().as_str() == coached);
            match coached {
                None => return Err((16028, "CallSidToCoach is not in the conference".into())),
                Some(coached) if coached.hold.is_some() => {
                    return Err((16027, "CallSidToCoach is on hold".into()));
                }
                Some(_) => {}
            }
        }
        let Some(me) = state.participants.iter_mut().find(|participant| participant.leg.sid() == sid) else {
            return Ok(());
        };
        me.updated = now;
        let mut events: Vec<&'static str> = Vec::new();
        let mut modified = false;
        if let Some(muted) = change.muted
            && std::mem::replace(&mut me.join.muted, muted) != muted
        {
            events.push(if muted { "participant-mute" } else { "participant-unmute" });
        }
        if let Some(hold) = change.hold {
            let was = me.hold.is_some();
            me.hold = match hold {
                Hold::On(music) => Some(music),
                Hold::Off => None,
            };
            let is = me.hold.is_some();
            if was != is {
                events.push(if is { "participant-hold" } else { "participant-unhold" });
            }
        }
        if let Some(ends) = change.ends {
            modified |= std::mem::replace(&mut me.join.ends, ends) != ends;
        }
        if let Some(beeps) = change.beeps_on_exit {
            modified |= std::mem::replace(&mut me.join.beeps_on_exit, beeps) != beeps;
        }
        if let Some(wait) = change.wait {
            modified |= me.join.wait != wait;
            me.join.wait = wait;
        }
        if let Some(coach) = change.coach {
            let coach = match coach {
                Coach::This(coached) => Some(coached),
                Coach::Nobody => None,
            };
            modified |= me.join.coach != coach;
            me.join.coach = coach;
        }
        if modified {
            events.push("participant-modify");
        }
        for event in events {
            self.tell_of(&mut state, event, sid, |_| {});
        }
        state.updated = now;
        state.look();
        Ok(())
    }

    /// Everybody hears this, or only one of them.
    pub(crate) fn announce(&self, id: u64, url: &str, to: Option<&CallSid>, program: &Arc<Program>) {
        let mut state = lock(&self.state);
        let listeners: Vec<CallSid> = state
            .inside()
            .map(|participant| participant.leg.sid().clone())
            .filter(|sid| to.is_none_or(|to| sid == to))
            .collect();
        if listeners.is_empty() {
            return;
        }
        for sid in &listeners {
            // What they were hearing is over.
            self.has_heard(&mut state, sid, |_| true);
        }
        for participant in &mut state.participants {
            if listeners.contains(participant.leg.sid()) {
                participant.announcement = Some((id, program.clone()));
            }
        }
        state.announcements.push(Announcement { id, url: url.to_owned(), to: to.cloned(), listeners });
        state.look();
    }

    /// Somebody has heard an announcement to its end.
    pub(crate) fn announced(&self, id: u64, sid: &CallSid) {
        let mut state = lock(&self.state);
        self.has_heard(&mut state, sid, |other| other == id);
        state.look();
    }

    /// Somebody no longer hears these announcements; once nobody does they are over.
    fn has_heard(&self, state: &mut RoomState, sid: &CallSid, which: impl Fn(u64) -> bool) {
        for participant in &mut state.participants {
            let hears = participant.announcement.as_ref().is_some_and(|(id, _)| which(*id));
            if hears && participant.leg.sid() == sid {
                participant.announcement = None;
            }
        }
        for announcement in &mut state.announcements {
            if which(announcement.id) {
                announcement.listeners.retain(|listener| listener != sid);
            }
        }
        let (over, go_on) = std::mem::take(&mut state.announcements)
            .into_iter()
            .partition(|announcement: &Announcement| announcement.listeners.is_empty());
        state.announcements = go_on;
        for Announcement { url, to, .. } in over {
            let mut params = Self::announcement_params(state, to.as_ref());
            push(&mut params, "AnnounceUrl", url);
            self.tell(state, "announcement-end", to, params);
        }
    }

    /// An announcement could not be had.
    pub(crate) fn announcement_failed(&self, url: &str, to: Option<&CallSid>, why: &str) {
        let mut state = lock(&self.state);
        let mut params = Self::announcement_params(&state, to);
        push(&mut params, "AnnounceUrl", url);
        push(&mut params, "ReasonAnnouncementFailed", why);
        self.tell(&mut state, "announcement-fail", to.cloned(), params);
    }

    /// Whom an announcement is for, if for one only.
    fn announcement_params(state: &RoomState, to: Option<&CallSid>) -> Params {
        let one = state.participants.iter().find(|one| Some(one.leg.sid()) == to);
        one.map_or_else(Params::new, |one| participant_params(&one.leg, &one.join, one.hold.is_some()))
    }

    /// Somebody begins to speak, and stops.
    pub(crate) fn spoke(&self, sid: &CallSid) {
        let mut state = lock(&self.state);
        let wanted = state
            .callback
            .as_ref()
            .is_some_and(|callback| callback.events.iter().any(|event| event == "speaker"));
        let inside = state.inside().any(|participant| participant.leg.sid() == sid);
        if wanted && inside {
            self.tell_of(&mut state, "participant-speech-start", sid, |_| {});
            self.tell_of(&mut state, "participant-speech-stop", sid, |_| {});
        }
    }

    fn tell_of(
        &self,
        state: &mut RoomState,
        name: &'static str,
        sid: &CallSid,
        add: impl FnOnce(&mut Params),
    ) {
        let Some(me) = state.participants.iter().find(|participant| participant.leg.sid() == sid) else {
            return;
        };
        let mut params = participant_params(&me.leg, &me.join, me.hold.is_some());
        add(&mut params);
        self.tell(state, name, Some(sid.clone()), params);
    }

    /// Writes down what happened, and tells the conference's callback if it wants to know.
    fn tell(&self, state: &mut RoomState, name: &'static str, sid: Option<CallSid>, extra: Params) {
        let now = self.now();
        state.updated = now;
        state.events.push(RoomEvent { at: now, name, call_sid: sid.clone() });
        let Some(callback) = &state.callback else { return };
        if !callback.events.iter().any(|group| group == group_of(name)) {
            return;
        }
        state.sequence += 1;
        let mut params = Params::new();
        push(&mut params, "AccountSid", self.account_sid.as_str());
        push(&mut params, "ConferenceSid", self.sid.as_str());
        push(&mut params, "FriendlyName", self.name.as_str());
        push(&mut params, "SequenceNumber", state.sequence.to_string());
        push(&mut params, "StatusCallbackEvent", name);
        push(&mut params, "Timestamp", rfc2822(now));
        params.extend(extra);
        let call_sid = sid.unwrap_or_else(|| self.made_for.clone());
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::Conference,
            account_sid: self.account_sid.clone(),
            call_sid,
            method: callback.method,
            url: callback.url.clone(),
            params,
        });
    }
}

/// The subscription that an event belongs to.
fn group_of(event: &str) -> &str {
    match event {
        "conference-start" => "start",
        "conference-end" => "end",
        "participant-join" => "join",
        "participant-leave" => "leave",
        "participant-mute" | "participant-unmute" => "mute",
        "participant-hold" | "participant-unhold" => "hold",
        "participant-modify" => "modify",
        "participant-speech-start" | "participant-speech-stop" => "speaker",
        _ => "announcement",
    }
}

/// What each event about a participant says of them.
fn participant_params(leg: &LegHandle, join: &Join, on_hold: bool) -> Params {
    let mut params = Params::new();
    push(&mut params, "CallSid", leg.sid().as_str());
    push(&mut params, "Muted", join.muted.to_string());
    push(&mut params, "Hold", on_hold.to_string());
    push(&mut params, "Coaching", join.coach.is_some().to_string());
    if let Some(coached) = &join.coach {
        push(&mut params, "CallSidToCoach", coached.as_str());
    }
    push(&mut params, "StartConferenceOnEnter", join.starts.to_string());
    push(&mut params, "EndConferenceOnExit", join.ends.to_string());
    if let Some(label) = &join.label {
        push(&mut params, "ParticipantLabel", label.as_str());
    }
    params
}

/// Where music for a conference comes from, as REST says it.
pub(crate) fn music_of(url: Option<&str>, method: Method) -> Music {
    match url {
        None => Music::Default,
        Some("") => Music::Silence,
        Some(url) => Music::Url(url.to_owned(), method),
    }
}

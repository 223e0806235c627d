//! How a conference stands, and what follows from that: who hears whom, who may come in, when it begins.

use std::sync::Arc;

use jiff::Timestamp;
use phone::CallSid;

use super::participant::{Expected, LABEL_REFUSALS, Participant, is_label};
use crate::call_recorder::CallRecorder;
use crate::document::{CallRecording, Join, Music, Program, RoomCallback};
use crate::leg_handle::{LegHandle, Signal};

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

pub(super) struct RoomState {
    pub(super) status: RoomStatus,
    pub(super) updated: Timestamp,
    pub(super) participants: Vec<Participant>,
    /// Those whom REST calls into it, until they are in or can't be had.
    pub(super) expected: Vec<Expected>,
    pub(super) announcements: Vec<Announcement>,
    /// What its first participant asks for has been taken over.
    pub(super) is_settled: bool,
    pub(super) callback: Option<RoomCallback>,
    /// The first participant's recording, if it asks for one.
    pub(super) recording: Option<CallRecording>,
    pub(super) recorder: Option<Arc<CallRecorder>>,
    pub(super) sequence: u32,
    pub(super) events: Vec<RoomEvent>,
    pub(super) ending: Option<Ended>,
}

/// What all or one in a conference are hearing.
pub(super) struct Announcement {
    pub(super) id: u64,
    pub(super) url: String,
    /// The one who hears it, if it is for one only.
    pub(super) to: Option<CallSid>,
    /// Those who have not yet heard it to its end.
    pub(super) listeners: Vec<CallSid>,
}

impl RoomState {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
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
        }
    }

    /// Whether everybody can hear this one: in it since it began, not muted, not on hold, not speaking to one alone.
    pub(super) fn is_heard(&self, sid: &CallSid) -> bool {
        self.status == RoomStatus::InProgress
            && self.inside().any(|one| {
                one.leg.sid() == sid && !one.join.muted && one.hold.is_none() && one.join.coach.is_none()
            })
    }

    /// Those who are in it.
    pub(super) fn inside(&self) -> impl Iterator<Item = &Participant> {
        self.participants.iter().filter(|participant| participant.out.is_none())
    }

    /// Whether nothing more can happen in it.
    pub(super) fn is_past(&self) -> bool {
        self.status == RoomStatus::Completed && self.participants.is_empty() && self.expected.is_empty()
    }

    pub(super) fn is_unused(&self) -> bool {
        self.status == RoomStatus::Init && self.events.is_empty() && self.expected.is_empty()
    }

    /// Whether it begins once somebody who joins like this is in.
    pub(super) fn begins_with(&self, join: &Join) -> bool {
        let mut others = 0;
        let mut starts = join.starts;
        for participant in self.inside() {
            others += 1;
            starts |= participant.join.starts;
        }
        others > 0 && starts
    }

    /// Its first participant decides what is told and recorded.
    pub(super) fn settle(&mut self, join: &Join) {
        if std::mem::replace(&mut self.is_settled, true) {
            return;
        }
        self.callback.clone_from(&join.status);
        self.recording = join.records.then(|| CallRecording {
            source: "Conference",
            dual: false,
            trim: join.trim,
            track: "both".into(),
            from_ringing: true,
            status: join.recording_status.clone(),
        });
    }

    /// Everybody looks again what they live through.
    pub(super) fn look(&self) {
        for participant in &self.participants {
            participant.leg.signal(Signal::Look);
        }
    }

    /// Why somebody could not join now.
    pub(super) fn refusal(&self, join: &Join) -> Option<Refusal> {
        if let Some(label) = &join.label {
            if !is_label(label) {
                return Some((LABEL_REFUSALS[0], format!("{label:?} is no label of a participant")));
            }
            if self.inside().any(|participant| participant.join.label.as_ref() == Some(label)) {
                return Some((LABEL_REFUSALS[1], format!("the label {label:?} is another participant's")));
            }
        }
        if self.inside().count() >= join.most {
            return Some((16020, "the conference is full".into()));
        }
        let coached = join.coach.as_deref();
        if let Some(coached) = coached
            && !self.inside().any(|participant| participant.leg.sid().as_str() == coached)
        {
            return Some((13240, format!("{coached}, who is to be coached, is not in the conference")));
        }
        None
    }

    /// What a participant lives through.
    pub(super) fn stay(&self, sid: &CallSid) -> Stay {
        let Some(me) = self.participants.iter().find(|participant| participant.leg.sid() == sid) else {
            return Stay::Out;
        };
        if me.out.is_some() || self.status == RoomStatus::Completed {
            return Stay::Out;
        }
        if let Some((id, program)) = &me.announcement {
            return Stay::Announced(*id, program.clone());
        }
        if let Some(music) = &me.hold {
            return Stay::Held(music.clone());
        }
        if self.status == RoomStatus::Init {
            return Stay::Waiting(me.join.wait.clone());
        }
        let heard = self.inside().filter(|other| {
            other.leg.sid() != sid
                && !other.join.muted
                && other.hold.is_none()
                && other.announcement.is_none()
                && other.join.coach.as_deref().is_none_or(|coached| coached == sid.as_str())
        });
        Stay::Talking(heard.map(|other| other.leg.clone()).collect())
    }
}

/// How a conference ended.
#[derive(Clone)]
pub(crate) struct Ended {
    /// In Twilio's words.
    pub(crate) reason: &'static str,
    /// Whose leaving ended it.
    pub(crate) by: Option<CallSid>,
    pub(super) label: Option<String>,
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

/// Why somebody does not get in: Twilio's code and words.
pub(crate) type Refusal = (u32, String);

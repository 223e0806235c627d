//! What REST does to a conference and to those who are in it.

use phone::CallSid;

use super::Room;
use super::state::{Ended, Refusal, RoomStatus};
use crate::clock::lock;
use crate::document::Music;
use crate::leg_handle::Signal;
use crate::webhooks::Method;

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

impl Room {
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
            self.tell_of(&mut state, event, sid);
        }
        state.updated = now;
        state.look();
        Ok(())
    }
}

/// Where music for a conference comes from, as REST says it.
pub(crate) fn music_of(url: Option<&str>, method: Method) -> Music {
    match url {
        None => Music::Default,
        Some("") => Music::Silence,
        Some(url) => Music::Url(url.to_owned(), method),
    }
}

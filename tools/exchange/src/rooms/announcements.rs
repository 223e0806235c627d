//! What all or one in a conference hear instead of each other.

use std::sync::Arc;

use phone::CallSid;

use super::Room;
use super::participant::participant_params;
use super::state::RoomStatus;
use super::state::{Announcement, RoomState};
use crate::clock::lock;
use crate::document::Program;
use crate::params::{Params, push};

impl Room {
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
    pub(super) fn has_heard(&self, state: &mut RoomState, sid: &CallSid, which: impl Fn(u64) -> bool) {
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
        if state.status == RoomStatus::Completed {
            // Nobody is left to hear it, and the end was the last that is told.
            return;
        }
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
}

//! What is written down of a conference, and told its callback.

use phone::CallSid;

use super::Room;
use super::participant::participant_params;
use super::state::{RoomEvent, RoomState};
use crate::clock::lock;
use crate::params::{Params, push, rfc2822};
use crate::webhooks::{Webhook, WebhookKind};

impl Room {
    /// Somebody begins to speak, and stops.
    pub(crate) fn spoke(&self, sid: &CallSid) {
        let mut state = lock(&self.state);
        let wanted = state
            .callback
            .as_ref()
            .is_some_and(|callback| callback.events.iter().any(|event| event == "speaker"));
        if wanted && state.is_heard(sid) {
            self.tell_of(&mut state, "participant-speech-start", sid);
            self.tell_of(&mut state, "participant-speech-stop", sid);
        }
    }

    pub(super) fn tell_of(&self, state: &mut RoomState, name: &'static str, sid: &CallSid) {
        let Some(me) = state.participants.iter().find(|participant| participant.leg.sid() == sid) else {
            return;
        };
        let params = participant_params(&me.leg, &me.join, me.hold.is_some());
        self.tell(state, name, Some(sid.clone()), params);
    }

    /// Writes down what happened, and tells the conference's callback if it wants to know.
    pub(super) fn tell(
        &self,
        state: &mut RoomState,
        name: &'static str,
        sid: Option<CallSid>,
        extra: Params,
    ) {
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
        // Whoever decides how webhooks travel may ask about this very conference.
        let _ = self.told.send(Webhook {
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

//! How a leg is answered and how it ends, and who is told.

use std::time::Duration;

use super::progress::{push_end, push_event};
use super::{Leg, Told};
use crate::clock::until;
use crate::document::{LegCallback, LegEvent};
use crate::hearing::Hearing;
use crate::leg_facts::Direction;
use crate::leg_handle::{Ended, Ending, FarEnd, Signal};
use crate::params::{Params, push};
use crate::phones::CueEvent;
use crate::story::{EndedBy, What};
use crate::webhooks::{Webhook, WebhookKind};

impl Leg {
    /// `CallStatus` as a webhook would say now.
    pub(super) fn status(&self) -> &'static str {
        if let Some(status) = self.status_at_end {
            return status;
        }
        match (self.answered, self.ended) {
            (Some(_), Some(_)) => "completed",
            (None, Some(_)) => "no-answer",
            (Some(_), None) => "in-progress",
            (None, None) => "ringing",
        }
    }

    /// Picks up, unless that was done: the network at our number, or the person who was called.
    pub(super) fn answer(&mut self) {
        if self.answered.is_some() {
            return;
        }
        let now = self.now();
        self.answered = Some(now);
        let mut state = self.handle.state();
        state.status = "in-progress";
        state.answered = Some(now);
        drop(state);
        if self.handle.facts().parent.is_none() {
            self.log().set_status("in-progress");
        }
        self.does(What::Answers);
        self.hears(Hearing::Silence);
        self.meets(&CueEvent::Answered);
        if let Some(outer) = &self.outer {
            outer.signal(Signal::FarEnd(FarEnd::Answered));
        }
    }

    /// The leg is over, at this instant; what is left of it only tells others.
    pub(super) fn over(&mut self, by: EndedBy) {
        if self.ended.is_some() {
            return;
        }
        let by = if by == EndedBy::Network && self.callee_left { EndedBy::Callee } else { by };
        let inbound = self.handle.facts().direction == Direction::Inbound;
        let by_person = by == EndedBy::Caller && inbound || by == EndedBy::Callee && !inbound;
        if by_person {
            self.does(What::HangsUp);
        } else if self.answered.is_some() {
            self.does(What::HearsHangUp);
        }
        self.close();
        if self.handle.facts().parent.is_none() {
            self.log().end(by);
        }
    }

    /// The leg is over, for those who look at it.
    pub(super) fn close(&mut self) {
        let now = self.now();
        self.ended = Some(now);
        let status = self.status();
        let mut state = self.handle.state();
        state.status = status;
        state.ended = Some(now);
        drop(state);
        if self.handle.facts().parent.is_none() {
            self.log().set_status(status);
        }
        self.network.leg_ended(&self.handle);
        if let Some(outer) = self.outer.take() {
            outer.signal(Signal::FarEnd(FarEnd::Ended));
        }
        if let Some(far_end) = self.far_end.take() {
            far_end.signal(Signal::End(Ending::FarEnd));
        }
    }

    /// Tells that the leg is over, once.
    pub(super) fn report_end(&mut self) {
        let (url, method) = match (&self.told, self.ended) {
            (Told::End(url, method), Some(_)) => (url.clone(), *method),
            (Told::Events(_), Some(_)) => return self.report_ended(Ended::COMPLETED),
            _ => return,
        };
        self.told = Told::Nobody;
        let ended = self.ended.unwrap_or_else(|| self.now());
        let status = self.status();
        let mut params = self.handle.facts().params(status);
        push_end(&mut params, status, self.length());
        push_event(&mut params, ended, 0);
        self.tell(WebhookKind::CallStatus, url, method, params);
    }

    /// From now on another URL is told, of the same.
    pub(super) fn tell_another(&mut self, url: String, method: crate::webhooks::Method) {
        let inbound = self.handle.facts().direction == Direction::Inbound;
        match &mut self.told {
            Told::Events(callback) => {
                callback.url = url;
                callback.method = method;
            }
            _ if inbound => self.told = Told::End(url, method),
            _ => {
                self.told = Told::Events(LegCallback { url, method, events: vec![LegEvent::Completed] });
            }
        }
    }

    /// How long it lasted since somebody picked up.
    pub(super) fn length(&self) -> Duration {
        match (self.answered, self.ended) {
            (Some(answered), Some(ended)) => until(answered, ended),
            _ => Duration::ZERO,
        }
    }

    /// A dialled leg is over.
    pub(super) fn end(&mut self, ended: Ended) {
        if self.ended.is_some() {
            return;
        }
        if self.answered.is_none() {
            self.does(What::Status(ended.status.into()));
        }
        self.status_at_end = Some(ended.status);
        self.close();
        self.report_ended(ended);
    }

    /// Tells the status callback of an outbound leg that it is over.
    pub(super) fn report_ended(&mut self, ended: Ended) {
        let (now, length) = (self.now(), self.length());
        let answered_by = self.handle.state().answered_by;
        let recording = self.network.archive.ordered_with(self.handle.sid());
        self.report_event_with(LegEvent::Completed, ended.status, |params, sequence| {
            push_end(params, ended.status, length);
            push_event(params, now, sequence);
            push(params, "SipResponseCode", ended.sip_code.to_string());
            if let Some(answered_by) = answered_by {
                push(params, "AnsweredBy", answered_by);
            }
            if let Some(recording) = recording {
                push(params, "RecordingUrl", recording.url.as_str());
                push(params, "RecordingSid", recording.sid.as_str());
                push(params, "RecordingDuration", recording.duration.to_string());
            }
        });
        self.told = Told::Nobody;
    }

    /// Tells the status callback of an outbound leg how far it got.
    pub(super) fn report_event(&mut self, event: LegEvent, status: &str) {
        let now = self.now();
        let attestation = self.attestation().filter(|_| event != LegEvent::Initiated);
        self.report_event_with(event, status, |params, sequence| {
            push_event(params, now, sequence);
            if let Some(attestation) = attestation {
                push(params, "StirStatus", attestation);
            }
        });
    }

    /// How Twilio attests to the called network who calls: its own numbers in part, others not.
    fn attestation(&self) -> Option<&'static str> {
        let facts = self.handle.facts();
        let is_attested = facts.to.number().is_some_and(|to| to.reveal().starts_with("+1"));
        let is_own = self.network.owner_of(&facts.from).is_some();
        is_attested.then_some(if is_own { "B" } else { "C" })
    }

    fn report_event_with(&mut self, event: LegEvent, status: &str, add: impl FnOnce(&mut Params, u32)) {
        let Told::Events(callback) = &self.told else {
            return;
        };
        if !callback.events.contains(&event) {
            return;
        }
        let (url, method) = (callback.url.clone(), callback.method);
        let mut params = self.handle.facts().params(status);
        add(&mut params, self.sequence);
        self.sequence += 1;
        self.tell(WebhookKind::LegStatus, url, method, params);
    }

    pub(super) fn tell(
        &self,
        kind: WebhookKind,
        url: String,
        method: crate::webhooks::Method,
        params: Params,
    ) {
        let facts = self.handle.facts();
        self.callbacks.tell(&Webhook {
            kind,
            account_sid: facts.account_sid.clone(),
            call_sid: facts.sid.clone(),
            method,
            url,
            params,
        });
    }
}

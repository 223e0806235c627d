//! A call that the REST API begins.

use std::sync::Arc;
use std::time::Duration;

use super::ring::EXTRA_RINGING;
use super::{Interrupt, LONGEST_CALL, Leg, Request, Told};
use crate::api_call::{Answering, ApiCall};
use crate::callbacks::Callbacks;
use crate::clock::{BoxFuture, later};
use crate::document::{Dial, Dialled, LegEvent, Program, Verb};
use crate::leg_facts::{Direction, LegFacts};
use crate::leg_handle::{Ended, LegHandle, Source};
use crate::network::Network;
use crate::params::{Params, push};
use crate::person::Person;
use crate::phones::Caller;
use crate::story::{EndedBy, Party};
use crate::webhooks::{Method, WebhookKind};

impl Leg {
    /// A call that is about to be placed; nothing happens before it runs. How long it waits for its turn is
    /// known at once.
    pub(crate) fn by_api(network: &Arc<Network>, call: ApiCall) -> (Arc<LegHandle>, BoxFuture<'static, ()>) {
        let sid = network.sids.call();
        let log = network.stories.begin(&network.clock, sid.clone(), (call.from.clone(), call.to.clone()));
        let facts = LegFacts {
            account_sid: call.account_sid.clone(),
            sid,
            parent: None,
            from: call.from.clone(),
            to: call.to.clone(),
            direction: Direction::OutboundApi,
            forwarded_from: None,
            caller_name: None,
            stir_verstat: None,
            call_token: None,
            application_sid: call.application_sid.clone(),
        };
        // Whoever calls one of our own numbers from here says nothing, and stays.
        let person = Person::calling(&Caller::new(call.from.clone()).stays_silent());
        let callbacks = Callbacks::start(&network.post, &log);
        let party = Party::Callee(call.to.clone());
        let mut leg = Self::new(network, facts, (&log, party), callbacks, person);
        leg.told = call.status.clone().map_or(Told::Nobody, Told::Events);
        leg.fallback.clone_from(&call.fallback);
        let wait = network.turn(&call.account_sid);
        leg.handle.state().queued_for = wait;
        let handle = leg.handle.clone();
        (handle, Box::pin(leg.run_by_api(call, wait)))
    }

    async fn run_by_api(mut self, call: ApiCall, wait: Duration) {
        self.live_by_api(&call, wait).await;
        // Who was to come into a conference and did not never will.
        self.network.rooms.stop_expecting(&self.handle);
        self.handle.set_done();
    }

    async fn live_by_api(&mut self, call: &ApiCall, wait: Duration) {
        if self.rest(wait).await.is_err() {
            // Who is taken back in the queue is told nothing of.
            self.status_at_end = Some("canceled");
            self.close();
            self.log().end(EndedBy::Network);
            return;
        }
        self.dialling_status("initiated");
        self.report_event(LegEvent::Initiated, "initiated");
        if let Err(ended) = self.ring(call.timeout + EXTRA_RINGING, None).await {
            self.end(ended);
            self.log().end(EndedBy::Network);
            return;
        }
        if let Some(limit) = call.time_limit {
            self.limit = self.limit.min(later(self.now(), limit));
        }
        self.pick_up();
        self.feels(crate::person::Mood::Else);
        if let Some(recording) = &call.recording {
            self.start_recording(recording);
        }
        let by = match self.answering(call).await {
            Ok(by) => by,
            Err(interrupt) => self.live_after(interrupt).await,
        };
        self.over(by);
        self.report_ended(Ended::COMPLETED);
    }

    async fn answering(&mut self, call: &ApiCall) -> Result<EndedBy, Interrupt> {
        if let Some(keys) = &call.keys {
            self.hear_keys(keys).await?;
        }
        let mut extra = Params::new();
        match &call.detection {
            Some(detection) if detection.first => {
                let (verdict, after) = self.verdict(detection);
                self.hears(crate::hearing::Hearing::Silence);
                self.rest(after).await?;
                self.handle.state().answered_by = Some(verdict);
                push(&mut extra, "AnsweredBy", verdict);
                push(&mut extra, "MachineDetectionDuration", after.as_millis().to_string());
            }
            Some(detection) => self.detect_beside(detection),
            None => {}
        }
        Ok(match &call.answering {
            Answering::Source(Source::Url(url, method)) => {
                let request = Request { kind: WebhookKind::Voice, url: url.clone(), method: *method, extra };
                self.live(request).await
            }
            Answering::Source(source) => self.live_on(source.clone()).await,
            Answering::Join(join) => {
                let dial = Dial {
                    action: None,
                    method: Method::Post,
                    timeout: Duration::from_secs(30),
                    time_limit: LONGEST_CALL,
                    caller_id: None,
                    answer_on_bridge: false,
                    hangup_on_star: false,
                    sequential: false,
                    recording: None,
                    who: Dialled::Room(join.clone()),
                    not_simulated: Vec::new(),
                };
                self.live_with(Program::of(Verb::Dial(Box::new(dial)))).await
            }
        })
    }
}

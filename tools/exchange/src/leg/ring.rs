//! A leg that was dialled by another: it rings, perhaps is answered, perhaps hears a whisper, perhaps talks.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::documents::Scope;
use super::{DEEPEST, Interrupt, Leg, Passed, Request, Told};
use crate::Address;
use crate::clock::{BoxFuture, until};
use crate::document::{LegEvent, Target};
use crate::leg_facts::{Direction, LegFacts};
use crate::leg_handle::{Ended, Ending, FarEnd, LegHandle, LegReport, Signal, Source};
use crate::params::Params;
use crate::person::{Mood, Person};
use crate::phones::{Caller, CueEvent, Phone, Ringing};
use crate::story::{EndedBy, Party, What};
use crate::webhooks::WebhookKind;

/// What Twilio adds to every time that a telephone may ring.
pub(super) const EXTRA_RINGING: Duration = Duration::from_secs(5);

/// How long the network takes to find out that a telephone is busy or not there.
const LOOKUP: Duration = Duration::from_secs(1);

/// How a `<Dial>` rings a leg.
pub(super) struct Rung {
    /// The dial's number and the leg's place in it.
    pub(super) place: (u64, usize),
    /// When it stops ringing by itself.
    pub(super) rings_for: Duration,
    /// When the caller will have given up; at that very instant answering is too late.
    pub(super) caller_leaves: Option<Timestamp>,
}

/// What a dialled leg is for.
pub(crate) struct Dialling {
    target: Target,
    rung: Rung,
    dialler: Arc<LegHandle>,
}

/// A dialled leg that is about to run.
pub(super) struct DialledLeg {
    pub(super) handle: Arc<LegHandle>,
    leg: Leg,
    dialling: Dialling,
}

impl Leg {
    /// A leg that this one dials.
    pub(super) fn dialled(dialler: &Leg, target: Target, from: Address, rung: Rung) -> DialledLeg {
        let network = &dialler.network;
        let facts = LegFacts {
            account_sid: dialler.handle.facts().account_sid.clone(),
            sid: network.sids.call(),
            parent: Some(dialler.handle.sid().clone()),
            from,
            to: target.address.clone(),
            direction: Direction::OutboundDial,
            forwarded_from: None,
            caller_name: None,
            stir_verstat: None,
            call_token: None,
            application_sid: None,
        };
        let party = Party::Callee(target.address.clone());
        let at = (dialler.log(), party);
        let mut leg = Self::new(network, facts, at, dialler.callbacks.clone(), Person::default());
        leg.told = target.status.clone().map_or(Told::Nobody, Told::Events);
        leg.fallback.clone_from(&dialler.fallback);
        leg.base.clone_from(&dialler.base);
        leg.depth = dialler.depth;
        // Who calls one of our own numbers from here is still the same person.
        leg.person = dialler.person.going_on();
        let dialling = Dialling { target, rung, dialler: dialler.handle.clone() };
        DialledLeg { handle: leg.handle.clone(), leg, dialling }
    }
}

impl DialledLeg {
    pub(super) fn run_dialled(self) -> BoxFuture<'static, ()> {
        Box::pin(self.leg.run_dialled(self.dialling))
    }
}

impl Dialling {
    fn report(&self, report: LegReport) {
        let (dial, place) = self.rung.place;
        self.dialler.signal(Signal::Dialled(dial, place, report));
    }
}

impl Leg {
    async fn run_dialled(mut self, dialling: Dialling) {
        self.dialling_status("initiated");
        self.report_event(LegEvent::Initiated, "initiated");
        let leaves_after = dialling.rung.caller_leaves.map(|leaves| until(self.now(), leaves));
        let rung = self.ring(dialling.rung.rings_for, leaves_after).await;
        if let Err(ended) = rung {
            self.finish(ended, &dialling);
            return;
        }
        self.pick_up();
        dialling.report(LegReport::Answered);
        // Who is sent keys is not listened to.
        let detection = dialling.target.detection.clone().filter(|_| dialling.target.keys.is_none());
        if let Some(detection) = detection {
            self.detect_beside(&detection);
        }
        let connected = self.connect(&dialling).await;
        match connected {
            Err(Interrupt::Moved(source)) => {
                // Who dialled it has no more to do with it.
                self.handle.set_done();
                dialling.report(LegReport::Moved);
                self.dialling = None;
                let by = self.live_on(source).await;
                self.over(by);
                self.report_ended(Ended::COMPLETED);
            }
            Err(Interrupt::Gone) => {
                if self.far_end.is_some() || self.mood != Mood::Else || self.answered.is_some() {
                    self.does(What::HangsUp);
                }
                self.finish(Ended::COMPLETED, &dialling);
            }
            Err(Interrupt::Ended(Ending::CalledOff)) | Ok(Ended::CANCELED) => {
                self.finish(Ended::COMPLETED, &dialling);
            }
            Ok(ended) => self.finish(ended, &dialling),
            Err(_) => self.finish(Ended::COMPLETED, &dialling),
        }
    }

    /// The leg is over: everybody is told.
    fn finish(&mut self, ended: Ended, dialling: &Dialling) {
        self.end(ended);
        self.handle.set_done();
        dialling.report(LegReport::Ended(ended));
    }

    pub(super) fn dialling_status(&self, status: &'static str) {
        self.handle.state().status = status;
    }

    /// Rings; an error is how it ended unanswered.
    pub(super) async fn ring(
        &mut self,
        rings_for: Duration,
        caller_leaves_after: Option<Duration>,
    ) -> Result<(), Ended> {
        let to = self.handle.facts().to.clone();
        if self.network.urls_of(&to).is_some() {
            return self.ring_our_own_number(rings_for).await;
        }
        let phone = self.network.phone_at(&to).unwrap_or_else(|| {
            self.log().note("nobody has plugged a telephone in here");
            Phone::unreachable()
        });
        self.person = Person::called(&phone);
        let at_once = match phone.ringing {
            Ringing::Unreachable { sip_code } => Some(Ended { status: "failed", sip_code }),
            Ringing::Busy => Some(Ended::BUSY),
            _ => None,
        };
        if let Some(ended) = at_once {
            return Err(self.waits(LOOKUP).await.err().unwrap_or(ended));
        }
        self.does(What::Rings);
        self.dialling_status("ringing");
        self.report_event(LegEvent::Ringing, "ringing");
        self.meets(&CueEvent::Begins);
        let limit = caller_leaves_after.map_or(rings_for, |leaves| rings_for.min(leaves));
        match phone.ringing {
            Ringing::Answers(after) if after < limit => self.waits(after).await,
            Ringing::Declines(after) if after < limit => {
                self.waits(after).await?;
                self.does(What::Declines);
                Err(Ended::BUSY)
            }
            _ => Err(self.waits(rings_for).await.err().unwrap_or(Ended::NO_ANSWER)),
        }
    }

    /// How a call to our own number ended that nobody answered.
    fn unanswered_far_end(&self) -> Ended {
        match self.far_end.as_ref().map(|far_end| far_end.state().status) {
            Some("failed") => Ended { status: "failed", sip_code: 404 },
            Some("no-answer") => Ended::NO_ANSWER,
            _ => Ended::BUSY,
        }
    }

    /// Waits while it rings; an error is how that ended before.
    async fn waits(&mut self, length: Duration) -> Result<(), Ended> {
        match self.rest(length).await {
            Ok(()) => Ok(()),
            // Whoever is there has enough of its ringing.
            Err(Interrupt::Gone) => {
                self.does(What::Declines);
                Err(Ended::BUSY)
            }
            // Nobody runs documents on a leg that rings: it can only be called off.
            Err(_) => Err(Ended::CANCELED),
        }
    }

    /// Somebody picks up.
    pub(super) fn pick_up(&mut self) {
        self.answer();
        self.feels(Mood::Whisper);
        self.report_event(LegEvent::Answered, "in-progress");
    }

    /// What comes between picking up and the end of the conversation.
    async fn connect(&mut self, dialling: &Dialling) -> Result<Ended, Interrupt> {
        if let Some(keys) = dialling.target.keys.clone() {
            self.hear_keys(&keys).await?;
        }
        match dialling.target.whisper.clone() {
            Some((url, method)) => {
                let request = Request { kind: WebhookKind::Whisper, url, method, extra: Params::new() };
                let program = self.ask_for(request, Scope::Whisper).await?;
                self.follow(program, Scope::Whisper).await?;
            }
            // Nothing to hear: who hangs up at once is gone before being bridged.
            None if self.far_end.is_none() && self.person.leaves_at_once() => return Err(Interrupt::Gone),
            None => {}
        }
        self.feels(Mood::Else);
        dialling.report(LegReport::Ready);
        let bridge = loop {
            if let Passed::Bridge(bridge) = self.pass(None).await? {
                break bridge;
            }
        };
        match self.talk(&bridge, None, false).await? {
            // The dialler orders what is to become of this leg.
            super::talk::EndOfTalk::Peer(_) => loop {
                self.pass(None).await?;
            },
            _ => Ok(Ended::COMPLETED),
        }
    }

    /// Runs documents as a call of its own.
    pub(super) async fn live_on(&mut self, source: Source) -> EndedBy {
        match self.moved_to(source).await {
            Ok(program) => self.live_with(program).await,
            Err(interrupt) => self.live_after(interrupt).await,
        }
    }

    /// Dials one of our own numbers: a call comes in there, with a story of its own.
    async fn ring_our_own_number(&mut self, rings_for: Duration) -> Result<(), Ended> {
        if self.depth >= DEEPEST {
            self.error(0, format!("a loop: {DEEPEST} calls to our own numbers within each other"));
            return Err(Ended { status: "failed", sip_code: 482 });
        }
        self.does(What::Rings);
        self.dialling_status("ringing");
        self.report_event(LegEvent::Ringing, "ringing");
        let facts = self.handle.facts();
        let script = Caller::new(facts.from.clone()).not_attested();
        let script = Caller { stir_verstat: Some("TN-Validation-Passed-A".into()), ..script };
        let person = std::mem::take(&mut self.person);
        let mut inner = Leg::inbound_by(&self.network, &script, person, &facts.to.clone());
        inner.depth = self.depth + 1;
        inner.outer = Some(self.handle.clone());
        self.log().note(format!("goes on in call {}", inner.handle.sid()));
        self.far_end = Some(inner.handle.clone());
        drop(self.network.clock.spawn(inner.run()));
        let end = crate::clock::later(self.now(), rings_for);
        loop {
            let left = until(self.now(), end);
            match self.pass(Some(left)).await {
                Ok(Passed::Whole) => return Err(Ended::NO_ANSWER),
                Ok(Passed::FarEnd(FarEnd::Answered)) => return Ok(()),
                Ok(Passed::FarEnd(FarEnd::Ended)) => return Err(self.unanswered_far_end()),
                Ok(_) => {}
                Err(Interrupt::Ended(Ending::CalledOff | Ending::Rest)) => return Err(Ended::CANCELED),
                Err(_) => return Err(Ended::BUSY),
            }
        }
    }
}

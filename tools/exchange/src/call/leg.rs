//! A leg that was dialled: it rings, perhaps is answered, perhaps hears a whisper, perhaps talks.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::ear::{Ear, Heard, time_to_press};
use super::input::{self, Gathered};
use super::orders::{Order, Orders};
use super::progress::{push_end, push_event};
use super::{Call, DEEPEST, Outer};
use crate::clock::later;
use crate::config::Unplayable;
use crate::document::{Document, LegEvent, Prompt, Target, Verb, read};
use crate::line::{Line, Params, push};
use crate::network::{Callbacks, Network, Webhook};
use crate::phones::{Caller, Phone, Ringing};
use crate::story::{Log, Party, What};
use crate::url;
use crate::webhooks::{Method, WebhookFailure, WebhookKind};

/// How long the network takes to find out that a telephone is busy or not there.
const LOOKUP: Duration = Duration::from_secs(1);

/// More whisper documents than this are a loop.
const MOST_WHISPERS: usize = 20;

/// What a leg tells the call that dialled it.
pub(super) enum LegReport {
    /// Somebody picked up.
    Answered,
    /// Somebody picked up and wants the call.
    Ready(Talk),
    /// It is over without a conversation.
    Ended(Ended),
}

/// How long the callee will talk.
pub(super) enum Talk {
    /// Until the caller hangs up.
    Open,
    /// So long.
    For(Duration),
    /// As long as the call to one of our own numbers lasts.
    WhileCallLasts(oneshot::Receiver<()>),
}

/// How a leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// In Twilio's words.
    pub(super) status: &'static str,
    pub(super) sip_code: u16,
}

impl Ended {
    const COMPLETED: Self = Self { status: "completed", sip_code: 200 };
    const CANCELED: Self = Self { status: "canceled", sip_code: 487 };
    const NO_ANSWER: Self = Self { status: "no-answer", sip_code: 487 };
    const BUSY: Self = Self { status: "busy", sip_code: 486 };
}

pub(super) struct Leg {
    pub(super) network: Arc<Network>,
    pub(super) log: Arc<Log>,
    pub(super) callbacks: Callbacks,
    pub(super) line: Line,
    pub(super) target: Target,
    /// When the call stops ringing by itself.
    pub(super) rings_for: Duration,
    /// When the caller will have given up; at that very instant answering is too late.
    pub(super) caller_leaves_after: Option<Duration>,
    /// The script with which our own numbers are called.
    pub(super) script: Caller,
    pub(super) depth: usize,
    pub(super) base: String,
    pub(super) number: usize,
    pub(super) events: mpsc::UnboundedSender<(usize, LegReport)>,
    pub(super) orders: Orders,
    pub(super) sequence: u32,
}

impl Leg {
    fn party(&self) -> Party {
        Party::Callee(self.target.address.clone())
    }

    fn does(&self, what: What) {
        self.log.add(self.party(), what);
    }

    fn report(&self, event: LegReport) {
        // The call may be gone; then nobody cares.
        let _ = self.events.send((self.number, event));
    }

    /// Waits; false when the leg is called off before.
    async fn wait(&mut self, length: Duration) -> bool {
        let called_off = self.orders.called_off();
        self.network.clock.wait_at_most(length, called_off).await.is_none()
    }

    pub(super) async fn run(mut self) {
        self.network.leg_began(&self.line, &self.log);
        self.tell(LegEvent::Initiated, "initiated");
        let ours = self.network.urls_of(&self.target.address).is_some();
        if ours {
            self.ring_our_own_number().await;
            return;
        }
        let phone = self.network.phone_at(&self.target.address).unwrap_or_else(|| {
            self.log.note("nobody has plugged a telephone in here");
            Phone::unreachable()
        });
        if let Some(ended) = self.ring(&phone).await {
            self.end(ended, None);
            self.report(LegReport::Ended(ended));
            return;
        }
        let answered = self.pick_up();
        if !self.press_keys().await || !self.whisper(phone.clone(), answered).await {
            self.end(Ended::COMPLETED, Some(answered));
            self.report(LegReport::Ended(Ended::COMPLETED));
            return;
        }
        self.report(LegReport::Ready(phone.talks.map_or(Talk::Open, Talk::For)));
        self.talk(answered).await;
    }

    fn pick_up(&mut self) -> Timestamp {
        self.does(What::Answers);
        self.network.leg_answered(&self.line.sid);
        self.tell(LegEvent::Answered, "in-progress");
        self.report(LegReport::Answered);
        self.network.clock.now()
    }

    /// Presses the keys of `sendDigits`; false when called off meanwhile.
    async fn press_keys(&mut self) -> bool {
        let Some(keys) = self.target.keys.clone() else {
            return true;
        };
        self.does(What::HearsKeys(keys.clone()));
        self.wait(time_to_press(&keys)).await
    }

    /// Waits to be bridged, and then for the end of the conversation.
    async fn talk(&mut self, answered: Timestamp) {
        let clock = self.network.clock.clone();
        let ended = match clock.wait_for(self.orders.next()).await {
            Order::Bridge => {
                clock.wait_for(self.orders.called_off()).await;
                Ended::COMPLETED
            }
            _ => Ended::CANCELED,
        };
        self.end(ended, (ended == Ended::COMPLETED).then_some(answered));
        self.report(LegReport::Ended(ended));
    }

    /// Rings; `None` when somebody picks up.
    async fn ring(&mut self, phone: &Phone) -> Option<Ended> {
        if let Ringing::Unreachable { sip_code } = phone.ringing {
            let failed = Ended { status: "failed", sip_code };
            return Some(if self.wait(LOOKUP).await { failed } else { Ended::CANCELED });
        }
        if phone.ringing == Ringing::Busy {
            return Some(if self.wait(LOOKUP).await { Ended::BUSY } else { Ended::CANCELED });
        }
        self.does(What::Rings);
        self.tell(LegEvent::Ringing, "ringing");
        let limit = self.caller_leaves_after.map_or(self.rings_for, |leaves| self.rings_for.min(leaves));
        match phone.ringing {
            Ringing::Answers(after) if after < limit => (!self.wait(after).await).then_some(Ended::CANCELED),
            Ringing::Declines(after) if after < limit => {
                if !self.wait(after).await {
                    return Some(Ended::CANCELED);
                }
                self.does(What::Declines);
                Some(Ended::BUSY)
            }
            _ => Some(if self.wait(self.rings_for).await { Ended::NO_ANSWER } else { Ended::CANCELED }),
        }
    }

    /// Runs the document that the callee hears before being bridged; false when that does not
    /// come to pass.
    async fn whisper(&mut self, mut phone: Phone, answered: Timestamp) -> bool {
        let leaves_at = phone.leaves_whisper_after.map(|after| later(answered, after));
        let Some((url, method)) = self.target.whisper.clone() else {
            // Nothing to hear: who hangs up at once is gone before being bridged.
            if phone.leaves_whisper_after == Some(Duration::ZERO) {
                self.does(What::HangsUp);
                return false;
            }
            return true;
        };
        let mut next = (url, method, Params::new());
        for _ in 0..MOST_WHISPERS {
            let (url, method, extra) = next;
            let document = match self.fetch(&url, method, extra).await {
                Ok(document) => document,
                Err(failure) => {
                    self.log.error(failure.code, failure.message);
                    self.does(What::HearsApplicationError);
                    return false;
                }
            };
            let patience = leaves_at.map(|leaves| {
                let left = leaves.duration_since(self.network.clock.now());
                left.try_into().unwrap_or_default()
            });
            let (at, line) = ((&self.network, &self.log), (&self.line, &*self.base));
            let ear = Ear::of(at, line, self.party(), patience).until_called_off(self.orders.clone());
            match self.follow(document, &ear, &mut phone, (&url, method)).await {
                Whispered::Bridge => return true,
                Whispered::HangUp => return false,
                Whispered::Gone => {
                    self.does(What::HangsUp);
                    return false;
                }
                Whispered::Ask(url, method, extra) => next = (url, method, extra),
            }
        }
        self.log.error(0, format!("a loop: {MOST_WHISPERS} whisper documents in one call"));
        false
    }

    async fn follow(
        &self,
        document: Document,
        ear: &Ear,
        phone: &mut Phone,
        current: (&str, Method),
    ) -> Whispered {
        for verb in document.verbs {
            match verb {
                Verb::Prompt(prompt) => {
                    if let Some(end) = self.hear(ear, &prompt).await {
                        return end;
                    }
                }
                Verb::Hangup => return Whispered::HangUp,
                Verb::Redirect { url, method } => {
                    return Whispered::Ask(url::resolve(&self.base, &url), method, Params::new());
                }
                Verb::Gather(gather) => {
                    for prompt in &gather.prompts {
                        if let Some(end) = self.hear(ear, prompt).await {
                            return end;
                        }
                    }
                    let gathered = input::listen(ear, &gather, phone.inputs.next()).await;
                    if matches!(gathered, Gathered::Gone) {
                        return Whispered::Gone;
                    }
                    if let Some(extra) = input::action_params(&gather, &gathered) {
                        let (url, method) = match &gather.action {
                            Some(action) => (url::resolve(&self.base, action), gather.method),
                            None => (current.0.to_owned(), current.1),
                        };
                        return Whispered::Ask(url, method, extra);
                    }
                }
                Verb::Dial(_) | Verb::Record(_) | Verb::Reject { .. } | Verb::NotSimulated(_) => {
                    self.log.error(13201, "a whisper may only Say, Play, Pause, Gather, Redirect and Hangup");
                }
            }
        }
        Whispered::Bridge
    }

    /// Lets the callee hear a prompt; what that ends, if it does.
    async fn hear(&self, ear: &Ear, prompt: &Prompt) -> Option<Whispered> {
        match ear.hear(prompt).await {
            Heard::Whole => None,
            Heard::Gone => Some(Whispered::Gone),
            Heard::Nothing(failure) => {
                self.log.error(failure.code, format!("<Play>: {}", failure.message));
                if self.network.config.unplayable == Unplayable::IsLeftOut {
                    return None;
                }
                self.does(What::HearsApplicationError);
                Some(Whispered::HangUp)
            }
        }
    }

    async fn fetch(&mut self, url: &str, method: Method, extra: Params) -> Result<Document, WebhookFailure> {
        let mut params = self.line.params("in-progress");
        params.extend(extra);
        let webhook = Webhook {
            kind: WebhookKind::Whisper,
            account_sid: self.line.account_sid.clone(),
            call_sid: self.line.sid.clone(),
            method,
            url: url.into(),
            params,
        };
        let answer = self.network.ask(&self.log, webhook).await?;
        let document = read::answer(&answer)?;
        self.base = answer.url;
        Ok(document)
    }

    /// Dials one of our own numbers: a call comes in there, with a story of its own.
    async fn ring_our_own_number(&mut self) {
        if self.depth >= DEEPEST {
            self.log.error(0, format!("a loop: {DEEPEST} calls to our own numbers within each other"));
            let failed = Ended { status: "failed", sip_code: 482 };
            self.end(failed, None);
            self.report(LegReport::Ended(failed));
            return;
        }
        self.does(What::Rings);
        self.tell(LegEvent::Ringing, "ringing");
        let (on_answer, mut answered) = oneshot::channel();
        let (on_end, ended) = oneshot::channel();
        let mut script = self.script.clone();
        script.identity = self.line.from.clone();
        script.patience.unanswered = Some(self.rings_for);
        let outer = Outer { on_answer: Some(on_answer), orders: self.orders.clone() };
        let inner = Call::new(&self.network, script, &self.target.address, self.depth + 1, Some(outer));
        self.log.note(format!("goes on in call {}", inner.line.sid));
        drop(self.network.clock.spawn(async move {
            inner.run().await;
            // The dialling call may be over before.
            let _ = on_end.send(());
        }));
        let clock = self.network.clock.clone();
        let picked_up = clock
            .wait_at_most(self.rings_for, async {
                tokio::select! {
                    picked_up = &mut answered => picked_up.is_ok(),
                    () = self.orders.called_off() => false,
                }
            })
            .await;
        if picked_up != Some(true) {
            let ended = if picked_up.is_none() { Ended::NO_ANSWER } else { Ended::BUSY };
            self.end(ended, None);
            self.report(LegReport::Ended(ended));
            return;
        }
        let answered = self.pick_up();
        self.report(LegReport::Ready(Talk::WhileCallLasts(ended)));
        self.talk(answered).await;
    }

    fn tell(&mut self, event: LegEvent, status: &str) {
        let now = self.network.clock.now();
        self.tell_with(event, status, |params, sequence| {
            push_event(params, now, sequence);
        });
    }

    fn end(&mut self, ended: Ended, answered: Option<Timestamp>) {
        let now = self.network.clock.now();
        if answered.is_none() {
            self.does(What::Status(ended.status.into()));
        }
        self.network.leg_ended(&self.line.sid, ended.status);
        let length = answered
            .map_or(Duration::ZERO, |answered| now.duration_since(answered).try_into().unwrap_or_default());
        self.tell_with(LegEvent::Completed, ended.status, |params, sequence| {
            push_end(params, now, length, sequence);
            push(params, "SipResponseCode", ended.sip_code.to_string());
        });
    }

    fn tell_with(&mut self, event: LegEvent, status: &str, add: impl FnOnce(&mut Params, u32)) {
        let Some(callback) = &self.target.status else {
            return;
        };
        if !callback.events.contains(&event) {
            return;
        }
        let mut params = self.line.params(status);
        add(&mut params, self.sequence);
        self.sequence += 1;
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::LegStatus,
            account_sid: self.line.account_sid.clone(),
            call_sid: self.line.sid.clone(),
            method: callback.method,
            url: callback.url.clone(),
            params,
        });
    }
}

/// What a whisper document came to.
enum Whispered {
    Bridge,
    HangUp,
    Gone,
    Ask(String, Method, Params),
}

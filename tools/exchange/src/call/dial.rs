//! `<Dial>`: rings others, bridges the first who answers, and reports how it went.

use std::collections::HashMap;
use std::time::Duration;

use phone::CallSid;
use tokio::sync::{mpsc, watch};

use super::leg::{Leg, LegReport, Talk};
use super::orders::{Order, Orders};
use super::{Call, Next, Request, shorter};
use crate::Address;
use crate::config::Abandoned;
use crate::document::{Dial, Target};
use crate::line::{Direction, Line, Params, push};
use crate::phones::Patience;
use crate::recordings::whole_seconds;
use crate::story::{EndedBy, Party, What};
use crate::url;
use crate::webhooks::WebhookKind;

/// What Twilio adds to every `timeout`.
const EXTRA_RINGING: Duration = Duration::from_secs(5);

/// Most numbers that one `<Dial>` rings.
const MOST_TARGETS: usize = 10;

/// How a `<Dial>` went.
struct DialResult {
    status: &'static str,
    sid: Option<CallSid>,
    /// How long the leg lasted, if somebody picked up.
    lasted: Option<Duration>,
    bridged: bool,
    /// The caller hung up, while it rang or later.
    caller_left: bool,
}

impl DialResult {
    fn unanswered(status: &'static str, sid: Option<CallSid>) -> Self {
        Self { status, sid, lasted: None, bridged: false, caller_left: false }
    }
}

/// Who or what ended a conversation.
#[derive(PartialEq, Eq)]
enum EndOfTalk {
    Callee,
    Caller,
    /// The caller's patience, a key or the time limit ends it, whichever was first.
    Time,
}

/// A leg as the dialling call holds it.
struct Held {
    sid: CallSid,
    address: Address,
    orders: watch::Sender<Order>,
}

impl Call {
    pub(super) async fn dial(&mut self, mut dial: Dial) -> Next {
        if !dial.answer_on_bridge {
            self.answer();
        }
        for what in &dial.not_simulated {
            self.log.error(0, format!("{what} is not simulated and was left out"));
        }
        let outcome = if let Some((code, message)) = self.objection(&dial) {
            self.log.error(code, message);
            DialResult::unanswered("failed", None)
        } else {
            let targets = std::mem::take(&mut dial.targets);
            self.try_in_turn(&dial, targets).await
        };
        self.log.set_dial_status(outcome.status);
        let Some(action) = &dial.action else {
            return if outcome.caller_left { Next::End(EndedBy::Caller) } else { Next::Verb };
        };
        let mut extra = Params::new();
        push(&mut extra, "DialCallStatus", outcome.status);
        push(&mut extra, "DialBridged", outcome.bridged.to_string());
        if let Some(sid) = &outcome.sid {
            push(&mut extra, "DialCallSid", sid.as_str());
        }
        if let Some(lasted) = outcome.lasted {
            push(&mut extra, "DialCallDuration", whole_seconds(lasted).to_string());
        }
        self.go_on(Request { kind: WebhookKind::DialAction, url: action, method: dial.method, extra }).await
    }

    /// Why Twilio would not even ring.
    fn objection(&self, dial: &Dial) -> Option<(u32, String)> {
        if dial.targets.is_empty() {
            return Some((13201, "<Dial> without anybody to dial".into()));
        }
        if dial.targets.len() > MOST_TARGETS {
            return Some((13201, format!("<Dial> rings at most {MOST_TARGETS} at once")));
        }
        match &dial.caller_id {
            None if self.line.from.is_client_or_sip()
                && dial.targets.iter().any(|target| !target.address.is_client_or_sip()) =>
            {
                Some((13213, "a caller from a client or by SIP needs a callerId to dial a number".into()))
            }
            Some(caller_id)
                if *caller_id != self.line.from
                    && *caller_id != self.line.to
                    && self.network.owner_of(caller_id).as_ref() != Some(&self.line.account_sid)
                    && !dial.targets.iter().all(|target| target.address.is_client_or_sip()) =>
            {
                Some((
                    13214,
                    format!(
                        "the callerId {caller_id} is neither the call's From nor To nor a number \
                         of the account"
                    ),
                ))
            }
            _ => None,
        }
    }

    /// Rings all at once, or one after the other.
    async fn try_in_turn(&mut self, dial: &Dial, targets: Vec<Target>) -> DialResult {
        let groups: Vec<Vec<Target>> = if dial.sequential {
            targets.into_iter().map(|target| vec![target]).collect()
        } else {
            vec![targets]
        };
        let mut outcome = DialResult::unanswered("failed", None);
        for group in groups {
            outcome = self.ring(dial, group).await;
            if outcome.lasted.is_some() || outcome.caller_left {
                break;
            }
        }
        outcome
    }

    async fn ring(&mut self, dial: &Dial, targets: Vec<Target>) -> DialResult {
        let clock = self.network.clock.clone();
        let began = clock.now();
        let patience = self.patience_with_ringing();
        let (sender, mut events) = mpsc::unbounded_channel();
        let mut legs: Vec<Held> = Vec::new();
        for (number, target) in targets.into_iter().enumerate() {
            if target.address.number().is_none() && !target.address.is_client_or_sip() {
                self.log.error(13224, format!("{} is no number to dial", target.address));
            }
            let (orders, leg) = self.leg(dial, target, number, sender.clone(), patience);
            legs.push(Held { sid: leg.line.sid.clone(), address: leg.target.address.clone(), orders });
            drop(clock.spawn(leg.run()));
        }
        drop(sender);

        let mut ends = HashMap::new();
        let mut picked = None;
        let mut last = DialResult::unanswered("no-answer", None);
        let mut ready = None;
        while ends.len() < legs.len() {
            let waited = clock.now().duration_since(began).try_into().unwrap_or_default();
            let left = patience.map(|patience| patience.saturating_sub(waited));
            let orders = self.orders();
            let next = async {
                match orders {
                    Some(mut orders) => tokio::select! {
                        biased;
                        next = events.recv() => Some(next),
                        () = orders.called_off() => None,
                    },
                    None => Some(events.recv().await),
                }
            };
            let next = match left {
                Some(left) => clock.wait_at_most(left, next).await.flatten(),
                None => clock.wait_for(next).await,
            };
            match next {
                None => {
                    let mut outcome = self.abandon(&legs, began);
                    clock.wait_for(all_ended(&mut events)).await;
                    outcome.sid = legs.last().map(|leg| leg.sid.clone());
                    return outcome;
                }
                Some(None) => break,
                Some(Some((number, LegReport::Answered))) => {
                    if picked.is_none() {
                        picked = Some((number, clock.now()));
                        call_off(&legs, |other| other != number);
                    }
                }
                Some(Some((number, LegReport::Ready(talk)))) => {
                    if picked.is_some_and(|(first, _)| first == number) {
                        ready = Some((number, talk));
                        break;
                    }
                }
                Some(Some((number, LegReport::Ended(ended)))) => {
                    ends.insert(number, ended.status);
                    let picked_up = picked.filter(|(first, _)| *first == number);
                    if let Some((_, at)) = picked_up {
                        // Picked up, and gone before being bridged.
                        let lasted = clock.now().duration_since(at);
                        last = DialResult {
                            lasted: Some(lasted.try_into().unwrap_or_default()),
                            ..DialResult::unanswered("completed", Some(legs[number].sid.clone()))
                        };
                    } else if picked.is_none() {
                        last = DialResult::unanswered(ended.status, Some(legs[number].sid.clone()));
                    }
                }
            }
        }
        self.heard_ringing(began);
        let (Some((number, talk)), Some((_, answered))) = (ready, picked) else {
            return last;
        };
        self.answer();
        let leg = &legs[number];
        // The leg waits for its orders.
        let _ = leg.orders.send(Order::Bridge);
        let caller_left = self.converse(dial, &leg.address, talk).await;
        let _ = leg.orders.send(Order::HangUp);
        clock.wait_for(all_ended(&mut events)).await;
        let lasted = clock.now().duration_since(answered);
        DialResult {
            status: "completed",
            sid: Some(leg.sid.clone()),
            lasted: Some(lasted.try_into().unwrap_or_default()),
            bridged: true,
            caller_left,
        }
    }

    fn heard_ringing(&mut self, began: jiff::Timestamp) {
        let now = self.network.clock.now();
        let heard: Duration = now.duration_since(began).try_into().unwrap_or_default();
        if !heard.is_zero() {
            self.callee_left = false;
            self.ringing_heard += heard;
            self.log.add_at(began, Party::Caller, What::HearsRinging(heard));
        }
    }

    /// The caller hangs up while it rings.
    fn abandon(&mut self, legs: &[Held], began: jiff::Timestamp) -> DialResult {
        self.heard_ringing(began);
        self.hang_up(EndedBy::Caller);
        call_off(legs, |_| true);
        let status = match self.network.config.abandoned {
            Abandoned::Canceled => "canceled",
            Abandoned::NoAnswer => "no-answer",
        };
        DialResult { caller_left: true, ..DialResult::unanswered(status, None) }
    }

    fn leg(
        &self,
        dial: &Dial,
        mut target: Target,
        number: usize,
        events: mpsc::UnboundedSender<(usize, LegReport)>,
        caller_leaves_after: Option<Duration>,
    ) -> (watch::Sender<Order>, Leg) {
        if let Some(callback) = &mut target.status {
            callback.url = url::resolve(&self.base, &callback.url);
        }
        if let Some((url, _)) = &mut target.whisper {
            *url = url::resolve(&self.base, url);
        }
        let line = Line {
            account_sid: self.line.account_sid.clone(),
            sid: self.network.sids.call(),
            parent: Some(self.line.sid.clone()),
            from: dial.caller_id.clone().unwrap_or_else(|| self.line.from.clone()),
            to: target.address.clone(),
            direction: Direction::OutboundDial,
            forwarded_from: None,
            caller_name: None,
            stir_verstat: None,
            call_token: None,
        };
        let mut script = self.script.clone();
        script.patience = self.patience_left();
        script.forwarded_from = None;
        let (sender, orders) = Orders::channel();
        let leg = Leg {
            network: self.network.clone(),
            log: self.log.clone(),
            callbacks: self.callbacks.clone(),
            line,
            target,
            rings_for: dial.timeout + EXTRA_RINGING,
            caller_leaves_after,
            script,
            depth: self.depth,
            base: self.base.clone(),
            number,
            events,
            orders,
            sequence: 0,
        };
        (sender, leg)
    }

    /// What is left of the caller's patience, for a call that goes on at another of our numbers.
    fn patience_left(&self) -> Patience {
        let patience = self.script.patience;
        Patience {
            with_all: self.patience_with_all(),
            with_ringing: patience.with_ringing.map(|limit| limit.saturating_sub(self.ringing_heard)),
            ..patience
        }
    }

    /// Lets the two talk; whether it was the caller who hung up.
    async fn converse(&mut self, dial: &Dial, with: &Address, talk: Talk) -> bool {
        let clock = self.network.clock.clone();
        let callee = Party::Callee(with.clone());
        self.log.add(Party::Caller, What::TalksWith(with.clone()));
        self.log.add(callee.clone(), What::TalksWith(self.line.from.clone()));
        let star = self.script.presses_star_after.filter(|_| dial.hangup_on_star);
        let patience = shorter(self.script.patience.with_conversation, self.patience_with_all());
        let limit = shorter(star, Some(dial.time_limit)).unwrap_or(dial.time_limit);
        let others = shorter(patience, Some(limit)).unwrap_or(limit);
        let over = match talk {
            Talk::For(length) if length < others => {
                if self.rest(length).await.1 {
                    EndOfTalk::Callee
                } else {
                    EndOfTalk::Caller
                }
            }
            Talk::For(_) | Talk::Open => {
                if self.rest(others).await.1 {
                    EndOfTalk::Time
                } else {
                    EndOfTalk::Caller
                }
            }
            Talk::WhileCallLasts(ended) => {
                let orders = self.orders();
                let over = async {
                    if let Some(mut orders) = orders {
                        tokio::select! {
                            biased;
                            _ = ended => EndOfTalk::Callee,
                            () = orders.called_off() => EndOfTalk::Caller,
                        }
                    } else {
                        // An error means that the call is over, too.
                        let _ = ended.await;
                        EndOfTalk::Callee
                    }
                };
                clock.wait_at_most(others, over).await.unwrap_or(EndOfTalk::Time)
            }
        };
        if over == EndOfTalk::Callee {
            self.log.add(callee, What::HangsUp);
            self.callee_left = true;
            return false;
        }
        if over == EndOfTalk::Caller || patience.is_some_and(|patience| patience <= limit) {
            self.hang_up(EndedBy::Caller);
            return true;
        }
        if star == Some(limit) {
            self.log.add(Party::Caller, What::Presses("*".into()));
        } else {
            self.log.note("the time limit of the <Dial> is reached");
        }
        self.log.add(callee, What::HearsHangUp);
        false
    }
}

/// Ends the ringing of the legs that `which` picks.
fn call_off(legs: &[Held], which: impl Fn(usize) -> bool) {
    for (number, leg) in legs.iter().enumerate() {
        if which(number) {
            // A leg that is over needs no order.
            let _ = leg.orders.send(Order::CallOff);
        }
    }
}

/// Resolves when all legs are over.
async fn all_ended(events: &mut mpsc::UnboundedReceiver<(usize, LegReport)>) {
    while events.recv().await.is_some() {}
}

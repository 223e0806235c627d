//! `<Enqueue>` and `<Dial><Queue>`: waiting for somebody, and taking who waits.

use std::sync::Arc;
use std::time::Duration;

use super::dial::{DialEnd, DialResult};
use super::documents::{Next, Scope};
use super::talk::EndOfTalk;
use super::{Interrupt, Leg, Passed, Request, Stays};
use crate::clock::{later, until};
use crate::document::{Dial, Enqueue, FromQueue, Music};
use crate::hearing::Hearing;
use crate::leg_handle::{Bridge, Ended, LegReport, PeerLeft, Signal};
use crate::params::{Params, push};
use crate::queues::{Queue, Taken};
use crate::webhooks::WebhookKind;

/// A wait document that takes less is asked for again after this.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// Twilio's own music.
pub(super) const TWILIO_MUSIC: &str = "https://api.twilio.com/cowbell.mp3";

impl Leg {
    pub(super) async fn enqueue(&mut self, enqueue: &Enqueue) -> Result<Next, Interrupt> {
        self.answer();
        let now = self.now();
        let network = self.network.clone();
        let account_sid = &self.handle.facts().account_sid;
        let queue = network.queues.open(account_sid, &enqueue.name, || network.sids.sid("QU"), now);
        if !queue.join(&self.handle, enqueue.most, now) {
            self.log().warning(14207, format!("the queue {} is full", enqueue.name));
            return self.leave_queue(enqueue, None, "queue-full", None).await;
        }
        let place = (self.base.clone(), self.current.clone());
        self.stays = Stays::InQueue(queue.clone());
        let waited = self.wait_in_queue(&queue, enqueue).await;
        self.stays = Stays::Nowhere;
        let time = until(now, self.now());
        let taken = queue.notice_taken(self.handle.sid());
        queue.leave(self.handle.sid(), self.now());
        if !matches!(waited, Err(Interrupt::Look))
            && let Some(Taken::By { taker, dial, .. }) = &taken
        {
            // Taken and gone at the same instant.
            taker.signal(Signal::Dialled(*dial, 0, LegReport::Ended(Ended::CANCELED)));
        }
        let (result, interrupt) = match waited {
            // Led elsewhere at the very instant at which the document said to leave.
            Ok(()) | Err(Interrupt::Failed) if matches!(taken, Some(Taken::Moved(_))) => match taken {
                Some(Taken::Moved(source)) => ("redirected", Some(Interrupt::Moved(source))),
                _ => ("error", None),
            },
            Err(Interrupt::Look) => match taken {
                Some(Taken::Moved(source)) => ("redirected", Some(Interrupt::Moved(source))),
                Some(Taken::By { taker, bridge, dial, url }) => {
                    self.meet_taker(&queue, Bridge { id: bridge, peer: taker }, dial, url, time).await
                }
                None => ("error", None),
            },
            Ok(()) => ("leave", None),
            Err(Interrupt::Failed) => ("error", None),
            Err(Interrupt::Moved(source)) => ("redirected", Some(Interrupt::Moved(source))),
            Err(interrupt) => ("hangup", Some(interrupt)),
        };
        (self.base, self.current) = place;
        self.leave_queue(enqueue, Some((&queue, time)), result, interrupt).await
    }

    /// Waits until the document says `<Leave>`.
    async fn wait_in_queue(&mut self, queue: &Arc<Queue>, enqueue: &Enqueue) -> Result<(), Interrupt> {
        let (base, since) = (self.base.clone(), self.now());
        loop {
            let began = self.now();
            let Music::Url(url, method) = &enqueue.wait else {
                self.hear_music(&enqueue.wait).await?;
                continue;
            };
            self.base.clone_from(&base);
            let request = Request {
                kind: WebhookKind::QueueWait,
                url: url.clone(),
                method: *method,
                extra: self.queue_params(queue, since),
            };
            let heard = match self.ask_for(request, Scope::Queue).await {
                Ok(program) => self.follow(program, Scope::Queue).await,
                Err(interrupt) => Err(interrupt),
            };
            match heard {
                Ok(Next::Leave) => return Ok(()),
                Ok(_) => {}
                Err(Interrupt::Failed) if self.network.config.unverified.queue_outlasts_its_document => {}
                Err(interrupt) => return Err(interrupt),
            }
            self.rest(SHORTEST_WAIT.saturating_sub(until(began, self.now()))).await?;
        }
    }

    /// Hears Twilio's music, or nothing, until something else happens.
    pub(super) async fn hear_music(&mut self, music: &Music) -> Result<(), Interrupt> {
        self.hears(match music {
            Music::Silence => Hearing::Silence,
            Music::Default => Hearing::Music(TWILIO_MUSIC.into()),
            Music::Url(url, _) => Hearing::Music(url.clone()),
        });
        loop {
            self.pass(None).await?;
        }
    }

    fn queue_params(&self, queue: &Queue, since: jiff::Timestamp) -> Params {
        let status = queue.status();
        let members = queue.members();
        let position = members.iter().position(|member| member.leg.sid() == self.handle.sid());
        let mut params = Params::new();
        push(&mut params, "QueueSid", queue.sid.as_str());
        push(&mut params, "QueueTime", until(since, self.now()).as_secs().to_string());
        push(&mut params, "QueuePosition", position.map_or(1, |position| position + 1).to_string());
        push(&mut params, "CurrentQueueSize", status.size.to_string());
        push(&mut params, "MaxQueueSize", status.most.to_string());
        push(&mut params, "AvgQueueTime", status.average_wait.to_string());
        params
    }

    /// Somebody takes this leg out: it hears the queue's document, and then they talk.
    async fn meet_taker(
        &mut self,
        queue: &Queue,
        bridge: Bridge,
        dial: u64,
        url: Option<(String, crate::webhooks::Method)>,
        time: Duration,
    ) -> (&'static str, Option<Interrupt>) {
        self.bridged = Some(bridge.id);
        self.peer_gone = false;
        let heard = self.hear_before_connecting(queue, &bridge, url, time).await;
        let met = match heard {
            Ok(()) => self.wait_for_bridge(&bridge, dial).await,
            Err(interrupt) => Err(interrupt),
        };
        match met {
            Ok(true) => match self.talk(&bridge, None, false).await {
                Ok(_) => ("bridged", None),
                Err(Interrupt::Moved(source)) => ("redirected-from-bridged", Some(Interrupt::Moved(source))),
                Err(interrupt) => ("bridged", Some(interrupt)),
            },
            Ok(false) => ("error", None),
            Err(interrupt) => {
                let moved = matches!(interrupt, Interrupt::Moved(_));
                let left = if moved { PeerLeft::Moved } else { PeerLeft::HungUp };
                // Perhaps the other side takes the two for connected already.
                bridge.peer.signal(Signal::Dialled(dial, 0, LegReport::Ended(Ended::CANCELED)));
                bridge.peer.signal(Signal::PeerLeft(bridge.id, left));
                (if moved { "redirected" } else { "bridging-in-process" }, Some(interrupt))
            }
        }
    }

    async fn hear_before_connecting(
        &mut self,
        queue: &Queue,
        bridge: &Bridge,
        url: Option<(String, crate::webhooks::Method)>,
        time: Duration,
    ) -> Result<(), Interrupt> {
        let Some((url, method)) = url else { return Ok(()) };
        let mut extra = Params::new();
        push(&mut extra, "QueueSid", queue.sid.as_str());
        push(&mut extra, "QueueTime", time.as_secs().to_string());
        push(&mut extra, "DequeingCallSid", bridge.peer.sid().as_str());
        let request = Request { kind: WebhookKind::QueueConnect, url, method, extra };
        let heard = match self.ask_for(request, Scope::QueueConnect).await {
            Ok(program) => self.follow(program, Scope::QueueConnect).await.map(|_| ()),
            Err(interrupt) => Err(interrupt),
        };
        match heard {
            // Without the document they are connected all the same.
            Err(Interrupt::Failed) => Ok(()),
            heard => heard,
        }
    }

    /// Tells who takes this leg that it is ready, and waits to be connected; false when they are gone.
    async fn wait_for_bridge(&mut self, bridge: &Bridge, dial: u64) -> Result<bool, Interrupt> {
        bridge.peer.signal(Signal::Dialled(dial, 0, LegReport::Ready));
        while !self.peer_gone {
            if let Passed::Bridge(other) = self.pass(None).await?
                && other.id == bridge.id
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Out of the queue: the action is asked where to go on.
    async fn leave_queue(
        &mut self,
        enqueue: &Enqueue,
        queue: Option<(&Queue, Duration)>,
        result: &'static str,
        interrupt: Option<Interrupt>,
    ) -> Result<Next, Interrupt> {
        self.log().note(format!("leaves the queue {}: {result}", enqueue.name));
        self.over_with(interrupt.as_ref());
        if let Some(interrupt @ Interrupt::Over(_)) = interrupt {
            return Err(interrupt);
        }
        let Some(action) = &enqueue.action else {
            return interrupt.map_or(Ok(Next::Verb), Err);
        };
        let mut extra = Params::new();
        push(&mut extra, "QueueResult", result);
        if let Some((queue, time)) = queue {
            push(&mut extra, "QueueSid", queue.sid.as_str());
            push(&mut extra, "QueueTime", time.as_secs().to_string());
        }
        let request =
            Request { kind: WebhookKind::EnqueueAction, url: action.clone(), method: enqueue.method, extra };
        self.go_on_after(request, interrupt).await
    }

    /// `<Dial><Queue>`: takes who waits first, or waits for somebody to come.
    pub(super) async fn take_from_queue(&mut self, dial: &Dial, from: &FromQueue) -> DialEnd {
        let account_sid = self.handle.facts().account_sid.clone();
        let Some(queue) = self.network.queues.named(&account_sid, &from.name) else {
            // What is posted then is unverified.
            self.error(0, format!("there is no queue {}", from.name));
            let status = self.network.config.unverified.missing_queue;
            return (DialResult::unanswered(status, None), None);
        };
        let number = self.network.next_number();
        self.dialling = Some(number);
        let url = from.url.as_ref().map(|(url, method)| (crate::url::resolve(&self.base, url), *method));
        let end = later(self.now(), dial.timeout);
        let taken = self.wait_for_member(&queue, number, url, end).await;
        queue.stop_waiting(&self.handle);
        self.stays = Stays::Nowhere;
        let end = match taken {
            Ok(Some(bridge)) => self.talk_with_member(dial, &bridge).await,
            Ok(None) => (DialResult::unanswered(self.network.config.unverified.queue_timeout, None), None),
            Err(interrupt) => (DialResult::unanswered("canceled", None), Some(interrupt)),
        };
        self.dialling = None;
        end
    }

    async fn talk_with_member(&mut self, dial: &Dial, bridge: &Bridge) -> DialEnd {
        let began = self.now();
        let recorder = dial.recording.as_ref().map(|recording| self.start_recording(recording));
        let talked = self.talk(bridge, Some(dial.time_limit), dial.hangup_on_star).await;
        if matches!(talked, Ok(EndOfTalk::Peer(PeerLeft::HungUp))) {
            self.callee_left = true;
        }
        let result = DialResult {
            status: "completed",
            sid: Some(bridge.peer.sid().clone()),
            lasted: Some(until(began, self.now())),
            bridged: true,
            child_moved: false,
            recording: recorder.map(|recorder| recorder.stop()),
        };
        (result, talked.err())
    }

    /// Waits until somebody who waits is ready to talk.
    async fn wait_for_member(
        &mut self,
        queue: &Arc<Queue>,
        dial: u64,
        url: Option<(String, crate::webhooks::Method)>,
        end: jiff::Timestamp,
    ) -> Result<Option<Bridge>, Interrupt> {
        self.hears(Hearing::Ringing);
        loop {
            let bridge = self.network.next_number();
            let taker = self.handle.clone();
            let by_me = Taken::By { taker, bridge, dial, url: url.clone() };
            if let Some(member) = queue.take_or_wait(&self.handle, by_me, self.now()) {
                let bridge = Bridge { id: bridge, peer: member.leg };
                match self.wait_until_ready(&bridge).await {
                    Ok(true) => {
                        let me = Bridge { id: bridge.id, peer: self.handle.clone() };
                        bridge.peer.signal(Signal::Bridge(me));
                        return Ok(Some(bridge));
                    }
                    Ok(false) => {}
                    Err(interrupt) => {
                        bridge.peer.signal(Signal::PeerLeft(bridge.id, PeerLeft::Ended));
                        return Err(interrupt);
                    }
                }
                continue;
            }
            self.stays = Stays::AtQueue;
            let left = until(self.now(), end);
            match self.pass(Some(left)).await {
                Ok(Passed::Whole) => return Ok(None),
                Ok(_) | Err(Interrupt::Look) => {}
                Err(interrupt) => return Err(interrupt),
            }
            self.stays = Stays::Nowhere;
        }
    }

    async fn wait_until_ready(&mut self, bridge: &Bridge) -> Result<bool, Interrupt> {
        loop {
            match self.pass(None).await? {
                Passed::Dialled(_, LegReport::Ready) => return Ok(true),
                Passed::Dialled(_, LegReport::Ended(_)) => return Ok(false),
                _ if !bridge.peer.is_live() => return Ok(false),
                _ => {}
            }
        }
    }
}

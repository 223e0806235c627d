//! Two legs that hear each other.

use std::time::Duration;

use super::{Interrupt, Leg, Passed};
use crate::clock::{later, until};
use crate::hearing::Hearing;
use crate::leg_handle::{Bridge, LegHandle, LegReport, PeerLeft, Signal};
use crate::person::Mood;
use crate::phones::{CueEvent, Deed};
use crate::story::What;

/// How a conversation ended for a leg that is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndOfTalk {
    Peer(PeerLeft),
    TimeUp,
    Star,
}

impl Leg {
    /// Talks until one of the two leaves. The other is told.
    pub(super) async fn talk(
        &mut self,
        bridge: &Bridge,
        limit: Option<Duration>,
        star_hangs_up: bool,
    ) -> Result<EndOfTalk, Interrupt> {
        self.bridged = Some(bridge.id);
        self.keys.clear();
        let peer = bridge.peer.clone();
        self.does(What::TalksWith(peer.address()));
        self.hears(Hearing::People(vec![peer.sid().clone()]));
        self.feels(Mood::Talking);
        self.meets(&CueEvent::Talks);
        let star = Deed::presses("*");
        if let Some(after) = self.person.presses_star_after.filter(|_| star_hangs_up) {
            self.person.will(later(self.now(), after), star.clone());
        }
        let talked = self.talk_on(&peer, limit, star_hangs_up).await;
        self.person.forgets(&star);
        self.feels(Mood::Else);
        let talked = match talked {
            // Who was called and leaves at the very instant at which the caller does was left.
            Err(Interrupt::Gone) if self.handle.facts().parent.is_some() && !self.handle.is_done() => {
                self.who_left_first().await
            }
            talked => talked,
        };
        self.bridged = None;
        let left = match &talked {
            Ok(EndOfTalk::Peer(_)) => None,
            Err(Interrupt::Gone) => Some(PeerLeft::HungUp),
            Err(Interrupt::Moved(_)) => Some(PeerLeft::Moved),
            _ => Some(PeerLeft::Ended),
        };
        if let Some(left) = left {
            peer.signal(Signal::PeerLeft(bridge.id, left));
        }
        self.hears(Hearing::Silence);
        talked
    }

    async fn talk_on(
        &mut self,
        peer: &LegHandle,
        limit: Option<Duration>,
        star_hangs_up: bool,
    ) -> Result<EndOfTalk, Interrupt> {
        let end = limit.map(|limit| later(self.now(), limit));
        loop {
            let left = end.map(|end| until(self.now(), end));
            match self.pass(left).await? {
                // At the last instant patience counts more than the limit.
                Passed::Whole => {
                    let leaves = self.person.leaves_at(self.mood, self.mood_since, self.began);
                    if leaves.is_some_and(|at| at <= self.now()) {
                        return Err(Interrupt::Gone);
                    }
                    return Ok(EndOfTalk::TimeUp);
                }
                Passed::Input => {
                    let starred = self.keys.contains(&'*');
                    self.keys.clear();
                    self.words = None;
                    if starred && star_hangs_up {
                        return Ok(EndOfTalk::Star);
                    }
                }
                Passed::PeerLeft(how) => return Ok(EndOfTalk::Peer(how)),
                // Gone at the very instant at which the two were to be connected.
                Passed::Dialled(_, LegReport::Moved) if peer.is_done() => {
                    return Ok(EndOfTalk::Peer(PeerLeft::Moved));
                }
                Passed::Dialled(_, LegReport::Ended(_)) if !peer.is_live() => {
                    return Ok(EndOfTalk::Peer(PeerLeft::HungUp));
                }
                Passed::Dialled(..) | Passed::Bridge(_) | Passed::FarEnd(_) | Passed::StreamOver(_) => {}
            }
        }
    }

    async fn who_left_first(&mut self) -> Result<EndOfTalk, Interrupt> {
        self.network.clock.clone().sleep(Duration::ZERO).await;
        while let Ok(signal) = self.inbox.try_recv() {
            match signal {
                Signal::PeerLeft(bridge, how) if self.bridged == Some(bridge) => {
                    return Ok(EndOfTalk::Peer(how));
                }
                other => self.stash.push_back(other),
            }
        }
        Err(Interrupt::Gone)
    }
}

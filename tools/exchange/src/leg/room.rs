//! `<Dial><Conference>`: a leg's stay in a conference.

use std::sync::Arc;

use super::dial::{DialEnd, DialResult};
use super::documents::Scope;
use super::queue::SHORTEST_WAIT;
use super::{Interrupt, Leg, Passed, Request, Stays};
use crate::clock::{later, until};
use crate::document::{Dial, Join, Music, Program};
use crate::hearing::Hearing;
use crate::leg_handle::{Ending, LegHandle};
use crate::params::{Params, push};
use crate::person::Mood;
use crate::phones::CueEvent;
use crate::rooms::{LABEL_REFUSALS, Room, Stay};
use crate::story::What;
use crate::webhooks::{Method, WebhookKind};

impl Leg {
    /// `None` when it is not added because of its label: then the action is not asked, either.
    pub(super) async fn stay_in_room(&mut self, dial: &Dial, mut join: Join) -> Option<DialEnd> {
        let network = self.network.clone();
        for url in [
            join.status.as_mut().map(|status| &mut status.url),
            join.recording_status.as_mut().map(|status| &mut status.url),
        ]
        .into_iter()
        .flatten()
        {
            *url = crate::url::resolve(&self.base, url);
        }
        if let Music::Url(url, _) = &mut join.wait {
            *url = crate::url::resolve(&self.base, url);
        }
        let account_sid = self.handle.facts().account_sid.clone();
        let place = (self.base.clone(), self.current.clone());
        let live = network.rooms.live(&account_sid, &join.name);
        let mut first_music = None;
        if live.as_ref().is_none_or(|room| room.lets_wait(&join))
            && let Music::Url(url, method) = join.wait.clone()
        {
            // Without anything to hear while it waits it does not get in.
            let names = live.as_ref().map(|room| (room.sid.as_str(), room.name.as_str()));
            let program = self.ask_for_music(names, (url, method), WebhookKind::RoomWait).await;
            match program {
                Ok(program) => first_music = Some((join.wait.clone(), program)),
                Err(Interrupt::Failed) => return Some((DialResult::unanswered("failed", None), None)),
                Err(interrupt) => return Some((DialResult::unanswered("canceled", None), Some(interrupt))),
            }
        }
        let room = network.rooms.open((&network.post, &network.sids), &account_sid, &join.name, &self.handle);
        let beeps = join.beeps;
        match room.join(&self.handle, join) {
            Ok(None) => {}
            Ok(Some(asked)) => {
                let sid = Some(room.sid.clone());
                room.is_recorded_by(network.record(&self.handle, &room.callbacks, asked, sid));
            }
            Err((code, message)) => {
                self.error(code, message);
                network.rooms.forget_unused(&room);
                (self.base, self.current) = place;
                return (!LABEL_REFUSALS.contains(&code))
                    .then(|| (DialResult::unanswered("failed", None), None));
            }
        }
        self.log().note(format!("is in the conference {}", room.sid));
        if beeps {
            self.hears(Hearing::Sound("beep".into()));
        }
        let recorder = dial.recording.as_ref().map(|recording| self.start_recording(recording));
        let end = later(self.now(), dial.time_limit);
        let interrupt = loop {
            let stay = room.stay(self.handle.sid());
            if matches!(stay, Stay::Out) {
                break None;
            }
            self.stays = Stays::InRoom(room.clone(), stay.key());
            match self.live_in_room(&room, stay, &mut first_music, (end, dial.hangup_on_star)).await {
                Ok(true) | Err(Interrupt::Look) => {}
                Ok(false) => break None,
                Err(interrupt) => break Some(interrupt),
            }
        };
        self.feels(Mood::Else);
        self.stays = Stays::Nowhere;
        (self.base, self.current) = place;
        let (reason, status) = match &interrupt {
            Some(Interrupt::Moved(_)) => ("participant_updated_via_api", "in-progress"),
            Some(Interrupt::Ended(Ending::Rest)) => ("participant_updated_via_api", "completed"),
            Some(_) => ("participant_hung_up", "completed"),
            None => ("participant_hung_up", "in-progress"),
        };
        room.leave(self.handle.sid(), reason, status);
        self.hears(Hearing::Silence);
        let result = DialResult {
            bridged: true,
            recording: recorder.map(|recorder| recorder.stop()),
            ..DialResult::unanswered(network.config.unverified.after_conference, None)
        };
        Some((result, interrupt))
    }

    /// Lives through what a participant does at present, until that changes; false to leave.
    async fn live_in_room(
        &mut self,
        room: &Arc<Room>,
        stay: Stay,
        first_music: &mut Option<(Music, Program)>,
        (end, star_hangs_up): (jiff::Timestamp, bool),
    ) -> Result<bool, Interrupt> {
        if !matches!(stay, Stay::Talking(_)) {
            self.feels(Mood::Else);
        }
        match stay {
            Stay::Out => Ok(false),
            Stay::Waiting(music) => {
                let first = first_music.take().filter(|(asked, _)| *asked == music);
                let heard = match first {
                    Some((_, program)) => {
                        self.follow(program, Scope::Room(WebhookKind::RoomWait)).await.map(|_| ())
                    }
                    None => self.hear_in_room(room, &music, WebhookKind::RoomWait).await,
                };
                match heard {
                    Err(Interrupt::Failed) => Ok(false),
                    Err(interrupt) => Err(interrupt),
                    Ok(()) => self.hear_nothing().await,
                }
            }
            Stay::Held(music) => loop {
                let began = self.now();
                match self.hear_in_room(room, &music, WebhookKind::Hold).await {
                    Ok(()) if self.network.config.unverified.hold_document_repeats => {
                        self.rest(SHORTEST_WAIT.saturating_sub(until(began, self.now()))).await?;
                    }
                    Err(Interrupt::Failed) | Ok(()) => break self.hear_nothing().await,
                    Err(interrupt) => break Err(interrupt),
                }
            },
            Stay::Announced(id, program) => {
                let scope = Scope::Room(WebhookKind::Announcement);
                let heard = self.follow(program.as_ref().clone(), scope).await;
                room.announced(id, self.handle.sid());
                match heard {
                    Ok(_) | Err(Interrupt::Failed) => Ok(true),
                    Err(interrupt) => Err(interrupt),
                }
            }
            Stay::Talking(others) => self.talk_in_room(&others, (end, star_hangs_up)).await,
        }
    }

    /// Silence, until something changes.
    async fn hear_nothing(&mut self) -> Result<bool, Interrupt> {
        self.hears(Hearing::Silence);
        loop {
            self.pass(None).await?;
        }
    }

    /// Hears music, or documents in its place.
    async fn hear_in_room(&mut self, room: &Room, music: &Music, kind: WebhookKind) -> Result<(), Interrupt> {
        let Music::Url(url, method) = music else {
            return self.hear_music(music).await;
        };
        let names = Some((room.sid.as_str(), room.name.as_str()));
        let program = self.ask_for_music(names, (url.clone(), *method), kind).await?;
        self.follow(program, Scope::Room(kind)).await.map(|_| ())
    }

    /// Asks what is heard while nobody talks.
    async fn ask_for_music(
        &mut self,
        room: Option<(&str, &str)>,
        (url, method): (String, Method),
        kind: WebhookKind,
    ) -> Result<Program, Interrupt> {
        let mut extra = Params::new();
        if let Some((sid, name)) = room {
            push(&mut extra, "ConferenceSid", sid);
            push(&mut extra, "FriendlyName", name);
        }
        self.ask_for(Request { kind, url, method, extra }, Scope::Room(kind)).await
    }

    async fn talk_in_room(
        &mut self,
        others: &[Arc<LegHandle>],
        (end, star_hangs_up): (jiff::Timestamp, bool),
    ) -> Result<bool, Interrupt> {
        if others.is_empty() {
            self.hears(Hearing::Silence);
        } else {
            for other in others.iter().filter(|other| !self.handle.hears_leg(other.sid())) {
                self.does(What::TalksWith(other.address()));
            }
            self.hears(Hearing::People(others.iter().map(|other| other.sid().clone()).collect()));
            if self.mood != Mood::Talking {
                self.feels(Mood::Talking);
                self.meets(&CueEvent::Talks);
            }
        }
        loop {
            let left = until(self.now(), end);
            match self.pass(Some(left)).await? {
                Passed::Whole => {
                    self.log().note("the time limit of the <Dial> is reached");
                    return Ok(false);
                }
                Passed::Input => {
                    let starred = self.keys.contains(&'*');
                    self.keys.clear();
                    self.words = None;
                    if starred && star_hangs_up {
                        return Ok(false);
                    }
                }
                _ => {}
            }
        }
    }
}

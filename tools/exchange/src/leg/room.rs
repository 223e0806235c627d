//! `<Dial><Conference>`: a leg's stay in a conference.

use std::sync::Arc;

use super::dial::{DialEnd, DialResult};
use super::documents::Scope;
use super::{Interrupt, Leg, LegHandle, Passed, Request, Stays, until};
use crate::clock::later;
use crate::document::{Dial, Join, Music};
use crate::leg_facts::{Params, push};
use crate::person::Mood;
use crate::phones::CueEvent;
use crate::rooms::{Room, Stay};
use crate::story::{Hearing, What};
use crate::webhooks::WebhookKind;

impl Leg {
    pub(super) async fn stay_in_room(&mut self, dial: &Dial, mut join: Join) -> DialEnd {
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
        let account_sid = self.handle.facts.account_sid.clone();
        let room = network.rooms.open(&network, &account_sid, &join.name, self.log());
        let beeps = join.beeps;
        if let Err((code, message)) = room.join(&self.handle, join) {
            self.error(code, message);
            return (DialResult::unanswered("failed", None), None);
        }
        self.log().note(format!("is in the conference {}", room.sid));
        if beeps {
            self.hears(Hearing::Sound("beep".into()));
        }
        let recorder = dial.recording.as_ref().map(|recording| self.start_recording(recording));
        let place = (self.base.clone(), self.current.clone());
        let end = later(self.now(), dial.time_limit);
        let interrupt = loop {
            let stay = room.stay(self.handle.sid());
            if matches!(stay, Stay::Out) {
                break None;
            }
            self.stays = Stays::InRoom(room.clone(), stay.key());
            match self.live_in_room(&room, stay, (end, dial.hangup_on_star)).await {
                Ok(true) | Err(Interrupt::Look) => {}
                Ok(false) => break None,
                Err(interrupt) => break Some(interrupt),
            }
        };
        self.feels(Mood::Else);
        self.stays = Stays::Nowhere;
        (self.base, self.current) = place;
        let (reason, status) = match &interrupt {
            Some(Interrupt::Gone) => ("participant_hung_up", "completed"),
            Some(Interrupt::Moved(_)) => ("participant_updated_via_api", "in-progress"),
            Some(Interrupt::Ended(_)) => ("participant_updated_via_api", "completed"),
            Some(_) | None => ("participant_hung_up", "in-progress"),
        };
        room.leave(self.handle.sid(), reason, status);
        self.hears(Hearing::Silence);
        let result = DialResult {
            bridged: true,
            recording: recorder.map(|recorder| recorder.stop()),
            ..DialResult::unanswered("completed", None)
        };
        (result, interrupt)
    }

    /// Lives through what a participant does at present, until that changes; false to leave.
    async fn live_in_room(
        &mut self,
        room: &Arc<Room>,
        stay: Stay,
        (end, star_hangs_up): (jiff::Timestamp, bool),
    ) -> Result<bool, Interrupt> {
        if !matches!(stay, Stay::Talking(_)) {
            self.feels(Mood::Else);
        }
        match stay {
            Stay::Out => Ok(false),
            Stay::Waiting(music) => match self.hear_in_room(room, &music, WebhookKind::RoomWait).await {
                Err(Interrupt::Failed) => Ok(false),
                Err(interrupt) => Err(interrupt),
                Ok(()) => self.hear_nothing().await,
            },
            Stay::Held(music) => match self.hear_in_room(room, &music, WebhookKind::Hold).await {
                Err(Interrupt::Failed) | Ok(()) => self.hear_nothing().await,
                Err(interrupt) => Err(interrupt),
            },
            Stay::Announced(id, program) => {
                // What is announced is not cut short by what happens in the conference.
                self.stays = Stays::Nowhere;
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
        let mut extra = Params::new();
        push(&mut extra, "ConferenceSid", room.sid.as_str());
        push(&mut extra, "FriendlyName", room.name.as_str());
        let request = Request { kind, url: url.clone(), method: *method, extra };
        let scope = Scope::Room(kind);
        let program = self.ask_for(request, scope).await?;
        self.follow(program, scope).await.map(|_| ())
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

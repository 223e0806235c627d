//! The person at a leg while the call goes on: what is left of the script, and what comes due.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;
use crate::phones::{Caller, Cue, Deed, Input, Inputs, Message, Patience, Phone};

/// What somebody lives through, as far as patience with it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Hears a telephone ring.
    Ringing,
    /// Hears prompts that lead to a recording.
    Greeting,
    /// Hears what comes before the conversation they were called for.
    Whisper,
    Talking,
    Else,
}

/// The person at a leg.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) patience: Patience,
    pub(crate) presses_star_after: Option<Duration>,
    /// How long each conversation lasts; `None` waits for the others to hang up.
    talks: Option<Duration>,
    leaves_whisper_after: Option<Duration>,
    messages: std::collections::VecDeque<Message>,
    inputs: Inputs,
    cues: Vec<(Cue, Deed)>,
    due: Vec<(Timestamp, Deed)>,
    ringing_heard: Duration,
    greeting_heard: Duration,
}

impl Person {
    pub(crate) fn calling(script: &Caller) -> Self {
        Self {
            patience: script.patience,
            presses_star_after: script.presses_star_after,
            messages: script.messages.clone(),
            inputs: script.inputs.clone(),
            cues: script.cues.clone(),
            ..Self::default()
        }
    }

    pub(crate) fn called(phone: &Phone) -> Self {
        Self {
            talks: phone.talks,
            leaves_whisper_after: phone.leaves_whisper_after,
            inputs: phone.inputs.clone(),
            messages: phone.messages.clone(),
            cues: phone.cues.clone(),
            ..Self::default()
        }
    }

    /// The same person, who goes on at another leg with what is left of their patience.
    pub(crate) fn going_on(&self) -> Self {
        let mut person = self.clone();
        // The first leg goes when their patience with everything ends, and takes the other along.
        person.patience.everything = None;
        person.patience.ringing = self.patience.ringing.map(|limit| limit.saturating_sub(self.ringing_heard));
        person.ringing_heard = Duration::ZERO;
        person
    }

    /// When they hang up, if they live through this from `since` on.
    pub(crate) fn leaves_at(&self, mood: Mood, since: Timestamp, began: Timestamp) -> Option<Timestamp> {
        let limit = match mood {
            Mood::Ringing => self.patience.ringing.map(|limit| limit.saturating_sub(self.ringing_heard)),
            Mood::Greeting => self.patience.greeting.map(|limit| limit.saturating_sub(self.greeting_heard)),
            Mood::Whisper => self.leaves_whisper_after,
            Mood::Talking => shorter(self.patience.conversation, self.talks),
            Mood::Else => None,
        };
        let in_this_mood = limit.map(|limit| later(since, limit));
        let at_all = self.patience.everything.map(|limit| later(began, limit));
        match (in_this_mood, at_all) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// So much of something was lived through.
    pub(crate) fn endured(&mut self, mood: Mood, length: Duration) {
        match mood {
            Mood::Ringing => self.ringing_heard += length,
            Mood::Greeting => self.greeting_heard += length,
            _ => {}
        }
    }

    /// Whether they hang up as soon as somebody who is not the caller speaks.
    pub(crate) fn leaves_at_once(&self) -> bool {
        self.leaves_whisper_after == Some(Duration::ZERO)
    }

    /// What to do at the next beep.
    pub(crate) fn next_message(&mut self) -> Option<Message> {
        if self.messages.len() > 1 { self.messages.pop_front() } else { self.messages.front().cloned() }
    }

    /// What to do at the next prompt for input.
    pub(crate) fn next_input(&mut self) -> Input {
        self.inputs.next()
    }

    /// Something happened that they may have been waiting for.
    pub(crate) fn meets(&mut self, now: Timestamp, is_it: impl Fn(&Cue) -> bool) {
        // A cue serves once: who waits for the same again says so again.
        let mut met = Vec::new();
        self.cues.retain(|(cue, deed)| {
            let meets = is_it(cue);
            if meets {
                met.push((later(now, cue.delay()), deed.clone()));
            }
            !meets
        });
        self.due.extend(met);
        self.due.sort_by_key(|(at, _)| *at);
    }

    /// They will do this then.
    pub(crate) fn will(&mut self, at: Timestamp, deed: Deed) {
        self.due.push((at, deed));
        self.due.sort_by_key(|(at, _)| *at);
    }

    /// When they next do something.
    pub(crate) fn next_deed_at(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// What they do now, if anything.
    pub(crate) fn deed_due(&mut self, now: Timestamp) -> Option<Deed> {
        (self.next_deed_at()? <= now).then(|| self.due.remove(0).1)
    }

    /// What was to come in this conversation no longer does.
    pub(crate) fn forgets(&mut self, deed: &Deed) {
        self.due.retain(|(_, other)| other != deed);
    }
}

/// The shorter of two waits of which `None` is for ever.
pub(crate) fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

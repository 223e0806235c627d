//! `<Record>`: the beep and the message; and how recordings beside a call begin.

use std::sync::Arc;
use std::time::Duration;

use super::documents::{Next, Scope};
use super::{Interrupt, Leg, Passed, Request};
use crate::Speech;
use crate::call_recorder::CallRecorder;
use crate::clock::{later, until};
use crate::document::{CallRecording, Record};
use crate::hearing::Hearing;
use crate::leg_handle::Ending;
use crate::params::{Params, push};
use crate::person::{Mood, shorter};
use crate::phones::AfterMessage;
use crate::recorded::Recorded;
use crate::recordings::RecordingStatus;
use crate::speaking::time_to_say;
use crate::story::What;
use crate::url;
use crate::webhooks::WebhookKind;

/// How a recording ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    HungUp,
    Finished(char),
    Silence,
    Full,
}

/// What was said after the beep, how long that took and how it ended.
struct Take {
    sound: Speech,
    lasted: Duration,
    end: End,
}

impl Leg {
    pub(super) async fn record(&mut self, record: &Record) -> Result<Next, Interrupt> {
        self.answer();
        self.callee_left = false;
        self.warn_of(record);
        self.keys.clear();
        self.words = None;
        if record.play_beep {
            self.does(What::HearsBeep);
        }
        self.hears(Hearing::Recorder);
        let started = self.now();
        let facts = self.handle.facts();
        let mut recording = self.network.archive.recording_of(self.handle.facts(), "RecordVerb", "both");
        recording.status = RecordingStatus::InProgress;
        self.network.archive.keep(&recording);
        let recorded = Recorded {
            archive: self.network.archive.clone(),
            log: self.log().clone(),
            callbacks: self.callbacks.clone(),
            facts: Some(facts.clone()),
            status: record.status.clone().map(|mut status| {
                status.url = url::resolve(&self.base, &status.url);
                status
            }),
            transcribe: record.transcribe,
            transcribe_callback: record
                .transcribe_callback
                .as_ref()
                .map(|callback| url::resolve(&self.base, callback)),
        };
        if record.status.as_ref().is_some_and(|status| status.in_progress) {
            recorded.tell_status(&recording, "in-progress", 0);
        }
        self.meets(&crate::phones::CueEvent::Beep);
        let scripted = self.message_after_beep(record);
        let (take, interrupt) = self.take_message(record, scripted).await;
        if !take.sound.is_silent() || !take.sound.words().is_empty() {
            self.log().add_at(started, self.handle.party.clone(), What::Speaks(take.sound.words().into()));
        }
        let sound = if record.trim { take.sound.trimmed() } else { take.sound };
        self.network.archive.settle(&mut recording, sound);
        match (&interrupt, take.end) {
            (Some(interrupt), _) => self.over_with(Some(interrupt)),
            (None, End::HungUp) => self.over(self.person()),
            (None, End::Finished(key)) => self.does(What::Presses(key.into())),
            _ => {}
        }
        self.log().recorded(recording.clone());
        self.network.archive.keep(&recording);

        let mut extra = Params::new();
        push(&mut extra, "RecordingUrl", recording.url.as_str());
        push(&mut extra, "RecordingSid", recording.sid.as_str());
        push(&mut extra, "RecordingDuration", recording.duration.to_string());
        match take.end {
            End::HungUp => push(&mut extra, "Digits", "hangup"),
            End::Finished(key) => push(&mut extra, "Digits", key),
            End::Silence | End::Full => {}
        }
        drop(self.network.clock.spawn(recorded.run(recording)));
        // Who is led elsewhere is not asked where to go on.
        if let Some(interrupt @ (Interrupt::Moved(_) | Interrupt::Ended(Ending::CalledOff))) = interrupt {
            return Err(interrupt);
        }
        let (url, method) = self.action_or_current(record.action.as_deref(), record.method);
        let request = Request { kind: WebhookKind::RecordAction, url, method, extra };
        self.go_on(request, Scope::Call).await
    }

    fn warn_of(&self, record: &Record) {
        if record.action.is_none() {
            self.log().warning(0, "<Record> without action asks the same URL again, which may never end");
        }
        if record.transcribe_callback.is_some() && !record.transcribe {
            self.log().warning(0, "<Record transcribeCallback> does nothing without transcribe=\"true\"");
        }
    }

    /// Lets the message be spoken, with what the person does besides.
    async fn take_message(&mut self, record: &Record, scripted: Take) -> (Take, Option<Interrupt>) {
        let began = self.now();
        let mut take = scripted;
        let mut pieces: Vec<(Duration, Speech)> = Vec::new();
        self.feels(Mood::Else);
        let interrupt = loop {
            let left = until(self.now(), later(began, take.lasted));
            match self.pass(Some(left)).await {
                Ok(Passed::Whole) => break None,
                Ok(Passed::Input) => {
                    let now = until(began, self.now());
                    if let Some(words) = self.words.take() {
                        let spoken = Speech::tone(time_to_say(&words), &words);
                        let silence = record.timeout.unwrap_or(record.max_length);
                        let silent_again = now + spoken.length() + silence;
                        pieces.push((now, spoken));
                        let end = if silent_again < record.max_length { End::Silence } else { End::Full };
                        take.lasted = silent_again.min(record.max_length);
                        take.end = end;
                    }
                    let finishing = self.keys.drain(..).find(|key| record.finish_on_key.contains(*key));
                    if let Some(key) = finishing {
                        take = Take { lasted: now, end: End::Finished(key), ..take };
                        break None;
                    }
                }
                Ok(_) => {}
                Err(interrupt) => {
                    let lasted = until(began, self.now());
                    take = Take { lasted, end: End::HungUp, ..take };
                    break Some(interrupt);
                }
            }
        };
        if !pieces.is_empty() {
            pieces.insert(0, (Duration::ZERO, take.sound.first(take.lasted)));
            take.sound = Speech::mixed(take.lasted, &pieces);
        }
        take.sound = take.sound.first(take.lasted);
        (take, interrupt)
    }

    /// What the caller does after the beep.
    fn message_after_beep(&mut self, record: &Record) -> Take {
        let Some(message) = self.person.next_message() else {
            return Take { sound: Speech::silence(Duration::ZERO), lasted: Duration::ZERO, end: End::HungUp };
        };
        let spoken = message.speech.length();
        let finishes = match message.then {
            AfterMessage::Presses(key) if record.finish_on_key.contains(key) => Some(key),
            _ => None,
        };
        let stays = message.then != AfterMessage::HangsUp && finishes.is_none();
        let mut sound = message.speech;
        if let (true, Some(timeout)) = (stays, record.timeout) {
            sound = sound.then(&Speech::silence(timeout));
        }
        let silence = record.timeout.and_then(|timeout| Some(sound.first_pause(timeout)? + timeout));
        let with_all = self.person.leaves_at(Mood::Else, self.now(), self.began);
        let leaves = shorter(message.hangs_up_after, with_all.map(|at| until(self.now(), at)));

        // Of what comes first the recording's end; at the same instant the earlier in this list.
        let mut ends = vec![(record.max_length, End::Full)];
        ends.extend(silence.map(|at| (at, End::Silence)));
        if let Some(key) = finishes {
            ends.push((spoken, End::Finished(key)));
        } else if !stays {
            ends.push((spoken, End::HungUp));
        }
        ends.extend(leaves.map(|at| (at, End::HungUp)));
        let (lasted, end) =
            ends.into_iter().min_by_key(|(at, _)| *at).unwrap_or((Duration::ZERO, End::HungUp));
        let padding = lasted.saturating_sub(sound.length());
        if !padding.is_zero() && !record.trim {
            sound = sound.then(&Speech::silence(padding));
        }
        Take { sound: sound.first(lasted), lasted, end }
    }

    /// Begins a recording beside the call.
    pub(super) fn start_recording(&mut self, asked: &CallRecording) -> Arc<CallRecorder> {
        let mut asked = asked.clone();
        if let Some(status) = &mut asked.status
            && asked.source == "DialVerb"
        {
            status.url = url::resolve(&self.base, &status.url);
        }
        self.network.record(&self.handle, &self.callbacks, asked, None)
    }
}

//! Recordings that go on beside a call or a conference.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use crate::Speech;
use crate::archive::Archive;
use crate::callbacks::Callbacks;
use crate::clock::{lock, until};
use crate::document::CallRecording;
use crate::leg_handle::LegHandle;
use crate::recorded::Recorded;
use crate::recordings::{Recording, RecordingStatus};
use crate::speaking::time_to_say;

/// A recording of a call or a conference that goes on.
pub(crate) struct CallRecorder {
    pub(crate) leg: Arc<LegHandle>,
    /// The conference, if it is one's.
    pub(crate) conference_sid: Option<String>,
    recorded: Recorded,
    dual: bool,
    trim: bool,
    take: Mutex<CallTake>,
}

struct CallTake {
    recording: Recording,
    /// Who said it: whoever is at the leg (false), or the others.
    pieces: Vec<(Timestamp, bool, Speech)>,
    /// Since when it is paused, and whether that time is skipped.
    paused: Option<(Timestamp, bool)>,
    pauses: Vec<(Timestamp, Timestamp, bool)>,
    is_over: bool,
}

impl CallRecorder {
    pub(crate) fn start(
        archive: &Arc<Archive>,
        leg: &Arc<LegHandle>,
        callbacks: &Callbacks,
        asked: CallRecording,
        conference_sid: Option<String>,
    ) -> Arc<Self> {
        let mut recording = archive.recording_of(leg.facts(), asked.source, &asked.track);
        recording.status = RecordingStatus::InProgress;
        recording.conference_sid.clone_from(&conference_sid);
        if asked.dual {
            let nothing = Speech::silence(Duration::ZERO);
            recording.channels = Some((nothing.clone(), nothing));
        }
        let recorder = Arc::new(Self {
            leg: leg.clone(),
            conference_sid,
            recorded: Recorded {
                archive: archive.clone(),
                log: leg.log.clone(),
                callbacks: callbacks.clone(),
                facts: None,
                status: asked.status,
                transcribe: false,
                transcribe_callback: None,
            },
            dual: asked.dual,
            trim: asked.trim,
            take: Mutex::new(CallTake {
                recording: recording.clone(),
                pieces: Vec::new(),
                paused: None,
                pauses: Vec::new(),
                is_over: false,
            }),
        });
        archive.keep(&recording);
        if recorder.recorded.status.as_ref().is_some_and(|status| status.in_progress) {
            recorder.recorded.tell_status(&recording, "in-progress", 0);
        }
        recorder
    }

    /// The recording as it stands.
    pub(crate) fn recording(&self) -> Recording {
        lock(&self.take).recording.clone()
    }

    pub(crate) fn is_over(&self) -> bool {
        lock(&self.take).is_over
    }

    /// Somebody says something.
    pub(crate) fn hears(&self, by_others: bool, words: &str) {
        let mut take = lock(&self.take);
        if take.is_over || take.paused.is_some() {
            return;
        }
        let now = self.recorded.archive.clock.now();
        take.pieces.push((now, by_others, Speech::tone(time_to_say(words), words)));
    }

    /// A prompt was heard at the leg for so long.
    pub(crate) fn hears_prompt(&self, since: Timestamp, length: Duration, words: &str) {
        let mut take = lock(&self.take);
        if !take.is_over && take.paused.is_none() {
            take.pieces.push((since, true, Speech::tone(length, words)));
        }
    }

    /// Nothing is recorded until it goes on; the time is silence, or skipped.
    pub(crate) fn pause(&self, skips: bool) -> Recording {
        let mut take = lock(&self.take);
        if !take.is_over && take.paused.is_none() {
            take.paused = Some((self.recorded.archive.clock.now(), skips));
            take.recording.status = RecordingStatus::Paused;
            self.recorded.archive.keep(&take.recording);
        }
        take.recording.clone()
    }

    pub(crate) fn resume(&self) -> Recording {
        let mut take = lock(&self.take);
        if let Some((since, skips)) = take.paused.take() {
            let now = self.recorded.archive.clock.now();
            take.pauses.push((since, now, skips));
            take.recording.status = RecordingStatus::InProgress;
            self.recorded.archive.keep(&take.recording);
        }
        take.recording.clone()
    }

    /// Ends it, once; the recording as it was made.
    pub(crate) fn stop(&self) -> Recording {
        self.resume();
        let mut take = lock(&self.take);
        if std::mem::replace(&mut take.is_over, true) {
            return take.recording.clone();
        }
        let now = self.recorded.archive.clock.now();
        let started = take.recording.started;
        let skipped = |at: Timestamp| -> Duration {
            take.pauses
                .iter()
                .filter(|(since, _, skips)| *skips && *since < at)
                .map(|(since, until_then, _)| until(*since, (*until_then).min(at)))
                .sum()
        };
        let length = until(started, now).saturating_sub(skipped(now));
        let place = |at: Timestamp| until(started, at).saturating_sub(skipped(at));
        let pieces = |of: &dyn Fn(bool) -> bool| -> Vec<(Duration, Speech)> {
            take.pieces
                .iter()
                .filter(|(_, by_others, _)| of(*by_others))
                .map(|(at, _, speech)| (place(*at), speech.clone()))
                .collect()
        };
        let wanted: &dyn Fn(bool) -> bool = match &*take.recording.track {
            "inbound" => &|by_others| !by_others,
            "outbound" => &|by_others| by_others,
            _ => &|_| true,
        };
        let speech = Speech::mixed(length, &pieces(wanted));
        let others_first = self.recorded.archive.config.unverified.others_channel_first;
        let channels = self.dual.then(|| {
            let own = Speech::mixed(length, &pieces(&|by_others| !by_others));
            let others = Speech::mixed(length, &pieces(&|by_others| by_others));
            if others_first { (others, own) } else { (own, others) }
        });
        let speech = if self.trim && channels.is_none() { speech.trimmed() } else { speech };
        take.recording.channels = channels;
        self.recorded.archive.settle(&mut take.recording, speech);
        if self.recorded.archive.is_deleted(&take.recording) {
            take.recording.status = RecordingStatus::Deleted;
        }
        let recording = take.recording.clone();
        drop(take);
        self.leg.log.recorded(recording.clone());
        self.recorded.archive.keep(&recording);
        drop(self.recorded.archive.clock.spawn(self.recorded.clone().run(recording.clone())));
        recording
    }
}

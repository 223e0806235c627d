//! All recordings, and what may befall them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use phone::{CallSid, RecordingSid};

use crate::Speech;
use crate::clock::{Clock, lock};
use crate::config::{Config, SilentRecordings, Transcription};
use crate::leg_facts::LegFacts;
use crate::recordings::{Recording, RecordingStatus, whole_seconds};
use crate::sids::Sids;
use crate::stories::Stories;

/// Where recordings are kept.
pub(crate) struct Archive {
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Clock,
    pub(crate) sids: Arc<Sids>,
    rest_url: String,
    stories: Arc<Stories>,
    transcription: Mutex<Transcription>,
    misstated_seconds: Mutex<i64>,
    is_broken: AtomicBool,
    kept: Mutex<BTreeMap<RecordingSid, Recording>>,
}

impl Archive {
    pub(crate) fn new(
        config: &Arc<Config>,
        sids: &Arc<Sids>,
        stories: &Arc<Stories>,
        rest_url: String,
    ) -> Arc<Self> {
        Arc::new(Self {
            config: config.clone(),
            clock: config.clock.clone(),
            sids: sids.clone(),
            rest_url,
            stories: stories.clone(),
            transcription: Mutex::new(config.transcription),
            misstated_seconds: Mutex::default(),
            is_broken: AtomicBool::new(false),
            kept: Mutex::default(),
        })
    }

    /// A recording of a leg, which is about to begin.
    pub(crate) fn recording_of(&self, leg: &LegFacts, source: &'static str, track: &str) -> Recording {
        let sid = self.sids.recording();
        let account_sid = leg.account_sid.clone();
        Recording {
            url: format!("{}/2010-04-01/Accounts/{account_sid}/Recordings/{sid}", self.rest_url),
            sid,
            account_sid,
            call_sid: leg.sid.clone(),
            conference_sid: None,
            speech: Speech::silence(Duration::ZERO),
            channels: None,
            source,
            track: track.to_owned(),
            duration: 0,
            started: self.clock.now(),
            status: RecordingStatus::Processing,
        }
    }

    /// Keeps a recording, or its new state.
    pub(crate) fn keep(&self, recording: &Recording) {
        let mut kept = lock(&self.kept);
        let was = kept.get(&recording.sid).map(|recording| recording.status);
        if was == Some(RecordingStatus::Deleted) {
            return;
        }
        kept.insert(recording.sid.clone(), recording.clone());
        drop(kept);
        if let Some(log) = self.stories.log_of(&recording.call_sid) {
            log.recording_changed(recording);
        }
    }

    /// Forgets the recordings of these legs.
    pub(crate) fn forget(&self, legs: &[CallSid]) {
        lock(&self.kept).retain(|_, recording| !legs.contains(&recording.call_sid));
    }

    pub(crate) fn all(&self) -> Vec<Recording> {
        lock(&self.kept).values().cloned().collect()
    }

    pub(crate) fn with_sid(&self, sid: &str) -> Option<Recording> {
        lock(&self.kept).values().find(|recording| recording.sid.as_str() == sid).cloned()
    }

    pub(crate) fn is_deleted(&self, recording: &Recording) -> bool {
        self.with_sid(recording.sid.as_str())
            .is_some_and(|recording| recording.status == RecordingStatus::Deleted)
    }

    /// The recording that a call's status callback tells of: one that was ordered with the call.
    pub(crate) fn ordered_with(&self, call_sid: &CallSid) -> Option<Recording> {
        let mut recordings = self.all();
        recordings.retain(|recording| recording.call_sid == *call_sid && recording.source == "OutboundAPI");
        recordings.pop()
    }

    pub(crate) fn set_transcription(&self, transcription: Transcription) {
        *lock(&self.transcription) = transcription;
    }

    pub(crate) fn transcription(&self) -> Transcription {
        *lock(&self.transcription)
    }

    pub(crate) fn misstate_durations(&self, seconds: i64) {
        *lock(&self.misstated_seconds) = seconds;
    }

    /// A recording has ended, with this sound: what becomes of it, and how long it is said to be.
    pub(crate) fn settle(&self, recording: &mut Recording, speech: Speech) {
        let duration = whole_seconds(speech.length());
        let misstated = duration.saturating_add_signed(*lock(&self.misstated_seconds)).max(1);
        let deletes_silence = self.config.silent_recordings == SilentRecordings::Deleted;
        (recording.duration, recording.status) = if duration == 0 {
            (0, RecordingStatus::Absent { error_code: 16101 })
        } else if deletes_silence && speech.is_silent() {
            (duration, RecordingStatus::Absent { error_code: 16102 })
        } else {
            (misstated, RecordingStatus::Processing)
        };
        recording.speech = speech;
    }

    pub(crate) fn set_broken(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::Relaxed);
    }

    /// Whether recordings can't be kept.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }
}

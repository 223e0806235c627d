//! What happens to a recording once it ended, while its call goes on or is over.

use std::sync::Arc;

use crate::archive::Archive;
use crate::callbacks::Callbacks;
use crate::config::Transcription;
use crate::document::RecordingCallback;
use crate::leg_facts::LegFacts;
use crate::params::{Params, push, rfc2822};
use crate::recordings::{Recording, RecordingStatus};
use crate::story::Log;
use crate::webhooks::{Method, Webhook, WebhookKind};

/// What is shorter or longer than this is not transcribed, in seconds.
const TRANSCRIBED: std::ops::Range<u64> = 3..120;

/// Who is told of a recording.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) archive: Arc<Archive>,
    pub(crate) log: Arc<Log>,
    pub(crate) callbacks: Callbacks,
    /// The leg, for what tells of that as well.
    pub(crate) facts: Option<LegFacts>,
    pub(crate) status: Option<RecordingCallback>,
    pub(crate) transcribe: bool,
    pub(crate) transcribe_callback: Option<String>,
}

impl Recorded {
    pub(crate) async fn run(self, mut recording: Recording) {
        let clock = &self.archive.clock;
        clock.sleep(self.archive.config.recording_ready_after).await;
        if let RecordingStatus::Absent { error_code } = recording.status {
            if self.status.as_ref().is_some_and(|status| status.absent) {
                self.tell_status(&recording, "absent", error_code);
            }
            return;
        }
        if self.archive.is_deleted(&recording) {
            return;
        }
        if self.archive.is_broken() {
            recording.status = RecordingStatus::Failed;
            self.archive.keep(&recording);
            return;
        }
        recording.status = RecordingStatus::Completed;
        self.archive.keep(&recording);
        if self.status.as_ref().is_some_and(|status| status.completed) {
            self.tell_status(&recording, "completed", 0);
        }
        if self.transcribe {
            self.transcribe(&recording).await;
        }
    }

    pub(crate) fn tell_status(&self, recording: &Recording, status: &str, error_code: u32) {
        let Some(RecordingCallback { url, method, .. }) = &self.status else {
            return;
        };
        let mut params = Params::new();
        push(&mut params, "AccountSid", recording.account_sid.as_str());
        match &recording.conference_sid {
            Some(conference) => push(&mut params, "ConferenceSid", conference.as_str()),
            None => push(&mut params, "CallSid", recording.call_sid.as_str()),
        }
        push(&mut params, "ErrorCode", error_code.to_string());
        push(&mut params, "RecordingChannels", if recording.channels.is_some() { "2" } else { "1" });
        push(&mut params, "RecordingDuration", recording.duration.to_string());
        push(&mut params, "RecordingSid", recording.sid.as_str());
        push(&mut params, "RecordingSource", recording.source);
        push(&mut params, "RecordingStartTime", rfc2822(recording.started));
        push(&mut params, "RecordingStatus", status);
        if !matches!(recording.source, "RecordVerb" | "Conference") {
            push(&mut params, "RecordingTrack", recording.track.as_str());
        }
        push(&mut params, "RecordingUrl", recording.url.as_str());
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::RecordingStatus,
            account_sid: recording.account_sid.clone(),
            call_sid: recording.call_sid.clone(),
            method: *method,
            url: url.clone(),
            params,
        });
    }

    async fn transcribe(&self, recording: &Recording) {
        if !TRANSCRIBED.contains(&recording.duration) {
            self.log.warning(
                13617,
                format!(
                    "a recording of {} s is not transcribed: more than 2 s and less than 120 s are",
                    recording.duration
                ),
            );
            return;
        }
        let (after, text) = match self.archive.transcription() {
            Transcription::Never => return,
            Transcription::Fails { after } => (after, None),
            Transcription::Completes { after } => (after, Some(recording.speech.words())),
        };
        self.archive.clock.sleep(after).await;
        if self.archive.is_deleted(recording) {
            self.log.error(13618, "the recording was deleted before it was transcribed");
            return;
        }
        let (Some(url), Some(facts)) = (&self.transcribe_callback, &self.facts) else {
            return;
        };
        let transcription_sid = self.archive.sids.sid("TR");
        let mut params = facts.params(&self.log.status());
        // No place of either party is sent here.
        let kept = [
            "AccountSid",
            "ApiVersion",
            "CallSid",
            "CallStatus",
            "Called",
            "Caller",
            "Direction",
            "ForwardedFrom",
            "From",
            "To",
        ];
        params.retain(|(name, _)| kept.contains(&name.as_str()));
        push(&mut params, "RecordingSid", recording.sid.as_str());
        push(&mut params, "RecordingUrl", recording.url.as_str());
        push(&mut params, "TranscriptionSid", transcription_sid.as_str());
        push(&mut params, "TranscriptionStatus", if text.is_some() { "completed" } else { "failed" });
        push(
            &mut params,
            "TranscriptionText",
            match text {
                Some("") => "(blank)",
                Some(words) => words,
                None => "",
            },
        );
        push(&mut params, "TranscriptionType", "fast");
        push(
            &mut params,
            "TranscriptionUrl",
            format!("{}/Transcriptions/{transcription_sid}", recording.url),
        );
        push(&mut params, "url", url.as_str());
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::Transcription,
            account_sid: recording.account_sid.clone(),
            call_sid: recording.call_sid.clone(),
            method: Method::Post,
            url: url.clone(),
            params,
        });
    }
}

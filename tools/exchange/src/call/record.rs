//! `<Record>`: the beep, the message, and what becomes of the recording after the call went on.

use std::sync::Arc;
use std::time::Duration;

use super::{Call, Next, Request, shorter};
use crate::Speech;
use crate::config::{SilentRecordings, Transcription};
use crate::document::{Record, RecordingCallback};
use crate::line::{Line, Params, push, rfc2822};
use crate::network::{Callbacks, Network, Webhook};
use crate::phones::AfterMessage;
use crate::recordings::{Recording, RecordingStatus, whole_seconds};
use crate::story::{Log, Party, What};
use crate::url;
use crate::webhooks::{Method, WebhookKind};

/// What is shorter or longer than this is not transcribed, in seconds.
const TRANSCRIBED: std::ops::Range<u64> = 3..120;

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

impl Call {
    pub(super) async fn record(&mut self, record: &Record) -> Next {
        self.answer();
        self.callee_left = false;
        self.warn_of(record);
        if record.play_beep {
            self.log.add(Party::Caller, What::HearsBeep);
        }
        let started = self.network.clock.now();
        let sid = self.network.sids.recording();
        let mut recording = Recording {
            url: format!(
                "{}/2010-04-01/Accounts/{}/Recordings/{sid}",
                self.network.rest_url, self.line.account_sid
            ),
            sid,
            account_sid: self.line.account_sid.clone(),
            call_sid: self.line.sid.clone(),
            speech: Speech::silence(Duration::ZERO),
            duration: 0,
            started,
            status: RecordingStatus::Processing,
        };
        let afterlife = Afterlife {
            network: self.network.clone(),
            log: self.log.clone(),
            callbacks: self.callbacks.clone(),
            line: self.line.clone(),
            base: self.base.clone(),
            record: record.clone(),
        };
        if record.status.as_ref().is_some_and(|status| status.in_progress) {
            afterlife.tell_status(&recording, "in-progress", 0);
        }
        let mut take = self.message_after_beep(record);
        let (lasted, stays) = self.rest(take.lasted).await;
        if !stays {
            take = Take { sound: take.sound.first(lasted), lasted, end: End::HungUp };
        }
        if !take.sound.is_silent() || !take.sound.words().is_empty() {
            self.log.add_at(started, Party::Caller, What::Speaks(take.sound.words().into()));
        }
        recording.speech = if record.trim { take.sound.trimmed() } else { take.sound };
        recording.duration = whole_seconds(recording.speech.length());
        let told = recording.duration.checked_add_signed(self.network.desk.misstated_seconds());
        let deletes_silence = self.network.config.silent_recordings == SilentRecordings::Deleted;
        if recording.duration == 0 {
            recording.status = RecordingStatus::Absent { error_code: 16101 };
        } else if deletes_silence && recording.speech.is_silent() {
            recording.status = RecordingStatus::Absent { error_code: 16102 };
        } else {
            recording.duration = told.unwrap_or_default().max(1);
        }
        match take.end {
            End::HungUp => {
                self.leave();
            }
            End::Finished(key) => self.log.add(Party::Caller, What::Presses(key.into())),
            End::Silence | End::Full => {}
        }
        self.log.recorded(recording.clone());
        self.network.keep_recording(&recording);

        let mut extra = Params::new();
        push(&mut extra, "RecordingUrl", recording.url.as_str());
        push(&mut extra, "RecordingSid", recording.sid.as_str());
        push(&mut extra, "RecordingDuration", recording.duration.to_string());
        match take.end {
            End::HungUp => push(&mut extra, "Digits", "hangup"),
            End::Finished(key) => push(&mut extra, "Digits", key),
            End::Silence | End::Full => {}
        }
        let network = self.network.clone();
        drop(network.clock.spawn(afterlife.run(recording)));
        let (url, method) = self.action_or_current(record.action.as_deref(), record.method);
        self.go_on(Request { kind: WebhookKind::RecordAction, url: &url, method, extra }).await
    }

    fn warn_of(&self, record: &Record) {
        if record.action.is_none() {
            self.log.warning(0, "<Record> without action asks the same URL again, which may never end");
        }
        if record.transcribe_callback.is_some() && !record.transcribe {
            self.log.warning(0, "<Record transcribeCallback> does nothing without transcribe=\"true\"");
        }
    }

    /// What the caller does after the beep.
    fn message_after_beep(&mut self, record: &Record) -> Take {
        let Some(message) = self.script.next_message() else {
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
        let leaves = shorter(message.hangs_up_after, self.patience_with_all());

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
}

/// What happens to a recording while its call goes on, or is over.
struct Afterlife {
    network: Arc<Network>,
    log: Arc<Log>,
    callbacks: Callbacks,
    line: Line,
    base: String,
    record: Record,
}

impl Afterlife {
    async fn run(self, mut recording: Recording) {
        let clock = &self.network.clock;
        clock.sleep(self.network.config.recording_ready_after).await;
        if let RecordingStatus::Absent { error_code } = recording.status {
            if self.record.status.as_ref().is_some_and(|status| status.absent) {
                self.tell_status(&recording, "absent", error_code);
            }
            return;
        }
        if self.network.desk.recordings_fail() {
            recording.status = RecordingStatus::Failed;
            self.network.keep_recording(&recording);
            return;
        }
        recording.status = RecordingStatus::Completed;
        self.network.keep_recording(&recording);
        if self.record.status.as_ref().is_some_and(|status| status.completed) {
            self.tell_status(&recording, "completed", 0);
        }
        if self.record.transcribe {
            self.transcribe(&recording).await;
        }
    }

    fn tell_status(&self, recording: &Recording, status: &str, error_code: u32) {
        let Some(RecordingCallback { url, method, .. }) = &self.record.status else {
            return;
        };
        let mut params = Params::new();
        push(&mut params, "AccountSid", self.line.account_sid.as_str());
        push(&mut params, "CallSid", self.line.sid.as_str());
        push(&mut params, "ErrorCode", error_code.to_string());
        push(&mut params, "RecordingChannels", "1");
        push(&mut params, "RecordingDuration", recording.duration.to_string());
        push(&mut params, "RecordingSid", recording.sid.as_str());
        push(&mut params, "RecordingSource", "RecordVerb");
        push(&mut params, "RecordingStartTime", rfc2822(recording.started));
        push(&mut params, "RecordingStatus", status);
        push(&mut params, "RecordingUrl", recording.url.as_str());
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::RecordingStatus,
            account_sid: self.line.account_sid.clone(),
            call_sid: self.line.sid.clone(),
            method: *method,
            url: url::resolve(&self.base, url),
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
        let (after, text) = match self.network.transcription() {
            Transcription::Never => return,
            Transcription::Fails { after } => (after, None),
            Transcription::Completes { after } => (after, Some(recording.speech.words())),
        };
        self.network.clock.sleep(after).await;
        let deleted = self
            .network
            .recording(recording.sid.as_str())
            .is_some_and(|recording| recording.status == RecordingStatus::Deleted);
        if deleted {
            self.log.error(13618, "the recording was deleted before it was transcribed");
            return;
        }
        let Some(url) = &self.record.transcribe_callback else {
            return;
        };
        let url = url::resolve(&self.base, url);
        let transcription_sid = self.network.sids.sid("TR");
        let mut params = self.line.params(&self.log.story().status());
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
            format!(
                "{}/2010-04-01/Accounts/{}/Recordings/{}/Transcriptions/{transcription_sid}",
                self.network.rest_url, self.line.account_sid, recording.sid
            ),
        );
        push(&mut params, "url", url.as_str());
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::Transcription,
            account_sid: self.line.account_sid.clone(),
            call_sid: self.line.sid.clone(),
            method: Method::Post,
            url,
            params,
        });
    }
}

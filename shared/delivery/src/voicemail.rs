//! Takes a voicemail as far as it can go.

use domain::{Audio, Engine, Mail, RecordingReport, Reported, TranscriptionJob, Voicemail};
use jiff::Timestamp;
use lifecycle::{Ask, Missing, Step, missing, next_step};
use phone::RecordingSid;
use runtime::telemetry::Metric;
use runtime::{Failure, count};
use store::{Deletion, StoreError, Written};
use twilio::{Login, RestError};

use crate::archive::{ArchiveError, archive};
use crate::events;
use crate::identify::identify;
use crate::progress::{Progress, STEPS, failed, guarded, step_name, waits};
use crate::send::send;
use crate::tell::{Told, put_off, tell};
use crate::transcribe::key as transcribe_result;
use crate::words::{ToldBy, transcribe};
use crate::worker::{RECORDING_LIMIT, Worker, destination, ends_at, login, may_send};

/// Takes one voicemail as far as it can go now.
pub async fn advance(worker: &Worker, recording_sid: &RecordingSid, told_by: ToldBy) -> Progress {
    let mut limit = worker.clock.alarm(RECORDING_LIMIT);
    let ends_at = ends_at(worker);
    let (mut is_running, mut asked) = (false, false);
    let mut has_tried = false;
    for _ in 0..STEPS {
        let mut voicemail = match worker.store.voicemail(recording_sid).await {
            Ok(voicemail) => voicemail,
            // Deleted since.
            Err(StoreError::NotFound(_)) => return Progress::Done,
            Err(error) => return Progress::Again(Some(error.into())),
        };
        if is_running && let Some(TranscriptionJob::Started { is_running, .. }) = &mut voicemail.job {
            *is_running = true;
        }
        let now = worker.clock.now();
        let step = next_step(&voicemail, worker.time_box, now);
        let events = events::of_voicemail(&voicemail);
        match tell(worker, recording_sid.into(), &events, voicemail.trouble.as_ref(), step).await {
            Told::Nothing => {}
            Told::All => continue,
            Told::Not(failure) => return put_off(worker, recording_sid.into(), failure).await,
        }
        match step {
            Step::Done => return Progress::Done,
            Step::Wait { until, wait } => return waits(wait, until.duration_since(now), has_tried, asked),
            Step::Transcribe(Ask::Outcome) => is_running = true,
            Step::Transcribe(Ask::Transcript) => asked = true,
            Step::Send(_) if !may_send(now, ends_at) => return Progress::Late,
            _ => {}
        }
        if let Err(failure) =
            guarded(Box::pin(take(worker, &voicemail, step, ends_at, told_by)), &mut limit).await
        {
            return failed(worker, recording_sid.into(), voicemail.trouble.as_ref(), step, failure).await;
        }
        has_tried = true;
    }
    Progress::Again(Some("the voicemail does not come to rest".into()))
}

async fn take(
    worker: &Worker,
    voicemail: &Voicemail,
    step: Step,
    ends_at: Timestamp,
    told_by: ToldBy,
) -> Result<(), Failure> {
    let recording_sid = &voicemail.recording_sid;
    match step {
        Step::Identify => {
            let login = login(worker, voicemail).await?;
            let (destination, mailbox) =
                identify(voicemail, &worker.store, &worker.rest, &login, worker.clock.now()).await?;
            worker.store.identified(recording_sid, &destination, &mailbox).await?;
        }
        Step::Archive => {
            let number = &destination(voicemail)?.parties.number;
            let login = login(worker, voicemail).await?;
            match archive(voicemail, number, &worker.rest, &login, &worker.bucket).await {
                Ok(audio) => archived(worker, voicemail, &audio).await?,
                Err(ArchiveError::Twilio(error @ RestError::NotFound(_))) => {
                    look_after_missing(worker, voicemail, &login, &error).await?
                }
                Err(error) => return Err(error.into()),
            };
        }
        Step::Transcribe(what) => transcribe(worker, voicemail, what, told_by).await?,
        Step::Send(kind) => send(worker, voicemail, kind, ends_at).await?,
        Step::Purge => {
            let login = login(worker, voicemail).await?;
            if worker.store.begin_deletion(voicemail, worker.clock.now()).await? == Deletion::Held {
                worker.store.withhold_purge(recording_sid).await?;
                return Ok(());
            }
            worker.rest.delete_recording(&voicemail.account_sid, &login, recording_sid).await?;
            worker.store.purged(recording_sid, worker.clock.now()).await?;
        }
        Step::Release => release(worker, voicemail).await?,
        Step::Close => {
            worker.store.close(voicemail).await?;
        }
        Step::Wait { .. } | Step::Done => {}
    }
    Ok(())
}

/// Records that the sound is stored. An owner who was told that it was gone gets it after all.
async fn archived(worker: &Worker, voicemail: &Voicemail, audio: &Audio) -> Result<Written, StoreError> {
    let (recording_sid, now) = (&voicemail.recording_sid, worker.clock.now());
    match (&voicemail.mail, voicemail.found_again_at) {
        (Mail::Sent { at, .. }, Some(_)) if voicemail.told_gone_at.is_none() => {
            worker.store.archived_after_all(recording_sid, audio, *at, now).await
        }
        _ => worker.store.archived(recording_sid, audio, now).await,
    }
}

/// Finds out why Twilio does not give a sound, and records it.
async fn look_after_missing(
    worker: &Worker,
    voicemail: &Voicemail,
    login: &Login,
    error: &RestError,
) -> Result<Written, Failure> {
    let recording_sid = &voicemail.recording_sid;
    let state = match worker.rest.recording(&voicemail.account_sid, login, recording_sid).await {
        Ok(recording) => Some(recording.state),
        Err(RestError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let now = worker.clock.now();
    let reported = match missing(state, voicemail.absence, now) {
        Missing::NotYet { absence, ask_again_at } => {
            let what = format!("{}: {error}", step_name(Step::Archive));
            return Ok(worker.store.sound_missing(recording_sid, &absence, &what, ask_again_at).await?);
        }
        Missing::Gone => {
            let written = worker.store.gone(recording_sid, now).await?;
            if written == Written::Applied {
                count!(Metric::RecordingLost, recording_sid = recording_sid.as_str());
            }
            return Ok(written);
        }
        Missing::Absent { error_code } => Reported::Absent { error_code },
        Missing::Lost { error_code } => Reported::Lost { error_code },
    };
    let report = RecordingReport {
        left_for: None,
        conversation: None,
        recording_sid: recording_sid.clone(),
        call_sid: voicemail.call_sid.clone(),
        account_sid: voicemail.account_sid.clone(),
        reported,
        at: now,
    };
    let written = worker.store.voicemail_reported(&report).await?;
    if written == Written::Applied && matches!(report.reported, Reported::Lost { .. }) {
        count!(Metric::RecordingLost, recording_sid = recording_sid.as_str());
    }
    Ok(written)
}

/// Lets the bucket's own lifecycle have what is delivered.
async fn release(worker: &Worker, voicemail: &Voicemail) -> Result<(), Failure> {
    let by_amazon = voicemail.transcript.as_ref().is_some_and(|it| it.engine == Engine::Amazon);
    let words = by_amazon.then(|| transcribe_result(&voicemail.recording_sid));
    let sound = voicemail.audio.as_ref().map(|audio| audio.key.clone());
    for key in sound.into_iter().chain(words) {
        worker.bucket.release(&key).await?;
    }
    worker.store.audio_released(&voicemail.recording_sid, worker.clock.now()).await?;
    Ok(())
}

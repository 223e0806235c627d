//! Takes a voicemail as far as it can go: queue.
//!
//! A message is only a wake-up: of it counts which recording it is about, and nothing else. It may
//! come twice, late, or never. What is to be done stands in the ledger; this does it, step after
//! step, until there is nothing to do or something to wait for.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use callflow::Owner;
use jiff::{SignedDuration, Timestamp};
use phone::RecordingSid;
use store::{
    Destination, Job, MailKind, RecordingReport, Reported, Store, StoreError, Trouble, Voicemail, Written,
};
use twilio::{Login, RestError};
use voicemail::link::LinkKey;
use voicemail::mail::{self, Draft, SendError, Sender};
use voicemail::{ArchiveError, Ask, Missing, Step, TimeBox, Wait, archive, identify, missing, next_step};
use webhook::{Accounts, Clock, Failure, telemetry};

mod message;
mod words;

pub use message::recording_sids;
use words::transcribe;

/// How long a claim to send a mail holds. Longer than sending takes, shorter than the queue holds
/// a message back after a failure.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How long to wait after a failure: each time twice as long, and never longer than the queue holds
/// a message back, so that a message that comes back is never too early.
const FIRST_RETRY: i64 = 10;
const LONGEST_RETRY: i64 = 60;

/// How far the clocks of a queue and a function may be apart.
const NEARLY: SignedDuration = SignedDuration::from_secs(5);

/// How often the record of a sent mail is tried: without it the mail would go out once more.
const RECORD_TRIES: u64 = 4;

/// A row has about six steps. More than this is a fault, not work.
const STEPS: usize = 16;

/// How long one recording may take: a message of hours can be stored in it. What takes longer is
/// broken off and tried again.
const RECORDING_LIMIT: Duration = Duration::from_secs(40);

/// After this, no other message of a batch is begun: those left come back by themselves. With
/// [`RECORDING_LIMIT`] it stays below the function's own limit of a minute, at which the whole
/// batch would fail.
const BATCH_LIMIT: Duration = Duration::from_secs(15);

/// What the worker works with.
#[derive(Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// Where the sound is kept.
    pub s3: aws_sdk_s3::Client,
    /// Its bucket.
    pub bucket: String,
    /// What sends mails.
    pub ses: aws_sdk_ses::Client,
    /// How mails are sent.
    pub sender: Sender,
    /// What signs links.
    pub link_key: LinkKey,
    /// Twilio's API.
    pub rest: twilio::Rest,
    /// As whom to call it.
    pub accounts: Accounts,
    /// What makes words of the sound.
    pub transcribe: aws_sdk_transcribe::Client,
    /// How many jobs may run there at once.
    pub transcribe_concurrency: u32,
    /// How long a mail waits for its words.
    pub time_box: TimeBox,
    /// What time it is.
    pub clock: Clock,
}

/// How far a voicemail got.
#[derive(Debug)]
enum Progress {
    /// Nothing is left to do.
    Done,
    /// Something else will wake it: a webhook, or the message at the end of the time box.
    Waiting,
    /// The end of a wait is seconds away.
    Early,
    /// Amazon had no time.
    Busy,
    /// A step failed, now or before: to be tried again.
    Again(Option<Failure>),
}

/// Works off a batch of messages; those that are to come back are named.
pub async fn handle(deps: &Deps, event: SqsEvent) -> SqsBatchResponse {
    let started = Instant::now();
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        let is_late = started.elapsed() > BATCH_LIMIT;
        if is_late || !settled(deps, &message).await {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// Whether the queue may forget a message.
async fn settled(deps: &Deps, message: &SqsMessage) -> bool {
    let recording_sids = recording_sids(message.body.as_deref().unwrap_or_default());
    if recording_sids.is_empty() {
        // It will end among the dead letters, where a person can look at it.
        tracing::error!(target: telemetry::WEBHOOK, message_id = message.message_id.as_deref(), "a message names no recording");
        return false;
    }
    let mut settled = true;
    for recording_sid in recording_sids {
        let started = Instant::now();
        let progress = advance(deps, &recording_sid).await;
        let (outcome, error) = match &progress {
            Progress::Done => ("done", None),
            Progress::Waiting => ("waiting", None),
            Progress::Early => ("early", None),
            Progress::Busy => ("busy", None),
            Progress::Again(error) => ("again", error.as_ref()),
        };
        tracing::event!(
            target: telemetry::WEBHOOK,
            tracing::Level::INFO,
            dimension.function = "deliver",
            dimension.outcome = outcome,
            metric.messages = 1u64,
            metric.failures = u64::from(error.is_some()),
            metric.duration_ms = started.elapsed().as_secs_f64() * 1000.0,
            recording_sid = recording_sid.as_str(),
            error = error.map(ToString::to_string),
        );
        settled &= match progress {
            Progress::Done | Progress::Waiting => true,
            // To record a failure changes the row, and that sends a message of its own. It finds
            // the row not due yet; the message that failed is still there, and comes back.
            Progress::Again(None) => receive_count(message) <= 1,
            // To record that Amazon had no time sends a message of its own, which takes over from
            // the one that asked; so a single one goes round, and none ends among the dead letters.
            Progress::Busy => receive_count(message) > 1,
            Progress::Early | Progress::Again(Some(_)) => false,
        };
    }
    settled
}

fn receive_count(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Takes one voicemail as far as it can go now.
async fn advance(deps: &Deps, recording_sid: &RecordingSid) -> Progress {
    let deadline = tokio::time::Instant::now() + RECORDING_LIMIT;
    let mut is_running = false;
    for _ in 0..STEPS {
        let mut voicemail = match deps.store.voicemail(recording_sid).await {
            Ok(voicemail) => voicemail,
            // Deleted since.
            Err(StoreError::NotFound(_)) => return Progress::Done,
            Err(error) => return Progress::Again(Some(error.into())),
        };
        if is_running && let Some(Job::Started { is_running, .. }) = &mut voicemail.job {
            *is_running = true;
        }
        let now = deps.clock.now();
        let step = next_step(&voicemail, deps.time_box, now);
        match step {
            Step::Done => return Progress::Done,
            Step::Wait { wait: Wait::Amazon, .. } => return Progress::Busy,
            Step::Wait { wait: Wait::Retry | Wait::Claim, .. } => return Progress::Again(None),
            // The message at the end of the time box is the last to come by itself: if a clock that
            // is a little off made it early, it has to come back.
            Step::Wait { until, .. } if until.duration_since(now) <= NEARLY => return Progress::Early,
            Step::Wait { .. } => return Progress::Waiting,
            Step::Transcribe(Ask::Outcome) => is_running = true,
            _ => {}
        }
        if let Err(failure) = guarded(Box::pin(take(deps, &voicemail, step)), deadline).await {
            return failed(deps, &voicemail, step, failure).await;
        }
    }
    Progress::Again(Some("the voicemail does not come to rest".into()))
}

/// Bounds a step in time, and turns a panic into a failure: the other messages of the batch are
/// not to suffer for it.
async fn guarded(
    mut step: Pin<Box<impl Future<Output = Result<(), Failure>>>>,
    deadline: tokio::time::Instant,
) -> Result<(), Failure> {
    let caught = poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| step.as_mut().poll(context))) {
            Ok(poll) => poll,
            // It is not polled again.
            Err(_) => Poll::Ready(Err("the step panicked".into())),
        }
    });
    tokio::time::timeout_at(deadline, caught).await.unwrap_or_else(|_| Err("the step took too long".into()))
}

/// Writes the failure on the row, so that it can be seen there.
async fn failed(deps: &Deps, voicemail: &Voicemail, step: Step, failure: Failure) -> Progress {
    let attempts = voicemail.trouble.as_ref().map_or(0, |trouble: &Trouble| trouble.attempts);
    let wait = (FIRST_RETRY << attempts.min(8)).min(LONGEST_RETRY);
    let next = deps.clock.now().checked_add(SignedDuration::from_secs(wait)).unwrap_or(Timestamp::MAX);
    let what = format!("{}: {failure}", step_name(step));
    if let Err(error) = deps.store.step_failed(&voicemail.recording_sid, &what, next).await {
        // The queue's own patience takes the place of the row's.
        tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a failure can't be recorded");
    }
    Progress::Again(Some(failure))
}

async fn take(deps: &Deps, voicemail: &Voicemail, step: Step) -> Result<(), Failure> {
    let recording_sid = &voicemail.recording_sid;
    match step {
        Step::Identify => {
            let login = login(deps, voicemail).await?;
            let destination = identify(voicemail, &deps.store, &deps.rest, &login, deps.clock.now()).await?;
            deps.store.identified(recording_sid, &destination).await?;
        }
        Step::Archive => {
            let number = &destination(voicemail)?.parties.number;
            let login = login(deps, voicemail).await?;
            match archive(voicemail, number, &deps.rest, &login, &deps.s3, &deps.bucket).await {
                Ok(audio) => deps.store.archived(recording_sid, &audio, deps.clock.now()).await?,
                Err(ArchiveError::Twilio(error @ RestError::NotFound(_))) => {
                    look_after_missing(deps, voicemail, &login, error).await?
                }
                Err(error) => return Err(error.into()),
            };
        }
        Step::Transcribe(what) => transcribe(deps, voicemail, what).await?,
        Step::Send(kind) => send(deps, voicemail, kind).await?,
        Step::Purge => {
            let login = login(deps, voicemail).await?;
            deps.rest.delete_recording(&voicemail.account_sid, &login, recording_sid).await?;
            deps.store.purged(recording_sid, deps.clock.now()).await?;
        }
        Step::Close => {
            deps.store.close(voicemail).await?;
        }
        Step::Wait { .. } | Step::Done => {}
    }
    Ok(())
}

/// Finds out why Twilio does not give a sound, and records it if that is final.
async fn look_after_missing(
    deps: &Deps,
    voicemail: &Voicemail,
    login: &Login,
    error: RestError,
) -> Result<Written, Failure> {
    let recording_sid = &voicemail.recording_sid;
    let state = match deps.rest.recording(&voicemail.account_sid, login, recording_sid).await {
        Ok(recording) => Some(recording.state),
        Err(RestError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let now = deps.clock.now();
    let reported = match missing(state, voicemail.recorded_at, now) {
        Missing::NotYet => return Err(error.into()),
        Missing::Gone => return Ok(deps.store.gone(recording_sid, now).await?),
        Missing::Absent { error_code } => Reported::Absent { error_code },
        Missing::Lost { error_code } => Reported::Lost { error_code },
    };
    let report = RecordingReport {
        recording_sid: recording_sid.clone(),
        call_sid: voicemail.call_sid.clone(),
        account_sid: voicemail.account_sid.clone(),
        reported,
        at: now,
    };
    Ok(deps.store.voicemail_reported(&report).await?)
}

/// Claims a mail, sends it, records it.
///
/// Everything that can fail without harm is done before the claim; between the claim and the
/// record there is only SES.
async fn send(deps: &Deps, voicemail: &Voicemail, kind: MailKind) -> Result<(), Failure> {
    let recording_sid = &voicemail.recording_sid;
    let destination = destination(voicemail)?;
    let now = deps.clock.now();
    let number = deps.store.number(&destination.parties.number, now).await?;
    let owner: &Owner = &number.settings.owner;
    let token = voicemail.audio.as_ref().map(|_| {
        let expires_at = now.checked_add(deps.sender.link_lifetime).unwrap_or(Timestamp::MAX);
        deps.link_key.token(recording_sid, expires_at)
    });
    let sound = match kind {
        MailKind::Voicemail => sound(deps, voicemail).await?,
        MailKind::Words => None,
    };
    let draft =
        Draft { kind, voicemail, destination, owner, sender: &deps.sender, token: token.as_deref(), now };
    let mail = draft.compose(sound)?;

    // Not the time from before the sound was fetched: the lease must cover the sending.
    let claimed_at = deps.clock.now();
    let lease_ends = claimed_at.checked_add(LEASE).unwrap_or(Timestamp::MAX);
    if deps.store.claim_mail(recording_sid, kind, claimed_at, lease_ends).await? == Written::Repeated {
        // Another worker was faster; the row will say so.
        return Ok(());
    }
    let with_words = mail.with_words;
    let message_id = match mail::send(&deps.ses, &deps.sender, mail).await {
        Ok(message_id) => message_id,
        Err(refused @ SendError::Refused(_)) => {
            if let Err(error) = deps.store.release_mail(recording_sid, kind, lease_ends).await {
                // The claim ends by itself; what SES said is what counts.
                tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a claim can't be given back");
            }
            return Err(refused.into());
        }
        // It may be under way: the claim stands until its lease is over.
        Err(unknown @ SendError::Unknown(_)) => return Err(unknown.into()),
    };
    let sent_at = deps.clock.now();
    for attempt in 1..=RECORD_TRIES {
        match deps.store.mail_sent(recording_sid, kind, &message_id, with_words, sent_at).await {
            Ok(_) => break,
            Err(error) if attempt == RECORD_TRIES => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(300 * attempt)).await,
        }
    }
    let age = sent_at.duration_since(voicemail.recorded_at).as_secs_f64();
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        dimension.mail = match kind { MailKind::Voicemail => "voicemail", MailKind::Words => "words" },
        metric.mails = 1u64,
        metric.beep_to_mail_seconds = age,
        recording_sid = recording_sid.as_str(),
        message_id,
    );
    Ok(())
}

/// Our copy of the sound, if a mail can carry it.
async fn sound(deps: &Deps, voicemail: &Voicemail) -> Result<Option<Vec<u8>>, Failure> {
    let Some(audio) = voicemail.audio.as_ref().filter(|audio| mail::may_attach(audio.size)) else {
        return Ok(None);
    };
    let object = deps.s3.get_object().bucket(&deps.bucket).key(&audio.key).send().await?;
    Ok(Some(object.body.collect().await?.to_vec()))
}

/// As whom to ask Twilio for this voicemail's recording.
async fn login(deps: &Deps, voicemail: &Voicemail) -> Result<Login, Failure> {
    let secret = deps.accounts.get().await?;
    let account = secret.account(&voicemail.account_sid).ok_or("the account is none of ours")?;
    Ok(account.login.clone())
}

fn destination(voicemail: &Voicemail) -> Result<&Destination, Failure> {
    voicemail.destination.as_ref().ok_or_else(|| "the voicemail has no destination yet".into())
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Identify => "identify",
        Step::Archive => "archive",
        Step::Transcribe(_) => "transcribe",
        Step::Send(MailKind::Voicemail) => "mail",
        Step::Send(MailKind::Words) => "words mail",
        Step::Purge => "purge",
        Step::Close => "close",
        Step::Wait { .. } | Step::Done => "wait",
    }
}

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

use aws::{Bucket, BucketFailure, Topic};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use delivery::mail::{self, Composed, Draft, SendError, Sender, kind_name};
use delivery::{ArchiveError, archive, events, identify, transcribe::key as transcribe_result};
use domain::{
    Address, Audio, Destination, Engine, Entry, Job, Mail, MailKind, MailReports, Owner, RecordingReport,
    Reported, ResendTo, Trouble, Voicemail,
};
use jiff::{SignedDuration, Timestamp};
use lifecycle::{Ask, Missing, SENDING_TAKES, Step, TimeBox, Wait, claim_ends, missing, next_step};
use link::LinkKey;
use phone::RecordingSid;
use runtime::telemetry::{self, Outcome};
use runtime::{Alarm, Clock, Failure, before, count};
use store::{Deletion, Store, StoreError, Written};
use twilio::{Accounts, Login, RestError};

mod missed_calls;
mod pace;
mod tell;
mod words;

use delivery::wake_up::is_of_job;
pub use delivery::wake_up::{call_sids, recording_sids};
pub use pace::{Pace, jobs_to_see};
use tell::{Told, put_off, tell};
use words::{ToldBy, transcribe};

/// How long to wait after a failure: each time twice as long, and never longer than the queue holds
/// a message back, so that a message that comes back is never too early.
const FIRST_RETRY: i64 = 10;
const LONGEST_RETRY: i64 = 60;

/// For how long the queue holds a message back that is to come again: its visibility timeout. What
/// waits longer is left to the search for the forgotten, so that waiting makes no dead letters.
const HELD_BACK: SignedDuration = SignedDuration::from_secs(90);

/// A claim that stands longer is not waited for by a message, for each receive brings it nearer to
/// the dead letters: the search wakes it, too.
const LONGEST_WATCH: SignedDuration = SignedDuration::from_mins(5);

/// How often a message is received until the longest of these waits is over, and a little more.
const WATCHES: u32 = 4;

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
const BATCH_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// What the worker works with.
#[derive(Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// Where the sound is kept.
    pub bucket: Bucket,
    /// What sends mails.
    pub ses: aws_sdk_ses::Client,
    /// How mails are sent.
    pub sender: Sender,
    /// How fast.
    pub pace: Pace,
    /// What signs links.
    pub link_key: LinkKey,
    /// Twilio's API.
    pub rest: twilio::Rest,
    /// As whom to call it.
    pub accounts: Accounts,
    /// What makes words of the sound.
    pub transcribe: aws_sdk_transcribe::Client,
    /// Where other programs are told what happened, if there are any.
    pub events: Option<Topic>,
    /// How many jobs may run there for this worker to begin one more: see [`jobs_to_see`].
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
    /// Too little time is left to send a mail: the next one begins with all of it.
    Late,
    /// Amazon had no time, when it was asked now or before.
    Busy {
        /// Whether it was now.
        asked: bool,
    },
    /// A step failed, now or before: to be tried again.
    Again(Option<Failure>),
}

/// Works off a batch of messages; those that are to come back are named.
pub async fn handle(deps: &Deps, event: SqsEvent) -> SqsBatchResponse {
    let started = deps.clock.now();
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        if !may_begin(started, deps.clock.now()) || !settled(deps, &message).await {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// Whether there is time for one more message of a batch that was begun then.
fn may_begin(started: Timestamp, now: Timestamp) -> bool {
    now.duration_since(started) <= BATCH_LIMIT
}

/// Whether the queue may forget a message.
async fn settled(deps: &Deps, message: &SqsMessage) -> bool {
    let body = message.body.as_deref().unwrap_or_default();
    let (recording_sids, call_sids) = (recording_sids(body), call_sids(body));
    let entries = recording_sids.iter().map(Entry::from).chain(call_sids.iter().map(Entry::from));
    let entries: Vec<Entry<'_>> = entries.collect();
    if entries.is_empty() {
        // It will end among the dead letters, where a person can look at it.
        tracing::error!(target: telemetry::WEBHOOK, message_id = message.message_id.as_deref(), "a message names no recording and no call");
        return false;
    }
    let told_by = if is_of_job(body) { ToldBy::Amazon } else { ToldBy::Others };
    let mut settled = true;
    for entry in entries {
        let started = Instant::now();
        let progress = match entry {
            Entry::Voicemail(recording_sid) => advance(deps, recording_sid, told_by).await,
            Entry::MissedCall(call_sid) => missed_calls::advance(deps, call_sid).await,
        };
        let (outcome, error) = match &progress {
            Progress::Done => ("done", None),
            Progress::Waiting => ("waiting", None),
            Progress::Early => ("early", None),
            Progress::Late => ("late", None),
            Progress::Busy { .. } => ("busy", None),
            Progress::Again(error) => ("again", error.as_ref()),
        };
        tracing::event!(
            target: telemetry::WEBHOOK,
            tracing::Level::INFO,
            function = "deliver",
            outcome,
            duration_ms = started.elapsed().as_secs_f64() * 1000.0,
            recording_sid = matches!(entry, Entry::Voicemail(_)).then_some(entry.as_str()),
            call_sid = matches!(entry, Entry::MissedCall(_)).then_some(entry.as_str()),
            error = error.map(ToString::to_string),
        );
        if error.is_some() {
            count!(Outcome::Failed, function = "deliver", entry = entry.as_str());
        }
        settled &= match progress {
            Progress::Done | Progress::Waiting => true,
            // To record a failure changes the row, and that sends a message of its own. It finds
            // the row not due yet; the message that failed is still there, and comes back.
            Progress::Again(None) => receive_count(message) <= 1,
            // To record that Amazon had no time sends a message of its own, which takes over from
            // the one that asked; so a single one goes round. Others may come back, but no more often
            // than that wait takes, and none ends among the dead letters.
            Progress::Busy { asked } => asked || receive_count(message) > WATCHES,
            Progress::Early | Progress::Late | Progress::Again(Some(_)) => false,
        };
    }
    settled
}

fn receive_count(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Takes one voicemail as far as it can go now.
async fn advance(deps: &Deps, recording_sid: &RecordingSid, told_by: ToldBy) -> Progress {
    let mut limit = deps.clock.alarm(RECORDING_LIMIT);
    let ends_at = ends_at(deps);
    let (mut is_running, mut asked) = (false, false);
    let mut has_tried = false;
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
        let events = events::of_voicemail(&voicemail);
        match tell(deps, recording_sid.into(), &events, voicemail.trouble.as_ref(), step).await {
            Told::Nothing => {}
            Told::All => continue,
            Told::Not(failure) => return put_off(deps, recording_sid.into(), failure).await,
        }
        match step {
            Step::Done => return Progress::Done,
            Step::Wait { until, wait: Wait::Amazon | Wait::Claim } if is_long(until, now) => {
                return Progress::Waiting;
            }
            Step::Wait { wait: Wait::Amazon, .. } => return Progress::Busy { asked },
            Step::Wait { wait: Wait::Retry, until } => return retry(until, now, has_tried),
            Step::Wait { wait: Wait::Claim, .. } => return Progress::Again(None),
            // The message at the end of the time box is the last to come by itself: if a clock that
            // is a little off made it early, it has to come back.
            Step::Wait { until, .. } if until.duration_since(now) <= NEARLY => return Progress::Early,
            Step::Wait { .. } => return Progress::Waiting,
            Step::Transcribe(Ask::Outcome) => is_running = true,
            Step::Transcribe(Ask::Words) => asked = true,
            Step::Send(_) if !may_send(now, ends_at) => return Progress::Late,
            _ => {}
        }
        if let Err(failure) =
            guarded(Box::pin(take(deps, &voicemail, step, ends_at, told_by)), &mut limit).await
        {
            return failed(deps, recording_sid.into(), voicemail.trouble.as_ref(), step, failure).await;
        }
        has_tried = true;
    }
    Progress::Again(Some("the voicemail does not come to rest".into()))
}

/// What becomes of a message whose row waits for its next try. Who has just put it off has nobody
/// else's message to rely on.
fn retry(until: Timestamp, now: Timestamp, has_tried: bool) -> Progress {
    if until.duration_since(now) > HELD_BACK {
        return Progress::Waiting;
    }
    if has_tried { Progress::Early } else { Progress::Again(None) }
}

/// When the work on one row is broken off that begins now.
fn ends_at(deps: &Deps) -> Timestamp {
    let limit = SignedDuration::try_from(RECORDING_LIMIT).unwrap_or(SignedDuration::MAX);
    deps.clock.now().checked_add(limit).unwrap_or(Timestamp::MAX)
}

/// Whether there is time enough until then to send a mail and to record it.
fn may_send(now: Timestamp, ends_at: Timestamp) -> bool {
    SignedDuration::try_from(SENDING_TAKES).is_ok_and(|takes| ends_at.duration_since(now) >= takes)
}

/// Whether a wait is longer than a message waits for.
fn is_long(until: Timestamp, now: Timestamp) -> bool {
    until.duration_since(now) > LONGEST_WATCH
}

/// Bounds a step in time, and turns a panic into a failure: the other messages of the batch are
/// not to suffer for it.
async fn guarded(
    mut step: Pin<Box<impl Future<Output = Result<(), Failure>>>>,
    limit: &mut Alarm,
) -> Result<(), Failure> {
    let caught = poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| step.as_mut().poll(context))) {
            Ok(poll) => poll,
            // It is not polled again.
            Err(_) => Poll::Ready(Err("the step panicked".into())),
        }
    });
    before(limit, caught).await.unwrap_or_else(|| Err("the step took too long".into()))
}

/// Writes the failure on the row, so that it can be seen there.
async fn failed(
    deps: &Deps,
    entry: Entry<'_>,
    trouble: Option<&Trouble>,
    step: Step,
    failure: Failure,
) -> Progress {
    let attempts = trouble.map_or(0, |trouble| trouble.attempts);
    let wait = (FIRST_RETRY << attempts.min(8)).min(LONGEST_RETRY);
    let next = deps.clock.now().checked_add(SignedDuration::from_secs(wait)).unwrap_or(Timestamp::MAX);
    let what = format!("{}: {failure}", step_name(step));
    let recorded = match step {
        Step::Send(kind) => deps.store.mail_failed(entry, kind, &what, next).await,
        _ => deps.store.step_failed(entry, &what, next).await,
    };
    again(recorded, failure)
}

/// What a failure comes to, whether or not it was `recorded` on the row.
fn again(recorded: Result<Written, StoreError>, failure: Failure) -> Progress {
    if let Err(error) = recorded {
        // The queue's own patience takes the place of the row's.
        tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a failure can't be recorded");
    }
    Progress::Again(Some(failure))
}

async fn take(
    deps: &Deps,
    voicemail: &Voicemail,
    step: Step,
    ends_at: Timestamp,
    told_by: ToldBy,
) -> Result<(), Failure> {
    let recording_sid = &voicemail.recording_sid;
    match step {
        Step::Identify => {
            let login = login(deps, voicemail).await?;
            let (destination, mailbox) =
                identify(voicemail, &deps.store, &deps.rest, &login, deps.clock.now()).await?;
            deps.store.identified(recording_sid, &destination, &mailbox).await?;
        }
        Step::Archive => {
            let number = &destination(voicemail)?.parties.number;
            let login = login(deps, voicemail).await?;
            match archive(voicemail, number, &deps.rest, &login, &deps.bucket).await {
                Ok(audio) => archived(deps, voicemail, &audio).await?,
                Err(ArchiveError::Twilio(error @ RestError::NotFound(_))) => {
                    look_after_missing(deps, voicemail, &login, &error).await?
                }
                Err(error) => return Err(error.into()),
            };
        }
        Step::Transcribe(what) => transcribe(deps, voicemail, what, told_by).await?,
        Step::Send(kind) => send(deps, voicemail, kind, ends_at).await?,
        Step::Purge => {
            let login = login(deps, voicemail).await?;
            if deps.store.begin_deletion(voicemail, deps.clock.now()).await? == Deletion::Held {
                deps.store.withhold_purge(recording_sid).await?;
                return Ok(());
            }
            deps.rest.delete_recording(&voicemail.account_sid, &login, recording_sid).await?;
            deps.store.purged(recording_sid, deps.clock.now()).await?;
        }
        Step::Release => release(deps, voicemail).await?,
        Step::Close => {
            deps.store.close(voicemail).await?;
        }
        Step::Wait { .. } | Step::Done => {}
    }
    Ok(())
}

/// Records that the sound is stored. An owner who was told that it was gone gets it after all.
async fn archived(deps: &Deps, voicemail: &Voicemail, audio: &Audio) -> Result<Written, StoreError> {
    let (recording_sid, now) = (&voicemail.recording_sid, deps.clock.now());
    match (&voicemail.mail, voicemail.found_again_at) {
        (Mail::Sent { at, .. }, Some(_)) if voicemail.told_gone_at.is_none() => {
            deps.store.archived_after_all(recording_sid, audio, *at, now).await
        }
        _ => deps.store.archived(recording_sid, audio, now).await,
    }
}

/// Finds out why Twilio does not give a sound, and records it.
async fn look_after_missing(
    deps: &Deps,
    voicemail: &Voicemail,
    login: &Login,
    error: &RestError,
) -> Result<Written, Failure> {
    let recording_sid = &voicemail.recording_sid;
    let state = match deps.rest.recording(&voicemail.account_sid, login, recording_sid).await {
        Ok(recording) => Some(recording.state),
        Err(RestError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let now = deps.clock.now();
    let reported = match missing(state, voicemail.absence, now) {
        Missing::NotYet { absence, ask_again_at } => {
            let what = format!("{}: {error}", step_name(Step::Archive));
            return Ok(deps.store.sound_missing(recording_sid, &absence, &what, ask_again_at).await?);
        }
        Missing::Gone => {
            let written = deps.store.gone(recording_sid, now).await?;
            if written == Written::New {
                count!(Outcome::RecordingLost, recording_sid = recording_sid.as_str());
            }
            return Ok(written);
        }
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
    let written = deps.store.voicemail_reported(&report).await?;
    if written == Written::New && matches!(report.reported, Reported::Lost { .. }) {
        count!(Outcome::RecordingLost, recording_sid = recording_sid.as_str());
    }
    Ok(written)
}

/// Claims a mail, sends it, records it.
///
/// Everything that can fail without harm is done before the claim; between the claim and the
/// record there is only SES.
async fn send(deps: &Deps, voicemail: &Voicemail, kind: MailKind, ends_at: Timestamp) -> Result<(), Failure> {
    let recording_sid = &voicemail.recording_sid;
    let destination = destination(voicemail)?;
    let now = deps.clock.now();
    let (pinned, number) = (voicemail.mailbox.as_ref(), &destination.parties.number);
    let mailbox = deps.store.mailbox_for(pinned, number, voicemail.recorded_at, now).await?;
    let owner: &Owner = &mailbox.owner;
    if kind == MailKind::Second && owner.second_email.is_none() {
        deps.store.no_second_mail(recording_sid).await?;
        return Ok(());
    }
    let address = address(kind, owner, voicemail);
    let token = voicemail.audio.as_ref().map(|_| {
        let expires_at = now.checked_add(deps.sender.link_lifetime).unwrap_or(Timestamp::MAX);
        deps.link_key.token(recording_sid, voicemail.links.epoch, expires_at)
    });
    let wants_sound = match kind {
        MailKind::Voicemail | MailKind::Second => true,
        MailKind::Resend(_) => voicemail.resend.as_ref().is_some_and(|it| it.with_sound),
        MailKind::Words | MailKind::MissedCall => false,
    };
    let sound = match sound(deps, voicemail, wants_sound).await {
        Ok(sound) => sound,
        // Somebody has deleted it. It is fetched once more, or the mail says that it is gone.
        Err(BucketFailure::NotFound) => {
            deps.store.audio_missing(voicemail, now).await?;
            count!(Outcome::RecordingLost, why = "not in the bucket", recording_sid = recording_sid.as_str());
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let draft = Draft {
        kind,
        voicemail,
        destination,
        owner,
        address,
        sender: &deps.sender,
        token: token.as_deref(),
        now,
    };
    let mail = draft.compose(sound)?;
    let before = voicemail.mail(kind);
    let Some(sent_at) = claim_and_send(deps, recording_sid.into(), before, mail, ends_at).await? else {
        return Ok(());
    };
    let age = sent_at.duration_since(voicemail.recorded_at).as_secs_f64();
    count!(
        Outcome::Mailed,
        mail = kind_name(kind),
        beep_to_mail_seconds = age,
        recording_sid = recording_sid.as_str(),
    );
    Ok(())
}

/// When a mail was sent that was as far as this `before`; none if another worker was faster, or
/// somebody does not want it to be sent any more.
async fn claim_and_send(
    deps: &Deps,
    entry: Entry<'_>,
    before: &Mail,
    mail: Composed,
    ends_at: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let kind = mail.tags.kind;
    deps.pace.turn(&deps.clock).await;
    // Not the time from before the sound was fetched: the claim must cover the sending.
    let claimed_at = deps.clock.now();
    if !may_send(claimed_at, ends_at) {
        return Err("too little time is left to send a mail".into());
    }
    let claimed_until = claim_ends(before, claimed_at);
    if deps.store.claim_mail(entry, kind, claimed_at, claimed_until).await? == Written::Repeated {
        // The row will say so.
        return Ok(None);
    }
    let with_words = mail.with_words;
    let sent = mail::send(&deps.ses, &deps.sender, mail).await;
    let answer = match &sent {
        Ok(_) => pace::Answer::Taken,
        Err(SendError::Throttled(_)) => pace::Answer::TooFast,
        Err(_) => pace::Answer::Other,
    };
    deps.pace.sent(deps.clock.now(), answer);
    let message_id = match sent {
        Ok(message_id) => message_id,
        Err(refused @ (SendError::Refused(_) | SendError::Throttled(_) | SendError::Unreached(_))) => {
            if let Err(error) = deps.store.release_mail(entry, kind, claimed_until, before).await {
                // The claim ends by itself; what SES said is what counts.
                tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a claim can't be given back");
            }
            return Err(refused.into());
        }
        // It may be under way: the claim stands, unless an event of SES tells before its end.
        Err(unknown @ SendError::Unknown(_)) => {
            count!(Outcome::MailUnknown, entry = entry.as_str());
            return Err(unknown.into());
        }
    };
    let sent_at = deps.clock.now();
    for attempt in 1..=RECORD_TRIES {
        match deps.store.mail_sent(entry, kind, &message_id, with_words, sent_at).await {
            Ok(_) => break,
            Err(error) if attempt == RECORD_TRIES => return Err(error.into()),
            Err(_) => deps.clock.sleep(Duration::from_millis(300 * attempt)).await,
        }
    }
    Ok(Some(sent_at))
}

/// Our copy of the sound, if a mail can carry it and is to; and that it is there in any case.
async fn sound(deps: &Deps, voicemail: &Voicemail, wanted: bool) -> Result<Option<Vec<u8>>, BucketFailure> {
    let Some(audio) = &voicemail.audio else { return Ok(None) };
    if !wanted || !mail::may_attach(audio.size) {
        deps.bucket.look(&audio.key).await?;
        return Ok(None);
    }
    Ok(Some(deps.bucket.get(&audio.key).await?.to_vec()))
}

/// Lets the bucket's own lifecycle have what is delivered.
async fn release(deps: &Deps, voicemail: &Voicemail) -> Result<(), Failure> {
    let by_amazon = voicemail.transcript.as_ref().is_some_and(|it| it.engine == Engine::Amazon);
    let words = by_amazon.then(|| transcribe_result(&voicemail.recording_sid));
    let sound = voicemail.audio.as_ref().map(|audio| audio.key.clone());
    for key in sound.into_iter().chain(words) {
        match deps.bucket.tag_delivered(&key).await {
            // What is not there needs no deletion.
            Ok(()) | Err(BucketFailure::NotFound) => {}
            // It is kept for longer, which is no reason to keep the row open.
            Err(error @ BucketFailure::Refused { .. }) => {
                tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a sound can't be tagged as delivered");
            }
            Err(error) => return Err(error.into()),
        }
    }
    deps.store.audio_released(&voicemail.recording_sid, deps.clock.now()).await?;
    Ok(())
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

/// A mail goes to the second address, if there is one, once the first has turned one away; one that
/// is sent over again goes where it was ordered to.
fn address(kind: MailKind, owner: &Owner, voicemail: &Voicemail) -> Address {
    let to_second = match (kind, &voicemail.resend) {
        (MailKind::Resend(_), Some(resend)) => resend.to == ResendTo::Second,
        _ => kind == MailKind::Second || turns_away(&voicemail.first_address, voicemail.second_mail_wanted),
    };
    if to_second && owner.second_email.is_some() { Address::Second } else { Address::First }
}

/// Whether mails to the first address come back.
fn turns_away(first_address: &MailReports, second_mail_wanted: bool) -> bool {
    first_address.bounced.is_some() || second_mail_wanted
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Identify => "identify",
        Step::Archive => "archive",
        Step::Transcribe(_) => "transcribe",
        Step::Send(kind) => kind_name(kind),
        Step::Purge => "purge",
        Step::Release => "release",
        Step::Close => "close",
        Step::Wait { .. } | Step::Done => "wait",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_is_begun_that_may_outlast_the_function() {
        let now = Timestamp::UNIX_EPOCH;
        for (seconds, may) in [(-1, true), (0, true), (15, true), (16, false), (600, false)] {
            assert_eq!(may_begin(now, now + SignedDuration::from_secs(seconds)), may, "after {seconds} s");
        }
        let template = include_str!("../../../template.yaml");
        let function = template.split("\n  DeliverFunction:\n").nth(1).unwrap();
        let timeout = function.split("\n      Timeout: ").nth(1).unwrap().lines().next().unwrap();
        let timeout = SignedDuration::from_secs(timeout.parse().unwrap());
        let longest = BATCH_LIMIT + SignedDuration::try_from(RECORDING_LIMIT).unwrap();
        assert!(longest < timeout, "{longest:?} of {timeout:?}");
    }

    #[test]
    fn no_mail_is_claimed_with_less_time_left_than_ses_may_take() {
        let now = Timestamp::UNIX_EPOCH;
        for (seconds, may) in [(-1, false), (0, false), (24, false), (25, true), (40, true)] {
            assert_eq!(may_send(now, now + SignedDuration::from_secs(seconds)), may, "{seconds} s are left");
        }
    }
}

//! Finds what webhooks never told us: schedule, every 15 minutes.
//!
//! - Lists Twilio's recordings since the last good run and adds those voicemails to the ledger
//!   that no webhook brought.
//! - Wakes those that stand still: whose wake-up got lost, or ended among the dead letters.
//! - Reports how old the oldest voicemail is that its owner has not got.
//!
//! Every write is conditional, so that two runs at once, or one after the other, change nothing
//! more than one. A run that fails moves no mark: the next one looks again.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use phone::AccountSid;
use serde::Serialize;
use store::{Mail, RecordingReport, Reported, Sound, Store, StoreError, Voicemail, Written};
use twilio::{Login, RecordingList, RecordingRecord, RecordingState, Rest, RestError};
use voicemail::{IdentifyError, TimeBox, parties, stands_still};
use webhook::telemetry::{self, Outcome};
use webhook::{Accounts, Clock, Failure, count};

/// How far before the last good run Twilio's list is read again. Twilio lists a recording under
/// the time when it began, and a message may last four hours; the rest is for its reports.
const OVERLAP: SignedDuration = SignedDuration::from_hours(6);

/// How far back the first run looks.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How often a page is asked for again that Twilio had no time for.
const TRIES: u32 = 4;

/// How long Twilio may ask to wait before the rest is left to the next run.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How long to wait where Twilio does not say: each time twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What the search works with.
#[derive(Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// Twilio's API.
    pub rest: Rest,
    /// Whose recordings to list.
    pub accounts: Accounts,
    /// How long a mail waits for its words.
    pub time_box: TimeBox,
    /// What time it is.
    pub clock: Clock,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Recordings that Twilio listed.
    pub listed: u64,
    /// Voicemails of which a webhook was missing, and which were added or completed.
    pub added: u64,
    /// Voicemails that stood still, and were woken.
    pub woken: u64,
    /// Voicemails whose owner has not got them.
    pub undelivered: u64,
    /// The age of the oldest of those, in seconds; 0 if there is none.
    pub oldest_undelivered_seconds: u64,
}

/// Looks for all that was forgotten.
///
/// # Errors
/// When Twilio or the ledger failed. What could be done is done all the same.
pub async fn handle(deps: &Deps) -> Result<Summary, Failure> {
    let started = Instant::now();
    let mut summary = Summary::default();
    // Neither is to wait for the other's health.
    let listed = list_all(deps, &mut summary).await;
    let woken = wake_all(deps, &mut summary).await;
    let error = [&listed, &woken].into_iter().find_map(|done| done.as_ref().err()).map(ToString::to_string);
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "reconcile",
        outcome = if error.is_some() { "failed" } else { "searched" },
        listed = summary.listed,
        added = summary.added,
        woken = summary.woken,
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
        error,
    );
    if error.is_some() {
        count!(Outcome::Failed, function = "reconcile");
    }
    if summary.woken > 0 {
        count!(Outcome::Woken, woken = summary.woken);
    }
    if woken.is_ok() {
        telemetry::oldest_undelivered(summary.oldest_undelivered_seconds, summary.undelivered);
    }
    listed.and(woken).map(|()| summary)
}

async fn list_all(deps: &Deps, summary: &mut Summary) -> Result<(), Failure> {
    let secret = deps.accounts.get().await?;
    let mut result = Ok(());
    for (account_sid, account) in secret.accounts() {
        // One account's trouble is not another's.
        if let Err(failure) = list(deps, account_sid, &account.login, summary).await {
            result = Err(failure);
        }
    }
    result
}

/// Brings an account's recordings into the ledger.
async fn list(
    deps: &Deps,
    account_sid: &AccountSid,
    login: &Login,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let now = deps.clock.now();
    let since = match deps.store.reconciled_until(account_sid).await? {
        Some(until) => until.min(now).checked_sub(OVERLAP),
        None => now.checked_sub(FIRST_LOOK),
    };
    let mut pages = deps.rest.recordings(account_sid, login, since.unwrap_or(Timestamp::UNIX_EPOCH));
    let mut result = Ok(());
    while let Some(page) = next_page(&deps.clock, &mut pages).await? {
        for recording in page {
            summary.listed += 1;
            match bring_in(deps, account_sid, login, &recording).await {
                Ok(Written::New) => summary.added += 1,
                Ok(Written::Repeated) => {}
                // The others are not to suffer for it; the mark stays, and it is tried again.
                Err(failure) => result = Err(failure),
            }
        }
    }
    result?;
    deps.store.reconciled(account_sid, now).await?;
    Ok(())
}

async fn next_page(
    clock: &Clock,
    pages: &mut RecordingList<'_>,
) -> Result<Option<Vec<RecordingRecord>>, RestError> {
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match pages.next_page().await {
            Err(RestError::SlowDown { retry_after }) => {
                let wait = retry_after.unwrap_or(wait);
                if wait > LONGEST_WAIT {
                    return Err(RestError::SlowDown { retry_after });
                }
                clock.sleep(wait).await;
            }
            Err(RestError::Unreachable(_)) => clock.sleep(wait).await,
            Err(RestError::Status(status)) if status.is_server_error() => clock.sleep(wait).await,
            other => return other,
        }
        wait *= 2;
    }
    pages.next_page().await
}

/// Adds a voicemail that no webhook brought, or the report that is missing.
async fn bring_in(
    deps: &Deps,
    account_sid: &AccountSid,
    login: &Login,
    recording: &RecordingRecord,
) -> Result<Written, Failure> {
    if !recording.of_record_verb {
        return Ok(Written::Repeated);
    }
    let known = match deps.store.voicemail(&recording.sid).await {
        Ok(known) => Some(known),
        Err(StoreError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let Some((reported, at)) = report(deps, account_sid, login, recording, known.as_ref()).await? else {
        return Ok(Written::Repeated);
    };
    let report = RecordingReport {
        recording_sid: recording.sid.clone(),
        call_sid: recording.call_sid.clone(),
        account_sid: account_sid.clone(),
        reported,
        at,
    };
    Ok(deps.store.voicemail_reported(&report).await?)
}

/// What the ledger should have been told of a recording, and was not; and when it ended.
async fn report(
    deps: &Deps,
    account_sid: &AccountSid,
    login: &Login,
    recording: &RecordingRecord,
    known: Option<&Voicemail>,
) -> Result<Option<(Reported, Timestamp)>, Failure> {
    let may_be_news = |known: &Voicemail| match known.sound {
        Sound::Left { .. } => true,
        // That it is listed is a sign that it is there.
        Sound::Ready { .. } => known.absence.is_some_and(|absence| absence.unknown_since.is_some()),
        Sound::Gone => matches!(recording.state, RecordingState::Completed { .. }),
        Sound::Absent | Sound::Lost { .. } => false,
    };
    if known.is_some_and(|known| known.audio.is_some() || !may_be_news(known)) {
        return Ok(None);
    }
    let ended_after = |seconds| {
        let length = SignedDuration::from_secs(i64::from(seconds));
        recording.created_at.checked_add(length).unwrap_or(recording.created_at)
    };
    Ok(match (recording.state, known) {
        // Nothing to tell yet, or nothing to be had; and that nothing was said is no news.
        (RecordingState::Underway | RecordingState::Deleted, _) | (RecordingState::Absent { .. }, None) => {
            None
        }
        (RecordingState::Completed { duration_seconds }, Some(_)) => {
            Some((Reported::Ready { duration_seconds }, ended_after(duration_seconds)))
        }
        (RecordingState::Absent { error_code }, Some(_)) => {
            Some((Reported::Absent { error_code }, recording.created_at))
        }
        (RecordingState::Failed { error_code }, Some(_)) => {
            Some((Reported::Lost { error_code }, recording.created_at))
        }
        (RecordingState::Completed { duration_seconds }, None) => {
            let parties = whose(deps, account_sid, login, recording).await?;
            parties
                .map(|parties| (Reported::Found { parties, duration_seconds }, ended_after(duration_seconds)))
        }
        (RecordingState::Failed { error_code }, None) => {
            let parties = whose(deps, account_sid, login, recording).await?;
            parties.map(|_| (Reported::Lost { error_code }, recording.created_at))
        }
    })
}

/// Who called whom, if it is a number of ours that was called, and was ours then.
async fn whose(
    deps: &Deps,
    account_sid: &AccountSid,
    login: &Login,
    recording: &RecordingRecord,
) -> Result<Option<store::Parties>, Failure> {
    let parties = match parties(&recording.call_sid, account_sid, &deps.store, &deps.rest, login).await {
        Ok(parties) => parties,
        // To a SIP address, say, or of a call that Twilio has forgotten.
        Err(IdentifyError::NoNumber | IdentifyError::Twilio(RestError::NotFound(_))) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // Also a number that was removed since; and not what came before the number came here.
    let owners = deps.store.owners(&parties.number).await?;
    Ok(owners.at(recording.created_at).map(|_| parties))
}

/// Pins a row of the time before there were mailboxes to the one to which its number led when it
/// was left, so that it stays that owner's.
async fn pin(deps: &Deps, voicemail: &Voicemail) -> Result<(), StoreError> {
    let (None, Some(destination)) = (&voicemail.mailbox, &voicemail.destination) else { return Ok(()) };
    let mailbox = deps.store.mailbox_at(&destination.parties.number, voicemail.recorded_at).await?;
    deps.store.pin(&voicemail.recording_sid, &mailbox).await?;
    Ok(())
}

/// Wakes what stands still, and measures what is not delivered.
async fn wake_all(deps: &Deps, summary: &mut Summary) -> Result<(), Failure> {
    let mut result = Ok(());
    let mut next = None;
    loop {
        let page = deps.store.open_voicemails(next).await?;
        for voicemail in &page.voicemails {
            let now = deps.clock.now();
            if let Err(error) = pin(deps, voicemail).await {
                result = Err(error.into());
            }
            if !matches!(voicemail.mail, Mail::Sent { .. }) && !voicemail.sound.is_empty() {
                let age = now.duration_since(voicemail.recorded_at).as_secs();
                summary.undelivered += 1;
                summary.oldest_undelivered_seconds =
                    summary.oldest_undelivered_seconds.max(u64::try_from(age).unwrap_or(0));
            }
            if stands_still(voicemail, deps.time_box, now) {
                match deps.store.wake(voicemail, now).await {
                    Ok(Written::New) => summary.woken += 1,
                    Ok(Written::Repeated) => {}
                    Err(error) => result = Err(error.into()),
                }
            }
        }
        next = page.next;
        if next.is_none() {
            return result;
        }
    }
}

//! Deletes what has been kept for long enough: schedule, daily.
//!
//! It goes over the ledger and the calls, page by page, after the calls that programs steered, and deletes of each row what
//! [is due](lifecycle::retention::due): the recording at Twilio, every version of the sound in the
//! bucket, the words, and who called whom. Each deletion is begun in a transaction that looks at
//! the holds, and leaves a receipt. Running it twice, or twice at once, deletes nothing twice; a
//! run that ends before all rows are seen is gone on with by the next.
//!
//! What is under way when a deletion is asked for does not escape it: a sound that may be being
//! stored is left to the next run, and what a transcription writes after the deletion goes with a later run.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws::Bucket;
use domain::{Call, Instruction, LedgerRow, Mail, MailboxId, MissedCall, Part, Retention, Voicemail};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use lifecycle::retention::{
    Due, Kept, LateWords, call_due, due, is_left_to_the_next, late_words, missed_call_due, steered_due,
};
use live::CallId;
use phone::{PhoneNumber, RecordingSid};
use runtime::telemetry::{self, Metric};
use runtime::{Clock, Failure, count};
use serde::Deserialize;
use store::{Deletion, KeptPart, Owners, Store, StoreError, Sweep};
use twilio::Accounts;

mod configuration;

pub use configuration::Configuration;

/// What the handler works with.
#[derive(Debug)]
pub struct Deps {
    /// The ledger.
    pub store: Store,
    /// Where the sound is kept.
    pub bucket: Bucket,
    /// Twilio's API.
    pub rest: twilio::Rest,
    /// As whom to call it.
    pub accounts: Accounts,
    /// What time it is.
    pub clock: Clock,
    /// After how long, or after how many rows, a run ends; the next one goes on from there.
    pub limits: Limits,
}

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// No other page is begun after this. It stays below the function's own limit.
    pub time: Duration,
    /// Nor after so many rows.
    pub rows: usize,
}

impl Default for Limits {
    /// Thirteen minutes, for a function that may take fifteen.
    fn default() -> Self {
        Self { time: Duration::from_mins(13), rows: usize::MAX }
    }
}

/// What it is called with: the schedule's event, or `{"recording_sids": ["RE…"]}` to see to these
/// at once.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Request {
    /// The voicemails to see to; all, where none is named.
    #[serde(default)]
    pub recording_sids: Vec<String>,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that were looked at.
    pub rows: usize,
    /// Parts of voicemails, and rows of calls, that were deleted.
    pub deleted: usize,
    /// Rows that could not be seen to; they are with the next run.
    pub failed: usize,
    /// Whether every row was looked at.
    pub finished: bool,
}

/// Deletes what is due.
///
/// # Errors
/// When the store can't be read; the next run goes on.
pub async fn handle(deps: &Deps, request: Request) -> Result<Report, Failure> {
    let mut run = Run { deps, known: Mutex::default(), report: Report::default() };
    let result =
        if request.recording_sids.is_empty() { run.sweep().await } else { run.these(&request).await };
    let Report { rows, deleted, failed, finished } = run.report;
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "retention",
        outcome = if result.is_err() { "failed" } else if finished { "finished" } else { "to-go-on" },
        rows,
        deleted,
        failed,
        error = result.as_ref().err().map(ToString::to_string),
    );
    if failed > 0 || result.is_err() {
        count!(Metric::RetentionFailed, failed);
    }
    result.map(|()| run.report)
}

/// How many parts of a row were deleted.
type Seen = Result<usize, Failure>;

/// Of how many numbers rows are seen to at once.
const NUMBERS_AT_ONCE: usize = 8;

/// And how many voicemails of one: each deletion looks at the number's hold in a transaction, and
/// those of one number give way to each other.
const OF_ONE_NUMBER: usize = 2;

/// What a run has looked up.
#[derive(Default)]
struct Known {
    /// Of numbers: whose they are and were, and whether they are held.
    numbers: HashMap<PhoneNumber, Arc<(Owners, bool)>>,
    /// For how long what is a mailbox's is kept.
    mailboxes: HashMap<MailboxId, Retention>,
}

struct Run<'a> {
    deps: &'a Deps,
    known: Mutex<Known>,
    report: Report,
}

impl Run<'_> {
    async fn these(&mut self, request: &Request) -> Result<(), Failure> {
        for recording_sid in &request.recording_sids {
            let voicemail = self.deps.store.voicemail(&RecordingSid::parse(recording_sid)?).await?;
            if !is_left_to_the_next(&voicemail, self.deps.clock.now()) {
                self.report.deleted += self.see_to(voicemail).await?;
            }
        }
        self.report.finished = true;
        Ok(())
    }

    /// Goes on where the last run ended, until all is seen or time is up.
    async fn sweep(&mut self) -> Result<(), Failure> {
        let Deps { store, limits, .. } = self.deps;
        let began = Instant::now();
        self.steered_calls(began).await?;
        let mut sweep = store.sweep().await?;
        while began.elapsed() < limits.time && self.report.rows < limits.rows {
            let next = match &sweep {
                Sweep::Ledger(after) => Some(self.ledger(after.as_deref()).await?),
                Sweep::Calls(after) => self.calls(after.as_deref()).await?,
            };
            store.swept(next.as_ref().unwrap_or(&Sweep::Ledger(None))).await?;
            let Some(next) = next else {
                self.report.finished = true;
                return Ok(());
            };
            sweep = next;
        }
        Ok(())
    }

    /// Sees to the calls that programs steered, and whose time is to be looked at; those that are left come with the
    /// next run.
    async fn steered_calls(&mut self, began: Instant) -> Result<(), Failure> {
        let Deps { store, limits, clock, .. } = self.deps;
        for part in KeptPart::all() {
            let due = store.controlled_kept(part, clock.now()).await?;
            for id in due {
                if began.elapsed() >= limits.time / 2 {
                    return Ok(());
                }
                let seen = self.see_to_steered_call(&id).await;
                self.seen(std::iter::once(seen));
            }
        }
        Ok(())
    }

    /// Sees to a page of the ledger; says where to go on.
    async fn ledger(&mut self, after: Option<&str>) -> Result<Sweep, Failure> {
        let page = self.deps.store.ledger_page(after).await?;
        let (rows, unreadable) = readable(page.rows);
        let by_number = by_number(rows, |row| match row {
            LedgerRow::Voicemail(voicemail) => voicemail.parties.as_ref().map(|parties| &parties.number),
            LedgerRow::MissedCall(missed_call) => Some(&missed_call.parties.number),
        });
        let run = &*self;
        let seen = stream::iter(by_number).map(|rows| async move {
            let seen = stream::iter(rows).map(|row| async move {
                match row {
                    LedgerRow::Voicemail(voicemail)
                        if is_left_to_the_next(&voicemail, run.deps.clock.now()) =>
                    {
                        Ok(0)
                    }
                    LedgerRow::Voicemail(voicemail) => run.see_to(*voicemail).await,
                    LedgerRow::MissedCall(missed_call) => run.see_to_missed_call(&missed_call).await,
                }
            });
            seen.buffer_unordered(OF_ONE_NUMBER).collect::<Vec<_>>().await
        });
        let seen: Vec<Vec<_>> = seen.buffer_unordered(NUMBERS_AT_ONCE).collect().await;
        self.seen(unreadable.into_iter().chain(seen.into_iter().flatten()));
        Ok(page.last.map_or(Sweep::Calls(None), |last| Sweep::Ledger(Some(last))))
    }

    /// Sees to a page of the calls; says where to go on, if there may be more.
    async fn calls(&mut self, after: Option<&str>) -> Result<Option<Sweep>, Failure> {
        let page = self.deps.store.calls_page(after).await?;
        let (rows, unreadable) = readable(page.rows);
        let run = &*self;
        // Each deletion counts in one receipt of its number: two at once would only wait.
        let seen = stream::iter(by_number(rows, |call| call.number.as_ref())).map(|calls| async move {
            let mut seen = Vec::new();
            for call in calls {
                seen.push(run.see_to_call(&call).await);
            }
            seen
        });
        let seen: Vec<Vec<_>> = seen.buffer_unordered(NUMBERS_AT_ONCE).collect().await;
        self.seen(unreadable.into_iter().chain(seen.into_iter().flatten()));
        Ok(page.last.map(|last| Sweep::Calls(Some(last))))
    }

    async fn see_to_missed_call(&self, missed_call: &MissedCall) -> Seen {
        let MissedCall { mailbox, parties, missed_at, .. } = missed_call;
        let (retention, held) = self.kept(mailbox.as_ref(), Some(&parties.number), *missed_at).await?;
        let now = self.deps.clock.now();
        let Some(why) = missed_call_due(missed_call, &retention, held, now) else { return Ok(0) };
        let deletion = self.deps.store.delete_missed_call(missed_call, &why, now).await?;
        Ok(usize::from(deletion == Deletion::Go))
    }

    async fn see_to_call(&self, call: &Call) -> Seen {
        let now = self.deps.clock.now();
        let begun_at = call.begun_at.or(call.seen_at).unwrap_or(now);
        let (retention, held) = self.kept(None, call.number.as_ref(), begun_at).await?;
        let Some(why) = call_due(call, &retention, held, now) else { return Ok(0) };
        let deletion = self.deps.store.delete_call(call, &why, now).await?;
        Ok(usize::from(deletion == Deletion::Go))
    }

    async fn see_to_steered_call(&self, id: &CallId) -> Seen {
        let store = &self.deps.store;
        let seen = match store.controlled_call(id).await {
            Ok(seen) => seen,
            // Another run was faster.
            Err(StoreError::NotFound(_)) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let now = self.deps.clock.now();
        let call = &seen.steered.call;
        let ended_at = call.ended_at.unwrap_or(now);
        let (retention, held) = self.kept(None, Some(&call.number), ended_at).await?;
        // Whoever holds what was recorded of it holds its log: who agreed to that stands there.
        let held = held || self.is_a_recording_held(call).await?;
        match steered_due(ended_at, &retention, held, now) {
            Kept::Over(why) => {
                let deletion = store.delete_controlled(&seen, &why, now).await?;
                Ok(usize::from(deletion == Deletion::Go))
            }
            Kept::Until(until) => {
                store.controlled_kept_until(&seen, until).await?;
                Ok(0)
            }
        }
    }

    async fn is_a_recording_held(&self, call: &live::Call) -> Result<bool, Failure> {
        for sid in call.recordings.iter().filter_map(|it| it.sid.as_ref()) {
            match self.deps.store.voicemail(sid).await {
                Ok(row) if row.keeping.hold.is_some() => return Ok(true),
                Ok(_) | Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One row that fails does not keep the others from being seen to.
    fn seen(&mut self, all: impl Iterator<Item = Seen>) {
        for seen in all {
            self.report.rows += 1;
            match seen {
                Ok(deleted) => self.report.deleted += deleted,
                Err(error) => {
                    self.report.failed += 1;
                    tracing::warn!(target: telemetry::WEBHOOK, error = %error, "a row can't be seen to");
                }
            }
        }
    }

    /// For how long what came to a number is kept, and whether the number is held. That is the
    /// mailbox's to say that it is `pinned` to, else the one to which the number led at that time.
    async fn kept(
        &self,
        pinned: Option<&MailboxId>,
        number: Option<&PhoneNumber>,
        at: Timestamp,
    ) -> Result<(Retention, bool), Failure> {
        let Some(number) = number else { return Ok((Retention::default(), false)) };
        let store = &self.deps.store;
        let of_number = self.known().numbers.get(number).cloned();
        let of_number = if let Some(known) = of_number {
            known
        } else {
            let (hold, _) = store.number_hold(number).await?;
            let found = Arc::new((store.owners(number).await?, hold.is_some()));
            self.known().numbers.insert(number.clone(), found.clone());
            found
        };
        let (owners, held) = (&of_number.0, of_number.1);
        let id = pinned.cloned().unwrap_or_else(|| owners.nearest(number, at));
        if let Some(retention) = self.known().mailboxes.get(&id) {
            return Ok((*retention, held));
        }
        let retention = match store.mailbox(&id, self.deps.clock.now()).await {
            Ok(mailbox) => mailbox.retention,
            // Whoever gave the mailbox up left what it had to the rule for all.
            Err(StoreError::NotFound(_)) => Retention::default(),
            Err(error) => return Err(error.into()),
        };
        self.known().mailboxes.insert(id, retention);
        Ok((retention, held))
    }

    async fn see_to(&self, voicemail: Voicemail) -> Seen {
        let number = voicemail.parties.as_ref().map(|parties| &parties.number);
        let (retention, held) = self.kept(voicemail.mailbox.as_ref(), number, voicemail.recorded_at).await?;
        let now = self.deps.clock.now();
        let mut deleted = 0;
        for Due { part, by, why } in due(&voicemail, &retention, held, now) {
            if self.deps.store.begin_deletion(&voicemail, now).await? == Deletion::Held {
                break;
            }
            self.delete(&voicemail, part).await?;
            if part == Part::Transcript && may_have_a_job(&voicemail) {
                self.deps.store.job_started(&voicemail.recording_sid, now).await?;
            }
            self.deps
                .store
                .deleted(&voicemail.recording_sid, part, &Instruction { by, why, at: now })
                .await?;
            deleted += 1;
        }
        self.delete_late_words(&voicemail, held, now).await?;
        self.release(&voicemail, now).await?;
        Ok(deleted)
    }

    /// Deletes what a transcription wrote after its words were deleted, until it can't any more.
    async fn delete_late_words(
        &self,
        voicemail: &Voicemail,
        held: bool,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let late_words = late_words(voicemail, held, now);
        if late_words == LateWords::Never {
            return Ok(());
        }
        self.delete(voicemail, Part::Transcript).await?;
        if late_words == LateWords::NoMore {
            self.deps.store.job_is_over(&voicemail.recording_sid).await?;
        }
        Ok(())
    }

    /// Tags the sound of what releases before this one delivered, so that the bucket's own lifecycle
    /// may delete it.
    async fn release(&self, voicemail: &Voicemail, now: Timestamp) -> Result<(), Failure> {
        let Deps { bucket, store, .. } = self.deps;
        let is_delivered = !voicemail.open && matches!(voicemail.mail, Mail::Sent { .. });
        let Some(audio) = voicemail.audio.as_ref().filter(|audio| is_delivered && !audio.released) else {
            return Ok(());
        };
        bucket.release(&audio.key).await?;
        store.audio_released(&voicemail.recording_sid, now).await?;
        Ok(())
    }

    /// Deletes what is not in the ledger itself. Doing it again does no harm.
    async fn delete(&self, voicemail: &Voicemail, part: Part) -> Result<(), Failure> {
        let Deps { bucket, rest, accounts, .. } = self.deps;
        let Voicemail { recording_sid, account_sid, .. } = voicemail;
        match part {
            Part::TwilioCopy => {
                let secret = accounts.get().await?;
                let account = secret.account(account_sid).ok_or("the account is none of ours")?;
                rest.delete_recording(account_sid, &account.login, recording_sid).await?;
            }
            // Who called whom goes last, and with it the key of what nobody wrote down.
            Part::Audio | Part::Parties => {
                for key in audio_keys(voicemail) {
                    bucket.delete_versions(&key).await?;
                }
            }
            // What an engine wrote beside the ledger.
            Part::Transcript => bucket.delete_versions(&format!("transcripts/{recording_sid}")).await?,
        }
        Ok(())
    }
}

/// Where the sound is, and where it would be that was stored without being written down.
fn audio_keys(voicemail: &Voicemail) -> BTreeSet<String> {
    let stored = voicemail.audio.as_ref().map(|audio| audio.key.clone());
    let parties = voicemail.parties.as_ref();
    stored.into_iter().chain(parties.map(|it| voicemail.audio_key(&it.number))).collect()
}

/// Whether a job may have begun that is not written down.
fn may_have_a_job(voicemail: &Voicemail) -> bool {
    let by_amazon = voicemail.destination.as_ref().is_some_and(|it| it.engines.amazon().is_some());
    by_amazon && voicemail.transcript.is_none()
}

/// The rows that can be read, and the errors of the others.
fn readable<R>(rows: Vec<Result<R, StoreError>>) -> (Vec<R>, Vec<Seen>) {
    let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(row) => readable.push(row),
            Err(error) => unreadable.push(Err(error.into())),
        }
    }
    (readable, unreadable)
}

/// Rows by the number that they are of.
fn by_number<R>(rows: Vec<R>, number: impl Fn(&R) -> Option<&PhoneNumber>) -> Vec<Vec<R>> {
    let mut numbers: HashMap<Option<PhoneNumber>, Vec<R>> = HashMap::new();
    for row in rows {
        numbers.entry(number(&row).cloned()).or_default().push(row);
    }
    numbers.into_values().collect()
}

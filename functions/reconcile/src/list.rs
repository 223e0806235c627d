//! Compares Twilio's list of recordings with the ledger, account by account.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use delivery::{IdentifyError, parties};
use domain::{
    Disposition, LeftFor, Recorded, RecordingReport, RecordingState, Reported, Voicemail, WhyNotForwarded,
};
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use lifecycle::silence::Silence;
use phone::{AccountSid, RecordingSid};
use runtime::{Clock, Failure, count, telemetry::Metric};
use store::{Listing, Marks, StoreError, Written};
use twilio::{Login, RecordingList, RecordingRecord, RestError};

use crate::{Deps, Summary};

/// How far before the last good run Twilio's list is read again. Twilio lists a recording under
/// the time when it began, and a message may last four hours; the rest is for its reports.
const OVERLAP: SignedDuration = SignedDuration::from_hours(6);

/// How far back the first run looks, and for how long a recording is waited for that can't be
/// brought in.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// For how long a recording is waited for that Twilio lists as under way.
const UNDERWAY: SignedDuration = SignedDuration::from_hours(24);

/// How many recordings are looked up at once.
const LOOK_UPS: usize = 8;

/// How often a page is asked for again that Twilio had no time for.
const MAX_ATTEMPTS: u32 = 4;

/// How long Twilio may ask to wait before the rest is left to the next run.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How long to wait where Twilio does not say: each time twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Why a comparison stopped.
const NO_TIME: &str =
    "there was no time to compare all of Twilio's list; the next run goes on where it stopped";

/// Compares every account, the one first that waits the longest. What one leaves of its share of
/// the time is the others'.
///
/// Whoever looks at the rows sees as well whether SES has told anything of their mails.
pub(crate) async fn list_all(deps: &Deps, summary: &mut Summary, until: Timestamp) -> Result<(), Failure> {
    let silence = Mutex::new(Silence::default());
    let secret = deps.accounts.get().await?;
    let mut result = Ok(());
    let mut accounts = Vec::new();
    for (account_sid, account) in secret.accounts() {
        match deps.store.marks(account_sid).await {
            Ok(marks) => accounts.push((marks, account_sid, account)),
            Err(error) => result = Err(error.into()),
        }
    }
    accounts.sort_by(|a, b| (a.0.compared_at, a.1).cmp(&(b.0.compared_at, b.1)));
    let mut left = i32::try_from(accounts.len()).unwrap_or(i32::MAX);
    for (marks, account_sid, account) in accounts {
        let now = deps.clock.now();
        let share = until.duration_since(now).checked_div(left).unwrap_or_default();
        left -= 1;
        let run = Run {
            deps,
            account_sid,
            login: &account.login,
            until: now.checked_add(share).unwrap_or(until),
            silence: &silence,
            foreign: deps.store.foreign_recordings(account_sid).await.unwrap_or_default(),
        };
        // One account's trouble is not another's.
        if let Err(failure) = run.compare(marks, summary).await {
            result = Err(failure);
        }
    }
    summary.ses_is_silent = heard(&silence).silent_since().is_some();
    result
}

/// The comparison of one account.
struct Run<'a> {
    deps: &'a Deps,
    account_sid: &'a AccountSid,
    login: &'a Login,
    until: Timestamp,
    /// What SES has told of the mails of the last hours.
    silence: &'a Mutex<Silence>,
    /// Recordings that were found to be none of ours.
    foreign: HashSet<RecordingSid>,
}

/// What became of a recording in Twilio's list.
enum Found {
    /// It was new to the ledger.
    Added,
    /// The ledger knows it, or need not.
    Known,
    /// It is none of ours.
    Foreign,
    /// It is still being made.
    Underway,
    /// Nobody knows yet whose it is.
    Unknown,
    /// It could not be brought in.
    Failed(Failure),
    /// There was no time for it.
    Left,
}

impl Run<'_> {
    async fn compare(mut self, marks: Marks, summary: &mut Summary) -> Result<(), Failure> {
        let mut seen = HashSet::new();
        let compared = self.compare_to_the_end(&marks, summary, &mut seen).await;
        // Those that are not listed any more are forgotten, once all of the list was seen.
        if compared.is_err() {
            seen.extend(self.foreign.iter().cloned());
        }
        if seen != self.foreign {
            self.deps.store.remember_foreign(self.account_sid, &seen).await?;
            self.foreign = seen;
        }
        compared
    }

    async fn compare_to_the_end(
        &self,
        marks: &Marks,
        summary: &mut Summary,
        seen: &mut HashSet<RecordingSid>,
    ) -> Result<(), Failure> {
        let mut known_until = marks.until;
        let mut result = Ok(());
        if let Some(listing) = marks.listing {
            let (reached, compared) = self.walk(listing, true, summary, seen).await?;
            known_until = known_until.max(Some(reached));
            result = compared;
        }
        let now = self.deps.clock.now();
        let since = match known_until {
            Some(known_until) => known_until.min(now).checked_sub(OVERLAP),
            None => now.checked_sub(FIRST_LOOK),
        };
        let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
        let listing = Listing { since, begun_at: now, down_to: now, hold: None };
        let (_, compared) = self.walk(listing, false, summary, seen).await?;
        result.and(compared)
    }

    /// Goes through a list to its end, page by page; says up to when all is known then, and what
    /// of it could not be brought in.
    async fn walk(
        &self,
        mut listing: Listing,
        goes_on: bool,
        summary: &mut Summary,
        seen: &mut HashSet<RecordingSid>,
    ) -> Result<(Timestamp, Result<(), Failure>), Failure> {
        let Deps { store, rest, clock, .. } = self.deps;
        let mut result = Ok(());
        let down_to = goes_on.then_some(listing.down_to);
        let mut pages = rest.recordings(self.account_sid, self.login, listing.since, down_to);
        while let Some(page) = next_page(clock, &mut pages, self.until).await? {
            summary.listed += page.len() as u64;
            let look_ups: Vec<_> = page.iter().map(|recording| self.bring_in(recording)).collect();
            let found: Vec<Found> = stream::iter(look_ups).buffered(LOOK_UPS).collect().await;
            let mut is_whole = true;
            for (recording, found) in page.iter().zip(found) {
                let patience = match found {
                    Found::Added => {
                        summary.added += 1;
                        continue;
                    }
                    Found::Known => continue,
                    Found::Foreign => {
                        seen.insert(recording.sid.clone());
                        continue;
                    }
                    Found::Left => {
                        is_whole = false;
                        continue;
                    }
                    Found::Underway | Found::Unknown => UNDERWAY,
                    Found::Failed(failure) => {
                        result = Err(failure);
                        FIRST_LOOK
                    }
                };
                listing.hold = held(listing.hold, recording.created_at, patience, clock.now());
            }
            if !is_whole {
                return Err(NO_TIME.into());
            }
            if let Some(oldest) = page.iter().map(|recording| recording.created_at).min() {
                listing.down_to = listing.down_to.min(oldest);
            }
            if !pages.is_over() {
                store.listing_goes_on(self.account_sid, &listing).await?;
            }
        }
        let known_until = listing.hold.map_or(listing.begun_at, |hold| hold.min(listing.begun_at));
        store.compared(self.account_sid, known_until, clock.now()).await?;
        Ok((known_until, result))
    }

    async fn bring_in(&self, recording: &RecordingRecord) -> Found {
        if self.foreign.contains(&recording.sid) {
            return Found::Foreign;
        }
        if self.deps.clock.now() >= self.until {
            return Found::Left;
        }
        self.bring(recording).await.unwrap_or_else(Found::Failed)
    }

    /// Adds a voicemail that no webhook brought, or the report that is missing.
    async fn bring(&self, recording: &RecordingRecord) -> Result<Found, Failure> {
        let known = match self.deps.store.voicemail(&recording.sid).await {
            Ok(known) => {
                heard(self.silence).of(&known, self.deps.clock.now());
                Some(known)
            }
            Err(StoreError::NotFound(_)) => None,
            // Something knows it; what is wrong with the row is told where all rows are looked at.
            Err(StoreError::Malformed { .. } | StoreError::Newer { .. }) => return Ok(Found::Known),
            Err(error) => return Err(error.into()),
        };
        // Who recorded it is somebody else, unless it is a conversation that the ledger knows since it began.
        if known.is_none() && !recording.of_record_verb {
            return Ok(Found::Known);
        }
        let (reported, at) = match self.report(recording, known.as_ref()).await? {
            Ok(report) => report,
            Err(found) => return Ok(found),
        };
        let left_for = if known.is_none() { self.left_for(recording).await? } else { None };
        let report = RecordingReport {
            left_for,
            conversation: None,
            recording_sid: recording.sid.clone(),
            call_sid: recording.call_sid.clone(),
            account_sid: self.account_sid.clone(),
            reported,
            at,
        };
        Ok(match self.deps.store.voicemail_reported(&report).await? {
            Written::Applied => {
                if matches!(report.reported, Reported::Lost { .. }) {
                    count!(Metric::RecordingLost, recording_sid = report.recording_sid.as_str());
                }
                Found::Added
            }
            _ => Found::Known,
        })
    }

    /// What the ledger should have been told of a recording, and was not, and when it ended; or why
    /// there is nothing to tell.
    async fn report(
        &self,
        recording: &RecordingRecord,
        known: Option<&Voicemail>,
    ) -> Result<Result<(Reported, Timestamp), Found>, Failure> {
        let may_be_new = |known: &Voicemail| match known.recording {
            Recorded::Left { .. } => true,
            // That it is listed is a sign that it is there.
            Recorded::Ready { .. } => known.absence.is_some_and(|absence| absence.unknown_since.is_some()),
            Recorded::Gone => matches!(recording.state, RecordingState::Completed { .. }),
            Recorded::Absent | Recorded::Lost { .. } => false,
        };
        if known.is_some_and(|known| known.audio.is_some() || !may_be_new(known)) {
            return Ok(Err(Found::Known));
        }
        let ended_after = |seconds| {
            let length = SignedDuration::from_secs(i64::from(seconds));
            recording.created_at.checked_add(length).unwrap_or(recording.created_at)
        };
        Ok(match (recording.state, known) {
            (RecordingState::Underway, _) => Err(Found::Underway),
            // Nothing is to be had; and that nothing was said is no news.
            (RecordingState::Deleted, _) | (RecordingState::Absent { .. }, None) => Err(Found::Known),
            (RecordingState::Completed { duration_seconds }, Some(_)) => {
                Ok((Reported::Ready { duration_seconds }, ended_after(duration_seconds)))
            }
            (RecordingState::Absent { error_code }, Some(_)) => {
                Ok((Reported::Absent { error_code }, recording.created_at))
            }
            (RecordingState::Failed { error_code }, Some(_)) => {
                Ok((Reported::Lost { error_code }, recording.created_at))
            }
            (RecordingState::Completed { duration_seconds }, None) => {
                self.whose(recording).await?.map(|parties| {
                    (Reported::Found { parties, duration_seconds }, ended_after(duration_seconds))
                })
            }
            (RecordingState::Failed { error_code }, None) => {
                self.whose(recording).await?.map(|_| (Reported::Lost { error_code }, recording.created_at))
            }
        })
    }

    /// What the address said that no webhook brought: whether it is kept in silence stands with the call as well.
    async fn left_for(&self, recording: &RecordingRecord) -> Result<Option<String>, Failure> {
        let call = match self.deps.store.call(&recording.call_sid).await {
            Ok(call) => call,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let silent = matches!(call.disposition, Some(Disposition::Instead(_, WhyNotForwarded::Silent)));
        Ok(LeftFor { silent, ..LeftFor::default() }.write())
    }

    /// Who called whom, if it is a number of ours that was called, and was ours then.
    async fn whose(&self, recording: &RecordingRecord) -> Result<Result<domain::Parties, Found>, Failure> {
        let Deps { store, rest, .. } = self.deps;
        let call_sid = &recording.call_sid;
        let parties = match parties(call_sid, self.account_sid, store, rest, self.login).await {
            Ok(parties) => parties,
            // To a SIP address, say.
            Err(IdentifyError::NoNumber) => return Ok(Err(Found::Foreign)),
            // A call that Twilio has forgotten, or does not show yet.
            Err(IdentifyError::Twilio(RestError::NotFound(_))) => return Ok(Err(Found::Unknown)),
            Err(error) => return Err(error.into()),
        };
        // Also a number that was removed since; and not what came before the number came here.
        let owners = store.owners(&parties.number).await?;
        Ok(owners.at(recording.created_at).map(|_| parties).ok_or(Found::Foreign))
    }
}

/// A panic elsewhere can't have left it half changed.
fn heard(silence: &Mutex<Silence>) -> MutexGuard<'_, Silence> {
    silence.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the mark is held, so that a recording is looked at again: at its begin, for a while.
fn held(
    hold: Option<Timestamp>,
    created_at: Timestamp,
    patience: SignedDuration,
    now: Timestamp,
) -> Option<Timestamp> {
    if now.duration_since(created_at) >= patience {
        return hold;
    }
    Some(hold.map_or(created_at, |hold| hold.min(created_at)))
}

async fn next_page(
    clock: &Clock,
    pages: &mut RecordingList<'_>,
    until: Timestamp,
) -> Result<Option<Vec<RecordingRecord>>, Failure> {
    let mut wait = FIRST_WAIT;
    for attempt in 1..=MAX_ATTEMPTS {
        if clock.now() >= until && !pages.is_over() {
            return Err(NO_TIME.into());
        }
        let error = match pages.next_page().await {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        let pause = match &error {
            RestError::SlowDown { retry_after } => retry_after.unwrap_or(wait),
            RestError::Unreachable(_) => wait,
            RestError::Status(status) if status.is_server_error() => wait,
            _ => return Err(error.into()),
        };
        if attempt == MAX_ATTEMPTS || pause > LONGEST_WAIT {
            return Err(error.into());
        }
        clock.sleep(pause).await;
        wait *= 2;
    }
    Err(NO_TIME.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_held_at_the_oldest_that_is_under_way_for_a_day() {
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let cases = [
            (None, 23, 24, Some(at(23))),
            (None, 1, 24, Some(at(1))),
            // A day is enough.
            (None, 0, 24, None),
            (Some(at(20)), 0, 24, Some(at(20))),
            (Some(at(20)), 10, 24, Some(at(10))),
            (Some(at(10)), 20, 24, Some(at(10))),
        ];
        for (hold, created, now, expected) in cases {
            assert_eq!(held(hold, at(created), UNDERWAY, at(now)), expected, "{hold:?} {created} {now}");
        }
    }
}

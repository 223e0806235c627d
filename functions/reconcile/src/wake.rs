//! Wakes what stands still, and measures what is not delivered.

use domain::{Entry, LedgerRow, Mail};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use lifecycle::{missed_is_left_to_the_search, missed_stands_still, stands_still};
use runtime::{Failure, count, telemetry::Metric};
use store::{OpenPart, StoreError, Unreadable, Written};

use crate::{Deps, Summary};

/// How many parts of the list are read at once, and how many rows of each are written.
const PARTS: usize = 4;
const WRITES: usize = 8;

/// What a part of the list came to.
#[derive(Default)]
struct Part {
    summary: Summary,
    /// Whether all of it was read.
    is_seen: bool,
    failure: Option<Failure>,
}

/// Looks at every row that is not done. What it comes to is in the summary as soon as it is known,
/// for the run may be cut off.
pub(crate) async fn wake_all(deps: &Deps, summary: &mut Summary, until: Timestamp) -> Result<(), Failure> {
    let parts: Vec<_> = OpenPart::all().map(|part| wake_part(deps, part, until)).collect();
    summary.unseen = parts.len() as u64;
    let mut parts = stream::iter(parts).buffer_unordered(PARTS);
    let mut result = Ok(());
    while let Some(Part { summary: part, is_seen, failure }) = parts.next().await {
        summary.woken += part.woken;
        summary.forgotten += part.forgotten;
        summary.undelivered += part.undelivered;
        summary.unreadable += part.unreadable;
        summary.oldest_undelivered_seconds =
            summary.oldest_undelivered_seconds.max(part.oldest_undelivered_seconds);
        summary.unseen -= u64::from(is_seen);
        if let Some(failure) = failure {
            result = Err(failure);
        }
    }
    result
}

async fn wake_part(deps: &Deps, part: OpenPart, until: Timestamp) -> Part {
    let mut came_to = Part::default();
    let mut next = None;
    loop {
        if deps.clock.now() >= until {
            came_to.failure = Some("there was no time to look at all that is not done".into());
            return came_to;
        }
        let page = match deps.store.open_page(part, next).await {
            Ok(page) => page,
            Err(error) => {
                came_to.failure = Some(error.into());
                return came_to;
            }
        };
        wake_rows(deps, page.rows, &mut came_to).await;
        next = page.next;
        if next.is_none() {
            came_to.is_seen = true;
            return came_to;
        }
    }
}

async fn wake_rows(deps: &Deps, rows: Vec<Result<LedgerRow, Unreadable>>, came_to: &mut Part) {
    let now = deps.clock.now();
    let mut still = Vec::new();
    for row in rows {
        let (is_undelivered, since) = match &row {
            Ok(row) => (is_undelivered(row), since(row)),
            // Who can't read it can't know that it is delivered. It stays as it is.
            Err(unreadable) => {
                came_to.summary.unreadable += 1;
                count!(
                    Metric::UnreadableRow,
                    key = unreadable.key.as_str(),
                    error = unreadable.error.to_string()
                );
                (true, unreadable.since.unwrap_or(now))
            }
        };
        if is_undelivered {
            let age = u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0);
            came_to.summary.undelivered += 1;
            came_to.summary.oldest_undelivered_seconds = came_to.summary.oldest_undelivered_seconds.max(age);
        }
        let Ok(row) = row else { continue };
        let mut seen = revision(&row);
        match pin(deps, &row).await {
            Ok(Written::Applied) => seen += 1,
            Ok(_) => {}
            Err(error) => came_to.failure = Some(error.into()),
        }
        if row_stands_still(deps, &row, now) {
            still.push((row, seen));
        }
    }
    let writes: Vec<_> = still.iter().map(|(row, seen)| wake_row(deps, row, *seen, now)).collect();
    let written: Vec<(&LedgerRow, Result<Written, StoreError>)> =
        stream::iter(writes).buffer_unordered(WRITES).collect().await;
    let mut keys = Vec::new();
    for (row, written) in written {
        let key = entry(row).as_str();
        match written {
            Ok(Written::Applied) => {
                came_to.summary.woken += 1;
                came_to.summary.forgotten += u64::from(!is_left_to_the_search(row));
                keys.push(key.to_owned());
            }
            Ok(_) => {}
            // To be woken it needs no record.
            Err(error) => {
                came_to.failure = Some(error.into());
                keys.push(key.to_owned());
            }
        }
    }
    if let Err(failure) = deps.waker.wake(&keys).await {
        came_to.failure = Some(failure);
    }
}

async fn wake_row<'a>(
    deps: &Deps,
    row: &'a LedgerRow,
    seen: u32,
    now: Timestamp,
) -> (&'a LedgerRow, Result<Written, StoreError>) {
    let written = deps.store.wake(entry(row), seen, now).await;
    (row, written)
}

fn entry(row: &LedgerRow) -> Entry<'_> {
    match row {
        LedgerRow::Voicemail(voicemail) => (&voicemail.recording_sid).into(),
        LedgerRow::MissedCall(missed_call) => (&missed_call.call_sid).into(),
    }
}

fn revision(row: &LedgerRow) -> u32 {
    match row {
        LedgerRow::Voicemail(voicemail) => voicemail.revision,
        LedgerRow::MissedCall(missed_call) => missed_call.revision,
    }
}

fn since(row: &LedgerRow) -> Timestamp {
    match row {
        LedgerRow::Voicemail(voicemail) => voicemail.recorded_at,
        LedgerRow::MissedCall(missed_call) => missed_call.missed_at,
    }
}

fn is_undelivered(row: &LedgerRow) -> bool {
    match row {
        LedgerRow::Voicemail(voicemail) => {
            let is_deleted = voicemail.keeping.parties_deleted_at.is_some();
            !matches!(voicemail.mail, Mail::Sent { .. }) && !voicemail.recording.is_empty() && !is_deleted
        }
        LedgerRow::MissedCall(missed_call) => {
            !matches!(missed_call.mail, Mail::Sent { .. }) && missed_call.not_missed.is_none()
        }
    }
}

/// Pins a row of the time before there were mailboxes to the one to which its number led when it
/// was left, so that it stays that owner's.
async fn pin(deps: &Deps, row: &LedgerRow) -> Result<Written, StoreError> {
    let number = match row {
        LedgerRow::Voicemail(voicemail) if voicemail.mailbox.is_none() => {
            voicemail.destination.as_ref().map(|destination| &destination.parties.number)
        }
        LedgerRow::MissedCall(missed_call) if missed_call.mailbox.is_none() => {
            Some(&missed_call.parties.number)
        }
        _ => None,
    };
    let Some(number) = number else { return Ok(Written::NotApplicable) };
    let mailbox = deps.store.mailbox_at(number, since(row)).await?;
    deps.store.pin(entry(row), &mailbox).await
}

/// Whether it waits for longer than a message does, so that nothing got lost when it is found.
fn is_left_to_the_search(row: &LedgerRow) -> bool {
    match row {
        LedgerRow::Voicemail(voicemail) => lifecycle::is_left_to_the_search(voicemail),
        LedgerRow::MissedCall(missed_call) => missed_is_left_to_the_search(missed_call),
    }
}

fn row_stands_still(deps: &Deps, row: &LedgerRow, now: Timestamp) -> bool {
    match row {
        LedgerRow::Voicemail(voicemail) => stands_still(voicemail, deps.time_box, now),
        LedgerRow::MissedCall(missed_call) => missed_stands_still(missed_call, deps.time_box, now),
    }
}

//! What is recorded of calls that programs steer stands in the ledger, as messages do.
//!
//! It is written there before it is written into the call's log: whoever dies in between is told again, or looks again,
//! and writes the same. From then on it is the ledger's: it is fetched, kept, found if nobody tells of it, and deleted,
//! whatever becomes of the call's own row.

use domain::{Conversation, Parties, RecordingReport, Reported};
use live::{Address, Event, Happened, WhyLost};
use phone::{Caller, RecordingSid};
use store::{ControlledCall, Store, StoreError};

/// Writes into the ledger what is new of the recordings of a call.
///
/// # Errors
/// When it can't be written.
pub(crate) async fn keep(store: &Store, call: &ControlledCall, events: &[Event]) -> Result<(), StoreError> {
    for event in events {
        if let Some(report) = report(call, event) {
            store.voicemail_reported(&report).await?;
        }
    }
    Ok(())
}

fn report(call: &ControlledCall, event: &Event) -> Option<RecordingReport> {
    let (recording_sid, reported) = told(&event.happened)?;
    let participant = event.participant?;
    let it = call.steered.call.participants.get(&participant)?;
    let parties =
        Parties { number: call.steered.call.number.clone(), caller: who(&it.address), caller_name: None };
    Some(RecordingReport {
        recording_sid: recording_sid.clone(),
        call_sid: it.call_sid.clone()?,
        account_sid: call.account_sid.clone(),
        left_for: None,
        conversation: Some(Conversation { leg: format!("{}/{participant}", call.steered.call.id), parties }),
        reported,
        at: event.at,
    })
}

/// What the ledger is told of a recording.
fn told(happened: &Happened) -> Option<(&RecordingSid, Reported)> {
    match happened {
        Happened::RecordingStarted { recording_sid, .. } => Some((recording_sid, Reported::Begun)),
        Happened::RecordingReady { recording_sid, duration_seconds } => {
            Some((recording_sid, Reported::Ready { duration_seconds: *duration_seconds }))
        }
        Happened::RecordingLost { recording_sid: Some(recording_sid), why, provider_code } => {
            let reported = match why {
                WhyLost::Absent => Reported::Absent { error_code: *provider_code },
                WhyLost::Failed => Reported::Lost { error_code: *provider_code },
                // It may be there after all: then the comparison with Twilio's list finds it.
                WhyLost::Canceled | WhyLost::Refused | WhyLost::Unknown => return None,
            };
            Some((recording_sid, reported))
        }
        _ => None,
    }
}

/// Who is on the leg, as a voicemail has its caller.
fn who(address: &Address) -> Caller {
    match address {
        Address::Phone { number } => Caller::Number(number.clone()),
        Address::Sip { uri, .. } => Caller::Sip(uri.as_str().into()),
        Address::Client { identity, .. } => Caller::Client(identity.as_str().into()),
        Address::Owner | Address::Withheld => Caller::parse(""),
    }
}

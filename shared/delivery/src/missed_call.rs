//! Takes a missed call as far as it can go.

use crate::events;
use crate::mail::{MissedCallDraft, kind_name, turns_away};
use domain::{Address, Call, MailKind, MissedCall, NotMissed, Owner};
use jiff::Timestamp;
use lifecycle::{Step, next_missed_step, not_missed};
use phone::CallSid;
use runtime::{Failure, count, telemetry::Metric};
use store::StoreError;

use crate::claim::claim_and_send;
use crate::progress::{Progress, STEPS, failed, guarded, waits};
use crate::tell::{Told, put_off, tell};
use crate::worker::{RECORDING_LIMIT, Worker, ends_at, may_send};

pub async fn advance(worker: &Worker, call_sid: &CallSid) -> Progress {
    let mut limit = worker.clock.alarm(RECORDING_LIMIT);
    let ends_at = ends_at(worker);
    for _ in 0..STEPS {
        let missed_call = match worker.store.missed_call(call_sid).await {
            Ok(missed_call) => missed_call,
            // Deleted since.
            Err(StoreError::NotFound(_)) => return Progress::Done,
            Err(error) => return Progress::Again(Some(error.into())),
        };
        let now = worker.clock.now();
        let step = next_missed_step(&missed_call, worker.time_box, now);
        let events = events::of_missed_call(&missed_call);
        match tell(worker, call_sid.into(), &events, missed_call.trouble.as_ref(), step).await {
            Told::Nothing => {}
            Told::All => continue,
            Told::Not(failure) => return put_off(worker, call_sid.into(), failure).await,
        }
        match step {
            Step::Done => return Progress::Done,
            Step::Wait { until, wait } => return waits(wait, until.duration_since(now), false, false),
            Step::Send(_) if !may_send(now, ends_at) => return Progress::Late,
            _ => {}
        }
        if let Err(failure) = guarded(Box::pin(take(worker, &missed_call, step, ends_at)), &mut limit).await {
            return failed(worker, call_sid.into(), missed_call.trouble.as_ref(), step, failure).await;
        }
    }
    Progress::Again(Some("the missed call does not come to rest".into()))
}

async fn take(
    worker: &Worker,
    missed_call: &MissedCall,
    step: Step,
    ends_at: Timestamp,
) -> Result<(), Failure> {
    match step {
        Step::Send(kind) => send(worker, missed_call, kind, ends_at).await?,
        Step::Close => {
            worker.store.close_missed_call(missed_call).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Looks once more whether the call was missed, and tells the owner.
async fn send(
    worker: &Worker,
    missed_call: &MissedCall,
    kind: MailKind,
    ends_at: Timestamp,
) -> Result<(), Failure> {
    let MissedCall { call_sid, parties, missed_at, .. } = missed_call;
    let now = worker.clock.now();
    let pinned = missed_call.mailbox.as_ref();
    let mailbox = match worker.store.mailbox_for(pinned, &parties.number, *missed_at, now).await {
        Ok(mailbox) => mailbox,
        Err(StoreError::NotFound(_)) => {
            worker.store.call_not_missed(call_sid, NotMissed::NotWanted).await?;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let owner: &Owner = &mailbox.owner;
    if kind == MailKind::Second {
        if owner.second_email.is_none() {
            worker.store.no_second_mail(call_sid).await?;
            return Ok(());
        }
    } else {
        let (call, voicemails) = tokio::join!(
            worker.store.call(call_sid),
            worker.store.voicemails_of_call(&parties.number, call_sid, *missed_at)
        );
        let call: Option<Call> = match call {
            Ok(call) => Some(call),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let why = not_missed(call.as_ref(), &voicemails?);
        let why = why.or((!owner.missed_call_mail).then_some(NotMissed::NotWanted));
        if let Some(why) = why {
            worker.store.call_not_missed(call_sid, why).await?;
            return Ok(());
        }
    }
    let to_second = turns_away(&missed_call.first_address, missed_call.second_mail_wanted);
    let address = if to_second && owner.second_email.is_some() { Address::Second } else { Address::First };
    let draft = MissedCallDraft { kind, missed_call, owner, address, sender: &worker.sender, now };
    let (before, mail) = (missed_call.mail(kind), draft.compose()?);
    if claim_and_send(worker, call_sid.into(), before, mail, ends_at).await?.is_some() {
        count!(Metric::Mailed, mail = kind_name(kind), call_sid = call_sid.as_str());
    }
    Ok(())
}

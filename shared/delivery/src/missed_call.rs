//! Takes a missed call as far as it can go.

use delivery::events;
use delivery::mail::{MissedCallDraft, kind_name};
use domain::{Address, Call, MailKind, MissedCall, NotMissed, Owner};
use jiff::Timestamp;
use lifecycle::{Step, Wait, next_missed_step, not_missed};
use phone::CallSid;
use runtime::{Failure, count, telemetry::Outcome};
use store::StoreError;

use crate::tell::{Told, put_off, tell};
use crate::{
    Deps, NEARLY, Progress, RECORDING_LIMIT, STEPS, claim_and_send, ends_at, failed, guarded, is_long,
    may_send, retry, turns_away,
};

pub(crate) async fn advance(deps: &Deps, call_sid: &CallSid) -> Progress {
    let mut limit = deps.clock.alarm(RECORDING_LIMIT);
    let ends_at = ends_at(deps);
    for _ in 0..STEPS {
        let missed_call = match deps.store.missed_call(call_sid).await {
            Ok(missed_call) => missed_call,
            // Deleted since.
            Err(StoreError::NotFound(_)) => return Progress::Done,
            Err(error) => return Progress::Again(Some(error.into())),
        };
        let now = deps.clock.now();
        let step = next_missed_step(&missed_call, deps.time_box, now);
        let events = events::of_missed_call(&missed_call);
        match tell(deps, call_sid.into(), &events, missed_call.trouble.as_ref(), step).await {
            Told::Nothing => {}
            Told::All => continue,
            Told::Not(failure) => return put_off(deps, call_sid.into(), failure).await,
        }
        match step {
            Step::Done => return Progress::Done,
            Step::Wait { wait: Wait::Retry, until } => return retry(until, now, false),
            Step::Wait { wait: Wait::Claim, until } if is_long(until, now) => return Progress::Waiting,
            Step::Wait { wait: Wait::Claim, .. } => return Progress::Again(None),
            Step::Wait { until, .. } if until.duration_since(now) <= NEARLY => return Progress::Early,
            Step::Wait { .. } => return Progress::Waiting,
            Step::Send(_) if !may_send(now, ends_at) => return Progress::Late,
            _ => {}
        }
        if let Err(failure) = guarded(Box::pin(take(deps, &missed_call, step, ends_at)), &mut limit).await {
            return failed(deps, call_sid.into(), missed_call.trouble.as_ref(), step, failure).await;
        }
    }
    Progress::Again(Some("the missed call does not come to rest".into()))
}

async fn take(deps: &Deps, missed_call: &MissedCall, step: Step, ends_at: Timestamp) -> Result<(), Failure> {
    match step {
        Step::Send(kind) => send(deps, missed_call, kind, ends_at).await?,
        Step::Close => {
            deps.store.close_missed_call(missed_call).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Looks once more whether the call was missed, and tells the owner.
async fn send(
    deps: &Deps,
    missed_call: &MissedCall,
    kind: MailKind,
    ends_at: Timestamp,
) -> Result<(), Failure> {
    let MissedCall { call_sid, parties, missed_at, .. } = missed_call;
    let now = deps.clock.now();
    let pinned = missed_call.mailbox.as_ref();
    let mailbox = match deps.store.mailbox_for(pinned, &parties.number, *missed_at, now).await {
        Ok(mailbox) => mailbox,
        Err(StoreError::NotFound(_)) => {
            deps.store.call_not_missed(call_sid, NotMissed::NotWanted).await?;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let owner: &Owner = &mailbox.owner;
    if kind == MailKind::Second {
        if owner.second_email.is_none() {
            deps.store.no_second_mail(call_sid).await?;
            return Ok(());
        }
    } else {
        let (call, voicemails) = tokio::join!(
            deps.store.call(call_sid),
            deps.store.voicemails_of_call(&parties.number, call_sid, *missed_at)
        );
        let call: Option<Call> = match call {
            Ok(call) => Some(call),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let why = not_missed(call.as_ref(), &voicemails?);
        let why = why.or((!owner.missed_call_mail).then_some(NotMissed::NotWanted));
        if let Some(why) = why {
            deps.store.call_not_missed(call_sid, why).await?;
            return Ok(());
        }
    }
    let to_second =
        kind == MailKind::Second || turns_away(&missed_call.first_address, missed_call.second_mail_wanted);
    let address = if to_second && owner.second_email.is_some() { Address::Second } else { Address::First };
    let draft = MissedCallDraft { kind, missed_call, owner, address, sender: &deps.sender, now };
    let (before, mail) = (missed_call.mail(kind), draft.compose()?);
    if claim_and_send(deps, call_sid.into(), before, mail, ends_at).await?.is_some() {
        count!(Outcome::Mailed, mail = kind_name(kind), call_sid = call_sid.as_str());
    }
    Ok(())
}

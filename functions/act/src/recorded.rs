//! What is recorded of a call that programs steer: begun, paused, ended, and looked for.

use callflow::{Callbacks, RecordingAddress};
use live::{
    Channels, Command, Deed, Evidence, ListedRecording, News, ParticipantId, Recorded, WhyLost, Work, agenda,
    unanswered, undone,
};
use phone::{CallSid, RecordingSid};
use runtime::Failure;
use store::{ControlledCall, StoreError};
use twilio::{CallRecording, Login, NewRecording, RecordingChange, RestError};

use crate::deps::Deps;
use crate::leg::is_surely_undone;
use crate::put_down::{controls, failed, settle};

/// How Twilio says that somebody deleted a recording.
const DELETED: &str = "deleted";

/// Claims what is to be done about a leg's recording, does it, and writes down what came of it.
pub(crate) async fn request(
    deps: &Deps,
    seen: &ControlledCall,
    participant: ParticipantId,
    deed: Deed,
) -> Result<(), Failure> {
    let login = deps.login_of(&seen.account_sid).await?;
    let now = deps.clock.now();
    let claims = |steered: &mut live::Steered| {
        if !agenda(steered, now).now.contains(&Work::Do(participant, deed)) {
            return None;
        }
        let action = steered.records_for(participant);
        let claimed = steered.claims(participant, deed, now)?;
        // It stands in the log before Twilio is asked: nobody forgets then that a leg may be recorded.
        let requested = action.map(|action| News::RecordingRequested { participant, action });
        Some((claimed, requested.into_iter().collect()))
    };
    let Some((call, claimed)) = controls(deps).request(&seen.steered.call.id, now, claims).await? else {
        return Ok(());
    };
    let it = call.steered.call.participants.get(&participant);
    let Some(leg) = it.and_then(|it| it.call_sid.as_ref()) else { return Ok(()) };
    let done = match deed {
        Deed::Record => start(deps, &call, (participant, leg), &login).await,
        Deed::PauseRecording(true) => {
            change(deps, &call, (participant, leg), &login, RecordingChange::Pause).await
        }
        Deed::PauseRecording(false) => {
            change(deps, &call, (participant, leg), &login, RecordingChange::Resume).await
        }
        _ => change(deps, &call, (participant, leg), &login, RecordingChange::Stop).await,
    };
    let now = deps.clock.now();
    let (then, news) = match done {
        Ok(Some(news)) => (domain::Effect::Done, vec![news]),
        // What Twilio says it has begun is one of before: it has not noticed that it is over.
        Ok(None) => (undone(claimed, now), Vec::new()),
        Err(RestError::Rejected { code, message: _ }) if deed == Deed::Record => {
            tracing::warn!(call_id = call.steered.call.id.as_str(), code, "Twilio does not record a leg");
            (domain::Effect::GivenUp, refused(&call, participant, code))
        }
        Err(error) => {
            failed(&call, &error);
            // To pause or to end it twice does no harm.
            let is_undone = deed != Deed::Record || is_surely_undone(&error);
            (if is_undone { undone(claimed, now) } else { unanswered(claimed, now) }, Vec::new())
        }
    };
    settle(deps, &call, (participant, deed), (claimed, then), &news).await
}

fn refused(call: &ControlledCall, participant: ParticipantId, code: u32) -> Vec<News> {
    let recording = call.steered.call.recording_of(participant);
    let lost = |(recording, _): (usize, _)| News::RecordingLost {
        recording,
        why: WhyLost::Refused,
        provider_code: Some(code),
    };
    recording.map(lost).into_iter().collect()
}

async fn start(
    deps: &Deps,
    call: &ControlledCall,
    (participant, leg): (ParticipantId, &CallSid),
    login: &Login,
) -> Result<Option<News>, RestError> {
    let id = &call.steered.call.id;
    let Some((_, recording)) = call.steered.call.recording_of(participant) else { return Ok(None) };
    let action = recording.action;
    let address = RecordingAddress { call: id.clone(), participant, action }.write();
    let command = call.steered.call.actions.get(&action).map(|action| &action.command);
    let (is_mixed, channels) = match command {
        Some(Command::Record { mixed, channels, .. }) => (*mixed, *channels),
        _ => (false, Channels::Mono),
    };
    let asked = NewRecording {
        status_callback: &Callbacks::below(&*call.base_url).booth_recorded(&address),
        is_dual: is_mixed && channels == Channels::Dual,
        is_inbound: !is_mixed,
    };
    let recording_sid = deps.rest.start_recording(&call.account_sid, login, leg, &asked).await?;
    let is_known = call.steered.call.recordings.iter().any(|it| it.sid.as_ref() == Some(&recording_sid));
    Ok((!is_known).then_some(News::Recording {
        participant,
        action: Some(action),
        recording_sid,
        state: Recorded::Began,
        evidence: Evidence::Answer,
    }))
}

async fn change(
    deps: &Deps,
    call: &ControlledCall,
    (participant, leg): (ParticipantId, &CallSid),
    login: &Login,
    change: RecordingChange,
) -> Result<Option<News>, RestError> {
    let recording = call.steered.call.recording_of(participant);
    let Some(sid) = recording.and_then(|(_, it)| it.sid.clone()) else { return Ok(None) };
    let goes_on = deps.rest.change_recording(&call.account_sid, login, (leg, &sid), change).await?;
    let state = match change {
        _ if !goes_on => Recorded::Stopped,
        RecordingChange::Pause => Recorded::Paused,
        RecordingChange::Resume => Recorded::Resumed,
        RecordingChange::Stop => Recorded::Stopped,
    };
    Ok(Some(News::Recording {
        participant,
        action: None,
        recording_sid: sid,
        state,
        evidence: Evidence::Answer,
    }))
}

/// Looks what Twilio has recorded of a leg: whether it began that of which nobody has told, goes on, or is ready.
pub(crate) async fn look_up(
    deps: &Deps,
    call: &ControlledCall,
    participant: ParticipantId,
) -> Result<(), Failure> {
    let it = call.steered.call.participants.get(&participant);
    let Some(leg) = it.and_then(|it| it.call_sid.as_ref()) else { return Ok(()) };
    let Some(seen) = call.steered.requests.get(&participant).map(|requests| requests.recording) else {
        return Ok(());
    };
    let login = deps.login_of(&call.account_sid).await?;
    let listed = match deps.rest.recordings_of(&call.account_sid, &login, leg).await {
        Ok(listed) => {
            let mut all = Vec::new();
            for it in listed {
                let stored = if it.status == DELETED { stored(deps, &it.sid).await? } else { None };
                all.push(as_listed(it, stored));
            }
            Some(all)
        }
        Err(error) => {
            failed(call, &error);
            None
        }
    };
    let now = deps.clock.now();
    let looked =
        |steered: &mut live::Steered| Some(((), steered.looked(participant, seen, listed.as_deref(), now)));
    controls(deps).request(&call.steered.call.id, now, looked).await?;
    Ok(())
}

/// How long a recording is that the ledger has: one that is not at Twilio any more is deleted there once it is stored.
async fn stored(deps: &Deps, sid: &RecordingSid) -> Result<Option<u32>, Failure> {
    match deps.store.voicemail(sid).await {
        Ok(known) => Ok(known.audio.and(known.recording.duration_seconds())),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// `stored` is how long it is, where the ledger has it.
fn as_listed(it: CallRecording, stored: Option<u32>) -> ListedRecording {
    let lost = |why| Recorded::Lost { why, provider_code: it.error_code };
    let state = match (it.status.as_str(), stored.or(it.duration_seconds)) {
        (DELETED, Some(duration_seconds)) if stored.is_some() => Recorded::Ready { duration_seconds },
        ("completed", Some(duration_seconds)) => Recorded::Ready { duration_seconds },
        ("absent", _) => lost(WhyLost::Absent),
        ("failed" | DELETED, _) => lost(WhyLost::Failed),
        ("in-progress" | "paused", _) => Recorded::Began,
        _ => Recorded::Stopped,
    };
    ListedRecording { sid: it.sid, is_of_api: it.is_of_api, state, created_at: it.created_at }
}

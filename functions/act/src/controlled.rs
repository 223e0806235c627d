//! A call that programs steer is worked off: what is wanted of it is done at Twilio.
//!
//! Each request is claimed first, in the row: nobody calls anybody whom somebody may have called already, without
//! having looked for the leg at Twilio.

use std::time::Duration;

use callflow::{BoothAddress, Callbacks};
use domain::{ApiKeyId, Effect, LegState};
use jiff::{SignedDuration, Timestamp};
use live::{
    Address, Agenda, CallId, Command, Deed, Evidence, Machine, News, Participant, ParticipantId, Source,
    Work, agenda, unanswered, undone,
};
use phone::CallSid;
use runtime::Failure;
use store::{ControlledCall, ControlledPart, StoreError, Written};
use twilio::{Canceled, Detection, Login, NewCall, RestError};

use crate::call::Progress;
use crate::deps::Deps;
use crate::fed;
use crate::leg::{Found, is_surely_undone, the_one};
use crate::put_down::{controls, failed, settle};
use crate::recorded;

/// What is due so soon is waited for.
const SOON: SignedDuration = SignedDuration::from_secs(2);

/// The version of what somebody hears who picks up.
const FIRST: u32 = 1;

/// How long a call is worked off at a time. Then others have their turn, and it comes again.
const TAKES_AT_MOST: SignedDuration = SignedDuration::from_secs(25);

/// Does what is to be done about a call.
///
/// # Errors
/// When the store or a secret fails. What Twilio fails at is written down, and tried again.
pub(crate) async fn work_off(deps: &Deps, id: &CallId) -> Result<Progress, Failure> {
    let begun_at = deps.clock.now();
    loop {
        let call = match deps.store.controlled_call(id).await {
            Ok(call) => call,
            Err(StoreError::NotFound(_)) => return Ok(Progress::NotLive),
            Err(error) => return Err(error.into()),
        };
        let now = deps.clock.now();
        let has_time = now.duration_since(begun_at) < TAKES_AT_MOST;
        let Agenda { now: works, next } = agenda(&call.steered, now);
        let Some(work) = works.first() else {
            let Some(next) = next else { return Ok(Progress::Done) };
            let until_then = next.duration_since(now);
            if until_then > SOON || !has_time {
                rest(deps, &call, next).await?;
                return Ok(Progress::Waiting);
            }
            deps.clock.sleep(Duration::try_from(until_then).unwrap_or_default()).await;
            continue;
        };
        if !has_time {
            deps.later.wake_now(id.as_str()).await?;
            return Ok(Progress::GoesOn);
        }
        Box::pin(one(deps, &call, work)).await?;
    }
}

/// Leaves a call until then. Whoever changes what the row says of that sends the message: so one goes round.
async fn rest(deps: &Deps, call: &ControlledCall, next: Timestamp) -> Result<(), Failure> {
    if deps.store.controlled_rests(call, next).await? != Written::Applied {
        return Ok(());
    }
    deps.later.wake_in(call.steered.call.id.as_str(), next.duration_since(deps.clock.now())).await
}

async fn one(deps: &Deps, call: &ControlledCall, work: &Work) -> Result<(), Failure> {
    let (id, now) = (&call.steered.call.id, deps.clock.now());
    let controls = controls(deps);
    match *work {
        Work::Expire(action) => {
            controls.hear((id, &call.account_sid), &[News::Expired { action }], Source::Clock, now).await?;
        }
        Work::Lose(participant) => {
            controls.hear((id, &call.account_sid), &[News::Lost { participant }], Source::Clock, now).await?;
        }
        Work::Remind(participant, seconds) => {
            let held = News::StillHeld { participant, seconds };
            controls.hear((id, &call.account_sid), &[held], Source::Clock, now).await?;
        }
        Work::GiveBack => {
            controls.hear((id, &call.account_sid), &[News::Forgotten], Source::Clock, now).await?;
        }
        Work::PlanGoesOn => {
            controls.hear((id, &call.account_sid), &[News::PlanGoesOn], Source::Clock, now).await?;
        }
        Work::Count => count_minutes(deps, call).await?,
        Work::TakeOver => controls.take_over(id, now).await?,
        Work::Tell(owed) => controls.tell(call, owed, now).await?,
        Work::Ask(participant) => ask(deps, call, participant).await?,
        Work::LookUp(participant) => look_up(deps, call, participant).await?,
        Work::LookUpRecordings(participant) => recorded::look_up(deps, call, participant).await?,
        Work::LoseRecording(recording, why) => {
            let lost = News::RecordingLost { recording, why, provider_code: None };
            controls.hear((id, &call.account_sid), &[lost], Source::Clock, now).await?;
        }
        Work::LoseFeed(feed) => {
            let lost = News::FeedLost { feed };
            controls.hear((id, &call.account_sid), &[lost], Source::Clock, now).await?;
        }
        Work::Release => controls.release(id, now).await?,
        Work::Do(participant, deed) if deed.is_of_feed() => {
            fed::request(deps, call, participant, deed).await?;
        }
        Work::Do(participant, deed) if deed.is_of_recording() => {
            recorded::request(deps, call, participant, deed).await?;
        }
        Work::Do(participant, deed) => request(deps, call, participant, deed).await?,
    }
    Ok(())
}

/// The first minute of each was counted before they were called. Of several workers one counts; if it dies there, too
/// few are counted rather than too many.
async fn count_minutes(deps: &Deps, call: &ControlledCall) -> Result<(), Failure> {
    let now = deps.clock.now();
    let counted = |steered: &mut live::Steered| {
        let is_mine = !std::mem::replace(&mut steered.is_counted, true);
        is_mine.then_some(((), Vec::new()))
    };
    if controls(deps).request(&call.steered.call.id, now, counted).await?.is_none() {
        return Ok(());
    }
    let called = u32::try_from(call.steered.call.participants.len()).unwrap_or(u32::MAX);
    let more = call.steered.call.minutes().saturating_sub(called);
    if more > 0
        && let Ok(key) = ApiKeyId::parse(&call.key)
    {
        deps.store.add_minutes(&key, more, now).await?;
    }
    Ok(())
}

/// Asks Twilio how a leg goes of which nothing was heard for a while.
async fn ask(deps: &Deps, call: &ControlledCall, participant: ParticipantId) -> Result<(), Failure> {
    let Some(sid) = call.steered.call.participants.get(&participant).and_then(|it| it.call_sid.clone())
    else {
        return Ok(());
    };
    let login = deps.login_of(&call.account_sid).await?;
    let news = match deps.rest.call_status(&call.account_sid, &login, &sid).await {
        Ok(status) => Some(leg(participant, &sid, &status)),
        Err(RestError::NotFound(_)) => Some(News::Lost { participant }),
        Err(error) => {
            failed(call, &error);
            None
        }
    };
    let now = deps.clock.now();
    let heard = |steered: &mut live::Steered| {
        steered.asked(participant, news.as_ref(), now);
        Some(((), news.clone().into_iter().collect()))
    };
    controls(deps).request(&call.steered.call.id, now, heard).await?;
    Ok(())
}

fn leg(participant: ParticipantId, sid: &CallSid, status: &str) -> News {
    let state = LegState::of_status(status).unwrap_or(LegState::Queued);
    News::Leg { participant, call_sid: sid.clone(), state, evidence: Evidence::LookedUp }
}

/// Looks for a leg that somebody may have placed, who never said so.
async fn look_up(deps: &Deps, call: &ControlledCall, participant: ParticipantId) -> Result<(), Failure> {
    let Some(it) = call.steered.call.participants.get(&participant) else { return Ok(()) };
    let Some(requests) = call.steered.requests.get(&participant) else { return Ok(()) };
    let (claimed, tried_at) = (requests.placing, requests.tried_at);
    let login = deps.login_of(&call.account_sid).await?;
    let to = to(&it.address);
    let listed = deps.rest.calls_between(&call.account_sid, &login, &call.steered.call.number, &to).await;
    let known = if listed.as_ref().is_ok_and(|listed| !listed.is_empty()) {
        known_legs(deps, call).await?
    } else {
        Vec::new()
    };
    let now = deps.clock.now();
    let (then, news) = match listed {
        Ok(listed) => match the_one(&known, tried_at, &listed) {
            Found::One(found) => (Effect::Done, vec![leg(participant, &found.sid, &found.status)]),
            Found::None => (undone(claimed, now), Vec::new()),
            Found::Several => (Effect::GivenUp, Vec::new()),
        },
        Err(error) => {
            failed(call, &error);
            (unanswered(claimed, now), Vec::new())
        }
    };
    settle(deps, call, (participant, Deed::Place), (claimed, then), &news).await
}

/// The legs that are known to be somebody's, of all calls that go on: Twilio's list does not tell of which a leg is.
async fn known_legs(deps: &Deps, call: &ControlledCall) -> Result<Vec<CallSid>, Failure> {
    let mut calls = vec![call.clone()];
    for part in ControlledPart::all() {
        for id in deps.store.controlled_due(part, Timestamp::MAX).await? {
            match deps.store.controlled_call(&id).await {
                Ok(call) => calls.push(call),
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    let legs = calls.into_iter().flat_map(|call| call.steered.call.participants.into_values());
    Ok(legs.filter_map(|it| it.call_sid).collect())
}

/// Claims a request, sends it, and writes down what came of it.
async fn request(
    deps: &Deps,
    seen: &ControlledCall,
    participant: ParticipantId,
    deed: Deed,
) -> Result<(), Failure> {
    let login = deps.login_of(&seen.account_sid).await?;
    let id = &seen.steered.call.id;
    let now = deps.clock.now();
    let claims = |steered: &mut live::Steered| {
        if !agenda(steered, now).now.contains(&Work::Do(participant, deed)) {
            return None;
        }
        let action = steered.call.participants.get(&participant)?.action;
        let claimed = steered.claims(participant, deed, now)?;
        let begun = action.filter(|_| deed == Deed::Place).map(|action| News::Begun { action });
        Some((claimed, begun.into_iter().collect()))
    };
    let Some((call, claimed)) = controls(deps).request(id, now, claims).await? else { return Ok(()) };
    let Some(it) = call.steered.call.participants.get(&participant) else { return Ok(()) };
    let (then, news) = if deed == Deed::Place {
        place(deps, &call, (participant, it), &login, claimed).await
    } else {
        let Some(sid) = &it.call_sid else { return Ok(()) };
        changed(deps, &call, (participant, sid), deed, &login, claimed).await
    };
    settle(deps, &call, (participant, deed), (claimed, then), &news).await
}

async fn place(
    deps: &Deps,
    call: &ControlledCall,
    (participant, it): (ParticipantId, &Participant),
    login: &Login,
    claimed: Effect,
) -> (Effect, Vec<News>) {
    let callbacks = Callbacks::below(&*call.base_url);
    let address = BoothAddress::new(call.steered.call.id.clone(), participant, FIRST).write();
    let action = it.action.and_then(|id| call.steered.call.actions.get(&id));
    let action = action.map(|action| &action.command);
    let ring = action.and_then(Command::ring);
    let detected = callbacks.booth_detected(&address);
    let ordered = NewCall {
        to: &to(&it.address),
        from: &call.steered.call.number,
        url: &callbacks.booth(&address),
        // The same once more: whatever it was asked for last, it says what is wanted now.
        fallback_url: Some(&callbacks.booth(&address)),
        status_callback: &callbacks.booth_told(&address),
        seconds: ring.map_or(25, |ring| ring.ring_seconds),
        call_token: None,
        limit_seconds: Some(call.steered.call.limit_seconds).filter(|seconds| *seconds > 0),
        send_digits: ring.and_then(|ring| ring.send_digits.as_deref()),
        detection: match ring.map(|ring| ring.machine).unwrap_or_default() {
            Machine::Ignore => None,
            Machine::Tell => Some(Detection::Beside(&detected)),
            Machine::HangUp => Some(Detection::Before),
            Machine::WaitForBeep => Some(Detection::BeforeAndBeep),
        },
    };
    let placed = deps.rest.place_call(&call.account_sid, login, &ordered).await;
    let now = deps.clock.now();
    match placed {
        Ok(call_sid) => (Effect::Done, vec![News::Placed { participant, call_sid }]),
        Err(RestError::Rejected { code, message: _ }) => {
            tracing::warn!(call_id = call.steered.call.id.as_str(), code, "Twilio does not take a leg");
            (Effect::GivenUp, vec![News::Refused { participant, code }])
        }
        Err(error) => {
            failed(call, &error);
            let is_undone = is_surely_undone(&error);
            (if is_undone { undone(claimed, now) } else { unanswered(claimed, now) }, Vec::new())
        }
    }
}

/// What is done to a leg that is there. To do it twice does no harm.
async fn changed(
    deps: &Deps,
    call: &ControlledCall,
    (participant, sid): (ParticipantId, &CallSid),
    deed: Deed,
    login: &Login,
    claimed: Effect,
) -> (Effect, Vec<News>) {
    let account = &call.account_sid;
    let done = match deed {
        Deed::Cancel => match deps.rest.cancel_call(account, login, sid).await {
            Ok(Canceled::Yes) => Ok(Vec::new()),
            // It is picked up at this moment, or over.
            Ok(Canceled::NotRinging) => {
                deps.rest.complete_call(account, login, sid).await.map(|()| Vec::new())
            }
            Err(error) => Err(error),
        },
        Deed::Lead => {
            let wanted =
                call.steered.call.participants.get(&participant).map_or(FIRST, |it| it.wanted.version);
            let address = BoothAddress::new(call.steered.call.id.clone(), participant, wanted).write();
            let url = Callbacks::below(&*call.base_url).booth(&address);
            deps.rest.lead_call(account, login, sid, &url).await.map(|()| Vec::new())
        }
        Deed::Mute(muted) => mute(deps, call, (participant, sid), muted, login).await,
        Deed::Complete
        | Deed::Place
        // Of these it is not asked here.
        | Deed::Record
        | Deed::PauseRecording(_)
        | Deed::StopRecording
        | Deed::Feed(_)
        | Deed::StopFeed(_) => {
            deps.rest.complete_call(account, login, sid).await.map(|()| Vec::new())
        }
    };
    match done {
        Ok(news) => (Effect::Done, news),
        Err(error) => {
            failed(call, &error);
            (undone(claimed, deps.clock.now()), Vec::new())
        }
    }
}

async fn mute(
    deps: &Deps,
    call: &ControlledCall,
    (participant, sid): (ParticipantId, &CallSid),
    muted: bool,
    login: &Login,
) -> Result<Vec<News>, RestError> {
    let account = &call.account_sid;
    let Some(room) = deps.rest.room(account, login, call.steered.call.id.as_str()).await? else {
        return Err(RestError::NotFound("conference"));
    };
    let muted = deps.rest.mute(account, login, (&room, sid), muted).await?;
    Ok(vec![News::Muted { participant, muted }])
}

/// As Twilio has it. Headers and parameters go with the address.
fn to(address: &Address) -> String {
    let with = |address: String, parameters: &std::collections::BTreeMap<String, String>| {
        if parameters.is_empty() {
            return address;
        }
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        format!("{address}?{}", query.join("&"))
    };
    match address {
        Address::Phone { number } => number.reveal().to_owned(),
        Address::Sip { uri, headers } => with(uri.clone(), headers),
        Address::Client { identity, parameters } => with(format!("client:{identity}"), parameters),
        // Nobody is called there.
        // Nobody places a leg to those.
        Address::Owner | Address::Withheld => String::new(),
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use phone::PhoneNumber;

    use super::*;

    #[test]
    fn headers_and_parameters_go_with_the_address() {
        let pairs = || BTreeMap::from([("X-Order".to_owned(), "7 & 8".to_owned())]);
        let cases = [
            (Address::Phone { number: PhoneNumber::parse("+14155550142").unwrap() }, "+14155550142"),
            (
                Address::Sip { uri: "sip:ana@example.org".to_owned(), headers: pairs() },
                "sip:ana@example.org?X%2DOrder=7%20%26%208",
            ),
            (Address::Client { identity: "ana".to_owned(), parameters: BTreeMap::new() }, "client:ana"),
        ];
        for (address, expected) in cases {
            assert_eq!(to(&address), expected);
        }
    }
}

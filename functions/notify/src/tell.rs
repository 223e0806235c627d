//! Programs are told of a call, each by itself: what is in its log, event by event, until there is nothing more, or
//! something to wait for.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use domain::ApiKeyId;
use endpoint::{Endpoint, Message};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use live::telling::{Answer, Delivery, Next, Then};
use live::{CallId, Event, cloud_event_beside, event_id};
use runtime::telemetry::{self, Metric};
use runtime::{Failure, count};
use secrecy::SecretString;
use store::{StoreError, Written};

use crate::deps::Deps;

/// What is to be told so soon is waited for: the first two tries after one in vain.
const SOON: SignedDuration = SignedDuration::from_secs(4);

/// How long a program is told at a time. Then others have their turn, and it comes again.
const TAKES_AT_MOST: SignedDuration = SignedDuration::from_secs(25);

/// How many events are read at once.
const PAGE: u16 = 50;

/// What came of telling a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// Nobody is told of this call.
    NobodyListens,
    /// Everything was told.
    Told,
    /// Somebody else tells it.
    Elsewhere,
    /// It did not take an event: it is told again later.
    Waiting,
    /// There is more, which the next message is for.
    GoesOn,
}

/// Tells everybody who is told of a call what there is; how far that is for the one who is behind the most.
///
/// # Errors
/// When the store or the queue fails. What a program does not take is written down, and told again.
pub(crate) async fn tell(deps: &Deps, call: &CallId) -> Result<Progress, Failure> {
    let deliveries = deps.store.deliveries(call).await?;
    let one = |delivery| Box::pin(tell_one(deps, call, delivery));
    let told = join_all(deliveries.into_iter().map(one)).await;
    told.into_iter().try_fold(Progress::NobodyListens, |furthest, it| Ok(furthest.max(it?)))
}

async fn tell_one(deps: &Deps, call: &CallId, mut seen: Delivery) -> Result<Progress, Failure> {
    let until = deps.clock.now().checked_add(TAKES_AT_MOST)?;
    loop {
        let log = deps.store.events_after(call, seen.cursor, PAGE).await?;
        let now = deps.clock.now();
        let mut then = seen.clone();
        match then.next(&log, now) {
            Next::Told | Next::Disabled => {
                let is_read = log.len() < usize::from(PAGE) || then.cursor == seen.cursor;
                match seen.worth_writing(then, now) {
                    // Whoever was faster knows at least as much.
                    Some(then) => match deps.store.delivery_goes_on(call, &then).await? {
                        Written::Applied if !is_read => seen = then,
                        _ => return Ok(Progress::Told),
                    },
                    None => return Ok(Progress::Told),
                }
            }
            Next::Claimed(_) => return Ok(Progress::Elsewhere),
            Next::NotBefore(at) => {
                let wait = at.duration_since(now);
                if wait > SOON {
                    return Ok(Progress::Waiting);
                }
                if at >= until {
                    deps.later.wake_in(call.as_str(), wait).await?;
                    return Ok(Progress::GoesOn);
                }
                deps.clock.sleep(Duration::try_from(wait).unwrap_or_default()).await;
                seen = deps.store.delivery(call, &seen.url).await?;
            }
            Next::Tell(_) if now >= until => {
                deps.later.wake_now(call.as_str()).await?;
                return Ok(Progress::GoesOn);
            }
            Next::Tell(_) => {
                then.claim(drawn(), now);
                seen = match deps.store.delivery_goes_on(call, &then).await? {
                    Written::Applied => match tell_claimed(deps, call, then, &log, until).await? {
                        Some(released) => released,
                        None => return Ok(Progress::Elsewhere),
                    },
                    _ => deps.store.delivery(call, &seen.url).await?,
                };
            }
        }
    }
}

/// Tells what is in this piece of the log, and gives the claim back; none where somebody has taken it over. What came
/// into the log meanwhile is for whoever looks next, as nobody else did while it was claimed.
async fn tell_claimed(
    deps: &Deps,
    call: &CallId,
    mut mine: Delivery,
    log: &[Event],
    until: Timestamp,
) -> Result<Option<Delivery>, Failure> {
    while let Some(event) = mine.next_own(log) {
        let (answer, jitter) = (send(deps, call, &mine, event).await, drawn().to_be_bytes()[0]);
        let now = deps.clock.now();
        let then = mine.answered(event, answer, jitter, now);
        if then == Then::GivesUp {
            give_up(deps, call, &mut mine, log).await?;
        }
        let goes_on = then == Then::GoesOn && now < until && mine.clone().next_own(log).is_some();
        if goes_on {
            mine.claim(mine.claimed_by, now);
        } else {
            mine.release(now);
        }
        if deps.store.delivery_goes_on(call, &mine).await? != Written::Applied {
            return Ok(None);
        }
        if let Then::Again(at) = then {
            come_again(deps, call, at.duration_since(now)).await?;
        }
        if !goes_on {
            return Ok(Some(mine));
        }
    }
    let now = deps.clock.now();
    mine.release(now);
    let written = deps.store.delivery_goes_on(call, &mine).await?;
    Ok((written == Written::Applied).then_some(mine))
}

/// What is not waited for gets a message.
async fn come_again(deps: &Deps, call: &CallId, wait: SignedDuration) -> Result<(), Failure> {
    if wait > SOON { deps.later.wake_in(call.as_str(), wait).await } else { Ok(()) }
}

/// Gives up all that is in the log by now.
async fn give_up(deps: &Deps, call: &CallId, mine: &mut Delivery, log: &[Event]) -> Result<(), StoreError> {
    mine.give_up(log);
    loop {
        let more = deps.store.events_after(call, mine.cursor, PAGE).await?;
        let before = mine.cursor;
        mine.give_up(&more);
        if mine.cursor == before {
            break;
        }
    }
    count!(
        Metric::Untold,
        function = "notify",
        call_id = call.as_str(),
        host = host(mine),
        from = mine.gap.map(|gap| gap.from),
        to = mine.gap.map(|gap| gap.to),
    );
    Ok(())
}

async fn send(deps: &Deps, call: &CallId, mine: &Delivery, event: &Event) -> Answer {
    let (started, at) = (Instant::now(), deps.clock.now());
    let beside = mine.beside(event, at);
    let sent = async {
        let endpoint = Endpoint::parse(&mine.url, deps.reach)?;
        let secrets = deps.secrets.of(&ApiKeyId::parse(&mine.key)?, at).await?;
        let secrets: Vec<SecretString> = secrets.into_iter().map(Into::into).collect();
        let id = event_id(call, event.seq);
        let body = cloud_event_beside(call, event, beside).to_string();
        let message = Message { id: &id, at, body: &body };
        Ok::<_, Failure>(deps.sender.send(&endpoint, message, &secrets).await?)
    };
    let sent = sent.await;
    let answer = match &sent {
        Ok(answered) => Answer::of_status(answered.status.as_u16(), answered.retry_after),
        Err(_) => Answer::NotTaken { retry_after: None },
    };
    let outcome = match answer {
        Answer::Taken => "taken",
        Answer::Gone => "gone",
        Answer::NotTaken { .. } => "not-taken",
    };
    tracing::event!(
        target: telemetry::WEBHOOK,
        tracing::Level::INFO,
        function = "notify",
        outcome,
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
        call_id = call.as_str(),
        seq = event.seq,
        host = host(mine),
        status = sent.as_ref().ok().map(|answered| answered.status.as_u16()),
        attempt = mine.attempts + 1,
        late = beside.late,
        age_ms = at.duration_since(event.at).as_millis_f64(),
        error = sent.as_ref().err().map(Failure::to_string),
    );
    answer
}

/// As much of an address as may be told.
fn host(delivery: &Delivery) -> String {
    // As it was taken once, whatever may be reached now.
    let endpoint = Endpoint::parse(&delivery.url, endpoint::Reach::PublicAndLoopback);
    endpoint.map(|endpoint| endpoint.host().to_owned()).unwrap_or_default()
}

/// A number drawn by chance.
fn drawn() -> u64 {
    // A new hasher's keys are random: no need for more randomness than that.
    RandomState::new().hash_one(())
}

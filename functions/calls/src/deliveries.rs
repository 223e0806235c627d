//! Who is told of a call: how far, and what they are told again.

use api::{Reply, Request};
use domain::{OnceId, Scope};
use jiff::Timestamp;
use live::telling::{Delivery, DeliveryState, Tells};
use live::{CallId, Gap};
use serde::{Deserialize, Serialize};
use store::{StoreError, Written};

use crate::commands::again;
use crate::look::seen;
use crate::{Answer, Deps, Refused};

/// How often a change is tried that whoever tells keeps overtaking.
const ATTEMPTS: usize = 8;

/// Who is told of a call.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Deliveries<'a> {
    deliveries: Vec<DeliveryView<'a>>,
}

/// How far an endpoint is told of a call, as programs read it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Delivery"))]
struct DeliveryView<'a> {
    /// Its address, without what may be secret in it.
    url: &'a str,
    /// What it is told.
    tells: Tells,
    /// How far it is.
    state: DeliveryState,
    /// The number of the last event that it has taken, or that was given up.
    told_up_to: u64,
    /// How often the next one was told in vain.
    attempts: u32,
    /// When it is told again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
    /// Since when it is told nothing: it said so by 410.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    /// What it was never told.
    dead_letters: &'a [Gap],
}

impl<'a> DeliveryView<'a> {
    fn of(delivery: &'a Delivery, last: u64) -> Self {
        let Delivery { url, tells, cursor, attempts, not_before, disabled_at, dead, .. } = delivery;
        Self {
            url: url.split_once('?').map_or(url, |(url, _)| url),
            tells: *tells,
            state: delivery.state(last),
            told_up_to: *cursor,
            attempts: *attempts,
            next_attempt_at: *not_before,
            disabled_at: *disabled_at,
            dead_letters: dead,
        }
    }
}

/// From where on it is told again.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RedeliverRequest"))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RedeliverBody {
    /// Everything that comes after this event; what was given up, and what follows it, if nothing is said.
    after: Option<u64>,
}

pub(crate) async fn list(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Read)?;
    let call = seen(deps, request, id).await?;
    let deliveries = deps.store.deliveries(&call.id).await?;
    Ok(told(200, &deliveries, call.seq))
}

/// Everybody who is told of the call is told again.
pub(crate) async fn redeliver(deps: &Deps, request: &Request, id: &str) -> Answer {
    request.require(Scope::Control)?;
    let once: OnceId = request.require_idempotency_key()?;
    if let Some(before) = deps.store.once(&once, request.now).await? {
        return Ok(request.answered(&before));
    }
    let RedeliverBody { after } =
        if request.body.is_empty() { RedeliverBody::default() } else { request.body()? };
    let call = seen(deps, request, id).await?;
    let mut deliveries = Vec::new();
    for delivery in deps.store.deliveries(&call.id).await? {
        deliveries.push(told_again(deps, &call.id, delivery, after, request.now).await?);
    }
    deps.controls.teller.wake_for(&call.id).await;
    let reply = told(202, &deliveries, call.seq);
    let kept = request.once(once, &reply);
    match deps.store.keep_once(&kept, request.now).await? {
        Written::Conflict => again(deps, request, &kept.id).await,
        _ => Ok(reply),
    }
}

async fn told_again(
    deps: &Deps,
    call: &CallId,
    mut delivery: Delivery,
    after: Option<u64>,
    now: Timestamp,
) -> Result<Delivery, Refused> {
    for _ in 0..ATTEMPTS {
        delivery.redeliver(after, now);
        if deps.store.delivery_goes_on(call, &delivery).await? == Written::Applied {
            return Ok(delivery);
        }
        delivery = deps.store.delivery(call, &delivery.url).await?;
    }
    Err(StoreError::Conflict.into())
}

fn told(status: u16, deliveries: &[Delivery], last: u64) -> Reply {
    let deliveries = deliveries.iter().map(|delivery| DeliveryView::of(delivery, last)).collect();
    Reply::json(status, &Deliveries { deliveries })
}

//! The net below all messages: once a minute, whoever is to be told by then is told.

use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use live::CallId;
use runtime::Failure;
use store::DeliveryPart;

use crate::deps::Deps;
use crate::tell::{Progress, tell};

/// What has been due for less than this has a message under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(5);

/// How many calls are looked at at once.
const AT_ONCE: usize = 8;

/// What a look at all that is due came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Calls of which somebody was to be told.
    pub due: usize,
    /// Those of which something failed.
    pub failed: usize,
    /// Those there was no time for.
    pub left: usize,
}

pub(crate) async fn sweep(deps: &Deps, until: Timestamp) -> (Summary, Result<(), Failure>) {
    let (mut summary, mut result) = (Summary::default(), Ok(()));
    let by = deps.clock.now().checked_sub(UNDER_WAY).unwrap_or(Timestamp::MIN);
    let mut due = Vec::new();
    for part in DeliveryPart::all() {
        match deps.store.deliveries_due(part, by).await {
            Ok(page) => due.extend(page),
            Err(error) => result = Err(error.into()),
        }
    }
    summary.due = due.len();
    let mut calls = stream::iter(due).map(|call| in_time(deps, call, until)).buffer_unordered(AT_ONCE);
    while let Some(progress) = calls.next().await {
        match progress {
            Some(Ok(_)) => {}
            Some(Err(failure)) => {
                summary.failed += 1;
                result = Err(failure);
            }
            None => summary.left += 1,
        }
    }
    (summary, result)
}

/// Not begun once the time is up.
async fn in_time(deps: &Deps, call: CallId, until: Timestamp) -> Option<Result<Progress, Failure>> {
    if deps.clock.now() >= until {
        return None;
    }
    Some(Box::pin(tell(deps, &call)).await)
}

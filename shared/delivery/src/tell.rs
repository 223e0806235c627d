//! Tells other programs what happened.

use crate::events::Event;
use domain::{Entry, Trouble};
use jiff::{SignedDuration, Timestamp};
use lifecycle::{Step, UNTOLD};
use runtime::{Failure, telemetry};

use crate::progress::{Progress, again};
use crate::worker::Worker;

/// For how long a row that is done but for this is left alone. Longer than the queue holds a message
/// back: an outage of the topic is to make no dead letters.
const PUT_OFF: SignedDuration = SignedDuration::from_mins(10);

/// What came of telling.
pub(crate) enum Told {
    /// There was nothing to tell, or it has to wait.
    Nothing,
    /// Everything is out, and the row says so: it is to be read anew.
    All,
    /// It is all that is left to do, and it failed.
    Not(Failure),
}

/// Publishes what is not out, and records that it is: at least once, for it is recorded after it.
///
/// While something else is still to be done a topic that fails holds up nothing: the same is told
/// again later. A row is only closed when all is out.
pub(crate) async fn tell(
    worker: &Worker,
    entry: Entry<'_>,
    events: &[Event],
    trouble: Option<&Trouble>,
    step: Step,
) -> Told {
    let is_time = matches!(step, Step::Wait { .. } | Step::Close);
    let topic = worker.events.as_ref().filter(|_| is_time && !events.is_empty());
    let Some(topic) = topic else { return Told::Nothing };
    let published = async {
        for event in events {
            topic.publish(event.kind, &event.body.to_string()).await?;
        }
        let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
        if trouble.is_some_and(|trouble| trouble.last_error.starts_with(UNTOLD)) {
            worker.store.published_at_last(entry, &names).await?;
        } else {
            worker.store.published(entry, &names).await?;
        }
        Ok::<_, Failure>(())
    };
    match published.await {
        Ok(()) => Told::All,
        Err(failure) if step == Step::Close => Told::Not(failure),
        Err(failure) => {
            tracing::warn!(target: telemetry::WEBHOOK, error = %failure, "an event can't be published yet");
            Told::Nothing
        }
    }
}

/// Leaves a row open whose events are not out.
pub(crate) async fn put_off(worker: &Worker, entry: Entry<'_>, failure: Failure) -> Progress {
    let next = worker.clock.now().checked_add(PUT_OFF).unwrap_or(Timestamp::MAX);
    let recorded = worker.store.step_failed(entry, &format!("{UNTOLD}{failure}"), next).await;
    again(recorded, failure)
}

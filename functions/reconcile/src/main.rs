//! The Lambda function: reads the environment once, opens its connections, serves.

use aws::{Aws, SecretSource};
use jiff::{SignedDuration, Timestamp};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use lifecycle::TimeBox;
use reconcile::{DeadLetters, Deps, TIME_LIMIT, Waker, handle};
use runtime::{Clock, telemetry};
use serde::de::IgnoredAny;
use store::{Store, Tables};
use twilio::Accounts;

/// What is kept of the function's time for one request that hangs, and for telling of it.
const RESERVE: SignedDuration = SignedDuration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let time_box = std::env::var("TIME_BOX_SECONDS").map_or(Ok(120), |text| text.parse())?;
    // Without a queue, that a row is written wakes the worker.
    let queue = std::env::var("DELIVER_QUEUE_URL").ok().filter(|url| !url.is_empty());
    let dead_letters = std::env::var("DEAD_LETTER_QUEUE_URL").ok().filter(|url| !url.is_empty());
    let deps = Deps {
        store: Store::new(aws.dynamodb(), Tables::from_env()),
        rest: twilio::Rest::from_env(),
        accounts: Accounts::from_source(SecretSource::from_env(&aws, "TWILIO_SECRET")?),
        waker: queue.map_or_else(Waker::by_row_alone, |url| Waker::of_queue(aws.sqs(), url)),
        dead_letters: dead_letters.map(|url| DeadLetters::of_queue(aws.sqs(), url)),
        time_box: TimeBox::seconds(time_box),
        clock: Clock::system(),
    };
    let deps = &deps;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<IgnoredAny>| async move {
        let now = deps.clock.now();
        let limit = now.checked_add(TIME_LIMIT)?;
        // Where the function is given less time than the template gives it, a minute less than that.
        let given = Timestamp::from_millisecond(i64::try_from(event.context.deadline)?)?;
        let until = limit.min(given.checked_sub(RESERVE)?).max(now);
        // What failed is in the log and in the metrics; the next run comes by itself.
        handle(deps, until).await.map_err(|failure| lambda_http::Error::from(failure.to_string()))
    }))
    .await
}

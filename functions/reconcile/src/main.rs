//! The Lambda function: reads its environment once, opens its connections, serves.

use std::process::ExitCode;

use aws::{Aws, SecretSource};
use jiff::{SignedDuration, Timestamp};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use reconcile::{Configuration, DeadLetters, Deps, TIME_LIMIT, Waker, handle};
use runtime::{Clock, Environment, Failure};
use serde::de::IgnoredAny;
use store::Store;
use twilio::Accounts;

/// What is kept of the function's time for one request that hangs, and for telling of it.
const RESERVE: SignedDuration = SignedDuration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::start("reconcile", serve).await
}

async fn serve(environment: Environment) -> Result<(), Failure> {
    let told = Configuration::read(&environment)?;
    let aws = Aws::read(&environment)?;
    let deps = Deps {
        store: Store::new(aws.dynamodb(), told.tables),
        rest: twilio::Rest::read(&environment),
        accounts: Accounts::from_source(SecretSource::at(&aws, told.twilio_secret)),
        waker: told.deliver_queue.map_or_else(Waker::by_row_alone, |url| Waker::of_queue(aws.sqs(), url)),
        dead_letters: told.dead_letter_queue.map(|url| DeadLetters::of_queue(aws.sqs(), url)),
        time_box: told.time_box,
        clock: Clock::system(),
    };
    let deps = &deps;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<IgnoredAny>| async move {
        let now = deps.clock.now();
        let limit = now.checked_add(TIME_LIMIT)?;
        // Where the function is given less time than the template gives it, a minute less than that.
        let given = Timestamp::from_millisecond(i64::try_from(event.context.deadline)?)?;
        let until = limit.min(given.checked_sub(RESERVE)?).max(now);
        // What failed is in the log and in the metrics; the next run comes by itself.
        handle(deps, until).await.map_err(|failure| lambda_http::Error::from(failure.to_string()))
    }));
    served.await.map_err(Failure::from)
}

//! The Lambda function: reads its environment once, serves.

use std::process::ExitCode;

use aws::Aws;
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use mail_events::{Deps, TopicEvent, handle};
use runtime::{Environment, Failure};
use store::{Store, Tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::start("mail-events", serve).await
}

/// It is told of nothing but its tables.
async fn serve(environment: Environment) -> Result<(), Failure> {
    let tables = Tables::read(&environment)?;
    let aws = Aws::read(&environment)?;
    // Nobody waits for this function: it opens its connection when it needs it.
    let deps = Deps { store: Store::new(aws.dynamodb(), tables) };
    let deps = &deps;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<TopicEvent>| async move {
        // Lambda calls again when it fails, and after the third time hands it to whoever is asked
        // to take what failed.
        Box::pin(handle(deps, event.payload))
            .await
            .map_err(|failure| lambda_http::Error::from(failure.to_string()))
    }));
    served.await.map_err(Failure::from)
}

//! The Lambda function: reads the environment once, opens its connections, serves.

use aws::Aws;
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use mail_events::{Deps, TopicEvent, handle};
use runtime::telemetry;
use store::{Store, Tables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    // Nobody waits for this function: it opens its connection when it needs it.
    let deps = Deps { store: Store::new(aws.dynamodb(), Tables::from_env()) };
    let deps = &deps;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<TopicEvent>| async move {
        // Lambda calls again when it fails, and after the third time hands it to whoever is asked
        // to take what failed.
        Box::pin(handle(deps, event.payload))
            .await
            .map_err(|failure| lambda_http::Error::from(failure.to_string()))
    }))
    .await
}

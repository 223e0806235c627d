//! The Lambda function: reads the environment once, opens its connections, serves.

use aws::{Aws, MissingVariable, SecretSource};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use retention::{Deps, Limits, Request, handle};
use runtime::{Clock, telemetry};
use store::{Store, Tables};
use twilio::Accounts;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let deps = Deps {
        store: Store::new(aws.dynamodb(), Tables::from_env()),
        s3: aws.s3(),
        bucket: std::env::var("AUDIO_BUCKET").map_err(|_| MissingVariable("AUDIO_BUCKET"))?,
        rest: twilio::Rest::from_env(),
        accounts: Accounts::from_source(SecretSource::from_env(&aws, "TWILIO_SECRET")?),
        clock: Clock::system(),
        limits: Limits::default(),
    };
    let deps = &deps;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Request>| async move {
        handle(deps, event.payload)
            .await
            .map(|_| ())
            .map_err(|failure| lambda_http::Error::from(failure.to_string()))
    }))
    .await
}

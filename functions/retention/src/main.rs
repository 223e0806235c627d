//! The Lambda function: reads its environment once, opens its connections, serves.

use std::process::ExitCode;

use aws::{Aws, SecretSource};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use retention::{Configuration, Deps, Limits, Request, handle};
use runtime::{Clock, Environment, Failure};
use store::Store;
use twilio::Accounts;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::start("retention", serve).await
}

async fn serve(environment: Environment) -> Result<(), Failure> {
    let Configuration { tables, bucket, twilio_secret } = Configuration::read(&environment)?;
    let aws = Aws::read(&environment)?;
    let deps = Deps {
        store: Store::new(aws.dynamodb(), tables),
        bucket: aws.bucket(&bucket)?,
        rest: twilio::Rest::read(&environment),
        accounts: Accounts::from_source(SecretSource::at(&aws, twilio_secret)),
        clock: Clock::system(),
        limits: Limits::default(),
    };
    let deps = &deps;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Request>| async move {
        Box::pin(handle(deps, event.payload))
            .await
            .map(|_| ())
            .map_err(|failure| lambda_http::Error::from(failure.to_string()))
    }));
    served.await.map_err(Failure::from)
}

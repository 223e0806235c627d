//! The Lambda function: reads the environment once, opens its connections, serves.

use aws::{Aws, SecretSource};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use reconcile::{Deps, handle};
use serde::de::IgnoredAny;
use store::{Store, Tables};
use voicemail::TimeBox;
use webhook::{Accounts, Clock, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let time_box = std::env::var("TIME_BOX_SECONDS").map_or(Ok(120), |text| text.parse())?;
    let deps = Deps {
        store: Store::new(aws.dynamodb(), Tables::from_env()),
        rest: twilio::Rest::from_env(),
        accounts: Accounts::from_source(SecretSource::from_env(&aws, "TWILIO_SECRET")?),
        time_box: TimeBox::seconds(time_box),
        clock: Clock::system(),
    };
    let deps = &deps;
    lambda_runtime::run(service_fn(move |_: LambdaEvent<IgnoredAny>| async move {
        // What failed is in the log and in the metrics; the next run comes by itself.
        handle(deps).await.map_err(|failure| failure.to_string())
    }))
    .await
}

//! The Lambda function: reads the environment once, opens its connections, serves.

use std::convert::Infallible;

use aws::{Aws, MissingVariable, SecretSource};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use listen::{Deps, handle};
use store::{Store, Tables};
use voicemail::link::LinkKey;
use webhook::{Clock, Event, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let meanwhile = async {
        let link_secret = SecretSource::from_env(&aws, "LINK_SECRET")?;
        let store = async { Store::new(aws.dynamodb(), Tables::from_env()) };
        Ok::<_, MissingVariable>(tokio::join!(link_secret.read(), store))
    };
    let (link_secret, store) = aws.connect_dynamodb(meanwhile).await?;
    let deps = Deps {
        store,
        bucket: aws.bucket(&std::env::var("AUDIO_BUCKET").map_err(|_| MissingVariable("AUDIO_BUCKET"))?)?,
        link_key: LinkKey::new(link_secret?)?,
        clock: Clock::system(),
    };
    let deps = &deps;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        Ok::<_, Infallible>(handle(deps, event.payload).await)
    }))
    .await
}

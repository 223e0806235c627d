//! The Lambda function: reads the environment once, opens its connections, serves.

use std::convert::Infallible;

use aws::{Aws, MissingVariable, SecretSource};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use link::LinkKey;
use listen::{Deps, LinkKeys, handle};
use runtime::{Clock, telemetry};
use store::{Store, Tables};
use webhook::Event;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let meanwhile = async {
        let link_secret = SecretSource::from_env(&aws, "LINK_SECRET")?;
        let store = async { Store::new(aws.dynamodb(), Tables::from_env()) };
        let (known, store) = tokio::join!(link_secret.read(), store);
        Ok::<_, MissingVariable>((link_secret, known, store))
    };
    let (link_secret, known, store) = aws.connect_dynamodb(meanwhile).await?;
    let deps = Deps {
        store,
        bucket: aws.bucket(&std::env::var("AUDIO_BUCKET").map_err(|_| MissingVariable("AUDIO_BUCKET"))?)?,
        link_keys: LinkKeys::new(LinkKey::new(known?)?, move || {
            let source = link_secret.clone();
            async move { Ok(LinkKey::new(source.read().await?)?) }
        }),
        clock: Clock::system(),
    };
    let deps = &deps;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        Ok::<_, Infallible>(handle(deps, event.payload).await)
    }))
    .await
}

//! The Lambda function: reads its environment once, opens its connections, serves.

use std::convert::Infallible;
use std::process::ExitCode;

use aws::{Aws, SecretSource};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use link::LinkKey;
use listen::{Configuration, Deps, Event, LinkKeys, handle};
use runtime::{Clock, Environment, Failure};
use store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::start("listen", serve).await
}

async fn serve(environment: Environment) -> Result<(), Failure> {
    let Configuration { tables, bucket, link_secret } = Configuration::read(&environment)?;
    let aws = Aws::read(&environment)?;
    let link_secret = SecretSource::at(&aws, link_secret);
    let meanwhile = async {
        let store = async { Store::new(aws.dynamodb(), tables) };
        tokio::join!(link_secret.read(), store)
    };
    let (known, store) = Box::pin(aws.connect_dynamodb(meanwhile)).await;
    let deps = Deps {
        store,
        bucket: aws.bucket(&bucket)?,
        link_keys: LinkKeys::new(LinkKey::new(known?)?, move || {
            let source = link_secret.clone();
            async move { Ok(LinkKey::new(source.read().await?)?) }
        }),
        clock: Clock::system(),
    };
    let deps = &deps;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        Ok::<_, Infallible>(handle(deps, event.payload).await)
    }));
    served.await.map_err(Failure::from)
}

//! The Lambda function: reads its environment once, opens its connections, serves.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use api::{Door, Event};
use aws::{Aws, SecretSource};
use calls::{Configuration, Deps, LinkSigner, handle};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use runtime::{Clock, Environment, Failure};
use steering::{Controls, Waker};
use store::Store;
use twilio::{Accounts, Rest};

/// How long Twilio may take to answer: a program waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::start("calls", serve).await
}

async fn serve(environment: Environment) -> Result<(), Failure> {
    let Configuration {
        tables,
        twilio_secret,
        link_secret,
        act_queue_url,
        notify_queue_url,
        reach,
        public_base_url,
        long_poll,
    } = Configuration::read(&environment)?;
    let aws = Aws::read(&environment)?;
    let clock = Clock::system();
    let store = Store::new(aws.dynamodb(), tables);
    let waker = |url: &str| {
        let queue = aws.queue(url);
        Waker::new(clock.clone(), move |body| {
            let queue = queue.clone();
            async move { Ok(queue.send(&body, Duration::ZERO).await?) }
        })
    };
    let (waker, teller) = (waker(&act_queue_url), waker(&notify_queue_url));
    let deps = Deps {
        door: Arc::new(Door::new(store.clone(), clock.clone())),
        controls: Controls { store: store.clone(), waker: Some(waker), teller },
        store,
        accounts: Arc::new(Accounts::from_source(SecretSource::at(&aws, twilio_secret))),
        rest: Rest::read(&environment).with_patience(PATIENCE),
        public_base_url,
        reach,
        links: LinkSigner::new(SecretSource::at(&aws, link_secret)),
        long_poll,
        clock,
    };
    let deps = &deps;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        Ok::<_, Infallible>(handle(deps, event.payload).await)
    }));
    served.await.map_err(Failure::from)
}

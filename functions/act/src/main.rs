//! The Lambda function: reads its environment once, opens its connections, serves.

use std::process::ExitCode;
use std::time::Duration;

use act::{Configuration, Deps, Event, Later, handle, look_at_all};
use aws::{Aws, SecretSource};
use jiff::SignedDuration;
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use runtime::{Clock, Environment, Failure};
use steering::Waker;
use store::Store;
use twilio::Accounts;

/// How long Twilio may take to answer: less than a claim holds, so that nobody places what somebody still may.
const PATIENCE: Duration = Duration::from_secs(7);

/// How long a look at all calls begins with further ones. Each may take as long as a message, within the minute.
const LOOK_TAKES: SignedDuration = SignedDuration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::start("act", serve).await
}

async fn serve(environment: Environment) -> Result<(), Failure> {
    let Configuration { tables, twilio_secret, queue, notify_queue_url } = Configuration::read(&environment)?;
    let aws = Aws::read(&environment)?;
    let (clock, notify) = (Clock::system(), aws.queue(&notify_queue_url));
    let teller = Waker::new(clock.clone(), move |body| {
        let notify = notify.clone();
        async move { Ok(notify.send(&body, Duration::ZERO).await?) }
    });
    let deps = Deps {
        store: Store::new(aws.dynamodb(), tables),
        rest: twilio::Rest::read(&environment).with_patience(PATIENCE),
        accounts: Accounts::from_source(SecretSource::at(&aws, twilio_secret)),
        later: Later::of_queue(aws.queue(&queue)),
        teller,
        clock,
    };
    let deps = &deps;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        match event.payload {
            Event::Messages(messages) => Ok(serde_json::to_value(handle(deps, messages).await)?),
            Event::Schedule(_) => {
                let until = deps.clock.now().checked_add(LOOK_TAKES)?;
                // What failed is in the log and in the metrics; the next look comes by itself.
                let looked = look_at_all(deps, until).await;
                looked.map(|_| serde_json::Value::Null).map_err(|it| lambda_http::Error::from(it.to_string()))
            }
        }
    }));
    served.await.map_err(Failure::from)
}

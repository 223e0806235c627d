//! The Lambda function: reads its environment once, opens its connections, serves.

use std::process::ExitCode;
use std::time::Duration;

use act::{Configuration, Deps};
use aws::{Aws, SecretSource};
use runtime::{Clock, Environment, Failure};
use steering::Waker;
use store::Store;
use twilio::Accounts;
use worker::Later;

/// How long Twilio may take to answer: less than a claim holds, so that nobody places what somebody still may.
const PATIENCE: Duration = Duration::from_secs(7);

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
    worker::serve(&deps).await
}

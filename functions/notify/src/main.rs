//! The Lambda function: reads its environment once, opens its connections, serves.

use std::process::ExitCode;

use api::CallbackSecrets;
use aws::{Aws, SecretSource};
use endpoint::Sender;
use notify::{Configuration, Deps};
use runtime::{Clock, Environment, Failure};
use store::Store;
use worker::Later;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::start("notify", serve).await
}

async fn serve(environment: Environment) -> Result<(), Failure> {
    let Configuration { tables, callback_secret, queue, reach } = Configuration::read(&environment)?;
    let aws = Aws::read(&environment)?;
    let deps = Deps {
        store: Store::new(aws.dynamodb(), tables),
        sender: Sender::new(reach),
        reach,
        secrets: CallbackSecrets::from_source(SecretSource::at(&aws, callback_secret)),
        later: Later::of_queue(aws.queue(&queue)),
        clock: Clock::system(),
    };
    worker::serve(&deps).await
}

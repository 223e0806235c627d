//! The Lambda function: reads its environment once, opens its connections, serves.

use std::convert::Infallible;
use std::process::ExitCode;

use aws::{Aws, SecretSource};
use aws_lambda_events::sqs::SqsEvent;
use deliver::{Configuration, handle};
use delivery::{Pace, Worker};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use link::LinkKey;
use runtime::{Clock, Environment, Failure};
use store::Store;
use twilio::Accounts;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::start("deliver", serve).await
}

async fn serve(environment: Environment) -> Result<(), Failure> {
    let told = Configuration::read(&environment)?;
    let aws = Aws::read(&environment)?;
    // Nobody waits on the line for this function, so it opens its connections when it needs them.
    let link_secret = SecretSource::at(&aws, told.link_secret).read().await?;
    let worker = Worker {
        store: Store::new(aws.dynamodb(), told.tables),
        bucket: aws.bucket(&told.bucket)?,
        ses: aws.ses(),
        sender: told.sender,
        pace: Pace::new(told.mails_per_second, told.workers),
        link_key: LinkKey::new(link_secret)?,
        rest: twilio::Rest::read(&environment),
        accounts: Accounts::from_source(SecretSource::at(&aws, told.twilio_secret)),
        transcribe: aws.transcribe(),
        events: told.events_topic.map(|arn| aws.topic(&arn)),
        transcribe_concurrency: told.transcribe_concurrency,
        time_box: told.time_box,
        clock: Clock::system(),
    };
    let worker = &worker;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Infallible>(handle(worker, event.payload).await)
    }));
    served.await.map_err(Failure::from)
}

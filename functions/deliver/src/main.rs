//! The Lambda function: reads the environment once, opens its connections, serves.

use std::convert::Infallible;

use aws::{Aws, MissingVariable, SecretSource};
use aws_lambda_events::sqs::SqsEvent;
use deliver::handle;
use delivery::mail::Sender;
use delivery::{Pace, Worker, jobs_to_see};
use domain::EmailAddress;
use jiff::SignedDuration;
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use lifecycle::TimeBox;
use link::LinkKey;
use runtime::{Clock, telemetry};
use store::{Store, Tables};
use twilio::Accounts;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let store = Store::new(aws.dynamodb(), Tables::from_env());
    let link_secret = SecretSource::from_env(&aws, "LINK_SECRET")?;
    // Nobody waits on the line for this function, so it opens its connections when it needs them.
    let link_secret = link_secret.read().await;
    let required = |name| std::env::var(name).map_err(|_| MissingVariable(name));
    let number = |name, default| std::env::var(name).map_or(Ok(default), |text| text.parse());
    let sender = Sender {
        from: EmailAddress::parse(&required("MAIL_FROM")?)?,
        configuration_set: std::env::var("SES_CONFIGURATION_SET").ok().filter(|name| !name.is_empty()),
        link_base_url: required("PUBLIC_BASE_URL")?,
        link_lifetime: SignedDuration::from_hours(24 * i64::from(number("LINK_DAYS", 30u32)?)),
    };
    let workers = number("DELIVER_CONCURRENCY", 14)?;
    let worker = Worker {
        store,
        bucket: aws.bucket(&required("AUDIO_BUCKET")?)?,
        ses: aws.ses(),
        sender,
        pace: Pace::new(number("MAILS_PER_SECOND", 14)?, workers),
        link_key: LinkKey::new(link_secret?)?,
        rest: twilio::Rest::from_env(),
        accounts: Accounts::from_source(SecretSource::from_env(&aws, "TWILIO_SECRET")?),
        transcribe: aws.transcribe(),
        events: std::env::var("EVENTS_TOPIC_ARN")
            .ok()
            .filter(|arn| !arn.is_empty())
            .map(|arn| aws.topic(&arn)),
        transcribe_concurrency: jobs_to_see(number("TRANSCRIBE_CONCURRENCY", 20)?, workers),
        time_box: TimeBox::seconds(number("TIME_BOX_SECONDS", 120)?),
        clock: Clock::system(),
    };
    let worker = &worker;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Infallible>(handle(worker, event.payload).await)
    }))
    .await
}

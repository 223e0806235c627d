//! The Lambda function: reads the environment once, opens its connections, serves.

use aws::{Aws, SecretSource};
use store::{Store, Tables};
use transcription::{Deps, endpoint, handle};
use webhook::{Accounts, Clock, Gate, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let store = Store::new(aws.dynamodb(), Tables::from_env());
    let gate = Gate::from_env(Accounts::from_source(SecretSource::from_env(&aws, "TWILIO_SECRET")?));
    tokio::join!(aws.connect_dynamodb(), gate.warm());
    let deps = Deps { store, clock: Clock::system() };
    Box::pin(webhook::run(gate, endpoint(), |transcribed| handle(&deps, transcribed))).await
}

//! The Lambda function: reads the environment once, opens its connections, serves.

use aws::{Aws, MissingVariable, SecretSource};
use dial_outcome::{Deps, endpoint, handle};
use runtime::{Clock, telemetry};
use store::{Store, Tables};
use twilio::Accounts;
use webhook::Gate;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::from_env()?;
    let meanwhile = async {
        let gate = Gate::from_env(Accounts::from_source(SecretSource::from_env(&aws, "TWILIO_SECRET")?));
        let store = async { Store::new(aws.dynamodb(), Tables::from_env()) };
        let ((), store) = tokio::join!(gate.warm(), store);
        Ok::<_, MissingVariable>((gate, store))
    };
    let (gate, store) = aws.connect_dynamodb(meanwhile).await?;
    let deps = Deps { store, clock: Clock::system() };
    Box::pin(webhook::run(gate, endpoint(deps.store.clone()), |ended| handle(&deps, ended))).await
}

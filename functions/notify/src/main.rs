//! The Lambda function: reads its environment once, opens its connections, serves.

use std::process::ExitCode;

use api::CallbackSecrets;
use aws::{Aws, SecretSource};
use endpoint::Sender;
use jiff::SignedDuration;
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use notify::{Configuration, Deps, Event, Later, handle, look_at_all};
use runtime::{Clock, Environment, Failure};
use store::Store;

/// How long a look at all that is due begins with further calls. Each may take as long as a message, within the minute.
const LOOK_TAKES: SignedDuration = SignedDuration::from_secs(20);

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

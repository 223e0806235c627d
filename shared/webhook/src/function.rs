//! A webhook as a function on Lambda.

use std::convert::Infallible;
use std::process::ExitCode;
use std::time::Duration;

use aws::{Aws, SecretAt, SecretSource};
use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use runtime::{BadVariable, Clock, Environment, Failure};
use steering::Waker;
use store::{Store, Tables};
use twilio::Accounts;

use crate::door::{Webhook, serve};
use crate::{Event, Gate};

/// What a webhook works with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The tables.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Wakes the worker that rings people.
    pub waker: Waker,
    /// Wakes the one that tells programs.
    pub teller: Waker,
}

/// What a webhook's function is told by its environment.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// `NUMBERS_TABLE`, `CALLS_TABLE`, `VOICEMAILS_TABLE`, `LIVE_CALLS_TABLE`, `ACCESS_TABLE`.
    pub tables: Tables,
    /// `TWILIO_SECRET_ID`, or `TWILIO_SECRET`: the accounts and their tokens.
    pub twilio_secret: SecretAt,
    /// `PUBLIC_BASE_URL`: what Twilio calls, where that is not API Gateway itself.
    pub public_base_url: Option<String>,
    /// `ACT_QUEUE_URL`: the queue of the worker that rings people; a function that lets nobody ring has none.
    pub act_queue_url: Option<String>,
    /// `NOTIFY_QUEUE_URL`: the queue of the one that tells programs; a function of whose calls none is told has none.
    pub notify_queue_url: Option<String>,
}

impl Configuration {
    /// # Errors
    /// [`BadVariable`] names the first one that is missing.
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        Ok(Self {
            tables: Tables::read(environment)?,
            twilio_secret: SecretAt::read(environment, "TWILIO_SECRET")?,
            public_base_url: environment.text("PUBLIC_BASE_URL"),
            act_queue_url: environment.text("ACT_QUEUE_URL"),
            notify_queue_url: environment.text("NOTIFY_QUEUE_URL"),
        })
    }
}

/// Serves a webhook on Lambda until the environment ends. While the connection to the tables is opened,
/// the secret is read: the first caller waits for neither.
pub async fn run<W: Webhook>(webhook: impl FnOnce(Deps) -> W) -> ExitCode {
    runtime::start(W::NAME, async |environment| {
        let Configuration { tables, twilio_secret, public_base_url, act_queue_url, notify_queue_url } =
            Configuration::read(&environment)?;
        let aws = Aws::read(&environment)?;
        let meanwhile = async {
            let accounts = Accounts::from_source(SecretSource::at(&aws, twilio_secret));
            let gate = Gate::new(accounts, public_base_url);
            let store = async { Store::new(aws.dynamodb(), tables) };
            let ((), store) = tokio::join!(gate.warm(), store);
            (gate, store)
        };
        let (gate, store) = aws.connect_dynamodb(meanwhile).await;
        let clock = Clock::system();
        let waker = self::waker(&aws, act_queue_url, &clock);
        let teller = self::waker(&aws, notify_queue_url, &clock);
        let webhook = webhook(Deps { store, clock, waker, teller });
        let (gate, webhook) = (&gate, &webhook);
        let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
            Ok::<_, Infallible>(Box::pin(serve(gate, webhook, event.payload)).await)
        }));
        served.await.map_err(Failure::from)
    })
    .await
}

fn waker(aws: &Aws, queue_url: Option<String>, clock: &Clock) -> Waker {
    let queue = queue_url.map(|url| aws.queue(&url));
    Waker::new(clock.clone(), move |body| {
        let queue = queue.clone();
        async move {
            match queue {
                Some(queue) => Ok(queue.send(&body, Duration::ZERO).await?),
                None => Ok(()),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [(&str, &str); 6] = [
        ("NUMBERS_TABLE", "numbers"),
        ("CALLS_TABLE", "calls"),
        ("VOICEMAILS_TABLE", "voicemails"),
        ("LIVE_CALLS_TABLE", "live-calls"),
        ("ACCESS_TABLE", "access"),
        ("TWILIO_SECRET_ID", "twilio"),
    ];

    #[test]
    fn what_is_missing_is_named_and_the_rest_goes_unsaid() {
        Configuration::read(&Environment::given(NEEDED)).unwrap();
        for (missing, _) in NEEDED {
            let others = NEEDED.into_iter().filter(|(name, _)| *name != missing);
            let error = Configuration::read(&Environment::given(others)).unwrap_err();
            assert_eq!(error, BadVariable::NotSet { name: missing.to_owned() });
        }
    }
}

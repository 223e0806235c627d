//! What the function is told by its environment.

use aws::SecretAt;
use runtime::{BadVariable, Environment};
use store::Tables;

/// What the worker is told.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// `NUMBERS_TABLE`, `CALLS_TABLE`, `VOICEMAILS_TABLE`, `LIVE_CALLS_TABLE`, `ACCESS_TABLE`.
    pub tables: Tables,
    /// `TWILIO_SECRET_ID`, or `TWILIO_SECRET`: as whom to place calls.
    pub twilio_secret: SecretAt,
    /// `ACT_QUEUE_URL`: its own queue, to which it sends what is to be done later.
    pub queue: String,
    /// `NOTIFY_QUEUE_URL`: the queue of the one that tells programs.
    pub notify_queue_url: String,
}

impl Configuration {
    /// # Errors
    /// [`BadVariable`] names the first one that is missing or bad.
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        Ok(Self {
            tables: Tables::read(environment)?,
            twilio_secret: SecretAt::read(environment, "TWILIO_SECRET")?,
            queue: environment.required("ACT_QUEUE_URL")?,
            notify_queue_url: environment.required("NOTIFY_QUEUE_URL")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [(&str, &str); 8] = [
        ("NUMBERS_TABLE", "numbers"),
        ("CALLS_TABLE", "calls"),
        ("VOICEMAILS_TABLE", "voicemails"),
        ("LIVE_CALLS_TABLE", "live-calls"),
        ("ACCESS_TABLE", "access"),
        ("TWILIO_SECRET_ID", "twilio"),
        ("ACT_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/act"),
        ("NOTIFY_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/notify"),
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

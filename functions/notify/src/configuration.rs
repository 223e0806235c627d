//! What the function is told by its environment.

use aws::SecretAt;
use endpoint::Reach;
use runtime::{BadVariable, Environment};
use store::Tables;

/// What the function is told.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// `NUMBERS_TABLE`, `CALLS_TABLE`, `VOICEMAILS_TABLE`, `LIVE_CALLS_TABLE`, `ACCESS_TABLE`.
    pub tables: Tables,
    /// `CALLBACK_SECRET_ID`, or `CALLBACK_SECRET`: what signs what programs are told.
    pub callback_secret: SecretAt,
    /// `NOTIFY_QUEUE_URL`: its own queue, to which it sends what is to be told later.
    pub queue: String,
    /// `CALLBACKS_MAY_BE_LOCAL`: whether programs on the same machine are told, and without TLS.
    pub reach: Reach,
}

impl Configuration {
    /// # Errors
    /// [`BadVariable`] names the first one that is missing or bad.
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        Ok(Self {
            tables: Tables::read(environment)?,
            callback_secret: SecretAt::read(environment, "CALLBACK_SECRET")?,
            queue: environment.required("NOTIFY_QUEUE_URL")?,
            reach: Reach::read(environment),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [(&str, &str); 7] = [
        ("NUMBERS_TABLE", "numbers"),
        ("CALLS_TABLE", "calls"),
        ("VOICEMAILS_TABLE", "voicemails"),
        ("LIVE_CALLS_TABLE", "live-calls"),
        ("ACCESS_TABLE", "access"),
        ("CALLBACK_SECRET_ID", "callbacks"),
        ("NOTIFY_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/notify"),
    ];

    #[test]
    fn what_is_missing_is_named_and_the_rest_goes_unsaid() {
        let configuration = Configuration::read(&Environment::given(NEEDED)).unwrap();
        assert_eq!(configuration.reach, Reach::Public);
        for (missing, _) in NEEDED {
            let others = NEEDED.into_iter().filter(|(name, _)| *name != missing);
            let error = Configuration::read(&Environment::given(others)).unwrap_err();
            assert_eq!(error, BadVariable::NotSet { name: missing.to_owned() });
        }
    }
}

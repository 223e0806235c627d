//! What the function is told by its environment.

use aws::SecretAt;
use lifecycle::TimeBox;
use runtime::{BadVariable, Environment};
use store::Tables;

/// What the search is told.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// `NUMBERS_TABLE`, `CALLS_TABLE`, `VOICEMAILS_TABLE`, `LIVE_CALLS_TABLE`, `ACCESS_TABLE`.
    pub tables: Tables,
    /// `TWILIO_SECRET_ID`, or `TWILIO_SECRET`: as whom to list recordings.
    pub twilio_secret: SecretAt,
    /// `DELIVER_QUEUE_URL`: the worker's. Without it, that a row is written wakes the worker.
    pub deliver_queue: Option<String>,
    /// `DEAD_LETTER_QUEUE_URL`: where wake-ups end that were given up.
    pub dead_letter_queue: Option<String>,
    /// `TIME_BOX_SECONDS` (120): how long a mail waits for its words.
    pub time_box: TimeBox,
}

impl Configuration {
    /// # Errors
    /// [`BadVariable`] names the first one that is missing or bad.
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        Ok(Self {
            tables: Tables::read(environment)?,
            twilio_secret: SecretAt::read(environment, "TWILIO_SECRET")?,
            deliver_queue: environment.text("DELIVER_QUEUE_URL"),
            dead_letter_queue: environment.text("DEAD_LETTER_QUEUE_URL"),
            time_box: TimeBox::seconds(environment.or("TIME_BOX_SECONDS", 120)?),
        })
    }
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

    #[test]
    fn what_makes_no_sense_is_named() {
        let bad = [("TIME_BOX_SECONDS", "2m")];
        for (name, value) in bad {
            let variables = NEEDED.into_iter().chain([(name, value)]);
            let error = Configuration::read(&Environment::given(variables)).unwrap_err();
            assert!(matches!(&error, BadVariable::Malformed { name: named, .. } if named == name), "{error}");
        }
    }
}

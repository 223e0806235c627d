//! What the function is told by its environment.

use aws::SecretAt;
use runtime::{BadVariable, Environment};
use store::Tables;

/// What the function that deletes is told.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// `NUMBERS_TABLE`, `CALLS_TABLE`, `VOICEMAILS_TABLE`, `LIVE_CALLS_TABLE`, `ACCESS_TABLE`.
    pub tables: Tables,
    /// `AUDIO_BUCKET`: where the sound is kept.
    pub bucket: String,
    /// `TWILIO_SECRET_ID`, or `TWILIO_SECRET`: as whom to delete recordings.
    pub twilio_secret: SecretAt,
}

impl Configuration {
    /// # Errors
    /// [`BadVariable`] names the first one that is missing.
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        Ok(Self {
            tables: Tables::read(environment)?,
            bucket: environment.required("AUDIO_BUCKET")?,
            twilio_secret: SecretAt::read(environment, "TWILIO_SECRET")?,
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
        ("AUDIO_BUCKET", "audio"),
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

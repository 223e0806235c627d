//! What the function is told by its environment.

use aws::SecretAt;
use delivery::jobs_to_see;
use delivery::mail::Sender;
use domain::EmailAddress;
use jiff::SignedDuration;
use lifecycle::TimeBox;
use runtime::{BadVariable, Environment};
use store::Tables;

/// What the worker is told.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// `NUMBERS_TABLE`, `CALLS_TABLE`, `VOICEMAILS_TABLE`, `LIVE_CALLS_TABLE`, `ACCESS_TABLE`.
    pub tables: Tables,
    /// `AUDIO_BUCKET`: where the sound is kept.
    pub bucket: String,
    /// `LINK_SECRET_ID`, or `LINK_SECRET`: what signs links.
    pub link_secret: SecretAt,
    /// `TWILIO_SECRET_ID`, or `TWILIO_SECRET`: as whom to fetch recordings.
    pub twilio_secret: SecretAt,
    /// `MAIL_FROM`, `SES_CONFIGURATION_SET`, `PUBLIC_BASE_URL` and `LINK_DAYS` (30): how mails are sent, and
    /// where their links lead for how long.
    pub sender: Sender,
    /// `DELIVER_CONCURRENCY` (14): how many workers may run at once.
    pub workers: u32,
    /// `MAILS_PER_SECOND` (14): what SES takes of all of them.
    pub mails_per_second: u32,
    /// `TRANSCRIBE_CONCURRENCY` (20): see [`jobs_to_see`].
    pub transcribe_concurrency: u32,
    /// `TIME_BOX_SECONDS` (120): how long a mail waits for its words.
    pub time_box: TimeBox,
    /// `EVENTS_TOPIC_ARN`: where other programs are told what happened.
    pub events_topic: Option<String>,
}

impl Configuration {
    /// # Errors
    /// [`BadVariable`] names the first one that is missing or bad.
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        let workers = environment.or("DELIVER_CONCURRENCY", 14)?;
        Ok(Self {
            tables: Tables::read(environment)?,
            bucket: environment.required("AUDIO_BUCKET")?,
            link_secret: SecretAt::read(environment, "LINK_SECRET")?,
            twilio_secret: SecretAt::read(environment, "TWILIO_SECRET")?,
            sender: Sender {
                from: environment.read("MAIL_FROM", EmailAddress::parse)?,
                configuration_set: environment.text("SES_CONFIGURATION_SET"),
                link_base_url: environment.required("PUBLIC_BASE_URL")?,
                link_lifetime: SignedDuration::from_hours(
                    24 * i64::from(environment.or("LINK_DAYS", 30_u32)?),
                ),
            },
            workers,
            mails_per_second: environment.or("MAILS_PER_SECOND", 14)?,
            transcribe_concurrency: jobs_to_see(environment.or("TRANSCRIBE_CONCURRENCY", 20)?, workers),
            time_box: TimeBox::seconds(environment.or("TIME_BOX_SECONDS", 120)?),
            events_topic: environment.text("EVENTS_TOPIC_ARN"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [(&str, &str); 10] = [
        ("NUMBERS_TABLE", "numbers"),
        ("CALLS_TABLE", "calls"),
        ("VOICEMAILS_TABLE", "voicemails"),
        ("LIVE_CALLS_TABLE", "live-calls"),
        ("ACCESS_TABLE", "access"),
        ("AUDIO_BUCKET", "audio"),
        ("LINK_SECRET_ID", "link"),
        ("TWILIO_SECRET_ID", "twilio"),
        ("MAIL_FROM", "voicemail@example.com"),
        ("PUBLIC_BASE_URL", "https://example.com"),
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
        let bad = [
            ("MAIL_FROM", "nobody"),
            ("LINK_DAYS", "a month"),
            ("DELIVER_CONCURRENCY", "-1"),
            ("MAILS_PER_SECOND", "1.5"),
            ("TRANSCRIBE_CONCURRENCY", "many"),
            ("TIME_BOX_SECONDS", "2m"),
        ];
        for (name, value) in bad {
            let variables = NEEDED.into_iter().chain([(name, value)]);
            let error = Configuration::read(&Environment::given(variables)).unwrap_err();
            assert!(matches!(&error, BadVariable::Malformed { name: named, .. } if named == name), "{error}");
        }
    }
}

//! What the function is told by its environment.

use std::time::Duration;

use aws::SecretAt;
use endpoint::Reach;
use runtime::{BadVariable, Environment};
use store::Tables;

/// The most that a gateway leaves time for, in seconds.
const MOST_SECONDS: u64 = 20;

/// What the function is told.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// `NUMBERS_TABLE`, `CALLS_TABLE`, `VOICEMAILS_TABLE`, `LIVE_CALLS_TABLE`, `ACCESS_TABLE`.
    pub tables: Tables,
    /// `TWILIO_SECRET_ID`, or `TWILIO_SECRET`: in which accounts numbers are.
    pub twilio_secret: SecretAt,
    /// `LINK_SECRET_ID`, or `LINK_SECRET`: what signs links to recordings.
    pub link_secret: SecretAt,
    /// `ACT_QUEUE_URL`: the queue of the worker that calls people.
    pub act_queue_url: String,
    /// `NOTIFY_QUEUE_URL`: the queue of the one that tells programs.
    pub notify_queue_url: String,
    /// `CALLBACKS_MAY_BE_LOCAL`: whether programs on the same machine may be told, and without TLS.
    pub reach: Reach,
    /// `PUBLIC_BASE_URL`: what Twilio calls, where that is not API Gateway itself.
    pub public_base_url: Option<String>,
    /// `LONG_POLL_SECONDS`: how long a request may wait for what is yet to come; 0, where nothing is said.
    pub long_poll: Duration,
}

impl Configuration {
    /// # Errors
    /// [`BadVariable`] names the first one that is missing or bad.
    pub fn read(environment: &Environment) -> Result<Self, BadVariable> {
        let seconds: u64 = environment.or("LONG_POLL_SECONDS", 0)?;
        Ok(Self {
            tables: Tables::read(environment)?,
            twilio_secret: SecretAt::read(environment, "TWILIO_SECRET")?,
            link_secret: SecretAt::read(environment, "LINK_SECRET")?,
            act_queue_url: environment.required("ACT_QUEUE_URL")?,
            notify_queue_url: environment.required("NOTIFY_QUEUE_URL")?,
            reach: Reach::read(environment),
            public_base_url: environment.text("PUBLIC_BASE_URL"),
            long_poll: Duration::from_secs(seconds.min(MOST_SECONDS)),
        })
    }
}

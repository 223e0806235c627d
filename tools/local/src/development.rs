//! The account, the secrets and the number of a laptop. They are public, and open nothing.

use domain::{EmailAddress, InvalidSetting, NumberSettings, Owner};
use jiff::tz::TimeZone;
use phone::{AccountSid, NotASid, NotE164, PhoneNumber};

/// The Twilio account.
pub const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";

/// Its auth token: what webhooks are signed with.
pub const AUTH_TOKEN: &str = "development-token-0123456789abcdef";

/// What links in mails are signed with.
pub const LINK_KEY: &str = "development-link-key-0123456789abcdef";

/// Where mails come from.
pub const MAIL_FROM: &str = "voicemail@aftertone.example";

/// The masked number that people call.
pub const MASKED_NUMBER: &str = "+14155550100";

/// Numbers that the account has bought and nobody owns yet. They lead where Twilio points a new number.
pub const SPARE_NUMBERS: [&str; 2] = ["+14155550101", "+14155550102"];

/// Where Twilio points a new number.
pub const NEW_NUMBER_URL: &str = "https://demo.twilio.com/welcome/voice/";

/// Its owner's real telephone.
pub const OWNER_PHONE: &str = "+12125550199";

/// Its owner's mailbox.
pub const OWNER_EMAIL: &str = "olivia@aftertone.example";

/// A stranger.
pub const STRANGER: &str = "+13125550142";

/// The same, as an owner of the masked number reads it.
pub const STRANGER_AS_WRITTEN: &str = "(312) 555-0142";

/// The Twilio secret, as it would stand in Secrets Manager.
pub fn twilio_secret() -> String {
    format!(r#"{{"accounts":[{{"sid":"{ACCOUNT_SID}","auth_tokens":["{AUTH_TOKEN}"]}}]}}"#)
}

/// The Twilio account.
///
/// # Errors
/// Never: the constant is one.
pub fn account_sid() -> Result<AccountSid, NotASid> {
    AccountSid::parse(ACCOUNT_SID)
}

/// The number of the demonstration: Olivia's, in New York.
///
/// # Errors
/// Never: the constants are valid.
pub fn number() -> Result<NumberSettings, DevelopmentError> {
    let email = EmailAddress::parse(OWNER_EMAIL)?;
    let mut settings =
        NumberSettings::new(PhoneNumber::parse(MASKED_NUMBER)?, email, PhoneNumber::parse(OWNER_PHONE)?);
    settings.owner = Owner {
        name: Some("Olivia".to_owned()),
        time_zone: TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC),
        ..settings.owner
    };
    Ok(settings)
}

/// A constant of this module is wrong.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentError {
    /// A number.
    #[error(transparent)]
    Number(#[from] NotE164),
    /// The mailbox.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
}

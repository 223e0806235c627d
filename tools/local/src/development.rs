//! The account, the secrets and the number of a laptop. They are public, and open nothing.

use api::KeyText;
use domain::{
    ApiKey, ApiKeyId, ApiKeyName, EmailAddress, InvalidApiKey, InvalidSetting, KeyNumbers, NumberSettings,
    Owner, Scope,
};
use jiff::Timestamp;
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

/// A telephone that takes every call, for programs to try theirs with.
pub const READY_PHONE: &str = "+12125550177";

/// A stranger.
pub const STRANGER: &str = "+13125550142";

/// The same, as an owner of the masked number reads it.
pub const STRANGER_AS_WRITTEN: &str = "(312) 555-0142";

/// What the key of a program of the laptop's is called.
pub const API_KEY_ID: &str = "0de7e109";

/// What proves a program of the laptop's to the control API.
pub const API_KEY_RANDOM: [u8; 32] = *b"development-api-key-0123456789ab";

/// What signs what that program is told.
pub const CALLBACK_SECRET: &str = "whsec_ZGV2ZWxvcG1lbnQtY2FsbGJhY2stc2VjcmV0LTAxMjM=";

/// The callback secret, as it would stand in Secrets Manager.
pub fn callback_secrets() -> String {
    format!(r#"{{"keys":{{"{API_KEY_ID}":[{{"secret":"{CALLBACK_SECRET}"}}]}}}}"#)
}

/// The key of a program that may do everything, and how it is sent.
///
/// # Errors
/// Never: the constants are valid.
pub fn api_key(now: Timestamp) -> Result<(ApiKey, String), DevelopmentError> {
    let text = KeyText::of(ApiKeyId::parse(API_KEY_ID)?, API_KEY_RANDOM);
    let api_key = ApiKey {
        id: text.id().clone(),
        name: ApiKeyName::parse("development")?,
        scopes: [Scope::Read, Scope::Control, Scope::Create].into(),
        numbers: KeyNumbers::All,
        countries: None,
        calls_per_minute: ApiKey::CALLS_PER_MINUTE,
        minutes_per_day: 100_000,
        callback: None,
        created_by: "development".to_owned(),
        created_at: now,
        secret: text.hash(),
        former: None,
    };
    Ok((api_key, text.reveal()))
}

/// A program in three lines of a shell, to which `API` and `KEY` are set: it calls somebody and lets them pick up, has
/// them wait, and reads what happened. `docs/api.md` begins with them.
pub fn program() -> [String; 3] {
    let curl = r#"-H "Authorization: Bearer $KEY""#;
    let json = "-H 'Content-Type: application/json'";
    let to = format!(r#"{{"from": "{MASKED_NUMBER}", "to": "{READY_PHONE}"}}"#);
    [
        format!(
            r#"CALL=$(curl -s $API/calls {curl} {json} -H "Idempotency-Key: call-$(date +%s)" -d '{to}' | grep -o 'CL[0-9a-f]*' | head -n 1); sleep 5"#
        ),
        format!(
            r#"curl $API/calls/$CALL/actions {curl} {json} -H "Idempotency-Key: hold-$CALL" -d '{{"type": "hold", "participant": "p1"}}'"#
        ),
        format!(r#"sleep 2; curl "$API/calls/$CALL/events" {curl}"#),
    ]
}

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
    /// The key.
    #[error(transparent)]
    ApiKey(#[from] InvalidApiKey),
}

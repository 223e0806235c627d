//! The account, its numbers and where they lead, and which countries may be called.
//!
//! Source: Twilio's pages "`IncomingPhoneNumber` resource", "Account resource" and "Dialing
//! Permissions country resource".

use bytes::Bytes;
use http::Method;
use phone::{AccountSid, PhoneNumber};
use serde::Deserialize;

use crate::rest::{Rest, RestError};
use crate::secret::Login;

/// An account, as Twilio has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccountRecord {
    /// `active`, `suspended` or `closed`.
    pub status: String,
    /// `Full`, or `Trial`, which can call verified numbers only.
    #[serde(rename = "type")]
    pub kind: String,
}

/// One of the account's numbers: where it leads. An empty URL leads nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct IncomingNumber {
    /// `PN…`
    pub sid: String,
    /// In E.164.
    pub phone_number: String,
    /// Asked when a call comes in.
    #[serde(default, deserialize_with = "or_empty")]
    pub voice_url: String,
    /// How.
    #[serde(default, deserialize_with = "or_empty")]
    pub voice_method: String,
    /// Asked when that fails.
    #[serde(default, deserialize_with = "or_empty")]
    pub voice_fallback_url: String,
    /// How.
    #[serde(default, deserialize_with = "or_empty")]
    pub voice_fallback_method: String,
    /// Told when a call has ended.
    #[serde(default, deserialize_with = "or_empty")]
    pub status_callback: String,
    /// How.
    #[serde(default, deserialize_with = "or_empty")]
    pub status_callback_method: String,
    /// A `TwiML` app, whose URLs count instead of the number's.
    #[serde(default, deserialize_with = "or_empty")]
    pub voice_application_sid: String,
    /// A SIP trunk, which takes all calls.
    #[serde(default, deserialize_with = "or_empty")]
    pub trunk_sid: String,
}

/// Twilio writes `null` where nothing is set.
fn or_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What is to be changed on a number: names and values of the form.
pub type NumberChange<'a> = [(&'static str, &'a str)];

impl Rest {
    /// The account itself: the cheapest way to see whether a login is right.
    ///
    /// # Errors
    /// [`RestError::Refused`] if it is not.
    pub async fn account(&self, account: &AccountSid, login: &Login) -> Result<AccountRecord, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}.json", self.base_url);
        let response = self.send_form(Method::GET, &url, login, "account", Bytes::new()).await?;
        self.read_json(response, "not the JSON of an account").await
    }

    /// One of the account's numbers.
    ///
    /// # Errors
    /// [`RestError::NotFound`] if the account has no such number.
    pub async fn incoming_number(
        &self,
        account: &AccountSid,
        login: &Login,
        number: &PhoneNumber,
    ) -> Result<IncomingNumber, RestError> {
        #[derive(Deserialize)]
        struct Page {
            incoming_phone_numbers: Vec<IncomingNumber>,
        }
        // Twilio searches for parts of numbers, too: the whole one must be picked out.
        let digits = number.reveal().trim_start_matches('+');
        let url = format!(
            "{}/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json?PhoneNumber=%2B{digits}&PageSize=50",
            self.base_url
        );
        let response = self.send_form(Method::GET, &url, login, "number", Bytes::new()).await?;
        let page: Page = self.read_json(response, "not the JSON of a list of numbers").await?;
        let mut numbers = page.incoming_phone_numbers.into_iter();
        numbers.find(|found| found.phone_number == number.reveal()).ok_or(RestError::NotFound("number"))
    }

    /// Changes where a number leads. What is not named stays; an empty value clears.
    ///
    /// # Errors
    /// [`RestError::Rejected`] says what Twilio does not like.
    pub async fn change_number(
        &self,
        account: &AccountSid,
        login: &Login,
        sid: &str,
        change: &NumberChange<'_>,
    ) -> Result<IncomingNumber, RestError> {
        let url = format!("{}/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{sid}.json", self.base_url);
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(change).finish();
        let response = self.send_form(Method::POST, &url, login, "number", form.into()).await?;
        self.read_json(response, "not the JSON of a number").await
    }

    /// Whether the account may call ordinary numbers of a country (`US`).
    ///
    /// # Errors
    /// [`RestError::NotFound`] if Twilio knows no such country.
    pub async fn may_call_country(&self, login: &Login, country: &str) -> Result<bool, RestError> {
        #[derive(Deserialize)]
        struct Country {
            low_risk_numbers_enabled: bool,
        }
        let url = format!("{}/v1/DialingPermissions/Countries/{country}", self.voice_url);
        let response = self.send_form(Method::GET, &url, login, "country", Bytes::new()).await?;
        let country: Country = self.read_json(response, "not the JSON of a country").await?;
        Ok(country.low_risk_numbers_enabled)
    }
}

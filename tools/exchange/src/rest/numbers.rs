//! The account's numbers: where they lead, and changing it.
//!
//! Source: Twilio's page "`IncomingPhoneNumber` resource", and its `OpenAPI` file.

use http::StatusCode;
use phone::AccountSid;
use serde_json::{Value, json};

use super::form::{Form, bad};
use super::list as lists;
use super::reply::{Content, Reply};
use crate::Address;
use crate::config::NumberUrls;
use crate::network::Network;
use crate::webhooks::Method;

/// The SID of a number: made of its digits, so that it is the same in every run.
pub(crate) fn sid_of(number: &Address) -> String {
    let digits: String = number.reveal().chars().filter(char::is_ascii_digit).collect();
    format!("PN{digits:0>32}")
}

/// `GET /IncomingPhoneNumbers.json`: those that contain what is searched for.
pub(super) fn list(network: &Network, account_sid: &AccountSid, (path, query): (&str, &str)) -> Reply {
    let form = Form::of(query.as_bytes());
    if let Err(reply) = form.number("PageSize", 1..=1000) {
        return reply;
    }
    let digits = form.get("PhoneNumber").unwrap_or_default().trim_start_matches('+');
    let mut found = network.numbers(account_sid);
    found.retain(|(number, urls)| {
        number.reveal().contains(digits)
            && form.get("FriendlyName").is_none_or(|name| name == name_of(number, urls))
    });
    let entries =
        found.iter().map(|(number, urls)| (sid_of(number), to_json(account_sid, number, urls))).collect();
    lists::page(network.desk.lists(), "incoming_phone_numbers", (path, query), entries)
}

/// `POST /IncomingPhoneNumbers.json`: any number that nobody has yet can be had.
pub(super) fn create(network: &Network, account_sid: &AccountSid, form: &Form) -> Reply {
    let Some(number) = form.get("PhoneNumber").map(Address::from) else {
        return bad(21421, "PhoneNumber is missing");
    };
    if number.number().is_none() || network.owner_of(&number).is_some() {
        return bad(21422, &format!("{} is not available", number.reveal()));
    }
    let mut urls = NumberUrls::default();
    if let Err(reply) = change_urls(&mut urls, form) {
        return reply;
    }
    network.wire(account_sid, number.clone(), urls.clone());
    Reply::new(StatusCode::CREATED, Content::Json(to_json(account_sid, &number, &urls)))
}

/// `GET /IncomingPhoneNumbers/{PN}.json`
pub(super) fn fetch(network: &Network, account_sid: &AccountSid, sid: &str) -> Reply {
    find(network, account_sid, sid).map_or_else(Reply::not_found, |(number, urls)| {
        Reply::new(StatusCode::OK, Content::Json(to_json(account_sid, &number, &urls)))
    })
}

/// `DELETE /IncomingPhoneNumbers/{PN}.json`
pub(super) fn delete(network: &Network, account_sid: &AccountSid, sid: &str) -> Reply {
    let Some((number, _)) = find(network, account_sid, sid) else { return Reply::not_found() };
    network.unwire(&number);
    Reply::new(StatusCode::NO_CONTENT, Content::Empty)
}

/// `POST /IncomingPhoneNumbers/{PN}.json`: what is not named stays, an empty value clears.
pub(super) fn change(network: &Network, account_sid: &AccountSid, sid: &str, form: &Form) -> Reply {
    let Some((number, mut urls)) = find(network, account_sid, sid) else {
        return Reply::not_found();
    };
    if let Err(reply) = change_urls(&mut urls, form) {
        return reply;
    }
    network.wire(account_sid, number.clone(), urls.clone());
    Reply::new(StatusCode::OK, Content::Json(to_json(account_sid, &number, &urls)))
}

/// Changes what a form names; an empty value clears.
pub(super) fn change_urls(urls: &mut NumberUrls, form: &Form) -> Result<(), Reply> {
    for (name, slot) in [
        ("VoiceFallbackUrl", &mut urls.voice_fallback_url),
        ("StatusCallback", &mut urls.status_callback),
        ("SmsUrl", &mut urls.sms_url),
        ("SmsFallbackUrl", &mut urls.sms_fallback_url),
    ] {
        if let Some(value) = given_url(form, name)? {
            *slot = Some(value).filter(|value| !value.is_empty());
        }
    }
    if let Some(value) = given_url(form, "VoiceUrl")? {
        urls.voice_url = value;
    }
    for (name, slot) in [
        ("VoiceApplicationSid", &mut urls.voice_application_sid),
        ("TrunkSid", &mut urls.trunk_sid),
        ("FriendlyName", &mut urls.friendly_name),
    ] {
        if let Some(value) = form.given(name) {
            *slot = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
    }
    for (name, slot) in [
        ("VoiceMethod", &mut urls.voice_method),
        ("VoiceFallbackMethod", &mut urls.voice_fallback_method),
        ("StatusCallbackMethod", &mut urls.status_callback_method),
        ("SmsMethod", &mut urls.sms_method),
    ] {
        match form.given(name) {
            Some("GET") => *slot = Method::Get,
            Some("POST") => *slot = Method::Post,
            Some(value) => return Err(bad(21403, &format!("{name} is not valid: {value}"))),
            None => {}
        }
    }
    if urls.voice_url.is_empty() && urls.voice_fallback_url.is_some() {
        return Err(bad(21405, "A VoiceFallbackUrl needs a VoiceUrl"));
    }
    Ok(())
}

/// A URL that a form has, or an empty one that clears.
fn given_url(form: &Form, name: &str) -> Result<Option<String>, Reply> {
    match form.given(name) {
        Some(value) if !value.is_empty() && !crate::url::is_absolute(value) => {
            Err(bad(21402, &format!("{name} is not a valid URL: {value}")))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

fn find(network: &Network, account_sid: &AccountSid, sid: &str) -> Option<(Address, NumberUrls)> {
    network.numbers(account_sid).into_iter().find(|(number, _)| sid_of(number) == sid)
}

fn name_of<'a>(number: &'a Address, urls: &'a NumberUrls) -> &'a str {
    urls.friendly_name.as_deref().unwrap_or_else(|| number.reveal())
}

/// The URLs of a number or an application.
pub(super) fn urls_json(urls: &NumberUrls) -> Value {
    json!({
        "voice_url": urls.voice_url,
        "voice_method": urls.voice_method.to_string(),
        "voice_fallback_url": urls.voice_fallback_url.as_deref().unwrap_or_default(),
        "voice_fallback_method": urls.voice_fallback_method.to_string(),
        "voice_caller_id_lookup": false,
        "status_callback": urls.status_callback.as_deref().unwrap_or_default(),
        "status_callback_method": urls.status_callback_method.to_string(),
        "sms_url": urls.sms_url.as_deref().unwrap_or_default(),
        "sms_method": urls.sms_method.to_string(),
        "sms_fallback_url": urls.sms_fallback_url.as_deref().unwrap_or_default(),
        "sms_fallback_method": "POST",
    })
}

fn to_json(account_sid: &AccountSid, number: &Address, urls: &NumberUrls) -> Value {
    let account = account_sid.as_str();
    let sid = sid_of(number);
    let mut shown = urls_json(urls);
    for (name, value) in [
        ("sid", json!(sid)),
        ("account_sid", json!(account)),
        ("api_version", json!("2010-04-01")),
        ("phone_number", json!(number.reveal())),
        ("friendly_name", json!(name_of(number, urls))),
        ("capabilities", json!({ "voice": true, "sms": true, "mms": true, "fax": false })),
        ("voice_application_sid", json!(urls.voice_application_sid.as_deref().unwrap_or_default())),
        ("voice_receive_mode", json!("voice")),
        ("trunk_sid", json!(urls.trunk_sid)),
        ("sms_application_sid", json!("")),
        ("status", json!("in-use")),
        ("uri", json!(format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{sid}.json"))),
    ] {
        shown[name] = value;
    }
    shown
}
